//! What proofs cost: `cargo bench --bench proofs [NAMES]`. First, on the disk of the temporary directory: events per second
//! through the store and into the log, durable, and the bytes that a message leaves. Then times: to make and to verify
//! proofs in logs of 10⁴ leaves, and of 10⁷ where `SCEAU_BENCH_LEAVES=10000000` asks for it (1.6 GB of the temporary
//! directory and a minute or two); and what a hostile megabyte costs, of each shape (at most 50 ms is the aim).

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a benchmark may panic and speaks to the terminal"
)]
#![allow(clippy::disallowed_methods, reason = "a benchmark reads the clock")]
#![allow(unreachable_pub, dead_code, reason = "shared with the tests")]

#[path = "../tests/it/hostile/shapes.rs"]
mod shapes;

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::{Arc, LazyLock, OnceLock};
use std::time::Instant;

use aws_lc_rs::rand::fill;
use divan::counter::{BytesCount, ItemsCount};
use divan::{Bencher, black_box};
use sceau::flows::Recorder;
use sceau::ledger::note::KeyUse;
use sceau::ledger::tree::verify_inclusion;
use sceau::ledger::{Ledger, Policy, ProofFile, SigningKey, verify};
use sceau::mail::{AccountId, Address, Chance, EnvelopeId, Time};
use sceau::seal::body::{BodyId, Opener, Sealer, span};
use sceau::seal::event::{Basis, Draft, EventKind, Field, Leaf, LeafHash, Level, Via};
use sceau::seal::keys::{BodyKey, MasterKey};
use sceau::server::edge::system;
use sceau::store::bodies::MemoryBodies;
use sceau::store::engine::{Engine, Memory, Sled};
use sceau::store::{AccountKind, NewAccount, Settings, Store, Subject};
use tempfile::TempDir;

/// Messages that are recorded to count bytes and to measure rates.
const MESSAGES: usize = 20_000;
/// How many events the store makes durable together: what so many sessions at once come to.
const TOGETHER: [usize; 4] = [1, 16, 128, 1024];
/// Leaves of a small log, and the variable that asks for a large one.
const SMALL: u64 = 10_000;
const LEAVES: &str = "SCEAU_BENCH_LEAVES";

fn main() {
    // A filter asks for some of the table only; cargo itself adds `--bench`.
    if std::env::args().skip(1).all(|argument| argument == "--bench") {
        bytes_of_a_message();
        events_per_second();
    }
    divan::main();
    // What is static is never dropped.
    for log in [&SMALL_LOG, &LARGE_LOG].into_iter().filter_map(OnceLock::get) {
        std::fs::remove_dir_all(log.dir.path()).unwrap();
    }
}

struct Dice;

impl Chance for Dice {
    fn fill(&self, buffer: &mut [u8]) {
        fill(buffer).expect("the system gives random bytes");
    }
}

fn seal() -> Draft {
    Draft::new(EventKind::Seal, EnvelopeId::random(&Dice))
        .level(Level::Password)
        .via(Via::Submission)
        .commit(Field::From, "alice.martin@chu-nord.mssante.fr")
        .commit(Field::Login, "alice.martin@chu-nord.mssante.fr")
        .commit(Field::Subject, "Résultats d'analyse")
        .commit(Field::MessageId, "<12345@chu-nord.mssante.fr>")
        .commit(
            Field::Message,
            "message/rfc822 75000 sha256:0000000000000000000000000000000000000000000000000000000000000000",
        )
        .commit(Field::To(1), "bob.petit@chu-sud.mssante.fr")
}

fn open() -> Draft {
    let draft = Draft::new(EventKind::Open, EnvelopeId::random(&Dice)).rcpt(1).basis(Basis::ImapSeen);
    let draft = draft.level(Level::Password).via(Via::Imap);
    draft.commit(Field::Mailbox, "bob.petit@chu-sud.mssante.fr").commit(Field::Login, "bob.petit@chu-sud.mssante.fr")
}

fn leaf(draft: Draft) -> Leaf {
    draft.into_leaf(Time::from_secs(1_795_342_503), 0, None, &Dice).expect("a seal").0
}

#[divan::bench]
fn build_seal_with_6_commitments(bencher: Bencher<'_, '_>) {
    let time = Time::from_secs(1_795_342_503);
    bencher.with_inputs(seal).bench_values(|draft| draft.into_leaf(time, 0, None, &Dice));
}

#[divan::bench]
fn build_open_with_2_commitments(bencher: Bencher<'_, '_>) {
    let time = Time::from_secs(1_795_342_503);
    bencher.with_inputs(open).bench_values(|draft| draft.into_leaf(time, 3, Some(LeafHash([1; 32])), &Dice));
}

#[divan::bench]
fn parse_seal(bencher: Bencher<'_, '_>) {
    let leaf = leaf(seal());
    bencher.bench(|| Leaf::parse(black_box(leaf.bytes())));
}

#[divan::bench]
fn hash_leaf(bencher: Bencher<'_, '_>) {
    let leaf = leaf(seal());
    bencher.counter(BytesCount::new(leaf.bytes().len())).bench(|| black_box(&leaf).hash());
}

/// Durable appends: each group is flushed twice.
#[divan::bench(args = [1, 16, 128, 1024], sample_count = 20)]
fn append_group(bencher: Bencher<'_, '_>, count: usize) {
    let dir = tempfile::tempdir().expect("a directory");
    let key = SigningKey::from_seed("preuves.a.fr/2026", KeyUse::Log, &[1; 32]).expect("a key");
    let ledger = std::sync::Mutex::new(Ledger::open(dir.path(), key).expect("a log"));
    bencher
        .counter(ItemsCount::new(count))
        .with_inputs(|| (0..count).map(|_| leaf(seal())).collect::<Vec<_>>())
        .bench_refs(|leaves| ledger.lock().expect("one thread").append(leaves).expect("room on the disk"));
}

/// The events of a message from another operator that its recipient's client fetches and marks as read.
fn life(envelope: EnvelopeId) -> Vec<Draft> {
    let digest = "sha256:0000000000000000000000000000000000000000000000000000000000000000";
    let arrival = Draft::new(EventKind::RelayIn, envelope)
        .rcpt(1)
        .commit(Field::From, "alice.martin@chu-nord.mssante.fr")
        .commit(Field::Subject, "Résultats d'analyse")
        .commit(Field::MessageId, "<12345@chu-nord.mssante.fr>")
        .commit(Field::Message, &format!("message/rfc822 75000 {digest}"))
        .commit(Field::Part(1), &format!("text/plain 800 {digest}"))
        .commit(Field::Part(2), &format!("application/pdf 52000 {digest}"))
        .commit(Field::Name(2), "CR.pdf")
        .commit(Field::Peer, &format!("CN=mx.chu-nord.mssante.fr,O=CHU NORD,C=FR {digest}"));
    let delivery =
        Draft::new(EventKind::Deliver, envelope).rcpt(1).commit(Field::Mailbox, "bob.petit@chu-sud.mssante.fr INBOX");
    let person = |kind, basis| {
        let draft = Draft::new(kind, envelope).rcpt(1).basis(basis).level(Level::Password).via(Via::Imap);
        draft
            .commit(Field::Mailbox, "bob.petit@chu-sud.mssante.fr INBOX")
            .commit(Field::Login, "bob.petit@chu-sud.mssante.fr")
    };
    let (fetched, read) = (person(EventKind::Transfer, Basis::ImapPeek), person(EventKind::Open, Basis::ImapSeen));
    vec![arrival, delivery, fetched, read]
}

/// A store on an engine, with the one account.
fn store(engine: Arc<dyn Engine>) -> (Arc<Store>, AccountId) {
    let master = MasterKey::from_bytes([7; 32]);
    let store = Store::open(Settings::default(), engine, Arc::new(MemoryBodies::default()), master, system()).unwrap();
    let new = NewAccount {
        address: Address::parse("bob.petit@chu-sud.mssante.fr").unwrap(),
        name: String::new(),
        password_hash: String::new(),
        kind: AccountKind::Personal,
        quota: 1 << 40,
    };
    let account = store.write_blocking(move |tx| tx.create_account(new)).unwrap();
    (store, account)
}

fn record(store: &Store, account: AccountId, drafts: Vec<Draft>) {
    let work = move |tx: &mut sceau::store::Tx<'_>| {
        drafts.into_iter().try_for_each(|draft| tx.record_event(draft, Subject::Account(account)).map(drop))
    };
    store.write_blocking(work).unwrap();
}

fn ledger(directory: &Path) -> Ledger {
    Ledger::open(directory, SigningKey::from_seed("preuves.a.fr/2026", KeyUse::Log, &[1; 32]).unwrap()).unwrap()
}

/// Bytes in the files of a directory.
fn bytes_in(directory: &Path) -> u64 {
    let files = std::fs::read_dir(directory).unwrap().map(|file| file.unwrap());
    files.filter(|file| file.file_type().unwrap().is_file()).map(|file| file.metadata().unwrap().len()).sum()
}

/// What the four events of a message leave: rows by their letter (src/store/rows.rs), and the log.
fn bytes_of_a_message() {
    let (engine, dir) = (Arc::new(Memory::default()), tempfile::tempdir().unwrap());
    let (store, account) = store(engine.clone());
    let rows_before = rows(engine.as_ref());
    let recorder = Recorder::new(Arc::clone(&store), ledger(dir.path()));
    for _ in 0..MESSAGES / 100 {
        let drafts = (0..100).flat_map(|_| life(EnvelopeId::random(&Dice))).collect();
        record(&store, account, drafts);
        recorder.drain_all().unwrap();
    }
    println!("bytes of a message with four events (relay-in with 8 commitments, deliver, transfer, open):");
    let (messages, mut all) = (MESSAGES as u64, 0);
    for (letter, bytes) in rows(engine.as_ref()) {
        let bytes = (bytes - rows_before.get(&letter).unwrap_or(&0)) / messages;
        all += bytes;
        let what = match letter {
            'e' => "leaves in the store, with their openings",
            'o' => "openings that are too long for that",
            'h' => "ends of chains, and who has to do with them",
            'i' => "places in the log",
            'z' => "not closed yet",
            _ => continue,
        };
        println!("  {bytes:>6}  {what}");
    }
    let entries = std::fs::metadata(dir.path().join("entries")).unwrap().len() / messages;
    let hashes = bytes_in(dir.path()) / messages - entries;
    println!(
        "  {entries:>6}  leaves in the log\n  {hashes:>6}  hashes in the log\n  {:>6}  in all",
        all + entries + hashes
    );
    store.close();
}

/// Bytes of keys and values, by the first letter of the key.
fn rows(engine: &dyn Engine) -> BTreeMap<char, u64> {
    let mut sums = BTreeMap::new();
    let mut visit = |key: &[u8], value: &[u8]| {
        *sums.entry(char::from(key[0])).or_default() += (key.len() + value.len()) as u64;
        ControlFlow::Continue(())
    };
    engine.scan(&[0], &[255], &mut visit).unwrap();
    sums
}

/// Events per second until they are durable in the store, and until the last of them is durable in the log.
fn events_per_second() {
    println!("events per second, on the disk of {}:", std::env::temp_dir().display());
    println!("  together     in the store       in the log");
    for together in TOGETHER {
        let dir = tempfile::tempdir().unwrap();
        let (store, account) = store(Arc::new(Sled::open(&dir.path().join("rows"), Sled::CACHE).unwrap()));
        let recorder = Recorder::new(Arc::clone(&store), ledger(&dir.path().join("log")));
        let groups = (MESSAGES / together).min(200);
        let begin = Instant::now();
        for _ in 0..groups {
            record(&store, account, (0..together).map(|_| seal()).collect());
        }
        let stored = begin.elapsed().as_secs_f64();
        let begin = Instant::now();
        recorder.drain_all().unwrap();
        let logged = begin.elapsed().as_secs_f64();
        let events = (groups * together) as f64;
        println!("  {together:>8}  {:>15.0}  {:>15.0}", events / stored, events / logged);
        store.close();
    }
}

/// A log made once.
struct Sample {
    dir: TempDir,
    ledger: Ledger,
    leaf: Leaf,
    middle: u64,
}

impl Sample {
    /// By the real writer, in groups so large that the disk hardly waits.
    fn of(size: u64) -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        let mut ledger = ledger(dir.path());
        let time = Time::from_secs(1_795_342_503);
        while ledger.log().size() < size {
            let count = (size - ledger.log().size()).min(1 << 16);
            let first = ledger.log().size();
            let leaves: Vec<Leaf> = (first..first + count)
                .map(|number| {
                    let mut id = [0; 16];
                    id[..8].copy_from_slice(&number.to_be_bytes());
                    let draft = Draft::new(EventKind::Deliver, EnvelopeId(id)).rcpt(1);
                    draft.into_leaf(time, 0, None, &Dice).expect("a leaf").0
                })
                .collect();
            ledger.append(&leaves).expect("room on the disk");
        }
        let middle = size / 2 + 1;
        Self { leaf: ledger.log().leaf(middle).expect("a leaf"), dir, ledger, middle }
    }
}

static SMALL_LOG: OnceLock<Sample> = OnceLock::new();
static LARGE_LOG: OnceLock<Sample> = OnceLock::new();

fn large() -> Option<u64> {
    std::env::var(LEAVES).ok().map(|leaves| leaves.parse().unwrap_or_else(|_| panic!("{LEAVES}={leaves}")))
}

/// The sizes that are measured.
fn sizes() -> Vec<u64> {
    std::iter::once(SMALL).chain(large()).collect()
}

fn log_of(size: u64) -> &'static Sample {
    let log = if size == SMALL { &SMALL_LOG } else { &LARGE_LOG };
    log.get_or_init(|| Sample::of(size))
}

#[divan::bench(args = sizes())]
fn prove(bencher: Bencher<'_, '_>, size: u64) {
    let log = log_of(size);
    bencher.bench(|| log.ledger.log().prove(black_box(log.middle)));
}

#[divan::bench(args = sizes())]
fn verify_path(bencher: Bencher<'_, '_>, size: u64) {
    let log = log_of(size);
    let proof = log.ledger.log().prove(log.middle).expect("a proof");
    let (leaf, checkpoint) = (log.leaf.hash().0, proof.checkpoint.clone());
    assert!(verify_inclusion(&leaf, proof.index, checkpoint.size, &proof.path, &checkpoint.root));
    bencher.bench(|| verify_inclusion(black_box(&leaf), proof.index, checkpoint.size, &proof.path, &checkpoint.root));
}

#[divan::bench(args = sizes())]
fn parse_and_verify_file(bencher: Bencher<'_, '_>, size: u64) {
    let log = log_of(size);
    let file = ProofFile::new(log.leaf.clone(), &[], log.ledger.log().prove(log.middle).expect("a proof"));
    let text = file.expect("a proof file").to_string();
    let policy = Policy::of_log(log.ledger.log().key().clone());
    bencher.counter(BytesCount::new(text.len())).bench(|| {
        let file = ProofFile::parse(black_box(text.as_bytes())).expect("a proof file");
        verify(&file, &policy).expect("a valid proof")
    });
}

static SHAPES: LazyLock<Vec<shapes::Shape>> = LazyLock::new(shapes::all);

#[divan::bench(args = SHAPES.iter().map(|shape| shape.name), sample_count = 20)]
fn hostile_megabyte(bencher: Bencher<'_, '_>, name: &str) {
    let shape = SHAPES.iter().find(|shape| shape.name == name).expect("a shape");
    bencher.bench(|| ProofFile::parse(black_box(&shape.bytes)).ok().map(|file| verify(&file, &shape.policy).is_ok()));
}

#[divan::bench]
fn seal_body_of_1_mib(bencher: Bencher<'_, '_>) {
    let (key, clear) = (BodyKey::generate(&Dice), vec![7; 1 << 20]);
    bencher.counter(BytesCount::new(clear.len())).bench(|| {
        let mut out = Vec::with_capacity(clear.len() + 1024);
        let mut sealer = Sealer::new(&key, BodyId([1; 16]));
        sealer.push(black_box(&clear), &mut out);
        sealer.finish(&mut out);
        out
    });
}

#[divan::bench]
fn open_4_kib_of_1_mib(bencher: Bencher<'_, '_>) {
    let (key, id, clear) = (BodyKey::generate(&Dice), BodyId([1; 16]), vec![7; 1 << 20]);
    let mut sealed = Vec::new();
    let mut sealer = Sealer::new(&key, id);
    sealer.push(&clear, &mut sealed);
    let opener = Opener::new(&key, id, sealer.finish(&mut sealed));
    bencher.bench(|| {
        let span = span(1 << 20, 500_000..504_096).expect("inside");
        opener.open_span(&span, &sealed[span.sealed.start as usize..span.sealed.end as usize])
    });
}
