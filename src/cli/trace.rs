//! `sceau trace`: how far a message has come to each recipient, by whose word, and the events that say so.

use std::process::ExitCode;

use clap::Args;

use super::ask::ask;
use super::terminal::{json, tell};
use super::{ConfigFile, Outcome};
use crate::server::evidence::{EventFacts, Traced, Which};
use crate::server::office::Request;

/// Which message.
#[derive(Args, Clone)]
#[group(required = true, multiple = false)]
pub(super) struct Message {
    #[arg(long, value_name = "ID", help = "Identifiant d'enveloppe, celui de la réponse « 250 2.0.0 ID »")]
    envelope: Option<String>,
    #[arg(long = "message-id", alias = "message", value_name = "MESSAGE-ID", help = "Champ Message-ID du message")]
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
    let traced: Traced = ask(&arguments.file.load()?, Request::Trace { which: arguments.message.which() })?;
    if arguments.json {
        tell(&json(&traced)?)?;
        return Ok(ExitCode::SUCCESS);
    }
    for line in lines(&traced) {
        tell(&line)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The seal first, then each recipient with how far the message has come and what happened, oldest first.
fn lines(traced: &Traced) -> Vec<String> {
    let mut lines = Vec::new();
    let mut envelope = "";
    for state in &traced.states {
        if state.envelope != envelope {
            envelope = &state.envelope;
            lines.push(format!("Enveloppe {envelope}"));
            let whole = traced.events.iter().filter(|event| event.envelope == *envelope && event.rcpt == 0);
            lines.extend(whole.map(event_line));
        }
        let who = state.recipient.clone().unwrap_or_else(|| format!("destinataire n° {}", state.rcpt));
        lines.push(String::new());
        lines.push(format!("  {who} : {}", state.label));
        lines.push(format!("    depuis le {}, {}", state.since, state.word));
        let own = |event: &&EventFacts| event.envelope == *envelope && event.rcpt == state.rcpt;
        lines.extend(traced.events.iter().filter(own).map(event_line));
    }
    lines
}

fn event_line(event: &EventFacts) -> String {
    let signal = [&event.basis, &event.grade, &event.level].map(|word| word.clone().unwrap_or_default());
    let signal = signal.join(" ");
    let place = event.index.map_or_else(|| "en attente".to_owned(), |index| format!("feuille {index}"));
    let reply = event.reply.as_ref().map(|reply| format!("  « {reply} »")).unwrap_or_default();
    let line = format!(
        "    {}  {:<14} {:<34} {:<11} {}{reply}",
        event.time,
        event.label,
        signal.split_ascii_whitespace().collect::<Vec<_>>().join(" "),
        place,
        event.word
    );
    line.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::evidence::StateFacts;

    #[test]
    fn a_trace_reads_from_the_seal_to_the_openings() {
        let event = |rcpt, label: &str, basis: Option<&str>, reply: Option<&str>| EventFacts {
            envelope: "E".to_owned(),
            rcpt,
            number: 0,
            event: String::new(),
            label: label.to_owned(),
            time: "2026-11-22T10:15:03Z".to_owned(),
            basis: basis.map(str::to_owned),
            grade: None,
            level: None,
            hash: String::new(),
            index: Some(7),
            recipient: None,
            word: "constaté ici".to_owned(),
            reply: reply.map(str::to_owned),
        };
        let state = StateFacts {
            envelope: "E".to_owned(),
            rcpt: 1,
            recipient: Some("x@b.fr".to_owned()),
            state: "relayed".to_owned(),
            label: "transmis à l'opérateur du destinataire".to_owned(),
            since: "2026-11-22T10:15:03Z".to_owned(),
            word: "constaté ici".to_owned(),
        };
        let events = vec![event(0, "Scellement", None, None), event(1, "Transmis", None, Some("250 ok"))];
        let text = lines(&Traced { states: vec![state], events }).join("\n");
        assert_eq!(
            text,
            "Enveloppe E\n    2026-11-22T10:15:03Z  Scellement                                        feuille 7   constaté ici\n\n  \
             x@b.fr : transmis à l'opérateur du destinataire\n    depuis le 2026-11-22T10:15:03Z, constaté ici\n    \
             2026-11-22T10:15:03Z  Transmis                                          feuille 7   constaté ici  « 250 ok »"
        );
    }
}
