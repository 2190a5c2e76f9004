//! What is to be destroyed and what a legal hold keeps: reading. The destroying is in `tx`, the order in `flows`.

use std::collections::HashSet;
use std::ops::ControlFlow;

use serde::{Deserialize, Serialize};

use super::core::{Core, engine_fault};
use super::journal::{self, Unclosed};
use super::rows::{self, BodyPlace, BodyRow, key};
use crate::mail::{AccountId, EnvelopeId, Fault, MailboxId, Status, Time, Uid};
use crate::seal::keys::PersonTag;

/// What a legal hold keeps from being purged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Held {
    /// Everything in an account, and the openings of its person.
    Account(AccountId),
    /// One envelope, in all accounts.
    Envelope(EnvelopeId),
}

/// A legal hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// What it keeps.
    pub held: Held,
    /// Since when.
    pub since: Time,
    /// Why, as the administrator wrote it: a file number, never a name.
    pub reason: String,
    pub(super) person: Option<PersonTag>,
}

/// All legal holds, to ask many times.
#[derive(Debug, Clone, Default)]
pub struct Holds {
    accounts: HashSet<AccountId>,
    persons: HashSet<PersonTag>,
    envelopes: HashSet<EnvelopeId>,
}

impl Holds {
    /// Whether a message is kept.
    #[must_use]
    pub fn keep(&self, account: AccountId, envelope: Option<EnvelopeId>) -> bool {
        self.accounts.contains(&account) || envelope.is_some_and(|envelope| self.envelopes.contains(&envelope))
    }

    pub(super) fn keep_any(&self, envelope: EnvelopeId, mut persons: impl Iterator<Item = PersonTag>) -> bool {
        self.envelopes.contains(&envelope) || persons.any(|person| self.persons.contains(&person))
    }
}

/// One message that is to be purged, or kept for a hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Old {
    /// Where it is.
    pub at: (AccountId, MailboxId, Uid),
    /// The envelope with which it came.
    pub envelope: Option<EnvelopeId>,
}

/// Bodies by where they lie.
#[derive(Debug, Default)]
pub struct OldBodies(HashSet<BodyPlace>);

impl OldBodies {
    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// The bodies that were written before a day, the oldest first, at most `limit` of them. Bodies lie in the order in
/// which they were written, so this looks at one body too many and no more.
pub(super) fn old_bodies(core: &Core, before: u32, limit: usize) -> Result<OldBodies, Fault> {
    let (mut found, mut damage) = (HashSet::new(), None);
    let mut collect = |place: &[u8], row: &[u8]| match rows::decode::<BodyRow>("a body", row) {
        Ok(row) if row.day < before && found.len() < limit => {
            found.extend(key::tail::<8>(place).map(|place| BodyPlace(u64::from_be_bytes(place))));
            ControlFlow::Continue(())
        }
        Ok(_) => ControlFlow::Break(()),
        Err(fault) => {
            damage = Some(fault);
            ControlFlow::Break(())
        }
    };
    let prefix = key::body_prefix();
    core.engine.scan(&prefix, &key::after(&prefix), &mut collect).map_err(engine_fault)?;
    damage.map_or(Ok(OldBodies(found)), Err)
}

/// The messages of an account that have one of these bodies.
pub(super) fn messages_with(core: &Core, account: AccountId, bodies: &OldBodies) -> Result<Vec<Old>, Fault> {
    let (mut found, mut damage) = (Vec::new(), None);
    let prefix = key::all_records(account);
    let mut collect = |place: &[u8], row: &[u8]| {
        match super::index::decode_record(place, row) {
            Ok(record) if bodies.0.contains(&record.body) => {
                let mailbox = place.get(9..17).and_then(|id| id.try_into().ok()).map_or(0, u64::from_be_bytes);
                let at = (account, MailboxId(mailbox), record.uid);
                found.push(Old { at, envelope: record.envelope.map(|(envelope, _)| envelope) });
            }
            Ok(_) => {}
            Err(fault) => damage = Some(fault),
        }
        if damage.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    core.engine.scan(&prefix, &key::after(&prefix), &mut collect).map_err(engine_fault)?;
    damage.map_or(Ok(found), Err)
}

/// Deliveries before a day whose chains are not closed; at least `limit` where there are so many, and behind `after` where
/// the last asking ended.
pub(super) fn unclosed(
    core: &Core,
    before: u32,
    after: Option<Unclosed>,
    limit: usize,
) -> Result<Vec<Unclosed>, Fault> {
    let mut found = Vec::new();
    let mut collect = |place: &[u8], row: &[u8]| {
        found.extend(journal::deliveries(place, row));
        if found.len() < limit { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    };
    let (first, end) = key::unclosed_before(before);
    let from = after.map_or(first, |last| [key::unclosed(last.day, last.row), vec![0]].concat());
    core.engine.scan(&from, &end, &mut collect).map_err(engine_fault)?;
    Ok(found)
}

/// The legal holds.
pub(super) fn holds(core: &Core) -> Result<Vec<Hold>, Fault> {
    let rows = core.rows(&key::holds())?;
    let damaged = || Fault::ours(Status::Storage, "row of a hold");
    rows.iter()
        .map(|(place, sealed)| {
            let clear = crate::seal::row::open_row(&core.keys.holds, place, sealed).map_err(|_| damaged())?;
            rows::decode("a hold", &clear)
        })
        .collect()
}

pub(super) fn held(core: &Core) -> Result<Holds, Fault> {
    let mut all = Holds::default();
    for hold in holds(core)? {
        all.persons.extend(hold.person);
        match hold.held {
            Held::Account(account) => drop(all.accounts.insert(account)),
            Held::Envelope(envelope) => drop(all.envelopes.insert(envelope)),
        }
    }
    Ok(all)
}
