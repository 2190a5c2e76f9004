//! The fields of a header that describe a body (RFC 2045 §3), read once into their types.

use super::charset::header_string;
use super::header::Headers;
use super::parameters::{self, Parameterised, is_token, without_comments};
use super::structure::{ContentType, Disposition};

/// Tags of `Content-Language` that are kept.
const LANGUAGES_MAX: usize = 32;

/// What a header says about the body after it. The first field of a name counts.
#[derive(Debug, Default)]
pub(super) struct Content {
    pub(super) content_type: Option<ContentType>,
    pub(super) boundary: Option<Vec<u8>>,
    pub(super) disposition: Option<Disposition>,
    pub(super) id: Option<String>,
    pub(super) description: Option<String>,
    pub(super) encoding: Option<String>,
    pub(super) language: Vec<String>,
    pub(super) location: Option<String>,
    pub(super) md5: Option<String>,
    typed: bool,
}

impl Content {
    pub(super) fn from_header(header: &[u8]) -> Self {
        let mut content = Self::default();
        for field in Headers::new(header) {
            if field.name.len() >= 10 && field.name[..8].eq_ignore_ascii_case(b"content-") {
                content.take(&field.name[8..].to_ascii_lowercase(), &field.value());
            }
        }
        content
    }

    /// Whether there was a `Content-Type` at all, valid or not.
    pub(super) fn has_type(&self) -> bool {
        self.typed
    }

    fn take(&mut self, name: &[u8], value: &[u8]) {
        let first = |slot: &mut Option<String>| {
            slot.get_or_insert_with(|| header_string(value));
        };
        match name {
            b"type" if !self.typed => self.take_type(parameters::parse(value)),
            b"disposition" if self.disposition.is_none() => self.disposition = disposition(parameters::parse(value)),
            b"transfer-encoding" if self.encoding.is_none() => self.encoding = token(value),
            b"id" => first(&mut self.id),
            b"description" => first(&mut self.description),
            b"location" => first(&mut self.location),
            b"md5" => first(&mut self.md5),
            b"language" if self.language.is_empty() => self.language = languages(value),
            _ => {}
        }
    }

    fn take_type(&mut self, parsed: Parameterised) {
        self.typed = true;
        self.content_type = content_type(&parsed.head, parsed.parameters);
        self.boundary = parsed.boundary;
    }
}

/// `type/subtype`; what has no such form is no type (RFC 2045 §5.2).
// [rfc2045#5.2]
fn content_type(head: &[u8], parameters: parameters::Parameters) -> Option<ContentType> {
    let slash = memchr::memchr(b'/', head)?;
    let kind = lower_token(&head[..slash])?;
    let subtype = lower_token(&head[slash + 1..])?;
    Some(ContentType { kind, subtype, parameters })
}

/// A disposition without a kind is treated as an attachment (RFC 2183 §2.8).
// [rfc2183#2.8]
fn disposition(parsed: Parameterised) -> Option<Disposition> {
    if parsed.head.is_empty() && parsed.parameters.is_empty() {
        return None;
    }
    let kind = lower_token(&parsed.head).unwrap_or_else(|| "attachment".to_owned());
    Some(Disposition { kind, parameters: parsed.parameters })
}

fn token(value: &[u8]) -> Option<String> {
    let plain = without_comments(value);
    let word = plain.trim_ascii().split(|b| b.is_ascii_whitespace() || *b == b';').next()?;
    lower_token(word)
}

fn languages(value: &[u8]) -> Vec<String> {
    let plain = without_comments(value);
    let tags = plain.split(|b| *b == b',').map(<[u8]>::trim_ascii);
    tags.filter(|tag| !tag.is_empty() && tag.iter().all(|b| is_token(*b)))
        .map(|tag| String::from_utf8_lossy(tag).into_owned())
        .take(LANGUAGES_MAX)
        .collect()
}

fn lower_token(word: &[u8]) -> Option<String> {
    let valid = !word.is_empty() && word.iter().all(|b| is_token(*b));
    valid.then(|| String::from_utf8_lossy(word).to_ascii_lowercase())
}
