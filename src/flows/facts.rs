//! Facts about the operator, and notices: events that no message's way through the flows makes by itself.

use std::sync::Arc;
use std::time::Duration;

use crate::mail::{AccountId, EnvelopeId, Fault, Time};
use crate::seal::event::{Draft, EventKind, LeafHash, Plain, Via};
use crate::store::{Store, Subject, Tx};

/// Milliseconds by which the wall clock may gain or lose between two looks: what NTP corrects without a jump.
const TOLERANCE_MS: i64 = 1000;
/// The largest offset that a leaf says, some 49 days.
const OFFSET_MAX: i64 = u32::MAX as i64;

/// What readers of the log must know of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Incident {
    /// A commit failed: the store wrote nothing more until the server started anew.
    StoreReadOnly,
    /// A start mended the rows after a kill or a loss of power.
    StoreRecovered,
    /// A start found leaves in the log behind the last checkpoint, or a torn one.
    LedgerRecovered,
    /// A witness has seen another log than ours, or more of it.
    WitnessConflict,
    /// A peer's log showed two states of one size.
    SplitView,
    /// A log that was held was left as it is, and another begun beside it.
    LogBegunAgain,
    /// The data come from a backup.
    Restored,
    /// Messages were salvaged from segments.
    Salvage,
    /// A login was refused so often that the rest of the day's refusals are not recorded.
    RefusalsUnrecorded,
}

impl Incident {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::StoreReadOnly,
        Self::StoreRecovered,
        Self::LedgerRecovered,
        Self::WitnessConflict,
        Self::SplitView,
        Self::LogBegunAgain,
        Self::Restored,
        Self::Salvage,
        Self::RefusalsUnrecorded,
    ];

    /// The word in the leaf.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::StoreReadOnly => "store-read-only",
            Self::StoreRecovered => "store-recovered",
            Self::LedgerRecovered => "ledger-recovered",
            Self::WitnessConflict => "witness-conflict",
            Self::SplitView => "split-view",
            Self::LogBegunAgain => "log-begun-again",
            Self::Restored => "restored",
            Self::Salvage => "salvage",
            Self::RefusalsUnrecorded => "refusals-unrecorded",
        }
    }

    /// The one with this word.
    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|incident| incident.code() == code)
    }
}

/// Records facts about the operator.
pub struct Facts {
    store: Arc<Store>,
}

impl Facts {
    /// Over this store.
    #[must_use]
    pub fn new(store: Arc<Store>) -> Self {
        Self { store }
    }

    /// Records an incident.
    ///
    /// # Errors
    /// `Storage`.
    // [proofs#events]
    pub async fn incident(&self, incident: Incident) -> Result<(), Fault> {
        self.store.write(move |tx| record_incident(tx, incident).map(drop)).await
    }

    /// Records by how many milliseconds the clock was wrong, positive when it was ahead.
    ///
    /// # Errors
    /// `Storage`.
    // [proofs#events]
    pub async fn clock(&self, offset: i64) -> Result<(), Fault> {
        let offset = offset.clamp(-OFFSET_MAX, OFFSET_MAX).to_string();
        let fact = Draft::of_operator(EventKind::Clock).plain(Plain::Offset, offset);
        self.store.write(move |tx| tx.record_event(fact, Subject::Envelope).map(drop)).await
    }
}

/// Records an incident within the transaction of what it is about.
///
/// # Errors
/// `Storage`.
pub fn record_incident(tx: &mut Tx<'_>, incident: Incident) -> Result<LeafHash, Fault> {
    tx.record_event(Draft::of_operator(EventKind::Incident).plain(Plain::Code, incident.code()), Subject::Envelope)
}

/// Records that a notice of a message went to a person's ordinary address, within the transaction that sends it. Where
/// notices are made, this is called.
///
/// # Errors
/// `Storage`.
// [proofs#events]
pub fn record_notice(
    tx: &mut Tx<'_>,
    account: AccountId,
    (envelope, rcpt): (EnvelopeId, u16),
) -> Result<LeafHash, Fault> {
    let notice = Draft::new(EventKind::Notify, envelope).rcpt(rcpt).via(Via::Server);
    tx.record_event(notice, Subject::Account(account))
}

/// Compares the wall clock with one that only ever runs forward.
#[derive(Debug, Clone, Copy)]
pub struct ClockWatch {
    wall: Time,
    steady: Duration,
}

impl ClockWatch {
    /// Begins at this reading of both.
    #[must_use]
    pub const fn new(wall: Time, steady: Duration) -> Self {
        Self { wall, steady }
    }

    /// Takes the next reading. When the wall clock was set meanwhile, gives by how many milliseconds it had been wrong:
    /// positive when it was ahead and went back.
    pub fn look(&mut self, wall: Time, steady: Duration) -> Option<i64> {
        let elapsed = i64::try_from(steady.saturating_sub(self.steady).as_millis()).unwrap_or(i64::MAX);
        let offset = self.wall.0.saturating_add(elapsed).saturating_sub(wall.0);
        *self = Self::new(wall, steady);
        (offset.abs() > TOLERANCE_MS).then_some(offset)
    }

    /// What a start says of the clock: nothing unless it is behind the last thing that was recorded before.
    #[must_use]
    pub fn at_start(now: Time, last_recorded: Option<Time>) -> Option<i64> {
        let behind = last_recorded?.0.saturating_sub(now.0);
        (behind > TOLERANCE_MS).then_some(behind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_is_set_is_noticed_and_one_that_is_slewed_is_not() {
        let begun = Time(1_795_341_303_000);
        let mut watch = ClockWatch::new(begun, Duration::ZERO);
        let mut wall = begun.0;
        for (seconds, moved, expected) in [
            (10, 0, None),
            (20, 900, None),
            (30, -900, None),
            (40, -5000, Some(5000)),
            (50, 0, None),
            (60, 3_600_000, Some(-3_600_000)),
            (70, 0, None),
        ] {
            wall += 10_000 + moved;
            assert_eq!(watch.look(Time(wall), Duration::from_secs(seconds)), expected, "after {seconds} s");
        }
    }

    #[test]
    fn a_start_tells_of_a_clock_behind_the_last_record_only() {
        let now = Time(1_795_341_303_000);
        assert_eq!(ClockWatch::at_start(now, None), None);
        assert_eq!(ClockWatch::at_start(now, Some(Time(now.0 - 1))), None);
        assert_eq!(ClockWatch::at_start(now, Some(Time(now.0 + 60_000))), Some(60_000));
    }

    #[test]
    fn codes_are_words_of_the_log() {
        for incident in Incident::ALL {
            assert!(Plain::Code.accepts(incident.code()));
            assert_eq!(Incident::parse(incident.code()), Some(incident));
        }
    }
}
