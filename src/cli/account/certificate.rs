//! `sceau account certificate`: which certificates open an account.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use super::super::ask::ask;
use super::super::terminal::{json, tell};
use super::super::{ConfigFile, Failure};
use super::{identity, text};
use crate::mail::hex;
use crate::server::accounts::{AccountFacts, AccountOrder, IdentityOrder};
use crate::server::office::Request;
use crate::trust::CertificateFacts;

#[derive(Subcommand)]
pub(in crate::cli) enum Command {
    #[command(about = "Attache un certificat à un compte ; il faut aussi qu'il soit émis par une autorité de [trust]")]
    Add {
        #[arg(value_name = "ADRESSE")]
        address: String,
        #[command(flatten)]
        which: Which,
        #[command(flatten)]
        file: ConfigFile,
    },
    #[command(about = "Détache un certificat d'un compte")]
    Remove {
        #[arg(value_name = "ADRESSE")]
        address: String,
        #[command(flatten)]
        which: Which,
        #[command(flatten)]
        file: ConfigFile,
    },
    #[command(about = "Liste les certificats attachés à un compte, ou à tous")]
    List {
        #[arg(value_name = "ADRESSE")]
        address: Option<String>,
        #[arg(long, help = "En JSON")]
        json: bool,
        #[command(flatten)]
        file: ConfigFile,
    },
}

/// Which certificate.
#[derive(Args)]
pub(in crate::cli) struct Which {
    #[arg(long, value_name = "FICHIER", group = "which", help = "Certificat (PEM ou DER) : tous ceux du même sujet")]
    pem: Option<PathBuf>,
    #[arg(long, requires = "pem", help = "Ce certificat seulement, pas ceux qui le renouvelleront")]
    exact: bool,
    #[arg(long, value_name = "DN", group = "which", help = "Sujet : « CN=dpi.labo.fr,OU=1…,O=…,ST=…,C=FR »")]
    subject: Option<String>,
    #[arg(long, value_name = "HEX", group = "which", help = "Empreinte SHA-256 d'un certificat")]
    sha256: Option<String>,
}

impl Which {
    fn order(self) -> Result<IdentityOrder, Failure> {
        match self {
            Self { pem: Some(file), exact, .. } => {
                let facts = read(&file)?;
                let subject = facts.subject.to_string();
                Ok(match exact {
                    true => IdentityOrder::Certificate { sha256: hex(&facts.sha256), subject },
                    false => IdentityOrder::Subject(subject),
                })
            }
            Self { subject: Some(subject), .. } => Ok(IdentityOrder::Subject(subject)),
            Self { sha256: Some(sha256), .. } => {
                Ok(IdentityOrder::Certificate { sha256, subject: "(donné par son empreinte)".to_owned() })
            }
            _ => Err(Failure::new("donner --pem FICHIER, --subject DN ou --sha256 HEX".to_owned())),
        }
    }
}

fn read(file: &Path) -> Result<CertificateFacts, Failure> {
    let bytes = std::fs::read(file).map_err(|error| Failure::new(format!("{} : {error}", file.display())))?;
    let der = CertificateDer::from_pem_slice(&bytes).map_or(bytes, |der| der.to_vec());
    CertificateFacts::read(&der).map_err(|_| Failure::new(format!("{} : pas un certificat X.509", file.display())))
}

pub(super) fn run(command: Command) -> Result<(), Failure> {
    match command {
        Command::Add { address, which, file } => identity(&file.load()?, &address, which.order()?, false),
        Command::Remove { address, which, file } => identity(&file.load()?, &address, which.order()?, true),
        Command::List { address, json: as_json, file } => {
            let config = file.load()?;
            let accounts: Vec<AccountFacts> = match address {
                Some(address) => vec![ask(&config, Request::Account(AccountOrder::Show { address }))?],
                None => ask(&config, Request::Account(AccountOrder::List))?,
            };
            let with: Vec<_> = accounts.iter().filter(|account| !account.certificates.is_empty()).collect();
            if as_json {
                let rules: Vec<_> = with.iter().map(|account| (&account.address, &account.certificates)).collect();
                return tell(&json(&rules.into_iter().collect::<std::collections::BTreeMap<_, _>>())?);
            }
            tell(&text::certificates(&with))
        }
    }
}
