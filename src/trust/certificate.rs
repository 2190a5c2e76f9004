//! What is told about a certificate: names, serial number, dates and fingerprint. It is not judged here.

use std::fmt;

use aws_lc_rs::digest;
use x509_parser::prelude::{FromDer, X509Certificate};

use super::{DistinguishedName, Refusal};
use crate::mail::Time;

/// The facts of one certificate, for logs, proofs and explanations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateFacts {
    /// Whom it names.
    pub subject: DistinguishedName,
    /// Who signed it.
    pub issuer: DistinguishedName,
    /// The serial number in hexadecimal, without leading zeros.
    pub serial: String,
    /// The first moment of its validity.
    pub not_before: Time,
    /// The last moment of its validity.
    pub not_after: Time,
    /// SHA-256 of its DER encoding.
    pub sha256: [u8; 32],
}

impl CertificateFacts {
    /// Reads a certificate.
    ///
    /// # Errors
    /// [`Refusal::Unreadable`] when it is no X.509 certificate in DER, or something follows it.
    pub fn read(der: &[u8]) -> Result<Self, Refusal> {
        parse(der).map(|certificate| Self::of(&certificate, der))
    }

    pub(super) fn of(certificate: &X509Certificate<'_>, der: &[u8]) -> Self {
        Self {
            subject: DistinguishedName::from_x509(certificate.subject()),
            issuer: DistinguishedName::from_x509(certificate.issuer()),
            serial: serial(certificate.raw_serial()),
            not_before: Time::from_secs(certificate.validity().not_before.timestamp()),
            not_after: Time::from_secs(certificate.validity().not_after.timestamp()),
            sha256: sha256(der),
        }
    }
}

impl fmt::Display for CertificateFacts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (serial {}, issued by {})", self.subject, self.serial, self.issuer)
    }
}

pub(super) fn parse(der: &[u8]) -> Result<X509Certificate<'_>, Refusal> {
    match X509Certificate::from_der(der) {
        Ok(([], certificate)) => Ok(certificate),
        _ => Err(Refusal::Unreadable),
    }
}

/// A serial number as openssl prints it, but for case and leading zeros.
pub(super) fn serial(bytes: &[u8]) -> String {
    let digits = crate::mail::hex(bytes);
    let digits = digits.trim_start_matches('0');
    if digits.is_empty() { "0".to_owned() } else { digits.to_owned() }
}

pub(super) fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest::digest(&digest::SHA256, bytes).as_ref());
    hash
}
