//! The events of a message and their proof files, for whoever administers the server.

use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::flows::Proofs;
use crate::ledger::{Log, VerifierKey};
use crate::mail::{EnvelopeId, Fault, Status};
use crate::seal::event::Plain;
use crate::store::StoredEvent;

/// Which envelopes.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Which {
    /// The one with this id, as in the reply `250 2.0.0 <id>`.
    Envelope(String),
    /// All that carried the message with this Message-ID.
    Message(String),
}

/// One event of a recipient's chain.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct EventFacts {
    /// The envelope.
    pub envelope: String,
    /// The recipient's number in it.
    pub rcpt: u16,
    /// The number in the recipient's chain.
    pub number: u32,
    /// The word of proofs: `seal`, `deliver`, `open`.
    pub event: String,
    /// The French label.
    pub label: String,
    /// When.
    pub time: String,
    /// On what signal it rests, for transfers and openings.
    pub basis: Option<String>,
    /// How sure an opening is.
    pub grade: Option<String>,
    /// How the login had proved who it is.
    pub level: Option<String>,
    /// The leaf's hash, base64.
    pub hash: String,
    /// Its place in the ledger; none for a moment after the event.
    pub index: Option<u64>,
}

/// A proof file.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ExportedProof {
    /// The event that it proves.
    pub event: EventFacts,
    /// A name for the file.
    pub name: String,
    /// Its text.
    pub text: String,
}

/// The events of envelopes, chain by chain.
///
/// # Errors
/// `NoSuchMailbox` when nothing is known of it here.
pub(super) fn trace(proofs: &Proofs, which: &Which) -> Result<Vec<EventFacts>, Fault> {
    let mut events = Vec::new();
    for envelope in envelopes(proofs, which)? {
        events.extend(proofs.events(envelope)?.iter().map(|event| facts(envelope, event)));
    }
    if events.is_empty() { Err(unknown(which)) } else { Ok(events) }
}

/// The proof files of envelopes. Waits for the disk.
///
/// # Errors
/// As [`trace`]; `Storage` when the ledger can't be read.
pub(super) fn export(proofs: &Proofs, which: &Which) -> Result<Vec<ExportedProof>, Fault> {
    let mut exported = Vec::new();
    for envelope in envelopes(proofs, which)? {
        let files = proofs.export(envelope)?;
        let events = proofs.events(envelope)?;
        for proof in files {
            let event = events.iter().find(|event| (event.rcpt, event.number) == (proof.rcpt, proof.number));
            let event = facts(envelope, event.ok_or_else(|| unknown(which))?);
            let name = format!("{}-{}-{}-{}.preuve", event.envelope, event.rcpt, event.number, event.event);
            exported.push(ExportedProof { event, name, text: proof.file.to_string() });
        }
    }
    if exported.is_empty() { Err(unknown(which)) } else { Ok(exported) }
}

/// The keys of all shards: whom a verifier of our proofs has to trust.
///
/// # Errors
/// When the ledger can't be read.
pub fn verifier_keys(ledger_directory: &Path) -> Result<Vec<VerifierKey>, Fault> {
    Ok(shards(ledger_directory)?.iter().map(|log| log.key().clone()).collect())
}

/// A policy (C2SP tlog-policy) that trusts these logs and asks for no witness.
#[must_use]
pub fn policy_text(keys: &[VerifierKey]) -> String {
    let logs: String = keys.iter().map(|key| format!("log {key}\n")).collect();
    format!("# Les journaux de preuves de cet opérateur ; à obtenir par une voie sûre.\n{logs}quorum none\n")
}

fn envelopes(proofs: &Proofs, which: &Which) -> Result<Vec<EnvelopeId>, Fault> {
    match which {
        Which::Envelope(id) => id.parse().map(|id| vec![id]).map_err(|_| unknown(which)),
        Which::Message(id) => proofs.envelopes(&format!("<{}>", id.trim_matches(['<', '>']))),
    }
}

fn unknown(which: &Which) -> Fault {
    let (Which::Envelope(name) | Which::Message(name)) = which;
    Fault::user(Status::NoSuchMailbox, name.clone())
}

fn facts(envelope: EnvelopeId, stored: &StoredEvent) -> EventFacts {
    let leaf = &stored.leaf;
    let plain = |field| leaf.plain(field).map(str::to_owned);
    EventFacts {
        envelope: envelope.to_string(),
        rcpt: stored.rcpt,
        number: stored.number,
        event: leaf.kind().word().to_owned(),
        label: leaf.kind().label().to_owned(),
        time: leaf.time().to_string(),
        basis: plain(Plain::Basis),
        grade: plain(Plain::Grade),
        level: plain(Plain::Level),
        hash: leaf.hash().to_string(),
        index: stored.log_index,
    }
}

/// The shards, newest first.
fn shards(directory: &Path) -> Result<Vec<Log>, Fault> {
    let unreadable =
        |error: &dyn std::fmt::Display| Fault::ours(Status::Storage, format!("{}: {error}", directory.display()));
    let mut paths: Vec<PathBuf> = Vec::new();
    for entry in fs::read_dir(directory).map_err(|error| unreadable(&error))? {
        paths.push(entry.map_err(|error| unreadable(&error))?.path());
    }
    paths.sort();
    paths.iter().rev().map(|path| Log::open(path).map_err(|error| unreadable(&error))).collect()
}
