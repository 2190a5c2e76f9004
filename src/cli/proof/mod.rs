//! `sceau proof`: shows, verifies, redacts and attests proof files, and audits a log. All offline (but attesting a message
//! of the store); the texts are French, because the people who are shown a proof read French. Exporting a proof needs the
//! store and is not here.
//!
//! Exit codes: 0 valid, 1 invalid, 2 usage (also a file that can't be read), 3 valid but the hour is not attested.

pub(super) mod attest;
mod dossier;
mod json;
mod page;
mod remote;
mod text;

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Subcommand};

use crate::ledger::verify::{Hour, Invalid, MessageMatch, Stamped, Stamps, Verdict, find_message, find_piece};
use crate::ledger::{Policy, ProofFile, VerifierKey, audit, audit_all, verify_stamped};
use crate::seal::event::Field;
use crate::trust::timestamp::{self, StampError};
use crate::trust::{Anchors, load_anchors};

const VALID: u8 = 0;
const INVALID: u8 = 1;
const USAGE: u8 = 2;
const UNATTESTED: u8 = 3;

/// What can be done with proofs offline.
#[derive(Subcommand)]
pub(super) enum Command {
    #[command(about = "Affiche un fichier de preuve, sans le vérifier")]
    Show(ShowArguments),
    #[command(about = "Vérifie : 0 valide, 1 invalide, 2 usage, 3 valide mais heure non attestée")]
    Verify(VerifyArguments),
    #[command(about = "Réduit une preuve aux champs que l'on veut révéler")]
    Redact(RedactArguments),
    #[command(about = "Écrit une page qui vérifie des preuves dans un navigateur, sans réseau")]
    Page(PageArguments),
    #[command(about = "Écrit une « Attestation d'échange » (PDF/A-3, HTML) pour qui doit juger ; codes comme verify")]
    Attest(attest::Arguments),
    #[command(
        about = "Dossier de l'expéditeur : pour chaque destinataire ce qui s'est passé, par la parole de qui, prouvé comment"
    )]
    Dossier(dossier::Arguments),
    #[command(about = "Recalcule tout un journal et dit à quel octet il a été modifié")]
    Audit(AuditArguments),
}

#[derive(Args)]
pub(super) struct ShowArguments {
    #[arg(help = "Fichier .preuve")]
    file: PathBuf,
    #[arg(long, help = "Réponse en JSON")]
    json: bool,
}

#[derive(Args)]
pub(super) struct VerifyArguments {
    #[arg(help = "Fichier .preuve")]
    file: PathBuf,
    #[arg(long, value_name = "FICHIER", help = "Journaux et témoins de confiance (c2sp.org/tlog-policy)")]
    policy: PathBuf,
    #[arg(long, value_name = "FICHIER", help = "Pièce à comparer, telle qu'enregistrée (peut être répété)")]
    piece: Vec<PathBuf>,
    #[arg(long, value_name = "FICHIER", help = "Message à comparer, exporté en .eml")]
    eml: Option<PathBuf>,
    #[arg(
        long,
        value_name = "FICHIER",
        help = "Autorités d'horodatage de confiance (PEM) : juge aussi la section anchor"
    )]
    tsa: Vec<PathBuf>,
    #[arg(long, help = "Réponse en JSON")]
    json: bool,
}

#[derive(Args)]
pub(super) struct RedactArguments {
    #[arg(help = "Fichier .preuve")]
    file: PathBuf,
    #[arg(long, value_delimiter = ',', value_name = "CHAMPS", help = "Champs à garder : from,to.1 ; aucun par défaut")]
    keep: Vec<String>,
    #[arg(long, short, value_name = "FICHIER", help = "Où écrire le résultat ; sortie standard par défaut")]
    output: Option<PathBuf>,
}

#[derive(Args)]
pub(super) struct AuditArguments {
    #[arg(
        value_name = "DOSSIER|URL",
        help = "Dossier d'une année du journal, ou de toutes ; ou https://… d'une année publiée"
    )]
    log: String,
    #[arg(long, value_name = "CLÉ", help = "Clé de confiance du journal ; sans elle, celle qu'il donne lui-même")]
    key: Option<String>,
    #[command(flatten)]
    remote: remote::Arguments,
}

#[derive(Args)]
pub(super) struct PageArguments {
    #[arg(long, value_name = "FICHIER", help = "Politique à y inscrire ; sans elle, qui vérifie la colle")]
    policy: Option<PathBuf>,
    #[arg(long, short, value_name = "FICHIER", help = "Où écrire la page")]
    output: PathBuf,
}

/// Runs one of the commands.
pub(super) fn run(command: &Command) -> ExitCode {
    finish(match command {
        Command::Show(arguments) => show(arguments),
        Command::Verify(arguments) => verify_file(arguments),
        Command::Redact(arguments) => redact(arguments),
        Command::Page(arguments) => write_page(arguments),
        Command::Attest(arguments) => attest::run(arguments),
        Command::Dossier(arguments) => dossier::run(arguments),
        Command::Audit(arguments) => audit_log(arguments),
    })
}

/// What goes to standard output, and the exit code.
pub(super) type Answer = Result<(String, u8), Stop>;

fn show(arguments: &ShowArguments) -> Answer {
    let file = parse(&read(&arguments.file)?)?;
    Ok((if arguments.json { json::shown(&file) } else { text::shown(&file) }, VALID))
}

fn verify_file(arguments: &VerifyArguments) -> Answer {
    let policy = String::from_utf8_lossy(&read(&arguments.policy)?).into_owned();
    let policy = Policy::parse(&policy).map_err(|error| usage(&arguments.policy, &error))?;
    let bytes = read(&arguments.file)?;
    let eml = arguments.eml.as_deref().map(read).transpose()?;
    let mut pieces = Vec::with_capacity(arguments.piece.len());
    for path in &arguments.piece {
        pieces.push((path.clone(), read(path)?));
    }
    let stamps = Authorities::load(&arguments.tsa)?;
    let parsed = ProofFile::parse(&bytes);
    let judged = match &parsed {
        Ok(file) => judge(file, (&policy, stamps.as_ref()), eml.as_deref(), &pieces),
        Err(error) => Err(Invalid::File(*error)),
    };
    let code = match &judged {
        Err(_) => INVALID,
        Ok(judgement) if judgement.verdict.hour == Hour::Attested => VALID,
        Ok(_) => UNATTESTED,
    };
    let file = parsed.as_ref().ok();
    Ok((if arguments.json { json::judged(file, &judged) } else { text::judged(file, &judged) }, code))
}

fn redact(arguments: &RedactArguments) -> Answer {
    let file = parse(&read(&arguments.file)?)?;
    let mut keep = Vec::new();
    for name in &arguments.keep {
        let field = Field::parse(name).filter(|field| file.disclosed(*field).is_some());
        keep.push(field.ok_or_else(|| Stop::Usage(format!("« {name} » n'est pas révélé par cette preuve")))?);
    }
    let redacted = file.redact(&keep).to_string();
    let Some(path) = &arguments.output else { return Ok((redacted, VALID)) };
    fs::write(path, redacted).map_err(|error| usage(path, &error))?;
    Ok((String::new(), VALID))
}

fn write_page(arguments: &PageArguments) -> Answer {
    let policy = match &arguments.policy {
        Some(path) => {
            let text = String::from_utf8_lossy(&read(path)?).into_owned();
            Policy::parse(&text).map_err(|error| usage(path, &error))?;
            text
        }
        None => String::new(),
    };
    fs::write(&arguments.output, page::page(&policy)).map_err(|error| usage(&arguments.output, &error))?;
    Ok((String::new(), VALID))
}

fn audit_log(arguments: &AuditArguments) -> Answer {
    let key = arguments.key.as_deref().map(VerifierKey::parse).transpose();
    let key = key.map_err(|error| Stop::Usage(format!("--key : {error}")))?;
    if arguments.log.starts_with("https://") {
        return remote::audit(&arguments.log, key, &arguments.remote);
    }
    let directory = Path::new(&arguments.log);
    if !directory.is_dir() {
        return Err(Stop::Usage(format!("{} : ce n'est pas un dossier", directory.display())));
    }
    // One shard has its key; a folder of shards has none.
    let audited = if key.is_some() || directory.join("vkey").exists() {
        audit(directory, key.as_ref()).map(|report| vec![report])
    } else {
        audit_all(directory)
    };
    Ok(match audited {
        Ok(reports) if reports.is_empty() => {
            return Err(Stop::Usage(format!("{} : aucun journal dans ce dossier", directory.display())));
        }
        Ok(reports) => (reports.iter().map(text::audited).collect::<Vec<_>>().join("\n"), VALID),
        Err(found) => (format!("JOURNAL MODIFIÉ\n{found}\n"), INVALID),
    })
}

/// The time-stamp authorities that a verifier trusts.
pub(super) struct Authorities(Anchors);

impl Authorities {
    fn load(files: &[PathBuf]) -> Result<Option<Self>, Stop> {
        if files.is_empty() {
            return Ok(None);
        }
        load_anchors(files).map(|anchors| Some(Self(anchors))).map_err(|error| Stop::Usage(format!("--tsa : {error}")))
    }
}

impl Stamps for Authorities {
    fn judge(&self, token: &[u8], digest: &[u8; 32]) -> Stamped {
        match timestamp::verify(token, digest, &self.0) {
            Ok(stamp) => Stamped::At(stamp.time),
            Err(StampError::UnknownAuthority(_)) => Stamped::Unknown,
            Err(_) => Stamped::Wrong,
        }
    }
}

/// A proof that holds, with the files that were compared.
struct Judgement {
    verdict: Verdict,
    message: Option<MessageMatch>,
    /// Each compared file and the number of the part that it is.
    pieces: Vec<(PathBuf, u16)>,
}

fn judge(
    file: &ProofFile,
    (policy, stamps): (&Policy, Option<&Authorities>),
    eml: Option<&[u8]>,
    pieces: &[(PathBuf, Vec<u8>)],
) -> Result<Judgement, Invalid> {
    let verdict = verify_stamped(file, policy, stamps.map(|stamps| stamps as &dyn Stamps))?;
    let message = eml.map(|eml| find_message(file, eml)).transpose()?;
    let mut found = Vec::with_capacity(pieces.len());
    for (path, content) in pieces {
        found.push((path.clone(), find_piece(file, content)?));
    }
    Ok(Judgement { verdict, message, pieces: found })
}

/// Why there is nothing to say on standard output.
pub(super) enum Stop {
    Usage(String),
    Invalid(String),
}

impl std::fmt::Display for Stop {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (Self::Usage(text) | Self::Invalid(text)) = self;
        f.write_str(text)
    }
}

fn usage(path: &Path, error: &dyn std::fmt::Display) -> Stop {
    Stop::Usage(format!("{} : {error}", path.display()))
}

fn parse(bytes: &[u8]) -> Result<ProofFile, Stop> {
    ProofFile::parse(bytes).map_err(|error| Stop::Invalid(error.to_string()))
}

fn read(path: &Path) -> Result<Vec<u8>, Stop> {
    fs::read(path).map_err(|error| usage(path, &error))
}

/// Writes the answer where it belongs. An output that nobody reads is no failure of the proof.
pub(super) fn finish(answer: Answer) -> ExitCode {
    let code = match answer {
        Ok((text, code)) => {
            let _ = io::stdout().write_all(text.as_bytes());
            code
        }
        Err(Stop::Usage(text)) => {
            let _ = writeln!(io::stderr(), "sceau proof : {text}");
            USAGE
        }
        Err(Stop::Invalid(text)) => {
            let _ = writeln!(io::stderr(), "sceau proof : {text}");
            INVALID
        }
    };
    ExitCode::from(code)
}
