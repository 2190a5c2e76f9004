//! Incidents: each is provoked as it happens in a server's life, and stands in the log afterwards, once.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use sceau::cli::load::Connection;
use sceau::flows::{Incident, record_incident};
use sceau::mail::EnvelopeId;
use sceau::seal::event::Plain;
use tempfile::TempDir;

use crate::operator::{Operator, SENDER, addresses, open};
use crate::tools::{have, run};

const OPERATOR: EnvelopeId = EnvelopeId([0; 16]);

struct Life {
    folder: TempDir,
    operator: Operator,
}

impl Life {
    /// An operator whose log has some leaves.
    fn begin() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let operator = Operator::prepare(folder.path());
        operator.begin(1);
        let life = Self { folder, operator };
        life.record(Incident::RefusalsUnrecorded);
        life
    }

    fn data(&self) -> std::path::PathBuf {
        self.folder.path().join("data")
    }

    /// Something happens, and stands in the log.
    fn record(&self, incident: Incident) {
        let data = open(&self.operator.config()).unwrap();
        data.store.write_blocking(move |tx| record_incident(tx, incident).map(drop)).unwrap();
        data.close();
    }

    /// A server starts, and stops in good order.
    fn serve(&self) {
        let mut server = self.operator.serve();
        stop(&mut server.0);
    }

    /// How often an incident stands in the log.
    fn told(&self, incident: Incident) -> usize {
        let data = open(&self.operator.config()).unwrap();
        let events = data.store.events_of(OPERATOR).unwrap();
        let told = events.iter().filter(|event| event.leaf.plain(Plain::Code) == Some(incident.code()));
        let told = told.inspect(|event| {
            let index = event.log_index.expect("it is in the log");
            assert_eq!(data.recorder.ledger().log().leaf(index).unwrap(), event.leaf);
        });
        let told = told.count();
        data.close();
        told
    }
}

fn stop(server: &mut std::process::Child) {
    assert!(Command::new("kill").args(["-TERM", &server.id().to_string()]).status().unwrap().success());
    assert!(server.wait().unwrap().success());
}

/// Two starts after the accident: the first records it, the second has nothing to say.
fn stands_once(life: &Life, incident: Incident) {
    assert_eq!(life.told(incident), 0);
    life.serve();
    assert_eq!(life.told(incident), 1, "{incident:?}");
    life.serve();
    assert_eq!(life.told(incident), 1, "{incident:?}");
}

fn append(file: &Path, bytes: &[u8]) {
    let old = fs::read(file).unwrap();
    fs::write(file, [&old, bytes].concat()).unwrap();
}

/// The folder of the only shard.
fn shard(life: &Life) -> std::path::PathBuf {
    let mut shards = fs::read_dir(life.data().join("ledger")).unwrap().map(|entry| entry.unwrap().path());
    let shard = shards.next().unwrap();
    assert!(shards.next().is_none());
    shard
}

// [proofs#events] [proofs#recovery]
#[test]
fn a_torn_entry_of_the_log_is_told() {
    let life = Life::begin();
    append(&shard(&life).join("entries"), b"\x00\xc8sceau-event/v1 inc");
    stands_once(&life, Incident::LedgerRecovered);
}

// [proofs#events]
#[test]
fn rows_that_a_kill_left_in_a_bad_state_are_told() {
    let life = Life::begin();
    let rows = life.data().join("store/rows");
    let snapshot = fs::read_dir(&rows).unwrap().map(|entry| entry.unwrap().path());
    let snapshot = snapshot.filter(|path| path.file_name().unwrap().as_encoded_bytes().starts_with(b"snap.")).max();
    let snapshot = snapshot.expect("the engine left a snapshot");
    // What a kill leaves between the writing of a snapshot and its name.
    fs::rename(&snapshot, format!("{}.generating", snapshot.display())).unwrap();
    stands_once(&life, Incident::StoreRecovered);
}

// [proofs#events]
#[test]
fn data_from_a_backup_are_told() {
    if !have("data from a backup", &["cp", "kill"]) {
        return;
    }
    let life = Life::begin();
    let (data, backup) = (life.data(), life.folder.path().join("backup"));
    let copied = Command::new("cp").args(["-r", data.to_str().unwrap(), backup.to_str().unwrap()]).status();
    assert!(copied.unwrap().success());
    // A backup has no vault: docs/erasure.md.
    fs::remove_dir_all(backup.join("vault")).unwrap();
    life.record(Incident::RefusalsUnrecorded);
    fs::rename(data.join("vault"), backup.join("vault")).unwrap();
    fs::remove_dir_all(&data).unwrap();
    fs::rename(&backup, &data).unwrap();
    // A command that opens the data finds it, and the next server records it.
    assert_eq!(life.told(Incident::RefusalsUnrecorded), 1);
    stands_once(&life, Incident::Restored);
    life.record(Incident::RefusalsUnrecorded);
    life.serve();
    assert_eq!(life.told(Incident::Restored), 1, "what was recorded since is not missed");
}

/// Messages of other operators, over the wire.
fn deliver(life: &Life, subjects: &[&str]) {
    let mut server = life.operator.serve();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let mut connection = Connection::open(&life.operator.target()).await.unwrap();
        for subject in subjects {
            let text = format!("Subject: {subject}\r\n\r\n{}", "x\r\n".repeat(50_000));
            connection.deliver(SENDER, &addresses(1)[0], &[text.as_bytes()]).await.unwrap();
        }
    });
    stop(&mut server.0);
}

/// The subjects of the messages in a folder of the only account.
fn subjects(life: &Life, folder: &str) -> Vec<String> {
    let data = open(&life.operator.config()).unwrap();
    let account = data.store.account(data.store.entries()[0].id).unwrap();
    let mut subjects = Vec::new();
    if let Some(mailbox) = account.mailbox_by_name(folder).unwrap() {
        for record in account.index(mailbox.id).unwrap().snapshot().0 {
            let body = account.search_text(mailbox.id, record.uid).unwrap();
            let text = String::from_utf8(body.read(body.prefix_len()..u64::MAX).unwrap()).unwrap();
            assert!(text.ends_with("x\r\n") && text.len() > 150_000);
            subjects.push(text.lines().next().unwrap().to_owned());
        }
    }
    data.close();
    subjects
}

fn expunge_first(life: &Life) {
    let data = open(&life.operator.config()).unwrap();
    let account = data.store.entries()[0].id;
    let inbox = data.store.account(account).unwrap().mailbox_by_name("INBOX").unwrap().unwrap().id;
    let uid = data.store.account(account).unwrap().index(inbox).unwrap().snapshot().0[0].uid;
    data.store.write_blocking(move |tx| tx.expunge(account, inbox, uid)).unwrap();
    data.close();
}

fn sceau(life: &Life, arguments: &[&str]) -> (bool, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sceau"));
    run(command.args(arguments).arg("--config").arg(life.operator.config()), "")
}

// [proofs#events]
#[test]
fn messages_whose_rows_are_lost_come_back_and_that_is_told() {
    if !have("salvage", &["cp", "kill"]) {
        return;
    }
    let life = Life::begin();
    deliver(&life, &["un"]);
    let (rows, old) = (life.data().join("store/rows"), life.folder.path().join("rows"));
    let copied = Command::new("cp").args(["-r", rows.to_str().unwrap(), old.to_str().unwrap()]).status();
    assert!(copied.unwrap().success());
    deliver(&life, &["deux", "trois"]);
    expunge_first(&life);
    assert_eq!(subjects(&life, "INBOX"), ["Subject: deux", "Subject: trois"]);
    // The rows of yesterday, the bodies of today.
    fs::remove_dir_all(&rows).unwrap();
    fs::rename(&old, &rows).unwrap();
    let server = life.operator.serve();
    let (done, said) = sceau(&life, &["store", "salvage"]);
    assert!(!done && said.contains("l'arrêter d'abord"), "{said}");
    drop(server);
    let (done, said) = sceau(&life, &["store", "salvage"]);
    assert!(done && said.contains("2 messages remis"), "{said}");
    assert_eq!(subjects(&life, "Récupérés"), ["Subject: deux", "Subject: trois"]);
    let (done, said) = sceau(&life, &["store", "salvage"]);
    assert!(done && said.contains("0 messages remis"), "twice is once: {said}");
    assert_eq!((life.told(Incident::Salvage), life.told(Incident::Restored)), (1, 1));
    life.serve();
    assert_eq!((life.told(Incident::Salvage), life.told(Incident::Restored)), (1, 1));
    let (_, said) = sceau(&life, &["store", "check"]);
    assert!(said.contains("tout concorde"), "{said}");
}

// [proofs#events]
#[test]
fn a_disk_that_takes_no_more_rows_is_told_at_the_next_start() {
    if !have("a full disk", &["bash", "kill"]) {
        return;
    }
    let life = Life::begin();
    let operator = &life.operator;
    let rows = fs::metadata(life.data().join("store/rows/db")).unwrap().len();
    // No file of this server may grow beyond this: what a disk says when it is full, for rows alone.
    let limit = rows / 1024 + 512;
    let serve = format!("trap '' XFSZ; ulimit -f {limit}; exec \"$0\" serve --config \"$1\"");
    let mut server = Command::new("bash");
    server.args(["-c", &serve, env!("CARGO_BIN_EXE_sceau")]).arg(operator.config());
    let mut server = server.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let refused = runtime.block_on(async {
        let target = operator.target();
        let until = Instant::now() + Duration::from_secs(60);
        let mut connection = loop {
            match Connection::open(&target).await {
                Ok(connection) => break connection,
                Err(error) => assert!(Instant::now() < until, "{error}"),
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        };
        let text = format!("Subject: s\r\n\r\n{}", "x\r\n".repeat(300));
        for _ in 0..20_000 {
            if let Err(error) = connection.deliver(SENDER, &addresses(1)[0], &[text.as_bytes()]).await {
                return error.to_string();
            }
        }
        panic!("the rows never filled their room");
    });
    assert!(refused.contains("45"), "temporary: {refused}");
    let noted = life.data().join("incidents");
    let until = Instant::now() + Duration::from_secs(60);
    while !fs::read_to_string(&noted).is_ok_and(|text| text.contains("store-read-only\n")) {
        assert!(Instant::now() < until, "nothing was noted");
        std::thread::sleep(Duration::from_millis(100));
    }
    let _ = run(Command::new("kill").args(["-KILL", &server.id().to_string()]), "");
    let _ = server.wait();
    stands_once(&life, Incident::StoreReadOnly);
}
