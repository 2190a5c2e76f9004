//! The signature of a white list: one profile of XAdES-B, and nothing else.
//!
//! Enveloped in the root element; exclusive canonicalisation; SHA-2; one reference to the whole document less the
//! signature, one to the signed properties; the signer's certificate among the signed properties and its chain to the
//! anchors. Whatever is not exactly this is refused: this is no general XML signature library, and so a wrapping attack
//! finds nothing to move. What is verified comes back as canonical bytes, and only these are read as a list.

mod canonical;
mod profile;

use std::fmt;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use roxmltree::{Document, Node};
use rustls::pki_types::{CertificateDer, SignatureVerificationAlgorithm};
use serde::{Deserialize, Serialize};
use webpki::EndEntityCert;
use webpki::aws_lc_rs as alg;

use super::chain::{Bench, Leaf, Role};
use super::white_list::{ListError, tree};
use super::{Anchors, CertificateFacts, DistinguishedName, Limits, Policy, Refusal, Revocation};
use crate::mail::Time;
use profile::{Profile, SIGNATURE};

pub(super) use canonical::{document_without, element};
pub(super) use profile::{DSIG, EXCLUSIVE, FILTER2, RSA_SHA256, SHA256, XADES, digest};

/// Whether a list must be signed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SignaturePolicy {
    /// An unsigned list is refused.
    Required,
    /// A signed list must be signed well, an unsigned one is taken.
    #[default]
    IfPresent,
    /// Signatures are not looked at.
    Off,
}

/// Why a signature is not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SignatureError {
    /// The document itself cannot be read.
    Document(ListError),
    /// No signature in it.
    Unsigned,
    /// More than one.
    Several,
    /// The signature is not a child of the root element.
    Misplaced,
    /// A part of it is missing, double or not of the profile.
    Profile(&'static str),
    /// An algorithm that the profile does not have.
    Algorithm(String),
    /// The digest of what is named does not fit: it was changed after it was signed.
    Digest(&'static str),
    /// The signature's value is not of the signer's key over what was signed.
    Value,
    /// The signer's certificate is refused.
    Signer(Refusal),
    /// Somebody else signed, whose certificate is good.
    OtherSigner(DistinguishedName),
}

impl fmt::Display for SignatureError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Document(error) => error.fmt(f),
            Self::Unsigned => f.write_str("the list is not signed"),
            Self::Several => f.write_str("the list holds more than one signature"),
            Self::Misplaced => f.write_str("the signature does not stand in the root element"),
            Self::Profile(what) => write!(f, "the signature is not of the profile: {what}"),
            Self::Algorithm(name) => write!(f, "the signature uses {name:?}, which is not of the profile"),
            Self::Digest(what) => write!(f, "the digest of {what} is wrong: it was changed after it was signed"),
            Self::Value => f.write_str("the signature's value is wrong"),
            Self::Signer(refusal) => write!(f, "the signer: {refusal}"),
            Self::OtherSigner(name) => write!(f, "signed by {name}, who is not the configured signer"),
        }
    }
}

impl std::error::Error for SignatureError {}

/// A document whose signature is good.
#[derive(Debug, Clone)]
pub struct Signed {
    /// The canonical form of what was signed, without the signature.
    pub content: Vec<u8>,
    /// The signer's certificate.
    pub signer: CertificateFacts,
    /// When the signer says that it signed.
    pub signed_at: Option<Time>,
}

/// What a signature is judged against.
#[derive(Debug, Clone, Copy)]
pub struct Verifier<'a> {
    /// The attributes that the signer's name must have, such as its CN and OU.
    pub signer: &'a DistinguishedName,
    /// The roots that its chain must lead to.
    pub anchors: &'a Anchors,
    /// The revocation lists. A signer of whose issuer there is none is taken.
    pub revocation: &'a Revocation,
    /// Bounds of the document.
    pub limits: &'a Limits,
    /// The present time.
    pub now: Time,
}

impl Verifier<'_> {
    /// Verifies a signed document.
    ///
    /// # Errors
    /// Says what is wrong with the signature or its signer.
    // [mss#2] [xmldsig#3.2]
    pub fn verify(&self, xml: &[u8]) -> Result<Signed, SignatureError> {
        let document = tree(xml, self.limits).map_err(SignatureError::Document)?;
        let signature = only_signature(&document)?.ok_or(SignatureError::Unsigned)?;
        let profile = Profile::read(&document, signature)?;

        // What the references name is what was signed …
        let content = document_without(&document, signature);
        check_digest(profile.content_digest(), &content, "the list")?;
        check_digest(profile.properties_digest(), &element(profile.properties), "the signed properties")?;
        // … and the signer signed the references.
        let signer = profile.signer()?;
        check_value(&profile, signer)?;

        let facts = self.judge_signer(&profile, signer)?;
        Ok(Signed { content, signer: facts, signed_at: profile.signed_at() })
    }

    fn judge_signer(&self, profile: &Profile<'_, '_>, signer: &[u8]) -> Result<CertificateFacts, SignatureError> {
        let policy = Policy::default();
        let bench = Bench {
            anchors: self.anchors,
            revocation: self.revocation,
            policy: &policy,
            now: self.now,
            leaf: Leaf::Unvouched,
        };
        let others = profile.certificates.iter().filter(|der| der.as_slice() != signer);
        let chain: Vec<Vec<u8>> = std::iter::once(signer.to_vec()).chain(others.cloned()).collect();
        bench.judge(&chain, Role::Signer).map_err(SignatureError::Signer)?;
        let facts = CertificateFacts::read(signer).map_err(SignatureError::Signer)?;
        if self.signer.attributes().is_empty() || !self.signer.is_part_of(&facts.subject) {
            return Err(SignatureError::OtherSigner(facts.subject));
        }
        Ok(facts)
    }
}

/// Whether a document holds a signature anywhere.
///
/// # Errors
/// When it cannot be read, or the signature is not alone in its place.
pub fn is_signed(xml: &[u8], limits: &Limits) -> Result<bool, SignatureError> {
    let document = tree(xml, limits).map_err(SignatureError::Document)?;
    Ok(only_signature(&document)?.is_some())
}

/// The one signature, which must be a child of the root element: elsewhere it is a wrapping attack.
fn only_signature<'a, 'x>(document: &'a Document<'x>) -> Result<Option<Node<'a, 'x>>, SignatureError> {
    let mut signatures = document.descendants().filter(|node| node.has_tag_name(SIGNATURE));
    let Some(signature) = signatures.next() else { return Ok(None) };
    if signatures.next().is_some() {
        return Err(SignatureError::Several);
    }
    if signature.parent() == Some(document.root_element()) {
        Ok(Some(signature))
    } else {
        Err(SignatureError::Misplaced)
    }
}

fn check_digest(
    (algorithm, expected): (&'static aws_lc_rs::digest::Algorithm, &[u8]),
    bytes: &[u8],
    what: &'static str,
) -> Result<(), SignatureError> {
    let computed = aws_lc_rs::digest::digest(algorithm, bytes);
    verify_slices_are_equal(computed.as_ref(), expected).map_err(|_| SignatureError::Digest(what))
}

fn check_value(profile: &Profile<'_, '_>, signer: &[u8]) -> Result<(), SignatureError> {
    let algorithm: &dyn SignatureVerificationAlgorithm = profile.algorithm;
    let der = CertificateDer::from(signer);
    let entity = EndEntityCert::try_from(&der).map_err(|_| SignatureError::Signer(Refusal::Unreadable))?;
    let signed_info = element(profile.signed_info);
    entity.verify_signature(algorithm, &signed_info, &profile.value).map_err(|_| SignatureError::Value)
}

/// The signature algorithms of the profile.
const SIGNATURE_ALGORITHMS: &[(&str, &dyn SignatureVerificationAlgorithm)] = &[
    (RSA_SHA256, alg::RSA_PKCS1_2048_8192_SHA256),
    ("http://www.w3.org/2001/04/xmldsig-more#rsa-sha384", alg::RSA_PKCS1_2048_8192_SHA384),
    ("http://www.w3.org/2001/04/xmldsig-more#rsa-sha512", alg::RSA_PKCS1_2048_8192_SHA512),
];

#[cfg(test)]
mod tests;
