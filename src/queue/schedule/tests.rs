//! The plan against a model of the index, and what fairness means in figures.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;

const LIMITS: Limits = Limits { per_operator: 2, per_minute: 0, in_memory: 10_000 };

fn slot(domain: u8, due: i64, envelope: u32, sender: u8, priority: i8) -> Slot {
    let mut id = [0; 16];
    id[..4].copy_from_slice(&envelope.to_be_bytes());
    Slot {
        domain: Tag([domain; 8]),
        due: Due::At(Time(due)),
        envelope: EnvelopeId(id),
        rcpt: 1,
        sender: Tag([sender; 8]),
        priority,
    }
}

fn plan(limits: Limits, domains: u8) -> Schedule {
    let mut plan = Schedule::new(limits);
    (0..domains).for_each(|domain| plan.introduce(Tag([domain; 8]), &format!("operator {domain}")));
    plan
}

/// The entry of a job with one recipient.
fn entry(job: &Job, of: &BTreeSet<Slot>) -> Slot {
    *of.iter().find(|slot| slot.envelope == job.envelope && slot.domain == job.domain).unwrap()
}

#[test]
fn lanes_take_turns_and_have_so_many_places() {
    let mut plan = plan(LIMITS, 3);
    for number in 0..100 {
        plan.put(slot(0, 0, number, 0, 0));
    }
    plan.put(slot(1, 5, 200, 0, 0));
    plan.put(slot(2, 5, 201, 0, 0));
    let given: Vec<u8> = std::iter::from_fn(|| plan.next(Time(10))).map(|job| job.domain.0[0]).collect();
    assert_eq!(given, [0, 1, 2, 0], "the thousand of one operator do not stand before the others");
    assert_eq!(plan.next(Time(10)), None);
}

#[test]
fn senders_take_turns_and_priorities_go_first_without_shutting_others_out() {
    let mut plan = plan(Limits { per_operator: usize::MAX, ..LIMITS }, 1);
    for number in 0..40 {
        plan.put(slot(0, 0, number, 1, 0));
    }
    plan.put(slot(0, 0, 100, 2, 0));
    for number in 200..240 {
        plan.put(slot(0, 0, number, 3, 5));
    }
    let mut given = Vec::new();
    let all: Vec<_> = std::iter::from_fn(|| plan.next(Time(1))).collect();
    for job in &all {
        let number = u32::from_be_bytes([job.envelope.0[0], job.envelope.0[1], job.envelope.0[2], job.envelope.0[3]]);
        given.push(number);
    }
    assert_eq!(given.len(), 81);
    assert!(given[..7].iter().all(|number| *number >= 200), "the urgent ones first: {given:?}");
    assert_eq!(given[..40].iter().filter(|number| **number < 200).count(), 5, "one in eight is not urgent");
    let second = given.iter().position(|number| *number == 100).unwrap();
    assert!(second < 20, "the other sender is not behind forty: {second}");
}

#[test]
fn a_minute_has_so_many_messages() {
    let limits = Limits { per_operator: usize::MAX, per_minute: 60, ..LIMITS };
    let mut plan = plan(limits, 1);
    for number in 0..200 {
        plan.put(slot(0, 0, number, 0, 0));
    }
    let mut given = 0;
    let mut now = 1_000_000;
    let begun = now;
    while now < begun + 60_000 {
        while plan.next(Time(now)).is_some() {
            given += 1;
        }
        now = plan.wake_at().unwrap().0.max(now + 1);
    }
    assert!((60..=70).contains(&given), "{given} in the first minute, with its burst");
    plan.set_limits(LIMITS);
    assert!(plan.next(Time(now)).is_none(), "a new limit of places holds at once");
    plan.set_limits(Limits { per_operator: usize::MAX, ..LIMITS });
    assert_eq!(std::iter::from_fn(|| plan.next(Time(now))).count(), 200 - given);
}

#[test]
fn a_domain_that_is_not_reached_costs_one_attempt_in_a_while_and_comes_back_at_once() {
    let mut plan = plan(LIMITS, 1);
    (0..20).for_each(|number| plan.put(slot(0, 0, number, 0, 0)));
    let (mut now, mut tried, mut skipped) = (Time(0), 0, 0);
    let unreached = Report::Unreached("refused".to_owned());
    while let Some(job) = plan.next(now) {
        if job.skip.is_some() {
            skipped += 1;
        } else {
            tried += 1;
        }
        plan.learn(&job, if job.skip.is_some() { &Report::NotTried } else { &unreached }, now);
        let number = u32::from_be_bytes([job.envelope.0[0], job.envelope.0[1], job.envelope.0[2], job.envelope.0[3]]);
        plan.put(slot(0, 3_600_000, number, 0, 0));
        plan.remove(&slot(0, 0, number, 0, 0));
        plan.done(&job, now);
    }
    assert_eq!((tried, skipped), (3, 17), "after three failures the others are deferred with the same reason");
    plan.put(slot(0, 0, 99, 0, 0));
    assert!(plan.next(now).unwrap().skip.is_some(), "still in its pause");
    now = Time(40_000);
    plan.put(slot(0, 1, 100, 0, 0));
    let probe = plan.next(now).unwrap();
    assert_eq!(probe.skip, None);
    plan.learn(&probe, &Report::Reached, now);
    plan.remove(&slot(0, 1, 100, 0, 0));
    plan.done(&probe, now);
    assert!(plan.next(now).is_some_and(|job| job.skip.is_none()), "what waited for an hour is tried now");
}

#[test]
fn what_an_administrator_changes_is_not_tried_and_the_other_way_round() {
    let mut plan = plan(LIMITS, 1);
    let one = slot(0, 0, 1, 0, 0);
    plan.put(one);
    assert!(plan.claim(one.envelope));
    assert!(!plan.claim(one.envelope));
    assert_eq!(plan.next(Time(5)), None);
    plan.release(one.envelope);
    let job = plan.next(Time(2_000)).unwrap();
    assert!(!plan.claim(one.envelope));
    plan.learn(&job, &Report::Reached, Time(2_000));
    plan.remove(&one);
    plan.done(&job, Time(2_000));
    assert!(plan.claim(one.envelope));
    assert_eq!(plan.items(), 0);
}

#[test]
fn an_outcome_that_was_not_recorded_is_tried_again() {
    let mut plan = plan(LIMITS, 1);
    plan.put(slot(0, 0, 1, 0, 0));
    let job = plan.next(Time(0)).unwrap();
    plan.learn(&job, &Report::NotTried, Time(0));
    plan.done(&job, Time(0));
    assert_eq!(plan.next(Time(1_000)), None);
    assert!(plan.next(Time(31_000)).is_some());
}

/// What happens to a queue.
#[derive(Debug, Clone)]
enum Act {
    Enqueue {
        domain: u8,
        sender: u8,
        due: u8,
        priority: i8,
    },
    Begin,
    /// Ends the oldest job that is out: whether it left, or when it is due again.
    End {
        again: Option<u8>,
        reached: bool,
    },
    /// An outcome that could not be recorded.
    EndUnrecorded,
    Hold {
        which: u8,
    },
    Retry {
        which: u8,
    },
    Tick(u8),
    /// The news were lost, or the server has started anew with nothing under way.
    ReadAnew,
    Restart,
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        6 => (0_u8..4, 0_u8..3, 0_u8..40, -1_i8..2)
            .prop_map(|(domain, sender, due, priority)| Act::Enqueue { domain, sender, due, priority }),
        6 => Just(Act::Begin),
        5 => (prop::option::of(1_u8..50), any::<bool>()).prop_map(|(again, reached)| Act::End { again, reached }),
        1 => Just(Act::EndUnrecorded),
        1 => any::<u8>().prop_map(|which| Act::Hold { which }),
        1 => any::<u8>().prop_map(|which| Act::Retry { which }),
        3 => (0_u8..60).prop_map(Act::Tick),
        1 => Just(Act::ReadAnew),
        1 => Just(Act::Restart),
    ]
}

/// The durable index, the jobs that are out, and the plan over them.
struct Model {
    index: BTreeSet<Slot>,
    out: Vec<Job>,
    plan: Schedule,
    now: i64,
    next: u32,
    left: BTreeMap<EnvelopeId, u32>,
    /// Envelopes that were deferred while their domain may not have been reached.
    unreached: BTreeSet<EnvelopeId>,
}

impl Model {
    fn new(limits: Limits) -> Self {
        Self {
            index: BTreeSet::new(),
            out: Vec::new(),
            plan: plan(limits, 4),
            now: 0,
            next: 0,
            left: BTreeMap::new(),
            unreached: BTreeSet::new(),
        }
    }

    fn read_more(&mut self) {
        for (domain, horizon, count) in self.plan.short_of(Time(self.now)) {
            let range = self.index.range(horizon..).take_while(|slot| slot.domain == domain && slot.due != Due::Held);
            let slots: Vec<_> = range.take(count).copied().collect();
            self.plan.extend(domain, horizon, &slots, slots.len() == count);
        }
    }

    fn begin(&mut self) -> bool {
        self.read_more();
        let Some(job) = self.plan.next(Time(self.now)) else { return false };
        assert!(
            !self.out.iter().any(|other| other.envelope == job.envelope && other.domain == job.domain),
            "given out twice"
        );
        let due = self.index.iter().any(|slot| slot.envelope == job.envelope && slot.due <= Due::At(Time(self.now)));
        // a domain that is reached again is tried before the time
        let early = self.unreached.contains(&job.envelope);
        assert!(due || early, "not due: {job:?} at {}", self.now);
        self.out.push(job);
        true
    }

    fn end(&mut self, again: Option<u8>, reached: bool) {
        if self.out.is_empty() {
            return;
        }
        let job = self.out.remove(0);
        let report = match (&job.skip, reached) {
            (Some(_), _) => Report::NotTried,
            (None, true) => Report::Reached,
            (None, false) => Report::Unreached("down".to_owned()),
        };
        self.plan.learn(&job, &report, Time(self.now));
        let slot = entry(&job, &self.index);
        self.take(&slot);
        self.unreached.insert(job.envelope);
        match again {
            None => *self.left.entry(job.envelope).or_default() += 1,
            Some(later) => self.add(Slot { due: Due::At(Time(self.now + i64::from(later) * 1000)), ..slot }),
        }
        self.plan.done(&job, Time(self.now));
    }

    fn add(&mut self, slot: Slot) {
        self.index.insert(slot);
        self.plan.put(slot);
    }

    fn take(&mut self, slot: &Slot) {
        self.index.remove(slot);
        self.plan.remove(slot);
    }

    fn change(&mut self, which: u8, due: Due) {
        let Some(slot) = self.index.iter().nth(usize::from(which)).copied() else { return };
        if self.plan.claim(slot.envelope) {
            self.take(&slot);
            self.add(Slot { due, ..slot });
            self.plan.release(slot.envelope);
        }
    }

    fn read_anew(&mut self) {
        self.plan.forget();
        (0..4).for_each(|domain| self.plan.introduce(Tag([domain; 8]), &format!("operator {domain}")));
        let all: Vec<_> = self.index.iter().copied().collect();
        all.into_iter().for_each(|slot| self.plan.put(slot));
    }

    fn act(&mut self, act: &Act) {
        match *act {
            Act::Enqueue { domain, sender, due, priority } => {
                self.next += 1;
                self.add(slot(domain, self.now + i64::from(due) * 1000, self.next, sender, priority));
            }
            Act::Begin => drop(self.begin()),
            Act::End { again, reached } => self.end(again, reached),
            Act::EndUnrecorded => {
                if !self.out.is_empty() {
                    let job = self.out.remove(0);
                    self.plan.learn(&job, &Report::NotTried, Time(self.now));
                    self.plan.done(&job, Time(self.now));
                }
            }
            Act::Hold { which } => self.change(which, Due::Held),
            Act::Retry { which } => self.change(which, Due::At(Time(self.now))),
            Act::Tick(seconds) => self.now += i64::from(seconds) * 1000,
            Act::ReadAnew => self.read_anew(),
            Act::Restart => {
                self.out.clear();
                self.plan = Schedule::new(self.plan.limits);
                self.read_anew();
            }
        }
    }

    /// Everything that is not held leaves in the end, each once.
    fn drain(mut self) {
        let held = self.index.iter().filter(|slot| slot.due == Due::Held).count();
        let mut rounds = 0;
        while self.index.len() > held || !self.out.is_empty() {
            while self.begin() {}
            while !self.out.is_empty() {
                self.end(None, true);
            }
            self.now += 60_000;
            rounds += 1;
            assert!(rounds < 2_000, "{} entries never come up: {:?}", self.index.len() - held, self.plan);
        }
        assert_eq!(self.plan.items(), 0);
        assert_eq!(self.left.len() + held, usize::try_from(self.next).unwrap(), "none is lost");
        assert!(self.left.values().all(|times| *times == 1), "none leaves twice");
    }
}

/// The numbers of jobs that each sender got, after each job that was given out.
fn served(plan: &mut Schedule, senders: usize, sender_of: &BTreeMap<EnvelopeId, u8>) -> Vec<Vec<u32>> {
    let mut counts = vec![0; senders];
    let mut course = Vec::new();
    while let Some(job) = plan.next(Time(1_000_000)) {
        counts[usize::from(sender_of[&job.envelope])] += 1;
        course.push(counts.clone());
    }
    course
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// A naive model of fairness: of two senders who both still wait, neither is served twice more than the other,
    /// whoever came first and however many each has.
    #[test]
    fn no_sender_waits_for_another_to_be_done(
        queue in prop::collection::vec((0_u8..5, 0_i64..50), 1..200),
    ) {
        let mut plan = plan(Limits { per_operator: usize::MAX, ..LIMITS }, 1);
        let (mut sender_of, mut all) = (BTreeMap::new(), vec![0; 5]);
        for (number, (sender, due)) in (1..).zip(&queue) {
            let slot = slot(0, *due, number, *sender, 0);
            sender_of.insert(slot.envelope, *sender);
            all[usize::from(*sender)] += 1;
            plan.put(slot);
        }
        let course = served(&mut plan, 5, &sender_of);
        prop_assert_eq!(course.last(), Some(&all), "everybody is served in the end");
        for counts in course {
            let waiting = (0..5).filter(|&of| counts[of] < all[of]);
            let counts: Vec<u32> = waiting.map(|of| counts[of]).collect();
            let (least, most) = (counts.iter().min(), counts.iter().max());
            prop_assert!(most.unwrap_or(&0) - least.unwrap_or(&0) <= 1, "{counts:?} of {all:?}");
        }
    }

    /// Who sends only what can wait is served all the same, one time in eight at least, however much urgent there is.
    #[test]
    fn no_priority_starves_another(urgent in 50_u32..200, calm in 1_u32..20, level in -9_i8..5) {
        let mut plan = plan(Limits { per_operator: usize::MAX, ..LIMITS }, 1);
        let mut sender_of = BTreeMap::new();
        for number in 0..urgent + calm {
            let (sender, priority) = if number < urgent { (0, 9) } else { (1, level) };
            let slot = slot(0, 0, number, sender, priority);
            sender_of.insert(slot.envelope, sender);
            plan.put(slot);
        }
        for (given, counts) in (1_u32..).zip(served(&mut plan, 2, &sender_of)) {
            prop_assert!(counts[1] >= calm.min(given / 8), "{counts:?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn nothing_is_lost_nothing_is_out_twice_and_memory_is_bounded(
        acts in prop::collection::vec(act(), 1..300), in_memory in prop_oneof![Just(4_usize), Just(16), Just(1000)],
    ) {
        let limits = Limits { per_operator: 2, per_minute: 0, in_memory };
        let mut model = Model::new(limits);
        for act in &acts {
            model.act(act);
            let entries_of_jobs: usize = model.plan.jobs.values().map(|entry| entry.rcpts.len()).sum();
            prop_assert_eq!(model.plan.items(), entries_of_jobs);
            prop_assert!(model.plan.items() <= limits.hard() + model.out.len() + 1, "{}", model.plan.items());
        }
        model.drain();
    }
}
