//! The line in which leaves wait for the log, and where they stand in it afterwards. Every leaf gets the next number; a
//! group of writes notes the places of all its leaves together, in one row or a few, and so does the log's writer when it
//! has taken them: what is written once for many costs next to nothing for each.
//!
//! ```text
//! number:   0 … 41 │ 42 … 47 │ 48 …
//!           in the log (`i`: their places there) │ waiting (`p`: the keys of their rows)
//! ```

use serde::{Deserialize, Serialize};

use super::engine::VALUE_MAX;
use super::rows::key;
use super::tx::{Overlay, Tx};
use crate::mail::{EnvelopeId, Fault};

/// Bytes of a place in the line: the key of an event without its letter.
const PLACE: usize = 16 + 2 + 4;
/// Places in one row.
const PLACES: usize = VALUE_MAX / PLACE;
/// Bytes of a delivery that is not closed.
const DELIVERY: usize = 16 + 2;
/// Deliveries in one row.
const DELIVERIES: usize = VALUE_MAX / DELIVERY;
/// Numbers whose places in the log stand in one row.
const NUMBERS: u64 = 1024;

/// A leaf that waits: its number, and the key of its row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Waiting {
    pub(super) sequence: u64,
    pub(super) place: Vec<u8>,
}

/// A delivery whose chain is not closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Unclosed {
    /// The day since 1970 on which it was made.
    pub day: u32,
    /// The number of the row that has it.
    pub(super) row: u64,
    /// The envelope.
    pub envelope: EnvelopeId,
    /// The recipient.
    pub rcpt: u16,
}

/// Leaves whose numbers and places in the log follow each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Run {
    first: u64,
    count: u64,
    index: u64,
}

impl Overlay {
    /// Writes down what the jobs of a group noted together.
    pub(super) fn write_down(&mut self) {
        for places in std::mem::take(&mut self.waiting).chunks(PLACES) {
            let bytes = places.iter().flat_map(|waiting| waiting.place[1..].iter().copied()).collect();
            self.rows.insert(key::pending(places[0].sequence), Some(bytes));
        }
        let unclosed = std::mem::take(&mut self.unclosed);
        for day in unclosed.chunk_by(|a, b| a.day == b.day) {
            for deliveries in day.chunks(DELIVERIES) {
                let first = deliveries[0];
                self.rows.insert(key::unclosed(first.day, first.row), Some(encode_deliveries(deliveries)));
            }
        }
    }
}

/// The row of some deliveries.
pub(super) fn encode_deliveries(deliveries: &[Unclosed]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(deliveries.len() * DELIVERY);
    for Unclosed { envelope, rcpt, .. } in deliveries {
        bytes.extend_from_slice(&envelope.0);
        bytes.extend_from_slice(&rcpt.to_be_bytes());
    }
    bytes
}

/// The deliveries of a row; nothing of a row that is none.
pub(super) fn deliveries(place: &[u8], row: &[u8]) -> Vec<Unclosed> {
    let head = place.strip_prefix(b"zc").and_then(|rest| rest.split_first_chunk::<4>());
    let Some((day, number)) = head.and_then(|(day, number)| Some((day, number.first_chunk::<8>()?))) else {
        return Vec::new();
    };
    let (day, number) = (u32::from_be_bytes(*day), u64::from_be_bytes(*number));
    let delivery = |bytes: &[u8; DELIVERY]| {
        let (envelope, rcpt) = (bytes[..16].try_into().unwrap_or_default(), [bytes[16], bytes[17]]);
        Unclosed { day, row: number, envelope: EnvelopeId(envelope), rcpt: u16::from_be_bytes(rcpt) }
    };
    row.as_chunks::<DELIVERY>().0.iter().map(delivery).collect()
}

/// The places in a row of the line, with their numbers.
pub(super) fn places(row_key: &[u8], row: &[u8]) -> Vec<Waiting> {
    let Some(first) = key::tail::<8>(row_key).map(u64::from_be_bytes) else { return Vec::new() };
    let places = row.as_chunks::<PLACE>().0.iter();
    let whole = |place: &[u8; PLACE]| [b"e".as_slice(), place].concat();
    (first..).zip(places).map(|(sequence, place)| Waiting { sequence, place: whole(place) }).collect()
}

impl Tx<'_> {
    /// The number of the first leaf that is not in the log.
    pub(super) fn in_the_log(&self) -> Result<u64, Fault> {
        Ok(self.row("the line's beginning", &key::in_the_log())?.unwrap_or_default())
    }

    /// All leaves that wait, those of this group of writes included.
    pub(super) fn all_waiting(&self) -> Result<Vec<Waiting>, Fault> {
        let from = self.in_the_log()?;
        let rows = self.scan(&key::pending_prefix())?;
        let noted = rows.iter().flat_map(|(row_key, row)| places(row_key, row));
        let new = self.uncommitted().flat_map(|overlay| overlay.waiting.iter().cloned());
        Ok(noted.chain(new).filter(|waiting| waiting.sequence >= from).collect())
    }

    /// All deliveries that are not closed, those of this group of writes included.
    pub(super) fn all_unclosed(&self) -> Result<Vec<Unclosed>, Fault> {
        let rows = self.scan(&key::all_unclosed())?;
        let noted = rows.iter().flat_map(|(place, row)| deliveries(place, row));
        Ok(noted.chain(self.uncommitted().flat_map(|overlay| overlay.unclosed.iter().copied())).collect())
    }

    /// Makes leaves no longer wait: each number with the leaf's index in the log, in the order of the line. To do it
    /// twice changes nothing.
    ///
    /// # Errors
    /// `Storage`.
    // [proofs#log]
    pub fn mark_recorded(&mut self, marks: &[(u64, u64)]) -> Result<(), Fault> {
        let from = self.in_the_log()?;
        let mut end = from;
        for run in runs(marks.iter().copied().filter(|(sequence, _)| *sequence >= from)) {
            if run.first != end {
                break;
            }
            end += run.count;
            self.put_run(run)?;
        }
        self.put_row(key::in_the_log(), &end);
        for (row_key, row) in self.scan_range(&key::pending(0), &key::pending(end), usize::MAX)? {
            if places(&row_key, &row).last().is_none_or(|last| last.sequence < end) {
                self.delete(row_key);
            }
        }
        Ok(())
    }

    /// Notes where a run stands, each part of it in the row of its numbers.
    fn put_run(&mut self, run: Run) -> Result<(), Fault> {
        let (mut first, end) = (run.first, run.first + run.count);
        while first < end {
            let numbers = first / NUMBERS;
            let count = end.min((numbers + 1) * NUMBERS) - first;
            let part = Run { first, count, index: run.index + (first - run.first) };
            let mut known: Vec<Run> = self.row("places in the log", &key::log_places(numbers))?.unwrap_or_default();
            match known.last_mut() {
                Some(last) if last.first + last.count == first && last.index + last.count == part.index => {
                    last.count += count;
                }
                _ => known.push(part),
            }
            self.put_row(key::log_places(numbers), &known);
            first += count;
        }
        Ok(())
    }

    /// Where the leaf with this number stands in the log; none while it waits.
    pub(super) fn log_place(&self, sequence: u64) -> Result<Option<u64>, Fault> {
        let known: Vec<Run> = self.row("places in the log", &key::log_places(sequence / NUMBERS))?.unwrap_or_default();
        let run = known.iter().find(|run| (run.first..run.first + run.count).contains(&sequence));
        Ok(run.map(|run| run.index + (sequence - run.first)))
    }
}

/// Numbers and indices that grow together, together.
fn runs(marks: impl Iterator<Item = (u64, u64)>) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for (first, index) in marks {
        match runs.last_mut() {
            Some(last) if last.first + last.count == first && last.index + last.count == index => last.count += 1,
            _ => runs.push(Run { first, count: 1, index }),
        }
    }
    runs
}
