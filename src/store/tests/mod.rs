//! What the store promises. Whenever a test closes a store, the store is checked.

mod access;
mod bodies;
mod checking;
mod concurrent;
mod erasing;
mod mailboxes;
mod messages;
mod model;
mod proofs;
mod rights;

use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use super::*;
use crate::mail::{Clock, FlagSet, Keyword, MailboxId, SystemFlags, Time, Uid};
use crate::proto::mime::{Limits, Structure, Walker};
use crate::seal::testing::Counting;

/// A clock that a test sets.
pub(super) struct HandClock(AtomicI64);

impl HandClock {
    pub(super) fn set(&self, time: Time) {
        self.0.store(time.0, Ordering::SeqCst);
    }
}

impl Clock for HandClock {
    fn now(&self) -> Time {
        Time(self.0.load(Ordering::SeqCst))
    }
}

struct RealChance;

impl crate::mail::Chance for RealChance {
    fn fill(&self, buffer: &mut [u8]) {
        aws_lc_rs::rand::fill(buffer).unwrap();
    }
}

pub(super) const NOW: Time = Time(1_795_341_303_000);

/// A store that is checked when the test is over.
pub(super) struct Checked {
    pub(super) store: Arc<Store>,
    pub(super) clock: Arc<HandClock>,
}

impl Deref for Checked {
    type Target = Store;

    fn deref(&self) -> &Store {
        &self.store
    }
}

impl Drop for Checked {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let store = self.store.clone();
            // Apart from the test's runtime, in which nothing may block.
            let report = std::thread::spawn(move || store.check_blocking()).join().unwrap().unwrap();
            assert_eq!(report.findings, []);
        }
    }
}

fn edge() -> (Edge, Arc<HandClock>) {
    let clock = Arc::new(HandClock(AtomicI64::new(NOW.0)));
    (Edge { clock: clock.clone(), chance: Arc::new(Counting::default()) }, clock)
}

pub(super) fn memory() -> Checked {
    with_settings(Settings::default())
}

pub(super) fn with_settings(settings: Settings) -> Checked {
    let (edge, clock) = edge();
    let master = MasterKey::from_bytes([7; 32]);
    let (engine, bodies) = (Arc::new(Memory::default()), Arc::new(MemoryBodies::default()));
    Checked { store: Store::open(settings, engine, bodies, master, edge).unwrap(), clock }
}

/// A store on disk. Salts and nonces come from another place than before, as they would.
pub(super) fn on_disk(directory: &Path) -> Checked {
    let clock = Arc::new(HandClock(AtomicI64::new(NOW.0)));
    let edge = Edge { clock: clock.clone(), chance: Arc::new(RealChance) };
    let master = MasterKey::from_bytes([7; 32]);
    Checked { store: Store::open_directory(directory, Settings::default(), Sled::CACHE, master, edge).unwrap(), clock }
}

pub(super) fn address(name: &str) -> Address {
    Address::parse(&format!("{name}@a.mssante.fr")).unwrap()
}

pub(super) fn new_account(name: &str, quota: u64) -> NewAccount {
    NewAccount {
        address: address(name),
        name: name.to_owned(),
        password_hash: "$argon2id$…".to_owned(),
        kind: AccountKind::Personal,
        quota,
    }
}

pub(super) async fn account(store: &Store, name: &str) -> AccountId {
    let new = new_account(name, 1 << 30);
    store.write(move |tx| tx.create_account(new)).await.unwrap()
}

pub(super) fn text(octets: usize) -> Vec<u8> {
    let head = b"Subject: t\r\nMessage-ID: <1@x>\r\n\r\n";
    let body = (0..octets).map(|i| if i % 64 == 63 { b'\n' } else { b'a' + (i % 23) as u8 });
    head.iter().copied().chain(body).collect()
}

pub(super) fn structure(bytes: &[u8]) -> Structure {
    let mut walker = Walker::new(Limits::default());
    walker.push(bytes);
    walker.finish()
}

pub(super) async fn sealed(store: &Store, bytes: &[u8]) -> SealedBody {
    let mut body = store.begin_body(BodyOrigin::default());
    body.write(bytes).await.unwrap();
    body.finish().await.unwrap()
}

/// A message as a client stores one.
pub(super) async fn append(store: &Store, account: AccountId, mailbox: MailboxId, bytes: &[u8]) -> AppendedMessage {
    try_append(store, account, mailbox, bytes, None).await.unwrap()
}

pub(super) async fn try_append(
    store: &Store,
    account: AccountId,
    mailbox: MailboxId,
    bytes: &[u8],
    envelope: Option<(EnvelopeId, u16)>,
) -> Result<AppendedMessage, Fault> {
    let (body, structure) = (sealed(store, bytes).await, structure(bytes));
    let work = move |tx: &mut Tx<'_>| {
        let new = NewMessage {
            body: &body,
            prefix: b"Received: here\r\n",
            structure: &structure,
            flags: FlagSet::default(),
            internal_date: tx.now(),
            envelope,
        };
        tx.append(account, mailbox, new)
    };
    store.write(work).await
}

pub(super) fn flags(system: SystemFlags, keywords: &[&str]) -> FlagSet {
    FlagSet { system, keywords: keywords.iter().map(|keyword| Keyword::new(keyword).unwrap()).collect() }
}

pub(super) fn uid(number: u32) -> Uid {
    Uid::new(number).unwrap()
}

pub(super) fn mailbox(store: &Store, account: AccountId, name: &str) -> MailboxInfo {
    store.account(account).unwrap().mailbox_by_name(name).unwrap().unwrap_or_else(|| panic!("no mailbox {name}"))
}

pub(super) fn names(store: &Store, account: AccountId) -> Vec<String> {
    store.account(account).unwrap().mailboxes().unwrap().into_iter().map(|mailbox| mailbox.name).collect()
}

/// A client on a thread and a runtime of its own that stores one message of a thousand octets.
pub(super) fn try_append_owned(
    store: Arc<Store>,
    account: AccountId,
    mailbox: MailboxId,
) -> std::thread::JoinHandle<Result<AppendedMessage, Fault>> {
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(try_append(&store, account, mailbox, &text(1000), None))
    })
}
