//! `sceau proof dossier`: what the sender of a message can show. For each recipient what happened, by whose word, at which
//! level; with `--out` also the proofs, ours and those of other operators, and the attestation of all of them.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::{Value, json};

use super::super::ConfigFile;
use super::super::ask::ask;
use super::super::trace::Message;
use super::attest::{Kept, Unjudged, attested, write};
use super::{Answer, Authorities, INVALID, Stop, UNATTESTED, VALID, read, usage};
use crate::config::Config;
use crate::ledger::verify::{Hour, Invalid, Stamps, Verdict};
use crate::ledger::{Policy, ProofFile, verify_stamped};
use crate::server::edge;
use crate::server::evidence::{DossierFacts, EventFacts, ExportedProof, StateFacts, dossier_policy, verifier_keys};
use crate::server::office::Request;
use crate::server::settings::ledger_directory;
use crate::server::witness_key;

#[derive(Args)]
pub(in crate::cli) struct Arguments {
    #[command(flatten)]
    message: Message,
    #[arg(long, help = "Réponse en JSON")]
    json: bool,
    #[arg(long, value_name = "RÉPERTOIRE", help = "Où écrire les preuves, la politique et l'attestation (PDF, HTML)")]
    out: Option<PathBuf>,
    #[arg(long, value_name = "FICHIER", help = "Autorités d'horodatage de confiance (PEM)")]
    tsa: Vec<PathBuf>,
    #[command(flatten)]
    config: ConfigFile,
}

/// A proof with what was judged of it.
struct Judged<'a> {
    proof: &'a ExportedProof,
    /// The log in which it stands.
    origin: String,
    verdict: Result<Verdict, String>,
    /// Whether witnesses have still to sign what the policy asks for.
    waits: bool,
}

pub(super) fn run(arguments: &Arguments) -> Answer {
    let stop = |error: super::super::Failure| Stop::Usage(error.to_string());
    let config = arguments.config.load().map_err(stop)?;
    let which = arguments.message.clone().which();
    let facts: DossierFacts = ask(&config, Request::Dossier { which }).map_err(stop)?;
    let policy = policy(&config)?;
    let parsed = Policy::parse(&policy).map_err(|error| Stop::Usage(format!("politique : {error}")))?;
    let authorities = Authorities::load(&arguments.tsa)?;
    let stamps = authorities.as_ref().map(|authorities| authorities as &dyn Stamps);
    let judge = |proofs| judged(proofs, &parsed, stamps);
    let (own, peers) = (judge(&facts.proofs), judge(&facts.peers));
    let code = own.iter().chain(&peers).map(|judged| code(&judged.verdict)).fold(VALID, worse);
    let answer =
        if arguments.json { format!("{}\n", as_json(&facts, &own, &peers)) } else { as_text(&facts, &own, &peers) };
    if let Some(directory) = &arguments.out {
        let all: Vec<&Judged<'_>> = own.iter().chain(&peers).collect();
        write_all(directory, &all, &policy, &as_json(&facts, &own, &peers), &arguments.tsa)?;
    }
    Ok((answer, code))
}

/// By which a dossier of this server is verified.
fn policy(config: &Config) -> Result<String, Stop> {
    let keys = verifier_keys(&ledger_directory(&config.server.data)).map_err(|fault| Stop::Usage(fault.to_string()))?;
    let own = config.proofs.policy.as_deref().map(read).transpose()?;
    let own = own.map(|text| String::from_utf8_lossy(&text).into_owned());
    // Who listens is a witness, and has a key.
    let witness = match config.proofs.listen.is_empty() {
        true => None,
        false => Some(witness_key(config, &edge::system()).map_err(|error| Stop::Usage(error.to_string()))?),
    };
    Ok(dossier_policy(&keys, own.as_deref(), witness.as_ref().map(crate::ledger::SigningKey::verifier)))
}

fn judged<'a>(proofs: &'a [ExportedProof], policy: &Policy, stamps: Option<&dyn Stamps>) -> Vec<Judged<'a>> {
    let judge = |proof: &'a ExportedProof| match ProofFile::parse(proof.text.as_bytes()) {
        Err(error) => Judged { proof, origin: String::new(), verdict: Err(error.to_string()), waits: false },
        Ok(file) => {
            let verdict = verify_stamped(&file, policy, stamps);
            // What has just happened is a moment before its witnesses: until then it is the operator's word.
            let waits = matches!(verdict, Err(Invalid::Quorum));
            let verdict = if waits { verify_stamped(&file, &policy.asking_nobody(), stamps) } else { verdict };
            let origin = file.proof().checkpoint.origin.clone();
            Judged { proof, origin, verdict: verdict.map_err(|invalid| invalid.to_string()), waits }
        }
    };
    proofs.iter().map(judge).collect()
}

fn code(verdict: &Result<Verdict, String>) -> u8 {
    match verdict {
        Err(_) => INVALID,
        Ok(verdict) if verdict.hour == Hour::Attested => VALID,
        Ok(_) => UNATTESTED,
    }
}

/// Invalid before unattested before valid.
const fn worse(a: u8, b: u8) -> u8 {
    match (a, b) {
        (INVALID, _) | (_, INVALID) => INVALID,
        (UNATTESTED, _) | (_, UNATTESTED) => UNATTESTED,
        _ => VALID,
    }
}

/// All files of the dossier. What does not hold by the policy, or does not yet, is written too, and not attested.
fn write_all(
    directory: &Path,
    proofs: &[&Judged<'_>],
    policy: &str,
    dossier: &Value,
    tsa: &[PathBuf],
) -> Result<(), Stop> {
    fs::create_dir_all(directory).map_err(|error| usage(directory, &error))?;
    let put = |name: &str, text: &str| {
        let path = directory.join(name);
        fs::write(&path, text).map_err(|error| usage(&path, &error))
    };
    proofs.iter().try_for_each(|judged| put(&judged.proof.name, &judged.proof.text))?;
    put("politique.txt", policy)?;
    put("dossier.json", &format!("{dossier}\n"))?;
    let hold = proofs.iter().filter(|judged| judged.verdict.is_ok() && !judged.waits);
    let hold: Vec<Unjudged> = hold.map(|judged| Unjudged::from(judged.proof.clone())).collect();
    if hold.is_empty() {
        return Ok(());
    }
    let attestation = attested(hold, policy, tsa, &Kept::default())?;
    let [pdf, html] = ["attestation.pdf", "attestation.html"].map(|name| directory.join(name));
    write(&attestation, Some(&pdf), Some(&html))
}

/// The proof of an event.
fn of<'a>(event: &EventFacts, proofs: &'a [Judged<'a>]) -> Option<&'a Judged<'a>> {
    let same = |judged: &&Judged<'_>| {
        let known = &judged.proof.event;
        (&known.envelope, known.rcpt, known.number) == (&event.envelope, event.rcpt, event.number)
    };
    proofs.iter().find(same)
}

/// The events of a recipient, the seal of the envelope first.
fn events<'a>(facts: &'a DossierFacts, state: &'a StateFacts) -> impl Iterator<Item = &'a EventFacts> {
    let own = |event: &&EventFacts| event.envelope == state.envelope && (event.rcpt == 0 || event.rcpt == state.rcpt);
    facts.traced.events.iter().filter(own)
}

fn who(state: &StateFacts) -> String {
    state.recipient.clone().unwrap_or_else(|| format!("destinataire n° {} (effacé)", state.rcpt))
}

fn as_json(facts: &DossierFacts, own: &[Judged<'_>], peers: &[Judged<'_>]) -> Value {
    let proof = |judged: &Judged<'_>| match &judged.verdict {
        Err(why) => json!({ "file": judged.proof.name, "log": judged.origin, "result": "invalid", "reason": why }),
        Ok(verdict) => json!({
            "file": judged.proof.name,
            "log": judged.origin,
            "result": if verdict.hour == Hour::Attested { "valid" } else { "unattested" },
            "assurance": verdict.assurance.word(),
            "after": verdict.after.map(crate::mail::Time::rfc3339),
            "before": verdict.before.map(crate::mail::Time::rfc3339),
        }),
    };
    let event = |event: &EventFacts| {
        json!({
            "event": event.event, "label": event.label, "time": event.time, "word": event.word,
            "basis": event.basis, "grade": event.grade, "level": event.level, "reply": event.reply,
            "proof": of(event, own).map(proof), "peer_proof": of(event, peers).map(proof),
        })
    };
    let recipient = |state: &StateFacts| {
        json!({
            "envelope": state.envelope, "rcpt": state.rcpt, "recipient": state.recipient, "state": state.state,
            "label": state.label, "since": state.since, "word": state.word,
            "events": events(facts, state).map(event).collect::<Vec<_>>(),
        })
    };
    json!({ "recipients": facts.traced.states.iter().map(recipient).collect::<Vec<_>>() })
}

fn as_text(facts: &DossierFacts, own: &[Judged<'_>], peers: &[Judged<'_>]) -> String {
    let mut out = String::from("DOSSIER DE L'EXPÉDITEUR\n");
    for state in &facts.traced.states {
        let _ = write!(out, "\n{}\n  {}, depuis le {}, {}\n", who(state), state.label, state.since, state.word);
        let _ = writeln!(out, "  {:<20}  {:<34}  {:<8}  Par la parole de", "Quand", "Fait", "Niveau");
        for event in events(facts, state) {
            let signal: Vec<&str> = [&event.basis, &event.grade].into_iter().flatten().map(String::as_str).collect();
            let what = if signal.is_empty() {
                event.label.clone()
            } else {
                format!("{} ({})", event.label, signal.join(", "))
            };
            let held = of(event, own).map_or_else(|| "en attente".to_owned(), level);
            let _ = writeln!(out, "  {:<20}  {what:<34}  {held:<8}  {}", event.time, event.word);
            if let Some(peer) = of(event, peers) {
                let (what, held) = ("  sa propre preuve", level(peer));
                let _ = writeln!(out, "  {:<20}  {what:<34}  {held:<8}  journal {}", "", peer.origin);
            }
        }
    }
    out.push_str(
        "\nP0 : inscrit au journal ; P1 : contresigné par des témoins ; P2 : horodaté ; * : heure non attestée.\n",
    );
    out
}

fn level(judged: &Judged<'_>) -> String {
    match &judged.verdict {
        Err(_) => "INVALIDE".to_owned(),
        Ok(verdict) if verdict.hour == Hour::Attested => verdict.assurance.word().to_owned(),
        Ok(verdict) => format!("{} *", verdict.assurance.word()),
    }
}
