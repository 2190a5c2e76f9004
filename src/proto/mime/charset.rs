//! Octets of some charset to text. What names no known charset, or UTF-8 wrongly, is read as UTF-8 if it is that and
//! else as Windows-1252, which is what unlabelled French mail is.

use std::borrow::Cow;

use mail_parser::decoders::charsets::map::charset_decoder;

/// Text from octets in a named charset.
#[must_use]
pub(super) fn decode(charset: &[u8], bytes: &[u8]) -> String {
    if is_unicode(charset) {
        return guess(bytes);
    }
    match charset_decoder(charset) {
        Some(decoder) => decoder(bytes),
        None => guess(bytes),
    }
}

/// Text from octets of no known charset.
#[must_use]
pub(super) fn guess(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => legacy(bytes),
    }
}

/// The same of octets that may be kept.
#[must_use]
pub(super) fn guess_owned(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_else(|error| legacy(error.as_bytes()))
}

fn legacy(bytes: &[u8]) -> String {
    match charset_decoder(b"windows-1252") {
        Some(decoder) => decoder(bytes),
        None => String::from_utf8_lossy(bytes).into_owned(),
    }
}

/// Whether a charset is UTF-8, a part of it, or none.
#[must_use]
pub(super) fn is_unicode(charset: &[u8]) -> bool {
    [&b"utf-8"[..], b"utf8", b"us-ascii", b"ascii", b""].iter().any(|name| charset.eq_ignore_ascii_case(name))
}

/// Text from a header's value on one line: no NUL, and a CR or LF that is still in it becomes a space, so that it can
/// stand in a quoted string.
#[must_use]
pub(super) fn header_string(value: &[u8]) -> String {
    let awkward = |b: &u8| matches!(b, b'\0' | b'\r' | b'\n');
    let clean: Cow<'_, [u8]> = if value.iter().any(awkward) {
        let kept = value.iter().filter(|b| **b != 0);
        kept.map(|b| if awkward(b) { b' ' } else { *b }).collect::<Vec<u8>>().into()
    } else {
        value.into()
    };
    guess(&clean)
}
