//! The data of one server, opened: mailboxes, queue, ledger, and their keys.

use std::collections::BTreeSet;
use std::fmt;
use std::fs;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::sync::Arc;

use super::incidents::{self, Notes};
use super::lock::DataLock;
use super::operators::Operators;
use super::tide::TideMark;
use super::{settings, signing};
use crate::config::{Config, HostPort};
use crate::flows::{Gate, Gossip, Proofs, Publication, Purge, QueueKeeper, Recorder, Signers, statistics};
use crate::ledger::note::KeyUse;
use crate::ledger::{Policy, SigningKey, Witness};
use crate::mail::{Domain, Edge, Fault};
use crate::net::relay::{Host, RouteTable, Routes};
use crate::queue::{self, Desk};
use crate::seal::keys::MasterKey;
use crate::seal::vault::Vault;
use crate::seal::vault::file::VaultFiles;
use crate::store::{self, Store};

/// Why a server or a command does not start, for the administrator.
#[derive(Debug)]
pub struct StartError(String);

impl StartError {
    /// With this text, which says what to do.
    #[must_use]
    pub fn new(text: impl fmt::Display) -> Self {
        Self(text.to_string())
    }
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for StartError {}

/// Opened data. Whoever has it has the lock on the directory.
pub struct Data {
    /// Mailboxes and everything that is committed with them.
    pub store: Arc<Store>,
    /// Moves leaves from the store into the ledger.
    pub recorder: Arc<Recorder>,
    /// Counts what is refused.
    pub refusals: Arc<statistics::Refusals>,
    /// What is shown of the ledger, and when witnesses signed it.
    pub publication: Arc<Publication>,
    /// Countersigns the logs of peers.
    pub witness: Option<Arc<Witness>>,
    /// Tells the state of our log to peers and hears theirs.
    pub gossip: Arc<Gossip>,
    /// Destroys what is old.
    pub purge: Purge,
    pub(super) notes: Notes,
    pub(super) tide: TideMark,
    /// Exports proofs.
    pub proofs: Arc<Proofs>,
    /// The keys that sign for our domains.
    pub signers: Arc<Signers>,
    /// The ledger's name in proofs, without its year.
    pub ledger_name: String,
    /// Changes the queue for an administrator.
    pub keeper: QueueKeeper,
    /// Gives out what is to leave.
    pub desk: Arc<Desk>,
    /// Where domains go when not where DNS says.
    pub routes: Arc<Routes>,
    /// Who serves which domain.
    pub operators: Arc<Operators>,
    /// This server's name.
    pub host: Domain,
    /// The domains whose mailboxes are here.
    pub domains: BTreeSet<Domain>,
    /// Octets that a new account may take.
    pub quota: u64,
    /// Rounds of PBKDF2 of new SCRAM keys; without it there are none.
    pub scram_iterations: Option<u32>,
    /// Time and chance.
    pub edge: Edge,
    _lock: DataLock,
}

impl Data {
    /// Opens everything; makes keys and an empty store where nothing was yet. Waits for the disk.
    ///
    /// # Errors
    /// What can't be opened, and what to do.
    pub fn open(config: &Config, lock: DataLock, edge: Edge) -> Result<Self, StartError> {
        let data = &config.server.data;
        let signers = Arc::new(signing::signers(config)?);
        let store = open_store(config, &edge)?;
        let ledger_name = settings::ledger_name(config);
        let policy = proofs_policy(config)?;
        let witness = witness(config, &policy, &edge)?;
        let recorder = Arc::new(recorder(config, &store, &policy, &edge)?);
        let (notes, tide) = incidents::note_opening(config, (&store, &recorder))?;
        let publication = Arc::new(Publication::new(settings::shards(config, &edge)));
        let gossip = gossip(data, (&store, &edge), &publication, witness.as_ref());
        let parts = (Arc::clone(&store), Arc::clone(&recorder), Arc::clone(&publication));
        let operators = Arc::new(Operators::new(config, &edge));
        let desk = Arc::new(desk(config, &store, &operators));
        let routes = routes(config, &store).map_err(|fault| StartError::new(format!("routes : {fault}")))?;
        Ok(Self {
            proofs: Arc::new(Proofs::new(parts.0, parts.1, parts.2, policy)),
            keeper: QueueKeeper::new(Arc::clone(&store), Arc::clone(&desk), edge.clone()),
            desk,
            routes: Arc::new(routes),
            operators,
            purge: Purge::new(Arc::clone(&store), edge.clone(), settings::purge(config)),
            notes,
            tide,
            refusals: Arc::new(statistics::Refusals::new(Arc::clone(&store), edge.clone())),
            store,
            recorder,
            publication,
            witness,
            signers,
            gossip: Arc::new(gossip),
            ledger_name,
            host: config.server.name.clone(),
            domains: config.server.domains.iter().cloned().collect(),
            quota: config.store.quota.0,
            scram_iterations: config.login.scram.is_on().then_some(config.login.scram_iterations),
            edge,
            _lock: lock,
        })
    }

    /// Brings the ledger up to date and closes everything. Waits for the disk.
    pub fn close(&self) {
        let recorded = self.recorder.drain_all().and_then(|()| self.recorder.settle());
        if let Err(fault) = recorded {
            tracing::error!(target: "sceau::server", %fault, "the ledger is not up to date; the next start brings it there");
        }
        if let Err(fault) = self.refusals.flush_blocking() {
            tracing::error!(target: "sceau::server", %fault, "the last refusals are missing from the statistics");
        }
        incidents::note_tide(self);
        self.store.close();
    }
}

fn desk(config: &Config, store: &Arc<Store>, operators: &Arc<Operators>) -> Desk {
    let operators = Arc::clone(operators);
    Desk::new(Arc::clone(store), settings::plan(config), Box::new(move |domain| operators.of(domain)))
}

/// The configured routes, and those that were set while a server ran.
fn routes(config: &Config, store: &Store) -> Result<Routes, Fault> {
    let set = queue::routes(store)?.into_iter().filter_map(|(domain, to)| {
        let to = HostPort::parse(&to)?;
        Some((domain, Host { name: to.host, port: to.port }))
    });
    Ok(Routes::new(settings::routes(config), set.collect::<RouteTable>()))
}

/// The mailboxes, under the master key and the vault.
fn open_store(config: &Config, edge: &Edge) -> Result<Arc<Store>, StartError> {
    let data = &config.server.data;
    let master = master_key(&settings::master_key(config), data, edge)?;
    let master = master.with_vault(Arc::new(vault(&settings::vault(config), data, edge)?));
    let cache = config.store.cache.0;
    let store = Store::open_directory(&data.join("store"), store::Settings::default(), cache, master, edge.clone());
    store.map_err(|fault| StartError::new(format!("boîtes de {} : {fault}", data.display())))
}

/// The master key; a new one only where nothing was ever stored, since another key would open nothing.
fn master_key(file: &Path, data: &Path, edge: &Edge) -> Result<MasterKey, StartError> {
    if file.exists() {
        return MasterKey::load(file).map_err(StartError::new);
    }
    if data.join("store").exists() {
        return Err(StartError::new(format!(
            "la clé maîtresse {} manque, et des données existent : remettre la clé depuis sa sauvegarde",
            file.display()
        )));
    }
    let key = MasterKey::create(file, &*edge.chance).map_err(StartError::new)?;
    tracing::warn!(target: "sceau::server", file = %file.display(), "a master key was made: back it up apart from the data");
    Ok(key)
}

/// The vault; a new one only where nothing was ever stored.
fn vault(files: &VaultFiles, data: &Path, edge: &Edge) -> Result<Vault, StartError> {
    let opened =
        if files.are_missing() && !data.join("store").exists() { files.create(&*edge.chance) } else { files.open() };
    opened.map_err(|error| StartError::new(format!("coffre : {error}")))
}

/// The writer of the ledger. Where there are witnesses, nothing is written before a server has asked them what they
/// have seen; a command that opens the data itself does not ask, and leaves what waits to the server.
fn recorder(config: &Config, store: &Arc<Store>, policy: &Policy, edge: &Edge) -> Result<Recorder, StartError> {
    let gate = if policy.witnesses().is_empty() { Gate::Open } else { Gate::Comparing };
    let shards = settings::shards(config, edge);
    let opened = Recorder::open(Arc::clone(store), shards, edge.clone(), gate);
    opened.map_err(|error| StartError::new(format!("journal {} : {error}", settings::ledger_name(config))))
}

fn gossip(
    data: &Path,
    (store, edge): (&Arc<Store>, &Edge),
    publication: &Arc<Publication>,
    witness: Option<&Arc<Witness>>,
) -> Gossip {
    let (publication, parts) = (Arc::clone(publication), (Arc::clone(store), edge.clone()));
    Gossip::new(publication, witness.cloned(), data.join("gossip"), parts)
}

/// Whom we witness and who witnesses us.
///
/// # Errors
/// When the file can't be read or is no policy.
pub fn proofs_policy(config: &Config) -> Result<Policy, StartError> {
    let Some(file) = &config.proofs.policy else { return Ok(Policy::default()) };
    let text = fs::read_to_string(file).map_err(|error| io(file, &error))?;
    Policy::parse(&text).map_err(|error| StartError::new(format!("{} : {error}", file.display())))
}

/// The key with which this server countersigns; made where it is missing.
///
/// # Errors
/// When it can't be read or made.
pub fn witness_key(config: &Config, edge: &Edge) -> Result<SigningKey, StartError> {
    let keys = settings::ledger_keys(config);
    fs::DirBuilder::new().recursive(true).mode(0o700).create(&keys).map_err(|error| io(&keys, &error))?;
    let (file, name) = (keys.join("witness.key"), settings::witness_name(config));
    if !file.exists() && settings::witness_directory(&config.server.data).exists() {
        return Err(StartError::new(format!(
            "la clé de témoin {} manque, et elle a servi : la remettre depuis sa sauvegarde",
            file.display()
        )));
    }
    let key = if file.exists() {
        SigningKey::load(&file, &name, KeyUse::Witness)
    } else {
        SigningKey::create(&file, &name, KeyUse::Witness, &*edge.chance)
    };
    key.map_err(StartError::new)
}

/// A witness for the logs of our policy, where we listen.
fn witness(config: &Config, policy: &Policy, edge: &Edge) -> Result<Option<Arc<Witness>>, StartError> {
    if config.proofs.listen.is_empty() {
        return Ok(None);
    }
    let key = witness_key(config, edge)?;
    let directory = settings::witness_directory(&config.server.data);
    Witness::open(&directory, key, policy.all_logs()).map(|witness| Some(Arc::new(witness))).map_err(StartError::new)
}

fn io(path: &Path, error: &std::io::Error) -> StartError {
    StartError::new(format!("{} : {error}", path.display()))
}
