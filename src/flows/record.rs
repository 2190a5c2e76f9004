//! From the store to the log: leaves that were committed with their facts are appended to the ledger, in order.
//!
//! Nothing is lost when this stops anywhere: a leaf waits in the store until it is marked, and the ledger gives a leaf
//! that it has already the index that it has. That is also why the log can be held: mail goes on, leaves wait.

use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::facts::{Incident, record_incident};
use crate::ledger::{Ledger, LedgerError, ShardName, Shards};
use crate::mail::{Edge, Fault, Status, Time};
use crate::seal::event::Leaf;
use crate::store::Store;

/// Whether the log may be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Gate {
    /// It may.
    Open,
    /// Not before it was compared with what the witnesses have seen.
    Comparing,
    /// No more: a witness has seen another state of it. French: an administrator reads why.
    Held(String),
}

/// Moves leaves into the ledger. Runs outside of the asynchronous runtime: it waits for the disk.
pub struct Recorder {
    store: Arc<Store>,
    shards: Option<(Shards, Edge)>,
    writing: Mutex<Writing>,
    gate: Mutex<Gate>,
}

/// The shard that is written.
struct Writing {
    name: ShardName,
    ledger: Ledger,
}

/// The ledger that is written now; nobody else writes while this lives.
pub struct Current<'a>(MutexGuard<'a, Writing>);

impl Current<'_> {
    /// The shard's name.
    #[must_use]
    pub fn name(&self) -> ShardName {
        self.0.name
    }
}

impl Deref for Current<'_> {
    type Target = Ledger;

    fn deref(&self) -> &Ledger {
        &self.0.ledger
    }
}

impl DerefMut for Current<'_> {
    fn deref_mut(&mut self) -> &mut Ledger {
        &mut self.0.ledger
    }
}

impl Recorder {
    /// Leaves that one append takes (group commit).
    pub const GROUP: usize = 1024;

    /// The one writer of this ledger, which goes on for ever: for a log without years.
    #[must_use]
    pub fn new(store: Arc<Store>, ledger: Ledger) -> Self {
        let name = ledger.log().key().name().rsplit('/').next().and_then(|name| name.parse().ok());
        let writing = Writing { name: name.unwrap_or(ShardName::of(1)), ledger };
        Self { store, shards: None, writing: Mutex::new(writing), gate: Mutex::new(Gate::Open) }
    }

    /// The one writer of these shards; goes on to the next one by itself when its year begins.
    ///
    /// # Errors
    /// When the present shard can't be opened.
    pub fn open(store: Arc<Store>, shards: Shards, edge: Edge, gate: Gate) -> Result<Self, LedgerError> {
        let (name, ledger) = shards.open(edge.now())?;
        let writing = Mutex::new(Writing { name, ledger });
        Ok(Self { store, shards: Some((shards, edge)), writing, gate: Mutex::new(gate) })
    }

    /// Appends what waits, at most one group, and gives how many leaves that were. Fewer than asked for means that no
    /// more wait; none while the log waits for its witnesses.
    ///
    /// # Errors
    /// When the log is held, or the ledger or the store can't be written: what waits goes on waiting.
    // [proofs#log]
    pub fn drain(&self) -> Result<usize, Fault> {
        match self.gate() {
            Gate::Open => {}
            Gate::Comparing => return Ok(0),
            Gate::Held(why) => return Err(Fault::ours(Status::Storage, format!("the log is held: {why}"))),
        }
        self.go_on_with_the_year()?;
        let waiting = self.store.pending_events(Self::GROUP)?;
        if waiting.is_empty() {
            return Ok(0);
        }
        let (sequences, leaves): (Vec<u64>, Vec<Leaf>) = waiting.into_iter().unzip();
        let indices = self.ledger().append(&leaves).map_err(|e| ledger_fault("append", e))?;
        let count = sequences.len();
        let marks: Vec<(u64, u64)> = sequences.into_iter().zip(indices).collect();
        self.store.write_blocking(move |tx| tx.mark_recorded(&marks))?;
        Ok(count)
    }

    /// Appends until nothing waits.
    ///
    /// # Errors
    /// As [`Recorder::drain`].
    pub fn drain_all(&self) -> Result<(), Fault> {
        while self.drain()? > 0 {}
        Ok(())
    }

    /// Whether opening the log had to put right what a stop left.
    #[must_use]
    pub fn was_recovered(&self) -> bool {
        self.ledger().was_recovered()
    }

    /// The time of the newest event in the log; none when there is none.
    pub fn newest(&self) -> Option<Time> {
        let ledger = self.ledger();
        let last = ledger.log().size().checked_sub(1)?;
        ledger.log().leaf(last).ok().map(|leaf| leaf.time())
    }

    /// Makes the ledger's hashes durable, so that the next start has nothing to compute.
    ///
    /// # Errors
    /// When the disk fails; nothing is lost.
    pub fn settle(&self) -> Result<(), Fault> {
        self.ledger().settle().map_err(|e| ledger_fault("settle", e))
    }

    /// The ledger, for reading: size, checkpoint, proofs.
    pub fn ledger(&self) -> Current<'_> {
        Current(self.writing.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Whether the log may be written.
    #[must_use]
    pub fn gate(&self) -> Gate {
        self.gate.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The log was compared with its witnesses: it may be written, unless it is held.
    pub fn compared(&self) {
        let mut gate = self.gate.lock().unwrap_or_else(PoisonError::into_inner);
        if *gate == Gate::Comparing {
            *gate = Gate::Open;
        }
    }

    /// Nothing more is written until the log is begun again. True when it was not held yet.
    // [proofs#rolled-back]
    pub fn hold(&self, why: String) -> bool {
        let mut gate = self.gate.lock().unwrap_or_else(PoisonError::into_inner);
        let news = !matches!(*gate, Gate::Held(_));
        if news {
            *gate = Gate::Held(why);
        }
        news
    }

    /// Records that a witness has seen another log: the leaf waits until a log may be written again.
    ///
    /// # Errors
    /// `Storage`.
    pub(super) async fn record_conflict(&self) -> Result<(), Fault> {
        self.store.write(|tx| record_incident(tx, Incident::WitnessConflict).map(drop)).await
    }

    /// Leaves a log that is held as it is, and begins another beside it, with an incident as its second leaf. What
    /// witnesses have seen of the old one stays what it is: proofs of events that were lost with it stay valid.
    ///
    /// # Errors
    /// When the log isn't held, or the new shard can't be made.
    // [proofs#rolled-back]
    pub fn begin_again(&self) -> Result<ShardName, Fault> {
        let (Some((shards, edge)), Gate::Held(_)) = (&self.shards, self.gate()) else {
            return Err(Fault::ours(Status::Storage, "the log is not held: there is nothing to begin again"));
        };
        let mut writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let begun = shards.begin_again((writing.name, &mut writing.ledger), edge.now());
        let (name, ledger) = begun.map_err(|error| ledger_fault("begin again", error))?;
        self.store.write_blocking(|tx| record_incident(tx, Incident::LogBegunAgain).map(drop))?;
        *writing = Writing { name, ledger };
        drop(writing);
        // No witness can have seen the new one.
        *self.gate.lock().unwrap_or_else(PoisonError::into_inner) = Gate::Open;
        tracing::error!(target: "ledger", shard = %name, "the log was begun again beside one that was held");
        Ok(name)
    }

    /// Closes the shard when its year is over.
    // [proofs#shards]
    fn go_on_with_the_year(&self) -> Result<(), Fault> {
        let Some((shards, edge)) = &self.shards else { return Ok(()) };
        let now = edge.now();
        let mut writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        if now.year() <= writing.name.year() {
            return Ok(());
        }
        let (name, next) = (writing.name, ShardName::of(now.year()));
        let ledger = shards.go_on((name, &mut writing.ledger), next, now);
        *writing = Writing { name: next, ledger: ledger.map_err(|error| ledger_fault("another year", error))? };
        Ok(())
    }
}

fn ledger_fault(what: &str, error: LedgerError) -> Fault {
    Fault::ours(Status::Storage, format!("ledger: {what}")).caused_by(error)
}
