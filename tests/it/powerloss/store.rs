//! The store and its log under losses of power: nothing that was told is lost or there in part.

use std::sync::Arc;

use super::assert_replays_exactly;
use super::chance::Chance;
use super::disk::{Disk, Temper};
use super::ledger::{continues, signed_in};
use super::record::{Assignment, Event, Recording};
use crate::store_life;

const WORKLOAD: &str = "powerloss::store::workload";
const LIVES: u32 = 4;
const DEEDS: u64 = 40;
const RECORDINGS: u64 = 2;
const TRIALS: u64 = 50;

/// Some lives, one after the other: opening is when the engine writes its snapshots.
#[test]
fn workload() {
    let Some(assignment) = Assignment::of_this_process() else { return };
    let directory = assignment.directory.clone();
    let tell: Arc<store_life::Tell> = Arc::new(move |line| assignment.acknowledge(line));
    for _ in 0..LIVES {
        store_life::live(&directory.join("a/store"), DEEDS, tell.clone());
    }
}

#[test]
fn nothing_that_was_told_is_lost() {
    for number in 0..RECORDINGS {
        let Some(recording) = Recording::new("the store's power losses") else { return };
        let start = Disk::load(&recording.directory());
        let (status, events) = recording.run(WORKLOAD, &[]);
        assert!(status.success());
        assert_replays_exactly(start, &events, &recording.directory());
        for seed in number * TRIALS..(number + 1) * TRIALS {
            lose_and_look(&events, seed).unwrap_or_else(|what| panic!("seed {seed}: {what}"));
        }
    }
}

/// The trials notice when the one barrier is left out: the engine's own flush is not enough.
#[test]
fn rows_without_the_barrier_are_caught() {
    caught_without("db");
}

#[test]
fn bodies_without_their_barrier_are_caught() {
    caught_without("0000");
}

fn caught_without(file: &str) {
    let Some(recording) = Recording::new("a careless store") else { return };
    let (status, events) = recording.deaf_to(file).run(WORKLOAD, &[]);
    assert!(status.success());
    assert!((0..20).any(|seed| lose_and_look(&events, seed).is_err()), "the trials would not notice");
}

/// Cuts the power at some moment and looks at what is left.
fn lose_and_look(events: &[Event], seed: u64) -> Result<(), String> {
    let mut chance = Chance::new(seed);
    let cut = chance.below(events.len() + 1);
    let (mut disk, mut told) = (Disk::empty(), String::new());
    for event in &events[..cut] {
        disk.apply(event);
        if let Event::Acknowledge { lines } = event {
            told.push_str(lines);
        }
    }
    let target = tempfile::tempdir().unwrap();
    disk.lose_power(Temper::random(&mut chance), &mut chance, target.path());
    let life = store_life::look(&target.path().join("a/store"), told.lines())?;
    continues(&life.recorder.ledger(), &signed_in(&events[..cut]))?;
    life.store.close();
    Ok(())
}
