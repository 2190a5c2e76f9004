//! STORE: what is done with flags, and whose doing the client hears of.

use super::dispatch::{Outcome, write_line};
use super::places::Pass;
use super::{Imap, Output, render};
use crate::flows::{Login, Openings};
use crate::mail::MailboxId;
use crate::mail::{AclRights, Fault, FlagSet, ModSeq, Status, SystemFlags, Uid};
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
    /// Those that the login may change.
    flags: FlagSet,
    rights: AclRights,
    pass: Pass,
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
        let flags = selected.may_change(&asked.flags)?;
        let mut chosen = selected.choose(set, numbers)?;
        let limited = self.limited(&mut chosen, |(_, uid)| *uid);
        self.enabled.condstore |= asked.unchanged_since.is_some();
        let (mut done, mut modified) = (0, Vec::new());
        for batch in chosen.chunks(AT_ONCE) {
            let uids = batch.iter().map(|(_, uid)| *uid).collect();
            let job = self.job(uids, chosen.len(), &asked, flags.clone())?;
            let batch = self.services.store.write(move |tx| job.run(tx)).await?;
            done += batch.changed.len() + batch.modified.len();
            self.tell_changed(&batch.changed, asked.silence, out)?;
            modified.extend(batch.modified);
            if out.flush_if_large().await.is_err() {
                break;
            }
        }
        // [rfc5530#3] what is missing was expunged
        let complete = if done == chosen.len() { Completion::plain() } else { Completion::with("EXPUNGEISSUED") };
        self.stored(limited, &modified, numbers, complete, out)
    }

    /// How STORE ends: one code has room in its answer. That more is to be asked for comes first.
    // [rfc7162#3.1.3] [rfc9738#3.1]
    fn stored(
        &self,
        limited: Option<String>,
        modified: &[Uid],
        numbers: Numbers,
        otherwise: Completion,
        out: &mut Output,
    ) -> Outcome {
        let modified = match modified {
            [] => None,
            modified => Some(format!("MODIFIED {}", self.selected()?.named(modified, numbers))),
        };
        if let (Some(_), Some(modified)) = (&limited, &modified) {
            write_line(out, format_args!("* OK [{modified}] changed by others"));
        }
        Ok(limited.or(modified).map_or(otherwise, Completion::with))
    }

    fn job(&self, uids: Vec<Uid>, together: usize, asked: &Asked, flags: FlagSet) -> Result<Job, Fault> {
        let (selected, login) = (self.selected()?, self.person()?.login.clone());
        let rights = selected.rights;
        Ok(Job {
            account: selected.account.clone(),
            mailbox: selected.mailbox,
            pass: selected.require(rights.over_flags().with(AclRights::READ), login.account)?,
            login,
            uids,
            together,
            op: operation(asked.change),
            flags,
            rights,
            unchanged_since: asked.unchanged_since,
        })
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
        self.pass.check(tx)?;
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
        let now = match self.change_allowed(tx, uid)? {
            FlagsChanged::Changed { modseq, .. } | FlagsChanged::Same { modseq, .. } => modseq,
            FlagsChanged::Modified => before,
        };
        Ok(Changed { uid, before, now })
    }
}

impl Job {
    /// What the login may not change stays as it is, when the flags are replaced too.
    // [rfc4314#4]
    fn change_allowed(&self, tx: &mut Tx<'_>, uid: Uid) -> Result<FlagsChanged, Fault> {
        let (account, mailbox, mine) = (self.account.id(), self.mailbox, self.rights.flags());
        let mut change = |op, flags: &FlagSet| tx.change_flags(account, mailbox, uid, op, flags, None);
        if self.op != FlagOp::Replace || mine.contains(AclRights::ALL.flags()) {
            return change(self.op, &self.flags);
        }
        if !self.rights.contains(AclRights::WRITE) {
            let taken = mine.without(self.flags.system);
            change(FlagOp::Remove, &FlagSet { system: taken, ..FlagSet::default() })?;
            return change(FlagOp::Add, &self.flags);
        }
        let kept = tx.record(account, mailbox, uid)?.system.without(mine);
        let flags = FlagSet { system: self.flags.system.with(kept), keywords: self.flags.keywords.clone() };
        tx.change_flags(account, mailbox, uid, FlagOp::Replace, &flags, None)
    }
}

fn operation(change: Change) -> FlagOp {
    match change {
        Change::Add => FlagOp::Add,
        Change::Remove => FlagOp::Remove,
        Change::Replace => FlagOp::Replace,
    }
}
