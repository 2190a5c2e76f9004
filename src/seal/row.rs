//! Sealed rows: small records of the store, encrypted whole. Not for message bodies, which open in parts.
//!
//! Form: 12 bytes of random nonce, the ciphertext, 16 bytes of tag. The additional data is the row's key in the store,
//! so that a row moved to another place doesn't open. Random nonces allow 2³² rows a key before a repetition becomes
//! likelier than 2⁻³² (NIST SP 800-38D §8.3); each account has its own key.

use std::fmt;

use super::aead::{Cipher, NONCE, TAG};
use crate::mail::Chance;

/// Bytes that sealing adds to a row.
pub const ROW_OVERHEAD: usize = NONCE + TAG;

/// The expanded key of a set of rows, ready for use.
pub struct RowKey(Cipher);

impl RowKey {
    pub(super) fn new(key: &[u8; 32]) -> Self {
        Self(Cipher::new(key))
    }
}

impl fmt::Debug for RowKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RowKey(…)")
    }
}

/// A row that doesn't open: changed, moved, or sealed under another key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RowError;

impl fmt::Display for RowError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a sealed row does not open: it was changed, moved, or sealed under another key")
    }
}

impl std::error::Error for RowError {}

/// Seals a row. `aad` is what the row is bound to, usually its key in the store.
#[must_use]
pub fn seal_row(key: &RowKey, aad: &[u8], clear: &[u8], chance: &dyn Chance) -> Vec<u8> {
    let mut nonce = [0; NONCE];
    chance.fill(&mut nonce);
    let mut sealed = Vec::with_capacity(clear.len() + ROW_OVERHEAD);
    sealed.extend_from_slice(&nonce);
    key.0.seal(nonce, aad, clear, &mut sealed);
    sealed
}

/// Opens a row.
///
/// # Errors
/// When one bit of it, of `aad` or of the key differs.
pub fn open_row(key: &RowKey, aad: &[u8], sealed: &[u8]) -> Result<Vec<u8>, RowError> {
    let (nonce, sealed) = sealed.split_first_chunk::<NONCE>().ok_or(RowError)?;
    key.0.open(*nonce, aad, sealed).ok_or(RowError)
}

#[cfg(test)]
mod tests {
    use super::super::keys::MasterKey;
    use super::super::testing::Counting;
    use super::*;

    #[test]
    fn a_row_opens_where_it_was_put_and_nowhere_else() {
        let master = MasterKey::from_bytes([3; 32]);
        let (key, other) = (master.row_key("a"), master.row_key("b"));
        for clear in [b"".as_slice(), b"x", &[9; 5000]] {
            let sealed = seal_row(&key, b"here", clear, &Counting::default());
            assert_eq!(sealed.len(), clear.len() + ROW_OVERHEAD);
            assert_eq!(open_row(&key, b"here", &sealed).unwrap(), clear);
            assert_eq!(open_row(&key, b"there", &sealed), Err(RowError));
            assert_eq!(open_row(&other, b"here", &sealed), Err(RowError));
        }
    }

    #[test]
    fn changed_and_cut_rows_are_refused() {
        let key = MasterKey::from_bytes([3; 32]).row_key("a");
        let sealed = seal_row(&key, b"", b"content", &Counting::default());
        for cut in 0..sealed.len() {
            assert_eq!(open_row(&key, b"", &sealed[..cut]), Err(RowError), "{cut}");
            let mut changed = sealed.clone();
            changed[cut] ^= 1;
            assert_eq!(open_row(&key, b"", &changed), Err(RowError), "{cut}");
        }
    }
}
