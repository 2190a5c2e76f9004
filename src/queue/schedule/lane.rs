//! An operator's lane: its jobs by priority and sender, its places, its messages a minute.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use super::{Key, Limits};
use crate::mail::Time;
use crate::queue::slot::Tag;

/// One pick in so many is of the next lower priority, so that no priority waits for ever.
const LOWER_EVERY: u32 = 8;
/// Attempts in a row that reached no server, after which the lane has one place.
const CAREFUL_FROM: u32 = 3;
/// Seconds' worth of messages that may leave at once after a rest.
const BURST_SECS: u32 = 10;

/// What a lane has to give.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Pick {
    /// Nothing, or its places are taken.
    Nothing,
    /// Something from this time on.
    Later(Time),
    /// This job.
    Job(Key),
}

/// Jobs of one priority; senders take turns.
#[derive(Debug, Default)]
struct Level {
    turns: VecDeque<Tag>,
    jobs: HashMap<Tag, BTreeSet<Key>>,
}

/// One lane.
#[derive(Debug, Default)]
pub(super) struct Lane {
    levels: BTreeMap<Reverse<i8>, Level>,
    ready: usize,
    /// Jobs given out that take a place.
    pub(super) away: usize,
    pub(super) in_turns: bool,
    failures: u32,
    picks: u32,
    /// When the next message may leave at the earliest if there were no burst, in microseconds (a leaky bucket).
    next_at: i64,
}

impl Lane {
    pub(super) fn is_idle(&self) -> bool {
        self.ready == 0 && self.away == 0
    }

    pub(super) fn has_ready(&self) -> bool {
        self.ready > 0
    }

    /// The lane without its jobs, when some of them are given out.
    pub(super) fn emptied(self) -> Option<Self> {
        (self.away > 0).then(|| Self { levels: BTreeMap::new(), ready: 0, in_turns: false, ..self })
    }

    pub(super) fn enter(&mut self, priority: i8, sender: Tag, key: Key) {
        let level = self.levels.entry(Reverse(priority)).or_default();
        let jobs = level.jobs.entry(sender).or_insert_with(|| {
            level.turns.push_back(sender);
            BTreeSet::new()
        });
        if jobs.insert(key) {
            self.ready += 1;
        }
    }

    /// Takes a job out that is not wanted any more.
    pub(super) fn withdraw(&mut self, priority: i8, sender: Tag, key: Key) {
        let Some(level) = self.levels.get_mut(&Reverse(priority)) else { return };
        let Some(jobs) = level.jobs.get_mut(&sender) else { return };
        if jobs.remove(&key) {
            self.ready -= 1;
        }
        if jobs.is_empty() {
            level.jobs.remove(&sender);
            level.turns.retain(|waiting| *waiting != sender);
        }
        if level.jobs.is_empty() {
            self.levels.remove(&Reverse(priority));
        }
    }

    /// The next job, if there is a place for it and the minute allows it.
    pub(super) fn pick(&mut self, now: Time, limits: &Limits) -> Pick {
        let places = if self.failures >= CAREFUL_FROM { 1 } else { limits.per_operator };
        if self.ready == 0 || self.away >= places {
            return Pick::Nothing;
        }
        match self.may_leave_at(now, limits.per_minute) {
            Some(later) => Pick::Later(later),
            None => self.take().map_or(Pick::Nothing, Pick::Job),
        }
    }

    /// Counts a message that is tried.
    pub(super) fn leaves(&mut self, now: Time, per_minute: u32) {
        self.away += 1;
        if per_minute > 0 {
            self.next_at = self.next_at.max(micros(now)) + interval(per_minute);
        }
    }

    fn may_leave_at(&self, now: Time, per_minute: u32) -> Option<Time> {
        if per_minute == 0 {
            return None;
        }
        let burst = i64::from((per_minute * BURST_SECS / 60).max(1) - 1) * interval(per_minute);
        let from = self.next_at - burst;
        (from > micros(now)).then(|| Time(from.div_euclid(1000) + 1))
    }

    fn take(&mut self) -> Option<Key> {
        self.picks = self.picks.wrapping_add(1);
        let lower = self.picks.is_multiple_of(LOWER_EVERY) && self.levels.len() > 1;
        let step = usize::try_from(self.picks / LOWER_EVERY).unwrap_or(0);
        let at = if lower { 1 + step % (self.levels.len() - 1) } else { 0 };
        let (&priority, level) = self.levels.iter_mut().nth(at)?;
        let sender = level.turns.pop_front()?;
        let jobs = level.jobs.get_mut(&sender)?;
        let key = jobs.pop_first()?;
        if jobs.is_empty() {
            level.jobs.remove(&sender);
        } else {
            level.turns.push_back(sender);
        }
        if level.jobs.is_empty() {
            self.levels.remove(&priority);
        }
        self.ready -= 1;
        Some(key)
    }

    pub(super) fn reached(&mut self) {
        self.failures = 0;
    }

    pub(super) fn unreached(&mut self) {
        self.failures = self.failures.saturating_add(1);
    }
}

fn micros(time: Time) -> i64 {
    time.0.saturating_mul(1000)
}

/// Microseconds from one message to the next.
fn interval(per_minute: u32) -> i64 {
    60_000_000 / i64::from(per_minute)
}
