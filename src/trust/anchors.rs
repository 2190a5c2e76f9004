//! The anchors: the roots that chains must lead to, and the issuing authorities that help to build them.
//!
//! A root is pinned as a whole certificate. An authority that did not sign itself is no anchor; it only completes the
//! chain of a peer that sends its own certificate alone.

use rustls::pki_types::{CertificateDer, TrustAnchor};

use super::certificate::{self, CertificateFacts};
use super::pem;
use super::{Refusal, TrustError};
use crate::mail::Time;

const REMEDY: &str = "put IGC-Santé's root and issuing authorities there, as PEM or DER (see certs/README.md)";

/// The trusted roots and the known issuing authorities.
#[derive(Debug, Clone, Default)]
pub struct Anchors {
    roots: Vec<TrustAnchor<'static>>,
    root_facts: Vec<CertificateFacts>,
    /// Roots too: they verify revocation lists.
    authorities: Vec<CertificateDer<'static>>,
    authority_facts: Vec<CertificateFacts>,
}

impl Anchors {
    /// Sorts certificates in DER into roots (they signed themselves) and issuing authorities.
    ///
    /// # Errors
    /// When one cannot be read or is no authority, or when none is a root.
    pub fn from_der(certificates: impl IntoIterator<Item = Vec<u8>>) -> Result<Self, TrustError> {
        let mut anchors = Self::default();
        for der in certificates {
            anchors.add(der)?;
        }
        if anchors.roots.is_empty() {
            return Err(TrustError::new("no root certificate (one that signed itself) among the anchors", REMEDY));
        }
        Ok(anchors)
    }

    /// The same from a file's bytes: PEM with any number of certificates, or one certificate in DER.
    ///
    /// # Errors
    /// As [`Anchors::from_der`], and when the bytes hold no certificate.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, TrustError> {
        Self::from_der(Self::certificates(bytes)?)
    }

    /// The certificates of a file, in DER.
    pub(super) fn certificates(bytes: &[u8]) -> Result<Vec<Vec<u8>>, TrustError> {
        pem::sections(bytes, "CERTIFICATE").map_err(|reason| TrustError::new(reason, REMEDY))
    }

    /// The roots.
    #[must_use]
    pub fn roots(&self) -> &[CertificateFacts] {
        &self.root_facts
    }

    /// All authorities, roots included.
    #[must_use]
    pub fn authorities(&self) -> &[CertificateFacts] {
        &self.authority_facts
    }

    /// The subjects of all authorities, DER: what a client is told when it is asked for a certificate, so that it
    /// offers no other.
    #[must_use]
    pub fn subjects(&self) -> Vec<Vec<u8>> {
        let subject =
            |der: &CertificateDer<'static>| certificate::parse(der).ok().map(|c| c.subject().as_raw().to_vec());
        self.authorities.iter().filter_map(subject).collect()
    }

    pub(crate) fn trust_anchors(&self) -> &[TrustAnchor<'static>] {
        &self.roots
    }

    pub(crate) fn authority_ders(&self) -> &[CertificateDer<'static>] {
        &self.authorities
    }

    /// Whether a root of this anchor's subject and key is within its dates.
    pub(crate) fn is_current(&self, anchor: &TrustAnchor<'_>, now: Time) -> bool {
        let same = |root: &TrustAnchor<'_>| {
            root.subject == anchor.subject && root.subject_public_key_info == anchor.subject_public_key_info
        };
        let current = |facts: &CertificateFacts| facts.not_before <= now && now <= facts.not_after;
        self.roots.iter().zip(&self.root_facts).any(|(root, facts)| same(root) && current(facts))
    }

    fn add(&mut self, der: Vec<u8>) -> Result<(), TrustError> {
        let refuse = |refusal: Refusal| TrustError::new(refusal.text(), REMEDY);
        let (facts, self_issued) = {
            let parsed = certificate::parse(&der).map_err(refuse)?;
            let facts = CertificateFacts::of(&parsed, &der);
            if !parsed.is_ca() {
                let reason = format!("{} is not a certification authority", facts.subject);
                return Err(TrustError::new(reason, REMEDY));
            }
            let self_issued = parsed.subject().as_raw() == parsed.issuer().as_raw();
            (facts, self_issued)
        };
        let der = CertificateDer::from(der);
        if self_issued {
            let anchor = webpki::anchor_from_trusted_cert(&der)
                .map_err(|error| TrustError::new(format!("{}: {error}", facts.subject), REMEDY))?;
            self.roots.push(anchor.to_owned());
            self.root_facts.push(facts.clone());
        }
        self.authorities.push(der);
        self.authority_facts.push(facts);
        Ok(())
    }
}
