//! sled 0.34 with the durability that it lacks.
//!
//! sled ends its `flush` in `sync_file_range`, which flushes neither the disk's cache nor the file's length: after a
//! loss of power acknowledged writes are gone, or the database doesn't open. So this file, the only one that talks to
//! sled, follows each flush with fdatasync on sled's own file `db`. One tree, one batch per commit: sled's transactions
//! over several trees are slow. Its background flusher is off, since only the barrier counts.

use std::fs::{self, File};
use std::io;
use std::ops::ControlFlow;
use std::path::Path;

use sled::{Config, Db};
use tracing::warn;

use super::snapshots::{self, Mended};
use super::{Batch, Engine, EngineError, VALUE_MAX, Visitor};
use crate::disk;

/// A sled database in a directory of its own.
#[derive(Debug)]
pub struct Sled {
    rows: Db,
    /// sled's log, for the barrier.
    log: File,
    mended: bool,
    /// Held as long as the database is open.
    _lock: File,
}

impl Sled {
    /// A cache size that serves a small server, in bytes.
    pub const CACHE: u64 = 128 << 20;

    /// Opens or creates the database in `directory`, with a page cache of at most `cache` bytes. Snapshots that a kill
    /// or the disk damaged are mended first, and the log says so.
    ///
    /// # Errors
    /// `Io` when the files can't be used, for instance because another process has them; `Corrupt` when they are
    /// damaged beyond what can be mended: nothing was changed then.
    pub fn open(directory: &Path, cache: u64) -> Result<Self, EngineError> {
        disk::create_directory(directory).map_err(EngineError::Io)?;
        let lock = lock(directory)?;
        let mended = snapshots::mend(directory).map_err(EngineError::Io)?;
        if mended != Mended::default() {
            warn!(interrupted = mended.interrupted, restored = mended.restored, "snapshots of the rows were mended");
        }
        let rows = open(directory, cache)?;
        let log = File::options().read(true).write(true).open(directory.join("db")).map_err(EngineError::Io)?;
        let engine = Self { rows, log, mended: mended != Mended::default(), _lock: lock };
        engine.settle(directory).map_err(EngineError::Io)?;
        snapshots::keep_spare(directory).map_err(EngineError::Io)?;
        Ok(engine)
    }

    /// Makes what opening wrote durable: contents, then names.
    fn settle(&self, directory: &Path) -> io::Result<()> {
        self.log.sync_all()?;
        for entry in fs::read_dir(directory)? {
            let path = entry?.path();
            if path.is_file() {
                File::open(path)?.sync_all()?;
            }
        }
        disk::sync_directory(directory)
    }
}

impl Engine for Sled {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, EngineError> {
        Ok(self.rows.get(key).map_err(engine_error)?.map(|value| value.to_vec()))
    }

    fn scan(&self, from: &[u8], to: &[u8], visit: &mut Visitor<'_>) -> Result<(), EngineError> {
        if from >= to {
            return Ok(());
        }
        for row in self.rows.range(from..to) {
            let (key, value) = row.map_err(engine_error)?;
            if visit(&key, &value) == ControlFlow::Break(()) {
                break;
            }
        }
        Ok(())
    }

    fn commit(&self, batch: Batch) -> Result<(), EngineError> {
        for (key, value) in &batch.expect {
            if self.rows.get(key).map_err(engine_error)?.as_deref() != value.as_deref() {
                return Err(EngineError::Conflict);
            }
        }
        let mut writes = sled::Batch::default();
        for (key, value) in batch.put {
            debug_assert!(value.as_ref().is_none_or(|v| v.len() <= VALUE_MAX), "a row of {} bytes", key.len());
            match value {
                Some(value) => writes.insert(key, value),
                None => writes.remove(key),
            }
        }
        self.rows.apply_batch(writes).map_err(engine_error)?;
        self.rows.flush().map_err(engine_error)?;
        self.log.sync_data().map_err(EngineError::Io)
        // durable from here
    }

    fn was_mended(&self) -> bool {
        self.mended
    }
}

fn open(directory: &Path, cache: u64) -> Result<Db, EngineError> {
    Config::new().path(directory).cache_capacity(cache).flush_every_ms(None).open().map_err(engine_error)
}

/// Keeps other processes away before anything is mended: sled's own lock comes only with its opening.
fn lock(directory: &Path) -> Result<File, EngineError> {
    let path = directory.join("lock");
    let file = File::options().create(true).truncate(false).write(true).open(&path).map_err(EngineError::Io)?;
    file.try_lock().map_err(|error| {
        EngineError::Io(io::Error::other(format!("{}: another process has the store open ({error})", path.display())))
    })?;
    Ok(file)
}

fn engine_error(error: sled::Error) -> EngineError {
    match error {
        sled::Error::Io(error) if error.to_string().contains("corrupted") => EngineError::Corrupt(error.to_string()),
        sled::Error::Io(error) => EngineError::Io(error),
        error @ sled::Error::Corruption { .. } => EngineError::Corrupt(error.to_string()),
        error => EngineError::Io(io::Error::other(error.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::row;
    use super::*;

    fn fill(directory: &Path, rounds: u32) {
        let engine = Sled::open(directory, Sled::CACHE).unwrap();
        for round in 0..rounds {
            let put = (0..50).map(|n| row(&format!("{n:04}"), Some(&format!("{round} {}", "x".repeat(500)))));
            engine.commit(Batch { expect: Vec::new(), put: put.collect() }).unwrap();
        }
    }

    #[test]
    fn rows_survive_closing() {
        let dir = tempfile::tempdir().unwrap();
        fill(dir.path(), 3);
        let engine = Sled::open(dir.path(), Sled::CACHE).unwrap();
        assert!(engine.get(b"0049").unwrap().unwrap().starts_with(b"2 "));
    }

    fn damage(path: &Path) {
        let mut bytes = fs::read(path).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 0xff;
        fs::write(path, bytes).unwrap();
    }

    fn newest(directory: &Path) -> Vec<u8> {
        Sled::open(directory, Sled::CACHE).unwrap().get(b"0000").unwrap().unwrap()
    }

    /// A database whose log has reused its parts, so that it can't be replayed from its beginning.
    fn worn() -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        fill(dir.path(), 40);
        drop(Sled::open(dir.path(), Sled::CACHE).unwrap());
        assert!(!snapshots::snapshots(dir.path()).unwrap().is_empty(), "opening leaves a snapshot");
        dir
    }

    #[test]
    fn a_damaged_snapshot_is_replaced_by_its_copy() {
        let dir = worn();
        snapshots::snapshots(dir.path()).unwrap().iter().for_each(|path| damage(path));
        assert!(matches!(open(dir.path(), Sled::CACHE), Err(EngineError::Corrupt(_))), "sled alone refuses");
        assert!(newest(dir.path()).starts_with(b"39 "));
    }

    #[test]
    fn without_a_good_copy_it_refuses_and_destroys_nothing() {
        let dir = worn();
        let found = snapshots::snapshots(dir.path()).unwrap();
        let good: Vec<_> = found.iter().map(|path| fs::read(path).unwrap()).collect();
        found.iter().for_each(|path| damage(path));
        fs::remove_dir_all(dir.path().join("spare")).unwrap();
        assert!(matches!(Sled::open(dir.path(), Sled::CACHE), Err(EngineError::Corrupt(_))));
        found.iter().zip(good).for_each(|(path, bytes)| fs::write(path, bytes).unwrap());
        assert!(newest(dir.path()).starts_with(b"39 "), "the log is as it was");
    }

    #[test]
    fn a_snapshot_that_a_kill_interrupted_is_no_obstacle() {
        for (cut, what) in [(0, "nothing written"), (7, "half written"), (usize::MAX, "written and not renamed")] {
            let dir = worn();
            let path = snapshots::snapshots(dir.path()).unwrap().remove(0);
            let bytes = fs::read(&path).unwrap();
            let unfinished = format!("{}.generating", path.display());
            if cut == usize::MAX {
                fs::rename(&path, &unfinished).unwrap();
            } else {
                fs::write(&unfinished, &bytes[..cut]).unwrap();
                assert!(open(dir.path(), Sled::CACHE).is_err(), "{what}: sled alone refuses");
            }
            assert!(newest(dir.path()).starts_with(b"39 "), "{what}");
        }
    }

    #[test]
    fn two_processes_cannot_have_it() {
        let dir = tempfile::tempdir().unwrap();
        let _first = Sled::open(dir.path(), Sled::CACHE).unwrap();
        assert!(matches!(Sled::open(dir.path(), Sled::CACHE), Err(EngineError::Io(_))));
    }
}
