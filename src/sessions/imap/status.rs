//! STATUS.

use super::dispatch::Outcome;
use super::places::Place;
use super::{Imap, Output, render};
use crate::mail::{AclRights, Fault, SystemFlags};
use crate::proto::imap::list::StatusItem;
use crate::proto::imap::name::WireName;
use crate::proto::imap::response::{self, Completion};
use crate::store::{MailboxInfo, Record};

impl Imap {
    // [rfc3501#6.3.10] [rfc7162#3.1.7] [rfc8438#2]
    pub(super) fn status(&mut self, mailbox: &WireName, items: &[StatusItem], out: &mut Output) -> Outcome {
        let place = self.mailbox(mailbox)?;
        place.require(AclRights::READ, self.person()?)?;
        self.enabled.condstore |= items.contains(&StatusItem::HighestModSeq);
        let mut text = Vec::new();
        self.write_status(&mut text, &place, items)?;
        out.extend(&text);
        Ok(Completion::plain())
    }

    /// `* STATUS "name" (MESSAGES 3 UNSEEN 1)`
    // [rfc8474#4.3] [rfc9208#4.1.4] [rfc7889#4]
    pub(super) fn write_status(&self, text: &mut Vec<u8>, place: &Place, items: &[StatusItem]) -> Result<(), Fault> {
        let info = &place.info;
        text.extend_from_slice(b"* STATUS ");
        response::mailbox(text, &info.name, self.names);
        for (at, item) in items.iter().enumerate() {
            response::text(text, format_args!("{}{} ", if at == 0 { " (" } else { " " }, item.name()));
            match item {
                StatusItem::MailboxId => response::text(text, format_args!("({})", render::mailbox_id(info.id))),
                StatusItem::DeletedStorage => response::text(text, format_args!("{}", deleted_storage(place)?)),
                StatusItem::AppendLimit => response::text(text, format_args!("{}", self.services.limits.append)),
                item => response::text(text, format_args!("{}", counted(info, *item))),
            }
        }
        text.extend_from_slice(b")\r\n");
        Ok(())
    }
}

fn deleted_storage(place: &Place) -> Result<u64, Fault> {
    if place.info.deleted == 0 {
        return Ok(0);
    }
    let deleted = |record: &&Record| record.system.contains(SystemFlags::DELETED);
    let index = place.account.index(place.info.id)?;
    Ok(index.read(|records| records.iter().filter(deleted).map(|record| record.size).sum()))
}

/// What is counted for every mailbox.
fn counted(info: &MailboxInfo, item: StatusItem) -> u64 {
    match item {
        StatusItem::Messages => info.messages.into(),
        // no message is ever shown as \Recent
        StatusItem::Recent => 0,
        StatusItem::UidNext => info.uid_next.into(),
        StatusItem::UidValidity => info.uid_validity.0.get().into(),
        StatusItem::Unseen => info.unseen.into(),
        StatusItem::Deleted => info.deleted.into(),
        StatusItem::Size => info.size,
        StatusItem::HighestModSeq => info.highest_modseq.0,
        // no counts: told by the session
        StatusItem::MailboxId | StatusItem::DeletedStorage | StatusItem::AppendLimit => 0,
    }
}
