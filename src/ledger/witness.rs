//! A witness (C2SP tlog-witness): signs, with its time, that a peer's log grew consistently since it saw it last, and
//! never forgets what it signed. It speaks to no network: requests come in as bytes, answers go out as values.
//!
//! Its directory has a file for each log, named by the SHA-256 of the log's origin: the last checkpoint that was
//! countersigned, with the log's signature and ours. It is replaced, durably, before an answer leaves. `successors` has
//! the keys of new years that trusted logs have named; `incidents` what contradicted what we had seen.

use std::collections::HashMap;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use super::checkpoint::{Checkpoint, decimal, decode_hash};
use super::log::SignedCheckpoint;
use super::note::{KeyUse, Note, Signed, SigningKey, VerifierKey};
use super::policy::{Known, Policy};
use super::proof_file::ProofFile;
use super::shards::named_key;
use super::tree::{Hash, empty_root, sha256, verify_consistency};
use super::verify::verify;
use crate::disk;
use crate::mail::{Time, hex};

/// Bytes of a request: 63 hashes and a note with 64 signatures are less.
pub const REQUEST_MAX: usize = 64 * 1024;
/// Hashes of a consistency proof, as C2SP says.
const HASHES_MAX: usize = 63;
/// Keys that trusted logs may name as their next ones, all together.
const SUCCESSORS_MAX: usize = 1024;
/// Contradictions of a kind that are kept for each log. The first ones say everything.
const INCIDENTS_MAX: usize = 16;

/// What a witness answers to `add-checkpoint`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// 200: the signature lines.
    Cosigned(String),
    /// 400: the request has another form, or its old size is above the new one.
    Malformed,
    /// 403: no trusted key of this log signed, or one signed something else.
    Forbidden,
    /// 404: a log of this origin isn't witnessed here.
    UnknownLog,
    /// 409: the log was last seen at this size.
    Conflict(u64),
    /// 422: the checkpoint does not continue what was seen.
    Inconsistent,
}

/// That a log showed two states which can't both be of one log that only grows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incident {
    /// What kind of contradiction.
    pub what: Contradiction,
    /// What was seen first.
    pub seen: SignedCheckpoint,
    /// What contradicts it, signed by the same log.
    pub shown: SignedCheckpoint,
}

/// Kinds of contradictions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Contradiction {
    /// Two roots for one size, or a larger tree that does not contain the smaller one.
    SplitView,
    /// A smaller tree than was seen: the log may have been restored from a backup.
    RolledBack,
}

impl Contradiction {
    /// Whether the two signatures prove it. An old checkpoint can be shown again by anybody.
    #[must_use]
    pub const fn is_proved(self) -> bool {
        matches!(self, Self::SplitView)
    }

    /// The `code` of an `incident` leaf.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::SplitView => "split-view",
            Self::RolledBack => "rolled-back",
        }
    }
}

/// An answer, and what readers of our own log must know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heard {
    /// For the one who asked.
    pub answer: Answer,
    /// For everybody, when it was not known yet.
    pub incident: Option<Incident>,
}

impl From<Answer> for Heard {
    fn from(answer: Answer) -> Self {
        Self { answer, incident: None }
    }
}

/// What became of a key that a log named as its next one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Learned {
    /// It is trusted from now on.
    New(VerifierKey),
    /// It was trusted before.
    Known,
    /// No trusted log named it.
    Refused,
}

/// Why a witness can't answer: nothing was signed.
#[derive(Debug)]
pub enum WitnessError {
    /// A file can't be read or written.
    Io(PathBuf, io::Error),
    /// The state of a log is not what this witness wrote: it must be put back, never begun anew.
    Damaged(PathBuf),
}

impl fmt::Display for WitnessError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(path, error) => write!(f, "{}: {error}", path.display()),
            Self::Damaged(path) => {
                write!(f, "{}: not what this witness wrote: put the file back from a backup", path.display())
            }
        }
    }
}

impl std::error::Error for WitnessError {}

/// A checkpoint that a log wants to have countersigned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The size that the log believes we saw last.
    pub old: u64,
    /// The proof that the tree of the checkpoint continues it.
    pub proof: Vec<Hash>,
    /// The checkpoint.
    pub signed: SignedCheckpoint,
}

impl Request {
    /// Reads the body of `add-checkpoint`.
    // [c2sp#tlog-witness]
    #[must_use]
    pub fn parse(body: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(body).ok().filter(|text| text.len() <= REQUEST_MAX)?;
        let (old, mut rest) = text.strip_prefix("old ")?.split_once('\n')?;
        let mut proof = Vec::new();
        loop {
            let (line, after) = rest.split_once('\n')?;
            rest = after;
            if line.is_empty() {
                break;
            }
            if proof.len() == HASHES_MAX {
                return None;
            }
            proof.push(decode_hash(line)?);
        }
        Some(Self { old: decimal(old)?, proof, signed: parse_note(rest)? })
    }

    /// The body that [`Request::parse`] reads.
    #[must_use]
    pub fn body(old: u64, proof: &[Hash], note: &Note) -> String {
        use base64::Engine as _;
        let engine = &base64::engine::general_purpose::STANDARD;
        let hashes: String = proof.iter().map(|hash| engine.encode(hash) + "\n").collect();
        format!("old {old}\n{hashes}\n{note}")
    }
}

fn parse_note(text: &str) -> Option<SignedCheckpoint> {
    let note = Note::parse(text).ok()?;
    Some(SignedCheckpoint { checkpoint: Checkpoint::parse_extended(note.text()).ok()?, note })
}

/// What was seen of one log.
#[derive(Debug, Default)]
struct State {
    read: bool,
    seen: Option<SignedCheckpoint>,
}

/// Countersigns. Answers wait for the disk.
#[derive(Debug)]
pub struct Witness {
    directory: PathBuf,
    key: SigningKey,
    logs: RwLock<HashMap<String, Vec<VerifierKey>>>,
    states: Mutex<HashMap<String, Arc<Mutex<State>>>>,
}

impl Witness {
    /// A witness for these logs, with its state in `directory`, which is made where it is missing.
    ///
    /// # Errors
    /// When the directory can't be made or read.
    pub fn open(directory: &Path, key: SigningKey, logs: &[Known]) -> Result<Self, WitnessError> {
        let io = |error| WitnessError::Io(directory.to_owned(), error);
        disk::create_directory(&directory.join("incidents")).map_err(io)?;
        let witness = Self { directory: directory.to_owned(), key, logs: RwLock::default(), states: Mutex::default() };
        logs.iter().for_each(|log| witness.trust(log.key.clone()));
        witness.successors()?.into_iter().for_each(|key| witness.trust(key));
        Ok(witness)
    }

    /// The key that countersigns.
    #[must_use]
    pub const fn key(&self) -> &VerifierKey {
        self.key.verifier()
    }

    /// The trusted keys of a log.
    #[must_use]
    pub fn keys_of(&self, origin: &str) -> Vec<VerifierKey> {
        self.logs.read().unwrap_or_else(PoisonError::into_inner).get(origin).cloned().unwrap_or_default()
    }

    /// Answers `add-checkpoint`: the checks in the order of the specification, the new state durable before «yes».
    ///
    /// # Errors
    /// When the state can't be read or written; then nothing was signed.
    // [c2sp#tlog-witness] [proofs#witness]
    pub fn add_checkpoint(&self, body: &[u8], now: Time) -> Result<Heard, WitnessError> {
        let Some(request) = Request::parse(body) else { return Ok(Answer::Malformed.into()) };
        let keys = self.keys_of(&request.signed.checkpoint.origin);
        if keys.is_empty() {
            return Ok(Answer::UnknownLog.into());
        }
        if !signed_by(&keys, &request.signed.note) {
            return Ok(Answer::Forbidden.into());
        }
        if request.old > request.signed.checkpoint.size {
            return Ok(Answer::Malformed.into());
        }
        let state = self.state(&request.signed.checkpoint.origin);
        // Held until the answer is durable: two requests for one log can't cross each other.
        let mut state = lock(&state);
        self.read(&mut state, &request.signed.checkpoint.origin)?;
        let answer = judge(&request, state.seen.as_ref());
        let answer = match answer {
            Answer::Cosigned(_) => Answer::Cosigned(self.cosign(&request, &mut state, now)?),
            refused => refused,
        };
        let incident = state.seen.as_ref().and_then(|seen| contradiction(&request, seen, &answer));
        Ok(Heard { answer, incident: incident.filter(|incident| self.keep(incident, now)) })
    }

    /// What a monitor may ask: the last checkpoint of the log with this SHA-256 of its origin, in hexadecimal, with the
    /// log's signature and ours.
    // [c2sp#tlog-witness]
    #[must_use]
    pub fn latest(&self, origin_hash: &str) -> Option<String> {
        let named = origin_hash.len() == 64 && origin_hash.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        fs::read_to_string(self.directory.join(origin_hash)).ok().filter(|_| named)
    }

    /// The last checkpoint that was countersigned for this log.
    ///
    /// # Errors
    /// When the state can't be read.
    pub fn seen(&self, origin: &str) -> Result<Option<SignedCheckpoint>, WitnessError> {
        let state = self.state(origin);
        let mut state = lock(&state);
        self.read(&mut state, origin)?;
        Ok(state.seen.clone())
    }

    /// Trusts the key of a log's next shard, on the word of the shard before: a proof file of the leaf that names it,
    /// which must be the last of its log.
    ///
    /// # Errors
    /// When it can't be kept.
    // [proofs#successor]
    pub fn learn(&self, proof: &[u8]) -> Result<Learned, WitnessError> {
        let file = ProofFile::parse(proof).ok();
        let Some(key) = file.and_then(|file| self.successor(&file)) else { return Ok(Learned::Refused) };
        // Held until the file is written: two lessons at once would lose one.
        let _one_at_a_time = lock(&self.states);
        if self.keys_of(key.name()).contains(&key) {
            return Ok(Learned::Known);
        }
        let mut known = self.successors()?;
        if known.len() >= SUCCESSORS_MAX {
            return Ok(Learned::Refused);
        }
        known.push(key.clone());
        let path = self.directory.join("successors");
        let text: String = known.iter().map(|key| format!("{key}\n")).collect();
        disk::replace_file(&path, text.as_bytes()).map_err(|error| WitnessError::Io(path, error))?;
        self.trust(key.clone());
        Ok(Learned::New(key))
    }

    /// The key that a closed shard of a trusted log names.
    fn successor(&self, file: &ProofFile) -> Option<VerifierKey> {
        let checkpoint = &file.proof().checkpoint;
        let key = named_key(file.leaf()).filter(|key| key.key_use() == KeyUse::Log)?;
        let (old, new) = (checkpoint.origin.rsplit_once('/')?, key.name().rsplit_once('/')?);
        let later = old.1.parse::<super::ShardName>().ok()? < new.1.parse().ok()?;
        let last = file.proof().index + 1 == checkpoint.size;
        let proved = |trusted: &VerifierKey| verify(file, &Policy::of_log(trusted.clone())).is_ok();
        (old.0 == new.0 && later && last && self.keys_of(&checkpoint.origin).iter().any(proved)).then_some(key)
    }

    fn trust(&self, key: VerifierKey) {
        let mut logs = self.logs.write().unwrap_or_else(PoisonError::into_inner);
        let keys = logs.entry(key.name().to_owned()).or_default();
        if !keys.contains(&key) {
            keys.push(key);
        }
    }

    fn successors(&self) -> Result<Vec<VerifierKey>, WitnessError> {
        let path = self.directory.join("successors");
        match fs::read_to_string(&path) {
            Ok(text) => {
                let keys: Result<Vec<_>, _> = text.lines().map(VerifierKey::parse).collect();
                keys.map_err(|_| WitnessError::Damaged(path))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
            Err(error) => Err(WitnessError::Io(path, error)),
        }
    }

    fn state(&self, origin: &str) -> Arc<Mutex<State>> {
        Arc::clone(lock(&self.states).entry(origin.to_owned()).or_default())
    }

    /// Reads what was signed before this process began.
    fn read(&self, state: &mut State, origin: &str) -> Result<(), WitnessError> {
        if state.read {
            return Ok(());
        }
        let path = self.path(origin);
        match fs::read_to_string(&path) {
            Ok(text) => {
                let seen = parse_note(&text).filter(|seen| seen.checkpoint.origin == origin);
                let ours = |seen: &SignedCheckpoint| self.key.verifier().signed(&seen.note).is_ok_and(|s| s.is_some());
                state.seen = Some(seen.filter(ours).ok_or(WitnessError::Damaged(path))?);
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(WitnessError::Io(path, error)),
        }
        state.read = true;
        Ok(())
    }

    /// Signs and keeps what was signed.
    fn cosign(&self, request: &Request, state: &mut State, now: Time) -> Result<String, WitnessError> {
        let before = state.seen.as_ref().and_then(|seen| time_of(self.key.verifier(), &seen.note));
        // A clock that was set back must not make a later statement look earlier.
        let time = before.map_or(now, |before| before.max(now));
        let note = &request.signed.note;
        let line = self.key.cosign(note.text(), time);
        let kept = note.only(&self.keys_of(&request.signed.checkpoint.origin)).with_lines(&line);
        let path = self.path(&request.signed.checkpoint.origin);
        disk::replace_file(&path, kept.to_string().as_bytes()).map_err(|error| WitnessError::Io(path, error))?;
        // durable from here
        state.seen = Some(SignedCheckpoint { checkpoint: request.signed.checkpoint.clone(), note: kept });
        Ok(line)
    }

    fn path(&self, origin: &str) -> PathBuf {
        self.directory.join(origin_hash(origin))
    }

    /// Keeps a contradiction where people can read it; false when it was known.
    pub fn keep(&self, incident: &Incident, now: Time) -> bool {
        let Incident { what, seen, shown } = incident;
        let origin = origin_hash(&seen.checkpoint.origin);
        let digest = hex(&sha256(shown.note.text().as_bytes())[..8]);
        let prefix = format!("{}-{}-", &origin[..16], what.code());
        let name = prefix.clone() + &digest;
        let directory = self.directory.join("incidents");
        let of_log = |entry: &fs::DirEntry| entry.file_name().to_string_lossy().starts_with(&prefix);
        let known = fs::read_dir(&directory).map_or(0, |found| found.flatten().filter(of_log).count());
        if known >= INCIDENTS_MAX || directory.join(&name).exists() {
            return false;
        }
        let text = format!("{} {now}\n\n=== seen\n{}=== shown\n{}", what.code(), seen.note, shown.note);
        if let Err(error) = disk::replace_file(&directory.join(&name), text.as_bytes()) {
            tracing::error!(target: "ledger", %error, "the evidence of an incident can't be kept");
        }
        true
    }
}

/// The SHA-256 of an origin, in hexadecimal: how a witness is asked for a log.
#[must_use]
pub fn origin_hash(origin: &str) -> String {
    hex(&sha256(origin.as_bytes()))
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// One trusted key signed, and none signed something else.
fn signed_by(keys: &[VerifierKey], note: &Note) -> bool {
    let found: Result<Vec<_>, _> = keys.iter().map(|key| key.signed(note)).collect();
    found.is_ok_and(|found| found.contains(&Some(Signed::Log)))
}

fn time_of(key: &VerifierKey, note: &Note) -> Option<Time> {
    match key.signed(note) {
        Ok(Some(Signed::Witness(time))) => Some(time),
        _ => None,
    }
}

/// The checks against what was seen. `Cosigned` is still without its line.
fn judge(request: &Request, seen: Option<&SignedCheckpoint>) -> Answer {
    let (seen_size, seen_root) = seen.map_or((0, empty_root()), |s| (s.checkpoint.size, s.checkpoint.root));
    let Checkpoint { size, root, .. } = &request.signed.checkpoint;
    if request.old != seen_size {
        return Answer::Conflict(seen_size);
    }
    let empty_ok = *size > 0 || *root == empty_root();
    if empty_ok && verify_consistency(seen_size, &seen_root, *size, root, &request.proof) {
        Answer::Cosigned(String::new())
    } else {
        Answer::Inconsistent
    }
}

/// Whether the log contradicted itself. An inconsistent proof alone shows nothing: the request may be damaged.
fn contradiction(request: &Request, seen: &SignedCheckpoint, answer: &Answer) -> Option<Incident> {
    let (shown, known) = (&request.signed.checkpoint, &seen.checkpoint);
    let what = if shown.size == known.size && shown.root != known.root {
        Contradiction::SplitView
    } else if shown.size < known.size && matches!(answer, Answer::Conflict(_)) {
        Contradiction::RolledBack
    } else {
        return None;
    };
    Some(Incident { what, seen: seen.clone(), shown: request.signed.clone() })
}

#[cfg(test)]
mod tests;
