//! The envelope of a message as IMAP tells it (RFC 9051 §7.5.2): a summary of its header, encoded words left as they
//! are. Not the envelope of SMTP.

use serde::{Deserialize, Serialize};

use super::address_list::{self, Entry};
use super::charset::header_string;
use super::header::{Field, Headers};

/// Entries of address lists that are read in one envelope.
const ENTRIES_MAX: usize = 10_000;

/// The fields of RFC 9051 §7.5.2. An absent field is none; one that is empty is an empty text.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Envelope {
    /// `Date`, as it stands.
    pub date: Option<String>,
    /// `Subject`, encoded words as they are.
    pub subject: Option<String>,
    /// `From`.
    pub from: Vec<Entry>,
    /// `Sender`; the same as `from` where it names nobody.
    pub sender: Vec<Entry>,
    /// `Reply-To`; the same as `from` where it names nobody.
    pub reply_to: Vec<Entry>,
    /// `To`.
    pub to: Vec<Entry>,
    /// `Cc`.
    pub cc: Vec<Entry>,
    /// `Bcc`.
    pub bcc: Vec<Entry>,
    /// `In-Reply-To`, as it stands.
    pub in_reply_to: Option<String>,
    /// `Message-ID`, as it stands.
    pub message_id: Option<String>,
}

impl Envelope {
    /// Reads a header. At most 10,000 addresses are read, the rest is passed over.
    // [rfc9051#7.5.2]
    #[must_use]
    pub fn from_header(header: &[u8]) -> Self {
        let mut entries = ENTRIES_MAX;
        Self::within(header, &mut entries)
    }

    /// Reads a header with so many addresses left to keep.
    pub(super) fn within(header: &[u8], entries: &mut usize) -> Self {
        let mut envelope = Self::default();
        for field in Headers::new(header) {
            envelope.take(&field, entries);
        }
        for list in [&mut envelope.sender, &mut envelope.reply_to] {
            if list.is_empty() && envelope.from.len() <= *entries {
                *entries -= envelope.from.len();
                list.clone_from(&envelope.from);
            }
        }
        envelope
    }

    fn take(&mut self, field: &Field<'_>, entries: &mut usize) {
        let text = |slot: &mut Option<String>| {
            slot.get_or_insert_with(|| header_string(&field.value()));
        };
        let mut list = |slot: &mut Vec<Entry>| {
            let found = address_list::parse(&field.value(), *entries);
            *entries = entries.saturating_sub(found.len());
            slot.extend(found);
        };
        match field.name.to_ascii_lowercase().as_slice() {
            b"date" => text(&mut self.date),
            b"subject" => text(&mut self.subject),
            b"in-reply-to" => text(&mut self.in_reply_to),
            b"message-id" => text(&mut self.message_id),
            b"from" if self.from.is_empty() => list(&mut self.from),
            b"sender" if self.sender.is_empty() => list(&mut self.sender),
            b"reply-to" if self.reply_to.is_empty() => list(&mut self.reply_to),
            // [rfc5322#4.5.3] several of these count as one
            b"to" => list(&mut self.to),
            b"cc" => list(&mut self.cc),
            b"bcc" => list(&mut self.bcc),
            _ => {}
        }
    }
}
