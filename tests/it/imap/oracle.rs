//! Everything that the server says is read by imap-codec, an IMAP implementation that is not ours.

use imap_codec::decode::{Decoder, GreetingDecodeError, ResponseDecodeError};
use imap_codec::{GreetingCodec, ResponseCodec};

/// What imap-codec can't read, and why we say it nevertheless: how the response begins, how it may go on, the reason.
const EXCEPTIONS: &[(&str, &str, &str)] = &[
    ("* LIST ", " (\"CHILDINFO\" (\"SUBSCRIBED\"))", "mbox-list-extended of RFC 5258 §6, which it does not know"),
    ("* LIST ", " (\"OLDNAME\" (", "RFC 9051 §6.3.9.7, which it does not know"),
    ("* UIDBATCHES ", "(TAG ", "RFC 10022, which it does not know"),
    ("* STATUS ", "MAILBOXID (", "RFC 8474, which it does not know"),
    ("* STATUS ", " APPENDLIMIT ", "RFC 7889, which it does not know"),
    ("* ", " FETCH (EMAILID (", "RFC 8474 and RFC 8514, which it does not know"),
    ("* ", "PREVIEW ", "RFC 8970, which it does not know"),
    ("* ", " FETCH (BINARY[2]<2> ", "RFC 3516 §4.2 names the start in the answer; its grammar forgets to"),
    ("* ACL ", "", "RFC 4314, which it does not know"),
    ("* MYRIGHTS ", "", "RFC 4314, which it does not know"),
    ("* LISTRIGHTS ", "", "RFC 4314, which it does not know"),
    ("* METADATA ", "", "RFC 5464, of which it knows the commands only"),
    ("* ESEARCH ", " (TAG ", "esearch-response of RFC 4731, which it does not know"),
];

/// Reads all that a session said.
pub fn read(heard: &[u8]) {
    if heard.is_empty() {
        return;
    }
    let mut rest = match GreetingCodec::default().decode(heard) {
        Ok((rest, _)) => rest,
        Err(error @ (GreetingDecodeError::Incomplete | GreetingDecodeError::Failed)) => {
            panic!("the greeting: {error:?}: {}", start(heard))
        }
    };
    while !rest.is_empty() {
        rest = match ResponseCodec::default().decode(rest) {
            Ok((rest, _)) => rest,
            Err(error) => excused(rest).unwrap_or_else(|| refuse(&error, rest)),
        };
    }
}

/// What follows a response that is among the exceptions.
fn excused(rest: &[u8]) -> Option<&[u8]> {
    let mut end = line_end(rest, 0)?;
    let line = String::from_utf8_lossy(&rest[..end]).into_owned();
    while let Some(literal) = announced(&rest[..end]) {
        end = line_end(rest, end + literal)?;
    }
    let is_known = |(head, inside, _): &&(&str, &str, &str)| line.starts_with(head) && line.contains(inside);
    EXCEPTIONS.iter().find(is_known).map(|_| &rest[end..])
}

fn line_end(bytes: &[u8], from: usize) -> Option<usize> {
    bytes.get(from..)?.windows(2).position(|pair| pair == b"\r\n").map(|at| from + at + 2)
}

/// The octets of the literal that a line announces at its end.
fn announced(line: &[u8]) -> Option<usize> {
    let line = std::str::from_utf8(line.strip_suffix(b"}\r\n")?.rsplit(|b| *b == b'{').next()?).ok()?;
    line.parse().ok()
}

fn refuse<'a>(error: &ResponseDecodeError, rest: &[u8]) -> &'a [u8] {
    panic!("{error:?}: {}", start(rest))
}

fn start(bytes: &[u8]) -> String {
    bytes[..bytes.len().min(600)].escape_ascii().to_string().replace("\\r\\n", "\n")
}
