//! A message from a login of ours: judged while the person still looks at it, sealed, delivered here and queued for
//! other operators, all in one commit.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::blind_copies::BlindCopyFilter;
use super::content::{Content, ContentWriter};
use super::receive::deliver;
use super::trace::TraceFields;
use super::{Login, Peer, Transaction, recipient_facts};
use crate::mail::{
    AccountId, Address, Domain, Edge, EnvelopeId, Fault, MailParams, RcptParams, ReversePath, Status, Time, Wishes,
};
use crate::policy::{self, Destination};
use crate::proto::mime::header::Headers;
use crate::proto::mime::{Entry, Envelope};
use crate::queue;
use crate::seal::event::{Draft, EventKind, Field, LeafHash, Via};
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
}

/// One transaction with a login.
pub struct Outgoing {
    submission: Arc<Submission>,
    login: Login,
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
        Self { store, trust, edge, settings }
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
        policy::outgoing_sender(std::slice::from_ref(&login.address), &reverse_path)?;
        let declared = params.size.unwrap_or(0);
        if declared > self.settings.message_max {
            return Err(Fault::user(Status::MessageTooLarge, format!("{declared} octets declared")));
        }
        Ok(Outgoing {
            submission: Arc::clone(self),
            login: login.clone(),
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
        let writer = ContentWriter::begin(&self.submission.store, origin, max);
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
        let content = writer.finish().await?;
        authored_by(&self.login, &content.structure.header)?;
        let (envelope, store) = (self.envelope, Arc::clone(&self.submission.store));
        let sending = self.sending(content);
        // durable from here: the seal, local deliveries and queue items are one commit
        store.write(move |tx| sending.write(tx)).await?;
        Ok(envelope)
    }
}

impl Outgoing {
    fn sending(self, content: Content) -> Sending {
        let now = self.submission.edge.now();
        let seal = Draft::new(EventKind::Seal, self.envelope)
            .level(self.login.level)
            .via(Via::Submission)
            .commit(Field::From, &self.reverse_path.to_string())
            .commit(Field::Login, &self.login.address.to_string());
        let seal = (1_u16..)
            .zip(&self.recipients)
            .fold(seal, |seal, (number, to)| seal.commit(Field::To(number), &to.address.to_string()));
        let seal = content.describe(seal);
        let settings = &self.submission.settings;
        let origin = format!("{}/{}", settings.origin, now.year());
        let (host, sender) = (settings.host.clone(), self.login.account);
        let wishes = self.params.wishes(now);
        let Self { peer, envelope, reverse_path, recipients, .. } = self;
        Sending { host, origin, now, peer, envelope, reverse_path, wishes, recipients, content, sender, seal }
    }
}

/// Everything that the commit needs, gathered before it so that the writer waits for nothing.
struct Sending {
    host: String,
    origin: String,
    now: Time,
    peer: Peer,
    envelope: EnvelopeId,
    reverse_path: ReversePath,
    wishes: Wishes,
    recipients: Vec<Addressee>,
    content: Content,
    sender: AccountId,
    seal: Draft,
}

impl Sending {
    fn write(self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        let seal = tx.record_event(self.seal.clone(), Subject::Account(self.sender))?;
        let mut trace = self.trace(seal);
        let relayed = trace.bytes();
        trace.return_path(&self.reverse_path);
        let delivered = trace.bytes();
        let mut away = Vec::new();
        for (number, Addressee { address, params, account }) in (1_u16..).zip(&self.recipients) {
            match account {
                Some(account) => {
                    deliver(tx, *account, address, (self.envelope, number), &delivered, &self.content)?;
                }
                None => away.push((number, queue::Item::first(address.clone(), params.clone()))),
            }
        }
        if let Some(id) = self.content.message_id() {
            tx.remember_message_id(&id, self.envelope);
        }
        if away.is_empty() {
            return Ok(());
        }
        let queued = self.queued(tx, relayed)?;
        queue::enqueue(tx, queued, &away)
    }

    /// The fields above the sealed bytes; what RFC 6409 §8 asks a submission server to complete among them.
    // [rfc6409#8] [proofs#seal-field]
    fn trace(&self, seal: LeafHash) -> TraceFields {
        let mut trace = TraceFields::default();
        trace.seal(&self.origin, self.envelope, &seal.to_string());
        let header = &self.content.structure.header;
        if Headers::find(header, "Message-ID").is_none() {
            trace.completed("Message-ID", &format!("<{}@{}>", self.envelope, self.host));
        }
        if Headers::find(header, "Date").is_none() {
            trace.completed("Date", &self.now.rfc5322());
        }
        trace.received(&self.peer, &self.host, "ESMTPSA", self.envelope, self.now);
        trace
    }

    fn queued(&self, tx: &mut Tx<'_>, prefix: Vec<u8>) -> Result<queue::Message, Fault> {
        Ok(queue::Message {
            envelope: self.envelope,
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

/// `From:` is there once and names the login's own address only: what people read must be as true as the
/// reverse-path. A second field would be shown by some clients instead of the first.
// [rfc6409#6.1] [rfc5322#3.6]
fn authored_by(login: &Login, header: &[u8]) -> Result<(), Fault> {
    if Headers::new(header).filter(|field| field.is("From")).count() != 1 {
        return Err(Fault::user(Status::MessageMalformed, "From is not there exactly once"));
    }
    let mut authors = 0;
    for entry in Envelope::from_header(header).from {
        let Entry::Mailbox { local, domain, .. } = entry else { continue };
        let own = Domain::parse(&domain).is_ok_and(|domain| domain == *login.address.domain())
            && local.to_lowercase() == login.address.local().to_lowercase();
        if !own {
            return Err(Fault::user(Status::NotYourAddress, "From is not an address of the login"));
        }
        authors += 1;
    }
    if authors == 0 { Err(Fault::user(Status::MessageMalformed, "no address in From")) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seal::event::Level;

    #[test]
    fn a_login_signs_with_its_own_address_only() {
        // [rfc6409#6.1] [rfc5322#3.6]
        let address = Address::parse("Jean@a.mssante.fr").unwrap();
        let login = Login { account: AccountId(1), address, level: Level::Password };
        for (header, status) in [
            ("From: Jean <jean@A.mssante.fr>\r\n\r\n", None),
            ("From: eve@a.mssante.fr\r\n\r\n", Some(Status::NotYourAddress)),
            ("From: jean@a.mssante.fr, eve@a.mssante.fr\r\n\r\n", Some(Status::NotYourAddress)),
            ("From: jean@a.mssante.fr\r\nFrom: eve@a.mssante.fr\r\n\r\n", Some(Status::MessageMalformed)),
            ("To: jean@a.mssante.fr\r\n\r\n", Some(Status::MessageMalformed)),
            ("From: group:;\r\n\r\n", Some(Status::MessageMalformed)),
        ] {
            assert_eq!(authored_by(&login, header.as_bytes()).err().map(|f| f.status), status, "{header}");
        }
    }
}
