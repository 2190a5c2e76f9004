//! Rows: a store whose rows were changed in any way, or that has any rows besides, is read and checked without a panic.
//!
//! The input is a list of changes, each a row's number, an offset and bytes to put there; odd numbers add a row instead.
#![no_main]

use std::future::Future;
use std::ops::ControlFlow;
use std::pin::pin;
use std::sync::{Arc, LazyLock, Mutex};
use std::task::{Context, Poll, Waker};

use libfuzzer_sys::fuzz_target;
use sceau::mail::{Address, Chance, Clock, Edge, EnvelopeId, FlagSet, ModSeq, Time};
use sceau::proto::mime::{Limits, Walker};
use sceau::seal::event::{Draft, EventKind, Field};
use sceau::seal::keys::MasterKey;
use sceau::store::bodies::MemoryBodies;
use sceau::store::engine::{Batch, Engine, KeyValue, Memory};
use sceau::store::{AccountKind, BodyOrigin, NewAccount, NewMessage, Settings, Store, Subject};

const ENVELOPE: EnvelopeId = EnvelopeId([9; 16]);

struct Still;

impl Clock for Still {
    fn now(&self) -> Time {
        Time(1_795_341_303_000)
    }
}

/// Numbers in order, so that each run has the same rows.
struct Count(Mutex<u64>);

impl Chance for Count {
    fn fill(&self, buffer: &mut [u8]) {
        for piece in buffer.chunks_mut(8) {
            let mut count = self.0.lock().unwrap();
            *count += 1;
            piece.copy_from_slice(&count.to_be_bytes()[8 - piece.len()..]);
        }
    }
}

fn edge() -> Edge {
    Edge { clock: Arc::new(Still), chance: Arc::new(Count(Mutex::new(0))) }
}

fn open(engine: Arc<Memory>, bodies: Arc<MemoryBodies>) -> Option<Arc<Store>> {
    Store::open(Settings::default(), engine, bodies, MasterKey::from_bytes([7; 32]), edge()).ok()
}

/// Bodies in memory are there at once.
fn now<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("it waits"),
    }
}

static BASE: LazyLock<(Vec<KeyValue>, Arc<MemoryBodies>)> = LazyLock::new(|| {
    let (engine, bodies) = (Arc::new(Memory::default()), Arc::new(MemoryBodies::default()));
    let store = open(engine.clone(), bodies.clone()).unwrap();
    let bytes = b"Subject: s\r\n\r\ntext\r\n";
    let mut body = store.begin_body(BodyOrigin::default());
    now(body.write(bytes)).unwrap();
    let body = now(body.finish()).unwrap();
    let mut walker = Walker::new(Limits::default());
    walker.push(bytes);
    let structure = walker.finish();
    let write = store.write_blocking(move |tx| {
        let account = tx.create_account(NewAccount {
            address: Address::parse("a@b.fr").unwrap(),
            name: String::new(),
            password_hash: String::new(),
            kind: AccountKind::Personal,
            quota: 1 << 20,
        })?;
        let (inbox, internal_date) = (tx.inbox(account)?, tx.now());
        for flags in [FlagSet::default(), FlagSet::default()] {
            let envelope = Some((ENVELOPE, 1));
            let new = NewMessage { body: &body, prefix: b"", structure: &structure, flags, internal_date, envelope };
            let uid = tx.append(account, inbox, new)?.uid;
            tx.copy(account, inbox, uid, inbox)?;
            tx.expunge(account, inbox, uid)?;
        }
        tx.hold_body(&body)?;
        let arrival = Draft::new(EventKind::RelayIn, ENVELOPE).rcpt(1).commit(Field::From, "x");
        tx.record_event(arrival, Subject::Envelope)?;
        tx.queue_put(b"i", b"item");
        Ok(())
    });
    write.unwrap();
    store.close();
    let mut rows = Vec::new();
    let mut collect = |key: &[u8], value: &[u8]| {
        rows.push((key.to_vec(), value.to_vec()));
        ControlFlow::Continue(())
    };
    engine.scan(b"", &[0xff], &mut collect).unwrap();
    (rows, bodies)
});

fn changed(mut data: &[u8]) -> Vec<KeyValue> {
    let mut rows = BASE.0.clone();
    while let [number, at, length, rest @ ..] = data {
        let (bytes, rest) = rest.split_at(usize::from(*length).min(rest.len()));
        let (key, value) = &mut rows[usize::from(number / 2) % BASE.0.len()];
        if number % 2 == 1 {
            let (key, value) = bytes.split_at(bytes.len().min(usize::from(*at)));
            rows.push((key.to_vec(), value.to_vec()));
        } else if *at == u8::MAX {
            bytes.clone_into(value);
        } else {
            let target = if at % 2 == 0 { value } else { key };
            let from = usize::from(at / 2).min(target.len());
            let to = (from + bytes.len()).min(target.len());
            target.splice(from..to, bytes.iter().copied());
        }
        data = rest;
    }
    rows
}

fuzz_target!(|data: &[u8]| {
    let engine = Arc::new(Memory::default());
    let put = changed(data).into_iter().map(|(key, value)| (key, Some(value))).collect();
    engine.commit(Batch { expect: Vec::new(), put }).unwrap();
    let Some(store) = open(engine, BASE.1.clone()) else { return };
    for entry in store.entries() {
        let Ok(account) = store.account(entry.id) else { continue };
        for mailbox in account.mailboxes().unwrap_or_default() {
            let Ok(index) = account.index(mailbox.id) else { continue };
            let _ = index.changes(ModSeq(0));
            for record in index.snapshot().0 {
                let _ = (index.flags(&record), account.view(mailbox.id, record.uid));
                let _ = account.search_text(mailbox.id, record.uid).map(|body| body.read(0..u64::MAX));
            }
        }
    }
    let _ = (store.pending_events(10), store.events_of(ENVELOPE), store.queue_scan(b"", 10));
    // A panic in the writing thread is caught there and told.
    let panicked = store.check_blocking().is_err_and(|fault| fault.detail.contains("panicked"));
    assert!(!panicked, "the check panicked");
});
