//! Proofs for people: the events of an envelope, each as a file that verifies offline.

use std::sync::Arc;

use super::Recorder;
use crate::ledger::ProofFile;
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
}

impl Proofs {
    /// The flow over these parts.
    #[must_use]
    pub fn new(store: Arc<Store>, recorder: Arc<Recorder>) -> Self {
        Self { store, recorder }
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
    /// `Storage`; `LimitReached` never: an envelope's events are bounded by its recipients.
    // [proofs#proof-file]
    pub fn export(&self, envelope: EnvelopeId) -> Result<Vec<ExportedProof>, Fault> {
        self.recorder.drain_all()?;
        self.store.events_of(envelope)?.into_iter().map(|event| self.prove(event)).collect()
    }

    fn prove(&self, event: StoredEvent) -> Result<ExportedProof, Fault> {
        let StoredEvent { rcpt, number, leaf, openings, log_index } = event;
        let waiting = || Fault::ours(Status::Storage, "an event does not stand in the log");
        let index = log_index.ok_or_else(waiting)?;
        let ledger = self.recorder.ledger();
        let proof = ledger.log().prove(index).map_err(|e| broken("inclusion proof", e))?;
        let keys = vec![ledger.log().key().clone()];
        let kind = Leaf::kind(&leaf);
        let file = ProofFile::new(leaf, &openings, proof).map_err(|e| broken("proof file", e))?.with_keys(keys);
        Ok(ExportedProof { rcpt, number, kind, file })
    }
}

fn broken(what: &str, error: impl std::error::Error + Send + Sync + 'static) -> Fault {
    Fault::ours(Status::Storage, what).caused_by(error)
}
