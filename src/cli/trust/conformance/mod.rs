//! `sceau trust conformance`: plays ANS's seven peers, and more of their kind, against a running server, and compares
//! what each of them met and what the server noted about it with what should be.
//!
//! The peers need certificates, good and bad, of the authorities that the server trusts: it must run on a laboratory's
//! anchors. What was noted comes through the control socket; without a configuration file only what the peers met is
//! compared.

mod cases;
mod legacy_key;
mod peer;
mod report;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;

use super::super::ask::ask_running;
use super::super::terminal::{json, tell};
use super::super::{ConfigFile, Failure, Outcome};
use crate::config::Config;
use crate::mail::Address;
use crate::server::office::Request;
use crate::server::refusals::{RefusalFacts, canonical};
use crate::server::{edge, settings};
use crate::trust::Policy;
use crate::trust::lab::pki::Pki;
use cases::Case;
use peer::Errand;
use report::{Outcomes, Row};

/// How often and how long the server's note is waited for: it is written after the peer has its answer.
const TRIES: u32 = 40;
const PAUSE: Duration = Duration::from_millis(50);

#[derive(Args)]
pub(in crate::cli) struct Arguments {
    #[command(flatten)]
    file: ConfigFile,
    #[arg(
        long,
        value_name = "HÔTE:PORT",
        requires = "pki",
        conflicts_with = "config",
        help = "Serveur visé, sans fichier de configuration : les motifs notés ne sont pas comparés"
    )]
    target: Option<String>,
    #[arg(
        long,
        value_name = "RÉPERTOIRE",
        help = "Laboratoire (sceau pki) ; sinon celui des ancres de la configuration"
    )]
    pki: Option<PathBuf>,
    #[arg(
        long,
        value_name = "ADRESSE",
        help = "Remet vraiment un message à cette boîte, au lieu de s'arrêter à MAIL FROM"
    )]
    recipient: Option<String>,
    #[arg(long, help = "En JSON")]
    json: bool,
}

/// What the peers are played against.
struct Target {
    address: SocketAddr,
    /// The server's name in the handshake.
    host: String,
    policy: Policy,
    config: Option<Config>,
    recipient: Option<Address>,
}

pub(in crate::cli) fn run(arguments: &Arguments) -> Outcome {
    let target = Target::find(arguments)?;
    let pki = open(arguments, target.config.as_ref())?;
    let cases = cases::all(&pki, &target.policy).map_err(|error| Failure::new(error.to_string()))?;
    drop(pki);
    let mut rows = Vec::new();
    for case in cases {
        rows.push(target.meet(case)?);
    }
    let outcomes = Outcomes { target: target.address.to_string(), noted: target.config.is_some(), rows };
    tell(if arguments.json { json(&outcomes)? } else { outcomes.to_string() }.trim_end())?;
    match outcomes.mismatches() {
        0 => Ok(ExitCode::SUCCESS),
        1 => Err(Failure::new("un cas ne se passe pas comme attendu")),
        several => Err(Failure::new(format!("{several} cas ne se passent pas comme attendu"))),
    }
}

/// The laboratory that the server's anchors come from.
fn open(arguments: &Arguments, config: Option<&Config>) -> Result<Pki, Failure> {
    let anchors = config.and_then(|config| config.trust.anchors.first());
    let beside = anchors.and_then(|anchors| anchors.parent()).map(Path::to_owned);
    let Some(directory) = arguments.pki.clone().or(beside.filter(|directory| Pki::is_in(directory))) else {
        return Err(Failure::new(
            "ce serveur n'a pas des ancres de laboratoire : personne ne peut fabriquer les certificats de ces cas. \
             En faire une copie qui en a : sceau pki conformance-lab RÉPERTOIRE --config FICHIER",
        ));
    };
    Pki::open(&directory, &edge::system()).map_err(|error| Failure::new(error.to_string()))
}

impl Target {
    fn find(arguments: &Arguments) -> Result<Self, Failure> {
        let recipient = arguments.recipient.as_deref().map(Address::parse).transpose();
        let recipient = recipient.map_err(|error| Failure::new(format!("--recipient : {error}")))?;
        if let Some(target) = &arguments.target {
            let address = target.to_socket_addrs().ok().and_then(|mut found| found.next());
            let address =
                address.ok_or_else(|| Failure::new(format!("--target {target} : pas d'adresse HÔTE:PORT")))?;
            let host = target.rsplit_once(':').map_or(target.as_str(), |(host, _)| host).to_owned();
            return Ok(Self { address, host, policy: Policy::default(), config: None, recipient });
        }
        let config = arguments.file.load()?;
        let listen = config.operators.listen.first().copied();
        let listen =
            listen.ok_or_else(|| Failure::new("[operators] listen est vide : aucun port à mettre à l'épreuve"))?;
        Ok(Self {
            address: reachable(listen),
            host: config.server.name.to_string(),
            policy: settings::trust(&config).policy,
            config: Some(config),
            recipient,
        })
    }

    /// Lets one peer call, and looks at what was noted about it.
    fn meet(&self, case: Case) -> Result<Row, Failure> {
        let errand =
            Errand { server: self.address, host: &self.host, domain: case.domain, recipient: self.recipient.as_ref() };
        let (here, met) = case.peer.call(&errand).map_err(|error| {
            Failure::new(format!("{} ne répond pas ({error}) ; démarrer d'abord le serveur", self.address))
        })?;
        let noted = match &self.config {
            Some(config) => self.noted(config, here, case.reason)?,
            None => None,
        };
        let right = met == case.met && (self.config.is_none() || noted.as_deref() == case.reason);
        Ok(Row { name: case.name, expected: case.met, expected_reason: case.reason, met, noted, right })
    }

    /// The reason that the server noted about this peer; waited for when there should be one.
    fn noted(&self, config: &Config, here: SocketAddr, expected: Option<&str>) -> Result<Option<String>, Failure> {
        let peer = Some(canonical(here).to_string());
        for attempt in 0.. {
            let found: Vec<RefusalFacts> = ask_running(config, Request::Refusals { peer: peer.clone() })?;
            let about = found.into_iter().find(|facts| facts.direction == "in").map(|facts| facts.reason);
            if about.is_some() || expected.is_none() || attempt == TRIES {
                return Ok(about);
            }
            std::thread::sleep(PAUSE);
        }
        Ok(None)
    }
}

/// Where a server that listens there can be called from this machine.
fn reachable(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        // A socket on `[::]` takes IPv4 too, and a machine may have no IPv6.
        IpAddr::V6(ip) if ip == Ipv6Addr::UNSPECIFIED => Ipv4Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, listen.port())
}
