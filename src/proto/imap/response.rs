//! Writers for what the server says: strings in their forms, flags, status responses. They write into a buffer and
//! know neither the session nor the store.

use std::borrow::Cow;
use std::io::Write as _;

use super::name::{self, Names};
use crate::mail::{Fault, Status};

/// Longer strings, and those with other bytes than printable ASCII, go out as literals.
const QUOTED_MAX: usize = 1024;

/// A string, quoted where its bytes allow it, else a literal (RFC 9051 §4.3).
// [rfc3501#4.3]
pub fn string(out: &mut Vec<u8>, bytes: &[u8]) {
    if bytes.len() <= QUOTED_MAX && bytes.iter().all(|b| matches!(b, 0x20..=0x7e)) {
        quoted(out, bytes);
    } else {
        literal(out, bytes);
    }
}

/// A string, or `NIL`.
pub fn nstring(out: &mut Vec<u8>, bytes: Option<&[u8]>) {
    match bytes {
        Some(bytes) => string(out, bytes),
        None => out.extend_from_slice(b"NIL"),
    }
}

/// A literal, whole.
pub fn literal(out: &mut Vec<u8>, bytes: &[u8]) {
    literal_head(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

/// The announcement of a literal of so many octets, which must follow.
pub fn literal_head(out: &mut Vec<u8>, size: u64) {
    line(out, format_args!("{{{size}}}"));
}

/// A mailbox name: an atom-like `INBOX`, else quoted; UTF-8 is quoted too once the client has enabled it.
pub fn mailbox(out: &mut Vec<u8>, mailbox: &str, names: Names) {
    if mailbox == name::INBOX {
        out.extend_from_slice(mailbox.as_bytes());
    } else {
        quoted(out, name::write(mailbox, names).as_bytes());
    }
}

/// A formatted text and CRLF. The text must hold no CR or LF.
pub fn line(out: &mut Vec<u8>, text: std::fmt::Arguments<'_>) {
    // writing to a Vec can't fail
    let _ = out.write_fmt(text);
    out.extend_from_slice(b"\r\n");
}

/// A formatted text without a line end.
pub fn text(out: &mut Vec<u8>, text: std::fmt::Arguments<'_>) {
    // writing to a Vec can't fail
    let _ = out.write_fmt(text);
}

/// A number. Tens of thousands of them make up the flags of a mailbox, which the general formatter would take twice as
/// long for.
pub fn number(out: &mut Vec<u8>, number: u64) {
    let (mut digits, mut at, mut rest) = ([b'0'; 20], 20, number);
    loop {
        at -= 1;
        digits[at] += u8::try_from(rest % 10).unwrap_or_default();
        rest /= 10;
        if rest == 0 {
            return out.extend_from_slice(&digits[at..]);
        }
    }
}

/// A quoted string; the bytes must be such that it may be one.
pub(super) fn quoted(out: &mut Vec<u8>, bytes: &[u8]) {
    out.push(b'"');
    for byte in bytes {
        if matches!(byte, b'"' | b'\\') {
            out.push(b'\\');
        }
        out.push(*byte);
    }
    out.push(b'"');
}

/// How a command ended well.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Completion {
    /// A response code without its brackets, such as `APPENDUID 1 4`.
    pub code: Option<Cow<'static, str>>,
}

impl Completion {
    /// Without a code.
    #[must_use]
    pub const fn plain() -> Self {
        Self { code: None }
    }

    /// With a code.
    #[must_use]
    pub fn with(code: impl Into<Cow<'static, str>>) -> Self {
        Self { code: Some(code.into()) }
    }
}

/// `a1 OK [CODE] NAME completed`.
pub(super) fn tagged_ok(out: &mut Vec<u8>, tag: &str, name: &str, completion: &Completion) {
    match &completion.code {
        Some(code) => line(out, format_args!("{tag} OK [{code}] {name} completed")),
        None => line(out, format_args!("{tag} OK {name} completed")),
    }
}

/// `a1 NO [CODE] text`, or `BAD` where the client sent what it should not have.
// [rfc3501#7.1] [rfc9051#7.1] [rfc5530#3]
pub(super) fn tagged_fault(out: &mut Vec<u8>, tag: &str, fault: &Fault) {
    let word = if is_bad(fault.status) { "BAD" } else { "NO" };
    line(out, format_args!("{tag} {word} {}", fault.imap_text()));
}

/// `* BYE [CODE] text`: the connection ends.
pub fn bye(out: &mut Vec<u8>, fault: &Fault) {
    line(out, format_args!("* BYE {}", fault.imap_text()));
}

/// Whether a status means that the command itself was wrong, not only impossible.
fn is_bad(status: Status) -> bool {
    matches!(
        status,
        Status::Syntax
            | Status::CommandUnknown
            | Status::OutOfSequence
            | Status::LineTooLong
            | Status::ParameterUnknown
            | Status::LoginMalformed
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(write: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        write(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn numbers_are_decimal() {
        for value in [0, 7, 10, 4_294_967_295, u64::MAX] {
            assert_eq!(written(|out| number(out, value)), value.to_string());
        }
    }

    // [rfc3501#4.3]
    #[test]
    fn strings_take_the_form_that_carries_them() {
        for (bytes, wire) in [
            ("", "\"\""),
            ("a \"b\" \\", "\"a \\\"b\\\" \\\\\""),
            ("é", "{2}\r\né"),
            ("a\r\nb", "{4}\r\na\r\nb"),
            ("a\tb", "{3}\r\na\tb"),
        ] {
            assert_eq!(written(|out| string(out, bytes.as_bytes())), wire);
        }
        assert_eq!(written(|out| nstring(out, None)), "NIL");
    }

    #[test]
    fn names_are_written_as_the_client_reads_them() {
        assert_eq!(written(|out| mailbox(out, "INBOX", Names::Utf7)), "INBOX");
        assert_eq!(written(|out| mailbox(out, "été \"x\"", Names::Utf7)), "\"&AOk-t&AOk- \\\"x\\\"\"");
        assert_eq!(written(|out| mailbox(out, "été", Names::Utf8)), "\"été\"");
    }

    // [rfc3501#7.1] [rfc9051#7.1] [rfc5530#3]
    #[test]
    fn a_fault_is_no_or_bad_with_its_code() {
        for (status, wire) in [
            (Status::Syntax, "a BAD [CLIENTBUG] the arguments have no valid form\r\n"),
            (Status::NoSuchMailbox, "a NO [NONEXISTENT] there is no such mailbox\r\n"),
            (Status::LoginFailed, "a NO [AUTHENTICATIONFAILED] the name or the password is wrong\r\n"),
        ] {
            assert_eq!(written(|out| tagged_fault(out, "a", &Fault::user(status, "detail"))), wire);
        }
        assert_eq!(written(|out| tagged_ok(out, "a", "X", &Completion::plain())), "a OK X completed\r\n");
        assert_eq!(written(|out| tagged_ok(out, "a", "X", &Completion::with("C 1"))), "a OK [C 1] X completed\r\n");
    }
}
