//! Our certificates and trust data in use, and their renewal when the files change.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::SystemTime;

use arc_swap::ArcSwap;

use super::data::StartError;
use super::refusals::Refusals;
use super::settings;
use crate::config::Config;
use crate::mail::{Clock, Edge};
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
    settings: ArcSwap<Settings>,
    sources: Sources,
    seen: Mutex<Seen>,
    /// Our operator's chain in DER, as it is shown.
    chain: ArcSwap<Vec<Vec<u8>>>,
    /// Told after trust data was replaced.
    renewed: OnceLock<Box<dyn Fn() + Send + Sync>>,
}

/// Where they come from.
struct Sources {
    operators: (PathBuf, PathBuf),
    clients: (PathBuf, PathBuf),
}

/// What a file looked like: path, modification, size.
pub(super) type Look = Vec<(PathBuf, Option<SystemTime>, u64)>;

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
        let (trust, problems) = Trust::begin(&settings, edge.now()).map_err(StartError::new)?;
        problems.iter().for_each(|error| refused("trust data", error));
        let trust = Arc::new(trust);
        let tickets = config.operators.tickets;
        let operator = load(&sources.operators).map_err(StartError::new)?;
        let client = load(&sources.clients).map_err(StartError::new)?;
        let chain = ArcSwap::from_pointee(operator.chain());
        let clock = || Arc::clone(&edge.clock);
        let operators = OperatorsPort::new(Arc::clone(&trust), operator.clone(), clock(), tickets);
        let people: Result<Vec<_>, _> =
            (0..people).map(|_| people_port(config, &trust, client.clone(), clock())).collect();
        Ok(Self {
            operators_facts: ArcSwap::from_pointee(operator.facts().clone()),
            clients_facts: ArcSwap::from_pointee(client.facts().clone()),
            relay: Arc::new(RelayTls::new(Arc::clone(&trust), operator, clock()).observed_by(refusals.observer())),
            operators: Arc::new(operators.map_err(StartError::new)?.observed_by(refusals.observer())),
            people: people.map_err(StartError::new)?,
            trust,
            edge: edge.clone(),
            settings: ArcSwap::from_pointee(settings),
            sources,
            seen,
            chain,
            renewed: OnceLock::new(),
        })
    }

    /// Reads again what has changed since it was last read. What can't be read, or is worse, leaves what is in use, and
    /// is said once for each change. Waits for the disk.
    pub(super) fn reread(&self) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let now = look(&self.settings.load(), &self.sources);
        if now.trust != seen.trust {
            self.reread_trust();
        }
        if now.operators != seen.operators {
            self.reread_operators();
        }
        if now.clients != seen.clients {
            self.reread_clients();
        }
        *seen = now;
    }

    fn reread_trust(&self) {
        let reloaded = self.trust.reload(&self.settings.load(), self.edge.now());
        let list = reloaded.list.map(|diff| (diff.added.len(), diff.removed.len()));
        tracing::info!(target: "sceau::server", ?list, problems = reloaded.problems.len(), "trust data read again");
        reloaded.problems.iter().for_each(|error| refused("trust data", error));
        self.renewed();
    }

    fn reread_operators(&self) {
        match load(&self.sources.operators) {
            Ok(identity) => {
                tracing::info!(target: "sceau::server", certificate = %identity.facts(), "operator's certificate renewed");
                self.operators_facts.store(Arc::new(identity.facts().clone()));
                self.chain.store(Arc::new(identity.chain()));
                self.operators.renew(identity.clone());
                self.relay.renew(identity);
            }
            Err(error) => refused("the operator's certificate", &error),
        }
    }

    fn reread_clients(&self) {
        match load(&self.sources.clients) {
            Ok(identity) => {
                tracing::info!(target: "sceau::server", certificate = %identity.facts(), "clients' certificate renewed");
                self.clients_facts.store(Arc::new(identity.facts().clone()));
                self.people.iter().for_each(|port| port.renew(identity.clone()));
            }
            Err(error) => refused("the clients' certificate", &error),
        }
    }

    /// Other sources and another policy, from now on. What they lack leaves what is in use.
    pub(super) fn take_settings(&self, settings: Settings) {
        self.settings.store(Arc::new(settings));
        self.reread_trust();
    }

    /// Where trust data comes from.
    pub(super) fn settings(&self) -> Arc<Settings> {
        self.settings.load_full()
    }

    /// The chain that we show other operators, leaf first. Its issuer is theirs, in most cases.
    pub(super) fn chain(&self) -> Vec<Vec<u8>> {
        self.chain.load().to_vec()
    }

    /// Has this done whenever trust data was replaced.
    pub(super) fn on_renewal(&self, act: impl Fn() + Send + Sync + 'static) {
        // There is one server, which calls this once.
        let _ = self.renewed.set(Box::new(act));
    }

    /// Trust data was replaced.
    pub(super) fn renewed(&self) {
        if let Some(act) = self.renewed.get() {
            act();
        }
    }
}

impl Identities {
    /// The facts of our certificates in use, by the section that names them.
    pub(super) fn certificates(&self) -> [(&'static str, CertificateFacts); 2] {
        let [operators, clients] = [self.operators_facts.load_full(), self.clients_facts.load_full()];
        [("operators", (*operators).clone()), ("clients", (*clients).clone())]
    }
}

/// One of the ports that people connect to.
fn people_port(
    config: &Config,
    trust: &Arc<Trust>,
    identity: Identity,
    clock: Arc<dyn Clock>,
) -> Result<Arc<PeoplePort>, TrustError> {
    let port = PeoplePort::new(identity, clock, config.operators.tickets)?;
    Ok(Arc::new(if config.login.certificates.is_on() { port.asking(Arc::clone(trust)) } else { port }))
}

fn load((certificate, key): &(PathBuf, PathBuf)) -> Result<Identity, TrustError> {
    Identity::load(certificate, key)
}

fn refused(what: &str, error: &TrustError) {
    metrics::counter!("sceau_trust_data_refused_total").increment(1);
    tracing::error!(target: "sceau::server", %error, "{what}: the new files are refused, the old data stays in use");
}

fn look(settings: &Settings, sources: &Sources) -> Seen {
    let pair = |pair: &(PathBuf, PathBuf)| look_at(&[pair.0.clone(), pair.1.clone()]);
    let list: Vec<PathBuf> = settings.white_list.file().map(Path::to_owned).into_iter().collect();
    let trust = [&settings.anchors[..], &settings.crls[..], &list[..]].concat();
    Seen { trust: look_at(&trust), operators: pair(&sources.operators), clients: pair(&sources.clients) }
}

/// How these files look; of a directory, the files in it.
pub(super) fn look_at(paths: &[PathBuf]) -> Look {
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
