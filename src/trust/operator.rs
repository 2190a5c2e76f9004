//! The right to act as a listed operator: a value that only a judgement makes.

use std::sync::Arc;

use super::{CertificateFacts, DistinguishedName, Refusal, WhiteList};
use crate::mail::{Domain, Time};

/// A peer whose certificate was verified and whose name is in the white list. Needed to begin an incoming transaction
/// and to hand a message over.
#[derive(Debug, Clone)]
pub struct VerifiedOperator {
    facts: CertificateFacts,
    /// The list that the judgement was made with. It keeps its value while newer lists come.
    list: Arc<WhiteList>,
    /// The name's index in that list.
    name: usize,
}

impl VerifiedOperator {
    pub(super) fn new(facts: CertificateFacts, list: &Arc<WhiteList>) -> Result<Self, Refusal> {
        if let Some(name) = list.index_of(&facts.subject) {
            return Ok(Self { facts, list: Arc::clone(list), name });
        }
        let sibling = list.siblings(&facts.subject).next().is_some();
        Err(if sibling { Refusal::CommonNameDiffers } else { Refusal::NotListed })
    }

    /// Whether the white list names this operator's certificate for the domain.
    // [mss#4]
    #[must_use]
    pub fn may_send_for(&self, domain: &Domain) -> bool {
        self.list.allows(self.name, domain)
    }

    /// Why this operator may not speak for the domain; none when it may.
    // [mss#2]
    #[must_use]
    pub fn refusal_for(&self, domain: &Domain) -> Option<Refusal> {
        if self.may_send_for(domain) {
            return None;
        }
        let mut listed = self.list.names_of(domain).peekable();
        if listed.peek().is_none() {
            return Some(Refusal::DomainNotListed);
        }
        let only_common_name = listed.any(|name| name.differs_only_in_common_name(&self.facts.subject));
        Some(if only_common_name { Refusal::CommonNameDiffers } else { Refusal::NotListedForDomain })
    }

    /// The name, as the certificate says it.
    #[must_use]
    pub fn dn(&self) -> &DistinguishedName {
        &self.facts.subject
    }

    /// The facts of the certificate.
    #[must_use]
    pub fn certificate(&self) -> &CertificateFacts {
        &self.facts
    }

    /// SHA-256 of the certificate in DER.
    #[must_use]
    pub fn certificate_sha256(&self) -> [u8; 32] {
        self.facts.sha256
    }

    /// The serial number in hexadecimal.
    #[must_use]
    pub fn serial(&self) -> &str {
        &self.facts.serial
    }

    /// When the white list of the judgement was generated.
    #[must_use]
    pub fn list_date(&self) -> Time {
        self.list.generated()
    }
}
