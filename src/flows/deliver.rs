//! A message on its way out: due items are tried, and what became of them is recorded in one commit.
//!
//! Nothing leaves the queue without a proof of what happened, and nothing fails without a report to the sender. When
//! this server dies between the peer's `250` and the commit, the peer gets a duplicate, never nothing.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use super::bounce::Bounce;
use super::{Content, Outbound, Outcome, Transport, peer_value};
use crate::mail::{Domain, Edge, EnvelopeId, Fault, Time};
use crate::proto::dsn::{Action, enhanced_code};
use crate::queue::{self, Item, ItemId, Message, backoff_secs};
use crate::seal::event::{Draft, EventKind, Field, Plain};
use crate::store::{BodyReader, Store, Subject, Tx};

/// Items that one look into the queue takes.
const LOOK_AHEAD: usize = 1000;

/// How long a message is tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelaySettings {
    /// This server's name in reports.
    pub host: Domain,
    /// Seconds after which a recipient that was not reached has failed.
    pub expire_secs: i64,
    /// Seconds after which the sender is told of a delay.
    pub delay_notice_secs: i64,
}

/// Hands queued messages to other operators.
pub struct Relay<T> {
    store: Arc<Store>,
    transport: T,
    edge: Edge,
    settings: RelaySettings,
    in_flight: Mutex<HashSet<(EnvelopeId, u16)>>,
}

/// Recipients of one message in one domain, tried together.
#[derive(Debug)]
pub struct Attempt {
    message: Message,
    domain: Domain,
    items: Vec<(ItemId, Item)>,
}

impl<T: Transport> Relay<T> {
    /// The flow over these parts.
    #[must_use]
    pub fn new(store: Arc<Store>, transport: T, edge: Edge, settings: RelaySettings) -> Self {
        Self { store, transport, edge, settings, in_flight: Mutex::default() }
    }

    /// What is due and not being tried, grouped by message and domain. Each must be given to [`Relay::attempt`].
    ///
    /// # Errors
    /// When the queue can't be read.
    pub fn due(&self) -> Result<Vec<Attempt>, Fault> {
        let mut attempts: Vec<Attempt> = Vec::new();
        let mut in_flight = self.in_flight.lock().unwrap_or_else(PoisonError::into_inner);
        let due = queue::due(&self.store, self.edge.now(), LOOK_AHEAD)?;
        for (id, item) in due.into_iter().filter(|(id, _)| !in_flight.contains(&(id.envelope, id.rcpt))) {
            let domain = item.recipient.domain();
            let same = |a: &&mut Attempt| a.message.envelope == id.envelope && a.domain == *domain;
            if let Some(attempt) = attempts.iter_mut().find(same) {
                attempt.items.push((id, item));
            } else if let Some(message) = queue::message(&self.store, id.envelope)? {
                attempts.push(Attempt { message, domain: domain.clone(), items: vec![(id, item)] });
            }
        }
        // Only when nothing can fail any more: what counts as in flight is given out below.
        in_flight.extend(attempts.iter().flat_map(|attempt| &attempt.items).map(|(id, _)| (id.envelope, id.rcpt)));
        Ok(attempts)
    }

    /// Tries once, and commits what became of each recipient.
    ///
    /// # Errors
    /// When the outcome could not be recorded: the items stay as they were and are tried again.
    pub async fn attempt(&self, attempt: Attempt) -> Result<(), Fault> {
        let ids: Vec<_> = attempt.items.iter().map(|(id, _)| (id.envelope, id.rcpt)).collect();
        let done = self.try_and_commit(attempt).await;
        let mut in_flight = self.in_flight.lock().unwrap_or_else(PoisonError::into_inner);
        for id in &ids {
            in_flight.remove(id);
        }
        done
    }

    async fn try_and_commit(&self, attempt: Attempt) -> Result<(), Fault> {
        let outcomes = self.transport.deliver(self.outbound(&attempt)?).await;
        let Attempt { message, items, .. } = attempt;
        let results: Vec<_> = items
            .into_iter()
            .zip(outcomes)
            .map(|((id, item), outcome)| self.judge(&message, id, item, outcome))
            .collect();
        let bounce = Bounce::due(&self.settings.host, &self.store, &message, &results, &self.edge).await?;
        // durable from here: the outcome, its proof and the report to the sender are one commit
        self.store
            .write(move |tx| {
                results.iter().try_for_each(|result| result.write(tx))?;
                bounce.map_or(Ok(()), |bounce| bounce.deliver(tx))
            })
            .await
    }

    fn outbound(&self, attempt: &Attempt) -> Result<Outbound, Fault> {
        let message = &attempt.message;
        Ok(Outbound {
            domain: attempt.domain.clone(),
            envelope: message.envelope,
            reverse_path: message.reverse_path.clone(),
            recipients: attempt.items.iter().map(|(_, item)| item.recipient.clone()).collect(),
            params: attempt.items.iter().map(|(_, item)| item.params.clone()).collect(),
            wishes: message.wishes.clone(),
            size: message.size,
            utf8: message.utf8,
            eight_bit: message.eight_bit,
            content: Box::new(StoredContent {
                prefix: Some(message.prefix.clone()),
                body: self.store.open_body(&message.body)?,
                at: 0,
            }),
        })
    }

    /// What an outcome means: a deferral beyond the message's time is a failure.
    fn judge(&self, message: &Message, id: ItemId, mut item: Item, outcome: Outcome) -> Judged {
        let now = self.edge.now();
        let age = now.secs() - message.accepted.secs();
        let sender = message.reverse_path.address().and_then(|address| self.store.find(address));
        let subject = sender.map_or(Subject::Envelope, |entry| Subject::Account(entry.id));
        item.attempts += 1;
        let verdict = match outcome {
            Outcome::Relayed { peer, reply } => Verdict::Relayed { peer: peer_value(&peer), reply },
            Outcome::Failed { reply } => Verdict::Failed { reply },
            // [rfc3463#3.5] X.4.7: delivery time expired
            Outcome::Deferred { reason } if age >= self.settings.expire_secs => {
                Verdict::Failed { reply: format!("5.4.7 not reached in time; last: {reason}") }
            }
            Outcome::Deferred { reason } => {
                item.last_reply = reason;
                let tell = age >= self.settings.delay_notice_secs && item.delay_told == queue::DelayNotice::Pending;
                if tell {
                    item.delay_told = queue::DelayNotice::Sent;
                }
                let jitter = u32::from_be_bytes(self.edge.bytes());
                let due = now.plus_secs(backoff_secs(item.attempts, jitter));
                Verdict::Later { due, tell }
            }
        };
        Judged { id, subject, item, verdict }
    }
}

/// What is decided of one item.
pub(super) struct Judged {
    id: ItemId,
    subject: Subject,
    /// The item as it will be written.
    pub(super) item: Item,
    /// The decision.
    pub(super) verdict: Verdict,
}

/// What is to be done with an item.
pub(super) enum Verdict {
    /// The peer has it.
    Relayed { peer: String, reply: String },
    /// Tried again at `due`; `tell` when the sender is owed a notice.
    Later { due: Time, tell: bool },
    /// It will not arrive.
    Failed { reply: String },
}

impl Judged {
    fn write(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        let event = |kind| Draft::new(kind, self.id.envelope).rcpt(self.id.rcpt);
        match &self.verdict {
            Verdict::Relayed { peer, reply } => {
                let relayed = event(EventKind::RelayOut).commit(Field::Peer, peer).commit(Field::Reply, reply);
                tx.record_event(relayed, self.subject)?;
                queue::finish(tx, &self.id)
            }
            Verdict::Failed { reply } => {
                let code = enhanced_code(Action::Failed, reply);
                let failed = event(EventKind::RelayFail).plain(Plain::Status, code).commit(Field::Reply, reply);
                tx.record_event(failed, self.subject)?;
                queue::finish(tx, &self.id)
            }
            Verdict::Later { due, .. } => queue::reschedule(tx, &self.id, &self.item, *due),
        }
    }
}

/// A queued message as a transport reads it.
struct StoredContent {
    prefix: Option<Vec<u8>>,
    body: BodyReader,
    at: u64,
}

impl Content for StoredContent {
    fn next_piece(&mut self) -> Result<Option<Vec<u8>>, Fault> {
        const PIECE: u64 = 64 * 1024;
        if let Some(prefix) = self.prefix.take() {
            return Ok(Some(prefix));
        }
        let end = self.body.size().min(self.at + PIECE);
        if self.at == end {
            return Ok(None);
        }
        let piece = self.body.read(self.at..end)?;
        self.at = end;
        Ok(Some(piece))
    }
}
