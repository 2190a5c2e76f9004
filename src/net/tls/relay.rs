//! Our side when we call another operator: our certificate is shown, the server's is judged.

use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};

use arc_swap::ArcSwap;
use rustls::ClientConfig;
use rustls::client::Resumption;
use rustls::pki_types::ServerName;
use rustls::sign::SingleCertAndKey;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::audit::{Direction, HandshakeAudit, Observer, Stage, Verdict};
use super::identity::Identity;
use super::verifier::Judge;
use super::{Inquiry, TlsClock, VERSIONS, facts, provider};
use crate::mail::Clock;
use crate::sessions::TlsFacts;
use crate::trust::{Refusal, Trust};

/// TLS towards other operators.
pub struct RelayTls {
    trust: Arc<Trust>,
    identity: ArcSwap<Identity>,
    clock: Arc<dyn Clock>,
    observer: Option<Observer>,
    inquiry: OnceLock<Arc<dyn Inquiry>>,
}

impl RelayTls {
    /// With our certificate; servers are judged by this trust.
    #[must_use]
    pub fn new(trust: Arc<Trust>, identity: Identity, clock: Arc<dyn Clock>) -> Self {
        Self { trust, identity: ArcSwap::from_pointee(identity), clock, observer: None, inquiry: OnceLock::new() }
    }

    /// The same, with somebody who is told of failed handshakes.
    #[must_use]
    pub fn observed_by(mut self, observer: Observer) -> Self {
        self.observer = Some(observer);
        self
    }

    /// Asks this about servers, after their handshakes and before they are judged. Once.
    pub fn inquires(&self, inquiry: Arc<dyn Inquiry>) {
        // Whoever was there first stays: a relay serves one server.
        let _ = self.inquiry.set(inquiry);
    }

    /// Uses another certificate from the next connection on.
    pub fn renew(&self, identity: Identity) {
        self.identity.store(Arc::new(identity));
    }

    /// Performs the handshake with a server that was called by this host name. Afterwards
    /// [`Trust::operator_for`] must say whether it is the operator of the recipients' domain.
    ///
    /// Sessions are not resumed: each connection is judged in full.
    ///
    /// # Errors
    /// The audit, already logged.
    pub async fn connect<T: AsyncRead + AsyncWrite + Unpin>(
        &self,
        stream: T,
        host: &str,
        peer: SocketAddr,
    ) -> Result<(TlsStream<T>, TlsFacts), Box<HandshakeAudit>> {
        let verdict = Verdict::default();
        let Ok(name) = ServerName::try_from(host.trim_end_matches('.').to_owned()) else {
            return Err(self.failed(bad_host(host, peer)));
        };
        let connector = TlsConnector::from(self.config(&verdict));
        match connector.connect(name, stream).await {
            Ok(stream) => {
                let facts = facts(stream.get_ref().1, Some(host));
                if let Some(inquiry) = self.inquiry.get() {
                    inquiry.about(&facts.certificates).await;
                }
                Ok((stream, facts))
            }
            Err(error) => Err(self.failed(HandshakeAudit::new(peer, Direction::Out, &verdict, &error))),
        }
    }

    #[expect(clippy::expect_used, reason = "the versions and suites are constants that a test builds")]
    fn config(&self, verdict: &Verdict) -> Arc<ClientConfig> {
        let judge = Judge { trust: Arc::clone(&self.trust), provider: provider(), verdict: verdict.clone() };
        let clock = Arc::new(TlsClock(Arc::clone(&self.clock)));
        let builder = ClientConfig::builder_with_details(provider(), clock).with_protocol_versions(VERSIONS);
        let mut config = builder
            .expect("the suites fit the versions")
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(judge))
            .with_client_cert_resolver(Arc::new(SingleCertAndKey::from(Arc::clone(&self.identity.load().key))));
        config.resumption = Resumption::disabled();
        Arc::new(config)
    }

    fn failed(&self, audit: HandshakeAudit) -> Box<HandshakeAudit> {
        audit.log();
        if let Some(observer) = &self.observer {
            observer(&audit);
        }
        Box::new(audit)
    }
}

fn bad_host(host: &str, peer: SocketAddr) -> HandshakeAudit {
    HandshakeAudit {
        peer,
        direction: Direction::Out,
        stage: Stage::Hello,
        certificate: None,
        reason: Refusal::WrongHost.reason(),
        detail: format!("{host:?} is no host name"),
    }
}
