//! Which command may come when, and which commands fit the transaction.

use crate::mail::Status;
use crate::proto::smtp::Profile;
use crate::proto::smtp::command::{Command, Verb};
use crate::proto::smtp::keywords::Security;

use super::Server;

/// What may be said before TLS (RFC 3207 §4); everything else is answered with 530.
const BEFORE_TLS: [Verb; 6] = [Verb::Ehlo, Verb::Helo, Verb::StartTls, Verb::Noop, Verb::Rset, Verb::Quit];

impl Server {
    /// Whether a line that begins like this may come now. The order is judged before the arguments are.
    pub(super) fn may_come(&self, verb: Option<Verb>) -> Result<(), Status> {
        // [rfc3207#4] [mss#4] an operator says nothing of mail in clear
        if self.security == Security::Clear && !verb.is_some_and(|verb| BEFORE_TLS.contains(&verb)) {
            return Err(Status::TlsRequired);
        }
        let in_order = match verb.ok_or(Status::CommandUnknown)? {
            Verb::StartTls => self.greeted && self.security == Security::Clear,
            Verb::Auth if self.settings.profile == Profile::Operators => return Err(Status::NotImplemented),
            // [rfc4954#4] once, and not within a transaction
            Verb::Auth => self.greeted && !self.logged_in && self.transaction.is_none(),
            // [rfc5321#4.1.4]
            Verb::Mail if self.greeted && self.login_missing() => return Err(Status::LoginRequired),
            Verb::Mail => self.greeted && self.transaction.is_none(),
            // [rfc5321#3.3]
            Verb::Rcpt => self.transaction.is_some(),
            Verb::Data => match &self.transaction {
                Some(transaction) if transaction.recipients == 0 => return Err(Status::NoRecipients),
                transaction => transaction.is_some(),
            },
            Verb::Ehlo | Verb::Helo | Verb::Rset | Verb::Noop | Verb::Quit => true,
            Verb::Vrfy | Verb::Expn | Verb::Help => true,
        };
        if in_order { Ok(()) } else { Err(Status::OutOfSequence) }
    }

    // [rfc6409#4.3]
    fn login_missing(&self) -> bool {
        self.settings.profile == Profile::Submission && !self.logged_in
    }

    /// Whether a command that may come now fits the limits and what the transaction was declared to be.
    pub(super) fn fits(&self, line: &[u8], command: Command) -> Result<Command, Status> {
        let limits = &self.settings.limits;
        match (&command, &self.transaction) {
            // [rfc1870#6.1]
            (Command::Mail { params, .. }, _) if params.size.is_some_and(|size| size > limits.message) => {
                Err(Status::MessageTooLarge)
            }
            // [rfc6531#3.5]
            (Command::Rcpt { .. }, Some(transaction)) if !transaction.utf8 && !line.is_ascii() => {
                Err(Status::Utf8Needed)
            }
            // [rfc5321#4.5.3.1.10]
            (Command::Rcpt { .. }, Some(transaction)) if transaction.recipients >= limits.recipients => {
                Err(Status::TooManyRecipients)
            }
            _ => Ok(command),
        }
    }

    /// Whether a refusal only follows from an earlier one, as it does when a client pipelines (RFC 2920 §3.1), and so
    /// is no error of its own.
    pub(super) fn is_consequence(&self, status: Status) -> bool {
        match status {
            Status::OutOfSequence => self.mail_refused,
            Status::NoRecipients | Status::TooManyRecipients => true,
            _ => false,
        }
    }

    /// Counts a command that brings nothing forward; ends the connection after too many.
    pub(super) fn idles_too_long(&mut self) -> bool {
        self.counters.idle += 1;
        let too_long = self.counters.idle > self.settings.limits.idle_commands;
        if too_long {
            self.close(Status::TooManyErrors);
        }
        too_long
    }
}
