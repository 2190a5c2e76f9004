//! TLS: what is offered, our certificate, and the judgement of peers inside the handshake.
//!
//! TLS 1.2 and 1.3, ephemeral elliptic-curve key exchange, authenticated encryption: nothing else is spoken. Who a peer
//! is, `trust` decides; here its verdict becomes an alert, a log line and an [`HandshakeAudit`].

mod audit;
mod binding;
mod identity;
mod ports;
mod relay;
mod verifier;
mod visitor;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::UnixTime;
use rustls::time_provider::TimeProvider;
use rustls::{CommonState, ProtocolVersion, SupportedProtocolVersion};
use serde::{Deserialize, Serialize};

pub use audit::{Direction, HandshakeAudit, Observer, Stage, peer_alert};
pub(super) use binding::exporter;
pub use identity::Identity;
pub use ports::{OperatorsPort, PeoplePort};
pub use relay::RelayTls;

use crate::mail::Clock;
use crate::sessions::TlsFacts;

/// Whether a peer may resume an earlier session without showing its certificate again. The judgement of operators is
/// made again on a resumed session, so that a revocation since then counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tickets {
    /// Each connection is a full handshake.
    #[default]
    Off,
    /// Session tickets, their keys renewed every six hours.
    On,
}

/// Finds out about a peer what the handshake could not wait for: whether its issuer has revoked its certificate.
pub trait Inquiry: Send + Sync {
    /// Asks about this chain (DER, leaf first) and leaves the answer where `trust` judges by it. Ends within a bounded
    /// time, with or without an answer.
    fn about<'a>(&'a self, chain: &'a [Vec<u8>]) -> Pin<Box<dyn Future<Output = ()> + Send + 'a>>;
}

/// What is offered in handshakes, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offered {
    /// Protocol versions.
    pub versions: Vec<&'static str>,
    /// Cipher suites in the order of preference.
    pub suites: Vec<&'static str>,
    /// Key exchange groups in the order of preference.
    pub groups: Vec<String>,
}

/// What this server offers and accepts in every handshake.
#[must_use]
pub fn offered() -> Offered {
    let provider = provider();
    Offered {
        versions: vec!["TLSv1.3", "TLSv1.2"],
        suites: provider.cipher_suites.iter().filter_map(|suite| suite.suite().as_str()).collect(),
        groups: provider.kx_groups.iter().map(|group| format!("{:?}", group.name())).collect(),
    }
}

/// The protocol versions.
// [mss#4]
pub(in crate::net) const VERSIONS: &[&SupportedProtocolVersion] = &[&rustls::version::TLS13, &rustls::version::TLS12];

/// The cryptography of all handshakes. The suites are written out so that an update of the library cannot add one.
// [mss#4]
pub(in crate::net) fn provider() -> Arc<CryptoProvider> {
    use aws_lc_rs::cipher_suite as suite;
    Arc::new(CryptoProvider {
        cipher_suites: vec![
            suite::TLS13_AES_256_GCM_SHA384,
            suite::TLS13_AES_128_GCM_SHA256,
            suite::TLS13_CHACHA20_POLY1305_SHA256,
            suite::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
            suite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
            suite::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
            suite::TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
            suite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
            suite::TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
        ],
        ..aws_lc_rs::default_provider()
    })
}

/// The server's clock, as the TLS library asks for it.
pub(in crate::net) struct TlsClock(pub(in crate::net) Arc<dyn Clock>);

impl TimeProvider for TlsClock {
    fn current_time(&self) -> Option<UnixTime> {
        let seconds = u64::try_from(self.0.now().secs()).ok()?;
        Some(UnixTime::since_unix_epoch(std::time::Duration::from_secs(seconds)))
    }
}

impl std::fmt::Debug for TlsClock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TlsClock")
    }
}

/// What a finished handshake established.
pub(super) fn facts(connection: &CommonState, server_name: Option<&str>) -> TlsFacts {
    TlsFacts {
        version: match connection.protocol_version() {
            Some(ProtocolVersion::TLSv1_3) => "TLSv1.3",
            Some(ProtocolVersion::TLSv1_2) => "TLSv1.2",
            _ => "TLS",
        },
        cipher: connection
            .negotiated_cipher_suite()
            .and_then(|suite| suite.suite().as_str())
            .unwrap_or("unknown")
            .to_owned(),
        certificates: connection
            .peer_certificates()
            .unwrap_or_default()
            .iter()
            .map(|certificate| certificate.as_ref().to_vec())
            .collect(),
        server_name: server_name.map(|name| name.trim_end_matches('.').to_owned()),
        bindings: Box::default(),
    }
}

#[cfg(test)]
mod tests;
