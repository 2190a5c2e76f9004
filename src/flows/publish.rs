//! What this operator shows of its log: checkpoints with the signatures of witnesses, tiles, keys; entries to auditors
//! only. And the door of its witness for peers' logs. Answers to paths; the sockets are `net`'s.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::facts::{Incident, record_incident};
use super::web::{Cache, Method, WebAnswer, WebHandler, WebRequest};
use super::witnessing::WitnessState;
use crate::ledger::log::SignedCheckpoint;
use crate::ledger::tiles::Resource;
use crate::ledger::witness::{Answer, Heard, Learned, REQUEST_MAX};
use crate::ledger::{Cosigned, Log, ProofFile, ShardName, Shards, Witness, tree};
use crate::mail::{Edge, Fault, Status, hex};
use crate::store::Store;

/// What was published of each shard, and when witnesses signed it.
pub struct Publication {
    shards: Shards,
    histories: Mutex<HashMap<ShardName, Cosigned>>,
    shown: Mutex<BTreeMap<ShardName, SignedCheckpoint>>,
    witnesses: Mutex<Vec<WitnessState>>,
}

impl Publication {
    /// Of these shards. One process has it: that which has the recorder.
    #[must_use]
    pub fn new(shards: Shards) -> Self {
        Self { shards, histories: Mutex::default(), shown: Mutex::default(), witnesses: Mutex::default() }
    }

    /// The shards.
    #[must_use]
    pub const fn shards(&self) -> &Shards {
        &self.shards
    }

    /// Shows a checkpoint from now on; with countersignatures it is also kept. `met`: our own quorum signed.
    ///
    /// # Errors
    /// When the history can't be written.
    // [proofs#publish]
    pub fn publish(&self, name: ShardName, signed: SignedCheckpoint, met: Option<bool>) -> Result<(), Fault> {
        if let Some(met) = met {
            self.with_history(name, |history| history.push(&signed, met))?;
        }
        let mut shown = lock(&self.shown);
        // A witness that was away this time doesn't take back what it signed before.
        let says_more = |known: &SignedCheckpoint| {
            let (known_size, size) = (known.checkpoint.size, signed.checkpoint.size);
            known_size > size || (known_size == size && met != Some(true) && known.note != signed.note)
        };
        if !shown.get(&name).is_some_and(says_more) {
            shown.insert(name, signed);
        }
        Ok(())
    }

    /// What is shown of a shard: what was published last, or what was signed last before this process began.
    ///
    /// # Errors
    /// When there is no such shard.
    pub fn shown(&self, name: ShardName) -> Result<SignedCheckpoint, Fault> {
        if let Some(shown) = lock(&self.shown).get(&name) {
            return Ok(shown.clone());
        }
        let log = self.log(name)?;
        let last = self.with_history(name, |history| history.last())?;
        let last = last.filter(|last| last.checkpoint == log.checkpoint().checkpoint);
        Ok(last.unwrap_or_else(|| log.checkpoint().clone()))
    }

    /// What is known of our witnesses, in the order of the policy; nothing before they were asked.
    #[must_use]
    pub fn witnesses(&self) -> Vec<WitnessState> {
        lock(&self.witnesses).clone()
    }

    /// What is known of our witnesses now.
    pub(super) fn know_witnesses(&self, states: Vec<WitnessState>) {
        *lock(&self.witnesses) = states;
    }

    /// The newest shard's checkpoint that is shown.
    #[must_use]
    pub fn newest(&self) -> Option<(ShardName, SignedCheckpoint)> {
        lock(&self.shown).last_key_value().map(|(name, signed)| (*name, signed.clone()))
    }

    /// A shard for reading.
    ///
    /// # Errors
    /// When it can't be opened.
    pub fn log(&self, name: ShardName) -> Result<Log, Fault> {
        self.shards.log(name).map_err(|error| broken(&format!("shard {name}"), error))
    }

    /// Works with the history of a shard.
    ///
    /// # Errors
    /// When a file can't be read or written.
    pub fn with_history<R, E>(
        &self,
        name: ShardName,
        work: impl FnOnce(&mut Cosigned) -> Result<R, E>,
    ) -> Result<R, Fault>
    where
        E: std::error::Error + Send + Sync + 'static,
    {
        let mut histories = lock(&self.histories);
        let history = match histories.entry(name) {
            std::collections::hash_map::Entry::Occupied(known) => known.into_mut(),
            std::collections::hash_map::Entry::Vacant(place) => {
                let opened = Cosigned::open(&self.shards.path(name)).map_err(|error| broken("cosigned", error))?;
                place.insert(opened)
            }
        };
        work(history).map_err(|error| broken("cosigned", error))
    }

    /// The proof that a closed shard names the key of the next; none while it is open.
    ///
    /// # Errors
    /// When the shard can't be read.
    // [proofs#successor]
    pub fn successor(&self, name: ShardName) -> Result<Option<ProofFile>, Fault> {
        let log = self.log(name)?;
        let closed = crate::ledger::shards::successor_key(&log).map_err(|error| broken("the last leaf", error))?;
        let Some(last) = log.size().checked_sub(1).filter(|_| closed.is_some()) else { return Ok(None) };
        let leaf = log.leaf(last).map_err(|error| broken("the last leaf", error))?;
        let proof = log.prove_in(last, &self.shown(name)?).map_err(|error| broken("the last leaf", error))?;
        ProofFile::new(leaf, &[], proof).map(Some).map_err(|error| broken("the last leaf", error))
    }
}

/// Who may read entries: people who come with a secret of which we know the SHA-256.
#[derive(Debug, Clone, Default)]
pub struct Auditors(Vec<(String, [u8; 32])>);

impl Auditors {
    /// Reads lines `name sha256:<hex of the token's digest>`; `#` begins a comment.
    ///
    /// # Errors
    /// The number of the line that has another form.
    pub fn parse(text: &str) -> Result<Self, usize> {
        let mut auditors = Vec::new();
        for (number, line) in (1_usize..).zip(text.lines().map(str::trim)) {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let (name, digest) = line.split_once(' ').ok_or(number)?;
            let digest = digest.trim().strip_prefix("sha256:").and_then(unhex).ok_or(number)?;
            auditors.push((name.to_owned(), digest));
        }
        Ok(Self(auditors))
    }

    /// The auditor with this `Authorization` field. Digests are compared in constant time.
    fn admitted(&self, authorization: Option<&str>) -> Option<&str> {
        let token = authorization?.strip_prefix("Bearer ")?;
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, token.as_bytes());
        let same = |known: &[u8; 32]| aws_lc_rs::constant_time::verify_slices_are_equal(known, digest.as_ref()).is_ok();
        self.0.iter().find(|(_, known)| same(known)).map(|(name, _)| name.as_str())
    }
}

fn unhex(text: &str) -> Option<[u8; 32]> {
    let digit = |byte: u8| (byte as char).to_digit(16).filter(|_| !byte.is_ascii_uppercase());
    let mut bytes = [0; 32];
    let pairs = text.as_bytes().as_chunks::<2>().0;
    for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
        *byte = (digit(*high)? * 16 + digit(*low)?) as u8;
    }
    (text.len() == 64 && hex(&bytes) == text).then_some(bytes)
}

/// Answers what comes to the proofs' port.
pub struct ProofsDoor {
    publication: Arc<Publication>,
    witness: Option<Arc<Witness>>,
    auditors: Auditors,
    store: Arc<Store>,
    edge: Edge,
}

impl ProofsDoor {
    /// Over these parts.
    #[must_use]
    pub fn new(
        publication: Arc<Publication>,
        witness: Option<Arc<Witness>>,
        auditors: Auditors,
        (store, edge): (Arc<Store>, Edge),
    ) -> Self {
        Self { publication, witness, auditors, store, edge }
    }

    fn get(&self, request: &WebRequest) -> Result<WebAnswer, Fault> {
        let path = request.path.trim_start_matches('/');
        if path == "keys" {
            return self.keys();
        }
        let Some((first, rest)) = path.split_once('/') else { return Ok(WebAnswer::status(404)) };
        if let (Some(witness), "checkpoint", 64) = (&self.witness, rest, first.len()) {
            let latest = witness.latest(first);
            return Ok(latest.map_or(WebAnswer::status(404), |note| WebAnswer::text(note, Cache::Seconds(5))));
        }
        let (Ok(name), Some(resource)) = (first.parse::<ShardName>(), Resource::parse(rest)) else {
            return Ok(WebAnswer::status(404));
        };
        if !self.publication.shards().path(name).is_dir() {
            return Ok(WebAnswer::status(404));
        }
        self.resource(name, resource, request)
    }

    // [c2sp#tlog-tiles] [proofs#publish]
    fn resource(&self, name: ShardName, resource: Resource, request: &WebRequest) -> Result<WebAnswer, Fault> {
        let file = |error| broken("a shard", error);
        let bytes = match resource {
            Resource::Checkpoint => {
                let note = self.publication.shown(name)?.note.to_string();
                return Ok(WebAnswer::text(note, Cache::Seconds(5)));
            }
            Resource::Successor => {
                let proof = self.publication.successor(name)?;
                let text = proof.map(|proof| WebAnswer::text(proof.to_string(), Cache::Seconds(60)));
                return Ok(text.unwrap_or(WebAnswer::status(404)));
            }
            Resource::Tile(tile) => self.publication.log(name)?.tile(tile).map_err(file)?,
            Resource::Entries(bundle) => {
                let Some(auditor) = self.auditors.admitted(request.authorization.as_deref()) else {
                    return Ok(WebAnswer::status(401));
                };
                tracing::info!(target: "ledger", auditor, shard = %name, bundle = bundle.number, "entries were read");
                let bytes = self.publication.log(name)?.entries(bundle).map_err(file)?;
                return Ok(bytes.map_or(WebAnswer::status(404), |bytes| WebAnswer::bytes(bytes, Cache::Private)));
            }
        };
        Ok(bytes.map_or(WebAnswer::status(404), |bytes| WebAnswer::bytes(bytes, Cache::ForEver)))
    }

    /// The keys of all shards, the newest first, then the witness's.
    fn keys(&self) -> Result<WebAnswer, Fault> {
        let names = self.publication.shards().names().map_err(|error| broken("the shards", error))?;
        let mut text = String::new();
        for name in names.into_iter().rev() {
            text.push_str(&format!("{}\n", self.publication.log(name)?.key()));
        }
        if let Some(witness) = &self.witness {
            text.push_str(&format!("{}\n", witness.key()));
        }
        Ok(WebAnswer::text(text, Cache::Seconds(60)))
    }

    // [c2sp#tlog-witness]
    fn post(&self, request: &WebRequest) -> Result<WebAnswer, Fault> {
        let Some(witness) = &self.witness else { return Ok(WebAnswer::status(404)) };
        match request.path.as_str() {
            "/add-checkpoint" => {
                let heard = witness.add_checkpoint(&request.body, self.edge.now());
                self.answered(heard.map_err(|error| broken("witness", error))?)
            }
            "/add-successor" => {
                let learned = witness.learn(&request.body).map_err(|error| broken("witness", error))?;
                if let Learned::New(key) = &learned {
                    tracing::info!(target: "ledger", key = %key, "a peer's log goes on under a key that it named");
                }
                Ok(WebAnswer::status(if learned == Learned::Refused { 403 } else { 200 }))
            }
            _ => Ok(WebAnswer::status(404)),
        }
    }

    fn answered(&self, heard: Heard) -> Result<WebAnswer, Fault> {
        if let Some(incident) = &heard.incident {
            let (origin, code) = (&incident.seen.checkpoint.origin, incident.what.code());
            tracing::error!(target: "ledger", %origin, code, seen = incident.seen.checkpoint.size,
                shown = incident.shown.checkpoint.size, "a peer's log contradicts itself; the evidence is kept in witness/incidents");
            if incident.what.is_proved() {
                self.store.write_blocking(|tx| record_incident(tx, Incident::SplitView).map(drop))?;
            }
        }
        Ok(match heard.answer {
            Answer::Cosigned(lines) => WebAnswer::text(lines, Cache::Never),
            Answer::Conflict(size) => WebAnswer {
                status: 409,
                kind: "text/x.tlog.size",
                cache: Cache::Never,
                body: format!("{size}\n").into_bytes(),
            },
            Answer::Malformed => WebAnswer::status(400),
            Answer::Forbidden => WebAnswer::status(403),
            Answer::UnknownLog => WebAnswer::status(404),
            Answer::Inconsistent => WebAnswer::status(422),
        })
    }
}

impl WebHandler for ProofsDoor {
    fn body_max(&self) -> usize {
        REQUEST_MAX
    }

    fn answer(&self, request: &WebRequest) -> WebAnswer {
        let answer = match request.method {
            Method::Get => self.get(request),
            Method::Post => self.post(request),
        };
        answer.unwrap_or_else(|fault| {
            tracing::error!(target: "ledger", %fault, path = %request.path, "a request for proofs could not be answered");
            WebAnswer::status(500)
        })
    }
}

pub(super) fn broken(what: &str, error: impl std::error::Error + Send + Sync + 'static) -> Fault {
    Fault::ours(Status::Storage, what).caused_by(error)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether a log has this root at this size.
pub(super) fn has_root(log: &Log, size: u64, root: &tree::Hash) -> Result<bool, Fault> {
    if size > log.size() {
        return Ok(false);
    }
    Ok(log.root_at(size).map_err(|error| broken("the root of an earlier size", error))? == *root)
}
