//! The sender's dossier between the demonstration's two operators: what the other one returned over XSCEAU verifies from
//! the dossier alone, when both servers are gone.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde_json::Value;

use super::demo::Demo;
use crate::tools::{have, run};

/// Tries, a tenth of a second apart.
const TRIES: usize = 600;

fn sceau(arguments: &[&str]) -> (i32, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_sceau")).args(arguments).output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.code().unwrap(), String::from_utf8(text).unwrap())
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// The Message-ID of the message that the story sent.
fn message_id(demo: &Demo) -> String {
    let message = fs::read_to_string(demo.path("demo/preuves/message.eml")).unwrap();
    let field = message.lines().find(|line| line.starts_with("Message-ID: ")).unwrap();
    field["Message-ID: ".len()..].trim().to_owned()
}

/// The dossier, once the other operator's proof is in it and everything is countersigned.
fn complete(config: &str, message: &str) -> Value {
    let mut last = String::new();
    for _ in 0..TRIES {
        let (code, said) = sceau(&["proof", "dossier", "--message-id", message, "--config", config, "--json"]);
        if code == 0 && said.contains("\"peer_proof\":{") {
            return serde_json::from_str(&said).unwrap();
        }
        last = said;
        std::thread::sleep(Duration::from_millis(100));
    }
    panic!("no proof of the other operator: {last}");
}

// [proofs#dossier] [proofs#xsceau]
#[test]
fn two_operators_proofs_verify_from_the_senders_dossier_alone() {
    let kept = tempfile::tempdir().unwrap();
    let dossier = kept.path().join("dossier");
    let demo = Demo::start();
    let (config, message) = (demo.path("demo/b/sceau.toml"), message_id(&demo));
    let facts = complete(text(&config), &message);
    let recipient = &facts["recipients"][0];
    assert_eq!(
        (&recipient["state"], recipient["recipient"].as_str()),
        (&"delivered".into(), Some(demo.operator(0).user(0).0))
    );
    assert!(recipient["word"].as_str().unwrap().starts_with("prouvé par l'opérateur CN="), "{recipient}");
    let told: Vec<&str> =
        recipient["events"].as_array().unwrap().iter().map(|e| e["event"].as_str().unwrap()).collect();
    assert_eq!(told, ["seal", "relay-out", "deliver"]);
    let arguments = ["proof", "dossier", "--message-id", &message, "--config", text(&config), "--out", text(&dossier)];
    let (code, said) = sceau(&arguments);
    assert_eq!(code, 0, "{said}");
    for words in [
        "DOSSIER DE L'EXPÉDITEUR",
        "remis dans la boîte aux lettres",
        "Scellement",
        "Transmis",
        "Remise (dsn)",
        "sa propre preuve",
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }
    // The attestation of the store's own proofs, by the policy that the server gives to verifiers.
    let page = kept.path().join("a.html");
    let own = ["proof", "attest", "--message-id", &message, "--config", text(&config), "--html", text(&page)];
    let (code, said) = sceau(&own);
    assert_eq!(code, 0, "{said}");
    let page = fs::read_to_string(page).unwrap();
    assert!(
        page.contains("Fait n° 3 : Remise")
            && page.contains("Preuve du pair")
            && page.contains("Remise attestée par l&#39;opérateur de"),
        "{page}"
    );
    let (code, said) = sceau(&["proof", "dossier", "--message-id", "<inconnu@x>", "--config", text(&config)]);
    assert!(code == 2 && said.contains("rien de tel"), "{code} {said}");
    drop(demo);
    alone(&dossier);
}

/// No server runs any more, and their files are gone.
fn alone(dossier: &Path) {
    let mut files: Vec<_> = fs::read_dir(dossier).unwrap().map(|file| file.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|kind| kind == "preuve"));
    assert_eq!(files.len(), 4, "{files:?}");
    let mut origins = Vec::new();
    for file in &files {
        let (code, said) = sceau(&["proof", "verify", "--policy", text(&dossier.join("politique.txt")), text(file)]);
        assert!(code == 0 && said.contains("P1") && said.contains("attestée par"), "{}: {said}", file.display());
        let origin = said.lines().find_map(|line| line.trim().strip_prefix("Opérateur ")).unwrap().trim().to_owned();
        if !origins.contains(&origin) {
            origins.push(origin);
        }
    }
    assert_eq!(origins.len(), 2, "two operators: {origins:?}");
    if !have("the attestation of the dossier", &["pdfdetach", "pdftotext"]) {
        return;
    }
    let out = dossier.join("sortie");
    fs::create_dir(&out).unwrap();
    let pdf = dossier.join("attestation.pdf");
    let (done, said) = run(Command::new("pdfdetach").args(["-saveall", "-o", text(&out), text(&pdf)]), "");
    assert!(done, "{said}");
    for file in &files {
        assert_eq!(fs::read(file).unwrap(), fs::read(out.join(file.file_name().unwrap())).unwrap());
    }
    let (_, said) = run(Command::new("pdftotext").args([text(&pdf), "-"]), "");
    for origin in &origins {
        assert!(said.contains(origin.as_str()), "{origin}: {said}");
    }
}
