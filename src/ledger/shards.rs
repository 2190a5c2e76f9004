//! The shards of a log, one a year, and the step from one to the next: another key, the old shard's last leaf names it,
//! the new shard's first leaf holds the old one's final checkpoint.
//!
//! The new shard is begun before the old one is closed, so whatever a stop leaves, [`Shards::open`] finds both and goes
//! on where it stopped. A shard that names its successor is never written again.

use std::fmt;
use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::checkpoint::Checkpoint;
use super::error::LedgerError;
use super::files::FileError;
use super::log::{Log, LogError};
use super::note::{KeyUse, SigningKey, VerifierKey};
use super::writer::Ledger;
use crate::disk;
use crate::mail::{Chance, Time};
use crate::seal::event::{Draft, EventKind, Leaf, Plain};

/// A shard's name: its year, and from 2 on a number where that year's log had to be begun again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ShardName {
    year: i16,
    part: u16,
}

impl ShardName {
    /// The first shard of a year.
    #[must_use]
    pub const fn of(year: i16) -> Self {
        Self { year, part: 1 }
    }

    /// The year.
    #[must_use]
    pub const fn year(self) -> i16 {
        self.year
    }

    /// The name of a log begun again in the same year.
    #[must_use]
    pub const fn again(self) -> Self {
        Self { year: self.year, part: self.part + 1 }
    }
}

/// `2026`, `2026-2`.
impl fmt::Display for ShardName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}", self.year)?;
        if self.part > 1 { write!(f, "-{}", self.part) } else { Ok(()) }
    }
}

/// A text that names no shard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShardNameError;

impl FromStr for ShardName {
    type Err = ShardNameError;

    fn from_str(text: &str) -> Result<Self, ShardNameError> {
        let (year, part) = text.split_once('-').unwrap_or((text, "1"));
        let name = year.parse().ok().zip(part.parse().ok()).map(|(year, part)| Self { year, part });
        name.filter(|name| name.to_string() == text && name.year > 0).ok_or(ShardNameError)
    }
}

/// Where the shards and their keys are.
#[derive(Clone)]
pub struct Shards {
    directory: PathBuf,
    keys: PathBuf,
    base: String,
    chance: Arc<dyn Chance>,
}

impl fmt::Debug for Shards {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Shards({})", self.directory.display())
    }
}

impl Shards {
    /// `directory` has a folder for each shard, `keys` a file `ledger-<shard>.key` for each; `base` is the log's name
    /// without its year, `preuves.<domain>`.
    #[must_use]
    pub fn new(directory: PathBuf, keys: PathBuf, base: String, chance: Arc<dyn Chance>) -> Self {
        Self { directory, keys, base, chance }
    }

    /// The log's name without its year.
    #[must_use]
    pub fn base(&self) -> &str {
        &self.base
    }

    /// The folder of a shard.
    #[must_use]
    pub fn path(&self, name: ShardName) -> PathBuf {
        self.directory.join(name.to_string())
    }

    /// The shards that are there, the oldest first.
    ///
    /// # Errors
    /// When the folder can't be read; one that isn't there has none.
    pub fn names(&self) -> Result<Vec<ShardName>, FileError> {
        names(&self.directory)
    }

    /// A shard, for reading.
    ///
    /// # Errors
    /// See [`LogError`].
    pub fn log(&self, name: ShardName) -> Result<Log, LogError> {
        Log::open(&self.path(name))
    }

    /// The key of a shard that is there.
    ///
    /// # Errors
    /// `KeyMissing`, `Key`.
    fn key(&self, name: ShardName) -> Result<SigningKey, LedgerError> {
        let file = self.key_file(name);
        if !file.exists() {
            return Err(LedgerError::KeyMissing { file, origin: self.origin(name) });
        }
        SigningKey::load(&file, &self.origin(name), KeyUse::Log).map_err(LedgerError::Key)
    }

    /// The origin of a shard.
    #[must_use]
    pub fn origin(&self, name: ShardName) -> String {
        format!("{}/{name}", self.base)
    }

    fn key_file(&self, name: ShardName) -> PathBuf {
        self.keys.join(format!("ledger-{name}.key"))
    }

    /// Opens the shard that is written at this time: puts right what a stop left, goes on to another year where one has
    /// begun, or begins the first shard. A clock that went back does not reopen a year that was closed.
    ///
    /// # Errors
    /// See [`LedgerError`].
    // [proofs#shards]
    pub fn open(&self, now: Time) -> Result<(ShardName, Ledger), LedgerError> {
        let names = self.names()?;
        let Some(newest) = names.last().copied() else {
            let name = ShardName::of(now.year());
            return Ok((name, self.begin(name)?));
        };
        let mut current = (newest, self.writer(newest)?);
        if let (Some(before), 0) = (names.iter().rev().nth(1), current.1.log().size()) {
            // A stop between the beginning of this shard and its first leaf.
            self.bind(*before, (newest, &mut current.1), now)?;
        }
        if let Some(next) = self.successor(current.1.log())? {
            current = (next, self.go_on((current.0, &mut current.1), next, now)?);
        }
        if now.year() > current.0.year() {
            let next = ShardName::of(now.year());
            current = (next, self.go_on((current.0, &mut current.1), next, now)?);
        }
        Ok(current)
    }

    /// Closes a shard and gives the next one, begun.
    ///
    /// # Errors
    /// See [`LedgerError`]; the old shard goes on to be the one that is written until its last leaf names another.
    // [proofs#shards] [proofs#key]
    pub fn go_on(
        &self,
        (name, old): (ShardName, &mut Ledger),
        next: ShardName,
        now: Time,
    ) -> Result<Ledger, LedgerError> {
        let mut new = if self.path(next).exists() { self.writer(next)? } else { self.begin(next)? };
        self.hand_over((name, old), &mut new, now)?;
        Ok(new)
    }

    /// Begins a log again beside one that can't go on: its first leaf says at which state the old one was left.
    ///
    /// # Errors
    /// See [`LedgerError`].
    // [proofs#rolled-back]
    pub fn begin_again(
        &self,
        (name, old): (ShardName, &mut Ledger),
        now: Time,
    ) -> Result<(ShardName, Ledger), LedgerError> {
        let next = name.again();
        old.flush()?;
        let mut new = self.begin(next)?;
        new.append(&[self.beginning(&old.log().checkpoint().checkpoint, now)?])?;
        Ok((next, new))
    }

    /// Ends what a stop broke off.
    fn bind(&self, before: ShardName, (name, new): (ShardName, &mut Ledger), now: Time) -> Result<(), LedgerError> {
        if name == before.again() {
            // The one before was left as it is because it can't go on.
            let left = self.log(before).map_err(LedgerError::Log)?;
            new.append(&[self.beginning(&left.checkpoint().checkpoint, now)?])?;
            return Ok(());
        }
        self.hand_over((before, &mut self.writer(before)?), new, now)
    }

    /// Writes both leaves that bind two shards together, each unless it is there.
    fn hand_over(&self, (name, old): (ShardName, &mut Ledger), new: &mut Ledger, now: Time) -> Result<(), LedgerError> {
        let origin = self.origin(name);
        if successor_key(old.log())?.is_none() {
            let key = new.log().key().to_string();
            old.append(&[self.leaf(Draft::of_operator(EventKind::Key).plain(Plain::Vkey, key), now)?])?;
        }
        // Before anything says that the old one is done.
        old.flush()?;
        if new.log().size() == 0 {
            tracing::info!(target: "ledger", from = %origin, to = %new.log().key().name(), "the log goes on in another shard");
            new.append(&[self.beginning(&old.log().checkpoint().checkpoint, now)?])?;
        }
        Ok(())
    }

    /// The name of the shard that this one's last leaf names.
    fn successor(&self, log: &Log) -> Result<Option<ShardName>, LedgerError> {
        let Some(key) = successor_key(log)? else { return Ok(None) };
        let prefix = format!("{}/", self.base);
        let name = key.name().strip_prefix(&prefix).and_then(|name| name.parse().ok());
        let name: ShardName = name.ok_or_else(|| LedgerError::Closed(key.to_string()))?;
        // The key is what the old shard named: another one would be another log.
        if *self.key(name)?.verifier() == key { Ok(Some(name)) } else { Err(LedgerError::Closed(key.to_string())) }
    }

    /// A new shard with a new key.
    fn begin(&self, name: ShardName) -> Result<Ledger, LedgerError> {
        for directory in [&self.keys, &self.directory] {
            let made = DirBuilder::new().recursive(true).mode(0o700).create(directory);
            // Their names too must outlive a loss of power: a log whose key is gone is lost.
            made.and_then(|()| disk::create_directory(directory)).map_err(|error| FileError {
                path: directory.clone(),
                offset: 0,
                error,
            })?;
        }
        let file = self.key_file(name);
        let origin = self.origin(name);
        // A stop may have left the key without its shard.
        let key = if file.exists() {
            SigningKey::load(&file, &origin, KeyUse::Log)
        } else {
            SigningKey::create(&file, &origin, KeyUse::Log, &*self.chance)
        };
        Ledger::open(&self.path(name), key.map_err(LedgerError::Key)?)
    }

    fn beginning(&self, before: &Checkpoint, now: Time) -> Result<Leaf, LedgerError> {
        let draft = Draft::of_operator(EventKind::Key)
            .plain(Plain::Origin, before.origin.clone())
            .plain(Plain::Size, before.size.to_string())
            .plain(Plain::Root, STANDARD.encode(before.root));
        self.leaf(draft, now)
    }

    fn leaf(&self, draft: Draft, now: Time) -> Result<Leaf, LedgerError> {
        draft.into_leaf(now, 0, None, &*self.chance).map(|(leaf, _)| leaf).map_err(|_| LedgerError::Leaf)
    }

    fn writer(&self, name: ShardName) -> Result<Ledger, LedgerError> {
        // A stop before anything was signed leaves a folder without a key that matters.
        if !self.path(name).join("vkey").exists() {
            return self.begin(name);
        }
        Ledger::open(&self.path(name), self.key(name)?)
    }
}

/// The shards in a folder, the oldest first. What has another name is not ours.
///
/// # Errors
/// When the folder can't be read; one that isn't there has none.
pub fn names(directory: &Path) -> Result<Vec<ShardName>, FileError> {
    let unreadable = |error| FileError { path: directory.to_owned(), offset: 0, error };
    let mut names = Vec::new();
    match std::fs::read_dir(directory) {
        Ok(entries) => {
            for entry in entries {
                let name = entry.map_err(unreadable)?.file_name();
                names.extend(name.to_str().and_then(|name| name.parse::<ShardName>().ok()));
            }
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => return Err(unreadable(error)),
    }
    names.sort_unstable();
    Ok(names)
}

/// The key that a shard's last leaf names: then the shard is closed.
///
/// # Errors
/// When the leaf can't be read.
pub fn successor_key(log: &Log) -> Result<Option<VerifierKey>, LedgerError> {
    let Some(last) = log.size().checked_sub(1) else { return Ok(None) };
    let leaf = log.leaf(last).map_err(LedgerError::Log)?;
    Ok(named_key(&leaf))
}

/// The key that a leaf names as the next one.
#[must_use]
pub fn named_key(leaf: &Leaf) -> Option<VerifierKey> {
    if leaf.kind() != EventKind::Key {
        return None;
    }
    VerifierKey::parse(leaf.plain(Plain::Vkey)?).ok()
}

/// The checkpoint that a shard's first leaf holds: where the shard before it ended.
#[must_use]
pub fn continued(leaf: &Leaf) -> Option<Checkpoint> {
    if leaf.kind() != EventKind::Key {
        return None;
    }
    let origin = leaf.plain(Plain::Origin)?.to_owned();
    let size = leaf.plain(Plain::Size)?.parse().ok()?;
    let root = super::checkpoint::decode_hash(leaf.plain(Plain::Root)?)?;
    Some(Checkpoint { origin, size, root })
}

#[cfg(test)]
mod tests;
