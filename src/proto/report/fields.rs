//! The fields of a report's part for programs (RFC 3464 §2.1): groups of header fields between empty lines. Read within
//! bounds, written by others: nothing of it is believed here.

use crate::mail::Address;
use crate::proto::mime::Headers;

/// Groups that are read: one for the message, one for each of 1,000 recipients.
const GROUPS_MAX: usize = 1001;
/// Fields of a group that are read.
const FIELDS_MAX: usize = 64;
/// Octets of a value that are read.
const VALUE_MAX: usize = 2000;

/// One group of fields.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fields(Vec<(String, String)>);

/// An address with its type: `rfc822; x@y` (RFC 3464 §2.1.2) or `utf-8; …` (RFC 6533 §3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypedAddress {
    /// `rfc822`, `utf-8`, or another, lower case.
    pub kind: String,
    /// What follows, with UTF-8 in place of its escapes.
    pub text: String,
}

impl Fields {
    /// The value of the first field of this name (any case), comments and all, on one line.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// All values of this name.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The value as an address with its type.
    #[must_use]
    pub fn address(&self, name: &str) -> Option<TypedAddress> {
        let (kind, text) = self.get(name)?.split_once(';')?;
        let kind = kind.trim().to_ascii_lowercase();
        let text = text.trim();
        let text = if kind == "utf-8" { unescape(text) } else { text.to_owned() };
        Some(TypedAddress { kind, text })
    }
}

impl TypedAddress {
    /// As a mail address, where it is one.
    #[must_use]
    pub fn mail(&self) -> Option<Address> {
        let text = self.text.trim_start_matches('<').trim_end_matches('>');
        matches!(self.kind.as_str(), "rfc822" | "utf-8").then(|| Address::parse(text).ok()).flatten()
    }
}

/// The groups of fields in these bytes. More groups, fields or octets than the limits are passed over.
// [rfc3464#2.1]
#[must_use]
pub fn groups(bytes: &[u8]) -> Vec<Fields> {
    let mut groups = Vec::new();
    let mut rest = bytes;
    while groups.len() < GROUPS_MAX {
        rest = &rest[blank_lines(rest)..];
        if rest.is_empty() {
            break;
        }
        let mut group = Fields::default();
        let mut length = 0;
        for field in Headers::new(rest) {
            length = field.range.end;
            if !field.name.is_empty() && group.0.len() < FIELDS_MAX {
                let name = String::from_utf8_lossy(field.name).into_owned();
                let value = field.value();
                let value = &value[..value.len().min(VALUE_MAX)];
                group.0.push((name, super::line(&String::from_utf8_lossy(value), VALUE_MAX)));
            }
        }
        groups.push(group);
        rest = &rest[length..];
    }
    groups
}

fn blank_lines(bytes: &[u8]) -> usize {
    bytes.iter().take_while(|b| matches!(b, b'\r' | b'\n')).count()
}

/// Replaces `\x{…}` (RFC 6533 §3) by what it stands for; what has another form stays.
// [rfc6533#3]
fn unescape(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("\\x{") {
        let (before, after) = rest.split_at(at);
        plain.push_str(before);
        let digits = after[3..].split_once('}').filter(|(digits, _)| (1..=6).contains(&digits.len()));
        let read = digits.and_then(|(digits, after)| Some((u32::from_str_radix(digits, 16).ok()?, after)));
        match read.and_then(|(number, after)| Some((char::from_u32(number)?, after))) {
            Some((c, after)) if !c.is_control() => {
                plain.push(c);
                rest = after;
            }
            _ => {
                plain.push_str("\\x{");
                rest = &after[3..];
            }
        }
    }
    plain.push_str(rest);
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_cut_at_empty_lines() {
        // [rfc3464#2.1]
        let read = groups(b"\r\nA: 1\r\nB: 2\r\n 3\r\n\r\n\r\nC: 4\n\nno field\r\nD: 5");
        assert_eq!(read.len(), 3, "{read:?}");
        assert_eq!((read[0].get("a"), read[0].get("B")), (Some("1"), Some("2 3")));
        assert_eq!((read[1].get("C"), read[2].get("d")), (Some("4"), Some("5")));
    }

    #[test]
    fn limits_pass_over_what_is_too_much() {
        assert_eq!(groups("A: b\n\n".repeat(5000).as_bytes()).len(), GROUPS_MAX);
        let wide = groups("A: b\n".repeat(5000).as_bytes());
        assert_eq!(wide[0].all("a").count(), FIELDS_MAX);
        let long = groups(format!("A: {}é", "x".repeat(VALUE_MAX - 1)).as_bytes());
        assert!(long[0].get("A").unwrap().len() <= VALUE_MAX + 2);
    }

    #[test]
    fn addresses_have_types() {
        // [rfc3464#2.1] [rfc6533#3]
        let of = |value: &str| groups(format!("F: {value}").as_bytes())[0].address("f");
        let mail = |value: &str| of(value).and_then(|a| a.mail()).map(|a| a.to_string());
        assert_eq!(mail("rfc822;x@b.fr").as_deref(), Some("x@b.fr"));
        assert_eq!(mail("RFC822; <x@b.fr>").as_deref(), Some("x@b.fr"));
        assert_eq!(mail(r"utf-8; \x{E9}lise@b.fr").as_deref(), Some("élise@b.fr"));
        assert_eq!(mail("utf-8; élise@b.fr").as_deref(), Some("élise@b.fr"));
        assert_eq!(mail(r"utf-8; \x{D800}\x{A}\x{}\x{1234567}@b.fr"), None);
        for bad in ["x@b.fr", "x400; x@b.fr", "rfc822;", "rfc822; x"] {
            assert_eq!(mail(bad), None, "{bad}");
        }
    }
}
