//! Connections that have sent a message and may send another: a handshake costs more than most messages.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::names::Host;
use super::open::Open;

/// How long a connection waits for the next message. Well below the five minutes of RFC 5321 §4.5.3.2.7, so that the
/// peer's place is free again soon.
pub(super) const KEPT: Duration = Duration::from_secs(20);
/// How often those that waited too long are looked for.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// Connections that wait over all hosts: each holds a socket.
const KEPT_IN_ALL: usize = 500;

/// The connections that wait.
#[derive(Debug, Default)]
pub(super) struct Pool {
    waiting: Mutex<Waiting>,
    /// Connections that wait, per host.
    per_host: AtomicUsize,
}

#[derive(Debug, Default)]
struct Waiting {
    hosts: HashMap<Host, Vec<(Instant, Open)>>,
    count: usize,
    /// Whether somebody looks for those that waited too long.
    watched: bool,
}

impl Pool {
    /// Lets so many connections to one host wait.
    pub(super) fn keep(&self, per_host: usize) {
        self.per_host.store(per_host, Ordering::Relaxed);
    }

    /// Takes a connection to this host, the one that waited least.
    pub(super) fn take(&self, host: &Host) -> Option<Open> {
        let mut waiting = self.waiting();
        let connections = waiting.hosts.get_mut(host)?;
        let (_, open) = connections.pop()?;
        if connections.is_empty() {
            waiting.hosts.remove(host);
        }
        waiting.count -= 1;
        Some(open)
    }

    /// Lets a connection wait; takes leave of the peer when nobody needs it in time, or too many wait.
    #[expect(clippy::disallowed_methods, reason = "net/ is where tasks are started")]
    pub(super) fn put(self: &Arc<Self>, host: &Host, open: Open) {
        let mut waiting = self.waiting();
        let there = waiting.hosts.get(host).map_or(0, Vec::len);
        if there >= self.per_host.load(Ordering::Relaxed) || waiting.count >= KEPT_IN_ALL {
            drop(waiting);
            tokio::spawn(open.quit());
            return;
        }
        waiting.hosts.entry(host.clone()).or_default().push((now(), open));
        waiting.count += 1;
        let watched = std::mem::replace(&mut waiting.watched, true);
        drop(waiting);
        if !watched {
            tokio::spawn(Arc::clone(self).watch());
        }
    }

    /// Ends those that waited too long, until none waits.
    #[expect(clippy::disallowed_methods, reason = "net/ is where tasks are started")]
    async fn watch(self: Arc<Self>) {
        loop {
            tokio::time::sleep(LOOK_EVERY).await;
            let (overdue, none_left) = self.overdue();
            for open in overdue {
                tokio::spawn(open.quit());
            }
            if none_left {
                return;
            }
        }
    }

    /// Takes leave of the peers whose certificates are unwanted now; says how many they are.
    #[expect(clippy::disallowed_methods, reason = "net/ is where tasks are started")]
    pub(super) fn withdraw(&self, unwanted: impl Fn(&[Vec<u8>]) -> bool) -> usize {
        let mut leaving = Vec::new();
        let mut waiting = self.waiting();
        waiting.hosts.retain(|_, connections| {
            let gone = connections.extract_if(.., |(_, open)| unwanted(&open.facts.certificates));
            leaving.extend(gone.map(|(_, open)| open));
            !connections.is_empty()
        });
        waiting.count -= leaving.len();
        drop(waiting);
        let count = leaving.len();
        for open in leaving {
            tokio::spawn(open.quit());
        }
        count
    }

    #[cfg(test)]
    pub(super) fn count(&self) -> usize {
        self.waiting().count
    }

    fn overdue(&self) -> (Vec<Open>, bool) {
        let deadline = now();
        let mut overdue = Vec::new();
        let mut waiting = self.waiting();
        waiting.hosts.retain(|_, connections| {
            overdue.extend(connections.extract_if(.., |(since, _)| *since + KEPT <= deadline).map(|(_, open)| open));
            !connections.is_empty()
        });
        waiting.count -= overdue.len();
        let none_left = waiting.count == 0;
        waiting.watched = !none_left;
        (overdue, none_left)
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[expect(clippy::disallowed_methods, reason = "net/ is where time comes in")]
fn now() -> Instant {
    Instant::now()
}
