//! Each case that a peer's certificate can be, judged.

use std::time::Duration;

use super::*;
use crate::trust::lab::{Flaw, Issued, Key, Leaf, Organisation};
use crate::trust::testing::{DAY, Space, domain, start};
use crate::trust::{ExtendedUsage, HostNameRule, RevocationDepth};

fn snapshot_of(space: &Space, good: &Issued, change: impl FnOnce(&mut Snapshot)) -> Trust {
    let mut snapshot = Snapshot {
        anchors: space.anchors(),
        revocation: space.revocation(&[]),
        list: Arc::new(space.list(&[("chu-nord.mssante.fr", good)])),
        policy: Policy::default(),
    };
    change(&mut snapshot);
    Trust::new(snapshot)
}

#[test]
fn a_listed_operator_is_verified_and_speaks_for_its_domains_only() {
    let space = Space::new();
    let good = space.issue(&Space::north().with_key(Key::Rsa2048));
    let neighbour = Leaf::operator("mss2.chu-nord.fr", &Space::north().organisation);
    let neighbour = space.issue(&neighbour);
    let other = space.issue(&Leaf::operator("mss.gip.fr", &Organisation::new("GIP", "318310021300028", "Gers (32)")));
    let rows = [("chu-nord.mssante.fr", &good), ("sud.mssante.fr", &neighbour), ("gip.mssante.fr", &other)];
    let trust = space.trust(&rows, &[]);
    trust.client_certificate(&good.chain(), start()).unwrap();
    let operator = trust.operator(&good.chain(), start()).unwrap();

    assert_eq!(operator.dn(), &good.name().unwrap());
    assert_eq!(operator.list_date(), start());
    assert_eq!(operator.certificate_sha256(), CertificateFacts::read(good.der()).unwrap().sha256);
    assert!(operator.may_send_for(&domain("CHU-Nord.MSSante.fr")));
    for (name, refusal) in [
        ("chu-nord.mssante.fr", None),
        ("sud.mssante.fr", Some(Refusal::CommonNameDiffers)),
        ("gip.mssante.fr", Some(Refusal::NotListedForDomain)),
        ("elsewhere.fr", Some(Refusal::DomainNotListed)),
    ] {
        assert_eq!(operator.refusal_for(&domain(name)), refusal, "{name}");
        let outbound = trust.operator_for(&good.chain(), &domain(name), start()).map(|_| ());
        assert_eq!(outbound.err(), refusal, "{name}");
        assert_eq!(trust.lists(&domain(name)), name != "elsewhere.fr");
    }
}

/// [mss#2] [mss#3] [rfc5280#4.2.1.3]
#[test]
fn bad_certificates_are_refused_in_the_handshake_each_for_its_own_reason() {
    let space = Space::new();
    let good = space.issue(&Space::north());
    let revoked = space.issue(&Space::north());
    let trust = space.trust(&[("chu-nord.mssante.fr", &good)], &[&revoked]);
    let mut damaged = good.chain();
    let last = damaged[0].len() - 1;
    damaged[0][last] ^= 1;
    let cases = [
        ("valid", good.chain(), None),
        ("issuer not sent", vec![good.der().to_vec()], None),
        ("persons' authority", space.flawed(Flaw::PersonsAuthority).chain(), None),
        ("two common names", space.flawed(Flaw::TwoCommonNames).chain(), None),
        ("none", Vec::new(), Some(Refusal::NoCertificate)),
        ("expired", space.flawed(Flaw::Expired).chain(), Some(Refusal::Expired)),
        ("not yet valid", space.flawed(Flaw::NotYetValid).chain(), Some(Refusal::NotYetValid)),
        ("revoked", revoked.chain(), Some(Refusal::Revoked)),
        ("other CA", space.flawed(Flaw::OtherAuthority).chain(), Some(Refusal::UnknownIssuer)),
        ("self-signed, same name", space.flawed(Flaw::SelfSigned).chain(), Some(Refusal::UnknownIssuer)),
        ("wrong EKU", space.flawed(Flaw::WrongExtendedUsage).chain(), Some(Refusal::BadUsage)),
        ("wrong key usage", space.flawed(Flaw::WrongUsage).chain(), Some(Refusal::BadUsage)),
        ("CA as leaf", space.flawed(Flaw::Authority).chain(), Some(Refusal::NotALeaf)),
        ("damaged signature", damaged, Some(Refusal::BadSignature)),
        ("garbage", vec![vec![0x30, 0]], Some(Refusal::Unreadable)),
    ];
    for (case, chain, expected) in cases {
        assert_eq!(trust.client_certificate(&chain, start()).err(), expected, "{case}");
        if expected.is_some() {
            assert_eq!(trust.operator(&chain, start()).err(), expected, "{case}, again after the handshake");
        }
    }
}

/// [mss#2]
#[test]
fn names_decide_after_the_handshake() {
    let space = Space::new();
    let good = space.issue(&Space::north());
    let trust = space.trust(&[("chu-nord.mssante.fr", &good)], &[]);
    let organisation = Space::north().organisation;
    let department = Organisation { state: "Pas-de-Calais (62)".into(), ..organisation.clone() };
    let spaced = Organisation { state: "NORD(59)".into(), ..organisation.clone() };
    let cases = [
        ("renewed", space.issue(&Space::north()), None),
        ("other order", space.flawed(Flaw::OtherOrder), None),
        ("other string type", space.flawed(Flaw::OtherStringType), None),
        ("capitals and spaces", space.issue(&Leaf::operator("MSS.CHU-NORD.FR", &spaced)), None),
        ("CN differs", space.issue(&Leaf::operator("mx.evil.fr", &organisation)), Some(Refusal::CommonNameDiffers)),
        ("two CNs", space.flawed(Flaw::TwoCommonNames), Some(Refusal::CommonNameDiffers)),
        ("other ST", space.issue(&Leaf::operator("mss.chu-nord.fr", &department)), Some(Refusal::NotListed)),
    ];
    for (case, issued, expected) in cases {
        assert_eq!(trust.client_certificate(&issued.chain(), start()), Ok(()), "{case}");
        assert_eq!(trust.operator(&issued.chain(), start()).err(), expected, "{case}");
    }
}

#[test]
fn old_and_missing_revocation_lists_defer() {
    let space = Space::new();
    let good = space.issue(&Space::north());
    let revoked = space.issue(&Space::north());
    let unknown = |policy| {
        snapshot_of(&space, &good, |snapshot| {
            snapshot.policy.unknown_revocation = policy;
            snapshot.policy.list_age = Duration::from_secs(1_000_000_000);
            snapshot.revocation = space.revocation(&[&revoked]);
        })
    };
    let (in_time, grace, late) = (start().plus_secs(7 * DAY), start().plus_secs(9 * DAY), start().plus_secs(11 * DAY));
    for (policy, now, handshake, after) in [
        (UnknownRevocation::Defer, in_time, None, None),
        (UnknownRevocation::Defer, grace, None, None),
        (UnknownRevocation::Defer, late, None, Some(Refusal::CrlStale)),
        (UnknownRevocation::Refuse, grace, None, None),
        (UnknownRevocation::Refuse, late, Some(Refusal::CrlStale), Some(Refusal::CrlStale)),
        (UnknownRevocation::Accept, late, None, None),
    ] {
        let trust = unknown(policy);
        assert_eq!(trust.client_certificate(&good.chain(), now).err(), handshake, "{policy:?}");
        assert_eq!(trust.operator(&good.chain(), now).err(), after, "{policy:?}");
        // What is revoked stays so, however old the list.
        assert_eq!(trust.client_certificate(&revoked.chain(), now), Err(Refusal::Revoked), "{policy:?}");
    }
}

#[test]
fn a_missing_list_defers_and_hides_nothing() {
    let space = Space::new();
    let good = space.issue(&Space::north());
    let root_only = |snapshot: &mut Snapshot| {
        let pem = space.lab.crls_pem(&[]).unwrap();
        // The first list is the root's: nothing is known of leaves.
        let end = pem.find("-----END").unwrap() + "-----END X509 CRL-----\n".len();
        snapshot.revocation = Revocation::none();
        snapshot.revocation.add(&pem.as_bytes()[..end], &snapshot.anchors, start()).unwrap();
    };
    for (case, trust) in [
        ("none", snapshot_of(&space, &good, |snapshot| snapshot.revocation = Revocation::none())),
        ("the root's", snapshot_of(&space, &good, root_only)),
    ] {
        assert_eq!(trust.client_certificate(&good.chain(), start()), Ok(()), "{case}");
        assert_eq!(trust.operator(&good.chain(), start()).err(), Some(Refusal::CrlMissing), "{case}");
        let expired = space.flawed(Flaw::Expired);
        assert_eq!(trust.client_certificate(&expired.chain(), start()), Err(Refusal::Expired), "{case}");
    }
}

#[test]
fn a_revoked_authority_takes_its_leaves_along_unless_only_leaves_are_checked() {
    let space = Space::new();
    let good = space.issue(&Space::north());
    for (depth, expected) in [(RevocationDepth::Chain, Some(Refusal::Revoked)), (RevocationDepth::Leaf, None)] {
        let trust = snapshot_of(&space, &good, |snapshot| {
            snapshot.policy.revocation_depth = depth;
            let pem = space.lab.crls_pem_with_authority_revoked().unwrap();
            snapshot.revocation = Revocation::none();
            snapshot.revocation.add(pem.as_bytes(), &snapshot.anchors, start()).unwrap();
        });
        assert_eq!(trust.client_certificate(&good.chain(), start()).err(), expected, "{depth:?}");
    }
}

#[test]
fn revocation_lists_are_verified_and_the_newest_counts() {
    let space = Space::new();
    let stranger = Space::new();
    let leaf = space.issue(&Space::north());
    let anchors = space.anchors();
    let add = |pem: String, now| Revocation::none().add(pem.as_bytes(), &anchors, now);
    // Same names, other keys: the signature is wrong.
    let error = add(stranger.lab.crls_pem(&[]).unwrap(), start()).unwrap_err();
    assert!(error.reason().starts_with("the signature of the revocation list is not that of CN=TEST AC"), "{error}");
    let error = add(space.lab.crls_pem(&[]).unwrap(), start().plus_secs(-1)).unwrap_err();
    assert!(error.reason().ends_with("comes from the future"), "{error}");
    assert!(add("no list".to_owned(), start()).unwrap_err().reason().contains("there is no X509 CRL"));

    let now = start().plus_secs(60);
    let (old, new) = (space.lab.crls_pem_at(&[&leaf], start()).unwrap(), space.lab.crls_pem_at(&[], now).unwrap());
    for pem in [format!("{old}{new}"), format!("{new}{old}")] {
        let mut revocation = Revocation::none();
        revocation.add(pem.as_bytes(), &anchors, now).unwrap();
        let facts: Vec<_> = revocation.facts().collect();
        assert_eq!(facts.len(), 3);
        assert!(facts.iter().all(|facts| facts.verified && facts.this_update == now && facts.revoked == 0));
    }
}

#[test]
fn an_old_white_list_is_used_for_a_while_and_then_defers() {
    let space = Space::new();
    let good = space.issue(&Space::north());
    let trust = snapshot_of(&space, &good, |snapshot| {
        snapshot.policy.crl_grace = Duration::from_secs(1_000_000_000);
    });
    for (day, age, refusal) in
        [(7, Age::Current, None), (8, Age::Grace, None), (15, Age::Stale, Some(Refusal::ListStale))]
    {
        let now = start().plus_secs(day * DAY);
        assert_eq!(trust.snapshot().list_age(now), age);
        assert_eq!(trust.operator(&good.chain(), now).err(), refusal, "day {day}");
    }
}

#[test]
fn an_expired_root_is_no_anchor() {
    let anchors = Space::new().anchors();
    let anchor = &anchors.trust_anchors()[0];
    for (days, current) in [(0, true), (9 * 365, true), (11 * 365, false), (-6 * 365, false)] {
        assert_eq!(anchors.is_current(anchor, start().plus_secs(days * DAY)), current, "{days}");
    }
    assert!(!anchors.is_current(&Space::new().anchors().trust_anchors()[0], start()), "another key");
}

/// [rfc6125#6]
#[test]
fn servers_are_judged_by_their_host_name_too() {
    let space = Space::new();
    let good = space.issue(&Space::north().and_name("mx.chu-nord.fr").and_name("127.0.0.1"));
    let organisation = Space::north().organisation;
    // A common name without a dot gets no alternative name in the laboratory.
    let bare = space.issue(&Leaf::operator("localhost", &organisation));
    let trust = |rule| snapshot_of(&space, &good, |snapshot| snapshot.policy.host_name = rule);
    for (rule, issued, host, expected) in [
        (HostNameRule::AlternativeName, &good, "mss.chu-nord.fr", None),
        (HostNameRule::AlternativeName, &good, "MX.chu-nord.FR", None),
        (HostNameRule::AlternativeName, &good, "127.0.0.1", None),
        (HostNameRule::AlternativeName, &good, "mss.evil.fr", Some(Refusal::WrongHost)),
        (HostNameRule::AlternativeName, &good, "not a host", Some(Refusal::WrongHost)),
        (HostNameRule::AlternativeName, &bare, "localhost", Some(Refusal::WrongHost)),
        (HostNameRule::CommonNameToo, &bare, "LOCALHOST", None),
        (HostNameRule::CommonNameToo, &bare, "evil", Some(Refusal::WrongHost)),
        (HostNameRule::CommonNameToo, &good, "mss.evil.fr", Some(Refusal::WrongHost)),
    ] {
        let judged = trust(rule).server_certificate(&issued.chain(), host, start());
        assert_eq!(judged.err(), expected, "{rule:?} {host}");
    }
    let expired = space.flawed(Flaw::Expired);
    let judged = trust(HostNameRule::AlternativeName).server_certificate(&expired.chain(), "mss.chu-nord.fr", start());
    assert_eq!(judged, Err(Refusal::Expired));
}

#[test]
fn extended_key_usage_is_settable() {
    let space = Space::new();
    let good = space.issue(&Space::north());
    let chain = |flaw| space.flawed(flaw).chain();
    for (rule, flaw, as_client, as_server) in [
        (ExtendedUsage::Either, Flaw::ServerUsageOnly, None, None),
        (ExtendedUsage::Role, Flaw::ServerUsageOnly, Some(Refusal::BadUsage), None),
        (ExtendedUsage::Role, Flaw::WrongExtendedUsage, Some(Refusal::BadUsage), Some(Refusal::BadUsage)),
        (ExtendedUsage::Any, Flaw::WrongExtendedUsage, None, None),
    ] {
        let trust = snapshot_of(&space, &good, |snapshot| snapshot.policy.extended_usage = rule);
        let chain = chain(flaw);
        assert_eq!(trust.client_certificate(&chain, start()).err(), as_client, "{rule:?} {flaw:?}");
        assert_eq!(trust.server_certificate(&chain, "mss.chu-nord.fr", start()).err(), as_server, "{rule:?} {flaw:?}");
    }
}
