//! Mailboxes: a tree of names over mailboxes that have their own identity.

use super::{Effect, Tx};
use crate::mail::{AccountId, Fault, MailboxId, Status};
use crate::store::core::{Core, seal, unseal};
use crate::store::directory::AccountEntry;
use crate::store::index::{IndexChange, no_mailbox};
use crate::store::name;
use crate::store::rows::{MailboxCounters, MailboxRow, SpecialUse, key};

impl Tx<'_> {
    /// Creates a mailbox, and those above it that are missing. A final `/` is ignored.
    ///
    /// # Errors
    /// `MailboxExists`, `BadMailboxName`, `LimitReached`.
    // [rfc9051#6.3.4]
    pub fn create_mailbox(&mut self, account: AccountId, name: &str) -> Result<MailboxId, Fault> {
        self.create_mailbox_for(account, name, None)
    }

    /// Makes a mailbox that is for something.
    ///
    /// # Errors
    /// As [`Tx::create_mailbox`].
    // [rfc6154#3]
    pub fn create_mailbox_for(
        &mut self,
        account: AccountId,
        name: &str,
        special_use: Option<SpecialUse>,
    ) -> Result<MailboxId, Fault> {
        let name = name::normalise(name)?;
        if self.find_mailbox(account, &name)?.is_some() {
            return Err(Fault::user(Status::MailboxExists, "create"));
        }
        self.create_parents(account, &name)?;
        self.add_inheriting(account, &name, special_use)
    }

    /// Deletes a mailbox with its messages. Its name stays subscribed.
    ///
    /// # Errors
    /// `CannotOnThisMailbox` for INBOX, `HasChildren` when mailboxes lie below, `NoSuchMailbox`.
    // [rfc9051#6.3.5]
    pub fn delete_mailbox(&mut self, account: AccountId, mailbox: MailboxId) -> Result<(), Fault> {
        if self.inbox(account)? == mailbox {
            return Err(Fault::user(Status::CannotOnThisMailbox, "delete INBOX"));
        }
        let name = self.mailbox_row(account, mailbox)?.name;
        if self.all_mailboxes(account)?.iter().any(|(_, row)| name::below(&row.name, &name).is_some()) {
            return Err(Fault::user(Status::HasChildren, "delete"));
        }
        for uid in self.uids(account, mailbox)? {
            self.expunge(account, mailbox, uid)?;
        }
        for (key, _) in self.scan(&key::changes(account, mailbox))? {
            self.delete(key);
        }
        self.delete(key::mailbox(account, mailbox));
        self.delete(key::mailbox_counters(account, mailbox));
        self.drop_annotations(account, mailbox)?;
        self.drop_acl(account, mailbox)?;
        let mut counters = self.account_counters(account)?;
        counters.mailboxes -= 1;
        self.put_row(key::account_counters(account), &counters);
        self.next_modseq(account)?;
        self.effect(Effect::Index(mailbox, IndexChange::Gone));
        Ok(())
    }

    /// Renames a mailbox and all below it. Of INBOX the messages move to a new mailbox of that name; INBOX itself and
    /// what lies below it stay. Subscriptions are by name and stay as they are.
    ///
    /// # Errors
    /// `MailboxExists`, `BadMailboxName` (also for a place below itself), `NoSuchMailbox`.
    // [rfc9051#6.3.6]
    pub fn rename_mailbox(&mut self, account: AccountId, mailbox: MailboxId, to: &str) -> Result<(), Fault> {
        let to = name::normalise(to)?;
        if self.find_mailbox(account, &to)?.is_some() {
            return Err(Fault::user(Status::MailboxExists, "rename"));
        }
        if self.inbox(account)? == mailbox {
            return self.rename_inbox(account, mailbox, &to);
        }
        let from = self.mailbox_row(account, mailbox)?.name;
        if name::below(&to, &from).is_some() {
            return Err(Fault::user(Status::BadMailboxName, "rename below itself"));
        }
        self.create_parents(account, &to)?;
        for (id, mut row) in self.all_mailboxes(account)? {
            let rest = if id == mailbox { Some("") } else { name::below(&row.name, &from) };
            if let Some(rest) = rest {
                row.name = name::normalise(&format!("{to}{rest}"))?;
                self.put_mailbox_row(account, id, &row)?;
            }
        }
        self.next_modseq(account)?;
        Ok(())
    }

    fn rename_inbox(&mut self, account: AccountId, inbox: MailboxId, to: &str) -> Result<(), Fault> {
        self.create_parents(account, to)?;
        let target = self.add_mailbox(account, to, None)?;
        self.inherit_acl(account, inbox, target)?;
        self.copy_annotations(account, inbox, target)?;
        for uid in self.uids(account, inbox)? {
            self.copy(account, inbox, uid, target)?;
            self.expunge(account, inbox, uid)?;
        }
        Ok(())
    }

    /// Subscribes a name, whether or not a mailbox has it.
    ///
    /// # Errors
    /// `BadMailboxName`, `LimitReached`.
    // [rfc9051#6.3.7]
    pub fn subscribe(&mut self, account: AccountId, name: &str) -> Result<(), Fault> {
        let name = name::normalise(name)?;
        let place = self.subscription(account, &name);
        if self.get(&place)?.is_some() {
            return Ok(());
        }
        if self.scan(&key::subscriptions(account))?.len() >= self.core.settings.mailboxes_per_account as usize {
            return Err(Fault::user(Status::LimitReached, "subscriptions"));
        }
        let sealed = seal(&self.entry(account)?.rows, &place, &name, &self.core.edge);
        self.put(place, sealed);
        self.hint(account)
    }

    /// Takes a name from the subscriptions, if it is there.
    ///
    /// # Errors
    /// `BadMailboxName`.
    // [rfc9051#6.3.8]
    pub fn unsubscribe(&mut self, account: AccountId, name: &str) -> Result<(), Fault> {
        let place = self.subscription(account, &name::normalise(name)?);
        self.delete(place);
        self.hint(account)
    }

    fn subscription(&self, account: AccountId, name: &str) -> Vec<u8> {
        subscription(self.core, account, name)
    }

    /// The mailbox of this name.
    ///
    /// # Errors
    /// `Storage` when a row can't be read.
    pub fn find_mailbox(&self, account: AccountId, name: &str) -> Result<Option<MailboxId>, Fault> {
        let Ok(name) = name::normalise(name) else { return Ok(None) };
        let found = self.all_mailboxes(account)?.into_iter().find(|(_, row)| row.name == name);
        Ok(found.map(|(id, _)| id))
    }

    /// The mailbox of this special use, for instance where a copy of what is sent goes.
    ///
    /// # Errors
    /// `Storage` when a row can't be read.
    pub fn special_mailbox(&self, account: AccountId, special_use: SpecialUse) -> Result<Option<MailboxId>, Fault> {
        let found = self.all_mailboxes(account)?.into_iter().find(|(_, row)| row.special_use == Some(special_use));
        Ok(found.map(|(id, _)| id))
    }

    fn create_parents(&mut self, account: AccountId, name: &str) -> Result<(), Fault> {
        let Some(parent) = name::parent(name) else { return Ok(()) };
        if self.find_mailbox(account, parent)?.is_some() {
            return Ok(());
        }
        self.create_parents(account, parent)?;
        self.add_inheriting(account, parent, None).map(drop)
    }

    /// A mailbox whose list of rights is that of the one above it.
    // [rfc4314#4]
    fn add_inheriting(
        &mut self,
        account: AccountId,
        name: &str,
        special_use: Option<SpecialUse>,
    ) -> Result<MailboxId, Fault> {
        let id = self.add_mailbox(account, name, special_use)?;
        let above = name::parent(name).map(|parent| self.find_mailbox(account, parent)).transpose()?.flatten();
        above.map_or(Ok(()), |above| self.inherit_acl(account, above, id))?;
        Ok(id)
    }

    pub(super) fn add_mailbox(
        &mut self,
        account: AccountId,
        name: &str,
        special_use: Option<SpecialUse>,
    ) -> Result<MailboxId, Fault> {
        let mut counters = self.account_counters(account)?;
        if counters.mailboxes >= self.core.settings.mailboxes_per_account {
            return Err(Fault::user(Status::LimitReached, "mailboxes of an account"));
        }
        counters.mailboxes += 1;
        self.put_row(key::account_counters(account), &counters);
        let id = MailboxId(self.next_id()?);
        let uid_validity = self.next_uid_validity()?;
        let row = MailboxRow { name: name.to_owned(), special_use, keywords: Vec::new() };
        self.put_mailbox_row(account, id, &row)?;
        let modseq = self.next_modseq(account)?;
        let uid_validity = uid_validity.0.get();
        let counters = MailboxCounters { uid_next: 1, highest: modseq.0, uid_validity, ..MailboxCounters::default() };
        self.put_row(key::mailbox_counters(account, id), &counters);
        Ok(id)
    }

    pub(super) fn mailbox_row(&self, account: AccountId, mailbox: MailboxId) -> Result<MailboxRow, Fault> {
        let place = key::mailbox(account, mailbox);
        let sealed = self.get(&place)?.ok_or_else(no_mailbox)?;
        unseal("a mailbox", &self.entry(account)?.rows, &place, &sealed)
    }

    pub(super) fn put_mailbox_row(&mut self, account: AccountId, id: MailboxId, row: &MailboxRow) -> Result<(), Fault> {
        let place = key::mailbox(account, id);
        let sealed = seal(&self.entry(account)?.rows, &place, row, &self.core.edge);
        self.put(place, sealed);
        Ok(())
    }

    pub(super) fn mailbox_counters(&self, account: AccountId, mailbox: MailboxId) -> Result<MailboxCounters, Fault> {
        self.row("mailbox counters", &key::mailbox_counters(account, mailbox))?.ok_or_else(no_mailbox)
    }

    fn all_mailboxes(&self, account: AccountId) -> Result<Vec<(MailboxId, MailboxRow)>, Fault> {
        let entry = self.entry(account)?;
        let rows = self.scan(&key::mailboxes(account))?;
        rows.iter().map(|(place, sealed)| open_mailbox(&entry, place, sealed)).collect()
    }
}

/// The place of a name among an account's subscriptions.
pub(in crate::store) fn subscription(core: &Core, account: AccountId, name: &str) -> Vec<u8> {
    key::subscription(account, &core.keys.tag(&format!("subscription {account}"), name))
}

/// Reads a mailbox's row with the identity at its key's end.
pub(in crate::store) fn open_mailbox(
    entry: &AccountEntry,
    place: &[u8],
    sealed: &[u8],
) -> Result<(MailboxId, MailboxRow), Fault> {
    let id = key::tail::<8>(place).map(u64::from_be_bytes).ok_or_else(no_mailbox)?;
    Ok((MailboxId(id), unseal("a mailbox", &entry.rows, place, sealed)?))
}
