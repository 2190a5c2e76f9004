//! The judgement of an HTTPS server: its chain must lead to the anchors that were given, never to the system's.

use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, CertificateRevocationListDer, ServerName, UnixTime};
use rustls::{CertificateError, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};

use crate::mail::Time;
use crate::net::tls::provider;
use crate::trust::{Anchors, TrustError};

/// Wraps the library's verifier: it also uses the issuing authorities among the anchors, since some servers send their
/// own certificate alone.
#[derive(Debug)]
pub(super) struct GivenAnchors {
    inner: Arc<WebPkiServerVerifier>,
    anchors: Anchors,
}

impl GivenAnchors {
    /// With these anchors; a certificate in one of these revocation lists is refused, one without a list is not.
    pub(super) fn new(anchors: Anchors, crls: Vec<Vec<u8>>) -> Result<Self, TrustError> {
        let roots = RootCertStore { roots: anchors.trust_anchors().to_vec() };
        let builder = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider());
        let builder = builder
            .with_crls(crls.into_iter().map(CertificateRevocationListDer::from))
            .allow_unknown_revocation_status();
        let inner = builder.build().map_err(|error| {
            TrustError::new(format!("no verifier for HTTPS: {error}"), "check the anchors and the revocation lists")
        })?;
        Ok(Self { inner, anchors })
    }
}

impl ServerCertVerifier for GivenAnchors {
    // [rfc9110#4.3.4]
    fn verify_server_cert(
        &self,
        leaf: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        host: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let time = Time::from_secs(i64::try_from(now.as_secs()).unwrap_or(i64::MAX));
        // An anchor has no dates of its own for the library: that one of the roots is still valid is asked here.
        if !self.anchors.roots().iter().any(|root| root.not_before <= time && time <= root.not_after) {
            return Err(Error::InvalidCertificate(CertificateError::Expired));
        }
        let mut chain: Vec<_> = others.iter().map(|der| CertificateDer::from(der.as_ref())).collect();
        chain.extend(self.anchors.authority_ders().iter().map(|der| CertificateDer::from(der.as_ref())));
        self.inner.verify_server_cert(leaf, &chain, host, ocsp_response, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.inner.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.inner.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.inner.supported_verify_schemes()
    }
}
