//! `sceau check`: the settings in force, and whether everything that they name is there and good.

use std::process::ExitCode;

use clap::Args;

use super::terminal::tell;
use super::{ConfigFile, Failure, Outcome};
use crate::config::{effective, example};
use crate::server::examine::{Grade, examine};
use crate::server::{edge, logging};

#[derive(Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    file: ConfigFile,
    #[arg(long, help = "Ne dire que ce qui ne va pas")]
    quiet: bool,
    #[arg(long, help = "Écrire la configuration commentée, sans rien vérifier")]
    example: bool,
}

pub(super) fn run(arguments: &Arguments) -> Outcome {
    if arguments.example {
        tell(example().trim_end())?;
        return Ok(ExitCode::SUCCESS);
    }
    let config = arguments.file.load()?;
    logging::filter(&config.log.level).map_err(|error| Failure::new(error.to_string()))?;
    if !arguments.quiet {
        tell(&format!("# Réglages en vigueur ({})\n", arguments.file.config.display()))?;
        tell(&effective(&config))?;
        tell("# Vérifications")?;
    }
    let findings = examine(&config, edge::system().now());
    for finding in &findings {
        let mark = match finding.grade {
            Grade::Good if arguments.quiet => continue,
            Grade::Good => "  bon",
            Grade::Warning => "  ATTENTION",
            Grade::Bad => "  FAUX",
        };
        tell(&format!("{mark} : {}", finding.text))?;
    }
    let count = |grade| findings.iter().filter(|finding| finding.grade == grade).count();
    match (count(Grade::Bad), count(Grade::Warning)) {
        (0, warnings) => {
            if !arguments.quiet {
                tell(&format!("\nTout est en ordre ({} points vérifiés, {warnings} avertissements).", findings.len()))?;
            }
            Ok(ExitCode::SUCCESS)
        }
        (bad, _) => Err(Failure::new(format!("{bad} points à corriger, dits ci-dessus"))),
    }
}
