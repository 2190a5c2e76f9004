//! Flags and keywords. Changes are relative, so that those of two sessions merge.

use std::collections::BTreeSet;

use super::{Effect, Tx};
use crate::mail::{AccountId, Fault, FlagSet, Keyword, MailboxId, ModSeq, Status, SystemFlags, Uid};
use crate::store::index::{IndexChange, flag_set};
use crate::store::rows::key;

/// Keywords that a mailbox can have: one bit each in its messages' records.
const KEYWORDS_MAX: usize = 64;

/// What a STORE does with the flags it names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FlagOp {
    /// `+FLAGS`
    Add,
    /// `-FLAGS`
    Remove,
    /// `FLAGS`
    Replace,
}

/// What became of a message's flags.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FlagsChanged {
    /// They are others now.
    Changed {
        /// As they are now.
        flags: FlagSet,
        /// The change's modification sequence.
        modseq: ModSeq,
    },
    /// They were so already.
    Same {
        /// As they are.
        flags: FlagSet,
        /// When they changed last.
        modseq: ModSeq,
    },
    /// The message was changed after what UNCHANGEDSINCE names; nothing was done (RFC 7162 §3.1.3).
    Modified,
}

impl Tx<'_> {
    /// Changes the flags of a message.
    ///
    /// # Errors
    /// `MessageGone`, `NoSuchMailbox`, `LimitReached` when the mailbox can have no further keyword.
    // [rfc9051#6.4.6] [rfc7162#3.1.3]
    pub fn change_flags(
        &mut self,
        account: AccountId,
        mailbox: MailboxId,
        uid: Uid,
        op: FlagOp,
        flags: &FlagSet,
        unchanged_since: Option<ModSeq>,
    ) -> Result<FlagsChanged, Fault> {
        let mut record = self.record(account, mailbox, uid)?;
        if unchanged_since.is_some_and(|since| record.modseq > since) {
            return Ok(FlagsChanged::Modified);
        }
        let before = record;
        let bits = match op {
            FlagOp::Remove => self.known_bits(account, mailbox, &flags.keywords)?,
            FlagOp::Add | FlagOp::Replace => self.keyword_bits(account, mailbox, &flags.keywords)?,
        };
        (record.system, record.keywords) = match op {
            FlagOp::Add => (record.system.with(flags.system), record.keywords | bits),
            FlagOp::Remove => (record.system.without(flags.system), record.keywords & !bits),
            FlagOp::Replace => (flags.system, bits),
        };
        let names = self.mailbox_row(account, mailbox)?.keywords;
        let flags = flag_set(&record, &names);
        if (record.system, record.keywords) == (before.system, before.keywords) {
            return Ok(FlagsChanged::Same { flags, modseq: before.modseq });
        }
        record.modseq = self.next_modseq(account)?;
        self.delete(key::change(account, mailbox, before.modseq));
        self.put_record(account, mailbox, record);
        self.recount(account, mailbox, before.system, record.system, record.modseq)?;
        Ok(FlagsChanged::Changed { flags, modseq: record.modseq })
    }

    fn recount(
        &mut self,
        account: AccountId,
        mailbox: MailboxId,
        before: SystemFlags,
        after: SystemFlags,
        modseq: ModSeq,
    ) -> Result<(), Fault> {
        let mut counters = self.mailbox_counters(account, mailbox)?;
        let recount = |count: &mut u32, was: bool, is: bool| *count = *count + u32::from(is) - u32::from(was);
        let seen = SystemFlags::SEEN;
        recount(&mut counters.unseen, !before.contains(seen), !after.contains(seen));
        let deleted = SystemFlags::DELETED;
        recount(&mut counters.deleted, before.contains(deleted), after.contains(deleted));
        counters.highest = modseq.0;
        self.put_row(key::mailbox_counters(account, mailbox), &counters);
        Ok(())
    }

    /// The bits of these keywords in a mailbox; what is new gets a bit.
    pub(super) fn keyword_bits(
        &mut self,
        account: AccountId,
        mailbox: MailboxId,
        keywords: &BTreeSet<Keyword>,
    ) -> Result<u64, Fault> {
        if keywords.is_empty() {
            return Ok(0);
        }
        let mut row = self.mailbox_row(account, mailbox)?;
        let known = row.keywords.len();
        for keyword in keywords {
            if !row.keywords.contains(keyword) {
                row.keywords.push(keyword.clone());
            }
        }
        if row.keywords.len() > KEYWORDS_MAX {
            return Err(Fault::user(Status::LimitReached, "keywords of a mailbox"));
        }
        if row.keywords.len() > known {
            self.put_mailbox_row(account, mailbox, &row)?;
            self.effect(Effect::Index(mailbox, IndexChange::Keywords(row.keywords.clone())));
        }
        Ok(bits(&row.keywords, keywords))
    }

    /// The bits of those keywords that the mailbox knows.
    fn known_bits(&self, account: AccountId, mailbox: MailboxId, keywords: &BTreeSet<Keyword>) -> Result<u64, Fault> {
        Ok(if keywords.is_empty() { 0 } else { bits(&self.mailbox_row(account, mailbox)?.keywords, keywords) })
    }
}

fn bits(table: &[Keyword], keywords: &BTreeSet<Keyword>) -> u64 {
    let wanted = table.iter().enumerate().filter(|(_, keyword)| keywords.contains(keyword));
    wanted.fold(0, |bits, (bit, _)| bits | 1 << bit)
}
