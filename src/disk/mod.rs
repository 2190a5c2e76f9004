//! Layer 0, what a disk keeps: names that survive a loss of power, and small files that are replaced as a whole. The
//! bytes of files are their owners' business.
//!
//! A file's bytes are durable after fdatasync of the file, its *name* only after fsync of its directory, and that
//! directory's name only after fsync of the one above.

use std::fs::{self, File};
use std::io::{self, Write};
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

/// Puts these bytes in the place of a file, whole or not at all, whenever the power is lost. A file beside it, named as
/// it with `.new` after it, is used for that: one left over by an earlier run is overwritten. Two writers of one file
/// must not be at work at once.
///
/// # Errors
/// What the file system says. The old file is then still there.
pub fn replace_file(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?.to_owned();
    name.push(".new");
    let new = path.with_file_name(name);
    let mut file = File::create(&new)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&new, path)?;
    // durable from here
    match path.parent() {
        Some(directory) if !directory.as_os_str().is_empty() => sync_directory(directory),
        _ => sync_directory(Path::new(".")),
    }
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

    #[test]
    fn a_file_is_replaced_as_a_whole_and_what_was_left_over_does_not_matter() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("index.json");
        fs::write(dir.path().join("index.json.new"), "left over, and longer than what comes").unwrap();
        for bytes in ["one", "another", ""] {
            replace_file(&file, bytes.as_bytes()).unwrap();
            assert_eq!(fs::read_to_string(&file).unwrap(), bytes);
        }
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
        assert!(replace_file(&dir.path().join("nowhere/file"), b"").is_err());
        assert!(replace_file(Path::new("/"), b"").is_err());
    }
}
