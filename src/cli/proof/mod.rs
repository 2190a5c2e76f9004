//! `sceau proof`: shows, verifies and redacts proof files, and audits a log. All offline; the texts are French, because
//! the people who are shown a proof read French. Exporting a proof needs the store and is not here.
//!
//! Exit codes: 0 valid, 1 invalid, 2 usage (also a file that can't be read), 3 valid but the hour is not attested.

mod json;
mod text;

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Subcommand};

use crate::ledger::verify::{Hour, Invalid, MessageMatch, Verdict, find_message, find_piece};
use crate::ledger::{Policy, ProofFile, VerifierKey, audit, verify};
use crate::seal::event::Field;

const VALID: u8 = 0;
const INVALID: u8 = 1;
const USAGE: u8 = 2;
const UNATTESTED: u8 = 3;

/// What can be done with proofs offline.
#[derive(Debug, Subcommand)]
pub enum ProofCommand {
    /// Affiche un fichier de preuve, sans le vérifier
    Show(ShowArgs),
    /// Vérifie un fichier de preuve ; codes : 0 valide, 1 invalide, 2 usage, 3 valide mais heure non attestée
    Verify(VerifyArgs),
    /// Réduit une preuve aux champs que l'on veut révéler
    Redact(RedactArgs),
    /// Recalcule tout un journal et dit à quel octet il a été modifié
    Audit(AuditArgs),
}

/// Arguments of `show`.
#[derive(Debug, Args)]
pub struct ShowArgs {
    /// Le fichier .preuve
    pub file: PathBuf,
    /// Réponse en JSON
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `verify`.
#[derive(Debug, Args)]
pub struct VerifyArgs {
    /// Le fichier .preuve
    pub file: PathBuf,
    /// La politique : les journaux et témoins de confiance (c2sp.org/tlog-policy)
    #[arg(long, value_name = "FICHIER")]
    pub policy: PathBuf,
    /// Une pièce à comparer, telle qu'elle a été enregistrée (peut être répété)
    #[arg(long, value_name = "FICHIER")]
    pub piece: Vec<PathBuf>,
    /// Le message à comparer, exporté en .eml
    #[arg(long, value_name = "FICHIER")]
    pub eml: Option<PathBuf>,
    /// Réponse en JSON
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `redact`.
#[derive(Debug, Args)]
pub struct RedactArgs {
    /// Le fichier .preuve
    pub file: PathBuf,
    /// Les champs à garder, par exemple from,to.1 ; aucun par défaut
    #[arg(long, value_delimiter = ',', value_name = "CHAMPS")]
    pub keep: Vec<String>,
    /// Où écrire le résultat ; sortie standard par défaut
    #[arg(long, short, value_name = "FICHIER")]
    pub output: Option<PathBuf>,
}

/// Arguments of `audit`.
#[derive(Debug, Args)]
pub struct AuditArgs {
    /// Le dossier d'une année du journal
    pub directory: PathBuf,
    /// La clé de confiance du journal (nom+empreinte+clé) ; sans elle, celle du dossier
    #[arg(long, value_name = "CLÉ")]
    pub key: Option<String>,
}

/// Runs one of the commands.
#[must_use]
pub fn run(command: &ProofCommand) -> ExitCode {
    match command {
        ProofCommand::Show(args) => show(args),
        ProofCommand::Verify(args) => verify_file(args),
        ProofCommand::Redact(args) => redact(args),
        ProofCommand::Audit(args) => audit_log(args),
    }
}

/// `sceau proof show`.
#[must_use]
pub fn show(args: &ShowArgs) -> ExitCode {
    finish((|| {
        let bytes = read(&args.file)?;
        let file = ProofFile::parse(&bytes).map_err(|error| Stop::Invalid(error.to_string()))?;
        Ok((if args.json { json::shown(&file) } else { text::shown(&file) }, VALID))
    })())
}

/// `sceau proof verify`.
#[must_use]
pub fn verify_file(args: &VerifyArgs) -> ExitCode {
    finish((|| {
        let policy = String::from_utf8_lossy(&read(&args.policy)?).into_owned();
        let policy = Policy::parse(&policy).map_err(|error| usage(&args.policy, &error))?;
        let bytes = read(&args.file)?;
        let eml = args.eml.as_ref().map(|path| read(path)).transpose()?;
        let pieces = args.piece.iter().map(|path| Ok((path.clone(), read(path)?))).collect::<Result<Vec<_>, Stop>>()?;
        let parsed = ProofFile::parse(&bytes);
        let judged = match &parsed {
            Ok(file) => judge(file, &policy, eml.as_deref(), &pieces),
            Err(error) => Err(Invalid::File(*error)),
        };
        let code = match &judged {
            Err(_) => INVALID,
            Ok(judgement) if judgement.verdict.hour == Hour::Attested => VALID,
            Ok(_) => UNATTESTED,
        };
        let file = parsed.as_ref().ok();
        Ok((if args.json { json::judged(file, &judged) } else { text::judged(file, &judged) }, code))
    })())
}

/// `sceau proof redact`.
#[must_use]
pub fn redact(args: &RedactArgs) -> ExitCode {
    finish((|| {
        let file = ProofFile::parse(&read(&args.file)?).map_err(|error| Stop::Invalid(error.to_string()))?;
        let mut keep = Vec::new();
        for name in &args.keep {
            let field = Field::parse(name).filter(|field| file.disclosed(*field).is_some());
            keep.push(field.ok_or_else(|| Stop::Usage(format!("« {name} » n'est pas révélé par cette preuve")))?);
        }
        let redacted = file.redact(&keep).to_string();
        match &args.output {
            None => Ok((redacted, VALID)),
            Some(path) => match fs::write(path, redacted) {
                Ok(()) => Ok((String::new(), VALID)),
                Err(error) => Err(usage(path, &error)),
            },
        }
    })())
}

/// `sceau proof audit`.
#[must_use]
pub fn audit_log(args: &AuditArgs) -> ExitCode {
    finish((|| {
        let key = args.key.as_deref().map(VerifierKey::parse).transpose();
        let key = key.map_err(|error| Stop::Usage(format!("--key : {error}")))?;
        if !args.directory.is_dir() {
            return Err(Stop::Usage(format!("{} : ce n'est pas un dossier", args.directory.display())));
        }
        match audit(&args.directory, key.as_ref()) {
            Ok(report) => Ok((text::audited(&report), VALID)),
            Err(found) => Ok((format!("JOURNAL MODIFIÉ\n{found}\n"), INVALID)),
        }
    })())
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
    policy: &Policy,
    eml: Option<&[u8]>,
    pieces: &[(PathBuf, Vec<u8>)],
) -> Result<Judgement, Invalid> {
    let verdict = verify(file, policy)?;
    let message = eml.map(|eml| find_message(file, eml)).transpose()?;
    let mut found = Vec::with_capacity(pieces.len());
    for (path, content) in pieces {
        found.push((path.clone(), find_piece(file, content)?));
    }
    Ok(Judgement { verdict, message, pieces: found })
}

/// Why there is nothing to say on standard output.
enum Stop {
    Usage(String),
    Invalid(String),
}

fn usage(path: &Path, error: &dyn std::fmt::Display) -> Stop {
    Stop::Usage(format!("{} : {error}", path.display()))
}

fn read(path: &Path) -> Result<Vec<u8>, Stop> {
    fs::read(path).map_err(|error| usage(path, &error))
}

/// Writes the answer where it belongs. An output that nobody reads is no failure of the proof.
fn finish(answer: Result<(String, u8), Stop>) -> ExitCode {
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
