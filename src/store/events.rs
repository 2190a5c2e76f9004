//! Reading proofs: what waits for the log, and what happened to an envelope.

use std::ops::ControlFlow;

use super::core::{Core, engine_fault};
use super::event_row::{Event, Sealed};
use super::journal::{self, Waiting};
use super::rows::key;
use super::tx::{Overlay, Tx, openings_place};
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
    let first: u64 = core.row("the line's beginning", &key::in_the_log())?.unwrap_or_default();
    let mut waiting = Vec::new();
    let mut collect = |row_key: &[u8], row: &[u8]| {
        waiting.extend(journal::places(row_key, row).into_iter().filter(|waiting| waiting.sequence >= first));
        if waiting.len() >= limit { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let (from, to) = (key::pending(0), key::after(b"p"));
    core.engine.scan(&from, &to, &mut collect).map_err(engine_fault)?;
    let mut leaves = Vec::with_capacity(waiting.len().min(limit));
    for Waiting { sequence, place } in waiting.into_iter().take(limit) {
        let missing = || Fault::ours(Status::Storage, "a leaf that waits for the log is missing");
        let row = core.engine.get(&place).map_err(engine_fault)?.ok_or_else(missing)?;
        leaves.push((sequence, parse(&Event::decode(&row)?.leaf)?));
    }
    Ok(leaves)
}

/// All events of an envelope, by recipient and number.
pub(super) fn of_envelope(core: &Core, envelope: EnvelopeId) -> Result<Vec<StoredEvent>, Fault> {
    let (group, mut events) = (Overlay::default(), Vec::new());
    // A transaction that writes nothing: it reads what is committed.
    let tx = Tx::new(core, &group);
    for (place, row) in tx.scan(&key::events(envelope))? {
        let (rcpt, number) = position(&place)?;
        let event = Event::decode(&row)?;
        let openings = openings(&tx, &place, &event.sealed)?;
        let log_index = tx.log_place(event.sequence)?;
        events.push(StoredEvent { rcpt, number, leaf: parse(&event.leaf)?, openings, log_index });
    }
    Ok(events)
}

/// The openings of an event that were not destroyed, in the order of their fields.
pub(super) fn openings(tx: &Tx<'_>, place: &[u8], sealed: &Sealed) -> Result<Vec<Opening>, Fault> {
    let row = tx.openings_row(place, sealed)?;
    row.map_or(Ok(Vec::new()), |row| row.open(tx.core, key::envelope_of(place), &openings_place(place)))
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

pub(super) fn damaged() -> Fault {
    Fault::ours(Status::Storage, "the row of an event can't be read")
}
