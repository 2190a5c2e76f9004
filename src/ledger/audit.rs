//! The audit: reads every file of a shard, recomputes everything from the leaves, and says at which byte of which file
//! something is not as it was signed. It writes nothing and takes no lock.

use std::collections::HashMap;
use std::fmt;
use std::fs::OpenOptions;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::files::{BUNDLE, FileError, LEVELS, Named, SLOT_NAMES};
use super::log::{Log, LogError, NOTE_MAX, SignedCheckpoint, read_signed};
use super::note::VerifierKey;
use super::shards::{self, ShardName};
use super::tree::{Frontier, Hash, empty_root};
use super::writer::{EntryReader, parse_settled};
use crate::mail::EnvelopeId;
use crate::seal::event::{EventKind, Leaf, LeafHash, Plain};

/// What an audit found in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The log's origin.
    pub origin: String,
    /// Leaves under the last signature, all recomputed.
    pub size: u64,
    /// The root, in base64.
    pub root: String,
    /// Chains of events, each complete from its beginning.
    pub chains: u64,
    /// Whole leaves behind the last signature: a stop left them, the next start signs them.
    pub unsigned: u64,
    /// Bytes of a torn entry at the end: a stop left them, the next start drops them.
    pub torn: u64,
}

/// The first thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The file.
    pub file: PathBuf,
    /// The byte where the wrong entry, hash or text begins.
    pub offset: u64,
    /// What is wrong.
    pub what: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, byte {}: {}", self.file.display(), self.offset, self.what)
    }
}

impl std::error::Error for Finding {}

impl From<FileError> for Finding {
    fn from(error: FileError) -> Self {
        Self { file: error.path, offset: error.offset, what: error.error.to_string() }
    }
}

/// Audits a shard. `trusted` is the key that the auditor knows from elsewhere; without it the shard's own `vkey` is
/// used, which shows accidents but not a log that was made anew under another key.
///
/// # Errors
/// The first finding.
// [proofs#audit]
pub fn audit(directory: &Path, trusted: Option<&VerifierKey>) -> Result<Report, Finding> {
    let log = Log::open(directory).map_err(|error| of_log(directory, error))?;
    if let Some(trusted) = trusted.filter(|trusted| *trusted != log.key()) {
        let what = format!("the shard is signed by {}, the trusted key is {trusted}", log.key());
        return Err(Finding { file: directory.join("vkey"), offset: 0, what });
    }
    let notes = read_notes(directory, log.key())?;
    let mut walk = Walk::new(&log, &notes);
    walk.all_leaves()?;
    walk.finish()
}

/// Audits all shards of a log, the oldest first, and how each continues the one before.
///
/// # Errors
/// The first finding.
// [proofs#audit] [proofs#shards]
pub fn audit_all(directory: &Path) -> Result<Vec<Report>, Finding> {
    let mut reports = Vec::new();
    let mut before: Option<(ShardName, Log)> = None;
    for name in shards::names(directory)? {
        let path = directory.join(name.to_string());
        reports.push(audit(&path, None)?);
        let log = Log::open(&path).map_err(|error| of_log(&path, error))?;
        if let Some((old_name, old)) = &before {
            check_bond((*old_name, old), (name, &log), &path)?;
        }
        before = Some((name, log));
    }
    Ok(reports)
}

/// The old shard's last leaf names the new one's key, and the new one's first leaf holds the old one's final checkpoint.
/// A log that was begun again in its year says at which state it left the one that could not go on.
fn check_bond((old_name, old): (ShardName, &Log), (name, new): (ShardName, &Log), path: &Path) -> Result<(), Finding> {
    let at = |what: String| Finding { file: path.join("entries"), offset: 0, what };
    let first = if new.size() > 0 { shards::continued(&new.leaf(0).map_err(|e| of_log(path, e))?) } else { None };
    if first.as_ref() != Some(&old.checkpoint().checkpoint) {
        return Err(at(format!("leaf 0 does not hold the final checkpoint of {old_name}")));
    }
    let named = shards::successor_key(old).map_err(|error| at(error.to_string()))?;
    if name != old_name.again() && named.as_ref() != Some(new.key()) {
        return Err(at(format!("the last leaf of {old_name} does not name the key of this shard")));
    }
    Ok(())
}

/// Both slots and the copy; each must be a good checkpoint, or empty.
fn read_notes(directory: &Path, key: &VerifierKey) -> Result<Vec<(PathBuf, SignedCheckpoint)>, Finding> {
    let mut options = OpenOptions::new();
    options.read(true);
    let mut notes = Vec::new();
    for name in [SLOT_NAMES[0], SLOT_NAMES[1], "checkpoint"] {
        let file = Named::open(directory, name, &options)?;
        let bytes = file.read_all(NOTE_MAX)?;
        match read_signed(&bytes, key) {
            Some(signed) => notes.push((file.path().to_owned(), signed)),
            None if bytes.is_empty() => {}
            None => return Err(finding(&file, 0, "not a checkpoint that this log's key signed".to_owned())),
        }
    }
    let settled = Named::open(directory, "settled", &options)?;
    let bytes = settled.read_all(NOTE_MAX)?;
    if !bytes.is_empty() && parse_settled(&bytes).is_none() {
        return Err(finding(&settled, 0, "not a settled size".to_owned()));
    }
    Ok(notes)
}

/// One pass over the leaves, with the hashes beside.
struct Walk<'a> {
    log: &'a Log,
    notes: &'a [(PathBuf, SignedCheckpoint)],
    frontier: Frontier,
    tiles: [Tile; LEVELS],
    /// Something wrong in a file that is derived; what is signed is judged first.
    derived: Option<Finding>,
    chains: Chains,
    offset: u64,
    unsigned: u64,
    torn: u64,
}

impl<'a> Walk<'a> {
    fn new(log: &'a Log, notes: &'a [(PathBuf, SignedCheckpoint)]) -> Self {
        Self {
            log,
            notes,
            frontier: Frontier::default(),
            tiles: Default::default(),
            derived: None,
            chains: Chains::default(),
            offset: 0,
            unsigned: 0,
            torn: 0,
        }
    }

    fn all_leaves(&mut self) -> Result<(), Finding> {
        self.check_roots()?;
        let entries = &self.log.shard.entries;
        let mut reader = EntryReader::new(entries, 0)?;
        loop {
            self.offset = reader.offset();
            self.check_bundle()?;
            let Some(leaf) = reader.next_leaf()? else { break };
            self.leaf(&leaf)?;
        }
        if self.frontier.size() < self.log.size() {
            // A changed length may make a leaf of less, or of more: what differs first says where.
            if let Some(found) = self.derived.take() {
                return Err(found);
            }
            let what = format!("leaf {} is no leaf any more: its bytes were changed or cut", self.frontier.size());
            return Err(finding(entries, self.offset, what));
        }
        self.torn = entries.length()? - self.offset;
        Ok(())
    }

    fn leaf(&mut self, leaf: &Leaf) -> Result<(), Finding> {
        let index = self.frontier.size();
        let signed = index < self.log.size();
        let hash = leaf.hash();
        if signed {
            self.compare(0, index, hash.0)?;
            if let Err(what) = self.chains.add(leaf, hash) {
                let what = format!("leaf {index}: {what}");
                self.derived.get_or_insert(finding(&self.log.shard.entries, self.offset, what));
            }
        } else {
            self.unsigned += 1;
        }
        let mut completed = Vec::new();
        self.frontier.push(hash.0, |level, hash| completed.push((level, hash)));
        for (level, hash) in completed.into_iter().filter(|(level, _)| signed && level % 8 == 0) {
            self.compare((level / 8) as usize, index >> level, hash)?;
        }
        self.check_roots()
    }

    /// A stored hash must be the computed one.
    fn compare(&mut self, level: usize, index: u64, hash: Hash) -> Result<(), Finding> {
        let Some(file) = self.log.shard.levels.get(level) else { return Ok(()) };
        if self.derived.is_some() || self.tiles[level].hash(file, index)? == Some(hash) {
            return Ok(());
        }
        let what = format!("hash {index} is not that of the leaves below it");
        let mut found = finding(file, index * 32, what);
        if level == 0 && self.stored_root()? == Some(self.log.checkpoint().checkpoint.root) {
            // The hashes lead to the signed root, so the leaf is what was changed.
            let what = format!("leaf {index} does not have the hash that was signed: its bytes were changed");
            found = finding(&self.log.shard.entries, self.offset, what);
        }
        self.derived = Some(found);
        Ok(())
    }

    /// The root over the stored leaf hashes.
    fn stored_root(&self) -> Result<Option<Hash>, Finding> {
        let mut frontier = Frontier::default();
        let mut tile = Tile::default();
        for index in 0..self.log.size() {
            let Some(hash) = tile.hash(&self.log.shard.levels[0], index)? else { return Ok(None) };
            frontier.push(hash, |_, _| {});
        }
        Ok(Some(frontier.root()))
    }

    /// Where a bundle begins must be where `bundles` says.
    fn check_bundle(&mut self) -> Result<(), Finding> {
        let size = self.frontier.size();
        if !size.is_multiple_of(BUNDLE) || size > self.log.size() || self.derived.is_some() {
            return Ok(());
        }
        let stored = self.log.shard.bundle_start(size / BUNDLE)?;
        if stored != self.offset {
            let what = format!("bundle {} begins at byte {} of entries, not {stored}", size / BUNDLE, self.offset);
            self.derived = Some(finding(&self.log.shard.bundles, size / BUNDLE * 8, what));
        }
        Ok(())
    }

    /// Every checkpoint of this size must have this root.
    fn check_roots(&mut self) -> Result<(), Finding> {
        let size = self.frontier.size();
        for (path, signed) in self.notes.iter().filter(|(_, signed)| signed.checkpoint.size == size) {
            let root = if size == 0 { empty_root() } else { self.frontier.root() };
            if signed.checkpoint.root == root {
                continue;
            }
            // A leaf that differs from its hash says more than the root that follows.
            if let Some(found) = self.derived.take() {
                return Err(found);
            }
            let what = format!("the first {size} leaves do not have the root that was signed");
            return Err(Finding { file: path.clone(), offset: 0, what });
        }
        Ok(())
    }

    fn finish(self) -> Result<Report, Finding> {
        if let Some(found) = self.derived {
            return Err(found);
        }
        let checkpoint = &self.log.checkpoint().checkpoint;
        Ok(Report {
            origin: checkpoint.origin.clone(),
            size: checkpoint.size,
            root: STANDARD.encode(checkpoint.root),
            chains: self.chains.count(),
            unsigned: self.unsigned,
            torn: self.torn,
        })
    }
}

/// A slice of a level file, read once for its 256 hashes.
#[derive(Default)]
struct Tile {
    number: Option<u64>,
    hashes: Vec<Hash>,
}

impl Tile {
    /// The stored hash; none behind the file's end.
    fn hash(&mut self, file: &Named, index: u64) -> Result<Option<Hash>, FileError> {
        let number = index / BUNDLE;
        if self.number != Some(number) {
            let start = number * BUNDLE * 32;
            let length = file.length()?.saturating_sub(start).min(BUNDLE * 32) / 32 * 32;
            let mut bytes = vec![0; length as usize];
            file.read(start, &mut bytes)?;
            self.hashes = bytes.as_chunks::<32>().0.to_vec();
            self.number = Some(number);
        }
        Ok(self.hashes.get((index % BUNDLE) as usize).copied())
    }
}

/// The chains of events: one for each recipient of an envelope, beginning with the envelope's seal or with an event 0
/// of its own.
#[derive(Default)]
pub(super) struct Chains {
    seals: HashMap<EnvelopeId, LeafHash>,
    heads: HashMap<(EnvelopeId, u16), (u32, LeafHash)>,
    /// The shard says that it continues another, so chains may begin there.
    continues: bool,
    begun: bool,
}

impl Chains {
    pub(super) fn add(&mut self, leaf: &Leaf, hash: LeafHash) -> Result<(), &'static str> {
        if !std::mem::replace(&mut self.begun, true) {
            self.continues = leaf.kind() == EventKind::Key && leaf.plain(Plain::Origin).is_some();
        }
        let (Some(envelope), Some(event)) = (leaf.envelope(), leaf.event()) else { return Ok(()) };
        let Some(rcpt) = leaf.rcpt() else {
            let twice = self.seals.insert(envelope, hash).is_some();
            return if twice { Err("a second beginning of this envelope") } else { Ok(()) };
        };
        let head = match self.heads.insert((envelope, rcpt), (event, hash)) {
            None => self.seals.get(&envelope).map(|seal| (0, *seal)),
            head => head,
        };
        match (head, leaf.prev()) {
            (None, None) => Ok(()),
            (None, Some(_)) if self.continues => Ok(()),
            (Some((number, head)), Some(prev)) if event == number + 1 && head == prev => Ok(()),
            _ => Err("it does not continue its chain: its number or prev is not that of the event before"),
        }
    }

    pub(super) fn count(&self) -> u64 {
        self.heads.len() as u64
    }
}

fn finding(file: &Named, offset: u64, what: String) -> Finding {
    Finding { file: file.path().to_owned(), offset, what }
}

fn of_log(directory: &Path, error: LogError) -> Finding {
    let at = |name: &str, what: String| Finding { file: directory.join(name), offset: 0, what };
    match error {
        LogError::File(error) => error.into(),
        LogError::Vkey => at("vkey", error.to_string()),
        _ => at(SLOT_NAMES[0], error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use proptest::prelude::*;

    use super::super::fixture::{log_key, open, opening, seal, seals};
    use super::super::note::{KeyUse, SigningKey};
    use super::*;

    fn log_of(count: u64) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        let mut ledger = open(dir.path());
        for start in (0..count).step_by(90) {
            ledger.append(&seals(start..count.min(start + 90))).unwrap();
        }
        dir
    }

    // [proofs#audit]
    #[test]
    fn a_whole_log_has_no_finding() {
        let dir = log_of(300);
        let report = audit(dir.path(), Some(log_key().verifier())).unwrap();
        assert_eq!((report.size, report.unsigned, report.torn), (300, 0, 0));
        let other = SigningKey::from_seed("preuves.a.fr/2026", KeyUse::Log, &[9; 32]).unwrap();
        let found = audit(dir.path(), Some(other.verifier())).unwrap_err();
        assert!(found.file.ends_with("vkey") && found.what.contains("trusted key"));
    }

    // [proofs#audit]
    #[test]
    fn every_changed_byte_is_found_in_its_file_and_place() {
        let dir = log_of(300);
        for (name, unit) in [
            ("entries", 1),
            ("L0", 32),
            ("L1", 32),
            ("bundles", 8),
            ("signed.0", 1),
            ("signed.1", 1),
            ("checkpoint", 1),
            ("vkey", 1),
            ("settled", 1),
        ] {
            let path = dir.path().join(name);
            let good = fs::read(&path).unwrap();
            for at in (0..good.len()).step_by(good.len() / 60 + 1) {
                let mut bad = good.clone();
                bad[at] ^= 0x02;
                fs::write(&path, &bad).unwrap();
                let found = audit(dir.path(), None).expect_err(name);
                if name != "vkey" {
                    assert!(found.file.ends_with(name), "{name} {at}: {found}");
                }
                if unit > 1 {
                    assert_eq!(found.offset, (at - at % unit) as u64, "{name} {at}: {found}");
                } else if name == "entries" {
                    let entry = found.offset..found.offset + 600;
                    assert!(entry.contains(&(at as u64)), "{at}: {found}");
                }
            }
            fs::write(&path, good).unwrap();
        }
        audit(dir.path(), None).unwrap();
    }

    // [proofs#audit] [proofs#shards]
    #[test]
    fn shards_must_continue_each_other() {
        use std::sync::Arc;

        use super::super::fixture::NOON;
        use crate::seal::testing::Counting;
        let dir = tempfile::tempdir().unwrap();
        let ledger = dir.path().join("ledger");
        let chance = Arc::new(Counting::default());
        let made =
            super::super::Shards::new(ledger.clone(), dir.path().join("keys"), "preuves.a.fr".to_owned(), chance);
        let (_, mut old) = made.open(NOON).unwrap();
        old.append(&seals(0..3)).unwrap();
        drop(old);
        drop(made.open(NOON.plus_secs(400 * 86_400)).unwrap());
        assert_eq!(audit_all(&ledger).unwrap().iter().map(|report| report.size).collect::<Vec<_>>(), [4, 1]);
        // Another log in the old one's place, whole in itself.
        let other = tempfile::tempdir().unwrap();
        let key = SigningKey::load(&dir.path().join("keys/ledger-2026.key"), "preuves.a.fr/2026", KeyUse::Log).unwrap();
        super::super::Ledger::open(&other.path().join("2026"), key).unwrap().append(&seals(5..9)).unwrap();
        fs::remove_dir_all(ledger.join("2026")).unwrap();
        fs::rename(other.path().join("2026"), ledger.join("2026")).unwrap();
        let found = audit_all(&ledger).unwrap_err();
        assert!(found.file.ends_with("2027/entries") && found.what.contains("final checkpoint of 2026"), "{found}");
    }

    // [proofs#chain]
    #[test]
    fn chains_must_be_whole() {
        let (first, second) = (seal(1).0, seal(2).0);
        let one = opening(1, 1, first.hash());
        let (two, skipped) = (opening(1, 2, one.hash()), opening(1, 3, one.hash()));
        let foreign = opening(1, 1, second.hash());
        for (leaves, whole) in [
            (vec![&first, &second, &one, &two], true),
            (vec![&first, &one, &second, &two], true),
            (vec![&first, &two], false),
            (vec![&first, &one, &skipped], false),
            (vec![&first, &second, &foreign], false),
            (vec![&one], false),
        ] {
            let dir = tempfile::tempdir().unwrap();
            let leaves: Vec<Leaf> = leaves.into_iter().cloned().collect();
            open(dir.path()).append(&leaves).unwrap();
            let found = audit(dir.path(), None);
            assert_eq!(found.is_ok(), whole, "{found:?}");
            assert!(found.map_or_else(|finding| finding.what.contains("chain"), |_| true));
        }
    }

    #[test]
    fn what_a_stop_leaves_behind_is_reported_and_is_no_finding() {
        let dir = log_of(5);
        let path = dir.path().join("entries");
        let mut bytes = fs::read(&path).unwrap();
        let next = seal(5).0;
        bytes.extend_from_slice(&(next.bytes().len() as u16).to_be_bytes());
        bytes.extend_from_slice(next.bytes());
        bytes.extend_from_slice(b"\x01\x00torn");
        fs::write(&path, bytes).unwrap();
        let report = audit(dir.path(), None).unwrap();
        assert_eq!((report.size, report.unsigned, report.torn), (5, 1, 6));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]
        #[test]
        fn any_byte_of_the_leaves(at in any::<prop::sample::Index>(), mask in 1u8..=255) {
            let dir = log_of(40);
            let path = dir.path().join("entries");
            let mut bytes = fs::read(&path).unwrap();
            let at = at.index(bytes.len());
            bytes[at] ^= mask;
            fs::write(&path, &bytes).unwrap();
            let found = audit(dir.path(), None).unwrap_err();
            prop_assert!(found.file.ends_with("entries"), "{}", found);
            prop_assert!(found.offset <= at as u64 && at as u64 - found.offset < 600, "{}: {}", at, found);
        }
    }
}
