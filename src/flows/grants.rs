//! Rights over an organisation's mailbox: given and taken back in one commit with the leaf that proves it.

use std::sync::Arc;

use crate::mail::{AccountId, Fault, Rights, Status};
use crate::seal::event::{Draft, EventKind, Field, Level, Via};
use crate::store::{AccountEntry, AccountKind, Store, Subject, Tx};

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

    fn entry(&self, account: AccountId) -> Result<Arc<AccountEntry>, Fault> {
        let missing = || Fault::user(Status::RecipientUnknown, format!("account {account}"));
        self.store.entry(account).ok_or_else(missing)
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
