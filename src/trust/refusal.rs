//! Why a peer is refused: one word for the log per case, and what the peer is told.

use std::fmt;

use crate::mail::{Fault, Status};

/// Why a peer's certificate, or the lack of one, does not make it a listed operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Refusal {
    /// The connection is not under TLS.
    NoTls,
    /// TLS, without a certificate of the peer.
    NoCertificate,
    /// The certificate or one of its chain cannot be read.
    Unreadable,
    /// Past its notAfter date.
    Expired,
    /// Before its notBefore date.
    NotYetValid,
    /// In the revocation list of its issuer, or its issuer is.
    Revoked,
    /// Its chain does not lead to one of the anchors.
    UnknownIssuer,
    /// The anchor that it leads to is past its own date.
    AnchorExpired,
    /// A signature of the chain is wrong.
    BadSignature,
    /// A key or a signature algorithm that is too weak: SHA-1, RSA below 2,048 bits.
    WeakAlgorithm,
    /// The key usages do not allow TLS in this role.
    BadUsage,
    /// A certification authority's certificate used as a peer's.
    NotALeaf,
    /// A constraint of an issuer (names, path length) or a critical extension that is not known.
    Constraint,
    /// The server's certificate is not for the host name that was called.
    WrongHost,
    /// The certificate's name is in no row of the white list.
    NotListed,
    /// The certificate's name differs from a listed one in its common name only.
    CommonNameDiffers,
    /// The certificate's name is listed, but not for this domain.
    NotListedForDomain,
    /// The domain itself is in no row of the white list.
    DomainNotListed,
    /// The white list is older than the configuration allows.
    ListStale,
    /// The revocation list of the issuer is past its date and grace period.
    CrlStale,
    /// There is no revocation list of the issuer.
    CrlMissing,
}

impl Refusal {
    /// All of them, in the order of a judgement.
    pub const ALL: &[Self] = &[
        Self::NoTls,
        Self::NoCertificate,
        Self::Unreadable,
        Self::UnknownIssuer,
        Self::BadSignature,
        Self::WeakAlgorithm,
        Self::Constraint,
        Self::NotALeaf,
        Self::BadUsage,
        Self::Expired,
        Self::NotYetValid,
        Self::AnchorExpired,
        Self::Revoked,
        Self::CrlMissing,
        Self::CrlStale,
        Self::WrongHost,
        Self::ListStale,
        Self::NotListed,
        Self::CommonNameDiffers,
        Self::NotListedForDomain,
        Self::DomainNotListed,
    ];

    /// The word that logs, metrics and conformance tests know the case by.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::NoTls => "no-tls",
            Self::NoCertificate => "no-certificate",
            Self::Unreadable => "unreadable-certificate",
            Self::Expired => "expired",
            Self::NotYetValid => "not-yet-valid",
            Self::Revoked => "revoked",
            Self::UnknownIssuer => "other-ca",
            Self::AnchorExpired => "anchor-expired",
            Self::BadSignature => "bad-signature",
            Self::WeakAlgorithm => "weak-algorithm",
            Self::BadUsage => "wrong-usage",
            Self::NotALeaf => "ca-as-peer",
            Self::Constraint => "constraint",
            Self::WrongHost => "wrong-host",
            Self::NotListed => "dn-not-listed",
            Self::CommonNameDiffers => "cn-differs",
            Self::NotListedForDomain => "dn-not-listed-for-domain",
            Self::DomainNotListed => "domain-not-listed",
            Self::ListStale => "white-list-stale",
            Self::CrlStale => "crl-stale",
            Self::CrlMissing => "crl-missing",
        }
    }

    /// The case in words.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::NoTls => "the peer speaks without TLS",
            Self::NoCertificate => "the peer showed no certificate",
            Self::Unreadable => "the certificate cannot be read",
            Self::Expired => "the certificate has expired",
            Self::NotYetValid => "the certificate is not valid yet",
            Self::Revoked => "the certificate is revoked",
            Self::UnknownIssuer => "the certificate does not chain to the anchors",
            Self::AnchorExpired => "the anchor of the chain has expired",
            Self::BadSignature => "a signature of the certificate chain is wrong",
            Self::WeakAlgorithm => "the certificate's key or signature algorithm is too weak",
            Self::BadUsage => "the certificate's key usages do not allow this",
            Self::NotALeaf => "a certification authority's certificate was shown",
            Self::Constraint => "the certificate breaks a constraint of its chain",
            Self::WrongHost => "the certificate is not for this host name",
            Self::NotListed => "the certificate's name is not in the white list",
            Self::CommonNameDiffers => "the certificate's name differs from the listed one in its common name",
            Self::NotListedForDomain => "the certificate's name is not the one listed for this domain",
            Self::DomainNotListed => "the domain is not in the white list",
            Self::ListStale => "the white list is too old to be relied on",
            Self::CrlStale => "the issuer's revocation list is too old to be relied on",
            Self::CrlMissing => "there is no revocation list of the issuer",
        }
    }

    /// Whether it is a lack of ours that time mends: the peer is asked to come back.
    #[must_use]
    pub const fn is_temporary(self) -> bool {
        matches!(self, Self::ListStale | Self::CrlStale | Self::CrlMissing)
    }

    /// The reply that a peer gets when it comes in.
    #[must_use]
    pub const fn status(self) -> Status {
        match self {
            Self::NoTls => Status::TlsRequired,
            Self::ListStale | Self::CrlStale | Self::CrlMissing => Status::TrustStale,
            Self::NotListedForDomain | Self::DomainNotListed => Status::DomainNotOperators,
            _ => Status::OperatorUnknown,
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.text(), self.reason())
    }
}

impl std::error::Error for Refusal {}

impl From<Refusal> for Fault {
    fn from(refusal: Refusal) -> Self {
        let fault = if refusal.is_temporary() { Self::ours } else { Self::peer };
        fault(refusal.status(), refusal.reason()).caused_by(refusal)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::{Blame, Retry};

    #[test]
    fn all_of_them_are_all_and_have_words_of_their_own() {
        let source = include_str!("refusal.rs");
        let words = source.split("const fn reason").nth(1).and_then(|rest| rest.split("\n    }").next()).unwrap();
        let mut reasons: Vec<_> = Refusal::ALL.iter().map(|refusal| refusal.reason()).collect();
        assert_eq!(reasons.len(), words.matches("=> \"").count());
        reasons.sort_unstable();
        reasons.dedup();
        assert_eq!(reasons.len(), Refusal::ALL.len());
    }

    #[test]
    fn what_is_stale_is_ours_and_temporary() {
        let fault = Fault::from(Refusal::CrlStale);
        assert_eq!((fault.blame, fault.retry, fault.status.smtp()), (Blame::Us, Retry::Later, 451));
        let fault = Fault::from(Refusal::Revoked);
        assert_eq!((fault.blame, fault.retry, fault.status.smtp()), (Blame::Peer, Retry::Never, 554));
        assert_eq!(Fault::from(Refusal::NotListedForDomain).status.smtp(), 550);
    }
}
