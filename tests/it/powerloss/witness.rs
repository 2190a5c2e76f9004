//! A log over New Years and the witness that countersigns it, under losses of power and kills: what was said is never
//! forgotten, and nothing is signed twice in two ways.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use sceau::ledger::note::KeyUse;
use sceau::ledger::policy::Known;
use sceau::ledger::tree::verify_consistency;
use sceau::ledger::witness::{Answer, Learned, Request};
use sceau::ledger::{Checkpoint, Cosigned, ProofFile, Shards, SigningKey, Witness, audit_all};
use sceau::mail::Time;

use super::assert_replays_exactly;
use super::chance::Chance;
use super::disk::{Disk, Temper};
use super::ledger::{Salts, leaves, signed_in};
use super::record::{Assignment, Event, Recording};
use crate::tools::trials;

const WORKLOAD: &str = "powerloss::witness::workload";
const LIFE: &str = "powerloss::witness::life";
const DIRECTORY: &str = "SCEAU_WITNESS_DIR";
const YEARS: i16 = 4;
const GROUPS: u64 = 12;
const USUAL: u64 = 50;

fn shards(directory: &Path) -> Shards {
    let salts = Arc::new(Salts::new(Chance::new(3)));
    Shards::new(directory.join("ledger"), directory.join("keys"), "preuves.a.fr".to_owned(), salts)
}

fn witness(directory: &Path, first: &Known) -> Result<Witness, String> {
    let key = SigningKey::from_seed("temoin.b.fr", KeyUse::Witness, &[2; 32]).unwrap();
    Witness::open(&directory.join("witness"), key, std::slice::from_ref(first)).map_err(|error| error.to_string())
}

fn new_year(year: i16) -> Time {
    Time::parse_rfc3339(&format!("{year}-01-01T00:00:01Z")).unwrap()
}

/// Lives from where it was left: appends, has it countersigned, acknowledges what the witness said; some years.
fn live(directory: &Path, years: i16, acknowledge: &mut dyn FnMut(String)) -> Result<(), String> {
    let text = |error: &dyn std::fmt::Display| error.to_string();
    let shards = shards(directory);
    let last = shards.names().map_err(|e| text(&e))?.last().map_or(2026, |name| name.year());
    let mut next = 1_000_000 * u64::try_from(last).unwrap();
    for year in last..last + years {
        let (name, mut ledger) = shards.open(new_year(year)).map_err(|e| text(&e))?;
        let first = shards.log(shards.names().map_err(|e| text(&e))?[0]).map_err(|e| text(&e))?;
        let witness = witness(directory, &Known { key: first.key().clone(), url: None })?;
        introduce(&shards, &witness)?;
        let mut history = Cosigned::open(&shards.path(name)).map_err(|e| text(&e))?;
        next += ledger.log().size();
        for _ in 0..GROUPS {
            ledger.append(&leaves("x", next, 1 + next % 9)).map_err(|e| text(&e))?;
            next += 1 + next % 9;
            let signed = ledger.log().checkpoint().clone();
            let old = witness.seen(&signed.checkpoint.origin).map_err(|e| text(&e))?.map_or(0, |s| s.checkpoint.size);
            let proof = ledger.log().consistency(old).map_err(|e| text(&e))?;
            let body = Request::body(old, &proof, &signed.note);
            match witness.add_checkpoint(body.as_bytes(), new_year(year)).map_err(|e| text(&e))?.answer {
                Answer::Cosigned(line) => {
                    acknowledge(signed.checkpoint.to_string().trim_end().replace('\n', " "));
                    let note = signed.note.with_lines(&line);
                    let cosigned = sceau::ledger::log::SignedCheckpoint { note, ..signed };
                    history.push(&cosigned, true).map_err(|e| text(&e))?;
                }
                other => return Err(format!("the witness answered {other:?} at {}", signed.checkpoint)),
            }
        }
    }
    Ok(())
}

/// Shows the witness each key that a closed shard names.
fn introduce(shards: &Shards, witness: &Witness) -> Result<(), String> {
    for name in shards.names().map_err(|error| error.to_string())? {
        let log = shards.log(name).map_err(|error| error.to_string())?;
        let Some(last) = log.size().checked_sub(1) else { continue };
        let leaf = log.leaf(last).map_err(|error| error.to_string())?;
        if sceau::ledger::shards::named_key(&leaf).is_none() {
            continue;
        }
        let proof = ProofFile::new(leaf, &[], log.prove(last).map_err(|error| error.to_string())?).unwrap();
        let learned = witness.learn(proof.to_string().as_bytes()).map_err(|error| error.to_string())?;
        if learned == Learned::Refused {
            return Err(format!("the witness does not follow from {name}"));
        }
    }
    Ok(())
}

/// Opens what is left, compares it with all that was said and signed, and lives on.
fn look(directory: &Path, said: &[Checkpoint], signed: &[Checkpoint]) -> Result<(), String> {
    live(directory, 1, &mut |_| {})?;
    let shards = shards(directory);
    let mut logs = BTreeMap::new();
    for name in shards.names().map_err(|error| error.to_string())? {
        logs.insert(shards.origin(name), shards.log(name).map_err(|error| error.to_string())?);
    }
    for old in signed.iter().chain(said) {
        let log = logs.get(&old.origin).ok_or_else(|| format!("{} is gone", old.origin))?;
        let now = &log.checkpoint().checkpoint;
        let path = log.consistency(old.size).map_err(|error| format!("{}: {error}", old.origin))?;
        if !verify_consistency(old.size, &old.root, now.size, &now.root, &path) {
            return Err(format!("{} leaves of {} had another root", old.size, old.origin));
        }
    }
    let first = logs.values().next().map(|log| Known { key: log.key().clone(), url: None });
    let Some(first) = first else { return Ok(()) };
    let witness = witness(directory, &first)?;
    for old in said {
        let seen = witness.seen(&old.origin).map_err(|error| error.to_string())?;
        if seen.is_none_or(|seen| seen.checkpoint.size < old.size) {
            return Err(format!("the witness forgot that it signed {} leaves of {}", old.size, old.origin));
        }
    }
    drop(logs);
    audit_all(&directory.join("ledger")).map(drop).map_err(|finding| finding.to_string())
}

fn checkpoints<'a>(lines: impl IntoIterator<Item = &'a str>) -> Vec<Checkpoint> {
    lines.into_iter().map(|line| Checkpoint::parse(&format!("{}\n", line.replace(' ', "\n"))).unwrap()).collect()
}

/// Some years in one process, recorded.
#[test]
fn workload() {
    let Some(assignment) = Assignment::of_this_process() else { return };
    live(&assignment.directory, YEARS, &mut |line| assignment.acknowledge(line)).unwrap();
}

// [proofs#recovery] [proofs#shards] [proofs#witness]
#[test]
fn power_is_lost_in_any_moment_of_a_year_s_end_and_of_a_countersignature() {
    let Some(recording) = Recording::new("the witness's power losses") else { return };
    let start = Disk::load(&recording.directory());
    let (status, events) = recording.run(WORKLOAD, &[]);
    assert!(status.success());
    assert_replays_exactly(start, &events, &recording.directory());
    for seed in 0..trials(USUAL) {
        lose(&events, seed).unwrap_or_else(|what| panic!("seed {seed}: {what}"));
    }
}

// [proofs#witness]
#[test]
fn a_witness_that_does_not_flush_is_caught() {
    let Some(recording) = Recording::new("a careless witness") else { return };
    let first = sha256_of("preuves.a.fr/2026");
    let (status, events) = recording.deaf_to(&first[..8]).run(WORKLOAD, &[]);
    assert!(status.success());
    let caught = (0..100).filter(|seed| lose(&events, *seed).is_err()).count();
    assert!(caught > 0, "the trials would not notice a missing flush");
}

fn sha256_of(origin: &str) -> String {
    sceau::ledger::witness::origin_hash(origin)
}

fn lose(events: &[Event], seed: u64) -> Result<(), String> {
    let mut chance = Chance::new(seed);
    let events = &events[..chance.below(events.len() + 1)];
    let (mut disk, mut said) = (Disk::empty(), Vec::new());
    for event in events {
        disk.apply(event);
        if let Event::Acknowledge { lines } = event {
            said.extend(checkpoints(lines.lines()));
        }
    }
    let target = tempfile::tempdir().unwrap();
    disk.lose_power(Temper::random(&mut chance), &mut chance, target.path());
    only_the_owner_reads(&target.path().join("keys"));
    look(target.path(), &said, &durable_or_not(events))
}

/// The simulator keeps bytes and names, not modes.
fn only_the_owner_reads(keys: &Path) {
    for key in fs::read_dir(keys).into_iter().flatten() {
        fs::set_permissions(key.unwrap().path(), fs::Permissions::from_mode(0o600)).unwrap();
    }
}

/// Every checkpoint that was written as one of a shard's own, published or not.
fn durable_or_not(events: &[Event]) -> Vec<Checkpoint> {
    // A shard without a leaf may be lost with its folder's name: nobody has heard of it.
    signed_in(events).into_iter().filter(|checkpoint| checkpoint.size > 1).collect()
}

/// Lives until it is killed.
#[test]
fn life() {
    let Ok(directory) = std::env::var(DIRECTORY) else { return };
    let directory = PathBuf::from(directory);
    let mut told = fs::File::options().create(true).append(true).open(directory.join("told")).unwrap();
    // One write: a kill tears no line.
    live(&directory.join("disk"), 5000, &mut |line| told.write_all(format!("{line}\n").as_bytes()).unwrap()).unwrap();
}

// [proofs#recovery] [proofs#shards] [proofs#witness]
#[test]
fn kills_lose_nothing_that_was_said() {
    let mut folder = tempfile::tempdir().unwrap();
    let mut total = 0;
    for kill in 0..trials(USUAL) {
        // A life closes many years: begun anew now and then, so that looking stays short.
        if kill % 5 == 0 {
            folder = tempfile::tempdir().unwrap();
            fs::create_dir(folder.path().join("disk")).unwrap();
            fs::write(folder.path().join("told"), "").unwrap();
        }
        let mut child = Command::new(std::env::current_exe().unwrap());
        child.args(["--exact", LIFE, "--nocapture", "--test-threads=1"]).env(DIRECTORY, folder.path());
        let mut child = child.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let [a, b] = sceau::server::edge::system().bytes();
        std::thread::sleep(Duration::from_millis(u64::from(u16::from_be_bytes([a, b])) % 150));
        child.kill().unwrap();
        assert_eq!(child.wait().unwrap().signal(), Some(9), "it lived until it was killed");
        let told = fs::read_to_string(folder.path().join("told")).unwrap();
        let said = checkpoints(told.lines());
        look(&folder.path().join("disk"), &said, &[]).unwrap_or_else(|what| panic!("kill {kill}: {what}"));
        total += said.len();
    }
    assert!(total > 100, "only {total} countersignatures were told");
}
