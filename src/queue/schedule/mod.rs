//! What is tried next: a pure data structure, fed with entries of the index and asked for jobs. No clock, no store, no
//! network.
//!
//! A job is one message for one domain. Jobs wait for their time; then they stand in the *lane* of the operator that
//! serves the domain, there among those of their sender. Lanes take turns, and in a lane senders take turns, so that
//! neither a slow operator nor a sender of thousands keeps others waiting. A lane has so many places and so many
//! messages a minute.
//!
//! Memory is bounded. What is not in memory lies in the index beyond a domain's *horizon*: all entries of the domain
//! before it are known here, and those from it on are read when there is room. A sender's first jobs are taken in
//! beyond the horizon too, so that it is not behind a thousand of another's.

mod domain;
mod lane;
#[cfg(test)]
mod tests;
mod turns;

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Arc;

use domain::DomainView;
use lane::Lane;

use super::slot::{Due, Slot, Tag};
use crate::mail::{EnvelopeId, Time};

/// Domains that are remembered although nothing is queued for them: more than the white list has.
const DOMAINS_KEPT: usize = 20_000;
/// Recipients that a sender may have in memory for a domain although the domain has its share already.
const FAIR_SHARE: u32 = 32;
/// A job whose message an administrator is changing, or another job of which is under way, is looked at again then.
const BLOCKED_SECS: i64 = 1;
/// A job whose outcome could not be recorded is begun again then.
const UNRECORDED_SECS: i64 = 30;

/// What the plan keeps to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Jobs of one operator at the same time.
    pub per_operator: usize,
    /// Messages for one operator in a minute; 0 for no limit.
    pub per_minute: u32,
    /// Recipients in memory, about 300 bytes each.
    pub in_memory: usize,
}

impl Limits {
    /// Recipients of one domain in memory.
    const fn window(&self) -> usize {
        self.in_memory.div_ceil(8)
    }

    /// Recipients in memory with those that are there for fairness only.
    const fn hard(&self) -> usize {
        self.in_memory + self.in_memory / 4
    }
}

/// One message for one domain, to be tried now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// The domain.
    pub domain: Tag,
    /// The envelope.
    pub envelope: EnvelopeId,
    /// The recipients' numbers, ascending.
    pub rcpts: Vec<u16>,
    /// Why it need not be tried: the domain was not reached a moment ago, again and again. It is deferred for this.
    pub skip: Option<String>,
    key: Key,
    lane: Arc<str>,
}

/// What a job's attempt tells of the way to its domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Report {
    /// A server of the domain answered for the message, whatever it said.
    Reached,
    /// No server did, for this reason.
    Unreached(String),
    /// Nothing was tried.
    NotTried,
}

/// Where a job stands among those that wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Key {
    due: Time,
    domain: Tag,
    envelope: EnvelopeId,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Until this time.
    Waiting(Time),
    /// In its lane.
    Ready,
    /// Given out.
    Away,
}

#[derive(Debug)]
struct Entry {
    sender: Tag,
    priority: i8,
    rcpts: Vec<u16>,
    state: State,
}

/// The plan.
#[derive(Debug)]
pub struct Schedule {
    limits: Limits,
    jobs: HashMap<Key, Entry>,
    waiting: BTreeSet<(Time, Key)>,
    domains: HashMap<Tag, DomainView>,
    /// Domains with a horizon.
    beyond: BTreeSet<Tag>,
    lanes: HashMap<Arc<str>, Lane>,
    /// Lanes that may have something to give, in turn.
    turns: VecDeque<Arc<str>>,
    /// Lanes that have used up their minute.
    resting: BTreeSet<(Time, Arc<str>)>,
    /// Domains of messages with jobs that are given out.
    away: HashMap<EnvelopeId, Vec<Tag>>,
    /// Messages that an administrator is changing.
    claimed: BTreeSet<EnvelopeId>,
    /// Recipients in memory.
    items: usize,
}

impl Schedule {
    /// An empty plan.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            jobs: HashMap::new(),
            waiting: BTreeSet::new(),
            domains: HashMap::new(),
            beyond: BTreeSet::new(),
            lanes: HashMap::new(),
            turns: VecDeque::new(),
            resting: BTreeSet::new(),
            away: HashMap::new(),
            claimed: BTreeSet::new(),
            items: 0,
        }
    }

    /// Keeps to other limits from now on.
    pub fn set_limits(&mut self, limits: Limits) {
        self.limits = limits;
        // What rested under the old rate looks again.
        let resting = std::mem::take(&mut self.resting);
        resting.into_iter().for_each(|(_, lane)| self.take_turns(&lane));
        let lanes: Vec<_> = self.lanes.keys().cloned().collect();
        lanes.iter().for_each(|lane| self.take_turns(lane));
    }

    /// Recipients in memory.
    #[must_use]
    pub fn items(&self) -> usize {
        self.items
    }

    /// Whether the domain's operator is known.
    #[must_use]
    pub fn knows(&self, domain: Tag) -> bool {
        self.domains.contains_key(&domain)
    }

    /// Whether the domain has entries that are not in memory.
    #[must_use]
    pub fn is_full_for(&self, domain: Tag) -> bool {
        self.beyond.contains(&domain)
    }

    /// Tells the operator of a domain, or whatever else its jobs share their places with.
    pub fn introduce(&mut self, domain: Tag, lane: &str) {
        if self.domains.len() >= DOMAINS_KEPT {
            self.prune();
        }
        let lane = match self.lanes.get_key_value(lane) {
            Some((known, _)) => Arc::clone(known),
            None => Arc::from(lane),
        };
        self.lanes.entry(Arc::clone(&lane)).or_default();
        self.domains.entry(domain).or_insert_with(|| DomainView::new(lane));
    }

    /// An entry of the index. One of a domain that was not introduced is left out, as is one that is held.
    pub fn put(&mut self, slot: Slot) {
        let Due::At(due) = slot.due else { return };
        let key = Key { due, domain: slot.domain, envelope: slot.envelope };
        let known = self.jobs.get(&key).is_some_and(|entry| entry.rcpts.binary_search(&slot.rcpt).is_ok());
        if !known && self.admit(&slot, due) {
            self.add(key, &slot);
        }
    }

    /// Whether there is room for an entry; without room it lies beyond the horizon.
    fn admit(&mut self, slot: &Slot, due: Time) -> bool {
        let (limits, items) = (self.limits, self.items);
        let Some(domain) = self.domains.get(&slot.domain) else { return false };
        if domain.of_sender(slot.sender) < FAIR_SHARE && items < limits.hard() {
            return true;
        }
        let last_of_domain = domain.waiting.last().copied();
        let last_of_all = self.waiting.last().map(|(_, key)| *key);
        let room = domain.is_before_horizon(slot)
            && (domain.items < limits.window() || self.send_back(last_of_domain, due))
            && (items < limits.in_memory || self.send_back(last_of_all, due));
        if !room {
            self.lower_horizon(*slot);
        }
        room
    }

    /// Sends a job that waits back beyond its domain's horizon, if it is due later than this.
    fn send_back(&mut self, key: Option<Key>, due: Time) -> bool {
        let Some(key) = key.filter(|key| key.due > due) else { return false };
        let Some(entry) = self.jobs.get(&key) else { return false };
        let (sender, priority, rcpts) = (entry.sender, entry.priority, entry.rcpts.clone());
        let (domain, due, envelope) = (key.domain, Due::At(key.due), key.envelope);
        let slots = rcpts.iter().map(|&rcpt| Slot { domain, due, envelope, rcpt, sender, priority });
        for slot in slots {
            self.lower_horizon(slot);
            self.remove(&slot);
        }
        true
    }

    fn lower_horizon(&mut self, slot: Slot) {
        if let Some(domain) = self.domains.get_mut(&slot.domain) {
            domain.lower_horizon(slot);
            self.beyond.insert(slot.domain);
        }
    }

    fn add(&mut self, key: Key, slot: &Slot) {
        let Some(domain) = self.domains.get_mut(&slot.domain) else { return };
        domain.count_in(slot.sender);
        domain.note_if_unreached(key, self.away.get(&key.envelope).is_some_and(|away| away.contains(&key.domain)));
        self.items += 1;
        let waiting = &mut self.waiting;
        let entry = self.jobs.entry(key).or_insert_with(|| {
            waiting.insert((key.due, key));
            domain.waiting.insert(key);
            domain.jobs += 1;
            let state = State::Waiting(key.due);
            Entry { sender: slot.sender, priority: slot.priority, rcpts: Vec::with_capacity(1), state }
        });
        if let Err(at) = entry.rcpts.binary_search(&slot.rcpt) {
            entry.rcpts.insert(at, slot.rcpt);
        }
    }

    /// An entry that is no longer in the index.
    pub fn remove(&mut self, slot: &Slot) {
        let Due::At(due) = slot.due else { return };
        let key = Key { due, domain: slot.domain, envelope: slot.envelope };
        let Some(entry) = self.jobs.get_mut(&key) else { return };
        let Ok(at) = entry.rcpts.binary_search(&slot.rcpt) else { return };
        entry.rcpts.remove(at);
        self.items -= 1;
        if let Some(domain) = self.domains.get_mut(&slot.domain) {
            domain.count_out(slot.sender);
        }
        // One that is away stays until it is back.
        if entry.rcpts.is_empty() && entry.state != State::Away {
            self.take_out(key);
        }
    }

    /// Forgets a job that is not away.
    fn take_out(&mut self, key: Key) {
        let Some(entry) = self.jobs.remove(&key) else { return };
        if let Some(domain) = self.domains.get_mut(&key.domain) {
            domain.jobs -= 1;
        }
        match entry.state {
            State::Waiting(when) => self.no_longer_waiting(when, key),
            State::Ready => {
                if let Some(lane) = self.lane_of(key.domain) {
                    lane.withdraw(entry.priority, entry.sender, key);
                }
            }
            State::Away => {}
        }
    }

    /// Forgets domains that have nothing left, and lanes that nobody stands in.
    fn prune(&mut self) {
        let away: BTreeSet<Tag> = self.away.values().flatten().copied().collect();
        self.domains.retain(|tag, domain| !domain.is_idle() || away.contains(tag));
        let used: BTreeSet<&Arc<str>> = self.domains.values().map(|domain| &domain.lane).collect();
        self.lanes.retain(|name, lane| used.contains(name) || !lane.is_idle());
    }

    fn lane_of(&mut self, domain: Tag) -> Option<&mut Lane> {
        self.lanes.get_mut(&self.domains.get(&domain)?.lane)
    }

    fn wait(&mut self, key: Key, until: Time) {
        let Some(entry) = self.jobs.get_mut(&key) else { return };
        let before = std::mem::replace(&mut entry.state, State::Waiting(until));
        if let State::Waiting(when) = before {
            self.waiting.remove(&(when, key));
        }
        self.waiting.insert((until, key));
        if let Some(domain) = self.domains.get_mut(&key.domain) {
            domain.waiting.insert(key);
        }
    }

    fn no_longer_waiting(&mut self, when: Time, key: Key) {
        self.waiting.remove(&(when, key));
        if let Some(domain) = self.domains.get_mut(&key.domain) {
            domain.waiting.remove(&key);
        }
    }
}
