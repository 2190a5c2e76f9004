//! Trace fields (RFC 5321 §4.4): what this server writes above a message that it accepts.
//!
//! They are kept beside the sealed body, not in it: the body is exactly the bytes that the peer sent, so its digest in
//! the proofs can be checked, and one body serves all its recipients. So a field of the peer that looks like one of
//! ours can't be taken out, as RFC 8601 §5 and RFC 5321 §4.4 would: ours stands above it, and `X-Sceau-Untrusted` names
//! what below was written by the other side.

use std::net::IpAddr;

use crate::mail::{Address, EnvelopeId, ReversePath, Time};
use crate::proto::mime::Headers;
use crate::trust::VerifiedOperator;

use super::Peer;

/// The field that ends our trace fields: what follows it is sealed.
const SEAL_FIELD: &str = "X-Sceau-Seal";

/// Fields that only this server's side may write: whatever stands below ours is a claim.
const OURS: [&str; 4] = ["Authentication-Results", "Return-Path", "X-Sceau-Operator", "X-Sceau-Untrusted"];

/// Builds the fields from the bottom up; each call adds one above the others.
#[derive(Debug, Clone, Default)]
pub(super) struct TraceFields {
    fields: Vec<String>,
}

/// Who handed the message in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Submitter {
    /// Another operator.
    Operator,
    /// Somebody who signed in.
    Login,
}

/// What `Received:` says besides who the peer is.
pub(super) struct Hop<'a> {
    /// This server.
    pub(super) host: &'a str,
    /// Who handed the message in.
    pub(super) by: Submitter,
    /// Whether SMTPUTF8 was asked for.
    pub(super) utf8: bool,
    /// The envelope.
    pub(super) envelope: EnvelopeId,
    /// The recipient, when there is one only, and everybody may know it.
    pub(super) recipient: Option<&'a Address>,
    /// When.
    pub(super) now: Time,
}

impl Hop<'_> {
    /// The protocol's name (RFC 3848, RFC 6531 §4.3); there is no way in without TLS.
    // [rfc3848#2] [rfc6531#4.3]
    const fn with(&self) -> &'static str {
        match (self.utf8, self.by) {
            (false, Submitter::Operator) => "ESMTPS",
            (false, Submitter::Login) => "ESMTPSA",
            (true, Submitter::Operator) => "UTF8SMTPS",
            (true, Submitter::Login) => "UTF8SMTPSA",
        }
    }
}

impl TraceFields {
    /// `X-Sceau-Seal: <origin> <envelope> <base64 seal leaf hash>`.
    // [proofs#seal-field]
    pub(super) fn seal(&mut self, origin: &str, envelope: EnvelopeId, leaf_hash: &str) {
        self.fields.push(format!("{SEAL_FIELD}: {origin} {envelope}\r\n {leaf_hash}\r\n"));
    }

    /// A whole field, with its line end.
    pub(super) fn whole(&mut self, field: &str) {
        self.fields.push(field.to_owned());
    }

    /// `Received:`.
    // [rfc5321#4.4] [rfc5321#4.1.3]
    pub(super) fn received(&mut self, peer: &Peer, hop: &Hop<'_>) {
        let recipient = hop.recipient.filter(|address| hop.utf8 || !address.needs_utf8());
        let recipient = recipient.map(|address| format!("\r\n for <{address}>")).unwrap_or_default();
        self.fields.push(format!(
            "Received: from {} ({})\r\n by {} with {} ({})\r\n id {}{recipient}; {}\r\n",
            clean(&peer.helo),
            literal(peer.address.ip()),
            hop.host,
            hop.with(),
            clean(&peer.tls),
            hop.envelope,
            hop.now.rfc5322()
        ));
    }

    /// `Return-Path:`, at final delivery only.
    // [rfc5321#4.4]
    pub(super) fn return_path(&mut self, path: &ReversePath) {
        self.fields.push(format!("Return-Path: <{path}>\r\n"));
    }

    /// The verdict about the peer: the name in its certificate, the date of the white list that has it, and the
    /// version of TLS.
    pub(super) fn operator(&mut self, operator: &VerifiedOperator, tls: &str) {
        let version = tls.split(' ').next().unwrap_or_default();
        let (dn, list) = (escaped(&operator.dn().to_string()), operator.list_date().rfc3339());
        let version = clean(version);
        self.fields.push(format!("X-Sceau-Operator: dn={dn};\r\n list={list}; tls={version}\r\n"));
    }

    /// `Authentication-Results:` of this server (RFC 8601): `none` when there is nothing to say, so that it is always
    /// the topmost one.
    // [rfc8601#2.2]
    pub(super) fn results(&mut self, host: &str, results: &[String]) {
        let results = if results.is_empty() {
            "; none".to_owned()
        } else {
            results.iter().map(|r| format!(";\r\n {r}")).collect()
        };
        self.fields.push(format!("Authentication-Results: {host}{results}\r\n"));
    }

    /// Names the fields below that look like ours and are not.
    // [rfc8601#5]
    pub(super) fn untrusted(&mut self, header: &[u8], host: &str) {
        let names = untrusted(header, host);
        if !names.is_empty() {
            self.fields.push(format!(
                "X-Sceau-Untrusted: {}\r\n (fields of these names below this line were not written by {host})\r\n",
                names.join(", ")
            ));
        }
    }

    /// The fields as they stand above the message.
    pub(super) fn bytes(&self) -> Vec<u8> {
        self.fields.iter().rev().flat_map(|field| field.bytes()).collect()
    }
}

/// Which of [`OURS`] a header has. Other servers' `Authentication-Results` are theirs to write.
fn untrusted(header: &[u8], host: &str) -> Vec<&'static str> {
    let has = |name: &&str| {
        Headers::new(header)
            .filter(|field| field.is(name))
            .any(|field| *name != "Authentication-Results" || is_about(&String::from_utf8_lossy(&field.value()), host))
    };
    OURS.into_iter().filter(has).collect()
}

/// Whether an `Authentication-Results` value has this name as its authserv-id, whatever stands around it.
fn is_about(value: &str, host: &str) -> bool {
    let identifier = value.split(';').next().unwrap_or_default().to_ascii_lowercase();
    identifier.split([' ', '\t', '"', '(', ')']).any(|word| word == host.to_ascii_lowercase())
}

/// RFC 5321 §4.1.3. An IPv4 address that came to an IPv6 socket is an IPv4 address.
fn literal(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => format!("[{address}]"),
        IpAddr::V6(address) => format!("[IPv6:{address}]"),
    }
}

/// A name in which `;`, quotes, control characters and what is not ASCII are hexadecimal pairs (RFC 4514 §2.4), so that
/// it is one value of a field, and still a name by that RFC.
fn escaped(name: &str) -> String {
    let mut text = String::with_capacity(name.len());
    let mut bytes = name.bytes().peekable();
    while let Some(byte) = bytes.next() {
        let special = |byte: u8| byte == b';' || byte == b'"' || !(b' '..=b'~').contains(&byte);
        match byte {
            // An escape of the name itself: of a special character only the pair remains.
            b'\\' if bytes.peek().is_some_and(|next| special(*next)) => {}
            byte if special(byte) => text.push_str(&format!("\\{byte:02X}")),
            byte => text.push(char::from(byte)),
        }
    }
    text
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
    use crate::trust::testing::Space;

    fn peer(helo: &str) -> Peer {
        Peer { address: "192.0.2.1:2525".parse().unwrap(), helo: helo.to_owned(), tls: "TLSv1.3 AES".to_owned() }
    }

    fn hop<'a>(by: Submitter, recipient: Option<&'a Address>) -> Hop<'a> {
        Hop { host: "mx.a.fr", by, utf8: false, envelope: EnvelopeId([0; 16]), recipient, now: Time::from_secs(0) }
    }

    #[test]
    fn fields_stand_above_each_other_and_the_seal_lowest() {
        // [rfc5321#4.4] [proofs#seal-field]
        let mut fields = TraceFields::default();
        fields.seal("preuves.a.fr/2026", EnvelopeId([0; 16]), "aGFzaA==");
        fields.received(&peer("mx.b.fr"), &hop(Submitter::Operator, None));
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
    fn received_names_the_protocol_and_one_recipient() {
        // [rfc3848#2] [rfc6531#4.3] [rfc5321#4.4]
        let (ascii, utf8) = (Address::parse("x@a.fr").unwrap(), Address::parse("é@a.fr").unwrap());
        for (by, smtputf8, recipient, protocol, clause) in [
            (Submitter::Operator, false, Some(&ascii), "with ESMTPS ", Some("\r\n for <x@a.fr>; ")),
            (Submitter::Login, false, None, "with ESMTPSA ", None),
            (Submitter::Operator, true, Some(&utf8), "with UTF8SMTPS ", Some("\r\n for <é@a.fr>; ")),
            (Submitter::Login, true, Some(&ascii), "with UTF8SMTPSA ", Some("\r\n for <x@a.fr>; ")),
            (Submitter::Operator, false, Some(&utf8), "with ESMTPS ", None),
        ] {
            let mut fields = TraceFields::default();
            fields.received(&peer("mx.b.fr"), &Hop { utf8: smtputf8, ..hop(by, recipient) });
            let text = String::from_utf8(fields.bytes()).unwrap();
            assert!(text.contains(protocol), "{text}");
            assert_eq!(text.contains(" for "), clause.is_some(), "{text}");
            assert!(clause.is_none_or(|clause| text.contains(clause)), "{text}");
        }
    }

    #[test]
    fn addresses_are_literals() {
        // [rfc5321#4.1.3]
        assert_eq!(literal("192.0.2.1".parse().unwrap()), "[192.0.2.1]");
        assert_eq!(literal("2001:db8::1".parse().unwrap()), "[IPv6:2001:db8::1]");
        assert_eq!(literal("::ffff:192.0.2.1".parse().unwrap()), "[192.0.2.1]");
    }

    #[test]
    fn a_claimed_name_adds_no_line() {
        let mut fields = TraceFields::default();
        fields.received(&peer("a\r\nX: y\u{e9}"), &hop(Submitter::Operator, None));
        let text = String::from_utf8(fields.bytes()).unwrap();
        assert!(text.starts_with("Received: from aX: y ([192.0.2.1])\r\n by"), "{text}");
    }

    #[test]
    fn the_verdict_about_the_peer_is_readable_and_cannot_be_structured_by_it() {
        let space = Space::new();
        let certificate = space.issue(&Space::north());
        let trust = space.trust(&[("b.mssante.fr", &certificate)], &[]);
        let operator = trust.operator(&certificate.chain(), space.edge.now()).unwrap();
        let mut fields = TraceFields::default();
        fields.operator(&operator, "TLSv1.3 TLS13_AES_256_GCM_SHA384");
        let text = String::from_utf8(fields.bytes()).unwrap();
        assert!(text.starts_with("X-Sceau-Operator: dn="), "{text}");
        assert!(text.contains(";\r\n list=20") && text.ends_with("; tls=TLSv1.3\r\n"), "{text}");
        for (name, value) in [
            ("CN=a; b\"\r\né", r"CN=a\3B b\22\0D\0A\C3\A9"),
            (r#"CN=a\; b\"\, c\\"#, r"CN=a\3B b\22\, c\\"),
            ("ST=Paris (75)", "ST=Paris (75)"),
        ] {
            assert_eq!(escaped(name), value);
        }
    }

    #[test]
    fn fields_that_look_like_ours_are_named() {
        // [rfc8601#5] [rfc5321#4.4]
        for (header, named) in [
            ("From: a\r\n", ""),
            ("authentication-results: MX.A.FR; dkim=pass\r\n", "Authentication-Results"),
            ("Authentication-Results: (x) mx.a.fr 1; dkim=pass\r\n", "Authentication-Results"),
            ("Authentication-Results: \"mx.a.fr\"; dkim=pass\r\n", "Authentication-Results"),
            ("Authentication-Results: mx.b.fr; dkim=pass\r\n", ""),
            ("Return-Path: <x@y>\r\nX-Sceau-Operator: dn=x\r\nReturn-Path: <z@y>\r\n", "Return-Path, X-Sceau-Operator"),
            ("X-Sceau-Untrusted: none\r\n", "X-Sceau-Untrusted"),
        ] {
            assert_eq!(untrusted(header.as_bytes(), "mx.a.fr").join(", "), named, "{header}");
        }
    }
}
