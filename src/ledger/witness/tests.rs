//! A witness between two logs that bear one name.

use std::collections::BTreeSet;

use super::super::fixture::{NOON, ORIGIN, log_key, open, seal, seals, witness as key};
use super::super::{Ledger, Log};
use super::*;

fn known() -> Vec<Known> {
    vec![Known { key: log_key().verifier().clone(), url: None }]
}

fn witness(directory: &Path) -> Witness {
    Witness::open(directory, key(1), &known()).unwrap()
}

fn body(log: &Log, old: u64) -> String {
    Request::body(old, &log.consistency(old).unwrap_or_default(), &log.checkpoint().note)
}

fn answer(witness: &Witness, body: &str) -> Answer {
    witness.add_checkpoint(body.as_bytes(), NOON).unwrap().answer
}

fn grown(ledger: &mut Ledger, to: u64) {
    let from = ledger.log().size();
    ledger.append(&seals(from..to)).unwrap();
}

// [c2sp#tlog-witness]
#[test]
fn the_example_of_the_specification_is_read() {
    let text = "old 20852014\nPlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=\n\nexample.com/behind-the-sofa\n20852163\n\
                CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n— example.com/behind-the-sofa \
                Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n";
    let request = Request::parse(text.as_bytes()).unwrap();
    assert_eq!((request.old, request.proof.len(), request.signed.checkpoint.size), (20_852_014, 1, 20_852_163));
    assert_eq!(Request::body(request.old, &request.proof, &request.signed.note), text);
    let hash = "PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=\n";
    for bad in [
        String::new(),
        text.replace("old ", "OLD "),
        text.replace("old 2", "old 02"),
        text.replace("old 2", "old  2"),
        text.replace("old 20852014\n", "old 20852014\r\n"),
        text.replace(hash, &hash.replace("kaw=", "kax=")),
        text.replace(hash, &hash.repeat(64)),
        text.replace("\n\nexample", "\nexample"),
        text.replace("— ", "- "),
        text.replace("20852163", "x"),
    ] {
        assert_eq!(Request::parse(bad.as_bytes()), None, "{bad}");
    }
    assert!(Request::parse(text.replace(hash, &hash.repeat(63)).as_bytes()).is_some());
}

// [c2sp#tlog-witness] [proofs#witness]
#[test]
fn a_growing_log_is_countersigned_from_where_it_was_seen() {
    let (dir, log) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut ledger = open(log.path());
    let mut seen = 0;
    for size in [0, 1, 1, 5, 300, 300, 1000] {
        grown(&mut ledger, size);
        // Opened anew each time: what was signed is on the disk.
        let witness = witness(dir.path());
        if seen != size {
            assert_eq!(answer(&witness, &body(ledger.log(), size)), Answer::Conflict(seen), "{size}");
        }
        let Answer::Cosigned(line) = answer(&witness, &body(ledger.log(), seen)) else { panic!("{size}") };
        let note = ledger.log().checkpoint().note.with_lines(&line);
        assert_eq!(key(1).verifier().signed(&note).unwrap(), Some(Signed::Witness(NOON)));
        let kept = witness.latest(&origin_hash(ORIGIN)).unwrap();
        assert_eq!(kept, note.to_string(), "monitors get the log's signature and ours");
        seen = size;
    }
    assert_eq!(witness(dir.path()).latest(&origin_hash("preuves.b.fr/2026")), None);
    assert_eq!(witness(dir.path()).latest("../witness.key"), None);
}

// [c2sp#tlog-witness]
#[test]
fn each_refusal_has_its_reason_and_changes_nothing() {
    let (dir, log) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut ledger = open(log.path());
    grown(&mut ledger, 5);
    let witness = witness(dir.path());
    assert!(matches!(answer(&witness, &body(ledger.log(), 0)), Answer::Cosigned(_)));
    let kept = witness.latest(&origin_hash(ORIGIN)).unwrap();
    grown(&mut ledger, 9);
    let good = body(ledger.log(), 5);
    let checkpoint = ledger.log().checkpoint();
    let other = SigningKey::from_seed("preuves.b.fr/2026", KeyUse::Log, &[5; 32]).unwrap();
    let stranger = SigningKey::from_seed(ORIGIN, KeyUse::Log, &[6; 32]).unwrap();
    let foreign = checkpoint.note.text().replace(ORIGIN, "preuves.b.fr/2026");
    let resigned = |key: &SigningKey, text: &str| Note::parse(&format!("{text}\n{}", key.sign(text))).unwrap();
    let text = checkpoint.note.text();
    let proof = ledger.log().consistency(5).unwrap();
    for (what, body, expected) in [
        ("another form", good.replace("old", "new"), Answer::Malformed),
        ("old above new", Request::body(10, &[], &checkpoint.note), Answer::Malformed),
        ("another origin", Request::body(0, &[], &resigned(&other, &foreign)), Answer::UnknownLog),
        ("another key", Request::body(5, &proof, &resigned(&stranger, text)), Answer::Forbidden),
        ("a changed text", good.replace("\n9\n", "\n8\n"), Answer::Forbidden),
        ("another old size", Request::body(4, &proof, &checkpoint.note), Answer::Conflict(5)),
        ("no proof", Request::body(5, &[], &checkpoint.note), Answer::Inconsistent),
        (
            "too long a proof",
            Request::body(5, &[proof.clone(), vec![[0; 32]]].concat(), &checkpoint.note),
            Answer::Inconsistent,
        ),
        (
            "another proof",
            Request::body(5, &ledger.log().consistency(4).unwrap(), &checkpoint.note),
            Answer::Inconsistent,
        ),
    ] {
        let heard = witness.add_checkpoint(body.as_bytes(), NOON).unwrap();
        assert_eq!(heard, expected.into(), "{what}");
        assert_eq!(witness.latest(&origin_hash(ORIGIN)).as_deref(), Some(kept.as_str()), "{what}");
    }
}

// [c2sp#tlog-witness]
#[test]
fn signatures_of_unknown_keys_are_ignored_and_not_kept() {
    let (dir, log) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut ledger = open(log.path());
    grown(&mut ledger, 5);
    let witness = witness(dir.path());
    let stranger = SigningKey::from_seed(ORIGIN, KeyUse::Log, &[6; 32]).unwrap();
    let note = &ledger.log().checkpoint().note;
    let two = note.with_lines(&stranger.sign(note.text()));
    assert!(matches!(answer(&witness, &Request::body(0, &[], &two)), Answer::Cosigned(_)));
    let latest = witness.latest(&origin_hash(ORIGIN)).unwrap();
    assert_eq!(latest.matches("— ").count(), 2, "the log's and ours: {latest}");
}

#[test]
fn an_empty_log_has_one_root_and_extension_lines_are_signed_too() {
    let dir = tempfile::tempdir().unwrap();
    let witness = witness(dir.path());
    let signed = |text: &str| Note::parse(&format!("{text}\n{}", log_key().sign(text))).unwrap();
    let empty = |root: Hash| Checkpoint { origin: ORIGIN.to_owned(), size: 0, root }.to_string();
    let wrong = signed(&empty([1; 32]));
    assert_eq!(answer(&witness, &Request::body(0, &[], &wrong)), Answer::Inconsistent);
    let extended = signed(&(empty(empty_root()) + "an extension\n"));
    let Answer::Cosigned(line) = answer(&witness, &Request::body(0, &[], &extended)) else { panic!() };
    let note = extended.with_lines(&line);
    assert!(key(1).verifier().signed(&note).unwrap().is_some());
    assert_eq!(self::witness(dir.path()).seen(ORIGIN).unwrap().unwrap().checkpoint.size, 0);
}

/// Two logs of one key: the same first leaves, then others.
fn fork(common: u64) -> [(tempfile::TempDir, Ledger); 2] {
    [100, 200].map(|from| {
        let dir = tempfile::tempdir().unwrap();
        let mut ledger = open(dir.path());
        ledger.append(&seals(0..common)).unwrap();
        ledger.append(&seals(from..from + 5)).unwrap();
        (dir, ledger)
    })
}

// [proofs#witness]
#[test]
fn a_split_view_is_refused_and_kept_as_evidence() {
    let dir = tempfile::tempdir().unwrap();
    let [(_a, a), (_b, mut b)] = fork(10);
    let witness = witness(dir.path());
    assert!(matches!(answer(&witness, &body(a.log(), 0)), Answer::Cosigned(_)));
    // The same size, another root.
    let shown = body(b.log(), 15);
    let heard = witness.add_checkpoint(shown.as_bytes(), NOON).unwrap();
    assert_eq!(heard.answer, Answer::Inconsistent);
    let incident = heard.incident.unwrap();
    assert_eq!((incident.what, incident.what.code()), (Contradiction::SplitView, "split-view"));
    assert_eq!(incident.shown, *b.log().checkpoint());
    let again = witness.add_checkpoint(shown.as_bytes(), NOON).unwrap();
    assert_eq!(again.incident, None, "told once");
    // Grown on: no proof leads there.
    b.append(&[seal(300).0]).unwrap();
    assert_eq!(answer(&witness, &body(b.log(), 15)), Answer::Inconsistent);
    let evidence: Vec<_> = fs::read_dir(dir.path().join("incidents")).unwrap().flatten().collect();
    assert_eq!(evidence.len(), 1);
    let text = fs::read_to_string(evidence[0].path()).unwrap();
    let notes: BTreeSet<_> = text.lines().filter(|line| line.starts_with("— preuves.a.fr/2026")).collect();
    assert_eq!(notes.len(), 2, "two signatures of one key over one size: {text}");
}

// [proofs#witness]
#[test]
fn a_rolled_back_log_hears_the_size_that_was_seen() {
    let (dir, log) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut ledger = open(log.path());
    grown(&mut ledger, 5);
    let backup = ledger.log().checkpoint().clone();
    grown(&mut ledger, 9);
    let witness = witness(dir.path());
    answer(&witness, &body(ledger.log(), 0));
    let heard = witness.add_checkpoint(Request::body(5, &[], &backup.note).as_bytes(), NOON).unwrap();
    assert_eq!(heard.answer, Answer::Conflict(9));
    let what = heard.incident.unwrap().what;
    assert!(what == Contradiction::RolledBack && !what.is_proved(), "anybody can show an old checkpoint");
}

#[test]
fn a_damaged_state_signs_nothing() {
    let (dir, log) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut ledger = open(log.path());
    grown(&mut ledger, 5);
    answer(&witness(dir.path()), &body(ledger.log(), 0));
    let path = dir.path().join(origin_hash(ORIGIN));
    let good = fs::read_to_string(&path).unwrap();
    for bad in [String::new(), good.replace("\n5\n", "\n4\n"), good.replace("— temoin1.fr", "— temoin2.fr")] {
        fs::write(&path, bad).unwrap();
        let found = witness(dir.path()).add_checkpoint(body(ledger.log(), 0).as_bytes(), NOON);
        assert!(matches!(found, Err(WitnessError::Damaged(_))));
    }
}

#[test]
fn the_witness_s_clock_never_goes_back() {
    let (dir, log) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut ledger = open(log.path());
    grown(&mut ledger, 5);
    let witness = witness(dir.path());
    answer(&witness, &body(ledger.log(), 0));
    let earlier = witness.add_checkpoint(body(ledger.log(), 5).as_bytes(), NOON.plus_secs(-60)).unwrap();
    let Answer::Cosigned(line) = earlier.answer else { panic!() };
    let note = ledger.log().checkpoint().note.with_lines(&line);
    assert_eq!(time_of(witness.key(), &note), Some(NOON));
}

// [c2sp#tlog-witness]
#[test]
fn requests_that_cross_each_other_never_roll_back() {
    let (dir, log) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut ledger = open(log.path());
    let bodies: Vec<String> = (1..40)
        .map(|size| {
            grown(&mut ledger, size);
            body(ledger.log(), 0)
        })
        .collect();
    let witness = witness(dir.path());
    let signed: Vec<Answer> = std::thread::scope(|scope| {
        let asked: Vec<_> = bodies.iter().map(|body| scope.spawn(|| answer(&witness, body))).collect();
        asked.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let yes = signed.iter().filter(|answer| matches!(answer, Answer::Cosigned(_))).count();
    assert_eq!(yes, 1, "all came from size 0: the first one wins, {signed:?}");
}

// [proofs#successor]
#[test]
fn a_closed_shard_names_the_next_key_and_nobody_else_does() {
    use super::super::{ShardName, Shards};
    use crate::mail::Chance;
    use crate::seal::testing::Counting;
    let (dir, home) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let chance: Arc<dyn Chance> = Arc::new(Counting::default());
    let shards = Shards::new(home.path().join("l"), home.path().join("k"), "preuves.a.fr".to_owned(), chance);
    let (name, mut old) = shards.open(NOON).unwrap();
    old.append(&seals(0..3)).unwrap();
    let log = Known { key: old.log().key().clone(), url: None };
    let witness = Witness::open(dir.path(), key(1), &[log]).unwrap();
    let proof = |log: &Log, index: u64| {
        ProofFile::new(log.leaf(index).unwrap(), &[], log.prove(index).unwrap()).unwrap().to_string()
    };
    assert_eq!(witness.learn(proof(old.log(), 2).as_bytes()).unwrap(), Learned::Refused, "a seal names no key");
    let new = shards.go_on((name, &mut old), ShardName::of(2027), NOON).unwrap();
    let word = proof(old.log(), 3);
    let stranger = tempfile::tempdir().unwrap();
    let stranger = Witness::open(stranger.path(), key(2), &known()).unwrap();
    assert_eq!(stranger.learn(word.as_bytes()).unwrap(), Learned::Refused, "of a log that isn't trusted");
    assert_eq!(witness.learn(word.as_bytes()).unwrap(), Learned::New(new.log().key().clone()));
    assert_eq!(witness.learn(word.as_bytes()).unwrap(), Learned::Known);
    // After a restart too.
    let witness = Witness::open(dir.path(), key(1), &[]).unwrap();
    assert!(matches!(answer(&witness, &body(new.log(), 0)), Answer::Cosigned(_)));
}
