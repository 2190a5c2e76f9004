//! Accounts: created with the mailboxes that clients expect, never deleted here.

use std::sync::Arc;

use super::Tx;
use crate::mail::{AccountId, Address, Fault, MailboxId, ModSeq, Status};
use crate::seal::keys::AccountKey;
use crate::store::core::{key_fault, seal, unseal};
use crate::store::directory::AccountEntry;
use crate::store::rows::{AccountCounters, AccountKind, AccountRow, SpecialUse, key};

/// Octets of a setting.
const SETTING_MAX: usize = 1024;

/// What an account begins with.
#[derive(Clone)]
pub struct NewAccount {
    /// Its address; no other account may have it.
    pub address: Address,
    /// Whose it is, as people read it.
    pub name: String,
    /// Argon2 in its PHC form. The store never sees a password.
    pub password_hash: String,
    /// Of which kind it is.
    pub kind: AccountKind,
    /// Octets that its messages may take.
    pub quota: u64,
}

impl std::fmt::Debug for NewAccount {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewAccount").field("kind", &self.kind).finish_non_exhaustive()
    }
}

impl Tx<'_> {
    /// Creates an account, and creates and subscribes INBOX, Sent, Drafts, Trash, Junk and Archive, the latter five
    /// with their special use.
    ///
    /// # Errors
    /// `MailboxExists` when the address is taken.
    // [clients#first-login]
    pub fn create_account(&mut self, new: NewAccount) -> Result<AccountId, Fault> {
        let look_up = key::directory(&self.core.keys.master.directory_tag(&new.address.key()));
        if self.get(&look_up)?.is_some() {
            return Err(Fault::user(Status::MailboxExists, "an account has this address"));
        }
        let id = AccountId(self.next_id()?);
        let chance = self.core.edge.chance.clone();
        let account_key = AccountKey::generate(chance.as_ref());
        let row = AccountRow {
            address: new.address,
            name: new.name,
            password_hash: new.password_hash,
            kind: new.kind,
            active: true,
            quota: new.quota,
            created: self.now(),
            key: self.core.keys.master.wrap_account(&account_key, id, chance.as_ref()).map_err(key_fault)?,
        };
        self.put(look_up, id.0.to_be_bytes().to_vec());
        self.put_account(id, row)?;
        let counters = AccountCounters { inbox: MailboxId(0), mailboxes: 0, modseq: ModSeq(1), bytes: 0, messages: 0 };
        self.put_row(key::account_counters(id), &counters);
        let inbox = self.add_mailbox(id, "INBOX", None)?;
        let mut counters = self.account_counters(id)?;
        counters.inbox = inbox;
        self.put_row(key::account_counters(id), &counters);
        self.subscribe(id, "INBOX")?;
        for (special_use, name) in SpecialUse::ALL {
            self.add_mailbox(id, name, Some(special_use))?;
            self.subscribe(id, name)?;
        }
        Ok(id)
    }

    /// Writes a setting of an account, sealed under the account's key; at most 1 KiB.
    ///
    /// # Errors
    /// `RecipientUnknown` when there is no such account, `LimitReached`.
    pub fn set_setting(&mut self, account: AccountId, name: &str, value: &[u8]) -> Result<(), Fault> {
        if value.len() > SETTING_MAX {
            return Err(Fault::user(Status::LimitReached, format!("setting {name}")));
        }
        let entry = self.entry(account)?;
        let place = key::setting(account, &self.core.keys.tag("setting", name));
        let sealed = seal(&entry.rows, &place, &value.to_vec(), &self.core.edge);
        self.put(place, sealed);
        Ok(())
    }

    /// Lets an account sign in and take messages again.
    ///
    /// # Errors
    /// `RecipientUnknown` when there is no such account.
    pub fn activate(&mut self, account: AccountId) -> Result<(), Fault> {
        self.change_account(account, |row| row.active = true)
    }

    /// Lets an account neither sign in nor take messages.
    ///
    /// # Errors
    /// `RecipientUnknown` when there is no such account.
    pub fn deactivate(&mut self, account: AccountId) -> Result<(), Fault> {
        self.change_account(account, |row| row.active = false)?;
        // sessions that wait end
        self.hint(account)
    }

    /// Sets how many octets the account's messages may take.
    ///
    /// # Errors
    /// `RecipientUnknown` when there is no such account.
    pub fn set_quota(&mut self, account: AccountId, octets: u64) -> Result<(), Fault> {
        self.change_account(account, |row| row.quota = octets)
    }

    pub(super) fn change_account(
        &mut self,
        account: AccountId,
        change: impl FnOnce(&mut AccountRow),
    ) -> Result<(), Fault> {
        let place = key::account(account);
        let sealed = self.get(&place)?.ok_or_else(|| super::no_account(account))?;
        let mut row: AccountRow = unseal("an account", &self.core.keys.account(account)?, &place, &sealed)?;
        change(&mut row);
        self.put_account(account, row)
    }

    fn put_account(&mut self, id: AccountId, row: AccountRow) -> Result<(), Fault> {
        let place = key::account(id);
        let sealed = seal(&self.core.keys.account(id)?, &place, &row, &self.core.edge);
        self.put(place, sealed);
        let (access, holders, acl) = (self.access(id)?, self.holders(id)?, self.lists(id)?);
        let entry = AccountEntry::open(id, row, access, (holders, acl), &self.core.keys.master)?;
        self.put_entry(Arc::new(entry));
        Ok(())
    }

    pub(super) fn account_counters(&self, account: AccountId) -> Result<AccountCounters, Fault> {
        let counters = self.row("account counters", &key::account_counters(account))?;
        counters.ok_or_else(|| super::no_account(account))
    }

    /// The account's INBOX.
    ///
    /// # Errors
    /// `RecipientUnknown` when there is no such account.
    pub fn inbox(&self, account: AccountId) -> Result<MailboxId, Fault> {
        Ok(self.account_counters(account)?.inbox)
    }
}
