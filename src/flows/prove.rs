//! Proofs for people: the events of an envelope, each as a file that verifies offline.

use std::path::PathBuf;
use std::sync::Arc;

use super::Recorder;
use crate::ledger::{Log, ProofFile};
use crate::mail::{EnvelopeId, Fault, Status};
use crate::seal::event::{EventKind, Leaf};
use crate::store::{Store, StoredEvent};

/// One event's proof.
#[derive(Debug, Clone)]
pub struct ExportedProof {
    /// The recipient's number in the envelope; 0 for events of the whole envelope.
    pub rcpt: u16,
    /// The event's number in its chain.
    pub number: u32,
    /// What happened.
    pub kind: EventKind,
    /// The `.preuve`.
    pub file: ProofFile,
}

/// Exports proofs and lists events.
pub struct Proofs {
    store: Arc<Store>,
    recorder: Arc<Recorder>,
    shards: PathBuf,
}

impl Proofs {
    /// The flow over these parts. `shards` is the folder with a ledger for each year.
    #[must_use]
    pub fn new(store: Arc<Store>, recorder: Arc<Recorder>, shards: PathBuf) -> Self {
        Self { store, recorder, shards }
    }

    /// The events of an envelope, by recipient and number, whether they stand in the log yet or not.
    ///
    /// # Errors
    /// `Storage`.
    pub fn events(&self, envelope: EnvelopeId) -> Result<Vec<StoredEvent>, Fault> {
        self.store.events_of(envelope)
    }

    /// The envelopes that were accepted with this Message-ID, angle brackets included.
    ///
    /// # Errors
    /// `Storage`.
    pub fn envelopes(&self, message_id: &str) -> Result<Vec<EnvelopeId>, Fault> {
        self.store.envelopes_by_message_id(message_id)
    }

    /// A proof of every event of the envelope, with all openings that were not destroyed. What still waits for the log
    /// is appended first. Waits for the disk: call it outside of the asynchronous runtime.
    ///
    /// # Errors
    /// `Storage`.
    // [proofs#proof-file]
    pub fn export(&self, envelope: EnvelopeId) -> Result<Vec<ExportedProof>, Fault> {
        self.recorder.drain_all()?;
        self.store.events_of(envelope)?.into_iter().map(|event| self.prove(event)).collect()
    }

    fn prove(&self, event: StoredEvent) -> Result<ExportedProof, Fault> {
        let StoredEvent { rcpt, number, leaf, openings, log_index } = event;
        let waiting = || Fault::ours(Status::Storage, "an event does not stand in the log");
        let index = log_index.ok_or_else(waiting)?;
        let kind = leaf.kind();
        let file = self.with_log_of(&leaf, index, |log| {
            let proof = log.prove(index).map_err(|e| broken("inclusion proof", e))?;
            let file = ProofFile::new(leaf.clone(), &openings, proof).map_err(|e| broken("proof file", e))?;
            Ok(file.with_keys(vec![log.key().clone()]))
        })?;
        Ok(ExportedProof { rcpt, number, kind, file })
    }

    /// Runs `work` on the shard that has this leaf at this index: the one that is written now, or that of the year in
    /// which the event happened, or of the next, when it waited over New Year.
    // [proofs#log]
    fn with_log_of<R>(&self, leaf: &Leaf, index: u64, work: impl FnOnce(&Log) -> Result<R, Fault>) -> Result<R, Fault> {
        let holds = |log: &Log| log.leaf(index).is_ok_and(|found| found.hash() == leaf.hash());
        let ledger = self.recorder.ledger();
        if holds(ledger.log()) {
            return work(ledger.log());
        }
        drop(ledger);
        let year = leaf.time().year();
        for year in [year, year + 1] {
            if let Ok(log) = Log::open(&self.shards.join(year.to_string()))
                && holds(&log)
            {
                return work(&log);
            }
        }
        Err(Fault::ours(Status::Storage, format!("no shard has the leaf {} at {index}", leaf.hash())))
    }
}

fn broken(what: &str, error: impl std::error::Error + Send + Sync + 'static) -> Fault {
    Fault::ours(Status::Storage, what).caused_by(error)
}
