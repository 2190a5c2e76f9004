//! `sceau trust explain`: what would happen to a domain, a distinguished name or a certificate, step by step, and why.
//!
//! The verdicts are those of the judge that the server uses, with the files of the same configuration; nothing is
//! fetched and nothing is changed.

mod certificate;
mod domain;
mod name;
mod text;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;

use super::super::terminal::{json, tell};
use super::super::{ConfigFile, Failure, Outcome};
use crate::config::Config;
use crate::mail::{Address, Domain, Time};
use crate::net::tls::Identity;
use crate::server::{edge, settings};
use crate::trust::{Age, DistinguishedName, Snapshot, Trust, chain_of};
use text::{Explanation, date, days};

#[derive(Args)]
pub(in crate::cli) struct Arguments {
    #[arg(
        value_name = "DOMAINE|DN|CERTIFICAT",
        help = "Un domaine ou une adresse, un DN (« CN=…,OU=… »), ou un fichier PEM ou DER"
    )]
    subject: String,
    #[arg(long, help = "En JSON")]
    json: bool,
    #[command(flatten)]
    file: ConfigFile,
}

/// What a question is about.
#[derive(Debug, PartialEq, Eq)]
enum Subject {
    Domain(Domain),
    Name(DistinguishedName),
    File(PathBuf),
}

/// What the explanations rest on.
struct Around {
    trust: Trust,
    snapshot: Arc<Snapshot>,
    now: Time,
    /// The domains of this server, and the name of its certificate when that can be read.
    ours: Vec<Domain>,
    our_name: Option<DistinguishedName>,
    /// Fixed routes: domain and host with its port.
    routes: BTreeMap<Domain, String>,
}

pub(super) fn run(arguments: &Arguments) -> Outcome {
    let subject = read_subject(&arguments.subject)?;
    let around = Around::load(&arguments.file.load()?)?;
    let explanation = match subject {
        Subject::Domain(domain) => domain::explain(&around, &domain),
        Subject::Name(name) => name::explain(&around, &name),
        Subject::File(file) => from_file(&around, &file)?,
    };
    let text = if arguments.json { json(&explanation)? } else { explanation.to_string() };
    tell(text.trim_end())?;
    Ok(ExitCode::SUCCESS)
}

/// A file that is there, a name with `=`, an address or a domain.
fn read_subject(text: &str) -> Result<Subject, Failure> {
    let path = Path::new(text);
    let like_file = ["pem", "crt", "cer", "der"].iter().any(|end| path.extension().is_some_and(|it| it == *end));
    if path.is_file() || like_file || text.contains('/') && !text.contains('=') {
        return Ok(Subject::File(path.to_owned()));
    }
    if text.contains('=') {
        let name = DistinguishedName::parse(text);
        return name.map(Subject::Name).map_err(|error| Failure::new(format!("ce DN est illisible : {error}")));
    }
    let domain = match Address::parse(text) {
        Ok(address) => Ok(address.domain().clone()),
        Err(_) => Domain::parse(text),
    };
    domain.map(Subject::Domain).map_err(|_| {
        Failure::new(format!("« {text} » n'est ni un fichier, ni un DN (CN=…,OU=…), ni un domaine ou une adresse"))
    })
}

fn from_file(around: &Around, file: &Path) -> Result<Explanation, Failure> {
    let failed = |error: &dyn std::fmt::Display| Failure::new(format!("{} : {error}", file.display()));
    let chain = fs::read(file).map_err(|error| failed(&error))?;
    let chain = chain_of(&chain).map_err(|error| failed(&error))?;
    certificate::explain(around, &file.display().to_string(), &chain)
        .map_err(|refusal| failed(&super::words::what(refusal)))
}

impl Around {
    fn load(config: &Config) -> Result<Self, Failure> {
        let now = edge::system().now();
        let snapshot = settings::trust(config).load(now);
        let snapshot = snapshot.map_err(|error| Failure::new(format!("espace de confiance : {error}")))?;
        let identity = Identity::load(&config.operators.certificate, &config.operators.key).ok();
        let routes =
            config.relay.routes.iter().map(|(domain, to)| (domain.clone(), format!("{}:{}", to.host, to.port)));
        Ok(Self::new(
            Trust::new(snapshot),
            now,
            config.server.domains.clone(),
            identity.map(|identity| identity.facts().subject.clone()),
            routes.collect(),
        ))
    }

    fn new(
        trust: Trust,
        now: Time,
        ours: Vec<Domain>,
        our_name: Option<DistinguishedName>,
        routes: BTreeMap<Domain, String>,
    ) -> Self {
        Self { snapshot: trust.snapshot(), trust, now, ours, our_name, routes }
    }

    /// The step about the white list itself: nothing can be said that it does not say. Whether it can be relied on.
    fn tell_list(&self, told: &mut Explanation) -> bool {
        let list = &self.snapshot.list;
        let age = days(self.now.secs() - list.generated().secs());
        let text = format!(
            "Liste blanche du {} (il y a {age}) : {} lignes, {} domaines, {} DN.",
            date(list.generated()),
            list.rows().len(),
            list.domain_count(),
            list.names().len()
        );
        match self.snapshot.list_age(self.now) {
            Age::Current => told.good(text),
            Age::Grace => told.warning(format!("{text} Elle est ancienne : encore utilisée, mais la recharger vite.")),
            Age::Stale => told.bad(format!(
                "{text} Elle est trop ancienne : tout opérateur reçoit 451 4.7.1 et réessaie, tant qu'elle n'est pas rechargée."
            )),
        }
        for note in list.left_out() {
            told.detail(format!("ligne {} écartée, car illisible : {}", note.line, note.what));
        }
        self.snapshot.list_age(self.now) != Age::Stale
    }
}

#[cfg(test)]
mod tests;
