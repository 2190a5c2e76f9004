//! ENVELOPE and BODYSTRUCTURE of any message: parentheses and strings balance, and an ordinary session gets ASCII.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sceau::proto::imap::render_bodystructure::{Form, body_structure};
use sceau::proto::imap::render_envelope::envelope;
use sceau::proto::imap::render_string::Text;
use sceau::proto::mime::{Envelope, Limits, walk};

fuzz_target!(|message: &[u8]| {
    let structure = walk(message, Limits::default());
    let summary = Envelope::from_header(&structure.header);
    for text in [Text::Ascii, Text::Utf8, Text::Rev2] {
        let mut out = Vec::new();
        envelope(&mut out, &summary, text);
        body_structure(&mut out, &structure, Form::Body, text);
        body_structure(&mut out, &structure, Form::BodyStructure, text);
        assert!(text != Text::Ascii || out.is_ascii());
        balanced(&out);
    }
});

/// Walks over strings and literals; what is left must be parentheses that balance, and no line end.
fn balanced(mut rest: &[u8]) {
    let mut depth = 0_i64;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        match byte {
            b'(' => depth += 1,
            b')' => depth -= 1,
            b'"' => rest = after_quoted(after),
            b'{' => rest = after_literal(after),
            byte => assert!(byte == b' ' || byte.is_ascii_alphanumeric()),
        }
        assert!(depth >= 0);
    }
    assert_eq!(depth, 0);
}

fn after_quoted(bytes: &[u8]) -> &[u8] {
    let mut at = 0;
    while bytes[at] != b'"' {
        assert!(!matches!(bytes[at], b'\r' | b'\n' | 0));
        at += if bytes[at] == b'\\' { 2 } else { 1 };
    }
    &bytes[at + 1..]
}

fn after_literal(bytes: &[u8]) -> &[u8] {
    let end = bytes.iter().position(|b| *b == b'}').unwrap();
    let length: usize = std::str::from_utf8(&bytes[..end]).unwrap().parse().unwrap();
    let content = bytes[end + 1..].strip_prefix(b"\r\n").unwrap();
    assert!(!content[..length].contains(&0));
    &content[length..]
}
