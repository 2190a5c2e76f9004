//! COPY and MOVE.

use super::dispatch::{Outcome, write_line};
use super::mailboxes::not_a_name;
use super::{Imap, Output};
use crate::mail::{AccountId, Fault, MailboxId, ModSeq, Status, Uid};
use crate::proto::imap::command::{Numbers, Transfer};
use crate::proto::imap::name::WireName;
use crate::proto::imap::response::Completion;
use crate::proto::imap::sequence::compact;
use crate::store::{AppendedMessage, MailboxInfo, Tx};

/// Messages from one mailbox to another of the same account.
struct Journey {
    account: AccountId,
    from: MailboxId,
    to: MailboxId,
    uids: Vec<Uid>,
    gone: Gone,
}

/// What was moved, with the number of the last expunge.
type Moved = (Vec<(Uid, AppendedMessage)>, Option<ModSeq>);

/// What a message that is gone means for the command.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Gone {
    /// It is passed over: a UID that does not exist is no error (RFC 9051 §6.4.9).
    PassOver,
    /// Nothing is copied: its sequence number exists for the client.
    Fail,
}

impl Imap {
    // [rfc3501#6.4.7] [rfc4315#3]
    pub(super) async fn copy(&mut self, transfer: &Transfer) -> Outcome {
        let (journey, to) = self.journey(transfer)?;
        let copied = self.services.store.write(move |tx| journey.copy(tx)).await?;
        Ok(match copied_code(&to, &copied) {
            Some(code) => Completion::with(code),
            None => Completion::plain(),
        })
    }

    /// The expunges follow the code, and the tagged answer both.
    // [rfc6851#3.3] [rfc9051#6.4.8] [rfc6851#4.3]
    pub(super) async fn move_messages(&mut self, transfer: &Transfer, out: &mut Output) -> Outcome {
        self.selected()?.for_changes()?;
        let (journey, to) = self.journey(transfer)?;
        let (moved, last) = self.services.store.write(move |tx| journey.go(tx)).await?;
        if let Some(code) = copied_code(&to, &moved) {
            write_line(out, format_args!("* OK [{code}] moved"));
        }
        Ok(self.expunged(last))
    }

    fn journey(&self, transfer: &Transfer) -> Result<(Journey, MailboxInfo), Fault> {
        let selected = self.selected()?;
        let uids = selected.choose(&transfer.set, transfer.numbers)?.into_iter().map(|(_, uid)| uid).collect();
        let to = self.destination(&transfer.mailbox)?;
        let gone = if transfer.numbers == Numbers::Uid { Gone::PassOver } else { Gone::Fail };
        let account = self.account()?.id();
        Ok((Journey { account, from: selected.mailbox, to: to.id, uids, gone }, to))
    }

    /// The mailbox that messages are to go to; the client hears that it may create it, where that is possible.
    // [rfc3501#6.3.11] [rfc3501#6.4.7]
    pub(super) fn destination(&self, name: &WireName) -> Result<MailboxInfo, Fault> {
        self.mailbox(name).map_err(|fault| match fault.status {
            Status::NoSuchMailbox if name.read(self.names).is_none() => not_a_name(),
            Status::NoSuchMailbox => Fault::user(Status::NoDestination, fault.detail),
            _ => fault,
        })
    }
}

impl Journey {
    /// All in one transaction: all arrive or none.
    fn copy(&self, tx: &mut Tx<'_>) -> Result<Vec<(Uid, AppendedMessage)>, Fault> {
        let mut copied = Vec::with_capacity(self.uids.len());
        for uid in &self.uids {
            match tx.copy(self.account, self.from, *uid, self.to) {
                Ok(appended) => copied.push((*uid, appended)),
                Err(fault) if fault.status == Status::MessageGone && self.gone == Gone::PassOver => {}
                Err(fault) => return Err(fault),
            }
        }
        Ok(copied)
    }

    fn go(&self, tx: &mut Tx<'_>) -> Result<Moved, Fault> {
        let (moved, mut last) = (self.copy(tx)?, None);
        for (uid, _) in &moved {
            last = Some(tx.expunge(self.account, self.from, *uid)?);
        }
        Ok((moved, last))
    }
}

/// `COPYUID 38505 304,319:320 3956:3958`; none when nothing was copied (RFC 4315 §3).
fn copied_code(to: &MailboxInfo, copied: &[(Uid, AppendedMessage)]) -> Option<String> {
    let from = compact(copied.iter().map(|(uid, _)| uid.get()));
    let new = compact(copied.iter().map(|(_, appended)| appended.uid.get()));
    (!copied.is_empty()).then(|| format!("COPYUID {} {from} {new}", to.uid_validity))
}
