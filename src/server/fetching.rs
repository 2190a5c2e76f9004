//! Fetches white list and revocation lists, by schedule and when asked. What may replace what, `trust` decides.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::task::spawn_blocking;
use tokio::time::{sleep, timeout};

use super::data::StartError;
use super::identities::Identities;
use super::settings;
use crate::config::Config;
use crate::mail::{Clock, Edge, Time, hex};
use crate::net::http::{ClearText, Client, Conditions, Fetched, HttpError, Request, Settings as HttpSettings, Url};
use crate::trust::schedule::wait;
use crate::trust::{Anchors, CrlFacts, ListSource, Offered, Settings, Shrink, TrustError, crl_addresses, load_anchors};

/// The white list has 4 MB; a hospital's line may be slow.
const LIST_WITHIN: Duration = Duration::from_secs(300);
const CRL_WITHIN: Duration = Duration::from_secs(60);
/// IGC-Santé's revocation lists have well below 1 MB.
const CRL_MAX: usize = 32 << 20;
/// Addresses of revocation lists that certificates may add.
const ADDRESSES_MAX: usize = 32;

/// What is fetched, from where, how often.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The white list's address.
    pub list: Option<Url>,
    /// The anchors of its server; empty: those of peers.
    pub list_anchors: Vec<PathBuf>,
    /// How often.
    pub list_every: Duration,
    /// Addresses of revocation lists.
    pub crls: Vec<Url>,
    /// Those in certificates too.
    pub crls_of_certificates: bool,
    /// How often.
    pub crl_every: Duration,
}

impl Plan {
    /// As the configuration says.
    #[must_use]
    pub fn of(config: &Config) -> Self {
        let section = &config.trust;
        Self {
            list: section.white_list_url.clone(),
            list_anchors: section.white_list_url_anchors.clone(),
            list_every: section.white_list_every,
            crls: section.crl_urls.clone(),
            crls_of_certificates: section.crl_from_certificates,
            crl_every: section.crl_every,
        }
    }

    /// A client for the white list's server.
    fn client(
        &self,
        anchors: Anchors,
        crls: Vec<Vec<u8>>,
        most: usize,
        clock: Arc<dyn Clock>,
    ) -> Result<Client, TrustError> {
        let anchors = if self.list_anchors.is_empty() { anchors } else { load_anchors(&self.list_anchors)? };
        let bounds = HttpSettings { within: LIST_WITHIN, body_max: most, ..HttpSettings::default() };
        Client::with_crls(anchors, crls, bounds, clock)
    }
}

/// Fetches the white list once, without a server: what `sceau trust list fetch` does then.
///
/// # Errors
/// Why it was not fetched, or not taken.
pub async fn fetch_at_rest(config: &Config, shrink: Shrink, edge: &Edge) -> Result<Offered, TrustError> {
    let (plan, settings) = (Plan::of(config), settings::trust(config));
    let Some(url) = &plan.list else {
        let Some(file) = &config.trust.white_list else { return Err(no_source()) };
        let xml = std::fs::read(file).map_err(|error| unreadable(&error).in_file(file))?;
        return settings.offer_at_rest(&xml, &file.display().to_string(), shrink, edge.now());
    };
    let client = plan.client(settings.anchors()?, Vec::new(), settings.limits.bytes, Arc::clone(&edge.clock))?;
    match client.fetch(Request::get(url)).await.map_err(|error| not_fetched(&error))? {
        Fetched::Fresh { body, .. } => settings.offer_at_rest(&body, &url.to_string(), shrink, edge.now()),
        Fetched::Unchanged => Ok(Offered::Same),
    }
}

/// Before the first start there is no list to judge with: it is waited for. Later starts take the newest kept one, and
/// fetch when they run.
pub(super) async fn first_list(config: &Config, edge: &Edge) -> Result<(), StartError> {
    let settings = settings::trust(config);
    let kept = settings::white_lists(config).lists().is_ok_and(|lists| !lists.is_empty());
    if kept || !matches!(settings.white_list, ListSource::Fetched { seed: None }) {
        return Ok(());
    }
    tracing::info!(target: "sceau::trust", "the first white list is fetched");
    fetch_at_rest(config, Shrink::Refused, edge).await.map(drop).map_err(StartError::new)
}

fn no_source() -> TrustError {
    TrustError::new("the white list has no source", "give [trust] white_list_url, or a file as white_list")
}

fn unreadable(error: &std::io::Error) -> TrustError {
    TrustError::new(error.to_string(), "check the path in the configuration and the file's permissions")
}

fn not_fetched(error: &HttpError) -> TrustError {
    TrustError::new(
        error.to_string(),
        "check the address in [trust], the network and the server's anchors; what is in use stays",
    )
}

/// Fetches for a running server.
pub(super) struct Fetcher {
    identities: Arc<Identities>,
    plan: arc_swap::ArcSwap<Plan>,
    edge: Edge,
    replanned: Notify,
    /// What the last good answer of the white list's address said about itself.
    known: Mutex<Option<(Url, Conditions)>>,
}

/// What is known of one revocation list's address.
#[derive(Default)]
struct Source {
    known: Conditions,
    next_update: Option<Time>,
    failures: u32,
    due: Time,
}

impl Fetcher {
    pub(super) fn new(plan: Plan, identities: Arc<Identities>, edge: Edge) -> Self {
        Self {
            identities,
            plan: arc_swap::ArcSwap::from_pointee(plan),
            edge,
            replanned: Notify::new(),
            known: Mutex::default(),
        }
    }

    /// Another plan, from now on.
    pub(super) fn replan(&self, plan: Plan) {
        self.plan.store(Arc::new(plan));
        self.replanned.notify_one();
    }

    /// Fetches the white list, or reads its file, now.
    pub(super) async fn list(&self, shrink: Shrink) -> Result<Offered, TrustError> {
        let (plan, settings) = (self.plan.load_full(), self.identities.settings());
        let offered = match &plan.list {
            Some(url) => self.fetch_list(&plan, url, settings, shrink).await,
            None => self.reread_list(settings, shrink).await,
        };
        let outcome = match &offered {
            Ok(Offered::Taken(diff)) => {
                let (added, removed) = (diff.added.len(), diff.removed.len());
                tracing::info!(target: "sceau::trust", added, removed, "a new white list is in force");
                "taken"
            }
            Ok(Offered::Same) => "same",
            Err(error) => {
                tracing::error!(target: "sceau::trust", %error, "no new white list: the one in use stays");
                "refused"
            }
        };
        metrics::counter!("sceau_white_list_offers_total", "outcome" => outcome).increment(1);
        offered
    }

    async fn fetch_list(
        &self,
        plan: &Plan,
        url: &Url,
        settings: Arc<Settings>,
        shrink: Shrink,
    ) -> Result<Offered, TrustError> {
        let snapshot = self.identities.trust.snapshot();
        let (anchors, crls, most) = (snapshot.anchors.clone(), snapshot.revocation.ders(), settings.limits.bytes);
        let client = plan.client(anchors, crls, most, Arc::clone(&self.edge.clock))?;
        let known = self.known(url).unwrap_or_default();
        let fetched = client.fetch(Request::get(url).unless(&known)).await.map_err(|error| not_fetched(&error))?;
        let Fetched::Fresh { body, conditions } = fetched else { return Ok(Offered::Same) };
        let offered = self.offer(settings, body, url.to_string(), shrink).await?;
        // Only now: a list that was refused is to be fetched and refused again, loudly.
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = Some((url.clone(), conditions));
        Ok(offered)
    }

    fn known(&self, url: &Url) -> Option<Conditions> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.as_ref().filter(|(of, _)| of == url).map(|(_, conditions)| conditions.clone())
    }

    async fn reread_list(&self, settings: Arc<Settings>, shrink: Shrink) -> Result<Offered, TrustError> {
        let Some(file) = settings.white_list.file().map(ToOwned::to_owned) else { return Err(no_source()) };
        let path = file.clone();
        let xml =
            in_background(move || std::fs::read(&path).map_err(|error| unreadable(&error).in_file(&path))).await?;
        self.offer(settings, xml, file.display().to_string(), shrink).await
    }

    async fn offer(
        &self,
        settings: Arc<Settings>,
        xml: Vec<u8>,
        source: String,
        shrink: Shrink,
    ) -> Result<Offered, TrustError> {
        let (identities, now) = (Arc::clone(&self.identities), self.edge.now());
        in_background(move || identities.trust.offer(&settings, &xml, &source, shrink, now)).await
    }

    /// Fetches the white list for ever.
    pub(super) async fn lists(self: Arc<Self>) {
        let mut failures = 0;
        loop {
            if self.plan.load().list.is_some() {
                failures = if self.list(Shrink::Refused).await.is_ok() { 0 } else { failures + 1 };
            }
            let every = self.plan.load().list_every;
            let pause = wait(every, None, failures, self.edge.now(), self.chance());
            // A new address is not waited for.
            let _ = timeout(pause, self.replanned.notified()).await;
        }
    }

    /// Fetches revocation lists for ever.
    pub(super) async fn crls(self: Arc<Self>) {
        let mut sources: HashMap<Url, Source> = HashMap::new();
        loop {
            let (plan, now) = (self.plan.load_full(), self.edge.now());
            let addresses = self.crl_addresses(&plan);
            sources.retain(|url, _| addresses.contains(url));
            for url in addresses {
                let source = sources.entry(url.clone()).or_default();
                if source.due <= now {
                    self.fetch_crl(&url, source).await;
                    let wait = wait(plan.crl_every, source.next_update, source.failures, now, self.chance());
                    source.due = Time(now.0.saturating_add(i64::try_from(wait.as_millis()).unwrap_or(i64::MAX)));
                }
            }
            let next = sources.values().map(|source| source.due.0).min().unwrap_or(i64::MAX);
            let left = u64::try_from(next.saturating_sub(self.edge.now().0)).unwrap_or(0);
            // New certificates and a new plan may bring other addresses.
            sleep(Duration::from_millis(left).clamp(Duration::from_millis(100), Duration::from_secs(60))).await;
        }
    }

    /// The addresses of the plan, then those in certificates, each once.
    fn crl_addresses(&self, plan: &Plan) -> Vec<Url> {
        let mut addresses = plan.crls.clone();
        if plan.crls_of_certificates {
            let snapshot = self.identities.trust.snapshot();
            let authorities = snapshot.anchors.authority_ders().iter().map(|der| der.as_ref().to_vec());
            for der in authorities.chain(self.identities.chain()) {
                addresses.extend(crl_addresses(&der).iter().filter_map(|text| text.parse::<Url>().ok()));
            }
        }
        let mut told = std::collections::HashSet::new();
        addresses.retain(|url| told.insert(url.clone()));
        addresses.truncate(plan.crls.len() + ADDRESSES_MAX);
        addresses
    }

    async fn fetch_crl(&self, url: &Url, source: &mut Source) {
        let outcome = match self.try_crl(url, &source.known).await {
            Ok(Some((facts, conditions))) => {
                source.next_update = facts.iter().map(|facts| facts.next_update).min();
                source.known = conditions;
                source.failures = 0;
                "taken"
            }
            Ok(None) => {
                source.failures = 0;
                "same"
            }
            Err(error) => {
                source.failures += 1;
                tracing::error!(target: "sceau::trust", %url, failures = source.failures, %error,
                    "no new revocation list: the one in use stays");
                "refused"
            }
        };
        metrics::counter!("sceau_crl_offers_total", "outcome" => outcome).increment(1);
    }

    async fn try_crl(&self, url: &Url, known: &Conditions) -> Result<Option<(Vec<CrlFacts>, Conditions)>, TrustError> {
        let bounds = HttpSettings {
            within: CRL_WITHIN,
            body_max: CRL_MAX,
            clear_text: ClearText::Allowed,
            ..HttpSettings::default()
        };
        let anchors = self.identities.trust.snapshot().anchors.clone();
        let client = Client::new(anchors, bounds, Arc::clone(&self.edge.clock))?;
        let fetched = client.fetch(Request::get(url).unless(known)).await.map_err(|error| not_fetched(&error))?;
        let Fetched::Fresh { body, conditions } = fetched else { return Ok(None) };
        let (identities, settings, now) = (Arc::clone(&self.identities), self.identities.settings(), self.edge.now());
        let name = format!("{}.crl", &hex(&digest(&url.to_string()))[..32]);
        let facts = in_background(move || {
            let facts = identities.trust.offer_crl(&settings, &body, &name, now)?;
            identities.renewed();
            Ok(facts)
        });
        Ok(Some((facts.await?, conditions)))
    }

    fn chance(&self) -> u32 {
        u32::from_be_bytes(self.edge.bytes())
    }
}

/// Parsing and writing wait for the processor and the disk.
async fn in_background<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, TrustError> + Send + 'static,
) -> Result<T, TrustError> {
    let done = spawn_blocking(work).await;
    done.unwrap_or_else(|error| Err(TrustError::new(error.to_string(), "this is a bug of Sceau")))
}

fn digest(text: &str) -> Vec<u8> {
    aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, text.as_bytes()).as_ref().to_vec()
}
