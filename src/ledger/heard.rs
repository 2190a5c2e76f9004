//! Checkpoints of others' logs that were heard, one for each origin and hour: files named by the SHA-256 of the origin,
//! with lines of hour, size, root, signature. Whether they fit what is known is for whoever hears them to say.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::checkpoint::Checkpoint;
use super::files::FileError;
use super::log::SignedCheckpoint;
use super::witness::origin_hash;
use crate::disk;

/// Lines that are kept for each origin: more than a year of hours.
const LINES_MAX: usize = 10_000;
/// Bytes of a checkpoint in one line.
const LINE_MAX: usize = 1024;

/// The folder of what was heard.
#[derive(Debug, Clone)]
pub struct Heard {
    directory: PathBuf,
}

impl Heard {
    /// In this folder, which is made when something is kept.
    #[must_use]
    pub fn new(directory: PathBuf) -> Self {
        Self { directory }
    }

    /// What was heard of a log, by the hour since 1970.
    #[must_use]
    pub fn of(&self, origin: &str) -> BTreeMap<i64, SignedCheckpoint> {
        let text = fs::read_to_string(self.path(origin)).unwrap_or_default();
        let read = |line: &str| {
            let (hour, rest) = line.split_once(' ')?;
            Some((hour.parse().ok()?, parse(&format!("{origin} {rest}"))?))
        };
        text.lines().filter_map(read).collect()
    }

    /// Whether anything was heard of a log.
    #[must_use]
    pub fn knows(&self, origin: &str) -> bool {
        self.path(origin).exists()
    }

    /// Of how many logs something was heard.
    #[must_use]
    pub fn count(&self) -> usize {
        fs::read_dir(&self.directory).map_or(0, Iterator::count)
    }

    /// Keeps a checkpoint unless one of this hour is kept. Of more than fit, the oldest go.
    ///
    /// # Errors
    /// When it can't be written.
    // [proofs#gossip]
    pub fn keep(&self, hour: i64, signed: &SignedCheckpoint) -> Result<(), FileError> {
        let origin = &signed.checkpoint.origin;
        let mut heard = self.of(origin);
        if heard.contains_key(&hour) {
            return Ok(());
        }
        heard.insert(hour, signed.clone());
        while heard.len() > LINES_MAX {
            heard.pop_first();
        }
        let path = self.path(origin);
        let failed = |error: io::Error| FileError { path: path.clone(), offset: 0, error };
        disk::create_directory(&self.directory).map_err(failed)?;
        let line = |(hour, signed): (&i64, &SignedCheckpoint)| {
            let value = value(signed);
            format!("{hour} {}\n", value.split_once(' ').map_or("", |(_, rest)| rest))
        };
        let text: String = heard.iter().map(line).collect();
        disk::replace_file(&path, text.as_bytes()).map_err(failed)
    }

    fn path(&self, origin: &str) -> PathBuf {
        Path::new(&self.directory).join(origin_hash(origin))
    }
}

/// Reads `<origin> <size> <root> <signature>`, whatever folds it. The signature is not checked.
#[must_use]
pub fn parse(value: &str) -> Option<SignedCheckpoint> {
    if value.len() > LINE_MAX {
        return None;
    }
    let words: Vec<&str> = value.split_ascii_whitespace().collect();
    let [origin, size, root, signature] = words[..] else { return None };
    let note = format!("{origin}\n{size}\n{root}\n\n— {origin} {signature}\n");
    let (checkpoint, note) = Checkpoint::parse_note(&note).ok()?;
    Some(SignedCheckpoint { checkpoint, note })
}

/// Writes what [`parse`] reads: the checkpoint with the last signature of its note.
#[must_use]
pub fn value(signed: &SignedCheckpoint) -> String {
    let text = signed.note.to_string();
    let signature = text.trim_end().rsplit(' ').next().unwrap_or_default();
    format!("{} {signature}", signed.checkpoint.to_string().trim_end().replace('\n', " "))
}
