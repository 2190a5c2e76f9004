//! Text to search in: bodies with their transfer encoding and charset undone, headers with their encoded words
//! decoded (RFC 2047). Not for showing: nothing here is made safe for a browser.

use std::borrow::Cow;

use memchr::memmem;

use super::charset;
use super::header::unfold;
use super::structure::Part;
use super::transfer::{self, Encoding};

/// Octets of an encoded word that are accepted; RFC 2047 §2 allows 75.
const WORD_MAX: usize = 2048;

/// The text of a part from the octets of its body, which may be a beginning of it.
// [rfc9051#6.4.4]
#[must_use]
pub fn text(part: &Part, body: &[u8]) -> String {
    let decoded = match part.transfer_encoding() {
        Encoding::Identity => Cow::Borrowed(body),
        encoding => Cow::Owned(transfer::decode(encoding, body)),
    };
    let charset = part.content_type.parameters.get("charset").unwrap_or_default();
    match decoded {
        Cow::Owned(decoded) if charset::is_unicode(charset.as_bytes()) => charset::guess_owned(decoded),
        decoded => charset::decode(charset.as_bytes(), &decoded),
    }
}

/// The text of a header field from its raw value: unfolded, encoded words decoded wherever they stand, since senders
/// put them into quoted strings and parameters too.
// [rfc2047#6.2]
#[must_use]
pub fn header_text(raw: &[u8]) -> String {
    let value = unfold(raw.trim_ascii());
    let mut text = String::with_capacity(value.len());
    let mut pending = Pending::default();
    let mut rest: &[u8] = &value;
    while let Some(start) = memmem::find(rest, b"=?") {
        let Some((word, length)) = EncodedWord::parse(&rest[start..]) else {
            pending.plain(&rest[..start + 2], &mut text);
            rest = &rest[start + 2..];
            continue;
        };
        pending.plain(&rest[..start], &mut text);
        pending.word(word, &mut text);
        rest = &rest[start + length..];
    }
    pending.plain(rest, &mut text);
    pending.flush(&mut text);
    text
}

struct EncodedWord<'a> {
    charset: &'a [u8],
    decoded: Vec<u8>,
}

/// Octets of neighbouring encoded words of one charset, decoded together: many senders cut in the middle of a
/// character.
#[derive(Default)]
struct Pending {
    charset: Vec<u8>,
    decoded: Vec<u8>,
    /// White space after a word, which goes if another word follows it.
    space: Vec<u8>,
    word: bool,
}

impl Pending {
    fn plain(&mut self, bytes: &[u8], text: &mut String) {
        if bytes.is_empty() {
            return;
        }
        if self.word && bytes.iter().all(u8::is_ascii_whitespace) {
            self.space.extend_from_slice(bytes);
            return;
        }
        self.flush(text);
        text.push_str(&charset::guess(bytes));
    }

    fn word(&mut self, word: EncodedWord<'_>, text: &mut String) {
        self.space.clear();
        if !self.charset.eq_ignore_ascii_case(word.charset) {
            self.flush(text);
            self.charset = word.charset.to_vec();
        }
        self.decoded.extend(word.decoded);
        self.word = true;
    }

    fn flush(&mut self, text: &mut String) {
        if self.word {
            text.push_str(&charset::decode(&self.charset, &self.decoded));
        }
        text.push_str(&charset::guess(&self.space));
        *self = Self::default();
    }
}

impl<'a> EncodedWord<'a> {
    /// `=?charset*language?Q?text?=` at the beginning of these bytes, and its length. Spaces in the text, which are not
    /// allowed, are accepted.
    // [rfc2047#2]
    fn parse(bytes: &'a [u8]) -> Option<(Self, usize)> {
        let limited = &bytes[..bytes.len().min(WORD_MAX)];
        let inner = limited.strip_prefix(b"=?")?;
        let charset_end = memchr::memchr(b'?', inner)?;
        let charset = inner[..charset_end].split(|b| *b == b'*').next()?;
        if charset.is_empty() || !charset.iter().all(u8::is_ascii_graphic) {
            return None;
        }
        let [method, b'?', text @ ..] = &inner[charset_end + 1..] else { return None };
        let end = memmem::find(text, b"?=")?;
        let decoded = match method.to_ascii_lowercase() {
            b'b' => transfer::decode(Encoding::Base64, &text[..end]),
            b'q' => transfer::decode_word(&text[..end]),
            _ => return None,
        };
        let length = limited.len() - text.len() + end + 2;
        Some((Self { charset, decoded }, length))
    }
}
