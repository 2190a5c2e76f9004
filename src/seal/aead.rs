//! AES-256-GCM as this layer uses it: one key object, explicit nonces, tag appended. Not for use outside `seal`.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};

/// Bytes of an authentication tag (NIST SP 800-38D, 128 bits).
pub(super) const TAG: usize = 16;
/// Bytes of a nonce.
pub(super) const NONCE: usize = 12;

/// An expanded AES-256-GCM key. The library wipes it when it is dropped.
pub(super) struct Cipher(LessSafeKey);

impl Cipher {
    #[expect(clippy::expect_used, reason = "a key of 32 bytes always fits AES-256")]
    pub(super) fn new(key: &[u8; 32]) -> Self {
        Self(LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key).expect("32 bytes")))
    }

    /// Appends the sealed form of `clear` to `out`: as many bytes, then the tag.
    #[expect(clippy::expect_used, reason = "GCM refuses only inputs above 64 GiB; callers pass at most a few MiB")]
    pub(super) fn seal(&self, nonce: [u8; NONCE], aad: &[u8], clear: &[u8], out: &mut Vec<u8>) {
        let start = out.len();
        out.reserve(clear.len() + TAG);
        out.extend_from_slice(clear);
        let tag = self
            .0
            .seal_in_place_separate_tag(Nonce::assume_unique_for_key(nonce), Aad::from(aad), &mut out[start..])
            .expect("below the length limit of GCM");
        out.extend_from_slice(tag.as_ref());
    }

    /// The clear bytes; nothing when one bit of nonce, `aad`, text or tag differs.
    pub(super) fn open(&self, nonce: [u8; NONCE], aad: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        let mut buffer = sealed.to_vec();
        let clear = self.0.open_in_place(Nonce::assume_unique_for_key(nonce), Aad::from(aad), &mut buffer).ok()?.len();
        buffer.truncate(clear);
        Some(buffer)
    }
}
