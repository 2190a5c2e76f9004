//! The store with its segments and its log under losses of power: nothing that was told is lost or there in part.

use std::path::Path;
use std::sync::Arc;

use super::ledger::continues;
use super::record::{Assignment, Recording};
use super::trials::{Findings, Past, Plan, run};
use crate::store_life;
use crate::tools::trials;

const WORKLOAD: &str = "powerloss::store::workload";
const DEEDS: u64 = 40;
/// Losses in each recording.
const LOSSES: usize = 20;

/// Two lives on what is there, each with its opening: that is when the engine writes its snapshots.
#[test]
fn workload() {
    let Some(assignment) = Assignment::of_this_process() else { return };
    let directory = assignment.directory.clone();
    let tell: Arc<store_life::Tell> = Arc::new(move |line| assignment.acknowledge(line));
    for _ in 0..2 {
        store_life::live(&home(&directory), DEEDS, &tell);
    }
}

/// Some directories below the disk's, whose names must be durable, too.
fn home(directory: &Path) -> std::path::PathBuf {
    directory.join("a/store")
}

/// What was told is true; and when life goes on, the log still continues all that it ever signed.
fn judge(directory: &Path, past: &Past) -> Result<(), String> {
    let told = || past.acknowledged.iter().map(String::as_str);
    let life = store_life::look(&home(directory), told())?;
    continues(&life.recorder.ledger(), &past.signed)?;
    life.go_on()?;
    continues(&life.recorder.ledger(), &past.signed)?;
    life.store.close();
    Ok(())
}

fn findings(recording: &Recording, plan: Plan) -> Findings {
    run(WORKLOAD, recording, plan, &judge)
}

#[test]
fn nothing_that_was_told_is_lost_in_a_hundred_losses_of_power() {
    // [proofs#event]
    let Some(recording) = Recording::new("the store's losses of power") else { return };
    let recordings = usize::try_from(trials(100)).unwrap().div_ceil(LOSSES);
    let findings = findings(&recording, Plan { recordings, trials: LOSSES, seed: 1 });
    assert!(findings.failures.is_empty(), "{}", findings.failures.join("\n"));
    assert_eq!(findings.trials, recordings * LOSSES);
    assert!(findings.acknowledged > 200, "only {} deeds were told", findings.acknowledged);
}

/// The trials notice when one barrier is left out: the engine's own flush is not enough.
#[test]
fn every_missing_barrier_is_noticed() {
    for file in ["db", "0000", "entries", "signed"] {
        let Some(recording) = Recording::new("a careless store") else { return };
        let findings = findings(&recording.deaf_to(file), Plan { recordings: 1, trials: 10, seed: 2 });
        assert!(!findings.failures.is_empty(), "nobody noticed that {file} is not durable");
    }
}
