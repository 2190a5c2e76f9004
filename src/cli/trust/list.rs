//! `sceau trust list`: the white list in force, its history, what changed, and fetching it now.

use std::fmt::Write as _;
use std::process::ExitCode;

use clap::Subcommand;
use serde::Serialize;

use crate::cli::ask::ask_running;
use crate::cli::terminal::{json, tell};
use crate::cli::{ConfigFile, Failure, Outcome};
use crate::config::Config;
use crate::server::fetching::fetch_at_rest;
use crate::server::lock::{DataLock, LockError};
use crate::server::office::{ListFetched, Request};
use crate::server::{edge, runtime, settings};
use crate::trust::{Diff, History, Kept, Limits, Right, Shrink, TrustError, WhiteList};

#[derive(Subcommand)]
pub(in crate::cli) enum Command {
    #[command(about = "Montre la liste blanche en vigueur : date, provenance, nombres, lignes écartées")]
    Show {
        #[arg(long, help = "Aussi chaque droit : un domaine et le DN qui peut parler pour lui")]
        rows: bool,
        #[command(flatten)]
        how: How,
    },
    #[command(about = "Montre ce qui a changé entre deux listes acceptées (par défaut les deux dernières)")]
    Diff {
        #[arg(help = "Numéro de « history » ou début d'empreinte ; par défaut l'avant-dernière")]
        from: Option<String>,
        #[arg(help = "De même ; par défaut la dernière")]
        to: Option<String>,
        #[command(flatten)]
        how: How,
    },
    #[command(about = "Montre les listes acceptées, de la plus ancienne à celle qui est en vigueur")]
    History {
        #[command(flatten)]
        how: How,
    },
    #[command(about = "Télécharge la liste (ou relit son fichier) tout de suite, serveur en marche ou non")]
    Fetch {
        #[arg(long, help = "L'accepter même si elle a perdu plus de lignes que la configuration n'en permet")]
        accept_shorter: bool,
        #[command(flatten)]
        how: How,
    },
}

#[derive(clap::Args)]
pub(in crate::cli) struct How {
    #[arg(long, help = "En JSON")]
    json: bool,
    #[command(flatten)]
    file: ConfigFile,
}

pub(super) fn run(command: &Command) -> Outcome {
    let text = match command {
        Command::Show { rows, how } => show(&how.lists()?, *rows, how.json)?,
        Command::Diff { from, to, how } => diff(&how.lists()?, from.as_deref(), to.as_deref(), how.json)?,
        Command::History { how } => history(&how.lists()?, how.json)?,
        Command::Fetch { accept_shorter, how } => {
            let shrink = if *accept_shorter { Shrink::Accepted } else { Shrink::Refused };
            let fetched = fetch(&how.file.load()?, shrink)?;
            if how.json { json(&fetched)? } else { fetched_text(&fetched) }
        }
    };
    tell(text.trim_end())?;
    Ok(ExitCode::SUCCESS)
}

/// The history as it was read.
struct Lists {
    history: History,
    kept: Vec<Kept>,
}

impl How {
    fn lists(&self) -> Result<Lists, Failure> {
        let history = settings::white_lists(&self.file.load()?);
        let kept = history.lists().map_err(|error| failed(&error))?;
        Ok(Lists { history, kept })
    }
}

impl Lists {
    fn latest(&self) -> Result<&Kept, Failure> {
        self.kept.last().ok_or_else(|| {
            Failure::new("aucune liste n'a encore été acceptée ; `sceau trust list fetch`, ou démarrer le serveur")
        })
    }

    /// A number of the history, or the beginning of a digest that only one has.
    fn find(&self, text: &str) -> Result<&Kept, Failure> {
        let by_number = text.parse::<usize>().ok().filter(|_| text.len() < 6);
        if let Some(kept) = by_number.and_then(|number| self.kept.get(number.checked_sub(1)?)) {
            return Ok(kept);
        }
        let mut found = self.kept.iter().filter(|kept| text.len() >= 6 && kept.sha256.starts_with(text));
        match (found.next(), found.next()) {
            (Some(kept), None) => Ok(kept),
            _ => Err(Failure::new(format!(
                "« {text} » ne désigne pas une liste de l'historique : donner un numéro de 1 à {}, ou six chiffres \
                 d'une empreinte (sceau trust list history)",
                self.kept.len()
            ))),
        }
    }

    fn read(&self, kept: &Kept) -> Result<WhiteList, Failure> {
        let xml = self.history.read(kept).map_err(|error| failed(&error))?;
        WhiteList::parse(&xml, &Limits::default()).map_err(|error| Failure::new(error.to_string()))
    }
}

fn failed(error: &TrustError) -> Failure {
    Failure::new(error.to_string())
}

#[derive(Serialize)]
struct RightFacts {
    domain: String,
    dn: String,
}

impl From<&Right> for RightFacts {
    fn from(right: &Right) -> Self {
        Self { domain: right.domain.to_string(), dn: right.name.to_string() }
    }
}

#[derive(Serialize)]
struct Shown<'a> {
    #[serde(flatten)]
    kept: &'a Kept,
    left_out: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    rights: Vec<RightFacts>,
}

fn show(lists: &Lists, rows: bool, as_json: bool) -> Result<String, Failure> {
    let kept = lists.latest()?;
    let list = lists.read(kept)?;
    let rights = if rows { Diff::from_nothing(&list).added } else { Vec::new() };
    let left_out = list.left_out().iter().map(|note| format!("ligne {} : {}", note.line, note.what)).collect();
    if as_json {
        return json(&Shown { kept, left_out, rights: rights.iter().map(RightFacts::from).collect() });
    }
    let mut text = format!(
        "Liste blanche du {}\n  acceptée le  {}\n  provenance   {}\n  empreinte    {}\n  lignes       {}\n  domaines     {}\n  opérateurs   {} (DN distincts)\n",
        kept.generated, kept.accepted, kept.source, kept.sha256, kept.rows, kept.domains, kept.names
    );
    for note in &left_out {
        let _ = writeln!(text, "  écartée      {note}");
    }
    if !rights.is_empty() {
        text.push('\n');
        table(&mut text, "", &rights);
    }
    Ok(text)
}

fn history(lists: &Lists, as_json: bool) -> Result<String, Failure> {
    if as_json {
        return json(&lists.kept);
    }
    let mut text =
        "  n°  générée le            acceptée le           lignes  ajouts  retraits  empreinte     provenance\n"
            .to_owned();
    for (index, kept) in lists.kept.iter().enumerate() {
        let mark = if index + 1 == lists.kept.len() { '*' } else { ' ' };
        let Kept { sha256, generated, accepted, source, rows, added, removed, .. } = kept;
        let _ = writeln!(
            text,
            "{mark}{:>3}  {generated}  {accepted}  {rows:>6}  {added:>6}  {removed:>8}  {}  {source}",
            index + 1,
            &sha256[..12]
        );
    }
    if lists.kept.is_empty() { lists.latest().map(|_| String::new()) } else { Ok(text + "\n* : en vigueur") }
}

#[derive(Serialize)]
struct DiffFacts<'a> {
    from: &'a Kept,
    to: &'a Kept,
    added: Vec<RightFacts>,
    removed: Vec<RightFacts>,
}

fn diff(lists: &Lists, from: Option<&str>, to: Option<&str>, as_json: bool) -> Result<String, Failure> {
    let to = to.map_or_else(|| lists.latest(), |text| lists.find(text))?;
    let from = match from {
        Some(text) => lists.find(text)?,
        None => {
            let at = lists.kept.iter().position(|kept| kept == to).and_then(|at| at.checked_sub(1));
            at.map(|at| &lists.kept[at]).ok_or_else(|| Failure::new("il n'y a qu'une liste : rien à comparer"))?
        }
    };
    let diff = Diff::between(&lists.read(from)?, &lists.read(to)?);
    let facts = |rights: &[Right]| rights.iter().map(RightFacts::from).collect();
    if as_json {
        return json(&DiffFacts { from, to, added: facts(&diff.added), removed: facts(&diff.removed) });
    }
    let mut text = format!("De la liste du {} à celle du {} :", from.generated, to.generated);
    if diff.is_empty() {
        return Ok(text + " mêmes droits.");
    }
    let _ = writeln!(text, " droits ajoutés : {}, retirés : {}.", diff.added.len(), diff.removed.len());
    table(&mut text, "+ ", &diff.added);
    table(&mut text, "- ", &diff.removed);
    Ok(text)
}

fn table(text: &mut String, mark: &str, rights: &[Right]) {
    let width = rights.iter().map(|right| right.domain.as_str().len()).max().unwrap_or(0);
    for right in rights {
        let _ = writeln!(text, "{mark}{:<width$}  {}", right.domain.as_str(), right.name);
    }
}

fn fetch(config: &Config, shrink: Shrink) -> Result<ListFetched, Failure> {
    match DataLock::take(&config.server.data) {
        Err(LockError::Held { .. }) => {
            ask_running(config, Request::TrustListFetch { accept_shorter: shrink == Shrink::Accepted })
        }
        Err(error @ LockError::Io { .. }) => Err(Failure::new(format!("données inaccessibles : {error}"))),
        Ok(_lock) => {
            let offered = runtime()?.block_on(fetch_at_rest(config, shrink, &edge::system()));
            offered.map(|offered| ListFetched::of(&offered)).map_err(|error| failed(&error))
        }
    }
}

fn fetched_text(fetched: &ListFetched) -> String {
    if !fetched.taken {
        return "La liste en vigueur est à jour.".to_owned();
    }
    format!(
        "Nouvelle liste en vigueur. Droits ajoutés : {}, retirés : {} (sceau trust list diff).",
        fetched.added, fetched.removed
    )
}
