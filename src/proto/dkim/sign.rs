//! Signatures over what leaves: relaxed/relaxed, by RSA-2048 or Ed25519 (RFC 8463).

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256, RsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mail_auth::dkim::Canonicalization;
use zeroize::Zeroizing;

use crate::mail::{Domain, Time};
use crate::proto::mime::Headers;

/// Fields that are signed where they are there: what people read and what their clients do with it. No trace fields,
/// which every server adds to.
const SIGNED: [&str; 19] = [
    "From",
    "Sender",
    "Reply-To",
    "To",
    "Cc",
    "Subject",
    "Date",
    "Message-ID",
    "In-Reply-To",
    "References",
    "MIME-Version",
    "Content-Type",
    "Content-Transfer-Encoding",
    "Content-Disposition",
    "Disposition-Notification-To",
    "Auto-Submitted",
    "X-MSS-MES",
    "X-MSS-CODECDA",
    "X-MSS-INS",
];

/// Fields of which nobody may add another one without breaking the signature (RFC 6376 §8.15).
const ONCE: [&str; 8] = ["From", "Sender", "Reply-To", "To", "Cc", "Subject", "Date", "Message-ID"];

/// Octets of base64 in a line.
const LINE: usize = 72;

/// The kind of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyKind {
    /// RSA with 2,048 bits: what every verifier knows.
    Rsa,
    /// Ed25519 (RFC 8463): short, and not yet known to all.
    Ed25519,
}

/// Why there is no signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignError {
    /// The key is no RSA key of at least 2,048 bits nor an Ed25519 key in PKCS#8.
    Key,
    /// The selector is no sequence of labels.
    Selector,
    /// The library refused.
    Library,
}

impl std::fmt::Display for SignError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Key => "not a PKCS#8 key of RSA (2,048 bits or more) or Ed25519",
            Self::Selector => "a selector is letters, digits and hyphens, with dots between",
            Self::Library => "the signature could not be made",
        })
    }
}

impl std::error::Error for SignError {}

enum Key {
    Rsa(RsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

/// Signs for one domain with one key.
pub struct Signer {
    domain: Domain,
    selector: String,
    key: Key,
}

/// A new key in PKCS#8.
///
/// # Errors
/// `Library`.
pub fn new_key(kind: KeyKind) -> Result<Zeroizing<Vec<u8>>, SignError> {
    let der = match kind {
        KeyKind::Rsa => {
            let pair = RsaKeyPair::generate(KeySize::Rsa2048).map_err(|_| SignError::Library)?;
            let der: Pkcs8V1Der<'_> = pair.as_der().map_err(|_| SignError::Library)?;
            der.as_ref().to_vec()
        }
        KeyKind::Ed25519 => {
            let der = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).map_err(|_| SignError::Library)?;
            der.as_ref().to_vec()
        }
    };
    Ok(Zeroizing::new(der))
}

impl Signer {
    /// With this key in PKCS#8.
    ///
    /// # Errors
    /// `Key`, `Selector`.
    pub fn new(domain: Domain, selector: &str, pkcs8: &[u8]) -> Result<Self, SignError> {
        // A selector is written like the labels of a domain (RFC 6376 §3.1).
        let selector = Domain::parse(selector).map_err(|_| SignError::Selector)?.to_string();
        let rsa = RsaKeyPair::from_pkcs8(pkcs8).ok().filter(|pair| pair.public_modulus_len() >= 256).map(Key::Rsa);
        let key = rsa.or_else(|| Ed25519KeyPair::from_pkcs8(pkcs8).ok().map(Key::Ed25519)).ok_or(SignError::Key)?;
        Ok(Self { domain, selector, key })
    }

    /// The name and the text of the record that publishes the key (RFC 6376 §3.6.1).
    ///
    /// # Errors
    /// `Library`.
    // [rfc6376#3.6.1] [rfc8463#4]
    pub fn record(&self) -> Result<(String, String), SignError> {
        let (kind, public) = match &self.key {
            Key::Rsa(pair) => {
                let der: PublicKeyX509Der<'_> = pair.public_key().as_der().map_err(|_| SignError::Library)?;
                ("rsa", der.as_ref().to_vec())
            }
            Key::Ed25519(pair) => ("ed25519", pair.public_key().as_ref().to_vec()),
        };
        let name = format!("{}._domainkey.{}", self.selector, self.domain);
        Ok((name, format!("v=DKIM1; k={kind}; p={}", STANDARD.encode(public))))
    }

    /// The whole `DKIM-Signature` field for a message with this header and this digest of its relaxed body.
    ///
    /// # Errors
    /// `Library`.
    // [rfc6376#3.5] [rfc6376#3.7]
    pub fn sign(&self, header: &[u8], body: &[u8; 32], now: Time) -> Result<String, SignError> {
        let (names, fields) = chosen(header);
        let algorithm = match self.key {
            Key::Rsa(_) => "rsa-sha256",
            Key::Ed25519(_) => "ed25519-sha256",
        };
        let tags = [
            format!("v=1; a={algorithm}; c=relaxed/relaxed; d={}; s={}", self.domain, self.selector),
            format!("t={}; bh={}", now.secs(), STANDARD.encode(body)),
            format!("h={}", names.join(":")),
            "b=".to_owned(),
        ];
        let mut canonical = Vec::new();
        Canonicalization::Relaxed.canonicalize_headers(fields.into_iter(), &mut canonical);
        canonical.extend_from_slice(format!("dkim-signature:{}", tags.join("; ")).as_bytes());
        let signature = STANDARD.encode(self.sign_bytes(&canonical)?);
        let lines: Vec<_> = signature.as_bytes().chunks(LINE).map(String::from_utf8_lossy).collect();
        Ok(format!("DKIM-Signature: {}\r\n {}\r\n", tags.join(";\r\n "), lines.join("\r\n ")))
    }

    fn sign_bytes(&self, bytes: &[u8]) -> Result<Vec<u8>, SignError> {
        match &self.key {
            Key::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                let signed = pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), bytes, &mut signature);
                signed.map(|()| signature).map_err(|_| SignError::Library)
            }
            // [rfc8463#3] the digest is what is signed
            Key::Ed25519(pair) => {
                let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes);
                Ok(pair.sign(digest.as_ref()).as_ref().to_vec())
            }
        }
    }
}

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Signer({}._domainkey.{})", self.selector, self.domain)
    }
}

/// A field's name and value.
type Named<'a> = (&'a [u8], &'a [u8]);

/// The names for `h=` and the fields in the order in which they are signed: of each name from the bottom up, then the
/// name once more where no further field may be added.
// [rfc6376#5.4.2] [rfc6376#8.15]
fn chosen(header: &[u8]) -> (Vec<&'static str>, Vec<Named<'_>>) {
    let (mut names, mut fields) = (Vec::new(), Vec::new());
    for name in SIGNED {
        let mut there: Vec<_> = Headers::new(header).filter(|field| field.is(name)).collect();
        there.reverse();
        for field in there {
            names.push(name);
            // The value with its line end, as the canonical form is defined over whole fields.
            let start = field.range.start + field.name.len();
            let value = &header[start..field.range.end];
            let colon = value.iter().position(|b| *b == b':').map_or(0, |at| at + 1);
            fields.push((field.name, &value[colon..]));
        }
        if ONCE.contains(&name) {
            names.push(name);
        }
    }
    (names, fields)
}
