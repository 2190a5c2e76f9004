//! Megabytes that look like a proof as long as they can, for the test and for `cargo bench --bench proofs hostile`.

use std::fs;
use std::path::Path;

use sceau::ledger::log::SignedCheckpoint;
use sceau::ledger::note::{KeyUse, Note};
use sceau::ledger::{Anchor, Checkpoint, Ledger, Policy, Proof, ProofFile, SigningKey};
use sceau::mail::{Chance, EnvelopeId, Time};
use sceau::seal::event::{Draft, EventKind, Field, Leaf, Level, Via};

/// Bytes, and whom their reader trusts.
pub struct Shape {
    /// What is much of.
    pub name: &'static str,
    /// The file.
    pub bytes: Vec<u8>,
    /// The policy under which it is judged.
    pub policy: Policy,
}

/// Those that are good proofs all the same.
pub const GOOD: [&str; 2] = ["a long signature", SIGNED];
const SIGNED: &str = "three notes of 64 good signatures";
/// Signatures that a note may have beside the log's.
const WITNESSES: u8 = 63;

/// All of them.
pub fn all() -> Vec<Shape> {
    let sample_policy = Policy::parse(&sample("politique")).unwrap();
    let shape = |(name, bytes)| Shape { name, bytes, policy: sample_policy.clone() };
    megabytes().into_iter().map(shape).chain([signed()]).collect()
}

fn sample(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/samples").join(name)).unwrap()
}

/// A megabyte of one thing in an otherwise good proof.
fn megabytes() -> Vec<(&'static str, Vec<u8>)> {
    let good = sample("scellement.preuve");
    let room = (1 << 20) - good.len();
    let fill = |piece: &str| piece.repeat(room / piece.len());
    let after = |marker: &str, filling: String| good.replacen(marker, &format!("{marker}{filling}"), 1);
    let key = good.split("=== keys\n").nth(1).unwrap().split("=== end").next().unwrap();
    let disclosure = good.split("=== disclosures\n").nth(1).unwrap().lines().next().unwrap();
    let hash = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n";
    let index = good.lines().find(|line| line.starts_with("index ")).unwrap().to_owned() + "\n";
    let signature = good.lines().find(|line| line.starts_with("— temoin")).unwrap().to_owned() + "\n";
    let root = good.split("\n— preuves").next().unwrap().trim_end().rsplit('\n').next().unwrap();
    let checkpoint = format!("{root}\n");
    let stranger = signature.replace("— temoin", "— xemoin");
    vec![
        ("nothing but zeros", vec![0; 1 << 20]),
        ("nothing but line ends", "\n".repeat(1 << 20).into_bytes()),
        ("nothing but CRLF", "\r\n".repeat(1 << 19).into_bytes()),
        ("sections", after("sceau-preuve/v1\n", fill("=== event\n")).into_bytes()),
        ("half sections", after("=== proof\n", fill("\n=== ")).into_bytes()),
        ("a leaf", after("=== event\n", fill("rcpt 1\n")).into_bytes()),
        ("disclosures", after("=== disclosures\n", fill(&format!("{disclosure}\n"))).into_bytes()),
        ("one value", after("=== disclosures\n", format!("from {hash} {}\n", fill("é"))).into_bytes()),
        ("hashes", after(&index, fill(hash)).into_bytes()),
        ("signatures", after(&signature, fill(&signature)).into_bytes()),
        ("strangers' signatures", after(&signature, fill(&stranger)).into_bytes()),
        ("a long signature", after(&signature, format!("— x {}\n", fill("AAAA"))).into_bytes()),
        ("keys", after("=== keys\n", fill(key)).into_bytes()),
        ("a token", good.replacen("=== keys\n", &format!("=== anchor\n{}\n=== keys\n", fill("AAAA")), 1).into_bytes()),
        ("extension lines", after(&checkpoint, fill("— ?\n")).into_bytes()),
        ("one extension line", after(&checkpoint, fill("é") + "\n").into_bytes()),
        ("deep notes", after(&checkpoint, fill("\n\n— x AAAA\n")).into_bytes()),
        ("sections in the anchor", good.replacen("=== keys\n", &fill("=== anchor\n"), 1).into_bytes()),
        ("control characters", after("=== disclosures\n", fill("\u{85}")).into_bytes()),
        ("more than allowed", good.repeat((1 << 20) / good.len() + 2).into_bytes()),
    ]
}

struct Zeros;

impl Chance for Zeros {
    fn fill(&self, buffer: &mut [u8]) {
        buffer.fill(0);
    }
}

/// A good proof in which as much is signed as a file has room for, so that all of it must be verified, filled up with a
/// token.
fn signed() -> Shape {
    let log = SigningKey::from_seed("preuves.a.fr/2026", KeyUse::Log, &[1; 32]).unwrap();
    let witness = |n: u8| SigningKey::from_seed(&format!("temoin.{n}.fr"), KeyUse::Witness, &[n + 2; 32]).unwrap();
    let witnesses: Vec<_> = (0..WITNESSES).map(witness).collect();
    let mut policy = format!("log {}\n", log.verifier());
    let mut names = String::new();
    for (number, witness) in witnesses.iter().enumerate() {
        policy += &format!("witness w{number} {}\n", witness.verifier());
        names += &format!(" w{number}");
    }
    let policy = Policy::parse(&format!("{policy}group all {WITNESSES}{names}\nquorum all\n")).unwrap();
    let at = Time::from_secs(1_795_342_503);
    let cosigned = |note: &Note, time: Time| {
        let lines: String = witnesses.iter().map(|witness| witness.cosign(note.text(), time)).collect();
        note.with_lines(&lines)
    };
    let dir = tempfile::tempdir().unwrap();
    let mut ledger = Ledger::open(dir.path(), log).unwrap();
    let leaf = |number: u8| -> Leaf {
        let draft = Draft::new(EventKind::Seal, EnvelopeId([number; 16])).level(Level::Otp).via(Via::Submission);
        draft.commit(Field::From, "a@a.fr").into_leaf(at, 0, None, &Zeros).unwrap().0
    };
    ledger.append(&[leaf(1)]).unwrap();
    let earlier = cosigned(&ledger.log().checkpoint().note, at.plus_secs(-5));
    let (checkpoint, note) = Checkpoint::parse_note(&earlier.to_string()).unwrap();
    ledger.append(&[leaf(2)]).unwrap();
    let proof = ledger.log().prove(1).unwrap();
    let proof = Proof { note: cosigned(&proof.note, at.plus_secs(5)), ..proof };
    let file = ProofFile::new(leaf(2), &[], proof.clone()).unwrap();
    let file = file.with_not_before(SignedCheckpoint { checkpoint, note });
    let room = (1 << 20) - 2 * proof.to_string().len() - file.to_string().len();
    let file = file.with_anchor(Anchor { token: vec![0x30; room / 4 * 3], proof });
    Shape { name: SIGNED, bytes: file.to_string().into_bytes(), policy }
}
