//! sled's snapshots (`snap.*`): mends what a kill or a damaged disk left of them, before sled reads them.
//!
//! sled 0.34 refuses to open («Read corrupted data») on two occasions. A kill while it writes a snapshot leaves
//! `snap.N.generating`, which it then takes for the newest snapshot: such a file is completed or removed. And a
//! snapshot may be damaged. It must not be thrown away then: sled would replay its whole log, in which it has already
//! reused parts, and where it meets a gap it empties *everything* behind, without an error. So a copy of each snapshot
//! is kept beside it, and takes its place.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use crate::disk;

const PREFIX: &str = "snap.";
const UNFINISHED: &str = ".generating";
/// Where the copies lie, in the database's directory.
const SPARE: &str = "spare";
/// A snapshot ends with its length (8 bytes) and the CRC-32 of what comes before both.
const TRAILER: usize = 12;

/// What was done to make the snapshots readable; for the log.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Mended {
    /// Snapshots whose writing was interrupted: completed or removed.
    pub(super) interrupted: usize,
    /// Damaged snapshots that were replaced by their copy.
    pub(super) restored: usize,
}

/// Mends the snapshots in a database's directory. What can't be mended is left as it is, for sled to refuse.
pub(super) fn mend(directory: &Path) -> io::Result<Mended> {
    let mut mended = Mended::default();
    for path in snapshots(directory)? {
        let name = path.to_string_lossy().into_owned();
        if let Some(finished) = name.strip_suffix(UNFINISHED) {
            if whole(&path)? {
                fs::rename(&path, finished)?;
            } else {
                fs::remove_file(&path)?;
            }
            mended.interrupted += 1;
        }
    }
    for path in snapshots(directory)? {
        let spare = spare_of(directory, &path);
        if !whole(&path)? && spare.exists() && whole(&spare)? {
            fs::copy(&spare, &path)?;
            File::open(&path)?.sync_all()?;
            mended.restored += 1;
        }
    }
    disk::sync_directory(directory)?;
    Ok(mended)
}

/// Copies the present snapshots and removes copies of those that are no more. Durable when it returns.
pub(super) fn keep_spare(directory: &Path) -> io::Result<()> {
    let spares = directory.join(SPARE);
    disk::create_directory(&spares)?;
    let present = snapshots(directory)?;
    for path in &present {
        let spare = spare_of(directory, path);
        if !spare.exists() {
            let unfinished = spares.join("unfinished");
            fs::copy(path, &unfinished)?;
            File::open(&unfinished)?.sync_all()?;
            fs::rename(&unfinished, &spare)?;
        }
    }
    for entry in fs::read_dir(&spares)? {
        let entry = entry?;
        if !present.iter().any(|path| path.file_name() == Some(&entry.file_name())) {
            fs::remove_file(entry.path())?;
        }
    }
    disk::sync_directory(&spares)
}

/// All `snap.*` of a database's directory.
pub(super) fn snapshots(directory: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(PREFIX) {
            found.push(entry.path());
        }
    }
    Ok(found)
}

fn spare_of(directory: &Path, snapshot: &Path) -> PathBuf {
    directory.join(SPARE).join(snapshot.file_name().unwrap_or_default())
}

/// Whether a snapshot is there to its end.
fn whole(path: &Path) -> io::Result<bool> {
    let bytes = fs::read(path)?;
    let Some(content) = bytes.len().checked_sub(TRAILER).filter(|length| *length > 0) else { return Ok(false) };
    let stored = bytes.last_chunk::<4>().map(|crc| u32::from_le_bytes(*crc));
    Ok(stored == Some(crc32fast::hash(&bytes[..content])))
}
