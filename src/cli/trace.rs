//! `sceau trace`: the events of a message.

use std::process::ExitCode;

use clap::Args;

use super::ask::ask;
use super::terminal::{json, tell};
use super::{ConfigFile, Outcome};
use crate::server::evidence::{EventFacts, Which};
use crate::server::office::Request;

/// Which message.
#[derive(Args)]
#[group(required = true, multiple = false)]
pub(super) struct Message {
    #[arg(long, value_name = "ID", help = "Identifiant d'enveloppe, celui de la réponse « 250 2.0.0 ID »")]
    envelope: Option<String>,
    #[arg(long, value_name = "MESSAGE-ID", help = "Champ Message-ID du message")]
    message: Option<String>,
}

impl Message {
    pub(super) fn which(self) -> Which {
        match (self.envelope, self.message) {
            (Some(id), _) => Which::Envelope(id),
            (None, id) => Which::Message(id.unwrap_or_default()),
        }
    }
}

#[derive(Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    message: Message,
    #[arg(long, help = "En JSON")]
    json: bool,
    #[command(flatten)]
    file: ConfigFile,
}

pub(super) fn run(arguments: Arguments) -> Outcome {
    let events: Vec<EventFacts> = ask(&arguments.file.load()?, Request::Trace { which: arguments.message.which() })?;
    if arguments.json {
        tell(&json(&events)?)?;
        return Ok(ExitCode::SUCCESS);
    }
    for event in &events {
        let recipient = if event.rcpt == 0 { "tous".to_owned() } else { format!("n° {}", event.rcpt) };
        let signal = [&event.basis, &event.grade, &event.level].map(|word| word.clone().unwrap_or_default());
        let place = event.index.map_or_else(|| "en attente".to_owned(), |index| format!("feuille {index}"));
        tell(&format!(
            "{}  {}  destinataire {recipient:<6} {:<14} {:<40} {place}",
            event.time,
            event.envelope,
            event.label,
            signal.join(" ").trim()
        ))?;
    }
    Ok(ExitCode::SUCCESS)
}
