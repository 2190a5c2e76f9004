//! `sceau account`: accounts of people, organisations and programs; who holds them, and how they are signed in to.

mod certificate;
mod text;

use std::process::ExitCode;

use clap::{Subcommand, ValueEnum};

use super::ask::ask;
use super::terminal::{json, new_password, tell};
use super::{ConfigFile, Failure, Outcome};
use crate::config::Config;
use crate::flows::ReadingPolicy;
use crate::server::accounts::{AccountFacts, AccountOrder, IdentityOrder};
use crate::server::office::{Password, Request};
use crate::store::AccountKind;

#[derive(Subcommand)]
pub(super) enum Command {
    #[command(
        about = "Crée un compte et ses six dossiers ; le mot de passe se lit au clavier ou sur l'entrée standard"
    )]
    Add {
        #[arg(value_name = "ADRESSE", help = "Adresse, dans un des domaines du serveur")]
        address: String,
        #[arg(long, value_name = "NOM", default_value = "", help = "Nom affiché : « Dr Anne MARTIN »")]
        name: String,
        #[arg(long = "type", alias = "kind", value_enum, ignore_case = true, default_value_t = Kind::Per,
              help = "PER personnelle, ORG organisation, APP application")]
        kind: Kind,
        #[arg(
            long,
            help = "Sans mot de passe : carte, certificat ou Pro Santé Connect, ou par ceux qui la détiennent"
        )]
        no_password: bool,
        #[command(flatten)]
        file: ConfigFile,
    },
    #[command(about = "Change le mot de passe d'un compte, lu au clavier ou sur l'entrée standard")]
    Passwd {
        #[arg(value_name = "ADRESSE")]
        address: String,
        #[command(flatten)]
        file: ConfigFile,
    },
    #[command(about = "Dit si le serveur répond lui-même, au nom du titulaire, aux demandes d'accusé de lecture")]
    Receipts {
        #[arg(value_name = "ADRESSE")]
        address: String,
        #[arg(value_enum, help = "never : le logiciel du titulaire demande ; automatic : à la première ouverture")]
        policy: Policy,
        #[command(flatten)]
        file: ConfigFile,
    },
    #[command(
        about = "Retire des extensions d'IMAP à un compte dont un logiciel les supporte mal ; vaut dès la connexion suivante"
    )]
    Extensions {
        #[arg(value_name = "ADRESSE")]
        address: String,
        #[arg(
            long,
            value_name = "NOMS",
            help = "Séparées par des virgules : « QRESYNC,COMPRESS=DEFLATE » ; vide : toutes sont offertes"
        )]
        off: String,
        #[command(flatten)]
        file: ConfigFile,
    },
    #[command(about = "Liste les comptes")]
    List {
        #[arg(long, help = "En JSON")]
        json: bool,
        #[command(flatten)]
        file: ConfigFile,
    },
    #[command(about = "Montre un compte : comment on s'y identifie, qui le détient, ce qu'il détient")]
    Show {
        #[arg(value_name = "ADRESSE")]
        address: String,
        #[arg(long, help = "En JSON")]
        json: bool,
        #[command(flatten)]
        file: ConfigFile,
    },
    #[command(about = "Donne à une personne des droits sur une boîte d'organisation ; une preuve en est scellée")]
    Grant {
        #[arg(value_name = "BOÎTE", help = "Boîte ORG ou APP")]
        mailbox: String,
        #[arg(value_name = "PERSONNE", help = "Compte personnel")]
        person: String,
        #[arg(
            long,
            value_name = "DROITS",
            default_value = "read,write,send",
            help = "read (lire), write (modifier, classer, supprimer), send (écrire en son nom), admin (droits par dossier)"
        )]
        rights: String,
        #[command(flatten)]
        file: ConfigFile,
    },
    #[command(about = "Retire à une personne ses droits sur une boîte ; une preuve en est scellée")]
    Revoke {
        #[arg(value_name = "BOÎTE")]
        mailbox: String,
        #[arg(value_name = "PERSONNE")]
        person: String,
        #[command(flatten)]
        file: ConfigFile,
    },
    #[command(about = "Certificats qui ouvrent un compte sans mot de passe", subcommand)]
    Certificate(certificate::Command),
    #[command(about = "Attache à un compte l'identifiant national d'un professionnel (8 et RPPS, ou 0 et ADELI)")]
    Idnat {
        #[arg(value_name = "ADRESSE")]
        address: String,
        #[arg(value_name = "IDENTIFIANT", help = "Ce que portent sa carte et Pro Santé Connect")]
        id: String,
        #[arg(long, help = "Le détache au lieu de l'attacher")]
        remove: bool,
        #[command(flatten)]
        file: ConfigFile,
    },
    #[command(about = "Rouvre un compte : il reçoit et l'on s'y identifie de nouveau")]
    Enable {
        #[arg(value_name = "ADRESSE")]
        address: String,
        #[command(flatten)]
        file: ConfigFile,
    },
    #[command(about = "Ferme un compte : il ne reçoit plus et l'on ne s'y identifie plus ; rien n'est effacé")]
    Disable {
        #[arg(value_name = "ADRESSE")]
        address: String,
        #[command(flatten)]
        file: ConfigFile,
    },
}

/// Who answers requests for notifications of reading.
#[derive(Clone, Copy, ValueEnum)]
pub(super) enum Policy {
    Never,
    Automatic,
}

/// Kinds of mailboxes by their names in the MSSanté directory.
#[derive(Clone, Copy, ValueEnum)]
pub(super) enum Kind {
    #[value(alias = "personal", alias = "personnelle")]
    Per,
    #[value(alias = "organisation")]
    Org,
    #[value(alias = "application")]
    App,
}

impl From<Kind> for AccountKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Per => Self::Personal,
            Kind::Org => Self::Organisation,
            Kind::App => Self::Application,
        }
    }
}

pub(super) fn run(command: Command) -> Outcome {
    match command {
        Command::Add { address, name, kind, no_password, file } => add(&file, &address, name, kind, no_password)?,
        Command::Passwd { address, file } => passwd(&file, &address)?,
        Command::Receipts { address, policy, file } => receipts(&file, address, policy)?,
        Command::Extensions { address, off, file } => extensions(&file, address, off)?,
        Command::List { json: as_json, file } => {
            let accounts: Vec<AccountFacts> = ask(&file.load()?, Request::Account(AccountOrder::List))?;
            tell(&if as_json { json(&accounts)? } else { text::list(&accounts) })?;
        }
        Command::Show { address, json: as_json, file } => {
            let account: AccountFacts = ask(&file.load()?, Request::Account(AccountOrder::Show { address }))?;
            tell(&if as_json { json(&account)? } else { text::show(&account) })?;
        }
        Command::Grant { mailbox, person, rights, file } => grant(&file, mailbox, person, rights)?,
        Command::Revoke { mailbox, person, file } => revoke(&file, mailbox, person)?,
        Command::Certificate(command) => certificate::run(command)?,
        Command::Idnat { address, id, remove, file } => {
            identity(&file.load()?, &address, IdentityOrder::Person(id), remove)?;
        }
        Command::Enable { address, file } => activate(&file, &address, true)?,
        Command::Disable { address, file } => activate(&file, &address, false)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn add(file: &ConfigFile, address: &str, name: String, kind: Kind, no_password: bool) -> Result<(), Failure> {
    let config = file.load()?;
    let password = if no_password { None } else { Some(Password(new_password()?)) };
    order(&config, AccountOrder::Add { address: address.to_owned(), name, kind: kind.into(), password })?;
    tell(&format!("Compte créé : {address}"))
}

fn passwd(file: &ConfigFile, address: &str) -> Result<(), Failure> {
    let config = file.load()?;
    let password = Password(new_password()?);
    order(&config, AccountOrder::Passwd { address: address.to_owned(), password })?;
    tell(&format!("Mot de passe changé : {address}"))
}

fn receipts(file: &ConfigFile, address: String, policy: Policy) -> Result<(), Failure> {
    let (policy, said) = match policy {
        Policy::Never => (ReadingPolicy::Never, "jamais par le serveur"),
        Policy::Automatic => (ReadingPolicy::Automatic, "par le serveur, à la première ouverture"),
    };
    let told = format!("Accusés de lecture de {address} : {said}");
    order(&file.load()?, AccountOrder::Receipts { address, policy })?;
    tell(&told)
}

fn extensions(file: &ConfigFile, address: String, off: String) -> Result<(), Failure> {
    let told = match off.as_str() {
        "" => format!("{address} : toutes les extensions d'IMAP sont offertes"),
        off => format!("{address} : sans {off}, dès la connexion suivante"),
    };
    order(&file.load()?, AccountOrder::SwitchOff { address, capabilities: off })?;
    tell(&told)
}

fn grant(file: &ConfigFile, mailbox: String, person: String, rights: String) -> Result<(), Failure> {
    let told = format!("{person} détient {mailbox} : {}", text::rights(&rights));
    order(&file.load()?, AccountOrder::Grant { mailbox, person, rights, by: administrator() })?;
    tell(&told)
}

fn revoke(file: &ConfigFile, mailbox: String, person: String) -> Result<(), Failure> {
    let told = format!("{person} ne détient plus {mailbox}");
    order(&file.load()?, AccountOrder::Revoke { mailbox, person, by: administrator() })?;
    tell(&told)
}

/// Attaches an identity to an account or takes it away, and tells what should be looked at.
fn identity(config: &Config, address: &str, by: IdentityOrder, remove: bool) -> Result<(), Failure> {
    if remove {
        order(config, AccountOrder::Forget { address: address.to_owned(), by })?;
        return tell(&format!("Détaché de {address}"));
    }
    let notes: Vec<String> = ask(config, Request::Account(AccountOrder::Identify { address: address.to_owned(), by }))?;
    tell(&format!("Attaché à {address}"))?;
    notes.iter().try_for_each(|note| tell(&format!("Attention : {note}")))
}

fn activate(file: &ConfigFile, address: &str, active: bool) -> Result<(), Failure> {
    order(&file.load()?, AccountOrder::Activate { address: address.to_owned(), active })?;
    tell(&format!("Compte {} : {address}", if active { "ouvert" } else { "fermé" }))
}

fn order(config: &Config, order: AccountOrder) -> Result<(), Failure> {
    ask(config, Request::Account(order))
}

/// Who gives the order, as the system knows it: what the proof of a right names. Whoever may use the control socket
/// could say anything here, so it is a note, and no evidence.
fn administrator() -> String {
    let named = ["SUDO_USER", "LOGNAME", "USER"].into_iter().find_map(|name| std::env::var(name).ok());
    format!("administration locale ({})", named.unwrap_or_else(|| "inconnu".to_owned()))
}
