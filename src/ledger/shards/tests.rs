//! New Year, whatever it is cut by.

use std::fs;

use super::super::fixture::{NOON, seals};
use super::super::{Policy, ProofFile, verify};
use super::*;
use crate::seal::testing::Counting;

const OLD: ShardName = ShardName::of(2026);
const NEW: ShardName = ShardName::of(2027);

fn shards(directory: &Path) -> Shards {
    let (ledger, keys) = (directory.join("ledger"), directory.join("keys"));
    Shards::new(ledger, keys, "preuves.a.fr".to_owned(), Arc::new(Counting::default()))
}

fn new_year() -> Time {
    Time::parse_rfc3339("2027-01-01T00:00:01Z").unwrap()
}

/// The bond between two shards, from both sides.
fn assert_bound(shards: &Shards) {
    let (old, new) = (shards.log(OLD).unwrap(), shards.log(NEW).unwrap());
    assert_eq!(successor_key(&old).unwrap().as_ref(), Some(new.key()), "the last leaf of the old names the new key");
    assert_eq!(continued(&new.leaf(0).unwrap()).as_ref(), Some(&old.checkpoint().checkpoint), "the first of the new");
    super::super::audit(&shards.path(OLD), None).unwrap();
    super::super::audit(&shards.path(NEW), None).unwrap();
}

#[test]
fn names_have_one_form() {
    assert_eq!("2026".parse(), Ok(OLD));
    assert_eq!("2026-2".parse(), Ok(OLD.again()));
    assert!(OLD < OLD.again() && OLD.again() < NEW);
    for bad in ["", "x", "02026", "2026-1", "2026-", "2026-02", "-1", "2026-2-2", "999"] {
        assert!(bad.parse::<ShardName>().is_err(), "{bad}");
    }
}

// [proofs#shards] [proofs#key]
#[test]
fn the_year_changes_and_old_proofs_go_on_to_verify() {
    let dir = tempfile::tempdir().unwrap();
    let shards = shards(dir.path());
    let (name, mut ledger) = shards.open(NOON).unwrap();
    assert_eq!(name, OLD);
    let leaves = seals(0..300);
    ledger.append(&leaves).unwrap();
    let proof = ledger.log().prove(17).unwrap();
    let old_key = ledger.log().key().clone();
    let mut next = shards.go_on((name, &mut ledger), NEW, new_year()).unwrap();
    next.append(&seals(300..310)).unwrap();
    assert_eq!((ledger.log().size(), next.log().size()), (301, 11));
    assert_ne!(ledger.log().key().public(), next.log().key().public(), "another key");
    drop((ledger, next));
    assert_bound(&shards);
    let file = ProofFile::new(leaves[17].clone(), &[], proof).unwrap();
    verify(&file, &Policy::of_log(old_key)).unwrap();
    // The shard that was closed is not opened again, also by a clock that went back.
    assert_eq!(shards.open(NOON).unwrap().0, NEW);
    assert_eq!(shards.log(OLD).unwrap().size(), 301);
}

#[test]
fn a_server_that_was_off_over_new_year_goes_on_in_the_new_one() {
    let dir = tempfile::tempdir().unwrap();
    let shards = shards(dir.path());
    shards.open(NOON).unwrap().1.append(&seals(0..3)).unwrap();
    assert_eq!(shards.open(new_year()).unwrap().0, NEW);
    assert_bound(&shards);
    let later = Time::parse_rfc3339("2030-05-05T00:00:01Z").unwrap();
    assert_eq!(shards.open(later).unwrap().0, ShardName::of(2030), "years may be missing");
}

/// A copy of a directory as a stop would leave it.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() { copy(&path, &target) } else { fs::copy(&path, &target).map(drop).unwrap() }
    }
}

// [proofs#shards]
#[test]
fn a_stop_anywhere_in_the_step_is_made_good() {
    let dir = tempfile::tempdir().unwrap();
    let whole = shards(dir.path());
    let (name, mut ledger) = whole.open(NOON).unwrap();
    ledger.append(&seals(0..3)).unwrap();
    let mut stops: Vec<tempfile::TempDir> = Vec::new();
    let mut stop = || {
        let stop = tempfile::tempdir().unwrap();
        copy(dir.path(), stop.path());
        stops.push(stop);
    };
    SigningKey::create(&whole.key_file(NEW), &whole.origin(NEW), KeyUse::Log, &*whole.chance).unwrap();
    stop(); // a key alone
    fs::create_dir(whole.path(NEW)).unwrap();
    stop(); // an empty folder
    let mut new = whole.begin(NEW).unwrap();
    stop(); // a shard without a leaf
    let key = new.log().key().to_string();
    let last = whole.leaf(Draft::of_operator(EventKind::Key).plain(Plain::Vkey, key), new_year()).unwrap();
    ledger.append(&[last]).unwrap();
    stop(); // the old one is closed, the new one has no leaf
    whole.hand_over((name, &mut ledger), &mut new, new_year()).unwrap();
    stop(); // all is done
    for (number, stop) in stops.iter().enumerate() {
        let shards = shards(stop.path());
        let (name, ledger) = shards.open(new_year()).unwrap();
        assert_eq!((name, ledger.log().size()), (NEW, 1), "{number}");
        drop(ledger);
        assert_bound(&shards);
        assert_eq!(shards.log(OLD).unwrap().size(), 4, "{number}");
    }
}

#[test]
fn a_log_without_its_key_is_not_begun_anew() {
    let dir = tempfile::tempdir().unwrap();
    let shards = shards(dir.path());
    shards.open(NOON).unwrap().1.append(&seals(0..3)).unwrap();
    fs::remove_file(shards.key_file(OLD)).unwrap();
    assert!(matches!(shards.open(NOON), Err(LedgerError::KeyMissing { .. })));
}

// [proofs#rolled-back]
#[test]
fn a_log_that_cannot_go_on_is_begun_again_beside() {
    let dir = tempfile::tempdir().unwrap();
    let shards = shards(dir.path());
    let (name, mut ledger) = shards.open(NOON).unwrap();
    ledger.append(&seals(0..3)).unwrap();
    let (again, new) = shards.begin_again((name, &mut ledger), NOON).unwrap();
    assert_eq!(again.to_string(), "2026-2");
    assert_eq!(continued(&new.log().leaf(0).unwrap()).unwrap(), ledger.log().checkpoint().checkpoint);
    assert_eq!(ledger.log().size(), 3, "nothing more is signed in the old one");
    drop((ledger, new));
    assert_eq!(shards.open(NOON).unwrap().0, again);
    assert_eq!(shards.open(new_year()).unwrap().0, NEW);
    assert_eq!(successor_key(&shards.log(again).unwrap()).unwrap().unwrap().name(), "preuves.a.fr/2027");
}
