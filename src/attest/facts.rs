//! One proof in French: the sentence, who, what, when, how strong, what it does not prove, where it stands.

use super::document::{Block, Style, Text};
use super::{Proven, level_name, moment};
use crate::ledger::note::Signed;
use crate::ledger::verify::{Hour, Verdict};
use crate::ledger::{Policy, ProofFile};
use crate::mail::{Time, hex};
use crate::seal::event::{Basis, EventKind, Field, Grade, Level, Plain, Via};

/// What stands for a value that the proof does not disclose.
pub(super) const HIDDEN: &str = "non divulgué";

/// Labels with what stands beside them.
type Facts = Vec<(String, Vec<Text>)>;

/// What happened, in the words of the table of grades.
pub(super) fn sentence(file: &ProofFile) -> String {
    let leaf = file.leaf();
    let who = file.disclosed(Field::Login).or_else(|| file.disclosed(Field::Mailbox));
    let who = who.map_or_else(|| format!("X ({HIDDEN})"), str::to_owned);
    match leaf.plain(Plain::Basis).and_then(Basis::parse) {
        Some(basis) => basis.sentence(leaf.kind(), &who),
        None => leaf.kind().says().to_owned(),
    }
}

/// The section of one proof.
pub(super) fn section(number: usize, proof: &Proven, policy: &Policy, blocks: &mut Vec<Block>) {
    let kind = proof.file.leaf().kind();
    blocks.push(Block::Heading(2, format!("Fait n° {number} : {}", kind.label())));
    blocks.push(Block::Lead(Text::default().and(Style::Strong, format!("{}.", capital(&sentence(&proof.file))))));
    let mut facts = who(proof);
    facts.extend(what(proof));
    facts.extend(when(&proof.file, &proof.verdict, policy));
    facts.extend(strength(proof));
    facts.push(("Ne prouve pas".to_owned(), not_proved(proof)));
    facts.extend(place(proof));
    blocks.push(Block::Facts(facts));
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

fn fact(label: &str, text: impl Into<Text>) -> (String, Vec<Text>) {
    (label.to_owned(), vec![text.into()])
}

/// A disclosed value, or that it isn't.
fn value(file: &ProofFile, field: Field) -> Text {
    match file.disclosed(field) {
        Some(value) => Text::default().and(Style::Code, value),
        None => Text::default().and(Style::Soft, HIDDEN),
    }
}

fn who(proof: &Proven) -> Facts {
    let file = &proof.file;
    let leaf = file.leaf();
    let operator =
        Text::plain("opérateur du domaine ").and(Style::Code, proof.operator()).and(Style::Plain, ", journal ");
    let mut facts = vec![fact("Qui l'atteste", operator.and(Style::Code, &*file.proof().checkpoint.origin))];
    for field in [Field::From, Field::Login, Field::Mailbox, Field::By, Field::Auth, Field::Peer] {
        if leaf.committed(field).is_some() {
            facts.push(fact(field.label(), value(file, field)));
        }
    }
    let recipients = leaf.commitments().filter(|(field, _)| matches!(field, Field::To(_)));
    let (shown, hidden): (Vec<Field>, Vec<Field>) =
        recipients.map(|(field, _)| field).partition(|field| file.disclosed(*field).is_some());
    let mut lines: Vec<Text> = shown.iter().map(|field| value(file, *field)).collect();
    if !hidden.is_empty() {
        lines.push(Text::default().and(Style::Soft, many(hidden.len(), HIDDEN, "non divulgués")));
    }
    if !lines.is_empty() {
        facts.push(("Destinataires".to_owned(), lines));
    }
    let plain = |plain| leaf.plain(plain);
    if let Some(level) = plain(Plain::Level).and_then(Level::parse) {
        let via = plain(Plain::Via).and_then(Via::parse).map(|via| format!(", par {}", via.label()));
        facts.push(fact("Authentification", format!("{}{}", level.label(), via.unwrap_or_default())));
    }
    facts
}

fn many(count: usize, one: &str, several: &str) -> String {
    if count == 1 { one.to_owned() } else { format!("{count} {several}") }
}

fn what(proof: &Proven) -> Facts {
    let file = &proof.file;
    let leaf = file.leaf();
    let mut facts = Vec::new();
    for field in [Field::Subject, Field::MessageId, Field::Reply] {
        if leaf.committed(field).is_some() {
            facts.push(fact(field.label(), value(file, field)));
        }
    }
    if leaf.committed(Field::PeerProof).is_some() {
        facts.push(fact(Field::PeerProof.label(), peer_proof(file)));
    }
    if leaf.committed(Field::Message).is_some() {
        facts.push(("Message".to_owned(), fingerprint(file, Field::Message, None)));
    }
    let parts =
        leaf.commitments().filter_map(|(field, _)| if let Field::Part(number) = field { Some(number) } else { None });
    for number in parts {
        let name = file.disclosed(Field::Name(number));
        facts.push((format!("Pièce {number}"), fingerprint(file, Field::Part(number), name)));
    }
    if facts.is_empty() && leaf.envelope().is_some() {
        facts.push(fact(
            "Message",
            "celui de l'enveloppe ci-dessous ; son scellement, ou sa réception, en porte les empreintes",
        ));
    }
    if !proof.compared.is_empty() {
        facts.push(("Comparé".to_owned(), proof.compared.iter().map(|text| Text::plain(text.as_str())).collect()));
    }
    facts
}

/// Where the other operator's own proof stands; what it discloses is in that proof.
fn peer_proof(file: &ProofFile) -> Text {
    let words: Vec<&str> = file.disclosed(Field::PeerProof).unwrap_or_default().split(' ').collect();
    let [origin, index, hash, ..] = words[..] else { return value(file, Field::PeerProof) };
    let log =
        Text::plain("journal ").and(Style::Code, origin).and(Style::Plain, format!(", feuille n° {index}, empreinte "));
    log.and(Style::Code, hash)
}

/// Size and digest of a disclosed fingerprint, each on its line.
fn fingerprint(file: &ProofFile, field: Field, name: Option<&str>) -> Vec<Text> {
    let Some(value) = file.disclosed(field) else {
        return vec![Text::default().and(Style::Soft, "empreinte non divulguée")];
    };
    let mut words = value.splitn(3, ' ');
    let (Some(kind), Some(size), Some(digest)) = (words.next(), words.next(), words.next()) else {
        return vec![Text::default().and(Style::Code, value)];
    };
    let named = name.map(|name| Text::default().and(Style::Code, name).and(Style::Plain, ", "));
    let size = format!("{size} octets, type {kind} ; empreinte SHA-256 :");
    let digest = digest.strip_prefix("sha256:").unwrap_or(digest);
    vec![named.unwrap_or_default().and(Style::Plain, size), Text::default().and(Style::Code, digest)]
}

fn when(file: &ProofFile, verdict: &Verdict, policy: &Policy) -> Facts {
    let line = |label: &str, time: Option<Time>| time.map(|time| fact(label, moment::long(time)));
    let mut facts = vec![fact("Heure affirmée", moment::long(file.leaf().time()))];
    facts.extend(line("Pas avant", verdict.after));
    facts.extend(line("Au plus tard", verdict.before));
    facts.extend(line("Horodatage", verdict.stamped));
    let said = match (verdict.hour, verdict.after, verdict.before) {
        (Hour::Attested, ..) => Text::default().and(Style::Strong, "heure attestée par des tiers").and(
            Style::Plain,
            " : à la première borne le journal ne contenait pas encore ce fait, à la seconde il le contenait, d'après \
             les horloges d'autres que l'opérateur",
        ),
        (Hour::Earlier, ..) => {
            unattested("le fait n'a été inscrit qu'après la première borne, l'heure affirmée est antérieure")
        }
        (_, None, Some(_)) => unattested("des tiers ne bornent l'heure que d'un côté : au plus tard"),
        (_, Some(_), None) => unattested("des tiers ne bornent l'heure que d'un côté : pas avant"),
        (Hour::Unbounded, ..) => unattested("aucune horloge de tiers ; seul l'opérateur l'affirme"),
    };
    facts.push(fact("Heure", said));
    let seen: Vec<Text> = policy.witnesses().iter().filter_map(|known| seen_by(file, known)).collect();
    if !seen.is_empty() {
        facts.push(("Témoins".to_owned(), seen));
    }
    facts
}

fn unattested(why: &str) -> Text {
    Text::default().and(Style::Strong, "heure non attestée").and(Style::Plain, format!(" : {why}"))
}

fn seen_by(file: &ProofFile, known: &crate::ledger::policy::Known) -> Option<Text> {
    match known.key.signed(&file.proof().note) {
        Ok(Some(Signed::Witness(time))) => {
            let name = Text::default().and(Style::Code, known.key.name());
            Some(name.and(Style::Plain, format!(", le {} à Paris", moment::short(time))))
        }
        _ => None,
    }
}

fn strength(proof: &Proven) -> Facts {
    let leaf = proof.file.leaf();
    let mut facts = Vec::new();
    if let Some(grade) = leaf.plain(Plain::Grade).and_then(Grade::parse) {
        let means = match grade {
            Grade::Implied => "le logiciel a pris le texte comme le fait un lecteur ; personne ne l'a dit",
            Grade::Declared => "le logiciel a dit que la personne l'avait lu ; il n'y a que sa parole",
            Grade::Displayed => "la page de l'opérateur l'a affiché, sur un clic",
        };
        facts.push(fact("Degré", format!("{} : {means}", grade.label())));
    }
    if let Some(status) = leaf.plain(Plain::Status) {
        facts.push(fact("Code de statut", Text::default().and(Style::Code, status)));
    }
    facts.push(fact("Niveau", level_name(proof.verdict.assurance)));
    facts
}

fn not_proved(proof: &Proven) -> Vec<Text> {
    let kind = proof.file.leaf().kind();
    let mut lines = vec![Text::plain(kind.says_not())];
    if proof.verdict.hour != Hour::Attested {
        lines.push("l'heure : seul l'opérateur l'affirme".into());
    }
    if matches!(kind, EventKind::Deliver | EventKind::Open | EventKind::Transfer)
        && matches!(proof.file.leaf().plain(Plain::Basis), Some("dsn" | "mdn"))
    {
        lines.push("la réalité du fait lui-même : l'opérateur inscrit ici ce qu'un autre lui a déclaré".into());
    }
    lines
}

fn place(proof: &Proven) -> Facts {
    let (leaf, inclusion) = (proof.file.leaf(), proof.file.proof());
    let code = |text: String| Text::default().and(Style::Code, text);
    let mut facts = Vec::new();
    if let Some(envelope) = leaf.plain(Plain::Envelope) {
        let text = Text::default().and(Style::Code, envelope);
        let recipient = leaf.rcpt().map(|rcpt| format!(", destinataire n° {rcpt}")).unwrap_or_default();
        let event = leaf.event().map(|event| format!(", événement n° {event} de sa chaîne")).unwrap_or_default();
        facts.push(fact("Enveloppe", text.and(Style::Plain, format!("{recipient}{event}"))));
    }
    let size = inclusion.checkpoint.size;
    facts.push(fact("Place au journal", format!("feuille n° {} d'un journal de {size} feuilles", inclusion.index)));
    facts.push(fact("Empreinte de la feuille", code(hex(&leaf.hash().0))));
    facts.push(fact("Fichier joint", code(proof.name.clone())));
    facts
}
