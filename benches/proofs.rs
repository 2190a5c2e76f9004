//! What proofs cost: `cargo bench --bench proofs`. Events per second and bytes per event of the log, then times of
//! making and verifying a proof.

#![allow(clippy::expect_used, clippy::print_stdout, reason = "a benchmark may panic and speaks to the terminal")]

use std::sync::LazyLock;

use aws_lc_rs::rand::fill;
use divan::counter::{BytesCount, ItemsCount};
use divan::{Bencher, black_box};
use sceau::ledger::note::KeyUse;
use sceau::ledger::tree::verify_inclusion;
use sceau::ledger::{Ledger, Policy, ProofFile, SigningKey, verify};
use sceau::mail::{Chance, EnvelopeId, Time};
use sceau::seal::body::{BodyId, Opener, Sealer, span};
use sceau::seal::event::{Basis, Draft, EventKind, Field, Leaf, LeafHash, Level, Via};
use sceau::seal::keys::BodyKey;

fn main() {
    // Says its size before the table begins.
    LazyLock::force(&LOG);
    divan::main();
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

/// A log made once.
struct Sample {
    _dir: tempfile::TempDir,
    ledger: Ledger,
    leaf: Leaf,
    middle: u64,
}

static LOG: LazyLock<Sample> = LazyLock::new(|| {
    let dir = tempfile::tempdir().expect("a directory");
    let key = SigningKey::from_seed("preuves.a.fr/2026", KeyUse::Log, &[1; 32]).expect("a key");
    let mut ledger = Ledger::open(dir.path(), key).expect("a log");
    for _ in 0..100 {
        let leaves: Vec<Leaf> = (0..1000).map(|_| leaf(open())).collect();
        ledger.append(&leaves).expect("room on the disk");
    }
    let bytes = std::fs::read_dir(dir.path())
        .expect("a directory")
        .map(|f| f.expect("a file").metadata().expect("a size").len());
    let total: u64 = bytes.sum();
    println!("log of 100,000 events: {} bytes an event", total / 100_000);
    let middle = 50_000;
    Sample { leaf: ledger.log().leaf(middle).expect("a leaf"), _dir: dir, ledger, middle }
});

#[divan::bench]
fn prove_in_100_000(bencher: Bencher<'_, '_>) {
    let log = &*LOG;
    bencher.bench(|| log.ledger.log().prove(black_box(log.middle)));
}

#[divan::bench]
fn verify_path_in_100_000(bencher: Bencher<'_, '_>) {
    let log = &*LOG;
    let proof = log.ledger.log().prove(log.middle).expect("a proof");
    let (leaf, checkpoint) = (log.leaf.hash().0, proof.checkpoint.clone());
    bencher.bench(|| verify_inclusion(black_box(&leaf), proof.index, checkpoint.size, &proof.path, &checkpoint.root));
}

#[divan::bench]
fn parse_and_verify_file_in_100_000(bencher: Bencher<'_, '_>) {
    let log = &*LOG;
    let file = ProofFile::new(log.leaf.clone(), &[], log.ledger.log().prove(log.middle).expect("a proof"));
    let text = file.expect("a proof file").to_string();
    let policy = Policy::of_log(log.ledger.log().key().clone());
    bencher.counter(BytesCount::new(text.len())).bench(|| {
        let file = ProofFile::parse(black_box(text.as_bytes())).expect("a proof file");
        verify(&file, &policy).expect("a valid proof")
    });
}

/// A megabyte that looks like a proof as long as it can.
#[divan::bench]
fn refuse_hostile_megabyte(bencher: Bencher<'_, '_>) {
    let proof = LOG.ledger.log().prove(0).expect("a proof");
    let file = ProofFile::new(LOG.ledger.log().leaf(0).expect("a leaf"), &[], proof).expect("a proof file").to_string();
    let (head, tail) = file.split_once("=== proof\n").expect("a section");
    let line = "name.1 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA= x\n";
    let middle = line.repeat(((1 << 20) - file.len() - 32) / line.len());
    let disclosures = format!("{head}{middle}=== proof\n{tail}");
    let (head, tail) = file.rsplit_once("=== end").expect("a section");
    let sections = format!("{head}{}=== end{tail}", "— x AAAAAAAA\n".repeat(60_000));
    bencher.bench(|| {
        assert!(ProofFile::parse(black_box(disclosures.as_bytes())).is_err());
        assert!(ProofFile::parse(black_box(sections.as_bytes())).is_err());
    });
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
