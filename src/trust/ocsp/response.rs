//! The answer: read to the octet, its signer judged, then what it says of the one certificate that was asked about.

use std::fmt;

use rustls::pki_types::CertificateDer;
use webpki::{EndEntityCert, KeyUsage, RevocationCheckDepth, RevocationOptionsBuilder, UnknownStatusPolicy};

use super::der::{Item, expect, optional, take};
use super::question::{NONCE_OID, Question, SHA1, sha1};
use crate::mail::Time;
use crate::trust::chain::unix;
use crate::trust::policy::ALGORITHMS;
use crate::trust::{Revocation, certificate};

/// The contents of the OID of the one kind of answer that there is.
const BASIC: &[u8] = &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x30, 0x01, 0x01];
/// `id-kp-OCSPSigning`.
const OCSP_SIGNING: &[u8] = &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x09];
/// Certificates, and single answers, that are looked at.
const CERTIFICATES_MAX: usize = 8;
const SINGLES_MAX: usize = 64;
/// How far a responder's clock may be ahead of ours.
const SKEW: i64 = 300;
/// How old an answer without a next update may be.
const AGE_MAX: i64 = 86_400;

/// Why an answer does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum OcspError {
    /// It has no valid form.
    Malformed,
    /// The responder says that it cannot answer, by this status (RFC 6960 §4.2.1).
    Refused(u8),
    /// Neither the issuer nor one whom it appointed signed it.
    NotTheIssuers,
    /// The signature is wrong.
    BadSignature,
    /// It is an answer to another question.
    OtherNonce,
    /// It says nothing of the certificate.
    OtherCertificate,
    /// It is from the future, or out of date.
    OutOfDate,
}

impl fmt::Display for OcspError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed => f.write_str("the OCSP answer has no valid form"),
            Self::Refused(status) => write!(f, "the OCSP responder cannot answer (status {status})"),
            Self::NotTheIssuers => f.write_str("neither the issuer nor a responder of its own signed the OCSP answer"),
            Self::BadSignature => f.write_str("the signature of the OCSP answer is wrong"),
            Self::OtherNonce => f.write_str("the OCSP answer is one to another question"),
            Self::OtherCertificate => f.write_str("the OCSP answer says nothing of the certificate"),
            Self::OutOfDate => f.write_str("the OCSP answer is out of date, or from the future"),
        }
    }
}

impl std::error::Error for OcspError {}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Status {
    Good,
    Revoked,
    Unknown,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) status: Status,
    pub(super) next_update: Option<Time>,
}

/// The parts of an answer, as octets of it.
struct Basic<'a> {
    tbs: Item<'a>,
    signature: &'a [u8],
    certificates: Vec<&'a [u8]>,
}

struct Tbs<'a> {
    responder: Item<'a>,
    singles: &'a [u8],
    extensions: Option<Item<'a>>,
}

/// Reads and judges an answer.
// [rfc6960#3.2] [rfc6960#4.2]
pub(super) fn judge(
    response: &[u8],
    question: &Question,
    revocation: &Revocation,
    now: Time,
) -> Result<Answer, OcspError> {
    let basic = basic(response)?;
    let tbs = tbs(basic.tbs.data).ok_or(OcspError::Malformed)?;
    verify(&basic, &tbs.responder, question, revocation, now)?;
    let nonce = tbs.extensions.map(|extensions| nonce(extensions.data).ok_or(OcspError::Malformed)).transpose()?;
    if nonce.flatten().is_some_and(|nonce| nonce != question.nonce) {
        return Err(OcspError::OtherNonce);
    }
    single(tbs.singles, question, now)
}

/// Reads whatever there is, for the fuzzer: nothing must make it panic.
#[doc(hidden)]
pub fn parse_fuzzed(response: &[u8]) {
    if let Ok(basic) = basic(response)
        && let Some(tbs) = tbs(basic.tbs.data)
    {
        let mut singles = tbs.singles;
        while let Some(single) = take(&mut singles) {
            let _ = read_single(single.data);
        }
        let _ = tbs.extensions.map(|extensions| nonce(extensions.data));
    }
}

fn basic(response: &[u8]) -> Result<Basic<'_>, OcspError> {
    let malformed = OcspError::Malformed;
    let mut input = response;
    let mut outer = expect(&mut input, 0x30).filter(|_| input.is_empty()).ok_or(malformed)?.data;
    match expect(&mut outer, 0x0a).ok_or(malformed)?.data {
        [0] => {}
        [status] => return Err(OcspError::Refused(*status)),
        _ => return Err(malformed),
    }
    bytes(outer).and_then(parts).ok_or(malformed)
}

fn bytes(mut outer: &[u8]) -> Option<&[u8]> {
    let mut explicit = expect(&mut outer, 0xa0)?.data;
    let mut typed = expect(&mut explicit, 0x30)?.data;
    expect(&mut typed, 0x06).filter(|oid| oid.data == BASIC)?;
    Some(expect(&mut typed, 0x04)?.data)
}

fn parts(mut input: &[u8]) -> Option<Basic<'_>> {
    let mut basic = expect(&mut input, 0x30)?.data;
    let tbs = expect(&mut basic, 0x30)?;
    let _algorithm = expect(&mut basic, 0x30)?;
    // A bit string of whole octets.
    let signature = expect(&mut basic, 0x03)?.data.strip_prefix(&[0])?;
    let mut certificates = Vec::new();
    if let Some(explicit) = optional(&mut basic, 0xa0) {
        let mut explicit = explicit.data;
        let mut list = expect(&mut explicit, 0x30)?.data;
        while !list.is_empty() && certificates.len() < CERTIFICATES_MAX {
            certificates.push(expect(&mut list, 0x30)?.raw);
        }
    }
    (input.is_empty() && basic.is_empty()).then_some(Basic { tbs, signature, certificates })
}

fn tbs(mut input: &[u8]) -> Option<Tbs<'_>> {
    optional(&mut input, 0xa0);
    let responder = take(&mut input).filter(|item| item.tag == 0xa1 || item.tag == 0xa2)?;
    expect(&mut input, 0x18)?;
    let singles = expect(&mut input, 0x30)?.data;
    let extensions = optional(&mut input, 0xa1);
    input.is_empty().then_some(Tbs { responder, singles, extensions })
}

/// The issuer itself, or one with a certificate of the issuer for this purpose.
// [rfc6960#4.2.2.2]
fn verify(
    basic: &Basic<'_>,
    responder: &Item<'_>,
    question: &Question,
    revocation: &Revocation,
    now: Time,
) -> Result<(), OcspError> {
    let signed = |certificate: &[u8]| if signed_by(basic, certificate) { Ok(()) } else { Err(OcspError::BadSignature) };
    if is(responder, &question.issuer) {
        return signed(&question.issuer);
    }
    let appointed = |certificate: &&&[u8]| {
        is(responder, certificate) && is_appointed(certificate, &question.issuer, revocation, now)
    };
    signed(basic.certificates.iter().find(appointed).ok_or(OcspError::NotTheIssuers)?)
}

/// Whether a responder's id, its name or the digest of its key, is that of this certificate.
fn is(responder: &Item<'_>, der: &[u8]) -> bool {
    let Ok(parsed) = certificate::parse(der) else { return false };
    match responder.tag {
        0xa1 => parsed.subject().as_raw() == responder.data,
        _ => {
            let mut input = responder.data;
            let hash = sha1(&parsed.public_key().subject_public_key.data);
            expect(&mut input, 0x04).is_some_and(|id| id.data == hash)
        }
    }
}

fn is_appointed(der: &[u8], issuer: &[u8], revocation: &Revocation, now: Time) -> bool {
    let (der, issuer) = (CertificateDer::from(der), CertificateDer::from(issuer));
    let (Ok(entity), Ok(anchor)) = (EndEntityCert::try_from(&der), webpki::anchor_from_trusted_cert(&issuer)) else {
        return false;
    };
    // Whether it may be revoked without a look at it (id-pkix-ocsp-nocheck) or not: where there is a list, it counts.
    let lists = revocation.lists();
    let options = RevocationOptionsBuilder::new(&lists).ok().map(|builder| {
        builder.with_depth(RevocationCheckDepth::EndEntity).with_status_policy(UnknownStatusPolicy::Allow).build()
    });
    let usage = KeyUsage::required(OCSP_SIGNING);
    entity.verify_for_usage(ALGORITHMS, &[anchor], &[], unix(now), usage, options, None).is_ok()
}

fn signed_by(basic: &Basic<'_>, der: &[u8]) -> bool {
    let der = CertificateDer::from(der);
    let Ok(signer) = EndEntityCert::try_from(&der) else { return false };
    // An algorithm that is not the key's is refused before anything is computed.
    ALGORITHMS.iter().any(|algorithm| signer.verify_signature(*algorithm, basic.tbs.raw, basic.signature).is_ok())
}

/// The nonce among the extensions, if there is one; the outer none is for what has no valid form.
fn nonce(mut extensions: &[u8]) -> Option<Option<&[u8]>> {
    let mut list = expect(&mut extensions, 0x30)?.data;
    while !list.is_empty() {
        let mut extension = expect(&mut list, 0x30)?.data;
        let oid = expect(&mut extension, 0x06)?;
        optional(&mut extension, 0x01);
        let mut value = expect(&mut extension, 0x04)?.data;
        if oid.data == NONCE_OID {
            return Some(Some(expect(&mut value, 0x04)?.data));
        }
    }
    Some(None)
}

/// One certificate's status with its dates.
struct Single<'a> {
    algorithm: &'a [u8],
    name_hash: &'a [u8],
    key_hash: &'a [u8],
    serial: &'a [u8],
    status: Status,
    this_update: Time,
    next_update: Option<Time>,
}

fn read_single(mut input: &[u8]) -> Option<Single<'_>> {
    let mut certificate = expect(&mut input, 0x30)?.data;
    let mut algorithm = expect(&mut certificate, 0x30)?.data;
    let algorithm = expect(&mut algorithm, 0x06)?.data;
    let [name_hash, key_hash] = [expect(&mut certificate, 0x04)?.data, expect(&mut certificate, 0x04)?.data];
    let serial = expect(&mut certificate, 0x02)?.data;
    let status = match take(&mut input)?.tag {
        0x80 => Status::Good,
        0xa1 => Status::Revoked,
        0x82 => Status::Unknown,
        _ => return None,
    };
    let this_update = time(expect(&mut input, 0x18)?.data)?;
    let next_update = match optional(&mut input, 0xa0) {
        Some(explicit) => {
            let mut explicit = explicit.data;
            Some(time(expect(&mut explicit, 0x18)?.data)?)
        }
        None => None,
    };
    Some(Single { algorithm, name_hash, key_hash, serial, status, this_update, next_update })
}

fn single(mut singles: &[u8], question: &Question, now: Time) -> Result<Answer, OcspError> {
    for _ in 0..SINGLES_MAX {
        if singles.is_empty() {
            break;
        }
        let item = expect(&mut singles, 0x30).ok_or(OcspError::Malformed)?;
        let single = read_single(item.data).ok_or(OcspError::Malformed)?;
        let about = (single.algorithm, single.name_hash, single.key_hash, single.serial);
        if about != (SHA1, &*question.name_hash, &*question.key_hash, &*question.serial) {
            continue;
        }
        let begun = single.this_update <= now.plus_secs(SKEW);
        let due = single.next_update.unwrap_or_else(|| single.this_update.plus_secs(AGE_MAX));
        if !begun || due.plus_secs(SKEW) < now {
            return Err(OcspError::OutOfDate);
        }
        return Ok(Answer { status: single.status, next_update: single.next_update });
    }
    Err(OcspError::OtherCertificate)
}

/// `YYYYMMDDHHMMSSZ`.
fn time(text: &[u8]) -> Option<Time> {
    let text = std::str::from_utf8(text).ok()?;
    let digits =
        text.strip_suffix('Z').filter(|digits| digits.len() == 14 && digits.bytes().all(|b| b.is_ascii_digit()))?;
    let part = |from: usize, to: usize| &digits[from..to];
    let [year, month, day] = [part(0, 4), part(4, 6), part(6, 8)];
    let [hour, minute, second] = [part(8, 10), part(10, 12), part(12, 14)];
    Time::parse_rfc3339(&format!("{year}-{month}-{day}T{hour}:{minute}:{second}Z")).ok()
}

#[cfg(test)]
mod tests;
