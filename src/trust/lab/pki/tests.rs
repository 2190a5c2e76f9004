//! A laboratory that is closed and opened again goes on as if nothing had happened.

use super::*;
use crate::trust::lab::{Key, Organisation, Person};
use crate::trust::testing::{domain, edge};
use crate::trust::{Refusal, Settings, Trust, signature::SignaturePolicy};

fn trust(pki: &Pki, edge: &Edge) -> Trust {
    let [crls, more] = pki.crls();
    let mut settings = Settings::new(pki.anchors(), crls, pki.white_list());
    settings.crls.push(more);
    settings.signature = SignaturePolicy::Required;
    settings.signer = pki.list_signer().map(|signer| DistinguishedName::parse(signer).unwrap());
    Trust::new(settings.load(edge.now()).unwrap())
}

fn chain(pki: &Pki, name: &str) -> Vec<Vec<u8>> {
    crate::trust::chain_of(&fs::read(pki.files_of(name).0).unwrap()).unwrap()
}

/// [mss#3]
#[test]
fn what_is_issued_after_a_restart_is_of_the_same_pki() {
    let (edge, _) = edge();
    let directory = tempfile::tempdir().unwrap();
    let place = directory.path().join("lab");
    let hospital = Organisation::new("CHU DU NORD", "1590000012", "Nord (59)");
    let mut pki = Pki::init(&place, &edge, true).unwrap();
    let leaf = Leaf::operator("mx.nord.example", &hospital).with_key(Key::Rsa2048);
    pki.issue("nord", Kind::Operator, &leaf, vec![domain("nord.mssante.fr")]).unwrap();
    assert!(
        pki.issue("nord", Kind::Operator, &leaf, vec![]).is_err()
            && pki.issue("../x", Kind::Server, &leaf, vec![]).is_err()
    );
    drop(pki);
    assert!(Pki::init(&place, &edge, true).is_err(), "never begun twice");

    let mut pki = Pki::open(&place, &edge).unwrap();
    let leaf = Leaf::operator("mx.sud.example", &hospital);
    let entry = pki.issue("sud", Kind::Operator, &leaf, vec![domain("sud.mssante.fr")]).unwrap();
    let judge = trust(&pki, &edge);
    for (name, sends) in [("nord", "nord.mssante.fr"), ("sud", "sud.mssante.fr")] {
        let operator = judge.operator(&chain(&pki, name), edge.now()).unwrap();
        assert!(operator.may_send_for(&domain(sends)), "{name}");
    }
    let revoked = pki.revoked_peer().unwrap();
    assert_eq!(judge.operator(&revoked.chain(), edge.now()).unwrap_err(), Refusal::Revoked);

    // By serial number, then by file; the list forgets the domain.
    assert_eq!(pki.revoke(&entry.serial).unwrap().name, "sud");
    assert!(pki.revoke("sud").is_err() && pki.revoke("ouest").is_err());
    let file = pki.files_of("nord").0;
    drop(pki);
    let mut pki = Pki::open(&place, &edge).unwrap();
    let judge = trust(&pki, &edge);
    assert_eq!(judge.operator(&chain(&pki, "sud"), edge.now()).unwrap_err(), Refusal::Revoked);
    assert!(!judge.lists(&domain("sud.mssante.fr")) && judge.lists(&domain("nord.mssante.fr")));
    assert_eq!(pki.revoke(file.to_str().unwrap()).unwrap().name, "nord");
}

/// Certificates to sign in with: persons by their national identifier, software by its organisation. [mss#3]
#[test]
fn persons_and_applications() {
    let (edge, _) = edge();
    let directory = tempfile::tempdir().unwrap();
    let mut pki = Pki::init(directory.path(), &edge, false).unwrap();
    let person = Person {
        surname: "MARTIN".into(),
        given_name: "Anne".into(),
        title: "Médecin".into(),
        email: "anne@nord.mssante.fr".into(),
    };
    let entry = pki.issue("anne", Kind::Person, &Leaf::person("899700367511", person), vec![]).unwrap();
    assert_eq!(entry.subject, "GN=Anne,SN=MARTIN,CN=899700367511,T=Médecin,C=FR");
    let application = Leaf::application("lps.nord.example", &Organisation::new("CHU", "1590000012", "Nord (59)"));
    pki.issue("lps", Kind::Application, &application, vec![]).unwrap();
    assert!(pki.list_signer().is_none());
    let snapshot = Settings::new(pki.anchors(), pki.crls()[0].clone(), pki.white_list()).load(edge.now()).unwrap();
    let usages = |name: &str| snapshot.explain(&chain(&pki, name)).unwrap().links[0].extended_usage.clone().unwrap();
    assert_eq!(
        (usages("anne"), usages("lps")),
        (vec!["clientAuth".into(), "emailProtection".into()], vec!["clientAuth".into()])
    );
    pki.revoke("anne").unwrap();
    let snapshot = Settings::new(pki.anchors(), pki.crls()[0].clone(), pki.white_list()).load(edge.now()).unwrap();
    assert!(snapshot.explain(&chain(&pki, "anne")).unwrap().links[0].revocation.as_ref().unwrap().revoked);
}
