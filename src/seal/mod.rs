//! Layer 2, sealing: keys, encrypted bodies and rows, and events as leaves with commitments.
//!
//! Everything here is plain synchronous code without a clock, a socket or a store: bytes in, bytes out. It is *not* the
//! log (see [`crate::ledger`]) and decides nothing about who may read what (see `flows`).
//!
//! | file | what |
//! |---|---|
//! | [`keys`] | the master key file and the keys wrapped under it |
//! | [`body`] | message bodies in chunks that open one by one |
//! | [`row`] | small records of the store |
//! | [`vault`] | secrets that can be destroyed one by one, in backups too |
//! | [`event`] | what happened to a message, as a text that an expert can read and hash by hand |

mod aead;
pub mod body;
pub mod event;
pub mod keys;
pub mod row;
pub mod vault;

#[cfg(test)]
pub(crate) mod testing {
    //! Chance that repeats itself, for tests.

    use std::sync::atomic::{AtomicU64, Ordering};

    use crate::mail::Chance;

    /// Bytes 0, 1, 2 … in eights, so that two fills differ and two runs don't.
    #[derive(Debug, Default)]
    pub(crate) struct Counting(AtomicU64);

    impl Chance for Counting {
        fn fill(&self, buffer: &mut [u8]) {
            for piece in buffer.chunks_mut(8) {
                let count = self.0.fetch_add(1, Ordering::Relaxed).to_be_bytes();
                piece.copy_from_slice(&count[8 - piece.len()..]);
            }
        }
    }
}
