//! Who signs in: a name and a password against the account's hash.
//!
//! The reply and the time it takes are the same for an unknown name, an inactive account and a wrong password. Hashing
//! runs on the blocking pool behind a semaphore, so that a flood of logins can't take the memory of the machine: each
//! verification needs 19 MiB.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use aws_lc_rs::hmac;
use tokio::sync::Semaphore;
use zeroize::Zeroizing;

use crate::mail::{AccountId, Address, Chance, Fault, Status};
use crate::seal::event::Level;
use crate::store::Store;

/// Verifications at the same time.
const SLOTS: usize = 4;
/// Octets of a password.
const PASSWORD_MAX: usize = 1024;
/// Characters of a new password; NIST SP 800-63B §3.1.1 asks for at least 8, and for 15 where it stands alone.
const NEW_PASSWORD_MIN: usize = 12;
/// Logins that are remembered as verified, of at most 32 octets each.
const REMEMBERED_MAX: usize = 10_000;

/// An authenticated login: what a session may act as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Login {
    /// The account that signed in.
    pub account: AccountId,
    /// Its address.
    pub address: Address,
    /// How it proved who it is, as proofs will say.
    pub level: Level,
}

/// Checks names and passwords.
pub struct Logins {
    store: Arc<Store>,
    slots: Arc<Semaphore>,
    /// Verified against when there is no such account, so that the answer takes as long.
    decoy: String,
    remembered: Remembered,
}

impl Logins {
    /// The logins of this store's accounts.
    ///
    /// # Errors
    /// When no decoy hash can be made, which only a broken source of randomness causes.
    pub fn new(store: Arc<Store>, chance: &dyn Chance) -> Result<Self, Fault> {
        let mut unguessable = [0_u8; 16];
        chance.fill(&mut unguessable);
        let decoy = hash(&unguessable)?;
        Ok(Self { store, slots: Arc::new(Semaphore::new(SLOTS)), decoy, remembered: Remembered::new(chance) })
    }

    /// Signs in.
    ///
    /// # Errors
    /// `LoginFailed` for everything that is the user's fault; ours when hashing failed.
    pub async fn password(&self, user: &str, password: &str) -> Result<Login, Fault> {
        let refused = |why: &str| Fault::user(Status::LoginFailed, why);
        if password.len() > PASSWORD_MAX {
            return Err(refused("a password of more than 1,024 octets"));
        }
        let entry = Address::parse(user).ok().and_then(|address| self.store.find(&address));
        let stored = match &entry {
            Some(entry) => self.store.password_hash(entry.id),
            None => None,
        };
        let matches = self.verify(stored.as_deref().unwrap_or(&self.decoy), password).await?;
        match entry {
            None => Err(refused("no account has this name")),
            Some(_) if stored.is_none() => Err(refused("the account has no password")),
            Some(_) if !matches => Err(refused("wrong password")),
            Some(entry) if !entry.active => Err(refused("the account is not active")),
            Some(entry) => Ok(Login { account: entry.id, address: entry.address.clone(), level: Level::Password }),
        }
    }

    async fn verify(&self, stored: &str, password: &str) -> Result<bool, Fault> {
        let mark = self.remembered.mark(stored, password);
        if self.remembered.holds(&mark) {
            return Ok(true);
        }
        let closed = |e| Fault::ours(Status::Busy, "password pool").caused_by(e);
        let permit = Arc::clone(&self.slots).acquire_owned().await.map_err(closed)?;
        let (stored, password) = (stored.to_owned(), Zeroizing::new(password.to_owned()));
        let check = move || {
            let _permit = permit;
            let parsed = PasswordHash::new(&stored).ok()?;
            Some(Argon2::default().verify_password(password.as_bytes(), &parsed).is_ok())
        };
        let verified = tokio::task::spawn_blocking(check).await;
        let verified = verified.map_err(|e| Fault::ours(Status::Storage, "password check").caused_by(e))?;
        let matches = verified.ok_or_else(|| Fault::ours(Status::Storage, "a stored password hash can't be read"))?;
        if matches {
            self.remembered.keep(mark);
        }
        Ok(matches)
    }
}

/// A hash of a new password, in PHC form: Argon2id, 19 MiB, 2 passes. Takes some 20 ms.
///
/// # Errors
/// `LimitReached` when it has fewer than 12 characters or more than 1,024 octets.
pub fn hash_password(password: &str) -> Result<String, Fault> {
    if password.chars().count() < NEW_PASSWORD_MIN || password.len() > PASSWORD_MAX {
        return Err(Fault::user(
            Status::LimitReached,
            "a password has at least 12 characters and at most 1,024 octets",
        ));
    }
    hash(password.as_bytes())
}

fn hash(password: &[u8]) -> Result<String, Fault> {
    let hashed = Argon2::default().hash_password(password);
    hashed.map(|h| h.to_string()).map_err(|e| Fault::ours(Status::Storage, format!("password hashing: {e}")))
}

/// Which pairs of hash and password were verified since the start: clients open five connections at a time, and each
/// would cost 20 ms. What is kept is a keyed digest under a key that lives in this process only; a changed password
/// changes the stored hash, and with it the mark.
struct Remembered {
    key: hmac::Key,
    marks: Mutex<HashSet<[u8; 32]>>,
}

impl Remembered {
    fn new(chance: &dyn Chance) -> Self {
        let mut key = Zeroizing::new([0_u8; 32]);
        chance.fill(&mut *key);
        Self { key: hmac::Key::new(hmac::HMAC_SHA256, &*key), marks: Mutex::default() }
    }

    fn mark(&self, stored: &str, password: &str) -> [u8; 32] {
        let mut context = hmac::Context::with_key(&self.key);
        context.update(&(stored.len() as u64).to_be_bytes());
        context.update(stored.as_bytes());
        context.update(password.as_bytes());
        let mut mark = [0; 32];
        mark.copy_from_slice(context.sign().as_ref());
        mark
    }

    fn holds(&self, mark: &[u8; 32]) -> bool {
        self.marks.lock().unwrap_or_else(PoisonError::into_inner).contains(mark)
    }

    fn keep(&self, mark: [u8; 32]) {
        let mut marks = self.marks.lock().unwrap_or_else(PoisonError::into_inner);
        if marks.len() >= REMEMBERED_MAX {
            marks.clear();
        }
        marks.insert(mark);
    }
}
