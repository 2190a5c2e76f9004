//! Command lines out of a stream of bytes: only CRLF ends one, and memory stays bounded whatever comes.

use bytes::{Buf, BytesMut};
use zeroize::Zeroizing;

use crate::mail::Status;

/// Octets of an overlong line that are skipped before the connection ends.
const SKIP_MAX: usize = 64 * 1024;

/// What the input holds.
pub(super) enum Line {
    /// A line without its CRLF; wiped when dropped, since a password may be in it.
    Whole(Zeroizing<Vec<u8>>),
    /// A line beyond the limit, skipped to its CRLF.
    TooLong,
    /// No whole line yet.
    Partial,
    /// What cannot be read as lines: the connection ends.
    Broken(Status),
}

/// The received bytes that were not used yet.
#[derive(Debug, Default)]
pub(super) struct Lines {
    pub(super) input: BytesMut,
    /// Bytes of the present line that were dropped because it is too long.
    skipped: usize,
}

impl Lines {
    /// The next line; `limit` gives the longest allowed one, CRLF included, by its beginning.
    ///
    /// Of a command with a lone CR or LF nobody can say what another server would read in it, so it breaks the
    /// connection rather than being skipped.
    // [rfc5321#2.3.8]
    pub(super) fn next(&mut self, limit: impl Fn(&[u8]) -> usize) -> Line {
        let found = memchr::memchr2(b'\r', b'\n', &self.input);
        let known = found.unwrap_or(self.input.len());
        if self.skipped + known > SKIP_MAX {
            return Line::Broken(Status::LineTooLong);
        }
        let too_long = |length: usize| self.skipped > 0 || length > limit(&self.input);
        match found.map(|end| (self.input[end], self.input.get(end + 1))) {
            Some((b'\r', Some(b'\n'))) => {
                let line = if too_long(known + 2) { Line::TooLong } else { self.take(known) };
                self.input.advance(known + 2);
                self.skipped = 0;
                line
            }
            None | Some((b'\r', None)) => {
                if too_long(known) {
                    self.skipped += known;
                    self.input.advance(known);
                }
                Line::Partial
            }
            Some(_) => Line::Broken(Status::BareLineEnd),
        }
    }

    fn take(&mut self, length: usize) -> Line {
        let line = Zeroizing::new(self.input[..length].to_vec());
        self.input[..length].fill(0);
        Line::Whole(line)
    }
}
