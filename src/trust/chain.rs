//! The judgement of one certificate chain: path to the anchors, dates, usages, revocation. The white list comes after.

use std::time::Duration;

use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use webpki::{
    EndEntityCert, Error, ExpirationPolicy, ExtendedKeyUsageValidator, KeyPurposeIdIter, KeyUsage,
    RevocationCheckDepth, RevocationOptionsBuilder, UnknownStatusPolicy, VerifiedPath,
};
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::X509Certificate;
use x509_parser::public_key::PublicKey;

use super::certificate;
use super::name::AttributeType;
use super::policy::{ALGORITHMS, ExtendedUsage, HostNameRule, Policy, RevocationDepth};
use super::{Anchors, DistinguishedName, Refusal, Revocation};
use crate::mail::Time;

/// What the certificate is used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// A peer that called us.
    Client,
    /// A peer that we called.
    Server,
    /// A person, or a program, that signs in: always needs the usage of a client.
    Person,
    /// The signer of a white list.
    Signer,
}

/// How sure it is that a good chain is not revoked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// By lists that are not past their dates.
    Sure,
    /// By a list past its date and within its grace period.
    Grace,
    /// Not: the list is too old.
    Stale,
    /// Not: there is no list.
    Missing,
}

/// What a chain is judged against.
#[derive(Clone, Copy)]
pub(super) struct Bench<'a> {
    pub(super) anchors: &'a Anchors,
    pub(super) revocation: &'a Revocation,
    pub(super) policy: &'a Policy,
    pub(super) now: Time,
    pub(super) leaf: Leaf,
}

/// Whether something else than revocation lists vouches for the leaf.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Leaf {
    /// Nothing does.
    Unvouched,
    /// Its issuer said so just now.
    Vouched,
}

impl Bench<'_> {
    /// Judges a chain, leaf first.
    pub(super) fn judge(self, chain: &[Vec<u8>], role: Role) -> Result<Standing, Refusal> {
        let (leaf, others) = chain.split_first().ok_or(Refusal::NoCertificate)?;
        let parsed = certificate::parse(leaf)?;
        check_key_usage(&parsed, role)?;
        check_key_size(&parsed)?;
        let leaf = CertificateDer::from(leaf.as_slice());
        let entity = EndEntityCert::try_from(&leaf).map_err(|error| refusal(&error))?;
        let mut others: Vec<_> = others.iter().map(|der| CertificateDer::from(der.as_slice())).collect();
        others.extend(self.anchors.authority_ders().iter().map(|der| CertificateDer::from(der.as_ref())));
        self.standing(&entity, &others, role)
    }

    /// Builds the path, first with a revocation list wanted for everybody, then without if one is missing: a missing
    /// list must not hide what else is wrong.
    fn standing(
        self,
        entity: &EndEntityCert<'_>,
        others: &[CertificateDer<'_>],
        role: Role,
    ) -> Result<Standing, Refusal> {
        if self.leaf == Leaf::Vouched {
            // Lists that there are still count against everybody on the path.
            let path = self.path(entity, others, role, UnknownStatusPolicy::Allow).map_err(|error| refusal(&error))?;
            self.check_anchor(&path)?;
            return Ok(self.freshness(&path));
        }
        match self.path(entity, others, role, UnknownStatusPolicy::Deny) {
            Err(Error::UnknownRevocationStatus) => {
                let path =
                    self.path(entity, others, role, UnknownStatusPolicy::Allow).map_err(|error| refusal(&error))?;
                self.check_anchor(&path)?;
                Ok(Standing::Missing)
            }
            Err(error) => Err(refusal(&error)),
            Ok(path) => {
                self.check_anchor(&path)?;
                Ok(self.freshness(&path))
            }
        }
    }

    fn path<'p>(
        self,
        entity: &'p EndEntityCert<'p>,
        others: &'p [CertificateDer<'p>],
        role: Role,
        unknown: UnknownStatusPolicy,
    ) -> Result<VerifiedPath<'p>, Error>
    where
        Self: 'p,
    {
        let lists = self.revocation.lists();
        let options = RevocationOptionsBuilder::new(&lists).ok().map(|builder| {
            builder
                .with_depth(match self.policy.revocation_depth {
                    RevocationDepth::Chain => RevocationCheckDepth::Chain,
                    RevocationDepth::Leaf => RevocationCheckDepth::EndEntity,
                })
                .with_status_policy(unknown)
                // Age is judged by `freshness`, which knows of a grace period.
                .with_expiration_policy(ExpirationPolicy::Ignore)
                .build()
        });
        let anchors = self.anchors.trust_anchors();
        entity.verify_for_usage(ALGORITHMS, anchors, others, unix(self.now), self.usage(role), options, None)
    }

    fn usage(self, role: Role) -> Usage {
        let usages: &[_] = match (role, self.policy.extended_usage) {
            (Role::Person, _) => &[KeyUsage::CLIENT_AUTH_REPR],
            (Role::Signer, _) | (_, ExtendedUsage::Any) => return Usage(None),
            (_, ExtendedUsage::Either) => &[KeyUsage::CLIENT_AUTH_REPR, KeyUsage::SERVER_AUTH_REPR],
            (Role::Client, ExtendedUsage::Role) => &[KeyUsage::CLIENT_AUTH_REPR],
            (Role::Server, ExtendedUsage::Role) => &[KeyUsage::SERVER_AUTH_REPR],
        };
        Usage(Some(usages))
    }

    fn check_anchor(self, path: &VerifiedPath<'_>) -> Result<(), Refusal> {
        if self.anchors.is_current(path.anchor(), self.now) { Ok(()) } else { Err(Refusal::AnchorExpired) }
    }

    /// How old the lists of the path's issuers are: the oldest decides.
    fn freshness(self, path: &VerifiedPath<'_>) -> Standing {
        let mut issuers = match self.leaf {
            Leaf::Unvouched => vec![path.end_entity().issuer()],
            Leaf::Vouched => Vec::new(),
        };
        if self.policy.revocation_depth == RevocationDepth::Chain {
            issuers.extend(path.intermediate_certificates().map(webpki::Cert::issuer));
        }
        if issuers.is_empty() {
            return Standing::Sure;
        }
        let due: Option<Vec<Time>> = issuers.into_iter().map(|issuer| self.revocation.next_update(issuer)).collect();
        // Without any list at all the path was built without asking for one.
        let Some(due) = due.and_then(|due| due.into_iter().min()) else { return Standing::Missing };
        match () {
            () if self.now <= due => Standing::Sure,
            () if self.now <= after(due, self.policy.crl_grace) => Standing::Grace,
            () => Standing::Stale,
        }
    }
}

/// The moment so long after another.
pub(super) fn after(time: Time, duration: Duration) -> Time {
    time.plus_secs(i64::try_from(duration.as_secs()).unwrap_or(i64::MAX))
}

/// Whether a server's certificate is for this host name or IP address.
// [rfc6125#6]
pub(super) fn check_host(leaf: &[u8], host: &str, rule: HostNameRule) -> Result<(), Refusal> {
    let name = ServerName::try_from(host).map_err(|_| Refusal::WrongHost)?;
    let der = CertificateDer::from(leaf);
    let entity = EndEntityCert::try_from(&der).map_err(|error| refusal(&error))?;
    if entity.verify_is_valid_for_subject_name(&name).is_ok() {
        return Ok(());
    }
    if rule == HostNameRule::CommonNameToo && only_common_name_is(&certificate::parse(leaf)?, host) {
        return Ok(());
    }
    Err(Refusal::WrongHost)
}

fn only_common_name_is(certificate: &X509Certificate<'_>, host: &str) -> bool {
    let alternatives = match certificate.subject_alternative_name() {
        Ok(extension) => extension.map(|extension| &extension.value.general_names),
        Err(_) => return false,
    };
    if alternatives.is_some_and(|names| names.iter().any(|name| matches!(name, GeneralName::DNSName(_)))) {
        return false;
    }
    let subject = DistinguishedName::from_x509(certificate.subject());
    let common_name = AttributeType::common_name();
    let mut names = subject.values(&common_name);
    names.next().is_some_and(|name| name.eq_ignore_ascii_case(host)) && names.next().is_none()
}

/// The key usage of the leaf, which path building does not look at. An absent extension allows everything.
// [rfc5280#4.2.1.3]
fn check_key_usage(certificate: &X509Certificate<'_>, role: Role) -> Result<(), Refusal> {
    let usage = certificate.key_usage().map_err(|_| Refusal::Unreadable)?;
    let allowed = usage.is_none_or(|usage| match role {
        Role::Client | Role::Server | Role::Person => usage.value.digital_signature(),
        Role::Signer => usage.value.digital_signature() || usage.value.non_repudiation(),
    });
    if allowed { Ok(()) } else { Err(Refusal::BadUsage) }
}

fn check_key_size(certificate: &X509Certificate<'_>) -> Result<(), Refusal> {
    match certificate.public_key().parsed() {
        Ok(PublicKey::RSA(key)) if key.key_size() < 2048 => Err(Refusal::WeakAlgorithm),
        _ => Ok(()),
    }
}

pub(super) fn unix(time: Time) -> UnixTime {
    UnixTime::since_unix_epoch(Duration::from_secs(u64::try_from(time.secs()).unwrap_or(0)))
}

/// The extended usages of which one is needed; none in particular.
#[derive(Clone, Copy)]
struct Usage(Option<&'static [&'static [usize]]>);

/// `anyExtendedKeyUsage` (RFC 5280 §4.2.1.12).
const ANY_USAGE: &[usize] = &[2, 5, 29, 37, 0];

impl ExtendedKeyUsageValidator for Usage {
    fn validate(&self, usages: KeyPurposeIdIter<'_, '_>) -> Result<(), Error> {
        let Some(wanted) = self.0 else { return Ok(()) };
        let mut present = Vec::new();
        for usage in usages {
            present.push(usage?.to_decoded_oid());
        }
        let fits = |usage: &Vec<usize>| usage == ANY_USAGE || wanted.contains(&usage.as_slice());
        if present.is_empty() || present.iter().any(fits) {
            return Ok(());
        }
        Err(Error::RequiredEkuNotFoundContext(webpki::RequiredEkuNotFoundContext {
            required: KeyUsage::client_auth(),
            present,
        }))
    }
}

/// The case that an error of path building is.
fn refusal(error: &Error) -> Refusal {
    use Error as E;
    match error {
        E::CertExpired { .. } => Refusal::Expired,
        E::CertNotValidYet { .. } => Refusal::NotYetValid,
        E::CertRevoked => Refusal::Revoked,
        E::UnknownIssuer => Refusal::UnknownIssuer,
        E::InvalidSignatureForPublicKey | E::SignatureAlgorithmMismatch => Refusal::BadSignature,
        E::UnsupportedSignatureAlgorithmContext(_) | E::UnsupportedSignatureAlgorithmForPublicKeyContext(_) => {
            Refusal::WeakAlgorithm
        }
        E::RequiredEkuNotFoundContext(_) | E::EmptyEkuExtension => Refusal::BadUsage,
        E::CaUsedAsEndEntity => Refusal::NotALeaf,
        E::NameConstraintViolation
        | E::PathLenConstraintViolated
        | E::EndEntityUsedAsCa
        | E::UnsupportedCriticalExtension
        | E::MaximumPathBuildCallsExceeded
        | E::MaximumPathDepthExceeded
        | E::MaximumSignatureChecksExceeded
        | E::MaximumNameConstraintComparisonsExceeded => Refusal::Constraint,
        E::CertNotValidForName(_) => Refusal::WrongHost,
        // A list whose signature is wrong is no list: the peer cannot help it.
        E::UnknownRevocationStatus
        | E::InvalidCrlSignatureForPublicKey
        | E::IssuerNotCrlSigner
        | E::UnsupportedCrlSignatureAlgorithmContext(_)
        | E::UnsupportedCrlSignatureAlgorithmForPublicKeyContext(_) => Refusal::CrlMissing,
        _ => Refusal::Unreadable,
    }
}
