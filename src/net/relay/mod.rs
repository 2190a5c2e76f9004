//! Hands messages to other operators: the network behind the delivery flow.
//!
//! STARTTLS and our certificate always; the peer must be the operator that the white list names for the recipients'
//! domain, judged after the handshake and before anything is said in TLS. There is no fall-back: a peer that is not
//! that operator, or offers no TLS, is told nothing, and the message waits.

mod names;
mod open;
mod pool;
mod routes;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

pub use names::{Exchanger, Host, MX_PORT, Names, SystemNames, hosts_of};
pub use open::Patience;
pub use routes::{RouteSource, RouteTable, Routes};

use crate::flows::{Outbound, Outcome, Transport};
use crate::mail::{Domain, Edge};
use crate::net::tls::RelayTls;
use crate::proto::smtp::client::Outcome as Answered;
use crate::sessions::TlsFacts;
use crate::trust::{CertificateFacts, Refusal, Trust};
use names::NoHost;
use open::{Judgement, Open, Peer, Secured, Trouble};
use pool::Pool;

/// Addresses that are tried for one message, over all hosts of a domain.
const ADDRESSES_MAX: usize = 6;

/// Seconds for which a judgement of a peer holds on its connection while the trust data stays the same: dates pass.
const JUDGED_FOR_SECS: i64 = 10;

/// What the transport is set to.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Our name in EHLO.
    pub host: Domain,
    /// The port of mail exchangers: 25, but in tests.
    pub port: u16,
    /// How long peers may let us wait.
    pub patience: Patience,
    /// Connections to one host that may wait for its next message.
    pub kept_per_host: usize,
}

/// Hands messages to other operators over SMTP with mutual TLS.
pub struct SmtpTransport<N = SystemNames> {
    settings: Settings,
    routes: Arc<Routes>,
    names: N,
    tls: Arc<RelayTls>,
    trust: Arc<Trust>,
    edge: Edge,
    pool: Arc<Pool>,
}

/// The connections of a transport that wait for their next message.
#[derive(Debug, Clone)]
pub struct Waiting(Arc<Pool>);

impl Waiting {
    /// Ends those whose peers' certificates (DER, leaf first) are unwanted now; says how many they are. To be called in
    /// the runtime.
    pub fn withdraw(&self, unwanted: impl Fn(&[Vec<u8>]) -> bool) -> usize {
        self.0.withdraw(unwanted)
    }
}

impl<N: Names> SmtpTransport<N> {
    /// A handle on the connections that wait.
    #[must_use]
    pub fn waiting(&self) -> Waiting {
        Waiting(Arc::clone(&self.pool))
    }

    /// A transport that looks hosts up in `routes` and then in `names`; `tls` shows our certificate, `trust` judges the
    /// peer's.
    #[must_use]
    pub fn new(
        settings: Settings,
        routes: Arc<Routes>,
        names: N,
        tls: Arc<RelayTls>,
        trust: Arc<Trust>,
        edge: Edge,
    ) -> Self {
        let pool = Arc::<Pool>::default();
        pool.keep(settings.kept_per_host);
        Self { settings, routes, names, tls, trust, edge, pool }
    }

    /// Lets so many connections to one host wait for its next message, from now on.
    pub fn keep_per_host(&self, connections: usize) {
        self.pool.keep(connections);
    }

    async fn try_hosts(&self, message: &mut Outbound, hosts: &[Host]) -> Vec<Outcome> {
        let mut last = "no address was found".to_owned();
        let mut left = ADDRESSES_MAX;
        for host in hosts {
            if let Some(outcomes) = self.try_waiting(message, host).await {
                return outcomes;
            }
            let addresses = match self.addresses(&host.name).await {
                Ok(addresses) => addresses,
                Err(reason) => {
                    last = reason;
                    continue;
                }
            };
            for address in addresses.into_iter().take(left) {
                left -= 1;
                let address = SocketAddr::new(address, host.port);
                match self.open(host, address, &message.domain).await {
                    Ok((open, peer)) => return self.send(open, peer, message, host).await.0,
                    Err(trouble) => last = self.told(message, host, address, &trouble),
                }
            }
        }
        all(message, &Outcome::Unreached { reason: last })
    }

    /// Uses a connection that waits for the next message. One that the peer has closed meanwhile counts for nothing.
    async fn try_waiting(&self, message: &mut Outbound, host: &Host) -> Option<Vec<Outcome>> {
        while let Some(mut open) = self.pool.take(host) {
            if !open.is_quiet().await {
                continue;
            }
            // the white list may have changed since, and the domain may be another
            let Ok(peer) = self.judge_again(&mut open, &message.domain) else {
                open.quit().await;
                continue;
            };
            let (outcomes, was_dead) = self.send(open, peer, message, host).await;
            if !was_dead {
                return Some(outcomes);
            }
        }
        None
    }

    /// Brings a connection up to where a message can be sent to this domain.
    async fn open(&self, host: &Host, address: SocketAddr, domain: &Domain) -> Result<(Open, Peer), Trouble> {
        let Settings { host: us, patience, .. } = &self.settings;
        let secured = Secured::connect(us, &host.name, address, &self.tls, *patience).await?;
        // [mss#4] before our addresses and contents are told to anybody
        let peer = self.judge(secured.facts(), address, domain)?;
        let mut open = secured.greet().await?;
        open.judged = Some(self.judgement(domain, &peer));
        Ok((open, peer))
    }

    /// Judges a peer anew, unless the same was judged a moment ago on the same grounds.
    fn judge_again(&self, open: &mut Open, domain: &Domain) -> Result<Peer, Trouble> {
        if let Some(last) = &open.judged
            && last.domain == *domain
            && Arc::ptr_eq(&last.grounds, &self.trust.snapshot())
            && (last.at.0..last.at.plus_secs(JUDGED_FOR_SECS).0).contains(&self.edge.now().0)
        {
            return Ok(Arc::clone(&last.peer));
        }
        let peer = self.judge(&open.facts, open.address, domain)?;
        open.judged = Some(self.judgement(domain, &peer));
        Ok(peer)
    }

    fn judgement(&self, domain: &Domain, peer: &Peer) -> Judgement {
        let (domain, peer) = (domain.clone(), Arc::clone(peer));
        Judgement { domain, grounds: self.trust.snapshot(), at: self.edge.now(), peer }
    }

    fn judge(&self, facts: &TlsFacts, address: SocketAddr, domain: &Domain) -> Result<Peer, Trouble> {
        match self.trust.operator_for(&facts.certificates, domain, self.edge.now()) {
            Ok(operator) => Ok(Arc::new(operator)),
            Err(refusal) => {
                log_refusal(facts, address, domain, refusal);
                Err(Trouble(format!("{} ({})", refusal.text(), refusal.reason())))
            }
        }
    }

    /// Sends, and says whether the connection was dead before.
    async fn send(&self, open: Open, peer: Peer, message: &mut Outbound, host: &Host) -> (Vec<Outcome>, bool) {
        let (address, reports) = (open.address, open.reports());
        let (sent, open) = open.send(message, self.edge.now()).await;
        if let Some(open) = open {
            self.pool.put(host, open);
        }
        let why = sent.failure.as_ref().map(|trouble| self.told(message, host, address, trouble));
        let was_dead = sent.was_dead();
        let outcomes: Vec<_> = sent
            .outcomes
            .into_iter()
            .map(|outcome| translate(outcome, (&peer, reports), &host.name, why.as_deref()))
            .collect();
        for outcome in &outcomes {
            metrics::counter!("sceau_recipients_out_total", "outcome" => outcome_word(outcome)).increment(1);
        }
        let relayed = outcomes.iter().filter(|outcome| matches!(outcome, Outcome::Relayed { .. })).count();
        tracing::info!(
            target: "sceau::net::relay", envelope = %message.envelope, domain = %message.domain, peer = %address,
            subject = %peer.dn(), recipients = outcomes.len(), relayed, "message handed over"
        );
        (outcomes, was_dead)
    }

    async fn addresses(&self, host: &str) -> Result<Vec<IpAddr>, String> {
        match host.parse() {
            Ok(address) => Ok(vec![address]),
            Err(_) => self.names.addresses(host).await,
        }
    }

    fn told(&self, message: &Outbound, host: &Host, address: SocketAddr, trouble: &Trouble) -> String {
        tracing::warn!(
            target: "sceau::net::relay", envelope = %message.envelope, domain = %message.domain, host = host.name,
            peer = %address, reason = %trouble, "a host was not reached"
        );
        open::at(&host.name, address, trouble)
    }
}

impl<N: Names> Transport for SmtpTransport<N> {
    async fn deliver(&self, mut message: Outbound) -> Vec<Outcome> {
        let us = (&self.settings.host, self.settings.port);
        let hosts = names::hosts(&message.domain, &self.routes, &self.names, us, &*self.edge.chance).await;
        match hosts {
            Ok(hosts) => Box::pin(self.try_hosts(&mut message, &hosts)).await,
            // [rfc7505#4.2]
            Err(NoHost::NoMail) => {
                let reply = "556 5.1.10 the recipient's domain takes no mail (null MX)".to_owned();
                all(&message, &Outcome::Failed { reply })
            }
            Err(NoHost::NotNow(reason)) => all(&message, &Outcome::Unreached { reason }),
        }
    }
}

fn outcome_word(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Relayed { .. } => "relayed",
        Outcome::Failed { .. } => "failed",
        Outcome::Deferred { .. } | Outcome::Unreached { .. } => "deferred",
    }
}

fn all(message: &Outbound, outcome: &Outcome) -> Vec<Outcome> {
    vec![outcome.clone(); message.recipients.len()]
}

/// What the conversation says of a recipient, in the flow's words; `reports` whether the peer offers DSN, `why` the trouble of the connection.
fn translate(outcome: Answered, (peer, reports): (&Peer, bool), host: &str, why: Option<&str>) -> Outcome {
    match outcome {
        Answered::Delivered(reply) => Outcome::Relayed { peer: Arc::clone(peer), reply: reply.to_string(), reports },
        Answered::Refused(reply) if reply.is_final_refusal() => Outcome::Failed { reply: reply.to_string() },
        Answered::Refused(reply) => Outcome::Deferred { reason: format!("{host}: {reply}") },
        Answered::Failed(status) => {
            let ours = format!("{} {} {}", status.smtp(), status.enhanced(), status.text());
            match why {
                _ if status.smtp() >= 500 => Outcome::Failed { reply: ours },
                Some(why) => Outcome::Deferred { reason: why.to_owned() },
                None => Outcome::Deferred { reason: format!("{host}: {ours}") },
            }
        }
    }
}

/// One line with the fields of a failed handshake.
fn log_refusal(facts: &TlsFacts, address: SocketAddr, domain: &Domain, refusal: Refusal) {
    let certificate = facts.certificates.first().and_then(|leaf| CertificateFacts::read(leaf).ok());
    let none = String::new;
    metrics::counter!("sceau_peers_refused_total", "direction" => "out", "reason" => refusal.reason()).increment(1);
    tracing::warn!(
        target: "sceau::net::relay",
        peer = %address,
        direction = "out",
        stage = "white-list",
        %domain,
        subject = %certificate.as_ref().map_or_else(none, |facts| facts.subject.to_string()),
        issuer = %certificate.as_ref().map_or_else(none, |facts| facts.issuer.to_string()),
        serial = %certificate.as_ref().map_or_else(none, |facts| facts.serial.clone()),
        reason = refusal.reason(),
        detail = refusal.text(),
        "operator refused"
    );
}

#[cfg(test)]
mod tests;
