//! Thunderbird, headless: it receives, shows and marks as read, and the proof says so.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use super::demo::{Demo, Operator};
use crate::tools::{have, run};

#[test]
fn thunderbird_reads_and_its_seen_is_a_declared_opening() {
    // [proofs#when-is-it-open]
    if !have("thunderbird_reads_and_its_seen_is_a_declared_opening", &["thunderbird", "python3", "swaks"]) {
        return;
    }
    let demo = Demo::start();
    let a = demo.operator(0);
    let subject = "Compte rendu pour Thunderbird";
    let envelope = deliver(&demo, &a, subject);
    let (host, port) = a.service("imaps");
    let (user, password) = a.user(0);
    let mut thunderbird = Command::new("python3")
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/programs/thunderbird.py"))
        .args(["--host", host, "--port", port, "--user", user, "--ca", a.text("ca"), "--subject", subject])
        .arg("--profile")
        .arg(demo.path("profile"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = thunderbird.stdin.take().unwrap();
    writeln!(stdin, "{password}").unwrap();
    let mut line = String::new();
    BufReader::new(thunderbird.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert!(line.contains("\"read\": true"), "Thunderbird showed and marked it: {line}");
    let shown = wait_for_opening(&a, &envelope);
    drop(stdin);
    assert!(thunderbird.wait().unwrap().success());
    assert!(shown.contains("imap-seen") && shown.contains("declared"), "{shown}");
}

/// Hands a message in as the other operator; gives the envelope id of the reply.
fn deliver(demo: &Demo, a: &Operator<'_>, subject: &str) -> String {
    let (host, port) = a.service("smtp");
    let (cert, key) = a.peer();
    let mut swaks = Command::new("swaks");
    swaks.args(["--server", host, "--port", port, "-tls", "--from", demo.operator(1).user(0).0, "--to", a.user(0).0]);
    swaks.args(["--h-Subject", subject, "--body", "Bonjour, voici le compte rendu."]);
    swaks.arg("--tls-cert").arg(cert).arg("--tls-key").arg(key);
    let (ok, told) = run(&mut swaks, "");
    assert!(ok, "{told}");
    let mut replies = told.lines().filter_map(|line| line.split_once("250 2.0.0 "));
    let (_, reply) = replies.next_back().unwrap_or_else(|| panic!("no envelope id in {told}"));
    reply.split_whitespace().next().unwrap().to_owned()
}

/// The exported proof of the envelope's opening. Thunderbird stores \Seen a moment after it shows the message, so
/// this asks until it is there, for a minute at most.
fn wait_for_opening(a: &Operator<'_>, envelope: &str) -> String {
    let started = sceau::server::edge::Stopwatch::start();
    loop {
        let mut show = Command::new(env!("CARGO_BIN_EXE_sceau"));
        show.args(["trace", "--config", a.text("config"), "--envelope", envelope, "--json"]);
        let (ok, told) = run(&mut show, "");
        assert!(ok, "{told}");
        if told.contains("\"open\"") || started.elapsed().as_secs() > 60 {
            return told;
        }
        std::thread::sleep(std::time::Duration::from_millis(200));
    }
}
