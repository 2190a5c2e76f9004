//! Bodies in segment files of one directory.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use tokio::sync::{mpsc, oneshot};
use tracing::error;

use super::appender::{Append, Appender, WAITING};
use super::segment::{FILE_HEAD, FileHead, KEY_AT, KEY_LENGTH, RECORD_HEAD, RecordHead, salvage};
use super::{Appended, Bodies, BodiesError, Durability, EXTENT_MAX, Extent, Removed};
use crate::disk;
use crate::mail::{Edge, Time};

/// Open files kept for reading.
const OPEN_FILES: usize = 64;

/// How segments are cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SegmentsSettings {
    /// Bytes from which on a new file is begun, at most 4 GiB less 4 MiB. A new day begins one too.
    pub segment_bytes: u64,
}

impl Default for SegmentsSettings {
    fn default() -> Self {
        Self { segment_bytes: 256 << 20 }
    }
}

/// Segment files in a directory, and the thread that appends to them.
pub struct Segments {
    directory: PathBuf,
    appends: Mutex<Option<mpsc::Sender<Append>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
    names: Mutex<HashMap<u32, PathBuf>>,
    open: Mutex<HashMap<u32, Arc<File>>>,
}

impl Segments {
    /// Opens the directory, or creates it. Files of an earlier run are only read from: their end may be torn.
    ///
    /// # Errors
    /// What the file system says.
    pub fn open(directory: &Path, settings: SegmentsSettings, edge: Edge) -> Result<Self, BodiesError> {
        disk::create_directory(directory).map_err(BodiesError::Io)?;
        let names = list(directory).map_err(BodiesError::Io)?;
        let (sender, receiver) = mpsc::channel(WAITING);
        let appender = Appender {
            directory: directory.to_owned(),
            segment_bytes: settings.segment_bytes.min(u64::from(u32::MAX) - 4 * EXTENT_MAX as u64),
            edge,
            next: names.keys().max().map_or(1, |last| last + 1),
            current: None,
            failed: false,
        };
        let thread = std::thread::Builder::new().name("bodies".to_owned()).spawn(move || appender.run(receiver));
        Ok(Self {
            directory: directory.to_owned(),
            appends: Mutex::new(Some(sender)),
            thread: Mutex::new(Some(thread.map_err(BodiesError::Io)?)),
            names: Mutex::new(names),
            open: Mutex::default(),
        })
    }

    /// The file of a segment, open for reading and for destroying keys.
    fn file(&self, segment: u32) -> Result<Arc<File>, BodiesError> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(file) = open.get(&segment) {
            return Ok(file.clone());
        }
        let path = self.path(segment)?;
        let file = File::options().read(true).write(true).open(&path);
        let file = Arc::new(file.map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => BodiesError::Damaged(format!("{}: this segment is gone", path.display())),
            _ => BodiesError::Io(error),
        })?);
        if open.len() >= OPEN_FILES {
            // Which one goes hardly matters: opening costs microseconds.
            let any = open.keys().next().copied();
            any.and_then(|segment| open.remove(&segment));
        }
        open.insert(segment, file.clone());
        Ok(file)
    }

    fn path(&self, segment: u32) -> Result<PathBuf, BodiesError> {
        let mut names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        if !names.contains_key(&segment) {
            *names = list(&self.directory).map_err(BodiesError::Io)?;
        }
        let missing = || BodiesError::Damaged(format!("{}: segment {segment} is gone", self.directory.display()));
        names.get(&segment).cloned().ok_or_else(missing)
    }

    fn read_at(&self, extent: &Extent, start: u64, length: usize, out: &mut Vec<u8>) -> Result<(), BodiesError> {
        if extent.length as usize > EXTENT_MAX {
            return Err(self.damaged(extent, "its row says more than an extent can hold"));
        }
        let file = self.file(extent.segment)?;
        let mut piece = vec![0; length];
        file.read_exact_at(&mut piece, u64::from(extent.offset) + start).map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => self.damaged(extent, "the file ends before it"),
            _ => BodiesError::Io(error),
        })?;
        out.append(&mut piece);
        Ok(())
    }

    fn damaged(&self, extent: &Extent, what: &str) -> BodiesError {
        let path = self.path(extent.segment).unwrap_or_else(|_| self.directory.clone());
        BodiesError::Damaged(format!("{}: record at byte {}: {what}", path.display(), extent.offset))
    }
}

impl Segments {
    fn remove(&self, alive: &HashSet<u32>, begun_before: Time) -> io::Result<Removed> {
        let mut removed = Removed::default();
        for (number, path) in list(&self.directory)? {
            // A file without a whole head holds nothing; a kill left it.
            let old = file_head(&path)?.is_none_or(|head| head.begun < begun_before);
            if alive.contains(&number) || !old {
                continue;
            }
            removed.bytes += fs::metadata(&path)?.len();
            removed.segments += 1;
            fs::remove_file(&path)?;
            self.names.lock().unwrap_or_else(PoisonError::into_inner).remove(&number);
            self.open.lock().unwrap_or_else(PoisonError::into_inner).remove(&number);
        }
        disk::sync_directory(&self.directory)?;
        Ok(removed)
    }
}

impl Bodies for Segments {
    fn append(&self, head: RecordHead, sealed: Vec<u8>, durability: Durability) -> Appended {
        let sender = self.appends.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Box::pin(async move {
            let sender = sender.ok_or(BodiesError::Closed)?;
            let length = u32::try_from(sealed.len()).unwrap_or(u32::MAX);
            let head = RecordHead { length, checksum: crc32fast::hash(&sealed), ..head };
            let (answer, answered) = oneshot::channel();
            sender.send(Append { head, sealed, durability, answer }).await.map_err(|_| BodiesError::Closed)?;
            drop(sender);
            answered.await.map_err(|_| BodiesError::Closed)?
        })
    }

    fn read(&self, extent: &Extent, start: u32, length: u32, out: &mut Vec<u8>) -> Result<(), BodiesError> {
        if start.checked_add(length).is_none_or(|end| end > extent.length) {
            return Err(self.damaged(extent, "it is shorter than its row says"));
        }
        self.read_at(extent, RECORD_HEAD as u64 + u64::from(start), length as usize, out)
    }

    fn verify(&self, extent: &Extent) -> Result<RecordHead, BodiesError> {
        let mut bytes = Vec::new();
        self.read_at(extent, 0, RECORD_HEAD + extent.length as usize, &mut bytes)?;
        let head = RecordHead::decode(&bytes).ok_or_else(|| self.damaged(extent, "its head was changed"))?;
        if head.length != extent.length || head.checksum != crc32fast::hash(&bytes[RECORD_HEAD..]) {
            return Err(self.damaged(extent, "its bytes were changed"));
        }
        Ok(head)
    }

    fn records(&self, visit: &mut dyn FnMut(Extent, RecordHead)) -> Result<(), BodiesError> {
        let segments: BTreeMap<_, _> = list(&self.directory).map_err(BodiesError::Io)?.into_iter().collect();
        for (segment, path) in segments {
            let bytes = fs::read(path).map_err(BodiesError::Io)?;
            for found in salvage(&bytes) {
                let offset = u32::try_from(found.offset).unwrap_or(u32::MAX);
                visit(Extent { segment, offset, length: found.head.length }, found.head);
            }
        }
        Ok(())
    }

    fn forget_key(&self, extent: &Extent) -> Result<(), BodiesError> {
        let at = u64::from(extent.offset) + KEY_AT as u64;
        self.file(extent.segment)?.write_all_at(&[0; KEY_LENGTH], at).map_err(BodiesError::Io)
    }

    fn remove_unused(&self, alive: &HashSet<u32>, begun_before: Time) -> Result<Removed, BodiesError> {
        self.remove(alive, begun_before).map_err(BodiesError::Io)
    }

    fn close(&self) {
        drop(self.appends.lock().unwrap_or_else(PoisonError::into_inner).take());
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(Err(_)) = thread.map(JoinHandle::join) {
            error!("the thread that appends message bodies has panicked");
        }
    }
}

impl Drop for Segments {
    fn drop(&mut self) {
        self.close();
    }
}

impl std::fmt::Debug for Segments {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Segments").field("directory", &self.directory).finish_non_exhaustive()
    }
}

/// The head of a segment file, if it is whole.
fn file_head(path: &Path) -> io::Result<Option<FileHead>> {
    let mut head = Vec::with_capacity(FILE_HEAD);
    File::open(path)?.take(FILE_HEAD as u64).read_to_end(&mut head)?;
    Ok(FileHead::decode(&head))
}

/// The segment files of a directory by number.
fn list(directory: &Path) -> io::Result<HashMap<u32, PathBuf>> {
    let mut found = HashMap::new();
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let number = name.strip_suffix(".seg").and_then(|stem| stem.split('-').next()?.parse().ok());
        if let Some(number) = number {
            found.insert(number, path);
        }
    }
    Ok(found)
}
