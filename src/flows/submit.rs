//! A message from a login of ours: judged while the person still looks at it, sealed, delivered here and queued for
//! other operators, all in one commit.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::authorship::authored_by;
use super::blind_copies::BlindCopyFilter;
use super::content::{Content, ContentWriter, Examination, Unfit};
use super::receipts::debt::{About, Reader, owe};
use super::receipts::{Claim, Teller, claims};
use super::receive::{deliver, delivered, names};
use super::refuse::Refusals;
use super::scan::Scanner;
use super::signatures::Signers;
use super::statistics::{Direction, Traffic};
use super::trace::{Hop, Submitter, TraceFields};
use super::{Login, Peer, Transaction, addresses, recipient_facts};
use crate::mail::{
    AccountId, Address, Domain, Edge, EnvelopeId, Fault, MailParams, RcptParams, ReversePath, Status, Time, Wishes,
};
use crate::policy::{self, Destination};
use crate::proto::mime::Headers;
use crate::queue;
use crate::seal::event::{Draft, EventKind, Field, LeafHash, Via, message_value};
use crate::store::{BodyOrigin, Store, Subject, Tx};
use crate::trust::Trust;

/// What a login may send at once, and what this server is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubmissionSettings {
    /// Octets of a message.
    pub message_max: u64,
    /// Recipients of a message.
    pub recipients_max: usize,
    /// This server's name in `Received:` and Message-IDs.
    pub host: String,
    /// The domains whose mailboxes are here.
    pub domains: BTreeSet<Domain>,
    /// The ledger's origin, as in `X-Sceau-Seal:`; the year is added.
    pub origin: String,
}

/// Takes messages from people and programs that signed in.
pub struct Submission {
    store: Arc<Store>,
    trust: Arc<Trust>,
    edge: Edge,
    settings: SubmissionSettings,
    refusals: Arc<Refusals>,
    signers: Arc<Signers>,
    scanner: Option<Arc<dyn Scanner>>,
}

/// One transaction with a login.
pub struct Outgoing {
    submission: Arc<Submission>,
    login: Login,
    /// The addresses that the login may write in the name of.
    owned: Vec<Address>,
    peer: Peer,
    envelope: EnvelopeId,
    reverse_path: ReversePath,
    declared: u64,
    params: MailParams,
    recipients: Vec<Addressee>,
    content: Option<(BlindCopyFilter, ContentWriter)>,
    scratch: Vec<u8>,
}

/// A recipient that was accepted.
pub(super) struct Addressee {
    /// As the login wrote it.
    pub(super) address: Address,
    /// What was asked for it.
    pub(super) params: RcptParams,
    /// The account, when its mailbox is here.
    pub(super) account: Option<AccountId>,
}

impl Submission {
    /// The flow over these parts.
    #[must_use]
    pub fn new(store: Arc<Store>, trust: Arc<Trust>, edge: Edge, settings: SubmissionSettings) -> Self {
        let refusals = Arc::new(Refusals::new(Arc::clone(&store), edge.clone()));
        Self { store, trust, edge, settings, refusals, signers: Arc::default(), scanner: None }
    }

    /// The same, with signatures (DKIM) over what leaves.
    #[must_use]
    pub fn signing(self, signers: Arc<Signers>) -> Self {
        Self { signers, ..self }
    }

    /// The same, with a scanner for malware.
    #[must_use]
    pub fn scanning(self, scanner: Option<Arc<dyn Scanner>>) -> Self {
        Self { scanner, ..self }
    }

    /// The same, with the count of today's refusals of the flow that this one replaces.
    #[must_use]
    pub fn remembering(self, before: &Self) -> Self {
        Self { refusals: Arc::clone(&before.refusals), ..self }
    }

    /// What a login may send at once.
    #[must_use]
    pub fn settings(&self) -> &SubmissionSettings {
        &self.settings
    }

    /// Begins a transaction of this login.
    ///
    /// # Errors
    /// `553 5.7.1` when the reverse-path belongs to somebody else, `552 5.3.4` when the declared size is too large.
    pub fn begin(
        self: &Arc<Self>,
        login: &Login,
        peer: Peer,
        reverse_path: ReversePath,
        params: &MailParams,
    ) -> Result<Outgoing, Fault> {
        let owned = addresses(&self.store, login)?;
        policy::outgoing_sender(&owned, &reverse_path)?;
        let declared = params.size.unwrap_or(0);
        if declared > self.settings.message_max {
            return Err(Fault::user(Status::MessageTooLarge, format!("{declared} octets declared")));
        }
        Ok(Outgoing {
            submission: Arc::clone(self),
            login: login.clone(),
            owned,
            peer,
            envelope: EnvelopeId::random(&*self.edge.chance),
            reverse_path,
            declared,
            params: params.clone(),
            recipients: Vec::new(),
            content: None,
            scratch: Vec::new(),
        })
    }

    /// Records that a login was refused before its message was there, with the reverse-path that it gave. What its
    /// message itself was refused for, [`Transaction::commit`] records.
    pub async fn refused(&self, login: &Login, from: Option<&ReversePath>, fault: &Fault) {
        self.refusals.record(login, from, None, fault).await;
    }

    fn destination(&self, address: &Address) -> Result<(Destination, Option<AccountId>), Fault> {
        if self.settings.domains.contains(address.domain()) {
            let entry = self.store.find(address);
            let facts = entry.as_deref().map(|entry| recipient_facts(&self.store, entry)).transpose()?;
            return Ok((Destination::Here(facts), entry.map(|entry| entry.id)));
        }
        let listed = self.trust.lists(address.domain());
        Ok((if listed { Destination::Listed } else { Destination::Outside }, None))
    }
}

impl Transaction for Outgoing {
    fn recipient(&mut self, address: &Address, params: &RcptParams) -> Result<(), Fault> {
        if self.recipients.len() >= self.submission.settings.recipients_max {
            return Err(Fault::user(Status::TooManyRecipients, "the limit of one message"));
        }
        let (destination, account) = self.submission.destination(address)?;
        policy::outgoing_recipient(destination, self.declared)?;
        if !self.recipients.iter().any(|known| known.address.key() == address.key()) {
            self.recipients.push(Addressee { address: address.clone(), params: params.clone(), account });
        }
        Ok(())
    }

    async fn begin_content(&mut self) -> Result<(), Fault> {
        let max = self.submission.settings.message_max;
        let origin = BodyOrigin { envelope: Some(self.envelope), account: Some(self.login.account) };
        let Submission { store, signers, scanner, settings, .. } = &*self.submission;
        let examination = Examination { digest: signers.purpose(), scanner: scanner.clone() };
        let writer = ContentWriter::begin(store, origin, max, &settings.host, &examination).await?;
        self.content = Some((BlindCopyFilter::new(), writer));
        Ok(())
    }

    async fn write(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        match &mut self.content {
            Some((filter, writer)) => writer.write(filter.push(bytes, &mut self.scratch)).await,
            None => Err(Fault::ours(Status::OutOfSequence, "content before its beginning")),
        }
    }

    async fn commit(mut self) -> Result<EnvelopeId, Fault> {
        let begun = self.content.take().ok_or_else(|| Fault::ours(Status::OutOfSequence, "no content"))?;
        let (filter, mut writer) = begun;
        writer.write(&filter.finish()).await?;
        let content = match writer.finish().await {
            Ok(content) => content,
            Err(Unfit { fault, message }) => {
                let refusals = &self.submission.refusals;
                refusals.record(&self.login, Some(&self.reverse_path), message.as_deref(), &fault).await;
                return Err(fault);
            }
        };
        let author = match authored_by(&self.owned, &content.structure.header) {
            Ok(author) => author,
            Err(fault) => {
                let message = message_value(content.body.size(), content.body.sha256());
                let refusals = &self.submission.refusals;
                refusals.record(&self.login, Some(&self.reverse_path), Some(&message), &fault).await;
                return Err(fault);
            }
        };
        let (envelope, store) = (self.envelope, Arc::clone(&self.submission.store));
        let claims = claims(&store, Teller::Login(&self.login), &content)?;
        let traffic = self.traffic(&content);
        let sending = self.sending(content, author.domain(), claims);
        // durable from here: the seals, local deliveries, queue items and what the sender is owed are one commit
        store.write(move |tx| traffic.count(tx).and_then(|()| sending.write(tx))).await?;
        Ok(envelope)
    }
}

impl Outgoing {
    fn traffic(&self, content: &Content) -> Traffic {
        let from = self.reverse_path.address().unwrap_or(&self.login.address).domain();
        let recipients = self.recipients.iter().map(|to| &to.address);
        Traffic::of(Direction::Out, Some(from), recipients, &content.structure.header)
    }

    fn sending(mut self, content: Content, author: &Domain, claims: Vec<Claim>) -> Sending {
        let submission = Arc::clone(&self.submission);
        let now = submission.edge.now();
        let letters = self.letters(&content);
        let letters = letters.into_iter().map(|letter| self.sealed(letter, &content)).collect();
        let settings = &submission.settings;
        let origin = format!("{}/{}", settings.origin, now.year());
        let (host, sender) = (settings.host.clone(), self.login.account);
        let (wishes, utf8) = (self.params.wishes(now), self.params.utf8);
        let Self { peer, envelope, reverse_path, .. } = self;
        let completed = completed(&content, envelope, &host, now);
        // Before the commit, since a signature takes longer than all the rest of it.
        let header = [completed.concat().as_bytes(), &content.structure.header].concat();
        let signatures = submission.signers.fields(author, &header, &content.hashes, now);
        let common = Common {
            host,
            origin,
            now,
            peer,
            first: envelope,
            reverse_path,
            wishes,
            utf8,
            content,
            sender,
            completed,
            signatures,
        };
        Sending { common, letters, claims }
    }

    /// The recipients whom the header shows in one envelope, each other in an envelope of its own: neither a proof nor
    /// a trace field tells anybody of a blind copy.
    // [rfc5321#7.2] [proofs#blind-copies]
    fn letters(&mut self, content: &Content) -> Vec<(EnvelopeId, Vec<Addressee>)> {
        let header = &content.structure.header;
        let (shown, blind): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.recipients).into_iter().partition(|to| names(header, &to.address));
        let chance = &self.submission.edge.chance;
        let shown = std::iter::once(shown).filter(|shown| !shown.is_empty());
        let groups = shown.chain(blind.into_iter().map(|to| vec![to]));
        // The first one has the id that the reply tells.
        let ids = std::iter::once(self.envelope).chain(std::iter::repeat_with(|| EnvelopeId::random(&**chance)));
        ids.zip(groups).collect()
    }

    fn sealed(&self, (envelope, recipients): (EnvelopeId, Vec<Addressee>), content: &Content) -> Letter {
        let from = self.reverse_path.to_string();
        let seal = Draft::new(EventKind::Seal, envelope)
            .via(Via::Submission)
            .commit(Field::From, if from.is_empty() { "<>" } else { &from });
        let seal = self.login.sign(seal);
        let seal = (1_u16..)
            .zip(&recipients)
            .fold(seal, |seal, (number, to)| seal.commit(Field::To(number), &to.address.to_string()));
        Letter { envelope, recipients, seal: content.describe(seal) }
    }
}

/// Everything that the commit needs, gathered before it so that the writer waits for nothing.
struct Sending {
    common: Common,
    letters: Vec<Letter>,
    claims: Vec<Claim>,
}

/// What all envelopes of a submission share.
struct Common {
    host: String,
    origin: String,
    now: Time,
    peer: Peer,
    /// The envelope whose id the reply tells.
    first: EnvelopeId,
    reverse_path: ReversePath,
    wishes: Wishes,
    utf8: bool,
    content: Content,
    sender: AccountId,
    /// The fields that the client left out.
    completed: Vec<String>,
    /// The signatures of the author's domain.
    signatures: Vec<String>,
}

/// One envelope.
struct Letter {
    envelope: EnvelopeId,
    recipients: Vec<Addressee>,
    seal: Draft,
}

impl Sending {
    fn write(self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        self.letters.into_iter().try_for_each(|letter| letter.write(tx, &self.common))?;
        self.claims.into_iter().try_for_each(|claim| claim.write(tx))
    }
}

impl Letter {
    fn write(self, tx: &mut Tx<'_>, common: &Common) -> Result<(), Fault> {
        let Self { envelope, recipients, seal } = self;
        let seal = tx.record_event(seal, Subject::Account(common.sender))?;
        let mut trace = common.trace(envelope, &recipients, seal);
        let relayed = trace.bytes();
        trace.return_path(&common.reverse_path);
        let above = trace.bytes();
        let (mut away, mut told) = (Vec::new(), Vec::new());
        for (number, Addressee { address, params, account }) in (1_u16..).zip(recipients) {
            // [rfc4865#4] what is for later waits in the queue, for mailboxes of this server too
            match account.filter(|_| !common.is_for_later()) {
                Some(account) => {
                    deliver(tx, account, &address, (envelope, number), &above, &common.content)?;
                    told.extend(delivered(number, &address, &params));
                }
                None => away.push((number, queue::Item::first(address, params))),
            }
        }
        tx.remember_message_id(&common.message_id(), envelope);
        let Common { reverse_path, now, wishes, content, .. } = common;
        let about = About { envelope, reverse_path, accepted: *now, wishes, prefix: &relayed, reader: Reader::Sender };
        owe(tx, about, &told, |tx| tx.hold_body(&content.body))?;
        if away.is_empty() {
            return Ok(());
        }
        let queued = common.queued(tx, envelope, relayed)?;
        queue::enqueue(tx, queued, &away)
    }
}

impl Common {
    fn is_for_later(&self) -> bool {
        self.wishes.hold_until.is_some_and(|until| until > self.now)
    }

    /// The message's id, which this server gave when the client did not.
    fn message_id(&self) -> String {
        self.content.message_id().unwrap_or_else(|| message_id(self.first, &self.host))
    }

    /// The fields above the sealed bytes.
    // [proofs#seal-field] [rfc6376#5]
    fn trace(&self, envelope: EnvelopeId, recipients: &[Addressee], seal: LeafHash) -> TraceFields {
        let mut trace = TraceFields::default();
        trace.seal(&self.origin, envelope, &seal.to_string());
        self.completed.iter().chain(&self.signatures).for_each(|field| trace.whole(field));
        // [rfc5321#7.2]
        let recipient = match recipients {
            [only] if names(&self.content.structure.header, &only.address) => Some(&only.address),
            _ => None,
        };
        let Self { host, utf8, now, .. } = self;
        let hop = Hop { host, by: Submitter::Login, utf8: *utf8, envelope, recipient, now: *now };
        trace.received(&self.peer, &hop);
        trace
    }

    fn queued(&self, tx: &mut Tx<'_>, envelope: EnvelopeId, prefix: Vec<u8>) -> Result<queue::Message, Fault> {
        Ok(queue::Message {
            envelope,
            reverse_path: self.reverse_path.clone(),
            size: prefix.len() as u64 + self.content.body.size(),
            prefix,
            body: tx.hold_body(&self.content.body)?,
            utf8: !self.content.structure.header.is_ascii(),
            eight_bit: self.content.eight_bit,
            wishes: self.wishes.clone(),
            accepted: self.now,
            open_items: 0,
        })
    }
}

fn message_id(envelope: EnvelopeId, host: &str) -> String {
    format!("<{envelope}@{host}>")
}

/// What RFC 6409 §8 asks a submission server to complete.
// [rfc6409#8]
fn completed(content: &Content, envelope: EnvelopeId, host: &str, now: Time) -> Vec<String> {
    let header = &content.structure.header;
    let mut fields = Vec::new();
    if Headers::find(header, "Message-ID").is_none() {
        fields.push(format!("Message-ID: {}\r\n", message_id(envelope, host)));
    }
    if Headers::find(header, "Date").is_none() {
        fields.push(format!("Date: {}\r\n", now.rfc5322()));
    }
    fields
}
