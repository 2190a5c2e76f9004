//! The record of a handshake that failed: one line in the log, and a value that tests and metrics can look at.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use rustls::{AlertDescription, Error};

use crate::trust::{CertificateFacts, Refusal};

/// Who called whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// The peer called us.
    In,
    /// We called the peer.
    Out,
}

/// Where in the handshake it failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Versions, suites, or not TLS at all.
    Hello,
    /// The judgement of the peer's certificate.
    Certificate,
    /// The peer's proof that it has the certificate's key, or the end of the handshake.
    Proof,
    /// The peer ended the handshake by an alert.
    PeerAlert,
    /// The network failed, or the peer was silent for too long.
    Network,
}

impl Stage {
    /// The word in the log.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Hello => "hello",
            Self::Certificate => "certificate",
            Self::Proof => "proof",
            Self::PeerAlert => "peer-alert",
            Self::Network => "network",
        }
    }
}

/// A handshake that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandshakeAudit {
    /// The other end.
    pub peer: SocketAddr,
    /// Who called.
    pub direction: Direction,
    /// Where it failed.
    pub stage: Stage,
    /// The certificate that the peer showed, if it can be read.
    pub certificate: Option<CertificateFacts>,
    /// One word for the case: [`Refusal::reason`], or one of `not-tls`, `no-common-parameters`, `key-not-proved`,
    /// `peer-alert`, `peer-left`, `timed-out`, `protocol-error`.
    pub reason: &'static str,
    /// The case in words.
    pub detail: String,
}

impl HandshakeAudit {
    pub(super) fn new(peer: SocketAddr, direction: Direction, verdict: &Verdict, error: &io::Error) -> Self {
        let (certificate, refusal) = verdict.take();
        let (stage, reason, detail) = match (refusal, tls_error(error)) {
            (Some(refusal), _) => (Stage::Certificate, refusal.reason(), refusal.text().to_owned()),
            (None, Some(error)) => explain(error),
            (None, None) => network(error),
        };
        Self { peer, direction, stage, certificate, reason, detail }
    }

    /// Writes the one line: a warning when it is about a certificate or when we called, news when a
    /// scanner or a caller's network gave up.
    pub(super) fn log(&self) {
        let direction = if self.direction == Direction::In { "in" } else { "out" };
        metrics::counter!("sceau_peers_refused_total", "direction" => direction, "reason" => self.reason).increment(1);
        macro_rules! line {
            ($level:ident) => {{
                let none = String::new;
                let certificate = self.certificate.as_ref();
                tracing::$level!(
                    target: "sceau::net::tls",
                    peer = %self.peer,
                    direction,
                    stage = self.stage.word(),
                    subject = %certificate.map_or_else(none, |facts| facts.subject.to_string()),
                    issuer = %certificate.map_or_else(none, |facts| facts.issuer.to_string()),
                    serial = %certificate.map_or_else(none, |facts| facts.serial.clone()),
                    reason = self.reason,
                    detail = %self.detail,
                    "TLS handshake failed"
                )
            }};
        }
        match (self.direction, self.stage) {
            (Direction::Out, _) | (_, Stage::Certificate | Stage::Proof) => line!(warn),
            (Direction::In, Stage::Hello | Stage::PeerAlert | Stage::Network) => line!(info),
        }
    }
}

impl fmt::Display for HandshakeAudit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {} with {}: {}", self.reason, self.stage.word(), self.peer, self.detail)?;
        if let Some(certificate) = &self.certificate {
            write!(f, "; {certificate}")?;
        }
        Ok(())
    }
}

impl std::error::Error for HandshakeAudit {}

/// Is told of every handshake that failed, after the log.
pub type Observer = Arc<dyn Fn(&HandshakeAudit) + Send + Sync>;

/// Where a verifier leaves what it judged, for the audit of this one handshake.
#[derive(Debug, Clone, Default)]
pub(super) struct Verdict(Arc<Mutex<(Option<CertificateFacts>, Option<Refusal>)>>);

impl Verdict {
    pub(super) fn record(&self, certificate: Option<CertificateFacts>, refusal: Option<Refusal>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = (certificate, refusal);
    }

    fn take(&self) -> (Option<CertificateFacts>, Option<Refusal>) {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The alert by which a peer ended a connection, when that is what the error says. In TLS 1.3 a client hears only after
/// its handshake that the server refused its certificate: at its first read.
#[must_use]
pub fn peer_alert(error: &io::Error) -> Option<String> {
    match tls_error(error) {
        Some(Error::AlertReceived(alert)) => Some(alert_name(*alert)),
        _ => None,
    }
}

fn tls_error(error: &io::Error) -> Option<&Error> {
    error.get_ref()?.downcast_ref()
}

fn alert_name(alert: AlertDescription) -> String {
    format!("{alert:?}")
}

fn explain(error: &Error) -> (Stage, &'static str, String) {
    match error {
        Error::NoCertificatesPresented => {
            let refusal = Refusal::NoCertificate;
            (Stage::Certificate, refusal.reason(), refusal.text().to_owned())
        }
        Error::AlertReceived(alert) => {
            (Stage::PeerAlert, "peer-alert", format!("the peer says {}", alert_name(*alert)))
        }
        Error::PeerIncompatible(_) => (Stage::Hello, "no-common-parameters", error.to_string()),
        Error::InvalidMessage(_) | Error::InappropriateMessage { .. } => (Stage::Hello, "not-tls", error.to_string()),
        Error::InvalidCertificate(_) | Error::DecryptError => (Stage::Proof, "key-not-proved", error.to_string()),
        _ => (Stage::Proof, "protocol-error", error.to_string()),
    }
}

fn network(error: &io::Error) -> (Stage, &'static str, String) {
    let reason = if error.kind() == io::ErrorKind::TimedOut { "timed-out" } else { "peer-left" };
    (Stage::Network, reason, error.to_string())
}
