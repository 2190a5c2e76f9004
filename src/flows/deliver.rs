//! A message on its way out: jobs that are due are tried, and what became of them is recorded in one commit.
//!
//! Nothing leaves the queue without a proof of what happened, and nothing fails without a report to the sender. When
//! this server dies between the peer's `250` and the commit, the peer gets a duplicate, never nothing.

use std::collections::BTreeSet;
use std::sync::Arc;

use arc_swap::ArcSwap;

use super::bounce::Bounce;
use super::{Content, Gossip, Outbound, Outcome, Transport, peer_value};
use crate::mail::{Domain, Edge, Fault, Late, Time};
use crate::proto::dsn::{Action, enhanced_code};
use crate::queue::schedule::{Job, Report};
use crate::queue::{self, Desk, Due, Item, Message, backoff_secs};
use crate::seal::event::{Draft, EventKind, Field, Plain};
use crate::store::{BodyReader, Store, Subject, Tx};

/// How long a message is tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelaySettings {
    /// Seconds after which a recipient that was not reached has failed.
    pub expire_secs: i64,
    /// Seconds after which the sender is told of a delay.
    pub delay_notice_secs: i64,
}

/// Hands queued messages to other operators.
pub struct Relay<T> {
    store: Arc<Store>,
    desk: Arc<Desk>,
    transport: T,
    edge: Edge,
    settings: ArcSwap<RelaySettings>,
    gossip: Option<Arc<Gossip>>,
    here: BTreeSet<Domain>,
}

/// A job with what it is about.
pub(super) struct Attempt {
    pub(super) message: Message,
    domain: Domain,
    pub(super) items: Vec<(u16, Item)>,
}

impl<T: Transport> Relay<T> {
    /// The flow over these parts.
    #[must_use]
    pub fn new(store: Arc<Store>, desk: Arc<Desk>, transport: T, edge: Edge, settings: RelaySettings) -> Self {
        Self {
            store,
            desk,
            transport,
            edge,
            settings: ArcSwap::from_pointee(settings),
            gossip: None,
            here: BTreeSet::new(),
        }
    }

    /// The same; messages carry the state of our log.
    // [proofs#gossip]
    #[must_use]
    pub fn telling(mut self, gossip: Arc<Gossip>) -> Self {
        self.gossip = Some(gossip);
        self
    }

    /// The same; messages for these domains wait only for their time, and are then delivered here.
    // [rfc4865#4]
    #[must_use]
    pub fn serving(mut self, domains: BTreeSet<Domain>) -> Self {
        self.here = domains;
        self
    }

    pub(super) fn store(&self) -> &Store {
        &self.store
    }

    /// Seconds after which a recipient that was not reached has failed.
    pub(super) fn expire_secs(&self) -> i64 {
        self.settings.load().expire_secs
    }

    /// What hands messages over.
    #[must_use]
    pub fn transport(&self) -> &T {
        &self.transport
    }

    /// Judges by other settings from now on, what is queued already too.
    pub fn reload(&self, settings: RelaySettings) {
        self.settings.store(Arc::new(settings));
    }

    /// What is due, has a place and is not being tried: at most so many jobs. Each must be given to
    /// [`Relay::attempt`]. Reads the store.
    ///
    /// # Errors
    /// When the queue can't be read.
    pub fn due(&self, most: usize) -> Result<Vec<Job>, Fault> {
        self.desk.begin(self.edge.now(), most)
    }

    /// [`Relay::due`] where that needs nothing from the store; none when it does.
    #[must_use]
    pub fn due_from_memory(&self, most: usize) -> Option<Vec<Job>> {
        self.desk.begin_from_memory(self.edge.now(), most)
    }

    /// Milliseconds until [`Relay::due`] may give something that it does not now, if nothing else happens.
    #[must_use]
    pub fn next_due_in(&self) -> Option<u64> {
        let now = self.edge.now();
        self.desk.wake_at().map(|at| u64::try_from(at.0.saturating_sub(now.0)).unwrap_or(0))
    }

    /// Resolves when the queue has changed since this resolved last, or a place is free.
    pub async fn changed(&self) {
        self.desk.changed().await;
    }

    /// Tries once, and commits what became of each recipient.
    ///
    /// # Errors
    /// When the outcome could not be recorded: the items stay as they were and are tried again.
    pub async fn attempt(&self, job: Job) -> Result<(), Fault> {
        let mut report = Report::NotTried;
        let tried = self.try_once(&job, &mut report).await;
        // Another message may use the way while this one's outcome is being committed.
        self.desk.learn(&job, &report, self.edge.now());
        let done = match tried {
            Ok(Some((attempt, Some(outcomes)))) => self.commit(attempt, outcomes).await,
            Ok(Some((attempt, None))) => Box::pin(self.release(attempt)).await,
            Ok(None) => Ok(()),
            Err(fault) => Err(fault),
        };
        self.desk.end(&job, self.edge.now()).and(done)
    }

    /// A job with what the network made of it; with nothing, when it is for mailboxes of this server.
    async fn try_once(&self, job: &Job, report: &mut Report) -> Result<Option<(Attempt, Option<Vec<Outcome>>)>, Fault> {
        let Some(attempt) = self.load(job)? else { return Ok(None) };
        if self.here.contains(&attempt.domain) {
            return Ok(Some((attempt, None)));
        }
        let outcomes = self.outcomes(job, &attempt, report).await?;
        Ok(Some((attempt, Some(outcomes))))
    }

    async fn commit(&self, attempt: Attempt, outcomes: Vec<Outcome>) -> Result<(), Fault> {
        let Attempt { message, items, .. } = attempt;
        let progress = outcomes.iter().any(|outcome| matches!(outcome, Outcome::Relayed { .. }));
        let results: Vec<_> = items
            .into_iter()
            .zip(outcomes)
            .map(|((rcpt, item), outcome)| match outcome {
                Outcome::Deferred { reason } if progress && is_one_too_many(&reason) => self.next_turn(rcpt, item),
                outcome => self.judge(&message, rcpt, item, outcome),
            })
            .collect();
        let bounce = Bounce::due(&message, &results, self.settings.load().expire_secs);
        // durable from here: the outcome, its proof and what the sender is owed are one commit
        self.store
            .write(move |tx| {
                bounce.map_or(Ok(()), |bounce| bounce.owe(tx))?;
                record(tx, &message, &results)
            })
            .await
    }

    /// What a job is about; none when everything in it is gone or held since.
    fn load(&self, job: &Job) -> Result<Option<Attempt>, Fault> {
        let mut items = queue::items_of_job(&self.store, job)?;
        let Some(domain) = items.first().map(|(_, item)| item.recipient.domain().clone()) else { return Ok(None) };
        items.retain(|(_, item)| *item.recipient.domain() == domain);
        let message = queue::message(&self.store, job.envelope)?;
        Ok(message.map(|message| Attempt { message, domain, items }))
    }

    async fn outcomes(&self, job: &Job, attempt: &Attempt, report: &mut Report) -> Result<Vec<Outcome>, Fault> {
        let all = |outcome: Outcome| vec![outcome; attempt.items.len()];
        if self.is_too_late(&attempt.message) {
            return Ok(all(Outcome::Failed { reply: TOO_LATE.to_owned() }));
        }
        if let Some(reason) = &job.skip {
            return Ok(all(Outcome::Unreached { reason: reason.clone() }));
        }
        let outcomes = self.transport.deliver(self.outbound(attempt)?).await;
        *report = match outcomes.iter().find_map(unreached) {
            Some(reason) => Report::Unreached(reason.to_owned()),
            None => Report::Reached,
        };
        Ok(outcomes)
    }

    /// Whether the sender wants the message back by now.
    // [rfc2852#4]
    pub(super) fn is_too_late(&self, message: &Message) -> bool {
        message.wishes.deliver_by.is_some_and(|by| by.late == Late::Return && self.edge.now() >= by.at)
    }

    fn outbound(&self, attempt: &Attempt) -> Result<Outbound, Fault> {
        let message = &attempt.message;
        let mut prefix = self.gossip.as_ref().and_then(|gossip| gossip.field()).unwrap_or_default().into_bytes();
        let told = prefix.len() as u64;
        prefix.extend_from_slice(&message.prefix);
        Ok(Outbound {
            domain: attempt.domain.clone(),
            envelope: message.envelope,
            reverse_path: message.reverse_path.clone(),
            recipients: attempt.items.iter().map(|(_, item)| item.recipient.clone()).collect(),
            params: attempt.items.iter().map(|(_, item)| item.params.clone()).collect(),
            wishes: message.wishes.clone(),
            size: message.size + told,
            utf8: message.utf8,
            eight_bit: message.eight_bit,
            content: Box::new(StoredContent { prefix, body: self.store.open_body(&message.body)?, at: None }),
        })
    }

    /// What an outcome means: a deferral beyond the message's time is a failure.
    pub(super) fn judge(&self, message: &Message, rcpt: u16, mut item: Item, outcome: Outcome) -> Judged {
        let subject = subject(&self.store, message);
        item.attempts += 1;
        let verdict = match outcome {
            Outcome::Relayed { peer, reply, reports } => Verdict::Relayed { peer: peer_value(&peer), reply, reports },
            Outcome::Failed { reply } => Verdict::Failed { reply },
            Outcome::Deferred { reason } | Outcome::Unreached { reason } => self.defer(message, &mut item, reason),
        };
        Judged { rcpt, subject, item, verdict }
    }

    /// A recipient that the peer takes in another transaction: at once, since it has taken others in this one.
    // [rfc5321#4.5.3.1.10]
    fn next_turn(&self, rcpt: u16, item: Item) -> Judged {
        let verdict = Verdict::Later { due: self.edge.now(), tell: false };
        Judged { rcpt, subject: Subject::Envelope, item, verdict }
    }

    fn defer(&self, message: &Message, item: &mut Item, reason: String) -> Verdict {
        let (now, settings) = (self.edge.now(), self.settings.load());
        let age = now.secs() - message.released().secs();
        // [rfc3463#3.5] X.4.7: delivery time expired
        if age >= settings.expire_secs {
            return Verdict::Failed { reply: format!("5.4.7 not reached in time; last: {reason}") };
        }
        if self.is_too_late(message) {
            return Verdict::Failed { reply: TOO_LATE.to_owned() };
        }
        // [rfc2852#4]
        let missed = message.wishes.deliver_by.is_some_and(|by| now >= by.at);
        let late = age >= settings.delay_notice_secs || missed;
        let tell = late && item.delay_told == queue::DelayNotice::Pending;
        if tell {
            item.delay_told = queue::DelayNotice::Sent;
        }
        item.last_reply = reason;
        let jitter = u32::from_be_bytes(self.edge.bytes());
        let again = now.plus_secs(backoff_secs(item.attempts, jitter));
        // what happens at a deadline happens then, not at the next attempt after it
        let deadline = message.wishes.deliver_by.map(|by| by.at).filter(|deadline| *deadline > now);
        Verdict::Later { due: deadline.map_or(again, |deadline| again.min(deadline)), tell }
    }
}

/// What a message failed with that its sender wanted back by a time.
pub(super) const TOO_LATE: &str = "5.4.7 not delivered by the time that its sender asked for";

/// Whether a reason says that a transaction had too many recipients (RFC 5321 §4.5.3.1.10, RFC 3463 X.5.3).
fn is_one_too_many(reason: &str) -> bool {
    reason.contains("452 4.5.3")
}

fn unreached(outcome: &Outcome) -> Option<&str> {
    match outcome {
        Outcome::Unreached { reason } => Some(reason),
        Outcome::Relayed { .. } | Outcome::Deferred { .. } | Outcome::Failed { .. } => None,
    }
}

/// What is decided of one item.
pub(super) struct Judged {
    rcpt: u16,
    subject: Subject,
    /// The item as it will be written.
    pub(super) item: Item,
    /// The decision.
    pub(super) verdict: Verdict,
}

/// What is to be done with an item.
pub(super) enum Verdict {
    /// The peer has it; `reports` when it sends the notices that were asked for.
    Relayed { peer: String, reply: String, reports: bool },
    /// Tried again at `due`; `tell` when the sender is owed a notice.
    Later { due: Time, tell: bool },
    /// It will not arrive.
    Failed { reply: String },
}

/// Under whose key the openings of a message's proofs lie: its sender's, when that is somebody here.
fn subject(store: &Store, message: &Message) -> Subject {
    let sender = message.reverse_path.address().and_then(|address| store.find(address));
    sender.map_or(Subject::Envelope, |entry| Subject::Account(entry.id))
}

/// Writes what became of some recipients of a message.
pub(super) fn record(tx: &mut Tx<'_>, message: &Message, results: &[Judged]) -> Result<(), Fault> {
    let mut finished = Vec::with_capacity(results.len());
    for result in results {
        match result.event(message) {
            Some(event) => {
                tx.record_event(event, result.subject)?;
                finished.push(result.rcpt);
            }
            None => result.write_later(tx, message)?,
        }
    }
    queue::finish(tx, message.envelope, &finished).map(|_| ())
}

impl Judged {
    /// An item that fails for a reason of this server.
    pub(super) fn failed(store: &Store, message: &Message, rcpt: u16, item: Item, reply: &str) -> Self {
        Self { rcpt, subject: subject(store, message), item, verdict: Verdict::Failed { reply: reply.to_owned() } }
    }

    /// The recipient's number in the envelope.
    pub(super) fn rcpt(&self) -> u16 {
        self.rcpt
    }

    /// What is proved of an item that leaves the queue.
    fn event(&self, message: &Message) -> Option<Draft> {
        let event = |kind| Draft::new(kind, message.envelope).rcpt(self.rcpt);
        match &self.verdict {
            Verdict::Relayed { peer, reply, .. } => {
                Some(event(EventKind::RelayOut).commit(Field::Peer, peer).commit(Field::Reply, reply))
            }
            Verdict::Failed { reply } => {
                let code = enhanced_code(Action::Failed, reply);
                Some(event(EventKind::RelayFail).plain(Plain::Status, code).commit(Field::Reply, reply))
            }
            Verdict::Later { .. } => None,
        }
    }

    fn write_later(&self, tx: &mut Tx<'_>, message: &Message) -> Result<(), Fault> {
        let Verdict::Later { due, .. } = self.verdict else { return Ok(()) };
        let Item { attempts, last_reply, delay_told, .. } = self.item.clone();
        let change = |item: &mut Item| {
            if item.due != Due::Held {
                item.due = Due::At(due);
            }
            (item.attempts, item.last_reply, item.delay_told) = (attempts, last_reply, delay_told);
        };
        queue::change(tx, message.envelope, self.rcpt, change).map(|_| ())
    }
}

/// A queued message as a transport reads it.
struct StoredContent {
    prefix: Vec<u8>,
    body: BodyReader,
    /// How much of the body was read; none before the beginning.
    at: Option<u64>,
}

impl Content for StoredContent {
    fn next_piece(&mut self) -> Result<Option<Vec<u8>>, Fault> {
        const PIECE: u64 = 64 * 1024;
        let at = self.at.unwrap_or(0);
        let end = self.body.size().min(at + PIECE);
        let begun = self.at.replace(end).is_some();
        if begun && at == end {
            return Ok(None);
        }
        let piece = if at == end { Vec::new() } else { self.body.read(at..end)? };
        // What stands above the body goes with its beginning: a small message is one piece.
        Ok(Some(if begun { piece } else { [self.prefix.as_slice(), &piece].concat() }))
    }

    fn rewind(&mut self) {
        self.at = None;
    }
}
