//! Reading proofs: what waits for the log, and what happened to an envelope.

use std::ops::ControlFlow;

use super::core::{Core, engine_fault};
use super::rows::key;
use super::tx::{Overlay, Tx};
use crate::mail::{EnvelopeId, Fault, Status};
use crate::seal::event::{Leaf, Opening};

/// One recorded event with what is known of it.
#[derive(Debug, Clone)]
pub struct StoredEvent {
    /// The recipient's number in the envelope; 0 for events of the whole envelope.
    pub rcpt: u16,
    /// Its number in the chain.
    pub number: u32,
    /// The leaf.
    pub leaf: Leaf,
    /// The openings that were not destroyed. Personal data.
    pub openings: Vec<Opening>,
    /// Where the leaf stands in the log; none while it waits.
    pub log_index: Option<u64>,
}

/// Leaves that wait for the log, in the order of their transactions, with their place in the line.
pub(super) fn pending(core: &Core, limit: usize) -> Result<Vec<(u64, Leaf)>, Fault> {
    let mut waiting = Vec::new();
    let mut collect = |place: &[u8], event: &[u8]| {
        waiting.push((place.to_vec(), event.to_vec()));
        if waiting.len() >= limit { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let (from, to) = (key::pending(0), key::after(b"p"));
    core.engine.scan(&from, &to, &mut collect).map_err(engine_fault)?;
    let mut leaves = Vec::with_capacity(waiting.len());
    for (place, event) in waiting.into_iter().take(limit) {
        let missing = || Fault::ours(Status::Storage, "a leaf that waits for the log is missing");
        let sequence = key::tail::<8>(&place).map(u64::from_be_bytes).ok_or_else(missing)?;
        let leaf = core.engine.get(&event).map_err(engine_fault)?.ok_or_else(missing)?;
        leaves.push((sequence, parse(&leaf)?));
    }
    Ok(leaves)
}

/// All events of an envelope, by recipient and number.
pub(super) fn of_envelope(core: &Core, envelope: EnvelopeId) -> Result<Vec<StoredEvent>, Fault> {
    let (group, mut events) = (Overlay::default(), Vec::new());
    // A transaction that writes nothing: it reads what is committed.
    let tx = Tx::new(core, &group);
    for (place, leaf) in tx.scan(&key::events(b'e', envelope))? {
        let (rcpt, number) = position(&place)?;
        let openings = openings(&tx, (envelope, rcpt, number))?;
        let log_index = tx.row("a log index", &key::event(b'i', envelope, rcpt, number))?;
        events.push(StoredEvent { rcpt, number, leaf: parse(&leaf)?, openings, log_index });
    }
    Ok(events)
}

/// The openings of an event that were not destroyed, in the order of their fields.
pub(super) fn openings(tx: &Tx<'_>, (envelope, rcpt, number): (EnvelopeId, u16, u32)) -> Result<Vec<Opening>, Fault> {
    let place = key::event(b'o', envelope, rcpt, number);
    tx.openings_row(&place)?.map_or(Ok(Vec::new()), |row| row.open(tx.core, envelope, &place))
}

/// The envelopes that carried this Message-ID.
pub(super) fn by_message_id(core: &Core, message_id: &str) -> Result<Vec<EnvelopeId>, Fault> {
    let rows = core.rows(&key::message_ids(&core.keys.tag("message-id", message_id)))?;
    Ok(rows.iter().filter_map(|(place, _)| key::tail::<16>(place)).map(EnvelopeId).collect())
}

/// Recipient and number at the end of an event's key.
pub(super) fn position(place: &[u8]) -> Result<(u16, u32), Fault> {
    let [a, b, number @ ..] = key::tail::<6>(place).ok_or_else(damaged)?;
    Ok((u16::from_be_bytes([a, b]), u32::from_be_bytes(number)))
}

pub(super) fn parse(leaf: &[u8]) -> Result<Leaf, Fault> {
    Leaf::parse(leaf).map_err(|error| Fault::ours(Status::Storage, "a leaf").caused_by(error))
}

fn damaged() -> Fault {
    Fault::ours(Status::Storage, "openings of an event can't be read")
}
