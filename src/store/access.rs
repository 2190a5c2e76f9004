//! Who an account is for others than its password: certificates, national identifiers, and the persons who hold it.

use std::collections::{BTreeSet, HashMap};

use serde::{Deserialize, Serialize};

use super::directory::AccountEntry;
use crate::mail::{AccountId, Rights, ScramKeys, Time, hex};

/// Something by which another authority than this server says whose an account is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Identity {
    /// The national identifier of a professional: `8` and an RPPS, or `0` and an ADELI.
    Person(String),
    /// One certificate.
    Certificate {
        /// SHA-256 of its DER encoding.
        sha256: [u8; 32],
        /// Its subject, for people.
        subject: String,
    },
    /// Every certificate of this subject, whatever its serial number: it survives a renewal.
    Subject {
        /// The form that compares.
        key: String,
        /// As it was written.
        text: String,
    },
}

impl Identity {
    /// What accounts are found by: equal for two identities that mean the same.
    #[must_use]
    pub fn look_up(&self) -> String {
        match self {
            Self::Person(id) => format!("person {id}"),
            Self::Certificate { sha256, .. } => format!("certificate {}", hex(sha256)),
            Self::Subject { key, .. } => format!("subject {key}"),
        }
    }
}

/// A person who holds an account of an organisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Holder {
    /// The person's own account.
    pub person: AccountId,
    /// What the person may do.
    pub rights: Rights,
    /// Since when.
    pub since: Time,
}

/// How an account is signed in to, besides the password's hash, as stored.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct AccessRow {
    pub(super) scram: Option<ScramKeys>,
    pub(super) identities: Vec<Identity>,
}

/// One right that was given, as stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct HolderRow {
    pub(super) rights: Rights,
    pub(super) since: Time,
}

/// Look-ups that follow from the accounts, in memory.
#[derive(Debug, Default)]
pub(super) struct LookUps {
    by_identity: HashMap<String, BTreeSet<AccountId>>,
    held_by: HashMap<AccountId, BTreeSet<AccountId>>,
    listed: HashMap<AccountId, BTreeSet<AccountId>>,
}

impl LookUps {
    pub(super) fn add(&mut self, entry: &AccountEntry) {
        for identity in &entry.identities {
            self.by_identity.entry(identity.look_up()).or_default().insert(entry.id);
        }
        for holder in &entry.holders {
            self.held_by.entry(holder.person).or_default().insert(entry.id);
        }
        for person in entry.listed() {
            self.listed.entry(person).or_default().insert(entry.id);
        }
    }

    pub(super) fn remove(&mut self, entry: &AccountEntry) {
        for identity in &entry.identities {
            take(&mut self.by_identity, &identity.look_up(), entry.id);
        }
        for holder in &entry.holders {
            take(&mut self.held_by, &holder.person, entry.id);
        }
        for person in entry.listed() {
            take(&mut self.listed, &person, entry.id);
        }
    }

    pub(super) fn identified(&self, look_up: &str) -> impl Iterator<Item = AccountId> {
        self.by_identity.get(look_up).into_iter().flatten().copied()
    }

    pub(super) fn held_by(&self, person: AccountId) -> impl Iterator<Item = AccountId> {
        self.held_by.get(&person).into_iter().flatten().copied()
    }

    /// The accounts that a person holds, or of whose mailboxes a list gives them anything.
    pub(super) fn reached_by(&self, person: AccountId) -> impl Iterator<Item = AccountId> {
        let listed = self.listed.get(&person).into_iter().flatten().copied();
        self.held_by(person).chain(listed).collect::<BTreeSet<_>>().into_iter()
    }
}

fn take<K: std::hash::Hash + Eq>(map: &mut HashMap<K, BTreeSet<AccountId>>, key: &K, account: AccountId) {
    if let Some(accounts) = map.get_mut(key) {
        accounts.remove(&account);
        if accounts.is_empty() {
            map.remove(key);
        }
    }
}
