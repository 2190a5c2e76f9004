//! `sceau trust refusals`: the last operators that the running server refused, and why.

use std::process::ExitCode;

use clap::Args;

use super::super::ask::ask_running;
use super::super::terminal::{json, tell};
use super::super::{ConfigFile, Outcome};
use crate::server::office::Request;
use crate::server::refusals::RefusalFacts;

#[derive(Args)]
pub(in crate::cli) struct Arguments {
    #[arg(long, help = "En JSON")]
    json: bool,
    #[command(flatten)]
    file: ConfigFile,
}

pub(in crate::cli) fn run(arguments: &Arguments) -> Outcome {
    let refusals: Vec<RefusalFacts> = ask_running(&arguments.file.load()?, Request::Refusals { peer: None })?;
    if arguments.json {
        tell(&json(&refusals)?)?;
        return Ok(ExitCode::SUCCESS);
    }
    for facts in &refusals {
        let RefusalFacts { time, peer, direction, stage, subject, serial, reason, detail, .. } = facts;
        let way = if direction == "in" { "il appelait" } else { "nous appelions" };
        tell(&format!("{time}  {peer:<24} {way:<14} {stage:<12} {reason:<24} {detail}"))?;
        if !subject.is_empty() {
            tell(&format!("{:20}  {subject} (série {serial})", ""))?;
        }
    }
    if refusals.is_empty() {
        tell("Aucun opérateur refusé depuis le démarrage.")?;
    }
    Ok(ExitCode::SUCCESS)
}
