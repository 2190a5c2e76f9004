//! Proofs: an event becomes a leaf in the same transaction as the fact. The leaf waits for the log; its openings lie
//! sealed beside it, where they can be destroyed.

use super::Tx;
use crate::mail::{AccountId, EnvelopeId, Fault, MailboxId, Status, Uid};
use crate::seal::event::{Draft, EventKind, Field, Leaf, LeafHash, Opening};
use crate::seal::keys::{OpeningsKey, WrappedKey};
use crate::seal::row::{RowKey, seal_row};
use crate::store::record::Observed;
use crate::store::rows::{self, Chain, key};

/// The chain of facts about the operator, which belong to no envelope.
pub(in crate::store) const OPERATOR: EnvelopeId = EnvelopeId([0; 16]);

/// Whom an event is about: under whose key its openings lie. Digests of the message always lie under the envelope's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// Somebody with an account here. To destroy the account's key erases the openings.
    Account(AccountId),
    /// Nobody with an account here: everything lies under the envelope's key.
    Envelope,
}

/// The right to read a message's body: the proof of its transfer is durable, or it came without an envelope.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TransferReceipt {
    account: AccountId,
    message: u64,
}

impl TransferReceipt {
    pub(in crate::store) const fn new(account: AccountId, message: u64) -> Self {
        Self { account, message }
    }

    /// Whether it is for this message.
    pub(in crate::store) fn covers(&self, account: AccountId, message: u64) -> bool {
        (self.account, self.message) == (account, message)
    }
}

impl Tx<'_> {
    /// Records an event: number and hash before from the recipient's chain, leaf, sealed openings, and a place among
    /// those that wait for the log.
    ///
    /// # Errors
    /// `Storage` when the draft isn't a whole event of its kind: a mistake of ours.
    // [proofs#chain] [proofs#event]
    pub fn record_event(&mut self, draft: Draft, subject: Subject) -> Result<LeafHash, Fault> {
        let envelope = draft.envelope().unwrap_or(OPERATOR);
        let rcpt = draft.recipient().unwrap_or(0);
        let (number, prev) = self.chain_end(envelope, rcpt)?;
        let chance = self.core.edge.chance.clone();
        let wrong = |error| Fault::ours(Status::Storage, "an event").caused_by(error);
        let (leaf, openings) = draft.into_leaf(self.now(), number, prev, chance.as_ref()).map_err(wrong)?;
        let hash = leaf.hash();
        self.put_leaf(envelope, rcpt, number, &leaf)?;
        self.put_openings((envelope, rcpt, number), openings, subject)?;
        Ok(hash)
    }

    /// The next number of a recipient's chain and the hash before it. A chain begins at the seal where there is one.
    fn chain_end(&self, envelope: EnvelopeId, rcpt: u16) -> Result<(u32, Option<LeafHash>), Fault> {
        let own: Option<Chain> = self.row("a chain", &key::chain(envelope, rcpt))?;
        let end = match own {
            Some(chain) => Some(chain),
            None if rcpt > 0 => self.row("a chain", &key::chain(envelope, 0))?,
            None => None,
        };
        Ok(end.map_or((0, None), |chain| (chain.next, Some(chain.last()))))
    }

    fn put_leaf(&mut self, envelope: EnvelopeId, rcpt: u16, number: u32, leaf: &Leaf) -> Result<(), Fault> {
        let chain = Chain { next: number + 1, last: leaf.hash().0 };
        self.put_row(key::chain(envelope, rcpt), &chain);
        let place = key::event(b'e', envelope, rcpt, number);
        let mut globals = self.globals()?;
        self.put(key::pending(globals.next_pending), place.clone());
        globals.next_pending += 1;
        self.put_globals(&globals);
        self.put(place, leaf.bytes().to_vec());
        Ok(())
    }

    fn put_openings(
        &mut self,
        (envelope, rcpt, number): (EnvelopeId, u16, u32),
        openings: Vec<Opening>,
        subject: Subject,
    ) -> Result<(), Fault> {
        let (digests, personal): (Vec<_>, Vec<_>) = openings.into_iter().partition(|o| is_of_message(o.field));
        let (digests, personal) = match subject {
            Subject::Account(_) => (digests, personal),
            Subject::Envelope => (digests.into_iter().chain(personal).collect(), Vec::new()),
        };
        if let (Subject::Account(account), false) = (subject, personal.is_empty()) {
            let entry = self.entry(account)?;
            // The account's number stands before the sealed bytes: it tells whose key opens them.
            let place = key::event(b'o', envelope, rcpt, number);
            let mut row = account.0.to_be_bytes().to_vec();
            row.extend(self.seal_openings(&entry.rows, &place, &personal));
            self.put(place, row);
        }
        if !digests.is_empty() {
            let envelope_key = self.envelope_key(envelope)?;
            let place = key::event(b'n', envelope, rcpt, number);
            let row = self.seal_openings(&envelope_key, &place, &digests);
            self.put(place, row);
        }
        Ok(())
    }

    fn seal_openings(&self, key: &RowKey, place: &[u8], openings: &Vec<Opening>) -> Vec<u8> {
        seal_row(key, place, &rows::encode(openings), self.core.edge.chance.as_ref())
    }

    /// The key of an envelope's openings; made when first asked for.
    fn envelope_key(&mut self, envelope: EnvelopeId) -> Result<RowKey, Fault> {
        let place = key::envelope_key(envelope);
        let master = &self.core.keys.master;
        if let Some(wrapped) = self.row::<WrappedKey>("an envelope's key", &place)? {
            let broken = |error| Fault::ours(Status::Storage, "an envelope's key").caused_by(error);
            return Ok(master.unwrap_openings(&wrapped, &envelope.0).map_err(broken)?.row_key());
        }
        let chance = self.core.edge.chance.as_ref();
        let fresh = OpeningsKey::generate(chance);
        let wrapped = master.wrap_openings(&fresh, &envelope.0, chance);
        self.put_row(place, &wrapped);
        Ok(fresh.row_key())
    }

    /// Records an event unless one of its sort is recorded for this message and login. What came without an envelope
    /// has no chain, so nothing is recorded of it. `draft` gets the envelope and the recipient's number.
    ///
    /// # Errors
    /// `MessageGone`; else as [`Tx::record_event`].
    // [proofs#first-event-only]
    pub fn observe(
        &mut self,
        (account, mailbox, uid): (AccountId, MailboxId, Uid),
        login: AccountId,
        what: Observed,
        draft: impl FnOnce(EnvelopeId, u16) -> Draft,
    ) -> Result<Option<LeafHash>, Fault> {
        let mut record = self.record(account, mailbox, uid)?;
        let Some((envelope, rcpt)) = record.envelope else { return Ok(None) };
        if login == account && record.observed.contains(what) {
            return Ok(None);
        }
        let place = key::observed_by(account, record.message, login);
        let known = Observed(self.row("observed events", &place)?.unwrap_or_default());
        let hash = if known.contains(what) {
            None
        } else {
            self.put_row(place, &known.with(what).0);
            Some(self.record_event(draft(envelope, rcpt), Subject::Account(account))?)
        };
        if login == account {
            // In the record too, where a session sees it without asking; no change that clients are told of.
            record.observed = known.with(what);
            self.put_record(account, mailbox, record);
        }
        Ok(hash)
    }

    /// Makes the right to read a body: records the transfer unless it is recorded. The receipt reaches the caller
    /// with the transaction's commit.
    ///
    /// # Errors
    /// As [`Tx::observe`].
    // [proofs#first-event-only]
    pub fn transfer(
        &mut self,
        (account, mailbox, uid): (AccountId, MailboxId, Uid),
        login: AccountId,
        draft: impl FnOnce(EnvelopeId, u16) -> Draft,
    ) -> Result<TransferReceipt, Fault> {
        self.observe((account, mailbox, uid), login, Observed::TRANSFERRED, draft)?;
        let record = self.record(account, mailbox, uid)?;
        Ok(TransferReceipt::new(account, record.message))
    }

    /// Whether events of this sort are recorded for a message and login.
    ///
    /// # Errors
    /// `MessageGone`.
    pub fn observed(
        &self,
        (account, mailbox, uid): (AccountId, MailboxId, Uid),
        login: AccountId,
        what: Observed,
    ) -> Result<bool, Fault> {
        let record = self.record(account, mailbox, uid)?;
        let place = key::observed_by(account, record.message, login);
        Ok(Observed(self.row("observed events", &place)?.unwrap_or_default()).contains(what))
    }

    /// Makes the leaf with this place in the waiting line no longer wait: it stands in the log at `index`. To do it
    /// twice changes nothing.
    ///
    /// # Errors
    /// `Storage`.
    // [proofs#log]
    pub fn mark_recorded(&mut self, sequence: u64, index: u64) -> Result<(), Fault> {
        let waiting = key::pending(sequence);
        let Some(mut place) = self.get(&waiting)? else { return Ok(()) };
        self.delete(waiting);
        if let Some(letter) = place.first_mut() {
            *letter = b'i';
        }
        self.put_row(place, &index);
        Ok(())
    }

    /// Lets an envelope be found by its Message-ID.
    pub fn remember_message_id(&mut self, message_id: &str, envelope: EnvelopeId) {
        let tag = self.core.keys.tag("message-id", message_id);
        self.put(key::message_id(&tag, envelope), Vec::new());
    }
}

/// Whether a field speaks of the message rather than of a person's doing.
const fn is_of_message(field: Field) -> bool {
    matches!(field, Field::Message | Field::Part(_) | Field::Name(_) | Field::Subject | Field::MessageId)
}

/// Whether the first event of a chain may be of this kind.
pub(in crate::store) const fn may_begin(kind: EventKind) -> bool {
    matches!(kind, EventKind::Seal | EventKind::RelayIn | EventKind::Refuse)
}
