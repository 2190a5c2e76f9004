//! The files of one shard, and how they are read and written. What is written when, and what a crash leaves, is the
//! [`super::writer`]'s business.
//!
//! | file | content |
//! |---|---|
//! | `entries` | leaves, each behind its length in two bytes, big-endian: C2SP entry bundles one after the other |
//! | `bundles` | for each bundle of 256 leaves where it begins in `entries`: eight bytes, big-endian |
//! | `L0` … `L3` | hashes of complete subtrees of 256^level leaves; a C2SP tile is a slice of 8,192 bytes |
//! | `signed.0`, `signed.1` | the last two signed checkpoints, written in turn so that a torn one never is the only one |
//! | `checkpoint` | a copy of the last one, for people and tools |
//! | `settled` | how many leaves' hashes were made durable; those behind are computed again when the shard is opened |
//! | `vkey` | the key that signs |

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use super::tree::{Hash, Nodes, node_hash};

/// Levels of the tree that are stored: each is 256 times coarser than the one before.
pub(super) const LEVELS: usize = 4;
/// Leaves of a bundle and hashes of a tile.
pub(super) const BUNDLE: u64 = 256;

/// The names of the level files.
pub(super) const LEVEL_NAMES: [&str; LEVELS] = ["L0", "L1", "L2", "L3"];
/// The two slots of signed checkpoints.
pub(super) const SLOT_NAMES: [&str; 2] = ["signed.0", "signed.1"];

/// An operation on a file that failed.
#[derive(Debug)]
pub struct FileError {
    /// The file.
    pub path: PathBuf,
    /// Where in it.
    pub offset: u64,
    /// What the system said.
    pub error: io::Error,
}

impl std::fmt::Display for FileError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}, byte {}: {}", self.path.display(), self.offset, self.error)
    }
}

impl std::error::Error for FileError {}

/// A file that knows its name.
#[derive(Debug)]
pub(super) struct Named {
    path: PathBuf,
    file: File,
}

impl Named {
    pub(super) fn open(directory: &Path, name: &str, options: &OpenOptions) -> Result<Self, FileError> {
        let path = directory.join(name);
        match options.open(&path) {
            Ok(file) => Ok(Self { path, file }),
            Err(error) => Err(FileError { path, offset: 0, error }),
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn length(&self) -> Result<u64, FileError> {
        self.file.metadata().map(|metadata| metadata.len()).map_err(|error| self.error(0, error))
    }

    /// Fills the buffer from this offset.
    pub(super) fn read(&self, offset: u64, buffer: &mut [u8]) -> Result<(), FileError> {
        self.file.read_exact_at(buffer, offset).map_err(|error| self.error(offset, error))
    }

    /// All of a small file; at most `most` bytes of it.
    pub(super) fn read_all(&self, most: u64) -> Result<Vec<u8>, FileError> {
        let mut bytes = vec![0; self.length()?.min(most) as usize];
        self.read(0, &mut bytes)?;
        Ok(bytes)
    }

    pub(super) fn write(&self, offset: u64, bytes: &[u8]) -> Result<(), FileError> {
        self.file.write_all_at(bytes, offset).map_err(|error| self.error(offset, error))
    }

    /// Replaces the content of a small file in place.
    pub(super) fn replace(&self, bytes: &[u8]) -> Result<(), FileError> {
        self.write(0, bytes)?;
        if self.length()? == bytes.len() as u64 { Ok(()) } else { self.truncate(bytes.len() as u64) }
    }

    pub(super) fn truncate(&self, length: u64) -> Result<(), FileError> {
        self.file.set_len(length).map_err(|error| self.error(length, error))
    }

    pub(super) fn sync(&self) -> Result<(), FileError> {
        self.file.sync_data().map_err(|error| self.error(0, error))
    }

    /// Takes the lock that only one writer can have; it goes with the file.
    pub(super) fn lock(&self) -> bool {
        self.file.try_lock().is_ok()
    }

    fn error(&self, offset: u64, error: io::Error) -> FileError {
        FileError { path: self.path.clone(), offset, error }
    }
}

/// The files of a shard that hold its leaves and hashes.
// [c2sp#tlog-tiles]
#[derive(Debug)]
pub(super) struct Shard {
    pub(super) entries: Named,
    pub(super) bundles: Named,
    pub(super) levels: [Named; LEVELS],
}

impl Shard {
    pub(super) fn open(directory: &Path, options: &OpenOptions) -> Result<Self, FileError> {
        let open = |name| Named::open(directory, name, options);
        let [a, b, c, d] = LEVEL_NAMES;
        Ok(Self {
            entries: open("entries")?,
            bundles: open("bundles")?,
            levels: [open(a)?, open(b)?, open(c)?, open(d)?],
        })
    }

    /// A leaf's bytes, by its index, which must be below the size.
    pub(super) fn entry(&self, index: u64) -> Result<Vec<u8>, FileError> {
        let mut offset = self.bundle_start(index / BUNDLE)?;
        for _ in 0..index % BUNDLE {
            offset += 2 + u64::from(self.entry_length(offset)?);
        }
        let mut leaf = vec![0; usize::from(self.entry_length(offset)?)];
        self.entries.read(offset + 2, &mut leaf)?;
        Ok(leaf)
    }

    /// Where a bundle begins in `entries`.
    pub(super) fn bundle_start(&self, bundle: u64) -> Result<u64, FileError> {
        let mut start = [0; 8];
        self.bundles.read(bundle * 8, &mut start)?;
        Ok(u64::from_be_bytes(start))
    }

    pub(super) fn entry_length(&self, offset: u64) -> Result<u16, FileError> {
        let mut length = [0; 2];
        self.entries.read(offset, &mut length)?;
        Ok(u16::from_be_bytes(length))
    }
}

impl Nodes for Shard {
    type Error = FileError;

    /// Reads the stored level below and computes what lies between: at most 128 hashes, more only above 2³² leaves.
    fn node(&self, level: u32, index: u64) -> Result<Hash, FileError> {
        let stored = (level / 8).min(LEVELS as u32 - 1);
        let width = 1_usize << (level - 8 * stored);
        let mut bytes = vec![0; 32 * width];
        self.levels[stored as usize].read(index * 32 * width as u64, &mut bytes)?;
        let mut hashes = bytes.as_chunks::<32>().0.to_vec();
        while hashes.len() > 1 {
            hashes = hashes.as_chunks::<2>().0.iter().map(|[left, right]| node_hash(left, right)).collect();
        }
        Ok(hashes[0])
    }
}
