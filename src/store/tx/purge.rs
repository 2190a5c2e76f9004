//! Destroying: chains are closed, messages kept for a hold leave the order of days, openings and accounts go for good.

use super::{Effect, Tx, openings_place};
use crate::mail::{AccountId, EnvelopeId, Fault, Status};
use crate::seal::event::{Draft, EventKind, Grade, LeafHash, Opening, Plain};
use crate::seal::keys::{MasterKey, NO_DAY, PersonTag};

use crate::seal::vault::{Forget, Tree};
use crate::store::core::{key_fault, seal};
use crate::store::erase::Erasing;
use crate::store::event_row::Event;
use crate::store::journal::{self, Unclosed};
use crate::store::openings::{self, OpeningsRow};
use crate::store::purge::{Held, Hold, Holds};
use crate::store::rows::{Chain, key};
use crate::store::{events, view};

impl Tx<'_> {
    /// Ends the chain of a delivery: its content is destroyed. Doing it twice changes nothing; none when a hold keeps
    /// the chain open.
    ///
    /// # Errors
    /// `Storage`.
    // [proofs#events]
    pub fn close_chain(&mut self, delivery: Unclosed, holds: &Holds) -> Result<Option<LeafHash>, Fault> {
        let Unclosed { day, row, envelope, rcpt } = delivery;
        let place = key::unclosed(day, row);
        let chain: Option<Chain> = self.row("a chain", &key::chain(envelope, rcpt))?;
        let recipient = chain.and_then(|chain| chain.parties.recipients.get(&rcpt).copied());
        let mut noted = self.get(&place)?.map(|row| journal::deliveries(&place, &row)).unwrap_or_default();
        if !noted.contains(&delivery) || holds.keep_any(envelope, recipient.into_iter()) {
            return Ok(None);
        }
        noted.retain(|known| *known != delivery);
        if noted.is_empty() {
            self.delete(place);
        } else {
            self.put(place, journal::encode_deliveries(&noted));
        }
        let (mut events, mut transferred, mut opened) = (1_u32, "no", None::<Grade>);
        for number in [0, rcpt] {
            for (place, row) in self.scan(&key::chain_events(envelope, number))? {
                let leaf = events::parse(&Event::decode(&row)?.leaf)?;
                events = events.max(events::position(&place)?.1.saturating_add(2));
                transferred = if leaf.kind() == EventKind::Transfer { "yes" } else { transferred };
                opened = opened.max(leaf.plain(Plain::Grade).and_then(Grade::parse));
            }
        }
        let close = Draft::new(EventKind::Close, envelope)
            .rcpt(rcpt)
            .plain(Plain::Events, events.to_string())
            .plain(Plain::Transferred, transferred)
            .plain(Plain::Opened, opened.map_or("no", Grade::word));
        self.record_event(close, super::Subject::Envelope).map(Some)
    }

    /// Takes a message that a hold keeps out of the order of days: when the vault forgets the day on which its body was
    /// written, it stays readable.
    ///
    /// # Errors
    /// `MessageGone`, `Storage`.
    pub fn keep_beyond_its_day(&mut self, account: AccountId, message: u64) -> Result<(), Fault> {
        let (entry, place) = (self.entry(account)?, key::view(account, message));
        let sealed: Vec<u8> = self.scan(&place)?.into_iter().flat_map(|(_, piece)| piece).collect();
        let mut view = view::open(&entry, account, message, &sealed)?;
        if view.body.day == NO_DAY {
            return Ok(());
        }
        let master = &self.core.keys.master;
        let secret = |day| master.content(day).map_err(key_fault);
        let body = entry.key.unwrap_body(&view.body.key, &view.body.id, &secret(view.body.day)?).map_err(key_fault)?;
        let chance = self.core.edge.chance.as_ref();
        view.body.key = entry.key.wrap_body(&body, &view.body.id, &secret(NO_DAY)?, chance);
        view.body.day = NO_DAY;
        self.put_view(account, message, &view)
    }

    /// Puts a hold on an account or an envelope, or gives it another reason.
    ///
    /// # Errors
    /// `RecipientUnknown` when there is no such account.
    pub fn hold(&mut self, held: Held, reason: String) -> Result<(), Fault> {
        let person = match held {
            Held::Account(account) => Some(self.core.keys.master.person(&self.entry(account)?.address.key())),
            Held::Envelope(_) => None,
        };
        let hold = Hold { held, since: self.now(), reason, person };
        let place = place_of(held);
        let sealed = seal(&self.core.keys.holds, &place, &hold, &self.core.edge);
        self.put(place, sealed);
        Ok(())
    }

    /// Lifts a hold; whether there was one.
    ///
    /// # Errors
    /// `Storage`.
    pub fn lift_hold(&mut self, held: Held) -> Result<bool, Fault> {
        let there = self.get(&place_of(held))?.is_some();
        self.delete(place_of(held));
        Ok(there)
    }

    /// Whether a hold keeps this account or its person's openings.
    ///
    /// # Errors
    /// `Storage`.
    pub fn is_held(&self, account: AccountId) -> Result<bool, Fault> {
        Ok(self.get(&place_of(Held::Account(account)))?.is_some())
    }

    /// Notes that a person is being erased, so that it is finished whatever happens.
    pub(in crate::store) fn put_erasing(&mut self, person: PersonTag, erasing: &Erasing) {
        self.put_row(key::erasing(&person.0), erasing);
    }

    /// Destroys the openings that a person has to do with, among the next `limit` events from a place on. Gives the
    /// place at which to go on; none at the end.
    ///
    /// # Errors
    /// `Storage`.
    pub(in crate::store) fn erase_openings(
        &mut self,
        person: PersonTag,
        from: &[u8],
        limit: usize,
    ) -> Result<Option<Vec<u8>>, Fault> {
        let events = self.scan_range(from, &key::after(&key::event_prefix()), limit)?;
        let next = (events.len() == limit).then(|| events.last().map(|(place, _)| [place, [0].as_slice()].concat()));
        let mut leaves = 0;
        for (place, row) in events {
            let Some(mut row) = self.openings_row(&place, &Event::decode(&row)?.sealed)? else { continue };
            if row.remove(person) {
                leaves += 1;
                self.replace_openings_row(&place, &row)?;
            }
        }
        if leaves > 0 {
            let mut erasing: Erasing =
                self.row("an erasure", &key::erasing(&person.0))?.ok_or_else(|| no_erasure(person))?;
            erasing.leaves += leaves;
            self.put_erasing(person, &erasing);
        }
        Ok(next.flatten())
    }

    /// Lets the openings of events before a day go, among the next `limit` events from a place on; those that a hold
    /// keeps leave the order of days. Gives how many events lost them, and the place at which to go on.
    ///
    /// # Errors
    /// `Storage`.
    pub fn expire_openings(
        &mut self,
        before: u32,
        holds: &Holds,
        from: &[u8],
        limit: usize,
    ) -> Result<(u64, Option<Vec<u8>>), Fault> {
        let prefix = key::event_prefix();
        let from = if from.is_empty() { prefix.as_slice() } else { from };
        let events = self.scan_range(from, &key::after(&prefix), limit)?;
        let next = (events.len() == limit).then(|| events.last().map(|(place, _)| [place, [0].as_slice()].concat()));
        let mut expired = 0;
        for (place, row) in events {
            let sealed = Event::decode(&row)?.sealed;
            let Some(row) = self.openings_row(&place, &sealed)?.filter(|row| row.day < before) else { continue };
            let envelope = key::envelope_of(&place);
            let persons = row.groups.iter().flat_map(|group| group.persons.iter().copied());
            if holds.keep_any(envelope, persons) {
                self.reseal_for_a_hold(envelope, &place, &row)?;
            } else {
                expired += 1;
                self.replace_openings_row(&place, &OpeningsRow::default())?;
            }
        }
        Ok((expired, next.flatten()))
    }

    fn reseal_for_a_hold(&mut self, envelope: EnvelopeId, place: &[u8], row: &OpeningsRow) -> Result<(), Fault> {
        let (mut kept, bound) = (OpeningsRow { day: NO_DAY, groups: Vec::new() }, openings_place(place));
        for group in &row.groups {
            let alone = OpeningsRow { day: row.day, groups: vec![group.clone()] };
            let openings: Vec<Opening> = alone.open(self.core, envelope, &bound)?;
            let persons = group.persons.iter().copied().collect();
            kept.groups.extend(openings::seal(self.core, (envelope, &bound, NO_DAY), persons, &openings)?);
        }
        self.replace_openings_row(place, &kept)
    }

    /// Takes away the next messages of an account that is erased, at most `limit`; whether more may be there.
    ///
    /// # Errors
    /// `Storage`.
    pub(in crate::store) fn empty_account(&mut self, account: AccountId, limit: usize) -> Result<bool, Fault> {
        let prefix = key::all_records(account);
        let records = self.scan_range(&prefix, &key::after(&prefix), limit)?;
        for (place, row) in &records {
            let record = crate::store::index::decode_record(place, row)?;
            let mailbox = place.get(9..17).and_then(|id| id.try_into().ok()).map_or(0, u64::from_be_bytes);
            self.expunge(account, crate::mail::MailboxId(mailbox), record.uid)?;
        }
        Ok(records.len() == limit)
    }

    /// Removes all rows of an account that has no messages any more.
    ///
    /// # Errors
    /// `Storage`.
    pub(in crate::store) fn remove_account(&mut self, account: AccountId) -> Result<(), Fault> {
        if let Ok(entry) = self.entry(account) {
            self.delete(key::directory(&self.core.keys.master.directory_tag(&entry.address.key())));
        }
        for (place, _) in self.scan(b"d")? {
            if self.get(&place)?.as_deref() == Some(account.0.to_be_bytes().as_slice()) {
                self.delete(place);
            }
        }
        for (place, _) in self.scan(&key::settings(account))? {
            self.delete(place);
        }
        for reached in self.core.directory.reached_by(account) {
            self.delete(key::holder(reached.id, account));
            self.change_account(reached.id, |_| ())?;
        }
        for entry in self.entries() {
            if entry.acl.values().flatten().any(|listed| listed.person == account) {
                self.unlist(entry.id, account)?;
                self.change_account(entry.id, |_| ())?;
            }
        }
        for letter in key::LETTERS_OF_ACCOUNTS {
            for (place, _) in self.scan(&key::of_account(*letter, account))? {
                self.delete(place);
            }
        }
        self.effect(Effect::AccountGone(account));
        Ok(())
    }

    /// Ends an erasure: the proof of it, with the number of leaves whose openings were destroyed.
    ///
    /// # Errors
    /// `Storage`.
    // [proofs#events]
    pub(in crate::store) fn finish_erasing(&mut self, person: PersonTag) -> Result<Option<u64>, Fault> {
        let place = key::erasing(&person.0);
        let Some(erasing) = self.row::<Erasing>("an erasure", &place)? else { return Ok(None) };
        self.delete(place);
        let erase = Draft::of_operator(EventKind::Erase)
            .plain(Plain::Ground, erasing.ground)
            .plain(Plain::Leaves, erasing.leaves.to_string());
        self.record_event(erase, super::Subject::Envelope)?;
        Ok(Some(erasing.leaves))
    }
}

/// What the vault must forget of a person and of their account.
pub(in crate::store) fn secrets_of(master: &MasterKey, person: PersonTag, account: Option<AccountId>) -> Vec<Forget> {
    let account = account.map(|account| master.account_index(account));
    let indices = account.into_iter().chain([MasterKey::person_index(person)]);
    indices.map(|index| Forget::One(Tree::Holders, index)).collect()
}

fn place_of(held: Held) -> Vec<u8> {
    match held {
        Held::Account(account) => key::held_account(account),
        Held::Envelope(envelope) => key::held_envelope(envelope),
    }
}

fn no_erasure(person: PersonTag) -> Fault {
    Fault::ours(Status::Storage, format!("no erasure is under way of {person:?}"))
}
