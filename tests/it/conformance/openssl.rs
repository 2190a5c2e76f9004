//! `openssl s_client` at the operators' port: somebody else's TLS, with certificates and suites that must not pass.

use std::fs;
use std::process::Command;

use sceau::trust::lab::audit::{DOMAINS, leaf, unlisted_leaf};
use sceau::trust::lab::{Flaw, Issued};

use super::bench::Bench;
use crate::tools::{have, run};

/// Calls with this certificate and more arguments, says EHLO and MAIL, and gives all that openssl tells.
fn call(bench: &Bench, identity: Option<&Issued>, more: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let (certificate, key) = (folder.path().join("peer.pem"), folder.path().join("peer.key"));
    let address = bench.address.to_string();
    let mut command = Command::new("openssl");
    command.args(["s_client", "-starttls", "smtp", "-crlf", "-ign_eof", "-connect", &address]);
    command.args(more.split_whitespace());
    if let Some(issued) = identity {
        fs::write(&certificate, issued.chain_pem()).unwrap();
        fs::write(&key, issued.key_pem().as_bytes()).unwrap();
        command.arg("-cert").arg(&certificate).arg("-cert_chain").arg(&certificate).arg("-key").arg(&key);
    }
    // s_client takes a line that begins with Q or R for itself.
    run(&mut command, &format!("EHLO mx.test\nMAIL FROM:<x@{}>\nquit\n", DOMAINS[0])).1
}

/// [mss#2] [mss#4]
#[test]
fn openssl_meets_what_it_should() {
    if !have("openssl_meets_what_it_should", &["openssl"]) {
        return;
    }
    let bench = Bench::new("");
    let expired = bench.issue(&leaf(DOMAINS[0]).with(Flaw::Expired));
    let stranger = bench.issue(&leaf(DOMAINS[0]).with(Flaw::OtherAuthority));
    let unlisted = bench.issue(&unlisted_leaf());
    let valid = bench.issue(&leaf(DOMAINS[0]));
    let valid = Some(&valid);
    for (case, identity, arguments, told) in [
        ("valid", valid, "", "250 2.1.0"),
        ("valid, TLS 1.2", valid, "-tls1_2", "250 2.1.0"),
        ("expired", Some(&expired), "", "alert certificate expired"),
        ("expired, TLS 1.2", Some(&expired), "-tls1_2", "alert certificate expired"),
        ("another authority's", Some(&stranger), "", "alert unknown ca"),
        ("not in the list", Some(&unlisted), "", "554 5.7.1"),
        ("none", None, "", "alert certificate required"),
        ("TLS 1.1", valid, "-tls1_1 -cipher ALL:@SECLEVEL=0", "alert handshake failure"),
        ("no forward secrecy", valid, "-tls1_2 -cipher AES128-GCM-SHA256", "alert handshake failure"),
        ("no authenticated encryption", valid, "-tls1_2 -cipher ECDHE-ECDSA-AES128-SHA", "alert handshake failure"),
    ] {
        let output = call(&bench, identity, arguments);
        assert!(output.contains(told), "{case}: {output}");
        assert_eq!(output.contains("250 2.1.0"), told == "250 2.1.0", "{case}: a transaction began\n{output}");
    }
}
