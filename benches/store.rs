//! What deliveries cost at the store: `cargo bench --bench store [-- SECONDS [DIRECTORY]]`.
//!
//! Each writer seals a message, makes it durable, and commits rows with a `relay-in` and a `deliver` leaf; then the
//! next. Printed are deliveries per second over the seconds asked for (3), and the median and 99th percentile of one.
//! The figures are those of the disk that holds the directory (the temporary one, unless named).

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a benchmark may panic, speaks to the terminal and reads the clock"
)]

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use sceau::mail::{AccountId, Address, EnvelopeId, FlagSet};
use sceau::proto::mime::{Limits, Walker};
use sceau::seal::event::{Draft, EventKind, Field, message_value};
use sceau::seal::keys::MasterKey;
use sceau::server::edge::system;
use sceau::store::engine::Sled;
use sceau::store::{AccountKind, BodyOrigin, NewAccount, NewMessage, Settings, Store, Subject, Tx};

const SIZES: [(&str, usize); 3] = [("4 KB", 4 << 10), ("75 KB", 75 << 10), ("1 MB", 1 << 20)];
const WRITERS: [u64; 3] = [1, 16, 128];
/// The account of each writer is one of so many.
const ACCOUNTS: u64 = 50;

fn main() {
    // cargo itself adds `--bench`.
    let mut arguments = std::env::args().skip(1).filter(|argument| argument != "--bench");
    let seconds = Duration::from_secs(arguments.next().and_then(|seconds| seconds.parse().ok()).unwrap_or(3));
    let directory = arguments.next().map_or_else(std::env::temp_dir, PathBuf::from);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    println!("message  writers  deliveries/s      MB/s   median ms     99 % ms");
    for (name, size) in SIZES {
        for writers in WRITERS {
            let folder = tempfile::tempdir_in(&directory).unwrap();
            let master = MasterKey::from_bytes([7; 32]);
            let store = Store::open_directory(folder.path(), Settings::default(), Sled::CACHE, master, system());
            let store = store.unwrap();
            let (spans, took) = runtime.block_on(measure(&store, size, writers, seconds));
            store.close();
            report(name, size, writers, spans, took);
        }
    }
}

fn report(name: &str, size: usize, writers: u64, mut spans: Vec<Duration>, took: Duration) {
    spans.sort_unstable();
    let rate = spans.len() as f64 / took.as_secs_f64();
    let at = |share: usize| spans[(spans.len() - 1) * share / 100].as_secs_f64() * 1000.0;
    let bytes = rate * size as f64 / 1e6;
    println!("{name:>7}  {writers:>7}  {rate:>12.0}  {bytes:>8.1}  {:>10.2}  {:>10.2}", at(50), at(99));
}

async fn measure(store: &Arc<Store>, size: usize, writers: u64, seconds: Duration) -> (Vec<Duration>, Duration) {
    let accounts =
        store.write(|tx| (0..ACCOUNTS).map(|n| tx.create_account(account(n))).collect::<Result<Vec<_>, _>>());
    let accounts = accounts.await.unwrap();
    let bytes: Arc<[u8]> = text(size).into();
    let begin = Instant::now();
    let writer = |n: u64| {
        let (store, bytes, account) = (store.clone(), bytes.clone(), accounts[(n % ACCOUNTS) as usize]);
        tokio::spawn(async move {
            let mut spans = Vec::new();
            while begin.elapsed() < seconds {
                let one = Instant::now();
                deliver(&store, account, &bytes).await;
                spans.push(one.elapsed());
            }
            spans
        })
    };
    let running: Vec<_> = (0..writers).map(writer).collect();
    let mut spans = Vec::new();
    for writer in running {
        spans.extend(writer.await.unwrap());
    }
    (spans, begin.elapsed())
}

fn account(number: u64) -> NewAccount {
    NewAccount {
        address: Address::parse(&format!("u{number}@a.mssante.fr")).unwrap(),
        name: String::new(),
        password_hash: String::new(),
        kind: AccountKind::Personal,
        quota: u64::MAX,
    }
}

async fn deliver(store: &Store, account: AccountId, bytes: &[u8]) {
    let envelope = EnvelopeId::random(system().chance.as_ref());
    let mut body = store.begin_body(BodyOrigin { envelope: Some(envelope), account: Some(account) });
    let mut walker = Walker::new(Limits::default());
    // As they come from the network.
    for piece in bytes.chunks(16 << 10) {
        walker.push(piece);
        body.write(piece).await.unwrap();
    }
    let (body, structure) = (body.finish().await.unwrap(), walker.finish());
    let message = message_value(body.size(), body.sha256());
    let arrival = Draft::new(EventKind::RelayIn, envelope).rcpt(1).commit(Field::Message, &message);
    let arrival = arrival.commit(Field::From, "x@b.mssante.fr").commit(Field::Peer, "CN=b.mssante.fr");
    let delivery = Draft::new(EventKind::Deliver, envelope).rcpt(1).commit(Field::Mailbox, "u@a.mssante.fr");
    let work = move |tx: &mut Tx<'_>| {
        let (inbox, internal_date) = (tx.inbox(account)?, tx.now());
        let new = NewMessage {
            body: &body,
            prefix: b"Received: from b.mssante.fr by a.mssante.fr; Sun, 22 Nov 2026 10:15:03 +0000\r\n",
            structure: &structure,
            flags: FlagSet::default(),
            internal_date,
            envelope: Some((envelope, 1)),
        };
        tx.append(account, inbox, new)?;
        tx.record_event(arrival, Subject::Envelope)?;
        tx.record_event(delivery, Subject::Account(account))?;
        tx.remember_message_id("<1@b.mssante.fr>", envelope);
        Ok(())
    };
    store.write(work).await.unwrap();
}

fn text(size: usize) -> Vec<u8> {
    let head = b"From: x@b.mssante.fr\r\nTo: u@a.mssante.fr\r\nSubject: Compte rendu\r\nDate: Sun, 22 Nov 2026 10:15:03 +0000\r\n\
        Message-ID: <1@b.mssante.fr>\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n";
    let line = b"Le patient a bien supporte l'intervention, les suites sont simples.\r\n";
    head.iter().chain(line.iter().cycle()).copied().take(size).collect()
}
