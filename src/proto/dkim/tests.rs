//! What is signed verifies; what is changed does not; what others sign is read.

use proptest::prelude::*;

use super::super::{Digester, KeyKind, Purpose, Signer, new_key};
use super::*;
use crate::mail::Domain;

const NOW: Time = Time(1_795_342_503_000);
const HEADER: &str = "From: Anne <anne@a.fr>\r\nTo: x@b.fr\r\nSubject: CR  d'op\r\n \u{e9}ration\r\n\
     Content-Type: text/plain\r\n\r\n";
const BODY: &str = "Bonjour \r\n\r\nAnne\r\n \r\n";

fn signer(kind: KeyKind) -> Signer {
    Signer::new(Domain::parse("a.fr").unwrap(), "s2026", &new_key(kind).unwrap()).unwrap()
}

fn hashes(purpose: Purpose, message: &str) -> BodyHashes {
    let mut digester = Digester::new(purpose);
    digester.push(message.as_bytes());
    digester.finish()
}

/// The message with its signature above it.
fn signed(signer: &Signer) -> String {
    let body = hashes(Purpose::Sign, &format!("{HEADER}{BODY}")).relaxed.unwrap();
    format!("{}{HEADER}{BODY}", signer.sign(HEADER.as_bytes(), &body, NOW).unwrap())
}

fn verdicts(message: &str, records: &BTreeMap<String, Lookup>) -> Vec<Verdict> {
    let end = message.find("\r\n\r\n").unwrap() + 4;
    judge(&message.as_bytes()[..end], &hashes(Purpose::Verify, message), records, NOW)
}

fn published(signer: &Signer) -> BTreeMap<String, Lookup> {
    let (name, text) = signer.record().unwrap();
    [(name, Lookup::Found(text))].into()
}

#[test]
fn what_is_signed_verifies_by_its_published_key() {
    // [rfc6376#3.5] [rfc6376#3.7] [rfc6376#3.6.1] [rfc6376#5.4.2] [rfc8463#3] [rfc8463#4] [rfc6376#6.1] [rfc8601#2.7.1]
    for kind in [KeyKind::Rsa, KeyKind::Ed25519] {
        let signer = signer(kind);
        let message = signed(&signer);
        assert!(message.lines().all(|line| line.len() < 500), "{message}");
        let found = verdicts(&message, &published(&signer));
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].result(), "dkim=pass header.d=a.fr header.s=s2026", "{kind:?}: {message}");
        let end = message.find("\r\n\r\n").unwrap() + 4;
        let needed = names(&message.as_bytes()[..end], &hashes(Purpose::Verify, &message), NOW);
        assert_eq!(needed, ["s2026._domainkey.a.fr"]);
    }
}

#[test]
fn what_is_changed_does_not_verify_and_trace_fields_may_be_added() {
    // [rfc6376#6.1.1] [rfc6376#6.1.3] [rfc6376#8.15]
    let signer = signer(KeyKind::Ed25519);
    let message = signed(&signer);
    for (changed, result) in [
        (format!("Received: from x by y\r\n{message}"), "pass"),
        (message.replace("Bonjour \r\n", "Bonjour\t\r\n"), "pass"),
        (message.replace("CR  d'op", "CR d'op"), "pass"),
        (message.replace("Bonjour", "Bonsoir"), "fail"),
        (message.replace("x@b.fr", "y@b.fr"), "fail"),
        (format!("Subject: another\r\n{message}"), "fail"),
        (format!("From: eve@c.fr\r\n{message}"), "fail"),
        (message.replace("Content-Type: text/plain", "Content-Type: text/html"), "fail"),
        (message.replace("t=1795342503", "t=1795342504"), "fail"),
    ] {
        assert_eq!(verdicts(&changed, &published(&signer))[0].result, result, "{changed}");
    }
}

#[test]
fn a_key_that_is_not_there_or_another_is_told() {
    // [rfc6376#6.1] [rfc8301#3.1]
    let (signer, other) = (signer(KeyKind::Ed25519), signer(KeyKind::Ed25519));
    let message = signed(&signer);
    let name = "s2026._domainkey.a.fr".to_owned();
    for (lookup, result) in [
        (Lookup::Missing, "permerror"),
        (Lookup::Failed, "temperror"),
        (Lookup::Found("v=DKIM1; k=ed25519; p=".to_owned()), "permerror"),
        (Lookup::Found("nonsense".to_owned()), "permerror"),
        (Lookup::Found(other.record().unwrap().1), "fail"),
    ] {
        let records = [(name.clone(), lookup.clone())].into();
        assert_eq!(verdicts(&message, &records)[0].result, result, "{lookup:?}");
    }
    assert_eq!(verdicts(&message, &BTreeMap::new())[0].result, "temperror", "not looked up");
    for (from, to, result) in [
        ("a=ed25519-sha256", "a=rsa-sha1", "policy"),
        ("v=1;", "v=1; l=3;", "neutral"),
        ("v=1;", "v=1; x=5;", "neutral"),
        ("v=1;", "v=1; i=@evil.fr;", "permerror"),
        ("v=1;", "v=7;", "neutral"),
        ("h=From:From:", "h=", "permerror"),
    ] {
        let flawed = message.replace(from, to);
        assert_eq!(verdicts(&flawed, &published(&signer))[0].result, result, "{to}");
    }
}

#[test]
fn many_signatures_cost_a_bounded_number_of_looks() {
    let signer = signer(KeyKind::Ed25519);
    let message = signed(&signer);
    let end = message.find("From: ").unwrap();
    let many = format!("{}{}", message[..end].repeat(50), &message[end..]);
    assert_eq!(verdicts(&many, &published(&signer)).len(), SIGNATURES_MAX);
    assert!(verdicts(&message[end..], &BTreeMap::new()).is_empty(), "nothing signed, nothing said");
}

#[test]
fn a_result_is_one_clean_value() {
    let verdict =
        Verdict { domain: "a.fr; dkim=pass\r\n".to_owned(), selector: "s\"(".to_owned(), result: "fail", reason: "" };
    assert_eq!(verdict.result(), "dkim=fail header.d=a.frdkimpass header.s=s");
}

#[test]
fn the_signature_is_taken_out_of_its_own_field() {
    // [rfc6376#3.7]
    for (value, without) in [
        (" b=abc; h=From\r\n", " b=; h=From"),
        (" bh=B64b=;h=From;b=abc\r\n", " bh=B64b=;h=From;b="),
        (" h=From; b = abc\r\n def\r\n ; v=1\r\n", " h=From; b =; v=1"),
        (" v=1; nob=1", " v=1; nob=1"),
    ] {
        assert_eq!(String::from_utf8(without_signature(value.as_bytes())).unwrap(), without);
    }
}

#[test]
fn keys_and_selectors_have_a_form() {
    let domain = || Domain::parse("a.fr").unwrap();
    let key = new_key(KeyKind::Ed25519).unwrap();
    assert!(Signer::new(domain(), "s 1", &key).is_err() && Signer::new(domain(), "s\r\n", &key).is_err());
    assert!(Signer::new(domain(), "s.1", &key).is_ok());
    assert!(Signer::new(domain(), "s", b"no key").is_err());
}

proptest! {
    #[test]
    fn no_header_makes_the_verifier_panic(header in "(DKIM-Signature: [ -~]{0,60}\r\n){0,3}[ -~\r\n]{0,40}") {
        let header = format!("{header}\r\n\r\n");
        let _ = judge(header.as_bytes(), &BodyHashes::default(), &BTreeMap::new(), NOW);
        let _ = names(header.as_bytes(), &BodyHashes::default(), NOW);
    }
}
