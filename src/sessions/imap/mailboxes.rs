//! CREATE, DELETE, RENAME, SUBSCRIBE, UNSUBSCRIBE.

use super::dispatch::Outcome;
use super::{Imap, render};
use crate::flows::Deletions;
use crate::mail::{Fault, Status};
use crate::proto::imap::name::WireName;
use crate::proto::imap::response::Completion;
use crate::store::{SpecialUse, Tx};

impl Imap {
    // [rfc3501#6.3.3] [rfc6154#3] [rfc8474#4.1]
    pub(super) async fn create(&mut self, name: &WireName, uses: &[String]) -> Outcome {
        let (account, name) = (self.account()?.id(), self.new_name(name)?);
        let special_use = special_use(uses)?;
        let job = move |tx: &mut Tx<'_>| tx.create_mailbox_for(account, &name, special_use);
        let mailbox = self.services.store.write(job).await?;
        Ok(Completion::with(format!("MAILBOXID ({})", render::mailbox_id(mailbox))))
    }

    // [rfc3501#6.3.4]
    pub(super) async fn delete(&mut self, name: &WireName) -> Outcome {
        let mailbox = self.mailbox(name)?.id;
        let deletions = Deletions::new(self.account()?, mailbox, &self.person()?.login)?;
        self.change(move |tx| deletions.mailbox(tx)).await
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

/// What a new mailbox is for: one thing, of those that there are.
// [rfc6154#3]
fn special_use(uses: &[String]) -> Result<Option<SpecialUse>, Fault> {
    let known = |word: &String| {
        let named = |special: &SpecialUse| special.attribute().eq_ignore_ascii_case(word);
        SpecialUse::ALL.iter().map(|(special, _)| *special).find(named)
    };
    match uses {
        [] => Ok(None),
        [only] => known(only).map(Some).ok_or_else(|| Fault::user(Status::UseUnsupported, "a use that no mailbox has")),
        _ => Err(Fault::user(Status::UseUnsupported, "several uses for one mailbox")),
    }
}

/// No mailbox can have this name.
pub(super) fn not_a_name() -> Fault {
    Fault::user(Status::BadMailboxName, "not a mailbox name")
}
