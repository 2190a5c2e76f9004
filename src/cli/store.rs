//! `sceau store`: the consistency of what is stored.

use std::process::ExitCode;

use clap::Subcommand;

use super::ask::ask;
use super::terminal::tell;
use super::{ConfigFile, Failure, Outcome};
use crate::server::destroy::PurgeFacts;
use crate::server::office::{Request, StoreFacts};

#[derive(Subcommand)]
pub(super) enum Command {
    #[command(about = "Vérifie que lignes, corps, compteurs et chaînes de preuves concordent")]
    Check {
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
