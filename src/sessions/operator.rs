//! Other operators on port 25: known by their certificate, heard only when the white list names it.
//!
//! The handshake has judged the certificate's chain; here the same judge says whether the peer is a listed operator.
//! One that is not hears `554 5.7.1` as the reply to its greeting. Each refusal is one line in the log, with the same
//! fields as a failed handshake.

use std::net::SocketAddr;
use std::sync::Arc;

use crate::flows::{Peer, Transaction};
use crate::mail::{Address, Clock, Domain, Fault, MailParams, ReversePath, Status};
use crate::proto::sasl::{Credentials, KeysGiven, KeysWanted};
use crate::proto::smtp::Profile;
use crate::trust::{CertificateFacts, Refusal, Trust, VerifiedOperator};

use super::TlsFacts;
use super::rates::{PeerUse, Seat};
use super::smtp::Role;

/// What takes messages from listed operators: `flows::Intake`, or a fake in tests.
pub trait FromOperators: Send {
    /// A message on its way in.
    type Transaction: Transaction;

    /// Begins a transaction; only for a listed operator, which the argument proves.
    ///
    /// # Errors
    /// Why not.
    fn begin(
        &self,
        operator: Arc<VerifiedOperator>,
        peer: Peer,
        path: ReversePath,
        params: &MailParams,
    ) -> Result<Self::Transaction, Fault>;

    /// A peer was refused as an operator; the log has been told.
    fn refused(&self, _refused: &OperatorRefused<'_>) {}

    /// A listed operator was refused something else.
    fn declined(&self, _sender: Option<&Domain>, _status: Status) {}
}

/// A peer that was refused as an operator, at a point where TLS was no matter any more.
#[derive(Debug, Clone, Copy)]
pub struct OperatorRefused<'a> {
    /// Who called.
    pub peer: SocketAddr,
    /// Where: `clear`, `white-list` or `reverse-path`.
    pub stage: &'static str,
    /// The domain of its reverse-path, when that is what it was refused for.
    pub sender: Option<&'a Domain>,
    /// The certificate that it showed.
    pub certificate: Option<&'a CertificateFacts>,
    /// Why.
    pub refusal: Refusal,
}

/// The role of another operator's server.
pub struct Operator<I> {
    trust: Arc<Trust>,
    clock: Arc<dyn Clock>,
    intake: I,
    address: SocketAddr,
    in_use: Arc<PeerUse>,
    verified: Option<(Arc<VerifiedOperator>, Seat)>,
}

impl<I: FromOperators> Operator<I> {
    /// A peer at this address of which nothing is known yet.
    #[must_use]
    pub fn new(trust: Arc<Trust>, clock: Arc<dyn Clock>, intake: I, address: SocketAddr, in_use: Arc<PeerUse>) -> Self {
        Self { trust, clock, intake, address, in_use, verified: None }
    }

    fn log(
        &self,
        certificate: Option<&CertificateFacts>,
        sender: Option<&Domain>,
        stage: &'static str,
        refusal: Refusal,
    ) {
        let none = String::new;
        metrics::counter!("sceau_peers_refused_total", "direction" => "in", "reason" => refusal.reason()).increment(1);
        tracing::warn!(
            target: "sceau::sessions::operator",
            peer = %self.address,
            direction = "in",
            stage,
            subject = %certificate.map_or_else(none, |facts| facts.subject.to_string()),
            issuer = %certificate.map_or_else(none, |facts| facts.issuer.to_string()),
            serial = %certificate.map_or_else(none, |facts| facts.serial.clone()),
            reason = refusal.reason(),
            detail = refusal.text(),
            "operator refused"
        );
        self.intake.refused(&OperatorRefused { peer: self.address, stage, sender, certificate, refusal });
    }
}

impl<I: FromOperators> Role for Operator<I> {
    type Transaction = I::Transaction;

    fn profile(&self) -> Profile {
        Profile::Operators
    }

    // [mss#2] [mss#4]
    fn secured(&mut self, facts: &TlsFacts) -> Result<(), Fault> {
        self.verified = None;
        match self.trust.operator(&facts.certificates, self.clock.now()) {
            Ok(operator) => {
                tracing::debug!(
                    target: "sceau::sessions::operator", peer = %self.address, subject = %operator.dn(),
                    serial = operator.serial(), tls = facts.version, cipher = facts.cipher, "operator verified"
                );
                let seat = self.in_use.connect(&operator.dn().to_string())?;
                self.verified = Some((Arc::new(operator), seat));
                Ok(())
            }
            Err(refusal) => {
                let certificate = facts.certificates.first().and_then(|leaf| CertificateFacts::read(leaf).ok());
                self.log(certificate.as_ref(), None, "white-list", refusal);
                Err(refusal.into())
            }
        }
    }

    // [mss#2]
    fn tried_in_clear(&self) {
        self.log(None, None, "clear", Refusal::NoTls);
    }

    async fn keys(&mut self, _: KeysWanted) -> Result<KeysGiven, Fault> {
        Err(Fault::peer(Status::NotImplemented, "operators are known by their certificate"))
    }

    async fn login(&mut self, _: Credentials) -> Result<(), Fault> {
        Err(Fault::peer(Status::NotImplemented, "operators are known by their certificate"))
    }

    // [mss#4]
    fn begin(&mut self, peer: Peer, path: ReversePath, params: &MailParams) -> Result<I::Transaction, Fault> {
        let Some((operator, seat)) = &self.verified else {
            return Err(Fault::peer(Status::OperatorUnknown, "a transaction without a verified operator"));
        };
        self.in_use.message(seat.name(), self.address.ip(), self.clock.now())?;
        let begun = self.intake.begin(Arc::clone(operator), peer, path.clone(), params);
        let foreign = path.address().and_then(|address| operator.refusal_for(address.domain()));
        if let (Err(_), Some(refusal)) = (&begun, foreign) {
            let sender = path.address().map(Address::domain);
            self.log(Some(operator.certificate()), sender, "reverse-path", refusal);
        }
        begun
    }

    fn declined(&self, sender: Option<&Domain>, status: Status) {
        // What the white list says no to was told by `refused`, with its own reason.
        if status != Status::DomainNotOperators {
            self.intake.declined(sender, status);
        }
    }

    fn authenticated(&self) -> bool {
        self.verified.is_some()
    }
}
