//! The cases: who calls, with what, for which domain, and what should become of it under the server's own settings.

use super::peer::{Met, Peer};
use crate::trust::lab::audit::{DOMAINS, OTHER_DOMAIN, leaf, other_leaf, unlisted_leaf};
use crate::trust::lab::pki::Pki;
use crate::trust::lab::{Flaw, Key, Lab, LabError, Leaf};
use crate::trust::{ExtendedUsage, Policy, Refusal, RevocationDepth, UnknownRevocation};

/// One peer.
pub(super) struct Case {
    /// As in the white list for ANS's own, else in our words.
    pub(super) name: &'static str,
    pub(super) peer: Peer,
    /// The domain of its reverse-path; empty for the null one.
    pub(super) domain: &'static str,
    pub(super) met: Met,
    /// What the server notes about it; none where nothing is refused.
    pub(super) reason: Option<&'static str>,
}

/// What should become of a peer.
struct Expected(Met, Option<&'static str>);

const TAKEN: Expected = Expected(Met::Taken, None);

const fn alert(name: &'static str, refusal: Refusal) -> Expected {
    Expected(Met::Alert(name), Some(refusal.reason()))
}

const fn closed(refusal: Refusal) -> Expected {
    Expected(Met::Closed, Some(refusal.reason()))
}

const fn sender_refused(refusal: Refusal) -> Expected {
    Expected(Met::SenderRefused, Some(refusal.reason()))
}

/// Collects cases; issues what they need.
struct Table<'a> {
    lab: &'a Lab,
    policy: &'a Policy,
    cases: Vec<Case>,
}

/// All of them.
// [mss#2] [mss#3] [mss#4]
pub(super) fn all(pki: &Pki, policy: &Policy) -> Result<Vec<Case>, LabError> {
    let mut table = Table { lab: pki.lab(), policy, cases: Vec::new() };
    table.agency(pki)?;
    table.what_must_not_matter()?;
    table.certificates()?;
    table.authorities()?;
    table.names()?;
    Ok(table.cases)
}

impl Table<'_> {
    fn add(&mut self, name: &'static str, peer: Peer, domain: &'static str, expected: Expected) {
        let Expected(met, reason) = expected;
        self.cases.push(Case { name, peer, domain, met, reason });
    }

    /// A peer with a certificate of this leaf that speaks for the valid domain.
    fn leaf(&mut self, name: &'static str, leaf: &Leaf, expected: Expected) -> Result<(), LabError> {
        let peer = Peer::with(&self.lab.issue(leaf)?)?;
        self.add(name, peer, DOMAINS[0], expected);
        Ok(())
    }

    /// The same with the valid leaf and a flaw.
    fn flaw(&mut self, name: &'static str, flaw: Flaw, expected: Expected) -> Result<(), LabError> {
        self.leaf(name, &leaf(DOMAINS[0]).with(flaw), expected)
    }

    /// The seven peers by which ANS tests an operator's intake. Each speaks for its own domain.
    fn agency(&mut self, pki: &Pki) -> Result<(), LabError> {
        let [valid, expired, revoked, foreign, unmatched, renamed, clear] = DOMAINS;
        let issue = |leaf: &Leaf| self.lab.issue(leaf).and_then(|issued| Peer::with(&issued));
        let other_name = Leaf { common_name: "autre.espacedeconfiance.mssante.fr".into(), ..leaf(renamed) };
        let peers = [
            ("cert-valide-audit", issue(&leaf(valid))?, valid, TAKEN),
            (
                "cert-expire-audit",
                issue(&leaf(expired).with(Flaw::Expired))?,
                expired,
                alert("CertificateExpired", Refusal::Expired),
            ),
            (
                "cert-revoque-audit",
                Peer::with(&pki.revoked_peer()?)?,
                revoked,
                alert("CertificateRevoked", Refusal::Revoked),
            ),
            (
                "cert-non-igc-audit",
                issue(&leaf(foreign).with(Flaw::OtherAuthority))?,
                foreign,
                alert("UnknownCA", Refusal::UnknownIssuer),
            ),
            // Its certificate is another operator's, who is listed too.
            ("cert-no-match-audit", issue(&other_leaf())?, unmatched, sender_refused(Refusal::NotListedForDomain)),
            // Its certificate is its own but for the common name.
            ("cert-cn-diff-dn-audit", issue(&other_name)?, renamed, closed(Refusal::CommonNameDiffers)),
            ("sans-tls-audit", Peer::without_tls(), clear, Expected(Met::TlsWanted, Some(Refusal::NoTls.reason()))),
        ];
        for (name, peer, domain, expected) in peers {
            self.add(name, peer, domain, expected);
        }
        Ok(())
    }

    fn what_must_not_matter(&mut self) -> Result<(), LabError> {
        let valid = leaf(DOMAINS[0]);
        let issued = self.lab.issue(&valid)?;
        let capitals =
            crate::trust::lab::Organisation { state: "HAUTS-DE-SEINE(92)".into(), ..valid.organisation.clone() };
        let either = self.policy.extended_usage != ExtendedUsage::Role;
        let server_only = if either { TAKEN } else { alert("UnsupportedCertificate", Refusal::BadUsage) };
        self.leaf("certificat renouvelé, même DN", &valid, TAKEN)?;
        self.leaf("clé RSA 2048", &valid.clone().with_key(Key::Rsa2048), TAKEN)?;
        self.add("TLS 1.2", Peer::with(&issued)?.tls12(), DOMAINS[0], TAKEN);
        self.add("autorité non envoyée, mais dans nos ancres", Peer::with(&issued)?.alone(), DOMAINS[0], TAKEN);
        self.flaw("autorité hors de nos ancres, mais envoyée", Flaw::UnknownAuthority, TAKEN)?;
        self.flaw("DN : attributs dans un autre ordre", Flaw::OtherOrder, TAKEN)?;
        self.flaw("DN : autre type de chaîne (BMPString)", Flaw::OtherStringType, TAKEN)?;
        self.leaf("DN : capitales, sans espace", &Leaf { organisation: capitals, ..valid }, TAKEN)?;
        self.flaw("usage étendu : client seulement", Flaw::ClientUsageOnly, TAKEN)?;
        self.flaw("usage étendu : serveur seulement", Flaw::ServerUsageOnly, server_only)?;
        self.add("expéditeur vide (avis de remise)", Peer::with(&issued)?, "", TAKEN);
        Ok(())
    }

    fn certificates(&mut self) -> Result<(), LabError> {
        let unsupported = |refusal| alert("UnsupportedCertificate", refusal);
        let any = self.policy.extended_usage == ExtendedUsage::Any;
        let mail_only = if any { TAKEN } else { unsupported(Refusal::BadUsage) };
        let weak_key = leaf(DOMAINS[0]).with_key(Key::Rsa1024);
        self.add(
            "aucun certificat",
            Peer::without_certificate(),
            DOMAINS[0],
            alert("CertificateRequired", Refusal::NoCertificate),
        );
        self.flaw("pas encore valable", Flaw::NotYetValid, alert("CertificateExpired", Refusal::NotYetValid))?;
        self.flaw("autosigné, même DN", Flaw::SelfSigned, alert("UnknownCA", Refusal::UnknownIssuer))?;
        self.flaw("usage étendu : messagerie seulement", Flaw::WrongExtendedUsage, mail_only)?;
        self.flaw("usage de la clé : pas de signature", Flaw::WrongUsage, unsupported(Refusal::BadUsage))?;
        self.flaw("certificat d'autorité (CA:TRUE)", Flaw::Authority, unsupported(Refusal::NotALeaf))?;
        self.flaw("signé en SHA-1", Flaw::Sha1, alert("AccessDenied", Refusal::WeakAlgorithm))?;
        self.leaf("clé RSA 1024", &weak_key, alert("AccessDenied", Refusal::WeakAlgorithm))
    }

    fn authorities(&mut self) -> Result<(), LabError> {
        let missing = Peer::with(&self.lab.issue(&leaf(DOMAINS[0]).with(Flaw::UnknownAuthority))?)?.alone();
        self.add("autorité intermédiaire manquante", missing, DOMAINS[0], alert("UnknownCA", Refusal::UnknownIssuer));
        let revoked = match self.policy.revocation_depth {
            RevocationDepth::Chain => alert("CertificateRevoked", Refusal::Revoked),
            RevocationDepth::Leaf => TAKEN,
        };
        self.flaw("autorité intermédiaire révoquée", Flaw::RevokedAuthority, revoked)?;
        let constraint = alert("BadCertificate", Refusal::Constraint);
        self.flaw("nom hors des contraintes de l'autorité", Flaw::ConstrainedAuthority, constraint)?;
        self.flaw("CRL de l'autorité absente", Flaw::AuthorityWithoutList, self.unknown(Refusal::CrlMissing))?;
        self.flaw("CRL de l'autorité périmée", Flaw::StaleAuthority, self.unknown(Refusal::CrlStale))
    }

    /// What becomes of a peer whose revocation cannot be told.
    fn unknown(&self, refusal: Refusal) -> Expected {
        match self.policy.unknown_revocation {
            UnknownRevocation::Defer => Expected(Met::Deferred, Some(refusal.reason())),
            UnknownRevocation::Refuse => alert("CertificateUnknown", refusal),
            UnknownRevocation::Accept => TAKEN,
        }
    }

    fn names(&mut self) -> Result<(), LabError> {
        self.flaw("DN : deux CN", Flaw::TwoCommonNames, closed(Refusal::CommonNameDiffers))?;
        self.leaf("DN absent de la liste blanche", &unlisted_leaf(), closed(Refusal::NotListed))?;
        let valid = Peer::with(&self.lab.issue(&leaf(DOMAINS[0]))?)?;
        self.add(
            "domaine absent de la liste blanche",
            valid,
            "inconnu.example",
            sender_refused(Refusal::DomainNotListed),
        );
        let valid = Peer::with(&self.lab.issue(&leaf(DOMAINS[0]))?)?;
        self.add("domaine d'un autre opérateur", valid, OTHER_DOMAIN, sender_refused(Refusal::NotListedForDomain));
        Ok(())
    }
}
