//! Time stamps of third parties (RFC 3161): the question, and the judgement of the token that is the answer. A token is
//! believed when its signer's certificate leads to given anchors, is for time stamping, and was valid at the token's own
//! time; so it is believed for as long as its algorithms are.

use aws_lc_rs::digest;
use cms::cert::CertificateChoices;
use cms::cert::x509::Certificate;
use cms::cert::x509::attr::Attribute;
use cms::cert::x509::ext::Extensions;
use cms::cert::x509::ext::pkix::SubjectKeyIdentifier;
use cms::cert::x509::ext::pkix::name::GeneralName;
use cms::cert::x509::spki::AlgorithmIdentifierOwned;
use cms::content_info::ContentInfo;
use cms::signed_data::{SignedData, SignerIdentifier, SignerInfo};
use der::asn1::{Int, ObjectIdentifier, OctetString};
use der::{Any, Decode, Encode, Sequence, Tag, Tagged};
use rustls::pki_types::{CertificateDer, UnixTime};
use webpki::{EndEntityCert, KeyUsage};

use super::Anchors;
use super::policy::ALGORITHMS;
use crate::mail::Time;

const SIGNED_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.2");
const TST_INFO: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.1.4");
const CONTENT_TYPE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.3");
const MESSAGE_DIGEST: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.4");
const SIGNING_CERTIFICATE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.2.12");
const SIGNING_CERTIFICATE_V2: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.2.47");
const SHA1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.14.3.2.26");
const SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.1");
const SHA384: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.2");
const SHA512: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.3");
/// 1.3.6.1.5.5.7.3.8
const TIME_STAMPING: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 3, 8];
/// Octets of a token; one with its whole chain has 6,000.
pub const TOKEN_MAX: usize = 64 * 1024;

/// What a token says, verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimeStamp {
    /// When the bytes existed, by the authority's clock.
    pub time: Time,
    /// The subject of its certificate.
    pub authority: String,
    /// The number that the request came with.
    pub nonce: Option<Vec<u8>>,
}

/// Why a token is not believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StampError {
    /// It is no token of the form that is read here; what is wrong.
    Malformed(&'static str),
    /// The authority refused: its status.
    Refused(u8),
    /// It stamps other bytes.
    OtherBytes,
    /// Its signature is wrong.
    BadSignature,
    /// Its signer's certificate does not lead to the anchors, or is not for time stamping.
    UnknownAuthority(String),
}

impl std::fmt::Display for StampError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Malformed(what) => write!(f, "not a time-stamp token: {what}"),
            Self::Refused(status) => write!(f, "the time-stamp authority refused (status {status})"),
            Self::OtherBytes => f.write_str("the time-stamp token stamps other bytes"),
            Self::BadSignature => f.write_str("the signature of the time-stamp token is wrong"),
            Self::UnknownAuthority(why) => write!(f, "the time-stamp authority is not known: {why}"),
        }
    }
}

impl std::error::Error for StampError {}

#[derive(Sequence)]
struct Imprint {
    algorithm: AlgorithmIdentifierOwned,
    digest: OctetString,
}

#[derive(Sequence)]
struct Query {
    version: u8,
    imprint: Imprint,
    #[asn1(optional = "true")]
    nonce: Option<Int>,
    #[asn1(default = "Default::default")]
    certificate: bool,
}

#[derive(Sequence)]
struct StatusInfo {
    status: u8,
    #[asn1(optional = "true")]
    text: Option<Vec<Any>>,
    #[asn1(optional = "true")]
    failure: Option<der::asn1::BitString>,
}

#[derive(Sequence)]
struct Answer {
    status: StatusInfo,
    #[asn1(optional = "true")]
    token: Option<Any>,
}

#[derive(Sequence)]
struct Accuracy {
    #[asn1(optional = "true")]
    seconds: Option<Int>,
    #[asn1(context_specific = "0", tag_mode = "IMPLICIT", optional = "true")]
    millis: Option<Int>,
    #[asn1(context_specific = "1", tag_mode = "IMPLICIT", optional = "true")]
    micros: Option<Int>,
}

#[derive(Sequence)]
struct Info {
    version: u8,
    policy: ObjectIdentifier,
    imprint: Imprint,
    serial: Int,
    time: Any,
    #[asn1(optional = "true")]
    accuracy: Option<Accuracy>,
    #[asn1(default = "Default::default")]
    ordering: bool,
    #[asn1(optional = "true")]
    nonce: Option<Int>,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT", optional = "true")]
    tsa: Option<GeneralName>,
    #[asn1(context_specific = "1", tag_mode = "IMPLICIT", optional = "true")]
    extensions: Option<Extensions>,
}

#[derive(Sequence)]
struct CertId {
    /// SHA-256 where it is missing.
    #[asn1(optional = "true")]
    algorithm: Option<AlgorithmIdentifierOwned>,
    digest: OctetString,
    #[asn1(optional = "true")]
    issuer: Option<Any>,
}

#[derive(Sequence)]
struct CertIdV1 {
    digest: OctetString,
    #[asn1(optional = "true")]
    issuer: Option<Any>,
}

#[derive(Sequence)]
struct SigningCertificate<T: for<'a> Decode<'a> + Encode> {
    certificates: Vec<T>,
    #[asn1(optional = "true")]
    policies: Option<Any>,
}

/// The question: a stamp over bytes with this SHA-256, with the authority's certificate. The number comes back with it.
// [rfc3161#2.4.1]
#[must_use]
pub fn query(digest: &[u8; 32], nonce: u64) -> Vec<u8> {
    // A number that is not negative, and not 0: its first byte is below 0x80 and set.
    let nonce = ((nonce >> 1) | (1 << 62)).to_be_bytes();
    // Nothing of this can be too long.
    encode_query(digest, &nonce).unwrap_or_default()
}

fn encode_query(digest: &[u8; 32], nonce: &[u8]) -> der::Result<Vec<u8>> {
    let algorithm = AlgorithmIdentifierOwned { oid: SHA256, parameters: None };
    let imprint = Imprint { algorithm, digest: OctetString::new(digest.as_slice())? };
    Query { version: 1, imprint, nonce: Some(Int::new(nonce)?), certificate: true }.to_der()
}

/// The token in an authority's answer to this question.
///
/// # Errors
/// `Refused`, `Malformed`.
// [rfc3161#2.4.2]
pub fn token(answer: &[u8]) -> Result<Vec<u8>, StampError> {
    let answer = Answer::from_der(answer).map_err(|_| StampError::Malformed("the answer"))?;
    // 0: granted; 1: granted with changes, which the token itself shows.
    match (answer.status.status, answer.token) {
        (0 | 1, Some(token)) => token.to_der().map_err(|_| StampError::Malformed("the answer")),
        (status, _) => Err(StampError::Refused(status)),
    }
}

/// Whether a token came with the number of this question.
#[must_use]
pub fn answers(stamp: &TimeStamp, query: &[u8]) -> bool {
    let asked = Query::from_der(query).ok().and_then(|query| query.nonce).map(|nonce| nonce.as_bytes().to_vec());
    stamp.nonce == asked
}

/// Judges a token over bytes with this SHA-256.
///
/// # Errors
/// See [`StampError`].
// [rfc3161#2.4.2] [rfc5652#5.4]
pub fn verify(token: &[u8], digest: &[u8; 32], anchors: &Anchors) -> Result<TimeStamp, StampError> {
    let signed = signed_data(token)?;
    let content = content(&signed)?;
    let info = Info::from_der(&content).map_err(|_| StampError::Malformed("what it says"))?;
    if info.version != 1 || info.imprint.algorithm.oid != SHA256 {
        return Err(StampError::Malformed("its version or its digest"));
    }
    if info.imprint.digest.as_bytes() != digest {
        return Err(StampError::OtherBytes);
    }
    let time = generalized_time(&info.time).ok_or(StampError::Malformed("its time"))?;
    let [signer] = signed.signer_infos.0.as_slice() else { return Err(StampError::Malformed("its signers")) };
    let (certificate, others) = certificates(&signed, signer)?;
    let der = certificate.to_der().map_err(|_| StampError::Malformed("its certificate"))?;
    let attributes = signed_attributes(signer, &content, &der)?;
    let der = CertificateDer::from(der);
    let entity = EndEntityCert::try_from(&der).map_err(|_| StampError::Malformed("its certificate"))?;
    let signature = signer.signature.as_bytes();
    if !ALGORITHMS.iter().any(|algorithm| entity.verify_signature(*algorithm, &attributes, signature).is_ok()) {
        return Err(StampError::BadSignature);
    }
    leads_to(&entity, &others, anchors, time)?;
    let authority = certificate.tbs_certificate.subject.to_string();
    Ok(TimeStamp { time, authority, nonce: info.nonce.map(|nonce| nonce.as_bytes().to_vec()) })
}

fn signed_data(token: &[u8]) -> Result<SignedData, StampError> {
    if token.len() > TOKEN_MAX {
        return Err(StampError::Malformed("its length"));
    }
    let outer = ContentInfo::from_der(token).map_err(|_| StampError::Malformed("its form"))?;
    if outer.content_type != SIGNED_DATA {
        return Err(StampError::Malformed("its type"));
    }
    outer.content.decode_as().map_err(|_| StampError::Malformed("its form"))
}

fn content(signed: &SignedData) -> Result<Vec<u8>, StampError> {
    let inner = &signed.encap_content_info;
    let octets = inner.econtent.as_ref().filter(|_| inner.econtent_type == TST_INFO);
    let octets = octets.ok_or(StampError::Malformed("its content"))?.decode_as::<OctetString>();
    octets.map(|octets| octets.as_bytes().to_vec()).map_err(|_| StampError::Malformed("its content"))
}

/// The signer's certificate and the others.
fn certificates(
    signed: &SignedData,
    signer: &SignerInfo,
) -> Result<(Certificate, Vec<CertificateDer<'static>>), StampError> {
    let all = signed.certificates.iter().flat_map(|set| set.0.iter()).filter_map(|choice| match choice {
        CertificateChoices::Certificate(certificate) => Some(certificate.clone()),
        CertificateChoices::Other(_) => None,
    });
    let (mut own, others): (Vec<Certificate>, Vec<Certificate>) =
        all.partition(|certificate| is_of(certificate, &signer.sid));
    let own = own.pop().filter(|_| own.is_empty()).ok_or(StampError::Malformed("its certificate"))?;
    let others = others.iter().filter_map(|certificate| certificate.to_der().ok()).map(CertificateDer::from).collect();
    Ok((own, others))
}

fn is_of(certificate: &Certificate, signer: &SignerIdentifier) -> bool {
    let certificate = &certificate.tbs_certificate;
    match signer {
        SignerIdentifier::IssuerAndSerialNumber(id) => {
            certificate.issuer == id.issuer && certificate.serial_number == id.serial_number
        }
        SignerIdentifier::SubjectKeyIdentifier(id) => {
            certificate.get::<SubjectKeyIdentifier>().is_ok_and(|found| found.is_some_and(|(_, found)| found == *id))
        }
    }
}

/// The bytes that are signed: the attributes, once they are those of this content and this certificate.
// [rfc5652#5.4] [rfc5816#2.2]
fn signed_attributes(signer: &SignerInfo, content: &[u8], certificate: &[u8]) -> Result<Vec<u8>, StampError> {
    let wrong = StampError::Malformed("its signed attributes");
    let attributes = signer.signed_attrs.as_ref().ok_or(wrong.clone())?;
    let one = |oid: ObjectIdentifier| -> Option<&Any> {
        let found: Vec<&Attribute> = attributes.iter().filter(|attribute| attribute.oid == oid).collect();
        match found.as_slice() {
            [attribute] if attribute.values.len() == 1 => attribute.values.get(0),
            _ => None,
        }
    };
    let kind = one(CONTENT_TYPE).and_then(|value| value.decode_as::<ObjectIdentifier>().ok());
    let digest = one(MESSAGE_DIGEST).and_then(|value| value.decode_as::<OctetString>().ok());
    let hashed = hash(&signer.digest_alg.oid, content).ok_or(wrong.clone())?;
    if kind != Some(TST_INFO) || digest.is_none_or(|digest| digest.as_bytes() != hashed) {
        return Err(wrong);
    }
    let named = match (one(SIGNING_CERTIFICATE_V2), one(SIGNING_CERTIFICATE)) {
        (Some(value), _) => names_v2(value, certificate),
        (None, Some(value)) => names_v1(value, certificate),
        (None, None) => false,
    };
    if named { attributes.to_der().map_err(|_| wrong) } else { Err(wrong) }
}

fn names_v2(value: &Any, certificate: &[u8]) -> bool {
    let named = value.decode_as::<SigningCertificate<CertId>>().ok();
    let first = named.as_ref().and_then(|named| named.certificates.first());
    let algorithm = |id: &CertId| id.algorithm.as_ref().map_or(SHA256, |algorithm| algorithm.oid);
    first.is_some_and(|id| hash(&algorithm(id), certificate).as_deref() == Some(id.digest.as_bytes()))
}

fn names_v1(value: &Any, certificate: &[u8]) -> bool {
    let named = value.decode_as::<SigningCertificate<CertIdV1>>().ok();
    let first = named.as_ref().and_then(|named| named.certificates.first());
    first.is_some_and(|id| hash(&SHA1, certificate).as_deref() == Some(id.digest.as_bytes()))
}

/// SHA-1 names a certificate here and nothing more: what is signed is hashed with another.
fn hash(algorithm: &ObjectIdentifier, bytes: &[u8]) -> Option<Vec<u8>> {
    let algorithm = match *algorithm {
        SHA256 => &digest::SHA256,
        SHA384 => &digest::SHA384,
        SHA512 => &digest::SHA512,
        SHA1 => &digest::SHA1_FOR_LEGACY_USE_ONLY,
        _ => return None,
    };
    Some(digest::digest(algorithm, bytes).as_ref().to_vec())
}

fn leads_to(
    entity: &EndEntityCert<'_>,
    others: &[CertificateDer<'_>],
    anchors: &Anchors,
    time: Time,
) -> Result<(), StampError> {
    let at = UnixTime::since_unix_epoch(std::time::Duration::from_millis(u64::try_from(time.0).unwrap_or(0)));
    let mut all: Vec<CertificateDer<'_>> = others.to_vec();
    all.extend(anchors.authority_ders().iter().map(|der| CertificateDer::from(der.as_ref())));
    let usage = KeyUsage::required(TIME_STAMPING);
    let path = entity.verify_for_usage(ALGORITHMS, anchors.trust_anchors(), &all, at, usage, None, None);
    path.map(drop).map_err(|error| StampError::UnknownAuthority(format!("{error:?}")))
}

/// `YYYYMMDDhhmmss[.fraction]Z`.
// [rfc3161#2.4.2]
fn generalized_time(value: &Any) -> Option<Time> {
    let text = std::str::from_utf8(value.value()).ok().filter(|_| value.tag() == Tag::GeneralizedTime)?;
    let text = text.strip_suffix('Z')?;
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.len() != 14 || !digits(whole) || !digits(fraction) {
        return None;
    }
    let part = |range: std::ops::Range<usize>| &whole[range];
    let seconds =
        format!("{}-{}-{}T{}:{}:{}Z", part(0..4), part(4..6), part(6..8), part(8..10), part(10..12), part(12..14));
    let millis: i64 = format!("{fraction:0<3}")[..3].parse().ok()?;
    Time::parse_rfc3339(&seconds).ok().map(|time| Time(time.0 + millis))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_question_is_that_of_the_standard() {
        // [rfc3161#2.4.1]
        let query = query(&[7; 32], u64::MAX);
        let read = Query::from_der(&query).unwrap();
        assert_eq!((read.version, read.certificate, read.imprint.digest.as_bytes()), (1, true, [7; 32].as_slice()));
        assert_eq!(read.imprint.algorithm.oid, SHA256);
        assert_eq!(read.nonce.unwrap().as_bytes().len(), 8);
    }

    #[test]
    fn times_have_the_form_of_the_standard() {
        let time = |text: &str| generalized_time(&Any::new(Tag::GeneralizedTime, text.as_bytes()).unwrap());
        assert_eq!(time("20261122101503Z"), Some(Time::parse_rfc3339("2026-11-22T10:15:03Z").unwrap()));
        assert_eq!(time("20261122101503.34352Z").unwrap().0 % 1000, 343);
        assert_eq!(time("20261122101503.5Z").unwrap().0 % 1000, 500);
        for bad in ["", "20261122101503", "2026112210150Z", "20261322101503Z", "20261122101503.Z", "20261122101503,5Z"]
        {
            assert_eq!(time(bad), None, "{bad}");
        }
    }

    #[test]
    fn what_is_no_token_is_told() {
        assert!(matches!(token(b"x"), Err(StampError::Malformed(_))));
        // PKIStatusInfo of a rejection, without a token.
        assert_eq!(token(&[0x30, 5, 0x30, 3, 2, 1, 2]), Err(StampError::Refused(2)));
        let anchors = Anchors::default();
        for bad in [&b""[..], &[0x30, 0], &vec![0; TOKEN_MAX + 1]] {
            assert!(matches!(verify(bad, &[0; 32], &anchors), Err(StampError::Malformed(_))));
        }
    }
}
