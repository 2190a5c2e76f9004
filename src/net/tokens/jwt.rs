//! JSON Web Tokens in their compact form (RFC 7515, RFC 7519): what one is made of, and whether a key signed it. Not
//! here: whether its claims are good, which is asked after the signature, never before.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::crypto::verify;
use serde::Deserialize;

use super::claims::Claims;
use super::keys::Key;

/// What a token's types may be: none, a JWT, an access token (RFC 9068 §2.1).
const TYPES: [&str; 4] = ["jwt", "at+jwt", "application/jwt", "application/at+jwt"];

/// The header. A name that stands twice is an error of the reader's.
#[derive(Debug, Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    typ: Option<String>,
    /// Extensions that must be understood; none is.
    crit: Option<serde_json::Value>,
}

/// A token that was taken apart and not believed yet.
#[derive(Debug)]
pub struct Jwt<'a> {
    header: Header,
    claims: Claims,
    message: &'a str,
    signature: &'a str,
}

impl<'a> Jwt<'a> {
    /// Takes it apart. None when it is no JWT of a kind that is taken here.
    // [rfc7515#7.1] [rfc7519#7.2] [rfc8725#3.11]
    #[must_use]
    pub fn read(token: &'a str) -> Option<Self> {
        let (message, signature) = token.rsplit_once('.')?;
        let (header, claims) = message.split_once('.')?;
        let header: Header = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header).ok()?).ok()?;
        let typed = header.typ.as_deref().is_none_or(|typ| TYPES.iter().any(|known| known.eq_ignore_ascii_case(typ)));
        if !typed || header.crit.is_some() {
            return None;
        }
        let claims = Claims::read(&URL_SAFE_NO_PAD.decode(claims).ok()?)?;
        Some(Self { header, claims, message, signature })
    }

    /// The algorithm that it names.
    #[must_use]
    pub fn algorithm(&self) -> &str {
        &self.header.alg
    }

    /// The key that it names.
    #[must_use]
    pub fn key_id(&self) -> Option<&str> {
        self.header.kid.as_deref()
    }

    /// What it says, true or not.
    #[must_use]
    pub fn claims(&self) -> &Claims {
        &self.claims
    }

    /// Whether this key signed it, by the key's algorithm: what the header says decides nothing here.
    // [rfc7515#5.2] [rfc8725#3.1]
    #[must_use]
    pub fn is_signed_by(&self, key: &Key) -> bool {
        let (material, algorithm) = key.material();
        verify(self.signature, self.message.as_bytes(), material, algorithm).unwrap_or(false)
    }
}
