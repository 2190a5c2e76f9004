//! What a certificate chain holds and where it leads, link by link: for people who ask why.
//!
//! Nothing is decided here. The verdict is [`Trust`](super::Trust)'s, which judges the same chain in its own way; this
//! only shows the facts that it judges.

use webpki::EndEntityCert;
use x509_parser::extensions::{GeneralName, ParsedExtension};
use x509_parser::prelude::X509Certificate;
use x509_parser::public_key::PublicKey;

use rustls::pki_types::CertificateDer;

use super::certificate;
use super::judge::Snapshot;
use super::policy::ALGORITHMS;
use super::{CertificateFacts, CrlFacts, Refusal, TrustError};

/// Links that are followed at most.
const DEPTH: usize = 8;
/// Certificates of a file that are looked at.
const CHAIN_MAX: usize = 16;

/// A chain from its leaf towards an anchor, as far as it can be followed.
#[derive(Debug, Clone)]
pub struct ChainFacts {
    /// Leaf first.
    pub links: Vec<Link>,
    /// Whether the last link is one of the anchors.
    pub anchored: bool,
}

/// One certificate of a chain.
#[derive(Debug, Clone)]
pub struct Link {
    /// Names, serial number, dates.
    pub facts: CertificateFacts,
    /// Kind and size of its key: `RSA 2048`, `EC 256`.
    pub key: String,
    /// The OID of the algorithm that its issuer signed it with.
    pub signature: String,
    /// Its key usages, by their names in RFC 5280; none without the extension.
    pub usage: Option<Vec<&'static str>>,
    /// Its extended key usages, by their names or OIDs; none without the extension.
    pub extended_usage: Option<Vec<String>>,
    /// The host names and IP addresses that it is for.
    pub hosts: Vec<String>,
    /// Where it was found.
    pub source: Source,
    /// What the revocation lists say of it; none for a root, which nobody revokes.
    pub revocation: Option<RevocationFacts>,
}

/// Where a link was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// In the chain that was shown.
    Shown,
    /// Among the authorities that we have.
    Anchors,
}

/// What the revocation lists say of a certificate.
#[derive(Debug, Clone)]
pub struct RevocationFacts {
    /// The list of its issuer; none when there is none.
    pub list: Option<CrlFacts>,
    /// Whether its serial number is in it.
    pub revoked: bool,
}

/// The certificates of a file's bytes, in their order: PEM with any number of them, or one in DER.
///
/// # Errors
/// When there is none, or there are more than 16.
pub fn chain_of(bytes: &[u8]) -> Result<Vec<Vec<u8>>, TrustError> {
    let remedy = "give a file with a certificate (PEM or DER), followed by its authorities' if there are more";
    let chain = super::pem::sections(bytes, "CERTIFICATE").map_err(|reason| TrustError::new(reason, remedy))?;
    if chain.len() > CHAIN_MAX {
        return Err(TrustError::new(format!("{} certificates are no chain", chain.len()), remedy));
    }
    Ok(chain)
}

impl Snapshot {
    /// Follows a chain, leaf first, from issuer to issuer, through what was shown and the authorities that we have.
    ///
    /// # Errors
    /// When there is no leaf, or it cannot be read.
    pub fn explain(&self, chain: &[Vec<u8>]) -> Result<ChainFacts, Refusal> {
        let (leaf, others) = chain.split_first().ok_or(Refusal::NoCertificate)?;
        let mut links = vec![self.link(leaf, Source::Shown)?];
        let mut current = leaf.clone();
        while links.len() < DEPTH && !self.is_root(&current) {
            let Some((issuer, source)) = self.issuer(&current, others) else { break };
            links.push(self.link(&issuer, source)?);
            current = issuer;
        }
        Ok(ChainFacts { anchored: self.is_root(&current), links })
    }

    fn is_root(&self, der: &[u8]) -> bool {
        let digest = certificate::sha256(der);
        self.anchors.roots().iter().any(|root| root.sha256 == digest)
    }

    /// The certificate that signed this one.
    pub(super) fn issuer(&self, der: &[u8], others: &[Vec<u8>]) -> Option<(Vec<u8>, Source)> {
        let shown = others.iter().map(|der| (der.clone(), Source::Shown));
        let ours = self.anchors.authority_ders().iter().map(|der| (der.as_ref().to_vec(), Source::Anchors));
        shown.chain(ours).find(|(candidate, _)| candidate != der && signed_by(der, candidate))
    }

    fn link(&self, der: &[u8], source: Source) -> Result<Link, Refusal> {
        let parsed = certificate::parse(der)?;
        Ok(Link {
            facts: CertificateFacts::of(&parsed, der),
            key: key(&parsed),
            signature: parsed.signature_algorithm.algorithm.to_id_string(),
            usage: usage(&parsed),
            extended_usage: extended_usage(&parsed),
            hosts: hosts(&parsed),
            source,
            revocation: (!self.is_root(der)).then(|| self.revocation_of(der, &parsed)),
        })
    }

    fn revocation_of(&self, der: &[u8], parsed: &X509Certificate<'_>) -> RevocationFacts {
        let issuer = certificate::CertificateFacts::of(parsed, der).issuer;
        let list = self.revocation.facts().find(|list| list.issuer == issuer).cloned();
        let der = CertificateDer::from(der);
        let Ok(entity) = EndEntityCert::try_from(&der) else { return RevocationFacts { list, revoked: false } };
        let lists = self.revocation.lists();
        let mut own = lists.iter().filter(|list| list.issuer() == entity.issuer());
        let revoked = own.any(|list| matches!(list.find_serial(entity.serial()), Ok(Some(_))));
        RevocationFacts { list, revoked }
    }
}

fn signed_by(der: &[u8], issuer: &[u8]) -> bool {
    let (Ok(signed), Ok(parsed)) = (certificate::parse(der), certificate::parse(issuer)) else { return false };
    if signed.issuer().as_raw() != parsed.subject().as_raw() {
        return false;
    }
    let issuer = CertificateDer::from(issuer);
    let Ok(issuer) = EndEntityCert::try_from(&issuer) else { return false };
    let (message, signature) = (signed.tbs_certificate.as_ref(), signed.signature_value.data.as_ref());
    // An algorithm that is not the key's is refused before anything is computed.
    ALGORITHMS.iter().any(|algorithm| issuer.verify_signature(*algorithm, message, signature).is_ok())
}

fn key(certificate: &X509Certificate<'_>) -> String {
    match certificate.public_key().parsed() {
        Ok(PublicKey::RSA(key)) => format!("RSA {}", key.key_size()),
        Ok(PublicKey::EC(point)) => format!("EC {}", point.key_size()),
        _ => certificate.public_key().algorithm.algorithm.to_id_string(),
    }
}

fn usage(certificate: &X509Certificate<'_>) -> Option<Vec<&'static str>> {
    let usage = certificate.key_usage().ok()??.value;
    let named = [
        (usage.digital_signature(), "digitalSignature"),
        (usage.non_repudiation(), "nonRepudiation"),
        (usage.key_encipherment(), "keyEncipherment"),
        (usage.data_encipherment(), "dataEncipherment"),
        (usage.key_agreement(), "keyAgreement"),
        (usage.key_cert_sign(), "keyCertSign"),
        (usage.crl_sign(), "cRLSign"),
    ];
    Some(named.into_iter().filter(|(set, _)| *set).map(|(_, name)| name).collect())
}

fn extended_usage(certificate: &X509Certificate<'_>) -> Option<Vec<String>> {
    let usage = certificate.extended_key_usage().ok()??.value;
    let named = [
        (usage.any, "anyExtendedKeyUsage"),
        (usage.server_auth, "serverAuth"),
        (usage.client_auth, "clientAuth"),
        (usage.code_signing, "codeSigning"),
        (usage.email_protection, "emailProtection"),
        (usage.time_stamping, "timeStamping"),
        (usage.ocsp_signing, "OCSPSigning"),
    ];
    let known = named.into_iter().filter(|(set, _)| *set).map(|(_, name)| name.to_owned());
    Some(known.chain(usage.other.iter().map(x509_parser::oid_registry::Oid::to_id_string)).collect())
}

fn hosts(certificate: &X509Certificate<'_>) -> Vec<String> {
    let names = certificate.extensions().iter().find_map(|extension| match extension.parsed_extension() {
        ParsedExtension::SubjectAlternativeName(names) => Some(&names.general_names),
        _ => None,
    });
    let text = |name: &GeneralName<'_>| match name {
        GeneralName::DNSName(name) => Some((*name).to_owned()),
        GeneralName::IPAddress(bytes) => address(bytes),
        _ => None,
    };
    names.into_iter().flatten().filter_map(text).collect()
}

fn address(bytes: &[u8]) -> Option<String> {
    let four = <[u8; 4]>::try_from(bytes).map(|bytes| std::net::IpAddr::from(bytes).to_string());
    let sixteen = |_| <[u8; 16]>::try_from(bytes).map(|bytes| std::net::IpAddr::from(bytes).to_string());
    four.or_else(sixteen).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trust::lab::Flaw;
    use crate::trust::testing::Space;

    #[test]
    fn a_chain_is_followed_to_its_anchor_and_its_lists_are_asked() {
        let space = Space::new();
        let (good, revoked) = (space.issue(&Space::north()), space.issue(&Space::north()));
        let trust = space.trust(&[("chu-nord.mssante.fr", &good)], &[&revoked]);
        let snapshot = trust.snapshot();
        // The issuer is completed from the anchors when the peer does not show it.
        for (chain, source) in [(good.chain(), Source::Shown), (vec![good.der().to_vec()], Source::Anchors)] {
            let facts = snapshot.explain(&chain).unwrap();
            assert!(facts.anchored);
            assert_eq!(facts.links.iter().map(|link| link.source).collect::<Vec<_>>()[1..], [source, Source::Anchors]);
            let leaf = &facts.links[0];
            assert_eq!(
                (leaf.key.as_str(), leaf.hosts.as_slice()),
                ("EC 256", ["mss.chu-nord.fr".to_owned()].as_slice())
            );
            assert_eq!(leaf.extended_usage.as_deref().unwrap(), ["serverAuth", "clientAuth"]);
            assert!(!leaf.revocation.as_ref().unwrap().revoked && facts.links[2].revocation.is_none());
        }
        let facts = snapshot.explain(&revoked.chain()).unwrap();
        assert!(facts.links[0].revocation.as_ref().unwrap().revoked);
        let stranger = snapshot.explain(&space.flawed(Flaw::OtherAuthority).chain()).unwrap();
        assert!(!stranger.anchored && stranger.links[0].revocation.as_ref().unwrap().list.is_none());
        let alone = snapshot.explain(&space.flawed(Flaw::SelfSigned).chain()).unwrap();
        assert!(!alone.anchored && alone.links.len() == 1);
        assert!(snapshot.explain(&[]).is_err() && snapshot.explain(&[b"0".to_vec()]).is_err());
        assert!(chain_of(b"nonsense").is_err());
    }
}
