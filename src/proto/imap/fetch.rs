//! FETCH's items (RFC 9051 §6.4.5): what is asked of each message, and how it is named in the answer.

use std::fmt;

use super::args::{Args, Parsed, is_atom, syntax};
use crate::mail::{Fault, Status};
use crate::proto::mime::section::{Section, SectionText};

/// Items of one command. Each content item may send the whole message again.
pub const ITEMS_MAX: usize = 64;
/// Names in one `HEADER.FIELDS`.
pub const FIELDS_MAX: usize = 200;
/// Levels of a part's number, `1.2.3`: no message is read deeper.
pub const LEVELS_MAX: usize = 100;

/// One item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FetchItem {
    /// `FLAGS`
    Flags,
    /// `UID`
    Uid,
    /// `INTERNALDATE`
    InternalDate,
    /// `RFC822.SIZE`
    Size,
    /// `MODSEQ`
    ModSeq,
    /// `SAVEDATE` (RFC 8514)
    SaveDate,
    /// `EMAILID` (RFC 8474)
    EmailId,
    /// `THREADID` (RFC 8474)
    ThreadId,
    /// `PREVIEW` (RFC 8970)
    Preview,
    /// `ENVELOPE`
    Envelope,
    /// `BODY`: the structure without extension data.
    Body,
    /// `BODYSTRUCTURE`
    BodyStructure,
    /// Octets of the message.
    Content(Content),
    /// `BINARY.SIZE[1.2]`: how many octets `BINARY[1.2]` has (RFC 3516).
    BinarySize(Section),
}

/// Octets of a message: which, and under which name they are sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    /// Which octets.
    pub section: Section,
    /// `<start.length>`: of those, only these.
    pub partial: Option<Partial>,
    /// Whether asking sets `\Seen`.
    pub seen: MarksSeen,
    name: Name,
}

/// Whether a FETCH of content sets `\Seen`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MarksSeen {
    /// `BODY[]`, `RFC822`, `RFC822.TEXT`.
    Yes,
    /// `BODY.PEEK[]`, `RFC822.HEADER`.
    No,
}

/// A range of a section's octets; beyond its end there are none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Partial {
    /// The first octet, from 0.
    pub start: u64,
    /// How many, at least 1.
    pub length: u64,
}

/// Under which name content is sent back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Name {
    Body,
    Binary,
    Rfc822,
    Rfc822Header,
    Rfc822Text,
}

impl Content {
    /// Whether the part's transfer encoding is to be undone.
    // [rfc3516#4.2]
    #[must_use]
    pub fn is_decoded(&self) -> bool {
        self.name == Name::Binary
    }

    /// Whether octets of the message's body leave, which is a transfer.
    // [proofs#when-is-it-open]
    #[must_use]
    pub fn is_body(&self) -> bool {
        self.section.is_body()
    }
}

impl fmt::Display for Content {
    /// The item's name in the answer: `BODY[1.MIME]<0>`. Of a partial only the start is named.
    // [rfc3501#7.4.2] [clients#imap-traps]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name {
            Name::Body => write!(f, "BODY[{}]", self.section)?,
            Name::Binary => write!(f, "BINARY[{}]", self.section)?,
            Name::Rfc822 => f.write_str("RFC822")?,
            Name::Rfc822Header => f.write_str("RFC822.HEADER")?,
            Name::Rfc822Text => f.write_str("RFC822.TEXT")?,
        }
        self.partial.map_or(Ok(()), |partial| write!(f, "<{}>", partial.start))
    }
}

/// Reads one item, a macro, or a list of items; each is kept once.
// [rfc3501#6.4.5]
pub(super) fn parse(args: &mut Args<'_>) -> Parsed<Vec<FetchItem>> {
    let items = match args.peek() {
        Some(b'(') => args.list(item)?,
        _ => match macro_items(args) {
            Some(items) => items,
            None => vec![item(args)?],
        },
    };
    if items.len() > ITEMS_MAX {
        return Err(Fault::user(Status::LimitReached, "too many items in a FETCH"));
    }
    let mut once = Vec::with_capacity(items.len());
    for item in items {
        if !once.contains(&item) {
            once.push(item);
        }
    }
    Ok(once)
}

fn macro_items(args: &mut Args<'_>) -> Option<Vec<FetchItem>> {
    use FetchItem::{Body, Envelope, Flags, InternalDate, Size};
    let end = args.rest().iter().position(|b| !is_atom(*b)).unwrap_or(args.rest().len());
    let items = match args.rest()[..end].to_ascii_uppercase().as_slice() {
        b"ALL" => vec![Flags, InternalDate, Size, Envelope],
        b"FAST" => vec![Flags, InternalDate, Size],
        b"FULL" => vec![Flags, InternalDate, Size, Envelope, Body],
        _ => return None,
    };
    args.run(is_atom, "a macro").ok().map(|_| items)
}

fn item(args: &mut Args<'_>) -> Parsed<FetchItem> {
    let name = args.run(|b| is_atom(b) && b != b'[', "an item")?.to_ascii_uppercase();
    let whole = |text, seen, name| content(Section { path: Vec::new(), text }, None, seen, name);
    Ok(match name.as_slice() {
        b"FLAGS" => FetchItem::Flags,
        b"UID" => FetchItem::Uid,
        b"INTERNALDATE" => FetchItem::InternalDate,
        b"RFC822.SIZE" => FetchItem::Size,
        b"MODSEQ" => FetchItem::ModSeq,
        // [rfc8514#4.2] [rfc8474#5.3]
        b"SAVEDATE" => FetchItem::SaveDate,
        b"EMAILID" => FetchItem::EmailId,
        b"THREADID" => FetchItem::ThreadId,
        b"PREVIEW" => preview(args)?,
        b"ENVELOPE" => FetchItem::Envelope,
        b"BODYSTRUCTURE" => FetchItem::BodyStructure,
        b"RFC822" => whole(SectionText::Whole, MarksSeen::Yes, Name::Rfc822),
        b"RFC822.HEADER" => whole(SectionText::Header, MarksSeen::No, Name::Rfc822Header),
        b"RFC822.TEXT" => whole(SectionText::Text, MarksSeen::Yes, Name::Rfc822Text),
        // an old form that some clients still fall back to
        b"RFC822.PEEK" => whole(SectionText::Whole, MarksSeen::No, Name::Rfc822),
        b"BODY" if args.peek() != Some(b'[') => FetchItem::Body,
        b"BODY" => body(args, MarksSeen::Yes)?,
        b"BODY.PEEK" => body(args, MarksSeen::No)?,
        b"BINARY" => binary(args, MarksSeen::Yes)?,
        b"BINARY.PEEK" => binary(args, MarksSeen::No)?,
        b"BINARY.SIZE" => FetchItem::BinarySize(numbers(args)?),
        _ => return Err(syntax("an item of FETCH is not known")),
    })
}

/// `PREVIEW` or `PREVIEW (LAZY)`: a preview takes so little that lazy clients get it too.
// [rfc8970#3.1] [rfc8970#3.2]
fn preview(args: &mut Args<'_>) -> Parsed<FetchItem> {
    if args.take(b" (") {
        args.expect("LAZY")?;
        args.expect(")")?;
    }
    Ok(FetchItem::Preview)
}

fn content(section: Section, partial: Option<Partial>, seen: MarksSeen, name: Name) -> FetchItem {
    FetchItem::Content(Content { section, partial, seen, name })
}

fn body(args: &mut Args<'_>, seen: MarksSeen) -> Parsed<FetchItem> {
    args.expect("[")?;
    let section = section(args)?;
    args.expect("]")?;
    let partial = if args.take(b"<") { Some(partial(args)?) } else { None };
    Ok(content(section, partial, seen, Name::Body))
}

// [rfc3516#4.2]
fn binary(args: &mut Args<'_>, seen: MarksSeen) -> Parsed<FetchItem> {
    let section = numbers(args)?;
    let partial = if args.take(b"<") { Some(partial(args)?) } else { None };
    Ok(content(section, partial, seen, Name::Binary))
}

/// `[1.2]`: a part and nothing of it.
// [rfc3516#4.3]
fn numbers(args: &mut Args<'_>) -> Parsed<Section> {
    args.expect("[")?;
    let section = section(args)?;
    args.expect("]")?;
    if section.text == SectionText::Whole { Ok(section) } else { Err(syntax("BINARY names parts by number")) }
}

fn section(args: &mut Args<'_>) -> Parsed<Section> {
    let mut path = Vec::new();
    while args.peek().is_some_and(|b| b.is_ascii_digit()) {
        match args.number()? {
            0 => return Err(syntax("parts are counted from 1")),
            number => path.push(number),
        }
        if path.len() > LEVELS_MAX {
            return Err(Fault::user(Status::LimitReached, "a part's number is too deep"));
        }
        if !args.take(b".") {
            return Ok(Section { path, text: SectionText::Whole });
        }
    }
    let text = match args.peek() {
        Some(b']') if path.is_empty() => SectionText::Whole,
        _ => section_text(args)?,
    };
    if text == SectionText::Mime && path.is_empty() {
        return Err(syntax("MIME needs a part"));
    }
    Ok(Section { path, text })
}

fn section_text(args: &mut Args<'_>) -> Parsed<SectionText> {
    let word = args.run(|b| b.is_ascii_alphabetic() || b == b'.', "a section")?.to_ascii_uppercase();
    match word.as_slice() {
        b"HEADER" => Ok(SectionText::Header),
        b"HEADER.FIELDS" => fields(args).map(SectionText::HeaderFields),
        b"HEADER.FIELDS.NOT" => fields(args).map(SectionText::HeaderFieldsNot),
        b"TEXT" => Ok(SectionText::Text),
        b"MIME" => Ok(SectionText::Mime),
        _ => Err(syntax("a section is not known")),
    }
}

fn fields(args: &mut Args<'_>) -> Parsed<Vec<String>> {
    args.space()?;
    let fields = args.list(|args| {
        let name = args.text()?;
        let is_name = !name.is_empty() && name.bytes().all(|b| is_atom(b) && b != b':');
        if is_name { Ok(name) } else { Err(syntax("not the name of a header field")) }
    })?;
    if fields.len() > FIELDS_MAX {
        return Err(Fault::user(Status::LimitReached, "too many header fields"));
    }
    Ok(fields)
}

fn partial(args: &mut Args<'_>) -> Parsed<Partial> {
    let start = args.number64()?;
    args.expect(".")?;
    let length = args.number64()?;
    args.expect(">")?;
    if length == 0 { Err(syntax("a partial holds at least one octet")) } else { Ok(Partial { start, length }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn items(text: &str) -> Parsed<Vec<FetchItem>> {
        let mut args = Args::new(text.as_bytes());
        let items = parse(&mut args)?;
        args.end().map(|()| items)
    }

    fn only_content(text: &str) -> Content {
        match <[FetchItem; 1]>::try_from(items(text).unwrap()) {
            Ok([FetchItem::Content(content)]) => content,
            other => panic!("{text}: {other:?}"),
        }
    }

    // [rfc3501#6.4.5]
    #[test]
    fn items_macros_and_lists() {
        use FetchItem::{Body, BodyStructure, Envelope, Flags, InternalDate, Size, Uid};
        for (text, expected) in [
            ("FLAGS", vec![Flags]),
            ("(UID FLAGS uid)", vec![Uid, Flags]),
            ("all", vec![Flags, InternalDate, Size, Envelope]),
            ("FAST", vec![Flags, InternalDate, Size]),
            ("FULL", vec![Flags, InternalDate, Size, Envelope, Body]),
            ("(BODY BODYSTRUCTURE)", vec![Body, BodyStructure]),
            ("BODY", vec![Body]),
        ] {
            assert_eq!(items(text).unwrap(), expected, "{text}");
        }
    }

    // [rfc3501#7.4.2] [clients#imap-traps] [proofs#when-is-it-open]
    #[test]
    fn content_is_named_in_the_answer_as_it_was_asked() {
        for (text, name, seen, is_body) in [
            ("BODY[]", "BODY[]", MarksSeen::Yes, true),
            ("BODY.PEEK[]<5.10>", "BODY[]<5>", MarksSeen::No, true),
            ("body[1.2.mime]", "BODY[1.2.MIME]", MarksSeen::Yes, true),
            ("BODY[1]", "BODY[1]", MarksSeen::Yes, true),
            ("BODY[1.TEXT]", "BODY[1.TEXT]", MarksSeen::Yes, true),
            ("BODY.PEEK[HEADER]", "BODY[HEADER]", MarksSeen::No, false),
            (
                "BODY.PEEK[2.HEADER.FIELDS.NOT (Subject \"To\")]",
                "BODY[2.HEADER.FIELDS.NOT (Subject To)]",
                MarksSeen::No,
                true,
            ),
            ("RFC822", "RFC822", MarksSeen::Yes, true),
            ("RFC822.PEEK", "RFC822", MarksSeen::No, true),
            ("RFC822.HEADER", "RFC822.HEADER", MarksSeen::No, false),
            ("RFC822.TEXT", "RFC822.TEXT", MarksSeen::Yes, true),
        ] {
            let content = only_content(text);
            assert_eq!(
                (content.to_string().as_str(), content.seen, content.is_body()),
                (name, seen, is_body),
                "{text}"
            );
        }
        let partial = only_content("BODY[TEXT]<0.2048>").partial;
        assert_eq!(partial, Some(Partial { start: 0, length: 2048 }));
    }

    #[test]
    fn what_is_no_item_is_refused() {
        for text in [
            "",
            "()",
            "FOO",
            "(ALL)",
            "BODY[",
            "BODY[FOO]",
            "BODY[MIME]",
            "BODY[0]",
            "BODY[1.]",
            "BODY[1..2]",
            "BODY[HEADER.FIELDS]",
            "BODY[HEADER.FIELDS ()]",
            "BODY[HEADER.FIELDS (\"a b\")]",
            "BODY[HEADER.FIELDS (a:)]",
            "BODY[]<0.0>",
            "BODY[]<0>",
            "BODY[]<.1>",
            "BODY[].PEEK",
            "BODY.PEEK",
            "FLAGS UID",
            "ALL[]",
            "BODY[HEADER.FIELDS (\"a\r\nb\")]",
        ] {
            assert!(items(text).is_err(), "{text:?}");
        }
        let deep = format!("BODY[{}]", vec!["1"; LEVELS_MAX + 1].join("."));
        assert_eq!(items(&deep).unwrap_err().status, Status::LimitReached);
        let many = format!("({})", vec!["FLAGS"; ITEMS_MAX + 1].join(" "));
        assert_eq!(items(&many).unwrap_err().status, Status::LimitReached);
    }
}
