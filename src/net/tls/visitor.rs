//! The verifier of people's ports: whoever has a certificate may show it, nobody must.
//!
//! The handshake proves that the client has the certificate's key, and nothing else. Whether the certificate is good
//! and whose it is, the session asks `flows::Logins` at the moment of each login: a client with a bad certificate and
//! a good password is not turned away, and a resumed session gives no right of its own.

use std::sync::Arc;

use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{CertificateError, DigitallySignedStruct, DistinguishedName, Error, SignatureScheme};

/// Certificates that a client may show, and octets of them together: they are kept as long as the connection.
const CHAIN_MAX: usize = 6;
const OCTETS_MAX: usize = 16 * 1024;

/// Takes any certificate whose key the client has.
#[derive(Debug)]
pub(super) struct AnyVisitor {
    provider: Arc<CryptoProvider>,
    hints: Vec<DistinguishedName>,
}

impl AnyVisitor {
    /// Clients are told that only certificates of these authorities (subjects in DER) are of use, so that their
    /// programs offer no other.
    pub(super) fn new(provider: Arc<CryptoProvider>, authorities: Vec<Vec<u8>>) -> Self {
        Self { provider, hints: authorities.into_iter().map(DistinguishedName::from).collect() }
    }
}

impl ClientCertVerifier for AnyVisitor {
    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &self.hints
    }

    fn verify_client_cert(
        &self,
        leaf: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        let octets: usize = std::iter::once(leaf).chain(others).map(|der| der.len()).sum();
        if others.len() >= CHAIN_MAX || octets > OCTETS_MAX {
            return Err(Error::InvalidCertificate(CertificateError::BadEncoding));
        }
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signature, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
