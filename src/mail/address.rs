//! Mail addresses and domains, parsed once into forms that compare with `==`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// RFC 5321 §4.5.3.1.1: octets of a local part.
const LOCAL_PART_MAX: usize = 64;
/// RFC 5321 §4.5.3.1.2: octets of a domain.
const DOMAIN_MAX: usize = 255;

/// Why a text is not an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AddressError {
    /// No `@`, or nothing on one side of it.
    Shape,
    /// The local part holds a character or a quote that RFC 5321 §4.1.2 does not allow.
    LocalPart,
    /// The domain is not a host name (RFC 5321 §4.1.2, UTS #46), or an address literal.
    Domain,
    /// Longer than RFC 5321 §4.5.3.1 allows.
    TooLong,
}

impl fmt::Display for AddressError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Shape => "an address has the form local@domain",
            Self::LocalPart => "the part before the @ holds a character that is not allowed",
            Self::Domain => "the part after the @ is not a domain name",
            Self::TooLong => "the address is too long",
        })
    }
}

impl std::error::Error for AddressError {}

/// A domain name in its normalised form: lower case, internationalised labels as A-labels, no final dot.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Domain(String);

impl Domain {
    /// Parses a host name. `Hôpital-Nord.mssante.FR` gives `xn--hpital-nord-2eb.mssante.fr`.
    ///
    /// # Errors
    /// `Domain` when it is no host name (labels of letters, digits and hyphens after UTS #46), `TooLong` above 255
    /// octets.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        if text.len() > DOMAIN_MAX {
            return Err(AddressError::TooLong);
        }
        let text = text.strip_suffix('.').unwrap_or(text);
        let ascii = idna::domain_to_ascii_strict(text).map_err(|_| AddressError::Domain)?;
        let label_ok = |label: &str| {
            !label.is_empty()
                && label.len() <= 63
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        };
        if ascii.is_empty() || !ascii.split('.').all(label_ok) {
            return Err(AddressError::Domain);
        }
        Ok(Self(ascii))
    }

    /// The normalised text, ASCII.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Domain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Domain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Domain {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        Self::parse(text)
    }
}

/// A mail address. The local part keeps its case, as RFC 5321 §2.4 asks; [`Address::key`] folds it for look-ups.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Address {
    local: String,
    domain: Domain,
}

impl Address {
    /// Parses `local@domain`, where the local part is a dot-string or a quoted string (RFC 5321 §4.1.2), UTF-8
    /// allowed (RFC 6531 §3.3). No angle brackets, no source route, no address literal.
    ///
    /// # Errors
    /// Says which part is wrong.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let at = text.rfind('@').ok_or(AddressError::Shape)?;
        let (local, domain) = (&text[..at], &text[at + 1..]);
        if local.is_empty() || domain.is_empty() {
            return Err(AddressError::Shape);
        }
        let local = if local.starts_with('"') { unquote(local)? } else { dot_string(local)? };
        if local.len() > LOCAL_PART_MAX {
            return Err(AddressError::TooLong);
        }
        Ok(Self { local, domain: Domain::parse(domain)? })
    }

    /// The part before the `@`, without quotes.
    #[must_use]
    pub fn local(&self) -> &str {
        &self.local
    }

    /// The part after the `@`.
    #[must_use]
    pub fn domain(&self) -> &Domain {
        &self.domain
    }

    /// The form under which this server looks an address up: local part in lower case.
    #[must_use]
    pub fn key(&self) -> String {
        format!("{}@{}", self.local.to_lowercase(), self.domain)
    }

    /// Whether writing it needs SMTPUTF8 (RFC 6531).
    #[must_use]
    pub fn needs_utf8(&self) -> bool {
        !self.local.is_ascii()
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if dot_string(&self.local).is_ok() {
            return write!(f, "{}@{}", self.local, self.domain);
        }
        f.write_str("\"")?;
        for c in self.local.chars() {
            if matches!(c, '"' | '\\') {
                f.write_str("\\")?;
            }
            write!(f, "{c}")?;
        }
        write!(f, "\"@{}", self.domain)
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        Self::parse(text)
    }
}

fn atext(c: char) -> bool {
    c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c) || (!c.is_ascii() && !c.is_control())
}

fn dot_string(text: &str) -> Result<String, AddressError> {
    let atoms_ok = text.split('.').all(|atom| !atom.is_empty() && atom.chars().all(atext));
    if atoms_ok { Ok(text.to_owned()) } else { Err(AddressError::LocalPart) }
}

fn unquote(text: &str) -> Result<String, AddressError> {
    let inner = text.strip_prefix('"').and_then(|t| t.strip_suffix('"')).ok_or(AddressError::LocalPart)?;
    let mut plain = String::with_capacity(inner.len());
    let mut characters = inner.chars();
    while let Some(c) = characters.next() {
        let c = match c {
            '"' => return Err(AddressError::LocalPart),
            '\\' => characters.next().ok_or(AddressError::LocalPart)?,
            c => c,
        };
        if c.is_control() {
            return Err(AddressError::LocalPart);
        }
        plain.push(c);
    }
    if plain.is_empty() { Err(AddressError::LocalPart) } else { Ok(plain) }
}

/// Where errors go: an address, or nowhere (`<>`, the reverse-path of bounces, RFC 5321 §4.5.5).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ReversePath {
    /// `<>`.
    Null,
    /// `<local@domain>`.
    Address(Address),
}

impl ReversePath {
    /// The address, unless it is null.
    #[must_use]
    pub fn address(&self) -> Option<&Address> {
        match self {
            Self::Null => None,
            Self::Address(address) => Some(address),
        }
    }
}

impl fmt::Display for ReversePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => Ok(()),
            Self::Address(address) => address.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn domains_are_normalised() {
        for (text, normal) in [
            ("CHU-Nord.MSSante.FR", "chu-nord.mssante.fr"),
            ("Hôpital-Nord.mssante.FR", "xn--hpital-nord-2eb.mssante.fr"),
            ("mssante.fr.", "mssante.fr"),
        ] {
            assert_eq!(Domain::parse(text).map(|d| d.to_string()), Ok(normal.to_owned()), "{text}");
        }
    }

    #[test]
    fn what_is_no_domain_is_refused() {
        for text in ["", ".", "a..b", "-a.fr", "a-.fr", "a b.fr", "[127.0.0.1]", "a/b.fr", "a\0.fr", "a_b.fr"] {
            assert!(Domain::parse(text).is_err(), "{text:?}");
        }
        assert!(Domain::parse(&"a.".repeat(200)).is_err());
    }

    #[test]
    fn addresses_keep_their_case_and_fold_for_look_up() {
        let address = Address::parse("Jean.Dupont@CHU.mssante.fr").unwrap();
        assert_eq!(address.to_string(), "Jean.Dupont@chu.mssante.fr");
        assert_eq!(address.key(), "jean.dupont@chu.mssante.fr");
    }

    #[test]
    fn quoted_local_parts_come_back_quoted_only_where_needed() {
        assert_eq!(Address::parse("\"jean\"@a.fr").unwrap().to_string(), "jean@a.fr");
        assert_eq!(Address::parse("\"a \\\" b\"@a.fr").unwrap().to_string(), "\"a \\\" b\"@a.fr");
        assert_eq!(Address::parse("\"a@b\"@a.fr").unwrap().local(), "a@b");
    }

    #[test]
    fn what_is_no_address_is_refused() {
        let long = format!("{}@a.fr", "x".repeat(65));
        for text in [
            "a",
            "@a.fr",
            "a@",
            "a b@c.fr",
            ".a@c.fr",
            "a.@c.fr",
            "a..b@c.fr",
            "\"a@c.fr",
            "a\r\n@c.fr",
            "<a@b.fr>",
            &long,
        ] {
            assert!(Address::parse(text).is_err(), "{text:?}");
        }
    }
}
