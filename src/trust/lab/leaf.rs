//! The laboratory's leaves: operators with real-shaped names, and the ones that must be refused.

use rcgen::{
    CertificateParams, CustomExtension, DistinguishedName, DnType, DnValue, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose, PKCS_ECDSA_P256_SHA256, PKCS_RSA_SHA256, RsaKeySize, SanType, SerialNumber, SigningKey,
};
use zeroize::Zeroizing;

use super::legacy::{LegacyRsa, says_sha1};
use super::{DAY, Lab, LabError, authority, serial_number};
use crate::trust::{CertificateFacts, DistinguishedName as Name};

/// The structure that a certificate names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Organisation {
    /// `O`: the name in capitals, as IGC-Santé writes it.
    pub name: String,
    /// `OU`: `1` and a FINESS, or `3` and a SIRET.
    pub unit: String,
    /// `ST`: the department, `Paris (75)`.
    pub state: String,
}

impl Organisation {
    /// A structure with these values.
    #[must_use]
    pub fn new(name: &str, unit: &str, state: &str) -> Self {
        Self { name: name.to_owned(), unit: unit.to_owned(), state: state.to_owned() }
    }

    /// The agency itself, as in the real signer's certificate: `OU=318751275100020`.
    #[must_use]
    pub fn agency() -> Self {
        Self::new("AGENCE DU NUMERIQUE EN SANTE", "318751275100020", "Paris (75)")
    }
}

/// A professional, as the certificate of a card names one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// `SN`: the family name.
    pub surname: String,
    /// `GN`: the first name.
    pub given_name: String,
    /// `T`: the profession; empty for none.
    pub title: String,
    /// An address as alternative name; empty for none.
    pub email: String,
}

/// The kind of key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    /// ECDSA on P-256: quick to make.
    P256,
    /// RSA of 2,048 bits, as the real leaves have it.
    Rsa2048,
    /// RSA of 1,024 bits, which nobody should take.
    Rsa1024,
}

/// What is wrong with a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Flaw {
    /// Its validity ended yesterday.
    Expired,
    /// Its validity begins tomorrow.
    NotYetValid,
    /// An authority outside the PKI issued it.
    OtherAuthority,
    /// The authority for persons issued it.
    PersonsAuthority,
    /// Nobody but itself signed it.
    SelfSigned,
    /// Its extended key usage is e-mail protection only.
    WrongExtendedUsage,
    /// Its extended key usage is server authentication only.
    ServerUsageOnly,
    /// Its extended key usage is client authentication only. No flaw where nobody calls it.
    ClientUsageOnly,
    /// Its extended key usage is the signing of OCSP answers only: no peer's, but that of a responder.
    OcspSigningOnly,
    /// Its key usage is key encipherment only.
    WrongUsage,
    /// It says that it is a certification authority.
    Authority,
    /// It has its common name twice.
    TwoCommonNames,
    /// Its attributes stand in another order.
    OtherOrder,
    /// Its attributes are BMPStrings.
    OtherStringType,
    /// It is signed over SHA-1.
    Sha1,
    /// Its issuer is in the root's revocation list.
    RevokedAuthority,
    /// The revocation list of its issuer is long past its date.
    StaleAuthority,
    /// Its issuer is good, but not among the anchors.
    UnknownAuthority,
    /// Its issuer has no revocation list.
    AuthorityWithoutList,
    /// Its issuer may not issue for its host name.
    ConstrainedAuthority,
}

/// What to issue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leaf {
    /// `CN`, and the first subject alternative name when it is a host name.
    pub common_name: String,
    /// The rest of the name.
    pub organisation: Organisation,
    /// Further host names or IP addresses.
    pub also: Vec<String>,
    /// The address of its issuer's OCSP responder, if it names one.
    pub ocsp: Option<String>,
    /// The kind of key.
    pub key: Key,
    /// A person instead of a host: the organisation is left out then.
    pub person: Option<Person>,
    /// What is wrong with it, if anything.
    pub flaw: Option<Flaw>,
}

impl Leaf {
    /// A good certificate for an operator's host, for both roles, with a P-256 key.
    #[must_use]
    pub fn operator(host: &str, organisation: &Organisation) -> Self {
        Self {
            common_name: host.to_owned(),
            organisation: organisation.clone(),
            also: Vec::new(),
            ocsp: None,
            key: Key::P256,
            person: None,
            flaw: None,
        }
    }

    /// A good certificate for a person's card, named by the national identifier (`8` and an RPPS).
    #[must_use]
    pub fn person(id: &str, person: Person) -> Self {
        let nobody = Organisation::new("", "", "");
        Self { person: Some(person), ..Self::operator(id, &nobody) }
    }

    /// A good certificate for an organisation's software, which only calls.
    #[must_use]
    pub fn application(name: &str, organisation: &Organisation) -> Self {
        Self::operator(name, organisation).with(Flaw::ClientUsageOnly)
    }

    /// The white list's signer: `CN=Liste Blanche TEST MSSante, OU=318751275100020`, RSA.
    #[must_use]
    pub fn list_signer() -> Self {
        Self::operator("Liste Blanche TEST MSSante", &Organisation::agency()).with_key(Key::Rsa2048)
    }

    /// The same with another host name or IP address too.
    #[must_use]
    pub fn and_name(mut self, name: &str) -> Self {
        self.also.push(name.to_owned());
        self
    }

    /// The same, naming this OCSP responder.
    #[must_use]
    pub fn with_ocsp(mut self, address: &str) -> Self {
        self.ocsp = Some(address.to_owned());
        self
    }

    /// The same with another kind of key.
    #[must_use]
    pub fn with_key(mut self, key: Key) -> Self {
        self.key = key;
        self
    }

    /// The same with a flaw.
    #[must_use]
    pub fn with(mut self, flaw: Flaw) -> Self {
        self.flaw = Some(flaw);
        self
    }
}

/// An issued certificate with its key.
pub struct Issued {
    der: Vec<u8>,
    issuer_der: Vec<u8>,
    serial: Vec<u8>,
    key: IssuedKey,
}

enum IssuedKey {
    Usual(KeyPair),
    Legacy(LegacyRsa),
}

impl Issued {
    /// A certificate that was kept as PEM, its issuer's behind it, and its key.
    pub(super) fn restore(chain: &str, key: &str) -> Result<Self, LabError> {
        let mut chain = crate::trust::pem::sections(chain.as_bytes(), "CERTIFICATE").map_err(LabError)?;
        let issuer_der = chain.pop().ok_or_else(|| LabError("no certificate".to_owned()))?;
        let der = chain.pop().unwrap_or_else(|| issuer_der.clone());
        let parsed = crate::trust::certificate::parse(&der).map_err(|error| LabError(error.to_string()))?;
        let serial = parsed.raw_serial().to_vec();
        Ok(Self { der, issuer_der, serial, key: IssuedKey::Usual(KeyPair::from_pem(key)?) })
    }

    /// The certificate.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// The certificate and its issuer, leaf first, as a peer shows them.
    #[must_use]
    pub fn chain(&self) -> Vec<Vec<u8>> {
        vec![self.der.clone(), self.issuer_der.clone()]
    }

    /// The chain as PEM.
    #[must_use]
    pub fn chain_pem(&self) -> String {
        self.chain().iter().map(|der| pem("CERTIFICATE", der)).collect()
    }

    /// The private key as PKCS#8 PEM.
    #[must_use]
    pub fn key_pem(&self) -> Zeroizing<String> {
        Zeroizing::new(match &self.key {
            IssuedKey::Usual(key) => key.serialize_pem(),
            IssuedKey::Legacy(key) => pem("PRIVATE KEY", &key.pkcs8()),
        })
    }

    /// The key, when it is one that a cryptographic library refuses to sign with.
    #[must_use]
    pub fn legacy_key(&self) -> Option<&LegacyRsa> {
        match &self.key {
            IssuedKey::Usual(_) => None,
            IssuedKey::Legacy(key) => Some(key),
        }
    }

    /// The subject, as the white list would write it.
    ///
    /// # Errors
    /// When the certificate cannot be read.
    pub fn name(&self) -> Result<Name, LabError> {
        CertificateFacts::read(&self.der).map(|facts| facts.subject).map_err(|error| LabError(error.to_string()))
    }

    pub(super) fn issuer_der(&self) -> &[u8] {
        &self.issuer_der
    }

    pub(super) fn serial(&self) -> &[u8] {
        &self.serial
    }

    pub(super) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, LabError> {
        match &self.key {
            IssuedKey::Usual(key) => Ok(key.sign(message)?),
            IssuedKey::Legacy(key) => Ok(key.sign_sha256(message)),
        }
    }

    pub(super) fn has_rsa_key(&self) -> bool {
        matches!(&self.key, IssuedKey::Usual(key) if key.algorithm() == &PKCS_RSA_SHA256)
    }
}

impl std::fmt::Debug for Issued {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Issued").field("serial", &self.serial).finish_non_exhaustive()
    }
}

pub(super) fn issue(lab: &Lab, leaf: &Leaf) -> Result<Issued, LabError> {
    let serial = serial_number(&lab.edge);
    let params = params(lab, leaf, &serial)?;
    let key = match leaf.key {
        Key::P256 => KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?,
        Key::Rsa2048 => KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048)?,
        Key::Rsa1024 => {
            let key = LegacyRsa::generate(1024, &lab.edge)?;
            let authority = lab.authority(leaf);
            let der = params.signed_by(&key, authority.issuer())?.der().to_vec();
            return Ok(Issued { der, issuer_der: authority.der().to_vec(), serial, key: IssuedKey::Legacy(key) });
        }
    };
    let (der, issuer_der) = sign(lab, leaf, &params, &key)?;
    Ok(Issued { der, issuer_der, serial, key: IssuedKey::Usual(key) })
}

/// The certificate and its issuer's.
fn sign(lab: &Lab, leaf: &Leaf, params: &CertificateParams, key: &KeyPair) -> Result<(Vec<u8>, Vec<u8>), LabError> {
    Ok(match leaf.flaw {
        Some(Flaw::SelfSigned) => {
            let der = params.self_signed(key)?.der().to_vec();
            (der.clone(), der)
        }
        Some(Flaw::Sha1) => {
            let (issuer, issuer_der) = lab.root.issue_sha1("TEST AC CONFORMITE SHA-1", &lab.edge)?;
            (says_sha1(params.signed_by(key, &issuer)?.der()), issuer_der)
        }
        _ => {
            let authority = lab.authority(leaf);
            (params.signed_by(key, authority.issuer())?.der().to_vec(), authority.der().to_vec())
        }
    })
}

fn params(lab: &Lab, leaf: &Leaf, serial: &[u8]) -> Result<CertificateParams, LabError> {
    let is_host = leaf.person.is_none() && leaf.common_name.contains('.');
    let host = is_host.then(|| leaf.common_name.clone());
    let mut params = CertificateParams::new(host.into_iter().chain(leaf.also.iter().cloned()).collect::<Vec<_>>())?;
    if let Some(person) = leaf.person.as_ref().filter(|person| !person.email.is_empty()) {
        params.subject_alt_names.push(SanType::Rfc822Name(person.email.as_str().try_into()?));
    }
    params.distinguished_name = name(leaf)?;
    params.serial_number = Some(SerialNumber::from_slice(serial));
    params.use_authority_key_identifier_extension = true;
    params.is_ca = match leaf.flaw {
        Some(Flaw::Authority) => IsCa::Ca(rcgen::BasicConstraints::Unconstrained),
        _ => super::NOT_A_CA,
    };
    params.key_usages = match leaf.flaw {
        Some(Flaw::WrongUsage) => vec![KeyUsagePurpose::KeyEncipherment],
        _ => vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::KeyEncipherment],
    };
    params.extended_key_usages = match leaf.flaw {
        Some(Flaw::WrongExtendedUsage) => vec![ExtendedKeyUsagePurpose::EmailProtection],
        Some(Flaw::OcspSigningOnly) => vec![ExtendedKeyUsagePurpose::OcspSigning],
        Some(Flaw::ServerUsageOnly) => vec![ExtendedKeyUsagePurpose::ServerAuth],
        Some(Flaw::ClientUsageOnly) => vec![ExtendedKeyUsagePurpose::ClientAuth],
        _ if leaf.person.is_some() => {
            vec![ExtendedKeyUsagePurpose::ClientAuth, ExtendedKeyUsagePurpose::EmailProtection]
        }
        _ => vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth],
    };
    if let Some(address) = &leaf.ocsp {
        params.custom_extensions.push(ocsp_at(address));
    }
    let (from, to) = match leaf.flaw {
        Some(Flaw::Expired) => (-3 * 365, -1),
        Some(Flaw::NotYetValid) => (1, 3 * 365),
        _ => (-1, 3 * 365),
    };
    params.not_before = authority::date(lab.edge.now().plus_secs(from * DAY)).into();
    params.not_after = authority::date(lab.edge.now().plus_secs(to * DAY)).into();
    Ok(params)
}

/// The authority information access of one OCSP responder (RFC 5280 §4.2.2.1), whose address has less than 100 octets.
fn ocsp_at(address: &str) -> CustomExtension {
    const ACCESS: [u64; 9] = [1, 3, 6, 1, 5, 5, 7, 1, 1];
    const OCSP: [u8; 10] = [0x06, 0x08, 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x30, 0x01];
    let wrap = |tag: u8, contents: Vec<u8>| {
        let length = u8::try_from(contents.len()).unwrap_or(u8::MAX);
        [vec![tag, length], contents].concat()
    };
    let description = [OCSP.to_vec(), wrap(0x86, address.as_bytes().to_vec())].concat();
    CustomExtension::from_oid_content(&ACCESS, wrap(0x30, wrap(0x30, description)))
}

/// `C, ST, O, OU, CN` in encoded order: C printable, the others UTF-8, as IGC-Santé does it.
fn name(leaf: &Leaf) -> Result<DistinguishedName, LabError> {
    if let Some(person) = &leaf.person {
        return person_name(&leaf.common_name, person);
    }
    let organisation = &leaf.organisation;
    let value = |text: &str| match leaf.flaw {
        Some(Flaw::OtherStringType) => Ok::<_, LabError>(DnValue::BmpString(text.try_into()?)),
        _ => Ok(DnValue::Utf8String(text.to_owned())),
    };
    let mut entries = vec![
        (DnType::CountryName, DnValue::PrintableString("FR".try_into()?)),
        (DnType::StateOrProvinceName, value(&organisation.state)?),
        (DnType::OrganizationName, value(&organisation.name)?),
        (DnType::OrganizationalUnitName, value(&organisation.unit)?),
        (DnType::CommonName, value(&leaf.common_name)?),
    ];
    match leaf.flaw {
        Some(Flaw::TwoCommonNames) => {
            // The library keeps one value per type; a type given by its OID is another type to it.
            entries.push((DnType::CustomDnType(vec![2, 5, 4, 3]), value(&leaf.common_name)?));
        }
        Some(Flaw::OtherOrder) => entries.reverse(),
        _ => {}
    }
    let mut name = DistinguishedName::new();
    for (kind, value) in entries {
        name.push(kind, value);
    }
    Ok(name)
}

/// `C, T, CN, SN, GN`, as the cards of professionals name them.
fn person_name(id: &str, person: &Person) -> Result<DistinguishedName, LabError> {
    let mut name = DistinguishedName::new();
    name.push(DnType::CountryName, DnValue::PrintableString("FR".try_into()?));
    let text = |value: &str| DnValue::Utf8String(value.to_owned());
    if !person.title.is_empty() {
        name.push(DnType::CustomDnType(vec![2, 5, 4, 12]), text(&person.title));
    }
    name.push(DnType::CommonName, text(id));
    name.push(DnType::CustomDnType(vec![2, 5, 4, 4]), text(&person.surname));
    name.push(DnType::CustomDnType(vec![2, 5, 4, 42]), text(&person.given_name));
    Ok(name)
}

/// PEM with lines of 64 characters (RFC 7468).
pub(super) fn pem(label: &str, der: &[u8]) -> String {
    use base64::Engine as _;
    let base64 = base64::engine::general_purpose::STANDARD.encode(der);
    let mut text = format!("-----BEGIN {label}-----\n");
    for line in base64.as_bytes().chunks(64) {
        text.extend(line.iter().map(|byte| char::from(*byte)));
        text.push('\n');
    }
    text + &format!("-----END {label}-----\n")
}
