//! EXPUNGE and UID EXPUNGE.

use super::Imap;
use super::dispatch::Outcome;
use crate::flows::Deletions;
use crate::mail::{AclRights, ModSeq, Status, SystemFlags, Uid};
use crate::proto::imap::command::Numbers;
use crate::proto::imap::response::Completion;
use crate::proto::imap::sequence::SequenceSet;
use crate::store::MailboxIndex;

impl Imap {
    /// Removes messages with `\Deleted`, of a set or all. That they are gone is told with the answer.
    // [rfc3501#6.4.3] [rfc4315#2.1] [rfc7162#3.2.7]
    pub(super) async fn expunge(&mut self, set: Option<SequenceSet>) -> Outcome {
        let selected = self.selected()?;
        selected.for_changes()?;
        let person = self.person()?;
        let pass = selected.require(AclRights::EXPUNGE, person.login.account)?;
        let chosen: Vec<Uid> = match set {
            Some(set) => selected.choose(&set, Numbers::Uid)?.into_iter().map(|(_, uid)| uid).collect(),
            None => selected.view.all().map(|(_, uid)| uid).collect(),
        };
        let mut deleted = deleted_of(&selected.index, &chosen);
        if deleted.is_empty() {
            return Ok(Completion::plain());
        }
        let limited = self.limited(&mut deleted, |uid| *uid);
        let (account, mailbox) = (selected.account.id(), selected.mailbox);
        let deletions = Deletions::new(&selected.account, mailbox, &person.login)?;
        let job = move |tx: &mut crate::store::Tx<'_>| {
            pass.check(tx)?;
            let mut last = None;
            for uid in deleted {
                match tx.record(account, mailbox, uid) {
                    Ok(record) if record.system.contains(SystemFlags::DELETED) => {
                        last = Some(deletions.expunge(tx, uid)?);
                    }
                    // another session was faster: it took the flag off, or the message away
                    Ok(_) => {}
                    Err(fault) if fault.status == Status::MessageGone => {}
                    Err(fault) => return Err(fault),
                }
            }
            Ok(last)
        };
        let last = self.services.store.write(job).await?;
        Ok(limited.map_or_else(|| self.expunged(last), Completion::with))
    }

    /// The answer to a command that took messages away, the last of them with this change. Everything before that
    /// change is told with the answer, so that the client may count on the number.
    // [rfc7162#3.2.7]
    pub(super) fn expunged(&self, last: Option<ModSeq>) -> Completion {
        match last.filter(|_| self.enabled.condstore) {
            Some(modseq) => Completion::with(format!("HIGHESTMODSEQ {modseq}")),
            None => Completion::plain(),
        }
    }
}

/// Those of a mailbox's messages that have `\Deleted`.
fn deleted_of(index: &MailboxIndex, uids: &[Uid]) -> Vec<Uid> {
    index.read(|records| {
        let deleted = |uid: &&Uid| {
            let at = records.binary_search_by_key(*uid, |record| record.uid).ok();
            at.is_some_and(|at| records[at].system.contains(SystemFlags::DELETED))
        };
        uids.iter().filter(deleted).copied().collect()
    })
}
