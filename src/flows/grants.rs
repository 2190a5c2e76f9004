//! Rights over an organisation's mailbox: given and taken back in one commit with the leaf that proves it. The
//! administrator gives them for the whole account, whoever may administer one folder for that folder (RFC 4314).

use std::sync::Arc;

use super::Login;
use crate::mail::{AccountId, AclRights, Fault, MailboxId, Rights, Status};
use crate::seal::event::{Draft, EventKind, Field, Level, Via};
use crate::store::{AccountEntry, AccountKind, Sign, Store, Subject, Tx};

/// Gives and takes rights.
pub struct Grants {
    store: Arc<Store>,
}

impl Grants {
    /// Over this store.
    #[must_use]
    pub fn new(store: Arc<Store>) -> Self {
        Self { store }
    }

    /// Lets a person hold a mailbox, with these rights and no others. `by` is who decided it, as proofs will say.
    ///
    /// # Errors
    /// `RecipientUnknown` when one of them is not there; `CannotOnThisMailbox` when the mailbox is somebody's own, or
    /// the holder is no person; `LimitReached`.
    // [proofs#events]
    pub async fn grant(&self, mailbox: AccountId, person: AccountId, rights: Rights, by: String) -> Result<(), Fault> {
        let (shared, holder) = (self.entry(mailbox)?, self.entry(person)?);
        if shared.kind == AccountKind::Personal {
            return Err(Fault::user(Status::CannotOnThisMailbox, "a personal mailbox is not shared"));
        }
        if holder.kind != AccountKind::Personal {
            return Err(Fault::user(Status::CannotOnThisMailbox, "only persons hold mailboxes"));
        }
        let draft = draft(EventKind::Grant, &shared, Some(rights), &holder, &by);
        // durable from here: the right and its leaf are one commit
        self.store
            .write(move |tx| {
                tx.set_holder(mailbox, person, rights)?;
                record(tx, draft, mailbox)
            })
            .await
    }

    /// Takes a mailbox from a person.
    ///
    /// # Errors
    /// `RecipientUnknown` when one of them is not there, `NoSuchMailbox` when the person does not hold it.
    // [proofs#events]
    pub async fn revoke(&self, mailbox: AccountId, person: AccountId, by: String) -> Result<(), Fault> {
        let (shared, holder) = (self.entry(mailbox)?, self.entry(person)?);
        let draft = draft(EventKind::Revoke, &shared, None, &holder, &by);
        // durable from here
        self.store
            .write(move |tx| {
                tx.remove_holder(mailbox, person)?;
                record(tx, draft, mailbox)
            })
            .await
    }

    /// Changes one entry of a folder's list. When that gives the person the right to read it, or takes that away, it is
    /// proved.
    ///
    /// # Errors
    /// `NoRight` when `login` may not administer the folder (any more); `CannotOnThisMailbox` when it lies in somebody's
    /// own account; `NoSuchIdentifier` when rights are to go to the account itself or to no person; `NoSuchMailbox`,
    /// `LimitReached`.
    // [rfc4314#3.1] [rfc4314#3.2] [proofs#events]
    pub async fn set_rights(&self, login: Login, change: RightsChange) -> Result<(), Fault> {
        let shared = self.entry(change.account)?;
        if shared.kind == AccountKind::Personal {
            return Err(Fault::user(Status::CannotOnThisMailbox, "a personal mailbox is not shared"));
        }
        let person = self.store.entry(change.person).filter(|entry| entry.kind == AccountKind::Personal);
        let person = person.ok_or_else(|| Fault::user(Status::NoSuchIdentifier, "no person"))?;
        // durable from here: the right and its leaf are one commit
        self.store.write(move |tx| change.run(tx, &login, &shared, &person)).await
    }

    fn entry(&self, account: AccountId) -> Result<Arc<AccountEntry>, Fault> {
        let missing = || Fault::user(Status::RecipientUnknown, format!("account {account}"));
        self.store.entry(account).ok_or_else(missing)
    }
}

/// How an entry changes (RFC 4314 §3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Modification {
    /// These rights stand in place of those before.
    Replace(AclRights),
    /// These are added.
    Add(AclRights),
    /// These are taken away.
    Remove(AclRights),
}

/// A change of one entry of a folder's list.
#[derive(Debug, Clone)]
pub struct RightsChange {
    /// The account that has the folder.
    pub account: AccountId,
    /// The folder.
    pub mailbox: MailboxId,
    /// Its name, for the proof.
    pub name: String,
    /// Whose entry.
    pub person: AccountId,
    /// Which of the two that a person can have.
    pub sign: Sign,
    /// What becomes of it.
    pub modification: Modification,
}

impl RightsChange {
    fn run(&self, tx: &mut Tx<'_>, login: &Login, shared: &AccountEntry, person: &AccountEntry) -> Result<(), Fault> {
        let Self { account, mailbox, sign, .. } = *self;
        if !tx.rights_in(account, mailbox, login.account)?.contains(AclRights::ADMINISTER) {
            return Err(Fault::user(Status::NoRight, "the login may not administer the mailbox"));
        }
        let before = tx.rights_in(account, mailbox, person.id)?;
        let entry = tx.acl_entry(account, mailbox, person.id, sign)?;
        let after = match self.modification {
            Modification::Replace(rights) => rights,
            Modification::Add(rights) => entry.with(rights),
            Modification::Remove(rights) => entry.without(rights),
        };
        tx.set_rights(account, mailbox, person.id, sign, after)?;
        let now = tx.rights_in(account, mailbox, person.id)?;
        let kind = match (before.contains(AclRights::READ), now.contains(AclRights::READ)) {
            (false, true) => EventKind::Grant,
            (true, false) => EventKind::Revoke,
            _ => return Ok(()),
        };
        let rights = if kind == EventKind::Grant { format!(" {now}") } else { String::new() };
        let draft = Draft::of_operator(kind)
            .level(login.level)
            .via(Via::Imap)
            .commit(Field::Mailbox, &format!("{} {}{rights}", shared.address, self.name))
            .commit(Field::Login, &person.address.to_string())
            .commit(Field::By, &login.address.to_string());
        record(tx, draft, account)
    }
}

/// The mailbox stands in it with the rights, as in other events with the folder's name.
fn draft(kind: EventKind, mailbox: &AccountEntry, rights: Option<Rights>, holder: &AccountEntry, by: &str) -> Draft {
    let rights = rights.map_or(String::new(), |rights| format!(" {rights}"));
    Draft::of_operator(kind)
        .level(Level::Service)
        .via(Via::Server)
        .commit(Field::Mailbox, &format!("{}{rights}", mailbox.address))
        .commit(Field::Login, &holder.address.to_string())
        .commit(Field::By, by)
}

fn record(tx: &mut Tx<'_>, draft: Draft, mailbox: AccountId) -> Result<(), Fault> {
    tx.record_event(draft, Subject::Account(mailbox)).map(drop)
}
