//! Keys: the master key in its file, and the keys that lie wrapped in the store.
//!
//! ```text
//! master key (file, 0600) ─ HKDF ─┬─ wrapping of account keys *a*   account key ─ HKDF ─┬─ wrapping of body keys *d*
//!                                 ├─ the row of an account *a*                          └─ rows of the account
//!                                 ├─ openings of proofs *p*, *d*
//!                                 ├─ wrapping of body keys outside of accounts *d*
//!                                 ├─ look-up tags of addresses
//!                                 └─ rows of no account
//! ```
//!
//! What can be erased by itself needs a secret of the [vault](super::vault) besides: of the account (*a*), of persons
//! (*p*), of a day (*d*). Once the vault has forgotten it, the key can't be derived from anything any more.
//!
//! Each use has a key of its own, derived by HKDF-SHA-256 (RFC 5869) with the use's name, so that bytes sealed for one
//! use never open for another. To destroy a wrapped key is to erase what it protects. A wrapped key is bound to its
//! holder (account, body, person) and opens for no other. All keys are wiped from memory when dropped. This module is
//! *not* about TLS keys nor the log's signing key (see `trust` and `ledger`).

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use aws_lc_rs::{hkdf, hmac};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize as _, ZeroizeOnDrop, Zeroizing};

use super::aead::{Cipher, NONCE, TAG};
use super::body::BodyId;
use super::row::RowKey;
use super::vault::{Forget, Secret, Tree, Vault};
use crate::mail::{AccountId, Chance, EnvelopeId};

/// First word of a master key file.
const FILE_HEAD: &str = "sceau-master-key/v1 ";
/// A master key file is one line of 65 bytes; more is something else.
const FILE_MAX: u64 = 1024;

/// Why a key can't be had. Texts name the file, the reason and the remedy.
#[derive(Debug)]
pub enum KeyError {
    /// The file can't be read or written.
    Io(PathBuf, io::Error),
    /// The file exists and would be overwritten: everything sealed under it would be lost.
    Exists(PathBuf),
    /// Somebody other than the owner may read or write it; the mode's low nine bits.
    Exposed(PathBuf, u32),
    /// It isn't a master key file.
    Malformed(PathBuf),
    /// A wrapped key doesn't open: changed bytes, another holder, or another master key.
    Unwrap,
    /// The vault has forgotten a secret that is needed: what lies under it was erased.
    Erased,
}

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(path, error) => write!(f, "{}: {error}", path.display()),
            Self::Exists(path) => write!(
                f,
                "{}: a master key is here already and is never overwritten; move it away if nothing is sealed under it",
                path.display()
            ),
            Self::Exposed(path, mode) => write!(
                f,
                "{}: the mode is {mode:04o}, others may read this master key; run chmod 600 on it and consider who has",
                path.display()
            ),
            Self::Malformed(path) => write!(
                f,
                "{}: not a master key file (one line, «{FILE_HEAD}» and 32 bytes in base64); restore it from its backup",
                path.display()
            ),
            Self::Unwrap => f.write_str(
                "a wrapped key does not open: it was changed, belongs to another holder, or to another master key",
            ),
            Self::Erased => f.write_str("what lies under this key was erased"),
        }
    }
}

impl std::error::Error for KeyError {}

/// Who is erased together: a person, by a tag of their address that says nothing without the master key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PersonTag(pub [u8; 12]);

/// What the key of a body outside of its accounts is bound to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BodyBinding {
    /// The body.
    pub body: BodyId,
    /// The day since 1970 on which it was written.
    pub day: u32,
    /// The account with which it goes, if it goes with one.
    pub account: Option<AccountId>,
}

/// The day whose secrets are never forgotten: for what a legal hold keeps.
pub const NO_DAY: u32 = u32::MAX;

/// The key under which all others lie. Who has it, the vault and the store reads everything; who has lost one of them
/// reads nothing.
#[derive(ZeroizeOnDrop)]
pub struct MasterKey {
    bytes: [u8; 32],
    #[zeroize(skip)]
    vault: Arc<Vault>,
    /// Derived once: each event asks for the tags of some persons.
    #[zeroize(skip)]
    holders: hmac::Key,
}

impl MasterKey {
    /// A fresh key, in memory only.
    #[must_use]
    pub fn generate(chance: &dyn Chance) -> Self {
        let mut bytes = [0; 32];
        chance.fill(&mut bytes);
        Self::from_bytes(bytes)
    }

    /// The key with these bytes, for tests and for hardware that keeps them. Its vault is in memory only, the same for
    /// the same bytes: see [`MasterKey::with_vault`].
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        let vault = Arc::new(Vault::from_seed(&derive(&bytes, "vault")));
        let holders = hmac::Key::new(hmac::HMAC_SHA256, derive(&bytes, "holders").as_slice());
        Self { bytes, vault, holders }
    }

    /// The same key with a vault that can forget for good.
    #[must_use]
    pub fn with_vault(mut self, vault: Arc<Vault>) -> Self {
        self.vault = vault;
        self
    }

    /// The vault.
    #[must_use]
    pub const fn vault(&self) -> &Arc<Vault> {
        &self.vault
    }

    /// Generates a key and writes it to a new file of mode 0600, durable when this returns.
    ///
    /// # Errors
    /// `Exists` when there is a file of that name, `Io` for what the file system says.
    pub fn create(path: &Path, chance: &dyn Chance) -> Result<Self, KeyError> {
        let key = Self::generate(chance);
        let text = Zeroizing::new(format!("{FILE_HEAD}{}\n", *Zeroizing::new(STANDARD.encode(key.bytes))));
        write_new(path, text.as_bytes()).map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => KeyError::Exists(path.to_owned()),
            _ => KeyError::Io(path.to_owned(), error),
        })?;
        Ok(key)
    }

    /// Reads a key file.
    ///
    /// # Errors
    /// `Exposed` when group or others have any right on it, `Malformed`, `Io`.
    pub fn load(path: &Path) -> Result<Self, KeyError> {
        let io = |error| KeyError::Io(path.to_owned(), error);
        let file = File::open(path).map_err(io)?;
        // Asked of the open file, so that it can't be exchanged between the question and the reading.
        let mode = file.metadata().map_err(io)?.mode() & 0o777;
        if mode & 0o077 != 0 {
            return Err(KeyError::Exposed(path.to_owned(), mode));
        }
        let mut text = Zeroizing::new(String::with_capacity(FILE_MAX as usize));
        file.take(FILE_MAX).read_to_string(&mut text).map_err(io)?;
        Self::parse(&text).ok_or_else(|| KeyError::Malformed(path.to_owned()))
    }

    /// A 256-bit key for one use. The label is the use's name; different labels give unrelated keys.
    #[must_use]
    pub fn derive(&self, label: &str) -> Zeroizing<[u8; 32]> {
        derive(&self.bytes, label)
    }

    /// What an address is looked up by: a tag that says nothing about it without this key.
    #[must_use]
    pub fn directory_tag(&self, key: &str) -> [u8; 16] {
        let mac = hmac::Key::new(hmac::HMAC_SHA256, self.derive("directory").as_slice());
        let tag = hmac::sign(&mac, key.as_bytes());
        std::array::from_fn(|i| tag.as_ref()[i])
    }

    /// The key of the sealed rows of this use (queue, settings…); accounts have their own.
    #[must_use]
    pub fn row_key(&self, label: &str) -> RowKey {
        RowKey::new(&self.derive(&format!("rows/{label}")))
    }

    /// The tag of the person with this address, in the form of [`crate::mail::Address::key`]. Who was erased gets
    /// another one: what comes later can be opened again, until they are erased again.
    #[must_use]
    pub fn person(&self, address_key: &str) -> PersonTag {
        let mut tag = PersonTag(self.holder("person", address_key.as_bytes()));
        while !self.vault.knows(&Forget::One(Tree::Holders, index(tag.0))) {
            tag = PersonTag(self.holder("person again", &tag.0));
        }
        tag
    }

    /// Where the vault keeps a person's secret.
    #[must_use]
    pub fn person_index(person: PersonTag) -> u128 {
        index(person.0)
    }

    /// Where the vault keeps an account's secret.
    #[must_use]
    pub fn account_index(&self, account: AccountId) -> u128 {
        index(self.holder("account", &account.0.to_be_bytes()))
    }

    /// The key of the row that says whose an account is.
    ///
    /// # Errors
    /// `Erased`.
    pub fn account_row(&self, account: AccountId) -> Result<RowKey, KeyError> {
        let secret = self.secret(Tree::Holders, self.account_index(account))?;
        Ok(RowKey::new(&self.derive_with("rows/account", &[&secret])))
    }

    /// Wraps an account's key.
    ///
    /// # Errors
    /// `Erased`, which no new account is.
    pub fn wrap_account(
        &self,
        key: &AccountKey,
        account: AccountId,
        chance: &dyn Chance,
    ) -> Result<WrappedKey, KeyError> {
        Ok(WrappedKey::wrap(&*self.account_wrapping(account)?, &account.0.to_be_bytes(), &key.0, chance))
    }

    /// Unwraps an account's key.
    ///
    /// # Errors
    /// `Unwrap`, `Erased`.
    pub fn unwrap_account(&self, wrapped: &WrappedKey, account: AccountId) -> Result<AccountKey, KeyError> {
        wrapped.unwrap(&*self.account_wrapping(account)?, &account.0.to_be_bytes()).map(AccountKey)
    }

    fn account_wrapping(&self, account: AccountId) -> Result<Secret, KeyError> {
        let secret = self.secret(Tree::Holders, self.account_index(account))?;
        Ok(self.derive_with("wrap/account", &[&secret]))
    }

    /// The secret of the bodies that were written on a day.
    ///
    /// # Errors
    /// `Erased` once they were purged.
    pub fn content(&self, day: u32) -> Result<ContentSecret, KeyError> {
        self.secret(Tree::Content, u128::from(day)).map(ContentSecret)
    }

    /// Wraps the key of a body outside of its accounts: in the queue, or beside its bytes for salvage.
    ///
    /// # Errors
    /// `Erased`.
    pub fn wrap_body(&self, key: &BodyKey, binding: &BodyBinding, chance: &dyn Chance) -> Result<WrappedKey, KeyError> {
        Ok(WrappedKey::wrap(&*self.body_wrapping(binding)?, &binding.body.0, &key.0, chance))
    }

    /// Unwraps it.
    ///
    /// # Errors
    /// `Unwrap`, `Erased`.
    pub fn unwrap_body(&self, wrapped: &WrappedKey, binding: &BodyBinding) -> Result<BodyKey, KeyError> {
        wrapped.unwrap(&*self.body_wrapping(binding)?, &binding.body.0).map(BodyKey)
    }

    fn body_wrapping(&self, binding: &BodyBinding) -> Result<Secret, KeyError> {
        let day = self.content(binding.day)?.0;
        let Some(account) = binding.account else { return Ok(self.derive_with("wrap/body", &[&day])) };
        let holder = self.secret(Tree::Holders, self.account_index(account))?;
        Ok(self.derive_with("wrap/body/account", &[&day, &holder]))
    }

    /// The key of those openings of an event that all of these persons have to do with. It is gone with the first of
    /// them who is erased, and with the day of the event. Without persons: digests of an envelope.
    ///
    /// # Errors
    /// `Erased`.
    pub fn openings(&self, envelope: EnvelopeId, day: u32, persons: &[PersonTag]) -> Result<RowKey, KeyError> {
        let mut secrets = vec![self.secret(Tree::Identity, u128::from(day))?, Zeroizing::new([0; 32])];
        secrets[1][..16].copy_from_slice(&envelope.0);
        for person in persons {
            secrets.push(self.secret(Tree::Holders, index(person.0))?);
        }
        let secrets: Vec<&[u8; 32]> = secrets.iter().map(|secret| &**secret).collect();
        Ok(RowKey::new(&self.derive_with("openings", &secrets)))
    }

    fn secret(&self, tree: Tree, index: u128) -> Result<Secret, KeyError> {
        self.vault.secret(tree, index).ok_or(KeyError::Erased)
    }

    fn holder(&self, kind: &str, name: &[u8]) -> [u8; 12] {
        let mut mac = hmac::Context::with_key(&self.holders);
        mac.update(kind.as_bytes());
        mac.update(&[0]);
        mac.update(name);
        let tag = mac.sign();
        std::array::from_fn(|i| tag.as_ref()[i])
    }

    fn derive_with(&self, label: &str, secrets: &[&[u8; 32]]) -> Secret {
        let mut all = Zeroizing::new(self.bytes.to_vec());
        secrets.iter().for_each(|secret| all.extend_from_slice(*secret));
        derive(&all, label)
    }

    fn parse(text: &str) -> Option<Self> {
        let encoded = text.strip_prefix(FILE_HEAD)?.trim_end();
        let mut bytes = Zeroizing::new(STANDARD.decode(encoded).ok()?);
        let key = <[u8; 32]>::try_from(bytes.as_slice()).ok().map(Self::from_bytes);
        bytes.zeroize();
        key
    }
}

macro_rules! data_key {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(ZeroizeOnDrop)]
        pub struct $name([u8; 32]);

        impl $name {
            /// A fresh key.
            #[must_use]
            pub fn generate(chance: &dyn Chance) -> Self {
                let mut bytes = [0; 32];
                chance.fill(&mut bytes);
                Self(bytes)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }
    };
}

data_key! {
    /// The key of one account: its rows, and the keys of its bodies, lie under it.
    AccountKey
}
data_key! {
    /// The key of one message body. Never used for a second body: chunk nonces count from zero.
    BodyKey
}
/// The secret of the bodies of one day.
pub struct ContentSecret(Secret);

fn index(tag: [u8; 12]) -> u128 {
    tag.iter().fold(0, |index, byte| index << 8 | u128::from(*byte))
}

impl AccountKey {
    /// The key of the account's sealed rows.
    #[must_use]
    pub fn row_key(&self) -> RowKey {
        RowKey::new(&derive(&self.0, "account/rows"))
    }

    /// Wraps the key of a body that lies in this account and was written on the day of this secret.
    #[must_use]
    pub fn wrap_body(&self, key: &BodyKey, body: &BodyId, day: &ContentSecret, chance: &dyn Chance) -> WrappedKey {
        WrappedKey::wrap(&self.body_wrapping(day), &body.0, &key.0, chance)
    }

    /// Unwraps it.
    ///
    /// # Errors
    /// `Unwrap`.
    pub fn unwrap_body(&self, wrapped: &WrappedKey, body: &BodyId, day: &ContentSecret) -> Result<BodyKey, KeyError> {
        wrapped.unwrap(&self.body_wrapping(day), &body.0).map(BodyKey)
    }

    fn body_wrapping(&self, day: &ContentSecret) -> Secret {
        let both = Zeroizing::new([self.0, *day.0].concat());
        derive(&both, "account/wrap/body")
    }
}

impl BodyKey {
    pub(super) fn cipher(&self) -> Cipher {
        Cipher::new(&self.0)
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MasterKey(…)")
    }
}

/// A key sealed under another: 60 bytes, safe to store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WrappedKey {
    nonce: [u8; NONCE],
    key: [u8; 32],
    tag: [u8; TAG],
}

impl WrappedKey {
    fn wrap(under: &[u8; 32], holder: &[u8], key: &[u8; 32], chance: &dyn Chance) -> Self {
        let mut wrapped = Self { nonce: [0; NONCE], key: [0; 32], tag: [0; TAG] };
        chance.fill(&mut wrapped.nonce);
        let mut sealed = Vec::new();
        Cipher::new(under).seal(wrapped.nonce, holder, key, &mut sealed);
        wrapped.key.copy_from_slice(&sealed[..32]);
        wrapped.tag.copy_from_slice(&sealed[32..]);
        wrapped
    }

    fn unwrap(&self, under: &[u8; 32], holder: &[u8]) -> Result<[u8; 32], KeyError> {
        let sealed = [self.key.as_slice(), &self.tag].concat();
        let clear = Zeroizing::new(Cipher::new(under).open(self.nonce, holder, &sealed).ok_or(KeyError::Unwrap)?);
        <[u8; 32]>::try_from(clear.as_slice()).map_err(|_| KeyError::Unwrap)
    }
}

#[expect(clippy::expect_used, reason = "HKDF-SHA-256 gives up to 8,160 bytes; 32 are asked")]
fn derive(secret: &[u8], label: &str) -> Zeroizing<[u8; 32]> {
    let mut key = Zeroizing::new([0; 32]);
    hkdf::Salt::new(hkdf::HKDF_SHA256, b"sceau/v1")
        .extract(secret)
        .expand(&[label.as_bytes()], hkdf::HKDF_SHA256)
        .and_then(|okm| okm.fill(key.as_mut_slice()))
        .expect("32 bytes");
    key
}

/// Creates a secret file of mode 0600, which must not exist, and makes content and name durable. The name appears with
/// the whole content: a crash before that leaves nothing that a next start would take for a damaged key.
pub(crate) fn write_new(path: &Path, content: &[u8]) -> io::Result<()> {
    let draft = path.with_extension("new");
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
    file.write_all(content)?;
    file.sync_all()?;
    // A link, not a rename: it never replaces a key that is there.
    let linked = fs::hard_link(&draft, path);
    fs::remove_file(&draft)?;
    linked?;
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(directory)?.sync_all()
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    use super::super::testing::Counting;
    use super::*;

    #[test]
    fn a_master_key_survives_its_file() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("master.key");
        let key = MasterKey::create(&path, &Counting::default()).unwrap();
        assert_eq!(MasterKey::load(&path).unwrap().bytes, key.bytes);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(matches!(MasterKey::create(&path, &Counting::default()), Err(KeyError::Exists(_))));
    }

    #[test]
    fn errors_name_the_file_and_the_remedy() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("master.key");
        let error = |path: &Path| MasterKey::load(path).err().unwrap().to_string();
        assert!(error(&path).contains("No such file"));
        MasterKey::create(&path, &Counting::default()).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        assert!(error(&path).contains("master.key: the mode is 0640") && error(&path).contains("chmod 600"));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        for wrong in ["", "x", "sceau-master-key/v1 AAAA\n", "sceau-master-key/v1 !\n", &"A".repeat(5000)] {
            fs::write(&path, wrong).unwrap();
            assert!(error(&path).contains("not a master key file"), "{wrong:?}");
        }
    }

    const BOUND: BodyBinding = BodyBinding { body: BodyId([1; 16]), day: 20_780, account: None };

    #[test]
    fn a_key_opens_for_its_use_and_its_holder_only() {
        let chance = Counting::default();
        let (master, other) = (MasterKey::generate(&chance), MasterKey::generate(&chance));
        let (body, account) = (BodyKey::generate(&chance), AccountKey::generate(&chance));
        let (today, tomorrow) = (master.content(BOUND.day).unwrap(), master.content(BOUND.day + 1).unwrap());
        let wrapped = master.wrap_body(&body, &BOUND, &chance).unwrap();
        assert_eq!(master.unwrap_body(&wrapped, &BOUND).unwrap().0, body.0);
        for foreign in [
            BodyBinding { body: BodyId([2; 16]), ..BOUND },
            BodyBinding { day: 20_781, ..BOUND },
            BodyBinding { account: Some(AccountId(1)), ..BOUND },
        ] {
            assert!(master.unwrap_body(&wrapped, &foreign).is_err(), "{foreign:?}");
        }
        assert!(other.unwrap_body(&wrapped, &BOUND).is_err());
        assert!(account.unwrap_body(&wrapped, &BOUND.body, &today).is_err(), "another level");
        let wrapped = account.wrap_body(&body, &BOUND.body, &today, &chance);
        assert_eq!(account.unwrap_body(&wrapped, &BOUND.body, &today).unwrap().0, body.0);
        assert!(account.unwrap_body(&wrapped, &BOUND.body, &tomorrow).is_err());
        let wrapped = master.wrap_account(&account, AccountId(7), &chance).unwrap();
        assert_eq!(master.unwrap_account(&wrapped, AccountId(7)).unwrap().0, account.0);
        assert!(master.unwrap_account(&wrapped, AccountId(8)).is_err());
    }

    #[test]
    fn what_the_vault_forgot_opens_nothing_any_more() {
        let chance = Counting::default();
        let master = MasterKey::generate(&chance);
        let (person, other) = (master.person("jean@a.fr"), master.person("anne@a.fr"));
        let envelope = EnvelopeId([3; 16]);
        assert!(master.openings(envelope, 5, &[person, other]).is_ok());
        master.vault().forget(&[Forget::One(Tree::Holders, MasterKey::person_index(person))]).unwrap();
        assert!(matches!(master.openings(envelope, 5, &[person, other]), Err(KeyError::Erased)));
        assert_ne!(master.person("jean@a.fr"), person, "who comes back is somebody else");
        assert!(master.openings(envelope, 5, &[master.person("jean@a.fr")]).is_ok());
        assert!(master.openings(envelope, 5, &[other]).is_ok() && master.openings(envelope, 5, &[]).is_ok());
        master.vault().forget(&[Forget::Below(Tree::Identity, 6)]).unwrap();
        assert!(master.openings(envelope, 5, &[]).is_err() && master.openings(envelope, 6, &[]).is_ok());
        let account = AccountId(7);
        assert!(master.account_row(account).is_ok());
        master.vault().forget(&[Forget::One(Tree::Holders, master.account_index(account))]).unwrap();
        assert!(matches!(master.account_row(account), Err(KeyError::Erased)));
        assert!(master.account_row(AccountId(8)).is_ok());
        master.vault().forget(&[Forget::Below(Tree::Content, 9)]).unwrap();
        assert!(master.content(8).is_err() && master.content(9).is_ok() && master.content(NO_DAY).is_ok());
    }

    #[test]
    fn every_changed_bit_of_a_wrapped_key_is_noticed() {
        let chance = Counting::default();
        let (master, body) = (MasterKey::generate(&chance), BodyKey::generate(&chance));
        let wrapped = postcard::to_stdvec(&master.wrap_body(&body, &BOUND, &chance).unwrap()).unwrap();
        assert_eq!(wrapped.len(), 60);
        for bit in 0..wrapped.len() * 8 {
            let mut changed = wrapped.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            let changed: WrappedKey = postcard::from_bytes(&changed).unwrap();
            assert!(master.unwrap_body(&changed, &BOUND).is_err(), "bit {bit}");
        }
    }

    #[test]
    fn derivations_are_stable_and_separate() {
        let master = MasterKey::from_bytes([7; 32]);
        assert_ne!(*master.derive("a"), *master.derive("b"));
        assert_eq!(*master.derive("a"), *MasterKey::from_bytes([7; 32]).derive("a"));
        assert_ne!(master.directory_tag("a@b.fr"), master.directory_tag("a@c.fr"));
        assert_eq!(format!("{master:?}"), "MasterKey(…)");
    }
}
