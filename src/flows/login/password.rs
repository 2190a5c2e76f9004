//! Passwords: the account's Argon2 hash, and keys for SCRAM beside it.
//!
//! Hashing runs on the blocking pool behind a semaphore, so that a flood of logins can't take the memory of the
//! machine: each verification needs 19 MiB. An account that is not there, is not active or has no password is verified
//! against a decoy, so that it costs the same. Keys for SCRAM are weaker at rest than the hash (PBKDF2 needs no
//! memory); they lie sealed in the account's row, and can be switched off.

use std::collections::HashSet;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use aws_lc_rs::{digest, hmac, pbkdf2};
use tokio::sync::Semaphore;
use zeroize::Zeroizing;

use super::failed;
use crate::mail::{Address, Chance, Edge, Fault, ScramKeys, Status};
use crate::store::{AccountEntry, Store};

/// Verifications at the same time.
const SLOTS: usize = 4;
/// Octets of a password.
const PASSWORD_MAX: usize = 1024;
/// Characters of a new password; NIST SP 800-63B §3.1.1 asks for at least 8, and for 15 where it stands alone.
const NEW_PASSWORD_MIN: usize = 12;
/// Logins that are remembered as verified, of at most 32 octets each.
const REMEMBERED_MAX: usize = 10_000;
/// Rounds that keys without an account seem to have when no number is set (RFC 7677 §4).
const ITERATIONS_MIN: u32 = 4096;

/// Verifies passwords.
pub(super) struct Passwords {
    slots: Arc<Semaphore>,
    /// Verified against when there is no such account, so that the answer takes as long.
    decoy: String,
    /// Makes keys of accounts that are not there, the same after every start.
    fake: hmac::Key,
    remembered: Remembered,
    /// How many passwords were hashed since the start: what attempts cost.
    pub(super) hashed: AtomicU64,
}

impl Passwords {
    pub(super) fn new(store: &Store, edge: &Edge) -> Result<Self, Fault> {
        let decoy = hash(&edge.bytes::<16>())?;
        let fake = hmac::Key::new(hmac::HMAC_SHA256, store.derived_key("scram of nobody").as_slice());
        Ok(Self {
            slots: Arc::new(Semaphore::new(SLOTS)),
            decoy,
            fake,
            remembered: Remembered::new(edge.chance.as_ref()),
            hashed: AtomicU64::new(0),
        })
    }

    /// The account of a user name.
    pub(super) fn find(&self, store: &Store, user: &str) -> Option<Arc<AccountEntry>> {
        Address::parse(user).ok().and_then(|address| store.find(&address))
    }

    /// The account whose name and password these are.
    // [clients#enumeration-and-timing]
    pub(super) async fn check(&self, store: &Store, user: &str, password: &str) -> Result<Arc<AccountEntry>, Fault> {
        if password.len() > PASSWORD_MAX {
            return Err(failed("a password of more than 1,024 octets"));
        }
        let entry = self.find(store, user);
        let usable = entry.as_ref().filter(|entry| entry.active);
        let stored = usable.and_then(|entry| store.password_hash(entry.id)).filter(|hash| !hash.is_empty());
        // What is in the decoy nobody knows, so it is never remembered as verified: it always costs a hash.
        let matches = self.verify(stored.as_deref().unwrap_or(&self.decoy), &prepared(password)).await?;
        match entry {
            None => Err(failed("no account has this name")),
            Some(entry) if !entry.active => Err(failed("the account is not active")),
            Some(_) if stored.is_none() => Err(failed("the account has no password")),
            Some(_) if !matches => Err(failed("wrong password")),
            Some(entry) => Ok(entry),
        }
    }

    async fn verify(&self, stored: &str, password: &str) -> Result<bool, Fault> {
        let mark = self.remembered.mark(stored, password);
        if self.remembered.holds(&mark) {
            return Ok(true);
        }
        let closed = |e| Fault::ours(Status::Busy, "password pool").caused_by(e);
        let permit = Arc::clone(&self.slots).acquire_owned().await.map_err(closed)?;
        self.hashed.fetch_add(1, Ordering::SeqCst);
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

    /// The keys to check a proof against. Those of an account that is not active keep their salt, so that nobody sees
    /// that it is not, and fit no password; those of nobody have a salt that follows from the name.
    // [rfc5802#9] [clients#enumeration-and-timing]
    pub(super) fn scram_keys(&self, store: &Store, user: &str, iterations: Option<u32>) -> ScramKeys {
        let entry = self.find(store, user);
        let name = entry.as_ref().map_or_else(|| user.to_lowercase(), |entry| entry.address.key());
        let [salt, stored_key, server_key] = ["salt", "stored", "server"].map(|part| self.invent(part, &name));
        let (salt, _) = salt.split_at(16);
        let nobodys = ScramKeys {
            iterations: iterations.unwrap_or(ITERATIONS_MIN),
            salt: std::array::from_fn(|i| salt[i]),
            stored_key,
            server_key,
        };
        let Some((entry, keys)) = entry.and_then(|entry| store.scram_keys(entry.id).map(|keys| (entry, keys))) else {
            return nobodys;
        };
        match entry.active {
            true => keys,
            false => ScramKeys { salt: keys.salt, iterations: keys.iterations, ..nobodys },
        }
    }

    fn invent(&self, part: &str, name: &str) -> [u8; 32] {
        let mut mac = hmac::Context::with_key(&self.fake);
        mac.update(part.as_bytes());
        mac.update(&[0]);
        mac.update(name.as_bytes());
        let mut invented = [0; 32];
        invented.copy_from_slice(mac.sign().as_ref());
        invented
    }
}

/// A password in the form that is hashed: SASLprep (RFC 4013), so that the same accents typed on two systems are the
/// same; as it is where that profile refuses it, which clients do too.
// [rfc4013#2]
fn prepared(password: &str) -> Zeroizing<String> {
    Zeroizing::new(stringprep::saslprep(password).map_or_else(|_| password.to_owned(), std::borrow::Cow::into_owned))
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
    hash(prepared(password).as_bytes())
}

/// The keys of a new password for SCRAM, with so many rounds. Takes some 15 ms for 50,000.
// [rfc5802#3] [rfc7677#4]
#[must_use]
pub fn new_scram_keys(password: &str, iterations: u32, chance: &dyn Chance) -> ScramKeys {
    let mut salt = [0; 16];
    chance.fill(&mut salt);
    derive(&prepared(password), salt, iterations.max(ITERATIONS_MIN))
}

fn derive(password: &str, salt: [u8; 16], iterations: u32) -> ScramKeys {
    let mut salted = Zeroizing::new([0; 32]);
    let rounds = NonZeroU32::new(iterations).unwrap_or(NonZeroU32::MIN);
    pbkdf2::derive(pbkdf2::PBKDF2_HMAC_SHA256, rounds, &salt, password.as_bytes(), salted.as_mut_slice());
    let key = hmac::Key::new(hmac::HMAC_SHA256, salted.as_slice());
    let client_key = hmac::sign(&key, b"Client Key");
    let (mut stored_key, mut server_key) = ([0; 32], [0; 32]);
    stored_key.copy_from_slice(digest::digest(&digest::SHA256, client_key.as_ref()).as_ref());
    server_key.copy_from_slice(hmac::sign(&key, b"Server Key").as_ref());
    ScramKeys { iterations, salt, stored_key, server_key }
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

#[cfg(test)]
mod tests {
    use super::*;

    // [rfc5802#3] [rfc7677#4]
    #[test]
    fn keys_are_those_of_the_rfcs_example() {
        // the password and salt of RFC 7677 §3, the keys computed by another implementation (Python's hashlib)
        let salt = [91, 109, 153, 104, 157, 18, 53, 142, 236, 160, 75, 20, 18, 54, 250, 129];
        let keys = derive("pencil", salt, 4096);
        let hex = crate::mail::hex;
        assert_eq!(hex(&keys.stored_key), "586e5df283e6dceb5c3e791d8b8528ec191e664045ce971792e2e6b5bb13e2a6");
        assert_eq!(hex(&keys.server_key), "c1f3cbc1c13a9d35a14c0990eed97629ea225863e566a4314ab99f3f00e5d9d5");
    }

    // [rfc4013#2]
    #[test]
    fn the_same_accents_are_the_same_password() {
        assert_eq!(*prepared("mot de passe \u{e9}"), *prepared("mot de passe e\u{301}"));
        assert_eq!(*prepared("I\u{ad}X"), "IX");
        assert_eq!(*prepared("a\u{a0}b"), "a b");
        // what the profile prohibits is taken as it is
        assert_eq!(*prepared("a\u{7}b"), "a\u{7}b");
    }
}
