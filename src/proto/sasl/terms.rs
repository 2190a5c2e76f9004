//! What a connection allows: which mechanisms are offered, and what they are bound to.

use std::fmt;
use std::sync::Arc;

/// What this port and this connection allow. By default passwords only.
#[derive(Debug, Clone, Default)]
pub struct Terms {
    /// The client showed a certificate in the handshake: EXTERNAL.
    pub certificate: bool,
    /// Proofs of passwords are checked: SCRAM.
    pub scram: bool,
    /// Tokens of an identity provider are checked: OAUTHBEARER, XOAUTH2.
    pub tokens: Option<Arc<TokenTerms>>,
    /// What an exchange can be bound to: SCRAM-…-PLUS.
    pub bindings: Bindings,
}

impl Terms {
    /// Whether SCRAM can be bound to the TLS connection, and so its -PLUS form is offered.
    #[must_use]
    pub fn binds(&self) -> bool {
        self.scram && (self.bindings.exporter.is_some() || self.bindings.server_end_point.is_some())
    }
}

/// What a client hears that brought a token which is not good (RFC 7628 §3.2.2).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TokenTerms {
    /// The scope that a token needs.
    pub scope: String,
    /// Where the provider's discovery document is.
    pub discovery: String,
}

/// What ties an exchange to the TLS connection in which it happens (RFC 5056). Whoever relays the exchange through two
/// connections of its own cannot make both ends see the same.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Bindings {
    /// `tls-exporter` (RFC 9266): TLS 1.3 only, since in TLS 1.2 it would need to be known that the extended master
    /// secret was agreed on.
    pub exporter: Option<Vec<u8>>,
    /// `tls-server-end-point` (RFC 5929 §4): the hash of our certificate.
    pub server_end_point: Option<Vec<u8>>,
}

impl Bindings {
    /// The data of the binding with this IANA name, if this connection has it.
    // [rfc9266#2] [rfc5929#4]
    #[must_use]
    pub fn named(&self, name: &str) -> Option<&[u8]> {
        match name {
            "tls-exporter" => self.exporter.as_deref(),
            "tls-server-end-point" => self.server_end_point.as_deref(),
            _ => None,
        }
    }
}

impl fmt::Debug for Bindings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { exporter, server_end_point } = self;
        write!(f, "Bindings(exporter: {}, end point: {})", exporter.is_some(), server_end_point.is_some())
    }
}
