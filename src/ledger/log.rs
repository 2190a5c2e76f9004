//! A shard of the log as readers see it: what its last signed checkpoint covers. Takes no lock and writes nothing, so
//! it can look at a log that a server is writing.

use std::fmt;
use std::fs::OpenOptions;
use std::path::Path;

use super::checkpoint::Checkpoint;
use super::files::{FileError, Named, SLOT_NAMES, Shard};
use super::note::{Note, Signed, VerifierKey};
use super::proof::Proof;
use super::tree::{self, Hash};
use crate::seal::event::{Leaf, LeafError};

/// A checkpoint is some 200 bytes; with many cosignatures a few thousand.
pub(super) const NOTE_MAX: u64 = 64 * 1024;

/// Why a log can't be read.
#[derive(Debug)]
pub enum LogError {
    /// A file can't be read.
    File(FileError),
    /// The key in `vkey` is none.
    Vkey,
    /// No signed checkpoint of this log's key is there.
    NoCheckpoint,
    /// The log has no leaf of this index yet.
    Index(u64),
    /// An entry is no leaf: its bytes were changed.
    Entry(u64, LeafError),
}

impl fmt::Display for LogError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(error) => error.fmt(f),
            Self::Vkey => f.write_str("vkey: not a verifier key; restore the file from a backup"),
            Self::NoCheckpoint => {
                f.write_str("signed.0, signed.1: neither holds a checkpoint signed by this log's key")
            }
            Self::Index(index) => write!(f, "the log has no leaf {index} yet"),
            Self::Entry(index, error) => write!(f, "entries: leaf {index} was changed: {error}"),
        }
    }
}

impl std::error::Error for LogError {}

impl From<FileError> for LogError {
    fn from(error: FileError) -> Self {
        Self::File(error)
    }
}

/// A shard at one of its signed sizes.
#[derive(Debug)]
pub struct Log {
    pub(super) shard: Shard,
    pub(super) key: VerifierKey,
    pub(super) signed: SignedCheckpoint,
}

/// A checkpoint with the note that signs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedCheckpoint {
    /// What it says.
    pub checkpoint: Checkpoint,
    /// Its text and signatures.
    pub note: Note,
}

impl Log {
    /// Opens a shard for reading, at its last signed size.
    ///
    /// # Errors
    /// When a file can't be read or nothing good is signed.
    pub fn open(directory: &Path) -> Result<Self, LogError> {
        let mut options = OpenOptions::new();
        options.read(true);
        let vkey = Named::open(directory, "vkey", &options)?.read_all(NOTE_MAX)?;
        let vkey = String::from_utf8(vkey).map_err(|_| LogError::Vkey)?;
        let key = VerifierKey::parse(vkey.trim_end()).map_err(|_| LogError::Vkey)?;
        let slots =
            [Named::open(directory, SLOT_NAMES[0], &options)?, Named::open(directory, SLOT_NAMES[1], &options)?];
        let (_, signed) = last_signed(&slots, &key)?.ok_or(LogError::NoCheckpoint)?;
        Ok(Self { shard: Shard::open(directory, &options)?, key, signed })
    }

    /// The number of leaves that the checkpoint covers.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.signed.checkpoint.size
    }

    /// The last signed checkpoint.
    #[must_use]
    pub const fn checkpoint(&self) -> &SignedCheckpoint {
        &self.signed
    }

    /// The key that signs.
    #[must_use]
    pub const fn key(&self) -> &VerifierKey {
        &self.key
    }

    /// A leaf.
    ///
    /// # Errors
    /// `Index` beyond the size, `Entry` when its bytes are no leaf any more, `File`.
    pub fn leaf(&self, index: u64) -> Result<Leaf, LogError> {
        self.within(index)?;
        Leaf::parse(&self.shard.entry(index)?).map_err(|error| LogError::Entry(index, error))
    }

    /// The proof that a leaf is in the tree of the last checkpoint.
    ///
    /// # Errors
    /// `Index` beyond the size, `File`.
    pub fn prove(&self, index: u64) -> Result<Proof, LogError> {
        self.within(index)?;
        let path = tree::inclusion(&self.shard, index, self.size())?;
        Ok(Proof { index, path, note: self.signed.note.clone(), checkpoint: self.signed.checkpoint.clone() })
    }

    /// The proof that a leaf is in the tree of a checkpoint of this log that was signed before, with its signatures.
    ///
    /// # Errors
    /// `Index` when that tree does not have it or is beyond the size, `File`.
    pub fn prove_in(&self, index: u64, signed: &SignedCheckpoint) -> Result<Proof, LogError> {
        let size = signed.checkpoint.size;
        if index >= size || size > self.size() {
            return Err(LogError::Index(index));
        }
        let path = tree::inclusion(&self.shard, index, size)?;
        Ok(Proof { index, path, note: signed.note.clone(), checkpoint: signed.checkpoint.clone() })
    }

    /// The root of the first `size` leaves.
    ///
    /// # Errors
    /// `Index` beyond the size, `File`.
    pub fn root_at(&self, size: u64) -> Result<Hash, LogError> {
        if size > self.size() { Err(LogError::Index(size)) } else { Ok(tree::root(&self.shard, size)?) }
    }

    /// The proof that the present tree continues the one of `old` leaves.
    ///
    /// # Errors
    /// `Index` when `old` is beyond the size, `File`.
    pub fn consistency(&self, old: u64) -> Result<Vec<Hash>, LogError> {
        self.consistency_to(old, self.size())
    }

    /// The proof that the tree of `new` leaves continues the one of `old` leaves.
    ///
    /// # Errors
    /// `Index` when one is beyond the size or `old` above `new`, `File`.
    pub fn consistency_to(&self, old: u64, new: u64) -> Result<Vec<Hash>, LogError> {
        if old > new || new > self.size() {
            return Err(LogError::Index(old.max(new)));
        }
        Ok(tree::consistency(&self.shard, old, new)?)
    }

    const fn within(&self, index: u64) -> Result<(), LogError> {
        if index < self.size() { Ok(()) } else { Err(LogError::Index(index)) }
    }
}

/// The larger of the two checkpoints that are whole and signed by this key, and the number of its slot.
pub(super) fn last_signed(
    slots: &[Named; 2],
    key: &VerifierKey,
) -> Result<Option<(usize, SignedCheckpoint)>, FileError> {
    let mut best: Option<(usize, SignedCheckpoint)> = None;
    for (number, slot) in slots.iter().enumerate() {
        let Some(signed) = read_signed(&slot.read_all(NOTE_MAX)?, key) else { continue };
        if best.as_ref().is_none_or(|(_, known)| known.checkpoint.size < signed.checkpoint.size) {
            best = Some((number, signed));
        }
    }
    Ok(best)
}

/// A checkpoint of this key's log, with a good signature.
pub(super) fn read_signed(bytes: &[u8], key: &VerifierKey) -> Option<SignedCheckpoint> {
    let (checkpoint, note) = Checkpoint::parse_note(std::str::from_utf8(bytes).ok()?).ok()?;
    let good = matches!(key.signed(&note), Ok(Some(Signed::Log))) && checkpoint.origin == key.name();
    good.then_some(SignedCheckpoint { checkpoint, note })
}
