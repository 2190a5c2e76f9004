//! The thread that appends to segments: what waits is written together and made durable by one fdatasync.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use tokio::sync::{mpsc, oneshot};
use tracing::error;

use super::segment::{FILE_HEAD, FileHead, RECORD_HEAD, RecordHead};
use super::{BodiesError, Durability, Extent};
use crate::disk;
use crate::mail::{Edge, Time};

/// What one fdatasync covers at most; also what may wait in memory, in extents.
pub(super) const WAITING: usize = 64;

/// One extent on its way to the disk.
pub(super) struct Append {
    pub(super) head: RecordHead,
    pub(super) sealed: Vec<u8>,
    pub(super) durability: Durability,
    pub(super) answer: oneshot::Sender<Result<Extent, BodiesError>>,
}

/// The open segment, and the way to the next one.
pub(super) struct Appender {
    pub(super) directory: PathBuf,
    pub(super) segment_bytes: u64,
    pub(super) edge: Edge,
    pub(super) next: u32,
    pub(super) current: Option<Current>,
    /// Set by the first failed write or fdatasync: what the disk holds is unknown from then on.
    pub(super) failed: bool,
}

/// The segment that is appended to.
pub(super) struct Current {
    file: File,
    number: u32,
    begun: Time,
    length: u64,
}

impl Appender {
    /// Runs until every sender is gone.
    pub(super) fn run(mut self, mut waiting: mpsc::Receiver<Append>) {
        let mut group = Vec::with_capacity(WAITING);
        while waiting.blocking_recv_many(&mut group, WAITING) > 0 {
            self.append_group(&mut group);
        }
        if let Err(error) = self.finish_segment() {
            error!(%error, "the last segment of message bodies could not be flushed");
        }
    }

    /// Appends what waits. Whoever asked for durability is answered after the barrier.
    fn append_group(&mut self, group: &mut Vec<Append>) {
        let mut at_barrier = Vec::with_capacity(group.len());
        for append in group.drain(..) {
            let result = if self.failed { Err(failed_before()) } else { self.append(&append.head, &append.sealed) };
            match (append.durability, result) {
                (Durability::Now, Ok(extent)) => at_barrier.push((append.answer, extent)),
                // Nobody listens any more when a delivery was given up.
                (_, result) => drop(append.answer.send(result)),
            }
        }
        if !at_barrier.is_empty() && !self.failed {
            self.sync();
        }
        // durable from here
        for (answer, extent) in at_barrier {
            drop(answer.send(if self.failed { Err(failed_before()) } else { Ok(extent) }));
        }
    }

    fn append(&mut self, head: &RecordHead, sealed: &[u8]) -> Result<Extent, BodiesError> {
        let current = match self.writable(sealed.len()) {
            Ok(current) => current,
            Err(error) if error.kind() == io::ErrorKind::StorageFull => return Err(BodiesError::Full),
            Err(error) => return Err(self.fail(error)),
        };
        let (start, number) = (current.length, current.number);
        match write_record(&current.file, head, sealed) {
            Ok(length) => {
                current.length += length;
                let number_of = |n: u64| u32::try_from(n).map_err(|error| BodiesError::Io(io::Error::other(error)));
                Ok(Extent { segment: number, offset: number_of(start)?, length: number_of(sealed.len() as u64)? })
            }
            Err(error) if error.kind() == io::ErrorKind::StorageFull => Err(self.undo_partial(start)),
            Err(error) => Err(self.fail(error)),
        }
    }

    /// Cuts away what was written of a record before the disk was full. The next record begins a new file all the
    /// same: nothing may be appended after garbage.
    fn undo_partial(&mut self, start: u64) -> BodiesError {
        let cut = self.current.as_ref().map_or(Ok(()), |current| current.file.set_len(start));
        match cut.and_then(|()| self.finish_segment()) {
            Ok(()) => BodiesError::Full,
            Err(error) => self.fail(error),
        }
    }

    /// The segment for a record of this size: the open one, or a new one when the day or the size is reached.
    fn writable(&mut self, sealed: usize) -> io::Result<&mut Current> {
        let now = self.edge.now();
        let fits = |current: &Current| {
            let end = current.length + (RECORD_HEAD + sealed) as u64;
            current.begun.day() == now.day() && (end <= self.segment_bytes || current.length == FILE_HEAD as u64)
        };
        if !self.current.as_ref().is_some_and(fits) {
            self.finish_segment()?;
            let current = create(&self.directory, FileHead { segment: self.next, begun: now })?;
            self.next += 1;
            self.current = Some(current);
        }
        self.current.as_mut().ok_or_else(|| io::Error::other("no segment"))
    }

    /// Makes the open segment durable and leaves it, so that a later barrier need not know of it.
    fn finish_segment(&mut self) -> io::Result<()> {
        self.current.take().map_or(Ok(()), |current| current.file.sync_data())
    }

    fn sync(&mut self) {
        if let Some(Err(error)) = self.current.as_ref().map(|current| current.file.sync_data()) {
            self.fail(error);
        }
    }

    fn fail(&mut self, error: io::Error) -> BodiesError {
        error!(%error, "message bodies can't be written any more; restart once the disk is well");
        self.failed = true;
        self.current = None;
        BodiesError::Io(error)
    }
}

fn failed_before() -> BodiesError {
    BodiesError::Io(io::Error::other("an earlier write failed, what the disk holds is unknown"))
}

fn write_record(mut file: &File, head: &RecordHead, sealed: &[u8]) -> io::Result<u64> {
    let head = head.encode();
    file.write_all(&head)?;
    file.write_all(sealed)?;
    Ok((head.len() + sealed.len()) as u64)
}

/// Creates a segment, durable with its name: number and day, so that a listing shows what a purge will take.
fn create(directory: &Path, head: FileHead) -> io::Result<Current> {
    let name = format!("{:010}-{}.seg", head.segment, &head.begun.rfc3339()[..10]);
    let mut file = File::options().create_new(true).append(true).open(directory.join(name))?;
    file.write_all(&head.encode())?;
    file.sync_all()?;
    disk::sync_directory(directory)?;
    Ok(Current { file, number: head.segment, begun: head.begun, length: FILE_HEAD as u64 })
}
