//! The proofs' port and the publisher: what others may read of the ledger, and the witnesses that countersign it.

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};

use super::data::{Data, StartError};
use super::settings::count;
use super::web::HttpWeb;
use crate::config::Config;
use crate::flows::{Anchoring, Auditors, ProofsDoor, Witnessing};
use crate::net::connection::{Notice, TlsPort};
use crate::net::http::server::{HttpService, serve};
use crate::net::listener::{Limits, Listener};
use crate::net::places::Places;
use crate::trust::load_anchors;

/// How often what was heard of peers' logs is compared with what they show.
const GOSSIP_EVERY: Duration = Duration::from_secs(3600);

/// The service's name in the log and among the addresses.
pub(super) const SERVICE: &str = "proofs";

/// The ports, bound, and the places that they share.
pub(super) struct Bound {
    pub(super) listeners: Vec<Listener>,
    places: Arc<Places>,
}

impl Bound {
    /// For those who count.
    pub(super) fn places(&self) -> (&'static str, Arc<Places>) {
        (SERVICE, Arc::clone(&self.places))
    }
}

/// Takes the ports.
pub(super) async fn bind(config: &Config) -> Result<Bound, StartError> {
    let section = &config.proofs;
    let mut listeners = Vec::with_capacity(section.listen.len());
    for address in &section.listen {
        listeners.push(Listener::bind(SERVICE, *address).await.map_err(StartError::new)?);
    }
    let limits = Limits { total: count(section.connections), per_address: count(section.connections_per_address) };
    Ok(Bound { listeners, places: Places::new(limits) })
}

/// Answers on these ports.
pub(super) fn open_door(
    tasks: &mut JoinSet<()>,
    (config, data): (&Config, &Data),
    bound: Bound,
    tls: Arc<dyn TlsPort>,
    shutdown: &watch::Receiver<Notice>,
) -> Result<(), StartError> {
    let parts = (Arc::clone(&data.store), data.edge.clone());
    let publication = Arc::clone(&data.publication);
    let door = ProofsDoor::new(publication, data.witness.clone(), auditors(config)?, parts);
    let service = Arc::new(HttpService { name: SERVICE, tls, places: bound.places, handler: Arc::new(door) });
    for listener in bound.listeners {
        tasks.spawn(Box::pin(serve(listener, Arc::clone(&service), shutdown.clone())));
    }
    Ok(())
}

fn auditors(config: &Config) -> Result<Auditors, StartError> {
    let Some(file) = &config.proofs.auditors else { return Ok(Auditors::default()) };
    let text = fs::read_to_string(file).map_err(|error| StartError::new(format!("{} : {error}", file.display())))?;
    Auditors::parse(&text).map_err(|line| {
        StartError::new(format!("{}, ligne {line} : il faut « nom sha256:<empreinte en hexadécimal> »", file.display()))
    })
}

/// Shows what is new in the log, and asks the witnesses.
pub(super) fn witnessing(config: &Config, data: &Data) -> Result<Witnessing<HttpWeb>, StartError> {
    let web = web(config, data)?;
    let (recorder, publication) = (Arc::clone(&data.recorder), Arc::clone(&data.publication));
    Ok(Witnessing::new(web, recorder, publication, data.proofs.policy().clone(), data.edge.clone()))
}

/// The web with the anchors of our peers.
pub(super) fn web(config: &Config, data: &Data) -> Result<HttpWeb, StartError> {
    HttpWeb::new(config, &data.edge)
}

/// The time-stamp authority, where there is one.
pub(super) fn anchoring(config: &Config, data: &Data) -> Result<Option<Anchoring<HttpWeb>>, StartError> {
    let Some(url) = config.proofs.time_stamps.clone() else { return Ok(None) };
    let authorities = load_anchors(&config.proofs.time_stamp_anchors).map_err(StartError::new)?;
    let parts = (Arc::clone(&data.store), Arc::clone(&data.publication));
    let web = web(config, data)?.with_clear_text();
    Ok(Some(Anchoring::new(web, parts, data.edge.clone(), url, authorities)))
}

/// Has the log stamped, by itself.
pub(super) async fn anchor(anchoring: Anchoring<HttpWeb>, every: Duration) {
    let mut clock = interval(every);
    clock.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        clock.tick().await;
        if let Err(fault) = Box::pin(anchoring.round()).await {
            tracing::warn!(target: "sceau::server", %fault, "the state of the log was not time-stamped; tried again next time");
        }
    }
}

/// Compares what was heard of peers' logs with what they show, by itself.
pub(super) async fn check_gossip(web: HttpWeb, data: Arc<Data>) {
    let mut clock = interval(GOSSIP_EVERY);
    loop {
        clock.tick().await;
        if let Err(fault) = Box::pin(data.gossip.check(&web, data.proofs.policy().all_logs())).await {
            tracing::error!(target: "sceau::server", %fault, "what was heard of peers' logs could not be judged");
        }
    }
}

/// Goes on by itself.
pub(super) async fn publish(witnessing: Witnessing<HttpWeb>, every: Duration) {
    let mut clock = interval(every);
    clock.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        clock.tick().await;
        if let Err(fault) = Box::pin(witnessing.round()).await {
            tracing::error!(target: "sceau::server", %fault, "the state of the log could not be published");
        }
    }
}
