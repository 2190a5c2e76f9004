//! `sceau proof export` and `policy`: what needs the data, beside what `proof` does offline.

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::ask::ask;
use super::proof;
use super::terminal::tell;
use super::trace::Message;
use super::{ConfigFile, Failure, Outcome};
use crate::server::evidence::{ExportedProof, policy_text, verifier_keys};
use crate::server::office::Request;
use crate::server::settings::ledger_directory;

#[derive(Subcommand)]
pub(super) enum Command {
    #[command(about = "Écrit les preuves de tous les événements d'un message")]
    Export(Export),
    #[command(about = "Écrit la politique (clés des journaux) qu'il faut pour vérifier les preuves de ce serveur")]
    Policy(ConfigFile),
    #[command(flatten)]
    Offline(proof::Command),
}

#[derive(Args)]
pub(super) struct Export {
    #[command(flatten)]
    message: Message,
    #[arg(long, value_name = "RÉPERTOIRE", default_value = ".", help = "Où écrire les fichiers .preuve")]
    out: PathBuf,
    #[command(flatten)]
    file: ConfigFile,
}

pub(super) fn run(command: Command) -> Outcome {
    match command {
        Command::Export(arguments) => export(arguments),
        Command::Policy(file) => policy(&file),
        Command::Offline(command) => Ok(proof::run(&command)),
    }
}

fn export(arguments: Export) -> Outcome {
    let Export { message, out, file } = arguments;
    let proofs: Vec<ExportedProof> = ask(&file.load()?, Request::ProofExport { which: message.which() })?;
    fs::create_dir_all(&out)?;
    for proof in &proofs {
        let path = out.join(&proof.name);
        fs::write(&path, &proof.text)?;
        tell(&format!("{}  {}  {}", proof.event.time, proof.event.label, path.display()))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn policy(file: &ConfigFile) -> Outcome {
    let config = file.load()?;
    let keys =
        verifier_keys(&ledger_directory(&config.server.data)).map_err(|fault| Failure::new(fault.to_string()))?;
    tell(policy_text(&keys).trim_end())?;
    Ok(ExitCode::SUCCESS)
}
