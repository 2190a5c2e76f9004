//! The checkpoints of a shard that a time-stamp authority has stamped: files `anchors/<size in 20 digits>`, each with the
//! token in base64 on its first line and the note behind it. What a token is worth is for `ledger::verify` to say.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::checkpoint::Checkpoint;
use super::files::FileError;
use super::log::SignedCheckpoint;
use super::tree::{Hash, sha256};
use crate::disk;

const FOLDER: &str = "anchors";

/// What a time-stamp token stamps: the SHA-256 of the checkpoint's text.
#[must_use]
pub fn digest(signed: &SignedCheckpoint) -> Hash {
    sha256(signed.note.text().as_bytes())
}

/// How an `anchor` leaf names a token.
#[must_use]
pub fn token_name(token: &[u8]) -> String {
    STANDARD.encode(sha256(token))
}

/// Keeps a stamped checkpoint of the shard in this directory, durably.
///
/// # Errors
/// When it can't be written.
// [proofs#anchor]
pub fn keep(shard: &Path, signed: &SignedCheckpoint, token: &[u8]) -> Result<(), FileError> {
    let folder = shard.join(FOLDER);
    let path = folder.join(format!("{:020}", signed.checkpoint.size));
    let failed = |error| FileError { path: path.clone(), offset: 0, error };
    disk::create_directory(&folder).map_err(failed)?;
    let text = format!("{}\n{}", STANDARD.encode(token), signed.note);
    disk::replace_file(&path, text.as_bytes()).map_err(failed)
}

/// The first stamped checkpoint that has this leaf, with its token.
///
/// # Errors
/// When a file can't be read.
pub fn covering(shard: &Path, index: u64) -> Result<Option<(SignedCheckpoint, Vec<u8>)>, FileError> {
    for (size, path) in sizes(shard)? {
        if size > index {
            let text = fs::read_to_string(&path).map_err(|error| FileError { path: path.clone(), offset: 0, error })?;
            return Ok(read(&text));
        }
    }
    Ok(None)
}

/// The size that was stamped last.
///
/// # Errors
/// When the folder can't be read.
pub fn last_size(shard: &Path) -> Result<Option<u64>, FileError> {
    Ok(sizes(shard)?.last().map(|(size, _)| *size))
}

fn sizes(shard: &Path) -> Result<Vec<(u64, PathBuf)>, FileError> {
    let folder = shard.join(FOLDER);
    let entries = match fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(FileError { path: folder, offset: 0, error }),
    };
    let mut sizes: Vec<(u64, PathBuf)> = Vec::new();
    for entry in entries.flatten() {
        let name = entry.file_name();
        let size = name.to_str().filter(|name| name.len() == 20).and_then(|name| name.parse().ok());
        sizes.extend(size.map(|size| (size, entry.path())));
    }
    sizes.sort_unstable();
    Ok(sizes)
}

fn read(text: &str) -> Option<(SignedCheckpoint, Vec<u8>)> {
    let (token, note) = text.split_once('\n')?;
    let (checkpoint, note) = Checkpoint::parse_note(note).ok()?;
    Some((SignedCheckpoint { checkpoint, note }, STANDARD.decode(token).ok()?))
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{open, seals};
    use super::*;

    // [proofs#anchor]
    #[test]
    fn the_first_stamp_over_a_leaf_is_found() {
        let (shard, log) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let mut ledger = open(log.path());
        assert_eq!((last_size(shard.path()).unwrap(), covering(shard.path(), 0).unwrap()), (None, None));
        for size in [3, 12, 100] {
            ledger.append(&seals(ledger.log().size()..size)).unwrap();
            keep(shard.path(), ledger.log().checkpoint(), &[size as u8]).unwrap();
        }
        for (index, size) in [(0, Some(3)), (2, Some(3)), (3, Some(12)), (99, Some(100)), (100, None)] {
            let found = covering(shard.path(), index).unwrap();
            assert_eq!(found.as_ref().map(|(signed, _)| signed.checkpoint.size), size, "{index}");
            assert_eq!(found.map(|(_, token)| token), size.map(|size| vec![size as u8]));
        }
        assert_eq!(last_size(shard.path()).unwrap(), Some(100));
    }
}
