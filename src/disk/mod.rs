//! Layer 0, what a disk keeps: names that survive a loss of power. The bytes of files are their owners' business.
//!
//! A file's bytes are durable after fdatasync of the file, its *name* only after fsync of its directory, and that
//! directory's name only after fsync of the one above.

use std::fs::{self, File};
use std::io;
use std::path::Path;

/// Creates this directory and those above it, where they are missing. When it returns, all their names are durable,
/// also when an earlier run created them and was killed before it could say so.
///
/// # Errors
/// What the file system says.
pub fn create_directory(path: &Path) -> io::Result<()> {
    fs::create_dir_all(path)?;
    // Resolved, so that the last one above a relative path is the working directory's own, too.
    for above in path.canonicalize()?.ancestors().skip(1) {
        match sync_directory(above) {
            // Whoever may not read a directory has not been at work above it; and some file systems have no fsync of
            // directories, as that of a container's root.
            Err(error) if matches!(error.kind(), io::ErrorKind::PermissionDenied | io::ErrorKind::InvalidInput) => {
                break;
            }
            synced => synced?,
        }
    }
    Ok(())
}

/// Makes the names in this directory durable: of files that were created, renamed and removed in it.
///
/// # Errors
/// What the file system says.
pub fn sync_directory(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directories_are_made_in_any_depth_and_may_be_there() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["a/b/c", "a/b/c", "a"] {
            create_directory(&dir.path().join(name)).unwrap();
            assert!(dir.path().join(name).is_dir());
        }
        fs::write(dir.path().join("file"), "").unwrap();
        assert!(create_directory(&dir.path().join("file")).is_err());
        assert!(sync_directory(&dir.path().join("nowhere")).is_err());
    }
}
