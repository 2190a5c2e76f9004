//! IDLE: news as they happen, and a word every two minutes so that nobody in between drops the connection.

use std::time::Duration;

use tokio::sync::watch;

use super::dispatch::write_line;
use super::notify::Watch;
use super::view::Expunges;
use super::{Imap, Output, goodbye};
use crate::proto::imap::server::Answer;

/// Seconds between two words to an idling client.
// [clients#imap-what-clients-do]
const KEEP_ALIVE: i64 = 120;

impl Imap {
    /// Works without a selected mailbox too.
    // [rfc2177#3] [clients#imap-what-clients-do]
    pub(super) fn idle(&mut self, out: &mut Output) -> Answer {
        self.keep_alive = self.services.edge.now().plus_secs(KEEP_ALIVE);
        self.hear_hints();
        match self.tell(Expunges::Tell, out) {
            Ok(()) => Answer::Proceed,
            Err(fault) => Answer::done(Err(fault)),
        }
    }

    /// Tells an idling client what there is to tell: exactly what NOTIFY asked for, if it was given.
    // [rfc5465#4]
    pub(super) fn tell_idler(&mut self, out: &mut Output) {
        let before = out.len();
        self.hear_hints();
        // a login that was taken back hears nothing more of the mailbox
        if let Err(fault) = self.stands() {
            self.broken = true;
            return goodbye(out, fault.status);
        }
        if let Err(fault) = self.note_rights(out).and_then(|()| self.tell(Expunges::Tell, out)) {
            tracing::error!(target: "sceau::imap", peer = %self.peer, %fault, "an idling client was not told");
        }
        let now = self.services.edge.now();
        if out.len() == before && now >= self.keep_alive {
            write_line(out, format_args!("* OK Still here"));
        }
        if out.len() > before {
            self.keep_alive = now.plus_secs(KEEP_ALIVE);
        }
    }

    /// Resolves when a client that idles, or that wants to be notified, is to be told something; never otherwise.
    pub(super) async fn wait_for_news(&mut self) {
        let idles = self.machine.is_idling();
        // in the middle of a command the hints stay where they are
        if !idles && !self.may_be_notified() {
            return std::future::pending().await;
        }
        let millis = (self.keep_alive.0 - self.services.edge.now().0).max(0);
        let left = Duration::from_millis(u64::try_from(millis).unwrap_or_default());
        match &mut self.person {
            Some(person) => {
                let selected = self.selected.as_mut().map(|selected| &mut selected.hints);
                let watched = self.watch.as_mut();
                tokio::select! {
                    Ok(()) = person.hints.changed() => {}
                    () = changed(selected) => {}
                    () = hinted(watched) => {}
                    () = tokio::time::sleep(left), if idles => {}
                }
            }
            None => tokio::time::sleep(left).await,
        }
    }

    /// Takes note of the hints so far, before the log is read: a change after that gives a new one.
    pub(super) fn hear_hints(&mut self) {
        if let Some(person) = &mut self.person {
            person.hints.borrow_and_update();
        }
        if let Some(selected) = &mut self.selected {
            selected.hints.borrow_and_update();
        }
    }
}

/// Resolves with the next hint of a selected mailbox's account; never without one.
async fn changed(hints: Option<&mut watch::Receiver<u64>>) {
    let heard = match hints {
        Some(hints) => hints.changed().await.is_ok(),
        None => false,
    };
    if !heard {
        std::future::pending::<()>().await;
    }
}

/// Resolves with the next hint of any account that is looked at; never without one.
async fn hinted(watch: Option<&mut Watch>) {
    match watch {
        Some(watch) => watch.hinted().await,
        None => std::future::pending().await,
    }
}
