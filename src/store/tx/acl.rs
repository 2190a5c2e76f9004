//! Lists of rights: written one entry at a time, inherited by new mailboxes, gone with the mailbox and the person.

use super::Tx;
use crate::mail::{AccountId, AclRights, Fault, MailboxId, Status};
use crate::store::acl::{AclEntry, ENTRIES_MAX, Lists, Sign};
use crate::store::core::{seal, unseal};
use crate::store::rows::key;

impl Tx<'_> {
    /// What a person may do with a mailbox, in what this transaction sees.
    ///
    /// # Errors
    /// `RecipientUnknown` when there is no such account.
    pub fn rights_in(&self, account: AccountId, mailbox: MailboxId, person: AccountId) -> Result<AclRights, Fault> {
        Ok(self.entry(account)?.rights_in(mailbox, person))
    }

    /// What a person may do where no mailbox's list says something else.
    ///
    /// # Errors
    /// `RecipientUnknown` when there is no such account.
    pub fn rights_everywhere(&self, account: AccountId, person: AccountId) -> Result<AclRights, Fault> {
        Ok(self.entry(account)?.rights_everywhere(person))
    }

    /// What an entry of a mailbox's list says: for rights that are given, what the administrator gave for the whole
    /// account when the list says nothing.
    ///
    /// # Errors
    /// `RecipientUnknown` when there is no such account.
    pub fn acl_entry(
        &self,
        account: AccountId,
        mailbox: MailboxId,
        person: AccountId,
        sign: Sign,
    ) -> Result<AclRights, Fault> {
        let entry = self.entry(account)?;
        let default = if sign == Sign::Gives { entry.rights_everywhere(person) } else { AclRights::NONE };
        Ok(entry.own_entry(mailbox, person, sign).unwrap_or(default))
    }

    /// Says what a person may do with a mailbox, or may not, in place of what the list said before. Sessions of the
    /// account have something to look at.
    ///
    /// # Errors
    /// `RecipientUnknown`, `NoSuchMailbox`, `LimitReached` beyond 500 entries.
    // [rfc4314#3.1] [rfc4314#3.2]
    pub fn set_rights(
        &mut self,
        account: AccountId,
        mailbox: MailboxId,
        person: AccountId,
        sign: Sign,
        rights: AclRights,
    ) -> Result<(), Fault> {
        self.entry(person)?;
        self.mailbox_row(account, mailbox)?;
        let mut entries = self.acl(account, mailbox)?;
        entries.retain(|entry| (entry.person, entry.sign) != (person, sign));
        let everywhere = self.entry(account)?.rights_everywhere(person);
        let default = if sign == Sign::Gives { everywhere } else { AclRights::NONE };
        if rights != default {
            entries.push(AclEntry { person, sign, rights });
        }
        if entries.len() > ENTRIES_MAX {
            return Err(Fault::user(Status::LimitReached, "entries of a list of rights"));
        }
        self.put_acl(account, mailbox, &entries)?;
        self.change_account(account, |_| ())?;
        self.hint(account)?;
        self.hint(person)
    }

    /// The list of one mailbox.
    pub(in crate::store) fn acl(&self, account: AccountId, mailbox: MailboxId) -> Result<Vec<AclEntry>, Fault> {
        let place = key::acl(account, mailbox);
        let sealed = self.get(&place)?;
        let open = |sealed: Vec<u8>| unseal("a list of rights", &self.core.keys.account(account)?, &place, &sealed);
        sealed.map_or_else(|| Ok(Vec::new()), open)
    }

    /// The lists of all mailboxes of an account.
    pub(in crate::store) fn lists(&self, account: AccountId) -> Result<Lists, Fault> {
        let key = self.core.keys.account(account)?;
        self.scan(&key::acls(account))?.iter().map(|(place, sealed)| open_list(&key, place, sealed)).collect()
    }

    /// A new mailbox begins with the list of the one above it, or of the one whose messages it takes.
    // [rfc4314#4]
    pub(super) fn inherit_acl(&mut self, account: AccountId, from: MailboxId, to: MailboxId) -> Result<(), Fault> {
        let entries = self.acl(account, from)?;
        if entries.is_empty() {
            return Ok(());
        }
        self.put_acl(account, to, &entries)?;
        self.change_account(account, |_| ())
    }

    // [rfc4314#4]
    pub(super) fn drop_acl(&mut self, account: AccountId, mailbox: MailboxId) -> Result<(), Fault> {
        let place = key::acl(account, mailbox);
        if self.get(&place)?.is_none() {
            return Ok(());
        }
        self.delete(place);
        self.change_account(account, |_| ())
    }

    /// Takes a person from all lists of an account; whether there was anything to take. What is in memory is the
    /// caller's matter.
    pub(super) fn unlist(&mut self, account: AccountId, person: AccountId) -> Result<bool, Fault> {
        let mut any = false;
        for (mailbox, mut entries) in self.lists(account)? {
            let before = entries.len();
            entries.retain(|entry| entry.person != person);
            if entries.len() < before {
                any = true;
                self.put_acl(account, mailbox, &entries)?;
            }
        }
        Ok(any)
    }

    fn put_acl(&mut self, account: AccountId, mailbox: MailboxId, entries: &[AclEntry]) -> Result<(), Fault> {
        let place = key::acl(account, mailbox);
        if entries.is_empty() {
            self.delete(place);
            return Ok(());
        }
        let sealed = seal(&self.core.keys.account(account)?, &place, &entries, &self.core.edge);
        self.put(place, sealed);
        Ok(())
    }
}

/// Reads one mailbox's list; the mailbox stands in its key.
pub(in crate::store) fn open_list(
    rows: &crate::seal::row::RowKey,
    place: &[u8],
    sealed: &[u8],
) -> Result<(MailboxId, Vec<AclEntry>), Fault> {
    let damaged = || Fault::ours(Status::Storage, "key of a list of rights");
    let mailbox = MailboxId(key::tail::<8>(place).map(u64::from_be_bytes).ok_or_else(damaged)?);
    Ok((mailbox, unseal("a list of rights", rows, place, sealed)?))
}
