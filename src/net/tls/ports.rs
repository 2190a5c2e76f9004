//! The server's side: the operators' port, where the peer must show its certificate, and people's ports.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};

use arc_swap::ArcSwap;
use rustls::server::{NoServerSessionStorage, ProducesTickets, ServerSessionMemoryCache, StoresServerSessions};
use rustls::sign::SingleCertAndKey;
use rustls::{ConfigBuilder, ServerConfig, WantsVerifier};

use super::audit::{Direction, HandshakeAudit, Observer, Verdict};
use super::identity::Identity;
use super::verifier::Judge;
use super::visitor::AnyVisitor;
use super::{Inquiry, Tickets, TlsClock, VERSIONS, provider};
use crate::mail::Clock;
use crate::net::connection::{Handshake, TlsPort};
use crate::sessions::TlsFacts;
use crate::trust::{Trust, TrustError};

/// Sessions that can be resumed at once, where tickets are on.
const SESSIONS_KEPT: usize = 1024;

/// What both kinds of ports have.
struct Port {
    identity: ArcSwap<Identity>,
    clock: Arc<dyn Clock>,
    resumption: Option<Resumption>,
    observer: Option<Observer>,
    inquiry: OnceLock<Arc<dyn Inquiry>>,
}

/// The memory of sessions. One per port: a session of one port must never be resumed on another.
struct Resumption {
    tickets: Arc<dyn ProducesTickets>,
    sessions: Arc<dyn StoresServerSessions>,
}

impl Port {
    fn new(identity: Identity, clock: Arc<dyn Clock>, tickets: Tickets) -> Result<Self, TrustError> {
        let no_randomness = |error: rustls::Error| TrustError::new(error.to_string(), "the system gives no randomness");
        let resumption = match tickets {
            Tickets::Off => None,
            Tickets::On => Some(Resumption {
                tickets: rustls::crypto::aws_lc_rs::Ticketer::new().map_err(no_randomness)?,
                sessions: ServerSessionMemoryCache::new(SESSIONS_KEPT),
            }),
        };
        Ok(Self {
            identity: ArcSwap::from_pointee(identity),
            clock,
            resumption,
            observer: None,
            inquiry: OnceLock::new(),
        })
    }

    fn builder(&self) -> Result<ConfigBuilder<ServerConfig, WantsVerifier>, rustls::Error> {
        let clock = Arc::new(TlsClock(Arc::clone(&self.clock)));
        ServerConfig::builder_with_details(provider(), clock).with_protocol_versions(VERSIONS)
    }

    fn resolver(identity: &Identity) -> Arc<SingleCertAndKey> {
        Arc::new(SingleCertAndKey::from(Arc::clone(&identity.key)))
    }

    fn finish(&self, mut config: ServerConfig) -> Arc<ServerConfig> {
        match &self.resumption {
            Some(resumption) => {
                config.ticketer = Arc::clone(&resumption.tickets);
                config.session_storage = Arc::clone(&resumption.sessions);
            }
            None => {
                config.session_storage = Arc::new(NoServerSessionStorage {});
                config.send_tls13_tickets = 0;
            }
        }
        Arc::new(config)
    }

    fn handshake(
        &self,
        peer: SocketAddr,
        config: Arc<ServerConfig>,
        identity: &Identity,
        verdict: Verdict,
    ) -> Box<dyn Handshake> {
        let inquiry = self.inquiry.get().map(Arc::clone);
        let end_point = identity.end_point.clone();
        Box::new(OneHandshake { inquiry, peer, config, end_point, verdict, observer: self.observer.clone() })
    }
}

/// The operators' port: no handshake succeeds without a certificate that `trust` accepts.
pub struct OperatorsPort {
    port: Port,
    trust: Arc<Trust>,
}

impl OperatorsPort {
    /// A port with our certificate, where peers are judged by this trust.
    ///
    /// # Errors
    /// When the system gives no randomness for ticket keys.
    pub fn new(
        trust: Arc<Trust>,
        identity: Identity,
        clock: Arc<dyn Clock>,
        tickets: Tickets,
    ) -> Result<Self, TrustError> {
        Ok(Self { port: Port::new(identity, clock, tickets)?, trust })
    }

    /// The same, with somebody who is told of failed handshakes.
    #[must_use]
    pub fn observed_by(mut self, observer: Observer) -> Self {
        self.port.observer = Some(observer);
        self
    }

    /// Asks this about peers, after their handshakes and before they are judged. Once.
    pub fn inquires(&self, inquiry: Arc<dyn Inquiry>) {
        // Whoever was there first stays: a port serves one server.
        let _ = self.port.inquiry.set(inquiry);
    }

    /// Uses another certificate from the next connection on.
    pub fn renew(&self, identity: Identity) {
        self.port.identity.store(Arc::new(identity));
    }
}

impl TlsPort for OperatorsPort {
    // [mss#4]
    #[expect(clippy::expect_used, reason = "the versions and suites are constants that a test builds")]
    fn handshake(&self, peer: SocketAddr) -> Box<dyn Handshake> {
        let verdict = Verdict::default();
        let judge = Judge { trust: Arc::clone(&self.trust), provider: provider(), verdict: verdict.clone() };
        let builder = self.port.builder().expect("the suites fit the versions");
        let identity = self.port.identity.load();
        let resolver = Port::resolver(&identity);
        let config = builder.with_client_cert_verifier(Arc::new(judge)).with_cert_resolver(resolver);
        self.port.handshake(peer, self.port.finish(config), &identity, verdict)
    }
}

/// A port for people and their software: they sign in later. Whoever has a certificate may be asked for it, and nobody
/// must show one.
pub struct PeoplePort {
    port: Port,
    /// Whose authorities' certificates are asked for; none are asked for without it.
    asks: Option<Arc<Trust>>,
}

impl PeoplePort {
    /// A port with our certificate.
    ///
    /// # Errors
    /// When the system gives no randomness for ticket keys.
    pub fn new(identity: Identity, clock: Arc<dyn Clock>, tickets: Tickets) -> Result<Self, TrustError> {
        Ok(Self { port: Port::new(identity, clock, tickets)?, asks: None })
    }

    /// The same, where clients are asked for a certificate of the authorities that this trust knows.
    // [clients#client-certificate-login]
    #[must_use]
    pub fn asking(mut self, trust: Arc<Trust>) -> Self {
        self.asks = Some(trust);
        self
    }

    /// The same, with somebody who is told of failed handshakes.
    #[must_use]
    pub fn observed_by(mut self, observer: Observer) -> Self {
        self.port.observer = Some(observer);
        self
    }

    /// Asks this about those who showed a certificate, after their handshakes and before they are judged. Once.
    pub fn inquires(&self, inquiry: Arc<dyn Inquiry>) {
        // Whoever was there first stays: a port serves one server.
        let _ = self.port.inquiry.set(inquiry);
    }

    /// Uses another certificate from the next connection on.
    pub fn renew(&self, identity: Identity) {
        self.port.identity.store(Arc::new(identity));
    }
}

impl TlsPort for PeoplePort {
    #[expect(clippy::expect_used, reason = "the versions and suites are constants that a test builds")]
    fn handshake(&self, peer: SocketAddr) -> Box<dyn Handshake> {
        let builder = self.port.builder().expect("the suites fit the versions");
        let builder = match &self.asks {
            Some(trust) => {
                let visitor = AnyVisitor::new(provider(), trust.snapshot().anchors.subjects());
                builder.with_client_cert_verifier(Arc::new(visitor))
            }
            None => builder.with_no_client_auth(),
        };
        // One look: the certificate may be renewed meanwhile, and a binding to another one would never fit.
        let identity = self.port.identity.load();
        let config = builder.with_cert_resolver(Port::resolver(&identity));
        self.port.handshake(peer, self.port.finish(config), &identity, Verdict::default())
    }
}

struct OneHandshake {
    inquiry: Option<Arc<dyn Inquiry>>,
    peer: SocketAddr,
    config: Arc<ServerConfig>,
    end_point: Option<Vec<u8>>,
    verdict: Verdict,
    observer: Option<Observer>,
}

impl Handshake for OneHandshake {
    fn config(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.config)
    }

    fn server_end_point(&self) -> Option<Vec<u8>> {
        self.end_point.clone()
    }

    fn failed(&self, error: &io::Error) {
        let audit = HandshakeAudit::new(self.peer, Direction::In, &self.verdict, error);
        audit.log();
        if let Some(observer) = &self.observer {
            observer(&audit);
        }
    }

    fn settled<'a>(&'a self, facts: &'a TlsFacts) -> Pin<Box<dyn Future<Output = ()> + Send + 'a>> {
        match &self.inquiry {
            Some(inquiry) if !facts.certificates.is_empty() => inquiry.about(&facts.certificates),
            _ => Box::pin(std::future::ready(())),
        }
    }
}
