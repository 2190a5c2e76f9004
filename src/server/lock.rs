//! One process at a time on one data directory: a running server and offline commands exclude each other.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::{fmt, process};

/// The lock on a data directory. The operating system takes it back when the process ends, however it ends.
#[derive(Debug)]
pub struct DataLock {
    _file: File,
}

/// Why there is no lock.
#[derive(Debug)]
pub enum LockError {
    /// Another process has it.
    Held {
        /// The lock's file.
        file: PathBuf,
        /// What the other wrote: its process number.
        by: String,
    },
    /// The directory or the file can't be used.
    Io {
        /// The lock's file.
        file: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
}

impl fmt::Display for LockError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Held { file, by } => write!(f, "{} is held by process {by}", file.display()),
            Self::Io { file, source } => write!(f, "{}: {source}", file.display()),
        }
    }
}

impl std::error::Error for LockError {}

impl DataLock {
    /// Takes the lock; makes the directory, for its owner only, if it is not there.
    ///
    /// # Errors
    /// When another process has it, or the directory can't be used.
    pub fn take(data: &Path) -> Result<Self, LockError> {
        let path = data.join("lock");
        let io = |source| LockError::Io { file: path.clone(), source };
        fs::DirBuilder::new().recursive(true).mode(0o700).create(data).map_err(io)?;
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false).mode(0o600);
        let mut file = options.open(&path).map_err(io)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut by = String::new();
                // Who holds it is a courtesy; that somebody does is the answer.
                let _ = file.read_to_string(&mut by);
                return Err(LockError::Held { file: path, by: by.trim().to_owned() });
            }
            Err(TryLockError::Error(source)) => return Err(io(source)),
        }
        file.set_len(0).map_err(io)?;
        file.rewind().map_err(io)?;
        writeln!(file, "{}", process::id()).map_err(io)?;
        Ok(Self { _file: file })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_has_one_holder_at_a_time() {
        let directory = tempfile::tempdir().unwrap();
        let data = directory.path().join("new/data");
        let lock = DataLock::take(&data).unwrap();
        match DataLock::take(&data) {
            Err(LockError::Held { by, .. }) => assert_eq!(by, process::id().to_string()),
            other => panic!("{other:?}"),
        }
        drop(lock);
        DataLock::take(&data).unwrap();
    }

    #[test]
    fn a_directory_that_cannot_be_made_is_named() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let error = DataLock::take(&file.path().join("data")).unwrap_err();
        assert!(error.to_string().contains(&*file.path().to_string_lossy()), "{error}");
    }
}
