//! CREATE, DELETE, RENAME, SUBSCRIBE, UNSUBSCRIBE.

use super::dispatch::Outcome;
use super::{Imap, Output, render};
use crate::flows::Deletions;
use crate::mail::{AclRights, Fault, Status};
use crate::proto::imap::name::{SEPARATOR, WireName};
use crate::proto::imap::response::Completion;
use crate::store::{SpecialUse, Tx};

impl Imap {
    // [rfc3501#6.3.3] [rfc6154#3] [rfc8474#4.1] [rfc4314#4]
    pub(super) async fn create(&mut self, name: &WireName, uses: &[String], out: &mut Output) -> Outcome {
        let (account, new, pass) = self.place_for(&self.new_name(name)?)?;
        let (account, special_use) = (account.id(), special_use(uses)?);
        let job = move |tx: &mut Tx<'_>| {
            pass.check(tx)?;
            tx.create_mailbox_for(account, &new, special_use)
        };
        let mailbox = self.services.store.write(job).await?;
        let spelled = name.spelled(self.names).unwrap_or_default();
        self.tell_kept_name(name, spelled.strip_suffix(SEPARATOR).unwrap_or(&spelled), out)?;
        Ok(Completion::with(format!("MAILBOXID ({})", render::mailbox_id(mailbox))))
    }

    // [rfc3501#6.3.4]
    pub(super) async fn delete(&mut self, name: &WireName) -> Outcome {
        let (place, person) = (self.mailbox(name)?, self.person()?);
        let pass = place.require(AclRights::DELETE, person)?;
        let deletions = Deletions::new(&place.account, place.info.id, &person.login)?;
        self.change(move |tx| pass.check(tx).and_then(|()| deletions.mailbox(tx))).await
    }

    // [rfc3501#6.3.5]
    pub(super) async fn rename(&mut self, from: &WireName, to: &WireName, out: &mut Output) -> Outcome {
        let from = self.mailbox(from)?;
        let old = from.require(AclRights::DELETE, self.person()?)?;
        let (account, name, new) = self.place_for(&self.new_name(to)?)?;
        if account.id() != from.account.id() {
            return Err(Fault::user(Status::CannotOnThisMailbox, "a mailbox stays in its account"));
        }
        let job = move |tx: &mut Tx<'_>| {
            old.check(tx)?;
            new.check(tx)?;
            tx.rename_mailbox(account.id(), from.info.id, &name)
        };
        self.services.store.write(job).await?;
        self.tell_kept_name(to, &from.info.name, out)?;
        Ok(Completion::plain())
    }

    /// Tells the name of a new mailbox when it is kept in another form than it was sent in, with the one that it had.
    // [rfc9051#6.3.4] [rfc9051#6.3.6]
    fn tell_kept_name(&self, name: &WireName, before: &str, out: &mut Output) -> Result<(), Fault> {
        let kept = self.new_name(name)?;
        let spelled = name.spelled(self.names).unwrap_or_default();
        if !self.enabled.rev2 || kept == spelled.strip_suffix(SEPARATOR).unwrap_or(&spelled) {
            return Ok(());
        }
        self.tell_listed(&kept, Some(before), out)
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

    async fn change(&self, job: impl FnOnce(&mut Tx<'_>) -> Result<(), Fault> + Send + 'static) -> Outcome {
        self.services.store.write(job).await?;
        Ok(Completion::plain())
    }
}

/// What a new mailbox is for: one thing, of those that there are.
// [rfc6154#3]
pub(super) fn special_use(uses: &[String]) -> Result<Option<SpecialUse>, Fault> {
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
