//! The ENVELOPE of a message in IMAP's syntax (RFC 9051 §7.5.2).

use std::borrow::Cow;

use super::render_string::{Text, encoded_words, nstring, string};
use crate::proto::mime::{Entry, Envelope};

/// Writes an envelope, parentheses included.
// [rfc9051#7.5.2]
pub fn envelope(out: &mut Vec<u8>, envelope: &Envelope, text: Text) {
    out.push(b'(');
    nstring(out, envelope.date.as_deref(), text);
    out.push(b' ');
    nstring(out, envelope.subject.as_deref(), text);
    let Envelope { from, sender, reply_to, to, cc, bcc, .. } = envelope;
    for list in [from, sender, reply_to, to, cc, bcc] {
        out.push(b' ');
        addresses(out, list, text);
    }
    out.push(b' ');
    nstring(out, envelope.in_reply_to.as_deref(), text);
    out.push(b' ');
    nstring(out, envelope.message_id.as_deref(), text);
    out.push(b')');
}

fn addresses(out: &mut Vec<u8>, list: &[Entry], text: Text) {
    if list.is_empty() {
        out.extend_from_slice(b"NIL");
        return;
    }
    out.push(b'(');
    for entry in list {
        match entry {
            Entry::Mailbox { name, route, local, domain } => {
                out.push(b'(');
                nstring(out, name.as_deref(), text);
                out.push(b' ');
                nstring(out, route.as_deref(), text);
                out.push(b' ');
                nstring(out, Some(local), text);
                out.push(b' ');
                string(out, &host(domain, text));
                out.push(b')');
            }
            Entry::GroupStart(name) => {
                out.extend_from_slice(b"(NIL NIL ");
                nstring(out, Some(name), text);
                out.extend_from_slice(b" NIL)");
            }
            Entry::GroupEnd => out.extend_from_slice(b"(NIL NIL NIL NIL)"),
        }
    }
    out.push(b')');
}

/// A domain; for a session that reads ASCII only with A-labels. An absent one is an empty string, since NIL would make
/// the entry a group.
fn host(domain: &str, text: Text) -> Cow<'_, str> {
    if text.takes(domain) {
        return Cow::Borrowed(domain);
    }
    match idna::domain_to_ascii(domain) {
        Ok(ascii) => Cow::Owned(ascii),
        Err(_) => Cow::Owned(encoded_words(domain)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rendered(header: &str, text: Text) -> String {
        let mut out = Vec::new();
        envelope(&mut out, &Envelope::from_header(header.replace('\n', "\r\n").as_bytes()), text);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn an_envelope_is_what_the_standard_shows() {
        // [rfc9051#7.5.2] the example of RFC 9051 §8
        let header = "Date: Wed, 17 Jul 1996 02:23:25 -0700 (PDT)\nFrom: Terry Gray <gray@cac.washington.example>\n\
            Subject: IMAP4rev2 WG mtg summary and minutes\nTo: imap@cac.washington.example\n\
            cc: minutes@CNRI.Reston.example,\n   John Klensin <KLENSIN@MIT.example>\n\
            Message-Id: <B27397-0100000@cac.washington.example>\n\n";
        let gray = "((\"Terry Gray\" NIL \"gray\" \"cac.washington.example\"))";
        assert_eq!(
            rendered(header, Text::Ascii),
            format!(
                "(\"Wed, 17 Jul 1996 02:23:25 -0700 (PDT)\" \"IMAP4rev2 WG mtg summary and minutes\" {gray} {gray} {gray} \
                 ((NIL NIL \"imap\" \"cac.washington.example\")) ((NIL NIL \"minutes\" \"CNRI.Reston.example\")\
                 (\"John Klensin\" NIL \"KLENSIN\" \"MIT.example\")) NIL NIL \
                 \"<B27397-0100000@cac.washington.example>\")"
            )
        );
    }

    #[test]
    fn what_is_absent_is_nil_and_what_is_empty_is_empty() {
        // [rfc9051#7.5.2] [rfc9051#4.5]
        assert_eq!(rendered("X: y\n\n", Text::Ascii), "(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)");
        assert_eq!(rendered("Subject:\nTo:\n\n", Text::Ascii), "(NIL \"\" NIL NIL NIL NIL NIL NIL NIL NIL)");
    }

    #[test]
    fn addresses_of_all_kinds_are_told() {
        // [rfc9051#7.5.2] [rfc5322#3.4] [rfc5322#4.4]
        let undisclosed = "((NIL NIL \"undisclosed-recipients\" NIL)(NIL NIL NIL NIL))";
        for (value, list) in [
            ("undisclosed-recipients:;", undisclosed),
            (
                "Équipe: a@b, \"C\" <c@d>;, e@f",
                "((NIL NIL \"=?utf-8?B?w4lxdWlwZQ==?=\" NIL)(NIL NIL \"a\" \"b\")(\"C\" NIL \"c\" \"d\")(NIL NIL NIL NIL)(NIL NIL \"e\" \"f\"))",
            ),
            ("a@b (Jean (le Bon) \\) Dupont)", "((\"Jean (le Bon) ) Dupont\" NIL \"a\" \"b\"))"),
            ("<@x,@y:a@b>", "((NIL \"@x,@y\" \"a\" \"b\"))"),
            ("\"Dupont, Jean\" <\"jean dupont\"@b>", "((\"Dupont, Jean\" NIL \"jean dupont\" \"b\"))"),
            ("root", "((NIL NIL \"root\" \"\"))"),
            ("Jean <>", "((\"Jean\" NIL \"\" \"\"))"),
            ("John Q. Public <j . q @ b . c>", "((\"John Q. Public\" NIL \"j.q\" \"b.c\"))"),
            ("=?utf-8?Q?J=C3=A9r=C3=B4me?= <a@b>", "((\"=?utf-8?Q?J=C3=A9r=C3=B4me?=\" NIL \"a\" \"b\"))"),
            (
                "x@y@z; b@[IPv6:::1], , c@d",
                "((NIL NIL \"x@y\" \"z\")(NIL NIL \"b\" \"[IPv6:::1]\")(NIL NIL \"c\" \"d\"))",
            ),
            ("\"say \\\"hi\\\"\" <a@b>", "((\"say \\\"hi\\\"\" NIL \"a\" \"b\"))"),
            ("josé@hôpital.fr", "((NIL NIL \"=?utf-8?B?am9zw6k=?=\" \"xn--hpital-ixa.fr\"))"),
        ] {
            let all = rendered(&format!("To: {value}\n\n"), Text::Ascii);
            assert_eq!(all, format!("(NIL NIL NIL NIL NIL {list} NIL NIL NIL NIL)"), "{value}");
        }
    }

    #[test]
    fn text_is_ascii_unless_the_session_reads_more() {
        // [rfc9051#7.5.2] [rfc2047#5]
        let header = "Subject: Compte rendu d'opération à relire =?utf-8?Q?d=C3=A9j=C3=A0?=\n\n";
        let ascii = rendered(header, Text::Ascii);
        assert!(ascii.is_ascii());
        assert!(ascii.contains("\"Compte rendu =?utf-8?B?ZCdvcMOpcmF0aW9uIMOg?= relire =?utf-8?Q?d=C3=A9j=C3=A0?=\""));
        assert!(
            rendered(header, Text::Utf8).contains("\"Compte rendu d'opération à relire =?utf-8?Q?d=C3=A9j=C3=A0?=\"")
        );
    }

    #[test]
    fn recipients_named_in_several_fields_count_together() {
        // [rfc5322#4.5.3]
        let list = "((NIL NIL \"a\" \"b\")(NIL NIL \"c\" \"d\"))";
        let all = rendered("To: a@b\nTO: c@d\nFrom: x@y\nFrom: z@y\n\n", Text::Ascii);
        assert!(all.contains(list) && !all.contains("\"z\""), "{all}");
    }

    #[test]
    fn latin_text_without_a_label_is_read_as_such() {
        let mut out = Vec::new();
        envelope(&mut out, &Envelope::from_header(b"Subject: op\xe9ration\r\n\r\n"), Text::Utf8);
        assert!(String::from_utf8(out).unwrap().contains("\"opération\""));
    }

    #[test]
    fn long_texts_are_literals_and_nothing_ends_a_string_early() {
        // [rfc9051#4.3]
        let long = "x".repeat(3000);
        assert!(rendered(&format!("Subject: {long}\n\n"), Text::Ascii).contains(&format!("{{3000}}\r\n{long}")));
        let odd = "Subject: a\0b\rc \"d\" \\\n\n";
        assert!(rendered(odd, Text::Ascii).contains("\"ab c \\\"d\\\" \\\\\""));
    }
}
