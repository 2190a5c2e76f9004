//! The one writer of a shard: appends leaves in groups, signs, and puts the files right after a crash.
//!
//! Order of an append: entries, fdatasync, hashes, signature, fdatasync. So every leaf under a signature is durable, and
//! whatever a crash leaves, the tree over the entries that remain continues every tree that was ever signed. That is
//! why recovery keeps all whole entries, also those behind the last checkpoint: dropping them and appending others
//! could give a second root for a size that was signed an instant before the power failed.
//!
//! Hashes are derived, so they are flushed rarely (`settled`); opening computes again what lies behind. After a failed
//! flush nobody knows what is on the disk: the writer refuses to go on until the shard is opened anew.

use std::collections::{HashMap, VecDeque};
use std::fs::OpenOptions;
use std::path::Path;

use super::checkpoint::Checkpoint;
use super::error::LedgerError;
use super::files::{BUNDLE, FileError, LEVELS, Named, SLOT_NAMES, Shard};
use super::log::{Log, NOTE_MAX, SignedCheckpoint, last_signed, read_signed};
use super::note::{Note, SigningKey};
use super::tree::{Frontier, Hash, sha256};
use crate::disk;
use crate::seal::event::{LEAF_MAX, Leaf};

/// Leaves between two flushes of the hashes: what opening may have to hash again, a few tens of milliseconds.
const SETTLE_EVERY: u64 = 16_384;
/// Leaf hashes remembered, so that a group appended again after a crash isn't logged twice. A group has at most 1,024.
const REMEMBERED: usize = 16_384;
/// Leaves whose hashes recovery writes at once.
const GROUP: usize = 1024;
/// Bytes of `entries` read at once in recovery.
const READ: usize = 1 << 20;

/// The writer of one shard. There is at most one: a file lock says so.
#[derive(Debug)]
pub struct Ledger {
    log: Log,
    key: SigningKey,
    slots: [Named; 2],
    /// The slot that holds the last checkpoint; the other is written next.
    slot: usize,
    copy: Named,
    settled_file: Named,
    settled: u64,
    frontier: Frontier,
    /// Bytes of `entries`.
    end: u64,
    recent: Recent,
    uncertain: bool,
    recovered: bool,
}

impl Ledger {
    /// Opens the shard in this directory and puts right what a crash left, or begins it. The key's name is the log's
    /// origin, `preuves.<domain>/<year>`.
    ///
    /// # Errors
    /// See [`LedgerError`]; nothing is written when the shard isn't what was signed.
    pub fn open(directory: &Path, key: SigningKey) -> Result<Self, LedgerError> {
        let of_directory = |error| FileError { path: directory.to_owned(), offset: 0, error };
        disk::create_directory(directory).map_err(of_directory)?;
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        let shard = Shard::open(directory, &options)?;
        if !shard.entries.lock() {
            return Err(LedgerError::Busy);
        }
        write_vkey(directory, &options, &key)?;
        let open = |name| Named::open(directory, name, &options);
        let slots = [open(SLOT_NAMES[0])?, open(SLOT_NAMES[1])?];
        let (slot, signed) = match last_signed(&slots, key.verifier())? {
            Some(found) => found,
            None if shard.entries.length()? == 0 => (1, begin(&slots[1], &key)?),
            None => return Err(LedgerError::NoCheckpoint),
        };
        let log = Log { shard, key: key.verifier().clone(), signed };
        let (copy, settled_file) = (open("checkpoint")?, open("settled")?);
        let (frontier, recent) = (Frontier::default(), Recent::default());
        let (settled, end, uncertain, recovered) = (0, 0, false, false);
        let mut ledger =
            Self { log, key, slots, slot, copy, settled_file, settled, frontier, end, recent, uncertain, recovered };
        disk::sync_directory(directory).map_err(of_directory)?;
        ledger.recover()?;
        Ok(ledger)
    }

    /// Appends leaves and signs the new tree. Gives each leaf's index; one that is among the last 16,384 already keeps
    /// the index that it has, so appending a group again after a crash is harmless.
    ///
    /// # Errors
    /// `File`: when nothing of the group was made durable it may be tried again. `Uncertain` after a failed flush.
    // [proofs#log]
    pub fn append(&mut self, leaves: &[Leaf]) -> Result<Vec<u64>, LedgerError> {
        if self.uncertain {
            return Err(LedgerError::Uncertain);
        }
        let (indices, fresh) = self.place(leaves);
        if fresh.is_empty() {
            return Ok(indices);
        }
        let mut group = Group::new(&self.frontier, self.end);
        for leaf in &fresh {
            group.push(leaf.bytes());
        }
        // Nothing is signed yet: when the disk is full, the next try overwrites the same bytes.
        self.log.shard.entries.write(self.end, &group.entries)?;
        self.uncertain = true;
        self.log.shard.entries.sync()?;
        self.write_hashes(&group)?;
        self.sign(&group.frontier)?;
        // durable from here
        self.uncertain = false;
        self.recent.remember_all(group.size_before, &group.hashes[0]);
        (self.frontier, self.end) = (group.frontier, group.end);
        self.settle_sometimes();
        Ok(indices)
    }

    /// The log as readers see it: size, checkpoint, leaves, proofs.
    #[must_use]
    pub const fn log(&self) -> &Log {
        &self.log
    }

    /// Whether opening it had to put right what a stop left: a torn entry, leaves that nothing signed, a torn checkpoint,
    /// hashes that did not fit.
    #[must_use]
    pub const fn was_recovered(&self) -> bool {
        self.recovered
    }

    /// Makes the hashes durable, so that the next opening has nothing to compute. To be called at shutdown.
    ///
    /// # Errors
    /// `File`. Nothing is lost then.
    pub fn settle(&mut self) -> Result<(), LedgerError> {
        let size = self.log.size() / BUNDLE * BUNDLE;
        if size == self.settled {
            return Ok(());
        }
        for file in self.log.shard.levels.iter().chain([&self.log.shard.bundles]) {
            file.sync()?;
        }
        self.settled_file.replace(settled_text(size).as_bytes())?;
        self.settled_file.sync()?;
        self.settled = size;
        Ok(())
    }

    /// Makes everything that is derived durable, whatever its size: nobody will compute it again for a shard that is
    /// never opened for writing any more.
    ///
    /// # Errors
    /// `File`.
    // [proofs#shards]
    pub(super) fn flush(&mut self) -> Result<(), LedgerError> {
        for file in self.log.shard.levels.iter().chain([&self.log.shard.bundles, &self.copy]) {
            file.sync()?;
        }
        self.settle()
    }

    /// Each leaf's index, and the leaves that are not there yet.
    fn place<'a>(&self, leaves: &'a [Leaf]) -> (Vec<u64>, Vec<&'a Leaf>) {
        let mut fresh = Vec::with_capacity(leaves.len());
        let mut placed: HashMap<Hash, u64> = HashMap::new();
        let mut indices = Vec::with_capacity(leaves.len());
        for leaf in leaves {
            let hash = leaf.hash().0;
            let known = self.recent.index(&hash).or_else(|| placed.get(&hash).copied());
            indices.push(known.unwrap_or_else(|| {
                let index = self.frontier.size() + fresh.len() as u64;
                placed.insert(hash, index);
                fresh.push(leaf);
                index
            }));
        }
        (indices, fresh)
    }

    fn write_hashes(&self, group: &Group) -> Result<(), FileError> {
        let shard = &self.log.shard;
        for (level, hashes) in group.hashes.iter().enumerate().filter(|(_, hashes)| !hashes.is_empty()) {
            let before = group.size_before >> (8 * level);
            shard.levels[level].write(before * 32, hashes)?;
        }
        if !group.bundles.is_empty() {
            shard.bundles.write(first_bundle(group.size_before) * 8, &group.bundles)?;
        }
        Ok(())
    }

    /// Signs this tree, durably, in the slot that doesn't hold the last checkpoint.
    fn sign(&mut self, frontier: &Frontier) -> Result<(), LedgerError> {
        let signed = sign_checkpoint(&self.key, frontier.size(), frontier.root())?;
        let note = signed.note.to_string();
        let slot = 1 - self.slot;
        self.slots[slot].replace(note.as_bytes())?;
        self.slots[slot].sync()?;
        self.slot = slot;
        self.log.signed = signed;
        // For people and tools; recovery doesn't need it.
        if let Err(error) = self.copy.replace(note.as_bytes()) {
            tracing::warn!(target: "ledger", %error, "the copy of the checkpoint could not be written");
        }
        Ok(())
    }

    fn settle_sometimes(&mut self) {
        if self.log.size() < self.settled + SETTLE_EVERY {
            return;
        }
        if let Err(error) = self.settle() {
            tracing::warn!(target: "ledger", %error, "hashes could not be flushed; the next start computes them again");
        }
    }

    /// Puts right what a stop left. Hashes are derived from entries: when those that were settled don't fit, all are
    /// computed again before the entries are blamed.
    // [proofs#recovery]
    fn recover(&mut self) -> Result<(), LedgerError> {
        let size = self.log.size();
        let settled = parse_settled(&self.settled_file.read_all(NOTE_MAX)?).filter(|s| *s <= size).unwrap_or(0);
        if let Err(error) = self.read_from(settled) {
            if settled == 0 {
                return Err(error);
            }
            tracing::warn!(target: "ledger", %error, "computing all hashes of the log again");
            self.recovered = true;
            self.read_from(0)?;
        }
        self.finish_recovery()
    }

    /// Reads the whole entries behind a settled size, compares them with what was signed, and only then writes their
    /// hashes: nothing is written over a log that isn't what was signed. Twice through the file, in little memory.
    fn read_from(&mut self, settled: u64) -> Result<(), LedgerError> {
        let signed = &self.log.signed.checkpoint;
        let start = if settled == 0 { 0 } else { self.log.shard.bundle_start(settled / BUNDLE)? };
        let frontier = Frontier::read(&self.log.shard, settled)?;
        check_root(&frontier, signed)?;
        let last = scan(&self.log.shard.entries, Group::new(&frontier, start), |group| {
            group.clear_when_full();
            check_root(&group.frontier, signed)
        })?;
        if last.frontier.size() < signed.size {
            return Err(LedgerError::Lost { signed: signed.size, found: last.frontier.size() });
        }
        scan(&self.log.shard.entries, Group::new(&frontier, start), |group| {
            if group.is_full() || group.frontier.size() == last.frontier.size() {
                self.write_hashes(group)?;
                group.clear();
            }
            Ok(())
        })?;
        (self.frontier, self.end, self.settled) = (last.frontier, last.end, settled);
        Ok(())
    }

    fn finish_recovery(&mut self) -> Result<(), LedgerError> {
        let entries = &self.log.shard.entries;
        if entries.length()? > self.end {
            tracing::warn!(target: "ledger", kept = self.end, "dropped a torn entry at the end of the log");
            self.recovered = true;
            entries.truncate(self.end)?;
        }
        let size = self.frontier.size();
        for (level, file) in self.log.shard.levels.iter().enumerate() {
            file.truncate((size >> (8 * level)) * 32)?;
        }
        if size == 0 {
            self.log.shard.bundles.write(0, &[0; 8])?;
        }
        self.log.shard.bundles.truncate((size / BUNDLE + 1) * 8)?;
        self.remember_last()?;
        if size > self.log.size() {
            tracing::info!(target: "ledger", size, signed = self.log.size(), "signing leaves that a stop left unsigned");
            self.recovered = true;
            self.log.shard.entries.sync()?;
            let frontier = self.frontier.clone();
            self.sign(&frontier)?;
        } else {
            self.mend_notes()?;
        }
        self.settle()
    }

    /// Puts the last checkpoint where a stop left a torn one.
    fn mend_notes(&mut self) -> Result<(), LedgerError> {
        let note = self.log.signed.note.to_string();
        let other = &self.slots[1 - self.slot];
        let bytes = other.read_all(NOTE_MAX)?;
        if !bytes.is_empty() && read_signed(&bytes, &self.log.key).is_none() {
            other.replace(note.as_bytes())?;
            other.sync()?;
            self.recovered = true;
        }
        Ok(self.copy.replace(note.as_bytes())?)
    }

    /// Fills the memory of recent leaves.
    fn remember_last(&mut self) -> Result<(), LedgerError> {
        let size = self.frontier.size();
        let from = size.saturating_sub(REMEMBERED as u64);
        let mut hashes = vec![0; ((size - from) * 32) as usize];
        self.log.shard.levels[0].read(from * 32, &mut hashes)?;
        self.recent = Recent::default();
        self.recent.remember_all(from, &hashes);
        Ok(())
    }
}

/// Leaves that are added together: the bytes for each file, and the tree behind them.
struct Group {
    size_before: u64,
    frontier: Frontier,
    entries: Vec<u8>,
    hashes: [Vec<u8>; LEVELS],
    bundles: Vec<u8>,
    end: u64,
}

impl Group {
    fn new(frontier: &Frontier, end: u64) -> Self {
        let size_before = frontier.size();
        // The first bundle's start is known before any leaf.
        let bundles = if size_before == 0 { vec![0; 8] } else { Vec::new() };
        let hashes = [const { Vec::new() }; LEVELS];
        Self { size_before, frontier: frontier.clone(), entries: Vec::new(), hashes, bundles, end }
    }

    fn push(&mut self, leaf: &[u8]) {
        // A leaf has at most 8,192 bytes; its parser and its builder say so.
        self.entries.extend_from_slice(&(leaf.len() as u16).to_be_bytes());
        self.entries.extend_from_slice(leaf);
        self.end += 2 + leaf.len() as u64;
        let hash = crate::seal::event::LeafHash::of(leaf).0;
        self.hashes[0].extend_from_slice(&hash);
        let hashes = &mut self.hashes;
        self.frontier.push(hash, |level, hash| {
            let stored = (level / 8) as usize;
            if level % 8 == 0 && stored < LEVELS {
                hashes[stored].extend_from_slice(&hash);
            }
        });
        if self.frontier.size().is_multiple_of(BUNDLE) {
            self.bundles.extend_from_slice(&self.end.to_be_bytes());
        }
    }

    const fn is_full(&self) -> bool {
        self.hashes[0].len() >= GROUP * 32
    }

    fn clear_when_full(&mut self) {
        if self.is_full() {
            self.clear();
        }
    }

    /// Begins the next group where this one ended.
    fn clear(&mut self) {
        self.size_before = self.frontier.size();
        self.hashes.iter_mut().for_each(Vec::clear);
        self.bundles.clear();
    }
}

/// Adds every whole leaf from a group's end on to it, and shows it after each.
fn scan(
    entries: &Named,
    mut group: Group,
    mut each: impl FnMut(&mut Group) -> Result<(), LedgerError>,
) -> Result<Group, LedgerError> {
    let mut reader = EntryReader::new(entries, group.end)?;
    while let Some(leaf) = reader.next_leaf()? {
        group.push(leaf.bytes());
        group.entries.clear();
        each(&mut group)?;
    }
    Ok(group)
}

/// A tree of the signed size must have the signed root.
fn check_root(frontier: &Frontier, signed: &Checkpoint) -> Result<(), LedgerError> {
    let wrong = frontier.size() == signed.size && frontier.root() != signed.root;
    if wrong { Err(LedgerError::Changed { size: signed.size }) } else { Ok(()) }
}

/// The first bundle whose start a group that begins at this size writes.
const fn first_bundle(size_before: u64) -> u64 {
    if size_before == 0 { 0 } else { size_before / BUNDLE + 1 }
}

/// The last leaves' hashes and their indices.
#[derive(Debug, Default)]
struct Recent {
    indices: HashMap<Hash, u64>,
    order: VecDeque<Hash>,
}

impl Recent {
    fn index(&self, hash: &Hash) -> Option<u64> {
        self.indices.get(hash).copied()
    }

    fn remember_all(&mut self, first: u64, hashes: &[u8]) {
        for (index, hash) in (first..).zip(hashes.as_chunks::<32>().0) {
            self.remember(*hash, index);
        }
    }

    fn remember(&mut self, hash: Hash, index: u64) {
        if self.order.len() == REMEMBERED
            && let Some(oldest) = self.order.pop_front()
        {
            self.indices.remove(&oldest);
        }
        self.indices.insert(hash, index);
        self.order.push_back(hash);
    }
}

/// Reads whole leaves from an offset of `entries` on; stops at the first bytes that are none.
pub(super) struct EntryReader<'a> {
    file: &'a Named,
    length: u64,
    buffer: Vec<u8>,
    /// Where the buffer's first byte lies in the file.
    start: u64,
    at: usize,
}

impl<'a> EntryReader<'a> {
    pub(super) fn new(file: &'a Named, start: u64) -> Result<Self, FileError> {
        Ok(Self { file, length: file.length()?, buffer: Vec::new(), start, at: 0 })
    }

    /// The offset of the next entry.
    pub(super) const fn offset(&self) -> u64 {
        self.start + self.at as u64
    }

    /// The next leaf, or nothing where the file ends or holds something else.
    pub(super) fn next_leaf(&mut self) -> Result<Option<Leaf>, FileError> {
        let Some(head) = self.peek(2)? else { return Ok(None) };
        let length = usize::from(u16::from_be_bytes([head[0], head[1]]));
        if length > LEAF_MAX {
            return Ok(None);
        }
        let leaf = match self.peek(2 + length)? {
            Some(bytes) => Leaf::parse(&bytes[2..]).ok(),
            None => None,
        };
        if leaf.is_some() {
            self.at += 2 + length;
        }
        Ok(leaf)
    }

    /// The next bytes, without taking them; nothing when the file has fewer.
    fn peek(&mut self, count: usize) -> Result<Option<&[u8]>, FileError> {
        if self.buffer.len() - self.at < count {
            self.start += self.at as u64;
            self.at = 0;
            let length = self.length.saturating_sub(self.start).min(READ as u64) as usize;
            self.buffer.resize(length, 0);
            self.file.read(self.start, &mut self.buffer)?;
        }
        Ok(self.buffer.get(self.at..self.at + count))
    }
}

fn begin(slot: &Named, key: &SigningKey) -> Result<SignedCheckpoint, LedgerError> {
    let signed = sign_checkpoint(key, 0, super::tree::empty_root())?;
    slot.replace(signed.note.to_string().as_bytes())?;
    slot.sync()?;
    Ok(signed)
}

fn sign_checkpoint(key: &SigningKey, size: u64, root: Hash) -> Result<SignedCheckpoint, LedgerError> {
    let checkpoint = Checkpoint { origin: key.verifier().name().to_owned(), size, root };
    let text = checkpoint.to_string();
    let note = Note::parse(&format!("{text}\n{}", key.sign(&text))).map_err(LedgerError::Key)?;
    Ok(SignedCheckpoint { checkpoint, note })
}

/// The shard's key is written once; a shard of another key is not touched.
fn write_vkey(directory: &Path, options: &OpenOptions, key: &SigningKey) -> Result<(), LedgerError> {
    let file = Named::open(directory, "vkey", options)?;
    let expected = format!("{}\n", key.verifier());
    let found = String::from_utf8_lossy(&file.read_all(NOTE_MAX)?).into_owned();
    if found == expected {
        return Ok(());
    }
    // A stop at the very beginning leaves the file empty or torn.
    if !expected.starts_with(&found) {
        let (found, expected) = (found.trim_end().to_owned(), expected.trim_end().to_owned());
        return Err(LedgerError::OtherLog { found, expected });
    }
    file.replace(expected.as_bytes())?;
    Ok(file.sync()?)
}

/// Twenty digits and a check, so that a torn write isn't taken for a larger number.
fn settled_text(size: u64) -> String {
    let digits = format!("{size:020}");
    let check = crate::mail::hex(&sha256(digits.as_bytes())[..4]);
    format!("{digits} {check}\n")
}

pub(super) fn parse_settled(bytes: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(bytes).ok()?;
    let size: u64 = text.get(..20)?.parse().ok()?;
    (settled_text(size) == text && size.is_multiple_of(BUNDLE)).then_some(size)
}

#[cfg(test)]
mod tests;
