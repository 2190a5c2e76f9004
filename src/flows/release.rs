//! Messages for mailboxes of this server that waited for a time which their sender named (RFC 4865): when it has come,
//! their recipients are judged anew, since an account may be full or closed by then, and they are delivered.
//!
//! The content is sealed once more under the day of its delivery: how long it is kept counts from there. Its bytes, and
//! so its digest in the proofs, stay the same.

use super::bounce::Bounce;
use super::content::{Content, ContentWriter, Examination};
use super::deliver::{Attempt, Judged, Relay, record};
use super::receipts::debt::{About, Reader, owe};
use super::receive::{deliver, delivered};
use super::{Outcome, Transport, recipient_facts};
use crate::mail::{AccountId, Fault};
use crate::policy;
use crate::queue::{self, Item, Message};
use crate::store::{BodyOrigin, Store, Tx};

/// What becomes of one message: who gets it now, and who does not.
struct Release {
    message: Message,
    content: Content,
    arrivals: Vec<(u16, Item, AccountId)>,
    results: Vec<Judged>,
    bounce: Option<Bounce>,
}

impl<T: Transport> Relay<T> {
    /// Delivers to mailboxes of this server.
    pub(super) async fn release(&self, attempt: Attempt) -> Result<(), Fault> {
        let Attempt { message, items, .. } = attempt;
        let (mut arrivals, mut results) = (Vec::new(), Vec::new());
        for (rcpt, item) in items {
            match self.arrival(&message, &item) {
                Ok(account) => arrivals.push((rcpt, item, account)),
                Err(outcome) => results.push(self.judge(&message, rcpt, item, outcome)),
            }
        }
        let content = sealed_again(self.store(), &message, arrivals.first().map(|(_, _, account)| *account)).await?;
        let bounce = Bounce::due(&message, &results, self.expire_secs());
        let release = Release { message, content, arrivals, results, bounce };
        // durable from here: deliveries, failures, their proofs and what the sender is owed are one commit
        self.store().write(move |tx| release.write(tx)).await
    }

    /// The account that takes the message, or what becomes of it.
    // [rfc4865#4]
    fn arrival(&self, message: &Message, item: &Item) -> Result<AccountId, Outcome> {
        if self.is_too_late(message) {
            return Err(Outcome::Failed { reply: super::deliver::TOO_LATE.to_owned() });
        }
        let store = self.store();
        let entry = store.find(&item.recipient);
        let facts = entry.as_deref().map(|entry| recipient_facts(store, entry)).transpose();
        let judged = facts.and_then(|facts| policy::incoming_recipient(facts, message.size));
        match (judged, entry) {
            (Ok(()), Some(entry)) => Ok(entry.id),
            (Ok(()), None) => Err(Outcome::Deferred { reason: "the directory changes just now".to_owned() }),
            (Err(fault), _) => Err(outcome(&fault)),
        }
    }
}

/// As a peer would have said it.
fn outcome(fault: &Fault) -> Outcome {
    let said = format!("{} {} {}", fault.status.smtp(), fault.status.enhanced(), fault.status.text());
    match fault.status.smtp() {
        500.. => Outcome::Failed { reply: said },
        _ => Outcome::Deferred { reason: said },
    }
}

async fn sealed_again(store: &Store, message: &Message, account: Option<AccountId>) -> Result<Content, Fault> {
    let held = store.open_body(&message.body)?;
    let origin = BodyOrigin { envelope: Some(message.envelope), account };
    let mut writer = ContentWriter::begin(store, origin, held.size(), "", &Examination::default()).await?;
    let mut at = 0;
    while at < held.size() {
        let end = held.size().min(at + PIECE);
        writer.write(&held.read(at..end)?).await?;
        at = end;
    }
    writer.finish().await.map_err(|unfit| unfit.fault)
}

/// Octets that are read at a time.
const PIECE: u64 = 64 * 1024;

impl Release {
    fn write(self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        let Self { message, content, arrivals, results, bounce } = self;
        let Message { envelope, reverse_path, accepted, wishes, prefix, .. } = &message;
        let above = [format!("Return-Path: <{reverse_path}>\r\n").as_bytes(), prefix].concat();
        let (mut told, mut finished) = (Vec::new(), Vec::new());
        for (rcpt, item, account) in &arrivals {
            deliver(tx, *account, &item.recipient, (*envelope, *rcpt), &above, &content)?;
            told.extend(delivered(*rcpt, &item.recipient, &item.params));
            finished.push(*rcpt);
        }
        let about =
            About { envelope: *envelope, reverse_path, accepted: *accepted, wishes, prefix, reader: Reader::Sender };
        owe(tx, about, &told, |tx| tx.hold_body(&content.body))?;
        bounce.map_or(Ok(()), |bounce| bounce.owe(tx))?;
        record(tx, &message, &results)?;
        queue::finish(tx, *envelope, &finished).map(drop)
    }
}
