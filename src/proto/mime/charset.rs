//! Octets of some charset to text. What names no known charset, or UTF-8 wrongly, is read as UTF-8 if it is that and
//! else as Windows-1252, which is what unlabelled French mail is.

use std::borrow::Cow;

use mail_parser::decoders::charsets::map::charset_decoder;

/// Text from octets in a named charset.
#[must_use]
pub(super) fn decode(charset: &[u8], bytes: &[u8]) -> String {
    let unicode = [&b"utf-8"[..], b"utf8", b"us-ascii", b"ascii", b""];
    if unicode.iter().any(|name| charset.eq_ignore_ascii_case(name)) {
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
    match (std::str::from_utf8(bytes), charset_decoder(b"windows-1252")) {
        (Ok(text), _) => text.to_owned(),
        (Err(_), Some(decoder)) => decoder(bytes),
        (Err(_), None) => String::from_utf8_lossy(bytes).into_owned(),
    }
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
