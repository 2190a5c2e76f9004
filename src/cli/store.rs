//! `sceau store`: the consistency of what is stored.

use std::process::ExitCode;

use clap::Subcommand;

use super::ask::ask;
use super::terminal::tell;
use super::{ConfigFile, Failure, Outcome};
use crate::server::destroy::{PurgeFacts, Salvaged};
use crate::server::office::{Request, StoreFacts};

#[derive(Subcommand)]
pub(super) enum Command {
    #[command(about = "Vérifie que lignes, corps, compteurs et chaînes de preuves concordent")]
    Check {
        #[command(flatten)]
        file: ConfigFile,
    },
    #[command(
        about = "Récupère les messages dont les lignes sont perdues, dans un dossier à part de leur boîte ; serveur arrêté"
    )]
    Salvage {
        #[command(flatten)]
        file: ConfigFile,
    },
    #[command(about = "Détruit maintenant ce qui a dépassé ses délais ; le serveur le fait chaque jour")]
    Purge {
        #[command(flatten)]
        file: ConfigFile,
    },
}

pub(super) fn run(command: Command) -> Outcome {
    match command {
        Command::Check { file } => check(&file),
        Command::Salvage { file } => {
            let done: Salvaged = ask(&file.load()?, Request::StoreSalvage)?;
            tell(&done.summary)?;
            match done.left {
                0 => Ok(ExitCode::SUCCESS),
                left => Err(Failure::new(format!(
                    "{left} messages ne sont dans aucune boîte ; leurs corps restent où ils sont"
                ))),
            }
        }
        Command::Purge { file } => {
            let done: PurgeFacts = ask(&file.load()?, Request::StorePurge)?;
            if done.waits {
                return Err(Failure::new(done.summary));
            }
            tell(&done.summary)?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn check(file: &ConfigFile) -> Outcome {
    let found: StoreFacts = ask(&file.load()?, Request::StoreCheck)?;
    tell(&found.summary)?;
    for problem in &found.problems {
        tell(&format!("  FAUX : {problem}"))?;
    }
    match found.problems.len() {
        0 => Ok(ExitCode::SUCCESS),
        count => Err(Failure::new(format!("{count} défauts, dits ci-dessus"))),
    }
}
