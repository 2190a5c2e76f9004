//! What the judgement of certificates can be set to.

use std::time::Duration;

use rustls::pki_types::SignatureVerificationAlgorithm;
use serde::{Deserialize, Serialize};
use webpki::aws_lc_rs as alg;

/// The signature algorithms of chains and revocation lists: SHA-2, RSA from 2,048 bits, NIST's curves. No SHA-1.
pub(super) static ALGORITHMS: &[&dyn SignatureVerificationAlgorithm] = &[
    alg::RSA_PKCS1_2048_8192_SHA256,
    alg::RSA_PKCS1_2048_8192_SHA384,
    alg::RSA_PKCS1_2048_8192_SHA512,
    alg::RSA_PSS_2048_8192_SHA256_LEGACY_KEY,
    alg::RSA_PSS_2048_8192_SHA384_LEGACY_KEY,
    alg::RSA_PSS_2048_8192_SHA512_LEGACY_KEY,
    alg::ECDSA_P256_SHA256,
    alg::ECDSA_P256_SHA384,
    alg::ECDSA_P384_SHA256,
    alg::ECDSA_P384_SHA384,
];

/// Which extended key usage a peer's certificate needs, when it has that extension at all.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ExtendedUsage {
    /// Client authentication of a peer that calls, server authentication of one that is called.
    Role,
    /// One of the two: operators hold one certificate for both directions, and not all name both usages.
    #[default]
    Either,
    /// None in particular.
    Any,
}

/// Where a server's certificate must say its host name.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HostNameRule {
    /// In its subject alternative names (RFC 6125).
    #[default]
    AlternativeName,
    /// Or in its only common name, when it has no alternative host name.
    CommonNameToo,
}

/// Which certificates of a chain are looked for in revocation lists.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RevocationDepth {
    /// The peer's and its issuing authorities'.
    #[default]
    Chain,
    /// The peer's alone.
    Leaf,
}

/// What happens to a peer whose revocation status cannot be told: no list of its issuer, or one past its grace period.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum UnknownRevocation {
    /// It is asked to come back.
    #[default]
    Defer,
    /// Its handshake fails.
    Refuse,
    /// It is let in, loudly.
    Accept,
}

/// How certificates and the age of trust data are judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// Extended key usage of peers.
    pub extended_usage: ExtendedUsage,
    /// Host names of servers that are called.
    pub host_name: HostNameRule,
    /// Whose revocation is checked.
    pub revocation_depth: RevocationDepth,
    /// When it cannot be told.
    pub unknown_revocation: UnknownRevocation,
    /// Whether issuers are asked about their certificates by OCSP, besides revocation lists.
    pub ocsp: bool,
    /// How long after its next update a revocation list is still relied on.
    pub crl_grace: Duration,
    /// The age from which a white list is called old.
    pub list_age: Duration,
    /// How long an old white list is still relied on.
    pub list_grace: Duration,
}

impl Default for Policy {
    /// Either usage, alternative names, the whole chain, defer, no OCSP; three days of grace for revocation lists; a white list
    /// is old after 7 days and not relied on after 14.
    fn default() -> Self {
        const DAY: Duration = Duration::from_secs(86_400);
        Self {
            extended_usage: ExtendedUsage::default(),
            host_name: HostNameRule::default(),
            revocation_depth: RevocationDepth::default(),
            unknown_revocation: UnknownRevocation::default(),
            ocsp: false,
            crl_grace: 3 * DAY,
            list_age: 7 * DAY,
            list_grace: 7 * DAY,
        }
    }
}
