//! Values in headers, and octets in bodies: parameters, fields, encodings, charsets.

use crate::proto::mime::header::{Headers, Keep, select, unfold};
use crate::proto::mime::transfer::{Decoder, Encoding, decode};
use crate::proto::mime::{Limits, decode as text, header_text, parameters, walk};

/// A value, and its parameters; a star marks those with a charset.
const PARAMETERS: &[(&str, &[(&str, &str)])] = &[
    ("a", &[]),
    ("a; b=c; D=\"e f\"", &[("b", "c"), ("d", "e f")]),
    ("a; b=\"c\\\"d\\\\e;f\"; g=h", &[("b", "c\"d\\e;f"), ("g", "h")]),
    ("a (x;y=z) ; (c (d)) b = c (e)", &[("b", "c")]),
    ("a; b=\"c\" d=e", &[("b", "c"), ("d", "e")]),
    ("a; b=\"c", &[("b", "c")]),
    ("a;;; b=c;", &[("b", "c")]),
    ("a; =x; b; c=; d", &[("c", "")]),
    ("a; b=1; b=2", &[("b", "1")]),
    ("a; name=Compte rendu (1).pdf; x=doc(2).pdf", &[("name", "Compte rendu .pdf"), ("x", "doc(2).pdf")]),
    ("a; b=----=_Part_1/2?", &[("b", "----=_Part_1/2?")]),
    ("a; b*0=x; b*1=\"y z\"; b*2=w", &[("b", "xy zw")]),
    ("a; b*2=w; b*0=x; b*1=y; b*4=no", &[("b", "xyw")]),
    ("a; b*1=x; b*2=y", &[("b", "xy")]),
    ("a; b*2=x", &[]),
    ("a; b*=utf-8'fr'%C3%A9t%c3%a9", &[("b*", "été")]),
    ("a; filename*=utf-8''Compte-rendu%20d'op%C3%A9ration.pdf", &[("filename*", "Compte-rendu d'opération.pdf")]),
    ("a; b*0*=iso-8859-1'fr'%E9t; b*1*=%E9; b*2=\"%20\"", &[("b*", "été%20")]),
    ("a; b*0*=utf-8''%C3; b*1*=%A9", &[("b*", "é")]),
    ("a; b=plain; b*=utf-8''%C3%A9", &[("b", "plain"), ("b*", "é")]),
    ("a; b*=%C3%A9%zz%", &[("b*", "é%zz%")]),
    ("a; b*x=1; b**=2", &[("b*x", "1"), ("b**", "2")]),
    ("a; b=\"=?utf-8?Q?=C3=A9?=\"", &[("b", "=?utf-8?Q?=C3=A9?=")]),
    ("a; b=\"op\u{e9}ration\"", &[("b", "op\u{e9}ration")]),
    ("a; b*=x-no-such'de'%E9", &[("b*", "\u{e9}")]),
];

#[test]
fn parameters_are_read_as_written_and_as_meant() {
    // [rfc2045#5.1] [rfc2231#3] [rfc2231#4] [rfc2231#4.1] [rfc5322#3.2.2]
    for (value, expected) in PARAMETERS {
        let parsed = parameters::parse(value.as_bytes());
        let starred = |p: &parameters::Parameter| if p.extended { format!("{}*", p.name) } else { p.name.clone() };
        let found: Vec<_> = parsed.parameters.iter().map(|p| (starred(p), p.value.clone())).collect();
        let expected: Vec<_> = expected.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        assert_eq!((parsed.head.as_slice(), found), (&b"a"[..], expected), "{value}");
    }
    let both = parameters::parse(b"a; b=plain; b*=utf-8''%C3%A9").parameters;
    assert_eq!(both.get("b"), Some("é"));
}

#[test]
fn fields_are_found_with_their_ranges() {
    // [rfc5322#2.2] [rfc5322#2.2.3]
    let header = b"A: b\r\nC:d\r\n\te\r\n  f\r\nbroken\r\n \r\nG : \xe9\nFrom x: y\r\nLast:\r\n\r\nnot: here\r\n";
    let fields: Vec<_> =
        Headers::new(header).map(|f| (f.name.to_vec(), f.value().into_owned(), f.range.clone())).collect();
    let row = |name: &[u8], value: &[u8], range| (name.to_vec(), value.to_vec(), range);
    assert_eq!(
        fields,
        [
            row(b"A", b"b", 0..6),
            row(b"C", b"d\te  f", 6..20),
            row(b"", b"broken ".trim_ascii(), 20..31),
            row(b"G", b"\xe9", 31..37),
            row(b"", b"From x: y", 37..48),
            row(b"Last", b"", 48..55),
        ]
    );
    assert_eq!(Headers::find(header, "g").map(|field| field.range), Some(31..37));
    assert_eq!(&*unfold(b"a\r\n b\n\tc\r"), b"a b\tc\r");
    assert_eq!(select(b"A: b\r\njunk\r\nC: d", &["a".to_owned()], Keep::Others), b"junk\r\nC: d\r\n\r\n");
}

#[test]
fn base64_is_decoded_whatever_stands_between() {
    // [rfc2045#6.8]
    for (body, expected) in [
        ("aGVsbG8=", "hello"),
        ("aGVs\r\nbG8=\r\n", "hello"),
        (" a-G!V\0s\r\nb G 8", "hello"),
        ("aGVsbG8", "hello"),
        ("aA==aA==", "hh"),
        ("aGVs=bG8=", "hello"),
        ("====", ""),
        ("a", ""),
        ("aGVsbG8=a", "hello"),
    ] {
        assert_eq!(decode(Encoding::Base64, body.as_bytes()), expected.as_bytes(), "{body:?}");
    }
}

#[test]
fn quoted_printable_is_decoded_and_what_is_none_is_kept() {
    // [rfc2045#6.7]
    for (body, expected) in [
        ("=C3=A9t=c3=a9", "été"),
        ("a=\r\nb= \t\r\nc=\nd", "abcd"),
        ("a \t\r\nb \nc ", "a\r\nb\nc"),
        ("a =3D b", "a = b"),
        ("=zz =4 =", "=zz =4 "),
        ("=4\r\n=\r=41", "=4\r\n=\rA"),
        ("a\rb \r\r\n", "a\rb \r\r\n"),
        ("=", ""),
        ("=4", "=4"),
        ("a=  ", "a"),
        ("\r\n\r\n", "\r\n\r\n"),
    ] {
        assert_eq!(decode(Encoding::QuotedPrintable, body.as_bytes()), expected.as_bytes(), "{body:?}");
    }
}

#[test]
fn what_a_decoder_holds_is_bounded() {
    let mut out = Vec::new();
    let mut decoder = Decoder::new(Encoding::QuotedPrintable);
    for _ in 0..1_000_000 {
        decoder.push(b" ", &mut out);
    }
    assert!(out.len() > 999_000);
    assert_eq!(out, decode(Encoding::QuotedPrintable, &vec![b' '; 1_000_000]));
}

#[test]
fn encoded_words_are_decoded_wherever_they_stand() {
    // [rfc2047#2] [rfc2047#4.2] [rfc2047#6.2]
    for (raw, expected) in [
        (" plain\r\n text ", "plain text"),
        ("=?utf-8?Q?d=C3=A9j=C3=A0_vu?=", "déjà vu"),
        ("=?ISO-8859-1*fr?q?=E9?= =?utf-8?B?w6k=?=\r\n  end", "éé  end"),
        ("a =?utf-8?Q?=C3?=  =?utf-8?Q?=A9?= b", "a é b"),
        ("\"=?utf-8?Q?=C3=A9?=\" <a@b>", "\"é\" <a@b>"),
        ("=?utf-8?X?a?= =?utf-8?Q?a =?= =? ?=", "=?utf-8?X?a?= a = =? ?="),
        ("=?x-none?Q?=E9?=", "é"),
        ("=??Q?a?=", "=??Q?a?="),
        ("op\u{e9}ration", "opération"),
    ] {
        assert_eq!(header_text(raw.as_bytes()), expected, "{raw:?}");
    }
    assert_eq!(header_text(b"op\xe9ration"), "opération");
}

#[test]
fn bodies_become_text() {
    // [rfc9051#6.4.4]
    for (header, body, expected) in [
        ("", &b"op\xe9ration"[..], "opération"),
        ("Content-Type: text/plain; charset=utf-8", "été".as_bytes(), "été"),
        ("Content-Type: text/plain; charset=iso-8859-15", b"\xa4", "€"),
        ("Content-Type: text/html; charset=UTF-16", b"\xfe\xff\0a\0b", "ab"),
        ("Content-Type: text/plain; charset=\"\"\r\nContent-Transfer-Encoding: base64", b"w6k=", "é"),
        ("Content-Transfer-Encoding: quoted-printable", b"=E9=\r\n!", "é!"),
        ("Content-Type: text/plain; charset=none-such", b"\xc3\xa9", "é"),
    ] {
        let message = [header.as_bytes(), b"\r\n\r\n", body].concat();
        let structure = walk(&message, Limits::default());
        assert_eq!(text::text(&structure.parts[0], body), expected, "{header}");
    }
}
