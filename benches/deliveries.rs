//! Deliveries per second: messages from another operator over SMTP, STARTTLS and mutual TLS, counted when they are
//! durable in a mailbox and acknowledged. `cargo bench --bench deliveries` starts its own server and prints a table.
//!
//! `-- --seconds N` bounds each row (5 by default); `-- --prepare DIRECTORY` makes an operator with its accounts there
//! and leaves, for `benches/compare/run`.

#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, reason = "a benchmark may fail by panicking")]
#![allow(unreachable_pub, dead_code, reason = "shared with the tests")]

#[path = "../tests/it/operator.rs"]
mod operator;

use std::path::Path;
use std::time::Duration;

use operator::{Operator, SENDER, addresses};
use sceau::cli::load::{HEADING, Job, Kind, run};

const ACCOUNTS: usize = 20;
const CONNECTIONS: [usize; 3] = [1, 16, 128];
/// Octets of a message, and how many messages a row has at most.
const SIZES: [(usize, u64); 3] = [(4 << 10, 50_000), (75_000, 10_000), (1 << 20, 1_000)];

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let value = |name: &str| arguments.iter().position(|a| a == name).and_then(|at| arguments.get(at + 1));
    if let Some(directory) = value("--prepare") {
        std::fs::create_dir_all(directory).unwrap();
        let operator = Operator::prepare(Path::new(directory));
        operator.begin(ACCOUNTS);
        println!("{}", operator.address());
        return;
    }
    let seconds = value("--seconds").map_or(5, |seconds| seconds.parse().unwrap());
    table(Duration::from_secs(seconds));
}

fn table(at_most: Duration) {
    let folder = tempfile::tempdir().unwrap();
    let operator = Operator::prepare(folder.path());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    println!("{HEADING}");
    for (size, messages) in SIZES {
        for connections in CONNECTIONS {
            operator.begin(ACCOUNTS);
            let server = operator.serve();
            let job = Job {
                target: operator.target(),
                from: SENDER.to_owned(),
                to: addresses(ACCOUNTS),
                connections,
                messages,
                size,
                kind: Kind::Documents,
                at_most,
                pids: vec![server.0.id()],
            };
            let report = runtime.block_on(run(job)).unwrap();
            drop(server);
            println!("{}", report.row());
            assert_eq!(report.failed, None);
            assert_eq!(messages_in(&operator), report.acknowledged, "what was acknowledged is in the mailboxes");
        }
    }
}

/// Messages in all mailboxes, read from the data of a server that was killed.
fn messages_in(operator: &Operator) -> u64 {
    let store = operator.store().unwrap();
    let messages = store.entries().iter().map(|entry| store.account(entry.id).unwrap().usage().unwrap().messages).sum();
    store.close();
    messages
}
