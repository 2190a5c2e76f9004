//! Erasure, holds and purges as an administrator asks for them.

use serde::{Deserialize, Serialize};

use super::accounts::parse;
use super::data::Data;
use crate::flows::{Purged, SALVAGED, Salvage};
use crate::mail::{AccountId, Fault, Status};
use crate::store::{AccountToo, Held, Hold};

/// Octets of a hold's reason.
const REASON_MAX: usize = 200;
/// Octets of a ground, as a leaf takes it.
const GROUND_MAX: usize = 32;

/// What a hold keeps.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HoldOn {
    /// The account with this address, and this person's openings.
    Account(String),
    /// The envelope with this id.
    Envelope(String),
}

/// A hold as `hold list` shows it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct HoldFacts {
    /// The account's address or the envelope.
    pub on: String,
    /// Since when.
    pub since: String,
    /// Why.
    pub reason: String,
}

/// What a purge did, for people.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PurgeFacts {
    /// The clock was doubted and nothing was done.
    pub waits: bool,
    /// In French.
    pub summary: String,
}

/// What came of a salvage, for people.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Salvaged {
    /// In French.
    pub summary: String,
    /// Messages that were found and are in no mailbox.
    pub left: u64,
}

impl Salvaged {
    pub(super) fn of(done: Salvage) -> Self {
        let Salvage { back, homeless, failed, destroyed, partial } = done;
        let summary = format!(
            "{back} messages remis dans le dossier « {SALVAGED} » de leur boîte, {homeless} sans boîte connue ici, {failed} \
             illisibles ou sans place, {destroyed} détruits à bon droit, {partial} incomplets"
        );
        Self { summary, left: homeless + failed }
    }
}

/// Erases a person; gives the number of leaves that open for nobody any more.
pub(super) async fn erase(data: &Data, address: &str, ground: &str, account: AccountToo) -> Result<u64, Fault> {
    let word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let starts = ground.starts_with(|c: char| c.is_ascii_lowercase());
    if !starts || ground.len() > GROUND_MAX || !ground.chars().all(word) {
        return Err(Fault::user(Status::Syntax, "le fondement est un mot de a-z, 0-9 et « - », 32 signes au plus"));
    }
    let erased = data.store.erase_person(&parse(address)?, ground.to_owned(), account).await;
    erased.map_err(|fault| match fault.status {
        Status::MailboxExists => Fault::user(
            Status::Syntax,
            "cette personne a un compte ici : --with-account le supprime aussi, avec tous ses messages",
        ),
        Status::LimitReached => {
            Fault::user(Status::Syntax, "son compte est conservé (sceau hold list) : rien n'est effacé")
        }
        _ => fault,
    })
}

pub(super) async fn hold(data: &Data, on: &HoldOn, reason: &str) -> Result<(), Fault> {
    if reason.len() > REASON_MAX || reason.chars().any(char::is_control) {
        return Err(Fault::user(Status::Syntax, "le motif est une ligne de 200 octets au plus"));
    }
    let (held, reason) = (held(data, on)?, reason.to_owned());
    data.store.write(move |tx| tx.hold(held, reason)).await
}

pub(super) async fn lift(data: &Data, on: &HoldOn) -> Result<bool, Fault> {
    let held = held(data, on)?;
    data.store.write(move |tx| tx.lift_hold(held)).await
}

pub(super) fn holds(data: &Data) -> Result<Vec<HoldFacts>, Fault> {
    let name = |account: AccountId| {
        let entry = data.store.entries().into_iter().find(|entry| entry.id == account);
        entry.map_or_else(|| format!("compte {account}"), |entry| entry.address.to_string())
    };
    let facts = |Hold { held, since, reason, .. }: Hold| HoldFacts {
        on: match held {
            Held::Account(account) => name(account),
            Held::Envelope(envelope) => format!("enveloppe {envelope}"),
        },
        since: since.to_string(),
        reason,
    };
    Ok(data.store.holds()?.into_iter().map(facts).collect())
}

pub(super) async fn purge(data: &Data) -> Result<PurgeFacts, Fault> {
    let Purged { waits, messages, kept, closed, openings, segments, bytes } = data.purge.run().await?;
    let summary = if waits {
        "Rien n'est purgé : plus d'une semaine semble passée depuis la dernière fois. Vérifier l'horloge ; \
         la prochaine purge fera le travail."
            .to_owned()
    } else {
        format!(
            "{messages} messages purgés, {kept} conservés, {closed} chaînes closes, {openings} événements sans \
             divulgations, {segments} segments supprimés ({bytes} octets)"
        )
    };
    Ok(PurgeFacts { waits, summary })
}

fn held(data: &Data, on: &HoldOn) -> Result<Held, Fault> {
    match on {
        HoldOn::Account(address) => {
            let unknown = || Fault::user(Status::RecipientUnknown, "pas de compte à cette adresse ici");
            data.store.find(&parse(address)?).map(|entry| Held::Account(entry.id)).ok_or_else(unknown)
        }
        HoldOn::Envelope(id) => {
            id.parse().map(Held::Envelope).map_err(|_| Fault::user(Status::Syntax, "pas un identifiant d'enveloppe"))
        }
    }
}
