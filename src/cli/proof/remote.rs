//! `sceau proof audit URL`: the log of an operator as it serves it, recomputed by an auditor who has a token for the
//! leaves. The one command of `proof` that needs the network.

use std::path::PathBuf;

use clap::Args;

use super::text;
use super::{Answer, INVALID, Stop, VALID, read, usage};
use crate::flows::{Audited, RemoteLog};
use crate::ledger::log::SignedCheckpoint;
use crate::ledger::{Checkpoint, Policy, VerifierKey};
use crate::mail::Fault;
use crate::server::web::HttpWeb;
use crate::server::{edge, runtime};
use crate::trust::load_anchors;

#[derive(Args)]
pub(super) struct Arguments {
    #[arg(long, value_name = "FICHIER", help = "Pour une URL : jeton d'auditeur, qui ouvre les feuilles")]
    token: Option<PathBuf>,
    #[arg(long, value_name = "FICHIER", help = "Pour une URL : autorités (PEM) du certificat HTTPS")]
    ca: Vec<PathBuf>,
    #[arg(
        long,
        value_name = "FICHIER",
        help = "Pour une URL : point de contrôle gardé d'une fois précédente ; le journal doit le continuer"
    )]
    since: Option<PathBuf>,
    #[arg(long, value_name = "FICHIER", help = "Pour une URL : politique dont les témoins doivent avoir contresigné")]
    policy: Option<PathBuf>,
    #[arg(long, value_name = "FICHIER", help = "Pour une URL : où garder le point de contrôle vérifié, pour --since")]
    keep: Option<PathBuf>,
}

pub(super) fn audit(url: &str, key: Option<VerifierKey>, arguments: &Arguments) -> Answer {
    let anchors = load_anchors(&arguments.ca).map_err(|error| Stop::Usage(format!("--ca : {error}")))?;
    let web = HttpWeb::with(anchors, &edge::system()).map_err(|error| Stop::Usage(error.to_string()))?;
    let token = arguments.token.as_deref().map(read).transpose()?;
    let token = token.map(|token| String::from_utf8_lossy(&token).trim().to_owned());
    let since = arguments.since.as_deref().map(read).transpose()?;
    let since = since.map(|text| earlier(&text)).transpose()?;
    let policy = arguments.policy.as_deref().map(policy).transpose()?;
    let log = RemoteLog::new(web, url, token);
    let runtime = runtime().map_err(|error| Stop::Usage(error.to_string()))?;
    runtime.block_on(run(&log, (key, policy), since, arguments))
}

fn earlier(text: &[u8]) -> Result<Checkpoint, Stop> {
    let text = String::from_utf8_lossy(text);
    let parsed = Checkpoint::parse_note(&text).map_err(|error| Stop::Usage(format!("--since : {error}")))?;
    Ok(parsed.0)
}

fn policy(path: &std::path::Path) -> Result<Policy, Stop> {
    let text = String::from_utf8_lossy(&read(path)?).into_owned();
    Policy::parse(&text).map_err(|error| usage(path, &error))
}

async fn run(
    log: &RemoteLog<HttpWeb>,
    (key, policy): (Option<VerifierKey>, Option<Policy>),
    since: Option<Checkpoint>,
    arguments: &Arguments,
) -> Answer {
    let trusted = key.into_iter().chain(policy.iter().flat_map(|p| p.all_logs().iter().map(|known| known.key.clone())));
    let mut keys: Vec<VerifierKey> = trusted.collect();
    let own_word = keys.is_empty();
    if own_word {
        keys = log.keys().await.map_err(|fault| unreachable(&fault))?;
    }
    let signed = log.checkpoint(&keys).await.map_err(|fault| unreachable(&fault))?;
    let report = match log.audit(signed.checkpoint.clone(), since).await.map_err(|fault| unreachable(&fault))? {
        Audited::Good(report) => report,
        Audited::Wrong(found) => return Ok((format!("JOURNAL MODIFIÉ\n{found}\n"), INVALID)),
    };
    if let Some(path) = &arguments.keep {
        std::fs::write(path, signed.note.to_string()).map_err(|error| usage(path, &error))?;
    }
    let (witnesses, code) = witnessed(policy.as_ref(), &signed);
    let word = if own_word { "  (clé donnée par le journal lui-même : préférer --key ou --policy)\n" } else { "" };
    Ok((format!("{}{witnesses}{word}", text::audited(&report)), code))
}

/// What the policy's witnesses say of the state that was audited.
fn witnessed(policy: Option<&Policy>, signed: &SignedCheckpoint) -> (String, u8) {
    let Some(policy) = policy.filter(|policy| policy.asks_witnesses()) else { return (String::new(), VALID) };
    match policy.sightings(&signed.note) {
        Ok(seen) if policy.met(&seen) => {
            ("  Témoins                  le quorum de la politique a contresigné cet état\n".to_owned(), VALID)
        }
        Ok(_) => (
            "  Témoins                  moins que la politique n'en demande ont contresigné cet état\n".to_owned(),
            INVALID,
        ),
        Err(error) => (format!("  Témoins                  {error}\n"), INVALID),
    }
}

fn unreachable(fault: &Fault) -> Stop {
    Stop::Usage(fault.to_string())
}
