//! `sceau trust`: the trust space as a sysadmin asks about it.

mod explain;
mod words;

use clap::Subcommand;

use super::Outcome;

#[derive(Subcommand)]
pub(super) enum Command {
    #[command(about = "Explique pas à pas ce qui arriverait à un domaine, à un DN ou à un certificat, et pourquoi")]
    Explain(explain::Arguments),
}

pub(super) fn run(command: Command) -> Outcome {
    match command {
        Command::Explain(arguments) => explain::run(&arguments),
    }
}
