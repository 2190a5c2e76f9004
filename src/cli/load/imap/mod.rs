//! `sceau load imap`: a mailbox full of letters, the operations of mail clients on it, and what each takes. Works
//! against any IMAP server that has LITERAL+, so that servers can be compared on the same mailbox.

mod client;
mod crowd;
mod fill;
mod operations;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, ValueEnum};
use zeroize::Zeroizing;

pub use client::{Client, Mailbox};
pub use operations::Operation;

use self::operations::Bench;
use super::client::LoadError;
use super::letters::Letters;
use super::row::{HEADING, Row};
use super::{cpu, now};
use crate::cli::terminal::{json, tell};
use crate::cli::{Failure, Outcome};
use crate::server::edge;

/// The variable that holds the password, where no file is named.
const PASSWORD: &str = "SCEAU_LOAD_PASSWORD";

#[derive(Args)]
pub(super) struct Arguments {
    #[arg(long, value_name = "HÔTE:PORT", help = "Serveur à charger (TLS immédiat)")]
    connect: String,
    #[arg(long, value_name = "NOM", help = "Nom que son certificat doit porter")]
    name: String,
    #[arg(long, value_name = "FICHIER", help = "Autorités acceptées (PEM)")]
    ca: PathBuf,
    #[arg(long, value_name = "NOM", help = "Compte qui ouvre la session")]
    user: String,
    #[arg(
        long,
        value_name = "FICHIER",
        help = "Fichier dont la première ligne est le mot de passe ; sans lui, la variable SCEAU_LOAD_PASSWORD"
    )]
    password_file: Option<PathBuf>,
    #[arg(
        long,
        value_name = "DOSSIER",
        default_value = "INBOX",
        help = "Dossier mesuré ; complété par APPEND s'il n'a pas assez de messages"
    )]
    folder: String,
    #[arg(long, value_name = "N", default_value_t = 10_000, help = "Messages du dossier")]
    messages: u64,
    #[arg(long, value_name = "OCTETS", default_value_t = 4096, value_parser = clap::value_parser!(u32).range(..=10 << 20), help = "Taille de chacun")]
    size: u32,
    #[arg(long, value_name = "SECONDES", default_value_t = 2.0, help = "Temps de mesure de chaque opération")]
    seconds: f64,
    #[arg(long, value_name = "NOM", num_args = 0.., value_enum, help = "Opérations à mesurer ; toutes sans cette option, aucune si elle est vide")]
    operations: Option<Vec<Operation>>,
    #[arg(long, value_name = "N", default_value_t = 0, help = "Mesure le réveil de N sessions en IDLE sur le dossier")]
    idlers: usize,
    #[arg(long, value_name = "N", default_value_t = 0, help = "Mesure la mémoire de N sessions en IDLE de plus")]
    sleepers: usize,
    #[arg(long, value_name = "N", default_value_t = 0, help = "Mesure N APPEND enchaînés sans attendre de réponse")]
    flood: u64,
    #[arg(long, value_name = "PID", num_args = 1.., help = "Processus du serveur dont le temps de calcul et la mémoire sont comptés, descendants compris")]
    pid: Vec<u32>,
    #[arg(long, help = "Écrit une ligne de JSON par opération")]
    json: bool,
}

/// What to do, and whom to watch.
pub struct Job {
    /// The server, and as whom.
    pub mailbox: Mailbox,
    /// The mailbox that is measured.
    pub folder: String,
    /// Messages in it; it is filled by APPEND as far as it has fewer.
    pub messages: u64,
    /// Octets of each, about.
    pub size: usize,
    /// How long each operation is repeated.
    pub each: Duration,
    /// The operations.
    pub operations: Vec<Operation>,
    /// Sessions that idle, and whose waking is measured.
    pub idlers: usize,
    /// Sessions whose memory is measured.
    pub sleepers: usize,
    /// APPENDs without waiting.
    pub flood: u64,
    /// Processes of the server, whose processor time is measured with that of the processes below them.
    pub pids: Vec<u32>,
}

/// Carries the job out; `done` hears each row as it is there.
///
/// # Errors
/// The first failure: `Connection`, `Refused`.
pub async fn run(job: &Job, mut done: impl FnMut(&Row)) -> Result<(), LoadError> {
    let letters = Letters::new(job.size, edge::system().now().0.unsigned_abs());
    let mut client = job.mailbox.open().await?;
    let messages = fill::fill(&mut client, &job.folder, job.messages, &letters).await?;
    let mut bench = Bench::new(&job.mailbox, &mut client, &job.folder, messages, &letters);
    for operation in &job.operations {
        done(&measure(&mut bench, *operation, job).await?);
    }
    // Before other crowds come and go: what they leave behind would hide what these take.
    if job.sleepers > 0 {
        done(&crowd::sleep(&job.mailbox, &job.folder, job.sleepers, &job.pids).await?);
    }
    if job.idlers > 0 {
        done(&crowd::wake(&job.mailbox, &job.folder, job.idlers, &letters, &job.pids).await?);
    }
    if job.flood > 0 {
        done(&crowd::flood(&job.mailbox, job.flood, &letters, &job.pids).await?);
    }
    Ok(())
}

async fn measure(bench: &mut Bench<'_>, operation: Operation, job: &Job) -> Result<Row, LoadError> {
    bench.prepare(operation).await?;
    // Once without counting: what a server prepares for the first time is not what people wait for every day.
    bench.step(operation).await?;
    let most = bench.most(operation);
    let (before, octets, started) = (cpu::settled(&job.pids).await, bench.client.octets, now());
    let mut waits = Vec::new();
    while (waits.len() as u64) < most && (waits.is_empty() || started.elapsed() < job.each) {
        let begun = now();
        bench.step(operation).await?;
        waits.push(begun.elapsed());
    }
    let took = started.elapsed();
    let cpu = cpu::settled(&job.pids).await.saturating_sub(before);
    Ok(Row::of(operation.name(), waits, took, cpu, bench.client.octets - octets))
}

impl Operation {
    /// As on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Login => "login",
            Self::Select => "select",
            Self::Flags => "flags",
            Self::Headers => "headers",
            Self::Envelopes => "envelopes",
            Self::Body => "body",
            Self::BodyAgain => "body-again",
            Self::Bodies => "bodies",
            Self::BodiesAgain => "bodies-again",
            Self::SearchHeader => "search-header",
            Self::SearchText => "search-text",
            Self::Sort => "sort",
            Self::Thread => "thread",
            Self::Store => "store",
            Self::Append => "append",
            Self::Copy => "copy",
            Self::Move => "move",
            Self::Resync => "resync",
        }
    }
}

pub(super) fn run_command(arguments: Arguments) -> Outcome {
    let as_json = arguments.json;
    let job = arguments.job()?;
    let mut told = Ok(());
    if !as_json {
        tell(HEADING)?;
    }
    let runtime = tokio::runtime::Runtime::new()?;
    let ran = runtime.block_on(run(&job, |row| {
        let line = if as_json { json(row) } else { Ok(row.line()) };
        told = std::mem::replace(&mut told, Ok(())).and(line.and_then(|line| tell(&line)));
    }));
    ran.map_err(|error| Failure::new(error.to_string()))?;
    told.map(|()| ExitCode::SUCCESS)
}

impl Arguments {
    fn job(self) -> Result<Job, Failure> {
        let password = self.password()?;
        let mailbox = Mailbox::new(&self.connect, &self.name, &self.ca, &self.user, password)
            .map_err(|error| Failure::new(error.to_string()))?;
        let each = Duration::try_from_secs_f64(self.seconds).map_err(|error| Failure::new(error.to_string()))?;
        Ok(Job {
            mailbox,
            folder: self.folder,
            messages: self.messages.max(1),
            size: self.size as usize,
            each,
            operations: self.operations.unwrap_or_else(|| Operation::value_variants().to_vec()),
            idlers: self.idlers,
            sleepers: self.sleepers,
            flood: self.flood,
            pids: self.pid,
        })
    }

    /// Never an argument, which everybody on the machine could read.
    fn password(&self) -> Result<Zeroizing<String>, Failure> {
        let text =
            match &self.password_file {
                Some(file) => std::fs::read_to_string(file)
                    .map_err(|error| Failure::new(format!("{} : {error}", file.display())))?,
                None => std::env::var(PASSWORD)
                    .map_err(|_| Failure::new(format!("--password-file ou {PASSWORD} manque")))?,
            };
        let text = Zeroizing::new(text);
        Ok(Zeroizing::new(text.lines().next().unwrap_or_default().to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_command_line() {
        for operation in Operation::value_variants() {
            assert_eq!(
                operation.to_possible_value().map(|value| value.get_name().to_owned()).as_deref(),
                Some(operation.name())
            );
        }
    }
}
