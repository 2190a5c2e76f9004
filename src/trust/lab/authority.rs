//! The certification authorities of the laboratory, named like IGC-Santé's test twins.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DistinguishedName, DnType, DnValue, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, PKCS_ECDSA_P256_SHA256, SerialNumber,
};

use super::{DAY, LabError, serial_number};
use crate::mail::{Edge, Time};

/// A certificate that signs others, and its key.
pub(super) struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    serial: Vec<u8>,
}

impl Authority {
    /// An authority that signed itself.
    pub(super) fn root(common_name: &str, edge: &Edge) -> Result<Self, LabError> {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
        let serial = serial_number(edge);
        let params = params(common_name, BasicConstraints::Unconstrained, &serial, edge)?;
        Ok(Self { issuer: CertifiedIssuer::self_signed(params, key)?, serial })
    }

    /// An authority below this one, which issues leaves only.
    pub(super) fn issue_authority(&self, common_name: &str, edge: &Edge) -> Result<Self, LabError> {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
        let serial = serial_number(edge);
        let params = params(common_name, BasicConstraints::Constrained(0), &serial, edge)?;
        Ok(Self { issuer: CertifiedIssuer::signed_by(params, key, self.issuer())?, serial })
    }

    pub(super) fn issuer(&self) -> &Issuer<'static, KeyPair> {
        &self.issuer
    }

    pub(super) fn pem(&self) -> String {
        self.issuer.pem()
    }

    pub(super) fn der(&self) -> &[u8] {
        self.issuer.der()
    }

    pub(super) fn serial(&self) -> &[u8] {
        &self.serial
    }
}

fn params(
    common_name: &str,
    depth: BasicConstraints,
    serial: &[u8],
    edge: &Edge,
) -> Result<CertificateParams, LabError> {
    let mut params = CertificateParams::new(Vec::new())?;
    params.distinguished_name = name(common_name)?;
    params.is_ca = IsCa::Ca(depth);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.not_before = date(edge.now().plus_secs(-5 * 365 * DAY)).into();
    params.not_after = date(edge.now().plus_secs(10 * 365 * DAY)).into();
    params.serial_number = Some(SerialNumber::from_slice(serial));
    params.use_authority_key_identifier_extension = true;
    Ok(params)
}

/// `C=FR, O=ASIP-SANTE, OU=0002 187512751, OU=IGC-SANTE TEST, CN=…` in encoded order.
fn name(common_name: &str) -> Result<DistinguishedName, LabError> {
    let mut name = DistinguishedName::new();
    name.push(DnType::CountryName, DnValue::PrintableString("FR".try_into()?));
    name.push(DnType::OrganizationName, "ASIP-SANTE");
    name.push(DnType::OrganizationalUnitName, "0002 187512751");
    // The library keeps one value per type; a type given by its OID is another type to it.
    name.push(DnType::CustomDnType(vec![2, 5, 4, 11]), "IGC-SANTE TEST");
    name.push(DnType::CommonName, common_name);
    Ok(name)
}

/// A time in a form that the library's own converts from, whole seconds. Times before 1970 become 1970.
pub(super) fn date(time: Time) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(u64::try_from(time.secs()).unwrap_or(0))
}
