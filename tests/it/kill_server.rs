//! `kill -9` of the whole server while another operator delivers over mutual TLS: whatever it said yes to is in a
//! mailbox afterwards, once or more, and nothing is there in part.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use sceau::cli::load::{Connection, Target};
use sceau::server::edge::system;
use sceau::store::Store;
use tokio::task::JoinSet;

use crate::operator::{Operator, SENDER, addresses};
use crate::tools::trials;

/// `SCEAU_TRIALS` makes them others.
const KILLS: u64 = 100;
/// How many times as many kills there are before a machine that is too slow for so many deliveries is told so.
const KILLS_FACTOR: u64 = 4;
/// Deliveries without which the kills have shown little.
const DELIVERIES: usize = 1000;
/// Kills until the data begin anew, which also kills the beginning, and keeps the looking short.
const KILLS_PER_DATA: u64 = 20;
const CONNECTIONS: u64 = 6;
const ACCOUNTS: usize = 4;

type Told = Arc<Mutex<Vec<u64>>>;

#[test]
fn a_hundred_kills_of_the_server_lose_nothing() {
    // [rfc5321#6.1]
    let folder = tempfile::tempdir().unwrap();
    let operator = Operator::prepare(folder.path());
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let (target, told, mut total) = (operator.target(), Told::default(), 0);
    // a busy machine starts more slowly, and has less time to deliver before each kill
    let kills = trials(KILLS);
    let enough = |kill, total| kill >= kills && total > DELIVERIES;
    let mut kill = 0;
    while kill < KILLS_FACTOR * kills && !enough(kill, total + told.lock().unwrap().len()) {
        if kill % KILLS_PER_DATA == 0 {
            operator.begin(ACCOUNTS);
            total += std::mem::take(&mut *told.lock().unwrap()).len();
        }
        let server = operator.serve();
        let [a, b] = system().bytes();
        let span = Duration::from_millis(u64::from(u16::from_be_bytes([a, b])) % 400);
        runtime.block_on(async {
            let mut senders = JoinSet::new();
            for sender in 0..CONNECTIONS {
                senders.spawn(deliver(target.clone(), (kill * CONNECTIONS + sender) << 32, Arc::clone(&told)));
            }
            tokio::time::sleep(span).await;
            drop(server);
            // The kill breaks their connections; what has been answered by now counts.
            senders.join_all().await;
        });
        look(&operator, &told.lock().unwrap()).unwrap_or_else(|what| panic!("kill {kill}: {what}"));
        kill += 1;
    }
    total += told.lock().unwrap().len();
    eprintln!("{total} deliveries were acknowledged between {kill} kills");
    assert!(total > DELIVERIES, "only {total} deliveries were acknowledged");
}

/// Delivers until the connection breaks.
async fn deliver(target: Target, first: u64, told: Told) {
    let Ok(mut connection) = Connection::open(&target).await else { return };
    let to = addresses(ACCOUNTS);
    for number in first.. {
        let text = text(number);
        let recipient = &to[usize::try_from(number).unwrap() % ACCOUNTS];
        match connection.deliver(SENDER, recipient, &[&text]).await {
            Ok(_) => told.lock().unwrap().push(number),
            Err(_) => return,
        }
    }
}

/// The message of a number: mostly letters, some documents, a few of several extents.
fn text(number: u64) -> Vec<u8> {
    let size = match number % 50 {
        7 => 1_500_000,
        1 | 21 | 41 => 90_000,
        _ => 500 + number % 5_000,
    };
    let line = format!("{number:070}\r\n");
    let body = line.repeat(usize::try_from(size).unwrap() / line.len() + 1);
    format!("Subject: {number}\r\nMessage-ID: <{number}@{SENDER}>\r\n\r\n{body}").into_bytes()
}

/// Everything fits together, every message is whole, and every acknowledged one is among them.
fn look(operator: &Operator, told: &[u64]) -> Result<(), String> {
    let store = operator.store()?;
    let report = store.check_blocking().map_err(|fault| format!("{fault:?}"))?;
    if !report.is_clean() {
        return Err(format!("{:?}", report.findings));
    }
    let found = found(&store)?;
    store.close();
    match told.iter().find(|number| !found.contains(number)) {
        Some(lost) => Err(format!("message {lost} was acknowledged and is lost")),
        None => Ok(()),
    }
}

fn found(store: &Store) -> Result<HashSet<u64>, String> {
    let mut found = HashSet::new();
    for entry in store.entries() {
        let account = store.account(entry.id).map_err(|fault| format!("{fault:?}"))?;
        for mailbox in account.mailboxes().map_err(|fault| format!("{fault:?}"))? {
            for record in account.index(mailbox.id).map_err(|fault| format!("{fault:?}"))?.snapshot().0 {
                let body = account.search_text(mailbox.id, record.uid).map_err(|fault| format!("{fault:?}"))?;
                let bytes = body.read(body.prefix_len()..u64::MAX).map_err(|fault| format!("{fault:?}"))?;
                let number = bytes.strip_prefix(b"Subject: ").and_then(|rest| rest.split(|b| *b == b'\r').next());
                let number = number.and_then(|digits| std::str::from_utf8(digits).ok()?.parse().ok());
                match number {
                    Some(number) if bytes == text(number) => drop(found.insert(number)),
                    _ => return Err(format!("UID {} of account {} is there in part", record.uid, entry.id)),
                }
            }
        }
    }
    Ok(found)
}
