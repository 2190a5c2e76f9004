//! STATUS.

use super::dispatch::Outcome;
use super::{Imap, Output};
use crate::proto::imap::list::StatusItem;
use crate::proto::imap::name::{Names, WireName};
use crate::proto::imap::response::{self, Completion};
use crate::store::MailboxInfo;

impl Imap {
    // [rfc3501#6.3.10] [rfc7162#3.1.7] [rfc8438#2]
    pub(super) fn status(&mut self, mailbox: &WireName, items: &[StatusItem], out: &mut Output) -> Outcome {
        let info = self.mailbox(mailbox)?;
        self.enabled.condstore |= items.contains(&StatusItem::HighestModSeq);
        let mut text = Vec::new();
        write(&mut text, &info, items, self.names);
        out.extend(&text);
        Ok(Completion::plain())
    }
}

/// `* STATUS "name" (MESSAGES 3 UNSEEN 1)`
pub(super) fn write(text: &mut Vec<u8>, info: &MailboxInfo, items: &[StatusItem], names: Names) {
    text.extend_from_slice(b"* STATUS ");
    response::mailbox(text, &info.name, names);
    for (at, item) in items.iter().enumerate() {
        let before = if at == 0 { " (" } else { " " };
        let value: u64 = match item {
            StatusItem::Messages => info.messages.into(),
            // no message is ever shown as \Recent
            StatusItem::Recent => 0,
            StatusItem::UidNext => info.uid_next.into(),
            StatusItem::UidValidity => info.uid_validity.0.get().into(),
            StatusItem::Unseen => info.unseen.into(),
            StatusItem::Deleted => info.deleted.into(),
            StatusItem::Size => info.size,
            StatusItem::HighestModSeq => info.highest_modseq.0,
        };
        response::text(text, format_args!("{before}{} {value}", item.name()));
    }
    text.extend_from_slice(b")\r\n");
}
