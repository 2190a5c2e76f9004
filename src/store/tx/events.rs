//! Proofs: an event becomes a leaf in the same transaction as the fact. The leaf waits for the log; its openings lie
//! sealed beside it, where they can be destroyed.

use super::Tx;
use crate::mail::{AccountId, EnvelopeId, Fault, MailboxId, PROVES, Status, Uid};
use crate::seal::event::{Draft, EventKind, Leaf, LeafHash, Opening, Plain};
use crate::store::bodies::segment::day_of;
use crate::store::engine::VALUE_MAX;
use crate::store::event_row::{Event, Sealed};
use crate::store::journal::{Unclosed, Waiting};
use crate::store::openings::{self, OpeningsRow, Parties};
use crate::store::record::Observed;
use crate::store::rows::{self, Chain, key};

/// The chain of facts about the operator, which belong to no envelope.
pub(in crate::store) const OPERATOR: EnvelopeId = EnvelopeId([0; 16]);

/// Whom an event is about, for those openings that don't say by themselves with whom they go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// Somebody with an account here.
    Account(AccountId),
    /// Nobody with an account here.
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
        if !PROVES {
            return Ok(LeafHash([0; 32]));
        }
        let envelope = draft.envelope().unwrap_or(OPERATOR);
        let rcpt = draft.recipient().unwrap_or(0);
        let end = self.chain_end(envelope, rcpt)?;
        let (number, prev) = end.as_ref().map_or((0, None), |chain| (chain.next, Some(chain.last())));
        let chance = self.core.edge.chance.clone();
        let wrong = |error| Fault::ours(Status::Storage, "an event").caused_by(error);
        let (leaf, openings) = draft.into_leaf(self.now(), number, prev, chance.as_ref()).map_err(wrong)?;
        let hash = leaf.hash();
        let mut parties = end.map(|chain| chain.parties).unwrap_or_default();
        let openings = self.seal_openings((envelope, rcpt, number), openings, subject, &mut parties)?;
        self.put_row(key::chain(envelope, rcpt), &Chain { next: number + 1, last: hash.0, parties });
        self.put_leaf((envelope, rcpt, number), &leaf, &openings)?;
        Ok(hash)
    }

    /// The leaves of a recipient's own chain so far, those of this transaction included.
    ///
    /// # Errors
    /// `Storage`.
    pub fn leaves_of(&self, envelope: EnvelopeId, rcpt: u16) -> Result<Vec<Leaf>, Fault> {
        let end: Option<Chain> = self.row("a chain", &key::chain(envelope, rcpt))?;
        let numbers = 0..end.map_or(0, |chain| chain.next);
        let rows = numbers.filter_map(|number| self.get(&key::event(b'e', envelope, rcpt, number)).transpose());
        rows.map(|row| crate::store::events::parse(&Event::decode(&row?)?.leaf)).collect()
    }

    /// The end of a recipient's chain so far. A chain begins at the seal where there is one.
    fn chain_end(&self, envelope: EnvelopeId, rcpt: u16) -> Result<Option<Chain>, Fault> {
        let own: Option<Chain> = self.row("a chain", &key::chain(envelope, rcpt))?;
        if own.is_some() || rcpt == 0 {
            return Ok(own);
        }
        let seal: Option<Chain> = self.row("a chain", &key::chain(envelope, 0))?;
        Ok(seal.map(|seal| Chain { parties: seal.parties.alone(rcpt), ..seal }))
    }

    fn put_leaf(
        &mut self,
        (envelope, rcpt, number): (EnvelopeId, u16, u32),
        leaf: &Leaf,
        openings: &OpeningsRow,
    ) -> Result<(), Fault> {
        let place = key::event(b'e', envelope, rcpt, number);
        let mut globals = self.globals()?;
        let sequence = globals.next_pending;
        globals.next_pending += 1;
        self.put_globals(&globals);
        self.own.waiting.push(Waiting { sequence, place: place.clone() });
        if leaf.kind() == EventKind::Deliver && leaf.plain(Plain::Basis).is_none() {
            self.own.unclosed.push(Unclosed { day: day_of(self.now()), row: sequence, envelope, rcpt });
        }
        self.put_event(&place, sequence, leaf.bytes().to_vec(), openings);
        Ok(())
    }

    /// Seals the openings, each with whom it goes with, and adds who has to do with the chain.
    fn seal_openings(
        &self,
        (envelope, rcpt, number): (EnvelopeId, u16, u32),
        openings: Vec<Opening>,
        subject: Subject,
        parties: &mut Parties,
    ) -> Result<OpeningsRow, Fault> {
        let day = day_of(self.now());
        let mut row = OpeningsRow { day, groups: Vec::new() };
        if openings.is_empty() {
            return Ok(row);
        }
        let subject = match subject {
            Subject::Account(account) => Some(self.core.keys.master.person(&self.entry(account)?.address.key())),
            Subject::Envelope => None,
        };
        let groups = openings::group(self.core, rcpt, openings, subject, parties);
        if envelope == OPERATOR {
            // Facts about the operator have no parties that later ones would have to do with.
            *parties = Parties::default();
        }
        let place = openings_place(&key::event(b'e', envelope, rcpt, number));
        for (persons, openings) in groups {
            row.groups.extend(openings::seal(self.core, (envelope, &place, day), persons, &openings)?);
        }
        Ok(row)
    }

    /// Writes the row of an event; its openings beside the leaf, or cut into pieces that the engine takes.
    fn put_event(&mut self, place: &[u8], sequence: u64, leaf: Vec<u8>, openings: &OpeningsRow) {
        let bytes = if openings.groups.is_empty() { Vec::new() } else { rows::encode(openings) };
        let sealed = if bytes.is_empty() {
            Sealed::None
        } else if Event::has_room(leaf.len(), bytes.len()) {
            Sealed::Here(bytes)
        } else {
            for (number, piece) in (0_u8..).zip(bytes.chunks(VALUE_MAX)) {
                self.put([openings_place(place).as_slice(), &[number]].concat(), piece.to_vec());
            }
            Sealed::InPieces
        };
        self.put(place.to_vec(), Event { sequence, leaf, sealed }.encode());
    }

    /// Writes others in the place of an event's openings.
    pub(in crate::store) fn replace_openings_row(&mut self, place: &[u8], row: &OpeningsRow) -> Result<(), Fault> {
        let Some(event) = self.event(place)? else { return Ok(()) };
        if event.sealed == Sealed::InPieces {
            for (piece, _) in self.scan(&openings_place(place))? {
                self.delete(piece);
            }
        }
        self.put_event(place, event.sequence, event.leaf, row);
        Ok(())
    }

    /// The row of an event, by its key.
    pub(in crate::store) fn event(&self, place: &[u8]) -> Result<Option<Event>, Fault> {
        self.get(place)?.map(|row| Event::decode(&row)).transpose()
    }

    /// The openings of an event; none when all were destroyed.
    pub(in crate::store) fn openings_row(&self, place: &[u8], sealed: &Sealed) -> Result<Option<OpeningsRow>, Fault> {
        let bytes = match sealed {
            Sealed::None => return Ok(None),
            Sealed::Here(bytes) => bytes.clone(),
            Sealed::InPieces => self.scan(&openings_place(place))?.into_iter().flat_map(|(_, piece)| piece).collect(),
        };
        rows::decode("openings", &bytes).map(Some)
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

    /// Lets an envelope be found by its Message-ID.
    pub fn remember_message_id(&mut self, message_id: &str, envelope: EnvelopeId) {
        if !PROVES {
            return;
        }
        let tag = self.core.keys.tag("message-id", message_id);
        self.put(key::message_id(&tag, envelope), Vec::new());
    }
}

/// To what the openings of the event with this key are bound, and where those in pieces lie.
pub(in crate::store) fn openings_place(event: &[u8]) -> Vec<u8> {
    [b"o", event.get(1..).unwrap_or_default()].concat()
}

/// Whether the first event of a chain may be of this kind.
pub(in crate::store) const fn may_begin(kind: EventKind) -> bool {
    matches!(kind, EventKind::Seal | EventKind::RelayIn | EventKind::Refuse)
}
