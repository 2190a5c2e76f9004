//! Metrics: what is counted and measured, and its text in Prometheus' form.
//!
//! # How to add one
//!
//! 1. Give it a line in [`TABLE`]: name, kind, and what it says, in English. Names begin with `sceau_`; counters end in
//!    `_total`, spans and moments in `_seconds`, sizes in `_bytes`.
//! 2. Count it where it happens, in whatever layer: `metrics::counter!("sceau_…_total", "label" => word).increment(1)`.
//!    Labels are words out of a short fixed list (a service, a reason, a status) — **never** an address, an account, a
//!    domain of a person, a name, an identifier: whoever reads metrics reads no personal data, and each value costs
//!    memory for ever.
//! 3. What is a state and not an event (a length, an age) is a gauge that is set when somebody looks:
//!    `Gauges::refresh` in `server/live.rs` is the one place.
//!
//! A test compares the table with the code, both ways.

use std::fmt;
use std::sync::OnceLock;

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

/// The kinds of metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Only grows, until the server starts anew.
    Counter,
    /// A state.
    Gauge,
    /// A distribution.
    Histogram,
}

/// Everything that is counted or measured: name, kind, what it says.
pub const TABLE: &[(&str, Kind, &str)] = &[
    ("sceau_certificate_left_seconds", Kind::Gauge, "Time until one of our certificates or an authority ends, by use"),
    ("sceau_configuration_refused_total", Kind::Counter, "Configuration files that were read again and refused"),
    ("sceau_connections", Kind::Gauge, "Connections now, by service"),
    ("sceau_connections_limit", Kind::Gauge, "Connections that may be at once, by service"),
    ("sceau_connections_refused_total", Kind::Counter, "Connections that found no place, by service"),
    ("sceau_connections_total", Kind::Counter, "Connections taken, by service"),
    ("sceau_crl_age_seconds", Kind::Gauge, "Time since the publication of a revocation list, by issuer"),
    ("sceau_crl_left_seconds", Kind::Gauge, "Time until a revocation list's next update is due, by issuer"),
    ("sceau_crl_offers_total", Kind::Counter, "Answers of revocation lists' addresses, by outcome"),
    ("sceau_ledger_held", Kind::Gauge, "Whether the log is held because a witness has seen another: 1, or 0"),
    ("sceau_ledger_leaves", Kind::Gauge, "Leaves of the log's present shard"),
    ("sceau_ledger_pending", Kind::Gauge, "Events that wait for the ledger"),
    ("sceau_messages_in_total", Kind::Counter, "Messages taken, by service"),
    ("sceau_ocsp_answers_total", Kind::Counter, "Answers by OCSP, by outcome"),
    ("sceau_peers_refused_total", Kind::Counter, "Operators refused, by direction and reason"),
    ("sceau_queue_items", Kind::Gauge, "Recipients in the queue"),
    ("sceau_recipients_out_total", Kind::Counter, "Recipients tried at other operators, by outcome"),
    ("sceau_refusals_total", Kind::Counter, "Refusals in SMTP, by service, stage and enhanced status"),
    ("sceau_sessions_cut_total", Kind::Counter, "Sessions ended because their certificate was revoked"),
    ("sceau_store_group_writes", Kind::Histogram, "Writes that one commit made durable"),
    ("sceau_token_keys_fetched_total", Kind::Counter, "Keys of identity providers that were asked for, by outcome"),
    ("sceau_tokens_total", Kind::Counter, "Tokens of identity providers that were shown at a login, by outcome"),
    ("sceau_trust_data_refused_total", Kind::Counter, "Changed files that were refused: certificates, keys, lists"),
    ("sceau_white_list_age_seconds", Kind::Gauge, "Time since the generation of the white list in use"),
    ("sceau_white_list_left_seconds", Kind::Gauge, "Time until the white list is no longer relied on"),
    ("sceau_white_list_offers_total", Kind::Counter, "White lists fetched or read on demand, by outcome"),
    ("sceau_white_list_rows", Kind::Gauge, "Rows of the white list in use"),
    ("sceau_witness_answers_total", Kind::Counter, "Answers of our witnesses, by outcome"),
    (
        "sceau_witness_quorum",
        Kind::Gauge,
        "Whether what is published has the signatures that our policy asks for: 1, or 0",
    ),
];

/// Upper bounds of group sizes.
const GROUPS: &[f64] = &[1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0, 1024.0];

/// The media type of the text.
pub const TEXT_KIND: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Writes what was counted in this process.
#[derive(Clone)]
pub struct Exporter(PrometheusHandle);

impl fmt::Debug for Exporter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Exporter")
    }
}

/// Begins to count, once for the whole process, as logging does: counters stand in every layer. A second call gives
/// the same.
///
/// # Errors
/// When something else in this process counts already.
pub fn start() -> Result<Exporter, String> {
    static STARTED: OnceLock<Result<Exporter, String>> = OnceLock::new();
    STARTED.get_or_init(install).clone()
}

fn install() -> Result<Exporter, String> {
    let builder = PrometheusBuilder::new();
    let builder = builder.set_buckets_for_metric(Matcher::Full("sceau_store_group_writes".to_owned()), GROUPS);
    let recorder = builder.map_err(|error| error.to_string())?.build_recorder();
    let exporter = Exporter(recorder.handle());
    metrics::set_global_recorder(recorder).map_err(|error| error.to_string())?;
    for (name, kind, about) in TABLE {
        match kind {
            Kind::Counter => metrics::describe_counter!(*name, *about),
            Kind::Gauge => metrics::describe_gauge!(*name, *about),
            Kind::Histogram => metrics::describe_histogram!(*name, *about),
        }
    }
    Ok(exporter)
}

impl Exporter {
    /// Everything, as text.
    #[must_use]
    pub fn text(&self) -> String {
        self.0.run_upkeep();
        self.0.render()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_its_names_follow_the_rules() {
        assert!(TABLE.is_sorted_by(|a, b| a.0 < b.0));
        for (name, kind, about) in TABLE {
            assert!(name.starts_with("sceau_") && !about.is_empty(), "{name}");
            assert_eq!(name.ends_with("_total"), *kind == Kind::Counter, "{name}");
        }
    }

    #[test]
    fn what_is_counted_is_written() {
        let exporter = start().unwrap();
        metrics::counter!("sceau_connections_total", "service" => "a test").increment(2);
        metrics::histogram!("sceau_store_group_writes").record(3.0);
        let text = exporter.text();
        for line in [
            "# HELP sceau_connections_total Connections taken, by service",
            "# TYPE sceau_connections_total counter",
            "sceau_connections_total{service=\"a test\"} 2",
            "# TYPE sceau_store_group_writes histogram",
        ] {
            assert!(text.contains(line), "{line} is not in\n{text}");
        }
        assert!(start().is_ok());
    }
}
