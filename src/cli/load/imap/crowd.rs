//! Many connections at a time: those that idle and are to hear of a message, those that only are there, and one that
//! hands over as much as it can without waiting.

use std::time::{Duration, Instant};

use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::client::{Client, Mailbox};
use super::fill::exists;
use crate::cli::load::client::LoadError;
use crate::cli::load::letters::Letters;
use crate::cli::load::row::Row;
use crate::cli::load::{cpu, now};

/// Connections that are opened at a time.
const AT_A_TIME: usize = 16;
/// Messages of which the idlers hear.
const WAKES: u64 = 20;
const FLOODED: &str = "Charge-flot";

/// How long it takes until `idlers` sessions that idle on one mailbox hear of a message: from the first octet of the
/// APPEND that brings it, so that its durability counts too.
///
/// # Errors
/// `Refused`, `Connection`.
pub(super) async fn wake(
    mailbox: &Mailbox,
    folder: &str,
    idlers: usize,
    letters: &Letters,
    pids: &[u32],
) -> Result<Row, LoadError> {
    let mut listeners = JoinSet::new();
    let (told, mut heard) = mpsc::unbounded_channel();
    for (mut client, _) in open(mailbox, folder, idlers).await? {
        let told = told.clone();
        listeners.spawn(async move {
            // Ends when the run does, and with its connection: then too few have heard, and that is said.
            while client.hear(b"EXISTS").await.is_ok() && told.send(now()).is_ok() {}
        });
    }
    drop(told);
    let mut writer = mailbox.open().await?;
    let (mut waits, before, started) = (Vec::new(), cpu::settled(pids).await, now());
    for number in 0..WAKES {
        let letter = letters.letter(number, "moi@charge.mssante.fr");
        let begun = now();
        let tag = writer.begin_append(folder, &letter).await?;
        writer.end(tag, |_| {}).await?;
        for _ in 0..idlers {
            let at = tokio::time::timeout(Duration::from_secs(60), heard.recv()).await;
            let at: Instant = at
                .ok()
                .flatten()
                .ok_or_else(|| LoadError::Setting("un client en attente n'a rien appris".to_owned()))?;
            waits.push(at.saturating_duration_since(begun));
        }
    }
    let (took, cpu) = (started.elapsed(), cpu::settled(pids).await.saturating_sub(before));
    listeners.shutdown().await;
    Ok(Row::of("idle", waits, took, cpu, 0))
}

/// What `sessions` more sessions that have signed in, selected a mailbox and idle take of the server's memory.
///
/// # Errors
/// `Refused`, `Connection`.
pub(super) async fn sleep(mailbox: &Mailbox, folder: &str, sessions: usize, pids: &[u32]) -> Result<Row, LoadError> {
    let before = cpu::memory(pids);
    let (cpu_before, started) = (cpu::spent(pids), now());
    let sleepers = open(mailbox, folder, sessions).await?;
    let (took, cpu) = (started.elapsed(), cpu::settled(pids).await.saturating_sub(cpu_before));
    let grown = cpu::memory(pids).saturating_sub(before);
    let waits = vec![took / u32::try_from(sessions.max(1)).unwrap_or(u32::MAX); sleepers.len()];
    let mut row = Row::of("sleep", waits, took, cpu, 0);
    row.kib_per_connection = Some(grown as f64 / sessions.max(1) as f64);
    Ok(row)
}

/// Opens so many sessions that idle on a mailbox.
async fn open(mailbox: &Mailbox, folder: &str, sessions: usize) -> Result<Vec<(Client, u32)>, LoadError> {
    let mut idle = Vec::with_capacity(sessions);
    let mut opening = JoinSet::new();
    for started in 0..sessions {
        let (mailbox, folder) = (mailbox.clone(), folder.to_owned());
        opening.spawn(async move {
            let mut client = mailbox.open().await?;
            client.run(&format!("SELECT {folder}"), |_| {}).await?;
            let tag = client.idle().await?;
            client.rest();
            Ok::<_, LoadError>((client, tag))
        });
        if started >= AT_A_TIME {
            idle.extend(opened(&mut opening).await?);
        }
    }
    while let Some(session) = opened(&mut opening).await? {
        idle.push(session);
    }
    Ok(idle)
}

async fn opened<T: 'static>(opening: &mut JoinSet<Result<T, LoadError>>) -> Result<Option<T>, LoadError> {
    match opening.join_next().await {
        Some(ended) => ended.map_err(|error| LoadError::Setting(error.to_string()))?.map(Some),
        None => Ok(None),
    }
}

/// So many APPENDs, one behind the other, without waiting for an answer.
///
/// # Errors
/// `Refused`, `Connection`.
pub(super) async fn flood(mailbox: &Mailbox, messages: u64, letters: &Letters, pids: &[u32]) -> Result<Row, LoadError> {
    let mut client = mailbox.open().await?;
    exists(&mut client, FLOODED).await?;
    let (before, started) = (cpu::settled(pids).await, now());
    let (mut answers, mut commands) = client.split();
    let letters = letters.clone();
    let mut writing = JoinSet::new();
    writing.spawn(async move {
        for number in 0..messages {
            commands.begin_append(FLOODED, &letters.letter(number, "moi@charge.mssante.fr")).await?;
        }
        Ok::<_, LoadError>(commands)
    });
    let mut waits = Vec::new();
    let first = answers.next_tag();
    for tag in (first..).take(usize::try_from(messages).unwrap_or(usize::MAX)) {
        let begun = now();
        answers.end(tag, |_| {}).await?;
        waits.push(begun.elapsed());
    }
    let took = started.elapsed();
    opened(&mut writing).await?;
    let cpu = cpu::settled(pids).await.saturating_sub(before);
    Ok(Row::of("flood", waits, took, cpu, answers.octets))
}
