//! The tide mark: how far rows and log had come, noted beside the vault, which no backup brings back. When they are
//! behind it at a start, the data come from a backup, or a disk has lost what it had promised: readers of the log must
//! know. What was recorded within the last seconds before a loss is not missed by this; witnesses see more of the log.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use crate::disk;
use crate::flows::Recorder;
use crate::ledger::ShardName;
use crate::mail::Fault;
use crate::store::Store;

const HEAD: &str = "sceau-tide/v1";

/// How far things have come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tide {
    /// Events that the store has recorded, ever.
    events: u64,
    /// The shard that is written.
    shard: ShardName,
    /// Its leaves.
    leaves: u64,
}

impl Tide {
    /// Now; everything that it counts is durable. Waits for the disk.
    ///
    /// # Errors
    /// `Storage`.
    pub(super) fn now(store: &Store, recorder: &Recorder) -> Result<Self, Fault> {
        let (shard, leaves) = {
            let ledger = recorder.ledger();
            (ledger.name(), ledger.log().size())
        };
        Ok(Self { events: store.events_made_blocking()?, shard, leaves })
    }

    /// Whether less is there than once was.
    pub(super) fn is_behind(&self, mark: &Self) -> bool {
        self.events < mark.events || (self.shard, self.leaves) < (mark.shard, mark.leaves)
    }

    fn parse(text: &str) -> Option<Self> {
        let mut words = text.strip_suffix('\n')?.split(' ');
        let head = words.next().filter(|head| *head == HEAD);
        let tide = Self {
            events: words.next()?.parse().ok()?,
            shard: words.next()?.parse().ok()?,
            leaves: words.next()?.parse().ok()?,
        };
        head.filter(|_| words.next().is_none()).map(|_| tide)
    }
}

/// The file of the mark.
pub(super) struct TideMark {
    file: PathBuf,
    /// One writes at a time: a server that stops may still be at it.
    writing: Mutex<()>,
}

impl TideMark {
    /// Beside this vault.
    pub(super) fn of(vault: &Path) -> Self {
        Self { file: vault.join("tide"), writing: Mutex::default() }
    }

    /// The mark; none where none was made, or where the file is none.
    pub(super) fn read(&self) -> Option<Tide> {
        Tide::parse(&fs::read_to_string(&self.file).ok()?)
    }

    /// Makes the mark, unless it is there.
    ///
    /// # Errors
    /// What the file system says.
    pub(super) fn note(&self, tide: &Tide) -> io::Result<()> {
        let _one = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        if self.read().as_ref() == Some(tide) {
            return Ok(());
        }
        let Tide { events, shard, leaves } = tide;
        disk::replace_file(&self.file, format!("{HEAD} {events} {shard} {leaves}\n").as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tide(events: u64, year: i16, leaves: u64) -> Tide {
        Tide { events, shard: ShardName::of(year), leaves }
    }

    #[test]
    fn fewer_events_or_an_older_log_are_behind() {
        let mark = tide(10, 2026, 8);
        for (now, behind) in [
            (tide(10, 2026, 8), false),
            (tide(11, 2026, 8), false),
            (tide(10, 2027, 1), false),
            (tide(9, 2026, 9), true),
            (tide(10, 2026, 7), true),
            (tide(12, 2025, 900), true),
        ] {
            assert_eq!(now.is_behind(&mark), behind, "{now:?}");
        }
    }

    #[test]
    fn a_mark_is_read_as_it_was_made_and_a_torn_one_is_none() {
        let dir = tempfile::tempdir().unwrap();
        let mark = TideMark::of(dir.path());
        assert_eq!(mark.read(), None);
        mark.note(&tide(3, 2026, 2)).unwrap();
        mark.note(&tide(4, 2026, 2)).unwrap();
        assert_eq!(mark.read(), Some(tide(4, 2026, 2)));
        for text in
            ["sceau-tide/v1 4 2026 2", "sceau-tide/v1 4 2026\n", "sceau-tide/v1 4 2026 2 1\n", "x 4 2026 2\n", ""]
        {
            assert_eq!(Tide::parse(text), None, "{text:?}");
        }
    }
}
