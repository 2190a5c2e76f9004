//! Mailboxes' records in memory: loaded when a session first asks, shared by all, kept up to date by each commit.

use std::collections::{HashMap, HashSet, VecDeque};
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use super::core::{Core, engine_fault, unseal};
use super::engine::Engine;
use super::record::Record;
use super::rows::{self, Change, ChangeKind, MailboxCounters, MailboxRow, key};
use crate::mail::{AccountId, Fault, FlagSet, Keyword, MailboxId, ModSeq, Status, Uid};

/// Changes that a mailbox remembers without its log: thousands of sessions that idle on it ask for the last few, each
/// time that one happens.
const RECENT_MAX: usize = 1024;

/// What a commit did to a mailbox.
#[derive(Debug, Clone)]
pub(super) enum IndexChange {
    /// A record was written.
    Put(Record),
    /// A message went.
    Expunged(Uid, ModSeq),
    /// The table of keywords grew.
    Keywords(Vec<Keyword>),
    /// The mailbox was deleted.
    Gone,
}

/// The records of one mailbox.
pub struct MailboxIndex {
    account: AccountId,
    mailbox: MailboxId,
    engine: Arc<dyn Engine>,
    /// Held while the records are read from disk, so that one session reads and the others wait.
    loading: Mutex<()>,
    inner: RwLock<Inner>,
    /// When it was last asked for, as a count of askings.
    used: AtomicU64,
}

struct Inner {
    loaded: bool,
    gone: bool,
    /// What was committed while the records were being read.
    pending: Vec<IndexChange>,
    /// Ascending by UID.
    records: Vec<Record>,
    /// Their UIDs, shared with the sessions that know all of them: ten thousand sessions must not hold ten thousand
    /// lists.
    uids: Arc<Vec<Uid>>,
    /// No message with a smaller UID is unseen.
    unseen_from: AtomicU32,
    /// The last changes, in the order of their commits.
    recent: VecDeque<Recent>,
    /// `recent` holds everything that happened behind this.
    recent_from: ModSeq,
    keywords: Vec<Keyword>,
    highest: ModSeq,
}

/// A change of a moment ago.
struct Recent {
    modseq: ModSeq,
    uid: Uid,
    kind: ChangeKind,
}

/// What a session's view begins with.
#[derive(Debug, Clone)]
pub struct Opening {
    /// The messages, ascending by UID.
    pub uids: Arc<Vec<Uid>>,
    /// The place of the first one without `\Seen`, counted from 0.
    pub first_unseen: Option<usize>,
    /// The number of keywords.
    pub keywords: usize,
    /// HIGHESTMODSEQ.
    pub highest: ModSeq,
}

/// What happened in a mailbox since some modification sequence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changes {
    /// Messages that came or changed, ascending by UID.
    pub changed: Vec<Record>,
    /// Messages that went, in the order in which they did.
    pub vanished: Vec<Uid>,
    /// How far back the log reaches.
    pub reach: Reach,
    /// All messages after these changes, ascending.
    pub uids: Arc<Vec<Uid>>,
    /// Up to where these changes go: what to ask from next time.
    pub until: ModSeq,
}

/// Whether the change log reaches back to what was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Nothing is missing.
    Complete,
    /// Old expunges are forgotten: a message that the asker knows and the index doesn't is gone.
    Forgotten,
}

impl MailboxIndex {
    fn new(account: AccountId, mailbox: MailboxId, engine: Arc<dyn Engine>) -> Self {
        let inner = Inner {
            loaded: false,
            gone: false,
            pending: Vec::new(),
            records: Vec::new(),
            uids: Arc::default(),
            unseen_from: AtomicU32::new(0),
            recent: VecDeque::new(),
            recent_from: ModSeq(0),
            keywords: Vec::new(),
            highest: ModSeq(0),
        };
        let (loading, used) = (Mutex::default(), AtomicU64::default());
        Self { account, mailbox, engine, loading, inner: RwLock::new(inner), used }
    }

    /// The mailbox.
    #[must_use]
    pub const fn mailbox(&self) -> MailboxId {
        self.mailbox
    }

    /// The number of messages.
    #[must_use]
    pub fn len(&self) -> usize {
        self.read(<[Record]>::len)
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether the mailbox was deleted.
    #[must_use]
    pub fn is_gone(&self) -> bool {
        self.inner.read().unwrap_or_else(PoisonError::into_inner).gone
    }

    /// Looks at all records, ascending by UID. Commits wait meanwhile: don't write to a peer in it.
    pub fn read<T>(&self, look: impl FnOnce(&[Record]) -> T) -> T {
        look(&self.inner.read().unwrap_or_else(PoisonError::into_inner).records)
    }

    /// A copy of all records, ascending by UID, and up to which modification sequence they show the mailbox.
    #[must_use]
    pub fn snapshot(&self) -> (Vec<Record>, ModSeq) {
        let inner = self.inner.read().unwrap_or_else(PoisonError::into_inner);
        (inner.records.clone(), inner.highest)
    }

    /// What a session's view begins with.
    #[must_use]
    pub fn opening(&self) -> Opening {
        let inner = self.inner.read().unwrap_or_else(PoisonError::into_inner);
        Opening {
            uids: Arc::clone(&inner.uids),
            first_unseen: inner.first_unseen(),
            keywords: inner.keywords.len(),
            highest: inner.highest,
        }
    }

    /// The record of one message.
    #[must_use]
    pub fn get(&self, uid: Uid) -> Option<Record> {
        self.read(|records| find(records, uid).ok().map(|at| records[at]))
    }

    /// The table of keywords: number *n* is bit *n* of [`Record::keywords`]. It only grows.
    #[must_use]
    pub fn keywords(&self) -> Vec<Keyword> {
        self.inner.read().unwrap_or_else(PoisonError::into_inner).keywords.clone()
    }

    /// The flags of a record.
    #[must_use]
    pub fn flags(&self, record: &Record) -> FlagSet {
        let inner = self.inner.read().unwrap_or_else(PoisonError::into_inner);
        flag_set(record, &inner.keywords)
    }

    /// HIGHESTMODSEQ.
    #[must_use]
    pub fn highest(&self) -> ModSeq {
        self.inner.read().unwrap_or_else(PoisonError::into_inner).highest
    }

    /// What happened since. Reads the change log from disk, where that is longer ago than the last changes.
    ///
    /// # Errors
    /// `Storage` when the disk fails.
    // [rfc7162#3.2]
    pub fn changes(&self, since: ModSeq) -> Result<Changes, Fault> {
        let (changed, uids, until) = {
            let inner = self.inner.read().unwrap_or_else(PoisonError::into_inner);
            if let Some(changes) = inner.recent_changes(since) {
                return Ok(changes);
            }
            let changed = inner.records.iter().filter(|record| record.modseq > since).copied().collect();
            (changed, Arc::clone(&inner.uids), inner.highest)
        };
        let vanished = self.vanished(since, until)?;
        Ok(Changes { changed, vanished, reach: self.reach(since)?, uids, until })
    }

    /// What happened since, if that is not longer ago than the last changes: nothing is read from disk.
    #[must_use]
    pub fn recent_changes(&self, since: ModSeq) -> Option<Changes> {
        self.inner.read().unwrap_or_else(PoisonError::into_inner).recent_changes(since)
    }

    /// The messages that went, by the change log.
    fn vanished(&self, since: ModSeq, until: ModSeq) -> Result<Vec<Uid>, Fault> {
        let (mut vanished, mut damage) = (Vec::new(), None);
        if since < until {
            let from = key::change(self.account, self.mailbox, ModSeq(since.0.saturating_add(1)));
            let to = key::change(self.account, self.mailbox, ModSeq(until.0.saturating_add(1)));
            let mut collect = |_: &[u8], row: &[u8]| match rows::decode::<Change>("a change", row) {
                Ok(change) => {
                    vanished.extend((change.kind == ChangeKind::Expunged).then_some(change.uid));
                    ControlFlow::Continue(())
                }
                Err(fault) => {
                    damage = Some(fault);
                    ControlFlow::Break(())
                }
            };
            self.engine.scan(&from, &to, &mut collect).map_err(engine_fault)?;
        }
        damage.map_or(Ok(vanished), Err)
    }

    fn reach(&self, since: ModSeq) -> Result<Reach, Fault> {
        let counters = self.engine.get(&key::mailbox_counters(self.account, self.mailbox)).map_err(engine_fault)?;
        let log_from = match counters {
            Some(row) => rows::decode::<MailboxCounters>("mailbox counters", &row)?.log_from,
            None => u64::MAX,
        };
        Ok(if since.0 >= log_from { Reach::Complete } else { Reach::Forgotten })
    }

    /// Reads the records, unless they are there. What is committed meanwhile waits and is applied after; a record that
    /// was read in its newer form already stays.
    fn load(&self, core: &Core) -> Result<(), Fault> {
        let _one = self.loading.lock().unwrap_or_else(PoisonError::into_inner);
        if self.inner.read().unwrap_or_else(PoisonError::into_inner).loaded {
            return Ok(());
        }
        let entry = core.directory.get(self.account).ok_or_else(no_mailbox)?;
        let place = key::mailbox(self.account, self.mailbox);
        let sealed = self.engine.get(&place).map_err(engine_fault)?.ok_or_else(no_mailbox)?;
        let row: MailboxRow = unseal("a mailbox", &entry.rows, &place, &sealed)?;
        let counters = key::mailbox_counters(self.account, self.mailbox);
        let counters: MailboxCounters = core.row("mailbox counters", &counters)?.ok_or_else(no_mailbox)?;
        let records = self.read_records()?;

        let mut inner = self.inner.write().unwrap_or_else(PoisonError::into_inner);
        inner.uids = Arc::new(records.iter().map(|record| record.uid).collect());
        inner.records = records;
        inner.keywords = row.keywords;
        inner.highest = ModSeq(counters.highest);
        inner.recent_from = inner.highest;
        inner.loaded = true;
        let pending = std::mem::take(&mut inner.pending);
        inner.apply(pending);
        Ok(())
    }

    fn read_records(&self) -> Result<Vec<Record>, Fault> {
        let (mut records, mut damage) = (Vec::new(), None);
        let prefix = key::records(self.account, self.mailbox);
        let mut collect = |key: &[u8], row: &[u8]| match decode_record(key, row) {
            Ok(record) => {
                records.push(record);
                ControlFlow::Continue(())
            }
            Err(fault) => {
                damage = Some(fault);
                ControlFlow::Break(())
            }
        };
        self.engine.scan(&prefix, &key::after(&prefix), &mut collect).map_err(engine_fault)?;
        damage.map_or(Ok(records), Err)
    }
}

impl std::fmt::Debug for MailboxIndex {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MailboxIndex").field("mailbox", &self.mailbox).field("len", &self.len()).finish_non_exhaustive()
    }
}

impl Inner {
    fn apply(&mut self, changes: Vec<IndexChange>) {
        if !self.loaded {
            self.pending.extend(changes);
            return;
        }
        let mut expunged = HashSet::new();
        for change in changes {
            match change {
                IndexChange::Put(record) => self.put(record),
                IndexChange::Expunged(uid, at) => {
                    self.highest = self.highest.max(at);
                    self.remember(Recent { modseq: at, uid, kind: ChangeKind::Expunged });
                    expunged.insert(uid);
                }
                IndexChange::Keywords(names) if names.len() > self.keywords.len() => self.keywords = names,
                IndexChange::Keywords(_) => {}
                IndexChange::Gone => self.gone = true,
            }
        }
        // Once over all records, however many went: UIDs are never given again, so the order doesn't matter.
        if !expunged.is_empty() {
            self.records.retain(|record| !expunged.contains(&record.uid));
            self.uids = Arc::new(self.records.iter().map(|record| record.uid).collect());
        }
    }

    fn put(&mut self, record: Record) {
        self.highest = self.highest.max(record.modseq);
        if record.unseen() {
            self.unseen_from.fetch_min(record.uid.get(), Ordering::Relaxed);
        }
        let change = Recent { modseq: record.modseq, uid: record.uid, kind: ChangeKind::Put };
        match find(&self.records, record.uid) {
            Ok(at) if self.records[at].modseq <= record.modseq => {
                // what was noted of a message besides its flags is no change
                if self.records[at].modseq < record.modseq {
                    self.remember(change);
                }
                self.records[at] = record;
            }
            Ok(_) => {}
            Err(at) => {
                self.remember(change);
                self.records.insert(at, record);
                Arc::make_mut(&mut self.uids).insert(at, record.uid);
            }
        }
    }

    fn remember(&mut self, change: Recent) {
        if self.recent.len() == RECENT_MAX
            && let Some(oldest) = self.recent.pop_front()
        {
            self.recent_from = self.recent_from.max(oldest.modseq);
        }
        self.recent.push_back(change);
    }

    fn recent_changes(&self, since: ModSeq) -> Option<Changes> {
        if since < self.recent_from {
            return None;
        }
        let of = |kind: ChangeKind| {
            let since = self.recent.iter().filter(move |change| change.modseq > since && change.kind == kind);
            since.map(|change| change.uid).collect::<Vec<Uid>>()
        };
        let mut changed = of(ChangeKind::Put);
        changed.sort_unstable();
        changed.dedup();
        // what went since is no change any more
        let changed = changed.into_iter().filter_map(|uid| find(&self.records, uid).ok()).map(|at| self.records[at]);
        Some(Changes {
            changed: changed.collect(),
            vanished: of(ChangeKind::Expunged),
            reach: Reach::Complete,
            uids: Arc::clone(&self.uids),
            until: self.highest,
        })
    }

    /// The place of the first message without `\Seen`. What was looked through once is not looked through again.
    fn first_unseen(&self) -> Option<usize> {
        let from = self.unseen_from.load(Ordering::Relaxed);
        let begin = self.records.partition_point(|record| record.uid.get() < from);
        let found = self.records[begin..].iter().position(Record::unseen).map(|at| begin + at);
        let all_seen = || self.records.last().map_or(from, |record| record.uid.get().saturating_add(1));
        self.unseen_from.store(found.map_or_else(all_seen, |at| self.records[at].uid.get()), Ordering::Relaxed);
        found
    }
}

/// The indices in memory, bounded by the number of their records.
#[derive(Default)]
pub(super) struct Indices {
    loaded: Mutex<HashMap<MailboxId, Arc<MailboxIndex>>>,
    askings: AtomicU64,
}

impl Indices {
    /// The index of a mailbox, read from disk if it isn't here.
    pub(super) fn get(&self, core: &Core, account: AccountId, mailbox: MailboxId) -> Result<Arc<MailboxIndex>, Fault> {
        let index = {
            let mut loaded = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
            let fresh = || Arc::new(MailboxIndex::new(account, mailbox, core.engine.clone()));
            loaded.entry(mailbox).or_insert_with(fresh).clone()
        };
        index.used.store(self.askings.fetch_add(1, Ordering::Relaxed), Ordering::Relaxed);
        let is_loaded = index.inner.read().unwrap_or_else(PoisonError::into_inner).loaded;
        if !is_loaded {
            if let Err(fault) = index.load(core) {
                self.loaded.lock().unwrap_or_else(PoisonError::into_inner).remove(&mailbox);
                return Err(fault);
            }
            self.keep_within(core.settings.records_in_memory);
        }
        if index.account != account || index.is_gone() {
            return Err(no_mailbox());
        }
        Ok(index)
    }

    /// Applies what one group of commits did.
    pub(super) fn apply(&self, changes: HashMap<MailboxId, Vec<IndexChange>>) {
        let mut loaded = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        for (mailbox, changes) in changes {
            let gone = changes.iter().any(|change| matches!(change, IndexChange::Gone));
            if let Some(index) = loaded.get(&mailbox) {
                index.inner.write().unwrap_or_else(PoisonError::into_inner).apply(changes);
            }
            if gone {
                loaded.remove(&mailbox);
            }
        }
    }

    /// Lets those go that nobody uses, the longest unused first, until the rest is within the bound.
    fn keep_within(&self, bound: usize) {
        let mut loaded = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        let mut total: usize = loaded.values().map(|index| index.len()).sum();
        let mut unused: Vec<_> = loaded
            .values()
            .filter(|index| Arc::strong_count(index) == 1)
            .map(|index| (index.used.load(Ordering::Relaxed), index.mailbox, index.len()))
            .collect();
        unused.sort_unstable();
        for (_, mailbox, records) in unused {
            if total <= bound {
                break;
            }
            loaded.remove(&mailbox);
            total -= records;
        }
    }
}

/// The flags of a record by its mailbox's table of keywords.
pub(super) fn flag_set(record: &Record, keywords: &[Keyword]) -> FlagSet {
    let set = |(bit, _): &(usize, &Keyword)| record.keywords >> bit & 1 == 1;
    let keywords = keywords.iter().take(64).enumerate().filter(set).map(|(_, keyword)| keyword.clone()).collect();
    FlagSet { system: record.system, keywords }
}

/// Reads a record's row with the UID at its key's end.
pub(super) fn decode_record(key: &[u8], row: &[u8]) -> Result<Record, Fault> {
    let uid = key::tail::<4>(key).map(u32::from_be_bytes).and_then(Uid::new);
    Record::decode(uid.ok_or_else(|| Fault::ours(Status::Storage, "a record without UID"))?, row)
}

fn find(records: &[Record], uid: Uid) -> Result<usize, usize> {
    match records.last() {
        Some(last) if last.uid < uid => Err(records.len()),
        _ => records.binary_search_by_key(&uid, |record| record.uid),
    }
}

/// No mailbox of this account has this identity.
pub(super) fn no_mailbox() -> Fault {
    Fault::user(Status::NoSuchMailbox, "no mailbox of this account has this identity")
}
