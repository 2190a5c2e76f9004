//! Our own certificate and key.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;

use super::binding::server_end_point;
use super::provider;
use crate::trust::{CertificateFacts, TrustError};
use zeroize::Zeroizing;

const CERTIFICATE_REMEDY: &str = "give the PEM file of our certificate, followed by its issuing authority's";
const KEY_REMEDY: &str =
    "give the PEM file of the certificate's private key, without a password, readable by the server";

/// A certificate chain with its private key.
#[derive(Clone)]
pub struct Identity {
    pub(super) key: Arc<CertifiedKey>,
    /// What a login on a connection with this certificate can be bound to.
    pub(super) end_point: Option<Vec<u8>>,
    facts: CertificateFacts,
}

impl Identity {
    /// Reads both from PEM files, and checks that they belong together.
    ///
    /// # Errors
    /// Names the file, the reason and the remedy.
    pub fn load(certificate: &Path, key: &Path) -> Result<Self, TrustError> {
        let unreadable = |error: std::io::Error, remedy| TrustError::new(error.to_string(), remedy);
        let chain = fs::read(certificate)
            .map_err(|error| unreadable(error, CERTIFICATE_REMEDY))
            .and_then(|pem| certificates(&pem))
            .map_err(|error| error.in_file(certificate))?;
        let key_pem = fs::read(key).map(Zeroizing::new);
        key_pem
            .map_err(|error| unreadable(error, KEY_REMEDY))
            .and_then(|pem| Self::new(chain, &pem))
            .map_err(|error| error.in_file(key))
    }

    /// The same from texts in PEM.
    ///
    /// # Errors
    /// Says the reason and the remedy.
    pub fn from_pem(certificate: &[u8], key: &[u8]) -> Result<Self, TrustError> {
        Self::new(certificates(certificate)?, key)
    }

    /// The facts of our certificate.
    #[must_use]
    pub fn facts(&self) -> &CertificateFacts {
        &self.facts
    }

    /// Our certificate and its chain in DER, leaf first, as a peer sees them.
    #[must_use]
    pub fn chain(&self) -> Vec<Vec<u8>> {
        self.key.cert.iter().map(|certificate| certificate.as_ref().to_vec()).collect()
    }

    fn new(chain: Vec<CertificateDer<'static>>, key_pem: &[u8]) -> Result<Self, TrustError> {
        let leaf = chain.first().ok_or_else(|| TrustError::new("no certificate", CERTIFICATE_REMEDY))?;
        let facts =
            CertificateFacts::read(leaf).map_err(|refusal| TrustError::new(refusal.text(), CERTIFICATE_REMEDY))?;
        let end_point = server_end_point(leaf);
        let key = PrivateKeyDer::from_pem_slice(key_pem)
            .map_err(|error| TrustError::new(format!("no private key can be read: {error}"), KEY_REMEDY))?;
        let key = CertifiedKey::from_der(chain, key, &provider())
            .map_err(|error| TrustError::new(format!("the key does not fit the certificate: {error}"), KEY_REMEDY))?;
        Ok(Self { key: Arc::new(key), end_point, facts })
    }
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Identity({})", self.facts)
    }
}

fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, TrustError> {
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    match certificates {
        Ok(certificates) if !certificates.is_empty() => Ok(certificates),
        Ok(_) => Err(TrustError::new("there is no certificate in it", CERTIFICATE_REMEDY)),
        Err(error) => Err(TrustError::new(format!("damaged PEM: {error}"), CERTIFICATE_REMEDY)),
    }
}
