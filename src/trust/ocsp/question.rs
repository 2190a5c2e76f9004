//! The question: one certificate, by the digests of its issuer and its serial number.

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};

use super::{Key, der, key};
use crate::trust::{certificate, ocsp_addresses};

/// Octets of a nonce (RFC 9654 asks for 16 at least).
// [rfc9654#2.1]
pub const NONCE: usize = 32;

/// The contents of the OID of SHA-1. It names an issuer here, as every responder understands it; nothing is signed
/// with it.
pub(super) const SHA1: &[u8] = &[0x2b, 0x0e, 0x03, 0x02, 0x1a];
/// The contents of the OID of the nonce's extension.
pub(super) const NONCE_OID: &[u8] = &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x30, 0x01, 0x02];

/// What to ask, of whom, and what the answer is compared with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// The responders' addresses, in the order of the certificate.
    pub addresses: Vec<String>,
    /// The request, to be posted as `application/ocsp-request`.
    pub request: Vec<u8>,
    pub(super) key: Key,
    pub(super) issuer: Vec<u8>,
    pub(super) name_hash: Vec<u8>,
    pub(super) key_hash: Vec<u8>,
    /// The contents of the serial number's INTEGER.
    pub(super) serial: Vec<u8>,
    pub(super) nonce: [u8; NONCE],
}

impl Question {
    /// About this certificate of this issuer; none when the certificate names no responder.
    pub(super) fn new(leaf: &[u8], issuer: Vec<u8>, nonce: [u8; NONCE]) -> Option<Self> {
        let addresses = ocsp_addresses(leaf);
        if addresses.is_empty() {
            return None;
        }
        let parsed = certificate::parse(leaf).ok()?;
        let (name_hash, key_hash) = {
            let issuer = certificate::parse(&issuer).ok()?;
            (sha1(parsed.issuer().as_raw()), sha1(&issuer.public_key().subject_public_key.data))
        };
        let serial = parsed.raw_serial().to_vec();
        let request = write(&name_hash, &key_hash, &serial, &nonce);
        Some(Self { addresses, request, key: key(leaf)?, issuer, name_hash, key_hash, serial, nonce })
    }
}

pub(super) fn sha1(bytes: &[u8]) -> Vec<u8> {
    digest(&SHA1_FOR_LEGACY_USE_ONLY, bytes).as_ref().to_vec()
}

// [rfc6960#4.1.1]
fn write(name_hash: &[u8], key_hash: &[u8], serial: &[u8], nonce: &[u8]) -> Vec<u8> {
    use der::item;
    let algorithm = item(0x30, &[&item(0x06, &[SHA1]), &item(0x05, &[])]);
    let certificate =
        item(0x30, &[&algorithm, &item(0x04, &[name_hash]), &item(0x04, &[key_hash]), &item(0x02, &[serial])]);
    let requests = item(0x30, &[&item(0x30, &[&certificate])]);
    let nonce = item(0x30, &[&item(0x06, &[NONCE_OID]), &item(0x04, &[&item(0x04, &[nonce])])]);
    let extensions = item(0xa2, &[&item(0x30, &[&nonce])]);
    item(0x30, &[&item(0x30, &[&requests, &extensions])])
}
