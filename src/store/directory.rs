//! The accounts of this server, all in memory: who exists is asked for every RCPT and every login.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, PoisonError, RwLock};

use super::access::{AccessRow, Holder, Identity, LookUps};
use super::acl::Lists;
use super::rows::{AccountKind, AccountRow};
use crate::mail::{AccountId, Address, Fault, Rights, ScramKeys, Status, Time};
use crate::seal::keys::{AccountKey, MasterKey};
use crate::seal::row::RowKey;

/// One account.
pub struct AccountEntry {
    /// Its identity; never given again.
    pub id: AccountId,
    /// Its address.
    pub address: Address,
    /// Whose it is, as people read it.
    pub name: String,
    /// Of which kind it is.
    pub kind: AccountKind,
    /// Whether it may sign in and takes messages.
    pub active: bool,
    /// Octets that its messages may take.
    pub quota: u64,
    /// When it was made.
    pub created: Time,
    /// By what else than a password it is signed in to.
    pub identities: Vec<Identity>,
    /// Who holds it, in the order of the persons' numbers.
    pub holders: Vec<Holder>,
    pub(super) acl: Lists,
    pub(super) scram: Option<ScramKeys>,
    pub(super) password_hash: String,
    pub(super) key: AccountKey,
    pub(super) rows: RowKey,
}

impl AccountEntry {
    pub(super) fn open(
        id: AccountId,
        row: AccountRow,
        access: AccessRow,
        (holders, acl): (Vec<Holder>, Lists),
        master: &MasterKey,
    ) -> Result<Self, Fault> {
        let broken = |error| Fault::ours(Status::Storage, format!("key of account {id}")).caused_by(error);
        let key = master.unwrap_account(&row.key, id).map_err(broken)?;
        Ok(Self {
            id,
            address: row.address,
            name: row.name,
            kind: row.kind,
            active: row.active,
            quota: row.quota,
            created: row.created,
            identities: access.identities,
            holders,
            acl,
            scram: access.scram,
            password_hash: row.password_hash,
            rows: key.row_key(),
            key,
        })
    }
}

impl AccountEntry {
    /// What this person may do with it: nothing unless the person holds it.
    #[must_use]
    pub fn rights_of(&self, person: AccountId) -> Rights {
        let held = self.holders.iter().find(|holder| holder.person == person);
        held.map_or(Rights::NONE, |holder| holder.rights)
    }
}

impl std::fmt::Debug for AccountEntry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AccountEntry").field("id", &self.id).field("active", &self.active).finish_non_exhaustive()
    }
}

/// All accounts, by identity and by address.
#[derive(Debug, Default)]
pub(super) struct Directory(RwLock<Tables>);

#[derive(Debug, Default)]
struct Tables {
    by_id: BTreeMap<AccountId, Arc<AccountEntry>>,
    by_address: HashMap<String, AccountId>,
    look_ups: LookUps,
}

impl Directory {
    /// Adds an account, or replaces what was known of it.
    pub(super) fn put(&self, entry: &Arc<AccountEntry>) {
        let mut tables = self.0.write().unwrap_or_else(PoisonError::into_inner);
        tables.by_address.insert(entry.address.key(), entry.id);
        if let Some(before) = tables.by_id.insert(entry.id, Arc::clone(entry)) {
            tables.look_ups.remove(&before);
        }
        tables.look_ups.add(entry);
    }

    /// Takes an account out.
    pub(super) fn remove(&self, id: AccountId) {
        let mut tables = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(entry) = tables.by_id.remove(&id) {
            tables.look_ups.remove(&entry);
        }
        tables.by_address.retain(|_, known| *known != id);
    }

    pub(super) fn get(&self, id: AccountId) -> Option<Arc<AccountEntry>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).by_id.get(&id).cloned()
    }

    pub(super) fn find(&self, address: &Address) -> Option<Arc<AccountEntry>> {
        let tables = self.0.read().unwrap_or_else(PoisonError::into_inner);
        tables.by_address.get(&address.key()).and_then(|id| tables.by_id.get(id)).cloned()
    }

    /// The accounts with this identity, by its look-up, in the order of their making.
    pub(super) fn identified(&self, look_up: &str) -> Vec<Arc<AccountEntry>> {
        let tables = self.0.read().unwrap_or_else(PoisonError::into_inner);
        tables.look_ups.identified(look_up).filter_map(|id| tables.by_id.get(&id).cloned()).collect()
    }

    /// The accounts that a person holds, in the order of their making.
    pub(super) fn held_by(&self, person: AccountId) -> Vec<Arc<AccountEntry>> {
        let tables = self.0.read().unwrap_or_else(PoisonError::into_inner);
        tables.look_ups.held_by(person).filter_map(|id| tables.by_id.get(&id).cloned()).collect()
    }

    /// The accounts that a person holds, or of which a list gives them anything, in the order of their making.
    pub(super) fn reached_by(&self, person: AccountId) -> Vec<Arc<AccountEntry>> {
        let tables = self.0.read().unwrap_or_else(PoisonError::into_inner);
        tables.look_ups.reached_by(person).filter_map(|id| tables.by_id.get(&id).cloned()).collect()
    }

    pub(super) fn all(&self) -> Vec<Arc<AccountEntry>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).by_id.values().cloned().collect()
    }
}
