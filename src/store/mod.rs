//! Layer 3, mailboxes: engine, accounts, change log, quota, bodies, and the proofs that wait for the log.
//!
//! One thread writes. What is to happen together is a closure over a [`Tx`]; the thread runs those that wait, commits
//! them as one batch with one durability barrier, brings the memory up to date, publishes hints and only then answers:
//!
//! ```text
//! body, durable ─→ rows + proof leaves, durable ─→ memory ─→ hint ─→ answer
//! ```
//!
//! Readers ask the engine or the shared [`MailboxIndex`] and never wait for the writer. The store decides nothing about
//! who may do what, knows no protocol and no network.
//!
//! | file | what |
//! |---|---|
//! | [`engine`] | the key-value contract, sled with durability, memory |
//! | [`bodies`] | sealed bodies in segment files |
//! | `rows` | the table of keys and the form of rows |
//! | `openings` | what opens proofs, sealed so that it goes with whom it is about |
//! | `tx` | what a write can do |
//! | `writer` | the thread, group commit |
//! | `journal`, `event_row` | the line of leaves that wait for the log, and their rows |
//! | `account`, `index`, `events` | reading |
//! | `salvage` | bodies that no row knows |
//! | `purge`, `erase` | what goes for good, and what a hold keeps |
//! | `news` | what changed in the queue's index |
//! | `acl` | who may do what with one mailbox |
//! | `metadata` | annotations of mailboxes |
//! | `access` | certificates and identifiers of accounts, who holds them |
//! | `check` | whether everything fits together |

mod access;
mod account;
mod acl;
pub mod bodies;
mod check;
mod core;
mod directory;
pub mod engine;
mod erase;
mod event_row;
mod events;
mod index;
mod journal;
mod metadata;
mod name;
mod news;
mod openings;
mod purge;
mod record;
mod rows;
mod salvage;
mod sums;
#[cfg(test)]
mod tests;
mod tx;
mod view;
mod writer;

use std::collections::HashSet;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

pub use access::{Holder, Identity};
pub use account::{Account, MailboxInfo, Usage};
pub use acl::{AclEntry, Sign};
pub use bodies::{BodyOrigin, BodyReader, BodyWriter, Extent, Removed, SealedBody};
pub use check::{CheckReport, Finding};
pub use core::Settings;
pub use directory::AccountEntry;
pub use erase::AccountToo;
pub use events::StoredEvent;
pub use index::{Changes, MailboxIndex, Opening, Reach};
pub use journal::Unclosed;
pub use metadata::Annotation;
pub use name::SEPARATOR;
pub use news::{Mark, News};
pub use purge::{Held, Hold, Holds, Old, OldBodies};
pub use record::{Observed, Record};
pub use rows::{AccountKind, SpecialUse};
pub use salvage::{Found, Stray, Strays};
pub use sums::NamedSums;
pub use tx::{AppendedMessage, BodyHandle, FlagOp, FlagsChanged, NewAccount, NewMessage, Subject, TransferReceipt, Tx};
pub use view::{BodySource, MessageView};

use crate::mail::{AccountId, Address, Edge, EnvelopeId, Fault, ScramKeys, Status, Time};
use crate::seal::event::Leaf;
use crate::seal::keys::{BodyBinding, MasterKey};
use crate::seal::row::{RowKey, open_row};
use crate::seal::vault::Forget;
use access::AccessRow;
use bodies::{Bodies, MemoryBodies, Segments, SegmentsSettings};
use core::{Core, Hints, Keys, Names, engine_fault, key_fault, unseal};
use directory::Directory;
use engine::{Batch, Engine, KeyValue, Memory, Sled};
use index::Indices;
use news::Newsroom;
use rows::{AccountRow, BodyRow, Globals, key};
use writer::Writer;

/// How long a message may take from its first octet to its commit: far more than any time-out allows.
const ON_ITS_WAY_SECS: i64 = 2 * 86_400;

/// All accounts with their mailboxes and messages, the proofs, and the rows of the queue.
pub struct Store {
    core: Arc<Core>,
    writer: Writer,
}

impl Store {
    /// Opens a store, or begins one where the engine is empty.
    ///
    /// # Errors
    /// `Storage` when the rows can't be read, are of another version, or lie under another master key.
    pub fn open(
        settings: Settings,
        engine: Arc<dyn Engine>,
        bodies: Arc<dyn Bodies>,
        master: MasterKey,
        edge: Edge,
    ) -> Result<Arc<Self>, Fault> {
        begin(engine.as_ref(), edge.now())?;
        let core = Arc::new(Core {
            engine,
            bodies,
            keys: Keys::new(master),
            edge,
            settings,
            directory: Directory::default(),
            indices: Indices::default(),
            hints: Hints::default(),
            names: Names::default(),
            news: Newsroom::default(),
            failed: false.into(),
        });
        Self::refuse_an_old_vault(&core)?;
        load_accounts(&core)?;
        let thread = |error| Fault::ours(Status::Storage, "the writing thread").caused_by(error);
        let writer = Writer::start(core.clone()).map_err(thread)?;
        Ok(Arc::new(Self { core, writer }))
    }

    /// Opens or creates a store on disk: rows in `directory/rows`, with a cache of `cache` bytes, and bodies in
    /// `directory/bodies`.
    ///
    /// # Errors
    /// As [`Store::open`]; also when another process has it open.
    pub fn open_directory(
        directory: &Path,
        settings: Settings,
        cache: u64,
        master: MasterKey,
        edge: Edge,
    ) -> Result<Arc<Self>, Fault> {
        let engine = Arc::new(Sled::open(&directory.join("rows"), cache).map_err(engine_fault)?);
        let bodies = Segments::open(&directory.join("bodies"), SegmentsSettings::default(), edge.clone())?;
        Self::open(settings, engine, Arc::new(bodies), master, edge)
    }

    /// A store that lasts as long as the process, for tests of what stands on it.
    ///
    /// # Errors
    /// None that a test meets.
    pub fn in_memory(edge: Edge) -> Result<Arc<Self>, Fault> {
        let master = MasterKey::generate(edge.chance.as_ref());
        let (engine, bodies) = (Arc::new(Memory::default()), Arc::new(MemoryBodies::default()));
        Self::open(Settings::default(), engine, bodies, master, edge)
    }

    /// Runs a job in the next group of writes. When this gives `Ok`, what the job did is durable and published. When
    /// the job fails, it leaves no trace. Dropping the future does not take the job back.
    ///
    /// # Errors
    /// What the job says; `Storage` when the commit fails, after which the store only reads; `ShuttingDown`.
    pub async fn write<R, F>(&self, work: F) -> Result<R, Fault>
    where
        R: Send + 'static,
        F: FnOnce(&mut Tx<'_>) -> Result<R, Fault> + Send + 'static,
    {
        self.writer.write(work).await
    }

    /// [`Store::write`] for callers outside of the asynchronous runtime, where it panics.
    ///
    /// # Errors
    /// As [`Store::write`].
    pub fn write_blocking<R, F>(&self, work: F) -> Result<R, Fault>
    where
        R: Send + 'static,
        F: FnOnce(&mut Tx<'_>) -> Result<R, Fault> + Send + 'static,
    {
        self.writer.write_blocking(work)
    }

    /// Begins a message's body.
    #[must_use]
    pub fn begin_body(&self, origin: BodyOrigin) -> BodyWriter {
        BodyWriter::begin(self.core.bodies.clone(), &self.core.keys.master, &self.core.edge, origin)
    }

    /// The account with this address.
    #[must_use]
    pub fn find(&self, address: &Address) -> Option<Arc<AccountEntry>> {
        self.core.directory.find(address)
    }

    /// All accounts, in the order of their making.
    #[must_use]
    pub fn entries(&self) -> Vec<Arc<AccountEntry>> {
        self.core.directory.all()
    }

    /// The hash of an account's password, in PHC form.
    #[must_use]
    pub fn password_hash(&self, account: AccountId) -> Option<String> {
        self.core.directory.get(account).map(|entry| entry.password_hash.clone())
    }

    /// The keys of an account's password for SCRAM.
    #[must_use]
    pub fn scram_keys(&self, account: AccountId) -> Option<ScramKeys> {
        self.core.directory.get(account).and_then(|entry| entry.scram.clone())
    }

    /// What is known of an account.
    #[must_use]
    pub fn entry(&self, account: AccountId) -> Option<Arc<AccountEntry>> {
        self.core.directory.get(account)
    }

    /// The accounts that have this identity, in the order of their making.
    #[must_use]
    pub fn identified(&self, identity: &Identity) -> Vec<Arc<AccountEntry>> {
        self.core.directory.identified(&identity.look_up())
    }

    /// The accounts that a person holds besides the own one, in the order of their making.
    #[must_use]
    pub fn held_by(&self, person: AccountId) -> Vec<Arc<AccountEntry>> {
        self.core.directory.held_by(person)
    }

    /// The accounts of which a person may use anything besides the own one, in the order of their making.
    #[must_use]
    pub fn reached_by(&self, person: AccountId) -> Vec<Arc<AccountEntry>> {
        self.core.directory.reached_by(person)
    }

    /// A key of the server for one use outside of the store; the same after every start.
    #[must_use]
    pub fn derived_key(&self, label: &str) -> zeroize::Zeroizing<[u8; 32]> {
        self.core.keys.master.derive(&format!("use/{label}"))
    }

    /// An account to read from.
    ///
    /// # Errors
    /// `RecipientUnknown` when there is none.
    pub fn account(&self, id: AccountId) -> Result<Account, Fault> {
        let missing = || Fault::user(Status::RecipientUnknown, format!("account {id}"));
        Ok(Account::new(self.core.clone(), self.core.directory.get(id).ok_or_else(missing)?))
    }

    /// Leaves that wait for the log, oldest first, with their place in the line for [`Tx::mark_recorded`].
    ///
    /// # Errors
    /// `Storage`.
    pub fn pending_events(&self, limit: usize) -> Result<Vec<(u64, Leaf)>, Fault> {
        events::pending(&self.core, limit)
    }

    /// How many events were ever recorded here, all of them durable when this returns. For callers outside of the
    /// asynchronous runtime.
    ///
    /// # Errors
    /// `Storage`.
    pub fn events_made_blocking(&self) -> Result<u64, Fault> {
        self.write_blocking(|tx| Ok(tx.globals()?.next_pending))
    }

    /// How many leaves wait for the log.
    ///
    /// # Errors
    /// `Storage`.
    pub fn pending_count(&self) -> Result<u64, Fault> {
        let recorded: u64 = self.core.row("the line's beginning", &key::in_the_log())?.unwrap_or_default();
        let globals: Option<Globals> = self.core.row("globals", &key::globals())?;
        Ok(globals.map_or(0, |globals| globals.next_pending.saturating_sub(recorded)))
    }

    /// How many rows of the queue have names that begin with `prefix`. Opens none of them.
    ///
    /// # Errors
    /// `Storage`.
    pub fn queue_count(&self, prefix: &[u8]) -> Result<u64, Fault> {
        let from = key::queue(prefix);
        self.count(&from, &key::after(&from))
    }

    fn count(&self, from: &[u8], to: &[u8]) -> Result<u64, Fault> {
        let mut count = 0;
        let mut visit = |_: &[u8], _: &[u8]| {
            count += 1;
            ControlFlow::Continue(())
        };
        self.core.engine.scan(from, to, &mut visit).map_err(engine_fault)?;
        Ok(count)
    }

    /// All events of an envelope, by recipient and number.
    ///
    /// # Errors
    /// `Storage`.
    pub fn events_of(&self, envelope: EnvelopeId) -> Result<Vec<StoredEvent>, Fault> {
        events::of_envelope(&self.core, envelope)
    }

    /// The envelopes that were recorded with this Message-ID, angle brackets included.
    ///
    /// # Errors
    /// `Storage`.
    pub fn envelopes_by_message_id(&self, message_id: &str) -> Result<Vec<EnvelopeId>, Fault> {
        events::by_message_id(&self.core, message_id)
    }

    /// A held body's bytes, for the relay: what leaves is proved by its own event.
    ///
    /// # Errors
    /// `Storage`, also when it was released.
    pub fn open_body(&self, handle: &BodyHandle) -> Result<BodyReader, Fault> {
        let body = &handle.body;
        let binding = BodyBinding { body: body.id, day: body.day, account: None };
        let key = self.core.keys.master.unwrap_body(&body.key, &binding).map_err(key_fault)?;
        let gone = || Fault::ours(Status::Storage, "a held body has no row");
        let row: BodyRow = self.core.row("a body", &key::body(body.place))?.ok_or_else(gone)?;
        Ok(BodyReader::new(self.core.bodies.clone(), Vec::new(), (body.id, &key, body.size), row.extents))
    }

    /// One committed row of the queue, opened.
    ///
    /// # Errors
    /// `Storage`.
    pub fn queue_get(&self, name: &[u8]) -> Result<Option<Vec<u8>>, Fault> {
        let place = key::queue(name);
        let sealed = self.core.engine.get(&place).map_err(engine_fault)?;
        sealed.map(|sealed| open_queue_row(&self.core, &place, &sealed)).transpose()
    }

    /// The committed rows of the queue whose names begin with `prefix`, opened, in order of their names, the first
    /// `limit` of them.
    ///
    /// # Errors
    /// `Storage`.
    pub fn queue_scan(&self, prefix: &[u8], limit: usize) -> Result<Vec<KeyValue>, Fault> {
        let (from, mut found) = (key::queue(prefix), Vec::new());
        let mut collect = |place: &[u8], sealed: &[u8]| {
            if found.len() == limit {
                return ControlFlow::Break(());
            }
            found.push(open_queue_row(&self.core, place, sealed).map(|clear| (place[1..].to_vec(), clear)));
            ControlFlow::Continue(())
        };
        self.core.engine.scan(&from, &key::after(&from), &mut collect).map_err(engine_fault)?;
        found.into_iter().collect()
    }

    /// The bodies that were written before a day since 1970, the oldest first, at most so many.
    ///
    /// # Errors
    /// `Storage`.
    pub fn old_bodies(&self, before: u32, limit: usize) -> Result<OldBodies, Fault> {
        purge::old_bodies(&self.core, before, limit)
    }

    /// The messages of an account that have one of these bodies. Reads all records of the account.
    ///
    /// # Errors
    /// `Storage`.
    pub fn messages_with(&self, account: AccountId, bodies: &OldBodies) -> Result<Vec<Old>, Fault> {
        purge::messages_with(&self.core, account, bodies)
    }

    /// Deliveries before a day whose chains are not closed: so many where there are, or some more, behind `after`.
    ///
    /// # Errors
    /// `Storage`.
    pub fn unclosed(&self, before: u32, after: Option<Unclosed>, limit: usize) -> Result<Vec<Unclosed>, Fault> {
        purge::unclosed(&self.core, before, after, limit)
    }

    /// The day of the oldest body that the queue still holds.
    ///
    /// # Errors
    /// `Storage`.
    pub fn oldest_queued_day(&self) -> Result<Option<u32>, Fault> {
        let mut oldest = None;
        for (place, _) in self.core.rows(&key::held_prefix())? {
            let place = place.get(1..9).and_then(|place| place.try_into().ok()).map_or(0, u64::from_be_bytes);
            let row: Option<BodyRow> = self.core.row("a body", &key::body(rows::BodyPlace(place)))?;
            oldest = row.map(|row| row.day).into_iter().chain(oldest).min();
        }
        Ok(oldest)
    }

    /// The legal holds, for people.
    ///
    /// # Errors
    /// `Storage`.
    pub fn holds(&self) -> Result<Vec<Hold>, Fault> {
        purge::holds(&self.core)
    }

    /// The legal holds, to ask many times.
    ///
    /// # Errors
    /// `Storage`.
    pub fn held(&self) -> Result<Holds, Fault> {
        purge::held(&self.core)
    }

    /// The day of the last purge, since 1970.
    ///
    /// # Errors
    /// `Storage`.
    pub fn last_purge(&self) -> Result<Option<i64>, Fault> {
        self.core.row("the last purge", &key::last_purge())
    }

    /// The day, since 1970, on which the store was begun: nothing in it is older.
    ///
    /// # Errors
    /// `Storage`.
    pub fn first_day(&self) -> Result<Option<u32>, Fault> {
        self.core.row("the first day", &key::first_day())
    }

    /// Whether the vault would have to forget anything for this.
    #[must_use]
    pub fn knows(&self, what: &Forget) -> bool {
        self.core.keys.master.vault().knows(what)
    }

    /// Whether its opening had to mend rows that a kill or a loss of power left.
    #[must_use]
    pub fn was_mended(&self) -> bool {
        self.core.engine.was_mended()
    }

    /// Whether a commit failed: nothing more is written until the server starts anew.
    #[must_use]
    pub fn is_read_only(&self) -> bool {
        self.core.has_failed()
    }

    /// The committed names of the queue's index with `from <= name < to`, in order, the first `limit` of them.
    ///
    /// # Errors
    /// `Storage`.
    pub fn queue_marks(&self, from: &[u8], to: &[u8], limit: usize) -> Result<Vec<Vec<u8>>, Fault> {
        let mut found = Vec::new();
        let mut collect = |place: &[u8], _: &[u8]| {
            if found.len() == limit {
                return ControlFlow::Break(());
            }
            found.push(place[1..].to_vec());
            ControlFlow::Continue(())
        };
        self.core.engine.scan(&key::queue_mark(from), &key::queue_mark(to), &mut collect).map_err(engine_fault)?;
        Ok(found)
    }

    /// What changed in the queue's index since this was asked last. For one listener.
    #[must_use]
    pub fn queue_news(&self) -> News {
        self.core.news.hear()
    }

    /// Resolves when the queue's index has changed since this resolved last. For one listener.
    pub async fn queue_changed(&self) {
        self.core.news.rung().await;
    }

    /// Removes the segments whose bodies are all gone. One that was begun less than two days ago stays: a message may
    /// be on its way whose body is there and whose rows are not.
    ///
    /// # Errors
    /// `Storage`.
    pub async fn remove_unused_bodies(&self) -> Result<Removed, Fault> {
        self.write(|tx| {
            let mut alive = HashSet::new();
            for (_, row) in tx.scan(&key::body_prefix())? {
                let row: BodyRow = rows::decode("a body", &row)?;
                alive.extend(row.extents.iter().map(|extent| extent.segment));
            }
            Ok(tx.core.bodies.remove_unused(&alive, tx.now().plus_secs(-ON_ITS_WAY_SECS))?)
        })
        .await
    }

    /// The whole bodies that no row knows: see [`Strays`]. Reads all of them; nothing may be on its way meanwhile.
    ///
    /// # Errors
    /// `Storage`.
    pub fn strays(&self) -> Result<Strays, Fault> {
        salvage::strays(&self.core)
    }

    /// Reads a stray body to its end, into what a mailbox needs of it.
    ///
    /// # Errors
    /// `Storage`, also when its bytes were changed.
    pub fn find_again(&self, stray: Stray) -> Result<Found, Fault> {
        salvage::find_again(&self.core, stray)
    }

    /// Whether everything fits together; see [`CheckReport`]. Writes wait meanwhile.
    ///
    /// # Errors
    /// When the store can't be read at all.
    pub async fn check(&self) -> Result<CheckReport, Fault> {
        self.write(|tx| check::run(tx)).await
    }

    /// [`Store::check`] for callers outside of the asynchronous runtime.
    ///
    /// # Errors
    /// As [`Store::check`].
    pub fn check_blocking(&self) -> Result<CheckReport, Fault> {
        self.write_blocking(|tx| check::run(tx))
    }

    /// Lets what waits finish, then ends the threads. Later writes get `ShuttingDown`.
    pub fn close(&self) {
        self.writer.close();
        self.core.bodies.close();
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        self.close();
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Store")
    }
}

/// Writes the first row of an empty store; refuses one of another version.
fn begin(engine: &dyn Engine, now: Time) -> Result<(), Fault> {
    let place = key::globals();
    let Some(row) = engine.get(&place).map_err(engine_fault)? else {
        let globals = Globals { version: rows::VERSION, next_id: 1, uid_validity: 0, next_pending: 0 };
        let today = rows::encode(&bodies::segment::day_of(now));
        let put = vec![(place.clone(), Some(rows::encode(&globals))), (key::first_day(), Some(today))];
        return engine.commit(Batch { expect: vec![(place, None)], put }).map_err(engine_fault);
    };
    let globals: Globals = rows::decode("globals", &row)?;
    if globals.version == rows::VERSION {
        return Ok(());
    }
    let detail = format!("the store has version {}, this server reads {}", globals.version, rows::VERSION);
    Err(Fault::ours(Status::Storage, detail))
}

fn open_queue_row(core: &Core, place: &[u8], sealed: &[u8]) -> Result<Vec<u8>, Fault> {
    let damaged = |error| Fault::ours(Status::Storage, "row of the queue").caused_by(error);
    open_row(&core.keys.queue, place, sealed).map_err(damaged)
}

fn load_accounts(core: &Core) -> Result<(), Fault> {
    for (place, sealed) in core.rows(&key::accounts())? {
        let damaged = || Fault::ours(Status::Storage, "row of an account");
        let id = AccountId(key::tail::<8>(&place).map(u64::from_be_bytes).ok_or_else(damaged)?);
        // Of an account that was erased a backup has the row, and nobody the key.
        let Ok(key) = core.keys.account(id) else { continue };
        let row: AccountRow = unseal("an account (under another master key?)", &key, &place, &sealed)?;
        let access = load_access(core, id, &key)?;
        let holders = load_holders(core, id, &key)?;
        let acl = load_lists(core, id, &key)?;
        core.directory.put(&Arc::new(AccountEntry::open(id, row, access, (holders, acl), &core.keys.master)?));
    }
    Ok(())
}

fn load_access(core: &Core, id: AccountId, key: &RowKey) -> Result<AccessRow, Fault> {
    let place = key::access(id);
    let sealed = core.engine.get(&place).map_err(engine_fault)?;
    sealed.map_or_else(|| Ok(AccessRow::default()), |sealed| unseal("an account's access", key, &place, &sealed))
}

fn load_holders(core: &Core, id: AccountId, key: &RowKey) -> Result<Vec<Holder>, Fault> {
    core.rows(&key::holders(id))?.iter().map(|(place, sealed)| tx::open_holder(key, place, sealed)).collect()
}

fn load_lists(core: &Core, id: AccountId, key: &RowKey) -> Result<acl::Lists, Fault> {
    core.rows(&key::acls(id))?.iter().map(|(place, sealed)| tx::open_list(key, place, sealed)).collect()
}
