//! The certificate of the TLS handshake as a login: an organisation's opens its application mailboxes, a person's the
//! accounts that carry the person's national identifier.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Logins, Visitor};
use crate::mail::{Fault, ProfessionalId, Status, hex};
use crate::seal::event::Level;
use crate::store::{AccountEntry, Identity};
use crate::trust::{AttributeType, CertificateFacts, DistinguishedName, Refusal};

/// How the certificate of a professional is known, and where it says whose it is.
#[derive(Debug, Clone)]
pub struct PersonCertificates {
    /// The authorities that issue to professionals, by attributes of their names. A certificate of any other authority
    /// says nothing of a person, whatever stands in it: organisations choose their common names themselves.
    pub issuers: Vec<DistinguishedName>,
    /// The attribute of the subject that holds the national identifier (idNat): `8` and an RPPS, `0` and an ADELI.
    pub attribute: AttributeType,
}

impl Default for PersonCertificates {
    fn default() -> Self {
        Self { issuers: Vec::new(), attribute: AttributeType::common_name() }
    }
}

impl PersonCertificates {
    fn issued(&self, facts: &CertificateFacts) -> bool {
        self.issuers.iter().any(|issuer| issuer.is_part_of(&facts.issuer))
    }

    /// The one national identifier of a certificate; none when there are several.
    fn identifier(&self, facts: &CertificateFacts) -> Option<String> {
        let mut values = facts.subject.values(&self.attribute);
        let id = ProfessionalId::parse(values.next()?).ok()?;
        values.next().is_none().then(|| id.to_string())
    }
}

/// A certificate that was judged and is good.
pub(super) struct Shown {
    pub(super) facts: CertificateFacts,
    pub(super) level: Level,
    /// What proofs commit to.
    pub(super) evidence: String,
    /// The accounts that it opens, in the order of their making; active or not.
    pub(super) accounts: Vec<Arc<AccountEntry>>,
}

impl Logins {
    /// Judges the certificate of the handshake: chain, dates, usage, revocation, each time that it is used. What was
    /// remembered of an earlier session (a ticket) gives no right.
    pub(super) fn shown(&self, visitor: &Visitor) -> Result<Shown, Fault> {
        let trust = self.trust.as_ref().ok_or_else(|| refused(Refusal::NoCertificate))?;
        let facts = trust.person(&visitor.certificates, self.now()).map_err(refused)?;
        let is_person = self.settings.persons.issued(&facts);
        let evidence =
            format!("certificate sha256:{} serial:{} issuer:{}", hex(&facts.sha256), facts.serial, facts.issuer);
        let accounts = self.opened_by(&facts, is_person);
        Ok(Shown { level: if is_person { Level::Cps } else { Level::OrgCert }, facts, evidence, accounts })
    }

    fn opened_by(&self, facts: &CertificateFacts, is_person: bool) -> Vec<Arc<AccountEntry>> {
        let certificate = Identity::Certificate { sha256: facts.sha256, subject: String::new() };
        let subject = Identity::Subject { key: facts.subject.key(), text: String::new() };
        let person = is_person.then(|| self.settings.persons.identifier(facts)).flatten().map(Identity::Person);
        let found = [certificate, subject].into_iter().chain(person).flat_map(|who| self.store.identified(&who));
        found.map(|entry| (entry.id, entry)).collect::<BTreeMap<_, _>>().into_values().collect()
    }
}

fn refused(refusal: Refusal) -> Fault {
    let status = if refusal.is_temporary() { Status::TrustStale } else { Status::CertificateRefused };
    Fault::user(status, format!("{}: {}", refusal.reason(), refusal.text()))
}
