//! Proof files that somebody changed or made to hurt: no change of a byte changes what a proof asserts, and a megabyte
//! of anything costs one look.
//!
//! 20,000 random changes by default; `SCEAU_MUTATIONS=100000` makes a long run.

mod shapes;

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

// [proofs#proof-file]
#[test]
fn a_hostile_megabyte_is_read_once_and_judged_by_a_bounded_number_of_signatures() {
    let mut slowest = ("", 0.0);
    for shapes::Shape { name, bytes, policy } in shapes::all() {
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
        assert!(shapes::GOOD.contains(&name) || verdict.is_none_or(|verdict| verdict.is_err()), "{name} passes");
    }
    // Told, not asserted: a busy machine proves nothing. `cargo bench --bench proofs hostile` measures it in a release build.
    eprintln!("the slowest hostile megabyte was «{}»: {:.1} ms", slowest.0, slowest.1);
}
