//! Every way to sign in, with certificates of the laboratory, by Python over TLS; and what the proofs say of it.

use std::path::Path;
use std::process::Command;

use super::demo::Demo;
use crate::tools::{have, run};

/// Runs the program itself; gives what it tells.
fn sceau(arguments: &[&str]) -> String {
    let (ok, told) = run(Command::new(env!("CARGO_BIN_EXE_sceau")).args(arguments), "");
    assert!(ok, "{arguments:?}: {told}");
    told
}

#[test]
// [clients#client-certificate-login] [rfc4422#A] [rfc5802#6] [rfc5929#4] [rfc7677#3] [proofs#events]
fn every_way_to_sign_in_works_over_tls_and_those_that_should_not_do_not() {
    if !have("every_way_to_sign_in_works_over_tls_and_those_that_should_not_do_not", &["python3"]) {
        return;
    }
    let demo = Demo::start();
    let a = demo.operator(0);
    let (person, password) = a.user(0);
    let domain = person.split_once('@').unwrap().1;
    let (shared, application) = (format!("accueil.essai@{domain}"), format!("dpi@{domain}"));
    let (lab, config) = (demo.path("demo/pki"), demo.path("demo/a/sceau.toml"));
    let (lab, config) = (lab.to_str().unwrap(), config.to_str().unwrap());
    let account = |arguments: &[&str]| sceau(&[&["account"], arguments, &["--config", config]].concat());
    let name = ["--surname", "MARTIN", "--given-name", "Anne", "--key", "ecdsa"];
    sceau(&[&["pki", "person", "--rpps", "10001234567", "--name", "anne"], &name[..], &[lab]].concat());
    for (file, structure, finess) in [("dpi", "CHU", "590000012"), ("twin", "AUTRE", "750048886")] {
        let who = ["--cn", "dpi.chu.fr", "--o", structure, "--finess", finess, "--key", "ecdsa", "--name", file];
        sceau(&[&["pki", "application"], &who[..], &[lab]].concat());
    }
    account(&["add", &shared, "--kind", "organisation", "--no-password"]);
    account(&["add", &application, "--type", "app", "--no-password"]);
    let told = account(&["grant", &shared, person, "--rights", "read,send"]);
    assert!(told.contains("lire, écrire en son nom"), "{told}");
    // a key that is wrong is told, never refused: official samples have wrong ones
    assert!(account(&["idnat", person, "810001234567"]).contains("Attention"));
    account(&["certificate", "add", &application, "--pem", &format!("{lab}/dpi.pem")]);

    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/programs/logins.py");
    let mut python = Command::new("python3");
    python.arg(script).args([lab, a.service("imaps").1, a.service("submissions").1, person, &shared, &application]);
    let (ok, told) = run(&mut python, &format!("{password}\n"));
    assert!(ok, "{told}");

    let shown = account(&["show", &shared]);
    assert!(shown.contains(person) && shown.contains("lire, écrire en son nom"), "{shown}");
    let list = account(&["certificate", "list", &application]);
    assert!(list.contains("CN=dpi.chu.fr,OU=1590000012"), "{list}");
    account(&["revoke", &shared, person]);
    account(&["certificate", "remove", &application, "--pem", &format!("{lab}/dpi.pem")]);
    account(&["disable", &application]);
    assert!(account(&["show", &application]).contains("fermé"));
    account(&["enable", &application]);
    assert!(account(&["list", "--json"]).contains("\"holders\":[]"));
}
