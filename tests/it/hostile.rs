//! Proof files that somebody changed or made to hurt: no change of a byte changes what a proof asserts, and a megabyte
//! of anything costs one look.
//!
//! 20,000 random changes by default; `SCEAU_MUTATIONS=100000` makes a long run.

use std::fs;
use std::path::Path;

use sceau::ledger::verify::{Hour, Verdict};
use sceau::ledger::{Policy, ProofFile, verify};
use sceau::server::edge::Stopwatch;

use crate::tools::times;

fn sample(name: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/samples").join(name)).unwrap()
}

fn policy() -> Policy {
    Policy::parse(&String::from_utf8(sample("politique")).unwrap()).unwrap()
}

fn judged(bytes: &[u8], policy: &Policy) -> Option<(ProofFile, Verdict)> {
    let file = ProofFile::parse(bytes).ok()?;
    let verdict = verify(&file, policy).ok()?;
    Some((file, verdict))
}

/// Numbers that repeat themselves (splitmix64).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % end as u64).unwrap()
    }
}

/// Replaces, inserts or removes one byte.
fn change(good: &[u8], numbers: &mut Numbers) -> Vec<u8> {
    let mut bad = good.to_vec();
    let at = numbers.below(good.len());
    let byte = u8::try_from(numbers.below(256)).unwrap();
    match numbers.below(4) {
        0 => bad.insert(at, byte),
        1 => drop(bad.remove(at)),
        // Bytes that structure the file, more often than by chance.
        2 => bad[at] = b"\n= +/0Az\r"[numbers.below(9)],
        _ => bad[at] = byte,
    }
    bad
}

// [proofs#proof-file] [proofs#verify]
#[test]
fn no_change_of_one_byte_changes_what_a_proof_asserts() {
    let count = usize::try_from(times("SCEAU_MUTATIONS", 20_000)).unwrap();
    let policy = policy();
    let samples = ["scellement", "remise", "telechargement", "ouverture", "ouverture-reduite"]
        .map(|name| (name, sample(&format!("{name}.preuve"))));
    let (mut numbers, mut valid) = (Numbers(1), 0);
    for number in 0..count {
        let (name, good) = &samples[number % samples.len()];
        let (file, verdict) = judged(good, &policy).unwrap();
        assert_eq!(verdict.hour, Hour::Attested);
        let bad = change(good, &mut numbers);
        let Some((other, weaker)) = judged(&bad, &policy).filter(|_| bad != *good) else { continue };
        valid += 1;
        assert_eq!(other.leaf(), file.leaf(), "{name}, change {number}");
        // A line of the disclosures may be lost whole; none may say something else.
        assert!(other.disclosures().iter().all(|d| file.disclosures().contains(d)), "{name}, change {number}");
        assert_eq!(other.proof().checkpoint, file.proof().checkpoint, "{name}, change {number}");
        assert_eq!(other.proof().index, file.proof().index, "{name}, change {number}");
        assert!(weaker.before >= verdict.before && weaker.after <= verdict.after, "{name}, change {number}");
    }
    eprintln!("{count} changes, {valid} of them in what no key signs: same assertion");
}

/// A megabyte of one thing in an otherwise good proof.
fn megabytes() -> Vec<(&'static str, Vec<u8>)> {
    let good = String::from_utf8(sample("scellement.preuve")).unwrap();
    let room = (1 << 20) - good.len();
    let fill = |piece: &str| piece.repeat(room / piece.len());
    let after = |marker: &str, filling: String| good.replacen(marker, &format!("{marker}{filling}"), 1);
    let key = good.split("=== keys\n").nth(1).unwrap().split("=== end").next().unwrap();
    let disclosure = good.split("=== disclosures\n").nth(1).unwrap().lines().next().unwrap();
    let hash = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n";
    let index = good.lines().find(|line| line.starts_with("index ")).unwrap().to_owned() + "\n";
    let signature = good.lines().find(|line| line.starts_with("— temoin")).unwrap().to_owned() + "\n";
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
        ("more than allowed", good.repeat((1 << 20) / good.len() + 2).into_bytes()),
    ]
}

// [proofs#proof-file]
#[test]
fn a_hostile_megabyte_is_read_once_and_judged_by_a_bounded_number_of_signatures() {
    let policy = policy();
    let mut slowest = ("", 0.0);
    for (name, bytes) in megabytes() {
        let watch = Stopwatch::start();
        let read = ProofFile::parse(&bytes);
        let verdict = read.as_ref().ok().map(|file| verify(file, &policy));
        let took = watch.elapsed().as_secs_f64() * 1000.0;
        if took > slowest.1 {
            slowest = (name, took);
        }
        // Signatures that are verified: at most one for each key of the policy and note. What a file can hold of
        // everything else is bounded before anything is computed over it.
        if let Ok(file) = &read {
            assert!(
                file.disclosures().len() < 150 && file.proof().path.len() <= 64 && file.keys().len() <= 64,
                "{name}"
            );
            assert!(file.proof().note.to_string().matches("\n— ").count() <= 64, "{name}");
        }
        let is_long_signature = name == "a long signature";
        assert!(is_long_signature || verdict.is_none_or(|verdict| verdict.is_err()), "{name} passes");
    }
    // Told, not asserted: a busy machine proves nothing. In a release build it is a few milliseconds.
    eprintln!("the slowest hostile megabyte was «{}»: {:.1} ms", slowest.0, slowest.1);
}
