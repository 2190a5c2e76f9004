//! Which command may come when, and which commands fit the transaction.

use crate::mail::{Body, Hold, MailParams, Status};
use crate::proto::smtp::Profile;
use crate::proto::smtp::chunk::Form;
use crate::proto::smtp::command::{Command, Verb};
use crate::proto::smtp::keywords::Security;

use super::Server;
use super::content::Declared;

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
            // [rfc9422#4]
            Verb::Mail if self.counters.transactions >= self.settings.limits.transactions => {
                return Err(Status::TooManyMessages);
            }
            Verb::Mail => self.greeted && self.transaction.is_none(),
            // [rfc5321#3.3]
            Verb::Rcpt => self.transaction.as_ref().is_some_and(|transaction| !transaction.in_chunks),
            Verb::Data => return self.content_may_come().and_then(|()| self.data_may_come()),
            Verb::Bdat => return self.content_may_come(),
            Verb::Ehlo | Verb::Helo | Verb::Rset | Verb::Noop | Verb::Quit => true,
            Verb::Vrfy | Verb::Expn | Verb::Help => true,
        };
        if in_order { Ok(()) } else { Err(Status::OutOfSequence) }
    }

    fn content_may_come(&self) -> Result<(), Status> {
        match &self.transaction {
            Some(transaction) if transaction.recipients == 0 => Err(Status::NoRecipients),
            Some(_) => Ok(()),
            None => Err(Status::OutOfSequence),
        }
    }

    fn data_may_come(&self) -> Result<(), Status> {
        match &self.transaction {
            // [rfc3030#2] one or the other
            Some(transaction) if transaction.in_chunks => Err(Status::OutOfSequence),
            // [rfc3030#3]
            Some(transaction) if transaction.declared.form == Form::Binary => Err(Status::BinaryNeedsChunks),
            _ => Ok(()),
        }
    }

    // [rfc6409#4.3]
    fn login_missing(&self) -> bool {
        self.settings.profile == Profile::Submission && !self.logged_in && !self.known_by_certificate
    }

    /// Whether a command that may come now fits the limits and what the transaction was declared to be.
    pub(super) fn fits(&self, line: &[u8], command: Command) -> Result<Command, Status> {
        let limits = &self.settings.limits;
        match (&command, &self.transaction) {
            // [rfc1870#6.1]
            (Command::Mail { params, .. }, _) if params.size.is_some_and(|size| size > limits.message) => {
                Err(Status::MessageTooLarge)
            }
            (Command::Mail { params, .. }, _) => self.may_wait(params).map(|()| command),
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

    /// What the parameters of MAIL allow the content to be.
    pub(super) fn declared(&self, params: &MailParams) -> Declared {
        let form = if params.body == Some(Body::Binary) { Form::Binary } else { Form::Text };
        // [clients#apple-8bit] Apple Mail declares nothing and sends 8-bit content
        let lenient = self.settings.profile == Profile::Submission;
        let eight_bit = lenient || params.utf8 || matches!(params.body, Some(Body::EightBit | Body::Binary));
        Declared { form, eight_bit }
    }

    /// Whether a message may be held and be late as its sender asks.
    // [rfc4865#4] [rfc2852#4]
    fn may_wait(&self, params: &MailParams) -> Result<(), Status> {
        let Some(hold) = params.hold else { return Ok(()) };
        let opened = self.settings.opened;
        let seconds = match hold {
            Hold::For(seconds) => i64::from(seconds),
            Hold::Until(time) => time.secs() - opened.secs(),
        };
        match self.settings.limits.hold {
            0 => Err(Status::ParameterUnknown),
            longest if seconds > i64::from(longest) => Err(Status::HoldTooLong),
            _ if params.deliver_by.is_some_and(|by| i64::from(by.seconds) <= seconds) => Err(Status::LateBeforeRelease),
            _ => Ok(()),
        }
    }

    /// Whether a refusal only follows from an earlier one, as it does when a client pipelines (RFC 2920 §3.1), and so
    /// is no error of its own.
    pub(super) fn is_consequence(&self, status: Status) -> bool {
        match status {
            Status::OutOfSequence => self.failed_before,
            Status::NoRecipients | Status::TooManyRecipients | Status::BinaryNeedsChunks => true,
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
