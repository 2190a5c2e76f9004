//! The certification authorities of the laboratory, named like IGC-Santé's test twins.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, DnValue, GeneralSubtree, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, NameConstraints, PKCS_ECDSA_P256_SHA256, PublicKeyData, SerialNumber,
};

use super::legacy::{LegacyRsa, Sha1Signer};
use super::{DAY, LabError, leaf, serial_number};
use crate::mail::{Edge, Time};
use crate::trust::pem;

/// A certificate that signs others, and its key.
pub(super) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    der: Vec<u8>,
    serial: Vec<u8>,
}

impl Authority {
    /// An authority that signed itself.
    pub(super) fn root(common_name: &str, edge: &Edge) -> Result<Self, LabError> {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
        let serial = serial_number(edge);
        let params = params(common_name, BasicConstraints::Unconstrained, &serial, edge)?;
        let der = params.self_signed(&key)?.der().to_vec();
        Ok(Self { issuer: Issuer::new(params, key), der, serial })
    }

    /// An authority below this one, which issues leaves only.
    pub(super) fn issue_authority(&self, common_name: &str, edge: &Edge) -> Result<Self, LabError> {
        self.issue_constrained(common_name, None, edge)
    }

    /// The same, for host names below this one only.
    pub(super) fn issue_constrained(
        &self,
        common_name: &str,
        below: Option<&str>,
        edge: &Edge,
    ) -> Result<Self, LabError> {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
        let serial = serial_number(edge);
        let mut params = params(common_name, BasicConstraints::Constrained(0), &serial, edge)?;
        params.name_constraints = below.map(|domain| NameConstraints {
            permitted_subtrees: vec![GeneralSubtree::DnsName(domain.to_owned())],
            excluded_subtrees: Vec::new(),
        });
        let der = params.signed_by(&key, &self.issuer)?.der().to_vec();
        Ok(Self { issuer: Issuer::new(params, key), der, serial })
    }

    /// An authority below this one that signs over SHA-1; its certificate comes with it.
    pub(super) fn issue_sha1(
        &self,
        common_name: &str,
        edge: &Edge,
    ) -> Result<(Issuer<'static, Sha1Signer>, Vec<u8>), LabError> {
        let key = Sha1Signer(LegacyRsa::generate(2048, edge)?);
        let params = params(common_name, BasicConstraints::Constrained(0), &serial_number(edge), edge)?;
        let der = params.signed_by(&key, &self.issuer)?.der().to_vec();
        Ok((Issuer::new(params, key), der))
    }

    /// An authority that was kept as PEM; what it issues is as if it had never been away.
    pub(super) fn restore(common_name: &str, certificate: &str, key: &str, edge: &Edge) -> Result<Self, LabError> {
        let key = KeyPair::from_pem(key)?;
        let der = pem::sections(certificate.as_bytes(), "CERTIFICATE").map_err(LabError)?.swap_remove(0);
        let serial = {
            let parsed = crate::trust::certificate::parse(&der).map_err(|error| LabError(error.to_string()))?;
            if parsed.public_key().raw != key.subject_public_key_info() {
                return Err(LabError(format!("the key of {common_name} is not that of its certificate")));
            }
            parsed.raw_serial().to_vec()
        };
        // The library keeps one value of an attribute type when it reads a name: the name is made anew instead.
        let params = params(common_name, BasicConstraints::Constrained(0), &serial, edge)?;
        Ok(Self { issuer: Issuer::new(params, key), der, serial })
    }

    pub(super) fn issuer(&self) -> &Issuer<'static, KeyPair> {
        &self.issuer
    }

    pub(super) fn pem(&self) -> String {
        leaf::pem("CERTIFICATE", &self.der)
    }

    pub(super) fn key_pem(&self) -> zeroize::Zeroizing<String> {
        zeroize::Zeroizing::new(self.issuer.key().serialize_pem())
    }

    pub(super) fn der(&self) -> &[u8] {
        &self.der
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
