//! Proof files judged: who signed, what is in the tree, when, and the files that people kept.

use super::super::fixture::{NOON, ORIGIN, log_key, open, seals, witness};
use super::super::note::SigningKey;
use super::super::proof::Proof;
use super::*;
use crate::ledger::Checkpoint;
use crate::mail::EnvelopeId;
use crate::seal::event::{Draft, EventKind, Leaf, Level, Opening, Via, part_value};
use crate::seal::testing::Counting;

const EML: &[u8] = b"Subject: a\r\n\r\nbody\r\n";
const PIECE: &[u8] = b"%PDF-1.7";

fn leaf() -> (Leaf, Vec<Opening>) {
    Draft::new(EventKind::Seal, EnvelopeId([7; 16]))
        .level(Level::Psc)
        .via(Via::Submission)
        .commit(Field::From, "alice@a.fr")
        .commit(Field::Message, &message_value(EML.len() as u64, &sha256(EML)))
        .commit(Field::To(1), "bob@b.fr")
        .commit(Field::Part(1), &part_value("text/plain", 4, &sha256(b"body")))
        .commit(Field::Part(2), &part_value("application/pdf", PIECE.len() as u64, &sha256(PIECE)))
        .into_leaf(NOON, 0, None, &Counting::default())
        .unwrap()
}

/// A checkpoint of the log, cosigned by these witnesses so many seconds after the event.
fn cosigned(note: &Note, signers: &[(u8, i64)]) -> SignedCheckpoint {
    let lines: String = signers.iter().map(|(s, t)| witness(*s).cosign(note.text(), NOON.plus_secs(*t))).collect();
    let (checkpoint, note) = Checkpoint::parse_note(&format!("{note}{lines}")).unwrap();
    SignedCheckpoint { checkpoint, note }
}

/// The proof of the leaf in a log where five others stand before it.
struct Case {
    file: ProofFile,
    earlier: Note,
}

fn case(signers: &[(u8, i64)]) -> Case {
    let dir = tempfile::tempdir().unwrap();
    let mut ledger = open(dir.path());
    ledger.append(&seals(0..5)).unwrap();
    let earlier = ledger.log().checkpoint().note.clone();
    let (leaf, openings) = leaf();
    let index = ledger.append(std::slice::from_ref(&leaf)).unwrap()[0];
    ledger.append(&seals(5..9)).unwrap();
    let proof = ledger.log().prove(index).unwrap();
    let proof = Proof { note: cosigned(&proof.note, signers).note, ..proof };
    Case { file: ProofFile::new(leaf, &openings, proof).unwrap(), earlier }
}

impl Case {
    fn after(self, signers: &[(u8, i64)]) -> ProofFile {
        self.file.with_not_before(cosigned(&self.earlier, signers))
    }
}

fn policy(quorum: &str) -> Policy {
    let [a, b, c] = [1, 2, 3].map(|seed| witness(seed).verifier().clone());
    let log = log_key().verifier().clone();
    let text = format!("log {log}\nwitness A {a}\nwitness B {b}\nwitness C {c}\n{quorum}\n");
    Policy::parse(&text).unwrap()
}

const TWO: &str = "group G 2 A B C\nquorum G";

// [proofs#verify]
#[test]
fn the_hour_is_attested_between_two_clocks_of_others() {
    type Signers = [(u8, i64)];
    let cases: [(&Signers, &Signers, &str, Result<Hour, &str>); 11] = [
        (&[(1, -9), (2, -8)], &[(1, 3), (2, 4)], TWO, Ok(Hour::Attested)),
        (&[(1, 0), (2, 0)], &[(1, 0), (2, 0)], TWO, Ok(Hour::Attested)),
        // The operator's clock may be two seconds ahead, not three.
        (&[(1, -9), (2, -8)], &[(1, -2), (2, -2)], TWO, Ok(Hour::Attested)),
        (&[(1, -9), (2, -8)], &[(1, -3), (2, -3)], TWO, Err("too-late")),
        // Backdated: the witnesses had seen the log without it after the claimed time.
        (&[(1, 5), (2, 6)], &[(1, 8), (2, 9)], TWO, Ok(Hour::Earlier)),
        (&[], &[(1, 3), (2, 4)], TWO, Ok(Hour::Unbounded)),
        (&[(1, -9)], &[(1, 3), (2, 4)], TWO, Ok(Hour::Unbounded)),
        (&[(1, -9), (2, -8)], &[(1, 3)], TWO, Err("quorum")),
        (&[(1, -9), (2, -8)], &[(4, 3), (5, 3)], TWO, Err("quorum")),
        (&[(1, -9), (2, -8)], &[], "quorum none", Ok(Hour::Unbounded)),
        (&[(1, -9), (2, -8)], &[(1, 3), (2, 4)], "quorum none", Ok(Hour::Unbounded)),
    ];
    for (earlier, later, quorum, expected) in cases {
        let file = case(later).after(earlier);
        let verdict = verify(&file, &policy(quorum));
        let found = verdict.as_ref().map(|verdict| verdict.hour).map_err(Invalid::code);
        assert_eq!(found, expected, "{earlier:?} {later:?} {quorum}");
        let read = ProofFile::parse(file.to_string().as_bytes()).unwrap();
        assert_eq!(read, file, "a file is read as it was written");
    }
    let verdict = verify(&case(&[(1, 3), (2, 4)]).file, &policy(TWO)).unwrap();
    assert_eq!((verdict.hour, verdict.assurance, verdict.after), (Hour::Unbounded, Assurance::Witnessed, None));
    assert_eq!(verdict.before, Some(NOON.plus_secs(4)));
}

// [proofs#verify]
#[test]
fn foreign_logs_and_other_leaves_are_refused() {
    let Case { file, earlier } = case(&[]);
    let stranger = SigningKey::from_seed(ORIGIN, super::super::note::KeyUse::Log, &[8; 32]).unwrap();
    let code = |file: &ProofFile, policy: &Policy| verify(file, policy).map_err(|invalid| invalid.code());
    assert_eq!(code(&file, &Policy::of_log(stranger.verifier().clone())).err(), Some("unknown-log"));
    assert_eq!(code(&file, &policy("quorum none")).map(|v| v.assurance), Ok(Assurance::Logged));
    let proof = Proof { index: 4, ..file.proof().clone() };
    let moved = ProofFile::new(file.leaf().clone(), &[], proof).unwrap();
    assert_eq!(code(&moved, &policy("quorum none")).err(), Some("not-included"));
    let late = cosigned(&file.proof().note, &[]);
    assert_eq!(code(&file.clone().with_not_before(late), &policy("quorum none")).err(), Some("not-before"));
    let changed = file.to_string().replacen(&format!("{ORIGIN}\n10\n"), &format!("{ORIGIN}\n11\n"), 1);
    let changed = ProofFile::parse(changed.as_bytes()).unwrap();
    assert_eq!(code(&changed, &policy("quorum none")).err(), Some("bad-signature"));
    assert_eq!(earlier.text().lines().nth(1), Some("5"));
}

// [proofs#piece] [proofs#eml]
#[test]
fn kept_files_are_compared_byte_for_byte() {
    let file = case(&[]).file;
    assert_eq!(find_piece(&file, PIECE), Ok(2));
    assert_eq!(find_piece(&file, b"body"), Ok(1));
    assert_eq!(find_piece(&file, b"other"), Err(Invalid::Piece));
    let hidden = file.redact(&[Field::From]);
    assert_eq!(find_piece(&hidden, PIECE).map_err(|invalid| invalid.code()), Err("undisclosed"));
    let whole = MessageMatch { unsealed: 0, line_ends: false };
    assert_eq!(find_message(&file, EML), Ok(whole));
    let trace = [b"Received: x\r\n".as_slice(), EML].concat();
    assert_eq!(find_message(&file, &trace), Ok(MessageMatch { unsealed: 13, line_ends: false }));
    let unix = String::from_utf8(trace).unwrap().replace("\r\n", "\n");
    assert_eq!(find_message(&file, unix.as_bytes()), Ok(MessageMatch { unsealed: 13, line_ends: true }));
    for other in [b"".as_slice(), b"Subject: b\r\n\r\nbody\r\n", &EML[1..], &[b"X", EML].concat()] {
        assert_eq!(find_message(&file, other), Err(Invalid::Message));
    }
    assert_eq!(find_message(&hidden, EML).map_err(|invalid| invalid.code()), Err("undisclosed"));
}

// [proofs#proof-file] [c2sp#tlog-proof]
#[test]
fn a_proof_file_has_one_form() {
    let file = case(&[(1, 3), (2, 4)]).after(&[(1, -9), (2, -8)]);
    let file = file.with_keys(vec![log_key().verifier().clone()]);
    let text = file.to_string();
    assert_eq!(ProofFile::parse(text.as_bytes()).unwrap(), file);
    assert_eq!(ProofFile::parse(text.replace('\n', "\r\n").as_bytes()).unwrap(), file, "mail programs make CRLF");
    let twice = text.replacen("=== keys", "=== not-before\n=== keys", 1);
    let swapped = text.replacen("=== proof", "=== keys", 1);
    let from = text.lines().find(|line| line.starts_with("from ") && line.ends_with("alice@a.fr")).unwrap();
    let double = text.replacen(from, &format!("{from}\n{from}"), 1);
    for (bad, error) in [
        (String::new(), ProofFileError::Head),
        (text.replacen("v1", "v2", 1), ProofFileError::Head),
        (format!(" {text}"), ProofFileError::Head),
        (format!("{text}\n"), ProofFileError::Section),
        (format!("{text}=== end\n"), ProofFileError::Section),
        (text.replace("=== end\n", ""), ProofFileError::Section),
        (text.trim_end().to_owned(), ProofFileError::Section),
        (twice, ProofFileError::Section),
        (swapped, ProofFileError::Section),
        (text.replacen("alice", "al\rice", 1), ProofFileError::Characters),
        (text.replacen("alice", "al\u{85}ice", 1), ProofFileError::Characters),
        (text.replacen("alice", "malice", 1), ProofFileError::Disclosure(1)),
        (double, ProofFileError::Disclosure(2)),
        (text.replacen("index 5", "index 05", 1), ProofFileError::Proof(super::super::proof::ProofError)),
        ("x".repeat((1 << 20) + 1), ProofFileError::TooLong),
    ] {
        assert_eq!(ProofFile::parse(bad.as_bytes()), Err(error));
    }
}

#[test]
fn redacting_hides_and_keeps_the_rest_valid() {
    let file = case(&[]).file;
    let redacted = file.redact(&[Field::To(1)]);
    assert_eq!(redacted.disclosures().len(), 1);
    assert_eq!(redacted.disclosed(Field::To(1)), Some("bob@b.fr"));
    assert!(!redacted.to_string().contains("alice"));
    assert!(verify(&redacted, &policy("quorum none")).is_ok());
    let read = ProofFile::parse(redacted.to_string().as_bytes()).unwrap();
    assert_eq!(read, redacted);
}
