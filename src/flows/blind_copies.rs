//! Takes `Bcc:` out of what people submit, so that no recipient reads who else got a copy (RFC 5322 §3.6.3).
//!
//! A filter over a stream, cut anywhere: it holds back at most a field name.

/// Octets of the longest name that is looked for, `Resent-Bcc`, and of spaces before its colon.
const NAME_MAX: usize = 24;

/// Where in the header the stream is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// At the start of a line, its name not yet complete.
    Name,
    /// Within a line that is kept.
    Keep,
    /// Within a line that is dropped.
    Drop,
    /// Behind the header.
    Body,
}

// [rfc5322#3.6.3]
/// Removes `Bcc` and `Resent-Bcc` fields from a message's header.
#[derive(Debug)]
pub(super) struct BlindCopyFilter {
    state: State,
    /// Whether the field to which a continuation line belongs is dropped.
    dropping: bool,
    held: Vec<u8>,
}

impl BlindCopyFilter {
    pub(super) fn new() -> Self {
        Self { state: State::Name, dropping: false, held: Vec::with_capacity(NAME_MAX) }
    }

    /// Takes the next bytes of the message and gives those that may go on.
    pub(super) fn push<'a>(&mut self, bytes: &'a [u8], out: &'a mut Vec<u8>) -> &'a [u8] {
        if self.state == State::Body {
            return bytes;
        }
        out.clear();
        for (at, &byte) in bytes.iter().enumerate() {
            if self.state == State::Body {
                out.extend_from_slice(&bytes[at..]);
                break;
            }
            self.header_byte(byte, out);
        }
        out
    }

    /// What was held back when the message ended within a name.
    pub(super) fn finish(self) -> Vec<u8> {
        self.held
    }

    fn header_byte(&mut self, byte: u8, out: &mut Vec<u8>) {
        match self.state {
            State::Name => self.name_byte(byte, out),
            State::Keep => out.push(byte),
            State::Drop | State::Body => {}
        }
        if byte == b'\n' && self.state != State::Body {
            self.state = State::Name;
        }
    }

    fn name_byte(&mut self, byte: u8, out: &mut Vec<u8>) {
        self.held.push(byte);
        let continuation = self.held.len() == 1 && matches!(byte, b' ' | b'\t');
        if continuation {
            self.decide(self.dropping, out);
        } else if self.held == b"\r\n" {
            self.decide(false, out);
            self.state = State::Body;
        } else if byte == b':' {
            let name = self.held[..self.held.len() - 1].trim_ascii_end();
            self.dropping = name.eq_ignore_ascii_case(b"bcc") || name.eq_ignore_ascii_case(b"resent-bcc");
            self.decide(self.dropping, out);
        } else if byte == b'\n' || self.held.len() >= NAME_MAX {
            self.dropping = false;
            self.decide(false, out);
        }
    }

    fn decide(&mut self, drop: bool, out: &mut Vec<u8>) {
        if drop {
            self.state = State::Drop;
        } else {
            out.extend_from_slice(&self.held);
            self.state = State::Keep;
        }
        self.held.clear();
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn filtered(message: &[u8], cut: usize) -> Vec<u8> {
        let mut filter = BlindCopyFilter::new();
        let (mut all, mut out) = (Vec::new(), Vec::new());
        for piece in message.chunks(cut) {
            all.extend_from_slice(filter.push(piece, &mut out));
        }
        all.extend(filter.finish());
        all
    }

    #[test]
    fn blind_copies_go_and_everything_else_stays() {
        // [rfc5322#3.6.3]
        for (message, expected) in [
            ("From: a\r\nBcc: b,\r\n c\r\nTo: d\r\n\r\nBcc: body\r\n", "From: a\r\nTo: d\r\n\r\nBcc: body\r\n"),
            ("bcc : b\r\n\r\n", "\r\n"),
            ("RESENT-BCC: b\r\nX: y\r\n z\r\n\r\n", "X: y\r\n z\r\n\r\n"),
            ("Bccx: b\r\nX-Bcc: c\r\n\r\n", "Bccx: b\r\nX-Bcc: c\r\n\r\n"),
            ("Bc", "Bc"),
            ("no header at all, but a line\r\nBcc: b\r\n", "no header at all, but a line\r\n"),
        ] {
            assert_eq!(String::from_utf8(filtered(message.as_bytes(), 1024)).unwrap(), expected);
        }
    }

    proptest! {
        #[test]
        fn cuts_change_nothing(message in "(Bcc|To|resent-bcc|x)(:| :)[a-c \r\n:B]{0,40}(\r\nBcc: x)?(\r\n\r\n)?.{0,9}", cut in 1_usize..7) {
            prop_assert_eq!(filtered(message.as_bytes(), cut), filtered(message.as_bytes(), 4096));
        }
    }
}
