//! `kill -9` at random moments: whatever was told is there afterwards, and nothing in part.

use std::fs;
use std::io::Write as _;
use std::os::unix::process::ExitStatusExt as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use sceau::server::edge::system;

use crate::store_life;
use crate::tools::trials;

const DIRECTORY: &str = "SCEAU_KILL_DIR";
const WORKLOAD: &str = "kill::workload";
/// `SCEAU_TRIALS` makes them others.
const KILLS: u64 = 100;

/// Lives until it is killed.
#[test]
fn workload() {
    let Ok(directory) = std::env::var(DIRECTORY) else { return };
    let directory = PathBuf::from(directory);
    let told = fs::File::options().create(true).append(true).open(directory.join("told")).unwrap();
    store_life::live(
        &directory.join("disk"),
        u64::MAX,
        &(Arc::new(move |line: String| {
            // One write: a kill tears no line.
            (&told).write_all(format!("{line}\n").as_bytes()).unwrap();
        }) as Arc<store_life::Tell>),
    );
}

#[test]
fn a_hundred_kills_lose_nothing() {
    let mut deeds = 0;
    let mut folder = tempfile::tempdir().unwrap();
    for kill in 0..trials(KILLS) {
        // The store grows with each life; a new one now and then also kills its beginning.
        if kill % 10 == 0 {
            folder = tempfile::tempdir().unwrap();
            fs::create_dir(folder.path().join("disk")).unwrap();
            fs::write(folder.path().join("told"), "").unwrap();
        }
        let mut child = Command::new(std::env::current_exe().unwrap());
        child.args(["--exact", WORKLOAD, "--nocapture", "--test-threads=1"]).env(DIRECTORY, folder.path());
        let mut child = child.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let [a, b] = system().bytes();
        std::thread::sleep(Duration::from_millis(u64::from(u16::from_be_bytes([a, b])) % 400));
        child.kill().unwrap();
        assert_eq!(child.wait().unwrap().signal(), Some(9), "it lived until it was killed");
        let told = fs::read_to_string(folder.path().join("told")).unwrap();
        let life = store_life::look(&folder.path().join("disk"), told.lines());
        let life = life.unwrap_or_else(|what| panic!("kill {kill}: {what}"));
        life.store.close();
        deeds += told.lines().count();
    }
    assert!(deeds > 1000, "only {deeds} deeds were told");
}
