//! `sceau pki conformance-lab`: the twin of a real configuration on a laboratory's anchors.
//!
//! Nobody can forge certificates of IGC-Santé, so a server that trusts them cannot be shown revoked or expired ones.
//! The twin has every setting of the original but its anchors, lists, certificates, data and ports; what it refuses, the
//! original refuses.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;

use super::super::terminal::tell;
use super::super::{ConfigFile, Failure};
use super::configuration::{SERVICES, STRIDE, address};
use super::told;
use crate::config::{Config, effective, parse};
use crate::net::tls::Identity;
use crate::server::edge;
use crate::trust::AttributeType;
use crate::trust::lab::pki::{Kind, Pki};
use crate::trust::lab::{Key, Leaf, Organisation};

/// The name of the twin's certificate files.
const OURS: &str = "operateur";

#[derive(Args)]
pub(in crate::cli) struct Arguments {
    #[arg(value_name = "RÉPERTOIRE", help = "Répertoire à créer, pour le laboratoire et la copie")]
    directory: PathBuf,
    #[command(flatten)]
    file: ConfigFile,
    #[arg(
        long,
        value_name = "PORT",
        default_value_t = 26_500,
        help = "Premier des cinq ports de la copie, sur 127.0.0.1"
    )]
    ports: u16,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let config = arguments.file.load()?;
    if arguments.ports > u16::MAX - STRIDE {
        return Err(Failure::new(format!("--ports {} : trop grand", arguments.ports)));
    }
    let mut pki = Pki::init(&arguments.directory, &edge::system(), true).map_err(told)?;
    let leaf = ["localhost", "127.0.0.1"].into_iter().fold(our_leaf(&config), Leaf::and_name);
    pki.issue(OURS, Kind::Operator, &leaf, config.server.domains.clone()).map_err(told)?;
    let directory = arguments.directory.canonicalize()?;
    drop(pki);
    let pki = Pki::open(&directory, &edge::system()).map_err(told)?;
    let text = twin(&config, &pki, arguments.ports)?;
    let file = directory.join("sceau.toml");
    parse(&text, &file).map_err(|problems| Failure::new(problems.to_string()))?;
    fs::write(&file, text)?;
    let file = file.display();
    tell(&format!("Copie de {} sur des ancres de laboratoire : {file}", arguments.file.config.display()))?;
    tell(
        "Mêmes réglages, sauf ancres, listes, certificats, données, ports et routes. La démarrer, puis la mettre à l'épreuve :",
    )?;
    tell(&format!("  sceau serve --config {file} &"))?;
    tell(&format!("  sceau trust conformance --config {file}"))
}

/// A certificate with the name of the real one, as far as that can be read.
fn our_leaf(config: &Config) -> Leaf {
    let identity = Identity::load(&config.operators.certificate, &config.operators.key).ok();
    let value = |kind: &AttributeType, otherwise: &str| {
        let subject = identity.as_ref().map(|identity| &identity.facts().subject);
        let first = subject.and_then(|subject| subject.values(kind).next());
        first.unwrap_or(otherwise).to_owned()
    };
    let organisation = Organisation::new(
        &value(&AttributeType::organization(), "OPERATEUR"),
        &value(&AttributeType::organizational_unit(), "1599990009"),
        &value(&AttributeType::state(), "Paris (75)"),
    );
    Leaf::operator(config.server.name.as_str(), &organisation).with_key(Key::Rsa2048)
}

/// The places where the twin listens, in the order of [`SERVICES`].
const PLACES: [(&str, &str); 5] = [
    ("operators", "listen"),
    ("submission", "listen"),
    ("submission", "listen_tls"),
    ("imap", "listen"),
    ("imap", "listen_tls"),
];

/// The original's settings in force, with what is the laboratory's put in its place.
fn twin(config: &Config, pki: &Pki, base: u16) -> Result<String, Failure> {
    let mut text: toml::Table = effective(config).parse().map_err(told)?;
    forget(&mut text);
    let mut set = |section: &str, key: &str, value: toml::Value| {
        if let Some(toml::Value::Table(section)) = text.get_mut(section) {
            section.insert(key.to_owned(), value);
        }
    };
    let path = |path: &Path| toml::Value::String(path.to_string_lossy().into_owned());
    let paths = |paths: &[PathBuf]| toml::Value::Array(paths.iter().map(|item| path(item)).collect());
    let (certificate, key) = pki.files_of(OURS);
    set("server", "data", path(&pki.directory().join("data")));
    set("trust", "anchors", paths(&[pki.anchors()]));
    set("trust", "crls", paths(&pki.crls()));
    set("trust", "white_list", path(&pki.white_list()));
    if let Some(signer) = pki.list_signer() {
        set("trust", "white_list_signer", signer.into());
    }
    set("relay", "routes", toml::Table::new().into());
    for section in ["operators", "clients"] {
        set(section, "certificate", path(&certificate));
        set(section, "key", path(&key));
    }
    for ((section, key), service) in PLACES.into_iter().zip(SERVICES) {
        set(section, key, vec![address(base, service).to_string()].into());
    }
    let text = toml::to_string(&text).map_err(told)?;
    Ok(format!("# Copie de laboratoire, écrite par sceau pki conformance-lab.\n{text}"))
}

/// Where the original keeps what is its own.
const OWN: &[(&str, &str)] = &[
    ("server", "control"),
    ("store", "master_key"),
    ("store", "vault"),
    ("store", "vault_copies"),
    ("proofs", "keys"),
    ("proofs", "policy"),
    ("proofs", "auditors"),
];

/// What the twin must not share with the original, or do at all: sockets, keys, ports, fetching from the web.
fn forget(text: &mut toml::Table) {
    for (section, key) in OWN.iter().copied() {
        if let Some(toml::Value::Table(section)) = text.get_mut(section) {
            section.remove(key);
        }
    }
    for (_, section) in text.iter_mut() {
        if let toml::Value::Table(section) = section {
            section.retain(|key, value| !key.starts_with("listen") && !value.to_string().contains("://"));
        }
    }
}
