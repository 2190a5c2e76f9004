//! `sceau account`: accounts of people and organisations.

use std::process::ExitCode;

use clap::{Subcommand, ValueEnum};

use super::ask::ask;
use super::terminal::{new_password, tell};
use super::{ConfigFile, Outcome};
use crate::flows::ReadingPolicy;
use crate::server::office::{AccountFacts, Password, Request};
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
        #[arg(long = "type", value_enum, default_value_t = Kind::Per, help = "PER personnelle, ORG organisation, APP application")]
        kind: Kind,
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
    #[command(about = "Liste les comptes")]
    List {
        #[arg(long, help = "En JSON")]
        json: bool,
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
    Per,
    Org,
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
        Command::Add { address, name, kind, file } => {
            let config = file.load()?;
            let password = Password(new_password()?);
            let () = ask(&config, Request::AccountAdd { address: address.clone(), name, kind: kind.into(), password })?;
            tell(&format!("Compte créé : {address}"))?;
        }
        Command::Passwd { address, file } => {
            let config = file.load()?;
            let password = Password(new_password()?);
            let () = ask(&config, Request::AccountPasswd { address: address.clone(), password })?;
            tell(&format!("Mot de passe changé : {address}"))?;
        }
        Command::Receipts { address, policy, file } => {
            let (policy, said) = match policy {
                Policy::Never => (ReadingPolicy::Never, "jamais par le serveur"),
                Policy::Automatic => (ReadingPolicy::Automatic, "par le serveur, à la première ouverture"),
            };
            let () = ask(&file.load()?, Request::AccountReceipts { address: address.clone(), policy })?;
            tell(&format!("Accusés de lecture de {address} : {said}"))?;
        }
        Command::List { json, file } => {
            let accounts: Vec<AccountFacts> = ask(&file.load()?, Request::AccountList)?;
            if json {
                tell(&super::terminal::json(&accounts)?)?;
            } else {
                list(&accounts)?;
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn list(accounts: &[AccountFacts]) -> Result<(), super::Failure> {
    for account in accounts {
        let state = if account.active { "actif" } else { "inactif" };
        tell(&format!("{:<44} {state:<8} {}", account.address, account.name))?;
    }
    Ok(())
}
