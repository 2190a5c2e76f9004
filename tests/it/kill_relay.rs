//! `kill -9` of the whole server while it hands accepted messages to another operator over mutual TLS: every one of them
//! arrives, whole, once or more, and every one is proved to have been relayed.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use sceau::cli::load::Sink;
use sceau::server::edge::system;

use crate::operator::Operator;
use crate::outgoing::Sender;

const KILLS: u64 = 25;
const MESSAGES_PER_KILL: u64 = 60;
const ACCOUNTS: usize = 4;
/// For what is left after the last kill: retries of what a kill interrupted are due at once after a start.
const DEADLINE: Duration = Duration::from_secs(240);

/// How often each number arrived.
type Arrived = Arc<Mutex<HashMap<u64, u32>>>;

#[test]
fn kills_of_the_sender_lose_no_message_and_no_proof() {
    // [rfc5321#6.1]
    let folder = tempfile::tempdir().unwrap();
    let operator = Operator::prepare(folder.path());
    operator.begin(ACCOUNTS);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let arrived = Arrived::default();
    let sink = runtime.block_on(sink(&operator, &arrived));
    operator.route_to(sink);
    let mut envelopes = Vec::new();
    for kill in 0..KILLS {
        let sender = Sender::open(&operator);
        let numbers = kill * MESSAGES_PER_KILL..(kill + 1) * MESSAGES_PER_KILL;
        envelopes.extend(runtime.block_on(sender.submit(numbers.map(text), ACCOUNTS)));
        sender.close();
        let server = operator.serve();
        let [a, b] = system().bytes();
        std::thread::sleep(Duration::from_millis(u64::from(u16::from_be_bytes([a, b])) % 300));
        drop(server);
    }
    finish(&operator, &arrived);
    let again: u32 = arrived.lock().unwrap().values().map(|times| times - 1).sum();
    eprintln!("{} messages arrived, {again} of them once more", arrived.lock().unwrap().len());
    let sender = Sender::open(&operator);
    assert!(sender.store().check_blocking().unwrap().is_clean());
    for envelope in envelopes {
        let events = sender.store().events_of(envelope).unwrap();
        let kinds: Vec<_> = events.iter().map(|event| event.leaf.kind().word()).collect();
        assert_eq!(kinds, ["seal", "relay-out"], "{envelope}");
    }
    sender.close();
}

/// Lets the server run until nothing is missing and nothing waits.
fn finish(operator: &Operator, arrived: &Arrived) {
    let server = operator.serve();
    let begun = std::time::Instant::now();
    while arrived.lock().unwrap().len() < usize::try_from(KILLS * MESSAGES_PER_KILL).unwrap() || waits(operator) {
        let count = arrived.lock().unwrap().len();
        assert!(begun.elapsed() < DEADLINE, "only {count} messages arrived");
        std::thread::sleep(Duration::from_millis(200));
    }
    drop(server);
}

/// Whether the queue has anything, by the command that says so.
fn waits(operator: &Operator) -> bool {
    let mut list = std::process::Command::new(env!("CARGO_BIN_EXE_sceau"));
    let output = list.args(["queue", "list", "--json", "--config"]).arg(operator.config()).output().unwrap();
    let list: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    list["recipients"] != 0
}

/// A peer that notes what arrives, and fails the test when a message is not whole.
async fn sink(operator: &Operator, arrived: &Arrived) -> u16 {
    let (certificate, key) = operator.identity("peer");
    let sink = Sink::open("127.0.0.1:0", &operator.authorities(), &certificate, &key).await.unwrap();
    let port = sink.address().unwrap().port();
    let noted = Arc::clone(arrived);
    let sink = sink.heard_by(move |content| {
        let number = number(content).unwrap_or_else(|| panic!("no number in {} octets", content.len()));
        assert!(content.ends_with(&text(number)), "message {number} is not whole");
        *noted.lock().unwrap().entry(number).or_default() += 1;
    });
    tokio::spawn(async move { sink.run(u64::MAX, Duration::from_secs(3600), || {}).await });
    port
}

fn number(content: &[u8]) -> Option<u64> {
    let text = String::from_utf8_lossy(content);
    text.split("\r\nSubject: ").nth(1)?.split("\r\n").next()?.parse().ok()
}

/// The message of a number: mostly letters, some larger than what leaves with its envelope.
fn text(number: u64) -> Vec<u8> {
    let size = if number % 10 == 3 { 90_000 } else { 500 + number % 5_000 };
    let line = format!("{number:070}\r\n");
    let body = line.repeat(usize::try_from(size).unwrap() / line.len() + 1);
    format!("Subject: {number}\r\nMessage-ID: <{number}@test.invalid>\r\nDate: Sun, 22 Nov 2026 10:00:00 +0000\r\n\r\n{body}")
        .into_bytes()
}
