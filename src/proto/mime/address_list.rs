//! Address lists of header fields (RFC 5322 §3.4) with their obsolete forms (§4.4): groups, routes, comments as names,
//! and what broken senders write. One pass, no recursion.
//!
//! For IMAP's ENVELOPE: encoded words stay as they are, and nothing is judged. Not for addresses that mail is sent to,
//! which are `mail::Address`.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::charset::header_string;
use super::parameters::after_comment;

/// Words of one entry that are kept; a longer name is cut.
const WORDS_MAX: usize = 1000;
/// How far the end of angle brackets is looked for, in octets. A limit, since a header may open brackets at every other
/// octet and close none.
const ANGLE_MAX: usize = 4096;

/// One entry of an address list, in the order and with the meaning of RFC 9051 §7.5.2.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Entry {
    /// A mailbox.
    Mailbox {
        /// The display name without quotes; encoded words as they are.
        name: Option<String>,
        /// The obsolete source route, `@a,@b`.
        route: Option<String>,
        /// What stands before the `@`, without quotes.
        local: String,
        /// What stands after it; empty where there is none.
        domain: String,
    },
    /// A group begins; this is its name.
    GroupStart(String),
    /// The group ends.
    GroupEnd,
}

/// Addresses that [`addresses`] reads.
const ADDRESSES_MAX: usize = 1000;

/// The entries of an unfolded value, at most 1,000.
#[must_use]
pub fn addresses(value: &[u8]) -> Vec<Entry> {
    parse(value, ADDRESSES_MAX)
}

/// Reads the entries of an unfolded value, at most so many.
// [rfc5322#3.4] [rfc5322#4.4]
pub(super) fn parse(value: &[u8], limit: usize) -> Vec<Entry> {
    let mut parser = Parser { rest: value, entries: Vec::new(), current: Current::default(), in_group: false };
    while parser.entries.len() < limit && parser.step() {}
    parser.finish(limit);
    parser.entries
}

/// The first entry of an unfolded value: a mailbox, or the beginning of a group.
#[must_use]
pub fn first_entry(value: &[u8]) -> Option<Entry> {
    parse(value, 1).into_iter().next()
}

/// What has been read of one entry.
#[derive(Default)]
struct Current<'a> {
    /// Words outside angle brackets.
    words: Vec<Word<'a>>,
    /// Whether one of them, unquoted, holds an `@`.
    at: bool,
    /// The first comment, a name where there is no other (RFC 5322 §3.4 note).
    comment: Option<Vec<u8>>,
    /// What the angle brackets hold.
    angle: Option<Angle>,
}

struct Word<'a> {
    text: Cow<'a, [u8]>,
    quoted: bool,
}

#[derive(Default)]
struct Angle {
    route: Option<Vec<u8>>,
    local: Vec<u8>,
    domain: Vec<u8>,
}

struct Parser<'a> {
    rest: &'a [u8],
    entries: Vec<Entry>,
    current: Current<'a>,
    in_group: bool,
}

impl<'a> Parser<'a> {
    /// Reads one token. False at the end.
    fn step(&mut self) -> bool {
        let Some((&byte, after)) = self.rest.split_first() else { return false };
        match byte {
            b' ' | b'\t' | b'\r' | b'\n' | b'>' => self.rest = after,
            b'(' => self.comment(),
            b'"' => {
                let (text, rest) = quoted(after);
                self.rest = rest;
                self.current.word(Word { text: text.into(), quoted: true });
            }
            b',' => {
                self.rest = after;
                self.end_entry();
            }
            b';' => {
                self.rest = after;
                self.end_entry();
                if std::mem::take(&mut self.in_group) {
                    self.entries.push(Entry::GroupEnd);
                }
            }
            b':' if !self.in_group && !self.current.at => {
                self.rest = after;
                self.begin_group();
            }
            b'<' => self.angle(),
            _ => self.atom(),
        }
        true
    }

    fn comment(&mut self) {
        let rest = after_comment(self.rest);
        let inner = &self.rest[1..self.rest.len() - rest.len()];
        let inner = inner.strip_suffix(b")").unwrap_or(inner);
        if self.current.comment.is_none() {
            self.current.comment = Some(unescaped(inner));
        }
        self.rest = rest;
    }

    fn begin_group(&mut self) {
        let current = std::mem::take(&mut self.current);
        self.entries.push(Entry::GroupStart(header_string(&phrase(&current.words))));
        self.in_group = true;
    }

    /// An atom, with its dots and `@`s; at least one octet, whatever it is.
    fn atom(&mut self) {
        let ends = |b: &u8| matches!(b, b' ' | b'\t' | b'\r' | b'\n' | b'(' | b'"' | b',' | b';' | b':' | b'<' | b'>');
        let literal = self.rest.iter().take_while(|b| !ends(b)).any(|b| *b == b'[');
        let end =
            if literal { self.past_literal(ends) } else { self.rest.iter().skip(1).position(ends).map(|p| p + 1) };
        let (text, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        self.current.at |= memchr::memchr(b'@', text).is_some();
        self.current.word(Word { text: text.into(), quoted: false });
        self.rest = rest;
    }

    /// The end of an atom that holds a domain literal, in which colons are no ends.
    fn past_literal(&self, ends: impl Fn(&u8) -> bool) -> Option<usize> {
        let mut inside = false;
        self.rest.iter().position(|b| {
            inside = (inside || *b == b'[') && *b != b']';
            ends(b) && !(inside && *b == b':')
        })
    }

    /// `<@route:local@domain>`; without the closing bracket it goes up to the next comma.
    fn angle(&mut self) {
        let end = angle_end(self.rest);
        let inner = &self.rest[1..end];
        self.rest = self.rest[end..].strip_prefix(b">").unwrap_or(&self.rest[end..]);
        let (route, spec) = match (inner.trim_ascii_start().first(), memchr::memchr(b':', inner)) {
            (Some(b'@'), Some(colon)) => (Some(inner[..colon].trim_ascii().to_vec()), &inner[colon + 1..]),
            _ => (None, inner),
        };
        let (local, domain) = split_spec(&words_of(spec));
        self.current.angle.get_or_insert(Angle { route, local, domain });
    }

    fn end_entry(&mut self) {
        let current = std::mem::take(&mut self.current);
        self.entries.extend(current.into_entry());
    }

    fn finish(&mut self, limit: usize) {
        if self.entries.len() < limit {
            self.end_entry();
        }
        if self.in_group {
            self.entries.push(Entry::GroupEnd);
        }
    }
}

impl<'a> Current<'a> {
    fn word(&mut self, word: Word<'a>) {
        if self.words.len() < WORDS_MAX {
            self.words.push(word);
        }
    }

    fn into_entry(self) -> Option<Entry> {
        let comment = self.comment.filter(|text| !text.trim_ascii().is_empty());
        let (name, route, local, domain) = match self.angle {
            Some(angle) => {
                let words = phrase(&self.words);
                let name = if words.is_empty() { comment } else { Some(words) };
                (name, angle.route, angle.local, angle.domain)
            }
            None if self.words.is_empty() => return None,
            None => {
                let (local, domain) = split_spec(&self.words);
                (comment, None, local, domain)
            }
        };
        Some(Entry::Mailbox {
            name: name.map(|name| header_string(name.trim_ascii())),
            route: route.map(|route| header_string(&route)),
            local: header_string(&local),
            domain: header_string(&domain),
        })
    }
}

/// Words with one space between them.
fn phrase(words: &[Word<'_>]) -> Vec<u8> {
    let texts: Vec<&[u8]> = words.iter().map(|word| &word.text[..]).collect();
    texts.join(&b' ')
}

/// Local part and domain: white space between the pieces goes (RFC 5322 §4.4), and the last `@` outside of quotes
/// divides them.
fn split_spec(words: &[Word<'_>]) -> (Vec<u8>, Vec<u8>) {
    let dividing = words.iter().enumerate().rev();
    let at = dividing
        .filter(|(_, word)| !word.quoted)
        .find_map(|(index, word)| memchr::memrchr(b'@', &word.text).map(|at| (index, at)));
    let joined = |words: &[Word<'_>]| words.iter().flat_map(|word| word.text.iter().copied()).collect::<Vec<u8>>();
    let Some((index, at)) = at else {
        return (joined(words), Vec::new());
    };
    let mut local = joined(&words[..index]);
    local.extend_from_slice(&words[index].text[..at]);
    let mut domain = words[index].text[at + 1..].to_vec();
    domain.extend(joined(&words[index + 1..]));
    (local, domain)
}

/// The words of what stands in angle brackets.
fn words_of(spec: &[u8]) -> Vec<Word<'_>> {
    let mut words = Vec::new();
    let mut rest = spec;
    while let Some((&byte, after)) = rest.split_first() {
        match byte {
            b'"' => {
                let (text, after) = quoted(after);
                words.push(Word { text: text.into(), quoted: true });
                rest = after;
            }
            b'(' => rest = after_comment(rest),
            b if b.is_ascii_whitespace() => rest = after,
            _ => {
                let ends = |b: &u8| b.is_ascii_whitespace() || matches!(b, b'"' | b'(');
                let end = rest.iter().position(ends).unwrap_or(rest.len());
                words.push(Word { text: rest[..end].into(), quoted: false });
                rest = &rest[end..];
            }
        }
    }
    words
}

/// Where the angle brackets end with which these bytes begin: at `>`, else before the next comma or semicolon, else at
/// the end. Quoted strings are passed over.
fn angle_end(bytes: &[u8]) -> usize {
    let mut quoted = false;
    let mut escaped = false;
    let mut separator = None;
    for (at, byte) in bytes.iter().enumerate().take(ANGLE_MAX).skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = quoted,
            b'"' => quoted = !quoted,
            b'>' if !quoted => return at,
            b'<' if !quoted => return separator.unwrap_or(at),
            b',' | b';' if !quoted && separator.is_none() => separator = Some(at),
            _ => {}
        }
    }
    separator.unwrap_or(bytes.len().min(ANGLE_MAX))
}

/// The text of a quoted string after its opening quote, and what follows it.
fn quoted(bytes: &[u8]) -> (Vec<u8>, &[u8]) {
    let mut text = Vec::new();
    let mut rest = bytes.iter();
    while let Some(&byte) = rest.next() {
        match byte {
            b'"' => break,
            b'\\' => text.extend(rest.next()),
            byte => text.push(byte),
        }
    }
    (text, rest.as_slice())
}

fn unescaped(text: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(text.len());
    let mut rest = text.iter();
    while let Some(&byte) = rest.next() {
        if byte == b'\\' { plain.extend(rest.next()) } else { plain.push(byte) }
    }
    plain
}
