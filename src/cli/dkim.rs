//! `sceau dkim`: keys that sign for our domains, and the DNS records that publish them.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Subcommand, ValueEnum};

use super::terminal::tell;
use super::{Failure, Outcome};
use crate::mail::Domain;
use crate::proto::dkim::{KeyKind, Signer, new_key};
use crate::seal::keys::write_new;
use crate::server::signing;

#[derive(Subcommand)]
pub(super) enum Command {
    #[command(about = "Crée une clé de signature (droits 0600) et montre l'enregistrement DNS à publier")]
    Keygen {
        #[arg(long, value_name = "DOMAINE")]
        domain: Domain,
        #[arg(long, value_name = "SÉLECTEUR", help = "Nom de la clé dans le DNS, par exemple s2026")]
        selector: String,
        #[arg(long = "type", value_enum, default_value_t = Kind::Rsa, help = "rsa : comprise de tous ; ed25519 : courte")]
        kind: Kind,
        #[arg(long, value_name = "FICHIER", help = "Fichier à créer ; jamais remplacé")]
        out: PathBuf,
    },
    #[command(about = "Montre l'enregistrement DNS d'une clé")]
    Record {
        #[arg(long, value_name = "DOMAINE")]
        domain: Domain,
        #[arg(long, value_name = "SÉLECTEUR")]
        selector: String,
        #[arg(value_name = "FICHIER")]
        key: PathBuf,
    },
}

#[derive(Clone, Copy, ValueEnum)]
pub(super) enum Kind {
    Rsa,
    Ed25519,
}

pub(super) fn run(command: Command) -> Outcome {
    match command {
        Command::Keygen { domain, selector, kind, out } => {
            let kind = match kind {
                Kind::Rsa => KeyKind::Rsa,
                Kind::Ed25519 => KeyKind::Ed25519,
            };
            let key = new_key(kind).map_err(|error| Failure::new(error.to_string()))?;
            let signer = signer(&domain, &selector, &key)?;
            let file = || out.display().to_string();
            write_new(&out, signing::pem(&key).as_bytes())
                .map_err(|error| Failure::new(format!("{} : {error}", file())))?;
            tell(&format!("Clé créée : {}. À nommer dans la configuration :\n", file()))?;
            tell(&format!("[dkim.keys]\n\"{domain}\" = [\"{selector}:{}\"]\n", file()))?;
            tell_record(&signer)?;
        }
        Command::Record { domain, selector, key } => {
            let pkcs8 = signing::read(&key).map_err(|why| Failure::new(format!("{} : {why}", key.display())))?;
            tell_record(&signer(&domain, &selector, &pkcs8)?)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn signer(domain: &Domain, selector: &str, pkcs8: &[u8]) -> Result<Signer, Failure> {
    Signer::new(domain.clone(), selector, pkcs8).map_err(|error| Failure::new(error.to_string()))
}

/// A record of DNS in a zone file: strings have at most 255 octets (RFC 1035 §3.3).
fn tell_record(signer: &Signer) -> Result<(), Failure> {
    let (name, text) = signer.record().map_err(|error| Failure::new(error.to_string()))?;
    let strings: Vec<_> =
        text.as_bytes().chunks(250).map(|piece| format!("\"{}\"", String::from_utf8_lossy(piece))).collect();
    tell(&format!("Dans le DNS :\n\n{name}. IN TXT ( {} )", strings.join("\n    ")))
}
