//! The judge of peers: one snapshot of anchors, revocation lists, white list and policy, replaced as a whole.

use std::sync::{Arc, Mutex};

use arc_swap::ArcSwap;

use super::chain::{Bench, Leaf, Role, Standing, after, check_host};
use super::ocsp::{Answers, Known};
use super::{Anchors, CertificateFacts, Policy, Refusal, Revocation, UnknownRevocation, VerifiedOperator, WhiteList};
use crate::mail::{Domain, Time};

/// Everything that a judgement rests on.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// The roots and issuing authorities.
    pub anchors: Anchors,
    /// The revocation lists.
    pub revocation: Revocation,
    /// The white list.
    pub list: Arc<WhiteList>,
    /// What the judgement is set to.
    pub policy: Policy,
}

impl Snapshot {
    pub(super) fn bench(&self, now: Time) -> Bench<'_> {
        Bench { anchors: &self.anchors, revocation: &self.revocation, policy: &self.policy, now, leaf: Leaf::Unvouched }
    }

    /// When the white list is no longer relied on.
    #[must_use]
    pub fn list_end(&self) -> Time {
        after(after(self.list.generated(), self.policy.list_age), self.policy.list_grace)
    }

    /// Whether the white list is past its age, and past its grace period too.
    #[must_use]
    pub fn list_age(&self, now: Time) -> Age {
        let old_from = after(self.list.generated(), self.policy.list_age);
        if now <= old_from {
            Age::Current
        } else if now <= after(old_from, self.policy.list_grace) {
            Age::Grace
        } else {
            Age::Stale
        }
    }
}

/// How old trust data is against what the configuration allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Age {
    /// Within its dates.
    Current,
    /// Past its dates, still relied on, loudly.
    Grace,
    /// No longer relied on.
    Stale,
}

/// Judges peers. Shared by all connections; a judgement sees one snapshot from its start to its end.
#[derive(Debug)]
pub struct Trust {
    snapshot: ArcSwap<Snapshot>,
    /// Held by whoever makes a new snapshot out of the one in force.
    pub(super) changing: Mutex<()>,
    /// What issuers said by OCSP.
    pub(super) answers: Answers,
}

impl Trust {
    /// A judge with this snapshot.
    #[must_use]
    pub fn new(snapshot: Snapshot) -> Self {
        Self { snapshot: ArcSwap::from_pointee(snapshot), changing: Mutex::default(), answers: Answers::default() }
    }

    /// The snapshot in force.
    #[must_use]
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.snapshot.load_full()
    }

    /// Puts another snapshot in force, for judgements that begin from now on.
    pub fn replace(&self, snapshot: Snapshot) {
        self.snapshot.store(Arc::new(snapshot));
    }

    /// Judges the certificate of a peer that calls, inside the handshake: chain, dates, usages, revocation. What is
    /// temporary ([`Refusal::is_temporary`]) is left to [`Trust::operator`], which can say so in a reply.
    ///
    /// # Errors
    /// Why the handshake must fail.
    // [mss#4]
    pub fn client_certificate(&self, chain: &[Vec<u8>], now: Time) -> Result<(), Refusal> {
        in_handshake(&self.snapshot.load(), chain, Role::Client, now)
    }

    /// Judges the certificate of a server that was called by this host name, inside the handshake.
    ///
    /// # Errors
    /// Why the handshake must fail.
    pub fn server_certificate(&self, chain: &[Vec<u8>], host: &str, now: Time) -> Result<(), Refusal> {
        let snapshot = self.snapshot.load();
        in_handshake(&snapshot, chain, Role::Server, now)?;
        let leaf = chain.first().ok_or(Refusal::NoCertificate)?;
        check_host(leaf, host, snapshot.policy.host_name)
    }

    /// Judges a peer that calls, after the handshake: all of [`Trust::client_certificate`] again (a resumed session
    /// skipped it), then the white list.
    ///
    /// # Errors
    /// Why it is no listed operator.
    // [mss#2] [mss#4]
    pub fn operator(&self, chain: &[Vec<u8>], now: Time) -> Result<VerifiedOperator, Refusal> {
        listed(&self.snapshot.load(), chain, Role::Client, self.known(chain, now), now)
    }

    /// Judges a server that was called to take messages for a domain, after the handshake.
    ///
    /// # Errors
    /// Why it is not the operator of that domain.
    pub fn operator_for(&self, chain: &[Vec<u8>], domain: &Domain, now: Time) -> Result<VerifiedOperator, Refusal> {
        let operator = listed(&self.snapshot.load(), chain, Role::Server, self.known(chain, now), now)?;
        match operator.refusal_for(domain) {
            None => Ok(operator),
            Some(refusal) => Err(refusal),
        }
    }

    /// What is remembered of OCSP.
    fn known(&self, chain: &[Vec<u8>], now: Time) -> Known {
        let leaf = chain.first().filter(|_| self.snapshot.load().policy.ocsp);
        leaf.and_then(|leaf| self.answers.of(leaf, now)).unwrap_or(Known::Nothing)
    }

    /// Whether a chain that was accepted has been revoked since, whatever it was used for.
    #[must_use]
    pub fn is_revoked(&self, chain: &[Vec<u8>], now: Time) -> bool {
        if self.known(chain, now) == Known::Revoked {
            return true;
        }
        let snapshot = self.snapshot.load();
        let judged = |role| snapshot.bench(now).judge(chain, role).err();
        [Role::Client, Role::Server].into_iter().any(|role| judged(role) == Some(Refusal::Revoked))
    }

    /// Judges the certificate of a person or of software that signs in by it: chain, dates, client usage, revocation.
    /// Whom it lets in is not decided here.
    ///
    /// # Errors
    /// Why it is no certificate to sign in by.
    // [clients#client-certificate-login]
    pub fn person(&self, chain: &[Vec<u8>], now: Time) -> Result<CertificateFacts, Refusal> {
        standing(&self.snapshot.load(), chain, Role::Person, self.known(chain, now), now)
    }

    /// Whether a domain is inside the trust space.
    #[must_use]
    pub fn lists(&self, domain: &Domain) -> bool {
        self.snapshot.load().list.lists(domain)
    }
}

fn in_handshake(snapshot: &Snapshot, chain: &[Vec<u8>], role: Role, now: Time) -> Result<(), Refusal> {
    let standing = snapshot.bench(now).judge(chain, role)?;
    match (doubt(standing), snapshot.policy.unknown_revocation) {
        // Where OCSP is on, its answer comes after the handshake.
        (Some(refusal), UnknownRevocation::Refuse) if !snapshot.policy.ocsp => Err(refusal),
        _ => Ok(()),
    }
}

fn listed(
    snapshot: &Snapshot,
    chain: &[Vec<u8>],
    role: Role,
    known: Known,
    now: Time,
) -> Result<VerifiedOperator, Refusal> {
    let facts = standing(snapshot, chain, role, known, now)?;
    match snapshot.list_age(now) {
        Age::Current => {}
        Age::Grace => {
            tracing::warn!(target: "sceau::trust", generated = %snapshot.list.generated(), "the white list is old");
        }
        Age::Stale => return Err(Refusal::ListStale),
    }
    VerifiedOperator::new(facts, &snapshot.list)
}

/// Chain, dates, usage and revocation, with what is known of the leaf by OCSP.
fn standing(
    snapshot: &Snapshot,
    chain: &[Vec<u8>],
    role: Role,
    known: Known,
    now: Time,
) -> Result<CertificateFacts, Refusal> {
    let leaf = match known {
        Known::Revoked => return Err(Refusal::Revoked),
        Known::Good => Leaf::Vouched,
        Known::Nothing => Leaf::Unvouched,
    };
    let standing = Bench { leaf, ..snapshot.bench(now) }.judge(chain, role)?;
    let facts = CertificateFacts::read(chain.first().ok_or(Refusal::NoCertificate)?)?;
    judge_standing(standing, snapshot.policy.unknown_revocation, &facts)?;
    Ok(facts)
}

fn judge_standing(standing: Standing, unknown: UnknownRevocation, facts: &CertificateFacts) -> Result<(), Refusal> {
    let issuer = &facts.issuer;
    match (doubt(standing), unknown) {
        (Some(refusal), UnknownRevocation::Accept) => {
            let reason = refusal.reason();
            tracing::warn!(target: "sceau::trust", %issuer, reason, "a peer of unknown revocation status is let in");
            Ok(())
        }
        (Some(refusal), _) => Err(refusal),
        (None, _) => {
            if standing == Standing::Grace {
                tracing::warn!(target: "sceau::trust", %issuer, "the revocation list of an issuer is past its date");
            }
            Ok(())
        }
    }
}

fn doubt(standing: Standing) -> Option<Refusal> {
    match standing {
        Standing::Sure | Standing::Grace => None,
        Standing::Stale => Some(Refusal::CrlStale),
        Standing::Missing => Some(Refusal::CrlMissing),
    }
}

#[cfg(test)]
mod tests;
