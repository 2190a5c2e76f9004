//! Values with parameters, as in `Content-Type` and `Content-Disposition` (RFC 2045 §5.1), their continuations and
//! charsets (RFC 2231), read tolerantly: values that should be quoted and are not, comments anywhere.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::charset;
use super::transfer::nibble;

/// Parameters and pieces of parameters that are read in one field; what follows is passed over.
const PIECES_MAX: usize = 128;
/// Octets of a parameter's name.
const NAME_MAX: usize = 100;

/// The parameters of one field, in their order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parameters(Vec<Parameter>);

/// One parameter, continuations put together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parameter {
    /// In lower case, without the `*` of RFC 2231.
    pub name: String,
    /// As text. Encoded words, which do not belong here, are left as they are.
    pub value: String,
    /// Whether it was written with the charset syntax of RFC 2231 §4, `name*=utf-8''…`.
    pub extended: bool,
}

impl Parameters {
    /// One plain parameter.
    #[must_use]
    pub fn single(name: &str, value: &str) -> Self {
        Self(vec![Parameter { name: name.to_owned(), value: value.to_owned(), extended: false }])
    }

    /// The value of a parameter; give its name in lower case. Where both syntaxes are there, the extended one counts.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        let named = || self.0.iter().filter(|parameter| parameter.name == name);
        named().find(|parameter| parameter.extended).or_else(|| named().next()).map(|found| found.value.as_str())
    }

    /// All of them.
    pub fn iter(&self) -> std::slice::Iter<'_, Parameter> {
        self.0.iter()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<'a> IntoIterator for &'a Parameters {
    type Item = &'a Parameter;
    type IntoIter = std::slice::Iter<'a, Parameter>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// A field's value taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Parameterised {
    /// What stands before the first semicolon, without comments and white space.
    pub(super) head: Vec<u8>,
    /// What follows.
    pub(super) parameters: Parameters,
    /// The octets of `boundary`, which is compared and not read.
    pub(super) boundary: Option<Vec<u8>>,
}

/// Takes an unfolded value apart.
// [rfc2045#5.1]
pub(super) fn parse(value: &[u8]) -> Parameterised {
    let mut scanner = Scanner { rest: value };
    let mut head = scanner.unquoted();
    head.retain(|b| !b.is_ascii_whitespace());
    let mut pieces = Vec::new();
    while pieces.len() < PIECES_MAX
        && let Some(piece) = scanner.piece()
    {
        pieces.extend(piece);
    }
    let joined = join(pieces);
    let boundary = joined.iter().find(|parameter| parameter.name == b"boundary");
    let boundary = boundary.map(|parameter| parameter.value.trim_ascii_end().to_vec());
    let parameters = Parameters(joined.iter().map(Joined::to_parameter).collect());
    Parameterised { head, parameters, boundary }
}

/// Text with RFC 5322's comments taken out, which may be nested (§3.2.2). Quoted strings are no place for comments.
pub(super) fn without_comments(value: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(value.len());
    let mut rest = value;
    while let Some((&byte, after)) = rest.split_first() {
        if byte == b'(' {
            rest = after_comment(rest);
        } else {
            plain.push(byte);
            rest = after;
        }
    }
    plain
}

/// One `name=value` as written.
struct Piece {
    name: Vec<u8>,
    value: Vec<u8>,
}

struct Scanner<'a> {
    rest: &'a [u8],
}

impl Scanner<'_> {
    /// The next piece: none at the end, an empty one where there is something that is no parameter.
    fn piece(&mut self) -> Option<Option<Piece>> {
        self.skip_between();
        if self.rest.is_empty() {
            return None;
        }
        let end = memchr::memchr2(b'=', b';', self.rest).unwrap_or(self.rest.len());
        let (name, rest) = self.rest.split_at(end);
        let name = without_comments(name).trim_ascii().to_ascii_lowercase();
        let Some(rest) = rest.strip_prefix(b"=") else {
            self.rest = rest;
            return Some(None);
        };
        self.rest = rest;
        self.skip_white_space();
        let value = if self.rest.first() == Some(&b'"') { self.quoted() } else { self.unquoted() };
        let valid = !name.is_empty() && name.len() <= NAME_MAX && name.iter().all(|b| is_token(*b));
        Some(valid.then_some(Piece { name, value }))
    }

    fn skip_white_space(&mut self) {
        self.rest = self.rest.trim_ascii_start();
    }

    /// Passes over semicolons, white space and comments.
    fn skip_between(&mut self) {
        loop {
            self.skip_white_space();
            self.rest = match self.rest.first() {
                Some(b';') => &self.rest[1..],
                Some(b'(') => after_comment(self.rest),
                _ => return,
            };
        }
    }

    /// A quoted string (RFC 5322 §3.2.4); one that does not end goes up to the end of the field.
    fn quoted(&mut self) -> Vec<u8> {
        let mut value = Vec::new();
        let mut bytes = self.rest[1..].iter();
        while let Some(&byte) = bytes.next() {
            match byte {
                b'"' => break,
                b'\\' => value.extend(bytes.next()),
                byte => value.push(byte),
            }
        }
        self.rest = bytes.as_slice();
        value
    }

    /// All up to the next semicolon. A parenthesis begins a comment only after white space, since many names of files
    /// hold one and are not quoted as they should be.
    fn unquoted(&mut self) -> Vec<u8> {
        let mut value = Vec::new();
        while let Some((&byte, after)) = self.rest.split_first() {
            match byte {
                b';' => break,
                b'(' if value.last().is_none_or(u8::is_ascii_whitespace) => self.rest = after_comment(self.rest),
                byte => {
                    value.push(byte);
                    self.rest = after;
                }
            }
        }
        value.truncate(value.trim_ascii_end().len());
        value
    }
}

/// What follows the comment with which these bytes begin; comments hold comments, counted and not called.
// [rfc5322#3.2.2]
pub(super) fn after_comment(bytes: &[u8]) -> &[u8] {
    let mut depth = 0_usize;
    let mut rest = bytes.iter();
    while let Some(byte) = rest.next() {
        match byte {
            b'(' => depth += 1,
            b')' => depth -= 1,
            b'\\' => {
                rest.next();
            }
            _ => {}
        }
        if depth == 0 {
            break;
        }
    }
    rest.as_slice()
}

/// RFC 2045 §5.1, with the `*`, `'` and `%` of RFC 2231.
pub(super) fn is_token(byte: u8) -> bool {
    byte.is_ascii_graphic() && !b"()<>@,;:\\\"/[]?=".contains(&byte)
}

struct Joined {
    name: Vec<u8>,
    value: Vec<u8>,
    charset: Option<Vec<u8>>,
}

impl Joined {
    fn to_parameter(&self) -> Parameter {
        let value = match &self.charset {
            Some(charset) => charset::header_string(charset::decode(charset, &self.value).as_bytes()),
            None => charset::header_string(&self.value),
        };
        let name = String::from_utf8_lossy(&self.name).into_owned();
        Parameter { name, value, extended: self.charset.is_some() }
    }
}

/// The pieces of one parameter: what was written at once, and what was written in numbered pieces.
#[derive(Default)]
struct Gathered {
    order: usize,
    plain: Option<Vec<u8>>,
    extended: Option<Vec<u8>>,
    numbered: BTreeMap<u32, (Vec<u8>, Syntax)>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Syntax {
    Plain,
    Extended,
}

/// Puts pieces together (RFC 2231 §3 and §4), in any order; the first of equals counts.
// [rfc2231#3] [rfc2231#4.1]
fn join(pieces: Vec<Piece>) -> Vec<Joined> {
    let mut gathered: BTreeMap<Vec<u8>, Gathered> = BTreeMap::new();
    for (order, Piece { name, value }) in pieces.into_iter().enumerate() {
        let (base, number, syntax) = split_name(&name);
        let entry = gathered.entry(base.to_vec()).or_insert_with(|| Gathered { order, ..Gathered::default() });
        match (number, syntax) {
            (Some(number), syntax) => {
                entry.numbered.entry(number).or_insert((value, syntax));
            }
            (None, Syntax::Plain) => {
                entry.plain.get_or_insert(value);
            }
            (None, Syntax::Extended) => {
                entry.extended.get_or_insert(value);
            }
        }
    }
    let mut ordered: Vec<_> = gathered.into_iter().collect();
    ordered.sort_by_key(|(_, entry)| entry.order);
    ordered.into_iter().flat_map(|(name, entry)| entry.join(&name)).collect()
}

impl Gathered {
    /// At most one plain and one extended parameter.
    fn join(self, name: &[u8]) -> Vec<Joined> {
        let continued = self.continued(name);
        let plain = self.plain.map(|value| Joined { name: name.to_vec(), value, charset: None });
        let extended = self.extended.map(|value| {
            let (charset, text) = split_charset(&value);
            Joined { name: name.to_vec(), value: percent_decoded(text), charset: Some(charset.to_vec()) }
        });
        let mut joined: Vec<Joined> = plain.into_iter().chain(extended).collect();
        let fresh = |found: &Joined| joined.iter().all(|other| other.charset.is_some() != found.charset.is_some());
        let continued = continued.filter(fresh);
        joined.extend(continued);
        joined
    }

    /// The numbered pieces from the first on, up to a gap.
    fn continued(&self, name: &[u8]) -> Option<Joined> {
        let (&first, (head, syntax)) = self.numbered.first_key_value()?;
        let (charset, text) = match syntax {
            Syntax::Extended => {
                let (charset, text) = split_charset(head);
                (Some(charset.to_vec()), percent_decoded(text))
            }
            Syntax::Plain => (None, head.clone()),
        };
        let mut joined = Joined { name: name.to_vec(), value: text, charset };
        for (expected, (number, (value, syntax))) in (first..).zip(&self.numbered).skip(1) {
            if expected != *number {
                break;
            }
            match syntax {
                Syntax::Extended => {
                    joined.value.extend(percent_decoded(value));
                    joined.charset.get_or_insert_default();
                }
                Syntax::Plain => joined.value.extend_from_slice(value),
            }
        }
        (first <= 1).then_some(joined)
    }
}

/// `name*2*` is (`name`, 2, extended); what has no such form is a plain name.
fn split_name(name: &[u8]) -> (&[u8], Option<u32>, Syntax) {
    let (rest, syntax) = match name.strip_suffix(b"*") {
        Some(rest) => (rest, Syntax::Extended),
        None => (name, Syntax::Plain),
    };
    let Some(star) = memchr::memchr(b'*', rest) else {
        return (rest, None, syntax);
    };
    let digits = &rest[star + 1..];
    let number = std::str::from_utf8(digits).ok().filter(|text| text.bytes().all(|b| b.is_ascii_digit()));
    match number.and_then(|text| text.parse().ok()) {
        Some(number) => (&rest[..star], Some(number), syntax),
        None => (name, None, Syntax::Plain),
    }
}

/// `utf-8'fr'texte` is (`utf-8`, `texte`): the first two quotes count, the text may hold more.
// [rfc2231#4]
fn split_charset(value: &[u8]) -> (&[u8], &[u8]) {
    let mut parts = value.splitn(3, |b| *b == b'\'');
    match (parts.next(), parts.next(), parts.next()) {
        (Some(charset), Some(_language), Some(text)) => (charset, text),
        _ => (&[], value),
    }
}

/// Undoes `%41`; a percent sign before anything else stays.
pub(super) fn percent_decoded(text: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&byte, after)) = rest.split_first() {
        match after {
            [high, low, tail @ ..] if byte == b'%' && high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                plain.push(nibble(*high) << 4 | nibble(*low));
                rest = tail;
            }
            _ => {
                plain.push(byte);
                rest = after;
            }
        }
    }
    plain
}
