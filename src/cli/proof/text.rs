//! Proofs in French, for people: who, what, when, how strong, and what it does not prove.

use std::fmt::Write as _;

use super::Judgement;
use crate::ledger::verify::{Assurance, Hour, Invalid};
use crate::ledger::{ProofFile, Report};
use crate::seal::event::{Basis, Field, Grade, Level, Plain, Via};

/// A proof as it stands, unverified.
pub(super) fn shown(file: &ProofFile) -> String {
    let mut out = String::from("PREUVE NON VÉRIFIÉE (pour vérifier : sceau proof verify --policy …)\n\n");
    describe(file, &mut out);
    out
}

/// The judgement, then the proof.
pub(super) fn judged(file: Option<&ProofFile>, judged: &Result<Judgement, Invalid>) -> String {
    let mut out = String::new();
    match judged {
        Err(why) => {
            let _ = writeln!(out, "INVALIDE : {why}");
            return out;
        }
        Ok(judgement) => {
            out.push_str(match judgement.verdict.hour {
                Hour::Attested => "VALIDE\n\n",
                Hour::Unbounded | Hour::Earlier => "VALIDE, HEURE NON ATTESTÉE\n\n",
            });
            if let Some(file) = file {
                describe(file, &mut out);
            }
            attested(judgement, &mut out);
            compared(judgement, &mut out);
        }
    }
    out
}

/// A log in order.
pub(super) fn audited(report: &Report) -> String {
    let mut out = String::from("JOURNAL CONFORME\n\n");
    row(&mut out, "Journal", &report.origin);
    row(&mut out, "Feuilles signées", &report.size.to_string());
    row(&mut out, "Racine", &report.root);
    row(&mut out, "Chaînes complètes", &report.chains.to_string());
    if report.unsigned > 0 || report.torn > 0 {
        let text = format!(
            "{} feuille(s) entière(s) et {} octet(s) incomplets, laissés par un arrêt ; repris au démarrage",
            report.unsigned, report.torn
        );
        row(&mut out, "Non signé", &text);
    }
    out
}

fn describe(file: &ProofFile, out: &mut String) {
    let (leaf, proof) = (file.leaf(), file.proof());
    let kind = leaf.kind();
    let _ = writeln!(out, "{} : {}\n", kind.label(), sentence(file));
    row(out, "Opérateur", &proof.checkpoint.origin);
    row(out, "Heure affirmée", leaf.plain(Plain::Time).unwrap_or_default());
    for (label, plain) in [("Enveloppe", Plain::Envelope), ("Destinataire n°", Plain::Rcpt)] {
        if let Some(value) = leaf.plain(plain) {
            row(out, label, value);
        }
    }
    for (label, text) in [
        ("Authentification", leaf.plain(Plain::Level).and_then(Level::parse).map(Level::label)),
        ("Par", leaf.plain(Plain::Via).and_then(Via::parse).map(Via::label)),
        ("Degré", leaf.plain(Plain::Grade).and_then(Grade::parse).map(Grade::label)),
        ("Code de statut", leaf.plain(Plain::Status)),
    ] {
        if let Some(text) = text {
            row(out, label, text);
        }
    }
    disclosures(file, out);
    row(out, "Dit", kind.says());
    row(out, "Ne dit pas", kind.says_not());
    let place = format!("n° {} de {}", proof.index, proof.checkpoint.size);
    row(out, "Place au journal", &place);
    row(out, "Empreinte", &leaf.hash().to_string());
}

fn disclosures(file: &ProofFile, out: &mut String) {
    for opening in file.disclosures() {
        let label = opening
            .field
            .number()
            .map_or_else(|| opening.field.label().to_owned(), |number| format!("{} {number}", opening.field.label()));
        row(out, &label, &visible(&opening.value));
    }
    let hidden = file.leaf().commitments().filter(|(field, _)| file.disclosed(*field).is_none());
    let hidden: Vec<String> = hidden.map(|(field, _)| field.to_string()).collect();
    if !hidden.is_empty() {
        row(out, "Non révélé", &hidden.join(", "));
    }
}

/// What happened, as the sender reads it.
fn sentence(file: &ProofFile) -> String {
    let leaf = file.leaf();
    let who = file.disclosed(Field::Login).or_else(|| file.disclosed(Field::Mailbox));
    let who = who.map_or_else(|| "X (non révélé)".to_owned(), visible);
    match leaf.plain(Plain::Basis).and_then(Basis::parse) {
        Some(basis) => basis.sentence(leaf.kind(), &who),
        None => leaf.kind().says().to_owned(),
    }
}

fn attested(judgement: &Judgement, out: &mut String) {
    let verdict = &judgement.verdict;
    row(
        out,
        "Garantie",
        match verdict.assurance {
            Assurance::Logged => "P0 : signée par le journal de l'opérateur seul",
            Assurance::Witnessed => "P1 : état du journal contresigné par les témoins que la politique demande",
            Assurance::Stamped => "P2 : état du journal horodaté par une autorité (RFC 3161)",
        },
    );
    if let Some(stamped) = verdict.stamped {
        row(out, "Horodatage", &format!("au plus tard {stamped}, par l'autorité d'horodatage"));
    }
    let hour = match (verdict.hour, verdict.after, verdict.before) {
        (Hour::Attested, Some(after), Some(before)) => {
            format!("attestée par les horloges de tiers : entre {after} et {before}")
        }
        (Hour::Earlier, Some(after), _) => {
            format!("non attestée : au journal après {after} seulement, l'heure affirmée est antérieure")
        }
        (_, None, Some(before)) => format!("non attestée : au plus tard {before} d'après les témoins"),
        _ => "non attestée : aucune horloge de tiers ; seul l'opérateur l'affirme".to_owned(),
    };
    row(out, "Heure", &hour);
}

fn compared(judgement: &Judgement, out: &mut String) {
    if let Some(found) = judgement.message {
        let mut text = String::from("c'est le message scellé, à l'octet près");
        if found.line_ends {
            text.push_str(" (fins de ligne rétablies)");
        }
        if found.unsealed > 0 {
            let _ = write!(text, " ; les {} premiers octets, ajoutés en chemin, ne sont pas scellés", found.unsealed);
        }
        row(out, "Message", &text);
    }
    for (path, number) in &judgement.pieces {
        row(out, "Pièce", &format!("{} est la pièce {number}, à l'octet près", path.display()));
    }
}

fn row(out: &mut String, label: &str, value: &str) {
    let width = 24_usize.saturating_sub(label.chars().count());
    let _ = writeln!(out, "  {label}{} {value}", " ".repeat(width));
}

/// A disclosed value without characters that change how others are read (bidirectional controls).
fn visible(value: &str) -> String {
    let hidden =
        |c: char| matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}');
    value.chars().map(|c| if c.is_control() || hidden(c) { '\u{fffd}' } else { c }).collect()
}
