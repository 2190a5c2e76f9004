//! Sealed bodies: a message's bytes in chunks of 64 KiB, each sealed by itself, so that a partial fetch opens only what
//! it touches. Not for small records (see [`super::row`]); where the bytes lie is the store's business.
//!
//! The construction is STREAM (Hoang, Reyhanitabar, Rogaway, Vizár 2015): AES-256-GCM, the nonce of a chunk is its
//! number (11 bytes, big-endian) and a byte that is 1 for the last chunk; the additional data is the body's id. The key
//! serves one body only. So chunks can't be changed, exchanged, repeated, dropped at the end or taken from another body.
//! A body of no bytes is one empty last chunk. Sealed length = clear length + 16 for each chunk.

use std::fmt;
use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::aead::{Cipher, NONCE, TAG};
use super::keys::BodyKey;
use crate::mail::Chance;

/// Clear bytes of a chunk; only the last may be shorter.
pub const CHUNK: usize = 64 * 1024;
/// Sealed bytes of a full chunk.
pub const SEALED_CHUNK: usize = CHUNK + TAG;

/// The identity of a sealed body, random; it is bound into every chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct BodyId(pub [u8; 16]);

impl BodyId {
    /// A fresh identity.
    #[must_use]
    pub fn random(chance: &dyn Chance) -> Self {
        let mut bytes = [0; 16];
        chance.fill(&mut bytes);
        Self(bytes)
    }
}

/// Why a chunk doesn't open; the number is the chunk's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyError {
    /// Changed bytes, another place, another body or another key.
    Changed(u64),
    /// It has not as many bytes as the body's size says.
    Length(u64),
    /// The range ends behind the body.
    Range,
}

impl fmt::Display for BodyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Changed(chunk) => write!(f, "chunk {chunk} of a sealed body does not open: its bytes were changed"),
            Self::Length(chunk) => write!(f, "chunk {chunk} of a sealed body has the wrong length"),
            Self::Range => f.write_str("the range ends behind the sealed body"),
        }
    }
}

impl std::error::Error for BodyError {}

/// The sealed length of a body of this many clear bytes.
#[must_use]
pub const fn sealed_len(size: u64) -> u64 {
    size + chunks(size) * TAG as u64
}

/// The clear bytes of a sealed body of this length; none when no body has it.
#[must_use]
pub const fn clear_len(sealed: u64) -> Option<u64> {
    let chunks = sealed.div_ceil(SEALED_CHUNK as u64);
    match sealed.checked_sub(chunks * TAG as u64) {
        Some(size) if sealed_len(size) == sealed => Some(size),
        _ => None,
    }
}

/// The number of chunks of a body of this many clear bytes; at least one.
#[must_use]
pub const fn chunks(size: u64) -> u64 {
    if size == 0 { 1 } else { size.div_ceil(CHUNK as u64) }
}

/// Which chunks a range of clear bytes touches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// The chunks, by number.
    pub chunks: Range<u64>,
    /// Where their sealed bytes lie, from the start of the sealed body.
    pub sealed: Range<u64>,
    /// Clear bytes of the first chunk that lie before the range.
    pub skip: usize,
    /// Clear bytes of the range.
    pub length: u64,
}

/// The chunks that must be read to have this range of a body of `size` clear bytes.
///
/// # Errors
/// `Range` when it ends behind the body or runs backwards.
pub fn span(size: u64, range: Range<u64>) -> Result<Span, BodyError> {
    if range.end > size || range.start > range.end {
        return Err(BodyError::Range);
    }
    if range.is_empty() {
        return Ok(Span { chunks: 0..0, sealed: 0..0, skip: 0, length: 0 });
    }
    let first = range.start / CHUNK as u64;
    let end = range.end.div_ceil(CHUNK as u64);
    Ok(Span {
        chunks: first..end,
        sealed: first * SEALED_CHUNK as u64..(end * SEALED_CHUNK as u64).min(sealed_len(size)),
        skip: (range.start % CHUNK as u64) as usize,
        length: range.end - range.start,
    })
}

/// Seals a body as it comes in. Holds at most one chunk of clear bytes.
pub struct Sealer {
    cipher: Cipher,
    id: BodyId,
    /// The next chunk's clear bytes. A full chunk stays here until more comes: it may be the last.
    pending: Vec<u8>,
    chunk: u64,
    size: u64,
}

impl Sealer {
    /// Begins a body. The key must never have sealed another.
    #[must_use]
    pub fn new(key: &BodyKey, id: BodyId) -> Self {
        Self { cipher: key.cipher(), id, pending: Vec::with_capacity(CHUNK), chunk: 0, size: 0 }
    }

    /// Takes clear bytes, cut anywhere; appends what is sealed by now to `out`.
    pub fn push(&mut self, mut clear: &[u8], out: &mut Vec<u8>) {
        self.size += clear.len() as u64;
        while !clear.is_empty() {
            if self.pending.len() == CHUNK {
                self.seal_pending(0, out);
            }
            let (now, later) = clear.split_at(clear.len().min(CHUNK - self.pending.len()));
            self.pending.extend_from_slice(now);
            clear = later;
        }
    }

    /// Seals the last chunk and gives the number of clear bytes, which an [`Opener`] needs.
    pub fn finish(mut self, out: &mut Vec<u8>) -> u64 {
        self.seal_pending(1, out);
        self.size
    }

    fn seal_pending(&mut self, last: u8, out: &mut Vec<u8>) {
        self.cipher.seal(nonce(self.chunk, last), &self.id.0, &self.pending, out);
        zeroize::Zeroize::zeroize(&mut self.pending);
        self.chunk += 1;
    }
}

impl fmt::Debug for Sealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sealer").field("id", &self.id).field("size", &self.size).finish_non_exhaustive()
    }
}

/// Opens chunks of a sealed body in any order.
pub struct Opener {
    cipher: Cipher,
    id: BodyId,
    size: u64,
}

impl Opener {
    /// Prepares to open a body of this many clear bytes. A wrong size makes the last chunk fail.
    #[must_use]
    pub fn new(key: &BodyKey, id: BodyId, size: u64) -> Self {
        Self { cipher: key.cipher(), id, size }
    }

    /// The clear bytes of one chunk. Whether it is the last follows from the size.
    ///
    /// # Errors
    /// `Length` or `Changed` with the chunk's number.
    pub fn open_chunk(&self, chunk: u64, sealed: &[u8]) -> Result<Vec<u8>, BodyError> {
        let count = chunks(self.size);
        let last = chunk + 1 == count;
        let clear = if last { self.size - chunk * CHUNK as u64 } else { CHUNK as u64 };
        if chunk >= count || sealed.len() as u64 != clear + TAG as u64 {
            return Err(BodyError::Length(chunk));
        }
        self.cipher.open(nonce(chunk, u8::from(last)), &self.id.0, sealed).ok_or(BodyError::Changed(chunk))
    }

    /// The clear bytes of a span; `sealed` is exactly what lies at [`Span::sealed`].
    ///
    /// # Errors
    /// As [`Opener::open_chunk`].
    pub fn open_span(&self, span: &Span, sealed: &[u8]) -> Result<Vec<u8>, BodyError> {
        if sealed.len() as u64 != span.sealed.end - span.sealed.start {
            return Err(BodyError::Length(span.chunks.start));
        }
        let mut clear = Vec::with_capacity(span.length as usize + span.skip);
        for (chunk, sealed) in span.chunks.clone().zip(sealed.chunks(SEALED_CHUNK)) {
            clear.extend_from_slice(&self.open_chunk(chunk, sealed)?);
        }
        clear.drain(..span.skip);
        clear.truncate(span.length as usize);
        Ok(clear)
    }
}

impl fmt::Debug for Opener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opener").field("id", &self.id).field("size", &self.size).finish_non_exhaustive()
    }
}

fn nonce(chunk: u64, last: u8) -> [u8; NONCE] {
    let mut nonce = [0; NONCE];
    nonce[3..11].copy_from_slice(&chunk.to_be_bytes());
    nonce[11] = last;
    nonce
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::testing::Counting;
    use super::*;

    const ID: BodyId = BodyId([5; 16]);

    fn seal(key: &BodyKey, clear: &[u8], cut: usize) -> Vec<u8> {
        let mut sealer = Sealer::new(key, ID);
        let mut out = Vec::new();
        clear.chunks(cut).for_each(|piece| sealer.push(piece, &mut out));
        assert_eq!(sealer.finish(&mut out), clear.len() as u64);
        out
    }

    fn text(length: usize) -> Vec<u8> {
        (0..length).map(|i| (i / 7) as u8).collect()
    }

    #[test]
    fn lengths_at_the_chunk_borders() {
        let key = BodyKey::generate(&Counting::default());
        for (size, count) in [(0, 1), (1, 1), (CHUNK - 1, 1), (CHUNK, 1), (CHUNK + 1, 2), (2 * CHUNK, 2)] {
            let sealed = seal(&key, &text(size), 10_000);
            assert_eq!(chunks(size as u64), count);
            assert_eq!(sealed.len() as u64, sealed_len(size as u64), "{size}");
            let opener = Opener::new(&key, ID, size as u64);
            let whole = span(size as u64, 0..size as u64).unwrap();
            assert_eq!(opener.open_span(&whole, &sealed[..whole.sealed.end as usize]).unwrap(), text(size));
        }
        assert_eq!(Opener::new(&key, ID, 0).open_chunk(0, &seal(&key, b"", 1)).unwrap(), b"");
    }

    #[test]
    fn cutting_reordering_and_changing_are_noticed() {
        let key = BodyKey::generate(&Counting::default());
        let clear = text(3 * CHUNK);
        let sealed = seal(&key, &clear, CHUNK);
        let chunk = |n: usize| &sealed[n * SEALED_CHUNK..(n + 1) * SEALED_CHUNK];
        let opener = Opener::new(&key, ID, clear.len() as u64);
        assert!(opener.open_chunk(1, chunk(1)).is_ok());
        assert_eq!(opener.open_chunk(0, chunk(1)), Err(BodyError::Changed(0)), "reordered");
        assert_eq!(opener.open_chunk(3, chunk(2)), Err(BodyError::Length(3)), "beyond");
        assert_eq!(opener.open_chunk(2, &chunk(2)[..100]), Err(BodyError::Length(2)), "cut");
        let shorter = Opener::new(&key, ID, 2 * CHUNK as u64);
        assert_eq!(shorter.open_chunk(1, chunk(1)), Err(BodyError::Changed(1)), "truncated at a chunk");
        let longer = Opener::new(&key, ID, 4 * CHUNK as u64);
        assert_eq!(longer.open_chunk(2, chunk(2)), Err(BodyError::Changed(2)), "extended");
        let foreign = Opener::new(&key, BodyId([6; 16]), clear.len() as u64);
        assert_eq!(foreign.open_chunk(0, chunk(0)), Err(BodyError::Changed(0)), "another body");
        for at in [0, 1000, CHUNK, SEALED_CHUNK - 1] {
            let mut changed = chunk(0).to_vec();
            changed[at] ^= 0x40;
            assert_eq!(opener.open_chunk(0, &changed), Err(BodyError::Changed(0)), "byte {at}");
        }
    }

    #[test]
    fn ranges_outside_the_body_are_refused() {
        assert_eq!(span(10, 0..11), Err(BodyError::Range));
        #[expect(clippy::reversed_empty_ranges, reason = "that is the case")]
        let backwards = 5..3;
        assert_eq!(span(10, backwards), Err(BodyError::Range));
        assert_eq!(span(0, 0..0).unwrap().sealed, 0..0);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]
        #[test]
        fn any_cut_seals_alike_and_any_range_opens(
            size in 0usize..200_000, cut in 1usize..100_000, a in any::<prop::sample::Index>(), b in any::<prop::sample::Index>()
        ) {
            let key = BodyKey::generate(&Counting::default());
            let clear = text(size);
            let sealed = seal(&key, &clear, cut);
            prop_assert_eq!(&sealed, &seal(&key, &clear, size.max(1)));
            let (a, b) = (a.index(size + 1), b.index(size + 1));
            let (start, end) = (a.min(b), a.max(b));
            let span = span(size as u64, start as u64..end as u64).unwrap();
            let opened = Opener::new(&key, ID, size as u64)
                .open_span(&span, &sealed[span.sealed.start as usize..span.sealed.end as usize]).unwrap();
            prop_assert_eq!(opened, &clear[start..end]);
        }
    }
}
