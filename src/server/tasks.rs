//! What goes on by itself: the queue's runner, the ledger's recorder, the look at changed files.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::{Notify, watch};
use tokio::task::{JoinSet, spawn_blocking};
use tokio::time::{MissedTickBehavior, interval, sleep};

use super::data::Data;
use super::examine::{Finding, Grade, examine_files};
use super::reload::{Reading, Reloader};
use crate::flows::{Purged, Receipts, Recorder, Relay, Transport};
use crate::mail::Edge;
use crate::net::connection::Notice;

/// How often the queue is looked at when nothing is new and nothing comes due: the clock may have been set. And how
/// soon again when something due has no place.
const QUEUE_EVERY: Duration = Duration::from_secs(60);
const QUEUE_SOONEST: Duration = Duration::from_millis(50);
/// How long leaves gather before they go into the ledger together, how often it is looked whether there are some, and
/// how long it waits after a failure.
const RECORD_EVERY: Duration = Duration::from_millis(100);
const RECORD_IDLE: Duration = Duration::from_millis(50);
const RECORD_AFTER_FAILURE: Duration = Duration::from_secs(5);
/// How often it is looked whether senders are to be told something, and how long it waits after a failure.
const RECEIPTS_EVERY: Duration = Duration::from_millis(200);
const RECEIPTS_AFTER_FAILURE: Duration = Duration::from_secs(10);
/// How often what is old is looked for.
const PURGE_EVERY: Duration = Duration::from_secs(24 * 3600);
/// How often dates are complained about.
const WARN_EVERY: Duration = Duration::from_secs(6 * 3600);

/// Hands queued messages over as they come due, until the notice to stop; attempts under way then finish.
pub(super) async fn relay<T: Transport + 'static>(
    relay: Arc<Relay<T>>,
    connections: Arc<AtomicUsize>,
    mut stop: watch::Receiver<Notice>,
) {
    let mut attempts = JoinSet::new();
    loop {
        let free = connections.load(Ordering::Relaxed).saturating_sub(attempts.len());
        if free > 0 {
            start_due(&relay, free, &mut attempts).await;
        }
        let wait = relay.next_due_in().map_or(QUEUE_EVERY, Duration::from_millis).clamp(QUEUE_SOONEST, QUEUE_EVERY);
        tokio::select! {
            biased;
            () = told(&mut stop) => break,
            Some(ended) = attempts.join_next() => report(ended),
            () = relay.changed() => {}
            () = sleep(wait) => {}
        }
        while let Some(ended) = attempts.try_join_next() {
            report(ended);
        }
    }
    while let Some(ended) = attempts.join_next().await {
        report(ended);
    }
}

async fn start_due<T: Transport + 'static>(relay: &Arc<Relay<T>>, most: usize, attempts: &mut JoinSet<()>) {
    let looking = Arc::clone(relay);
    let due = match relay.due_from_memory(most) {
        Some(due) => Ok(Ok(due)),
        None => spawn_blocking(move || looking.due(most)).await,
    };
    let due = match due {
        Ok(Ok(due)) => due,
        Ok(Err(fault)) => {
            tracing::error!(target: "sceau::server", %fault, "the queue can't be read");
            return;
        }
        Err(error) => return report(Err(error)),
    };
    for job in due {
        let relay = Arc::clone(relay);
        attempts.spawn(Box::pin(async move {
            if let Err(fault) = relay.attempt(job).await {
                tracing::error!(target: "sceau::server", %fault, "an attempt to relay could not be recorded");
            }
        }));
    }
}

/// Moves leaves into the ledger as they come.
pub(super) async fn record(recorder: Arc<Recorder>) {
    loop {
        let draining = Arc::clone(&recorder);
        match spawn_blocking(move || draining.drain()).await {
            Ok(Ok(0)) => sleep(RECORD_IDLE).await,
            // A whole group: more wait.
            Ok(Ok(count)) if count >= Recorder::GROUP => {}
            Ok(Ok(_)) => sleep(RECORD_EVERY).await,
            Ok(Err(fault)) => {
                tracing::error!(target: "sceau::server", %fault, "events wait: the ledger can't take them");
                sleep(RECORD_AFTER_FAILURE).await;
            }
            Err(error) => {
                report(Err(error));
                sleep(RECORD_AFTER_FAILURE).await;
            }
        }
    }
}

/// Tells senders what they are owed.
pub(super) async fn receipts(receipts: Receipts) {
    loop {
        match receipts.pay().await {
            Ok(paid) if paid.reports == 0 => sleep(RECEIPTS_EVERY).await,
            Ok(_) => {}
            Err(fault) => {
                tracing::error!(target: "sceau::server", %fault, "receipts wait");
                sleep(RECEIPTS_AFTER_FAILURE).await;
            }
        }
    }
}

/// Destroys what is old, once a day.
pub(super) async fn purge(data: Arc<Data>) {
    let mut clock = interval(PURGE_EVERY);
    clock.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        clock.tick().await;
        match data.purge.run().await {
            Ok(done) if done == Purged::default() => {}
            Ok(done) => tracing::info!(target: "sceau::server", ?done, "purged"),
            Err(fault) => {
                tracing::error!(target: "sceau::server", %fault, "the purge is not done; it goes on tomorrow");
            }
        }
    }
}

/// Says now and every few hours what will soon be, or is, out of date.
pub(super) async fn warn_of_dates(reloader: Arc<Reloader>, edge: Edge) {
    let mut clock = interval(WARN_EVERY);
    loop {
        clock.tick().await;
        let (reloader, now) = (Arc::clone(&reloader), edge.now());
        match spawn_blocking(move || examine_files(&reloader.config(), now)).await {
            Ok(findings) => findings.iter().for_each(warn),
            Err(error) => report(Err(error)),
        }
    }
}

fn warn(finding: &Finding) {
    match finding.grade {
        Grade::Good => {}
        Grade::Warning => tracing::warn!(target: "sceau::server", "{}", finding.text),
        Grade::Bad => tracing::error!(target: "sceau::server", "{}", finding.text),
    }
}

/// Looks for changed settings, certificates and lists, every so often and when asked.
pub(super) async fn reread(reloader: Arc<Reloader>, every: Duration, asked: Arc<Notify>) {
    let mut clock = interval(every);
    clock.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let reading = tokio::select! {
            _ = clock.tick() => Reading::IfChanged,
            () = asked.notified() => Reading::Anyway,
        };
        let looking = Arc::clone(&reloader);
        let looked = spawn_blocking(move || {
            looking.reload(reading);
            looking.identities.reread();
        });
        report(looked.await);
    }
}

/// Resolves when it is time to stop.
async fn told(stop: &mut watch::Receiver<Notice>) {
    // A sender that is gone is a server that is gone.
    let _ = stop.wait_for(|notice| *notice != Notice::None).await;
}

fn report(ended: Result<(), tokio::task::JoinError>) {
    if let Err(error) = ended
        && error.is_panic()
    {
        tracing::error!(target: "sceau::server", %error, "a task died: this is a bug of Sceau");
    }
}
