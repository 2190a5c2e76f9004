//! Witnesses as operators have them: real servers that countersign each other's log over HTTPS, are read by auditors,
//! and refuse to go on from a backup.

mod namespaces;
mod pair;
mod stamps;

use std::fs;
use std::process::Command;

use pair::{Pair, copy, proof};

use crate::tools::have;

const QUORUM: &str = "atteint : preuves de niveau P1";

fn text(path: &std::path::Path) -> &str {
    path.to_str().unwrap()
}

// [proofs#witnessed] [proofs#publish] [c2sp#tlog-witness]
#[test]
fn two_operators_witness_each_other_and_proofs_reach_p1() {
    let pair = Pair::on_loopback("");
    let [a, b] = &pair.operators;
    let (_a, running_b) = (a.start(), b.start());
    a.wait_for(&[QUORUM]);
    b.wait_for(&[QUORUM]);
    a.wait_for_metric("sceau_witness_quorum 1");
    pair.deliver(a, "un@essai", "");
    a.wait_for(&["publiées : 2", QUORUM]);
    let policy = a.verifiers_policy();
    let files = a.export("un@essai");
    assert_eq!(files.len(), 2, "{files:?}");
    for file in &files {
        let (code, said) = proof(&["verify", "--policy", text(&policy), text(file)]);
        assert!(code == 0 && said.contains("P1"), "{said}");
    }
    let peer = b.wait_for(&[QUORUM]);
    assert!(peer.contains("a signé 0 feuilles"), "its log is empty and witnessed all the same: {peer}");
    // Without its witness the log goes on, and whoever watches the metrics sees what is missing.
    drop(running_b);
    pair.deliver(a, "deux@essai", "");
    a.wait_for_metric("sceau_witness_quorum 0");
    let told = a.wait_for_metric("sceau_witness_answers_total{outcome=\"failed\"} ");
    assert!(told.contains("sceau_ledger_leaves 4\n") && told.contains("sceau_ledger_held 0\n"), "{told}");
}

fn curl(pair: &Pair, arguments: &[&str]) -> String {
    let mut curl = Command::new("curl");
    curl.args(["--silent", "--show-error", "--max-time", "20", "--cacert", text(&pair.pki("anchors.pem"))]);
    let output = curl.args(arguments).output().unwrap();
    [output.stdout, output.stderr].iter().map(|bytes| String::from_utf8_lossy(bytes).into_owned()).collect()
}

// [proofs#publish] [c2sp#tlog-tiles]
#[test]
fn curl_reads_what_is_published_and_no_more() {
    if !have("the published log", &["curl"]) {
        return;
    }
    let pair = Pair::on_loopback("");
    let [a, b] = &pair.operators;
    let _running = [a.start(), b.start()];
    a.wait_for(&[QUORUM]);
    pair.deliver(a, "un@essai", "");
    a.wait_for(&["publiées : 2", QUORUM]);
    let (url, year) = (a.url(), a.sceau(&["proof", "keys"]).1);
    let year = year.split('+').next().unwrap().rsplit('/').next().unwrap().to_owned();
    let checkpoint = curl(&pair, &["-i", &format!("{url}/{year}/checkpoint")]);
    assert!(checkpoint.starts_with("HTTP/1.1 200") && checkpoint.contains("max-age=5"), "{checkpoint}");
    assert!(checkpoint.contains("— temoin.sud.mssante.fr "), "countersigned: {checkpoint}");
    let tile = curl(&pair, &["-i", "--output", "-", &format!("{url}/{year}/tile/0/000.p/2")]);
    assert!(tile.contains("immutable") && tile.contains("content-length: 64"), "{tile}");
    let head = curl(&pair, &["--head", &format!("{url}/keys")]);
    assert!(head.starts_with("HTTP/1.1 200") && head.contains("nosniff"), "{head}");
    let large = pair.folder.path().join("large");
    fs::write(&large, vec![b'x'; 70_000]).unwrap();
    let large = format!("@{}", large.display());
    for (status, more) in [
        ("401", vec![format!("{url}/{year}/tile/entries/000.p/2")]),
        ("404", vec![format!("{url}/")]),
        ("404", vec![format!("{url}/{year}/tile/0/000")]),
        ("405", vec!["-X".to_owned(), "DELETE".to_owned(), format!("{url}/keys")]),
        ("400", vec!["--data".to_owned(), "old".to_owned(), format!("{url}/add-checkpoint")]),
        ("413", vec!["--data-binary".to_owned(), large.clone(), format!("{url}/add-checkpoint")]),
    ] {
        let more: Vec<&str> = more.iter().map(String::as_str).collect();
        let answered = curl(&pair, &[&["--output", "/dev/null", "--write-out", "%{http_code}"], &more[..]].concat());
        assert!(answered.starts_with(status), "{more:?}: {answered}");
    }
    assert!(curl(&pair, &["--tls-max", "1.1", &format!("{url}/keys")]).contains("curl:"), "no old TLS");
}

// [proofs#audit] [proofs#publish]
#[test]
fn an_auditor_recounts_the_log_over_https_and_finds_a_changed_byte() {
    let auditors = tempfile::NamedTempFile::new().unwrap();
    let digest: String = sha256(b"jeton-d-auditeur").iter().map(|byte| format!("{byte:02x}")).collect();
    fs::write(auditors.path(), format!("anssi sha256:{digest}\n")).unwrap();
    let pair = Pair::on_loopback(&format!("auditors = {:?}", auditors.path()));
    let [a, b] = &pair.operators;
    let _running = [a.start(), b.start()];
    a.wait_for(&[QUORUM]);
    pair.deliver(a, "un@essai", "");
    a.wait_for(&["publiées : 2", QUORUM]);
    let policy = a.verifiers_policy();
    let key = fs::read_to_string(&policy).unwrap();
    let year = key.split('+').next().unwrap().rsplit('/').next().unwrap().to_owned();
    let (url, ca) = (format!("{}/{year}", a.url()), pair.pki("anchors.pem"));
    let (token, kept) = (pair.folder.path().join("jeton"), pair.folder.path().join("garde"));
    fs::write(&token, "jeton-d-auditeur\n").unwrap();
    let base = ["audit", &url, "--ca", text(&ca)];
    let (code, said) = proof(&base);
    assert!(code == 2 && said.contains("auditors only"), "{said}");
    let whole = [&base[..], &["--token", text(&token), "--policy", text(&policy), "--keep", text(&kept)]].concat();
    let (code, said) = proof(&whole);
    assert!(code == 0 && said.contains("Feuilles signées         2") && said.contains("quorum"), "{said}");
    pair.deliver(a, "deux@essai", "");
    a.wait_for(&["publiées : 4", QUORUM]);
    let since = [&base[..], &["--token", text(&token), "--since", text(&kept)]].concat();
    let (code, said) = proof(&since);
    assert!(code == 0 && said.contains("Feuilles signées         4"), "{said}");
    // A byte changes on the disk of the operator, below its running server.
    let entries = a.data().join("ledger").join(&year).join("entries");
    let mut bytes = fs::read(&entries).unwrap();
    let at = bytes.windows(9).position(|word| word == b"envelope ").unwrap() + 12;
    bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
    fs::write(&entries, bytes).unwrap();
    let (code, said) = proof(&whole);
    assert!(code == 1 && said.contains("JOURNAL MODIFIÉ") && said.contains("tile/"), "{said}");
    // A state that the log never had.
    let other = fs::read_to_string(&kept).unwrap().replace("\n2\n", "\n3\n");
    fs::write(&kept, other).unwrap();
    assert_eq!(proof(&since).0, 1);
}

fn sha256(bytes: &[u8]) -> Vec<u8> {
    aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes).as_ref().to_vec()
}

// [proofs#rolled-back]
#[test]
fn a_restored_backup_is_held_while_mail_goes_on() {
    let pair = Pair::on_loopback("");
    let [a, b] = &pair.operators;
    let _b = b.start();
    let running = a.start();
    a.wait_for(&[QUORUM]);
    pair.deliver(a, "un@essai", "");
    a.wait_for(&["publiées : 2", QUORUM]);
    drop(running);
    let backup = pair.folder.path().join("sauvegarde");
    copy(&a.data(), &backup);
    let running = a.start();
    a.wait_for(&[QUORUM]);
    pair.deliver(a, "deux@essai", "");
    a.wait_for(&["publiées : 4", QUORUM]);
    drop(running);
    fs::remove_dir_all(a.data()).unwrap();
    fs::rename(&backup, a.data()).unwrap();
    let running = a.start();
    let said = a.wait_for(&["le journal est retenu", "a vu 4 feuilles", "begin-again"]);
    assert!(said.contains("prouvé par notre propre signature"), "{said}");
    assert!(a.log().contains("THE LOG IS HELD"), "{}", a.log());
    let told = a.wait_for_metric("sceau_ledger_held 1\n");
    assert!(told.contains("sceau_witness_answers_total{outcome=\"contradicts\"} "), "{told}");
    pair.deliver(a, "trois@essai", "");
    let (code, said) = a.sceau(&["proof", "begin-again"]);
    assert!(code != 0 && said.contains("--accept"), "{said}");
    let (code, said) = a.sceau(&["proof", "begin-again", "--accept"]);
    assert!(code == 0 && said.contains("-2"), "{said}");
    // The old log's last state, the message's two events, the conflict and that the log was begun again.
    a.wait_for(&["-2\n", "publiées : 5"]);
    let files = a.export("trois@essai");
    assert_eq!(files.len(), 2, "the message came while the log was held");
    drop(running);
    let (code, said) = proof(&["audit", text(&a.data().join("ledger"))]);
    assert!(code == 0 && said.matches("JOURNAL CONFORME").count() == 2, "{said}");
}

// [proofs#gossip]
#[test]
fn messages_carry_the_state_of_the_log_and_a_lie_in_one_is_found_out() {
    let pair = Pair::on_loopback("");
    let [a, b] = &pair.operators;
    let _running = [a.start(), b.start()];
    a.wait_for(&[QUORUM]);
    b.wait_for(&[QUORUM]);
    pair.deliver(b, "un@essai", "");
    b.wait_for(&["publiées : 2", QUORUM]);
    // What the log's own key signs elsewhere: two leaves with another root.
    let key = fs::read_dir(b.data().join("keys")).unwrap().map(|file| file.unwrap().path());
    let key = key.into_iter().find(|path| text(path).contains("ledger-")).unwrap();
    let origin =
        format!("preuves.{}/{}", b.domain(), text(&key).rsplit("ledger-").next().unwrap().trim_end_matches(".key"));
    let key = sceau::ledger::SigningKey::load(&key, &origin, sceau::ledger::note::KeyUse::Log).unwrap();
    let checkpoint = sceau::ledger::Checkpoint { origin: origin.clone(), size: 2, root: [7; 32] };
    let line = key.sign(&checkpoint.to_string());
    let signature = line.trim_end().rsplit(' ').next().unwrap();
    let value = format!("{} {signature}", checkpoint.to_string().trim_end().replace('\n', " "));
    pair.deliver(a, "deux@essai", &format!("X-Sceau-Checkpoint: {value}\r\n"));
    // The incident is a leaf of A's own log: relay-in, deliver, incident.
    a.wait_for(&["publiées : 3", QUORUM]);
    assert!(a.log().contains("A PEER SHOWS TWO LOGS"), "{}", a.log());
    let evidence = fs::read_dir(a.data().join("witness/incidents")).unwrap().next().unwrap().unwrap();
    let evidence = fs::read_to_string(evidence.path()).unwrap();
    assert_eq!(evidence.matches(&format!("— {origin} ")).count(), 2, "{evidence}");
}
