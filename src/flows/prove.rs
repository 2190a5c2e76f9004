//! Proofs for people: the events of an envelope, each as a file that verifies offline.

use std::sync::Arc;

use super::Recorder;
use super::publish::{Publication, broken};
use crate::ledger::log::SignedCheckpoint;
use crate::ledger::{Anchor, Cosigned, Log, Policy, ProofFile, ShardName, anchors};
use crate::mail::{EnvelopeId, Fault, Status, Time};
use crate::seal::event::{EventKind, Leaf};
use crate::store::{Store, StoredEvent};

/// States of the log from before an event that are tried: nearly always the first is good, unless a clock was wrong.
const BEFORE_TRIED: usize = 64;

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
    publication: Arc<Publication>,
    policy: Policy,
}

impl Proofs {
    /// The flow over these parts; the policy names the witnesses whose clocks count.
    #[must_use]
    pub fn new(store: Arc<Store>, recorder: Arc<Recorder>, publication: Arc<Publication>, policy: Policy) -> Self {
        Self { store, recorder, publication, policy }
    }

    /// The policy of this operator: its witnesses and quorum.
    #[must_use]
    pub const fn policy(&self) -> &Policy {
        &self.policy
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

    /// A proof of every event of the envelope that stands in the log, with all openings that were not destroyed, each by
    /// the checkpoint that says most: the first that our witnesses signed with the event in it. What still waits for the
    /// log is appended first, where it may be. Waits for the disk: call it outside of the asynchronous runtime.
    ///
    /// # Errors
    /// `Storage`, also when nothing of the envelope stands in the log yet.
    // [proofs#proof-file]
    pub fn export(&self, envelope: EnvelopeId) -> Result<Vec<ExportedProof>, Fault> {
        if let Err(fault) = self.recorder.drain_all() {
            tracing::warn!(target: "ledger", %fault, "what waits for the log is not exported");
        }
        let events = self.store.events_of(envelope)?;
        let known = !events.is_empty();
        let logged = events.into_iter().filter_map(|event| event.log_index.map(|index| (event, index)));
        let proofs: Vec<_> = logged.map(|(event, index)| self.prove(event, index)).collect::<Result<_, _>>()?;
        if known && proofs.is_empty() {
            return Err(Fault::ours(
                Status::Storage,
                format!("the events wait for the log: {:?}", self.recorder.gate()),
            ));
        }
        Ok(proofs)
    }

    /// The proofs that other operators returned of what became of the envelope, each with the recipient and the number of
    /// our event that names it.
    ///
    /// # Errors
    /// `Storage`.
    // [proofs#xsceau]
    pub fn of_peers(&self, envelope: EnvelopeId) -> Result<Vec<ExportedProof>, Fault> {
        let events = self.store.events_of(envelope)?;
        let kept = super::receipts::kept(&self.store, envelope, &events)?;
        let exported = kept.into_iter().map(|(event, file)| ExportedProof {
            rcpt: event.rcpt,
            number: event.number,
            kind: file.leaf().kind(),
            file,
        });
        Ok(exported.collect())
    }

    fn prove(&self, event: StoredEvent, index: u64) -> Result<ExportedProof, Fault> {
        let StoredEvent { rcpt, number, leaf, openings, .. } = event;
        let (name, log) = self.log_of(&leaf, index)?;
        let wrong = |error| broken("inclusion proof", error);
        let (covering, before) = self.bracket(name, index, leaf.time())?;
        let proof = match covering.filter(|covering| covering.checkpoint.size <= log.size()) {
            Some(covering) => log.prove_in(index, &covering).map_err(wrong)?,
            None => log.prove(index).map_err(wrong)?,
        };
        let kind = leaf.kind();
        let mut file = ProofFile::new(leaf, &openings, proof).map_err(|e| broken("proof file", e))?;
        if let Some(before) = before {
            file = file.with_not_before(before);
        }
        let stamped = anchors::covering(&self.publication.shards().path(name), index);
        if let Some((signed, token)) = stamped.map_err(|error| broken("anchors", error))? {
            let proof = log.prove_in(index, &signed).map_err(wrong)?;
            file = file.with_anchor(Anchor { token, proof });
        }
        Ok(ExportedProof { rcpt, number, kind, file: file.with_keys(vec![log.key().clone()]) })
    }

    /// The states of the log with and without the leaf that make the narrowest bracket around its time.
    // [proofs#witnessed]
    fn bracket(
        &self,
        name: ShardName,
        index: u64,
        time: Time,
    ) -> Result<(Option<SignedCheckpoint>, Option<SignedCheckpoint>), Fault> {
        self.publication.with_history(name, |history: &mut Cosigned| {
            let Some(covering) = history.covering(index)? else {
                return Ok::<_, crate::ledger::FileError>((None, None));
            };
            let mut newest = None;
            for before in history.before(index).take(BEFORE_TRIED) {
                let before = before?;
                if self.unseen_until(&before).is_some_and(|until| until <= time) {
                    return Ok((Some(covering), Some(before)));
                }
                newest.get_or_insert(before);
            }
            Ok((Some(covering), newest))
        })
    }

    fn unseen_until(&self, signed: &SignedCheckpoint) -> Option<Time> {
        self.policy.largest_until(&self.policy.sightings(&signed.note).ok()?)
    }

    /// The shard that has this leaf at this index: that of the year in which the event happened, or a later one, when it
    /// waited over New Year or the log was begun again.
    // [proofs#log] [proofs#shards]
    fn log_of(&self, leaf: &Leaf, index: u64) -> Result<(ShardName, Log), Fault> {
        let names = self.publication.shards().names().map_err(|error| broken("the shards", error))?;
        let year = leaf.time().year();
        for name in names.into_iter().filter(|name| name.year() >= year) {
            let log = self.publication.log(name)?;
            if log.leaf(index).is_ok_and(|found| found.hash() == leaf.hash()) {
                return Ok((name, log));
            }
        }
        Err(Fault::ours(Status::Storage, format!("no shard has the leaf {} at {index}", leaf.hash())))
    }
}
