//! The «Attestation d'échange»: proofs in plain French, for a judge, as HTML and as PDF/A-3 with the proofs inside.
//!
//! It says nothing that the proofs don't: only a proof that was verified can be attested ([`Proven`] has no other
//! constructor), the same proofs under the same policy give the same bytes, and the files that go with it are what
//! counts. Nobody's clock takes part.
//!
//! | file | what |
//! |---|---|
//! | `facts` | one proof: who, what, when, how strong, what it does not say |
//! | `explain` | what holds for all: limits, levels, how to verify, whom to trust |
//! | `moment` | Paris and UTC |
//! | `document` | what both forms are made of |
//! | `html`, `pdf` | the forms |

mod document;
mod explain;
mod facts;
mod html;
mod moment;
mod pdf;

pub use document::{Attachment, Block, Document, Run, Style, Table, Text, Tone};
pub use html::html;
pub use pdf::{PdfError, pdf};

use crate::ledger::verify::{Assurance, Hour, Invalid, MessageMatch, Stamps, Verdict, find_message, find_piece};
use crate::ledger::{Policy, ProofFile, verify_stamped};
use crate::mail::Time;
use crate::seal::event::Plain;

/// A proof that holds.
#[derive(Debug, Clone)]
pub struct Proven {
    name: String,
    file: ProofFile,
    verdict: Verdict,
    compared: Vec<String>,
}

impl Proven {
    /// Verifies a proof; `name` is what its file will be called.
    ///
    /// # Errors
    /// Why it does not hold: what is invalid is not attested.
    // [proofs#attestation]
    pub fn judge(name: &str, file: ProofFile, policy: &Policy, stamps: Option<&dyn Stamps>) -> Result<Self, Invalid> {
        let verdict = verify_stamped(&file, policy, stamps)?;
        Ok(Self { name: safe_name(name), file, verdict, compared: Vec::new() })
    }

    /// What was judged of it.
    #[must_use]
    pub const fn verdict(&self) -> &Verdict {
        &self.verdict
    }

    /// Compares a message (`.eml`) with the fingerprint that the proof discloses, and notes it in the attestation.
    ///
    /// # Errors
    /// When it is not the message, or the proof discloses no fingerprint.
    pub fn compare_message(&mut self, name: &str, eml: &[u8]) -> Result<(), Invalid> {
        let MessageMatch { unsealed, .. } = find_message(&self.file, eml)?;
        self.compared.push(format!(
            "le fichier « {} » contient le message scellé, à l'octet près ({unsealed} octets de trace le précèdent)",
            safe_name(name)
        ));
        Ok(())
    }

    /// The same for a piece.
    ///
    /// # Errors
    /// As [`Proven::compare_message`].
    pub fn compare_piece(&mut self, name: &str, content: &[u8]) -> Result<(), Invalid> {
        let number = find_piece(&self.file, content)?;
        self.compared.push(format!("le fichier « {} » est la pièce {number}, à l'octet près", safe_name(name)));
        Ok(())
    }

    fn order(&self) -> (Time, Option<&str>, Option<u16>, Option<u32>) {
        let leaf = self.file.leaf();
        (leaf.time(), leaf.plain(Plain::Envelope), leaf.rcpt(), leaf.event())
    }

    /// The last moment that it speaks of.
    fn latest(&self) -> Time {
        let Verdict { before, stamped, .. } = self.verdict;
        [before, stamped].into_iter().flatten().fold(self.file.leaf().time(), Time::max)
    }

    /// Who runs the log: the domain in its name.
    fn operator(&self) -> &str {
        operator(&self.file.proof().checkpoint.origin)
    }
}

/// The domain in a log's name.
fn operator(origin: &str) -> &str {
    let name = origin.split('/').next().unwrap_or(origin);
    name.strip_prefix("preuves.").unwrap_or(name)
}

/// Proofs that are attested together.
pub struct Attestation {
    proofs: Vec<Proven>,
    policy: Policy,
    policy_text: String,
}

impl Attestation {
    /// Of these proofs, at least one, which were judged by this policy.
    #[must_use]
    pub fn new(mut proofs: Vec<Proven>, policy: Policy, policy_text: &str) -> Self {
        proofs.sort_by(|a, b| a.order().cmp(&b.order()).then_with(|| a.name.cmp(&b.name)));
        let mut names = Vec::new();
        for proof in &mut proofs {
            proof.name = unique(&proof.name, &names);
            names.push(proof.name.clone());
        }
        Self { proofs, policy, policy_text: policy_text.to_owned() }
    }

    /// Whether others' clocks attest the hour of every event.
    #[must_use]
    pub fn hours_attested(&self) -> bool {
        self.proofs.iter().all(|proof| proof.verdict.hour == Hour::Attested)
    }

    /// The document.
    #[must_use]
    pub fn document(&self) -> Document {
        let count = self.proofs.len();
        let subtitle = match count {
            1 => "Messagerie sécurisée de santé : un fait et sa preuve".to_owned(),
            _ => format!("Messagerie sécurisée de santé : {count} faits et leurs preuves"),
        };
        let mut blocks = self.beginning();
        blocks.push(Block::Heading(1, "Les faits, un par un".to_owned()));
        for (number, proof) in (1..).zip(&self.proofs) {
            facts::section(number, proof, &self.policy, &mut blocks);
        }
        explain::limits(&mut blocks);
        explain::levels(&mut blocks);
        explain::verification(&self.proofs, &self.policy, &mut blocks);
        explain::trust(&self.policy, &mut blocks);
        Document {
            title: "Attestation d'échange".to_owned(),
            subtitle,
            running: "Attestation d'échange".to_owned(),
            summary: "Preuves d'un échange de messagerie sécurisée de santé, vérifiées et mises en clair ; les fichiers de preuve sont joints".to_owned(),
            time: self.proofs.iter().map(Proven::latest).max().unwrap_or_default(),
            blocks,
            attachments: self.attachments(),
        }
    }

    fn beginning(&self) -> Vec<Block> {
        let intro = Text::plain(
            "Ce document met en clair ce que prouvent les fichiers qui y sont joints. Chacun établit qu'un fait a été \
             inscrit au journal d'un opérateur de messagerie, sans pouvoir y être changé depuis. Il se vérifie sans cet \
             opérateur et sans réseau, y compris quand le message aura été détruit. Les fichiers joints ont été vérifiés \
             pour établir cette attestation ; ils en sont la seule source, et ce sont eux qui font foi.",
        );
        vec![Block::Paragraph(intro), self.result(), Block::Table(self.overview())]
    }

    fn result(&self) -> Block {
        let (count, attested) = (self.proofs.len(), self.hours_attested());
        let valid =
            if count == 1 { "La preuve est valide.".to_owned() } else { format!("Les {count} preuves sont valides.") };
        let hours = if attested {
            " L'heure de chaque fait est attestée par les horloges de tiers."
        } else {
            " L'heure n'est pas attestée par des tiers pour tous les faits : là où il est écrit « heure non attestée », \
             seul l'opérateur l'affirme."
        };
        let tone = if attested { Tone::Good } else { Tone::Careful };
        Block::Notice(tone, Text::default().and(Style::Strong, valid).and(Style::Plain, hours))
    }

    fn overview(&self) -> Table {
        let columns = [("N°", 5), ("Heure de Paris", 22), ("Ce qui s'est passé", 61), ("Niveau", 12)];
        let row = |(number, proof): (usize, &Proven)| {
            let time = Text::plain(moment::short(proof.file.leaf().time()));
            let time = if proof.verdict.hour == Hour::Attested {
                time
            } else {
                time.and(Style::Soft, " (heure non attestée)")
            };
            let what = Text::default()
                .and(Style::Strong, proof.file.leaf().kind().label())
                .and(Style::Plain, format!(" : {}", facts::sentence(&proof.file)));
            let who = format!(" ({})", proof.operator());
            let level = Text::plain(proof.verdict.assurance.word());
            vec![Text::plain(number.to_string()), time, what.and(Style::Soft, who), level]
        };
        Table {
            caption: "Les faits dans leur ordre".to_owned(),
            columns: columns.map(|(name, share)| (name.to_owned(), share)).to_vec(),
            rows: (1..).zip(&self.proofs).map(row).collect(),
        }
    }

    fn attachments(&self) -> Vec<Attachment> {
        let proof = |(number, proof): (usize, &Proven)| Attachment {
            name: proof.name.clone(),
            description: format!("preuve du fait n° {number} ({})", proof.file.leaf().kind().label()),
            source: true,
            media_type: "application/octet-stream",
            bytes: proof.file.to_string().into_bytes(),
            time: proof.file.leaf().time(),
        };
        let latest = self.proofs.iter().map(Proven::latest).max().unwrap_or_default();
        let beside = |name: &str, description: &str, bytes: &str| Attachment {
            name: unique(name, &self.proofs.iter().map(|proof| proof.name.clone()).collect::<Vec<_>>()),
            description: description.to_owned(),
            source: false,
            media_type: "text/plain",
            bytes: bytes.as_bytes().to_vec(),
            time: latest,
        };
        let mut files: Vec<Attachment> = (1..).zip(&self.proofs).map(proof).collect();
        files.push(beside(
            explain::POLICY_FILE,
            "clés des journaux et des témoins auxquels cette vérification a fait confiance",
            &self.policy_text,
        ));
        files.push(beside(
            explain::SCRIPT_FILE,
            "vérification à la main, sans logiciel de l'opérateur",
            explain::SCRIPT,
        ));
        files
    }
}

/// A file's name without what programs or people could take for something else.
fn safe_name(name: &str) -> String {
    let kept = |c: char| if c.is_alphanumeric() || "._- ".contains(c) { c } else { '_' };
    let name: String = name.chars().take(120).map(kept).collect();
    if name.trim_matches(['.', ' ']).is_empty() { "preuve".to_owned() } else { name }
}

/// The name, with a number where it is taken.
fn unique(name: &str, taken: &[String]) -> String {
    let numbered = (2_u32..).map(|number| format!("{number}-{name}"));
    let mut names = std::iter::once(name.to_owned()).chain(numbered);
    names.find(|candidate| !taken.contains(candidate)).unwrap_or_default()
}

/// What a level is called.
const fn level_name(assurance: Assurance) -> &'static str {
    match assurance {
        Assurance::Logged => "P0, inscrit au journal : la signature de l'opérateur seul",
        Assurance::Witnessed => {
            "P1, contresigné : les témoins que la politique demande ont signé un état du journal qui contient le fait"
        }
        Assurance::Stamped => {
            "P2, horodaté : une autorité d'horodatage (RFC 3161) a daté un état du journal qui contient le fait"
        }
    }
}

#[cfg(test)]
mod tests;
