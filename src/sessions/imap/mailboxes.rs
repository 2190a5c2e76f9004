//! CREATE, DELETE, RENAME, SUBSCRIBE, UNSUBSCRIBE.

use super::Imap;
use super::dispatch::Outcome;
use crate::mail::{Fault, Status};
use crate::proto::imap::name::WireName;
use crate::proto::imap::response::Completion;
use crate::store::Tx;

impl Imap {
    // [rfc3501#6.3.3]
    pub(super) async fn create(&mut self, name: &WireName) -> Outcome {
        let (account, name) = (self.account()?.id(), self.new_name(name)?);
        self.change(move |tx| tx.create_mailbox(account, &name).map(drop)).await
    }

    // [rfc3501#6.3.4]
    pub(super) async fn delete(&mut self, name: &WireName) -> Outcome {
        let (account, mailbox) = (self.account()?.id(), self.mailbox(name)?.id);
        self.change(move |tx| tx.delete_mailbox(account, mailbox)).await
    }

    // [rfc3501#6.3.5]
    pub(super) async fn rename(&mut self, from: &WireName, to: &WireName) -> Outcome {
        let (account, mailbox, to) = (self.account()?.id(), self.mailbox(from)?.id, self.new_name(to)?);
        self.change(move |tx| tx.rename_mailbox(account, mailbox, &to)).await
    }

    /// A name is subscribed whether or not a mailbox has it, as the RFC allows; so the answer tells nobody whether
    /// there is one.
    // [rfc3501#6.3.6]
    pub(super) async fn subscribe(&mut self, name: &WireName) -> Outcome {
        let (account, name) = (self.account()?.id(), self.new_name(name)?);
        self.change(move |tx| tx.subscribe(account, &name)).await
    }

    // [rfc3501#6.3.7]
    pub(super) async fn unsubscribe(&mut self, name: &WireName) -> Outcome {
        let (account, name) = (self.account()?.id(), self.new_name(name)?);
        self.change(move |tx| tx.unsubscribe(account, &name)).await
    }

    fn new_name(&self, name: &WireName) -> Result<String, Fault> {
        name.read_new(self.names).ok_or_else(not_a_name)
    }

    async fn change(&self, job: impl FnOnce(&mut Tx<'_>) -> Result<(), Fault> + Send + 'static) -> Outcome {
        self.services.store.write(job).await?;
        Ok(Completion::plain())
    }
}

/// No mailbox can have this name.
pub(super) fn not_a_name() -> Fault {
    Fault::user(Status::BadMailboxName, "not a mailbox name")
}
