//! Gossip: messages between operators carry a checkpoint of the sender's log, so that an operator that shows one log to
//! its witnesses and another to somebody else is found out by anybody who hears both.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use super::facts::{Incident as Fact, record_incident};
use super::publish::{Publication, broken};
use super::remote::RemoteLog;
use super::web::Web;
use crate::ledger::heard::{self, Heard};
use crate::ledger::log::SignedCheckpoint;
use crate::ledger::note::{Note, Signed};
use crate::ledger::policy::Known;
use crate::ledger::witness::{Contradiction, Incident};
use crate::ledger::{VerifierKey, Witness};
use crate::mail::{Edge, Fault};
use crate::store::Store;

/// The field's name.
pub(super) const FIELD: &str = "X-Sceau-Checkpoint";
/// Origins without a known key that are remembered at all.
const STRANGERS_MAX: usize = 256;

/// Tells our checkpoint and hears those of others.
pub struct Gossip {
    publication: Arc<Publication>,
    witness: Option<Arc<Witness>>,
    heard: Heard,
    store: Arc<Store>,
    edge: Edge,
    /// One hears at a time: files are replaced as a whole.
    hearing: Mutex<()>,
}

/// What became of a checkpoint that was heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rumour {
    /// It has no form, or a known key did not sign it: anybody may have written it.
    Nothing,
    /// It fits what is known, as far as that can be said.
    Kept,
    /// Its log has shown another state of the same size.
    Contradicts,
}

impl Gossip {
    /// Over these parts; the witness knows the keys of peers' logs.
    #[must_use]
    pub fn new(
        publication: Arc<Publication>,
        witness: Option<Arc<Witness>>,
        directory: PathBuf,
        (store, edge): (Arc<Store>, Edge),
    ) -> Self {
        Self { publication, witness, heard: Heard::new(directory), store, edge, hearing: Mutex::new(()) }
    }

    /// The field for a message that leaves now: `X-Sceau-Checkpoint: <origin> <size> <root> <signature>`.
    // [proofs#gossip]
    #[must_use]
    pub fn field(&self) -> Option<String> {
        let (_, signed) = self.publication.newest()?;
        let mut lines = signed.checkpoint.to_string();
        lines.truncate(lines.trim_end().len());
        let signature = signed.note.signature_under(&signed.checkpoint.origin)?;
        Some(format!("{FIELD}: {}\r\n {signature}\r\n", lines.replace('\n', " ")))
    }

    /// Hears the value of the field in a message of a peer. Waits for the disk.
    ///
    /// # Errors
    /// When what was heard can't be kept.
    // [proofs#gossip]
    pub fn hear(&self, value: &str) -> Result<Rumour, Fault> {
        let Some(shown) = heard::parse(value) else { return Ok(Rumour::Nothing) };
        let origin = shown.checkpoint.origin.clone();
        let keys = self.witness.as_ref().map(|witness| witness.keys_of(&origin)).unwrap_or_default();
        if !keys.is_empty() && !signed_by(&keys, &shown.note) {
            tracing::warn!(target: "ledger", %origin, "a checkpoint in a message was not signed by the log's key");
            return Ok(Rumour::Nothing);
        }
        let _one = self.hearing.lock().unwrap_or_else(PoisonError::into_inner);
        if keys.is_empty() && !self.heard.knows(&origin) && self.heard.count() >= STRANGERS_MAX {
            return Ok(Rumour::Nothing);
        }
        let rumour = if keys.is_empty() { Rumour::Kept } else { self.compare(&shown)? };
        let hour = self.edge.now().secs().div_euclid(3600);
        self.heard.keep(hour, &shown).map_err(|error| broken("gossip", error))?;
        Ok(rumour)
    }

    /// Hears beside a delivery that is done: nothing of it can fail or delay the message.
    pub(super) fn hear_beside(self: &Arc<Self>, value: String) {
        let gossip = Arc::clone(self);
        // Its end interests nobody; a panic in it is logged by the runtime.
        drop(tokio::task::spawn_blocking(move || {
            if let Err(fault) = gossip.hear(&value) {
                tracing::warn!(target: "ledger", %fault, "a peer's checkpoint could not be kept");
            }
        }));
    }

    /// Compares what was heard of logs whose address is known with what they show: each must continue what was heard.
    ///
    /// # Errors
    /// When an incident can't be recorded. A log that doesn't answer is left for the next time.
    // [proofs#gossip]
    pub async fn check<W: Web + Clone>(&self, web: &W, logs: &[Known]) -> Result<(), Fault> {
        for log in logs {
            let Some(url) = &log.url else { continue };
            let Some((_, last)) = self.heard.of(log.key.name()).pop_last() else { continue };
            if let Err(fault) = self.check_one(RemoteLog::new(web.clone(), url, None), &log.key, last).await {
                tracing::info!(target: "ledger", log = %log.key.name(), %fault, "what was heard of a log could not be compared with what it shows");
            }
        }
        Ok(())
    }

    async fn check_one<W: Web>(
        &self,
        log: RemoteLog<W>,
        key: &VerifierKey,
        heard: SignedCheckpoint,
    ) -> Result<(), Fault> {
        let shown = log.checkpoint(std::slice::from_ref(key)).await?;
        let (old, new) = if heard.checkpoint.size <= shown.checkpoint.size { (heard, shown) } else { (shown, heard) };
        if old.checkpoint.size > 0 && !log.continues(&old.checkpoint, &new.checkpoint).await? {
            // Told in this task, which may not wait for the disk as hearing does.
            if self.is_news(old, new) {
                self.store.write(|tx| record_incident(tx, Fact::SplitView).map(drop)).await?;
            }
        }
        Ok(())
    }

    /// Two roots for one size, against what our witness saw and what was heard before.
    fn compare(&self, shown: &SignedCheckpoint) -> Result<Rumour, Fault> {
        let origin = &shown.checkpoint.origin;
        let seen = match &self.witness {
            Some(witness) => witness.seen(origin).map_err(|error| broken("witness", error))?,
            None => None,
        };
        let earlier = self.heard.of(origin).into_values();
        let other = |known: &SignedCheckpoint| {
            known.checkpoint.size == shown.checkpoint.size && known.checkpoint.root != shown.checkpoint.root
        };
        match seen.into_iter().chain(earlier).find(other) {
            Some(known) => {
                if self.is_news(known, shown.clone()) {
                    self.store.write_blocking(|tx| record_incident(tx, Fact::SplitView).map(drop))?;
                }
                Ok(Rumour::Contradicts)
            }
            None => Ok(Rumour::Kept),
        }
    }

    /// Keeps a contradiction as evidence; true when it was not known.
    fn is_news(&self, seen: SignedCheckpoint, shown: SignedCheckpoint) -> bool {
        let incident = Incident { what: Contradiction::SplitView, seen, shown };
        let new = self.witness.as_ref().is_some_and(|witness| witness.keep(&incident, self.edge.now()));
        if new {
            let origin = &incident.seen.checkpoint.origin;
            tracing::error!(target: "ledger", %origin, "A PEER SHOWS TWO LOGS: the evidence is kept in witness/incidents");
        }
        new
    }
}

fn signed_by(keys: &[VerifierKey], note: &Note) -> bool {
    keys.iter().any(|key| matches!(key.signed(note), Ok(Some(Signed::Log))))
}
