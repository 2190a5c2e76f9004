//! What DKIM costs a message, by size and key: the digest of its body while it streams, the signature over its header, and
//! both looked at again by who gets it. `cargo bench --bench dkim`.

#![allow(clippy::unwrap_used, reason = "a benchmark may fail by panicking")]

use std::collections::BTreeMap;

use divan::Bencher;
use divan::counter::BytesCount;
use sceau::mail::{Domain, Time};
use sceau::proto::dkim::{BodyHashes, Digester, KeyKind, Lookup, Purpose, Signer, judge, new_key};

/// Octets of the bodies.
const SIZES: [usize; 3] = [4_000, 75_000, 1_000_000];
/// Octets that a socket gives at once.
const PIECE: usize = 16 * 1024;
const NOW: Time = Time::from_secs(1_795_342_500);
const HEADER: &[u8] = b"From: Anne Martin <anne@chu.mssante.example>\r\nTo: Jean <jean@ailleurs.mssante.example>\r\n\
    Subject: =?utf-8?Q?Compte_rendu?=\r\nDate: Sun, 22 Nov 2026 10:00:00 +0000\r\nMessage-ID: <1@mx.example>\r\n\
    MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=\"=_1\"\r\nX-MSS-NIL: LPS\r\n\r\n";

fn main() {
    divan::main();
}

fn body(size: usize) -> Vec<u8> {
    let line = "JVBERi0xLjQKJcOkw7zDtsOfCjIgMCBvYmoKPDwvTGVuZ3RoIDMgMCBSL0ZpbHRlci9GbGF0ZURl\r\n";
    line.repeat(size / line.len()).into_bytes()
}

fn digested(header: &[u8], body: &[u8], purpose: Purpose) -> BodyHashes {
    let mut digester = Digester::new(purpose);
    digester.push(header);
    body.chunks(PIECE).for_each(|piece| digester.push(piece));
    digester.finish()
}

fn signer(kind: KeyKind) -> Signer {
    Signer::new(Domain::parse("chu.mssante.example").unwrap(), "s1", &new_key(kind).unwrap()).unwrap()
}

/// The digest of the body: all that grows with the message.
#[divan::bench(args = SIZES)]
fn body_digest(bencher: Bencher<'_, '_>, size: usize) {
    let body = body(size);
    bencher.counter(BytesCount::new(size)).bench_local(|| digested(HEADER, &body, Purpose::Sign));
}

/// The signature over the header.
#[divan::bench(args = [KeyKind::Rsa, KeyKind::Ed25519])]
fn sign(bencher: Bencher<'_, '_>, kind: KeyKind) {
    let (signer, hashes) = (signer(kind), digested(HEADER, &body(4_000), Purpose::Sign));
    bencher.bench_local(|| signer.sign(HEADER, &hashes.relaxed.unwrap(), NOW).unwrap());
}

/// The verdict about a signature, its key at hand.
#[divan::bench(args = [KeyKind::Rsa, KeyKind::Ed25519])]
fn verify(bencher: Bencher<'_, '_>, kind: KeyKind) {
    let (signer, body) = (signer(kind), body(4_000));
    let field = signer.sign(HEADER, &digested(HEADER, &body, Purpose::Sign).relaxed.unwrap(), NOW).unwrap();
    let header = [field.as_bytes(), HEADER].concat();
    let (name, record) = signer.record().unwrap();
    let records = BTreeMap::from([(name, Lookup::Found(record))]);
    let hashes = digested(&header, &body, Purpose::Verify);
    assert!(
        judge(&header, &hashes, &records, NOW)[0].result().starts_with("dkim=pass"),
        "a good signature is measured"
    );
    bencher.bench_local(|| judge(&header, &hashes, &records, NOW));
}
