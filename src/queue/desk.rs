//! The desk where jobs are given out: keeps the plan true to the durable index, and keeps administrators and deliveries
//! out of each other's way. What it holds in memory can be read anew from the index at any time.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use super::rows;
use super::schedule::{Job, Limits, Report, Schedule};
use super::slot::{Due, Slot, Tag};
use crate::mail::{Domain, EnvelopeId, Fault, Time};
use crate::store::{Mark, News, Store};

/// Entries of the index that are read at a time.
const READ_AT_ONCE: usize = 1000;

/// Names what the jobs of a domain share their places with: the operator that serves it.
type LaneOf = dyn Fn(&Domain) -> String + Send + Sync;

/// Gives out jobs.
pub struct Desk {
    store: Arc<Store>,
    lane_of: Box<LaneOf>,
    plan: Mutex<Plan>,
    place_free: Notify,
}

struct Plan {
    schedule: Schedule,
    read_anew: bool,
    /// News of domains that were not known when they came.
    unheard: Vec<Mark>,
}

/// A message that an administrator is changing: it is not tried until this is dropped.
pub struct Claim<'a> {
    desk: &'a Desk,
    envelope: EnvelopeId,
}

impl Desk {
    /// A desk over the queue of a store. `lane_of` names the operator of a domain.
    #[must_use]
    pub fn new(store: Arc<Store>, limits: Limits, lane_of: Box<LaneOf>) -> Self {
        let plan = Plan { schedule: Schedule::new(limits), read_anew: true, unheard: Vec::new() };
        Self { store, lane_of, plan: Mutex::new(plan), place_free: Notify::new() }
    }

    /// Keeps to other limits from now on, and asks again who serves which domain.
    pub fn reload(&self, limits: Limits) {
        let mut plan = self.plan();
        plan.schedule.set_limits(limits);
        plan.read_anew = true;
    }

    /// What is to be tried now, at most so many jobs. Each must be given back to [`Desk::end`]. Reads the store.
    ///
    /// # Errors
    /// When the index can't be read.
    pub fn begin(&self, now: Time, most: usize) -> Result<Vec<Job>, Fault> {
        let mut plan = self.plan();
        self.hear(&mut plan)?;
        self.read_more(&mut plan, now)?;
        let mut jobs = Vec::new();
        while jobs.len() < most {
            let Some(job) = plan.schedule.next(now) else { break };
            jobs.push(job);
        }
        Ok(jobs)
    }

    /// [`Desk::begin`] where that needs nothing from the store; none when it does.
    #[must_use]
    pub fn begin_from_memory(&self, now: Time, most: usize) -> Option<Vec<Job>> {
        let mut plan = self.plan();
        if plan.read_anew || !plan.schedule.short_of(now).is_empty() || !self.hear_in_memory(&mut plan) {
            return None;
        }
        Some(std::iter::from_fn(|| plan.schedule.next(now)).take(most).collect())
    }

    /// Notes what an attempt tells of the way to its domain, and lets another job have its place. To be told once for
    /// each job, before its outcomes are committed.
    pub fn learn(&self, job: &Job, report: &Report, now: Time) {
        self.plan().schedule.learn(job, report, now);
        self.place_free.notify_one();
    }

    /// Resolves when there may be something to begin: the index has changed, or a place is free.
    pub async fn changed(&self) {
        tokio::select! {
            () = self.store.queue_changed() => {}
            () = self.place_free.notified() => {}
        }
    }

    /// Takes a job back whose outcomes are committed, or could not be.
    ///
    /// # Errors
    /// When the index can't be read; the job is taken back all the same.
    pub fn end(&self, job: &Job, now: Time) -> Result<(), Fault> {
        let mut plan = self.plan();
        let heard = self.hear(&mut plan);
        plan.schedule.done(job, now);
        heard
    }

    /// When [`Desk::begin`] may give something that it does not now, if the index does not change and no job ends.
    #[must_use]
    pub fn wake_at(&self) -> Option<Time> {
        self.plan().schedule.wake_at()
    }

    /// Keeps a message from being tried, unless it is being tried just now or another administrator has it.
    #[must_use]
    pub fn claim(&self, envelope: EnvelopeId) -> Option<Claim<'_>> {
        // Not made before the claim is ours: a claim that is dropped is released.
        let claimed = self.plan().schedule.claim(envelope);
        claimed.then(|| Claim { desk: self, envelope })
    }

    /// Tries a domain again although it was not reached a moment ago.
    pub fn give_another_chance(&self, domain: Tag) {
        self.plan().schedule.give_another_chance(domain);
    }

    /// The operator that serves a domain, as the plan groups them.
    #[must_use]
    pub fn lane(&self, domain: &Domain) -> String {
        (self.lane_of)(domain)
    }

    /// Brings the plan up to date with what was committed.
    fn hear(&self, plan: &mut Plan) -> Result<(), Fault> {
        match self.store.queue_news() {
            News::ReadAnew => plan.read_anew = true,
            News::Changes(_) if plan.read_anew => {}
            News::Changes(marks) => {
                let unheard = std::mem::take(&mut plan.unheard);
                for mark in unheard.into_iter().chain(marks) {
                    match mark {
                        Mark::Put(name) => self.put(&mut plan.schedule, Slot::read(&name)?)?,
                        Mark::Gone(name) => plan.schedule.remove(&Slot::read(&name)?),
                    }
                }
            }
        }
        if plan.read_anew {
            plan.unheard.clear();
            self.read_index(&mut plan.schedule)?;
            plan.read_anew = false;
        }
        Ok(())
    }

    /// Hears the news when they are all of domains that are known; says whether they were. What was heard of them is
    /// put back to be heard in full.
    fn hear_in_memory(&self, plan: &mut Plan) -> bool {
        let News::Changes(marks) = self.store.queue_news() else {
            plan.read_anew = true;
            return false;
        };
        let mut unknown = Vec::new();
        for mark in marks {
            match &mark {
                Mark::Put(name) => match Slot::read(name) {
                    Ok(slot) if plan.schedule.knows(slot.domain) => plan.schedule.put(slot),
                    _ => unknown.push(mark),
                },
                Mark::Gone(name) => {
                    if let Ok(slot) = Slot::read(name) {
                        plan.schedule.remove(&slot);
                    }
                }
            }
        }
        plan.unheard.append(&mut unknown);
        plan.unheard.is_empty()
    }

    fn put(&self, schedule: &mut Schedule, slot: Slot) -> Result<(), Fault> {
        if !schedule.knows(slot.domain) {
            // gone since, then its going follows in the news
            let Some(item) = rows::item(&self.store, slot.envelope, slot.rcpt)? else { return Ok(()) };
            schedule.introduce(slot.domain, &(self.lane_of)(item.recipient.domain()));
        }
        schedule.put(slot);
        Ok(())
    }

    /// Reads the index from its beginning: of each domain as much as there is room for.
    fn read_index(&self, schedule: &mut Schedule) -> Result<(), Fault> {
        schedule.forget();
        let mut from = Vec::new();
        loop {
            let names = self.store.queue_marks(&from, &Slot::END, READ_AT_ONCE)?;
            let Some(last) = names.last() else { return Ok(()) };
            from = [last.as_slice(), &[0]].concat();
            for name in &names {
                let slot = Slot::read(name)?;
                self.put(schedule, slot)?;
                if slot.due == Due::Held || schedule.is_full_for(slot.domain) {
                    from = after_domain(slot.domain);
                    break;
                }
            }
        }
    }

    fn read_more(&self, plan: &mut Plan, now: Time) -> Result<(), Fault> {
        for (domain, horizon, count) in plan.schedule.short_of(now) {
            let names = self.store.queue_marks(&horizon.name(), &held(domain), count)?;
            let slots: Result<Vec<_>, _> = names.iter().map(|name| Slot::read(name)).collect();
            plan.schedule.extend(domain, horizon, &slots?, names.len() == count);
        }
        Ok(())
    }

    fn plan(&self) -> MutexGuard<'_, Plan> {
        self.plan.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Claim<'_> {
    fn drop(&mut self) {
        self.desk.plan().schedule.release(self.envelope);
    }
}

/// Where the entries of a domain end that are not held.
fn held(domain: Tag) -> Vec<u8> {
    [domain.0, [u8::MAX; 8]].concat()
}

/// Where the entries of the next domain begin.
fn after_domain(domain: Tag) -> Vec<u8> {
    [&domain.0[..], &[u8::MAX; Slot::END.len()]].concat()
}

impl std::fmt::Debug for Desk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Desk")
    }
}
