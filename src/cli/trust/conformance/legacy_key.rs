//! A key that the TLS library refuses to sign with, signing all the same: for peers that must be refused for it.

use std::sync::Arc;

use rustls::sign::{Signer, SigningKey};
use rustls::{Error, SignatureAlgorithm, SignatureScheme};

use crate::trust::lab::LegacyRsa;

/// Signs handshakes with an RSA key of any size; PKCS #1 over SHA-256, so TLS 1.2 only.
#[derive(Debug, Clone)]
pub(super) struct LegacyKey(pub(super) Arc<LegacyRsa>);

impl SigningKey for LegacyKey {
    fn choose_scheme(&self, offered: &[SignatureScheme]) -> Option<Box<dyn Signer>> {
        offered.contains(&SignatureScheme::RSA_PKCS1_SHA256).then(|| Box::new(self.clone()) as Box<dyn Signer>)
    }

    fn algorithm(&self) -> SignatureAlgorithm {
        SignatureAlgorithm::RSA
    }
}

impl Signer for LegacyKey {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
        Ok(self.0.sign_sha256(message))
    }

    fn scheme(&self) -> SignatureScheme {
        SignatureScheme::RSA_PKCS1_SHA256
    }
}
