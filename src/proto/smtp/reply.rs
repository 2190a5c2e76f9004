//! What the server's side says: one closed table of positive replies, and [`Status`] for the others. Every reply that
//! may carry an enhanced status code carries one (RFC 2034 §4: not the greeting, not the reply to EHLO, not 3xx).

use crate::mail::{EnvelopeId, Status};

/// A positive reply without variable parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Good {
    Done,
    SenderTaken,
    RecipientTaken,
    SendContent,
    StartTls,
    LoggedIn,
    NoVerification,
    Help,
    Bye,
}

impl Good {
    // [rfc2034#4]
    const fn line(self) -> &'static str {
        match self {
            Self::Done => "250 2.0.0 OK\r\n",
            Self::SenderTaken => "250 2.1.0 sender OK\r\n",
            Self::RecipientTaken => "250 2.1.5 recipient OK\r\n",
            Self::SendContent => "354 send the message, end with CRLF.CRLF\r\n",
            Self::StartTls => "220 2.0.0 ready for TLS\r\n",
            Self::LoggedIn => "235 2.7.0 logged in\r\n",
            // [rfc5321#7.3] who exists is learnt by sending, from a known operator or login
            Self::NoVerification => "252 2.0.0 not verified here, send and see\r\n",
            Self::Help => "214 2.0.0 see RFC 5321\r\n",
            Self::Bye => "221 2.0.0 bye\r\n",
        }
    }
}

pub(super) fn good(output: &mut Vec<u8>, reply: Good) {
    output.extend_from_slice(reply.line().as_bytes());
}

/// `250 2.0.0 <id>`: the id is also in Received, the log and the proof.
pub(super) fn taken(output: &mut Vec<u8>, envelope: EnvelopeId) {
    output.extend_from_slice(format!("250 2.0.0 {envelope}\r\n").as_bytes());
}

/// `250` to a chunk that is not the last one.
// [rfc3030#2]
pub(super) fn chunk(output: &mut Vec<u8>, octets: u64) {
    output.extend_from_slice(format!("250 2.0.0 {octets} octets received\r\n").as_bytes());
}

pub(super) fn refusal(output: &mut Vec<u8>, status: Status) {
    let line = format!("{} {} {}\r\n", status.smtp(), status.enhanced(), status.text());
    output.extend_from_slice(line.as_bytes());
}

/// `334` with the base64 of a challenge (RFC 4954 §4).
pub(super) fn challenge(output: &mut Vec<u8>, base64: &str) {
    output.extend_from_slice(format!("334 {base64}\r\n").as_bytes());
}

/// A reply of several lines, each `250-`, the last `250 `.
pub(super) fn lines(output: &mut Vec<u8>, lines: &[String]) {
    for (index, line) in lines.iter().enumerate() {
        let separator = if index + 1 == lines.len() { ' ' } else { '-' };
        output.extend_from_slice(format!("250{separator}{line}\r\n").as_bytes());
    }
}
