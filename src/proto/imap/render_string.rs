//! Strings of data that came in messages, written so that a session may read them (RFC 9051 §4.3): quoted or literal,
//! and in ASCII unless the client said that it reads UTF-8.

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::response;

/// Octets of UTF-8 in a quoted string at most; longer ones are literals, since clients read lines.
const QUOTED_MAX: usize = 1000;
/// Octets of text in one encoded word: with its frame, base64 of them is within RFC 2047's 75 characters.
const WORD_OCTETS: usize = 45;

/// What a session reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Text {
    /// ASCII: other text is written as encoded words (RFC 2047) and extended parameters (RFC 2231).
    Ascii,
    /// UTF-8 in quoted strings, after `ENABLE UTF8=ACCEPT` (RFC 6855).
    Utf8,
    /// The same after `ENABLE IMAP4rev2`, where extended parameters come decoded (RFC 9051 §7.5.2).
    Rev2,
}

impl Text {
    /// Whether this text may go out as it is.
    pub(super) fn takes(self, text: &str) -> bool {
        self != Self::Ascii || text.is_ascii()
    }
}

/// A string, or `NIL` for none. Text that the session cannot read becomes encoded words.
// [rfc9051#4.5]
pub(super) fn nstring(out: &mut Vec<u8>, value: Option<&str>, text: Text) {
    match value {
        None => out.extend_from_slice(b"NIL"),
        Some(value) if text.takes(value) => string(out, value),
        Some(value) => string(out, &encoded_words(value)),
    }
}

/// A string as it is; the session must read it. NUL, which no string can hold, goes.
// [rfc9051#4.3]
pub(super) fn string(out: &mut Vec<u8>, value: &str) {
    let value = if value.contains('\0') { Cow::Owned(value.replace('\0', "")) } else { Cow::Borrowed(value) };
    // Quoted strings hold UTF-8 where it is enabled; without need for a literal the line stays readable.
    let quotable = !value.is_ascii() && value.len() <= QUOTED_MAX && !value.chars().any(char::is_control);
    match quotable {
        true => response::quoted(out, value.as_bytes()),
        false => response::string(out, value.as_bytes()),
    }
}

/// The words of a text that are not ASCII as encoded words, the others as they are: some may be encoded words already.
// [rfc2047#5]
pub(super) fn encoded_words(text: &str) -> String {
    let mut words = Vec::new();
    let mut run = Vec::new();
    for word in text.split(' ') {
        if word.is_ascii() {
            end_run(&mut run, &mut words);
            words.push(Cow::Borrowed(word));
        } else {
            run.push(word);
        }
    }
    end_run(&mut run, &mut words);
    words.join(" ")
}

fn end_run(run: &mut Vec<&str>, words: &mut Vec<Cow<'_, str>>) {
    let text = run.join(" ");
    run.clear();
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let (piece, after) = rest.split_at(rest.floor_char_boundary(WORD_OCTETS));
        words.push(Cow::Owned(format!("=?utf-8?B?{}?=", STANDARD.encode(piece))));
        rest = after;
    }
}

/// `utf-8''…`, the value of an extended parameter (RFC 2231 §4).
// [rfc2231#4]
pub(super) fn extended_value(text: &str) -> String {
    format!("utf-8''{}", percent_encoded(text, |b| b.is_ascii_alphanumeric() || b"!#$&+-.^_`|~".contains(&b)))
}

/// A text with `%41` for all octets that are not plain.
pub(super) fn percent_encoded(text: &str, plain: impl Fn(u8) -> bool) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if plain(byte) { encoded.push(char::from(byte)) } else { encoded.push_str(&format!("%{byte:02X}")) }
    }
    encoded
}
