//! Trials: power is lost at random moments of a recording, and a judge opens what is left.
//!
//! The next recording goes on from one of the disks that were left, so that recovery itself is cut off, too, and what
//! one generation acknowledged must outlive the losses of all that follow.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use sceau::ledger::Checkpoint;
use tempfile::TempDir;

use super::assert_replays_exactly;
use super::chance::Chance;
use super::disk::{Disk, Temper};
use super::ledger::signed_in;
use super::record::{Event, Recording};

/// What had happened before power was lost.
#[derive(Clone, Default)]
pub struct Past {
    /// Every line that a workload acknowledged, in order.
    pub acknowledged: Vec<String>,
    /// Every checkpoint that a workload wrote, durable or not.
    pub signed: Vec<Checkpoint>,
}

impl Past {
    fn add(&mut self, event: &Event) {
        if let Event::Acknowledge { lines } = event {
            self.acknowledged.extend(lines.lines().map(str::to_owned));
        }
        self.signed.extend(signed_in(std::slice::from_ref(event)));
    }
}

/// Opens a disk that lost power and says what is missing or wrong, if anything. It may write to it.
pub type Judge<'a> = &'a (dyn Fn(&Path, &Past) -> Result<(), String> + Sync);

/// How much to try.
#[derive(Clone, Copy)]
pub struct Plan {
    /// Recordings, each going on from a disk that the one before left.
    pub recordings: usize,
    /// Losses in each.
    pub trials: usize,
    /// Where chance starts.
    pub seed: u64,
}

/// What the trials found.
pub struct Findings {
    /// Trials made.
    pub trials: usize,
    /// What the workloads acknowledged over all.
    pub acknowledged: usize,
    /// The trials that failed: which, and why.
    pub failures: Vec<String>,
}

/// Runs a workload, cuts its power again and again, and lets the judge look.
pub fn run(workload: &str, recording: &Recording, plan: Plan, judge: Judge<'_>) -> Findings {
    let mut findings = Findings { trials: 0, acknowledged: 0, failures: Vec::new() };
    let (mut past, mut chance) = (Past::default(), Chance::new(plan.seed));
    for generation in 0..plan.recordings {
        let start = Disk::load(&recording.directory());
        let (status, events) = recording.run(workload, &[]);
        if !status.success() {
            findings.failures.push(format!("recording {generation}: the workload ended with {status}"));
            break;
        }
        assert_replays_exactly(start.clone(), &events, &recording.directory());
        fs::remove_dir_all(recording.directory()).unwrap();
        let goes_on = chance.below(plan.trials);
        let losses = Losses { events: &events, goes_on, directory: recording.directory() };
        let losses = losses.strike(start, &past, plan.trials, &mut chance);
        findings.trials += losses.len();
        let failed = judge_all(&losses, judge);
        findings.failures.extend(failed.into_iter().map(|why| format!("recording {generation}, {why}")));
        past = losses.into_iter().nth(goes_on).unwrap().past;
        findings.acknowledged = past.acknowledged.len();
    }
    findings
}

/// One moment at which power was lost, and what that left.
struct Loss {
    at: usize,
    temper: Temper,
    past: Past,
    left: TempDir,
}

struct Losses<'a> {
    events: &'a [Event],
    /// The loss whose disk the next recording goes on from, and where that disk is to be.
    goes_on: usize,
    directory: PathBuf,
}

impl Losses<'_> {
    /// Loses power at so many random moments.
    fn strike(self, mut disk: Disk, past: &Past, trials: usize, chance: &mut Chance) -> Vec<Loss> {
        let mut moments: Vec<usize> = (0..trials).map(|_| chance.below(self.events.len() + 1)).collect();
        moments.sort_unstable();
        let (mut past, mut done) = (past.clone(), 0);
        let mut losses = Vec::with_capacity(trials);
        for at in moments {
            for event in &self.events[done..at] {
                disk.apply(event);
                past.add(event);
            }
            done = at;
            let (temper, seed) = (Temper::random(chance), chance.next());
            let left = tempfile::tempdir().unwrap();
            disk.lose_power(temper, &mut Chance::new(seed), left.path());
            if losses.len() == self.goes_on {
                disk.lose_power(temper, &mut Chance::new(seed), &self.directory);
            }
            losses.push(Loss { at, temper, past: past.clone(), left });
        }
        losses
    }
}

/// Judges on as many threads as there are processors; gives what went wrong.
fn judge_all(losses: &[Loss], judge: Judge<'_>) -> Vec<String> {
    let (next, failures) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let work = || {
        while let Some(loss) = losses.get(next.fetch_add(1, Ordering::Relaxed)) {
            let judged = catch_unwind(AssertUnwindSafe(|| judge(loss.left.path(), &loss.past)));
            if let Err(why) = judged.unwrap_or_else(|_| Err("the judge panicked".to_owned())) {
                failures.lock().unwrap().push(format!("event {}, {:?}: {why}", loss.at, loss.temper));
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(work);
        }
    });
    failures.into_inner().unwrap()
}
