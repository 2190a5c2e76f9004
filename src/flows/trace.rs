//! Trace fields (RFC 5321 §4.4): what this server writes above a message that it accepts.
//!
//! They are kept beside the sealed body, not in it: the body is exactly the bytes that the peer sent, so its digest in
//! the proofs can be checked, and one body serves all its recipients.

use crate::mail::{EnvelopeId, ReversePath, Time};

use super::Peer;

/// The field that ends our trace fields: what follows it is sealed.
const SEAL_FIELD: &str = "X-Sceau-Seal";

/// Builds the fields from the bottom up; each call adds one above the others.
#[derive(Debug, Clone, Default)]
pub(super) struct TraceFields {
    fields: Vec<String>,
}

impl TraceFields {
    /// `X-Sceau-Seal: <origin> <envelope> <base64 seal leaf hash>`.
    // [proofs#seal-field]
    pub(super) fn seal(&mut self, origin: &str, envelope: EnvelopeId, leaf_hash: &str) {
        self.fields.push(format!("{SEAL_FIELD}: {origin} {envelope}\r\n {leaf_hash}\r\n"));
    }

    /// A field that a submission must have and the client left out (RFC 6409 §8.1, §8.3).
    pub(super) fn completed(&mut self, name: &str, value: &str) {
        self.fields.push(format!("{name}: {value}\r\n"));
    }

    /// `Received:`; `with` is the protocol of RFC 3848 and names the certificate where one was shown.
    // [rfc5321#4.4]
    pub(super) fn received(&mut self, peer: &Peer, host: &str, with: &str, envelope: EnvelopeId, now: Time) {
        self.fields.push(format!(
            "Received: from {} ([{}])\r\n by {host} with {with} ({})\r\n id {envelope}; {}\r\n",
            clean(&peer.helo),
            peer.address.ip(),
            clean(&peer.tls),
            now.rfc5322()
        ));
    }

    /// `Return-Path:`, at final delivery only.
    // [rfc5321#4.4]
    pub(super) fn return_path(&mut self, path: &ReversePath) {
        self.fields.push(format!("Return-Path: <{path}>\r\n"));
    }

    /// The fields as they stand above the message.
    pub(super) fn bytes(&self) -> Vec<u8> {
        self.fields.iter().rev().flat_map(|field| field.bytes()).collect()
    }
}

/// What a peer claims becomes part of a header: printable ASCII without the characters that structure it.
fn clean(text: &str) -> String {
    let keep = |c: char| c.is_ascii_graphic() && !"()<>\\\";,".contains(c) || c == ' ';
    let cleaned: String = text.chars().filter(|c| keep(*c)).take(255).collect();
    if cleaned.trim().is_empty() { "unknown".to_owned() } else { cleaned }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::Address;

    fn peer(helo: &str) -> Peer {
        Peer { address: "192.0.2.1:2525".parse().unwrap(), helo: helo.to_owned(), tls: "TLSv1.3 AES".to_owned() }
    }

    #[test]
    fn fields_stand_above_each_other_and_the_seal_lowest() {
        // [rfc5321#4.4] [proofs#seal-field]
        let mut fields = TraceFields::default();
        fields.seal("preuves.a.fr/2026", EnvelopeId([0; 16]), "aGFzaA==");
        fields.received(&peer("mx.b.fr"), "mx.a.fr", "ESMTPS", EnvelopeId([0; 16]), Time::from_secs(0));
        fields.return_path(&ReversePath::Address(Address::parse("x@b.fr").unwrap()));
        let text = String::from_utf8(fields.bytes()).unwrap();
        assert_eq!(
            text,
            "Return-Path: <x@b.fr>\r\n\
             Received: from mx.b.fr ([192.0.2.1])\r\n by mx.a.fr with ESMTPS (TLSv1.3 AES)\r\n id \
             AAAAAAAAAAAAAAAAAAAAAA; Thu, 01 Jan 1970 00:00:00 +0000\r\n\
             X-Sceau-Seal: preuves.a.fr/2026 AAAAAAAAAAAAAAAAAAAAAA\r\n aGFzaA==\r\n"
        );
    }

    #[test]
    fn a_claimed_name_adds_no_line() {
        let mut fields = TraceFields::default();
        fields.received(&peer("a\r\nX: y\u{e9}"), "mx.a.fr", "ESMTPS", EnvelopeId([0; 16]), Time::from_secs(0));
        let text = String::from_utf8(fields.bytes()).unwrap();
        assert!(text.starts_with("Received: from aX: y ([192.0.2.1])\r\n by"), "{text}");
    }
}
