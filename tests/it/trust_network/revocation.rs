//! A revocation: new connections are refused and open ones end; by revocation list, and by OCSP of a real responder.

use std::fs;
use std::process::Command;

use sceau::server::edge::system;
use sceau::trust::CertificateFacts;
use sceau::trust::lab::{Flaw, Issued, Leaf, Organisation};

use super::caller::Caller;
use super::world::{World, eventually, free_port};
use crate::web::{Reply, Web};

/// [rfc5280#6.3.3] [mss#4]
#[test]
fn a_revoked_peer_is_refused_and_its_open_session_ends() {
    let world = World::new();
    let _serving = world.serve();
    // the first revocation lists come just after the start; until then peers are asked to come back
    let accepted = |issued: &Issued| Caller::hello(&world, issued).ok().filter(|said| said.starts_with("250"));
    eventually("the peer is accepted", || accepted(&world.peer));
    let mut open = Caller::connect(&world, &world.peer).unwrap();
    assert!(open.say("EHLO mx.pair.mssante.fr").unwrap().starts_with("250"));
    let mut other = Caller::connect(&world, &world.own).unwrap();
    assert!(other.say("EHLO mx.ici.mssante.fr").unwrap().starts_with("250"));

    world.serve_crls(&[&world.peer], system().now());
    let farewell = open.hear().unwrap();
    assert!(farewell.starts_with("421 4.7.1 "), "{farewell}");
    assert!(open.hear().is_err(), "the connection goes on");
    let refused = Caller::hello(&world, &world.peer).unwrap_err();
    assert!(refused.contains("CertificateRevoked"), "{refused}");
    assert!(other.say("NOOP").unwrap().starts_with("250"), "another operator's session goes on");

    // bad news never undo it: an older list, none at all, nonsense
    world.serve_crls(&[], system().now().plus_secs(-3600));
    eventually("the older list is refused", || world.log().contains("the one in use of").then_some(()));
    assert!(Caller::hello(&world, &world.peer).is_err());
    let (_, measured) = world.sceau(&["metrics"]);
    for line in [
        "sceau_sessions_cut_total 1",
        "sceau_peers_refused_total{direction=\"in\",reason=\"revoked\"} 2",
        "sceau_crl_age_seconds{issuer=\"TEST AC IGC-SANTE ELEMENTAIRE ORGANISATIONS\"}",
    ] {
        assert!(measured.contains(line), "{line} is not in\n{measured}");
    }
}

#[test]
fn sessions_go_on_where_they_are_not_to_be_cut() {
    let world = World::new();
    world.configure("cut_revoked_sessions = false", "");
    let _serving = world.serve();
    eventually("the peer is accepted", || {
        Caller::hello(&world, &world.peer).ok().filter(|said| said.starts_with("250"))
    });
    let mut open = Caller::connect(&world, &world.peer).unwrap();
    assert!(open.say("EHLO mx.pair.mssante.fr").unwrap().starts_with("250"));
    world.serve_crls(&[&world.peer], system().now());
    eventually("the peer is refused", || Caller::hello(&world, &world.peer).err());
    assert!(open.say("NOOP").unwrap().starts_with("250"));
}

/// The register of `openssl ocsp`, a line a certificate: `V` or `R`, its end, its revocation, its serial number.
fn register(world: &World, status: &str, leaf: &Issued) {
    let facts = CertificateFacts::read(leaf.der()).unwrap();
    let serial = if facts.serial.len() % 2 == 1 { format!("0{}", facts.serial) } else { facts.serial };
    let line = format!(
        "{status}\t401231235959Z\t{}\t{}\tunknown\t/CN=x\n",
        if status == "R" { "260101000000Z" } else { "" },
        serial.to_uppercase()
    );
    fs::write(world.folder.path().join("index"), line).unwrap();
}

/// A web server that has `openssl ocsp` answer each request, as the issuer's appointed responder.
fn responder(world: &World) -> Web {
    let organisation = Organisation::new("ICI", "1590000012", "Nord (59)");
    let leaf = Leaf::operator("ocsp.exemple.fr", &organisation).with(Flaw::OcspSigningOnly);
    world.files.identity("ocsp", &world.lab.issue(&leaf).unwrap()).unwrap();
    let authorities = world.lab.anchors_pem();
    let issuing = authorities.split_inclusive("-----END CERTIFICATE-----\n").nth(1).unwrap();
    let folder = world.folder.path().to_owned();
    fs::write(folder.join("issuing.pem"), issuing).unwrap();
    Web::http(move |asked| {
        fs::write(folder.join("request"), &asked.body).unwrap();
        let mut openssl = Command::new("openssl");
        openssl.current_dir(&folder).args(["ocsp", "-index", "index", "-CA", "issuing.pem", "-ndays", "1"]);
        openssl.args([
            "-rsigner",
            "pki/ocsp.pem",
            "-rkey",
            "pki/ocsp.key",
            "-reqin",
            "request",
            "-respout",
            "response",
        ]);
        let (ok, said) = crate::tools::run(&mut openssl, "");
        assert!(ok, "{said}");
        Reply::new("200 OK", "Content-Type: application/ocsp-response\r\n", &fs::read(folder.join("response")).unwrap())
    })
}

/// [rfc6960#3.2] [rfc6960#4.1] [rfc6960#4.1.1] [rfc6960#A.2] [rfc9654#2.1]
#[test]
fn an_issuer_is_asked_by_ocsp() {
    if !crate::tools::have("an_issuer_is_asked_by_ocsp", &["openssl"]) {
        return;
    }
    let world = World::new();
    let web = responder(&world);
    // the same name as the listed peer's
    let issue = |address: &str| {
        let organisation = Organisation::new("ICI", "1590000012", "Nord (59)");
        world.lab.issue(&Leaf::operator("mx.pair.mssante.fr", &organisation).with_ocsp(address)).unwrap()
    };
    // without any revocation list: only OCSP can tell
    world.configure("ocsp = \"on\"\nunknown_revocation = \"refuse\"\nrevocation_depth = \"leaf\"", "");
    let text = fs::read_to_string(world.config()).unwrap();
    let without_crls: Vec<_> = text.lines().filter(|line| !line.starts_with("crl_urls")).collect();
    fs::write(world.config(), without_crls.join("\n")).unwrap();
    let _serving = world.serve();

    let silent = Caller::hello(&world, &issue(&format!("http://127.0.0.1:{}/", free_port()))).unwrap();
    assert!(silent.starts_with("451 4.7."), "nobody answers, and there is no list: {silent}");
    assert!(world.log().contains("no answer by OCSP"));
    let (good, revoked) = (issue(&web.url("/")), issue(&web.url("/")));
    register(&world, "V", &good);
    let said = Caller::hello(&world, &good).unwrap();
    assert!(said.starts_with("250"), "{said}");
    register(&world, "R", &revoked);
    let said = Caller::hello(&world, &revoked).unwrap();
    assert!(said.starts_with("554 5.7.1"), "{said}");
    // the good one's answer was remembered for a second only, and the register does not know it any more
    let unknown = eventually("it is asked about again", || {
        Caller::hello(&world, &good).ok().filter(|said| !said.starts_with("250"))
    });
    assert!(unknown.starts_with("451 4.7."), "{unknown}");
    let (_, measured) = world.sceau(&["metrics"]);
    for outcome in ["good", "revoked", "unknown", "failed"] {
        let line = format!("sceau_ocsp_answers_total{{outcome=\"{outcome}\"}} ");
        assert!(measured.contains(&line), "{line} is not in\n{measured}");
    }
}
