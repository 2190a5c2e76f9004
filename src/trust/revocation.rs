//! Certificate revocation lists: read, verified, and asked whether they may still be relied on.

use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use rustls::pki_types::CertificateDer;
use webpki::{CertRevocationList, EndEntityCert, OwnedCertRevocationList};
use x509_parser::prelude::{CertificateRevocationList, FromDer};

use super::pem;
use super::policy::ALGORITHMS;
use super::{Anchors, DistinguishedName, TrustError};
use crate::mail::Time;

const REMEDY: &str = "fetch it again from the address in the issuing authority's certificates";

/// What is told about one revocation list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CrlFacts {
    /// The authority that publishes it.
    pub issuer: DistinguishedName,
    /// When it was published.
    pub this_update: Time,
    /// When the next one is due.
    pub next_update: Time,
    /// How many certificates it revokes.
    pub revoked: usize,
    /// SHA-256 of its DER encoding.
    pub sha256: [u8; 32],
    /// Whether its signature was verified when it was read; if not, it is when a peer shows its issuer.
    pub verified: bool,
}

#[derive(Clone)]
struct Crl {
    list: Arc<CertRevocationList<'static>>,
    der: Arc<[u8]>,
    facts: CrlFacts,
}

/// The revocation lists in force: the newest of each issuer.
#[derive(Default, Clone)]
pub struct Revocation {
    crls: Vec<Crl>,
}

impl std::fmt::Debug for Revocation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.facts()).finish()
    }
}

impl Revocation {
    /// Nothing revoked, nothing known.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// Adds the lists of a file's bytes: PEM with any number of them, or one in DER.
    ///
    /// # Errors
    /// When one cannot be read, has no version 2 or no next update, is a delta, comes from the future, or has a wrong
    /// signature of an authority among the anchors.
    pub fn add(&mut self, bytes: &[u8], anchors: &Anchors, now: Time) -> Result<(), TrustError> {
        for der in pem::sections(bytes, "X509 CRL").map_err(|reason| TrustError::new(reason, REMEDY))? {
            self.add_der(&der, anchors, now)?;
        }
        Ok(())
    }

    /// The facts of each list.
    pub fn facts(&self) -> impl Iterator<Item = &CrlFacts> {
        self.crls.iter().map(|crl| &crl.facts)
    }

    pub(super) fn lists(&self) -> Vec<&CertRevocationList<'static>> {
        self.crls.iter().map(|crl| &*crl.list).collect()
    }

    /// When the next list of this issuer (webpki's encoding) is due. None when there is no list of it.
    pub(super) fn next_update(&self, issuer: &[u8]) -> Option<Time> {
        self.crls.iter().filter(|crl| crl.list.issuer() == issuer).map(|crl| crl.facts.next_update).min()
    }

    /// The lists in DER.
    #[must_use]
    pub fn ders(&self) -> Vec<Vec<u8>> {
        self.crls.iter().map(|crl| crl.der.to_vec()).collect()
    }

    /// Adds what another one has, where it is newer. What these anchors do not vouch for is left out.
    pub(super) fn merge(&mut self, other: &Self, anchors: &Anchors, now: Time) {
        for crl in &other.crls {
            // It was read once; what changed are the anchors.
            if let Ok(crl) = judge(&crl.der, anchors, now) {
                self.keep_newest(crl);
            }
        }
    }

    /// Whether lists that were fetched may replace those in use.
    ///
    /// # Errors
    /// As [`Revocation::add`]; and when no authority among the anchors signed one, when it is older than the one in
    /// use, or past its date while that one is not.
    pub(super) fn compare(&self, bytes: &[u8], anchors: &Anchors, now: Time) -> Result<Vec<CrlFacts>, TrustError> {
        let mut read = Vec::new();
        for der in pem::sections(bytes, "X509 CRL").map_err(|reason| TrustError::new(reason, REMEDY))? {
            let crl = judge(&der, anchors, now)?;
            let (issuer, from) = (&crl.facts.issuer, crl.facts.this_update);
            if !crl.facts.verified {
                let reason = format!("the revocation list of {issuer}: that authority is not among the anchors");
                return Err(TrustError::new(reason, "add the issuing authority's certificate to the anchors"));
            }
            let old = self.crls.iter().find(|old| old.is_of_the_same(&crl)).map(|old| &old.facts);
            if let Some(old) = old.filter(|old| old.this_update > from) {
                let reason =
                    format!("the revocation list of {issuer} is of {from}, the one in use of {}", old.this_update);
                return Err(TrustError::new(reason, REMEDY));
            }
            if crl.facts.next_update < now && old.is_some_and(|old| old.next_update >= now) {
                let reason = format!("the revocation list of {issuer} ended on {}", crl.facts.next_update);
                return Err(TrustError::new(reason, REMEDY));
            }
            read.push(crl.facts);
        }
        Ok(read)
    }

    fn add_der(&mut self, der: &[u8], anchors: &Anchors, now: Time) -> Result<(), TrustError> {
        self.keep_newest(judge(der, anchors, now)?);
        Ok(())
    }

    /// One list per issuer and distribution point; the newest wins, in whatever order the files were read.
    fn keep_newest(&mut self, crl: Crl) {
        match self.crls.iter().position(|old| old.is_of_the_same(&crl)) {
            Some(index) if self.crls[index].facts.this_update >= crl.facts.this_update => {}
            Some(index) => self.crls[index] = crl,
            None => self.crls.push(crl),
        }
    }
}

impl Crl {
    fn is_of_the_same(&self, other: &Self) -> bool {
        self.list.issuer() == other.list.issuer()
            && self.list.issuing_distribution_point() == other.list.issuing_distribution_point()
    }
}

/// Reads one list, with the verdict on its signature.
fn judge(der: &[u8], anchors: &Anchors, now: Time) -> Result<Crl, TrustError> {
    let refuse = |reason: String| TrustError::new(reason, REMEDY);
    let list = OwnedCertRevocationList::from_der(der)
        .map_err(|error| refuse(format!("the revocation list cannot be used: {error}")))?;
    let mut facts = read(der).map_err(refuse)?;
    if facts.this_update > now {
        return Err(refuse(format!("the revocation list of {} comes from the future", facts.issuer)));
    }
    facts.verified = verify(der, &facts, anchors).map_err(refuse)?;
    Ok(Crl { list: Arc::new(list.into()), der: der.into(), facts })
}

fn read(der: &[u8]) -> Result<CrlFacts, String> {
    let Ok(([], crl)) = CertificateRevocationList::from_der(der) else {
        return Err("the revocation list is not one, or something follows it".to_owned());
    };
    let next_update = crl.next_update().ok_or("the revocation list says no next update")?;
    let mut sha256 = [0; 32];
    sha256.copy_from_slice(digest(&SHA256, der).as_ref());
    Ok(CrlFacts {
        issuer: DistinguishedName::from_x509(crl.issuer()),
        this_update: Time::from_secs(crl.last_update().timestamp()),
        next_update: Time::from_secs(next_update.timestamp()),
        revoked: crl.iter_revoked_certificates().count(),
        sha256,
        verified: false,
    })
}

/// Whether an authority among the anchors signed it. No authority of that name: not verified, and no error.
fn verify(der: &[u8], facts: &CrlFacts, anchors: &Anchors) -> Result<bool, String> {
    let mut known = false;
    for (authority, names) in anchors.authority_ders().iter().zip(anchors.authorities()) {
        if names.subject == facts.issuer {
            known = true;
            if signed_by(der, authority) {
                return Ok(true);
            }
        }
    }
    if known { Err(format!("the signature of the revocation list is not that of {}", facts.issuer)) } else { Ok(false) }
}

fn signed_by(der: &[u8], authority: &CertificateDer<'_>) -> bool {
    let (Ok(([], crl)), Ok(authority)) = (CertificateRevocationList::from_der(der), EndEntityCert::try_from(authority))
    else {
        return false;
    };
    let message = crl.tbs_cert_list.as_ref();
    let signature = crl.signature_value.data.as_ref();
    // An algorithm that is not the key's is refused before anything is computed.
    ALGORITHMS.iter().any(|algorithm| authority.verify_signature(*algorithm, message, signature).is_ok())
}
