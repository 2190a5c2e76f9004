//! Refusals after login: the proof that somebody tried and was told no, and why.
//!
//! A client in a loop must not fill the log: a login's refusals are recorded up to a number a day, then one `incident`
//! says that there were more. Each refusal is an envelope of its own, with one event.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::Login;
use super::facts::{Incident, record_incident};
use crate::mail::{AccountId, Blame, Edge, EnvelopeId, Fault, ReversePath};
use crate::seal::event::{Draft, EventKind, Field, Via};
use crate::store::{Store, Subject};

/// Refusals of one login that are recorded in a day (UTC).
const A_DAY: u32 = 100;

/// Records refusals.
pub(super) struct Refusals {
    store: Arc<Store>,
    edge: Edge,
    /// How many were recorded of each login on which day.
    counts: Mutex<HashMap<AccountId, (i64, u32)>>,
}

/// Whether a refusal has its place in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    There,
    /// It is the first that has none.
    FirstBeyond,
    None,
}

impl Refusals {
    pub(super) fn new(store: Arc<Store>, edge: Edge) -> Self {
        Self { store, edge, counts: Mutex::default() }
    }

    /// Records that a login was refused, durable when this returns; what failed on our side is no refusal. A refusal
    /// that can't be recorded is one all the same: the failure is logged.
    // [proofs#events]
    pub(super) async fn record(&self, login: &Login, from: Option<&ReversePath>, message: Option<&str>, fault: &Fault) {
        if fault.blame == Blame::Us || fault.blame == Blame::Upstream {
            return;
        }
        let place = self.place(login.account);
        if place == Place::None {
            return;
        }
        let draft = self.draft(login, from, message, fault);
        let account = login.account;
        let written = self.store.write(move |tx| match place {
            Place::There => tx.record_event(draft, Subject::Account(account)),
            _ => record_incident(tx, Incident::RefusalsUnrecorded),
        });
        if let Err(fault) = written.await {
            tracing::error!(target: "sceau::flows", %fault, "a refusal could not be recorded");
        }
    }

    fn draft(&self, login: &Login, from: Option<&ReversePath>, message: Option<&str>, fault: &Fault) -> Draft {
        let draft = Draft::new(EventKind::Refuse, EnvelopeId::random(&*self.edge.chance))
            .status(fault.status)
            .via(Via::Submission);
        let draft = login.sign(draft);
        let draft = match from {
            Some(path) => draft.commit(Field::From, &path.to_string()),
            None => draft,
        };
        match message {
            Some(message) => draft.commit(Field::Message, message),
            None => draft,
        }
    }

    fn place(&self, account: AccountId) -> Place {
        let today = self.edge.now().day();
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        // Yesterday's are of no use any more: what is kept is bounded by the accounts that were refused today.
        if counts.get(&account).is_none_or(|(day, _)| *day != today) {
            counts.retain(|_, (day, _)| *day == today);
            counts.insert(account, (today, 0));
        }
        let (_, count) = counts.entry(account).or_insert((today, 0));
        *count = count.saturating_add(1);
        match *count {
            n if n <= A_DAY => Place::There,
            n if n == A_DAY + 1 => Place::FirstBeyond,
            _ => Place::None,
        }
    }
}
