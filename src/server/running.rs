//! A server from its start to its end.

use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio::net::{TcpListener, UnixListener};
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::control;
use super::data::{Data, StartError};
use super::doors::Doors;
use super::fetching::{self, Fetcher, Plan};
use super::identities::Identities;
use super::incidents;
use super::live::{Gauges, Live};
use super::lock::{DataLock, LockError};
use super::metrics::Exporter;
use super::ocsp::OcspInquiry;
use super::office::Office;
use super::ports::{Addresses, Bound, Plans};
use super::proofs;
use super::refusals::Refusals;
use super::reload::{InForce, Reloader};
use super::revoked::Cutter;
use super::tasks;
use super::{edge, metrics, settings, stats};
use crate::config::Config;
use crate::flows::{Receipts, Relay};
use crate::mail::Edge;
use crate::net::connection::Notice;
use crate::net::http::page;
use crate::net::places::Places;
use crate::net::relay::{SmtpTransport, SystemNames};
use crate::sessions::imap::Imap;

/// Ports that people and programs connect to: submission, submissions, imap, imaps, proofs.
const PEOPLE_PORTS: usize = 5;

/// Starts servers.
pub struct Server;

/// A server that runs. Dropping it ends it at once; [`stop`](Self::stop) lets it finish.
pub struct Running {
    addresses: Addresses,
    office: Arc<Office>,
    notice: watch::Sender<Notice>,
    reread: Arc<Notify>,
    reloader: Arc<Reloader>,
    /// Conversations with peers: ended first.
    conversations: JoinSet<()>,
    /// What goes on by itself: ended when nobody talks any more.
    background: JoinSet<()>,
    stop_within: Duration,
    control: PathBuf,
}

impl Server {
    /// Opens the data, binds every port, and begins to accept.
    ///
    /// # Errors
    /// What is in the way, and what to do. Nothing runs then.
    pub async fn start(config: Config) -> Result<Running, StartError> {
        let edge = edge::system();
        let lock = take_lock(&config)?;
        fetching::first_list(&config, &edge).await?;
        let refusals = Refusals::new(Arc::clone(&edge.clock));
        let identities = Arc::new(Identities::load(&config, &edge, PEOPLE_PORTS, &refusals)?);
        let exporter = metrics::start().map_err(StartError::new)?;
        let bound = bind(&config).await?;
        let page = metrics_page(&config).await?;
        let proofs = proofs::bind(&config).await?;
        let control_path = settings::control_socket(&config);
        let data = open_data(&config, lock, &edge).await?;
        data.operators.follow(&identities.trust);
        incidents::tell_start(&data).await;
        refusals.count_in(&data.refusals);
        let office = Arc::new(Office::new(Arc::clone(&data)));
        let socket = control::bind(&control_path)
            .map_err(|error| StartError::new(format!("{} : {error}", control_path.display())))?;
        let places = bound.iter().map(Bound::places).chain([proofs.places()]).collect();
        let reloader = Arc::new(reloader(&config, &data, &identities, &refusals, places)?);
        let mut running = Running {
            addresses: addresses(&bound, &proofs),
            office,
            notice: watch::channel(Notice::None).0,
            reread: Arc::new(Notify::new()),
            reloader,
            conversations: JoinSet::new(),
            background: JoinSet::new(),
            stop_within: config.server.stop_within,
            control: control_path,
        };
        running.go_live(exporter, refusals, page);
        running.show_proofs((&config, &data), &identities, proofs)?;
        running.serve(&identities, bound);
        running.run_background(&config, &data, &identities);
        running.take_requests(socket);
        tracing::info!(target: "sceau::server", version = env!("CARGO_PKG_VERSION"), addresses = %running.addresses, "started");
        Ok(running)
    }
}

impl Running {
    /// Where it listens.
    #[must_use]
    pub fn addresses(&self) -> &Addresses {
        &self.addresses
    }

    /// Who answers an administrator.
    #[must_use]
    pub fn office(&self) -> &Office {
        &self.office
    }

    /// Says which file the settings came from, so that it is read again when it changes.
    pub fn watch(&self, file: PathBuf) {
        self.reloader.watch(file);
    }

    /// Reads the settings again, and looks whether certificates, lists and anchors have changed; at once.
    pub fn reread(&self) {
        self.reread.notify_one();
    }

    /// Ends: no new conversations, the present ones are told and finish within the configured time, the queue and the
    /// ledger come to rest, the data is closed.
    pub async fn stop(mut self) {
        self.notice.send_replace(Notice::ShutDown);
        let ended = timeout(self.stop_within, async { while self.conversations.join_next().await.is_some() {} }).await;
        if ended.is_err() {
            tracing::warn!(target: "sceau::server", "some conversations did not end in time and are cut");
            self.conversations.shutdown().await;
        }
        self.background.shutdown().await;
        // Whether it is there or not, the next server replaces it.
        let _ = fs::remove_file(&self.control);
        self.office.close().await;
        tracing::info!(target: "sceau::server", "stopped");
    }

    fn go_live(&mut self, exporter: Exporter, refusals: Arc<Refusals>, page: Option<TcpListener>) {
        let Reloader { data, identities, places, fetcher, cutter, inquiry, .. } = &*self.reloader;
        identities.operators.inquires(Arc::clone(inquiry) as _);
        identities.relay.inquires(Arc::clone(inquiry) as _);
        identities.people.iter().for_each(|port| port.inquires(Arc::clone(inquiry) as _));
        let cutter = Arc::clone(cutter);
        identities.on_renewal(move || cutter.cut());
        self.background.spawn(Arc::clone(fetcher).lists());
        self.background.spawn(Arc::clone(fetcher).crls());
        let (data, identities) = (Arc::clone(data), Arc::clone(identities));
        let gauges = Gauges { exporter, data, identities, places: places.clone() };
        let live = Arc::new(Live { gauges, refusals, fetcher: Arc::clone(fetcher) });
        self.office.goes_live(Arc::clone(&live));
        if let Some(page) = page {
            let text: page::Text = Arc::new(move || live.gauges.text());
            self.background.spawn(page::serve(page, "/metrics", metrics::TEXT_KIND, text));
        }
    }

    fn take_requests(&mut self, socket: UnixListener) {
        let office = Arc::clone(&self.office);
        self.background.spawn(control::serve(socket, move |request| {
            let office = Arc::clone(&office);
            async move { office.answer(request).await }
        }));
    }

    /// The proofs' port, and the publisher.
    fn show_proofs(
        &mut self,
        (config, data): (&Config, &Arc<Data>),
        identities: &Identities,
        bound: proofs::Bound,
    ) -> Result<(), StartError> {
        let tls = Arc::clone(&identities.people[PEOPLE_PORTS - 1]);
        let shutdown = self.notice.subscribe();
        proofs::open_door(&mut self.conversations, (config, data), bound, tls, &shutdown)?;
        let witnessing = proofs::witnessing(config, data)?;
        self.background.spawn(proofs::publish(witnessing, config.proofs.publish_every));
        self.background.spawn(proofs::check_gossip(proofs::web(config, data)?, Arc::clone(data)));
        if let Some(anchoring) = proofs::anchoring(config, data)? {
            self.background.spawn(proofs::anchor(anchoring, config.proofs.time_stamp_every));
        }
        Ok(())
    }

    /// Every conversation begins at the doors that are open then: a reload puts others there.
    fn serve(&mut self, identities: &Identities, bound: [Bound; 5]) {
        let doors = || Arc::clone(&self.reloader.doors);
        let (tasks, shutdown) = (&mut self.conversations, &self.notice.subscribe());
        let tls = |port: usize| Arc::clone(&identities.people[port]);
        let [smtp, submission, submissions, imap, imaps] = bound;
        let operators = doors();
        let port = Arc::clone(&identities.operators);
        smtp.serve(tasks, port as _, shutdown, move |peer| operators.load().operators.open(peer));
        for (port, bound) in [submission, submissions].into_iter().enumerate() {
            let people = doors();
            bound.serve(tasks, tls(port), shutdown, move |peer| people.load().people.open(peer));
        }
        for (port, bound) in [imap, imaps].into_iter().enumerate() {
            let doors = doors();
            let open = move |peer| Imap::new(Arc::clone(&doors.load().mailboxes), peer);
            bound.serve(tasks, tls(2 + port), shutdown, open);
        }
    }

    fn run_background(&mut self, config: &Config, data: &Arc<Data>, identities: &Identities) {
        self.relay(config, data, identities);
        let receipts = Receipts::new(
            Arc::clone(&data.store),
            Arc::clone(&data.proofs),
            Arc::clone(&identities.trust),
            data.edge.clone(),
            settings::receipts(config, &data.ledger_name),
        );
        self.background.spawn(tasks::receipts(receipts.signing(Arc::clone(&data.signers))));
        self.background.spawn(tasks::warn_of_dates(Arc::clone(&self.reloader), data.edge.clone()));
        self.background.spawn(tasks::record(Arc::clone(&data.recorder)));
        self.background.spawn(stats::write_refusals(Arc::clone(&data.refusals)));
        self.background.spawn(tasks::reread(
            Arc::clone(&self.reloader),
            config.trust.reread_every,
            Arc::clone(&self.reread),
        ));
        self.background.spawn(tasks::purge(Arc::clone(data)));
        self.background.spawn(incidents::watch(Arc::clone(data)));
    }

    fn relay(&mut self, config: &Config, data: &Arc<Data>, identities: &Identities) {
        let (tls, trust) = (Arc::clone(&identities.relay), Arc::clone(&identities.trust));
        let (settings, routes, names) = (settings::transport(config), Arc::clone(&data.routes), SystemNames::new());
        let transport = SmtpTransport::new(settings, routes, names, tls, trust, data.edge.clone());
        self.reloader.cutter.also(transport.waiting());
        let (store, desk) = (Arc::clone(&data.store), Arc::clone(&data.desk));
        let relay = Relay::new(store, desk, transport, data.edge.clone(), settings::relay(config));
        let relay = relay.serving(config.server.domains.iter().cloned().collect());
        let relay = Arc::new(relay.telling(Arc::clone(&data.gossip)));
        let connections = Arc::new(AtomicUsize::new(settings::count(config.relay.connections)));
        let stop = self.notice.subscribe();
        // Attempts under way at the end are conversations: they may finish.
        self.conversations.spawn(tasks::relay(Arc::clone(&relay), Arc::clone(&connections), stop));
        let data = Arc::clone(data);
        self.reloader.reloads_relay(Box::new(move |config| {
            relay.reload(settings::relay(config));
            relay.transport().keep_per_host(settings::count(config.relay.connections_per_operator));
            connections.store(settings::count(config.relay.connections), Ordering::Relaxed);
            data.routes.configure(settings::routes(config));
            data.desk.reload(settings::plan(config));
        }));
    }
}

fn take_lock(config: &Config) -> Result<DataLock, StartError> {
    DataLock::take(&config.server.data).map_err(|error| match error {
        LockError::Held { by, .. } => StartError::new(format!(
            "{} sert déjà au processus {by} : un seul serveur ou une seule commande à la fois",
            config.server.data.display()
        )),
        LockError::Io { .. } => StartError::new(format!("données inaccessibles : {error}")),
    })
}

/// Opens the data without holding up the runtime.
///
/// # Errors
/// What can't be opened, and what to do.
pub async fn open_data(config: &Config, lock: DataLock, edge: &Edge) -> Result<Arc<Data>, StartError> {
    let (config, edge) = (config.clone(), edge.clone());
    let opened = tokio::task::spawn_blocking(move || Data::open(&config, lock, edge)).await;
    opened.map_err(StartError::new)?.map(Arc::new)
}

async fn bind(config: &Config) -> Result<[Bound; 5], StartError> {
    let plans = Plans::of(config);
    Ok([
        plans.smtp.bind().await.map_err(StartError::new)?,
        plans.submission.bind().await.map_err(StartError::new)?,
        plans.submissions.bind().await.map_err(StartError::new)?,
        plans.imap.bind().await.map_err(StartError::new)?,
        plans.imaps.bind().await.map_err(StartError::new)?,
    ])
}

fn reloader(
    config: &Config,
    data: &Arc<Data>,
    identities: &Arc<Identities>,
    refusals: &Arc<Refusals>,
    places: Vec<(&'static str, Arc<Places>)>,
) -> Result<Reloader, StartError> {
    let (edge, trust) = (&data.edge, &identities.trust);
    let doors = Doors::new(config, data, trust, refusals)?;
    let (cut, operators) = (config.trust.cut_revoked_sessions, Arc::clone(&places[0].1));
    let cutter = Arc::new(Cutter::new(cut, Arc::clone(trust), Arc::clone(&edge.clock), operators));
    let keep = config.trust.crl_every;
    Ok(Reloader {
        in_force: Mutex::new(InForce::new(config.clone())),
        data: Arc::clone(data),
        doors: Arc::new(ArcSwap::from_pointee(doors)),
        places,
        identities: Arc::clone(identities),
        fetcher: Arc::new(Fetcher::new(Plan::of(config), Arc::clone(identities), edge.clone())),
        inquiry: Arc::new(OcspInquiry::new(Arc::clone(trust), Arc::clone(&cutter), edge.clone(), keep)),
        cutter,
        relay: OnceLock::new(),
    })
}

/// Where metrics are served: on this machine only, since whoever reads them need not say who they are.
async fn metrics_page(config: &Config) -> Result<Option<TcpListener>, StartError> {
    let Some(address) = config.metrics.listen else { return Ok(None) };
    if !address.ip().is_loopback() {
        return Err(StartError::new(format!(
            "[metrics] listen = {address} : seulement la boucle locale, par exemple \"127.0.0.1:9464\""
        )));
    }
    let bound = TcpListener::bind(address).await;
    bound.map(Some).map_err(|error| StartError::new(format!("[metrics] listen = {address} : {error}")))
}

fn addresses(bound: &[Bound; 5], proofs: &proofs::Bound) -> Addresses {
    let mut addresses = Addresses::default();
    bound.iter().for_each(|bound| bound.enter(&mut addresses));
    addresses.add(proofs::SERVICE, &proofs.listeners);
    addresses
}
