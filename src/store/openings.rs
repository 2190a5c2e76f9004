//! Openings of proofs, sealed so that each goes with whom it is about.
//!
//! The openings of one event lie in one row, in groups. Each group is sealed under the master key, the secret of the
//! event's day, and the secrets of the persons that it is about: when the vault forgets one of them, nobody can open the
//! group any more. The tags of the persons stand beside the sealed bytes, so that an erasure can count.
//!
//! | field | goes with |
//! |---|---|
//! | `from` `login` `by` `to.N` | the person with this address |
//! | `mailbox` | the person whose mailbox it is |
//! | `auth` | the login that it stands for |
//! | `subject` `msgid` `name.N` `reply` `peerproof` | each person who sent or got the message |
//! | `message` `part.N` `peer` | nobody: digests, and an operator's certificate |

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::core::Core;
use super::rows;
use crate::mail::{Address, EnvelopeId, Fault, Status};
use crate::seal::event::{Field, Opening};
use crate::seal::keys::{KeyError, PersonTag};
use crate::seal::row::{open_row, seal_row};

/// The openings of an event.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct OpeningsRow {
    /// The day since 1970 with which they go; [`crate::seal::keys::NO_DAY`] when a hold keeps them.
    pub(super) day: u32,
    pub(super) groups: Vec<Group>,
}

/// Openings that go with the same persons.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Group {
    pub(super) persons: Vec<PersonTag>,
    pub(super) sealed: Vec<u8>,
}

/// Who sent an envelope and who got it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Parties {
    pub(super) sender: Option<PersonTag>,
    pub(super) recipients: BTreeMap<u16, PersonTag>,
}

impl Parties {
    /// Those of one recipient's chain.
    pub(super) fn alone(&self, rcpt: u16) -> Self {
        let recipients = self.recipients.iter().filter(|(number, _)| **number == rcpt);
        Self { sender: self.sender, recipients: recipients.map(|(number, person)| (*number, *person)).collect() }
    }

    /// Those of one recipient's chain; all of them for events of the whole envelope.
    fn of(&self, rcpt: u16) -> BTreeSet<PersonTag> {
        let concerned = self.recipients.iter().filter(|(number, _)| rcpt == 0 || **number == rcpt);
        concerned.map(|(_, person)| *person).chain(self.sender).collect()
    }
}

/// Sorts the openings of an event by whom they go with. `subject` is whom the event is about, where a value does not
/// say it; what the openings tell of the envelope's parties is added to `parties`.
pub(super) fn group(
    core: &Core,
    rcpt: u16,
    openings: Vec<Opening>,
    subject: Option<PersonTag>,
    parties: &mut Parties,
) -> BTreeMap<BTreeSet<PersonTag>, Vec<Opening>> {
    let person = |value: &str| {
        let address = value.split(' ').next().unwrap_or_default();
        let known = Address::parse(address).ok().map(|address| core.keys.master.person(&address.key()));
        known.or(subject)
    };
    let login =
        openings.iter().find(|opening| opening.field == Field::Login).and_then(|o| person(&o.value)).or(subject);
    for opening in &openings {
        match opening.field {
            Field::From => parties.sender = person(&opening.value),
            Field::To(number) => drop(person(&opening.value).map(|p| parties.recipients.insert(number, p))),
            Field::Mailbox => drop(person(&opening.value).map(|p| parties.recipients.entry(rcpt).or_insert(p))),
            _ => {}
        }
    }
    let mut all = parties.of(rcpt);
    all.extend(subject);
    let mut groups: BTreeMap<BTreeSet<PersonTag>, Vec<Opening>> = BTreeMap::new();
    for opening in openings {
        let persons = match opening.field {
            Field::From | Field::Login | Field::By | Field::To(_) | Field::Mailbox => {
                person(&opening.value).into_iter().collect()
            }
            Field::Auth => login.into_iter().collect(),
            Field::Message | Field::Part(_) | Field::Peer => BTreeSet::new(),
            Field::Subject | Field::MessageId | Field::Name(_) | Field::Reply | Field::PeerProof => all.clone(),
        };
        groups.entry(persons).or_default().push(opening);
    }
    groups
}

/// Seals one group for its place.
pub(super) fn seal(
    core: &Core,
    (envelope, place, day): (EnvelopeId, &[u8], u32),
    persons: BTreeSet<PersonTag>,
    openings: &Vec<Opening>,
) -> Result<Option<Group>, Fault> {
    let persons: Vec<PersonTag> = persons.into_iter().collect();
    match core.keys.master.openings(envelope, day, &persons) {
        Ok(key) => {
            let sealed = seal_row(&key, place, &rows::encode(openings), core.edge.chance.as_ref());
            Ok(Some(Group { persons, sealed }))
        }
        // Somebody who was erased: nothing is kept of them any more, the event stands without.
        Err(KeyError::Erased) => Ok(None),
        Err(error) => Err(Fault::ours(Status::Storage, "openings of an event").caused_by(error)),
    }
}

impl OpeningsRow {
    /// The openings that were not erased.
    pub(super) fn open(&self, core: &Core, envelope: EnvelopeId, place: &[u8]) -> Result<Vec<Opening>, Fault> {
        let damaged = || Fault::ours(Status::Storage, "openings of an event can't be read");
        let mut openings: Vec<Opening> = Vec::new();
        for group in &self.groups {
            let Ok(key) = core.keys.master.openings(envelope, self.day, &group.persons) else { continue };
            let clear = open_row(&key, place, &group.sealed).map_err(|_| damaged())?;
            openings.extend(rows::decode::<Vec<Opening>>("openings", &clear)?);
        }
        openings.sort_by_key(|opening| opening.field);
        Ok(openings)
    }

    /// Takes out what this person has to do with; whether there was anything.
    pub(super) fn remove(&mut self, person: PersonTag) -> bool {
        let before = self.groups.len();
        self.groups.retain(|group| !group.persons.contains(&person));
        self.groups.len() < before
    }
}
