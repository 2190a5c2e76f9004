//! `sceau queue`: what still has to leave.

use std::process::ExitCode;

use clap::Subcommand;

use super::ask::ask;
use super::terminal::tell;
use super::{ConfigFile, Outcome};
use crate::server::office::{QueueFacts, Request};

#[derive(Subcommand)]
pub(super) enum Command {
    #[command(about = "Liste ce qui doit encore partir, et pourquoi ce n'est pas parti")]
    List {
        #[arg(long, help = "En JSON")]
        json: bool,
        #[command(flatten)]
        file: ConfigFile,
    },
}

pub(super) fn run(command: Command) -> Outcome {
    let Command::List { json, file } = command;
    let items: Vec<QueueFacts> = ask(&file.load()?, Request::QueueList)?;
    if json {
        tell(&super::terminal::json(&items)?)?;
        return Ok(ExitCode::SUCCESS);
    }
    for item in &items {
        let QueueFacts { envelope, domain, attempts, due, last_reply } = item;
        tell(&format!("{envelope}  {domain:<32} essais {attempts:<3} prochain {due}  {last_reply}"))?;
    }
    if items.is_empty() {
        tell("Rien n'attend.")?;
    }
    Ok(ExitCode::SUCCESS)
}
