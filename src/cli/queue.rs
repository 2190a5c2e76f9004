//! `sceau queue`: what still has to leave, and what an administrator does with it.

use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Subcommand};

use super::ask::ask;
use super::terminal::{json, table, tell};
use super::{ConfigFile, Failure, Outcome};
use crate::config::duration;
use crate::server::counter::{Filter, QueueAsk, QueueChanged, QueueFacts, QueueList, RouteFacts};
use crate::server::office::Request;

/// Characters of a last reply that a table shows.
const REPLY_SHOWN: usize = 70;
/// Envelopes that are named when they were busy.
const BUSY_NAMED: usize = 10;

#[derive(Subcommand)]
pub(super) enum Command {
    #[command(about = "Liste ce qui doit encore partir, par opérateur puis du plus ancien au plus récent")]
    List(List),
    #[command(about = "Montre tout ce qu'on sait d'une enveloppe, destinataires compris")]
    Show {
        #[arg(value_name = "ENVELOPPE", help = "Identifiant, celui du « 250 » et du champ Received")]
        envelope: String,
        #[arg(long, help = "En JSON")]
        json: bool,
        #[command(flatten)]
        file: ConfigFile,
    },
    #[command(about = "Réessaie tout de suite (ce qui est retenu le reste)")]
    Retry(Change),
    #[command(about = "Retient : n'est plus tenté, et n'expire pas, jusqu'à « release »")]
    Hold(Change),
    #[command(about = "Relâche ce qui était retenu, et le tente tout de suite")]
    Release(Change),
    #[command(about = "Retire de la file ; l'expéditeur reçoit un avis d'échec, sauf --sans-avis")]
    Drop(Drop),
    #[command(about = "Montre ou change l'hôte auquel un domaine est remis ; sans domaine, liste les routes fixes")]
    Route(Route),
}

/// Which recipients.
#[derive(Args)]
pub(super) struct Which {
    #[arg(value_name = "ENVELOPPE", help = "Identifiants d'enveloppes")]
    envelopes: Vec<String>,
    #[arg(long, value_name = "DOMAINE", help = "Destinataires de ce domaine")]
    domain: Option<String>,
    #[arg(long, value_name = "ADRESSE", help = "Messages de cet expéditeur (« <> » : les avis)")]
    from: Option<String>,
    #[arg(long, value_name = "TEXTE", help = "Domaines de l'opérateur dont le DN contient ce texte")]
    operator: Option<String>,
    #[arg(long, value_name = "DURÉE", value_parser = span, help = "Acceptés depuis plus longtemps : « 30 min », « 4 h », « 2 d »")]
    older_than: Option<Duration>,
    #[arg(long, help = "Seulement ce qui est retenu")]
    held: bool,
}

#[derive(Args)]
pub(super) struct List {
    #[command(flatten)]
    which: Which,
    #[arg(long, value_name = "N", default_value_t = 100, help = "Destinataires montrés au plus")]
    limit: usize,
    #[arg(long, help = "En JSON")]
    json: bool,
    #[command(flatten)]
    file: ConfigFile,
}

#[derive(Args)]
pub(super) struct Change {
    #[command(flatten)]
    which: Which,
    #[arg(long, help = "Toute la file, faute d'autre critère")]
    all: bool,
    #[arg(long, help = "En JSON")]
    json: bool,
    #[command(flatten)]
    file: ConfigFile,
}

#[derive(Args)]
pub(super) struct Drop {
    #[command(flatten)]
    change: Change,
    #[arg(
        long = "sans-avis",
        alias = "quiet",
        help = "N'en avertit pas l'expéditeur (la preuve de l'échec est écrite)"
    )]
    quiet: bool,
}

#[derive(Args)]
pub(super) struct Route {
    #[arg(value_name = "DOMAINE")]
    domain: Option<String>,
    #[arg(
        value_name = "HÔTE:PORT",
        help = "L'emporte sur le fichier de configuration et sur le DNS",
        conflicts_with = "clear"
    )]
    to: Option<String>,
    #[arg(long, requires = "domain", help = "Efface la route donnée par cette commande")]
    clear: bool,
    #[arg(long, help = "En JSON")]
    json: bool,
    #[command(flatten)]
    file: ConfigFile,
}

fn span(text: &str) -> Result<Duration, String> {
    duration(text).ok_or_else(|| "il faut une durée avec son unité : « 30 min », « 4 h », « 2 d »".to_owned())
}

impl Which {
    fn filter(self) -> Filter {
        Filter {
            envelopes: self.envelopes,
            domain: self.domain,
            from: self.from,
            operator: self.operator,
            older_than: self.older_than.map(|span| i64::try_from(span.as_secs()).unwrap_or(i64::MAX)),
            held: self.held.then_some(true),
        }
    }
}

pub(super) fn run(command: Command) -> Outcome {
    match command {
        Command::List(list) => show(&list.file, list.which.filter(), list.limit, list.json),
        Command::Show { envelope, json, file } => {
            let filter = Filter { envelopes: vec![envelope], ..Filter::default() };
            if json { show(&file, filter, usize::MAX, true) } else { detail(&file, filter) }
        }
        Command::Retry(change) => make(change, "à retenter", QueueAsk::Retry),
        Command::Hold(change) => make(change, "retenus", QueueAsk::Hold),
        Command::Release(change) => make(change, "relâchés", QueueAsk::Release),
        Command::Drop(Drop { change, quiet }) => {
            let done = if quiet { "retirés, sans avis" } else { "retirés, avis d'échec compris" };
            make(change, done, |filter| QueueAsk::Drop { filter, report: !quiet })
        }
        Command::Route(arguments) => route(arguments),
    }
}

fn request(file: &ConfigFile, filter: Filter, limit: usize) -> Result<QueueList, Failure> {
    ask(&file.load()?, Request::Queue { ask: QueueAsk::List { filter, limit } })
}

fn show(file: &ConfigFile, filter: Filter, limit: usize, as_json: bool) -> Outcome {
    let list = request(file, filter, limit)?;
    if as_json {
        tell(&json(&list)?)?;
        return Ok(ExitCode::SUCCESS);
    }
    if list.recipients == 0 {
        tell("Rien n'attend.")?;
        return Ok(ExitCode::SUCCESS);
    }
    tell(&format!("{} chez {}.\n", count(list.recipients, "destinataire"), count(list.operators.len(), "opérateur")))?;
    let operators = list.operators.iter().map(|of| {
        [of.operator.clone(), of.recipients.to_string(), of.deferred.to_string(), of.held.to_string(), age(of.oldest)]
    });
    table(["OPÉRATEUR", "DESTINATAIRES", "DÉJÀ TENTÉS", "RETENUS", "LE PLUS ANCIEN"], operators)?;
    tell("")?;
    let items = list.items.iter().map(|item| {
        let QueueFacts { envelope, rcpt, domain, from, attempts, .. } = item;
        let (envelope, attempts) = (format!("{envelope} {rcpt}"), attempts.to_string());
        [envelope, domain.clone(), from.clone(), age(item.age), attempts, next(item), short(&item.last_reply)]
    });
    table(["ENVELOPPE ET N°", "DOMAINE", "EXPÉDITEUR", "ÂGE", "ESSAIS", "PROCHAIN", "DERNIÈRE RÉPONSE"], items)?;
    if list.items.len() < list.recipients {
        tell(&format!("… et {} de plus (--limit).", list.recipients - list.items.len()))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn detail(file: &ConfigFile, filter: Filter) -> Outcome {
    let list = request(file, filter, usize::MAX)?;
    let Some(first) = list.items.first() else {
        return Err(Failure::new("cette enveloppe n'attend pas ; son histoire : sceau trace --envelope ID"));
    };
    tell(&format!("Enveloppe    {}", first.envelope))?;
    tell(&format!("Expéditeur   {}", first.from))?;
    tell(&format!("Acceptée     {} (il y a {})", first.accepted, age(first.age)))?;
    tell(&format!("Taille       {} octets", first.size))?;
    tell(&format!("Priorité     {}", first.priority))?;
    if let Some(by) = &first.deliver_by {
        tell(&format!("À remettre   avant {by}"))?;
    }
    for item in &list.items {
        tell(&format!("\nDestinataire {} : {}", item.rcpt, item.to))?;
        tell(&format!("  opérateur  {}", item.operator))?;
        tell(&format!("  essais     {}, prochain : {}", item.attempts, next(item)))?;
        tell(&format!("  réponse    {}", if item.last_reply.is_empty() { "aucune encore" } else { &item.last_reply }))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn make(change: Change, done: &str, ask_for: impl FnOnce(Filter) -> QueueAsk) -> Outcome {
    let Change { which, all, json: as_json, file } = change;
    let filter = which.filter();
    if filter == Filter::default() && !all {
        return Err(Failure::new("dire quoi : une enveloppe, --domain, --from, --operator, --older-than, ou --all"));
    }
    let changed: QueueChanged = ask(&file.load()?, Request::Queue { ask: ask_for(filter) })?;
    if as_json {
        tell(&json(&changed)?)?;
    } else {
        tell(&format!("{} {done}.", count(changed.recipients, "destinataire")))?;
        if !changed.busy.is_empty() {
            let named = changed.busy.iter().take(BUSY_NAMED).map(String::as_str).collect::<Vec<_>>().join(", ");
            tell(&format!(
                "En cours de transmission, laissées : {} ({named}).",
                count(changed.busy.len(), "enveloppe")
            ))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn route(arguments: Route) -> Outcome {
    let Route { domain, to, clear, json: as_json, file } = arguments;
    let config = file.load()?;
    let routes: Vec<RouteFacts> = match domain {
        None => ask(&config, Request::Queue { ask: QueueAsk::Routes })?,
        Some(domain) if clear || to.is_some() => {
            vec![ask(&config, Request::Queue { ask: QueueAsk::SetRoute { domain, to } })?]
        }
        Some(domain) => vec![ask(&config, Request::Queue { ask: QueueAsk::Route(domain) })?],
    };
    if as_json {
        tell(&json(&routes)?)?;
        return Ok(ExitCode::SUCCESS);
    }
    if routes.is_empty() {
        tell("Aucune route fixe : chaque domaine va où le DNS l'indique.")?;
        return Ok(ExitCode::SUCCESS);
    }
    let rows = routes.into_iter().map(|RouteFacts { domain, source, hosts, problem }| {
        let source = match source.as_str() {
            "set" => "sceau queue route",
            "configured" => "fichier de configuration",
            _ => "DNS",
        };
        [domain, problem.unwrap_or_else(|| hosts.join(", puis ")), source.to_owned()]
    });
    table(["DOMAINE", "REMIS À", "D'APRÈS"], rows)?;
    Ok(ExitCode::SUCCESS)
}

fn next(item: &QueueFacts) -> String {
    item.due.clone().unwrap_or_else(|| "retenu".to_owned())
}

fn count(number: usize, what: &str) -> String {
    if number > 1 { format!("{number} {what}s") } else { format!("{number} {what}") }
}

/// `45 s`, `12 min`, `3 h`, `2 j`.
fn age(seconds: i64) -> String {
    match seconds {
        i64::MIN..=119 => format!("{seconds} s"),
        120..=7_199 => format!("{} min", seconds / 60),
        7_200..=172_799 => format!("{} h", seconds / 3_600),
        172_800.. => format!("{} j", seconds / 86_400),
    }
}

fn short(reply: &str) -> String {
    if reply.chars().count() <= REPLY_SHOWN {
        return reply.to_owned();
    }
    reply.chars().take(REPLY_SHOWN - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_and_counts_read_well() {
        assert_eq!([90, 600, 7_200, 200_000].map(age), ["90 s", "10 min", "2 h", "2 j"]);
        assert_eq!([0, 1, 2].map(|number| count(number, "message")), ["0 message", "1 message", "2 messages"]);
        assert_eq!(short(&"é".repeat(100)).chars().count(), REPLY_SHOWN);
        assert_eq!(span("4 h"), Ok(Duration::from_secs(14_400)));
        assert!(span("4").is_err());
    }
}
