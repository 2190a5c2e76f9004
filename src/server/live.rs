//! What only a running server knows and can do, for whoever asks it: its metrics, its trust data.

use std::sync::Arc;

use super::data::Data;
use super::evidence;
use super::fetching::Fetcher;
use super::identities::Identities;
use super::metrics::Exporter;
use super::refusals::Refusals;
use crate::mail::Time;
use crate::net::places::Places;
use crate::queue;
use crate::trust::{AttributeType, CertificateFacts, DistinguishedName};

/// The parts of a running server that a request may reach.
pub(super) struct Live {
    pub(super) gauges: Gauges,
    pub(super) refusals: Arc<Refusals>,
    pub(super) fetcher: Arc<Fetcher>,
}

/// What is measured when somebody looks.
pub(super) struct Gauges {
    pub(super) exporter: Exporter,
    pub(super) data: Arc<Data>,
    pub(super) identities: Arc<Identities>,
    pub(super) places: Vec<(&'static str, Arc<Places>)>,
}

impl Gauges {
    /// Everything that was counted, and everything that is, now. Waits for the disk.
    pub(super) fn text(&self) -> String {
        self.refresh(self.data.edge.now());
        self.exporter.text()
    }

    fn refresh(&self, now: Time) {
        for (service, places) in &self.places {
            set("sceau_connections", "service", service, places.count());
            set("sceau_connections_limit", "service", service, places.limits().total);
        }
        match (queue::count(&self.data.store), self.data.store.pending_count()) {
            (Ok(items), Ok(pending)) => {
                metrics::gauge!("sceau_queue_items").set(precise(items));
                metrics::gauge!("sceau_ledger_pending").set(precise(pending));
            }
            (Err(fault), _) | (_, Err(fault)) => {
                tracing::error!(target: "sceau::server", %fault, "queue and ledger can't be measured");
            }
        }
        self.ledger();
        self.trust(now);
    }

    fn ledger(&self) {
        let facts = match evidence::ledger(&self.data) {
            Ok(facts) => facts,
            Err(fault) => {
                tracing::error!(target: "sceau::server", %fault, "the ledger can't be measured");
                return;
            }
        };
        metrics::gauge!("sceau_ledger_leaves").set(precise(facts.size));
        metrics::gauge!("sceau_ledger_held").set(precise(facts.held.is_some().into()));
        // Where no witness is asked, none is missing.
        if self.data.proofs.policy().asks_witnesses() {
            metrics::gauge!("sceau_witness_quorum").set(precise(facts.quorum.into()));
        }
    }

    fn trust(&self, now: Time) {
        let snapshot = self.identities.trust.snapshot();
        metrics::gauge!("sceau_white_list_age_seconds").set(seconds(snapshot.list.generated(), now));
        metrics::gauge!("sceau_white_list_left_seconds").set(seconds(now, snapshot.list_end()));
        metrics::gauge!("sceau_white_list_rows").set(precise(snapshot.list.rows().len() as u64));
        for crl in snapshot.revocation.facts() {
            let issuer = common_name(&crl.issuer);
            metrics::gauge!("sceau_crl_age_seconds", "issuer" => issuer.clone()).set(seconds(crl.this_update, now));
            metrics::gauge!("sceau_crl_left_seconds", "issuer" => issuer).set(seconds(now, crl.next_update));
        }
        let left = |facts: &CertificateFacts, of: String| {
            metrics::gauge!("sceau_certificate_left_seconds", "of" => of).set(seconds(now, facts.not_after));
        };
        for (of, facts) in self.identities.certificates() {
            left(&facts, of.to_owned());
        }
        for authority in snapshot.anchors.authorities() {
            left(authority, common_name(&authority.subject));
        }
    }
}

/// An authority's common name: public, and one of a handful.
fn common_name(name: &DistinguishedName) -> String {
    let common_name = AttributeType::common_name();
    let first = name.values(&common_name).next().map(ToString::to_string);
    first.unwrap_or_else(|| name.to_string())
}

fn set(name: &'static str, label: &'static str, value: &'static str, count: usize) {
    metrics::gauge!(name, label => value).set(precise(count as u64));
}

fn seconds(from: Time, to: Time) -> f64 {
    // Exact for 285 million years.
    #[expect(clippy::cast_precision_loss, reason = "milliseconds of a span that people configure")]
    let millis = to.0.saturating_sub(from.0) as f64;
    millis / 1000.0
}

#[expect(clippy::cast_precision_loss, reason = "counts of things in memory and on disk")]
fn precise(count: u64) -> f64 {
    count as f64
}
