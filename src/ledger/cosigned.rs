//! The checkpoints of a shard that witnesses countersigned, in the order in which they did: what a proof's bracket of
//! time is made of.
//!
//! | file | content |
//! |---|---|
//! | `cosigned` | notes, one behind the other |
//! | `cosigned.index` | 24 bytes for each: size, where it begins, its length (the highest bit says that the quorum was met), four bytes of the SHA-256 of the note |
//!
//! Of each size at most two are kept: the first, which says by when the tree existed, and the last, which says until
//! when nothing larger did. What a stop tears is dropped: a countersignature that is lost costs a narrower bracket only.

use std::fs::OpenOptions;
use std::path::Path;

use super::checkpoint::Checkpoint;
use super::files::{FileError, Named};
use super::log::SignedCheckpoint;
use super::tree::sha256;

const RECORD: u64 = 24;
const MET: u32 = 1 << 31;
/// A note with 64 signatures has 20,000 bytes.
const NOTE_MAX: u32 = 64 * 1024;

/// The history of one shard. One process writes it: that which has the shard's [`super::Ledger`].
#[derive(Debug)]
pub struct Cosigned {
    notes: Named,
    index: Named,
    count: u64,
}

/// Where a note stands, and what is known of it without reading it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Record {
    size: u64,
    start: u64,
    length: u32,
    met: bool,
    check: [u8; 4],
}

impl Record {
    fn parse(bytes: &[u8; RECORD as usize]) -> Self {
        let word = |at: usize| u64::from_be_bytes(std::array::from_fn(|i| bytes[at + i]));
        let half = |at: usize| u32::from_be_bytes(std::array::from_fn(|i| bytes[at + i]));
        let (size, start, length) = (word(0), word(8), half(16));
        Self { size, start, length: length & !MET, met: length & MET != 0, check: half(20).to_be_bytes() }
    }

    fn bytes(self) -> [u8; RECORD as usize] {
        let length = self.length | if self.met { MET } else { 0 };
        let mut bytes = [0; RECORD as usize];
        bytes[..8].copy_from_slice(&self.size.to_be_bytes());
        bytes[8..16].copy_from_slice(&self.start.to_be_bytes());
        bytes[16..20].copy_from_slice(&length.to_be_bytes());
        bytes[20..].copy_from_slice(&self.check);
        bytes
    }

    const fn end(self) -> u64 {
        self.start + self.length as u64
    }
}

impl Cosigned {
    /// Opens the history of a shard, or begins it. What a stop tore at its end is dropped.
    ///
    /// # Errors
    /// When a file can't be read or written.
    pub fn open(directory: &Path) -> Result<Self, FileError> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        let mut history = Self::with(directory, &options)?;
        while history.count > 0 && history.read(history.count - 1)?.is_none() {
            history.count -= 1;
        }
        history.index.truncate(history.count * RECORD)?;
        Ok(history)
    }

    /// Opens the history of a shard for reading; none where nothing was ever countersigned.
    ///
    /// # Errors
    /// When a file is there and can't be read.
    pub fn open_for_reading(directory: &Path) -> Result<Option<Self>, FileError> {
        if !directory.join("cosigned.index").exists() {
            return Ok(None);
        }
        let mut options = OpenOptions::new();
        options.read(true);
        Self::with(directory, &options).map(Some)
    }

    fn with(directory: &Path, options: &OpenOptions) -> Result<Self, FileError> {
        let notes = Named::open(directory, "cosigned", options)?;
        let index = Named::open(directory, "cosigned.index", options)?;
        let count = index.length()? / RECORD;
        Ok(Self { notes, index, count })
    }

    /// How many notes it has.
    #[must_use]
    pub const fn count(&self) -> u64 {
        self.count
    }

    /// Adds a checkpoint with its countersignatures; `met` says whether they meet our own quorum. One of a smaller size
    /// than the last, and one below the quorum behind one that met it, adds nothing.
    ///
    /// # Errors
    /// When the files can't be written.
    // [proofs#cosigned]
    pub fn push(&mut self, signed: &SignedCheckpoint, met: bool) -> Result<(), FileError> {
        let size = signed.checkpoint.size;
        let place = match self.last_records()? {
            [_, Some(last)] if last.size > size || (last.size == size && last.met && !met) => return Ok(()),
            [Some(first), Some(last)] if first.size == size && first.met && last.met => self.count - 1,
            [_, Some(last)] if last.size == size && !last.met => self.count - 1,
            _ => self.count,
        };
        let start = if place == 0 { 0 } else { self.record(place - 1)?.end() };
        let note = signed.note.to_string();
        let digest = sha256(note.as_bytes());
        let check = [digest[0], digest[1], digest[2], digest[3]];
        let length = u32::try_from(note.len()).unwrap_or(NOTE_MAX);
        self.notes.write(start, note.as_bytes())?;
        self.notes.truncate(start + u64::from(length))?;
        self.notes.sync()?;
        self.index.write(place * RECORD, &Record { size, start, length, met, check }.bytes())?;
        self.index.sync()?;
        self.count = place + 1;
        Ok(())
    }

    /// The newest.
    ///
    /// # Errors
    /// When it can't be read.
    pub fn last(&self) -> Result<Option<SignedCheckpoint>, FileError> {
        self.count.checked_sub(1).map_or(Ok(None), |last| self.read(last))
    }

    /// The first that covers this leaf and met the quorum; where none did, the newest that covers it.
    ///
    /// # Errors
    /// When the files can't be read.
    pub fn covering(&self, index: u64) -> Result<Option<SignedCheckpoint>, FileError> {
        for place in self.first_above(index)?..self.count {
            if self.record(place)?.met {
                return self.read(place);
            }
        }
        Ok(self.last()?.filter(|last| last.checkpoint.size > index))
    }

    /// Those that met the quorum and don't cover this leaf, the newest first.
    pub fn before(&self, index: u64) -> impl Iterator<Item = Result<SignedCheckpoint, FileError>> + '_ {
        let places = self.first_above(index);
        let (count, failed) = places.map_or_else(|error| (0, Some(Err(error))), |count| (count, None));
        let read = |place: u64| match self.record(place) {
            Ok(record) if record.met => self.read(place).transpose(),
            Ok(_) => None,
            Err(error) => Some(Err(error)),
        };
        failed.into_iter().chain((0..count).rev().filter_map(read))
    }

    /// The place of the first whose size is above `index`, by halving.
    fn first_above(&self, index: u64) -> Result<u64, FileError> {
        let (mut low, mut high) = (0, self.count);
        while low < high {
            let middle = low.midpoint(high);
            if self.record(middle)?.size > index { high = middle } else { low = middle + 1 }
        }
        Ok(low)
    }

    fn last_records(&self) -> Result<[Option<Record>; 2], FileError> {
        let record = |back: u64| self.count.checked_sub(back).map(|place| self.record(place)).transpose();
        Ok([record(2)?, record(1)?])
    }

    fn record(&self, place: u64) -> Result<Record, FileError> {
        let mut bytes = [0; RECORD as usize];
        self.index.read(place * RECORD, &mut bytes)?;
        Ok(Record::parse(&bytes))
    }

    /// None when its bytes are not those that were written.
    fn read(&self, place: u64) -> Result<Option<SignedCheckpoint>, FileError> {
        let record = self.record(place)?;
        if record.length > NOTE_MAX || record.end() > self.notes.length()? {
            return Ok(None);
        }
        let mut bytes = vec![0; record.length as usize];
        self.notes.read(record.start, &mut bytes)?;
        let whole = sha256(&bytes)[..4] == record.check;
        let text = String::from_utf8(bytes).ok().filter(|_| whole);
        let read = text.and_then(|text| Checkpoint::parse_note(&text).ok());
        Ok(read.map(|(checkpoint, note)| SignedCheckpoint { checkpoint, note }))
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::super::fixture::{NOON, log_key, witness};
    use super::super::note::Note;
    use super::*;

    fn signed(size: u64, second: i64) -> SignedCheckpoint {
        let checkpoint = Checkpoint { origin: "preuves.a.fr/2026".to_owned(), size, root: [7; 32] };
        let text = checkpoint.to_string();
        let lines = log_key().sign(&text) + &witness(1).cosign(&text, NOON.plus_secs(second));
        SignedCheckpoint { checkpoint, note: Note::parse(&format!("{text}\n{lines}")).unwrap() }
    }

    // [proofs#cosigned]
    #[test]
    fn of_each_size_the_first_and_the_last_are_kept() {
        let dir = tempfile::tempdir().unwrap();
        let mut history = Cosigned::open(dir.path()).unwrap();
        assert!(history.covering(0).unwrap().is_none());
        for (size, second, met) in [
            (0, 0, true),
            (5, 1, false),
            (5, 2, true),
            (5, 3, true),
            (5, 4, true),
            (5, 5, false),
            (4, 6, true),
            (9, 7, false),
        ] {
            history.push(&signed(size, second), met).unwrap();
        }
        let history = Cosigned::open_for_reading(dir.path()).unwrap().unwrap();
        let kept: Vec<_> = (0..history.count()).map(|place| history.read(place).unwrap().unwrap()).collect();
        assert_eq!(kept, [signed(0, 0), signed(5, 2), signed(5, 4), signed(9, 7)]);
        assert_eq!(history.covering(0).unwrap(), Some(signed(5, 2)), "the first says by when it existed");
        assert_eq!(history.covering(5).unwrap(), Some(signed(9, 7)), "better one witness than none");
        assert_eq!(history.covering(9).unwrap(), None);
        let before: Vec<_> = history.before(5).collect::<Result<_, _>>().unwrap();
        assert_eq!(before, [signed(5, 4), signed(5, 2), signed(0, 0)], "the last says until when there was no more");
        assert_eq!(history.before(4).count(), 1);
        assert_eq!(history.last().unwrap(), Some(signed(9, 7)));
    }

    #[test]
    fn what_a_stop_tears_is_dropped() {
        for (file, cut) in [("cosigned", 1), ("cosigned", 100), ("cosigned.index", 1), ("cosigned.index", 23)] {
            let dir = tempfile::tempdir().unwrap();
            let mut history = Cosigned::open(dir.path()).unwrap();
            history.push(&signed(1, 0), true).unwrap();
            history.push(&signed(2, 1), true).unwrap();
            let path = dir.path().join(file);
            let bytes = fs::read(&path).unwrap();
            fs::write(&path, &bytes[..bytes.len() - cut]).unwrap();
            let mut history = Cosigned::open(dir.path()).unwrap();
            assert_eq!(history.last().unwrap(), Some(signed(1, 0)), "{file} {cut}");
            history.push(&signed(3, 2), true).unwrap();
            assert_eq!(Cosigned::open(dir.path()).unwrap().covering(1).unwrap(), Some(signed(3, 2)));
        }
    }
}
