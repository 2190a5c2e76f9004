//! The events of a message and their proof files, for whoever administers the server.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::data::Data;
use crate::flows::{self, Gate, Proofs, State};
use crate::ledger::log::SignedCheckpoint;
use crate::ledger::{Log, ShardName, VerifierKey, shards};
use crate::mail::{EnvelopeId, Fault, Status};
use crate::seal::event::{Field, Plain};
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
    /// The recipient's address, unless it was erased.
    pub recipient: Option<String>,
    /// By whose word it is known, in French.
    pub word: String,
    /// What a peer or software answered.
    pub reply: Option<String>,
}

/// How far a message has come to one recipient.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct StateFacts {
    /// The envelope.
    pub envelope: String,
    /// The recipient's number in it.
    pub rcpt: u16,
    /// The recipient's address, unless it was erased.
    pub recipient: Option<String>,
    /// A word for programs: `sealed`, `relayed`, `failed`, `delivered`, `transferred`, `opened`.
    pub state: String,
    /// The same for people, in French.
    pub label: String,
    /// Since when.
    pub since: String,
    /// By whose word, in French.
    pub word: String,
}

/// Everything about a message: how far it has come to each recipient, and the events that say so.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Traced {
    /// One for each recipient.
    pub states: Vec<StateFacts>,
    /// All events, chain by chain.
    pub events: Vec<EventFacts>,
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

/// What a sender can show of a message: how far it came, with our proofs and those that other operators returned.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DossierFacts {
    /// How far it came, and all events.
    pub traced: Traced,
    /// Our own proofs.
    pub proofs: Vec<ExportedProof>,
    /// Other operators' proofs, each with our event that names it.
    pub peers: Vec<ExportedProof>,
}

/// The log of proofs and its witnesses.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct LedgerFacts {
    /// The origin of the shard that is written.
    pub origin: String,
    /// Its leaves.
    pub size: u64,
    /// Leaves that what is published covers.
    pub published: Option<u64>,
    /// Why nothing is written, if nothing is.
    pub held: Option<String>,
    /// Whether witnesses are being asked first what they have seen.
    pub comparing: bool,
    /// Whether what is published meets our own quorum.
    pub quorum: bool,
    /// Our witnesses.
    pub witnesses: Vec<WitnessFacts>,
}

/// One of our witnesses.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct WitnessFacts {
    /// Its name.
    pub name: String,
    /// When it signed last.
    pub signed: Option<String>,
    /// Which size.
    pub size: Option<u64>,
    /// Why it did not sign, the last time.
    pub problem: Option<String>,
}

/// What an administrator sees of the log.
///
/// # Errors
/// When it can't be read.
pub(super) fn ledger(data: &Data) -> Result<LedgerFacts, Fault> {
    let (origin, size) = {
        let current = data.recorder.ledger();
        let checkpoint = &current.log().checkpoint().checkpoint;
        (checkpoint.origin.clone(), checkpoint.size)
    };
    let gate = data.recorder.gate();
    let published = data.publication.newest().map(|(_, signed)| signed);
    let policy = data.proofs.policy();
    let met = |signed: &SignedCheckpoint| policy.sightings(&signed.note).is_ok_and(|seen| policy.met(&seen));
    let witnesses = data.publication.witnesses().into_iter().map(|witness| WitnessFacts {
        name: witness.name,
        signed: witness.signed.map(|time| time.to_string()),
        size: witness.size,
        problem: witness.problem,
    });
    Ok(LedgerFacts {
        origin,
        size,
        quorum: policy.asks_witnesses() && published.as_ref().is_some_and(met),
        published: published.map(|signed| signed.checkpoint.size),
        comparing: gate == Gate::Comparing,
        held: if let Gate::Held(why) = gate { Some(why) } else { None },
        witnesses: witnesses.collect(),
    })
}

/// How far a message has come, and its events.
///
/// # Errors
/// `NoSuchMailbox` when nothing is known of it here.
pub(super) fn trace(proofs: &Proofs, which: &Which) -> Result<Traced, Fault> {
    let mut traced = Traced { states: Vec::new(), events: Vec::new() };
    for envelope in envelopes(proofs, which)? {
        let events = proofs.events(envelope)?;
        traced.states.extend(states(envelope, &events));
        traced.events.extend(events.iter().map(|event| facts(envelope, &events, event)));
    }
    if traced.events.is_empty() { Err(unknown(which)) } else { Ok(traced) }
}

/// One for each recipient that an event or the seal names.
fn states(envelope: EnvelopeId, events: &[StoredEvent]) -> Vec<StateFacts> {
    let mut numbers: Vec<u16> = events.iter().map(|event| event.rcpt).filter(|rcpt| *rcpt > 0).collect();
    let sealed = events.iter().flat_map(|event| event.leaf.commitments());
    numbers.extend(sealed.filter_map(|(field, _)| if let Field::To(number) = field { Some(number) } else { None }));
    numbers.sort_unstable();
    numbers.dedup();
    let state = |rcpt| {
        let State { address, stage, since, word, .. } = flows::state(events, rcpt)?;
        Some(StateFacts {
            envelope: envelope.to_string(),
            rcpt,
            recipient: address,
            state: stage.word().to_owned(),
            label: stage.label(),
            since: since.to_string(),
            word: word.label(),
        })
    };
    numbers.into_iter().filter_map(state).collect()
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
            let event = facts(envelope, &events, event.ok_or_else(|| unknown(which))?);
            let name = format!("{}-{}-{}-{}.preuve", event.envelope, event.rcpt, event.number, event.event);
            exported.push(ExportedProof { event, name, text: proof.file.to_string() });
        }
    }
    if exported.is_empty() { Err(unknown(which)) } else { Ok(exported) }
}

/// All that a sender can show of a message. Waits for the disk.
///
/// # Errors
/// As [`export`].
// [proofs#dossier]
pub(super) fn dossier(proofs: &Proofs, which: &Which) -> Result<DossierFacts, Fault> {
    let own = export(proofs, which)?;
    let traced = trace(proofs, which)?;
    let mut peers = Vec::new();
    for envelope in envelopes(proofs, which)? {
        for proof in proofs.of_peers(envelope)? {
            let names = |event: &&EventFacts| {
                (&event.envelope, event.rcpt, event.number) == (&envelope.to_string(), proof.rcpt, proof.number)
            };
            let event = traced.events.iter().find(names).cloned().ok_or_else(|| unknown(which))?;
            let name = format!("{envelope}-{}-{}-{}-pair.preuve", proof.rcpt, proof.number, proof.kind.word());
            peers.push(ExportedProof { event, name, text: proof.file.to_string() });
        }
    }
    Ok(DossierFacts { traced, proofs: own, peers })
}

/// The keys of all shards, the newest first: whom a verifier of our proofs has to trust.
///
/// # Errors
/// When the ledger can't be read.
pub fn verifier_keys(ledger_directory: &Path) -> Result<Vec<VerifierKey>, Fault> {
    let unreadable = |error: &dyn std::fmt::Display| Fault::ours(Status::Storage, error.to_string());
    let names = shards::names(ledger_directory).map_err(|error| unreadable(&error))?;
    let open = |name: ShardName| Log::open(&ledger_directory.join(name.to_string())).map(|log| log.key().clone());
    names.into_iter().rev().map(|name| open(name).map_err(|error| unreadable(&error))).collect()
}

/// A policy (C2SP tlog-policy) for verifiers: it trusts these logs, and asks for the witnesses and the quorum of our own
/// policy, which is given as text; without one it asks for no witness.
#[must_use]
pub fn policy_text(keys: &[VerifierKey], own: Option<&str>) -> String {
    let logs: String = keys.iter().map(|key| format!("log {key}\n")).collect();
    let ours =
        |line: &&str| ["witness", "group", "quorum"].contains(&line.split_whitespace().next().unwrap_or_default());
    let rest: String = own.unwrap_or("quorum none").lines().filter(ours).map(|line| format!("{line}\n")).collect();
    format!("# Les journaux de preuves de cet opérateur ; à obtenir par une voie sûre.\n{logs}{rest}")
}

/// The policy by which a sender's dossier is verified: that of our own proofs, the logs of the peers that we know, and,
/// where our policy asks for witnesses, this server's own word on those logs.
#[must_use]
pub fn dossier_policy(keys: &[VerifierKey], own: Option<&str>, witness: Option<&VerifierKey>) -> String {
    let ours = policy_text(keys, own);
    let word = |line: &str| line.split_whitespace().next().unwrap_or_default().to_owned();
    let peers: String =
        own.unwrap_or_default().lines().filter(|line| word(line) == "log").map(|line| format!("{line}\n")).collect();
    let quorum = ours.lines().find(|line| word(line) == "quorum").and_then(|line| line.split_whitespace().nth(1));
    let (Some(quorum), Some(witness)) = (quorum.filter(|quorum| *quorum != "none"), witness) else {
        return ours + &peers;
    };
    let rest: String = ours.lines().filter(|line| word(line) != "quorum").map(|line| format!("{line}\n")).collect();
    format!("{rest}{peers}witness ce-serveur {witness}\ngroup dossier 1 {quorum} ce-serveur\nquorum dossier\n")
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

fn facts(envelope: EnvelopeId, all: &[StoredEvent], stored: &StoredEvent) -> EventFacts {
    let leaf = &stored.leaf;
    let fact = flows::fact(stored);
    let recipient = flows::state(all, stored.rcpt).and_then(|state| state.address);
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
        recipient,
        word: fact.word.label(),
        reply: fact.reply,
    }
}
