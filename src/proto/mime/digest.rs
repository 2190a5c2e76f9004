//! The size and SHA-256 of a body's decoded octets, taken as they pass.

use aws_lc_rs::digest::{Context, SHA256};

use super::transfer::{Decoder, Encoding};
use crate::mail::PROVES;

/// Octets decoded at once.
const BLOCK: usize = 16 * 1024;

/// Digests one body.
#[derive(Clone)]
pub(super) struct Digester {
    context: Context,
    /// None where octets need no decoding and so no copy.
    decoder: Option<Decoder>,
    decoded: Vec<u8>,
    size: u64,
}

impl Digester {
    pub(super) fn new(encoding: Encoding) -> Self {
        let decoder = (encoding != Encoding::Identity).then(|| Decoder::new(encoding));
        Self { context: Context::new(&SHA256), decoder, decoded: Vec::new(), size: 0 }
    }

    pub(super) fn push(&mut self, bytes: &[u8]) {
        let Some(decoder) = &mut self.decoder else {
            self.size += bytes.len() as u64;
            if PROVES {
                self.context.update(bytes);
            }
            return;
        };
        for block in bytes.chunks(BLOCK) {
            decoder.push(block, &mut self.decoded);
            self.size += self.decoded.len() as u64;
            if PROVES {
                self.context.update(&self.decoded);
            }
            self.decoded.clear();
        }
    }

    /// Size and digest.
    pub(super) fn finish(mut self) -> (u64, [u8; 32]) {
        if let Some(decoder) = self.decoder.take() {
            decoder.finish(&mut self.decoded);
            self.size += self.decoded.len() as u64;
            self.context.update(&self.decoded);
        }
        let mut sha256 = [0; 32];
        for (to, from) in sha256.iter_mut().zip(self.context.finish().as_ref()) {
            *to = *from;
        }
        (self.size, sha256)
    }
}

impl std::fmt::Debug for Digester {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Digester").field("size", &self.size).finish_non_exhaustive()
    }
}
