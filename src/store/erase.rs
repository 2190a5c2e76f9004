//! Erasing a person: what of them is sealed here opens for nobody any more, in backups neither.
//!
//! ```text
//! note ─→ the vault forgets ─→ openings counted and removed ─→ the account emptied and removed ─→ `erase` in the log
//! ```
//!
//! From the second step on nothing can be brought back; the others only give room and say how much it was. Each step
//! can be done again, so what a stop interrupted is finished by [`Store::finish_erasures`] at the next start.

use serde::{Deserialize, Serialize};

use super::Store;
use super::core::engine_fault;
use super::rows::{self, key};
use super::tx::secrets_of;
use crate::mail::{AccountId, Address, Fault, Status, Time};
use crate::seal::keys::PersonTag;
use crate::seal::vault::Forget;

/// Events that one commit looks at, and messages that it removes.
const AT_ONCE: usize = 1000;
const MESSAGES_AT_ONCE: usize = 200;

/// An erasure under way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Erasing {
    /// On which ground: a short word.
    pub(super) ground: String,
    /// Leaves whose openings were destroyed so far.
    pub(super) leaves: u64,
    pub(super) account: Option<AccountId>,
    pub(super) begun: Time,
}

/// What becomes of the account of a person who is erased.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountToo {
    /// It goes with all its messages.
    Yes,
    /// A person who has an account is not erased.
    No,
}

impl Store {
    /// Erases a person by their address. When this returns, it is done and in the log, unless an error says otherwise;
    /// after an error it is finished at the next start.
    ///
    /// # Errors
    /// `MailboxExists` when they have an account and `account` says no; `LimitReached` when a legal hold keeps it;
    /// `Storage`, also when a copy of the vault can't be written: nothing is erased then.
    // [proofs#erasure]
    pub async fn erase_person(&self, address: &Address, ground: String, account: AccountToo) -> Result<u64, Fault> {
        let person = self.core.keys.master.person(&address.key());
        let entry = self.find(address);
        if entry.is_some() && account == AccountToo::No {
            return Err(Fault::user(Status::MailboxExists, "they have an account"));
        }
        let id = entry.map(|entry| entry.id);
        self.write(move |tx| {
            if id.map_or(Ok(false), |id| tx.is_held(id))? {
                return Err(Fault::user(Status::LimitReached, "a legal hold keeps the account"));
            }
            let erasing = Erasing { ground, leaves: 0, account: id, begun: tx.now() };
            tx.put_erasing(person, &erasing);
            Ok(())
        })
        .await?;
        self.finish_erasure(person, id).await.map(Option::unwrap_or_default)
    }

    /// Finishes what a stop interrupted, and removes accounts that a backup brought back and nobody can open.
    ///
    /// # Errors
    /// `Storage`.
    pub async fn finish_erasures(&self) -> Result<(), Fault> {
        for (place, row) in self.core.rows(&key::erasings())? {
            let erasing: Erasing = rows::decode("an erasure", &row)?;
            let Some(person) = key::tail::<12>(&place).map(PersonTag) else { continue };
            self.finish_erasure(person, erasing.account).await?;
        }
        for (place, _) in self.core.rows(&key::accounts())? {
            let id = key::tail::<8>(&place).map(|id| AccountId(u64::from_be_bytes(id)));
            if let Some(id) = id.filter(|id| self.core.keys.account(*id).is_err()) {
                self.remove_account(id).await?;
            }
        }
        Ok(())
    }

    async fn finish_erasure(&self, person: PersonTag, account: Option<AccountId>) -> Result<Option<u64>, Fault> {
        self.forget(secrets_of(&self.core.keys.master, person, account)).await?;
        // durable from here: whatever is left lies under keys that nobody can derive
        let mut from = Some(key::event_prefix());
        while let Some(place) = from.take() {
            from = self.write(move |tx| tx.erase_openings(person, &place, AT_ONCE)).await?;
        }
        if let Some(account) = account {
            self.remove_account(account).await?;
        }
        self.write(move |tx| tx.finish_erasing(person)).await
    }

    async fn remove_account(&self, account: AccountId) -> Result<(), Fault> {
        while self.write(move |tx| tx.empty_account(account, MESSAGES_AT_ONCE)).await? {}
        self.write(move |tx| tx.remove_account(account)).await
    }

    /// Makes the vault forget, then notes that it has: an older copy of the vault will be told from this one.
    ///
    /// # Errors
    /// `Storage`, when a copy of the vault can't be written; nothing was forgotten then.
    pub async fn forget(&self, what: Vec<Forget>) -> Result<(), Fault> {
        let core = self.core.clone();
        let forgetting = tokio::task::spawn_blocking(move || core.keys.master.vault().forget(&what)).await;
        let failed = |what: &str| Fault::ours(Status::Storage, what.to_owned());
        let forgotten = forgetting.map_err(|error| failed("the vault").caused_by(error))?;
        forgotten.map_err(|error| failed("the vault").caused_by(error))?;
        let generation = self.core.keys.master.vault().generation();
        self.write(move |tx| {
            tx.put_vault_generation(generation);
            Ok(())
        })
        .await
    }

    /// Refuses a vault that is older than what was erased.
    pub(super) fn refuse_an_old_vault(core: &super::core::Core) -> Result<(), Fault> {
        let noted = core.engine.get(&key::vault_generation()).map_err(engine_fault)?;
        let noted: u64 = noted.map_or(Ok(0), |row| rows::decode("the vault's generation", &row))?;
        if core.keys.master.vault().generation() >= noted {
            return Ok(());
        }
        let detail = "the vault is older than the last erasure: put its present copy in its place (docs/erasure.md)";
        Err(Fault::ours(Status::Storage, detail))
    }
}
