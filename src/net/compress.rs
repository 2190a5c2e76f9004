//! DEFLATE (RFC 1951) under a conversation, for COMPRESS (RFC 4978): what is written leaves in whole blocks, so that the
//! peer can read all of it; what comes is undone a piece at a time, so that a bomb fills no memory.

use std::io;

use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};

/// Octets that are undone at a time.
const PIECE: usize = 64 * 1024;
/// Octets that each compressed one may stand for in the long run. Repeated commands reach 200; a bomb 1,000.
const RATIO_MAX: u64 = 250;
/// Octets above that: the first message of a conversation may be very regular.
const ALLOWANCE: u64 = 16 * 1024 * 1024;

/// Both directions of one connection.
pub(super) struct Codec {
    /// None between two writes of an idle connection: it is large, and blocks of a new one may follow those of another
    /// (they refer to nothing before them).
    deflate: Option<Compress>,
    inflate: Decompress,
    /// Compressed octets that came and are not undone.
    waiting: Vec<u8>,
    /// More may come out without anything coming in.
    full: bool,
}

impl Codec {
    pub(super) fn new() -> Self {
        Self { deflate: None, inflate: Decompress::new(false), waiting: Vec::new(), full: false }
    }

    /// Compresses, up to a point from which the peer can undo everything.
    // [rfc4978#3]
    pub(super) fn deflate(&mut self, bytes: &[u8]) -> io::Result<Vec<u8>> {
        let deflate = self.deflate.get_or_insert_with(|| Compress::new(Compression::fast(), false));
        let (start, mut out) = (deflate.total_in(), Vec::with_capacity(bytes.len() / 2 + 64));
        loop {
            let taken = usize::try_from(deflate.total_in() - start).unwrap_or(usize::MAX);
            deflate.compress_vec(&bytes[taken..], &mut out, FlushCompress::Sync).map_err(io::Error::other)?;
            let all = deflate.total_in() - start == bytes.len() as u64;
            // room that is left shows that nothing is held back
            if all && out.len() < out.capacity() {
                return Ok(out);
            }
            out.reserve(out.capacity().max(64));
        }
    }

    /// Takes what came.
    pub(super) fn take(&mut self, compressed: &[u8]) {
        self.waiting.extend_from_slice(compressed);
    }

    /// Whether something can be undone before more comes.
    pub(super) fn has_more(&self) -> bool {
        self.full || !self.waiting.is_empty()
    }

    /// Undoes the next piece into `into`, which it replaces.
    ///
    /// # Errors
    /// When it is no DEFLATE, has an end, or is a bomb.
    // [rfc4978#3]
    pub(super) fn inflate(&mut self, into: &mut Vec<u8>) -> io::Result<()> {
        into.clear();
        into.reserve(PIECE);
        let before = self.inflate.total_in();
        let status = self.inflate.decompress_vec(&self.waiting, into, FlushDecompress::Sync);
        let status = status.map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "no DEFLATE"))?;
        let used = usize::try_from(self.inflate.total_in() - before).unwrap_or(usize::MAX);
        self.waiting.drain(..used.min(self.waiting.len()));
        self.full = into.len() == into.capacity();
        if status == Status::StreamEnd {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "the compressed stream has ended"));
        }
        if self.inflate.total_out() > self.inflate.total_in().saturating_mul(RATIO_MAX).saturating_add(ALLOWANCE) {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "a compression bomb"));
        }
        // nothing taken and nothing given: it waits for more
        if used == 0 && into.is_empty() {
            self.full = false;
        }
        Ok(())
    }

    /// Gives back what is only needed while something is written.
    pub(super) fn rest(&mut self) {
        self.deflate = None;
        self.waiting.shrink_to_fit();
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Everything that can be undone of what came.
    fn undone(codec: &mut Codec, compressed: &[u8]) -> io::Result<Vec<u8>> {
        codec.take(compressed);
        let (mut all, mut piece) = (Vec::new(), Vec::new());
        while codec.has_more() {
            codec.inflate(&mut piece)?;
            all.extend_from_slice(&piece);
            if piece.is_empty() {
                break;
            }
        }
        Ok(all)
    }

    proptest! {
        // [rfc4978#3]
        #[test]
        fn each_write_can_be_read_at_once(
            writes in proptest::collection::vec((proptest::collection::vec(0_u8..4, 0..3000), any::<bool>()), 1..8),
            cut in 1_usize..50,
        ) {
            let (mut ours, mut theirs) = (Codec::new(), Codec::new());
            for (bytes, rests) in writes {
                let sent = ours.deflate(&bytes).unwrap();
                let mut heard = Vec::new();
                for piece in sent.chunks(cut) {
                    heard.extend(undone(&mut theirs, piece).unwrap());
                }
                prop_assert_eq!(heard, bytes);
                if rests {
                    ours.rest();
                    theirs.rest();
                }
            }
        }
    }

    // [rfc4978#3]
    #[test]
    fn a_bomb_is_cut_and_fills_no_memory() {
        let (mut ours, mut theirs) = (Codec::new(), Codec::new());
        ours.deflate = Some(Compress::new(Compression::best(), false));
        let (mut come, mut largest) = (0_u64, 0);
        let refused = loop {
            theirs.take(&ours.deflate(&vec![0; 1 << 20]).unwrap());
            let mut piece = Vec::new();
            let undone = loop {
                match theirs.inflate(&mut piece) {
                    Ok(()) if piece.is_empty() => break Ok(()),
                    Ok(()) => {
                        come += piece.len() as u64;
                        largest = largest.max(piece.capacity());
                    }
                    Err(error) => break Err(error),
                }
            };
            if let Err(error) = undone {
                break error;
            }
            assert!(come < 64 << 20, "never cut");
        };
        assert_eq!(refused.to_string(), "a compression bomb");
        assert!(largest <= 2 * PIECE, "{largest}");
    }

    #[test]
    fn what_is_no_deflate_is_refused() {
        assert!(undone(&mut Codec::new(), b"a NOOP\r\n\xff\xff\xff\xff").is_err());
    }
}
