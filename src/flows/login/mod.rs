//! Who signs in, by whatever means: a password, a proof of it, a certificate, a token; and as whom they act.
//!
//! | file | what |
//! |---|---|
//! | `password` | the account's hash, keys for SCRAM, the work that is the same for everybody |
//! | `certificate` | the certificate of the TLS handshake |
//! | `token` | a token that an identity provider issued |
//! | `choice` | the own mailbox, or one that the person holds |
//! | `throttle` | how much failed logins cost, and whom they do not |
//!
//! The reply, and the work behind it, are the same for an unknown name, an inactive account and a wrong password.

mod certificate;
mod choice;
mod password;
mod throttle;
mod token;

use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

pub use certificate::PersonCertificates;
pub use choice::addresses;
pub use password::{hash_password, new_scram_keys};
pub use throttle::ThrottleSettings;
pub use token::{Level, TokenChecker, TokenFacts};

use self::password::Passwords;
use self::throttle::Throttle;
use crate::mail::{AccountId, Address, Edge, Fault, Rights, ScramKeys, Status};
use crate::seal::event::{Draft, Field};
use crate::store::Store;
use crate::trust::Trust;

/// An authenticated login: what a session may act as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Login {
    /// The account that signed in: who acts, in proofs.
    pub account: AccountId,
    /// Its address.
    pub address: Address,
    /// How it proved who it is, as proofs will say.
    pub level: Level,
    /// What somebody else has signed about that: a certificate, a token. Proofs commit to it.
    pub evidence: Option<String>,
    /// The mailbox that the login holds and acts on, when it is not its own.
    pub behalf: Option<Behalf>,
}

/// A mailbox that somebody acts on for others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Behalf {
    /// The mailbox's account.
    pub account: AccountId,
    /// Its address.
    pub address: Address,
    /// What the login may do with it. Read once, at the sign-in; see [`Logins::stands`].
    pub rights: Rights,
}

impl Login {
    /// Somebody who acts on the own mailbox, without evidence of others.
    #[must_use]
    pub const fn new(account: AccountId, address: Address, level: Level) -> Self {
        Self { account, address, level, evidence: None, behalf: None }
    }

    /// The account whose mailboxes the session shows.
    #[must_use]
    pub fn mailbox(&self) -> AccountId {
        self.behalf.as_ref().map_or(self.account, |behalf| behalf.account)
    }

    /// Whether the session may do this with the mailboxes that it shows.
    #[must_use]
    pub fn may(&self, rights: Rights) -> bool {
        self.behalf.as_ref().is_none_or(|behalf| behalf.rights.contains(rights))
    }

    /// Says in an event who acted, and how that is known.
    // [proofs#events]
    #[must_use]
    pub(super) fn sign(&self, draft: Draft) -> Draft {
        let draft = draft.level(self.level).commit(Field::Login, &self.address.to_string());
        match &self.evidence {
            Some(evidence) => draft.commit(Field::Auth, evidence),
            None => draft,
        }
    }
}

/// Who comes, before anybody has signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visitor {
    /// From where.
    pub address: IpAddr,
    /// The certificates that were shown in the handshake, DER, leaf first. They prove possession of the key and
    /// nothing else: [`Logins`] judges them.
    pub certificates: Vec<Vec<u8>>,
    /// What the session is for: a mailbox of others needs this right.
    pub purpose: Rights,
}

/// Waits, for logins that failed before. Implemented with the runtime's timers in `server`.
pub trait Pause: Send + Sync {
    /// Resolves after this time.
    fn pause(&self, span: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>>;
}

/// What logins are set to.
#[derive(Debug, Clone, Default)]
pub struct LoginSettings {
    /// Rounds of PBKDF2 of new SCRAM keys; without it there are none.
    pub scram_iterations: Option<u32>,
    /// How certificates of persons are known.
    pub persons: PersonCertificates,
    /// What failed logins cost.
    pub throttle: ThrottleSettings,
}

/// Signs people and programs in.
pub struct Logins {
    store: Arc<Store>,
    edge: Edge,
    settings: LoginSettings,
    passwords: Passwords,
    throttle: Throttle,
    trust: Option<Arc<Trust>>,
    tokens: Option<Arc<dyn TokenChecker>>,
    pause: Option<Arc<dyn Pause>>,
}

impl Logins {
    /// The logins of this store's accounts, by passwords.
    ///
    /// # Errors
    /// When no decoy hash can be made, which only a broken source of randomness causes.
    pub fn new(store: Arc<Store>, edge: Edge, settings: LoginSettings) -> Result<Self, Fault> {
        let passwords = Passwords::new(&store, &edge)?;
        let throttle = Throttle::new(settings.throttle, edge.chance.as_ref());
        Ok(Self { store, edge, settings, passwords, throttle, trust: None, tokens: None, pause: None })
    }

    /// The same, also by certificates that this trust judges.
    #[must_use]
    pub fn trusting(mut self, trust: Arc<Trust>) -> Self {
        self.trust = Some(trust);
        self
    }

    /// The same, also by tokens.
    #[must_use]
    pub fn checking(mut self, tokens: Arc<dyn TokenChecker>) -> Self {
        self.tokens = Some(tokens);
        self
    }

    /// The same, with somebody who waits where failed logins cost time.
    #[must_use]
    pub fn pausing(mut self, pause: Arc<dyn Pause>) -> Self {
        self.pause = Some(pause);
        self
    }

    /// Whether proofs of passwords are taken.
    #[must_use]
    pub const fn takes_scram(&self) -> bool {
        self.settings.scram_iterations.is_some()
    }

    /// Whether tokens are taken.
    #[must_use]
    pub fn takes_tokens(&self) -> bool {
        self.tokens.is_some()
    }

    /// Signs in by a name and a password. `user` may be `person*mailbox`, for clients that know no other way to name
    /// a mailbox that the person holds.
    ///
    /// # Errors
    /// `LoginFailed` for everything that is the user's fault, `LoginThrottled`; ours when hashing failed.
    // [rfc4616#2] [clients#enumeration-and-timing]
    pub async fn password(
        &self,
        visitor: &Visitor,
        user: &str,
        authzid: Option<&str>,
        password: &str,
    ) -> Result<Login, Fault> {
        let name = choice::Name::read(user, authzid)?;
        let mark = self.throttle.mark(password);
        let attempt =
            self.throttle.enter(name.user, visitor.address, Some(mark), self.account(name.user), self.now())?;
        self.wait(attempt.wait).await;
        let entry = self.passwords.check(&self.store, name.user, password).await?;
        let login = self.chosen(&[entry], name.wanted(), visitor, |entry| {
            Login::new(entry.id, entry.address.clone(), Level::Password)
        });
        let login = login.ok_or_else(|| failed("the login does not hold the mailbox that it asked for"))?;
        self.throttle.forgive(&attempt, login.account, self.now());
        Ok(login)
    }

    /// The keys that a proof of this name's password is to be checked against. There are always some.
    ///
    /// # Errors
    /// `LoginThrottled`.
    // [rfc5802#9]
    pub async fn scram_keys(&self, visitor: &Visitor, user: &str) -> Result<ScramKeys, Fault> {
        let name = choice::Name::read(user, None)?;
        // Counted before the client learns whether its proof is right; `scram` takes it back.
        let attempt = self.throttle.enter(name.user, visitor.address, None, self.account(name.user), self.now())?;
        self.wait(attempt.wait).await;
        Ok(self.passwords.scram_keys(&self.store, name.user, self.settings.scram_iterations))
    }

    /// Signs in by a proof that was checked against [`Logins::scram_keys`].
    ///
    /// # Errors
    /// As [`Logins::password`].
    pub fn scram(&self, visitor: &Visitor, user: &str, authzid: Option<&str>, proved: bool) -> Result<Login, Fault> {
        let name = choice::Name::read(user, authzid)?;
        if !proved {
            return Err(failed("a wrong proof of the password"));
        }
        let entry = self.passwords.find(&self.store, name.user).filter(|entry| entry.active);
        let entry = entry.ok_or_else(|| failed("the account has gone meanwhile"))?;
        let login = self.chosen(&[entry], name.wanted(), visitor, |entry| {
            Login::new(entry.id, entry.address.clone(), Level::Password)
        });
        let login = login.ok_or_else(|| failed("the login does not hold the mailbox that it asked for"))?;
        let attempt = self.throttle.attempt(name.user, visitor.address);
        self.throttle.forgive(&attempt, login.account, self.now());
        Ok(login)
    }

    /// Signs in by the certificate of the handshake, to its account, to the one of several that `wanted` names, or to
    /// a mailbox that the certificate's account holds.
    ///
    /// # Errors
    /// `CertificateRefused`, whatever is wrong; `TrustStale` when that cannot be told now.
    // [clients#client-certificate-login]
    pub fn certificate(&self, visitor: &Visitor, wanted: Option<&str>) -> Result<Login, Fault> {
        let shown = self.shown(visitor)?;
        let login = self.chosen(&shown.accounts, wanted, visitor, |entry| Login {
            evidence: Some(shown.evidence.clone()),
            ..Login::new(entry.id, entry.address.clone(), shown.level)
        });
        login.ok_or_else(|| {
            let detail = format!("{} opens {} accounts, none that was meant", shown.facts, shown.accounts.len());
            Fault::user(Status::CertificateRefused, detail)
        })
    }

    /// Whether the certificate of the handshake opens any mailbox.
    ///
    /// # Errors
    /// As [`Logins::certificate`].
    pub fn certificate_opens(&self, visitor: &Visitor) -> Result<(), Fault> {
        let shown = self.shown(visitor)?;
        if shown.accounts.iter().any(|entry| entry.active) {
            return Ok(());
        }
        Err(Fault::user(Status::CertificateRefused, format!("{} opens no account", shown.facts)))
    }

    /// Signs in by the certificate of the handshake without more words: to its only account, whatever the sender's
    /// address is, or to the one that the sender's address names or that holds that mailbox.
    ///
    /// # Errors
    /// As [`Logins::certificate`].
    // [clients#client-certificate-login]
    pub fn by_certificate(&self, visitor: &Visitor, sender: Option<&Address>) -> Result<Login, Fault> {
        match self.certificate(visitor, None) {
            Err(fault) if fault.status == Status::CertificateRefused => {
                let sender = sender.map(ToString::to_string).ok_or(fault)?;
                self.certificate(visitor, Some(&sender))
            }
            only => only,
        }
    }

    /// Signs in by a token, to the account of the person that it names, or to a mailbox that this person holds.
    ///
    /// # Errors
    /// `LoginFailed`, `TokensUnavailable` when the token cannot be checked now, `LoginThrottled`.
    // [mss#8] [rfc7628#3]
    pub async fn token(&self, visitor: &Visitor, user: Option<&str>, token: &str) -> Result<Login, Fault> {
        let tokens = self.tokens.as_ref().ok_or_else(|| failed("no tokens are taken here"))?;
        let attempt = self.throttle.enter_network(visitor.address, self.throttle.mark(token), self.now())?;
        self.wait(attempt.wait).await;
        let facts = tokens.check(token).await.inspect_err(|fault| {
            // Nobody has guessed anything: a provider that is down must not end in everybody being kept out.
            if fault.status == Status::TokensUnavailable {
                self.throttle.forgive_network(&attempt);
            }
        })?;
        let accounts = self.store.identified(&crate::store::Identity::Person(facts.person.clone()));
        let login = self.chosen(&accounts, user, visitor, |entry| Login {
            evidence: Some(facts.evidence.clone()),
            ..Login::new(entry.id, entry.address.clone(), facts.level)
        });
        let login = login.ok_or_else(|| failed("the token's person has no account, or not the one that was meant"))?;
        self.throttle.forgive_network(&attempt);
        Ok(login)
    }

    /// Whether a login may go on: its account is active, and it still holds the mailbox that it acts on with at least
    /// the rights that it had.
    ///
    /// # Errors
    /// `LoginRequired`.
    pub fn stands(&self, login: &Login) -> Result<(), Fault> {
        choice::stands(&self.store, login)
    }

    /// Bytes that nobody can guess, for a challenge.
    #[must_use]
    pub fn random<const N: usize>(&self) -> [u8; N] {
        self.edge.bytes()
    }

    fn now(&self) -> crate::mail::Time {
        self.edge.now()
    }

    fn account(&self, user: &str) -> Option<AccountId> {
        self.passwords.find(&self.store, user).map(|entry| entry.id)
    }

    async fn wait(&self, span: Duration) {
        if let Some(pause) = self.pause.as_ref().filter(|_| !span.is_zero()) {
            pause.pause(span).await;
        }
    }
}

/// One reply for all that is wrong with a login; the detail is for the log.
fn failed(why: &str) -> Fault {
    Fault::user(Status::LoginFailed, why)
}

#[cfg(test)]
mod tests;
