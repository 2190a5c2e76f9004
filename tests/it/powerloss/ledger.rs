//! The log of proofs under losses of power: what was appended stays, and no size ever gets a second root.

use std::path::{Path, PathBuf};

use sceau::ledger::note::KeyUse;
use sceau::ledger::tree::verify_consistency;
use sceau::ledger::{Checkpoint, Ledger, LedgerError, SigningKey, audit};
use sceau::mail::{EnvelopeId, Time};
use sceau::seal::event::{Draft, EventKind, Field, Leaf, Level, Via};

use super::assert_replays_exactly;
use super::chance::Chance;
use super::disk::{Disk, Temper};
use super::record::{Assignment, Event, Recording};
use crate::tools::trials;

const WORKLOAD: &str = "powerloss::ledger::workload";
const GROUPS: u64 = 40;
const TRIALS: u64 = 100;

/// Appends groups, closes the log now and then, and acknowledges each size.
#[test]
fn workload() {
    let Some(assignment) = Assignment::of_this_process() else { return };
    let mut chance = Chance::new(7);
    let mut next = 0;
    let mut ledger = open(&assignment.directory);
    for _ in 0..GROUPS {
        let count = 1 + chance.next() % 60;
        ledger.append(&leaves("before", next, count)).unwrap();
        next += count;
        assignment.acknowledge(next);
        if chance.percent(15) {
            drop(ledger);
            ledger = open(&assignment.directory);
        }
    }
}

fn open(directory: &Path) -> Ledger {
    try_open(directory).unwrap()
}

fn try_open(directory: &Path) -> Result<Ledger, LedgerError> {
    let key = SigningKey::from_seed("preuves.a.fr/2026", KeyUse::Log, &[1; 32]).unwrap();
    Ledger::open(&shard(directory), key)
}

/// Some directories below the disk's, whose names must be durable, too.
fn shard(directory: &Path) -> PathBuf {
    directory.join("ledger/2026")
}

/// Salts from a seed, so that each run of the workload logs the same.
pub struct Salts(std::sync::Mutex<Chance>);

impl Salts {
    pub fn new(chance: Chance) -> Self {
        Self(std::sync::Mutex::new(chance))
    }
}

impl sceau::mail::Chance for Salts {
    fn fill(&self, buffer: &mut [u8]) {
        buffer.copy_from_slice(&self.0.lock().unwrap().bytes(buffer.len()));
    }
}

pub fn leaves(sender: &str, first: u64, count: u64) -> Vec<Leaf> {
    let leaf = |number: u64| {
        let salts = Salts::new(Chance::new(number));
        let mut id = [0; 16];
        id[..8].copy_from_slice(&number.to_be_bytes());
        let draft = Draft::new(EventKind::Seal, EnvelopeId(id)).level(Level::Otp).via(Via::Submission);
        draft.commit(Field::From, sender).into_leaf(Time::from_secs(0), 0, None, &salts).unwrap().0
    };
    (first..first + count).map(leaf).collect()
}

// [proofs#recovery]
#[test]
fn no_appended_leaf_is_lost_and_no_root_is_signed_twice() {
    let Some(recording) = Recording::new("the ledger's power losses") else { return };
    let start = Disk::load(&recording.directory());
    let (status, events) = recording.run(WORKLOAD, &[]);
    assert!(status.success());
    assert_replays_exactly(start, &events, &recording.directory());
    for seed in 0..trials(TRIALS) {
        lose_and_go_on(&events, seed).unwrap_or_else(|what| panic!("seed {seed}: {what}"));
    }
}

// [proofs#recovery]
#[test]
fn a_log_that_does_not_flush_its_entries_is_caught() {
    let Some(recording) = Recording::new("a careless ledger") else { return };
    let (status, events) = recording.deaf_to("entries").run(WORKLOAD, &[]);
    assert!(status.success());
    let caught = (0..TRIALS).filter(|seed| lose_and_go_on(&events, *seed).is_err()).count();
    assert!(caught > 0, "the trials would not notice a missing flush");
}

/// Cuts the power at some moment, opens the log, looks at all that was promised or signed, and appends something else.
fn lose_and_go_on(events: &[Event], seed: u64) -> Result<(), String> {
    let mut chance = Chance::new(seed);
    let events = &events[..chance.below(events.len() + 1)];
    let (mut disk, mut appended, signed) = (Disk::empty(), 0, signed_in(events));
    for event in events {
        disk.apply(event);
        if let Event::Acknowledge { lines } = event {
            appended = lines.lines().last().unwrap().parse().unwrap();
        }
    }
    let target = tempfile::tempdir().unwrap();
    disk.lose_power(Temper::random(&mut chance), &mut chance, target.path());
    let mut ledger = try_open(target.path()).map_err(|error| error.to_string())?;
    let size = ledger.log().size();
    if size < appended {
        return Err(format!("{appended} leaves were promised, {size} are there"));
    }
    continues(&ledger, &signed)?;
    ledger.append(&leaves("after", size, 30)).map_err(|error| error.to_string())?;
    continues(&ledger, &signed)?;
    drop(ledger);
    let report = audit(&shard(target.path()), None).map_err(|finding| finding.to_string())?;
    if report.size == size + 30 { Ok(()) } else { Err(format!("{} leaves after the trial", report.size)) }
}

/// The checkpoints that were written, published or not.
pub fn signed_in(events: &[Event]) -> Vec<Checkpoint> {
    let note = |event: &Event| match event {
        Event::Write { data, .. } => Checkpoint::parse_note(std::str::from_utf8(data).ok()?).ok(),
        _ => None,
    };
    events.iter().filter_map(note).map(|(checkpoint, _)| checkpoint).collect()
}

/// Every tree that was ever signed, published or not, is a beginning of this one.
pub fn continues(ledger: &Ledger, signed: &[Checkpoint]) -> Result<(), String> {
    let now = &ledger.log().checkpoint().checkpoint;
    for old in signed {
        let path = ledger.log().consistency(old.size).map_err(|error| error.to_string())?;
        if !verify_consistency(old.size, &old.root, now.size, &now.root, &path) {
            return Err(format!("{} leaves had another root", old.size));
        }
    }
    Ok(())
}
