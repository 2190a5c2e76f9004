//! Layer 7, the command line.
//!
//! One module per command. A command reads its arguments, asks the layer that knows, and tells the answer in French;
//! it decides nothing about mail itself.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use crate::config::{self, Config};

mod check;
mod failure;
pub mod load;
mod proof;
mod terminal;

pub use failure::Failure;

/// What a command ends with.
type Outcome = Result<ExitCode, Failure>;

#[derive(Parser)]
#[command(
    name = "sceau",
    version,
    about = "Sceau : opérateur MSSanté en un seul programme (SMTP entre opérateurs, envoi, IMAP, preuves).",
    after_help = "Pour essayer : sceau demo.  Configuration commentée : sceau check --example.",
    arg_required_else_help = true,
    disable_help_subcommand = true
)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    #[command(about = "Montre les réglages en vigueur et vérifie tout ce qu'ils nomment")]
    Check(check::Arguments),
    #[command(about = "Affiche, vérifie et réduit des preuves ; contrôle un journal", subcommand)]
    Proof(proof::Command),
    #[command(about = "Charge un serveur de messages et mesure")]
    Load(load::Arguments),
}

/// Which configuration.
#[derive(Args, Clone)]
struct ConfigFile {
    #[arg(long, value_name = "FICHIER", default_value = "/etc/sceau/sceau.toml", help = "Fichier de configuration")]
    config: PathBuf,
}

impl ConfigFile {
    fn load(&self) -> Result<Config, Failure> {
        config::load(&self.config).map_err(|problems| Failure::new(problems.to_string()))
    }
}

/// Runs the program with the arguments of the process.
#[must_use]
pub fn main() -> ExitCode {
    let outcome = match Arguments::parse().command {
        Command::Check(arguments) => check::run(&arguments),
        Command::Proof(command) => Ok(proof::run(&command)),
        Command::Load(arguments) => load::run_command(arguments),
    };
    outcome.unwrap_or_else(|failure| failure.report())
}
