//! ANS's conformance peers, and more of their kind, at the operators' port of a whole server: who is let in, who is
//! refused at which point, and the one word that the log says about it.

mod bench;
mod openssl;
mod peer;

use sceau::trust::lab::{Flaw, Leaf, Organisation};

use bench::{AUDIT_DOMAINS, Bench, audit_leaf};
use peer::{Met, Peer};

/// One peer.
struct Case {
    /// As in the white list, `-audit.espacedeconfiance.mssante.fr` left out, or in our words.
    name: &'static str,
    peer: Peer,
    /// The domain of its reverse-path.
    domain: &'static str,
    met: Met,
    /// In the log line about it; none where nothing is refused.
    reason: Option<&'static str>,
}

fn case(
    name: &'static str,
    peer: Peer,
    domain: &'static str,
    met: Met,
    reason: impl Into<Option<&'static str>>,
) -> Case {
    Case { name, peer, domain, met, reason: reason.into() }
}

/// The seven peers by which ANS tests an operator's intake, with the names that the real list has for them. Each
/// speaks for its own domain. [mss#2] [mss#4]
#[test]
fn the_seven_peers_of_the_agency() {
    let bench = Bench::new();
    let [valid, expired, revoked, foreign, unmatched, renamed, clear] = AUDIT_DOMAINS;
    let flawed = |domain, flaw| Peer::with(&bench.issue(&audit_leaf(domain).with(flaw)));
    // Its certificate is another operator's, who is listed too.
    let other = Peer::with(&bench.other);
    // Its certificate is its own but for the common name.
    let other_name = Leaf { common_name: "autre.espacedeconfiance.mssante.fr".into(), ..audit_leaf(renamed) };
    let other_name = Peer::with(&bench.issue(&other_name));
    bench.meet(&[
        case("cert-valide", Peer::with(&bench.valid), valid, Met::Taken, None),
        case("cert-expire", flawed(expired, Flaw::Expired), expired, Met::Alert("CertificateExpired"), "expired"),
        case("cert-revoque", Peer::with(&bench.revoked), revoked, Met::Alert("CertificateRevoked"), "revoked"),
        case("cert-non-igc", flawed(foreign, Flaw::OtherAuthority), foreign, Met::Alert("UnknownCA"), "other-ca"),
        case("cert-no-match", other, unmatched, Met::SenderRefused, "dn-not-listed-for-domain"),
        case("cert-cn-diff-dn", other_name, renamed, Met::Closed, "cn-differs"),
        case("sans-tls", Peer::without_tls(), clear, Met::TlsWanted, "no-tls"),
    ]);
}

/// More of their kind: what else is wrong with certificates in the field, and what must not matter. [mss#2] [mss#3]
#[test]
fn more_peers() {
    let bench = Bench::new();
    let domain = AUDIT_DOMAINS[0];
    let valid = audit_leaf(domain);
    let flawed = |flaw| Peer::with(&bench.issue(&valid.clone().with(flaw)));
    let refused = |alert| Met::Alert(alert);
    let elsewhere = Organisation::new("AILLEURS", "318310021300028", "Gers (32)");
    let unlisted = bench.issue(&Leaf::operator("mss.ailleurs.fr", &elsewhere));
    let capitals = Organisation { state: "HAUTS-DE-SEINE(92)".into(), ..valid.organisation.clone() };
    let capitals = Leaf { organisation: capitals, ..valid.clone() };
    let table = [
        case("renewed certificate of the same name", Peer::with(&bench.issue(&valid)), domain, Met::Taken, None),
        case("issuing authority not sent", Peer::with(&bench.valid).alone(), domain, Met::Taken, None),
        case("TLS 1.2", Peer::with(&bench.valid).tls12(), domain, Met::Taken, None),
        case("attributes in another order", flawed(Flaw::OtherOrder), domain, Met::Taken, None),
        case("attributes in another string type", flawed(Flaw::OtherStringType), domain, Met::Taken, None),
        case("capitals, no space", Peer::with(&bench.issue(&capitals)), domain, Met::Taken, None),
        case("null reverse-path", Peer::with(&bench.other), "", Met::Taken, None),
        case("no certificate", Peer::without_certificate(), domain, refused("CertificateRequired"), "no-certificate"),
        case("not yet valid", flawed(Flaw::NotYetValid), domain, refused("CertificateExpired"), "not-yet-valid"),
        case("self-signed, same name", flawed(Flaw::SelfSigned), domain, refused("UnknownCA"), "other-ca"),
        case(
            "extended usage",
            flawed(Flaw::WrongExtendedUsage),
            domain,
            refused("UnsupportedCertificate"),
            "wrong-usage",
        ),
        case("key usage", flawed(Flaw::WrongUsage), domain, refused("UnsupportedCertificate"), "wrong-usage"),
        case("CA:TRUE", flawed(Flaw::Authority), domain, refused("UnsupportedCertificate"), "ca-as-peer"),
        case("two common names", flawed(Flaw::TwoCommonNames), domain, Met::Closed, "cn-differs"),
        case("not listed at all", Peer::with(&unlisted), domain, Met::Closed, "dn-not-listed"),
        case("unlisted domain", Peer::with(&bench.valid), "inconnu.fr", Met::SenderRefused, "domain-not-listed"),
    ];
    bench.meet(&table);
}
