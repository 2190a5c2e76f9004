//! Sections of a message as IMAP names them (RFC 9051 §6.4.5.1): `BODY[]`, `BODY[1.2]`, `BODY[2.HEADER]` and the
//! others, from their text to the octets they stand for.

use std::fmt;
use std::ops::Range;

use super::header::{Keep, select};
use super::structure::{Part, Structure};

/// How deep a section may point.
const PATH_MAX: usize = 255;
/// Field names that one section may list.
const NAMES_MAX: usize = 200;

/// What stands between the brackets of `BODY[…]`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Section {
    /// The numbers, none for the message itself.
    pub path: Vec<u32>,
    /// What of that part.
    pub text: SectionText,
}

/// What of a part or message is meant.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum SectionText {
    /// The whole message, or the body of the part.
    #[default]
    Whole,
    /// The header of a message.
    Header,
    /// Named fields of the header of a message.
    HeaderFields(Vec<String>),
    /// All other fields of the header of a message.
    HeaderFieldsNot(Vec<String>),
    /// The body of a message.
    Text,
    /// The header of the part.
    Mime,
}

/// Where a section lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found<'a> {
    /// It is these octets of the message.
    Octets(Range<u64>),
    /// It is a choice of the fields in the header that is these octets of the message.
    Fields(Range<u64>, Fields<'a>),
}

/// A choice of header fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fields<'a> {
    names: &'a [String],
    keep: Keep,
}

impl Fields<'_> {
    /// The chosen fields of this header and a blank line.
    #[must_use]
    pub fn of(self, header: &[u8]) -> Vec<u8> {
        select(header, self.names, self.keep)
    }
}

impl Section {
    /// Reads what stands between the brackets: numbers, keywords in any case, a list of field names, which may be
    /// quoted. None where that has no valid form.
    // [rfc9051#6.4.5.1]
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut path = Vec::new();
        let mut rest = text;
        while rest.starts_with(|c: char| c.is_ascii_digit()) {
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            let number = rest[..digits].parse().ok().filter(|number| *number > 0)?;
            if path.len() == PATH_MAX {
                return None;
            }
            path.push(number);
            rest = match rest[digits..].strip_prefix('.') {
                Some("") => return None,
                Some(after) => after,
                None if rest.len() == digits => return Some(Self { path, text: SectionText::Whole }),
                None => return None,
            };
        }
        let text = SectionText::parse(rest)?;
        let valid = match text {
            SectionText::Mime => !path.is_empty(),
            SectionText::Whole => path.is_empty(),
            _ => true,
        };
        valid.then_some(Self { path, text })
    }

    /// Whether octets of the message's body are meant; its own header and fields of it are none. The header of an
    /// enclosed message and of a part are inside the body.
    // [proofs#when-is-it-open]
    #[must_use]
    pub fn is_body(&self) -> bool {
        !self.path.is_empty() || matches!(self.text, SectionText::Whole | SectionText::Text)
    }

    /// The part that the numbers lead to; none for a message itself, and where there is no such part.
    #[must_use]
    pub fn part<'a>(&self, structure: &'a Structure) -> Option<&'a Part> {
        match Place::of(structure, &self.path)? {
            Place::Part(index) => structure.part(index),
            Place::Message(_) | Place::Missing(_) => None,
        }
    }

    /// How many octets it has; none where it is not there, or is a choice of fields.
    #[must_use]
    pub fn octets(&self, structure: &Structure) -> u64 {
        match self.find(structure) {
            Some(Found::Octets(range)) => range.end - range.start,
            _ => 0,
        }
    }

    /// Where the section lies in a message; none if the message has no such part, or if `HEADER` or `TEXT` are asked of
    /// a part that holds no message.
    // [rfc9051#6.4.5.1]
    #[must_use]
    pub fn find(&self, structure: &Structure) -> Option<Found<'_>> {
        let place = Place::of(structure, &self.path)?;
        let fields = |names, keep| {
            let header = place.message(structure)?.header.clone();
            Some(Found::Fields(header, Fields { names, keep }))
        };
        match &self.text {
            SectionText::Whole => place.whole(structure).map(Found::Octets),
            SectionText::Mime => place.header(structure).map(Found::Octets),
            SectionText::Header => Some(Found::Octets(place.message(structure)?.header.clone())),
            SectionText::Text => Some(Found::Octets(place.message(structure)?.body.clone())),
            SectionText::HeaderFields(names) => fields(names, Keep::Named),
            SectionText::HeaderFieldsNot(names) => fields(names, Keep::Others),
        }
    }
}

/// As it stands in a response (RFC 9051 §7.5.2, `BODY[<section>]`), without the brackets.
impl fmt::Display for Section {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, number) in self.path.iter().enumerate() {
            write!(f, "{}{number}", if index == 0 { "" } else { "." })?;
        }
        let (keyword, names) = match &self.text {
            SectionText::Whole => return Ok(()),
            SectionText::Header => ("HEADER", None),
            SectionText::HeaderFields(names) => ("HEADER.FIELDS", Some(names)),
            SectionText::HeaderFieldsNot(names) => ("HEADER.FIELDS.NOT", Some(names)),
            SectionText::Text => ("TEXT", None),
            SectionText::Mime => ("MIME", None),
        };
        write!(f, "{}{keyword}", if self.path.is_empty() { "" } else { "." })?;
        match names {
            Some(names) => write!(f, " ({})", names.iter().map(|name| astring(name)).collect::<Vec<_>>().join(" ")),
            None => Ok(()),
        }
    }
}

/// The octets of a section from `start` on, at most `length` of them; empty past the end (RFC 9051 §6.4.5).
// [rfc9051#6.4.5]
#[must_use]
pub fn partial(section: &Range<u64>, start: u64, length: u64) -> Range<u64> {
    let from = section.start.saturating_add(start).min(section.end);
    from..from.saturating_add(length).min(section.end)
}

impl SectionText {
    fn parse(text: &str) -> Option<Self> {
        let (keyword, list) = match text.find(' ') {
            Some(space) => (&text[..space], Some(names(&text[space + 1..])?)),
            None => (text, None),
        };
        match (keyword.to_ascii_uppercase().as_str(), list) {
            ("", None) => Some(Self::Whole),
            ("HEADER", None) => Some(Self::Header),
            ("TEXT", None) => Some(Self::Text),
            ("MIME", None) => Some(Self::Mime),
            ("HEADER.FIELDS", Some(names)) => Some(Self::HeaderFields(names)),
            ("HEADER.FIELDS.NOT", Some(names)) => Some(Self::HeaderFieldsNot(names)),
            _ => None,
        }
    }
}

/// `(From "To")`: at least one name.
fn names(list: &str) -> Option<Vec<String>> {
    let inner = list.strip_prefix('(')?.strip_suffix(')')?;
    let name = |word: &str| {
        let quoted = word.strip_prefix('"').and_then(|word| word.strip_suffix('"'));
        let name = quoted.unwrap_or(word);
        let valid = !name.is_empty() && name.bytes().all(|b| b.is_ascii_graphic() && !b"\"\\(){:".contains(&b));
        valid.then(|| name.to_owned())
    };
    let names: Vec<String> = inner.split(' ').take(NAMES_MAX + 1).map(name).collect::<Option<_>>()?;
    (names.len() <= NAMES_MAX).then_some(names)
}

/// A field name as an atom, or quoted where it is none. Names come from [`Section::parse`] or from an IMAP parser that
/// took a literal: quotes and line ends are written so that they end nothing.
fn astring(name: &str) -> String {
    let atom = |b: u8| b.is_ascii_graphic() && !b"\"\\(){%*]".contains(&b);
    if !name.is_empty() && name.bytes().all(atom) {
        return name.to_owned();
    }
    let printable = name.chars().filter(|c| !c.is_control() && c.is_ascii());
    let escaped = printable.flat_map(|c| matches!(c, '"' | '\\').then_some('\\').into_iter().chain([c]));
    format!("\"{}\"", escaped.collect::<String>())
}

/// What the numbers of a section lead to.
#[derive(Debug, Clone, Copy)]
enum Place {
    /// A message as a whole: the one itself, or one that is embedded. This is the part that is its body.
    Message(u32),
    /// A part.
    Part(u32),
    /// The first part of a multipart that has none, which is empty.
    Missing(u32),
}

impl Place {
    /// Follows the numbers. A message that is no multipart has one part, 1.
    fn of(structure: &Structure, path: &[u32]) -> Option<Self> {
        let mut place = Self::Message(0);
        for number in path {
            place = place.enter(structure, *number)?;
        }
        Some(place)
    }

    fn enter(self, structure: &Structure, number: u32) -> Option<Self> {
        let divided = match self {
            Self::Message(index) => index,
            Self::Part(index) if structure.part(index)?.is_multipart() => index,
            Self::Part(index) => embedded(structure, index)?,
            Self::Missing(_) => return None,
        };
        if !structure.part(divided)?.is_multipart() {
            return (number == 1).then_some(Self::Part(divided));
        }
        let skipped = usize::try_from(number.checked_sub(1)?).ok()?;
        match structure.children(divided).nth(skipped) {
            Some(child) => Some(Self::Part(child)),
            None => (number == 1).then_some(Self::Missing(divided)),
        }
    }

    fn whole(self, structure: &Structure) -> Option<Range<u64>> {
        match self {
            Self::Message(_) => Some(0..structure.size),
            Self::Part(index) => Some(structure.part(index)?.body.clone()),
            Self::Missing(index) => structure.part(index).map(|part| part.body.end..part.body.end),
        }
    }

    fn header(self, structure: &Structure) -> Option<Range<u64>> {
        match self {
            Self::Message(index) | Self::Part(index) => Some(structure.part(index)?.header.clone()),
            Self::Missing(_) => self.whole(structure),
        }
    }

    /// The message whose header and text are meant.
    fn message(self, structure: &Structure) -> Option<&Part> {
        match self {
            Self::Message(index) => structure.part(index),
            Self::Part(index) => structure.part(embedded(structure, index)?),
            Self::Missing(_) => None,
        }
    }
}

/// The message that a part holds.
fn embedded(structure: &Structure, index: u32) -> Option<u32> {
    if !structure.part(index)?.content_type.is_message() {
        return None;
    }
    structure.children(index).next()
}
