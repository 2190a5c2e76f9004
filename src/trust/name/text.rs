//! The text form of distinguished names: RFC 4514, and the liberties that people take with it.

use std::fmt;

use super::{Attribute, AttributeType, x509};

/// Bytes of a text; the longest of the real list has about 150.
const TEXT_MAX: usize = 4096;
/// Attributes of a name.
const ATTRIBUTES_MAX: usize = 64;
/// What RFC 4514 §2.4 has escaped wherever it stands.
const SPECIAL: &str = "\"+,;<>\\";

/// Why a text is not a distinguished name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NameError {
    /// Nothing in it.
    Empty,
    /// Longer than 4,096 bytes or more than 64 attributes.
    TooLong,
    /// No `=` where an attribute should be; what stands there.
    NotAnAttribute(String),
    /// A keyword that is not known.
    UnknownType(String),
    /// A `\` that is followed by nothing that may be escaped, or escaped bytes that are not UTF-8.
    Escape,
}

impl fmt::Display for NameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("the distinguished name is empty"),
            Self::TooLong => f.write_str("the distinguished name is too long"),
            Self::NotAnAttribute(text) => write!(f, "{text:?} is not of the form TYPE=value"),
            Self::UnknownType(text) => write!(f, "{text:?} is not a known attribute type"),
            Self::Escape => f.write_str("a backslash stands where nothing is escaped"),
        }
    }
}

impl std::error::Error for NameError {}

pub(super) fn parse(text: &str) -> Result<Vec<Attribute>, NameError> {
    if text.len() > TEXT_MAX {
        return Err(NameError::TooLong);
    }
    let mut attributes = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        if attributes.len() == ATTRIBUTES_MAX {
            return Err(NameError::TooLong);
        }
        let (kind, after) = attribute_type(rest)?;
        let (value, after) = attribute_value(after.trim_start())?;
        attributes.push(Attribute { kind, value });
        rest = after.trim_start();
    }
    if attributes.is_empty() { Err(NameError::Empty) } else { Ok(attributes) }
}

fn attribute_type(text: &str) -> Result<(AttributeType, &str), NameError> {
    let shown = || text.chars().take(40).collect::<String>();
    let (keyword, rest) = text.split_once('=').ok_or_else(|| NameError::NotAnAttribute(shown()))?;
    let keyword = keyword.trim();
    if keyword.is_empty() {
        return Err(NameError::NotAnAttribute(shown()));
    }
    let unknown = || NameError::UnknownType(keyword.chars().take(40).collect());
    AttributeType::from_text(keyword).map(|kind| (kind, rest)).ok_or_else(unknown)
}

/// The value at the start of `text`, and what follows its separator.
fn attribute_value(text: &str) -> Result<(String, &str), NameError> {
    if let Some(found) = hexadecimal(text) {
        return Ok(found);
    }
    if let Some(found) = quoted(text) {
        return Ok(found);
    }
    let mut value = Vec::new();
    // Where the value ends when the spaces after it are no part of it: an escaped space is.
    let mut kept = 0;
    let mut characters = text.char_indices();
    while let Some((at, c)) = characters.next() {
        if separates(&text[at..]) {
            value.truncate(kept);
            return Ok((into_text(value)?, &text[at + 1..]));
        }
        if c == '\\' {
            escape(&mut characters, &mut value)?;
            kept = value.len();
            continue;
        }
        value.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
        if !c.is_whitespace() {
            kept = value.len();
        }
    }
    value.truncate(kept);
    Ok((into_text(value)?, ""))
}

fn into_text(bytes: Vec<u8>) -> Result<String, NameError> {
    String::from_utf8(bytes).map_err(|_| NameError::Escape)
}

/// What follows a backslash: a special character, or two hexadecimal digits of one byte.
fn escape(characters: &mut std::str::CharIndices<'_>, value: &mut Vec<u8>) -> Result<(), NameError> {
    let (_, first) = characters.next().ok_or(NameError::Escape)?;
    if let Some(high) = first.to_digit(16) {
        let low = characters.next().and_then(|(_, c)| c.to_digit(16)).ok_or(NameError::Escape)?;
        value.push(u8::try_from(high * 16 + low).map_err(|_| NameError::Escape)?);
        return Ok(());
    }
    if first.is_alphanumeric() || first.is_control() {
        return Err(NameError::Escape);
    }
    value.extend_from_slice(first.encode_utf8(&mut [0; 4]).as_bytes());
    Ok(())
}

/// Whether an attribute ends here. A comma that is followed by no other attribute belongs to the value: people forget
/// to escape it, and the worst that can come of guessing wrong is a name that equals no certificate's.
fn separates(text: &str) -> bool {
    let Some(rest) = text.strip_prefix([',', ';', '+']) else { return false };
    let rest = rest.trim_start();
    let keyword = rest.split_once('=').map(|(keyword, _)| keyword.trim());
    rest.is_empty() || keyword.is_some_and(|keyword| AttributeType::from_text(keyword).is_some())
}

/// `"a value, with anything"`, the form of RFC 2253 that is still written. Quotes inside a value are just characters.
fn quoted(text: &str) -> Option<(String, &str)> {
    let inner = text.strip_prefix('"')?;
    let mut value = String::new();
    let mut characters = inner.char_indices();
    while let Some((at, c)) = characters.next() {
        match c {
            '\\' => value.push(characters.next().filter(|(_, c)| !c.is_alphanumeric() && !c.is_control())?.1),
            '"' => {
                let rest = inner[at + 1..].trim_start();
                return (rest.is_empty() || separates(rest)).then(|| (value, rest.get(1..).unwrap_or("")));
            }
            c => value.push(c),
        }
    }
    None
}

/// `#` and the hexadecimal of a BER value; decoded when it is a character string.
fn hexadecimal(text: &str) -> Option<(String, &str)> {
    let digits = text.strip_prefix('#')?;
    let end = digits.find(|c: char| !c.is_ascii_hexdigit()).unwrap_or(digits.len());
    let (digits, rest) = digits.split_at(end);
    let rest = rest.trim_start();
    if digits.is_empty() || digits.len() % 2 != 0 || !(rest.is_empty() || separates(rest)) {
        return None;
    }
    let byte = |at: usize| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok();
    let bytes: Option<Vec<u8>> = (0..digits.len()).step_by(2).map(byte).collect();
    Some((x509::decode_value(&bytes?), rest.get(1..).unwrap_or("")))
}

/// Writes the form of RFC 4514: `CN=a,OU=b`.
pub(super) fn write(attributes: &[Attribute], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    for (index, attribute) in attributes.iter().enumerate() {
        let comma = if index == 0 { "" } else { "," };
        write!(f, "{comma}{}=", attribute.kind)?;
        write_value(&attribute.value, f)?;
    }
    Ok(())
}

fn write_value(value: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let last = value.chars().count().saturating_sub(1);
    for (index, c) in value.chars().enumerate() {
        let at_an_end = index == 0 || index == last;
        if c.is_control() || (c.is_whitespace() && c != ' ' && at_an_end) {
            for byte in c.encode_utf8(&mut [0; 4]).bytes() {
                write!(f, "\\{byte:02x}")?;
            }
        } else if SPECIAL.contains(c) || (c == ' ' && at_an_end) || (c == '#' && index == 0) {
            write!(f, "\\{c}")?;
        } else {
            write!(f, "{c}")?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::DistinguishedName;
    use super::*;

    /// [rfc4514#3]
    #[test]
    fn texts_that_are_no_names() {
        for (text, error) in [
            ("", NameError::Empty),
            (" , ", NameError::NotAnAttribute(", ".into())),
            ("mss.chu.fr", NameError::NotAnAttribute("mss.chu.fr".into())),
            ("=x", NameError::NotAnAttribute("=x".into())),
            ("NOM=x", NameError::UnknownType("NOM".into())),
            ("1..2=x", NameError::UnknownType("1..2".into())),
            ("CN=a\\", NameError::Escape),
            ("CN=a\\4", NameError::Escape),
            ("CN=a\\xy", NameError::Escape),
            ("CN=\\ff", NameError::Escape),
        ] {
            assert_eq!(parse(text), Err(error), "{text}");
        }
        assert_eq!(parse(&"CN=x,".repeat(65)), Err(NameError::TooLong));
        assert_eq!(parse(&format!("CN={}", "x".repeat(TEXT_MAX))), Err(NameError::TooLong));
    }

    fn attribute() -> impl Strategy<Value = Attribute> {
        let types = prop::sample::select(vec!["CN", "OU", "O", "L", "ST", "C", "STREET", "1.3.6.1.4.1.4203.1"]);
        (types, "\\PC{0,12}|[ ,;+=\"#\\\\a-f0-9(]{0,8}|.{0,6}")
            .prop_map(|(kind, value)| Attribute { kind: AttributeType::from_text(kind).unwrap(), value })
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(attributes in prop::collection::vec(attribute(), 1..6)) {
            let name = DistinguishedName::new(attributes);
            let text = name.to_string();
            let read = DistinguishedName::parse(&text).unwrap();
            prop_assert_eq!(read.attributes(), name.attributes(), "{}", text);
            prop_assert_eq!(read, name);
        }

        #[test]
        fn no_text_makes_it_panic(text in "(CN|O|x)?[ ,;+=\"#\\\\a-f0-9(é]{0,40}|\\PC{0,60}") {
            if let Ok(attributes) = parse(&text) {
                let name = DistinguishedName::new(attributes);
                prop_assert_eq!(DistinguishedName::parse(&name.to_string()).unwrap(), name);
            }
        }
    }
}
