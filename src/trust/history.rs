//! The accepted white lists, kept on disk: what was in force when, and the list to start with when its source is silent.
//!
//! A directory with one compressed file per list (`zcat` reads it) and `index.json`, the oldest first. The index is
//! written last, so that what it names is there. Only what was accepted comes here: nothing is judged.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use serde::{Deserialize, Serialize};

use super::certificate::sha256;
use super::{Diff, TrustError, WhiteList};
use crate::disk;
use crate::mail::{Time, hex};

const INDEX: &str = "index.json";
/// An index of a thousand lists has 0.5 MB.
const INDEX_MAX: u64 = 8 << 20;
const REMEDY: &str = "check the permissions and the disk; without this directory the next list begins a new history";

/// One kept list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// SHA-256 of the XML, in hexadecimal.
    pub sha256: String,
    /// `DateDeGeneration`.
    pub generated: String,
    /// When it was taken into force.
    pub accepted: String,
    /// The file or the address that it came from.
    pub source: String,
    /// Rows.
    pub rows: usize,
    /// Distinct domains.
    pub domains: usize,
    /// Distinct names.
    pub names: usize,
    /// Rights that the list before had not; of the first list, all of them.
    pub added: usize,
    /// Rights that only the list before had.
    pub removed: usize,
}

impl Kept {
    /// When it was taken into force; the epoch if the index was written by hand.
    #[must_use]
    pub fn accepted_at(&self) -> Time {
        Time::parse_rfc3339(&self.accepted).unwrap_or_default()
    }
}

#[derive(Default, Serialize, Deserialize)]
struct Index {
    lists: Vec<Kept>,
}

/// The kept lists of one server.
#[derive(Debug, Clone)]
pub struct History {
    directory: PathBuf,
    /// How many are kept, at least one.
    keep: usize,
    /// Octets of a list at most.
    bytes_max: usize,
}

impl History {
    /// The history in this directory, which need not be there yet; keeps so many lists.
    #[must_use]
    pub fn new(directory: PathBuf, keep: usize, bytes_max: usize) -> Self {
        Self { directory, keep: keep.max(1), bytes_max }
    }

    /// The kept lists, oldest first; none where nothing was kept yet.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub fn lists(&self) -> Result<Vec<Kept>, TrustError> {
        let path = self.directory.join(INDEX);
        let file = match File::open(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            file => file.map_err(|error| failed(&path, &error))?,
        };
        let index: Result<Index, _> = serde_json::from_reader(file.take(INDEX_MAX));
        index.map(|index| index.lists).map_err(|error| failed(&path, &error))
    }

    /// The XML of a kept list, compared with its digest.
    ///
    /// # Errors
    /// When its file cannot be read, or is not what was kept.
    pub fn read(&self, kept: &Kept) -> Result<Vec<u8>, TrustError> {
        let path = self.file(&kept.sha256);
        let mut xml = Vec::new();
        let file = File::open(&path).map_err(|error| failed(&path, &error))?;
        let bound = u64::try_from(self.bytes_max).unwrap_or(u64::MAX).saturating_add(1);
        GzDecoder::new(file).take(bound).read_to_end(&mut xml).map_err(|error| failed(&path, &error))?;
        if hex(&sha256(&xml)) == kept.sha256 {
            Ok(xml)
        } else {
            Err(failed(&path, &"the digest is not that of the index"))
        }
    }

    /// Keeps a list that was taken into force, and forgets the oldest beyond the number. The newest kept one is not kept
    /// again.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn keep(
        &self,
        xml: &[u8],
        source: &str,
        list: &WhiteList,
        before: Option<&WhiteList>,
        now: Time,
    ) -> Result<(), TrustError> {
        let mut lists = self.lists()?;
        let digest = hex(&sha256(xml));
        if lists.last().is_some_and(|last| last.sha256 == digest) {
            return Ok(());
        }
        disk::create_directory(&self.directory).map_err(|error| failed(&self.directory, &error))?;
        let path = self.file(&digest);
        let written = compress(xml).and_then(|bytes| disk::replace_file(&path, &bytes));
        written.map_err(|error| failed(&path, &error))?;
        lists.push(describe(digest, source, list, before, now));
        lists.drain(..lists.len().saturating_sub(self.keep));
        let path = self.directory.join(INDEX);
        let index = Index { lists };
        let text = serde_json::to_vec_pretty(&index).map_err(|error| failed(&path, &error))?;
        disk::replace_file(&path, &text).map_err(|error| failed(&path, &error))?;
        // durable from here
        self.forget_all_but(&index.lists);
        Ok(())
    }

    fn file(&self, digest: &str) -> PathBuf {
        self.directory.join(format!("{digest}.xml.gz"))
    }

    /// A file that stays although nothing names it costs only room: it goes the next time.
    fn forget_all_but(&self, lists: &[Kept]) {
        for entry in fs::read_dir(&self.directory).into_iter().flatten().flatten() {
            let name = entry.file_name();
            let digest = name.to_str().and_then(|name| name.strip_suffix(".xml.gz"));
            if digest.is_some_and(|digest| lists.iter().all(|kept| kept.sha256 != digest)) {
                let _ = fs::remove_file(entry.path());
            }
        }
    }
}

fn describe(sha256: String, source: &str, list: &WhiteList, before: Option<&WhiteList>, now: Time) -> Kept {
    let diff = before.map(|before| Diff::between(before, list));
    Kept {
        sha256,
        generated: list.generated().to_string(),
        accepted: now.to_string(),
        source: source.to_owned(),
        rows: list.rows().len(),
        domains: list.domain_count(),
        names: list.names().len(),
        added: diff.as_ref().map_or_else(|| list.right_count(), |diff| diff.added.len()),
        removed: diff.map_or(0, |diff| diff.removed.len()),
    }
}

fn compress(xml: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(xml)?;
    encoder.finish()
}

fn failed(path: &Path, error: &dyn std::fmt::Display) -> TrustError {
    TrustError::new(error.to_string(), REMEDY).in_file(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trust::lab::{ListRow, white_list_xml};
    use crate::trust::testing::{domain, start};
    use crate::trust::{DistinguishedName, Limits};

    fn list(number: usize) -> (String, WhiteList) {
        let name = DistinguishedName::parse("CN=a").unwrap();
        let rows: Vec<_> = (0..=number).map(|n| ListRow::new(&domain(&format!("d{n}.fr")), &name)).collect();
        let xml = white_list_xml(&rows, start().plus_secs(i64::try_from(number).unwrap()));
        let list = WhiteList::parse(xml.as_bytes(), &Limits::default()).unwrap();
        (xml, list)
    }

    #[test]
    fn lists_are_kept_with_their_facts_and_the_oldest_go() {
        let folder = tempfile::tempdir().unwrap();
        let history = History::new(folder.path().join("deep/lists"), 3, 1 << 20);
        assert_eq!(history.lists().unwrap(), []);
        let mut before: Option<WhiteList> = None;
        for number in 0..5 {
            let (xml, list) = list(number);
            for _ in 0..2 {
                history.keep(xml.as_bytes(), "https://a/", &list, before.as_ref(), start()).unwrap();
            }
            before = Some(list);
        }
        let lists = history.lists().unwrap();
        assert_eq!(lists.iter().map(|kept| kept.rows).collect::<Vec<_>>(), [3, 4, 5]);
        assert_eq!((lists[2].added, lists[2].removed, lists[2].accepted_at()), (1, 0, start()));
        assert_eq!(history.read(&lists[1]).unwrap(), list(3).0.as_bytes());
        assert_eq!(fs::read_dir(folder.path().join("deep/lists")).unwrap().count(), 4);
    }

    #[test]
    fn damage_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let history = History::new(folder.path().to_owned(), 3, 1 << 20);
        let (xml, one) = list(0);
        history.keep(xml.as_bytes(), "", &one, None, start()).unwrap();
        let kept = history.lists().unwrap().remove(0);
        assert_eq!(kept.added, 1);
        let tight = History::new(folder.path().to_owned(), 3, 10);
        assert!(tight.read(&kept).unwrap_err().reason().contains("digest"));
        fs::write(history.file(&kept.sha256), compress(b"another").unwrap()).unwrap();
        assert!(history.read(&kept).unwrap_err().reason().contains("digest"));
        fs::write(history.file(&kept.sha256), "no gzip").unwrap();
        assert!(history.read(&kept).is_err());
        fs::write(folder.path().join(INDEX), "{").unwrap();
        assert!(history.lists().unwrap_err().to_string().contains("index.json"));
        assert!(history.keep(xml.as_bytes(), "", &one, None, start()).is_err());
    }
}
