//! Sealed message bodies: appended once, read in parts, never changed. They lie apart from the rows, which stay small.
//!
//! A body is cut into extents of at most 1 MiB, as it comes in; each is one record of a segment file and says by itself
//! whose it is (see [`segment`]). Order matters: a body is durable before a row refers to it, so a row never lacks its
//! body, and a body without a row is garbage that goes with its segment.

mod appender;
mod memory;
mod reader;
pub mod segment;
mod segments;
mod writer;

use std::collections::HashSet;
use std::fmt;
use std::future::Future;
use std::io;
use std::pin::Pin;

use serde::{Deserialize, Serialize};

pub use memory::MemoryBodies;
pub use reader::BodyReader;
pub use segments::{Segments, SegmentsSettings};
pub use writer::{BodyOrigin, BodyWriter, SealedBody};

use crate::mail::{Fault, Status, Time};
use segment::RecordHead;

/// Sealed bytes of one extent, at most.
pub const EXTENT_MAX: usize = 1 << 20;

/// Where one extent of a body lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Extent {
    /// The segment file's number.
    pub segment: u32,
    /// Where its record begins in the file.
    pub offset: u32,
    /// Sealed bytes, without the record's head.
    pub length: u32,
}

/// When an append must be durable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// With the next append that asks for [`Durability::Now`].
    Later,
    /// Before the append returns; and with it all that were appended before.
    Now,
}

/// Why a body can't be written or read.
#[derive(Debug)]
pub enum BodiesError {
    /// The disk is full; nothing of the extent was kept.
    Full,
    /// The disk failed. After a failed write nothing more is taken until the server starts anew.
    Io(io::Error),
    /// What lies there is not what was appended. The text names the segment, the offset and what differs.
    Damaged(String),
    /// The store is closing.
    Closed,
}

impl fmt::Display for BodiesError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Full => f.write_str("the disk of the message bodies is full"),
            Self::Io(error) => write!(f, "the disk of the message bodies failed: {error}"),
            Self::Damaged(what) => f.write_str(what),
            Self::Closed => f.write_str("the store is closing"),
        }
    }
}

impl std::error::Error for BodiesError {}

impl From<BodiesError> for Fault {
    fn from(error: BodiesError) -> Self {
        let status = match error {
            BodiesError::Full => Status::StorageFull,
            BodiesError::Closed => Status::ShuttingDown,
            BodiesError::Io(_) | BodiesError::Damaged(_) => Status::Storage,
        };
        Self::ours(status, "message bodies").caused_by(error)
    }
}

/// What was removed of what nothing refers to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Removed {
    /// Segment files.
    pub segments: u64,
    /// Their octets.
    pub bytes: u64,
}

/// The answer of an append, in a while.
pub type Appended = Pin<Box<dyn Future<Output = Result<Extent, BodiesError>> + Send>>;

/// Where sealed bodies lie.
pub trait Bodies: Send + Sync {
    /// Appends one extent. Its length and checksum in `head` are set here.
    fn append(&self, head: RecordHead, sealed: Vec<u8>, durability: Durability) -> Appended;

    /// Appends `length` sealed bytes of an extent, from `start` on, to `out`. Reads the disk.
    ///
    /// # Errors
    /// `Io`; `Damaged` when the extent does not reach so far or its file is gone.
    fn read(&self, extent: &Extent, start: u32, length: u32, out: &mut Vec<u8>) -> Result<(), BodiesError>;

    /// Reads a whole extent and compares it with its checksums; gives its head.
    ///
    /// # Errors
    /// As [`Bodies::read`].
    fn verify(&self, extent: &Extent) -> Result<RecordHead, BodiesError>;

    /// Shows every whole extent that is there, whatever refers to it. Reads the whole disk.
    ///
    /// # Errors
    /// `Io`.
    fn records(&self, visit: &mut dyn FnMut(Extent, RecordHead)) -> Result<(), BodiesError>;

    /// Overwrites the wrapped key in an extent's record: after this nobody can salvage the body. Best effort: what
    /// escapes it goes with the segment.
    ///
    /// # Errors
    /// `Io`.
    fn forget_key(&self, extent: &Extent) -> Result<(), BodiesError>;

    /// Removes the segments that were begun before a time and hold none of the bodies that are alive.
    ///
    /// # Errors
    /// `Io`; some may be removed then.
    fn remove_unused(&self, alive: &HashSet<u32>, begun_before: Time) -> Result<Removed, BodiesError>;

    /// Ends the appending and waits until it has.
    fn close(&self);
}
