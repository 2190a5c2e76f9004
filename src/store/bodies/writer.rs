//! A body as it comes in: digested, sealed and appended piece by piece. At most two extents of it are in memory.

use std::sync::Arc;

use aws_lc_rs::digest;

use super::segment::{Position, RecordHead, day_of};
use super::{Bodies, Durability, EXTENT_MAX, Extent};
use crate::mail::{AccountId, Chance, Edge, EnvelopeId, Fault, PROVES, Time};
use crate::seal::body::{BodyId, Sealer};
use crate::seal::keys::{BodyBinding, BodyKey, KeyError, MasterKey, WrappedKey};

/// What is known of a body before its first byte; kept beside it so that it can be salvaged.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct BodyOrigin {
    /// The envelope with which it comes.
    pub envelope: Option<EnvelopeId>,
    /// The account that it is for: the only one, or the first.
    pub account: Option<AccountId>,
}

/// Takes a message's bytes. Dropped without [`BodyWriter::finish`], what it wrote is garbage and costs nothing but room.
pub struct BodyWriter {
    bodies: Arc<dyn Bodies>,
    sealer: Sealer,
    key: BodyKey,
    digest: digest::Context,
    head: RecordHead,
    /// Sealed and not yet appended.
    pending: Vec<u8>,
    extents: Vec<Extent>,
}

/// A body that is durable, for [`super::super::Tx::append`]. Until a row refers to it, it is garbage.
#[derive(Debug)]
pub struct SealedBody {
    pub(in crate::store) id: BodyId,
    pub(in crate::store) key: BodyKey,
    pub(in crate::store) extents: Vec<Extent>,
    pub(in crate::store) day: u32,
    size: u64,
    sha256: [u8; 32],
}

impl SealedBody {
    /// One that was found in segments. Its digest is the one that its bytes have now.
    pub(in crate::store) fn found(
        (id, key): (BodyId, BodyKey),
        extents: Vec<Extent>,
        day: u32,
        (size, sha256): (u64, [u8; 32]),
    ) -> Self {
        Self { id, key, extents, day, size, sha256 }
    }

    /// Clear bytes.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// SHA-256 of the clear bytes. Personal data: it must not be stored or logged unsalted.
    #[must_use]
    pub const fn sha256(&self) -> &[u8; 32] {
        &self.sha256
    }
}

impl BodyWriter {
    pub(in crate::store) fn begin(
        bodies: Arc<dyn Bodies>,
        master: &MasterKey,
        edge: &Edge,
        origin: BodyOrigin,
    ) -> Self {
        let chance = edge.chance.as_ref();
        let (id, key) = (BodyId::random(chance), BodyKey::generate(chance));
        let head = RecordHead {
            body: id,
            envelope: origin.envelope,
            account: origin.account,
            written: edge.now(),
            start: 0,
            position: Position::Middle,
            length: 0,
            checksum: 0,
            key: wrapped(master, &key, &origin, (id, edge.now()), chance).ok(),
        };
        Self {
            bodies,
            sealer: Sealer::new(&key, id),
            key,
            digest: digest::Context::new(&digest::SHA256),
            head,
            pending: Vec::new(),
            extents: Vec::new(),
        }
    }

    /// Takes bytes, cut anywhere. Waits while the disk is behind.
    ///
    /// # Errors
    /// `StorageFull`, or `Storage` when the disk fails; the body is lost then.
    pub async fn write(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        for piece in bytes.chunks(EXTENT_MAX) {
            if PROVES {
                self.digest.update(piece);
            }
            self.sealer.push(piece, &mut self.pending);
            // One extent is kept back: it may be the last.
            while self.pending.len() > EXTENT_MAX {
                let rest = self.pending.split_off(EXTENT_MAX);
                let full = std::mem::replace(&mut self.pending, rest);
                self.append(full, Position::Middle).await?;
            }
        }
        Ok(())
    }

    /// SHA-256 of what was written so far. Personal data, as [`SealedBody::sha256`].
    #[must_use]
    pub fn sha256(&self) -> [u8; 32] {
        let mut sha256 = [0; 32];
        sha256.copy_from_slice(self.digest.clone().finish().as_ref());
        sha256
    }

    /// Ends the body. Durable when this returns `Ok`.
    ///
    /// # Errors
    /// As [`BodyWriter::write`].
    pub async fn finish(mut self) -> Result<SealedBody, Fault> {
        let sealer = std::mem::replace(&mut self.sealer, Sealer::new(&self.key, self.head.body));
        let size = sealer.finish(&mut self.pending);
        while self.pending.len() > EXTENT_MAX {
            let rest = self.pending.split_off(EXTENT_MAX);
            let full = std::mem::replace(&mut self.pending, rest);
            self.append(full, Position::Middle).await?;
        }
        let last = std::mem::take(&mut self.pending);
        self.append(last, Position::Last).await?;
        let mut sha256 = [0; 32];
        sha256.copy_from_slice(self.digest.finish().as_ref());
        let day = self.head.binding().day;
        Ok(SealedBody { id: self.head.body, key: self.key, extents: self.extents, day, size, sha256 })
    }

    async fn append(&mut self, sealed: Vec<u8>, position: Position) -> Result<(), Fault> {
        let durability = if position == Position::Last { Durability::Now } else { Durability::Later };
        let length = sealed.len() as u64;
        self.head.position = position;
        let extent = self.bodies.append(self.head.clone(), sealed, durability).await?;
        self.extents.push(extent);
        self.head.start += length;
        Ok(())
    }
}

/// The key beside the bytes, with which they can be salvaged until the vault forgets their day or their account.
fn wrapped(
    master: &MasterKey,
    key: &BodyKey,
    origin: &BodyOrigin,
    (body, now): (BodyId, Time),
    chance: &dyn Chance,
) -> Result<WrappedKey, KeyError> {
    master.wrap_body(key, &BodyBinding { body, day: day_of(now), account: origin.account }, chance)
}

impl std::fmt::Debug for BodyWriter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BodyWriter").field("body", &self.head.body).finish_non_exhaustive()
    }
}
