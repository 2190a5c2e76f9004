//! The last operators that were refused, kept in memory for whoever asks why: the same facts as the log's lines, a
//! bounded number of them, gone when the server stops.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use serde::{Deserialize, Serialize};

use crate::flows::statistics::{self, Direction as Way};
use crate::mail::{Clock, Time};
use crate::net::tls::{Direction, HandshakeAudit, Observer, Stage};
use crate::sessions::operator::OperatorRefused;
use crate::trust::CertificateFacts;

/// How many are kept.
const KEPT: usize = 500;
/// Octets of a detail that are kept: a peer chooses some of them.
const DETAIL_MAX: usize = 300;

/// One refusal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusalFacts {
    /// When.
    pub time: Time,
    /// The other end, an IPv4 address in its own form.
    pub peer: String,
    /// `in` or `out`.
    pub direction: String,
    /// Where: `hello`, `certificate`, `proof`, `peer-alert`, `network`, `clear`, `white-list`, `reverse-path`.
    pub stage: String,
    /// The subject of the certificate that was shown; empty without one.
    pub subject: String,
    /// Its issuer.
    pub issuer: String,
    /// Its serial number in hexadecimal.
    pub serial: String,
    /// One word for the case.
    pub reason: String,
    /// The case in words.
    pub detail: String,
}

/// The last ones, oldest first.
pub(super) struct Refusals {
    clock: Arc<dyn Clock>,
    kept: Mutex<VecDeque<RefusalFacts>>,
    /// Where they are counted too, from the moment that the data is open.
    counted: OnceLock<Arc<statistics::Refusals>>,
}

impl Refusals {
    pub(super) fn new(clock: Arc<dyn Clock>) -> Arc<Self> {
        Arc::new(Self { clock, kept: Mutex::default(), counted: OnceLock::new() })
    }

    /// From now on they are counted there as well.
    pub(super) fn count_in(&self, statistics: &Arc<statistics::Refusals>) {
        // There is one of them in a server, so one call.
        let _ = self.counted.set(Arc::clone(statistics));
    }

    fn count(&self, domain: &str, reason: &str) {
        if let Some(statistics) = self.counted.get() {
            statistics.note(Way::In, domain, reason);
        }
    }

    /// Hears of handshakes that failed.
    pub(super) fn observer(self: &Arc<Self>) -> Observer {
        let refusals = Arc::clone(self);
        Arc::new(move |audit: &HandshakeAudit| {
            let direction = if audit.direction == Direction::In { "in" } else { "out" };
            let (stage, certificate) = (audit.stage.word(), audit.certificate.as_ref());
            refusals.keep(audit.peer, direction, stage, certificate, audit.reason, &audit.detail);
            // Scanners and broken networks are no operators.
            if audit.direction == Direction::In && matches!(audit.stage, Stage::Certificate | Stage::Proof) {
                refusals.count(statistics::NONE, audit.reason);
            }
        })
    }

    /// Hears of an operator that was refused after its handshake; `domain` is what it is counted under.
    pub(super) fn refused(&self, refused: &OperatorRefused<'_>, domain: &str) {
        let OperatorRefused { peer, stage, certificate, refusal, .. } = *refused;
        self.count(domain, refusal.reason());
        self.keep(peer, "in", stage, certificate, refusal.reason(), refusal.text());
    }

    fn keep(
        &self,
        peer: SocketAddr,
        direction: &str,
        stage: &str,
        certificate: Option<&CertificateFacts>,
        reason: &str,
        detail: &str,
    ) {
        let text = |part: fn(&CertificateFacts) -> String| certificate.map_or_else(String::new, part);
        let facts = RefusalFacts {
            time: self.clock.now(),
            peer: canonical(peer).to_string(),
            direction: direction.to_owned(),
            stage: stage.to_owned(),
            subject: text(|facts| facts.subject.to_string()),
            issuer: text(|facts| facts.issuer.to_string()),
            serial: text(|facts| facts.serial.clone()),
            reason: reason.to_owned(),
            detail: detail.chars().take(DETAIL_MAX).collect(),
        };
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() == KEPT {
            kept.pop_front();
        }
        kept.push_back(facts);
    }

    /// Those of one peer, or all.
    pub(super) fn of(&self, peer: Option<&str>) -> Vec<RefusalFacts> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter().filter(|facts| peer.is_none_or(|peer| facts.peer == peer)).cloned().collect()
    }
}

/// An IPv4 address that came in on an IPv6 socket, as IPv4.
#[must_use]
pub fn canonical(peer: SocketAddr) -> SocketAddr {
    SocketAddr::new(peer.ip().to_canonical(), peer.port())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::edge::SystemClock;
    use crate::trust::Refusal;

    #[test]
    fn the_last_ones_are_kept_and_asked_by_peer() {
        let refusals = Refusals::new(Arc::new(SystemClock));
        let refused = |port: u16, refusal| {
            let peer = format!("[::ffff:192.0.2.1]:{port}").parse().unwrap();
            let refused = OperatorRefused { peer, stage: "clear", sender: None, certificate: None, refusal };
            refusals.refused(&refused, "-");
        };
        refused(1, Refusal::NoTls);
        let of_first = refusals.of(Some("192.0.2.1:1"));
        assert_eq!((of_first.len(), of_first[0].reason.as_str()), (1, "no-tls"));
        for _ in 0..KEPT {
            refused(2, Refusal::NotListed);
        }
        assert_eq!((refusals.of(None).len(), refusals.of(Some("192.0.2.1:1")).len()), (KEPT, 0));
    }
}
