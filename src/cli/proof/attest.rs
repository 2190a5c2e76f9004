//! `sceau proof attest`: an attestation of proof files, or of a message of the store whose proofs are exported on the way.
//! It verifies first: what is invalid is not attested.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;

use super::super::ConfigFile;
use super::super::ask::ask;
use super::{Answer, Authorities, Stop, UNATTESTED, VALID, read, usage};
use crate::attest::{Attestation, Proven, html, pdf};
use crate::config::Config;
use crate::ledger::verify::{Invalid, Stamps};
use crate::ledger::{Policy, ProofFile};
use crate::server::evidence::{ExportedProof, Which, policy_text, verifier_keys};
use crate::server::office::Request;
use crate::server::settings::ledger_directory;

#[derive(Args)]
pub(in crate::cli) struct Arguments {
    #[arg(value_name = "PREUVE", help = "Fichiers .preuve ; ou bien --envelope, --message-id")]
    files: Vec<PathBuf>,
    #[arg(long, value_name = "ID", conflicts_with_all = ["files", "message"], help = "Toutes les preuves de cette enveloppe, d'après le magasin")]
    envelope: Option<String>,
    #[arg(
        long = "message-id",
        value_name = "MESSAGE-ID",
        conflicts_with = "files",
        help = "Toutes les preuves du message qui a ce Message-ID"
    )]
    message: Option<String>,
    #[arg(
        long,
        value_name = "FICHIER",
        help = "Journaux et témoins de confiance ; pour un message du magasin, ceux de ce serveur par défaut"
    )]
    policy: Option<PathBuf>,
    #[arg(long, value_name = "FICHIER", help = "Autorités d'horodatage de confiance (PEM)")]
    tsa: Vec<PathBuf>,
    #[arg(long, value_name = "FICHIER", help = "Pièce à comparer et à mentionner (peut être répété)")]
    piece: Vec<PathBuf>,
    #[arg(long, value_name = "FICHIER", help = "Message (.eml) à comparer et à mentionner")]
    eml: Option<PathBuf>,
    #[arg(long, value_name = "FICHIER", help = "Où écrire l'attestation en PDF/A-3, preuves jointes")]
    pdf: Option<PathBuf>,
    #[arg(long, value_name = "FICHIER", help = "Où écrire l'attestation en HTML, preuves jointes")]
    html: Option<PathBuf>,
    #[command(flatten)]
    config: ConfigFile,
}

/// A proof before it is judged, with its name.
pub(in crate::cli) struct Unjudged {
    pub(in crate::cli) name: String,
    pub(in crate::cli) bytes: Vec<u8>,
}

impl From<ExportedProof> for Unjudged {
    fn from(proof: ExportedProof) -> Self {
        Self { name: proof.name, bytes: proof.text.into_bytes() }
    }
}

pub(super) fn run(arguments: &Arguments) -> Answer {
    if arguments.pdf.is_none() && arguments.html.is_none() {
        return Err(Stop::Usage("dire où écrire l'attestation : --pdf FICHIER, --html FICHIER ou les deux".to_owned()));
    }
    let (proofs, policy) = gathered(arguments)?;
    let attestation = attested(proofs, &policy, &arguments.tsa, &kept(arguments)?)?;
    write(&attestation, arguments.pdf.as_deref(), arguments.html.as_deref())?;
    let mut said = String::new();
    for path in [&arguments.pdf, &arguments.html].into_iter().flatten() {
        said.push_str(&format!("{}\n", path.display()));
    }
    Ok((said, code(&attestation)))
}

/// 0, or 3 when somebody's hour is not attested.
pub(in crate::cli) fn code(attestation: &Attestation) -> u8 {
    if attestation.hours_attested() { VALID } else { UNATTESTED }
}

/// Writes the forms that are asked for.
pub(in crate::cli) fn write(
    attestation: &Attestation,
    to_pdf: Option<&Path>,
    to_html: Option<&Path>,
) -> Result<(), Stop> {
    let document = attestation.document();
    if let Some(path) = to_pdf {
        let bytes = pdf(&document).map_err(|error| Stop::Usage(error.to_string()))?;
        fs::write(path, bytes).map_err(|error| usage(path, &error))?;
    }
    if let Some(path) = to_html {
        fs::write(path, html(&document)).map_err(|error| usage(path, &error))?;
    }
    Ok(())
}

/// The proofs, and the policy as text.
fn gathered(arguments: &Arguments) -> Result<(Vec<Unjudged>, String), Stop> {
    let named = arguments.policy.as_deref().map(read).transpose()?;
    let named = named.map(|policy| String::from_utf8_lossy(&policy).into_owned());
    let which = match (&arguments.envelope, &arguments.message) {
        (Some(id), _) => Which::Envelope(id.clone()),
        (None, Some(id)) => Which::Message(id.clone()),
        (None, None) => return of_files(&arguments.files, named),
    };
    let stop = |error: super::super::Failure| Stop::Usage(error.to_string());
    let config = arguments.config.load().map_err(stop)?;
    let proofs: Vec<ExportedProof> = ask(&config, Request::ProofExport { which }).map_err(stop)?;
    let policy = named.map_or_else(|| own_policy(&config), Ok)?;
    Ok((proofs.into_iter().map(Unjudged::from).collect(), policy))
}

fn of_files(files: &[PathBuf], policy: Option<String>) -> Result<(Vec<Unjudged>, String), Stop> {
    let Some(policy) = policy else {
        return Err(Stop::Usage("--policy FICHIER manque : à qui faire confiance".to_owned()));
    };
    if files.is_empty() {
        return Err(Stop::Usage(
            "rien à attester : donner des fichiers .preuve, --envelope ou --message-id".to_owned(),
        ));
    }
    let one = |path: &PathBuf| Ok(Unjudged { name: name(path), bytes: read(path)? });
    Ok((files.iter().map(one).collect::<Result<_, Stop>>()?, policy))
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// What verifiers of this server's proofs have to trust.
pub(in crate::cli) fn own_policy(config: &Config) -> Result<String, Stop> {
    let keys = verifier_keys(&ledger_directory(&config.server.data)).map_err(|fault| Stop::Usage(fault.to_string()))?;
    let own = config.proofs.policy.as_deref().map(read).transpose()?;
    Ok(policy_text(&keys, own.map(|text| String::from_utf8_lossy(&text).into_owned()).as_deref()))
}

/// What people kept, to be compared.
#[derive(Default)]
pub(in crate::cli) struct Kept {
    eml: Option<(String, Vec<u8>)>,
    pieces: Vec<(String, Vec<u8>)>,
}

fn kept(arguments: &Arguments) -> Result<Kept, Stop> {
    let file = |path: &PathBuf| Ok((name(path), read(path)?));
    let eml = arguments.eml.as_ref().map(file).transpose()?;
    Ok(Kept { eml, pieces: arguments.piece.iter().map(file).collect::<Result<_, Stop>>()? })
}

/// Judges each proof; one that does not hold stops it all.
pub(in crate::cli) fn attested(
    proofs: Vec<Unjudged>,
    policy_text: &str,
    tsa: &[PathBuf],
    kept: &Kept,
) -> Result<Attestation, Stop> {
    let policy = Policy::parse(policy_text).map_err(|error| Stop::Usage(format!("politique : {error}")))?;
    let authorities = Authorities::load(tsa)?;
    let stamps = authorities.as_ref().map(|authorities| authorities as &dyn Stamps);
    let mut proven = Vec::with_capacity(proofs.len());
    for Unjudged { name, bytes } in proofs {
        let refused = |why: &dyn std::fmt::Display| Stop::Invalid(format!("{name} : {why} ; rien n'est attesté"));
        let file = ProofFile::parse(&bytes).map_err(|error| refused(&error))?;
        proven.push(Proven::judge(&name, file, &policy, stamps).map_err(|error| refused(&error))?);
    }
    compare(&mut proven, kept)?;
    Ok(Attestation::new(proven, policy, policy_text))
}

/// Notes each kept file at the proofs that disclose its fingerprint; one that none discloses stops it all.
fn compare(proven: &mut [Proven], kept: &Kept) -> Result<(), Stop> {
    type Comparison = fn(&mut Proven, &str, &[u8]) -> Result<(), Invalid>;
    let eml = kept.eml.iter().map(|file| (file, Proven::compare_message as Comparison));
    let pieces = kept.pieces.iter().map(|file| (file, Proven::compare_piece as Comparison));
    for ((name, content), comparison) in eml.chain(pieces) {
        let mut found = false;
        let mut why = None;
        for proof in proven.iter_mut() {
            match comparison(proof, name, content) {
                Ok(()) => found = true,
                Err(error @ Invalid::Undisclosed(_)) => why = why.or(Some(error)),
                Err(error) => why = Some(error),
            }
        }
        if !found {
            let why = why.map_or_else(String::new, |why| why.to_string());
            return Err(Stop::Invalid(format!("{name} : {why} ; rien n'est attesté")));
        }
    }
    Ok(())
}
