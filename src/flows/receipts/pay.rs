//! Debts become reports: composed with the proofs of what they say, and delivered or queued in the commit that strikes
//! the debt out.

use std::sync::Arc;

use super::debt::{self, Debt, Delivery, Reader, Reading, Told, What};
use crate::flows::{ExportedProof, Proofs, Signers};
use crate::mail::{
    AccountId, Address, Blame, Domain, Edge, EnvelopeId, Fault, FlagSet, Notify, RcptParams, Return, ReversePath,
    Status, Time, Wishes,
};
use crate::proto::dsn::{self, Action, RecipientStatus};
use crate::proto::mdn;
use crate::proto::mime::{self, Headers, Structure, Walker};
use crate::proto::report::{Attachment, Returned, TypedAddress, message_ids};
use crate::queue;
use crate::seal::event::{Draft, EventKind, Field, Level, Via, message_value};
use crate::store::{BodyOrigin, NewMessage, SealedBody, Store, Subject, Tx};
use crate::trust::Trust;

use crate::flows::trace::TraceFields;

/// Debts that one look takes.
const GROUP: usize = 64;
/// How long a report waits for witnesses to sign the log: they are asked every few seconds.
const WITNESSED_WITHIN_SECS: i64 = 120;
/// How long a report is tried that this server fails to make.
const GIVE_UP_SECS: i64 = 5 * 86_400;
/// Octets of a message that RET=FULL returns; above it its header is returned.
const FULL_MAX: u64 = 1024 * 1024;
/// Octets of a header that are returned.
const HEADER_MAX: u64 = 64 * 1024;
/// Proofs that one report carries.
const PROOFS_MAX: usize = 40;
/// Ids of a conversation that a report repeats.
const THREAD_MAX: usize = 20;

/// What tells the other server that a report is for itself.
const RETURN_FIELD: &str = "X-Sceau-Return: proofs\r\n";

/// What this server is in its reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceiptsSettings {
    /// This server's name.
    pub host: Domain,
    /// The ledger's origin, as in `X-Sceau-Seal:`; the year is added.
    pub origin: String,
    /// The mailbox into which reports to senders of this server go; made when it is missing. INBOX unless it was
    /// chosen.
    pub mailbox: String,
}

/// Pays debts.
pub struct Receipts {
    store: Arc<Store>,
    proofs: Arc<Proofs>,
    trust: Arc<Trust>,
    edge: Edge,
    settings: ReceiptsSettings,
    signers: Arc<Signers>,
}

/// What a look at the debts did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Paid {
    /// Reports made.
    pub reports: usize,
    /// Reports among them that wait in the queue.
    pub queued: usize,
}

/// Whether a report was made.
enum Made {
    Now,
    /// Its proofs are about to be witnessed.
    NotYet,
}

/// A report that is sealed and waits for its commit.
struct Sealed {
    body: SealedBody,
    structure: Structure,
    eight_bit: bool,
}

impl Receipts {
    /// The flow over these parts.
    #[must_use]
    pub fn new(
        store: Arc<Store>,
        proofs: Arc<Proofs>,
        trust: Arc<Trust>,
        edge: Edge,
        settings: ReceiptsSettings,
    ) -> Self {
        Self { store, proofs, trust, edge, settings, signers: Arc::default() }
    }

    /// The same, with signatures (DKIM) over reports that leave.
    #[must_use]
    pub fn signing(self, signers: Arc<Signers>) -> Self {
        Self { signers, ..self }
    }

    /// The same, with reports to senders of this server in another mailbox.
    #[must_use]
    pub fn into_mailbox(mut self, name: &str) -> Self {
        name.clone_into(&mut self.settings.mailbox);
        self
    }

    /// Makes the reports that are owed, oldest first, at most 64.
    ///
    /// # Errors
    /// `Storage`: what was not made is still owed.
    pub async fn pay(&self) -> Result<Paid, Fault> {
        let (mut paid, mut failed) = (Paid::default(), None);
        for (key, since, debt) in debt::oldest(&self.store, GROUP)? {
            let place = self.place(&debt.to);
            match self.pay_one(key.clone(), since, debt.clone(), place).await {
                Ok(Made::NotYet) => {}
                Ok(Made::Now) => {
                    paid.reports += 1;
                    paid.queued += usize::from(matches!(place, Place::Away));
                }
                // Tried again, but not for ever: one that can never be made must not stand before the others.
                Err(fault) if fault.blame == Blame::Us && self.edge.now() < since.plus_secs(GIVE_UP_SECS) => {
                    failed = Some(fault);
                }
                Err(fault) => self.give_up(key, debt, &fault).await?,
            }
        }
        failed.map_or(Ok(paid), Err)
    }

    /// A report that can't be delivered is not reported on.
    // [rfc5321#6.1]
    async fn give_up(&self, key: Vec<u8>, debt: Debt, fault: &Fault) -> Result<(), Fault> {
        tracing::warn!(
            target: "sceau::flows::receipts", envelope = %debt.envelope, reason = ?fault.status, "a report is given up"
        );
        self.store.write(move |tx| debt::strike(tx, &key, &debt).map(drop)).await
    }

    async fn pay_one(&self, key: Vec<u8>, since: Time, debt: Debt, place: Place) -> Result<Made, Fault> {
        if matches!(place, Place::Nowhere) {
            return Err(Fault::user(Status::OutsideTrustSpace, "a report's recipient"));
        }
        let Some(bytes) = self.compose(&debt, since).await? else { return Ok(Made::NotYet) };
        let sealed = self.seal(&bytes, place).await?;
        match place {
            Place::Here(account) => self.deliver(key, debt, sealed, account).await?,
            Place::Away | Place::Nowhere => {
                let signatures = self.signatures(&debt, &bytes);
                self.enqueue(key, debt, sealed, signatures).await?;
            }
        }
        Ok(Made::Now)
    }

    /// The signatures of the report's author: this server, or the person who read.
    fn signatures(&self, debt: &Debt, bytes: &[u8]) -> Vec<String> {
        let domain = match &debt.what {
            What::Delivery(_) => Some(self.settings.host.clone()),
            What::Reading(reading) => {
                self.store.account(reading.account).ok().map(|account| account.address().domain().clone())
            }
        };
        domain.map(|domain| self.signers.fields_of(&domain, bytes, self.edge.now())).unwrap_or_default()
    }

    fn place(&self, to: &Address) -> Place {
        match self.store.find(to) {
            Some(entry) => Place::Here(entry.id),
            None if self.trust.lists(to.domain()) => Place::Away,
            None => Place::Nowhere,
        }
    }

    async fn seal(&self, bytes: &[u8], place: Place) -> Result<Sealed, Fault> {
        let mut walker = Walker::new(mime::Limits::default());
        walker.push(bytes);
        let account = if let Place::Here(account) = place { Some(account) } else { None };
        let mut body = self.store.begin_body(BodyOrigin { envelope: None, account });
        body.write(bytes).await?;
        Ok(Sealed { body: body.finish().await?, structure: walker.finish(), eight_bit: !bytes.is_ascii() })
    }

    async fn deliver(&self, key: Vec<u8>, debt: Debt, sealed: Sealed, account: AccountId) -> Result<(), Fault> {
        let mailbox = self.settings.mailbox.clone();
        let there = self.store.account(account)?.mailbox_by_name(&mailbox)?.map(|found| found.id);
        // durable from here: the report is in the mailbox and no longer owed
        self.store
            .write(move |tx| {
                if !debt::strike(tx, &key, &debt)? {
                    return Ok(());
                }
                let mailbox = match there {
                    Some(mailbox) => mailbox,
                    None => tx.create_mailbox(account, &mailbox).or_else(|_| tx.inbox(account))?,
                };
                let new = NewMessage {
                    body: &sealed.body,
                    prefix: b"Return-Path: <>\r\n",
                    structure: &sealed.structure,
                    flags: FlagSet::default(),
                    internal_date: tx.now(),
                    envelope: None,
                };
                tx.append(account, mailbox, new).map(drop)
            })
            .await
    }

    /// Reports to other operators' senders leave by the queue, with a null reverse-path: nobody answers them.
    // [rfc3461#6.1] [rfc5321#4.5.5]
    async fn enqueue(&self, key: Vec<u8>, debt: Debt, sealed: Sealed, signatures: Vec<String>) -> Result<(), Fault> {
        let envelope = EnvelopeId::random(&*self.edge.chance);
        let host = self.settings.host.clone();
        let origin = format!("{}/{}", self.settings.origin, self.edge.now().year());
        // durable from here: the report is sealed, queued and no longer owed
        self.store
            .write(move |tx| {
                if !debt::strike(tx, &key, &debt)? {
                    return Ok(());
                }
                let seal = Draft::new(EventKind::Seal, envelope)
                    .level(Level::Service)
                    .via(Via::Server)
                    .commit(Field::From, "<>")
                    .commit(Field::Login, &format!("postmaster@{host}"))
                    .commit(Field::To(1), &debt.to.to_string())
                    .commit(Field::Message, &message_value(sealed.body.size(), sealed.body.sha256()));
                let seal = tx.record_event(seal, Subject::Envelope)?;
                let mut trace = TraceFields::default();
                trace.seal(&origin, envelope, &seal.to_string());
                signatures.iter().for_each(|field| trace.whole(field));
                let queued = queued(tx, envelope, trace.bytes(), &sealed)?;
                // [rfc3461#6.1] nobody is told of the fate of a report
                let never = RcptParams { notify: Some(Notify::Never), original: None };
                queue::enqueue(tx, queued, &[(1, queue::Item::first(debt.to.clone(), never))])
            })
            .await
    }

    /// The report; none while its proofs are worth waiting for.
    async fn compose(&self, debt: &Debt, since: Time) -> Result<Option<Vec<u8>>, Fault> {
        let wanted = match &debt.what {
            What::Delivery(delivery) => {
                delivery.recipients.iter().map(|told| (told.rcpt, Proves::Delivery(told.action))).collect()
            }
            What::Reading(reading) => vec![(reading.rcpt, Proves::Reading)],
        };
        let Some(attachments) = self.attachments(debt.envelope, wanted, since).await? else { return Ok(None) };
        let random = u64::from_be_bytes(self.edge.bytes());
        let message_id = format!("{}.{random:016x}@{}", debt.envelope, self.settings.host);
        let composed = match &debt.what {
            What::Delivery(delivery) => self.compose_delivery(debt, delivery, &message_id, &attachments),
            What::Reading(reading) => self.compose_reading(debt, reading, &message_id, &attachments),
        };
        composed.map(Some)
    }

    fn compose_delivery(
        &self,
        debt: &Debt,
        delivery: &Delivery,
        message_id: &str,
        attachments: &[Attachment],
    ) -> Result<Vec<u8>, Fault> {
        let failed = delivery.recipients.iter().any(|told| told.action == Action::Failed);
        let message = self.returned_bytes(delivery, failed)?;
        let end = header_end(&message);
        // [rfc3461#4.3] RET is about failures only
        let whole = failed && wants_all(delivery) && message.len() as u64 > end as u64 && is_lines(&message);
        let recipients: Vec<_> = delivery.recipients.iter().map(status).collect();
        let report = dsn::compose(&dsn::Report {
            host: &self.settings.host,
            to: &debt.to,
            date: self.edge.now(),
            arrival: delivery.accepted,
            envelope: debt.envelope,
            envid: delivery.wishes.envid.as_deref(),
            message_id,
            thread: &thread(&message[..end]),
            recipients: &recipients,
            returned: if whole { Returned::Message(&message) } else { Returned::Header(&message[..end]) },
            attachments,
        });
        // [proofs#xsceau]
        let field = if delivery.reader == Reader::Server { RETURN_FIELD } else { "" };
        Ok([field.as_bytes(), &report].concat())
    }

    /// The message as far as it may be needed: all of it, or its header.
    fn returned_bytes(&self, delivery: &Delivery, failed: bool) -> Result<Vec<u8>, Fault> {
        let body = self.store.open_body(&delivery.body)?;
        let all = failed && wants_all(delivery);
        let mut bytes = delivery.prefix.clone();
        bytes.extend(body.read(0..if all { body.size() } else { body.size().min(HEADER_MAX) })?);
        Ok(bytes)
    }

    fn compose_reading(
        &self,
        debt: &Debt,
        reading: &Reading,
        message_id: &str,
        attachments: &[Attachment],
    ) -> Result<Vec<u8>, Fault> {
        let account = self.store.account(reading.account)?;
        let subject = Headers::find(&reading.header, "Subject").map(|field| mime::header_text(&field.value()));
        let original = Headers::find(&reading.header, "Original-Recipient").and_then(|field| {
            let value = mime::header_text(&field.value());
            let (kind, text) = value.split_once(';')?;
            Some(TypedAddress { kind: kind.trim().to_ascii_lowercase(), text: text.trim().to_owned() })
        });
        Ok(mdn::compose(&mdn::Notice {
            host: &self.settings.host,
            recipient: account.address(),
            name: &account.entry().name,
            to: &debt.to,
            date: self.edge.now(),
            opened: reading.opened,
            grade: &reading.grade,
            message_id,
            thread: &thread(&reading.header),
            subject: subject.as_deref().unwrap_or_default().trim(),
            original: original.as_ref(),
            header: &reading.header,
            attachments,
        }))
    }

    /// The proofs of what a report says; none while they are worth waiting for. They exist once their leaves stand in
    /// the log, and are worth more once witnesses have signed it. A log that is held does not hold reports up for long.
    // [proofs#standard-receipts]
    async fn attachments(
        &self,
        envelope: EnvelopeId,
        wanted: Vec<(u16, Proves)>,
        since: Time,
    ) -> Result<Option<Vec<Attachment>>, Fault> {
        let patient = self.edge.now() < since.plus_secs(WITNESSED_WITHIN_SECS);
        let proofs = Arc::clone(&self.proofs);
        let exported = tokio::task::spawn_blocking(move || proofs.export(envelope)).await;
        let exported = match exported.map_err(|e| Fault::ours(Status::Storage, "proof export").caused_by(e))? {
            Ok(exported) => exported,
            Err(_) if patient => return Ok(None),
            Err(fault) => {
                tracing::warn!(target: "sceau::flows::receipts", %envelope, %fault, "a report without its proofs");
                return Ok(Some(Vec::new()));
            }
        };
        let shown =
            |proof: &&ExportedProof| wanted.iter().any(|(rcpt, what)| *rcpt == proof.rcpt && what.shown_by(proof));
        let mut chosen: Vec<_> = exported.iter().filter(shown).collect();
        if patient && !chosen.iter().all(|proof| self.is_witnessed(proof)) {
            return Ok(None);
        }
        // A seal alone proves nothing of what the report says.
        if !chosen.is_empty() {
            chosen.extend(exported.iter().filter(|proof| proof.kind == EventKind::Seal));
            chosen.sort_by_key(|proof| (proof.rcpt, proof.number));
        }
        Ok(Some(chosen.into_iter().take(PROOFS_MAX).map(|proof| attachment(envelope, proof)).collect()))
    }

    /// Whether the quorum that this operator asks for has signed the state of the log in which the proof stands.
    fn is_witnessed(&self, proof: &ExportedProof) -> bool {
        let policy = self.proofs.policy();
        !policy.asks_witnesses() || policy.sightings(&proof.file.proof().note).is_ok_and(|seen| policy.met(&seen))
    }
}

fn attachment(envelope: EnvelopeId, proof: &ExportedProof) -> Attachment {
    Attachment {
        name: format!("{envelope}-{}-{}-{}.preuve", proof.rcpt, proof.number, proof.kind.word()),
        bytes: proof.file.to_string().into_bytes(),
    }
}

/// Where a report's recipient is.
#[derive(Debug, Clone, Copy)]
enum Place {
    Here(AccountId),
    Away,
    Nowhere,
}

/// What a proof beside a report must show.
#[derive(Debug, Clone, Copy)]
enum Proves {
    Delivery(Action),
    Reading,
}

impl Proves {
    fn shown_by(self, proof: &ExportedProof) -> bool {
        match self {
            Self::Delivery(Action::Delivered) => proof.kind == EventKind::Deliver,
            Self::Delivery(Action::Failed) => proof.kind == EventKind::RelayFail,
            Self::Delivery(Action::Relayed) => proof.kind == EventKind::RelayOut,
            Self::Delivery(Action::Delayed | Action::Expanded) => false,
            Self::Reading => proof.kind == EventKind::Open,
        }
    }
}

fn queued(tx: &mut Tx<'_>, envelope: EnvelopeId, prefix: Vec<u8>, sealed: &Sealed) -> Result<queue::Message, Fault> {
    Ok(queue::Message {
        envelope,
        reverse_path: ReversePath::Null,
        size: prefix.len() as u64 + sealed.body.size(),
        prefix,
        body: tx.hold_body(&sealed.body)?,
        utf8: !sealed.structure.header.is_ascii(),
        eight_bit: sealed.eight_bit,
        wishes: Wishes::default(),
        accepted: tx.now(),
        open_items: 0,
    })
}

fn status(told: &Told) -> RecipientStatus {
    RecipientStatus {
        recipient: told.recipient.clone(),
        original: told.original.as_ref().map(|o| TypedAddress { kind: o.kind.clone(), text: o.address.clone() }),
        action: told.action,
        diagnostic: told.diagnostic.clone(),
        remote: matches!(told.action, Action::Relayed | Action::Failed | Action::Delayed)
            .then(|| told.recipient.domain().to_string()),
        retry_until: told.retry_until,
    }
}

/// Whether RET asks for all of the message and it is small enough. REQUIRETLS keeps contents out of reports (RFC 8689
/// §5), and without RET health data stay where they are.
// [rfc3461#4.3] [rfc8689#5]
fn wants_all(delivery: &Delivery) -> bool {
    delivery.wishes.ret == Some(Return::Full) && !delivery.wishes.require_tls && delivery.body.size() <= FULL_MAX
}

/// The ids of the conversation, oldest first, the message's last.
// [rfc5322#3.6.4]
fn thread(header: &[u8]) -> Vec<String> {
    let ids = |name: &str, max| {
        Headers::find(header, name).map(|f| message_ids(&String::from_utf8_lossy(&f.value()), max)).unwrap_or_default()
    };
    let Some(own) = ids("Message-ID", 1).pop() else { return Vec::new() };
    let mut thread = ids("References", 500);
    if thread.len() > THREAD_MAX {
        // The first names the conversation, the last ones its end.
        thread.drain(1..thread.len() - THREAD_MAX + 1);
    }
    thread.push(own);
    thread
}

fn header_end(message: &[u8]) -> usize {
    message.windows(4).position(|four| four == b"\r\n\r\n").map_or(message.len(), |at| at + 2)
}

/// Whether content is lines that end in CRLF: what is not must not leave inside a report.
fn is_lines(content: &[u8]) -> bool {
    let mut last = 0;
    for &byte in content {
        if byte == 0 || (byte == b'\n') != (last == b'\r') {
            return false;
        }
        last = byte;
    }
    last != b'\r'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_is_the_conversation_with_the_message_last() {
        // [rfc5322#3.6.4]
        assert_eq!(thread(b"Message-ID: <a@b>\r\n"), ["a@b"]);
        assert_eq!(thread(b"References: <r@b>\r\n <s@b>\r\nMessage-ID: <a@b>\r\n"), ["r@b", "s@b", "a@b"]);
        assert!(thread(b"References: <r@b>\r\n").is_empty());
        let many: String = (0..100).map(|n| format!("<{n}@b> ")).collect();
        let found = thread(format!("References: {many}\r\nMessage-ID: <a@b>\r\n").as_bytes());
        assert_eq!((found.len(), found[0].as_str(), found[20].as_str()), (21, "0@b", "a@b"));
    }

    #[test]
    fn only_lines_are_returned_whole() {
        for (content, lines) in [
            (&b"a\r\n\r\nb\r\n"[..], true),
            (b"a\nb\r\n", false),
            (b"a\rb\r\n", false),
            (b"a\0\r\n", false),
            (b"a\r", false),
            (b"\r\r\n", false),
            (b"no end", true),
        ] {
            assert_eq!(is_lines(content), lines, "{content:?}");
        }
    }
}
