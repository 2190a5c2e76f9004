//! The writer after crashes, and the files it leaves.

use std::fs;
use std::path::Path;

use proptest::prelude::*;

use super::super::fixture::{log_key, open, seal, seals};
use super::super::note::{KeyUse, SigningKey};
use super::super::tree::{self, node_hash, verify_consistency};
use super::*;

fn hashes(leaves: &[Leaf]) -> Vec<Hash> {
    leaves.iter().map(|leaf| leaf.hash().0).collect()
}

fn naive_root(hashes: &[Hash]) -> Hash {
    match hashes {
        [] => tree::empty_root(),
        [leaf] => *leaf,
        _ => {
            let (left, right) = hashes.split_at(1 << (hashes.len() - 1).ilog2());
            node_hash(&naive_root(left), &naive_root(right))
        }
    }
}

// [proofs#log]
#[test]
fn appended_leaves_are_provable_in_the_tree_of_the_definition() {
    let dir = tempfile::tempdir().unwrap();
    let mut ledger = open(dir.path());
    assert_eq!(ledger.log().size(), 0);
    let leaves = seals(0..700);
    let mut roots = vec![ledger.log().checkpoint().checkpoint.clone()];
    for group in leaves.chunks(97) {
        ledger.append(group).unwrap();
        roots.push(ledger.log().checkpoint().checkpoint.clone());
    }
    let all = hashes(&leaves);
    for checkpoint in &roots {
        assert_eq!(checkpoint.root, naive_root(&all[..checkpoint.size as usize]), "{}", checkpoint.size);
    }
    let last = roots.last().unwrap();
    for index in [0, 1, 255, 256, 257, 511, 699] {
        assert_eq!(ledger.log().leaf(index).unwrap(), leaves[index as usize]);
        assert!(ledger.log().prove(index).unwrap().includes(&all[index as usize]), "{index}");
    }
    for old in &roots {
        let path = ledger.log().consistency(old.size).unwrap();
        assert!(verify_consistency(old.size, &old.root, last.size, &last.root, &path), "{}", old.size);
    }
    assert!(ledger.log().prove(700).is_err() && ledger.log().leaf(700).is_err());
}

// [c2sp#tlog-tiles]
#[test]
fn level_files_are_the_tiles_of_the_specification() {
    let dir = tempfile::tempdir().unwrap();
    let mut ledger = open(dir.path());
    let leaves = seals(0..600);
    ledger.append(&leaves).unwrap();
    let all = hashes(&leaves);
    assert_eq!(fs::read(dir.path().join("L0")).unwrap(), all.concat());
    let coarse: Vec<Hash> = all[..512].chunks(256).map(naive_root).collect();
    assert_eq!(fs::read(dir.path().join("L1")).unwrap(), coarse.concat());
    assert_eq!(fs::read(dir.path().join("L2")).unwrap(), b"");
    let bundle: Vec<u8> =
        leaves.iter().flat_map(|leaf| [&(leaf.bytes().len() as u16).to_be_bytes(), leaf.bytes()].concat()).collect();
    assert_eq!(fs::read(dir.path().join("entries")).unwrap(), bundle);
}

#[test]
fn a_group_appended_again_keeps_its_indices() {
    let dir = tempfile::tempdir().unwrap();
    let leaves = seals(0..10);
    assert_eq!(open(dir.path()).append(&leaves[..6]).unwrap(), (0..6).collect::<Vec<_>>());
    let mut ledger = open(dir.path());
    assert_eq!(ledger.append(&leaves[3..8]).unwrap(), [3, 4, 5, 6, 7]);
    assert_eq!(ledger.append(&[leaves[9].clone(), leaves[9].clone(), leaves[0].clone()]).unwrap(), [8, 8, 0]);
    assert_eq!(ledger.log().size(), 9);
}

#[test]
fn there_is_one_writer_and_one_key() {
    let dir = tempfile::tempdir().unwrap();
    let ledger = open(dir.path());
    assert!(matches!(Ledger::open(dir.path(), log_key()), Err(LedgerError::Busy)));
    drop(ledger);
    let other = SigningKey::from_seed("preuves.a.fr/2026", KeyUse::Log, &[2; 32]).unwrap();
    assert!(matches!(Ledger::open(dir.path(), other), Err(LedgerError::OtherLog { .. })));
}

// [proofs#recovery]
#[test]
fn a_torn_entry_is_dropped_and_whole_ones_are_kept_and_signed() {
    let dir = tempfile::tempdir().unwrap();
    open(dir.path()).append(&seals(0..300)).unwrap();
    let mut tail = Vec::new();
    for leaf in seals(300..303) {
        tail.extend_from_slice(&(leaf.bytes().len() as u16).to_be_bytes());
        tail.extend_from_slice(leaf.bytes());
    }
    let entries = dir.path().join("entries");
    let before = fs::read(&entries).unwrap();
    fs::write(&entries, [before.as_slice(), &tail[..tail.len() - 5]].concat()).unwrap();
    let ledger = open(dir.path());
    assert_eq!(ledger.log().size(), 302);
    assert_eq!(ledger.log().checkpoint().checkpoint.root, naive_root(&hashes(&seals(0..302))));
    let whole = seal(300).0.bytes().len() + seal(301).0.bytes().len() + 4;
    assert_eq!(fs::metadata(&entries).unwrap().len() as usize, before.len() + whole);
}

#[test]
fn lost_or_changed_entries_are_refused_and_not_written_over() {
    for (change, expected) in [
        (Box::new(|bytes: &mut Vec<u8>| bytes.truncate(bytes.len() - 1)) as Box<dyn Fn(&mut Vec<u8>)>, "only 299"),
        (Box::new(|bytes: &mut Vec<u8>| bytes[60] = bytes[60].wrapping_add(1)), "audit"),
        (Box::new(Vec::clear), "only 0"),
    ] {
        let dir = tempfile::tempdir().unwrap();
        open(dir.path()).append(&seals(0..300)).unwrap();
        let mut entries = fs::read(dir.path().join("entries")).unwrap();
        change(&mut entries);
        fs::write(dir.path().join("entries"), &entries).unwrap();
        fs::remove_file(dir.path().join("settled")).unwrap();
        let error = Ledger::open(dir.path(), log_key()).unwrap_err();
        let error = error.to_string();
        assert!(error.contains(expected) || error.contains("were signed"), "{error}");
        assert_eq!(fs::read(dir.path().join("entries")).unwrap(), entries, "untouched");
    }
}

#[test]
fn a_log_without_its_checkpoints_is_not_begun_anew() {
    let dir = tempfile::tempdir().unwrap();
    open(dir.path()).append(&seals(0..3)).unwrap();
    for slot in SLOT_NAMES {
        fs::write(dir.path().join(slot), b"").unwrap();
    }
    assert!(matches!(Ledger::open(dir.path(), log_key()), Err(LedgerError::NoCheckpoint)));
}

/// Cuts or garbles the end of a file, as a power failure does with bytes that were not flushed.
fn tear(path: &Path, kept: usize, garbage: u8) {
    let mut bytes = fs::read(path).unwrap();
    let kept = kept.min(bytes.len());
    for byte in &mut bytes[kept..] {
        *byte = garbage;
    }
    if garbage == 0 {
        bytes.truncate(kept);
    }
    fs::write(path, bytes).unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    // What is not flushed may be lost or garbled: hashes, bundles, the copy, and the slot being written.
    // [proofs#recovery]
    #[test]
    fn derived_files_come_back_whatever_a_power_failure_leaves(
        groups in prop::collection::vec(1u64..400, 1..5), keep in any::<prop::sample::Index>(), garbage in any::<u8>(),
        file in prop::sample::select(vec!["L0", "L1", "bundles", "checkpoint", "settled"])
    ) {
        let dir = tempfile::tempdir().unwrap();
        let mut ledger = open(dir.path());
        let mut next = 0;
        for count in groups {
            ledger.append(&seals(next..next + count)).unwrap();
            next += count;
        }
        let signed = ledger.log().checkpoint().clone();
        drop(ledger);
        let path = dir.path().join(file);
        let length = fs::metadata(&path).unwrap().len() as usize;
        tear(&path, keep.index(length + 1), garbage);
        let mut ledger = open(dir.path());
        prop_assert_eq!(ledger.log().checkpoint(), &signed);
        ledger.append(&seals(next..next + 3)).unwrap();
        drop(ledger);
        super::super::audit(dir.path(), None).unwrap();
    }

    #[test]
    fn a_torn_slot_leaves_the_checkpoint_before(count in 1u64..50, keep in any::<prop::sample::Index>()) {
        let dir = tempfile::tempdir().unwrap();
        let mut ledger = open(dir.path());
        ledger.append(&seals(0..count)).unwrap();
        ledger.append(&seals(count..2 * count)).unwrap();
        let (root, slot) = (ledger.log().checkpoint().checkpoint.root, ledger.slot);
        drop(ledger);
        let path = dir.path().join(SLOT_NAMES[slot]);
        let length = fs::metadata(&path).unwrap().len() as usize;
        tear(&path, keep.index(length), 0);
        let ledger = open(dir.path());
        prop_assert_eq!(ledger.log().size(), 2 * count);
        prop_assert_eq!(ledger.log().checkpoint().checkpoint.root, root, "the same root for the same size");
        drop(ledger);
        super::super::audit(dir.path(), None).unwrap();
    }
}
