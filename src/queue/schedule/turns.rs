//! Whose turn it is: jobs given out and taken back, and what was learnt of the way to their domains.

use std::sync::Arc;

use super::lane::Pick;
use super::{BLOCKED_SECS, Entry, Job, Key, Report, Schedule, State, UNRECORDED_SECS};
use crate::mail::{EnvelopeId, Time};
use crate::queue::slot::{Due, Slot, Tag};

impl Schedule {
    /// The next job, which is away until it is given back to [`Schedule::done`]. None when nothing is due, or what is
    /// due has no place.
    pub fn next(&mut self, now: Time) -> Option<Job> {
        self.promote(now);
        loop {
            let name = self.turns.pop_front()?;
            let lane = self.lanes.get_mut(&name)?;
            lane.in_turns = false;
            match lane.pick(now, &self.limits) {
                Pick::Nothing => {}
                Pick::Later(time) => drop(self.resting.insert((time, name))),
                Pick::Job(key) => {
                    self.take_turns(&name);
                    if let Some(job) = self.give(key, &name, now) {
                        return Some(job);
                    }
                }
            }
        }
    }

    /// Lets what is due into its lane.
    fn promote(&mut self, now: Time) {
        while let Some((when, key)) = self.waiting.first().copied().filter(|(when, _)| *when <= now) {
            self.no_longer_waiting(when, key);
            let Some(entry) = self.jobs.get_mut(&key) else { continue };
            entry.state = State::Ready;
            let (priority, sender) = (entry.priority, entry.sender);
            let Some(name) = self.domains.get(&key.domain).map(|domain| Arc::clone(&domain.lane)) else { continue };
            self.lanes.entry(Arc::clone(&name)).or_default().enter(priority, sender, key);
            self.take_turns(&name);
        }
        while let Some((when, name)) = self.resting.first().cloned().filter(|(when, _)| *when <= now) {
            self.resting.remove(&(when, Arc::clone(&name)));
            self.take_turns(&name);
        }
    }

    pub(super) fn take_turns(&mut self, name: &Arc<str>) {
        if let Some(lane) = self.lanes.get_mut(name)
            && !lane.in_turns
            && lane.has_ready()
        {
            lane.in_turns = true;
            self.turns.push_back(Arc::clone(name));
        }
    }

    /// Gives a job out that was picked, unless its message is in other hands.
    fn give(&mut self, key: Key, lane: &Arc<str>, now: Time) -> Option<Job> {
        let away = self.away.get(&key.envelope).is_some_and(|domains| domains.contains(&key.domain));
        if away || self.claimed.contains(&key.envelope) {
            self.wait(key, now.plus_secs(BLOCKED_SECS));
            return None;
        }
        let entry = self.jobs.get_mut(&key)?;
        entry.state = State::Away;
        let rcpts = entry.rcpts.clone();
        let skip = self.domains.get_mut(&key.domain)?.reason_to_skip(now);
        if skip.is_none()
            && let Some(lane) = self.lanes.get_mut(lane)
        {
            lane.leaves(now, self.limits.per_minute);
        }
        self.away.entry(key.envelope).or_default().push(key.domain);
        let (domain, envelope, lane) = (key.domain, key.envelope, Arc::clone(lane));
        Some(Job { domain, envelope, rcpts, skip, key, lane })
    }

    /// Notes what an attempt tells of the way to its domain, and that its place is free. To be told once for each job,
    /// and before the news of its outcomes are.
    pub fn learn(&mut self, job: &Job, report: &Report, now: Time) {
        let Some(lane) = self.lanes.get_mut(&job.lane) else { return };
        if job.skip.is_none() {
            lane.away = lane.away.saturating_sub(1);
        }
        let Some(domain) = self.domains.get_mut(&job.domain) else { return };
        match report {
            Report::NotTried if job.skip.is_none() => domain.not_tried(),
            Report::NotTried => {}
            Report::Reached => {
                lane.reached();
                let unreached = domain.reached();
                for key in unreached {
                    if let Some(Entry { state: State::Waiting(_), .. }) = self.jobs.get(&key) {
                        self.wait(key, now);
                    }
                }
            }
            Report::Unreached(reason) => {
                lane.unreached();
                domain.unreached(reason.clone(), now);
            }
        }
        self.take_turns(&job.lane);
    }

    /// Forgets that a domain was not reached.
    pub fn give_another_chance(&mut self, domain: Tag) {
        if let Some(view) = self.domains.get_mut(&domain) {
            view.reached();
        }
    }

    /// Takes a job back. The news of its outcomes must have been told before; recipients of whom there are none are
    /// tried again.
    pub fn done(&mut self, job: &Job, now: Time) {
        if let Some(domains) = self.away.get_mut(&job.envelope) {
            if let Some(at) = domains.iter().position(|domain| *domain == job.domain) {
                domains.swap_remove(at);
            }
            if domains.is_empty() {
                self.away.remove(&job.envelope);
            }
        }
        match self.jobs.get(&job.key) {
            Some(entry) if entry.state == State::Away && entry.rcpts.is_empty() => self.take_out(job.key),
            Some(entry) if entry.state == State::Away => self.wait(job.key, now.plus_secs(UNRECORDED_SECS)),
            _ => {}
        }
        self.take_turns(&job.lane);
    }

    /// Keeps a message from being tried while an administrator changes it. None when it is just being tried, or
    /// somebody else changes it.
    pub fn claim(&mut self, envelope: EnvelopeId) -> bool {
        !self.away.contains_key(&envelope) && self.claimed.insert(envelope)
    }

    /// Ends a claim.
    pub fn release(&mut self, envelope: EnvelopeId) {
        self.claimed.remove(&envelope);
    }

    /// When [`Schedule::next`] may have something that it has not now, if nothing is told until then.
    #[must_use]
    pub fn wake_at(&self) -> Option<Time> {
        let beyond = self.beyond.iter().filter_map(|tag| match self.domains.get(tag)?.horizon?.due {
            Due::At(time) => Some(time),
            Due::Held => None,
        });
        let waiting = self.waiting.first().map(|(when, _)| *when);
        let resting = self.resting.first().map(|(when, _)| *when);
        beyond.chain(waiting).chain(resting).min()
    }

    /// Domains of which more should be in memory, each with its horizon: entries from there on are to be read, at most
    /// so many, and given to [`Schedule::extend`].
    #[must_use]
    pub fn short_of(&self, now: Time) -> Vec<(Tag, Slot, usize)> {
        let (window, in_memory) = (self.limits.window(), self.limits.in_memory);
        let short = |tag: &Tag| {
            let domain = self.domains.get(tag)?;
            let horizon = domain.horizon?;
            let is_due = matches!(horizon.due, Due::At(time) if time <= now);
            let wanted =
                (is_due && domain.busy() <= window / 2) || (self.items < in_memory / 2 && domain.items <= window / 2);
            (wanted && self.items < self.limits.hard()).then_some((*tag, horizon, window.div_ceil(2)))
        };
        self.beyond.iter().filter_map(short).collect()
    }

    /// Takes what was read of a domain from its horizon on, as [`Schedule::short_of`] told it; `more` when there were
    /// more entries than asked for. A horizon that was lowered meanwhile stays.
    pub fn extend(&mut self, domain: Tag, horizon: Slot, slots: &[Slot], more: bool) {
        if let Some(view) = self.domains.get_mut(&domain)
            && view.horizon == Some(horizon)
        {
            view.horizon = None;
            self.beyond.remove(&domain);
        }
        slots.iter().for_each(|slot| self.put(*slot));
        if let (true, Some(last)) = (more, slots.last()) {
            self.lower_horizon(*last);
        }
    }

    /// Forgets everything but what is given out or claimed, to be told anew.
    pub fn forget(&mut self) {
        let lanes = std::mem::take(&mut self.lanes);
        let (limits, given, claimed) = (self.limits, std::mem::take(&mut self.away), std::mem::take(&mut self.claimed));
        *self = Self { away: given, claimed, ..Self::new(limits) };
        // Who is away will come back to its lane. What is still in the index is told anew, and blocked until then.
        self.lanes = lanes.into_iter().filter_map(|(name, lane)| Some((name, lane.emptied()?))).collect();
    }
}
