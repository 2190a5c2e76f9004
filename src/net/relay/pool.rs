//! Connections that have sent a message and may send another: a handshake costs more than most messages.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::names::Host;
use super::open::Open;

/// How long a connection waits for the next message. Well below the five minutes of RFC 5321 §4.5.3.2.7, so that the
/// peer's place is free again soon.
const KEPT: Duration = Duration::from_secs(20);
/// Connections that wait, per host.
const KEPT_PER_HOST: usize = 4;

/// The connections that wait.
#[derive(Debug, Default)]
pub(super) struct Pool(Mutex<HashMap<Host, Vec<(Instant, Open)>>>);

impl Pool {
    /// Takes a connection to this host, the one that waited least.
    pub(super) fn take(&self, host: &Host) -> Option<Open> {
        let mut waiting = self.waiting();
        let connections = waiting.get_mut(host)?;
        let (_, open) = connections.pop()?;
        if connections.is_empty() {
            waiting.remove(host);
        }
        Some(open)
    }

    /// Lets a connection wait; takes leave of the peer when nobody needs it in time.
    #[expect(clippy::disallowed_methods, reason = "net/ is where tasks are started")]
    pub(super) fn put(self: &Arc<Self>, host: Host, open: Open) {
        let mut waiting = self.waiting();
        let connections = waiting.entry(host).or_default();
        if connections.len() >= KEPT_PER_HOST {
            return;
        }
        connections.push((now(), open));
        drop(waiting);
        let pool = Arc::clone(self);
        tokio::spawn(async move {
            tokio::time::sleep(KEPT).await;
            for open in pool.overdue() {
                open.quit().await;
            }
        });
    }

    fn overdue(&self) -> Vec<Open> {
        let deadline = now();
        let mut overdue = Vec::new();
        self.waiting().retain(|_, connections| {
            overdue.extend(connections.extract_if(.., |(since, _)| *since + KEPT <= deadline).map(|(_, open)| open));
            !connections.is_empty()
        });
        overdue
    }

    fn waiting(&self) -> MutexGuard<'_, HashMap<Host, Vec<(Instant, Open)>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[expect(clippy::disallowed_methods, reason = "net/ is where time comes in")]
fn now() -> Instant {
    Instant::now()
}
