//! Why the log can't be written, and what to do.

use std::fmt;
use std::path::PathBuf;

use super::files::FileError;
use super::log::LogError;
use super::note::NoteError;

/// Why the log can't be opened or appended to.
#[derive(Debug)]
pub enum LedgerError {
    /// A file can't be read or written.
    File(FileError),
    /// Another process writes this shard.
    Busy,
    /// A signing key doesn't fit, or the shard's text files are damaged.
    Key(NoteError),
    /// The shard belongs to another log or key.
    OtherLog {
        /// The key in the shard.
        found: String,
        /// The key of this server.
        expected: String,
    },
    /// Entries are there but nothing good is signed.
    NoCheckpoint,
    /// Fewer whole entries than were signed: the disk lost them, or somebody cut the file.
    Lost {
        /// Leaves that were signed.
        signed: u64,
        /// Leaves that are there.
        found: u64,
    },
    /// The entries don't have the root that was signed: they were changed. Run the audit.
    Changed {
        /// The size that was signed.
        size: u64,
    },
    /// An earlier flush failed: what is on the disk is unknown until the shard is opened again.
    Uncertain,
    /// A shard is there and the key that signs it is not.
    KeyMissing {
        /// Where the key should be.
        file: PathBuf,
        /// The shard's origin.
        origin: String,
    },
    /// The shard's last leaf names a successor that isn't ours to write.
    Closed(String),
    /// A shard before this one can't be read.
    Log(LogError),
    /// A leaf about the log itself can't be made: a mistake of ours.
    Leaf,
}

impl fmt::Display for LedgerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(error) => error.fmt(f),
            Self::Busy => f.write_str("another process is writing this log: stop it first"),
            Self::Key(error) => error.fmt(f),
            Self::OtherLog { found, expected } => {
                write!(f, "vkey: this shard is signed by {found}, the configured key is {expected}: use the key of this shard")
            }
            Self::NoCheckpoint => f.write_str(
                "signed.0, signed.1: entries are there, but no checkpoint signed by this key: restore both from a backup",
            ),
            Self::Lost { signed, found } => write!(
                f,
                "entries: {signed} leaves were signed and only {found} are there: restore the file, never sign over it"
            ),
            Self::Changed { size } => write!(
                f,
                "entries: the first {size} leaves do not have the root that was signed: run «sceau proof audit» to find where"
            ),
            Self::KeyMissing { file, origin } => write!(
                f,
                "{}: the key of the log {origin} is missing, and the log is there: put the key back from its backup",
                file.display()
            ),
            Self::Closed(key) => {
                write!(f, "the log is closed and goes on under {key}: put that key and its shard back from a backup")
            }
            Self::Log(error) => error.fmt(f),
            Self::Leaf => f.write_str("a leaf about the log itself has no form"),
            Self::Uncertain => f.write_str("an earlier write of this log failed: restart to read again what is on the disk"),
        }
    }
}

impl std::error::Error for LedgerError {}

impl From<FileError> for LedgerError {
    fn from(error: FileError) -> Self {
        Self::File(error)
    }
}
