//! Layer 7, the command line.
//!
//! One module per command. A command reads its arguments, asks the layer that knows, and tells the answer in French;
//! it decides nothing about mail itself.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use crate::config::{self, Config};

mod account;
mod ask;
mod check;
mod demo;
mod dkim;
mod erase;
mod export;
mod failure;
pub mod load;
mod metrics;
mod pki;
mod proof;
mod queue;
mod serve;
mod stats;
mod store;
mod terminal;
mod trace;
mod trust;

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
    #[command(about = "Démarre le serveur, au premier plan")]
    Serve(ConfigFile),
    #[command(about = "Montre les réglages en vigueur et vérifie tout ce qu'ils nomment")]
    Check(check::Arguments),
    #[command(about = "Comptes : créer, changer un mot de passe, lister", subcommand)]
    Account(account::Command),
    #[command(about = "File d'attente : ce qui doit encore partir", subcommand)]
    Queue(queue::Command),
    #[command(about = "Mesures d'un serveur en marche, au format de Prometheus")]
    Metrics(ConfigFile),
    #[command(about = "Événements d'un message")]
    Trace(trace::Arguments),
    #[command(about = "Preuves : exporter, montrer, vérifier, auditer", subcommand)]
    Proof(export::Command),
    #[command(about = "Signatures de domaine (DKIM) : créer une clé, montrer son enregistrement DNS", subcommand)]
    Dkim(dkim::Command),
    #[command(about = "Magasin : vérifier la cohérence de tout ce qui est stocké", subcommand)]
    Store(store::Command),
    #[command(about = "Statistiques du mois : messages par domaine et logiciel, CDA, INS, patients, refus")]
    Stats(stats::Arguments),
    #[command(about = "PKI de laboratoire : autorités, opérateurs, personnes, révocations, liste blanche", subcommand)]
    Pki(pki::Command),
    #[command(about = "Espace de confiance : expliquer, vérifier", subcommand)]
    Trust(trust::Command),
    #[command(about = "Droit à l'effacement", subcommand)]
    Erase(erase::Erase),
    #[command(about = "Conservation pour la justice : ce que ni purge ni effacement ne touchent", subcommand)]
    Hold(erase::Hold),
    #[command(about = "Démonstration : deux opérateurs, un message, ses preuves")]
    Demo(demo::Arguments),
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
        Command::Serve(file) => serve::run(&file),
        Command::Check(arguments) => check::run(&arguments),
        Command::Account(command) => account::run(command),
        Command::Queue(command) => queue::run(command),
        Command::Metrics(file) => metrics::run(&file),
        Command::Trace(arguments) => trace::run(arguments),
        Command::Proof(command) => export::run(command),
        Command::Dkim(command) => dkim::run(command),
        Command::Store(command) => store::run(command),
        Command::Stats(arguments) => stats::run(&arguments),
        Command::Pki(command) => pki::run(command),
        Command::Trust(command) => trust::run(command),
        Command::Erase(command) => erase::erase(command),
        Command::Hold(command) => erase::hold(command),
        Command::Demo(arguments) => demo::run(&arguments),
        Command::Load(arguments) => load::run_command(arguments),
    };
    outcome.unwrap_or_else(|failure| failure.report())
}
