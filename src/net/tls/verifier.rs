//! The two verifiers that the TLS library calls: both ask `trust`, and leave its verdict for the audit.

use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{CertificateError, DigitallySignedStruct, DistinguishedName, Error, SignatureScheme};

use super::audit::Verdict;
use crate::mail::Time;
use crate::trust::{CertificateFacts, Refusal, Trust};

/// Judges one peer of one handshake.
pub(super) struct Judge {
    pub(super) trust: Arc<Trust>,
    pub(super) provider: Arc<CryptoProvider>,
    pub(super) verdict: Verdict,
}

impl std::fmt::Debug for Judge {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Judge")
    }
}

impl Judge {
    /// Records the verdict and turns it into the error that sends the fitting alert.
    fn judged(&self, leaf: &CertificateDer<'_>, verdict: Result<(), Refusal>) -> Result<(), Error> {
        self.verdict.record(CertificateFacts::read(leaf).ok(), verdict.err());
        verdict.map_err(|refusal| Error::InvalidCertificate(alert_for(refusal)))
    }

    fn tls12(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn tls13(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }
}

impl ClientCertVerifier for Judge {
    /// None: some peers' software sends no certificate at all when the direct issuer of theirs is not hinted at, and
    /// an operator has no other certificate to choose from.
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        leaf: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        let verdict = self.trust.client_certificate(&chain(leaf, others), time(now));
        self.judged(leaf, verdict).map(|()| ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.tls12(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.tls13(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

impl ServerCertVerifier for Judge {
    fn verify_server_cert(
        &self,
        leaf: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        host: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let verdict = self.trust.server_certificate(&chain(leaf, others), &host.to_str(), time(now));
        self.judged(leaf, verdict).map(|()| ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.tls12(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.tls13(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

fn chain(leaf: &CertificateDer<'_>, others: &[CertificateDer<'_>]) -> Vec<Vec<u8>> {
    std::iter::once(leaf).chain(others).map(|der| der.as_ref().to_vec()).collect()
}

fn time(now: UnixTime) -> Time {
    Time::from_secs(i64::try_from(now.as_secs()).unwrap_or(i64::MAX))
}

/// The error whose alert tells the peer's administrator most (RFC 8446 §6.2).
fn alert_for(refusal: Refusal) -> CertificateError {
    match refusal {
        Refusal::Expired => CertificateError::Expired,
        Refusal::NotYetValid => CertificateError::NotValidYet,
        Refusal::Revoked => CertificateError::Revoked,
        Refusal::UnknownIssuer | Refusal::AnchorExpired => CertificateError::UnknownIssuer,
        Refusal::BadUsage | Refusal::NotALeaf => CertificateError::InvalidPurpose,
        Refusal::WrongHost => CertificateError::NotValidForName,
        Refusal::Unreadable | Refusal::Constraint => CertificateError::BadEncoding,
        // The library's own alert for this, «unknown CA», would send the peer's administrator looking at their chain.
        Refusal::CrlStale | Refusal::CrlMissing => CertificateError::Other(rustls::OtherError(Arc::new(refusal))),
        _ => CertificateError::ApplicationVerificationFailure,
    }
}
