//! `sceau store`: the consistency of what is stored.

use std::process::ExitCode;

use clap::Subcommand;

use super::ask::ask;
use super::terminal::tell;
use super::{ConfigFile, Failure, Outcome};
use crate::server::office::{Request, StoreFacts};

#[derive(Subcommand)]
pub(super) enum Command {
    #[command(about = "Vérifie que lignes, corps, compteurs et chaînes de preuves concordent")]
    Check {
        #[command(flatten)]
        file: ConfigFile,
    },
}

pub(super) fn run(command: Command) -> Outcome {
    let Command::Check { file } = command;
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
