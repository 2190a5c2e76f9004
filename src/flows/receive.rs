//! A message from another operator: judged, sealed, delivered to every recipient of this server or to none.

use std::sync::Arc;

use super::content::{Content, ContentWriter, Examination};
use super::receipts::debt::{About, Reader, Told, is_owed, owe};
use super::receipts::{Claim, Teller, claims, is_return};
use super::scan::Scanner;
use super::signatures::{KeyRecords, verdicts};
use super::statistics::{Direction, Traffic};
use super::trace::{Hop, Submitter, TraceFields};
use super::{Gossip, Peer, Transaction, peer_value, recipient_facts};
use crate::ledger::Policy;
use crate::mail::{
    AccountId, Address, Edge, EnvelopeId, Fault, FlagSet, MailParams, RcptParams, ReversePath, Status, Time, Wishes,
};
use crate::policy;
use crate::proto::dkim::{Purpose, Verdict};
use crate::proto::dsn::Action;
use crate::proto::mime::{self, Entry, Headers};
use crate::seal::event::{Draft, EventKind, Field};
use crate::store::{BodyOrigin, NewMessage, Store, Subject, Tx};
use crate::trust::VerifiedOperator;

/// What an operator may hand in at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IntakeSettings {
    /// Octets of a message.
    pub message_max: u64,
    /// Recipients of a transaction.
    pub recipients_max: usize,
}

/// Takes messages from other operators.
pub struct Intake {
    store: Arc<Store>,
    edge: Edge,
    host: String,
    settings: IntakeSettings,
    records: Option<Arc<dyn KeyRecords>>,
    scanner: Option<Arc<dyn Scanner>>,
    gossip: Option<Arc<Gossip>>,
    peers: Option<Arc<Policy>>,
}

/// One transaction with an operator.
pub struct Incoming {
    intake: Arc<Intake>,
    operator: Arc<VerifiedOperator>,
    peer: Peer,
    envelope: EnvelopeId,
    reverse_path: ReversePath,
    declared: u64,
    wishes: Wishes,
    utf8: bool,
    /// Whether the operator wants our proofs of what becomes of it.
    proofs: bool,
    recipients: Vec<Accepted>,
    content: Option<ContentWriter>,
}

/// A recipient that was accepted.
pub(super) struct Accepted {
    /// Whose mailbox it is.
    pub(super) account: AccountId,
    /// As the operator wrote it.
    pub(super) address: Address,
    /// What was asked for it.
    pub(super) params: RcptParams,
}

impl Intake {
    /// `host` is this server's name in `Received:` fields.
    #[must_use]
    pub fn new(store: Arc<Store>, edge: Edge, host: String, settings: IntakeSettings) -> Self {
        Self { store, edge, host, settings, records: None, scanner: None, gossip: None, peers: None }
    }

    /// The same, with verdicts on signatures (DKIM) by these key records.
    #[must_use]
    pub fn verifying(self, records: Option<Arc<dyn KeyRecords>>) -> Self {
        Self { records, ..self }
    }

    /// The same, with a scanner for malware.
    #[must_use]
    pub fn scanning(self, scanner: Option<Arc<dyn Scanner>>) -> Self {
        Self { scanner, ..self }
    }

    /// The same; the state of their log that messages carry is heard.
    // [proofs#gossip]
    #[must_use]
    pub fn hearing(mut self, gossip: Arc<Gossip>) -> Self {
        self.gossip = Some(gossip);
        self
    }

    /// The same; proofs that peers return are judged by the keys of this policy.
    // [proofs#xsceau]
    #[must_use]
    pub fn judging(mut self, policy: &Policy) -> Self {
        self.peers = Some(Arc::new(policy.asking_nobody()));
        self
    }

    /// What an operator may hand in at once.
    #[must_use]
    pub fn settings(&self) -> IntakeSettings {
        self.settings
    }

    /// Begins a transaction; only a listed operator can, which the argument proves.
    ///
    /// # Errors
    /// `550 5.7.1` when the reverse-path's domain is not the operator's, `552 5.3.4` when the declared size is too
    /// large.
    // [mss#4] [rfc1870#6.1]
    pub fn begin(
        self: &Arc<Self>,
        operator: Arc<VerifiedOperator>,
        peer: Peer,
        reverse_path: ReversePath,
        params: &MailParams,
    ) -> Result<Incoming, Fault> {
        policy::incoming_sender(&reverse_path, &operator)?;
        let declared = params.size.unwrap_or(0);
        if declared > self.settings.message_max {
            return Err(Fault::peer(Status::MessageTooLarge, format!("{declared} octets declared")));
        }
        let envelope = EnvelopeId::random(&*self.edge.chance);
        Ok(Incoming {
            intake: Arc::clone(self),
            operator,
            peer,
            envelope,
            reverse_path,
            declared,
            wishes: params.wishes(self.edge.now()),
            utf8: params.utf8,
            proofs: params.proofs,
            recipients: Vec::new(),
            content: None,
        })
    }
}

impl Transaction for Incoming {
    fn recipient(&mut self, address: &Address, params: &RcptParams) -> Result<(), Fault> {
        if self.recipients.len() >= self.intake.settings.recipients_max {
            return Err(Fault::peer(Status::TooManyRecipients, "the limit of one transaction"));
        }
        let entry = self.intake.store.find(address);
        let facts = entry.as_deref().map(|entry| recipient_facts(&self.intake.store, entry)).transpose()?;
        policy::incoming_recipient(facts, self.declared)?;
        let account = entry.map(|entry| entry.id);
        // Named twice, delivered once (RFC 5321 §4.1.1.3 leaves it to the server).
        if let Some(account) = account.filter(|id| !self.recipients.iter().any(|known| known.account == *id)) {
            self.recipients.push(Accepted { account, address: address.clone(), params: params.clone() });
        }
        Ok(())
    }

    async fn begin_content(&mut self) -> Result<(), Fault> {
        let origin =
            BodyOrigin { envelope: Some(self.envelope), account: self.recipients.first().map(|first| first.account) };
        let max = self.intake.settings.message_max;
        let Intake { store, host, records, scanner, .. } = &*self.intake;
        let digest = records.as_ref().map(|_| Purpose::Verify);
        let examination = Examination { digest, scanner: scanner.clone() };
        self.content = Some(ContentWriter::begin(store, origin, max, host, &examination).await?);
        Ok(())
    }

    async fn write(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        match &mut self.content {
            Some(content) => content.write(bytes).await,
            None => Err(Fault::ours(Status::OutOfSequence, "content before its beginning")),
        }
    }

    // [rfc5321#6.1]
    async fn commit(mut self) -> Result<EnvelopeId, Fault> {
        let begun = self.content.take().ok_or_else(|| Fault::ours(Status::OutOfSequence, "no content"))?;
        let content = begun.finish().await.map_err(|unfit| unfit.fault)?;
        let (envelope, intake) = (self.envelope, Arc::clone(&self.intake));
        let rumour = content.header(super::gossip::FIELD);
        let teller = Teller::Operator { operator: &self.operator, peers: intake.peers.as_deref() };
        let claims = claims(&intake.store, teller, &content)?;
        // [proofs#xsceau] what servers tell each other is in nobody's mailbox
        if self.reverse_path.address().is_none() && is_return(&content) {
            // durable from here: what the peer proved is in the chains of its messages
            intake.store.write(move |tx| claims.into_iter().try_for_each(|claim| claim.write(tx))).await?;
            return Ok(envelope);
        }
        let traffic = self.traffic(&content);
        let (header, now) = (&content.structure.header, intake.edge.now());
        let signatures = verdicts(intake.records.as_deref(), header, &content.hashes, now).await;
        let delivery = self.delivery(content, claims, &signatures);
        // durable from here: the message, its quota, its UIDs, its proofs and what its sender is owed are one commit
        intake.store.write(move |tx| traffic.count(tx).and_then(|()| delivery.write(tx))).await?;
        if let (Some(gossip), Some(rumour)) = (&intake.gossip, rumour) {
            gossip.hear_beside(rumour);
        }
        Ok(envelope)
    }
}

impl Incoming {
    fn traffic(&self, content: &Content) -> Traffic {
        let sender = self.reverse_path.address().map(Address::domain);
        let recipients = self.recipients.iter().map(|accepted| &accepted.address);
        Traffic::of(Direction::In, sender, recipients, &content.structure.header)
    }

    fn delivery(self, content: Content, claims: Vec<Claim>, signatures: &[Verdict]) -> Delivery {
        let now = self.intake.edge.now();
        let prefix = self.trace(&content, signatures, now).bytes();
        let from = self.reverse_path.to_string();
        let arrival = content.describe(
            Draft::new(EventKind::RelayIn, self.envelope)
                .commit(Field::From, if from.is_empty() { "<>" } else { &from })
                .commit(Field::Peer, &peer_value(&self.operator)),
        );
        let Self { envelope, reverse_path, wishes, proofs, recipients, .. } = self;
        Delivery { envelope, reverse_path, wishes, proofs, now, recipients, prefix, content, arrival, claims }
    }

    fn trace(&self, content: &Content, signatures: &[Verdict], now: Time) -> TraceFields {
        let (host, header) = (&self.intake.host, &content.structure.header);
        // [rfc5321#7.2] whom nobody is shown by the header, nobody is shown here
        let recipient = match &self.recipients[..] {
            [only] if names(header, &only.address) => Some(&only.address),
            _ => None,
        };
        let (by, envelope) = (Submitter::Operator, self.envelope);
        let mut trace = TraceFields::default();
        trace.received(&self.peer, &Hop { host, by, utf8: self.utf8, envelope, recipient, now });
        trace.operator(&self.operator, &self.peer.tls);
        let mut results = vec![format!("x-mssante=pass smtp.mailfrom={}", self.sender_domain())];
        results.extend(signatures.iter().map(Verdict::result));
        trace.results(host, &results);
        trace.untrusted(header, host);
        trace.return_path(&self.reverse_path);
        trace
    }

    /// The domain that the operator's certificate was matched with; for a report the operator's own name was.
    fn sender_domain(&self) -> String {
        self.reverse_path.address().map_or_else(|| "\"\"".to_owned(), |address| address.domain().to_string())
    }
}

/// Everything that the commit needs, gathered before it so that the writer waits for nothing.
struct Delivery {
    envelope: EnvelopeId,
    reverse_path: ReversePath,
    wishes: Wishes,
    proofs: bool,
    now: Time,
    recipients: Vec<Accepted>,
    prefix: Vec<u8>,
    content: Content,
    arrival: Draft,
    claims: Vec<Claim>,
}

impl Delivery {
    fn write(self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        let (mut told, mut returned) = (Vec::new(), Vec::new());
        for (number, Accepted { account, address, params }) in (1_u16..).zip(&self.recipients) {
            tx.record_event(self.arrival.clone().rcpt(number), Subject::Account(*account))?;
            deliver(tx, *account, address, (self.envelope, number), &self.prefix, &self.content)?;
            match delivered(number, address, params) {
                Some(asked) => told.push(asked),
                None if self.proofs => returned.push(put(number, address, params)),
                None => {}
            }
        }
        if let Some(id) = self.content.message_id() {
            tx.remember_message_id(&id, self.envelope);
        }
        let Self { envelope, reverse_path, wishes, now, prefix, content, claims, .. } = self;
        claims.into_iter().try_for_each(|claim| claim.write(tx))?;
        let about = About {
            envelope,
            reverse_path: &reverse_path,
            accepted: now,
            wishes: &wishes,
            prefix: &prefix,
            reader: Reader::Sender,
        };
        owe(tx, about, &told, |tx| tx.hold_body(&content.body))?;
        owe(tx, About { reader: Reader::Server, ..about }, &returned, |tx| tx.hold_body(&content.body))
    }
}

/// What the sender is told of a recipient whose mailbox has the message.
// [rfc3461#6.2]
pub(super) fn delivered(rcpt: u16, recipient: &Address, params: &RcptParams) -> Option<Told> {
    is_owed(params, Action::Delivered).then(|| put(rcpt, recipient, params))
}

fn put(rcpt: u16, recipient: &Address, params: &RcptParams) -> Told {
    Told {
        rcpt,
        recipient: recipient.clone(),
        original: params.original.clone(),
        action: Action::Delivered,
        diagnostic: "250 2.1.5 delivered".to_owned(),
        retry_until: None,
    }
}

/// Whether the header shows an address to every recipient.
pub(super) fn names(header: &[u8], address: &Address) -> bool {
    let shown = |name: &[u8]| {
        [&b"to"[..], b"cc", b"resent-to", b"resent-cc"].iter().any(|shown| name.eq_ignore_ascii_case(shown))
    };
    Headers::new(header).filter(|field| shown(field.name)).any(|field| {
        mime::addresses(&field.value()).iter().any(|entry| match entry {
            Entry::Mailbox { local, domain, .. } => {
                Address::parse(&format!("{local}@{domain}")).is_ok_and(|found| found.key() == address.key())
            }
            Entry::GroupStart(_) | Entry::GroupEnd => false,
        })
    })
}

/// Puts a message into an account's INBOX, with the proof of it.
pub(super) fn deliver(
    tx: &mut Tx<'_>,
    account: AccountId,
    address: &Address,
    (envelope, rcpt): (EnvelopeId, u16),
    prefix: &[u8],
    content: &Content,
) -> Result<(), Fault> {
    let inbox = tx.inbox(account)?;
    tx.append(
        account,
        inbox,
        NewMessage {
            body: &content.body,
            prefix,
            structure: &content.structure,
            flags: FlagSet::default(),
            internal_date: tx.now(),
            envelope: Some((envelope, rcpt)),
        },
    )?;
    let mailbox = format!("{address} INBOX");
    let delivered = Draft::new(EventKind::Deliver, envelope).rcpt(rcpt).commit(Field::Mailbox, &mailbox);
    tx.record_event(delivered, Subject::Account(account))?;
    Ok(())
}
