//! The fields of a header, read from its raw octets (RFC 5322 §2.2): where each begins and ends, its name, its value
//! unfolded. Lines end with CRLF or a bare LF; a CR alone ends nothing.

use std::borrow::Cow;
use std::ops::Range;

use memchr::memchr;

/// Longest field name that is taken for one, in octets.
const NAME_MAX: usize = 998;

/// Iterates over the fields of a header up to its blank line.
#[derive(Debug, Clone)]
pub struct Headers<'a> {
    bytes: &'a [u8],
    position: usize,
}

/// One header field, with its folded lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field<'a> {
    /// The name without the colon; empty for lines that are no field.
    pub name: &'a [u8],
    /// What follows the colon, with its folds, without the last line end.
    pub raw: &'a [u8],
    /// Where the field lies in the header, from the name to the last line end inclusive.
    pub range: Range<usize>,
}

/// Which fields [`select`] keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// Those that are named.
    Named,
    /// All others.
    Others,
}

impl<'a> Headers<'a> {
    /// Begins at the first octet of a header.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, position: 0 }
    }

    /// The first field of this name, in any case.
    #[must_use]
    pub fn find(bytes: &'a [u8], name: &str) -> Option<Field<'a>> {
        Self::new(bytes).find(|field| field.is(name))
    }
}

impl<'a> Iterator for Headers<'a> {
    type Item = Field<'a>;

    // [rfc5322#2.2]
    fn next(&mut self) -> Option<Field<'a>> {
        let start = self.position;
        let rest = self.bytes.get(start..)?;
        if rest.is_empty() || blank_line(rest).is_some() {
            return None;
        }
        let end = start + field_length(rest);
        self.position = end;
        let (name, raw) = split_field(trim_line_end(&self.bytes[start..end]));
        Some(Field { name, raw, range: start..end })
    }
}

impl Field<'_> {
    /// Whether the field has this name, in any case.
    #[must_use]
    pub fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name.as_bytes())
    }

    /// The value on one line (RFC 5322 §2.2.3): line ends taken out, the white space around it too.
    #[must_use]
    pub fn value(&self) -> Cow<'_, [u8]> {
        unfold(self.raw.trim_ascii())
    }
}

/// Takes the line ends out of a folded value (RFC 5322 §2.2.3); the white space after them stays.
// [rfc5322#2.2.3]
#[must_use]
pub fn unfold(raw: &[u8]) -> Cow<'_, [u8]> {
    if memchr(b'\n', raw).is_none() {
        return Cow::Borrowed(raw);
    }
    let mut plain = Vec::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(end) = memchr(b'\n', rest) {
        plain.extend_from_slice(trim_line_end(&rest[..=end]));
        rest = &rest[end + 1..];
    }
    plain.extend_from_slice(rest);
    Cow::Owned(plain)
}

/// The octets of those fields of a header that are named, or of all others, each as it stands, then a blank line
/// (RFC 9051 §6.4.5.1, `HEADER.FIELDS` and `HEADER.FIELDS.NOT`).
// [rfc9051#6.4.5.1]
#[must_use]
pub fn select(header: &[u8], names: &[String], keep: Keep) -> Vec<u8> {
    let mut selected = Vec::new();
    for field in Headers::new(header) {
        let named = names.iter().any(|name| field.is(name));
        if named == (keep == Keep::Named) {
            selected.extend_from_slice(&header[field.range]);
            if !selected.ends_with(b"\n") {
                selected.extend_from_slice(b"\r\n");
            }
        }
    }
    selected.extend_from_slice(b"\r\n");
    selected
}

/// The length of the blank line with which these bytes begin.
fn blank_line(bytes: &[u8]) -> Option<usize> {
    match bytes {
        [b'\n', ..] => Some(1),
        [b'\r', b'\n', ..] => Some(2),
        _ => None,
    }
}

/// Octets of the first field with the lines that continue it.
fn field_length(bytes: &[u8]) -> usize {
    let mut length = 0;
    while let Some(end) = memchr(b'\n', &bytes[length..]) {
        length += end + 1;
        if !matches!(bytes.get(length), Some(b' ' | b'\t')) {
            return length;
        }
    }
    bytes.len()
}

fn trim_line_end(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// Name and value of a field. White space before the colon is obsolete and accepted (RFC 5322 §4.5); a line whose name
/// would hold a space or a control character, as mbox's `From `, is no field.
fn split_field(field: &[u8]) -> (&[u8], &[u8]) {
    let Some(colon) = memchr(b':', &field[..field.len().min(NAME_MAX + 1)]) else {
        return (&[], field);
    };
    let name = field[..colon].trim_ascii_end();
    if name.is_empty() || !name.iter().all(|b| (33..127).contains(b)) {
        return (&[], field);
    }
    (name, &field[colon + 1..])
}
