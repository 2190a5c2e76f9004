//! The framing of message content in DATA (RFC 5321 §4.5.2), in both directions.
//!
//! Both sides are strict, because servers that disagree about where a message ends can be made to accept a second,
//! forged one inside the first («SMTP smuggling»). [`DataDecoder`] ends at CRLF.CRLF and nowhere else; a CR or LF that
//! stands alone, or a NUL, spoils the message, which is then read to its real end and refused. [`DataEncoder`] sends
//! nothing that another server could read as an end before the end.

use crate::mail::Status;

/// Where in a line the next byte falls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    /// The first byte of a line; DATA itself counts as a line before.
    Start,
    /// After a dot at the start of a line.
    Dot,
    /// After a dot at the start of a line and a CR.
    DotCr,
    /// Anywhere else.
    Middle,
    /// After a CR.
    Cr,
    /// After CRLF.CRLF.
    End,
}

/// Takes the content of DATA as it came, cut anywhere, and gives it without its dot-stuffing.
#[derive(Debug)]
pub struct DataDecoder {
    at: At,
    fault: Option<Status>,
}

/// What one call of [`DataDecoder::decode`] did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decoded {
    /// Bytes of the input that belong to the content; what follows is the next command.
    pub consumed: usize,
    /// Whether CRLF.CRLF was reached.
    pub finished: bool,
}

impl Default for DataDecoder {
    fn default() -> Self {
        Self { at: At::Start, fault: None }
    }
}

impl DataDecoder {
    /// Appends the content in `input` to `output`. After a fault nothing more is appended, and the end is still found.
    // [rfc5321#4.5.2]
    pub fn decode(&mut self, input: &[u8], output: &mut Vec<u8>) -> Decoded {
        let mut consumed = 0;
        while consumed < input.len() && self.at != At::End {
            if self.at == At::Middle {
                let plain = plain_prefix(&input[consumed..]);
                self.emit(&input[consumed..consumed + plain], output);
                consumed += plain;
                if consumed == input.len() {
                    break;
                }
            }
            self.byte(input[consumed], output);
            consumed += 1;
        }
        Decoded { consumed, finished: self.at == At::End }
    }

    /// Why the message cannot be taken: `BareLineEnd` or `NulInContent`, whichever came first.
    #[must_use]
    pub fn fault(&self) -> Option<Status> {
        self.fault
    }

    fn byte(&mut self, byte: u8, output: &mut Vec<u8>) {
        self.at = match (self.at, byte) {
            (At::DotCr, b'\n') => At::End,
            (At::Cr, b'\n') => {
                self.emit(b"\r\n", output);
                At::Start
            }
            (At::Cr | At::DotCr, _) => {
                self.spoil(Status::BareLineEnd);
                // the byte after the lone CR is in the middle of a line, even a dot
                self.in_line(byte, output)
            }
            (At::Start, b'.') => At::Dot,
            (At::Dot, b'\r') => At::DotCr,
            _ => self.in_line(byte, output),
        };
    }

    fn in_line(&mut self, byte: u8, output: &mut Vec<u8>) -> At {
        match byte {
            b'\r' => return At::Cr,
            b'\n' => self.spoil(Status::BareLineEnd),
            0 => self.spoil(Status::NulInContent),
            _ => self.emit(&[byte], output),
        }
        At::Middle
    }

    fn spoil(&mut self, status: Status) {
        self.fault.get_or_insert(status);
    }

    fn emit(&self, bytes: &[u8], output: &mut Vec<u8>) {
        if self.fault.is_none() {
            output.extend_from_slice(bytes);
        }
    }
}

/// How many bytes are neither CR, LF nor NUL.
fn plain_prefix(input: &[u8]) -> usize {
    memchr::memchr3(b'\r', b'\n', 0, input).unwrap_or(input.len())
}

/// Gives content its dot-stuffing and its end.
#[derive(Debug)]
pub struct DataEncoder {
    at: At,
}

impl Default for DataEncoder {
    fn default() -> Self {
        Self { at: At::Start }
    }
}

impl DataEncoder {
    /// Appends the stuffed form of `input` to `output`. A CR at the end of `input` is held back until its LF is seen.
    ///
    /// # Errors
    /// `BareLineEnd` at a CR or LF that stands alone, `NulInContent` at a NUL: they are neither sent nor repaired, since
    /// sealed bytes are sent as they are or not at all. The connection must then be dropped without an end of data.
    // [rfc5321#4.5.2]
    pub fn encode(&mut self, input: &[u8], output: &mut Vec<u8>) -> Result<(), Status> {
        let mut rest = input;
        while let Some(&byte) = rest.first() {
            if self.at == At::Cr {
                if byte != b'\n' {
                    return Err(Status::BareLineEnd);
                }
                output.extend_from_slice(b"\r\n");
                self.at = At::Start;
                rest = &rest[1..];
                continue;
            }
            if self.at == At::Start && byte == b'.' {
                output.push(b'.');
            }
            let plain = plain_prefix(rest);
            output.extend_from_slice(&rest[..plain]);
            if plain > 0 {
                self.at = At::Middle;
            }
            rest = match rest.get(plain) {
                None => break,
                Some(b'\r') => &rest[plain + 1..],
                Some(b'\n') => return Err(Status::BareLineEnd),
                Some(_) => return Err(Status::NulInContent),
            };
            self.at = At::Cr;
        }
        Ok(())
    }

    /// Appends the end of the content, after a CRLF if the last line has none.
    ///
    /// # Errors
    /// When the content ends in a lone CR.
    pub fn finish(self, output: &mut Vec<u8>) -> Result<(), Status> {
        match self.at {
            At::Cr => return Err(Status::BareLineEnd),
            At::Start => {}
            _ => output.extend_from_slice(b"\r\n"),
        }
        output.extend_from_slice(b".\r\n");
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn decode(input: &[u8]) -> (Vec<u8>, Decoded, Option<Status>) {
        let (mut decoder, mut output) = (DataDecoder::default(), Vec::new());
        let decoded = decoder.decode(input, &mut output);
        (output, decoded, decoder.fault())
    }

    #[test]
    // [rfc5321#4.5.2]
    fn dots_are_unstuffed_and_the_end_is_found() {
        for (input, output) in [
            (b".\r\n".as_slice(), b"".as_slice()),
            (b"a\r\n.\r\n", b"a\r\n"),
            (b"..\r\n.\r\n", b".\r\n"),
            (b"...a\r\n.\r\n", b"..a\r\n"),
            (b".a\r\n.\r\n", b"a\r\n"),
            (b"a.\r\n\r\n.\r\n", b"a.\r\n\r\n"),
            (b"\xc3\xa9\xff\r\n.\r\n", b"\xc3\xa9\xff\r\n"),
        ] {
            let end = Decoded { consumed: input.len(), finished: true };
            assert_eq!(decode(input), (output.to_vec(), end, None), "{}", input.escape_ascii());
        }
    }

    #[test]
    fn what_follows_the_end_is_left() {
        let (output, decoded, _) = decode(b"a\r\n.\r\nQUIT\r\n");
        assert_eq!((output.as_slice(), decoded.consumed), (b"a\r\n".as_slice(), 6));
    }

    /// Every variant of an end of data that some server has been found to accept: none of them ends the message here,
    /// all of them spoil it, and the real end is still found.
    #[test]
    // [rfc5321#2.3.8]
    fn no_smuggling_variant_ends_the_message() {
        let ends: [&[u8]; 18] = [
            b"\n.\n",
            b"\n.\r\n",
            b"\r.\r",
            b"\r.\r\n",
            b"\r.\n",
            b"\r\n.\r",
            b"\r\n.\n",
            b"\n.\r",
            b"\n\n.\r\n",
            b"\r\r\n.\r\r\n",
            b"\r\n.\r\r\n",
            b"\r\r\n.\r\n.",
            b"\r\n\0.\r\n",
            b"\r\n.\0\r\n",
            b"\0\r\n.\0\r\n",
            b"\n\r.\n\r",
            b"\r\n.\n\r\n",
            b"\r\n\r.\r\n",
        ];
        for end in ends {
            let head = b"Subject: a\r\n\r\nfirst";
            let message = [head, end, b"MAIL FROM:<forged@b.fr>\r\n.\r\nNOOP\r\n"].concat();
            let (_, decoded, fault) = decode(&message);
            // one variant holds a real end after a spoiled line: what follows are commands to every server
            let real = if end == b"\r\r\n.\r\n." { head.len() + end.len() - 1 } else { message.len() - 6 };
            assert!(decoded.finished, "{}", end.escape_ascii());
            assert_eq!(decoded.consumed, real, "{}", end.escape_ascii());
            assert!(matches!(fault, Some(Status::BareLineEnd | Status::NulInContent)), "{}", end.escape_ascii());
        }
    }

    #[test]
    fn a_spoiled_message_gives_nothing_after_the_fault() {
        let (output, _, fault) = decode(b"before\nafter\r\nmore\r\n.\r\n");
        assert_eq!((output.as_slice(), fault), (b"before".as_slice(), Some(Status::BareLineEnd)));
    }

    #[test]
    fn the_encoder_stuffs_ends_and_refuses() {
        let encode = |input: &[u8]| {
            let (mut encoder, mut output) = (DataEncoder::default(), Vec::new());
            encoder.encode(input, &mut output)?;
            encoder.finish(&mut output).map(|()| output)
        };
        for (input, output) in [
            (b"".as_slice(), b".\r\n".as_slice()),
            (b"a", b"a\r\n.\r\n"),
            (b"a\r\n", b"a\r\n.\r\n"),
            (b".\r\n..", b"..\r\n...\r\n.\r\n"),
            (b"\r\n\r\n.x", b"\r\n\r\n..x\r\n.\r\n"),
        ] {
            assert_eq!(encode(input), Ok(output.to_vec()), "{}", input.escape_ascii());
        }
        assert_eq!(encode(b"a\0"), Err(Status::NulInContent));
        for input in [b"a\n".as_slice(), b"a\rb", b"a\r", b"\n", b"\r\r\n", b"a\r\n\n"] {
            assert_eq!(encode(input), Err(Status::BareLineEnd), "{}", input.escape_ascii());
        }
    }

    /// Bytes among which line ends and dots are frequent.
    fn hostile() -> impl Strategy<Value = Vec<u8>> {
        proptest::collection::vec(proptest::sample::select(b"\r\n.\0ab\r\n.".to_vec()), 0..60)
    }

    proptest! {
        #[test]
        fn decoding_does_not_depend_on_cuts(input in hostile(), cuts in proptest::collection::vec(0usize..7, 0..40)) {
            let whole = decode(&input);
            let (mut decoder, mut output) = (DataDecoder::default(), Vec::new());
            let (mut rest, mut consumed, mut finished) = (input.as_slice(), 0, false);
            for size in cuts.into_iter().chain([usize::MAX]) {
                let (piece, after) = rest.split_at(size.min(rest.len()));
                let decoded = decoder.decode(piece, &mut output);
                (consumed, finished, rest) = (consumed + decoded.consumed, decoded.finished, after);
            }
            prop_assert_eq!((output, Decoded { consumed, finished }, decoder.fault()), whole);
        }

        #[test]
        fn what_is_encoded_comes_back(lines in proptest::collection::vec("[.a\u{e9}]{0,5}", 0..20), cut in 0usize..40) {
            let content = lines.iter().flat_map(|line| [line.as_bytes(), b"\r\n"].concat()).collect::<Vec<_>>();
            let (mut encoder, mut wire) = (DataEncoder::default(), Vec::new());
            let (one, two) = content.split_at(cut.min(content.len()));
            encoder.encode(one, &mut wire).unwrap();
            encoder.encode(two, &mut wire).unwrap();
            encoder.finish(&mut wire).unwrap();
            prop_assert_eq!(decode(&wire), (content, Decoded { consumed: wire.len(), finished: true }, None));
        }

        #[test]
        fn the_encoder_never_emits_a_lone_cr_or_lf(input in hostile()) {
            let (mut encoder, mut wire) = (DataEncoder::default(), Vec::new());
            let result = encoder.encode(&input, &mut wire);
            let pairs = wire.windows(2).filter(|pair| pair == b"\r\n").count();
            let ends = wire.iter().filter(|b| matches!(b, b'\r' | b'\n')).count();
            prop_assert_eq!(ends, pairs * 2);
            prop_assert!(!wire.starts_with(b".\r\n"));
            prop_assert!(memchr::memmem::find(&wire, b"\r\n.\r\n").is_none());
            if result.is_ok() && encoder.finish(&mut wire).is_ok() {
                prop_assert!(decode(&wire).1.finished);
            }
        }
    }
}
