//! The ordered key-value contract on which the store stands: read, scan, and one atomic batch that is durable when it
//! returns. It knows nothing of mail, and the store knows nothing of what is behind it.
//!
//! [`Sled`] is the embedded default, [`Memory`] serves tests.

mod memory;
mod sled;
mod snapshots;

use std::fmt;
use std::ops::ControlFlow;

pub use memory::Memory;
pub use sled::Sled;

/// No value may be longer: what is larger is cut into several rows. sled writes a page (up to 17 rows) of more than half
/// a megabyte to a file of its own, where the durability barrier doesn't reach.
pub const VALUE_MAX: usize = 16 * 1024;

/// What a row must be for a batch to apply, or what it becomes: `None` is an absent row.
pub type Row = (Vec<u8>, Option<Vec<u8>>);

/// A row that is there.
pub type KeyValue = (Vec<u8>, Vec<u8>);

/// Changes that become visible and durable together, or not at all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Batch {
    /// Rows that must have exactly these values, else [`EngineError::Conflict`]: another writer was here.
    pub expect: Vec<Row>,
    /// Rows to write, or to delete where the value is `None`.
    pub put: Vec<Row>,
}

/// Why the engine did not do what it was asked.
#[derive(Debug)]
pub enum EngineError {
    /// A row had not the expected value; nothing was written.
    Conflict,
    /// The disk failed. After a failed commit it is unknown what of it is on the disk: no further commit may follow.
    Io(std::io::Error),
    /// The files hold something that the engine can't read. The text names the file.
    Corrupt(String),
}

impl fmt::Display for EngineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Conflict => f.write_str("another writer changed the same rows"),
            Self::Io(error) => write!(f, "the disk failed: {error}"),
            Self::Corrupt(what) => f.write_str(what),
        }
    }
}

impl std::error::Error for EngineError {}

/// Receives the rows of a scan, in order of their keys; `Break` ends the scan.
pub type Visitor<'a> = dyn FnMut(&[u8], &[u8]) -> ControlFlow<()> + 'a;

/// An ordered map of bytes to bytes. Reads see every committed batch and nothing of an uncommitted one.
pub trait Engine: Send + Sync {
    /// The value of one row.
    ///
    /// # Errors
    /// `Io`, `Corrupt`.
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, EngineError>;

    /// Visits the rows with `from <= key < to` in ascending order. Not a snapshot: a commit during the scan may show.
    ///
    /// # Errors
    /// `Io`, `Corrupt`.
    fn scan(&self, from: &[u8], to: &[u8], visit: &mut Visitor<'_>) -> Result<(), EngineError>;

    /// Applies a batch. When this returns `Ok`, the batch survives the loss of power. Called by one thread at a time.
    ///
    /// # Errors
    /// `Conflict` when nothing was written, `Io` when it is unknown what was.
    fn commit(&self, batch: Batch) -> Result<(), EngineError>;

    /// Whether opening it had to mend what a kill or a loss of power left.
    fn was_mended(&self) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn row(key: &str, value: Option<&str>) -> Row {
        (key.into(), value.map(Into::into))
    }

    fn keys(engine: &dyn Engine, from: &str, to: &str) -> Vec<String> {
        let mut keys = Vec::new();
        let mut visit = |key: &[u8], _: &[u8]| {
            keys.push(String::from_utf8(key.to_vec()).unwrap());
            ControlFlow::Continue(())
        };
        engine.scan(from.as_bytes(), to.as_bytes(), &mut visit).unwrap();
        keys
    }

    /// What every engine must do.
    fn contract(engine: &dyn Engine) {
        let put = vec![row("a1", Some("x")), row("a2", Some("y")), row("b1", Some("z"))];
        engine.commit(Batch { expect: vec![row("a1", None)], put }).unwrap();
        assert_eq!(engine.get(b"a2").unwrap().as_deref(), Some(b"y".as_slice()));
        assert_eq!(keys(engine, "a", "b"), ["a1", "a2"]);
        assert_eq!(keys(engine, "a2", "c"), ["a2", "b1"]);

        let wrong = Batch { expect: vec![row("a1", Some("other"))], put: vec![row("a1", None)] };
        assert!(matches!(engine.commit(wrong), Err(EngineError::Conflict)));
        let right = Batch { expect: vec![row("a1", Some("x"))], put: vec![row("a1", None), row("a3", Some(""))] };
        engine.commit(right).unwrap();
        assert_eq!(keys(engine, "a", "b"), ["a2", "a3"]);

        let mut seen = 0;
        let mut stop = |_: &[u8], _: &[u8]| {
            seen += 1;
            ControlFlow::Break(())
        };
        engine.scan(b"a", b"z", &mut stop).unwrap();
        assert_eq!(seen, 1, "a visitor ends the scan");
    }

    #[test]
    fn memory_keeps_the_contract() {
        contract(&Memory::default());
    }

    #[test]
    fn sled_keeps_the_contract() {
        let dir = tempfile::tempdir().unwrap();
        contract(&Sled::open(dir.path(), Sled::CACHE).unwrap());
    }
}
