//! The walker on messages as they are and as they should not be. Messages are written with `\n` for CRLF.

use super::{outline, outline_of, walked};
use crate::proto::mime::{Limits, Part, Structure, walk};

/// What it is about, the message, the outline.
type Row = (&'static str, &'static str, &'static [&'static str]);

/// Messages as they should be.
const SOUND: &[Row] = &[
    ("plain text", "Subject: x\n\nhello\nworld\n", &["1 text/plain \"hello\\r\\nworld\\r\\n\""]),
    ("no body", "Subject: x\n", &["1 text/plain \"\""]),
    ("nothing", "", &["1 text/plain \"\""]),
    ("no header", "\nhello", &["1 text/plain \"hello\""]),
    (
        "two parts, preamble, epilogue, padding, lines that only begin like a delimiter",
        "Content-Type: multipart/mixed; boundary=b\n\npre\n--b \t\n\none\n--bcd\n\n--b\nContent-Type: text/html\n\n\
         <a--b>\n--b--  \nepilogue\n--b\n",
        &["TEXT multipart/mixed", "1 text/plain \"one\\r\\n--bcd\\r\\n\"", "2 text/html \"<a--b>\""],
    ),
    (
        "multipart in multipart",
        "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: multipart/alternative; boundary=bb\n\n\
         --bb\n\n1\n--bb\nContent-Type: text/html\n\n2\n--bb--\n\n--b\nContent-Type: image/png\n\n3\n--b--\n",
        &[
            "TEXT multipart/mixed",
            "1 multipart/alternative",
            "1.1 text/plain \"1\"",
            "1.2 text/html \"2\"",
            "2 image/png \"3\"",
        ],
    ),
    (
        "an embedded message that is a multipart, and one that is not",
        "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nx\n--b\nContent-Type: message/rfc822\n\nSubject: in\n\
         Content-Type: multipart/mixed; boundary=c\n\n--c\n\ny\n--c--\n--b\nContent-Type: message/global\n\n\
         Subject: é\n\nz\n--b--\n",
        &[
            "TEXT multipart/mixed",
            "1 text/plain \"x\"",
            "2 message/rfc822",
            "2.TEXT multipart/mixed",
            "2.1 text/plain \"y\"",
            "3 message/global",
            "3.1 text/plain \"z\"",
        ],
    ),
    (
        "messages in a message",
        "Content-Type: message/rfc822\n\nContent-Type: Message/RFC822\n\nSubject: x\n\nin",
        &["1 message/rfc822", "1.1 message/rfc822", "1.1.1 text/plain \"in\""],
    ),
    (
        "quoted boundary with spaces and specials, folded",
        "Content-Type: multipart/mixed;\n\tcharset=x; boundary=\"a b:c=?d \"\n\n--a b:c=?d\n\n1\n--a b:c=?d--",
        &["TEXT multipart/mixed", "1 text/plain \"1\""],
    ),
    (
        "boundary in pieces",
        "Content-Type: multipart/mixed; boundary*0=\"ab\"; boundary*1=cd\n\n--abcd\n\n1\n--abcd--\n",
        &["TEXT multipart/mixed", "1 text/plain \"1\""],
    ),
];

#[test]
fn the_parts_of_a_message_are_found_with_their_numbers() {
    // [rfc2046#5.1.1] [rfc9051#6.4.5.1]
    check(SOUND);
}

#[test]
fn the_default_type_in_a_digest_is_a_message() {
    // [rfc2046#5.1.5]
    check(&[(
        "digest",
        "Content-Type: multipart/digest; boundary=b\n\n--b\n\nSubject: 1\n\none\n--b\nContent-Type: text/plain\n\ntwo\n\
         --b\nContent-Type: broken\n\nthree\n--b--\n",
        &[
            "TEXT multipart/digest",
            "1 message/rfc822",
            "1.1 text/plain \"one\"",
            "2 text/plain \"two\"",
            "3 text/plain \"three\"",
        ],
    )]);
}

/// Messages as they should not be.
const BROKEN: &[Row] = &[
    (
        "no closing delimiter",
        "Content-Type: multipart/mixed; boundary=b\n\n--b\n\n1\n",
        &["TEXT multipart/mixed", "1 text/plain \"1\\r\\n\""],
    ),
    (
        "an inner multipart is not closed",
        "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: multipart/mixed; boundary=c\n\n--c\n\n1\n\
         --b\n\n2\n--c\n--b--",
        &["TEXT multipart/mixed", "1 multipart/mixed", "1.1 text/plain \"1\"", "2 text/plain \"2\\r\\n--c\""],
    ),
    (
        "one boundary for two multiparts",
        "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\n1\n\
         --b--\n--b\n\n2\n--b--",
        &["TEXT multipart/mixed", "1 multipart/mixed", "1.1 text/plain \"1\"", "2 text/plain \"2\""],
    ),
    (
        "no boundary given, so it is no multipart",
        "Content-Type: multipart/mixed\n\n--b\n\n1\n--b--",
        &["1 text/plain \"--b\\r\\n\\r\\n1\\r\\n--b--\""],
    ),
    ("a boundary that never comes", "Content-Type: multipart/mixed; boundary=b\n\nx", &["TEXT multipart/mixed"]),
    ("closed at once", "Content-Type: multipart/mixed; boundary=b\n\n--b--\n--b\n\nx", &["TEXT multipart/mixed"]),
    (
        "parts without bodies, without headers, without both",
        "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/html\n--b\n\n--b\n--b--",
        &["TEXT multipart/mixed", "1 text/html \"\"", "2 text/plain \"\"", "3 text/plain \"\""],
    ),
    (
        "a delimiter in a header that announces more",
        "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: message/rfc822\n--b\nContent-Type: \
         multipart/mixed; boundary=c\n--b--",
        &["TEXT multipart/mixed", "1 message/rfc822", "1.1 text/plain \"\"", "2 multipart/mixed"],
    ),
    (
        "an encoded message cannot be divided",
        "Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\nU3ViamVjdDogeA0KDQo=",
        &["1 application/octet-stream \"U3ViamVjdDogeA0KDQo=\""],
    ),
    (
        "an encoding of a multipart is passed over",
        "Content-Type: multipart/mixed; boundary=b\nContent-Transfer-Encoding: base64\n\n--b\n\n1\n--b--",
        &["TEXT multipart/mixed", "1 text/plain \"1\""],
    ),
    (
        "types that are none",
        "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text\n\n1\n--b\nContent-Type:\n\n2\n--b\n\
         Content-Type: a/b/c\n\n3\n--b\nContent-Type: te xt/html (x); y\n\n4\n--b--",
        &[
            "TEXT multipart/mixed",
            "1 text/plain \"1\"",
            "2 text/plain \"2\"",
            "3 text/plain \"3\"",
            "4 text/html \"4\"",
        ],
    ),
    (
        "lines of the header that are no fields, mbox's among them",
        "From a@b Mon Jan  1 00:00:00 2026\njunk\nContent-Type : multipart/mixed; boundary=b\n\n--b\n\n1\n--b--",
        &["TEXT multipart/mixed", "1 text/plain \"1\""],
    ),
];

#[test]
fn broken_messages_have_a_structure_too() {
    // [rfc2045#5.2]
    check(BROKEN);
}

#[test]
fn other_line_ends_are_understood_and_kept() {
    let table: &[(&[u8], &[&str])] = &[
        (
            b"Content-Type: multipart/mixed; boundary=b\n\n--b\n\n1\n2\n--b\r\n\r\n3\r\r\n--b--\n",
            &["TEXT multipart/mixed", "1 text/plain \"1\\n2\"", "2 text/plain \"3\\r\""],
        ),
        (
            b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n1\r--b--\r\n--b\r\r\n--b--\r",
            &["TEXT multipart/mixed", "1 text/plain \"1\\r--b--\\r\\n--b\\r\""],
        ),
        (b"A: b\r\rC: d\r\n\r\nx", &["1 text/plain \"x\""]),
    ];
    for (message, expected) in table {
        assert_eq!(outline_of(message), *expected, "{}", message.escape_ascii());
    }
}

#[test]
fn ranges_join_without_gaps() {
    let (message, structure) = walked(
        "Subject: x\nContent-Type: multipart/mixed; boundary=b\n\npre\n--b\nA: b\n\n1\n2\n--b\nContent-Type: \
         message/rfc822\n\nSubject: in\n\n3\n\n--b--\nend\n",
    );
    let text = |range: &std::ops::Range<u64>| {
        String::from_utf8_lossy(&message[range.start as usize..range.end as usize]).replace("\r\n", "/")
    };
    let found: Vec<_> = structure.parts.iter().map(|part| (text(&part.header), text(&part.body), part.lines)).collect();
    let row = |header: &str, body: &str, lines| (header.to_owned(), body.to_owned(), lines);
    let whole = text(&(0..structure.size));
    let (header, body) = whole.split_once("//").unwrap();
    assert_eq!(
        found,
        [
            row(&format!("{header}//"), body, 15),
            row("A: b//", "1/2", 1),
            row("Content-Type: message/rfc822//", "Subject: in//3/", 3),
            row("Subject: in//", "3/", 1),
        ]
    );
    assert_eq!(structure.whole_header(), Some(&message[..structure.parts[0].header.end as usize]));
    assert_eq!(structure.children(0).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(structure.children(2).collect::<Vec<_>>(), [3]);
    assert_eq!(structure.parts.iter().map(|part| part.parent).collect::<Vec<_>>(), [None, Some(0), Some(0), Some(2)]);
}

#[test]
fn leaves_are_digested_as_people_save_them() {
    // [rfc2045#6.7] [rfc2045#6.8]
    let (_, structure) = walked(
        "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Transfer-Encoding: Base64 (x)\n\naGVs\nbG8=\n--b\n\
         Content-Transfer-Encoding: quoted-printable\n\nhel=\nlo  \n--b\n\nhello\n--b\n\
         Content-Transfer-Encoding: x-unknown\n\nhello\n--b--\n",
    );
    let expected = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, b"hello");
    assert_eq!(structure.leaves().count(), 4);
    for part in structure.leaves() {
        assert_eq!((part.decoded_size, &part.decoded_sha256.unwrap()[..]), (5, expected.as_ref()), "{part:?}");
    }
    let container = &structure.parts[0];
    assert_eq!((container.decoded_size, container.decoded_sha256), (container.body.end - container.body.start, None));
}

#[test]
fn the_fields_that_describe_a_part_are_read() {
    // [rfc2183#2.8] [rfc2045#6.1]
    let part = |header: &str| walked(&format!("{header}\n\n")).1.parts.remove(0);
    let first = part(
        "Content-Type: text/plain\ncontent-type: text/html\nContent-ID: <a@b>\nContent-Description: d\n e\n\
         Content-Language: fr, (x) en\nContent-Location: http://a\nContent-MD5: x==\nContent-Disposition: INLINE; x=y",
    );
    assert!(first.content_type.is("text", "plain"), "the first of two fields counts");
    assert_eq!(first.id.as_deref(), Some("<a@b>"));
    assert_eq!(first.description.as_deref(), Some("d e"));
    assert_eq!(first.language, ["fr", "en"]);
    assert_eq!(first.location.as_deref(), Some("http://a"));
    assert_eq!(first.md5.as_deref(), Some("x=="));
    assert_eq!(first.disposition.map(|d| d.kind).as_deref(), Some("inline"));
    assert_eq!(first.encoding, "7bit");
    let odd = part("Content-Disposition: ; filename=a\nContent-Transfer-Encoding: 8 bit");
    assert_eq!(odd.disposition.as_ref().map(|d| d.kind.as_str()), Some("attachment"));
    assert_eq!(odd.file_name().as_deref(), Some("a"));
    assert_eq!(odd.encoding, "8");
    let named = part("Content-Type: application/pdf; name=\"=?utf-8?Q?op=C3=A9?= ration.pdf\"");
    assert_eq!(named.file_name().as_deref(), Some("opé ration.pdf"));
}

#[test]
fn trace_fields_can_be_put_before_a_structure() {
    let body = b"Subject: x\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n1\r\n--b--\r\n";
    let prefix = b"Return-Path: <a@b>\r\nReceived: from x\r\n\tby y\r\n";
    let whole = [&prefix[..], body].concat();
    assert_eq!(walk(body, Limits::default()).prefixed(prefix), walk(&whole, Limits::default()));
}

#[test]
fn a_structure_survives_its_row() {
    let (_, structure) =
        walked("Content-Type: message/rfc822\n\nFrom: g: a@b;\nContent-Type: a/b; c=d; e*=utf-8''%C3%A9\n\nx");
    let row = postcard::to_allocvec(&structure).unwrap();
    assert_eq!(postcard::from_bytes::<Structure>(&row).unwrap(), structure);
}

fn check(table: &[Row]) {
    for (what, text, expected) in table {
        let (message, structure) = walked(text);
        assert_eq!(outline(&message, &structure), *expected, "{what}");
        assert!(!structure.truncated, "{what}");
        let ends = |part: &Part| part.header.end == part.body.start && part.body.end <= structure.size;
        assert!(structure.parts.iter().all(ends), "{what}");
    }
}
