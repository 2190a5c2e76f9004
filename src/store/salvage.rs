//! Bodies that no row knows: what is left of messages whose rows were lost, because a disk failed or because rows come
//! from a backup that is older than the bodies. Each record of a segment says whose it is and has its key beside it.
//!
//! The key of a message that was expunged, purged or whose owner was erased is gone, so it stays gone. What a sender never
//! got a yes for may be among what is found: a duplicate is allowed, a loss is not.

use std::collections::HashMap;

use aws_lc_rs::digest;

use super::bodies::segment::{Position, RecordHead};
use super::bodies::{BodyReader, Extent, SealedBody};
use super::core::Core;
use super::rows::{BodyPlace, BodyRow, key};
use crate::mail::{AccountId, EnvelopeId, Fault, Status, Time};
use crate::proto::mime::{Limits, Structure, Walker};
use crate::seal::body::{BodyId, clear_len};
use crate::seal::keys::{BodyKey, KeyError};

/// Octets read at once.
const PIECE: u64 = 1 << 20;

/// What segments hold that no row knows.
#[derive(Debug, Default)]
pub struct Strays {
    /// Whole bodies whose keys open, the oldest first.
    pub found: Vec<Stray>,
    /// Bodies whose keys were destroyed, as is right.
    pub destroyed: u64,
    /// Bodies that are not whole.
    pub partial: u64,
}

/// A whole body that no row knows.
pub struct Stray {
    /// The envelope with which it came; none for what a client stored.
    pub envelope: Option<EnvelopeId>,
    /// The account for which it was written: the only one, or the first of several. It may exist no more.
    pub account: Option<AccountId>,
    /// When it was written.
    pub written: Time,
    id: BodyId,
    key: BodyKey,
    day: u32,
    size: u64,
    extents: Vec<Extent>,
}

impl std::fmt::Debug for Stray {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Stray({} octets)", self.size)
    }
}

/// A stray body that was read to its end.
#[derive(Debug)]
pub struct Found {
    /// The body, for [`super::NewMessage`].
    pub body: SealedBody,
    /// Its parts.
    pub structure: Structure,
}

/// The records of one body, as they were found.
struct Records {
    head: RecordHead,
    extents: Vec<(u64, Extent, Position)>,
}

impl Records {
    /// The extents in their order when they are a whole body, with its clear size.
    fn whole(&self) -> Option<(Vec<Extent>, u64)> {
        let mut end = 0;
        let mut extents = Vec::with_capacity(self.extents.len());
        for (start, extent, position) in &self.extents {
            // After an append that failed half-way a piece may stand there twice.
            if *start < end {
                continue;
            }
            if *start > end {
                return None;
            }
            end += u64::from(extent.length);
            extents.push(*extent);
            if *position == Position::Last {
                return clear_len(end).map(|size| (extents, size));
            }
        }
        None
    }
}

pub(super) fn strays(core: &Core) -> Result<Strays, Fault> {
    let mut bodies: HashMap<BodyId, Records> = HashMap::new();
    core.bodies.records(&mut |extent, head| {
        let piece = (head.start, extent, head.position);
        bodies.entry(head.body).or_insert_with(|| Records { head, extents: Vec::new() }).extents.push(piece);
    })?;
    let mut strays = Strays::default();
    for (_, mut records) in bodies {
        records.extents.sort_by_key(|(start, extent, _)| (*start, extent.segment, extent.offset));
        judge(core, &records, &mut strays)?;
    }
    strays.found.sort_by_key(|stray| (stray.written, stray.id));
    Ok(strays)
}

fn judge(core: &Core, records: &Records, strays: &mut Strays) -> Result<(), Fault> {
    let Some((extents, size)) = records.whole() else {
        strays.partial += 1;
        return Ok(());
    };
    let known =
        extents.first().map_or(Ok(None), |first| core.row::<BodyRow>("a body", &key::body(BodyPlace::of(first))))?;
    if known.is_some() {
        return Ok(());
    }
    let RecordHead { body, envelope, account, written, key, .. } = &records.head;
    let binding = records.head.binding();
    let opened = key.as_ref().map(|key| core.keys.master.unwrap_body(key, &binding));
    match opened {
        Some(Ok(key)) => strays.found.push(Stray {
            envelope: *envelope,
            account: *account,
            written: *written,
            id: *body,
            key,
            day: binding.day,
            size,
            extents,
        }),
        None | Some(Err(KeyError::Erased)) => strays.destroyed += 1,
        Some(Err(_)) => strays.partial += 1,
    }
    Ok(())
}

pub(super) fn find_again(core: &Core, stray: Stray) -> Result<Found, Fault> {
    let Stray { id, key, day, size, extents, .. } = stray;
    let reader = BodyReader::new(core.bodies.clone(), Vec::new(), (id, &key, size), extents.clone());
    let (mut walker, mut context) = (Walker::new(Limits::default()), digest::Context::new(&digest::SHA256));
    let mut at = 0;
    while at < size {
        let piece = reader.read(at..at + PIECE)?;
        walker.push(&piece);
        context.update(&piece);
        at += piece.len() as u64;
    }
    let structure = walker.finish();
    if structure.truncated {
        return Err(Fault::ours(Status::MessageMalformed, "a salvaged message is beyond the limits of a message"));
    }
    let mut sha256 = [0; 32];
    sha256.copy_from_slice(context.finish().as_ref());
    Ok(Found { body: SealedBody::found((id, key), extents, day, (size, sha256)), structure })
}
