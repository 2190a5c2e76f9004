//! The laboratory: a public-key infrastructure shaped like IGC-Santé and a signed white list in ANS's format, made at
//! run time for the demonstration, for tests and for trying a configuration out.
//!
//! It is a source of files and certificates like the real one: nothing that judges knows of it.

pub mod audit;
mod authority;
mod keep;
mod leaf;
mod legacy;
mod list;
pub mod pki;
mod sign;
mod write;

use std::fmt;

use rcgen::{CertificateRevocationListParams, IsCa, KeyIdMethod, RevokedCertParams, SerialNumber};

pub use leaf::{Flaw, Issued, Key, Leaf, Organisation, Person};
pub use legacy::LegacyRsa;
pub use list::{ListRow, white_list_xml};
pub use sign::sign_white_list;
pub use write::LabFiles;

use crate::mail::{Edge, Time};
use authority::Authority;

/// One day in seconds.
const DAY: i64 = 86_400;

/// What went wrong in the laboratory.
#[derive(Debug)]
pub struct LabError(pub(super) String);

impl LabError {
    /// What went wrong, by its own words.
    #[must_use]
    pub fn new(what: &dyn fmt::Display) -> Self {
        Self(what.to_string())
    }
}

impl fmt::Display for LabError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the laboratory failed: {}", self.0)
    }
}

impl std::error::Error for LabError {}

impl From<rcgen::Error> for LabError {
    fn from(error: rcgen::Error) -> Self {
        Self(error.to_string())
    }
}

impl From<std::io::Error> for LabError {
    fn from(error: std::io::Error) -> Self {
        Self(error.to_string())
    }
}

/// How long a revocation list of the laboratory is valid, unless it is asked otherwise.
const CRL_DAYS: i64 = 7;

/// A whole PKI: a root, the issuing authorities for organisations and for persons, and authorities that nobody should
/// trust.
pub struct Lab {
    edge: Edge,
    root: Authority,
    organisations: Authority,
    persons: Authority,
    stranger: Authority,
    odd: OddAuthorities,
}

/// Authorities below the root with which something is the matter. None is among the anchors: their leaves show them.
struct OddAuthorities {
    /// In the root's revocation list.
    revoked: Authority,
    /// Its revocation list is long past its date.
    stale: Authority,
    /// All is well with it; who does not show it cannot be verified.
    unknown: Authority,
    /// It has no revocation list.
    without_list: Authority,
    /// It may issue for other host names only.
    constrained: Authority,
}

impl OddAuthorities {
    fn new(root: &Authority, edge: &Edge) -> Result<Self, LabError> {
        let below = |name: &str| root.issue_authority(&format!("TEST AC CONFORMITE {name}"), edge);
        Ok(Self {
            revoked: below(keep::REVOKED)?,
            stale: below(keep::STALE)?,
            unknown: below(keep::UNKNOWN)?,
            without_list: below("SANS CRL")?,
            constrained: root.issue_constrained(
                "TEST AC CONFORMITE NOMS RESTREINTS",
                Some("restreint.example"),
                edge,
            )?,
        })
    }
}

impl Lab {
    /// Makes the authorities. Keys come from the cryptographic library, dates and serial numbers from the edge.
    ///
    /// # Errors
    /// When the cryptographic library fails.
    // [mss#3]
    pub fn new(edge: &Edge) -> Result<Self, LabError> {
        let root = Authority::root(keep::ROOT, edge)?;
        Ok(Self {
            organisations: root.issue_authority(keep::ORGANISATIONS, edge)?,
            persons: root.issue_authority(keep::PERSONS, edge)?,
            stranger: Authority::root("AC SANS RAPPORT", edge)?,
            odd: OddAuthorities::new(&root, edge)?,
            root,
            edge: edge.clone(),
        })
    }

    /// Issues a certificate with a fresh key.
    ///
    /// # Errors
    /// When a name has no valid form or the cryptographic library fails.
    pub fn issue(&self, leaf: &Leaf) -> Result<Issued, LabError> {
        leaf::issue(self, leaf)
    }

    /// The root and the issuing authorities as PEM: what belongs among the anchors.
    #[must_use]
    pub fn anchors_pem(&self) -> String {
        [&self.root, &self.organisations, &self.persons].map(Authority::pem).concat()
    }

    /// The root alone as PEM.
    #[must_use]
    pub fn root_pem(&self) -> String {
        self.root.pem()
    }

    /// The DER of the authorities: root, organisations, persons.
    #[must_use]
    pub fn anchors_der(&self) -> Vec<Vec<u8>> {
        [&self.root, &self.organisations, &self.persons].map(|a| a.der().to_vec()).into()
    }

    /// The revocation lists of the three authorities as PEM, with these certificates revoked, valid for seven days.
    ///
    /// # Errors
    /// When the cryptographic library fails.
    pub fn crls_pem(&self, revoked: &[&Issued]) -> Result<String, LabError> {
        self.crls_pem_at(revoked, self.edge.now())
    }

    /// The same, as they were published at another time.
    ///
    /// # Errors
    /// When the cryptographic library fails.
    pub fn crls_pem_at(&self, revoked: &[&Issued], published: Time) -> Result<String, LabError> {
        self.crls_pem_for(revoked, published, CRL_DAYS)
    }

    /// The same, valid for so many days.
    ///
    /// # Errors
    /// When the cryptographic library fails.
    pub fn crls_pem_for(&self, revoked: &[&Issued], published: Time, days: i64) -> Result<String, LabError> {
        let mut pem = String::new();
        for authority in [&self.root, &self.organisations, &self.persons] {
            let serials = revoked.iter().filter(|leaf| leaf.issuer_der() == authority.der()).map(|leaf| leaf.serial());
            pem.push_str(&crl(authority, serials, published, days)?);
        }
        Ok(pem)
    }

    /// The same lists with the organisations' issuing authority revoked by the root.
    ///
    /// # Errors
    /// When the cryptographic library fails.
    pub fn crls_pem_with_authority_revoked(&self) -> Result<String, LabError> {
        let serial = self.organisations.serial();
        let mut pem = crl(&self.root, std::iter::once(serial), self.edge.now(), CRL_DAYS)?;
        for authority in [&self.organisations, &self.persons] {
            pem.push_str(&crl(authority, std::iter::empty(), self.edge.now(), CRL_DAYS)?);
        }
        Ok(pem)
    }

    fn authority(&self, leaf: &Leaf) -> &Authority {
        match leaf.flaw {
            Some(Flaw::OtherAuthority) => &self.stranger,
            Some(Flaw::PersonsAuthority) => &self.persons,
            Some(Flaw::RevokedAuthority) => &self.odd.revoked,
            Some(Flaw::StaleAuthority) => &self.odd.stale,
            Some(Flaw::UnknownAuthority) => &self.odd.unknown,
            Some(Flaw::AuthorityWithoutList) => &self.odd.without_list,
            Some(Flaw::ConstrainedAuthority) => &self.odd.constrained,
            _ if leaf.person.is_some() => &self.persons,
            _ => &self.organisations,
        }
    }
}

impl fmt::Debug for Lab {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Lab")
    }
}

/// A CRL version 2 with number and next update (RFC 5280 §5).
fn crl<'a>(
    authority: &Authority,
    serials: impl Iterator<Item = &'a [u8]>,
    published: Time,
    days: i64,
) -> Result<String, LabError> {
    let this_update = authority::date(published);
    let revoked = |serial: &[u8]| RevokedCertParams {
        serial_number: SerialNumber::from_slice(serial),
        revocation_time: this_update.into(),
        reason_code: Some(rcgen::RevocationReason::KeyCompromise),
        invalidity_date: None,
    };
    let params = CertificateRevocationListParams {
        this_update: this_update.into(),
        next_update: authority::date(published.plus_secs(days * DAY)).into(),
        crl_number: SerialNumber::from_slice(&published.secs().max(1).to_be_bytes()),
        issuing_distribution_point: None,
        revoked_certs: serials.map(revoked).collect(),
        key_identifier_method: KeyIdMethod::Sha256,
    };
    Ok(params.signed_by(authority.issuer())?.pem()?)
}

/// A serial number of 16 random octets, positive.
fn serial_number(edge: &Edge) -> Vec<u8> {
    let mut bytes = edge.bytes::<16>();
    bytes[0] = (bytes[0] & 0x7f) | 0x40;
    bytes.to_vec()
}

const NOT_A_CA: IsCa = IsCa::ExplicitNoCa;
