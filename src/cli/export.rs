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
use crate::server::evidence::{ExportedProof, LedgerFacts, policy_text, verifier_keys};
use crate::server::lock::DataLock;
use crate::server::office::Request;
use crate::server::settings::{ledger_directory, shards};
use crate::server::{edge, witness_key};

#[derive(Subcommand)]
pub(super) enum Command {
    #[command(about = "Écrit les preuves de tous les événements d'un message")]
    Export(Export),
    #[command(about = "Écrit la politique (clés des journaux) qu'il faut pour vérifier les preuves de ce serveur")]
    Policy(ConfigFile),
    #[command(about = "Écrit les clés du journal et du témoin de ce serveur, à donner aux pairs ; les crée au besoin")]
    Keys(ConfigFile),
    #[command(about = "État du journal de preuves et de ses témoins")]
    Witnesses(ConfigFile),
    #[command(about = "Abandonne un journal retenu (données restaurées) et en commence un autre à côté")]
    BeginAgain(BeginAgain),
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

#[derive(Args)]
pub(super) struct BeginAgain {
    #[arg(long, help = "Accepter que l'ancien journal reste tel quel : les pairs devront faire confiance au nouveau")]
    accept: bool,
    #[command(flatten)]
    file: ConfigFile,
}

pub(super) fn run(command: Command) -> Outcome {
    match command {
        Command::Export(arguments) => export(arguments),
        Command::Policy(file) => policy(&file),
        Command::Keys(file) => keys(&file),
        Command::Witnesses(file) => witnesses(&file),
        Command::BeginAgain(arguments) => begin_again(&arguments),
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
    let own = config.proofs.policy.as_ref().map(fs::read_to_string).transpose()?;
    tell(policy_text(&keys, own.as_deref()).trim_end())?;
    Ok(ExitCode::SUCCESS)
}

fn keys(file: &ConfigFile) -> Outcome {
    let (config, edge) = (file.load()?, edge::system());
    let directory = ledger_directory(&config.server.data);
    // A server that runs has made its keys, and has the lock.
    if let Ok(_lock) = DataLock::take(&config.server.data) {
        shards(&config, &edge).open(edge.now()).map_err(|error| Failure::new(error.to_string()))?;
    }
    for key in verifier_keys(&directory).map_err(|fault| Failure::new(fault.to_string()))? {
        tell(&format!("log {key}"))?;
    }
    let witness = witness_key(&config, &edge).map_err(|error| Failure::new(error.to_string()))?;
    tell(&format!("witness {} {}", config.server.domains.first().map_or("", |d| d.as_str()), witness.verifier()))?;
    Ok(ExitCode::SUCCESS)
}

fn witnesses(file: &ConfigFile) -> Outcome {
    let facts: LedgerFacts = ask(&file.load()?, Request::Ledger)?;
    tell(&format!("Journal          {}", facts.origin))?;
    let published = facts.published.map_or_else(|| "rien encore".to_owned(), |size| size.to_string());
    tell(&format!("Feuilles         {}, publiées : {published}", facts.size))?;
    let quorum = if facts.quorum { "atteint : preuves de niveau P1" } else { "non atteint : preuves de niveau P0" };
    tell(&format!("Quorum           {quorum}"))?;
    if facts.comparing {
        tell("Écriture         en attente : un serveur compare d'abord avec les témoins")?;
    }
    for witness in &facts.witnesses {
        let signed = match (&witness.signed, witness.size) {
            (Some(time), Some(size)) => format!("a signé {size} feuilles le {time}"),
            _ => "n'a encore rien signé".to_owned(),
        };
        let problem = witness.problem.as_ref().map_or_else(String::new, |problem| format!(" ; {problem}"));
        tell(&format!("Témoin           {} {signed}{problem}", witness.name))?;
    }
    match facts.held {
        None => Ok(ExitCode::SUCCESS),
        Some(why) => Err(Failure::new(format!(
            "le journal est retenu : {why}. Remettre la copie la plus récente du journal ; à défaut « sceau proof \
             begin-again --accept » en commence un autre. Les messages continuent, leurs preuves attendent."
        ))),
    }
}

fn begin_again(arguments: &BeginAgain) -> Outcome {
    let config = arguments.file.load()?;
    if !arguments.accept {
        return Err(Failure::new(
            "rien n'a été fait : l'ancien journal ne pourra plus être continué, et les pairs devront ajouter la clé du \
             nouveau à leur politique ; redire la commande avec --accept",
        ));
    }
    let origin: String = ask(&config, Request::LedgerBeginAgain)?;
    tell(&format!("Le journal continue sous {origin} ; sa clé, à donner aux pairs : sceau proof keys"))?;
    Ok(ExitCode::SUCCESS)
}
