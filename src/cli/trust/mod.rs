//! `sceau trust`: the trust space as a sysadmin asks about it.

mod conformance;
mod explain;
mod list;
mod refusals;
mod words;

use clap::Subcommand;

use super::Outcome;

#[derive(Subcommand)]
pub(super) enum Command {
    #[command(about = "Explique pas à pas ce qui arriverait à un domaine, à un DN ou à un certificat, et pourquoi")]
    Explain(explain::Arguments),
    #[command(about = "Derniers opérateurs refusés par le serveur en marche, et pourquoi")]
    Refusals(refusals::Arguments),
    #[command(about = "Joue les correspondants de contrôle de l'ANS, et d'autres, contre un serveur en marche")]
    Conformance(conformance::Arguments),
    #[command(about = "Liste blanche : en vigueur, changements, historique, téléchargement", subcommand)]
    List(list::Command),
}

pub(super) fn run(command: Command) -> Outcome {
    match command {
        Command::Explain(arguments) => explain::run(&arguments),
        Command::Refusals(arguments) => refusals::run(&arguments),
        Command::Conformance(arguments) => conformance::run(&arguments),
        Command::List(command) => list::run(&command),
    }
}
