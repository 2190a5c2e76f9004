//! `sceau load` as its user runs it, against a server of ours: every operation is measured and none is only said to be.

use std::fs;
use std::net::TcpListener;
use std::process::{Command, Stdio};

use sceau::cli::load::imap::Operation;
use sceau::cli::load::{Kind, Letters};
use sceau::flows::hash_password;
use sceau::mail::Address;
use serde_json::Value;

use crate::operator::{HOST, Operator, SENDER, Serving, addresses};

const PASSWORD: &str = "une phrase assez longue";
const LETTERS: usize = 120;

/// A server with one account that has a password, and where IMAP listens.
struct Bench {
    operator: Operator,
    imap: String,
    server: Serving,
    _folder: tempfile::TempDir,
}

impl Bench {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let operator = Operator::prepare(folder.path());
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let imap = format!("127.0.0.1:{port}");
        let text = fs::read_to_string(operator.config()).unwrap();
        let (head, tail) = text.split_once("[imap]\nlisten = []\nlisten_tls = []").unwrap();
        fs::write(
            operator.config(),
            format!("{head}[imap]\nlisten = []\nlisten_tls = [\"{imap}\"]\nconnections_per_address = 1000{tail}"),
        )
        .unwrap();
        operator.begin(1);
        give_a_password(&operator);
        let server = operator.serve();
        Self { operator, imap, server, _folder: folder }
    }

    fn load(&self, protocol: &str, words: &[&str]) -> Result<Vec<Value>, String> {
        let mut load = Command::new(env!("CARGO_BIN_EXE_sceau"));
        load.args(["load", protocol, "--json", "--name", HOST, "--ca"]).arg(self.operator.authorities());
        load.arg("--pid").arg(self.server.0.id().to_string());
        match protocol {
            "imap" => {
                if !words.contains(&"--user") {
                    load.args(["--user", &addresses(1)[0]]);
                }
                load.args(["--connect", &self.imap]).env("SCEAU_LOAD_PASSWORD", PASSWORD)
            }
            _ => {
                let (certificate, key) = self.operator.identity("peer");
                load.args(["--connect", &self.operator.address(), "--from", SENDER, "--to", &addresses(1)[0]]);
                load.arg("--cert").arg(certificate).arg("--key").arg(key)
            }
        };
        let ended = load.args(words).stdin(Stdio::null()).output().unwrap();
        if !ended.status.success() {
            return Err(String::from_utf8_lossy(&ended.stderr).into_owned());
        }
        Ok(String::from_utf8(ended.stdout).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect())
    }
}

fn give_a_password(operator: &Operator) {
    let store = operator.store().unwrap();
    let id = store.find(&Address::parse(&addresses(1)[0]).unwrap()).unwrap().id;
    let hash = hash_password(PASSWORD).unwrap();
    store.write_blocking(move |tx| tx.set_password(id, hash, None)).unwrap();
    store.close();
}

fn operation(row: &Value) -> &str {
    row["operation"].as_str().unwrap()
}

#[test]
fn every_operation_of_mail_clients_is_measured() {
    let bench = Bench::new();
    // some letters come from another operator, the others by APPEND
    let sent = bench.load("smtp", &["--letters", "--messages", "100", "--connections", "4"]).unwrap();
    assert_eq!(sent[0]["acknowledged"], 100);
    let rows = bench
        .load(
            "imap",
            &[
                "--messages",
                &LETTERS.to_string(),
                "--seconds",
                "0",
                "--idlers",
                "5",
                "--sleepers",
                "20",
                "--flood",
                "200",
            ],
        )
        .unwrap();
    let names: Vec<&str> = rows.iter().map(operation).collect();
    let all = <Operation as clap::ValueEnum>::value_variants().iter().map(|operation| operation.name());
    assert_eq!(names, all.chain(["sleep", "idle", "flood"]).collect::<Vec<_>>());
    for row in &rows {
        assert!(row["times"].as_u64().unwrap() > 0 && row["median_ms"].as_f64().unwrap() >= 0.0, "{row}");
    }
    let octets = |name: &str| rows.iter().find(|row| operation(row) == name).unwrap()["octets"].as_f64().unwrap();
    assert!(octets("flags") > 120.0 * 20.0, "the flags of all are told");
    assert!(octets("body") > 3500.0 && octets("bodies-again") > 100.0 * 3500.0, "whole messages come");
    assert!(octets("search-text") < 200.0 && octets("sort") > 120.0 * 2.0);
    let slept = rows.iter().find(|row| operation(row) == "sleep").unwrap();
    assert_eq!(slept["times"], 20);
    assert!(slept["kib_per_connection"].as_f64().is_some());
    // what was appended is there, and what was moved is not where it was
    let again = bench.load("imap", &["--folder", "Charge-flot", "--messages", "200", "--operations", "flags"]).unwrap();
    assert_eq!((again.len(), operation(&again[0])), (1, "flags"));
    assert!(again[0]["octets"].as_f64().unwrap() > 200.0 * 20.0, "{again:?}");
}

#[test]
fn a_load_that_fails_says_why() {
    let bench = Bench::new();
    let wrong = bench.load("imap", &["--user", "nobody@charge.mssante.fr", "--operations", "login"]);
    assert!(wrong.unwrap_err().contains("NO"), "the server's answer is told");
    let idle = bench.load("smtp", &["--idle", "10"]).unwrap();
    assert_eq!((idle[0]["times"].as_u64(), operation(&idle[0])), (Some(10), "connect"));
    assert!(idle[0]["kib_per_connection"].as_f64().is_some());
}

#[test]
fn letters_are_the_same_for_the_same_run() {
    assert_eq!(Kind::default(), Kind::Documents);
    assert_eq!(Letters::new(4096, 3).letter(17, "a@b.fr"), Letters::new(4096, 3).letter(17, "a@b.fr"));
}
