//! Messages relayed per second and their CPU: a queue that is full, another operator that swallows (STARTTLS, client
//! certificate), durable outcomes and their proofs. `cargo bench --bench outbound` prints a table.
//!
//! `-- --messages N` is the length of a row; `-- --prepare DIRECTORY --messages N --size S --sink PORT` fills a queue
//! there and leaves, for `benches/compare/outbound`.

#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, reason = "a benchmark may fail by panicking")]
#![allow(unreachable_pub, dead_code, reason = "shared with the tests")]

#[path = "../tests/it/operator.rs"]
mod operator;
#[path = "../tests/it/outgoing.rs"]
mod outgoing;

use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use operator::Operator;
use outgoing::Sender;
use sceau::cli::load::{Content, Sink, spent};
use tokio::runtime::Runtime;

const ACCOUNTS: usize = 20;
const SIZES: [usize; 3] = [4 << 10, 75_000, 1 << 20];

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let value = |name: &str| arguments.iter().position(|a| a == name).and_then(|at| arguments.get(at + 1));
    let messages = value("--messages").map_or(2000, |messages| messages.parse().unwrap());
    let runtime = Runtime::new().unwrap();
    if let Some(directory) = value("--prepare") {
        std::fs::create_dir_all(directory).unwrap();
        let operator = Operator::prepare(Path::new(directory));
        operator.begin(ACCOUNTS);
        operator.route_to(value("--sink").map_or(1, |port| port.parse().unwrap()));
        fill(&runtime, &operator, messages, value("--size").map_or(4096, |size| size.parse().unwrap()));
        return;
    }
    println!("  octets   messages   messages/s  connections  CPU ms/message");
    for size in SIZES {
        let few = if size > 100_000 { messages.min(300) } else { messages };
        row(&runtime, few, size);
    }
}

fn fill(runtime: &Runtime, operator: &Operator, messages: u64, size: usize) {
    let content = Content::new(size.saturating_sub(200), 1);
    let sender = Sender::open(operator);
    let text = |number: u64| {
        let head = format!(
            "Subject: {number}\r\nMessage-ID: <{number}@test.invalid>\r\nDate: Sun, 22 Nov 2026 10:00:00 +0000\r\n\r\n"
        );
        [head.as_bytes(), content.body()].concat()
    };
    runtime.block_on(sender.submit((0..messages).map(text), ACCOUNTS));
    sender.close();
}

fn row(runtime: &Runtime, messages: u64, size: usize) {
    let folder = tempfile::tempdir().unwrap();
    let operator = Operator::prepare(folder.path());
    operator.begin(ACCOUNTS);
    fill(runtime, &operator, messages, size);
    let (certificate, key) = operator.identity("peer");
    let sink = runtime.block_on(Sink::open("127.0.0.1:0", &operator.authorities(), &certificate, &key)).unwrap();
    operator.route_to(sink.address().unwrap().port());
    let (pid, before) = (Arc::new(AtomicU32::new(0)), Arc::new(Mutex::new(Duration::ZERO)));
    let at_first = {
        let (pid, before) = (Arc::clone(&pid), Arc::clone(&before));
        move || *before.lock().unwrap() = spent(&[pid.load(Ordering::SeqCst)])
    };
    let swallowing = runtime.spawn(async move { sink.run(messages, Duration::from_secs(120), at_first).await });
    let server = operator.serve_noting(&pid);
    let report = runtime.block_on(swallowing).unwrap();
    let cpu = spent(&[server.0.id()]).saturating_sub(*before.lock().unwrap());
    drop(server);
    assert_eq!(report.messages, messages, "all arrive");
    println!(
        "{size:>8} {messages:>10} {:>12.1} {:>12} {:>15.3}",
        report.per_second,
        report.connections,
        cpu.as_secs_f64() * 1000.0 / messages as f64
    );
}
