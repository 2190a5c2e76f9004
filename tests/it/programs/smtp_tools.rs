//! openssl and swaks at the operators' port.

use std::process::Command;

use super::demo::Demo;
use crate::tools::{have, run};

#[test]
fn swaks_delivers_with_the_peers_certificate() {
    // [mss#4]
    if !have("swaks_delivers_with_the_peers_certificate", &["swaks"]) {
        return;
    }
    let demo = Demo::start();
    let (a, b) = (demo.operator(0), demo.operator(1));
    let (host, port) = a.service("smtp");
    let (cert, key) = a.peer();
    let mut swaks = Command::new("swaks");
    swaks.args(["--server", host, "--port", port, "-tls", "--tls-verify"]);
    swaks.args(["--from", b.user(0).0, "--to", a.user(0).0]);
    swaks.args(["--tls-ca-path", a.text("ca")]);
    swaks.arg("--tls-cert").arg(cert).arg("--tls-key").arg(key);
    let (ok, told) = run(&mut swaks, "");
    assert!(ok, "{told}");
    assert!(told.contains("<~  250 2.0.0"), "{told}");
}

#[test]
fn openssl_with_a_stranger_s_certificate_is_refused() {
    // [mss#2]
    if !have("openssl_with_a_stranger_s_certificate_is_refused", &["openssl"]) {
        return;
    }
    let demo = Demo::start();
    let a = demo.operator(0);
    let (cert, key) = (demo.path("stranger.pem"), demo.path("stranger.key"));
    let mut make = Command::new("openssl");
    make.args([
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "2",
        "-subj",
        "/C=FR/O=STRANGER/CN=mx.stranger.fr",
    ]);
    make.arg("-keyout").arg(&key).arg("-out").arg(&cert);
    let (made, told) = run(&mut make, "");
    assert!(made, "{told}");
    let mut client = Command::new("openssl");
    client.args([
        "s_client",
        "-starttls",
        "smtp",
        "-crlf",
        "-quiet",
        "-connect",
        a.text("smtp"),
        "-CAfile",
        a.text("ca"),
    ]);
    client.arg("-cert").arg(&cert).arg("-key").arg(&key);
    let (_, told) = run(&mut client, "EHLO mx.stranger.fr\nMAIL FROM:<x@stranger.fr>\nQUIT\n");
    assert!(told.contains("alert"), "the handshake ends in an alert: {told}");
    assert!(!told.contains("250 2.1.0"), "no transaction begins: {told}");
}
