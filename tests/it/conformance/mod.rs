//! ANS's conformance peers, and more of their kind, at the operators' port of a whole server: who is let in, who is
//! refused at which point, and the one word that the server notes about it. The peers are `sceau trust conformance`.

mod bench;
mod openssl;

use std::fs;
use std::process::Output;

use bench::{Bench, RECIPIENT};
use serde_json::Value;

/// The seven peers by which ANS tests an operator's intake, by the names that the real list has for them.
const AGENCY: [(&str, &str, Option<&str>); 7] = [
    ("cert-valide-audit", "accepté", None),
    ("cert-expire-audit", "alerte CertificateExpired", Some("expired")),
    ("cert-revoque-audit", "alerte CertificateRevoked", Some("revoked")),
    ("cert-non-igc-audit", "alerte UnknownCA", Some("other-ca")),
    ("cert-no-match-audit", "550 5.7.1 à MAIL", Some("dn-not-listed-for-domain")),
    ("cert-cn-diff-dn-audit", "554 5.7.1", Some("cn-differs")),
    ("sans-tls-audit", "530 5.7.0", Some("no-tls")),
];

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)))
}

/// The rows of an outcome that are not as expected.
fn wrong(outcome: &Value) -> Vec<&Value> {
    outcome["rows"].as_array().unwrap().iter().filter(|row| row["right"] != true).collect()
}

/// Every peer meets what it should, a message of the good ones arrives, and each refused handshake or greeting is one
/// line in the log. [mss#2] [mss#3] [mss#4]
#[test]
fn every_peer_meets_what_it_should() {
    let bench = Bench::new("");
    let output = bench.conformance(&["--json", "--recipient", RECIPIENT]);
    let outcome = json(&output);
    assert!(output.status.success(), "{:#?}\n{:#?}", wrong(&outcome), bench.log());
    let rows = outcome["rows"].as_array().unwrap();
    for (name, met, noted) in AGENCY {
        let row = rows.iter().find(|row| row["name"] == name).unwrap();
        assert_eq!((row["met"].as_str(), row["noted"].as_str()), (Some(met), noted), "{name}");
    }
    assert!(rows.len() >= 35 && rows.iter().all(|row| row["right"] == true));
    let log = bench.log();
    let lines = |message: &'static str| {
        log.iter().filter(move |line| line["fields"]["message"] == message || line["message"] == message)
    };
    let accepted = rows.iter().filter(|row| row["met"] == "accepté").count();
    assert_eq!(lines("message taken").count(), accepted, "{log:#?}");
    let refused = rows.len() - accepted;
    let told = lines("TLS handshake failed").chain(lines("operator refused")).filter(|line| line["level"] == "WARN");
    let told: Vec<_> = told.collect();
    assert_eq!(told.len(), refused, "one line each: {told:#?}");
    for line in told {
        for field in ["peer", "stage", "subject", "issuer", "serial", "reason", "detail"] {
            assert!(line[field].is_string() || line["fields"][field].is_string(), "{field}: {line}");
        }
    }
}

/// What the month's statistics say of the same peers: each is counted once, by its domain or its reason. [mss#5]
#[test]
fn the_statistics_count_the_same_peers() {
    let bench = Bench::new("");
    let rows = json(&bench.conformance(&["--json", "--recipient", RECIPIENT]))["rows"].take();
    let rows = rows.as_array().unwrap();
    let stats = json(&bench.stats());
    let sum = |kind: &str, field: &str| -> u64 {
        stats[kind].as_array().unwrap().iter().map(|row| row[field].as_u64().unwrap()).sum()
    };
    let of = |reason: Option<&str>| rows.iter().filter(|row| row["noted"].as_str() == reason).count() as u64;
    assert_eq!(sum("messages", "messages"), of(None), "{stats}");
    assert_eq!(sum("refused", "times"), rows.len() as u64 - of(None), "{stats}");
    for (domain, reason) in [
        ("-", "revoked"),
        ("-", "no-tls"),
        ("cert-no-match-audit.espacedeconfiance.mssante.fr", "dn-not-listed-for-domain"),
        ("autres", "domain-not-listed"),
    ] {
        let refused = stats["refused"].as_array().unwrap();
        assert!(
            refused.iter().any(|row| row["domain"] == domain && row["reason"] == reason),
            "{domain} {reason}: {stats}"
        );
    }
}

/// What should happen follows the server's settings. [mss#4]
#[test]
fn the_expectations_are_those_of_the_settings() {
    for trust in [
        "unknown_revocation = \"refuse\"\nextended_usage = \"role\"",
        "unknown_revocation = \"accept\"\nextended_usage = \"any\"\nrevocation_depth = \"leaf\"",
    ] {
        let bench = Bench::new(trust);
        let output = bench.conformance(&["--json"]);
        assert!(output.status.success(), "{trust}: {:#?}", wrong(&json(&output)));
    }
}

/// A server that does not do what its settings say is found out: here because they were changed behind its back.
#[test]
fn a_mismatch_is_a_failure() {
    let bench = Bench::new("unknown_revocation = \"accept\"");
    let text = fs::read_to_string(&bench.config).unwrap();
    // not in the server's own file, which it reads again
    let other = bench.config.with_file_name("autre.toml");
    fs::write(&other, text.replace("\"accept\"", "\"refuse\"")).unwrap();
    let output = bench.conformance_by(&other, &["--json"]);
    let outcome = json(&output);
    let names: Vec<_> = wrong(&outcome).iter().map(|row| row["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["CRL de l'autorité absente", "CRL de l'autorité périmée"]);
    assert_eq!(output.status.code(), Some(1));
    let table = bench.conformance_by(&other, &[]);
    let told = String::from_utf8_lossy(&table.stdout).into_owned();
    assert_eq!(told.lines().filter(|line| line.starts_with('✗')).count(), 2, "{told}");
    assert!(told.contains("33 cas sur 35"), "{told}");
}

/// Certificates of real authorities can't be forged: what to do instead is said.
#[test]
fn without_a_laboratory_the_remedy_is_told() {
    let bench = Bench::new("");
    fs::remove_file(bench.config.parent().unwrap().join("pki/registre.json")).unwrap();
    let output = bench.conformance(&[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("sceau pki conformance-lab"));
}
