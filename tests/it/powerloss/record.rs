//! Runs a workload of this test binary under `tests/powerloss/recorder.c` and reads the record that it leaves: the one
//! order in which everything happened to a directory, and when what was acknowledged.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::OnceLock;

use crate::tools;

const DIRECTORY: &str = "SCEAU_RECORD_DIR";
const ACKS: &str = "SCEAU_RECORD_ACKS";

/// What a workload is told, when this process is one.
pub struct Assignment {
    /// The directory in which it works, which is recorded.
    pub directory: PathBuf,
    acks: fs::File,
}

impl Assignment {
    /// `None` in an ordinary run of the tests.
    pub fn of_this_process() -> Option<Self> {
        let (directory, acks) = (std::env::var(DIRECTORY).ok()?, std::env::var(ACKS).ok()?);
        let acks = fs::File::options().create(true).append(true).open(acks).unwrap();
        Some(Self { directory: directory.into(), acks })
    }

    /// Says yes to somebody: what this line stands for may never be lost from now on.
    pub fn acknowledge(&self, line: impl std::fmt::Display) {
        // One write, so that it is one event of the record.
        (&self.acks).write_all(format!("{line}\n").as_bytes()).unwrap();
    }
}

/// Numbers a file or directory for as long as it lives, whatever its name.
pub type Node = u32;

/// What happened, as the recorder saw it. Paths are below the recorded directory.
#[derive(Debug, PartialEq, Eq)]
pub enum Event {
    /// A file or directory that was there before the record began, met for the first time.
    Known { node: Node, path: PathBuf },
    /// A new, empty file.
    Create { node: Node, path: PathBuf },
    /// A new directory.
    MakeDirectory { node: Node, path: PathBuf },
    /// Bytes at a place in a file.
    Write { node: Node, at: u64, data: Vec<u8> },
    /// A new size, larger or smaller.
    Truncate { node: Node, size: u64 },
    /// fsync or fdatasync is called: what came before it is durable at its end.
    SyncBegin { node: Node, ticket: u64 },
    /// The same call returns.
    SyncEnd { node: Node, ticket: u64 },
    /// A name changes.
    Rename { from: PathBuf, to: PathBuf },
    /// A second name for a file.
    Link { from: PathBuf, to: PathBuf },
    /// A name goes.
    Unlink { path: PathBuf },
    /// `sync_file_range`, which promises nothing.
    SyncRange,
    /// The workload said yes to somebody; these are the bytes it wrote, complete lines.
    Acknowledge { lines: String },
    /// Something that this simulation can't replay.
    Unsupported { what: String },
}

/// A directory that a workload works in, a record of what it does, and the recorder.
pub struct Recording {
    folder: tempfile::TempDir,
    deaf: Option<String>,
}

impl Recording {
    /// An empty directory, or `None` with one line when this machine has no C compiler.
    pub fn new(test: &str) -> Option<Self> {
        tools::have(test, &["cc"]).then(|| Self { folder: tempfile::tempdir().unwrap(), deaf: None })
    }

    /// From now on, syncs of files whose name begins like this don't happen: a test that proves durability must notice.
    pub fn deaf_to(mut self, name: &str) -> Self {
        self.deaf = Some(name.to_owned());
        self
    }

    /// The directory that is recorded.
    pub fn directory(&self) -> PathBuf {
        self.folder.path().canonicalize().unwrap().join("disk")
    }

    /// Runs the test `workload` of this binary with these variables, recorded from the directory's present state on.
    pub fn run(&self, workload: &str, variables: &[(&str, String)]) -> (ExitStatus, Vec<Event>) {
        let record = self.folder.path().join("record");
        let _ = fs::remove_file(&record);
        fs::create_dir_all(self.directory()).unwrap();
        let mut child = Command::new(std::env::current_exe().unwrap());
        child.args(["--exact", workload, "--nocapture", "--test-threads=1"]);
        child.env("LD_PRELOAD", recorder()).env(DIRECTORY, self.directory());
        child.env("SCEAU_RECORD_FILE", &record).env(ACKS, self.folder.path().canonicalize().unwrap().join("acks"));
        child.envs(self.deaf.iter().map(|name| ("SCEAU_RECORD_DEAF", name)));
        child.envs(variables.iter().map(|(name, value)| (*name, value)));
        let output = child.stdin(Stdio::null()).output().unwrap();
        let told = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        assert!(told.contains("1 passed") || !output.status.success(), "{workload} is no test of this binary:\n{told}");
        if !output.status.success() {
            eprintln!("{workload}: {}\n{told}", output.status);
        }
        (output.status, parse(&fs::read(&record).unwrap()))
    }
}

/// The compiled recorder, made once for all tests of this process.
fn recorder() -> &'static Path {
    static LIBRARY: OnceLock<(tempfile::TempDir, PathBuf)> = OnceLock::new();
    let (_, library) = LIBRARY.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let library = folder.path().join("recorder.so");
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/powerloss/recorder.c");
        let mut cc = Command::new("cc");
        cc.args(["-shared", "-fPIC", "-O2", "-Wall", "-o"]).arg(&library).arg(source).args(["-ldl", "-lpthread"]);
        let (compiled, told) = tools::run(&mut cc, "");
        assert!(compiled, "{told}");
        (folder, library)
    });
    library
}

/// The length of an event's fixed part: operation, node, place, length of what follows.
const HEADER: usize = 24;

/// The events of a record; one that was cut off at its end is left out.
fn parse(mut record: &[u8]) -> Vec<Event> {
    let mut events = Vec::new();
    while let Some((header, rest)) = record.split_at_checked(HEADER) {
        let word = |range: std::ops::Range<usize>| u32::from_ne_bytes(header[range].try_into().unwrap());
        let long = |range: std::ops::Range<usize>| u64::from_ne_bytes(header[range].try_into().unwrap());
        let Some((payload, rest)) = rest.split_at_checked(usize::try_from(long(16..24)).unwrap()) else { break };
        events.push(event(word(0..4), word(4..8), long(8..16), payload));
        record = rest;
    }
    events
}

/// One event, by the numbers of `enum op` in recorder.c.
fn event(op: u32, node: Node, at: u64, payload: &[u8]) -> Event {
    let text = || String::from_utf8(payload.to_vec()).unwrap();
    let path = || PathBuf::from(text());
    match op {
        1 => Event::Known { node, path: path() },
        2 => Event::Create { node, path: path() },
        3 => Event::Write { node, at, data: payload.to_vec() },
        4 => Event::Truncate { node, size: at },
        5 => Event::SyncBegin { node, ticket: at },
        6 => Event::SyncEnd { node, ticket: at },
        7 => {
            let both = text();
            let (from, to) = both.split_once('\n').unwrap();
            Event::Rename { from: from.into(), to: to.into() }
        }
        8 => Event::Unlink { path: path() },
        9 => Event::MakeDirectory { node, path: path() },
        10 => Event::Acknowledge { lines: text() },
        11 => Event::SyncRange,
        12 => Event::Unsupported { what: text() },
        13 => {
            let both = text();
            let (from, to) = both.split_once('\n').unwrap();
            Event::Link { from: from.into(), to: to.into() }
        }
        other => panic!("operation {other} in the record"),
    }
}
