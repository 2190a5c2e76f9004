//! The simulator proves itself: it must find what careless programs lose, and find nothing in careful ones.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

use super::assert_replays_exactly;
use super::chance::Chance;
use super::disk::{Disk, Temper};
use super::record::{Assignment, Event, Recording};

/// Chooses what the workload process does.
const HABIT: &str = "SCEAU_SIMULATOR_HABIT";
const WORKLOAD: &str = "powerloss::simulator::workload";
const LINES: u64 = 60;
const TRIALS: u64 = 60;

/// A program with a habit appends lines to a file and acknowledges each.
#[test]
fn workload() {
    let (Ok(habit), Some(assignment)) = (std::env::var(HABIT), Assignment::of_this_process()) else { return };
    let mut append = appender(&habit, &assignment.directory);
    for number in 0..LINES {
        append(number);
        assignment.acknowledge(number);
    }
}

/// How a program with this habit makes a line durable, or believes that it does.
fn appender(habit: &str, directory: &Path) -> Box<dyn FnMut(u64)> {
    if habit.starts_with("sled") {
        return sled_appender(directory, habit == "sled with fdatasync");
    }
    let path = directory.join("lines");
    let mut file = File::options().create(true).append(true).open(path).unwrap();
    if habit != "fdatasync without the directory" {
        File::open(directory).unwrap().sync_all().unwrap();
    }
    let syncs = habit != "nothing";
    Box::new(move |number| {
        file.write_all(&line(number)).unwrap();
        if syncs {
            file.sync_data().unwrap();
        }
    })
}

fn sled_appender(directory: &Path, barrier: bool) -> Box<dyn FnMut(u64)> {
    let sled = sled_at(directory);
    let log = File::options().write(true).open(directory.join("db")).unwrap();
    for entry in fs::read_dir(directory).unwrap() {
        File::open(entry.unwrap().path()).unwrap().sync_all().unwrap();
    }
    File::open(directory).unwrap().sync_all().unwrap();
    Box::new(move |number| {
        sled.insert(number.to_be_bytes(), line(number)).unwrap();
        sled.flush().unwrap();
        if barrier {
            log.sync_data().unwrap();
        }
    })
}

fn sled_at(directory: &Path) -> sled::Db {
    sled::Config::new().path(directory).flush_every_ms(None).open().unwrap()
}

/// A line of some sectors, so that it can be torn.
fn line(number: u64) -> Vec<u8> {
    Chance::new(number).bytes(2000)
}

/// Whether this line is there as a whole, after the loss.
fn has(habit: &str, directory: &Path) -> Box<dyn Fn(u64) -> bool> {
    if habit.starts_with("sled") {
        let opened = sled::Config::new().path(directory).flush_every_ms(None).open();
        return Box::new(move |number| match &opened {
            Ok(sled) => sled.get(number.to_be_bytes()).is_ok_and(|found| found.as_deref() == Some(&line(number)[..])),
            Err(_) => false,
        });
    }
    let bytes = fs::read(directory.join("lines")).unwrap_or_default();
    Box::new(move |number| {
        let at = usize::try_from(number).unwrap() * 2000;
        bytes.get(at..at + 2000) == Some(&line(number)[..])
    })
}

/// How many trials lose at least one acknowledged line.
fn losing_trials(habit: &str, recording: &Recording) -> usize {
    let start = Disk::load(&recording.directory());
    let (status, events) = recording.run(WORKLOAD, &[(HABIT, habit.to_owned())]);
    assert!(status.success());
    assert_replays_exactly(start, &events, &recording.directory());
    (0..TRIALS).filter(|seed| loses(habit, &events, *seed)).count()
}

fn loses(habit: &str, events: &[Event], seed: u64) -> bool {
    let mut chance = Chance::new(seed);
    let mut disk = Disk::empty();
    let mut acknowledged = Vec::new();
    for event in &events[..chance.below(events.len() + 1)] {
        disk.apply(event);
        if let Event::Acknowledge { lines } = event {
            acknowledged.extend(lines.lines().map(|line| line.parse::<u64>().unwrap()));
        }
    }
    let target = tempfile::tempdir().unwrap();
    disk.lose_power(Temper::random(&mut chance), &mut chance, target.path());
    let has = has(habit, target.path());
    acknowledged.into_iter().any(|number| !has(number))
}

#[test]
fn careless_programs_lose_what_they_acknowledged() {
    for habit in ["nothing", "fdatasync without the directory", "sled as documented"] {
        let Some(recording) = Recording::new(habit) else { return };
        let losing = losing_trials(habit, &recording);
        eprintln!("{habit}: {losing} of {TRIALS} trials lose acknowledged lines");
        assert!(losing > 0, "{habit}: no loss found");
    }
}

#[test]
fn careful_programs_lose_nothing() {
    for habit in ["fdatasync and the directory", "sled with fdatasync"] {
        let Some(recording) = Recording::new(habit) else { return };
        let losing = losing_trials(habit, &recording);
        assert_eq!(losing, 0, "{habit}");
    }
}

#[test]
fn a_sync_that_is_left_out_is_noticed() {
    let Some(recording) = Recording::new("a_sync_that_is_left_out_is_noticed") else { return };
    let losing = losing_trials("fdatasync and the directory", &recording.deaf_to("lines"));
    assert!(losing > 0);
}

/// The contents that a file may have after losses at the end of these events; `None` where it has no name.
fn outcomes(events: &[Event], file: &str) -> BTreeSet<Option<String>> {
    let mut disk = Disk::empty();
    events.iter().for_each(|event| disk.apply(event));
    let after = |seed| {
        let (target, mut chance) = (tempfile::tempdir().unwrap(), Chance::new(seed));
        disk.lose_power(Temper::random(&mut chance), &mut chance, target.path());
        fs::read_to_string(target.path().join(file)).ok()
    };
    (0..200).map(after).collect()
}

fn text(contents: &[&str]) -> BTreeSet<Option<String>> {
    contents.iter().map(|content| Some((*content).to_owned())).collect()
}

const ROOT: u32 = 1;
const FILE: u32 = 2;

fn write(at: u64, data: &str) -> Event {
    Event::Write { node: FILE, at, data: data.into() }
}

fn synced(node: u32, ticket: u64) -> [Event; 2] {
    [Event::SyncBegin { node, ticket }, Event::SyncEnd { node, ticket }]
}

fn durable_file(content: &str) -> Vec<Event> {
    let mut events = vec![Event::Known { node: ROOT, path: "".into() }, Event::Create { node: FILE, path: "a".into() }];
    events.push(write(0, content));
    events.extend(synced(FILE, 100));
    events.extend(synced(ROOT, 101));
    events
}

#[test]
fn a_write_during_a_sync_is_not_promised() {
    let mut events = durable_file("old");
    events.push(Event::SyncBegin { node: FILE, ticket: 1 });
    events.push(write(0, "new"));
    events.push(Event::SyncEnd { node: FILE, ticket: 1 });
    assert_eq!(outcomes(&events, "a"), text(&["old", "new"]));
    events.extend(synced(FILE, 2));
    assert_eq!(outcomes(&events, "a"), text(&["new"]));
}

#[test]
fn a_size_may_be_there_without_the_bytes_and_the_reverse() {
    let mut events = durable_file("old");
    events.push(write(3, "new"));
    assert_eq!(outcomes(&events, "a"), text(&["old", "old\0\0\0", "oldnew"]));
    events.push(Event::Truncate { node: FILE, size: 1 });
    events.push(write(1, "X"));
    let expected = text(&["old", "old\0\0\0", "oldnew", "o", "o\0", "oX"]);
    assert_eq!(outcomes(&events, "a"), expected, "what follows a truncation doesn't come without it");
}

#[test]
fn a_rename_is_whole_and_needs_its_directory() {
    let mut events = durable_file("old");
    events.push(Event::Rename { from: "a".into(), to: "b".into() });
    assert_eq!(outcomes(&events, "b"), [None, Some("old".to_owned())].into());
    events.extend(synced(FILE, 1));
    assert_eq!(outcomes(&events, "b").len(), 2, "a sync of the file is no sync of its name");
    events.extend(synced(ROOT, 2));
    assert_eq!(outcomes(&events, "b"), text(&["old"]));
    assert_eq!(outcomes(&events, "a"), [None].into());
}

#[test]
fn sectors_are_torn_from_each_other_and_never_within() {
    let mut events = durable_file("");
    let sectors = ["x".repeat(512), "y".repeat(512)];
    events.push(write(0, &sectors.concat()));
    let zeros = "\0".repeat(512);
    let found = outcomes(&events, "a");
    for (first, second) in [(&sectors[0], &sectors[1]), (&sectors[0], &zeros), (&zeros, &sectors[1]), (&zeros, &zeros)]
    {
        assert!(found.contains(&Some(first.clone() + second)));
    }
    assert_eq!(found.len(), 5, "and the empty file");
}
