//! GETMETADATA and SETMETADATA (RFC 5464): names of entries, values, and how both are written.

use super::args::{Args, Parsed, is_astring, syntax};
use super::name::{Names, WireName};
use super::response;
use crate::mail::{Fault, Status};

/// Octets of an entry's name.
pub const NAME_MAX: usize = 255;
/// Components of an entry's name.
const DEPTH_MAX: usize = 16;
/// Entries of one command.
const ENTRIES_MAX: usize = 100;

/// A command about annotations. A mailbox of an empty name stands for the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MetadataCommand {
    /// GETMETADATA
    Get {
        /// Of which mailbox.
        mailbox: WireName,
        /// Which entries; at least one.
        entries: Vec<EntryName>,
        /// Larger values are left out.
        max_size: Option<u32>,
        /// Which entries below these are told too.
        depth: Depth,
    },
    /// SETMETADATA
    Set {
        /// Of which mailbox.
        mailbox: WireName,
        /// The entries with their new values; without one an entry goes. All or none are changed.
        values: Vec<(EntryName, Option<Vec<u8>>)>,
    },
}

/// How far below an entry.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Depth {
    /// The entry alone.
    #[default]
    Zero,
    /// And those immediately below it.
    One,
    /// And all below it.
    Infinity,
}

/// The name of an entry, in lower case: names compare so.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct EntryName(String);

/// Who sees an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// `/private/…`: the person who set it.
    Private,
    /// `/shared/…`: all who may use the mailbox.
    Shared,
}

impl EntryName {
    /// Reads a name, or what may stand above names: `/private`, `/shared/vendor/x`.
    // [rfc5464#3.2]
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let printable = |b: u8| b > 0x19 && b < 0x7f && !matches!(b, b'*' | b'%');
        let mut levels = text.strip_prefix('/')?.split('/');
        let well = text.len() <= NAME_MAX && text.bytes().all(printable) && !levels.clone().any(str::is_empty);
        let count = levels.clone().count();
        let first = levels.next().unwrap_or_default();
        let scoped = first.eq_ignore_ascii_case("private") || first.eq_ignore_ascii_case("shared");
        (well && scoped && count <= DEPTH_MAX).then(|| Self(text.to_ascii_lowercase()))
    }

    /// Whether an entry can have it: it has two components, those of vendors four.
    // [rfc5464#3.2]
    #[must_use]
    pub fn is_whole(&self) -> bool {
        let levels: Vec<&str> = self.0.split('/').skip(1).collect();
        levels.len() >= if levels.get(1) == Some(&"vendor") { 4 } else { 2 }
    }

    /// Who sees it.
    #[must_use]
    pub fn scope(&self) -> Scope {
        if self.0.starts_with("/private") { Scope::Private } else { Scope::Shared }
    }

    /// Its text, in lower case.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether an entry of this name is meant by this one and a depth.
    // [rfc5464#4.2.2]
    #[must_use]
    pub fn covers(&self, entry: &str, depth: Depth) -> bool {
        let Some(below) = entry.strip_prefix(&self.0) else { return false };
        match (below.strip_prefix('/'), depth) {
            (None, _) => below.is_empty(),
            (Some(_), Depth::Zero) => false,
            (Some(name), Depth::One) => !name.contains('/'),
            (Some(_), Depth::Infinity) => true,
        }
    }
}

/// The options stand before the mailbox by the grammar and behind it in the RFC's examples: both are read.
// [rfc5464#4.2] [rfc5464#4.2.1] [rfc5464#4.2.2] [rfc5464#5]
pub(super) fn get(args: &mut Args<'_>) -> Parsed<MetadataCommand> {
    let (mut max_size, mut depth) = (None, Depth::Zero);
    args.space()?;
    if args.peek() == Some(b'(') {
        options(args, &mut max_size, &mut depth)?;
        args.space()?;
    }
    let mailbox = WireName(args.mailbox()?);
    args.space()?;
    if args.peek() == Some(b'(') && !matches!(args.rest().get(1), Some(b'/' | b'"' | b'{')) {
        options(args, &mut max_size, &mut depth)?;
        args.space()?;
    }
    let entries = if args.peek() == Some(b'(') { args.list(entry)? } else { vec![entry(args)?] };
    args.end()?;
    few(entries.len())?;
    Ok(MetadataCommand::Get { mailbox, entries, max_size, depth })
}

fn options(args: &mut Args<'_>, max_size: &mut Option<u32>, depth: &mut Depth) -> Parsed<()> {
    args.list(|args| {
        let word = args.word()?;
        args.space()?;
        match word.as_str() {
            "MAXSIZE" => *max_size = Some(args.number()?),
            "DEPTH" => {
                *depth = match args.word()?.as_str() {
                    "0" => Depth::Zero,
                    "1" => Depth::One,
                    "INFINITY" => Depth::Infinity,
                    _ => return Err(syntax("a depth is not known")),
                }
            }
            _ => return Err(syntax("an option of GETMETADATA is not known")),
        }
        Ok(())
    })
    .map(drop)
}

// [rfc5464#4.3] [rfc5464#5]
pub(super) fn set(args: &mut Args<'_>) -> Parsed<MetadataCommand> {
    args.space()?;
    let mailbox = WireName(args.mailbox()?);
    args.space()?;
    let values = args.list(|args| {
        let name = entry(args)?;
        if !name.is_whole() {
            return Err(syntax("the name of an entry is not whole"));
        }
        args.space()?;
        Ok((name, args.nstring8()?.map(std::borrow::Cow::into_owned)))
    })?;
    args.end()?;
    few(values.len())?;
    Ok(MetadataCommand::Set { mailbox, values })
}

fn entry(args: &mut Args<'_>) -> Parsed<EntryName> {
    EntryName::parse(&args.text()?).ok_or_else(|| syntax("not the name of an entry"))
}

fn few(entries: usize) -> Parsed<()> {
    if entries <= ENTRIES_MAX { Ok(()) } else { Err(Fault::user(Status::LimitReached, "entries of one command")) }
}

/// `* METADATA "INBOX" (/shared/comment "text" /private/x NIL)`
// [rfc5464#4.4.1]
pub fn write_values(out: &mut Vec<u8>, mailbox: &str, values: &[(String, Option<Vec<u8>>)], names: Names) {
    head(out, mailbox, names);
    for (at, (entry, value)) in values.iter().enumerate() {
        out.extend_from_slice(if at == 0 { b" (" } else { b" " });
        entry_name(out, entry);
        out.push(b' ');
        match value {
            Some(value) if value.contains(&0) => {
                out.push(b'~');
                response::literal(out, value);
            }
            value => response::nstring(out, value.as_deref()),
        }
    }
    out.extend_from_slice(b")\r\n");
}

/// `* METADATA "INBOX" /shared/comment`: entries that changed, without their values.
// [rfc5464#4.4.2]
pub fn write_changed<'a>(out: &mut Vec<u8>, mailbox: &str, entries: impl Iterator<Item = &'a str>, names: Names) {
    head(out, mailbox, names);
    for entry in entries {
        out.push(b' ');
        entry_name(out, entry);
    }
    out.extend_from_slice(b"\r\n");
}

fn head(out: &mut Vec<u8>, mailbox: &str, names: Names) {
    out.extend_from_slice(b"* METADATA ");
    response::mailbox(out, mailbox, names);
}

fn entry_name(out: &mut Vec<u8>, entry: &str) {
    if entry.bytes().all(is_astring) {
        out.extend_from_slice(entry.as_bytes());
    } else {
        response::string(out, entry.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // [rfc5464#3.2]
    #[test]
    fn names_of_entries_have_scopes_and_components() {
        for (text, whole) in [
            ("/shared/comment", Some(true)),
            ("/PRIVATE/Comment", Some(true)),
            ("/private", Some(false)),
            ("/shared/vendor/x", Some(false)),
            ("/shared/vendor/x/y", Some(true)),
            ("/other/comment", None),
            ("shared/comment", None),
            ("/shared//comment", None),
            ("/shared/comment/", None),
            ("/shared/c*", None),
            ("/shared/c%", None),
            ("/shared/é", None),
            ("/shared/a\u{1}", None),
            ("", None),
        ] {
            assert_eq!(EntryName::parse(text).map(|name| name.is_whole()), whole, "{text}");
        }
        let long = format!("/shared/{}", "a/".repeat(16));
        assert_eq!(EntryName::parse(long.trim_end_matches('/')), None);
        assert_eq!(EntryName::parse(&format!("/shared/{}", "x".repeat(NAME_MAX))), None);
    }

    // [rfc5464#4.2.2]
    #[test]
    fn depth_says_how_far_below() {
        let name = EntryName::parse("/private/a").unwrap();
        for (entry, zero, one, infinity) in [
            ("/private/a", true, true, true),
            ("/private/a/b", false, true, true),
            ("/private/a/b/c", false, false, true),
            ("/private/ab", false, false, false),
            ("/private", false, false, false),
        ] {
            let covers = [Depth::Zero, Depth::One, Depth::Infinity].map(|depth| name.covers(entry, depth));
            assert_eq!(covers, [zero, one, infinity], "{entry}");
        }
    }

    // [rfc5464#4.2] [rfc5464#4.2.1] [rfc5464#4.3] [rfc5464#5]
    #[test]
    fn commands_as_the_rfc_writes_them() {
        for (text, ok) in [
            (" \"\" /shared/comment", true),
            (" INBOX (/shared/comment /private/comment)", true),
            (" \"INBOX\" (MAXSIZE 1024) (/shared/comment /private/comment)", true),
            (" (DEPTH 1 MAXSIZE 10) INBOX /private/a", true),
            (" (DEPTH infinity) INBOX (\"/private/a\")", true),
            (" (DEPTH 2) INBOX /private/a", false),
            (" (FOO 2) INBOX /private/a", false),
            (" INBOX ()", false),
            (" INBOX", false),
            (" INBOX /shared/a/", false),
        ] {
            assert_eq!(get(&mut Args::new(text.as_bytes())).is_ok(), ok, "{text}");
        }
        for (text, ok) in [
            (" INBOX (/private/comment {3}\r\na\r\n)", true),
            (" INBOX (/private/comment ~{3}\r\na\0b /shared/x NIL)", true),
            (" INBOX (/private/comment {3}\r\na\0b)", false),
            (" \"\" (/private/comment \"\")", true),
            (" INBOX (/private \"\")", false),
            (" INBOX (/private/vendor/x \"\")", false),
            (" INBOX /private/comment \"a\"", false),
            (" INBOX ()", false),
        ] {
            assert_eq!(set(&mut Args::new(text.as_bytes())).is_ok(), ok, "{text}");
        }
        let many = format!(" INBOX ({}/shared/a NIL)", "/shared/a NIL ".repeat(ENTRIES_MAX));
        assert_eq!(set(&mut Args::new(many.as_bytes())).unwrap_err().status, Status::LimitReached);
    }

    // [rfc5464#4.4.1]
    #[test]
    fn answers_with_values_and_without() {
        let mut out = Vec::new();
        let values = [
            ("/shared/a".to_owned(), Some(b"x".to_vec())),
            ("/shared/b c".to_owned(), None),
            ("/shared/n".to_owned(), Some(b"\0".to_vec())),
        ];
        write_values(&mut out, "", &values, Names::Utf7);
        write_changed(&mut out, "INBOX", ["/shared/a", "/private/b"].into_iter(), Names::Utf7);
        assert_eq!(
            out,
            b"* METADATA \"\" (/shared/a \"x\" \"/shared/b c\" NIL /shared/n ~{1}\r\n\0)\r\n\
              * METADATA INBOX /shared/a /private/b\r\n"
        );
    }
}
