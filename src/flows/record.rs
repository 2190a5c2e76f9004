//! From the store to the log: leaves that were committed with their facts are appended to the ledger, in order.
//!
//! Nothing is lost when this stops anywhere: a leaf waits in the store until it is marked, and the ledger gives a leaf
//! that it has already the index that it has.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::ledger::{Ledger, LedgerError};
use crate::mail::{Fault, Status};
use crate::seal::event::Leaf;
use crate::store::Store;

/// Leaves that one append takes (group commit).
const GROUP: usize = 1024;

/// Moves leaves into the ledger. Runs outside of the asynchronous runtime: it waits for the disk.
pub struct Recorder {
    store: Arc<Store>,
    ledger: Mutex<Ledger>,
}

impl Recorder {
    /// The one writer of this ledger.
    #[must_use]
    pub fn new(store: Arc<Store>, ledger: Ledger) -> Self {
        Self { store, ledger: Mutex::new(ledger) }
    }

    /// Appends what waits, at most one group, and gives how many leaves that were. Fewer than asked for means that no
    /// more wait.
    ///
    /// # Errors
    /// When the ledger or the store can't be written: what waits goes on waiting.
    // [proofs#log]
    pub fn drain(&self) -> Result<usize, Fault> {
        let waiting = self.store.pending_events(GROUP)?;
        if waiting.is_empty() {
            return Ok(0);
        }
        let (sequences, leaves): (Vec<u64>, Vec<Leaf>) = waiting.into_iter().unzip();
        let indices = self.ledger().append(&leaves).map_err(|e| ledger_fault("append", e))?;
        let count = sequences.len();
        self.store.write_blocking(move |tx| {
            sequences.iter().zip(indices).try_for_each(|(sequence, index)| tx.mark_recorded(*sequence, index))
        })?;
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

    /// Makes the ledger's hashes durable, so that the next start has nothing to compute.
    ///
    /// # Errors
    /// When the disk fails; nothing is lost.
    pub fn settle(&self) -> Result<(), Fault> {
        self.ledger().settle().map_err(|e| ledger_fault("settle", e))
    }

    /// The ledger, for reading: size, checkpoint, proofs.
    pub fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn ledger_fault(what: &str, error: LedgerError) -> Fault {
    Fault::ours(Status::Storage, format!("ledger: {what}")).caused_by(error)
}
