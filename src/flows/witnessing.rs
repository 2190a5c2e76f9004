//! Asks the witnesses of our policy to countersign our checkpoints, compares our log with what they have seen, and shows
//! what they signed.
//!
//! At the start nothing is written before they were heard. A witness that has seen more than we have, or something else,
//! means that our data came from a backup: to go on would be to sign a second history. Then the log is held; mail goes
//! on, its proofs wait, and an administrator decides.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::publish::{Publication, broken, has_root};
use super::record::{Gate, Recorder};
use super::web::{Ask, Said, Web};
use crate::ledger::log::SignedCheckpoint;
use crate::ledger::note::Signed;
use crate::ledger::policy::Known;
use crate::ledger::witness::{Request, origin_hash};
use crate::ledger::{Checkpoint, Policy, ShardName};
use crate::mail::{Edge, Fault, Time};

/// After so many seconds without a new leaf a checkpoint is signed again: what was not there *yet* gets a later bound.
const RENEW_AFTER: i64 = 60;
/// How long, at the start, nothing is written while a witness does not answer.
const PATIENCE: i64 = 30;
/// Seconds until a witness that failed is asked again: doubled each time, up to the second.
const FIRST_PAUSE: i64 = 1;
const LONGEST_PAUSE: i64 = 300;
/// Times that one witness is asked for one checkpoint: with the size that we know, with the one that it says, and once
/// more when it had to learn a new year's key.
const TRIES: usize = 4;

/// What is known of a witness of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WitnessState {
    /// Its name.
    pub name: String,
    /// When it signed last.
    pub signed: Option<Time>,
    /// Of which size.
    pub size: Option<u64>,
    /// Why it did not, the last time.
    pub problem: Option<String>,
}

/// Asks our witnesses.
pub struct Witnessing<W> {
    web: W,
    recorder: Arc<Recorder>,
    publication: Arc<Publication>,
    policy: Policy,
    edge: Edge,
    begun: Time,
    state: Mutex<State>,
}

struct State {
    witnesses: Vec<One>,
    /// When the newest shard was last shown, and whether our quorum signed it.
    last: Option<(ShardName, u64, Time, bool)>,
    quorum_missing: bool,
}

#[derive(Clone, Default)]
struct One {
    /// The size of each shard that it signed last.
    sizes: HashMap<ShardName, u64>,
    failures: u32,
    next: Time,
    heard: bool,
    signed: Option<(Time, u64)>,
    problem: Option<String>,
}

/// Why a witness did not sign.
enum Refusal {
    /// It has seen something that our log is not: its own word for it, and whether our own signature proves it.
    Contradicts(String),
    /// Anything else.
    Failed(String),
}

impl<W: Web> Witnessing<W> {
    /// Over these parts; the policy names our witnesses, with their addresses, and the quorum.
    #[must_use]
    pub fn new(web: W, recorder: Arc<Recorder>, publication: Arc<Publication>, policy: Policy, edge: Edge) -> Self {
        let witnesses = vec![One::default(); policy.witnesses().len()];
        let state = Mutex::new(State { witnesses, last: None, quorum_missing: false });
        let begun = edge.now();
        Self { web, recorder, publication, policy, edge, begun, state }
    }

    /// Shows what is new since the last time, with the signatures that it gets. To be called every few seconds.
    ///
    /// # Errors
    /// When our own files fail.
    // [proofs#publish] [proofs#witnessed]
    pub async fn round(&self) -> Result<(), Fault> {
        for (name, target) in self.due()? {
            let (note, met) = self.cosigned(name, &target).await?;
            let signed = SignedCheckpoint { note, checkpoint: target.checkpoint.clone() };
            let kept = (!self.policy.witnesses().is_empty() && signed.note != target.note).then_some(met);
            self.publication.publish(name, signed, kept)?;
            let current = self.recorder.ledger().name();
            if name == current {
                self.state().last = Some((name, target.checkpoint.size, self.edge.now(), met));
                self.tell_quorum(met);
            }
        }
        self.let_write();
        self.publication.know_witnesses(self.witnesses());
        Ok(())
    }

    fn witnesses(&self) -> Vec<WitnessState> {
        let state = self.state();
        let known = self.policy.witnesses().iter().zip(&state.witnesses);
        let told = known.map(|(known, one)| WitnessState {
            name: known.key.name().to_owned(),
            signed: one.signed.map(|(time, _)| time),
            size: one.signed.map(|(_, size)| size),
            problem: one.problem.clone(),
        });
        told.collect()
    }

    /// The checkpoints to show now: the newest when it is new or old, and that of the year before until it is signed.
    fn due(&self) -> Result<Vec<(ShardName, SignedCheckpoint)>, Fault> {
        let (name, newest) = {
            let ledger = self.recorder.ledger();
            (ledger.name(), ledger.log().checkpoint().clone())
        };
        let mut due = Vec::new();
        let now = self.edge.now();
        let last = self.state().last;
        let new = last.is_none_or(|(shown, size, time, met)| {
            (shown, size) != (name, newest.checkpoint.size) || !met || now >= time.plus_secs(RENEW_AFTER)
        });
        if let Some(before) = self.unfinished(name)? {
            due.push(before);
        }
        if new {
            due.push((name, newest));
        }
        Ok(due)
    }

    /// The shard before this one, as long as its last checkpoint misses its quorum.
    fn unfinished(&self, name: ShardName) -> Result<Option<(ShardName, SignedCheckpoint)>, Fault> {
        let names = self.publication.shards().names().map_err(|error| broken("the shards", error))?;
        let before = names.into_iter().rev().find(|before| *before < name && name != before.again());
        let Some(before) = before.filter(|_| self.policy.asks_witnesses()) else { return Ok(None) };
        let log = self.publication.log(before)?;
        let last = log.size().saturating_sub(1);
        let signed = self.publication.with_history(before, |history| history.covering(last))?;
        let met =
            |signed: SignedCheckpoint| self.policy.sightings(&signed.note).is_ok_and(|seen| self.policy.met(&seen));
        Ok((!signed.is_some_and(met)).then(|| (before, log.checkpoint().clone())))
    }

    /// Asks all witnesses that are due at once.
    async fn cosigned(
        &self,
        name: ShardName,
        target: &SignedCheckpoint,
    ) -> Result<(crate::ledger::note::Note, bool), Fault> {
        let now = self.edge.now();
        let due: Vec<usize> = {
            let state = self.state();
            (0..state.witnesses.len()).filter(|number| state.witnesses[*number].next <= now).collect()
        };
        let asked = due.iter().map(|number| -> Pin<Box<dyn Future<Output = _> + Send + '_>> {
            Box::pin(async move { (*number, self.ask_one(*number, name, target).await) })
        });
        let mut note = target.note.clone();
        for (number, answer) in all(asked.collect()).await {
            match answer {
                Ok(line) => {
                    metrics::counter!("sceau_witness_answers_total", "outcome" => "signed").increment(1);
                    note = note.with_lines(&line);
                    self.signed(number, name, target.checkpoint.size);
                }
                Err(refusal) => {
                    if self.refused(number, refusal) {
                        self.recorder.record_conflict().await?;
                    }
                }
            }
        }
        let met = self.policy.sightings(&note).map(|seen| self.policy.met(&seen));
        Ok((note, met.map_err(|error| broken("our own checkpoint", error))?))
    }

    /// One witness's signature line.
    async fn ask_one(&self, number: usize, name: ShardName, target: &SignedCheckpoint) -> Result<String, Refusal> {
        let witness = &self.policy.witnesses()[number];
        let Some(url) = &witness.url else { return Err(Refusal::Failed("the policy has no address of it".to_owned())) };
        let known = self.state().witnesses[number].sizes.get(&name).copied();
        let mut old = known.unwrap_or(0).min(target.checkpoint.size);
        for _ in 0..TRIES {
            let proof =
                self.publication.log(name).map_err(|fault| failed(&fault))?.consistency_to(old, target.checkpoint.size);
            let body = Request::body(old, &proof.map_err(|error| Refusal::Failed(error.to_string()))?, &target.note);
            let ask = Ask::post(format!("{url}/add-checkpoint"), "text/plain", body.into_bytes());
            let said = self.web.ask(ask).await.map_err(|fault| failed(&fault))?;
            match (said.status, size_of(&said)) {
                (200, _) => return line_of(&said, witness, target),
                (409, Some(seen)) if seen <= target.checkpoint.size => old = seen,
                (409, Some(seen)) => return Err(self.ahead(url, name, seen).await),
                (422, _) => return Err(self.inconsistent(url, name).await),
                (404, _) if self.introduce(url, name).await => {}
                (404, _) => {
                    return Err(Refusal::Failed("it does not witness our log: its policy lacks our key".to_owned()));
                }
                (status, _) => return Err(Refusal::Failed(format!("it answered {status}"))),
            }
        }
        Err(Refusal::Failed("it named another size each time".to_owned()))
    }

    /// It has seen a larger log than ours.
    async fn ahead(&self, url: &str, name: ShardName, seen: u64) -> Refusal {
        let proved = self.evidence(url, name).await.is_some();
        // What it was shown while we asked is no contradiction.
        if self.recorder.ledger().name() == name && self.recorder.ledger().log().size() >= seen && !proved {
            return Refusal::Failed(format!("it has seen size {seen}, which we have by now"));
        }
        let word = if proved { "prouvé par notre propre signature" } else { "affirmé par ce témoin, sans preuve" };
        Refusal::Contradicts(format!("a vu {seen} feuilles du journal {name}, et il y en a moins ici ({word})"))
    }

    /// It says that ours does not continue what it saw. A word is not enough to stop a log; our signature is.
    async fn inconsistent(&self, url: &str, name: ShardName) -> Refusal {
        match self.evidence(url, name).await {
            Some(seen) => Refusal::Contradicts(format!(
                "a vu un autre journal {name} de {} feuilles (prouvé par notre propre signature)",
                seen.checkpoint.size
            )),
            None => Refusal::Failed("it calls our log inconsistent and shows nothing that proves it".to_owned()),
        }
    }

    /// A checkpoint that we signed, by our key, and that our log is not.
    async fn evidence(&self, url: &str, name: ShardName) -> Option<SignedCheckpoint> {
        let origin = self.publication.shards().origin(name);
        let said = self.web.ask(Ask::get(format!("{url}/{}/checkpoint", origin_hash(&origin)))).await.ok()?;
        let (checkpoint, note) = Checkpoint::parse_note(std::str::from_utf8(&said.body).ok()?).ok()?;
        let log = self.publication.log(name).ok()?;
        let ours = checkpoint.origin == origin && matches!(log.key().signed(&note), Ok(Some(Signed::Log)));
        let same = has_root(&log, checkpoint.size, &checkpoint.root).ok()?;
        (ours && !same).then_some(SignedCheckpoint { checkpoint, note })
    }

    /// Shows a witness that the shard before names the key of this one.
    // [proofs#successor]
    async fn introduce(&self, url: &str, name: ShardName) -> bool {
        let names = self.publication.shards().names().unwrap_or_default();
        let Some(before) = names.into_iter().rev().find(|before| *before < name) else { return false };
        let Ok(Some(proof)) = self.publication.successor(before) else { return false };
        let ask = Ask::post(format!("{url}/add-successor"), "text/plain", proof.to_string().into_bytes());
        self.web.ask(ask).await.is_ok_and(|said| said.status == 200)
    }

    fn signed(&self, number: usize, name: ShardName, size: u64) {
        let now = self.edge.now();
        let one = &mut self.state().witnesses[number];
        one.sizes.insert(name, size);
        *one = One { failures: 0, next: now, heard: true, signed: Some((now, size)), problem: None, ..one.clone() };
    }

    /// True when the log is held because of it, and was not before.
    fn refused(&self, number: usize, refusal: Refusal) -> bool {
        let name = self.policy.witnesses()[number].key.name();
        let now = self.edge.now();
        let contradicts = matches!(refusal, Refusal::Contradicts(_));
        let outcome = if contradicts { "contradicts" } else { "failed" };
        metrics::counter!("sceau_witness_answers_total", "outcome" => outcome).increment(1);
        let (Refusal::Contradicts(problem) | Refusal::Failed(problem)) = refusal;
        let mut state = self.state();
        let one = &mut state.witnesses[number];
        if one.problem.as_ref() != Some(&problem) {
            tracing::warn!(target: "ledger", witness = name, %problem, "a witness did not sign");
        }
        let pause = (FIRST_PAUSE << one.failures.min(10)).min(LONGEST_PAUSE);
        *one = One {
            failures: one.failures + 1,
            next: now.plus_secs(pause),
            sizes: HashMap::new(),
            heard: one.heard || contradicts,
            signed: one.signed,
            problem: Some(problem.clone()),
        };
        drop(state);
        let held = contradicts && self.recorder.hold(format!("le témoin {name} {problem}"));
        if held {
            tracing::error!(target: "ledger", witness = name, %problem,
                "THE LOG IS HELD: a witness has seen another state of it than this server has. Restore the newest copy of \
                 the ledger, or run «sceau proof begin-again» to leave this log and begin another; mail goes on meanwhile");
        }
        held
    }

    /// Nothing contradicts: the log may be written.
    // [proofs#rolled-back]
    fn let_write(&self) {
        if self.recorder.gate() != Gate::Comparing {
            return;
        }
        let silent: Vec<String> = {
            let state = self.state();
            let known = self.policy.witnesses().iter().zip(&state.witnesses);
            known.filter(|(_, one)| !one.heard).map(|(known, _)| known.key.name().to_owned()).collect()
        };
        if silent.is_empty() {
            self.recorder.compared();
        } else if self.edge.now() >= self.begun.plus_secs(PATIENCE) {
            tracing::warn!(target: "ledger", ?silent, "witnesses could not be asked what they have seen; the log is written all the same");
            self.recorder.compared();
        }
    }

    fn tell_quorum(&self, met: bool) {
        let mut state = self.state();
        if std::mem::replace(&mut state.quorum_missing, !met) == met {
            if met {
                tracing::info!(target: "ledger", "the quorum of witnesses signs again");
            } else {
                tracing::error!(target: "ledger", "fewer witnesses than the policy asks for sign: proofs stay at level P0 until they do");
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn failed(fault: &Fault) -> Refusal {
    Refusal::Failed(fault.to_string())
}

/// The size in a `409` of the specification.
// [c2sp#tlog-witness]
fn size_of(said: &Said) -> Option<u64> {
    let text = std::str::from_utf8(&said.body).ok().filter(|_| said.kind == "text/x.tlog.size")?;
    text.strip_suffix('\n')?.parse().ok()
}

/// The line of this witness among what it answered, if it is good.
fn line_of(said: &Said, witness: &Known, target: &SignedCheckpoint) -> Result<String, Refusal> {
    let lines = String::from_utf8_lossy(&said.body);
    let note = target.note.with_lines(&lines);
    let only = note.only(std::slice::from_ref(&witness.key));
    match witness.key.signed(&only) {
        Ok(Some(Signed::Witness(_))) => {
            Ok(only.to_string().rsplit_once("\n\n").map_or_else(String::new, |(_, l)| l.to_owned()))
        }
        _ => Err(Refusal::Failed("its answer has no good signature of its key".to_owned())),
    }
}

/// Waits for all of them at once.
async fn all<F: Future + Unpin>(mut waiting: Vec<F>) -> Vec<F::Output> {
    let mut done = Vec::with_capacity(waiting.len());
    std::future::poll_fn(|context| {
        let mut still = Vec::with_capacity(waiting.len());
        for mut future in waiting.drain(..) {
            match Pin::new(&mut future).poll(context) {
                std::task::Poll::Ready(output) => done.push(output),
                std::task::Poll::Pending => still.push(future),
            }
        }
        waiting = still;
        if waiting.is_empty() { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
    done
}
