//! The keys of a provider as it publishes them (JWK Set, RFC 7517). A key that is not for signatures, or whose kind is
//! none of the allowed, is left out: a set may hold keys for other uses.

use std::fmt;

use jsonwebtoken::DecodingKey;
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, PublicKeyUse};
use serde::Deserialize;

/// Keys of one set that are looked at.
const KEYS_MAX: usize = 64;

/// The algorithms that can be allowed: each by a public key. There is no HMAC and no «none» to choose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// RSA PKCS #1 v1.5 with SHA-256.
    Rs256,
    /// RSA PSS with SHA-256.
    Ps256,
    /// ECDSA on P-256 with SHA-256.
    Es256,
    /// Ed25519.
    EdDsa,
}

impl Algorithm {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Rs256, Self::Ps256, Self::Es256, Self::EdDsa];

    /// As JWTs name it (RFC 7518 §3.1, RFC 8037 §3.1).
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Ps256 => "PS256",
            Self::Es256 => "ES256",
            Self::EdDsa => "EdDSA",
        }
    }

    /// The one of this name.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.name() == name)
    }

    fn library(self) -> jsonwebtoken::Algorithm {
        match self {
            Self::Rs256 => jsonwebtoken::Algorithm::RS256,
            Self::Ps256 => jsonwebtoken::Algorithm::PS256,
            Self::Es256 => jsonwebtoken::Algorithm::ES256,
            Self::EdDsa => jsonwebtoken::Algorithm::EdDSA,
        }
    }

    /// Whether keys of this kind are for it.
    // [rfc8725#3.5]
    fn takes(self, kind: &AlgorithmParameters) -> bool {
        match (self, kind) {
            (Self::Rs256 | Self::Ps256, AlgorithmParameters::RSA(_)) => true,
            (Self::Es256, AlgorithmParameters::EllipticCurve(key)) => key.curve == EllipticCurve::P256,
            (Self::EdDsa, AlgorithmParameters::OctetKeyPair(key)) => key.curve == EllipticCurve::Ed25519,
            _ => false,
        }
    }
}

/// A key, for one algorithm.
#[derive(Clone)]
pub struct Key {
    material: DecodingKey,
    algorithm: Algorithm,
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({})", self.algorithm.name())
    }
}

impl Key {
    pub(super) fn material(&self) -> (&DecodingKey, jsonwebtoken::Algorithm) {
        (&self.material, self.algorithm.library())
    }
}

/// A published set.
#[derive(Debug, Default)]
pub struct Keys(Vec<Jwk>);

#[derive(Deserialize)]
struct Set {
    keys: Vec<serde_json::Value>,
}

impl Keys {
    /// Reads a set. None when it is no set, or none of its keys can be used.
    // [rfc7517#5]
    #[must_use]
    pub fn read(json: &[u8]) -> Option<Self> {
        let set: Set = serde_json::from_slice(json).ok()?;
        let keys = set.keys.into_iter().take(KEYS_MAX).filter_map(|key| serde_json::from_value(key).ok());
        let keys: Vec<Jwk> = keys.filter(is_usable).collect();
        (!keys.is_empty()).then_some(Self(keys))
    }

    /// Whether there is a key of this name, for whatever algorithm.
    pub(super) fn knows(&self, name: Option<&str>) -> bool {
        name.is_none() || self.0.iter().any(|key| key.common.key_id.as_deref() == name)
    }

    /// The key of this name for this algorithm. A token without a name is for the only key that fits.
    // [rfc7517#4.4] [rfc7517#4.5]
    #[must_use]
    pub fn find(&self, name: Option<&str>, algorithm: Algorithm) -> Option<Key> {
        let fits = |key: &&Jwk| {
            let named = name.is_none() || key.common.key_id.as_deref() == name;
            let meant = key.common.key_algorithm.is_none_or(|meant| meant.to_string() == algorithm.name());
            named && meant && algorithm.takes(&key.algorithm)
        };
        let mut fitting = self.0.iter().filter(fits);
        let key = fitting.next()?;
        if fitting.next().is_some() {
            return None;
        }
        Some(Key { material: DecodingKey::from_jwk(key).ok()?, algorithm })
    }
}

/// For signatures, and of a kind that some algorithm takes.
// [rfc7517#4.2]
fn is_usable(key: &Jwk) -> bool {
    let signs = key.common.public_key_use.as_ref().is_none_or(|meant| *meant == PublicKeyUse::Signature);
    signs && Algorithm::ALL.iter().any(|algorithm| algorithm.takes(&key.algorithm))
}
