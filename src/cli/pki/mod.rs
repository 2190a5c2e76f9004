//! `sceau pki`: a laboratory of one's own, with authorities shaped like IGC-Santé's, operators, persons, software, a
//! white list, and the configuration of servers that deliver to each other.

pub(super) mod configuration;
mod conformance_lab;
mod orders;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Subcommand;

use super::terminal::{json, tell};
use super::{Failure, Outcome};
use crate::mail::Edge;
use crate::server::edge;
use crate::trust::lab::pki::{CRL_DAYS, Entry, Kind, Pki};

#[derive(Subcommand)]
pub(super) enum Command {
    #[command(about = "Commence un laboratoire : racine, autorités, CRL, liste blanche signée")]
    Init {
        #[command(flatten)]
        lab: Directory,
        #[arg(long, help = "Liste blanche sans signature")]
        unsigned: bool,
    },
    #[command(about = "Émet le certificat d'un opérateur et inscrit ses domaines dans la liste blanche")]
    Operator(orders::Operator),
    #[command(about = "Émet le certificat d'un logiciel (boîte applicative), pour s'identifier par TLS")]
    Application(orders::Application),
    #[command(about = "Émet le certificat d'un professionnel, comme celui de sa carte, pour s'identifier par TLS")]
    Person(orders::Person),
    #[command(about = "Révoque un certificat : nouvelle CRL, et ses domaines quittent la liste blanche")]
    Revoke {
        #[command(flatten)]
        lab: Directory,
        #[arg(value_name = "SÉRIE|CERTIFICAT", help = "Numéro de série, fichier PEM, ou nom de ses fichiers")]
        which: String,
    },
    #[command(about = "Publie les CRL à nouveau")]
    Crl {
        #[command(flatten)]
        lab: Directory,
        #[arg(long, value_name = "JOURS", default_value_t = CRL_DAYS, value_parser = clap::value_parser!(i64).range(1..=3650), help = "Durée de validité")]
        days: i64,
    },
    #[command(about = "Liste ce qui a été émis et révoqué")]
    List {
        #[command(flatten)]
        lab: Directory,
        #[arg(long, help = "En JSON")]
        json: bool,
    },
    #[command(about = "Écrit un sceau.toml par opérateur, pour qu'ils s'écrivent sur cette machine")]
    Configure {
        #[command(flatten)]
        lab: Directory,
        #[arg(long, value_name = "PORT", default_value_t = 26_000, help = "Premier port ; dix par opérateur")]
        ports: u16,
        #[arg(long, help = "Remplace les sceau.toml qui existent déjà")]
        force: bool,
    },
    #[command(
        name = "conformance-lab",
        about = "Copie une configuration sur des ancres de laboratoire, pour sceau trust conformance"
    )]
    ConformanceLab(conformance_lab::Arguments),
}

/// Which laboratory.
#[derive(clap::Args)]
pub(super) struct Directory {
    #[arg(value_name = "RÉPERTOIRE", help = "Répertoire du laboratoire")]
    directory: PathBuf,
}

impl Directory {
    fn open(&self) -> Result<Pki, Failure> {
        // Absolute, because the paths of configurations come from it, and those are read from anywhere.
        let directory = self.directory.canonicalize().unwrap_or_else(|_| self.directory.clone());
        Pki::open(&directory, &edge::system()).map_err(told)
    }
}

pub(super) fn run(command: Command) -> Outcome {
    match command {
        Command::Init { lab, unsigned } => init(&lab.directory, !unsigned, &edge::system())?,
        Command::Operator(order) => order.run()?,
        Command::Application(order) => order.run()?,
        Command::Person(order) => order.run()?,
        Command::Revoke { lab, which } => {
            let entry = lab.open()?.revoke(&which).map_err(told)?;
            tell(&format!("Révoqué : {} (série {}), {}", entry.name, entry.serial, entry.subject))?;
            tell("Les serveurs qui lisent ces CRL le refusent dès leur relecture (« reread_every », ou SIGHUP).")?;
        }
        Command::Crl { lab, days } => {
            for path in lab.open()?.write_crls(days).map_err(told)? {
                tell(&format!("Publié pour {days} jours : {}", path.display()))?;
            }
        }
        Command::List { lab, json: true } => tell(&json(&lab.open()?.entries())?)?,
        Command::List { lab, json: false } => lab.open()?.entries().iter().try_for_each(tell_entry)?,
        Command::Configure { lab, ports, force } => configuration::write_all(&lab.open()?, ports, force)?,
        Command::ConformanceLab(arguments) => conformance_lab::run(&arguments)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn init(directory: &Path, signed: bool, edge: &Edge) -> Result<(), Failure> {
    let pki = Pki::init(directory, edge, signed).map_err(told)?;
    tell(&format!("Laboratoire prêt dans {} :", directory.display()))?;
    let [crls, conformance] = pki.crls();
    for (what, path) in [
        ("ancres", pki.anchors()),
        ("CRL", crls),
        ("CRL des cas de conformité", conformance),
        ("liste blanche", pki.white_list()),
    ] {
        tell(&format!("  {what:<26} {}", path.display()))?;
    }
    if let Some(signer) = pki.list_signer() {
        tell(&format!("  {:<26} {signer}", "signataire de la liste"))?;
    }
    tell("Les clés des autorités sont dans « autorites » : ce laboratoire ne vaut rien hors de cette machine.")
}

fn tell_entry(entry: &Entry) -> Result<(), Failure> {
    let kind = match entry.kind {
        Kind::Operator => "opérateur",
        Kind::Server => "serveur",
        Kind::Application => "logiciel",
        Kind::Person => "personne",
        Kind::ListSigner => "liste",
        Kind::Conformance => "conformité",
    };
    let state = entry.revoked.map_or_else(|| "valable".to_owned(), |time| format!("révoqué {time}"));
    tell(&format!("{:<28} {kind:<11} {:<33} {state:<29} {}", entry.name, entry.serial, entry.subject))?;
    entry.domains.iter().try_for_each(|domain| tell(&format!("{:28} {domain}", "")))
}

fn told(error: impl std::fmt::Display) -> Failure {
    Failure::new(error.to_string())
}
