//! One measured run: so many connections, so many messages of one size.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use serde::Serialize;
use tokio::sync::Barrier;
use tokio::task::JoinSet;

use super::client::{Connection, LoadError, Target};
use super::content::Content;
use super::letters::Letters;
use super::row::Row;
use super::{cpu, now};
use crate::server::edge;

/// What to send, and whom to watch.
#[derive(Clone)]
pub struct Job {
    /// The server.
    pub target: Target,
    /// The reverse-path.
    pub from: String,
    /// The recipients; messages go to one after the other.
    pub to: Vec<String>,
    /// Connections at the same time.
    pub connections: usize,
    /// Messages over all connections.
    pub messages: u64,
    /// Bytes of each, about.
    pub size: usize,
    /// What they are.
    pub kind: Kind,
    /// No message begins after this time; what has begun is finished.
    pub at_most: Duration,
    /// Processes of the server, whose processor time is measured with that of the processes below them.
    pub pids: Vec<u32>,
}

/// What kind of messages are sent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Kind {
    /// Documents of which each has its own header and all share one body: the least work for the sender.
    #[default]
    Documents,
    /// Letters of conversations, each different.
    Letters,
}

/// What a run gave.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// Connections at the same time.
    pub connections: usize,
    /// Bytes of each message, about.
    pub size: usize,
    /// Messages that the server said yes to.
    pub acknowledged: u64,
    /// Connections that ended with an error; the first error.
    pub failed: Option<String>,
    /// From the first message, all connections being open, to the last yes.
    pub seconds: f64,
    /// Acknowledged messages per second.
    pub per_second: f64,
    /// From the first byte of a message to its yes, in milliseconds: half of the messages were as quick.
    pub median_ms: f64,
    /// The same for 99 of 100 messages.
    pub slowest_percent_ms: f64,
    /// When the first message began: seconds since 1970.
    pub began: f64,
    /// The server's processor time when the first message began, in seconds.
    pub server_cpu_before: f64,
    /// The server's processor time from then to the last yes, in milliseconds per acknowledged message.
    pub server_cpu_ms_per_message: f64,
}

/// Carries the job out.
///
/// # Errors
/// When a connection can't be opened. Later failures are in the report.
pub async fn run(job: Job) -> Result<Report, LoadError> {
    let connections = open_all(&job).await?;
    // All begin together, and the clock with them.
    let start = Arc::new(Barrier::new(connections.len() + 1));
    let run = edge::system().now().0.unsigned_abs();
    let (content, letters) = (Content::new(job.size, run), Letters::new(job.size, run));
    let shared = Arc::new(Shared { job, content, letters, next: AtomicU64::new(0) });
    let mut senders = JoinSet::new();
    for connection in connections {
        senders.spawn(send(connection, Arc::clone(&shared), Arc::clone(&start)));
    }
    start.wait().await;
    let (wall, clock, cpu_before) = (edge::system().now(), now(), cpu::spent(&shared.job.pids));
    let mut sent = Sent::default();
    while let Some(ended) = senders.join_next().await {
        sent.add(ended.map_err(|error| LoadError::Setting(error.to_string()))?);
    }
    let seconds = clock.elapsed().as_secs_f64();
    let cpu = cpu::spent(&shared.job.pids).saturating_sub(cpu_before);
    let acknowledged = sent.waits.len();
    let per_message = |whole: f64| if acknowledged == 0 { 0.0 } else { whole / acknowledged as f64 };
    Ok(Report {
        connections: shared.job.connections,
        size: shared.job.size,
        acknowledged: acknowledged as u64,
        seconds,
        per_second: acknowledged as f64 / seconds,
        median_ms: sent.wait(50),
        slowest_percent_ms: sent.wait(99),
        began: wall.0 as f64 / 1000.0,
        server_cpu_before: cpu_before.as_secs_f64(),
        server_cpu_ms_per_message: per_message(cpu.as_secs_f64() * 1000.0),
        failed: sent.failed,
    })
}

/// What `connections` that wait for a message of ours take of the server's memory.
///
/// # Errors
/// When one can't be opened.
pub(super) async fn idle(mut job: Job, connections: usize) -> Result<Row, LoadError> {
    // One before: what the server makes for its first peer is not what each of them takes.
    let first = Connection::open(&job.target).await?;
    let (before, cpu_before, started) = (cpu::memory(&job.pids), cpu::spent(&job.pids), now());
    job.connections = connections;
    let open = open_all(&job).await?;
    let (took, cpu) = (started.elapsed(), cpu::settled(&job.pids).await.saturating_sub(cpu_before));
    let grown = cpu::memory(&job.pids).saturating_sub(before);
    let waits = vec![took / u32::try_from(connections).unwrap_or(u32::MAX); open.len()];
    let mut row = Row::of("connect", waits, took, cpu, 0);
    row.kib_per_connection = Some(grown as f64 / connections as f64);
    drop((first, open));
    Ok(row)
}

struct Shared {
    job: Job,
    content: Content,
    letters: Letters,
    next: AtomicU64,
}

impl Shared {
    /// The number of a message that nobody has sent yet, while there are any and there is time.
    fn take(&self, since: Instant) -> Option<u64> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        (number < self.job.messages && since.elapsed() < self.job.at_most).then_some(number)
    }
}

/// What one connection, or several, achieved.
#[derive(Default)]
struct Sent {
    waits: Vec<Duration>,
    failed: Option<String>,
}

impl Sent {
    fn add(&mut self, other: Self) {
        self.waits.extend(other.waits);
        self.waits.sort_unstable();
        self.failed = self.failed.take().or(other.failed);
    }

    /// How long so many of 100 messages waited at most, in milliseconds.
    fn wait(&self, share: usize) -> f64 {
        let place = (self.waits.len() * share / 100).min(self.waits.len().saturating_sub(1));
        self.waits.get(place).map_or(0.0, |wait| wait.as_secs_f64() * 1000.0)
    }
}

/// Opens the connections, some at a time: a handshake costs both sides a millisecond or two.
async fn open_all(job: &Job) -> Result<Vec<Connection>, LoadError> {
    const AT_A_TIME: usize = 8;
    let mut open = Vec::with_capacity(job.connections);
    let mut opening = JoinSet::new();
    for started in 0..job.connections {
        let target = job.target.clone();
        opening.spawn(async move { Connection::open(&target).await });
        if started >= AT_A_TIME {
            open.extend(opened(&mut opening).await?);
        }
    }
    while let Some(connection) = opened(&mut opening).await? {
        open.push(connection);
    }
    Ok(open)
}

async fn opened(opening: &mut JoinSet<Result<Connection, LoadError>>) -> Result<Option<Connection>, LoadError> {
    match opening.join_next().await {
        Some(ended) => ended.map_err(|error| LoadError::Setting(error.to_string()))?.map(Some),
        None => Ok(None),
    }
}

async fn send(mut connection: Connection, shared: Arc<Shared>, start: Arc<Barrier>) -> Sent {
    let mut sent = Sent::default();
    start.wait().await;
    let since = now();
    while let Some(number) = shared.take(since) {
        let begun = now();
        match deliver(&mut connection, &shared, number).await {
            Ok(()) => sent.waits.push(begun.elapsed()),
            Err(error) => {
                sent.failed = Some(error.to_string());
                return sent;
            }
        }
    }
    // Every message has its yes; how the connection ends changes nothing.
    let _ = connection.quit().await;
    sent
}

async fn deliver(connection: &mut Connection, shared: &Shared, number: u64) -> Result<(), LoadError> {
    let job = &shared.job;
    let turn = usize::try_from(number).unwrap_or(0) % job.to.len().max(1);
    let to = job.to.get(turn).ok_or_else(|| LoadError::Setting("aucun destinataire".to_owned()))?;
    match job.kind {
        Kind::Documents => {
            let header = shared.content.header(number, &job.from, to);
            connection.deliver(&job.from, to, &[&header, shared.content.body()]).await?;
        }
        Kind::Letters => drop(connection.deliver(&job.from, to, &[&shared.letters.letter(number, to)]).await?),
    }
    Ok(())
}
