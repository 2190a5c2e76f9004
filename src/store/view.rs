//! Views in rows: sealed whole, cut into pieces that the engine takes.

use super::core::{Core, engine_fault};
use super::directory::AccountEntry;
use super::engine::VALUE_MAX;
use super::rows::{self, BodyRef, View, key};
use crate::mail::{AccountId, EnvelopeId, Fault, Status};
use crate::proto::mime::Structure;
use crate::seal::row::open_row;

/// What of a message its owner may read without an event.
#[derive(Debug, Clone)]
pub struct MessageView {
    /// Trace fields before the sealed bytes.
    pub prefix: Vec<u8>,
    /// The structure of the sealed bytes: add the prefix's length to its offsets.
    pub structure: Structure,
    /// The envelope with which it came.
    pub envelope: Option<EnvelopeId>,
    /// The recipient's number in the envelope; 0 without one.
    pub rcpt: u16,
    /// Where the bytes are, for [`Account::open`](super::Account::open).
    pub source: BodySource,
}

/// Where the bytes of a message are, and the key that still has to be unwrapped. Not the bytes.
#[derive(Debug, Clone)]
pub struct BodySource {
    pub(super) message: u64,
    pub(super) prefix: Vec<u8>,
    pub(super) body: BodyRef,
}

/// The rows of a sealed view: its place with the piece's number, and the piece.
pub(super) fn cut(place: &[u8], sealed: &[u8]) -> Vec<(Vec<u8>, Vec<u8>)> {
    (0..).zip(sealed.chunks(VALUE_MAX)).map(|(number, octets)| (piece(place, number), octets.to_vec())).collect()
}

fn piece(place: &[u8], number: u16) -> Vec<u8> {
    [place, &number.to_be_bytes()].concat()
}

/// Reads a view.
pub(super) fn load(core: &Core, entry: &AccountEntry, message: u64) -> Result<View, Fault> {
    let place = key::view(entry.id, message);
    let first = core.engine.get(&piece(&place, 0)).map_err(engine_fault)?.unwrap_or_default();
    if first.len() < VALUE_MAX {
        return open(entry, entry.id, message, &first);
    }
    let pieces: Vec<Vec<u8>> = core.rows(&place)?.into_iter().map(|(_, piece)| piece).collect();
    open(entry, entry.id, message, &pieces.concat())
}

/// Opens a view's sealed bytes.
pub(super) fn open(entry: &AccountEntry, account: AccountId, message: u64, sealed: &[u8]) -> Result<View, Fault> {
    if sealed.is_empty() {
        return Err(Fault::user(Status::MessageGone, "a view"));
    }
    let damaged = |error| Fault::ours(Status::Storage, format!("view of message {message}")).caused_by(error);
    rows::decode("a view", &open_row(&entry.rows, &key::view(account, message), sealed).map_err(damaged)?)
}
