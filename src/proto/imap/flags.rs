//! Flags in commands: those of STORE (RFC 9051 §6.4.6) and of APPEND.

use super::args::{Args, Parsed, syntax};
use crate::mail::{Fault, FlagSet, Keyword, Status, SystemFlags};

/// Keywords in one command.
pub const KEYWORDS_MAX: usize = 64;

/// What STORE does with the flags it names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// `+FLAGS`
    Add,
    /// `-FLAGS`
    Remove,
    /// `FLAGS`
    Replace,
}

/// Whether STORE's result is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Silence {
    /// Each message's flags are sent.
    Loud,
    /// `.SILENT`: only what others changed is sent.
    Silent,
}

/// `+FLAGS.SILENT`
pub(super) fn change(args: &mut Args<'_>) -> Parsed<(Change, Silence)> {
    let change = match args.peek() {
        Some(b'+') => Change::Add,
        Some(b'-') => Change::Remove,
        _ => Change::Replace,
    };
    let _ = args.take(b"+") || args.take(b"-");
    args.expect("FLAGS")?;
    let silence = if args.take(b".SILENT") { Silence::Silent } else { Silence::Loud };
    Ok((change, silence))
}

/// `(\Seen $Junk)`; STORE also takes the flags bare.
// [rfc3501#6.4.6]
pub(super) fn list(args: &mut Args<'_>) -> Parsed<FlagSet> {
    let words = if args.peek() == Some(b'(') {
        args.list_or_empty(flag)?
    } else {
        let mut words = vec![flag(args)?];
        while args.take(b" ") && !args.is_empty() {
            words.push(flag(args)?);
        }
        words
    };
    let mut set = FlagSet::default();
    for word in words {
        match word {
            Flag::System(flag) => set.system = set.system.with(flag),
            Flag::Keyword(keyword) => drop(set.keywords.insert(keyword)),
            Flag::Recent => {}
        }
    }
    if set.keywords.len() > KEYWORDS_MAX {
        return Err(Fault::user(Status::LimitReached, "too many keywords"));
    }
    Ok(set)
}

enum Flag {
    System(SystemFlags),
    Keyword(Keyword),
    /// Not a client's to change; some send it back with the others that they saw.
    Recent,
}

fn flag(args: &mut Args<'_>) -> Parsed<Flag> {
    if !args.take(b"\\") {
        return Keyword::new(args.atom()?).map(Flag::Keyword).ok_or_else(|| syntax("a keyword is too long"));
    }
    let name = format!("\\{}", args.atom()?);
    if name.eq_ignore_ascii_case("\\Recent") {
        return Ok(Flag::Recent);
    }
    SystemFlags::named(&name).map(Flag::System).ok_or_else(|| syntax("a system flag is not known"))
}

#[cfg(test)]
mod tests {
    use super::*;

    // [rfc3501#6.4.6]
    #[test]
    fn flags_in_both_forms() {
        for (text, shown) in [
            ("()", ""),
            ("(\\Seen \\DELETED)", "\\Deleted \\Seen"),
            ("\\Seen $Label1", "\\Seen $Label1"),
            ("($MDNSent $mdnsent \\Recent)", "$MDNSent"),
        ] {
            assert_eq!(list(&mut Args::new(text.as_bytes())).unwrap().to_string(), shown, "{text}");
        }
        for text in ["", "(\\Foo)", "\\*", "(a", "\"a\"", "(\\Seen  a)"] {
            assert!(list(&mut Args::new(text.as_bytes())).is_err(), "{text}");
        }
    }

    #[test]
    fn changes() {
        for (text, expected) in [
            ("FLAGS", (Change::Replace, Silence::Loud)),
            ("+flags", (Change::Add, Silence::Loud)),
            ("-FLAGS.SILENT", (Change::Remove, Silence::Silent)),
        ] {
            assert_eq!(change(&mut Args::new(text.as_bytes())).unwrap(), expected);
        }
        assert!(change(&mut Args::new(b"*FLAGS")).is_err());
    }
}
