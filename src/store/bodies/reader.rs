//! A message's bytes, any range of them: the trace fields of this delivery, then the sealed body.

use std::ops::Range;
use std::sync::Arc;

use super::{Bodies, Extent};
use crate::mail::{Fault, Status};
use crate::seal::body::{BodyError, BodyId, Opener, Span, span};
use crate::seal::keys::BodyKey;

/// Reads one message. Holds no decrypted bytes between two reads.
pub struct BodyReader {
    bodies: Arc<dyn Bodies>,
    prefix: Vec<u8>,
    opener: Opener,
    size: u64,
    extents: Vec<Extent>,
}

impl BodyReader {
    pub(in crate::store) fn new(
        bodies: Arc<dyn Bodies>,
        prefix: Vec<u8>,
        (id, key, size): (BodyId, &BodyKey, u64),
        extents: Vec<Extent>,
    ) -> Self {
        Self { bodies, prefix, opener: Opener::new(key, id, size), size, extents }
    }

    /// Octets of the whole message.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.prefix.len() as u64 + self.size
    }

    /// Octets of the trace fields before the bytes that were sealed.
    #[must_use]
    pub fn prefix_len(&self) -> u64 {
        self.prefix.len() as u64
    }

    /// The bytes of a range, which is cut at the message's end. Reads the disk, a few chunks of 64 KiB around the
    /// range: ask for at most a megabyte at a time.
    ///
    /// # Errors
    /// When the disk fails or the bytes were changed.
    pub fn read(&self, range: Range<u64>) -> Result<Vec<u8>, Fault> {
        let before = self.prefix.len() as u64;
        let end = range.end.min(self.size());
        let start = range.start.min(end);
        let cut = |at: u64| usize::try_from(at.min(before)).unwrap_or(usize::MAX);
        let mut bytes = self.prefix[cut(start)..cut(end)].to_vec();
        let inner = start.saturating_sub(before)..end.saturating_sub(before);
        if !inner.is_empty() {
            let span = span(self.size, inner).map_err(damaged)?;
            let sealed = self.sealed(&span)?;
            bytes.extend_from_slice(&self.opener.open_span(&span, &sealed).map_err(damaged)?);
        }
        Ok(bytes)
    }

    /// The sealed bytes of a span, from the extents that hold them.
    fn sealed(&self, span: &Span) -> Result<Vec<u8>, Fault> {
        let wanted = &span.sealed;
        let mut sealed = Vec::with_capacity(usize::try_from(wanted.end - wanted.start).unwrap_or_default());
        let mut begin = 0;
        for extent in &self.extents {
            let end = begin + u64::from(extent.length);
            let (from, to) = (wanted.start.max(begin), wanted.end.min(end));
            if from < to {
                let within = |at: u64| u32::try_from(at - begin).unwrap_or(u32::MAX);
                self.bodies.read(extent, within(from), within(to) - within(from), &mut sealed)?;
            }
            begin = end;
        }
        Ok(sealed)
    }
}

fn damaged(error: BodyError) -> Fault {
    Fault::ours(Status::Storage, "a message body").caused_by(error)
}

impl std::fmt::Debug for BodyReader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BodyReader").field("size", &self.size()).finish_non_exhaustive()
    }
}
