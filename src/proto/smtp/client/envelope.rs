//! What is to be sent: a transaction, its commands, and what became of each recipient.

use std::fmt::Write as _;

use crate::mail::{Address, Notify, OriginalRecipient, Return, ReversePath, Status};

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
        // [rfc1870#5]
        too_large
            .then_some(Status::MessageTooLarge)
            // [rfc6531#3.2]
            .or(no_utf8.then_some(Status::Utf8Needed))
            // [rfc6152#3] sealed content is never converted
            .or(no_8bit.then_some(Status::PeerCannotCarry))
    }

    /// `MAIL FROM:<…> …` with CRLF.
    pub(super) fn mail(&self, offers: &Offers) -> String {
        let mut line = format!("MAIL FROM:<{}>", self.path);
        if offers.has("SIZE") {
            push(&mut line, "SIZE", &self.size.to_string());
        }
        if self.eight_bit {
            line.push_str(" BODY=8BITMIME");
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
        line + "\r\n"
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
