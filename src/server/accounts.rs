//! What an administrator orders about accounts: who they are, who holds them, how they are signed in to.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::data::Data;
use super::office::Password;
use crate::flows::{Grants, ReadingPolicy, SwitchedOff, hash_password, new_scram_keys};
use crate::mail::{AccountId, Address, CheckKey, Fault, ProfessionalId, Rights, Status, hex};
use crate::proto::imap::table::can_be_off;
use crate::store::{AccountEntry, AccountKind, Identity, NewAccount};
use crate::trust::DistinguishedName;

/// One order.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "order", rename_all = "kebab-case", deny_unknown_fields)]
pub enum AccountOrder {
    /// A new account with its six mailboxes. Gives nothing.
    Add {
        /// Its address, in one of the server's domains.
        address: String,
        /// The person's or the organisation's name.
        name: String,
        /// Of which kind it is.
        kind: AccountKind,
        /// The first password; without one it is signed in to by other means.
        password: Option<Password>,
    },
    /// Another password.
    Passwd {
        /// The account's address.
        address: String,
        /// The new password.
        password: Password,
    },
    /// All accounts, as [`AccountFacts`].
    List,
    /// One account, as [`AccountFacts`].
    Show {
        /// Its address.
        address: String,
    },
    /// Lets an account sign in and take messages, or neither.
    Activate {
        /// Its address.
        address: String,
        /// Whether it may.
        active: bool,
    },
    /// Whether the server answers, in an account's name, requests for notifications of reading.
    Receipts {
        /// The account's address.
        address: String,
        /// What its owner wants.
        policy: ReadingPolicy,
    },
    /// Which capabilities of IMAP are switched off for an account.
    SwitchOff {
        /// The account's address.
        address: String,
        /// Their names, with commas.
        capabilities: String,
    },
    /// Lets a person hold an organisation's mailbox.
    Grant {
        /// The mailbox.
        mailbox: String,
        /// The person.
        person: String,
        /// `read,write,send`.
        rights: String,
        /// Who decided it.
        by: String,
    },
    /// Takes it back.
    Revoke {
        /// The mailbox.
        mailbox: String,
        /// The person.
        person: String,
        /// Who decided it.
        by: String,
    },
    /// By what else the account is signed in to. Gives what should be looked at, if anything.
    Identify {
        /// The account's address.
        address: String,
        /// The identity.
        by: IdentityOrder,
    },
    /// Takes an identity away.
    Forget {
        /// The account's address.
        address: String,
        /// The identity.
        by: IdentityOrder,
    },
}

/// An identity as an administrator writes it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum IdentityOrder {
    /// A national identifier.
    Person(String),
    /// The subject of certificates.
    Subject(String),
    /// One certificate: SHA-256 in hexadecimal, and its subject for people.
    Certificate {
        /// 64 hexadecimal digits, with or without colons.
        sha256: String,
        /// Its subject.
        subject: String,
    },
}

/// An account as `account list` and `account show` tell it.
#[derive(Debug, Serialize, Deserialize)]
pub struct AccountFacts {
    /// Its address.
    pub address: String,
    /// Whose it is.
    pub name: String,
    /// `PER`, `ORG` or `APP`.
    pub kind: String,
    /// Whether it takes messages and signs in.
    pub active: bool,
    /// Whether it has a password, and keys of it for SCRAM.
    pub password: bool,
    /// The same for SCRAM.
    pub scram: bool,
    /// National identifiers.
    pub persons: Vec<String>,
    /// Certificates.
    pub certificates: Vec<CertificateRule>,
    /// Who holds it.
    pub holders: Vec<HolderFacts>,
    /// What it holds.
    pub holds: Vec<HolderFacts>,
}

/// A certificate, or all of one subject, that opens an account.
#[derive(Debug, Serialize, Deserialize)]
pub struct CertificateRule {
    /// The subject.
    pub subject: String,
    /// SHA-256 in hexadecimal, when only one certificate is meant.
    pub sha256: Option<String>,
}

/// One right.
#[derive(Debug, Serialize, Deserialize)]
pub struct HolderFacts {
    /// The other account's address.
    pub address: String,
    /// `read,write,send`.
    pub rights: String,
    /// Since when.
    pub since: String,
}

/// Carries orders out.
pub(super) struct Accounts<'a>(pub(super) &'a Arc<Data>);

impl Accounts<'_> {
    /// Carries one out; gives what it asked for as JSON.
    pub(super) async fn carry_out(&self, order: AccountOrder) -> Result<serde_json::Value, Fault> {
        match order {
            AccountOrder::Add { address, name, kind, password } => {
                json(self.add(&address, name, kind, password).await?)
            }
            AccountOrder::Passwd { address, password } => json(self.passwd(&address, &password).await?),
            AccountOrder::List => json(self.list()),
            AccountOrder::Show { address } => json(self.facts(self.entry(&address)?.as_ref())),
            AccountOrder::Activate { address, active } => json(self.activate(&address, active).await?),
            AccountOrder::Receipts { address, policy } => {
                let account = self.entry(&address)?.id;
                json(self.0.store.write(move |tx| policy.set(tx, account)).await?)
            }
            AccountOrder::SwitchOff { address, capabilities } => {
                let (account, off) = (self.entry(&address)?.id, SwitchedOff::parse(&capabilities, can_be_off)?);
                json(self.0.store.write(move |tx| off.set(tx, account)).await?)
            }
            AccountOrder::Grant { mailbox, person, rights, by } => {
                let unknown = || Fault::user(Status::Syntax, "droits : read, write, send, séparés par des virgules");
                let rights = Rights::parse(&rights).ok_or_else(unknown)?;
                let (mailbox, person) = (self.entry(&mailbox)?.id, self.entry(&person)?.id);
                json(self.grants().grant(mailbox, person, rights, by).await?)
            }
            AccountOrder::Revoke { mailbox, person, by } => {
                let (mailbox, person) = (self.entry(&mailbox)?.id, self.entry(&person)?.id);
                json(self.grants().revoke(mailbox, person, by).await?)
            }
            AccountOrder::Identify { address, by } => json(self.identify(&address, by).await?),
            AccountOrder::Forget { address, by } => {
                let (account, look_up) = (self.entry(&address)?.id, identity(by)?.look_up());
                json(self.0.store.write(move |tx| tx.remove_identity(account, &look_up)).await?)
            }
        }
    }

    async fn add(
        &self,
        address: &str,
        name: String,
        kind: AccountKind,
        password: Option<Password>,
    ) -> Result<(), Fault> {
        let address = parse(address)?;
        if !self.0.domains.contains(address.domain()) {
            let known: Vec<_> = self.0.domains.iter().map(ToString::to_string).collect();
            return Err(Fault::user(Status::AddressSyntax, format!("les domaines d'ici : {}", known.join(", "))));
        }
        let (password_hash, scram) = match &password {
            Some(password) => (hash_password(&password.0)?, self.scram(password)),
            None => (String::new(), None),
        };
        let new = NewAccount { address, name, password_hash: password_hash.clone(), kind, quota: self.0.quota };
        self.0
            .store
            .write(move |tx| {
                let account = tx.create_account(new)?;
                tx.set_password(account, password_hash, scram)
            })
            .await
    }

    async fn passwd(&self, address: &str, password: &Password) -> Result<(), Fault> {
        let account = self.entry(address)?.id;
        let (hash, scram) = (hash_password(&password.0)?, self.scram(password));
        self.0.store.write(move |tx| tx.set_password(account, hash, scram)).await
    }

    fn scram(&self, password: &Password) -> Option<crate::mail::ScramKeys> {
        self.0.scram_iterations.map(|rounds| new_scram_keys(&password.0, rounds, self.0.edge.chance.as_ref()))
    }

    async fn activate(&self, address: &str, active: bool) -> Result<(), Fault> {
        let account = self.entry(address)?.id;
        self.0.store.write(move |tx| if active { tx.activate(account) } else { tx.deactivate(account) }).await
    }

    async fn identify(&self, address: &str, by: IdentityOrder) -> Result<Vec<String>, Fault> {
        let account = self.entry(address)?.id;
        let identity = identity(by)?;
        let mut notes = Vec::new();
        if let Identity::Person(id) = &identity
            && ProfessionalId::parse(id).is_ok_and(|id| id.key() == CheckKey::Wrong)
        {
            notes.push(format!("la clé de {id} ne tombe pas juste : à relire"));
        }
        let others = self.0.store.identified(&identity);
        notes.extend(others.iter().map(|other| format!("ouvre aussi {}", other.address)));
        let added = self.0.store.write(move |tx| tx.add_identity(account, identity)).await;
        match added {
            Err(fault) if fault.status == Status::MailboxExists => {
                Err(Fault::user(Status::Syntax, format!("{address} l'a déjà")))
            }
            added => added.map(|()| notes),
        }
    }

    fn list(&self) -> Vec<AccountFacts> {
        let mut accounts: Vec<_> = self.0.store.entries().iter().map(|entry| self.facts(entry)).collect();
        accounts.sort_by(|a, b| a.address.cmp(&b.address));
        accounts
    }

    fn facts(&self, entry: &AccountEntry) -> AccountFacts {
        let store = &self.0.store;
        let address = |id: AccountId| store.entry(id).map_or_else(String::new, |entry| entry.address.to_string());
        let held = store.held_by(entry.id);
        let holds = held.iter().flat_map(|mailbox| {
            let own = mailbox.holders.iter().filter(|holder| holder.person == entry.id);
            own.map(|holder| holder_facts(mailbox.address.to_string(), holder))
        });
        AccountFacts {
            address: entry.address.to_string(),
            name: entry.name.clone(),
            kind: kind_word(entry.kind).to_owned(),
            active: entry.active,
            password: store.password_hash(entry.id).is_some_and(|hash| !hash.is_empty()),
            scram: store.scram_keys(entry.id).is_some(),
            persons: entry.identities.iter().filter_map(person).collect(),
            certificates: entry.identities.iter().filter_map(certificate).collect(),
            holders: entry.holders.iter().map(|holder| holder_facts(address(holder.person), holder)).collect(),
            holds: holds.collect(),
        }
    }

    fn entry(&self, address: &str) -> Result<Arc<AccountEntry>, Fault> {
        let unknown = || Fault::user(Status::RecipientUnknown, format!("pas de compte {address} ici"));
        self.0.store.find(&parse(address)?).ok_or_else(unknown)
    }

    fn grants(&self) -> Grants {
        Grants::new(Arc::clone(&self.0.store))
    }
}

fn holder_facts(address: String, holder: &crate::store::Holder) -> HolderFacts {
    HolderFacts { address, rights: holder.rights.to_string(), since: holder.since.rfc3339() }
}

/// The word of the MSSanté directory.
const fn kind_word(kind: AccountKind) -> &'static str {
    match kind {
        AccountKind::Personal => "PER",
        AccountKind::Organisation => "ORG",
        AccountKind::Application => "APP",
    }
}

fn person(identity: &Identity) -> Option<String> {
    match identity {
        Identity::Person(id) => Some(id.clone()),
        _ => None,
    }
}

fn certificate(identity: &Identity) -> Option<CertificateRule> {
    match identity {
        Identity::Person(_) => None,
        Identity::Subject { text, .. } => Some(CertificateRule { subject: text.clone(), sha256: None }),
        Identity::Certificate { sha256, subject } => {
            Some(CertificateRule { subject: subject.clone(), sha256: Some(hex(sha256)) })
        }
    }
}

fn identity(order: IdentityOrder) -> Result<Identity, Fault> {
    let wrong = |why: String| Fault::user(Status::Syntax, why);
    match order {
        IdentityOrder::Person(id) => match ProfessionalId::parse(&id) {
            Ok(id) => Ok(Identity::Person(id.to_string())),
            Err(_) => Err(wrong(format!("{id} : un identifiant national est 8 et un RPPS, ou 0 et un ADELI"))),
        },
        IdentityOrder::Subject(text) => {
            let name = DistinguishedName::parse(&text).map_err(|error| wrong(format!("{text} : {error}")))?;
            Ok(Identity::Subject { key: name.key(), text: name.to_string() })
        }
        IdentityOrder::Certificate { sha256, subject } => {
            let digits: String = sha256.chars().filter(|c| *c != ':').collect();
            let digest = unhex(&digits).ok_or_else(|| wrong(format!("{sha256} : il faut 64 chiffres hexadécimaux")))?;
            Ok(Identity::Certificate { sha256: digest, subject })
        }
    }
}

fn unhex(digits: &str) -> Option<[u8; 32]> {
    if digits.len() != 64 || !digits.is_ascii() {
        return None;
    }
    let mut bytes = [0; 32];
    for (byte, at) in bytes.iter_mut().zip((0..64).step_by(2)) {
        *byte = u8::from_str_radix(digits.get(at..at + 2)?, 16).ok()?;
    }
    Some(bytes)
}

/// Reads an address that an administrator typed.
pub(super) fn parse(address: &str) -> Result<Address, Fault> {
    Address::parse(address).map_err(|error| Fault::user(Status::AddressSyntax, format!("{address} : {error}")))
}

fn json<T: Serialize>(value: T) -> Result<serde_json::Value, Fault> {
    serde_json::to_value(value).map_err(|error| Fault::ours(Status::Storage, "JSON").caused_by(error))
}
