//! What the plan knows of a domain: how much of it is in memory, and whether its servers were reached.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::Key;
use crate::mail::Time;
use crate::queue::slot::{Slot, Tag};

/// Attempts in a row that reached no server, after which most jobs are deferred without one.
const TROUBLE_FROM: u32 = 3;
/// Seconds until a domain in trouble is tried again: doubled each time, up to the most.
const PAUSE_SECS: i64 = 30;
const PAUSE_MOST_SECS: i64 = 300;

/// One domain.
#[derive(Debug)]
pub(super) struct DomainView {
    pub(super) lane: Arc<str>,
    /// Recipients in memory.
    pub(super) items: usize,
    /// Jobs in memory, and those of them that wait for their time.
    pub(super) jobs: usize,
    pub(super) waiting: BTreeSet<Key>,
    /// The first entry of the index that may not be in memory; none when all are.
    pub(super) horizon: Option<Slot>,
    senders: HashMap<Tag, u32>,
    failures: u32,
    /// No attempt before this time, when it is in trouble.
    pause_until: Time,
    /// The one attempt that a domain in trouble gets is under way.
    probing: bool,
    reason: String,
    /// Jobs that were deferred while no server was reached: begun at once when one is.
    unreached: BTreeSet<Key>,
}

impl DomainView {
    pub(super) fn new(lane: Arc<str>) -> Self {
        Self {
            lane,
            items: 0,
            jobs: 0,
            waiting: BTreeSet::new(),
            horizon: None,
            senders: HashMap::new(),
            failures: 0,
            pause_until: Time::default(),
            probing: false,
            reason: String::new(),
            unreached: BTreeSet::new(),
        }
    }

    pub(super) fn is_idle(&self) -> bool {
        self.items == 0 && self.jobs == 0 && self.horizon.is_none()
    }

    pub(super) fn is_before_horizon(&self, slot: &Slot) -> bool {
        self.horizon.is_none_or(|horizon| *slot < horizon)
    }

    pub(super) fn lower_horizon(&mut self, slot: Slot) {
        self.horizon = Some(self.horizon.map_or(slot, |horizon| horizon.min(slot)));
    }

    /// A sender's recipients in memory.
    pub(super) fn of_sender(&self, sender: Tag) -> u32 {
        self.senders.get(&sender).copied().unwrap_or(0)
    }

    pub(super) fn count_in(&mut self, sender: Tag) {
        self.items += 1;
        *self.senders.entry(sender).or_default() += 1;
    }

    pub(super) fn count_out(&mut self, sender: Tag) {
        self.items -= 1;
        if let Some(count) = self.senders.get_mut(&sender) {
            *count -= 1;
            if *count == 0 {
                self.senders.remove(&sender);
            }
        }
    }

    /// Why a job is not to be tried now; begins the one attempt of a domain in trouble when its time has come.
    pub(super) fn reason_to_skip(&mut self, now: Time) -> Option<String> {
        if self.failures < TROUBLE_FROM {
            return None;
        }
        if self.probing || now < self.pause_until {
            return Some(self.reason.clone());
        }
        self.probing = true;
        None
    }

    /// The attempt that was to be made was not: another may be the one.
    pub(super) fn not_tried(&mut self) {
        self.probing = false;
    }

    /// Jobs in memory that are in their lane or given out.
    pub(super) fn busy(&self) -> usize {
        self.jobs - self.waiting.len()
    }

    pub(super) fn note_if_unreached(&mut self, key: Key, was_away: bool) {
        if self.failures > 0 && was_away {
            self.unreached.insert(key);
        }
    }

    /// A server was reached: gives the jobs that waited for that.
    pub(super) fn reached(&mut self) -> BTreeSet<Key> {
        self.failures = 0;
        self.probing = false;
        std::mem::take(&mut self.unreached)
    }

    pub(super) fn unreached(&mut self, reason: String, now: Time) {
        self.reason = reason;
        // Attempts that were begun together fail together: they count as one.
        if self.failures < TROUBLE_FROM || now >= self.pause_until {
            self.failures += 1;
            let doublings = self.failures.saturating_sub(TROUBLE_FROM).min(8);
            self.pause_until = now.plus_secs((PAUSE_SECS << doublings).min(PAUSE_MOST_SECS));
        }
        self.probing = false;
    }
}
