//! Loss of power, simulated: a workload's file operations are recorded ([`record`]), the disk is rebuilt as it may have
//! been left at any moment ([`disk`]), and what was acknowledged by then must be there.
//!
//! A hundred losses for each by default, 50 for a witness; `SCEAU_TRIALS=1000` makes a long run of these and of `kill`.

mod chance;
mod disk;
mod ledger;
mod record;
mod simulator;
mod store;
mod trials;
mod witness;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use disk::Disk;
use record::Event;

/// Nothing escapes the recorder: replayed without a loss, the record gives the very directory that the workload left.
fn assert_replays_exactly(mut start: Disk, events: &[Event], directory: &Path) {
    events.iter().for_each(|event| start.apply(event));
    let replayed = tempfile::tempdir().unwrap();
    start.write_now(replayed.path());
    let (replayed, real) = (files(replayed.path()), files(directory));
    assert!(replayed.keys().eq(real.keys()), "{:?}\n{:?}", replayed.keys(), real.keys());
    for (name, bytes) in &replayed {
        assert!(real[name] == *bytes, "{name} differs from what the workload left");
    }
}

/// The files below a directory and what is in them.
fn files(directory: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(directory).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        if entry.file_type().unwrap().is_dir() {
            found.extend(files(&entry.path()).into_iter().map(|(below, bytes)| (format!("{name}/{below}"), bytes)));
            found.insert(name + "/", Vec::new());
        } else {
            found.insert(name, fs::read(entry.path()).unwrap());
        }
    }
    found
}
