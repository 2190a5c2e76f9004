//! A transaction: what a job reads and writes. It sees its own writes, those of the jobs before it in the group, and
//! what is committed, in this order. Dropped, it leaves no trace.

mod access;
mod accounts;
mod acl;
mod bodies;
mod events;
mod flags;
mod mailboxes;
mod messages;
mod metadata;
mod purge;
mod raw;

use std::collections::{BTreeMap, HashMap};
use std::ops::{Bound, ControlFlow};
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;

pub(super) use access::open_holder;
pub use accounts::NewAccount;
pub(super) use acl::open_list;
pub use bodies::BodyHandle;
pub(super) use events::{OPERATOR, may_begin, openings_place};
pub use events::{Subject, TransferReceipt};
pub use flags::{FlagOp, FlagsChanged};
pub(super) use mailboxes::{open_mailbox, subscription};
pub use messages::{AppendedMessage, NewMessage};
pub(super) use purge::secrets_of;

use super::bodies::Extent;
use super::core::{Core, engine_fault};
use super::directory::AccountEntry;
use super::engine::KeyValue;
use super::index::IndexChange;
use super::journal::{Unclosed, Waiting};
use super::news::Mark;
use super::rows::{self, Globals, key};
use crate::mail::{AccountId, Edge, Fault, MailboxId, ModSeq, Status, Time, UidValidity};

/// What a commit entails besides rows.
#[derive(Debug)]
pub(super) enum Effect {
    /// A mailbox's records in memory change.
    Index(MailboxId, IndexChange),
    /// An account's sessions have something to look at.
    Hint(AccountId, ModSeq),
    /// An account was removed.
    AccountGone(AccountId),
    /// A body lost its last reference: its key goes.
    ForgetKey(Vec<Extent>),
    /// The queue's index changed.
    News(Mark),
}

/// Writes that are not committed.
#[derive(Debug, Default)]
pub(super) struct Overlay {
    pub(super) rows: BTreeMap<Vec<u8>, Option<Vec<u8>>>,
    pub(super) effects: Vec<Effect>,
    pub(super) entries: HashMap<AccountId, Arc<AccountEntry>>,
    /// Leaves that wait for the log from now on.
    pub(super) waiting: Vec<Waiting>,
    /// Deliveries whose chains are to be closed one day.
    pub(super) unclosed: Vec<Unclosed>,
}

impl Overlay {
    /// Takes over what a job wrote.
    pub(super) fn absorb(&mut self, own: Self) {
        self.rows.extend(own.rows);
        self.effects.extend(own.effects);
        self.entries.extend(own.entries);
        self.waiting.extend(own.waiting);
        self.unclosed.extend(own.unclosed);
    }
}

/// One transaction. Everything that it does becomes visible and durable together, or not at all.
///
/// Its operations come in groups: accounts, mailboxes, messages, flags, events, and rows of the queue.
pub struct Tx<'a> {
    pub(super) core: &'a Core,
    group: &'a Overlay,
    own: Overlay,
    now: Time,
}

impl<'a> Tx<'a> {
    pub(super) fn new(core: &'a Core, group: &'a Overlay) -> Self {
        Self { core, group, own: Overlay::default(), now: core.edge.now() }
    }

    /// What the jobs before this one wrote, and what it wrote itself.
    pub(super) fn uncommitted(&self) -> impl Iterator<Item = &Overlay> {
        [self.group, &self.own].into_iter()
    }

    pub(super) fn into_overlay(self) -> Overlay {
        self.own
    }

    /// The time of this transaction.
    #[must_use]
    pub const fn now(&self) -> Time {
        self.now
    }

    /// Time and chance of the store.
    #[must_use]
    pub const fn edge(&self) -> &Edge {
        &self.core.edge
    }

    pub(super) fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Fault> {
        match self.own.rows.get(key).or_else(|| self.group.rows.get(key)) {
            Some(value) => Ok(value.clone()),
            None => self.core.engine.get(key).map_err(engine_fault),
        }
    }

    pub(super) fn put(&mut self, key: Vec<u8>, value: Vec<u8>) {
        self.own.rows.insert(key, Some(value));
    }

    pub(super) fn delete(&mut self, key: Vec<u8>) {
        self.own.rows.insert(key, None);
    }

    pub(super) fn row<T: DeserializeOwned>(&self, what: &'static str, key: &[u8]) -> Result<Option<T>, Fault> {
        self.get(key)?.map(|row| rows::decode(what, &row)).transpose()
    }

    pub(super) fn put_row<T: Serialize>(&mut self, key: Vec<u8>, row: &T) {
        self.put(key, rows::encode(row));
    }

    /// All rows whose keys begin with `prefix`, in order.
    pub(super) fn scan(&self, prefix: &[u8]) -> Result<Vec<KeyValue>, Fault> {
        self.scan_range(prefix, &key::after(prefix), usize::MAX)
    }

    /// The first rows of a range, in order; at most `limit` of them.
    pub(super) fn scan_range(&self, from: &[u8], to: &[u8], limit: usize) -> Result<Vec<KeyValue>, Fault> {
        let mut newer = self.overlaid(from, to).into_iter().peekable();
        let mut found = Vec::new();
        let mut collect = |key: &[u8], value: &[u8]| {
            while let Some((k, v)) = newer.next_if(|(k, _)| k.as_slice() < key) {
                found.extend(v.clone().map(|v| (k.clone(), v)));
            }
            match newer.next_if(|(k, _)| k.as_slice() == key) {
                Some((k, v)) => found.extend(v.clone().map(|v| (k.clone(), v))),
                None => found.push((key.to_vec(), value.to_vec())),
            }
            if found.len() >= limit { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        self.core.engine.scan(from, to, &mut collect).map_err(engine_fault)?;
        for (key, value) in newer {
            found.extend(value.clone().map(|value| (key.clone(), value)));
        }
        found.truncate(limit);
        Ok(found)
    }

    /// The uncommitted writes in a range.
    fn overlaid(&self, from: &[u8], to: &[u8]) -> BTreeMap<&Vec<u8>, &Option<Vec<u8>>> {
        if from >= to {
            return BTreeMap::new();
        }
        let range = (Bound::Included(from), Bound::Excluded(to));
        let group = self.group.rows.range::<[u8], _>(range);
        group.chain(self.own.rows.range::<[u8], _>(range)).collect()
    }

    pub(super) fn effect(&mut self, effect: Effect) {
        self.own.effects.push(effect);
    }

    /// The account, if it exists in what this transaction sees.
    pub(super) fn entry(&self, account: AccountId) -> Result<Arc<AccountEntry>, Fault> {
        let uncommitted = self.own.entries.get(&account).or_else(|| self.group.entries.get(&account)).cloned();
        uncommitted.or_else(|| self.core.directory.get(account)).ok_or_else(|| no_account(account))
    }

    /// All accounts in what this transaction sees.
    pub(super) fn entries(&self) -> Vec<Arc<AccountEntry>> {
        let mut entries: BTreeMap<_, _> =
            self.core.directory.all().into_iter().map(|entry| (entry.id, entry)).collect();
        entries.extend(self.group.entries.iter().chain(&self.own.entries).map(|(id, entry)| (*id, entry.clone())));
        entries.into_values().collect()
    }

    pub(super) fn put_entry(&mut self, entry: Arc<AccountEntry>) {
        self.own.entries.insert(entry.id, entry);
    }

    pub(super) fn globals(&self) -> Result<Globals, Fault> {
        let missing = || Fault::ours(Status::Storage, "the store has no row of globals");
        self.row("globals", &key::globals())?.ok_or_else(missing)
    }

    pub(super) fn put_globals(&mut self, globals: &Globals) {
        self.put_row(key::globals(), globals);
    }

    pub(super) fn put_vault_generation(&mut self, generation: u64) {
        self.put_row(key::vault_generation(), &generation);
    }

    /// Notes the day of a purge, since 1970.
    pub fn put_last_purge(&mut self, day: i64) {
        self.put_row(key::last_purge(), &day);
    }

    /// A number that was never given before.
    pub(super) fn next_id(&mut self) -> Result<u64, Fault> {
        let mut globals = self.globals()?;
        let id = globals.next_id;
        globals.next_id += 1;
        self.put_globals(&globals);
        Ok(id)
    }

    /// A UIDVALIDITY that no mailbox ever had.
    // [rfc9051#2.3.1.1]
    pub(super) fn next_uid_validity(&mut self) -> Result<UidValidity, Fault> {
        let mut globals = self.globals()?;
        let seconds = u32::try_from(self.now.secs()).unwrap_or(1);
        globals.uid_validity = (globals.uid_validity + 1).max(seconds);
        let validity = std::num::NonZeroU32::new(globals.uid_validity);
        self.put_globals(&globals);
        validity.map(UidValidity).ok_or_else(|| Fault::ours(Status::Storage, "UIDVALIDITY"))
    }
}

fn no_account(account: AccountId) -> Fault {
    Fault::user(Status::RecipientUnknown, format!("account {account}"))
}

impl std::fmt::Debug for Tx<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tx").field("rows", &self.own.rows.len()).finish_non_exhaustive()
    }
}
