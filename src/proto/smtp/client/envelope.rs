//! What is to be sent: a transaction, its commands, and what became of each recipient.

use std::fmt::Write as _;

use crate::mail::{Address, DeliverBy, Late, Notify, OriginalRecipient, Priority, Return, ReversePath, Status};

use super::{Offers, PeerReply};

/// One message for some recipients of one peer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transaction {
    /// Where errors go.
    pub path: ReversePath,
    /// At least one; servers need not take more than 100 (RFC 5321 §4.5.3.1.8).
    pub recipients: Vec<Recipient>,
    /// Octets of the content.
    pub size: u64,
    /// The content has bytes above 127.
    pub eight_bit: bool,
    /// The headers have bytes above 127. (An address that needs SMTPUTF8 speaks for itself.)
    pub utf8: bool,
    /// RET, for a peer that offers DSN.
    pub ret: Option<Return>,
    /// ENVID, printable ASCII, for a peer that offers DSN.
    pub envid: Option<String>,
    /// The content is in no lines: only a peer that offers CHUNKING and BINARYMIME gets it.
    pub binary: bool,
    /// Only a peer that offers REQUIRETLS gets it.
    pub require_tls: bool,
    /// BY, with the time that is left. What has to come back when it is late goes only to a peer that offers DELIVERBY.
    pub deliver_by: Option<DeliverBy>,
    /// MT-PRIORITY, for a peer that offers it.
    pub priority: Priority,
    /// The content may leave with the envelope, before the peer has said whom it accepts, where CHUNKING and PIPELINING
    /// are offered: one round trip instead of two, for octets that are of no use when nobody is accepted. For messages
    /// that are smaller than what any connection takes before it is read from.
    pub at_once: bool,
}

impl Transaction {
    /// A message of which nothing is asked.
    #[must_use]
    pub fn new(path: ReversePath, recipients: Vec<Recipient>, size: u64) -> Self {
        Self {
            path,
            recipients,
            size,
            eight_bit: false,
            utf8: false,
            ret: None,
            envid: None,
            binary: false,
            require_tls: false,
            deliver_by: None,
            priority: Priority::default(),
            at_once: false,
        }
    }
}

/// One recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipient {
    /// Whom the message is for.
    pub address: Address,
    /// NOTIFY, for a peer that offers DSN.
    pub notify: Option<Notify>,
    /// ORCPT, for a peer that offers DSN.
    pub original: Option<OriginalRecipient>,
}

impl From<Address> for Recipient {
    fn from(address: Address) -> Self {
        Self { address, notify: None, original: None }
    }
}

/// What became of one recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The peer took the message for it: this is its reply to the content.
    Delivered(PeerReply),
    /// The peer refused: 4xx may pass later, 5xx will not.
    Refused(PeerReply),
    /// It did not come to a reply of the peer: our reason.
    Failed(Status),
}

impl Transaction {
    /// Why this peer cannot be given the message at all.
    pub(super) fn obstacle(&self, offers: &Offers) -> Option<Status> {
        let too_large = offers.size_limit().is_some_and(|limit| self.size > limit);
        let no_8bit = self.eight_bit && !offers.has("8BITMIME");
        let no_utf8 = self.needs_utf8() && !offers.has("SMTPUTF8");
        let no_binary = self.binary && !(offers.has("CHUNKING") && offers.has("BINARYMIME"));
        let no_require_tls = self.require_tls && !offers.has("REQUIRETLS");
        // [rfc1870#5]
        too_large
            .then_some(Status::MessageTooLarge)
            // [rfc6531#3.2]
            .or(no_utf8.then_some(Status::Utf8Needed))
            // [rfc3030#3] [rfc6152#3] sealed content is never converted
            .or(no_binary.then_some(Status::PeerWithoutBinary))
            .or(no_8bit.then_some(Status::PeerCannotCarry))
            // [rfc8689#4]
            .or(no_require_tls.then_some(Status::PeerWithoutRequireTls))
            .or(self.cannot_be_in_time(offers))
    }

    /// A message that has to come back when it is late must not get lost sight of, nor go where it will be late.
    // [rfc2852#4]
    fn cannot_be_in_time(&self, offers: &Offers) -> Option<Status> {
        let by = self.deliver_by.filter(|by| by.late == Late::Return)?;
        match offers.value("DELIVERBY") {
            None => Some(Status::PeerWithoutDeliverBy),
            Some(shortest) => {
                let shortest = shortest.parse().unwrap_or(0);
                (by.seconds <= 0 || by.seconds < shortest).then_some(Status::DeliveryTimeExpired)
            }
        }
    }

    /// `MAIL FROM:<…> …` with CRLF.
    pub(super) fn mail(&self, offers: &Offers) -> String {
        let mut line = format!("MAIL FROM:<{}>", self.path);
        if offers.has("SIZE") {
            push(&mut line, "SIZE", &self.size.to_string());
        }
        match (self.binary, self.eight_bit) {
            (true, _) => line.push_str(" BODY=BINARYMIME"),
            (false, true) => line.push_str(" BODY=8BITMIME"),
            (false, false) => {}
        }
        if self.needs_utf8() {
            line.push_str(" SMTPUTF8");
        }
        if offers.has("DSN") {
            match self.ret {
                Some(Return::Full) => line.push_str(" RET=FULL"),
                Some(Return::Headers) => line.push_str(" RET=HDRS"),
                None => {}
            }
            if let Some(envid) = &self.envid {
                push(&mut line, "ENVID", &xtext(envid));
            }
        }
        self.wishes(&mut line, offers);
        line + "\r\n"
    }

    fn wishes(&self, line: &mut String, offers: &Offers) {
        // [rfc8689#2]
        if self.require_tls {
            line.push_str(" REQUIRETLS");
        }
        // [rfc2852#4] with the time that is left, which may be none
        if let Some(by) = self.deliver_by.filter(|_| offers.has("DELIVERBY")) {
            let late = if by.late == Late::Return { "R" } else { "N" };
            let trace = if by.trace { "T" } else { "" };
            push(line, "BY", &format!("{};{late}{trace}", by.seconds));
        }
        // [proofs#xsceau] what becomes of a report nobody asks
        if offers.has("XSCEAU") && self.path.address().is_some() {
            line.push_str(" XSCEAU");
        }
        // [rfc6710#3]
        if offers.has("MT-PRIORITY") && self.priority != Priority::default() {
            push(line, "MT-PRIORITY", &self.priority.level().to_string());
        }
    }

    /// `RCPT TO:<…> …` with CRLF.
    pub(super) fn rcpt(&self, index: usize, offers: &Offers) -> String {
        let recipient = &self.recipients[index];
        let mut line = format!("RCPT TO:<{}>", recipient.address);
        if offers.has("DSN") {
            if let Some(notify) = recipient.notify {
                push(&mut line, "NOTIFY", &notify_words(notify));
            }
            if let Some(original) = &recipient.original {
                push(&mut line, "ORCPT", &format!("{};{}", original.kind, xtext(&original.address)));
            }
        }
        line + "\r\n"
    }

    fn needs_utf8(&self) -> bool {
        let path = self.path.address().is_some_and(Address::needs_utf8);
        self.utf8 || path || self.recipients.iter().any(|recipient| recipient.address.needs_utf8())
    }
}

fn push(line: &mut String, keyword: &str, value: &str) {
    line.push_str(&format!(" {keyword}={value}"));
}

fn notify_words(notify: Notify) -> String {
    match notify {
        Notify::Never => "NEVER".to_owned(),
        Notify::On(on) => {
            let words = [(on.success, "SUCCESS"), (on.failure, "FAILURE"), (on.delay, "DELAY")];
            words.iter().filter(|(set, _)| *set).map(|(_, word)| *word).collect::<Vec<_>>().join(",")
        }
    }
}

/// xtext (RFC 3461 §4): everything but printable ASCII without `+` and `=` becomes `+` and two digits.
// [rfc3461#4]
fn xtext(text: &str) -> String {
    text.bytes().fold(String::with_capacity(text.len()), |mut coded, byte| {
        if byte.is_ascii_graphic() && byte != b'+' && byte != b'=' {
            coded.push(char::from(byte));
        } else {
            // writing to a String cannot fail
            let _ = write!(coded, "+{byte:02X}");
        }
        coded
    })
}
