//! Answers made by hand: of the issuer, of responders with and without its blessing, about others, old, forged.

use rcgen::{
    BasicConstraints, CertificateParams, CustomExtension, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, SerialNumber, SigningKey,
};

use super::super::der::item;
use super::*;
use crate::trust::testing::{DAY, start};

struct Party {
    der: Vec<u8>,
    key: KeyPair,
}

fn key() -> KeyPair {
    KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).unwrap()
}

fn params(name: &str) -> CertificateParams {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.distinguished_name.push(DnType::CommonName, name);
    params.serial_number = Some(SerialNumber::from_slice(&[0x2a, 0xb3]));
    (params.not_before, params.not_after) = (rcgen::date_time_ymd(2026, 1, 1), rcgen::date_time_ymd(2027, 1, 1));
    params
}

fn authority(name: &str) -> (Party, Issuer<'static, KeyPair>) {
    let mut params = params(name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::DigitalSignature];
    let pair = key();
    let der = params.self_signed(&pair).unwrap().der().to_vec();
    let copy = KeyPair::try_from(pair.serialize_der()).unwrap();
    (Party { der, key: pair }, Issuer::new(params, copy))
}

fn signed(mut params: CertificateParams, usage: &[ExtendedKeyUsagePurpose], by: &Issuer<'static, KeyPair>) -> Party {
    params.extended_key_usages = usage.to_vec();
    params.is_ca = IsCa::ExplicitNoCa;
    let pair = key();
    Party { der: params.signed_by(&pair, by).unwrap().der().to_vec(), key: pair }
}

struct Bench {
    ca: Party,
    issuer: Issuer<'static, KeyPair>,
    question: Question,
}

impl Bench {
    fn new() -> Self {
        let (ca, issuer) = authority("CA");
        let mut leaf = params("leaf");
        // SEQUENCE { SEQUENCE { id-ad-ocsp, [6] "http://o.fr" } }
        let access = item(0x30, &[&item(0x30, &[&item(6, &[&BASIC[..8]]), &item(0x86, &[b"http://o.fr"])])]);
        leaf.custom_extensions = vec![CustomExtension::from_oid_content(&[1, 3, 6, 1, 5, 5, 7, 1, 1], access)];
        let leaf = signed(leaf, &[], &issuer);
        let question = Question::new(&leaf.der, ca.der.clone(), [7; 32]).unwrap();
        Self { ca, issuer, question }
    }

    fn judge(&self, response: &[u8], now: Time) -> Result<Status, OcspError> {
        judge(response, &self.question, &Revocation::none(), now).map(|answer| answer.status)
    }
}

/// What an answer says.
struct Said<'a> {
    status: &'a [u8],
    serial: &'a [u8],
    this: &'a [u8],
    next: Option<&'a [u8]>,
    nonce: Option<&'a [u8]>,
}

const NOW: &[u8] = b"20260601000000Z";
const TOMORROW: &[u8] = b"20260602000000Z";
const GOOD: &[u8] = &[0x80, 0];

const fn good() -> Said<'static> {
    Said { status: GOOD, serial: &[0x2a, 0xb3], this: NOW, next: Some(TOMORROW), nonce: None }
}

fn revoked() -> Vec<u8> {
    item(0xa1, &[&item(0x18, &[NOW])])
}

fn response(question: &Question, said: &Said<'_>, signer: &Party, id: &[u8], certificates: &[&Party]) -> Vec<u8> {
    let algorithm = item(0x30, &[&item(6, &[SHA1]), &item(5, &[])]);
    let about = item(
        0x30,
        &[&algorithm, &item(4, &[&question.name_hash]), &item(4, &[&question.key_hash]), &item(2, &[said.serial])],
    );
    let next = said.next.map_or_else(Vec::new, |next| item(0xa0, &[&item(0x18, &[next])]));
    let single = item(0x30, &[&about, said.status, &item(0x18, &[said.this]), &next]);
    let nonce = said.nonce.map_or_else(Vec::new, |nonce| {
        let extension = item(0x30, &[&item(6, &[NONCE_OID]), &item(4, &[&item(4, &[nonce])])]);
        item(0xa1, &[&item(0x30, &[&extension])])
    });
    let tbs = item(0x30, &[id, &item(0x18, &[said.this]), &item(0x30, &[&single]), &nonce]);
    let signature = signer.key.sign(&tbs).unwrap();
    let ecdsa = item(0x30, &[&item(6, &[&[0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2]])]);
    let ders: Vec<&[u8]> = certificates.iter().map(|party| party.der.as_slice()).collect();
    let certificates = if ders.is_empty() { Vec::new() } else { item(0xa0, &[&item(0x30, &ders)]) };
    let basic = item(0x30, &[&tbs, &ecdsa, &item(3, &[&[0], &signature]), &certificates]);
    let bytes = item(0xa0, &[&item(0x30, &[&item(6, &[BASIC]), &item(4, &[&basic])])]);
    item(0x30, &[&item(0x0a, &[&[0]]), &bytes])
}

fn by_name(party: &Party) -> Vec<u8> {
    item(0xa1, &[certificate::parse(&party.der).unwrap().subject().as_raw()])
}

fn by_key(party: &Party) -> Vec<u8> {
    item(0xa2, &[&item(4, &[&sha1(&certificate::parse(&party.der).unwrap().public_key().subject_public_key.data)])])
}

/// [rfc6960#3.2] [rfc6960#4.2]
#[test]
fn an_answer_of_the_issuer_says_what_is_so() {
    let bench = Bench::new();
    let (ca, question) = (&bench.ca, &bench.question);
    for (status, expected) in [(GOOD, Status::Good), (&revoked(), Status::Revoked), (&[0x82, 0], Status::Unknown)] {
        for id in [by_name(ca), by_key(ca)] {
            let answer = response(question, &Said { status, ..good() }, ca, &id, &[]);
            assert_eq!(bench.judge(&answer, start()), Ok(expected));
        }
    }
    let with_nonce = response(question, &Said { nonce: Some(&[7; 32]), ..good() }, ca, &by_name(ca), &[]);
    assert_eq!(bench.judge(&with_nonce, start()), Ok(Status::Good));
    for (what, said, now, error) in [
        ("another nonce", Said { nonce: Some(&[8; 32]), ..good() }, start(), OcspError::OtherNonce),
        ("another certificate", Said { serial: &[1], ..good() }, start(), OcspError::OtherCertificate),
        ("over", good(), start().plus_secs(2 * DAY), OcspError::OutOfDate),
        ("to come", good(), start().plus_secs(-3600), OcspError::OutOfDate),
        ("old, without an end", Said { next: None, ..good() }, start().plus_secs(2 * DAY), OcspError::OutOfDate),
        ("no date", Said { this: b"20260601000000+0100", ..good() }, start(), OcspError::Malformed),
        ("no status", Said { status: &[0x83, 0], ..good() }, start(), OcspError::Malformed),
    ] {
        let answer = response(question, &said, ca, &by_name(ca), &[]);
        assert_eq!(bench.judge(&answer, now), Err(error), "{what}");
    }
}

/// [rfc6960#4.2.2.2]
#[test]
fn only_the_issuer_and_its_own_responders_count() {
    let bench = Bench::new();
    let (question, ocsp) = (&bench.question, [ExtendedKeyUsagePurpose::OcspSigning]);
    let appointed = signed(params("responder"), &ocsp, &bench.issuer);
    let (stranger, of_strangers) = authority("CA");
    let mut late = params("responder");
    late.not_after = rcgen::date_time_ymd(2026, 5, 1);
    for (what, signer, expected) in [
        ("appointed", &appointed, Ok(Status::Good)),
        ("without the usage", &signed(params("responder"), &[], &bench.issuer), Err(OcspError::NotTheIssuers)),
        (
            "a peer's certificate",
            &signed(params("responder"), &[ExtendedKeyUsagePurpose::ServerAuth], &bench.issuer),
            Err(OcspError::NotTheIssuers),
        ),
        ("of another issuer", &signed(params("responder"), &ocsp, &of_strangers), Err(OcspError::NotTheIssuers)),
        ("ended", &signed(late, &ocsp, &bench.issuer), Err(OcspError::NotTheIssuers)),
        ("of the issuer's name", &stranger, Err(OcspError::BadSignature)),
    ] {
        let answer = response(question, &good(), signer, &by_name(signer), &[signer]);
        assert_eq!(bench.judge(&answer, start()), expected, "{what}");
    }
    let unsaid = response(question, &good(), &appointed, &by_name(&appointed), &[]);
    assert_eq!(bench.judge(&unsaid, start()), Err(OcspError::NotTheIssuers), "its certificate is not there");
    let forged = response(question, &good(), &stranger, &by_name(&appointed), &[&appointed]);
    assert_eq!(bench.judge(&forged, start()), Err(OcspError::BadSignature), "another's key");
}

#[test]
fn no_change_of_a_single_octet_turns_revoked_into_good() {
    let bench = Bench::new();
    let said = Said { status: &revoked(), ..good() };
    let answer = response(&bench.question, &said, &bench.ca, &by_name(&bench.ca), &[]);
    assert_eq!(bench.judge(&answer, start()), Ok(Status::Revoked));
    for at in 0..answer.len() {
        let mut changed = answer.clone();
        changed[at] ^= 0x21;
        assert_ne!(bench.judge(&changed, start()), Ok(Status::Good), "octet {at}");
        assert!(bench.judge(&answer[..at], start()).is_err(), "cut at {at}");
        parse_fuzzed(&changed);
    }
    assert_eq!(bench.judge(&item(0x30, &[&item(0x0a, &[&[6]])]), start()), Err(OcspError::Refused(6)));
    assert_eq!(bench.judge(&[&answer[..], &[0]].concat(), start()), Err(OcspError::Malformed));
}
