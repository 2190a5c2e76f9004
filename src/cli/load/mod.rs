//! `sceau load`: hands messages over as another operator would, reads them as mail clients do, and measures. Works
//! against any SMTP server that takes a client certificate and any IMAP server, so that servers can be compared under
//! one load.

mod client;
mod content;
mod cpu;
pub mod imap;
mod letters;
mod row;
mod run;
mod sink;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::{Args, Subcommand};

pub use client::{Connection, LoadError, Reply, Target};
pub use content::Content;
pub use cpu::spent;
pub use letters::Letters;
pub use row::{HEADING as ROW_HEADING, Row};
pub use run::{Job, Kind, Report, run};
pub use sink::{Sink, SinkReport};

use super::terminal::tell;
use super::{Failure, Outcome};

/// The arguments of `sceau load`.
#[derive(Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    load: Load,
}

#[derive(Subcommand)]
enum Load {
    #[command(about = "Remet des messages comme le ferait un autre opérateur (STARTTLS, certificat client) et mesure")]
    Smtp(Smtp),
    #[command(about = "Avale tout ce qu'un opérateur lui remet (STARTTLS, certificat client exigé) et compte")]
    Sink(SinkArguments),
    #[command(about = "Remplit un dossier, y fait ce que font les messageries (IMAP, TLS) et mesure")]
    Imap(imap::Arguments),
}

#[derive(Args)]
struct SinkArguments {
    #[arg(long, value_name = "ADRESSE:PORT", default_value = "127.0.0.1:0", help = "Adresse d'écoute")]
    listen: String,
    #[arg(long, value_name = "FICHIER", help = "Autorités des certificats clients (PEM)")]
    ca: PathBuf,
    #[arg(long, value_name = "FICHIER", help = "Notre certificat (PEM, feuille d'abord)")]
    cert: PathBuf,
    #[arg(long, value_name = "FICHIER", help = "Sa clé (PEM)")]
    key: PathBuf,
    #[arg(long, value_name = "N", default_value_t = 1000, help = "S'arrête après tant de messages")]
    messages: u64,
    #[arg(long, value_name = "SECONDES", default_value_t = 300, help = "S'arrête après ce temps")]
    seconds: u64,
    #[arg(long, help = "Écrit l'adresse, le début et le résultat en JSON, une ligne chacun")]
    json: bool,
}

#[derive(Args)]
struct Smtp {
    #[arg(long, value_name = "HÔTE:PORT", help = "Serveur à charger")]
    connect: String,
    #[arg(long, value_name = "NOM", help = "Nom que son certificat doit porter")]
    name: String,
    #[arg(long, value_name = "FICHIER", help = "Autorités acceptées (PEM)")]
    ca: PathBuf,
    #[arg(long, value_name = "FICHIER", help = "Notre certificat client (PEM, feuille d'abord)")]
    cert: PathBuf,
    #[arg(long, value_name = "FICHIER", help = "Sa clé (PEM)")]
    key: PathBuf,
    #[arg(long, value_name = "ADRESSE", help = "Expéditeur")]
    from: String,
    #[arg(long, value_name = "ADRESSE", required = true, num_args = 1.., help = "Destinataires, à tour de rôle")]
    to: Vec<String>,
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=1024), help = "Connexions simultanées")]
    connections: u16,
    #[arg(long, value_name = "N", default_value_t = 100, help = "Messages en tout")]
    messages: u64,
    #[arg(long, value_name = "OCTETS", default_value_t = 4096, value_parser = clap::value_parser!(u32).range(..=50 << 20), help = "Taille de chacun")]
    size: u32,
    #[arg(long, value_name = "SECONDES", default_value_t = 60, help = "Aucun message ne commence après")]
    seconds: u64,
    #[arg(long, value_name = "PID", num_args = 1.., help = "Processus du serveur dont le temps de calcul est compté, descendants compris")]
    pid: Vec<u32>,
    #[arg(long, help = "Envoie des lettres, toutes différentes, plutôt que le même document")]
    letters: bool,
    #[arg(
        long,
        value_name = "N",
        default_value_t = 0,
        help = "N'envoie rien : ouvre N connexions et mesure la mémoire que chacune prend au serveur"
    )]
    idle: usize,
    #[arg(long, help = "Écrit le résultat en JSON")]
    json: bool,
}

pub(super) fn run_command(arguments: Arguments) -> Outcome {
    let smtp = match arguments.load {
        Load::Smtp(smtp) => smtp,
        Load::Sink(sink) => return swallow(&sink),
        Load::Imap(imap) => return imap::run_command(imap),
    };
    let (json, idle) = (smtp.json, smtp.idle);
    let runtime = tokio::runtime::Runtime::new()?;
    if idle > 0 {
        let row = runtime.block_on(async { run::idle(smtp.job()?, idle).await });
        let row = row.map_err(|e| Failure::new(e.to_string()))?;
        tell(&if json { super::terminal::json(&row)? } else { format!("{ROW_HEADING}\n{}", row.line()) })?;
        return Ok(ExitCode::SUCCESS);
    }
    let report = runtime.block_on(async { run(smtp.job()?).await }).map_err(|e| Failure::new(e.to_string()))?;
    if json {
        tell(&serde_json::to_string(&report).map_err(|error| Failure::new(error.to_string()))?)?;
    } else {
        tell(HEADING)?;
        tell(&report.row())?;
    }
    match report.failed {
        Some(reason) => Err(Failure::new(format!("au moins une connexion a échoué : {reason}"))),
        None => Ok(ExitCode::SUCCESS),
    }
}

fn swallow(arguments: &SinkArguments) -> Outcome {
    let SinkArguments { listen, ca, cert, key, messages, seconds, json } = arguments;
    let failed = |error: LoadError| Failure::new(error.to_string());
    let runtime = tokio::runtime::Runtime::new()?;
    let report = runtime.block_on(async {
        let sink = Sink::open(listen, ca, cert, key).await.map_err(failed)?;
        let address = sink.address().map_err(failed)?;
        tell(&if *json { format!("{{\"listening\":\"{address}\"}}") } else { format!("écoute sur {address}") })?;
        let first = || {
            // Who listens to neither wants neither.
            let _ = tell(if *json { "{\"begun\":true}" } else { "premier message reçu" });
        };
        Ok::<_, Failure>(sink.run(*messages, Duration::from_secs(*seconds), first).await)
    })?;
    if *json {
        tell(&super::terminal::json(&report)?)?;
    } else {
        let SinkReport { messages, octets, connections, seconds, per_second } = report;
        tell(&format!(
            "{messages} messages, {octets} octets, {connections} connexions en {seconds:.2} s : {per_second:.1} messages/s"
        ))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The heading of a table of [`Report::row`]s.
pub const HEADING: &str = "connexions   octets   messages   messages/s  médiane ms     p99 ms  CPU serveur ms/message";

impl Smtp {
    fn job(self) -> Result<Job, LoadError> {
        Ok(Job {
            target: Target::new(&self.connect, &self.name, &self.ca, &self.cert, &self.key)?,
            from: self.from,
            to: self.to,
            connections: self.connections.into(),
            messages: self.messages,
            size: self.size as usize,
            kind: if self.letters { Kind::Letters } else { Kind::Documents },
            at_most: Duration::from_secs(self.seconds),
            pids: self.pid,
        })
    }
}

impl Report {
    /// One line of figures, in the columns of [`HEADING`].
    #[must_use]
    pub fn row(&self) -> String {
        format!(
            "{:>10} {:>8} {:>10} {:>12.1} {:>11.2} {:>10.2} {:>23.3}",
            self.connections,
            self.size,
            self.acknowledged,
            self.per_second,
            self.median_ms,
            self.slowest_percent_ms,
            self.server_cpu_ms_per_message
        )
    }
}

#[expect(clippy::disallowed_methods, reason = "a measurement is of real time")]
fn now() -> Instant {
    Instant::now()
}
