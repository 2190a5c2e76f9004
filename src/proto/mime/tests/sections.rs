//! Sections: their text, and the octets they stand for.

use super::walked;
use crate::proto::mime::Section;
use crate::proto::mime::section::{Found, partial};

const MESSAGE: &str = "Subject: out\nFrom: a@b\nContent-Type: multipart/mixed; boundary=b\n\npre\n--b\nA: 1\n\none\n--b\n\
    Content-Type: message/rfc822\n\nSubject: in\nX: y\n  z\nContent-Type: multipart/mixed; boundary=c\n\n--c\nB: 2\n\n\
    two\n--c--\n--b\nContent-Type: message/rfc822\n\nSubject: single\n\nthree\n--b--\nend\n";

/// What a section of this message holds, with `/` for CRLF.
fn fetched(message: &str, section: &str) -> Option<String> {
    let (bytes, structure) = walked(message);
    let cut = |range: std::ops::Range<u64>| bytes[range.start as usize..range.end as usize].to_vec();
    let section = Section::parse(section)?;
    let octets = match section.find(&structure)? {
        Found::Octets(range) => cut(range),
        Found::Fields(range, fields) => fields.of(&cut(range)),
    };
    Some(String::from_utf8(octets).unwrap().replace("\r\n", "/"))
}

#[test]
fn sections_of_a_multipart() {
    // [rfc9051#6.4.5.1] [rfc9051#6.4.5]
    let whole = MESSAGE.replace('\n', "/");
    let (header, body) = whole.split_once("//pre").unwrap();
    let inner = "Subject: in/X: y/  z/Content-Type: multipart/mixed; boundary=c//--c/B: 2//two/--c--";
    for (section, expected) in [
        ("", Some(whole.as_str())),
        ("HEADER", Some(format!("{header}//").as_str())),
        ("text", Some(format!("pre{body}").as_str())),
        ("MIME", None),
        ("1", Some("one")),
        ("1.MIME", Some("A: 1//")),
        ("1.HEADER", None),
        ("1.TEXT", None),
        ("1.1", None),
        ("2", Some(inner)),
        ("2.MIME", Some("Content-Type: message/rfc822//")),
        ("2.HEADER", Some("Subject: in/X: y/  z/Content-Type: multipart/mixed; boundary=c//")),
        ("2.TEXT", Some("--c/B: 2//two/--c--")),
        ("2.1", Some("two")),
        ("2.1.MIME", Some("B: 2//")),
        ("2.2", None),
        ("3.1", Some("three")),
        ("3.1.1", None),
        ("3.2", None),
        ("3.TEXT", Some("three")),
        ("4", None),
        ("4294967295", None),
        ("HEADER.FIELDS (subject \"FROM\" X-No)", Some("Subject: out/From: a@b//")),
        ("HEADER.FIELDS.NOT (Subject Content-Type)", Some("From: a@b//")),
        ("2.HEADER.FIELDS (x)", Some("X: y/  z//")),
        ("HEADER.FIELDS (X-No)", Some("/")),
    ] {
        assert_eq!(fetched(MESSAGE, section).as_deref(), expected, "{section}");
    }
}

#[test]
fn a_message_that_is_one_part_has_part_one() {
    // [rfc9051#6.4.5.1]
    for (message, section, expected) in [
        ("A: b\n\nx\n", "1", Some("x/")),
        ("A: b\n\nx\n", "1.MIME", Some("A: b//")),
        ("A: b\n\nx\n", "TEXT", Some("x/")),
        ("A: b\n\nx\n", "1.1", None),
        ("A: b\n\nx\n", "2", None),
        ("A: b", "HEADER", Some("A: b")),
        ("A: b", "HEADER.FIELDS (a)", Some("A: b//")),
        ("Content-Type: message/rfc822\n\nA: b\n\nx", "1.HEADER", Some("A: b//")),
        ("Content-Type: message/rfc822\n\nA: b\n\nx", "1.1", Some("x")),
        ("Content-Type: multipart/mixed; boundary=b\n\nx", "1", Some("")),
        ("Content-Type: multipart/mixed; boundary=b\n\nx", "1.1", None),
    ] {
        assert_eq!(fetched(message, section).as_deref(), expected, "{section} of {message:?}");
    }
}

#[test]
fn a_section_is_written_as_it_was_asked_for() {
    // [rfc9051#7.5.2]
    for (asked, written) in [
        ("", ""),
        ("1.2.3", "1.2.3"),
        ("header", "HEADER"),
        ("1.mime", "1.MIME"),
        ("2.header.fields (From \"to\")", "2.HEADER.FIELDS (From to)"),
        ("HEADER.FIELDS.NOT (\"a]b\")", "HEADER.FIELDS.NOT (\"a]b\")"),
    ] {
        assert_eq!(Section::parse(asked).map(|section| section.to_string()).as_deref(), Some(written));
    }
}

#[test]
fn what_is_no_section_is_refused() {
    for text in [
        "0",
        "1.",
        ".1",
        "1..2",
        "1.0",
        "4294967296",
        "1x",
        "HEADER.FIELDS",
        "HEADER.FIELDS ()",
        "HEADER (a)",
        "1.FOO",
        "HEADER.FIELDS (a",
        "HEADER.FIELDS (a\r\nb)",
        "HEADER.FIELDS (\u{e9})",
        "TEXT ",
        "1 ",
        "-1",
    ] {
        assert_eq!(Section::parse(text), None, "{text:?}");
    }
    assert_eq!(Section::parse(&vec!["1"; 256].join(".")), None);
}

#[test]
fn a_partial_past_the_end_is_empty() {
    // [rfc9051#6.4.5]
    for (start, length, expected) in [
        (0, 5, 10..15),
        (0, 100, 10..20),
        (9, 5, 19..20),
        (10, 5, 20..20),
        (u64::MAX, u64::MAX, 20..20),
        (3, 0, 13..13),
    ] {
        assert_eq!(partial(&(10..20), start, length), expected);
    }
}
