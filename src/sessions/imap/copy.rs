//! COPY and MOVE.

use super::dispatch::{Outcome, write_line};
use super::mailboxes::not_a_name;
use super::places::{Pass, Place};
use super::{Imap, Output, Person};
use crate::flows::{Deletions, Handing};
use crate::mail::{AccountId, AclRights, Fault, MailboxId, ModSeq, Status, Uid};
use crate::proto::imap::command::{Numbers, Transfer};
use crate::proto::imap::name::WireName;
use crate::proto::imap::response::Completion;
use crate::proto::imap::sequence::compact;
use crate::store::{Account, AppendedMessage, MailboxInfo, Tx};

/// Messages from one mailbox to another, of the same account or of one that is shared.
struct Journey {
    account: AccountId,
    from: MailboxId,
    to: (AccountId, MailboxId),
    /// What the login may do with the mailbox at the end.
    rights: AclRights,
    passes: [Pass; 2],
    uids: Vec<Uid>,
    gone: Gone,
    /// Where the journey leads out of the account: what records that.
    leaving: Option<Leaving>,
}

/// Messages that leave their account.
struct Leaving {
    copies: Handing,
    originals: Deletions,
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
        let (journey, to) = self.journey(transfer, AclRights::READ)?;
        let copied = self.services.store.write(move |tx| journey.copy(tx)).await?;
        Ok(match copied_code(&to, &copied) {
            Some(code) => Completion::with(code),
            None => Completion::plain(),
        })
    }

    /// The expunges follow the code, and the tagged answer both.
    // [rfc6851#3.3] [rfc6851#4.2] [rfc9051#6.4.8] [rfc6851#4.3]
    pub(super) async fn move_messages(&mut self, transfer: &Transfer, out: &mut Output) -> Outcome {
        self.selected()?.for_changes()?;
        let needed = AclRights::READ.with(AclRights::DELETE_MESSAGES).with(AclRights::EXPUNGE);
        let (journey, to) = self.journey(transfer, needed)?;
        let (moved, last) = self.services.store.write(move |tx| journey.go(tx)).await?;
        if let Some(code) = copied_code(&to, &moved) {
            write_line(out, format_args!("* OK [{code}] moved"));
        }
        Ok(self.expunged(last))
    }

    /// `needed` are the rights over the selected mailbox.
    fn journey(&self, transfer: &Transfer, needed: AclRights) -> Result<(Journey, MailboxInfo), Fault> {
        let (selected, person) = (self.selected()?, self.person()?);
        let here = selected.require(needed, person.login.account)?;
        let uids: Vec<Uid> =
            selected.choose(&transfer.set, transfer.numbers)?.into_iter().map(|(_, uid)| uid).collect();
        self.within_limit(uids.len())?;
        let to = self.destination(&transfer.mailbox)?;
        let gone = if transfer.numbers == Numbers::Uid { Gone::PassOver } else { Gone::Fail };
        let there = to.require(AclRights::INSERT, person)?;
        let (account, from) = (&selected.account, selected.mailbox);
        let leaving = if account.id() == to.account.id() { None } else { Some(Leaving::of(account, from, person)?) };
        let journey = Journey {
            account: account.id(),
            from,
            to: (to.account.id(), to.info.id),
            rights: to.rights,
            passes: [here, there],
            uids,
            gone,
            leaving,
        };
        Ok((journey, to.info))
    }

    /// The mailbox that messages are to go to; the client hears that it may create it, where that is possible.
    // [rfc3501#6.3.11] [rfc3501#6.4.7]
    pub(super) fn destination(&self, name: &WireName) -> Result<Place, Fault> {
        self.mailbox(name).map_err(|fault| match fault.status {
            Status::NoSuchMailbox if name.read(self.names).is_none() => not_a_name(),
            Status::NoSuchMailbox => Fault::user(Status::NoDestination, fault.detail),
            _ => fault,
        })
    }
}

impl Leaving {
    fn of(account: &Account, from: MailboxId, person: &Person) -> Result<Self, Fault> {
        let (copies, originals) =
            (Handing::new(account, from, &person.login)?, Deletions::new(account, from, &person.login)?);
        Ok(Self { copies, originals })
    }
}

impl Journey {
    /// All in one transaction: all arrive or none.
    fn copy(&self, tx: &mut Tx<'_>) -> Result<Vec<(Uid, AppendedMessage)>, Fault> {
        self.passes.iter().try_for_each(|pass| pass.check(tx))?;
        let mut copied = Vec::with_capacity(self.uids.len());
        for uid in &self.uids {
            match self.copy_one(tx, *uid) {
                Ok(appended) => copied.push((*uid, appended)),
                Err(fault) if fault.status == Status::MessageGone && self.gone == Gone::PassOver => {}
                Err(fault) => return Err(fault),
            }
        }
        Ok(copied)
    }

    // [proofs#when-is-it-open]
    fn copy_one(&self, tx: &mut Tx<'_>, uid: Uid) -> Result<AppendedMessage, Fault> {
        let Some(leaving) = &self.leaving else {
            return tx.copy_within(self.account, self.from, uid, self.to.1, self.rights);
        };
        let receipt = leaving.copies.hand(tx, uid)?;
        tx.copy_across((self.account, self.from, uid), self.to, &receipt, self.rights)
    }

    fn go(&self, tx: &mut Tx<'_>) -> Result<Moved, Fault> {
        let (moved, mut last) = (self.copy(tx)?, None);
        for (uid, _) in &moved {
            last = Some(match &self.leaving {
                Some(leaving) => leaving.originals.expunge(tx, *uid)?,
                None => tx.expunge(self.account, self.from, *uid)?,
            });
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
