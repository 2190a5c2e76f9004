//! Everything that the server says is read by imap-codec, an IMAP implementation that is not ours.

use imap_codec::decode::{Decoder, GreetingDecodeError, ResponseDecodeError};
use imap_codec::{GreetingCodec, ResponseCodec};

/// What imap-codec can't read, and why we say it nevertheless: how the response begins, how it may go on, the reason.
const EXCEPTIONS: &[(&str, &str, &str)] = &[
    ("* LIST ", " (\"CHILDINFO\" (\"SUBSCRIBED\"))", "mbox-list-extended of RFC 5258 §6, which it does not know"),
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

/// What follows a line that is among the exceptions.
fn excused(rest: &[u8]) -> Option<&[u8]> {
    let end = rest.windows(2).position(|pair| pair == b"\r\n")? + 2;
    let line = String::from_utf8_lossy(&rest[..end]);
    let is_known = |(head, inside, _): &&(&str, &str, &str)| line.starts_with(head) && line.contains(inside);
    EXCEPTIONS.iter().find(is_known).map(|_| &rest[end..])
}

fn refuse<'a>(error: &ResponseDecodeError, rest: &[u8]) -> &'a [u8] {
    panic!("{error:?}: {}", start(rest))
}

fn start(bytes: &[u8]) -> String {
    bytes[..bytes.len().min(600)].escape_ascii().to_string().replace("\\r\\n", "\n")
}
