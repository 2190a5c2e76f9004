//! APPEND's arguments up to the literal (RFC 9051 §6.3.12, RFC 6855 §4), read before the message comes so that it can
//! be streamed.

use super::args::{Args, Parsed};
use super::command::{Append, Headers};
use super::name::WireName;
use super::{date, flags};
use crate::mail::{Fault, FlagSet, Status};

/// What a command that ends in a literal's announcement is.
#[derive(Debug)]
pub(super) enum Head {
    /// APPEND, and the literal is its message.
    Complete(Append),
    /// APPEND, and the literal is the mailbox's name.
    Name,
}

/// Reads what stands behind `APPEND `, where the last thing is the announcement of a literal of `size` octets.
// [rfc3501#6.3.11] [rfc6855#4]
pub(super) fn head(args: &mut Args<'_>, tag: &str, size: u64) -> Parsed<Head> {
    if announcement(args.rest()) {
        return Ok(Head::Name);
    }
    let mailbox = WireName(args.mailbox()?);
    args.space()?;
    let mut flags = FlagSet::default();
    if args.peek() == Some(b'(') {
        flags = flags::list(args)?;
        args.space()?;
    }
    let mut date = None;
    if args.peek() == Some(b'"') {
        date = Some(date::date_time(args)?);
        args.space()?;
    }
    let headers = if args.take(b"UTF8 (") { Headers::Utf8 } else { Headers::Ascii };
    if !announcement(args.rest()) {
        return Err(super::args::syntax("expected the message as a literal"));
    }
    if size == 0 {
        return Err(Fault::user(Status::EmptyMessage, "APPEND of nothing"));
    }
    Ok(Head::Complete(Append { tag: tag.to_owned(), mailbox, flags, date, size, headers }))
}

/// Whether this is an announcement and nothing else.
fn announcement(rest: &[u8]) -> bool {
    let rest = rest.strip_prefix(b"~").unwrap_or(rest);
    rest.first() == Some(&b'{') && rest.ends_with(b"}\r\n") && !rest[..rest.len() - 2].contains(&b'\n')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Parsed<Head> {
        head(&mut Args::new(text.as_bytes()), "a", 3)
    }

    // [rfc3501#6.3.11] [rfc6855#4]
    #[test]
    fn heads_as_clients_send_them() {
        for (text, flags, date, headers) in [
            ("INBOX {3}\r\n", "", None, Headers::Ascii),
            ("{5}\r\nINBOX {3}\r\n", "", None, Headers::Ascii),
            ("INBOX (\\Seen) {3+}\r\n", "\\Seen", None, Headers::Ascii),
            ("INBOX (\\Seen $a) \" 1-Jan-1970 00:00:01 +0000\" {3}\r\n", "\\Seen $a", Some(1), Headers::Ascii),
            ("INBOX () \"01-Jan-1970 00:00:01 +0000\" UTF8 (~{3+}\r\n", "", Some(1), Headers::Utf8),
        ] {
            let Head::Complete(append) = read(text).unwrap() else { panic!("{text}") };
            assert_eq!(append.mailbox, WireName(b"INBOX".to_vec()));
            assert_eq!((append.flags.to_string().as_str(), append.headers), (flags, headers), "{text}");
            assert_eq!(append.date.map(crate::mail::Time::secs), date, "{text}");
        }
        assert!(matches!(read("{5}\r\n"), Ok(Head::Name)));
    }

    // [clients#imap-traps]
    #[test]
    fn what_is_no_head_is_refused() {
        for text in ["INBOX x {3}\r\n", "INBOX (\\Foo) {3}\r\n", "INBOX {1}\r\na {3}\r\n", "INBOX \"x\" {3}\r\n"] {
            assert_eq!(read(text).unwrap_err().status, Status::Syntax, "{text}");
        }
        let empty = head(&mut Args::new(b"INBOX {0}\r\n"), "a", 0).unwrap_err();
        assert_eq!(empty.status, Status::EmptyMessage);
    }
}
