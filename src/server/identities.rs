//! Our certificates and trust data in use, and their renewal when the files change.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use arc_swap::ArcSwap;

use super::data::StartError;
use super::refusals::Refusals;
use super::settings;
use crate::config::Config;
use crate::mail::Edge;
use crate::net::tls::{Identity, OperatorsPort, PeoplePort, RelayTls};
use crate::trust::{CertificateFacts, Settings, Trust, TrustError};

/// Everything that stands between us and a peer's certificate.
pub(super) struct Identities {
    pub(super) trust: Arc<Trust>,
    pub(super) operators: Arc<OperatorsPort>,
    pub(super) people: Vec<Arc<PeoplePort>>,
    pub(super) relay: Arc<RelayTls>,
    operators_facts: ArcSwap<CertificateFacts>,
    clients_facts: ArcSwap<CertificateFacts>,
    edge: Edge,
    settings: Settings,
    sources: Sources,
    seen: Mutex<Seen>,
}

/// Where they come from.
struct Sources {
    operators: (PathBuf, PathBuf),
    clients: (PathBuf, PathBuf),
}

/// What a file looked like: path, modification, size.
type Look = Vec<(PathBuf, Option<SystemTime>, u64)>;

/// How the files looked when they were last read.
struct Seen {
    trust: Look,
    operators: Look,
    clients: Look,
}

impl Identities {
    /// Reads everything. `people` is the number of ports that people connect to: each has a port of its own, so that a
    /// session of one is never resumed on another.
    pub(super) fn load(
        config: &Config,
        edge: &Edge,
        people: usize,
        refusals: &Arc<Refusals>,
    ) -> Result<Self, StartError> {
        let settings = settings::trust(config);
        let sources = Sources {
            operators: (config.operators.certificate.clone(), config.operators.key.clone()),
            clients: (config.clients.certificate.clone(), config.clients.key.clone()),
        };
        // Looked at before they are read: what changes meanwhile is read again.
        let seen = Mutex::new(look(&settings, &sources));
        let snapshot = settings.load(edge.now()).map_err(StartError::new)?;
        let trust = Arc::new(Trust::new(snapshot));
        let tickets = config.operators.tickets;
        let operator = load(&sources.operators).map_err(StartError::new)?;
        let client = load(&sources.clients).map_err(StartError::new)?;
        let clock = || Arc::clone(&edge.clock);
        let operators = OperatorsPort::new(Arc::clone(&trust), operator.clone(), clock(), tickets);
        let people: Result<Vec<_>, _> =
            (0..people).map(|_| PeoplePort::new(client.clone(), clock(), tickets).map(Arc::new)).collect();
        Ok(Self {
            operators_facts: ArcSwap::from_pointee(operator.facts().clone()),
            clients_facts: ArcSwap::from_pointee(client.facts().clone()),
            relay: Arc::new(RelayTls::new(Arc::clone(&trust), operator, clock()).observed_by(refusals.observer())),
            operators: Arc::new(operators.map_err(StartError::new)?.observed_by(refusals.observer())),
            people: people.map_err(StartError::new)?,
            trust,
            edge: edge.clone(),
            settings,
            sources,
            seen,
        })
    }

    /// Reads again what has changed since it was last read. What can't be read, or is worse, leaves what is in use, and
    /// is said once for each change. Waits for the disk.
    pub(super) fn reread(&self) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let now = look(&self.settings, &self.sources);
        if now.trust != seen.trust {
            match self.trust.reload(&self.settings, self.edge.now()) {
                Ok(()) => tracing::info!(target: "sceau::server", "trust data read again"),
                Err(error) => refused("trust data", &error),
            }
        }
        if now.operators != seen.operators {
            match load(&self.sources.operators) {
                Ok(identity) => {
                    tracing::info!(target: "sceau::server", certificate = %identity.facts(), "operator's certificate renewed");
                    self.operators_facts.store(Arc::new(identity.facts().clone()));
                    self.operators.renew(identity.clone());
                    self.relay.renew(identity);
                }
                Err(error) => refused("the operator's certificate", &error),
            }
        }
        if now.clients != seen.clients {
            match load(&self.sources.clients) {
                Ok(identity) => {
                    tracing::info!(target: "sceau::server", certificate = %identity.facts(), "clients' certificate renewed");
                    self.clients_facts.store(Arc::new(identity.facts().clone()));
                    self.people.iter().for_each(|port| port.renew(identity.clone()));
                }
                Err(error) => refused("the clients' certificate", &error),
            }
        }
        *seen = now;
    }
}

impl Identities {
    /// The facts of our certificates in use, by the section that names them.
    pub(super) fn certificates(&self) -> [(&'static str, CertificateFacts); 2] {
        let [operators, clients] = [self.operators_facts.load_full(), self.clients_facts.load_full()];
        [("operators", (*operators).clone()), ("clients", (*clients).clone())]
    }
}

fn load((certificate, key): &(PathBuf, PathBuf)) -> Result<Identity, TrustError> {
    Identity::load(certificate, key)
}

fn refused(what: &str, error: &TrustError) {
    tracing::error!(target: "sceau::server", %error, "{what}: the new files are refused, the old data stays in use");
}

fn look(settings: &Settings, sources: &Sources) -> Seen {
    let pair = |pair: &(PathBuf, PathBuf)| look_at(&[pair.0.clone(), pair.1.clone()]);
    let list = [settings.white_list.clone()];
    let trust = [&settings.anchors[..], &settings.crls[..], &list[..]].concat();
    Seen { trust: look_at(&trust), operators: pair(&sources.operators), clients: pair(&sources.clients) }
}

/// How these files look; of a directory, the files in it.
fn look_at(paths: &[PathBuf]) -> Look {
    let mut seen = Look::new();
    for path in paths {
        seen.push(glance(path));
        let inside = fs::read_dir(path).into_iter().flatten().flatten();
        seen.extend(inside.map(|entry| glance(&entry.path())));
    }
    seen.sort();
    seen
}

fn glance(path: &Path) -> (PathBuf, Option<SystemTime>, u64) {
    let facts = fs::metadata(path).ok();
    let modified = facts.as_ref().and_then(|facts| facts.modified().ok());
    (path.to_owned(), modified, facts.map_or(0, |facts| facts.len()))
}
