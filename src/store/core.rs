//! What reading and writing share: the engine, the bodies, the keys and everything that is kept in memory.

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use aws_lc_rs::hmac;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::watch;

use super::bodies::Bodies;
use super::directory::Directory;
use super::engine::{Engine, EngineError, KeyValue};
use super::index::Indices;
use super::news::Newsroom;
use super::rows::{self, key};
use crate::mail::{AccountId, Edge, Fault, MailboxId, ModSeq, Status};
use crate::seal::keys::{KeyError, MasterKey};
use crate::seal::row::{RowKey, open_row, seal_row};

/// How the store keeps to its room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// Records of messages kept in memory over all mailboxes, about 100 bytes each.
    pub records_in_memory: usize,
    /// Mailboxes of one account.
    pub mailboxes_per_account: u32,
    /// Expunges that a mailbox's change log remembers before its older half is forgotten.
    pub expunges_remembered: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self { records_in_memory: 2_000_000, mailboxes_per_account: 2_000, expunges_remembered: 20_000 }
    }
}

/// Keys derived once.
pub(super) struct Keys {
    pub(super) master: MasterKey,
    pub(super) queue: RowKey,
    pub(super) holds: RowKey,
    tags: hmac::Key,
}

impl Keys {
    pub(super) fn new(master: MasterKey) -> Self {
        Self {
            queue: master.row_key("queue"),
            holds: master.row_key("holds"),
            tags: hmac::Key::new(hmac::HMAC_SHA256, master.derive("tags").as_slice()),
            master,
        }
    }

    /// The key of an account's own row.
    pub(super) fn account(&self, id: AccountId) -> Result<RowKey, Fault> {
        self.master.account_row(id).map_err(key_fault)
    }

    /// What a text is looked up by, one kind of text apart from the other. Unkeyed, a stolen disk would tell who got a
    /// message that is known otherwise.
    pub(super) fn tag(&self, kind: &str, text: &str) -> [u8; 16] {
        let mut mac = hmac::Context::with_key(&self.tags);
        mac.update(kind.as_bytes());
        mac.update(&[0]);
        mac.update(text.as_bytes());
        let tag = mac.sign();
        std::array::from_fn(|i| tag.as_ref()[i])
    }
}

/// The shared inside of the store.
pub(super) struct Core {
    pub(super) engine: Arc<dyn Engine>,
    pub(super) bodies: Arc<dyn Bodies>,
    pub(super) keys: Keys,
    pub(super) edge: Edge,
    pub(super) settings: Settings,
    pub(super) directory: Directory,
    pub(super) indices: Indices,
    pub(super) hints: Hints,
    pub(super) names: Names,
    pub(super) news: Newsroom,
    /// Set by the first failed commit: what the disk holds is unknown, so nothing more is written.
    pub(super) failed: AtomicBool,
}

impl Core {
    /// A row, decoded.
    pub(super) fn row<T: DeserializeOwned>(&self, what: &'static str, key: &[u8]) -> Result<Option<T>, Fault> {
        self.engine.get(key).map_err(engine_fault)?.map(|row| rows::decode(what, &row)).transpose()
    }

    /// All rows whose keys begin with `prefix`.
    pub(super) fn rows(&self, prefix: &[u8]) -> Result<Vec<KeyValue>, Fault> {
        let mut found = Vec::new();
        let mut collect = |key: &[u8], value: &[u8]| {
            found.push((key.to_vec(), value.to_vec()));
            ControlFlow::Continue(())
        };
        self.engine.scan(prefix, &key::after(prefix), &mut collect).map_err(engine_fault)?;
        Ok(found)
    }

    pub(super) fn has_failed(&self) -> bool {
        self.failed.load(Ordering::Acquire)
    }
}

/// A key that does not open: damage, or somebody who was erased.
pub(super) fn key_fault(error: KeyError) -> Fault {
    Fault::ours(Status::Storage, "a key").caused_by(error)
}

/// A failure of the engine as the outside may know it.
pub(super) fn engine_fault(error: EngineError) -> Fault {
    let full = matches!(&error, EngineError::Io(error) if error.kind() == std::io::ErrorKind::StorageFull);
    Fault::ours(if full { Status::StorageFull } else { Status::Storage }, "rows").caused_by(error)
}

/// Seals a row for its place.
pub(super) fn seal<T: Serialize>(key: &RowKey, place: &[u8], row: &T, edge: &Edge) -> Vec<u8> {
    seal_row(key, place, &rows::encode(row), edge.chance.as_ref())
}

/// Opens a sealed row.
pub(super) fn unseal<T: DeserializeOwned>(
    what: &'static str,
    key: &RowKey,
    place: &[u8],
    sealed: &[u8],
) -> Result<T, Fault> {
    let damaged = |error| Fault::ours(Status::Storage, format!("row of {what}")).caused_by(error);
    rows::decode(what, &open_row(key, place, sealed).map_err(damaged)?)
}

/// Tells sessions that an account's log has grown. A hint carries nothing but the newest number, so many merge into one.
#[derive(Debug, Default)]
pub(super) struct Hints(Mutex<HashMap<AccountId, watch::Sender<u64>>>);

impl Hints {
    pub(super) fn subscribe(&self, account: AccountId, now: ModSeq) -> watch::Receiver<u64> {
        let mut senders = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        senders.entry(account).or_insert_with(|| watch::Sender::new(now.0)).subscribe()
    }

    pub(super) fn publish(&self, account: AccountId, now: ModSeq) {
        let mut senders = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(sender) = senders.get(&account) else { return };
        if sender.receiver_count() == 0 {
            senders.remove(&account);
        } else {
            sender.send_replace(now.0);
        }
    }
}

/// Which mailbox had a name when it was last asked for: rows are sealed, so that finding one means to open all of the
/// account. Whoever asks looks whether it still has it; so nothing here can be wrong for long.
#[derive(Debug, Default)]
pub(super) struct Names(Mutex<HashMap<(AccountId, String), MailboxId>>);

impl Names {
    /// Names that are kept.
    const MAX: usize = 100_000;

    pub(super) fn get(&self, place: &(AccountId, String)) -> Option<MailboxId> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(place).copied()
    }

    pub(super) fn keep(&self, place: (AccountId, String), mailbox: MailboxId) {
        let mut names = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if names.len() >= Self::MAX {
            names.clear();
        }
        names.insert(place, mailbox);
    }
}
