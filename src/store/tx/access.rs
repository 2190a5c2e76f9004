//! How accounts are signed in to: passwords, certificates, national identifiers; and who holds an organisation's.

use super::Tx;
use crate::mail::{AccountId, Fault, Rights, ScramKeys, Status};
use crate::store::access::{AccessRow, Holder, HolderRow, Identity};
use crate::store::core::{seal, unseal};
use crate::store::rows::key;

/// Identities of one account.
const IDENTITIES_MAX: usize = 32;
/// Persons who hold one account.
const HOLDERS_MAX: usize = 1000;

impl Tx<'_> {
    /// Replaces the password: its hash, and its keys for SCRAM. Without keys no SCRAM login succeeds; those of the
    /// password before never stay.
    ///
    /// # Errors
    /// `RecipientUnknown` when there is no such account.
    pub fn set_password(&mut self, account: AccountId, hash: String, scram: Option<ScramKeys>) -> Result<(), Fault> {
        self.change_access(account, |access| {
            access.scram = scram;
            Ok(())
        })?;
        self.change_account(account, |row| row.password_hash = hash)
    }

    /// Lets an account be signed in to by this identity too.
    ///
    /// # Errors
    /// `RecipientUnknown`, `MailboxExists` when it has the identity already, `LimitReached` beyond 32.
    pub fn add_identity(&mut self, account: AccountId, identity: Identity) -> Result<(), Fault> {
        self.change_access(account, |access| {
            let new = identity.look_up();
            if access.identities.iter().any(|known| known.look_up() == new) {
                return Err(Fault::user(Status::MailboxExists, "the account has this identity"));
            }
            if access.identities.len() >= IDENTITIES_MAX {
                return Err(Fault::user(Status::LimitReached, "identities of one account"));
            }
            access.identities.push(identity);
            Ok(())
        })
    }

    /// Takes an identity, by its [`Identity::look_up`], from an account.
    ///
    /// # Errors
    /// `RecipientUnknown` when there is no such account, `NoSuchMailbox` when it does not have it.
    pub fn remove_identity(&mut self, account: AccountId, look_up: &str) -> Result<(), Fault> {
        self.change_access(account, |access| {
            let before = access.identities.len();
            access.identities.retain(|known| known.look_up() != look_up);
            if access.identities.len() == before {
                return Err(Fault::user(Status::NoSuchMailbox, "the account does not have this identity"));
            }
            Ok(())
        })
    }

    /// Lets a person hold an account, with these rights and no others: what lists of single mailboxes said is gone.
    ///
    /// # Errors
    /// `RecipientUnknown` when one of the two is not there, `LimitReached` beyond 1,000 holders.
    pub fn set_holder(&mut self, account: AccountId, person: AccountId, rights: Rights) -> Result<(), Fault> {
        self.entry(person)?;
        let holders = self.holders(account)?;
        if holders.len() >= HOLDERS_MAX && !holders.iter().any(|holder| holder.person == person) {
            return Err(Fault::user(Status::LimitReached, "holders of one account"));
        }
        let place = key::holder(account, person);
        let row = HolderRow { rights, since: self.now() };
        let sealed = seal(&self.core.keys.account(account)?, &place, &row, &self.core.edge);
        self.put(place, sealed);
        self.unlist(account, person)?;
        self.change_account(account, |_| ())?;
        self.hint(account)?;
        self.hint(person)
    }

    /// Takes an account from a person who holds it, and what lists of single mailboxes gave.
    ///
    /// # Errors
    /// `RecipientUnknown` when there is no such account, `NoSuchMailbox` when the person has nothing of it.
    pub fn remove_holder(&mut self, account: AccountId, person: AccountId) -> Result<(), Fault> {
        let place = key::holder(account, person);
        let listed = self.unlist(account, person)?;
        if self.get(&place)?.is_none() && !listed {
            return Err(Fault::user(Status::NoSuchMailbox, "the person does not hold it"));
        }
        self.delete(place);
        self.change_account(account, |_| ())?;
        self.hint(account)?;
        self.hint(person)
    }

    /// Who holds an account, in the order of the persons' numbers.
    pub(in crate::store) fn holders(&self, account: AccountId) -> Result<Vec<Holder>, Fault> {
        let rows = self.scan(&key::holders(account))?;
        let key = self.core.keys.account(account)?;
        rows.iter().map(|(place, sealed)| open_holder(&key, place, sealed)).collect()
    }

    /// How an account is signed in to besides its password's hash.
    pub(in crate::store) fn access(&self, account: AccountId) -> Result<AccessRow, Fault> {
        let place = key::access(account);
        match self.get(&place)? {
            Some(sealed) => unseal("an account's access", &self.core.keys.account(account)?, &place, &sealed),
            None => Ok(AccessRow::default()),
        }
    }

    fn change_access(
        &mut self,
        account: AccountId,
        change: impl FnOnce(&mut AccessRow) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        self.entry(account)?;
        let mut access = self.access(account)?;
        change(&mut access)?;
        let place = key::access(account);
        let sealed = seal(&self.core.keys.account(account)?, &place, &access, &self.core.edge);
        self.put(place, sealed);
        // What is in memory follows from all rows of the account.
        self.change_account(account, |_| ())
    }
}

/// Reads one row of a holder; the person stands in its key.
pub(in crate::store) fn open_holder(
    rows: &crate::seal::row::RowKey,
    place: &[u8],
    sealed: &[u8],
) -> Result<Holder, Fault> {
    let row: HolderRow = unseal("a holder", rows, place, sealed)?;
    let damaged = || Fault::ours(Status::Storage, "key of a holder");
    let person = AccountId(key::tail::<8>(place).map(u64::from_be_bytes).ok_or_else(damaged)?);
    Ok(Holder { person, rights: row.rights, since: row.since })
}
