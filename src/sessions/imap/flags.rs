//! STORE: what is done with flags, and whose doing the client hears of.

use super::dispatch::Outcome;
use super::{Imap, Output, render};
use crate::flows::{Login, Openings};
use crate::mail::MailboxId;
use crate::mail::{Fault, FlagSet, ModSeq, Status, SystemFlags, Uid};
use crate::proto::imap::command::Numbers;
use crate::proto::imap::flags::{Change, Silence};
use crate::proto::imap::response::{self, Completion};
use crate::proto::imap::sequence::SequenceSet;
use crate::store::{Account, FlagOp, FlagsChanged, Tx};

/// Messages whose flags change in one commit.
const AT_ONCE: usize = 5000;

/// What STORE asks of each message.
pub(super) struct Asked {
    pub(super) unchanged_since: Option<ModSeq>,
    pub(super) change: Change,
    pub(super) silence: Silence,
    pub(super) flags: FlagSet,
}

/// One commit's work.
struct Job {
    account: Account,
    mailbox: MailboxId,
    login: Login,
    uids: Vec<Uid>,
    /// Messages that the command names, of which these are a batch.
    together: usize,
    op: FlagOp,
    flags: FlagSet,
    unchanged_since: Option<ModSeq>,
}

/// What became of a batch.
struct Done {
    changed: Vec<Changed>,
    /// Messages that somebody changed after `UNCHANGEDSINCE`.
    modified: Vec<Uid>,
}

/// What became of a message.
struct Changed {
    uid: Uid,
    /// The change before this one.
    before: ModSeq,
    /// This change, or the same as before.
    now: ModSeq,
}

impl Imap {
    // [rfc3501#6.4.6] [rfc3501#6.4.8] [rfc7162#3.1.3]
    pub(super) async fn store(
        &mut self,
        set: &SequenceSet,
        numbers: Numbers,
        asked: Asked,
        out: &mut Output,
    ) -> Outcome {
        let selected = self.selected()?;
        selected.for_changes()?;
        let chosen = selected.choose(set, numbers)?;
        self.enabled.condstore |= asked.unchanged_since.is_some();
        let (mut done, mut modified) = (0, Vec::new());
        for batch in chosen.chunks(AT_ONCE) {
            let person = self.person()?;
            let job = Job {
                account: person.account.clone(),
                mailbox: self.selected()?.mailbox,
                login: person.login.clone(),
                uids: batch.iter().map(|(_, uid)| *uid).collect(),
                together: chosen.len(),
                op: operation(asked.change),
                flags: asked.flags.clone(),
                unchanged_since: asked.unchanged_since,
            };
            let batch = self.services.store.write(move |tx| job.run(tx)).await?;
            done += batch.changed.len() + batch.modified.len();
            self.tell_changed(&batch.changed, asked.silence, out)?;
            modified.extend(batch.modified);
            if out.flush_if_large().await.is_err() {
                break;
            }
        }
        if !modified.is_empty() {
            let code = self.selected()?.named(&modified, numbers);
            return Ok(Completion::with(format!("MODIFIED {code}")));
        }
        // [rfc5530#3] what is missing was expunged
        let complete = done == chosen.len();
        Ok(if complete { Completion::plain() } else { Completion::with("EXPUNGEISSUED") })
    }

    /// Tells each message's flags, or with `.SILENT` sees to it that only what others changed is told later. The number
    /// of the change is told in any case to those who count changes.
    // [rfc7162#3.1.3]
    fn tell_changed(&mut self, changed: &[Changed], silence: Silence, out: &mut Output) -> Result<(), Fault> {
        let enabled = self.enabled;
        let selected = self.selected_mut()?;
        let keywords = selected.tell_keywords(out);
        let mut text = Vec::new();
        for message in changed {
            let Some(number) = selected.view.number(message.uid) else { continue };
            if silence == Silence::Silent {
                // somebody else's change that was not told yet must be: then ours goes with it
                if message.before <= selected.view.known() {
                    selected.view.made(message.uid, message.now);
                }
                if enabled.condstore {
                    let (uid, now) = (message.uid, message.now);
                    response::line(&mut text, format_args!("* {number} FETCH (UID {uid} MODSEQ ({now}))"));
                }
                continue;
            }
            let Some(record) = selected.index.get(message.uid) else { continue };
            render::uid_and_flags(&mut text, number, &record, &keywords, enabled);
            if render::knows_all(&record, &keywords) {
                selected.view.made(message.uid, record.modseq);
            }
        }
        out.extend(&text);
        Ok(())
    }
}

impl Job {
    /// Flags and the events of `\Seen` in one commit. What is gone is passed over.
    // [proofs#when-is-it-open]
    fn run(mut self, tx: &mut Tx<'_>) -> Result<Done, Fault> {
        let (mut before, mut modified) = (Vec::with_capacity(self.uids.len()), Vec::new());
        for uid in &self.uids {
            match tx.record(self.account.id(), self.mailbox, *uid) {
                Ok(record) if self.unchanged_since.is_some_and(|since| record.modseq > since) => modified.push(*uid),
                Ok(record) => before.push((*uid, record.modseq)),
                Err(fault) if fault.status == Status::MessageGone => {}
                Err(fault) => return Err(fault),
            }
        }
        self.uids = before.iter().map(|(uid, _)| *uid).collect();
        if self.op != FlagOp::Remove && self.flags.system.contains(SystemFlags::SEEN) {
            Openings::seen(tx, &self.account, self.mailbox, &self.uids, self.together, &self.login)?;
        }
        let changed: Result<_, _> = before.into_iter().map(|(uid, before)| self.change(tx, uid, before)).collect();
        Ok(Done { changed: changed?, modified })
    }

    fn change(&self, tx: &mut Tx<'_>, uid: Uid, before: ModSeq) -> Result<Changed, Fault> {
        let changed = tx.change_flags(self.account.id(), self.mailbox, uid, self.op, &self.flags, None)?;
        let now = match changed {
            FlagsChanged::Changed { modseq, .. } | FlagsChanged::Same { modseq, .. } => modseq,
            FlagsChanged::Modified => before,
        };
        Ok(Changed { uid, before, now })
    }
}

fn operation(change: Change) -> FlagOp {
    match change {
        Change::Add => FlagOp::Add,
        Change::Remove => FlagOp::Remove,
        Change::Replace => FlagOp::Replace,
    }
}
