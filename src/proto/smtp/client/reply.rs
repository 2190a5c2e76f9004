//! Replies of a server (RFC 5321 §4.2), read with bounds: what a peer says ends in logs, proofs and notices.

use std::fmt;

use bytes::{Buf, BytesMut};

/// Octets of one line of a reply; RFC 5321 §4.5.3.1.5 allows 512, some servers write more.
const LINE_MAX: usize = 2048;
/// Lines of one reply.
const LINES_MAX: usize = 100;

/// A complete reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeerReply {
    /// The code, 200 to 599.
    pub code: u16,
    /// The text of each line, without code and separator. Printable: whatever else the peer sent is replaced.
    pub lines: Vec<String>,
}

impl PeerReply {
    /// 2xx
    #[must_use]
    pub fn is_positive(&self) -> bool {
        self.code / 100 == 2
    }

    /// 5xx
    #[must_use]
    pub fn is_final_refusal(&self) -> bool {
        self.code / 100 == 5
    }

    /// The enhanced status code at the beginning of the text, when it is there and of the code's class.
    // [rfc2034#3]
    #[must_use]
    pub fn enhanced(&self) -> Option<&str> {
        let word = self.lines.first()?.split(' ').next()?;
        let numbers: Vec<&str> = word.split('.').collect();
        let [class, subject, detail] = numbers[..] else { return None };
        let number = |text: &str| (1..=3).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
        (class == (self.code / 100).to_string() && number(subject) && number(detail)).then_some(word)
    }
}

impl fmt::Display for PeerReply {
    /// On one line, as a diagnostic code wants it (RFC 3464 §2.3.6).
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.code, self.lines.join(" "))
    }
}

/// Bytes that are no reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NoReply;

/// Collects bytes into replies.
#[derive(Debug, Default)]
pub(super) struct ReplyReader {
    input: BytesMut,
    begun: Option<PeerReply>,
}

impl ReplyReader {
    pub(super) fn receive(&mut self, bytes: &[u8]) {
        self.input.extend_from_slice(bytes);
    }

    /// Whether nothing waits, not even half a reply.
    pub(super) fn is_empty(&self) -> bool {
        self.input.is_empty() && self.begun.is_none()
    }

    /// The next whole reply.
    ///
    /// # Errors
    /// When the bytes cannot become one: no code, codes that differ, a lone CR or LF, too long, too many lines.
    // [rfc5321#4.2.1]
    pub(super) fn next(&mut self) -> Result<Option<PeerReply>, NoReply> {
        while let Some(line) = self.line()? {
            let (code, last, text) = parse(&line)?;
            let reply = self.begun.get_or_insert_with(|| PeerReply { code, lines: Vec::new() });
            if reply.code != code || reply.lines.len() == LINES_MAX {
                return Err(NoReply);
            }
            reply.lines.push(text);
            if last {
                return Ok(self.begun.take());
            }
        }
        Ok(None)
    }

    fn line(&mut self) -> Result<Option<BytesMut>, NoReply> {
        let end = memchr::memchr2(b'\r', b'\n', &self.input);
        if end.unwrap_or(self.input.len()) > LINE_MAX {
            return Err(NoReply);
        }
        match end.map(|end| (end, self.input[end], self.input.get(end + 1))) {
            Some((end, b'\r', Some(b'\n'))) => {
                let line = self.input.split_to(end);
                self.input.advance(2);
                Ok(Some(line))
            }
            None | Some((_, b'\r', None)) => Ok(None),
            Some(_) => Err(NoReply),
        }
    }
}

/// `250-text`, `250 text`, `250`: code, whether it is the last line, text.
fn parse(line: &[u8]) -> Result<(u16, bool, String), NoReply> {
    let (digits, rest) = line.split_at_checked(3).ok_or(NoReply)?;
    let [class @ b'2'..=b'5', b'0'..=b'9', b'0'..=b'9'] = digits else { return Err(NoReply) };
    let code = u16::from(class - b'0') * 100 + u16::from(digits[1] - b'0') * 10 + u16::from(digits[2] - b'0');
    let (last, text) = match rest.split_first() {
        None => (true, rest),
        Some((b' ', text)) => (true, text),
        Some((b'-', text)) => (false, text),
        Some(_) => return Err(NoReply),
    };
    let printable = |c: char| if c.is_control() { '?' } else { c };
    Ok((code, last, String::from_utf8_lossy(text).chars().map(printable).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(input: &[u8]) -> Result<Option<PeerReply>, NoReply> {
        let mut reader = ReplyReader::default();
        reader.receive(input);
        reader.next()
    }

    fn reply(code: u16, lines: &[&str]) -> Option<PeerReply> {
        Some(PeerReply { code, lines: lines.iter().map(|&line| line.to_owned()).collect() })
    }

    #[test]
    // [rfc5321#4.2.1]
    fn replies_of_one_and_several_lines() {
        for (input, wanted) in [
            (b"250 OK\r\n".as_slice(), reply(250, &["OK"])),
            (b"354\r\n", reply(354, &[""])),
            (b"250-mx\r\n250-SIZE 5\r\n250 HELP\r\n", reply(250, &["mx", "SIZE 5", "HELP"])),
            (b"550 a\xffb\x1b[c\r\n", reply(550, &["a\u{fffd}b?[c"])),
            (b"250-mx\r\n", None),
            (b"250 OK\r", None),
        ] {
            assert_eq!(read(input), Ok(wanted), "{}", input.escape_ascii());
        }
    }

    #[test]
    fn what_is_no_reply_is_refused() {
        let long = [b"250 ".as_slice(), &[b'x'; LINE_MAX]].concat();
        let many = b"250-x\r\n".repeat(LINES_MAX + 1);
        for input in [
            b"\r\n".as_slice(),
            b"25\r\n",
            b"250_x\r\n",
            b"150 x\r\n",
            b"650 x\r\n",
            b"2x0 x\r\n",
            b"250 x\n",
            b"250 x\ry\r\n",
            b"250-a\r\n550 b\r\n",
            &long,
            &many,
        ] {
            assert_eq!(read(input), Err(NoReply), "{}", input.escape_ascii());
        }
    }

    #[test]
    // [rfc2034#3]
    fn enhanced_codes_are_those_of_the_codes_class() {
        for (code, text, wanted) in [
            (550, "5.1.1 unknown", Some("5.1.1")),
            (250, "2.0.0", Some("2.0.0")),
            (550, "4.1.1 unknown", None),
            (550, "5.1 unknown", None),
            (550, "5.1.1000 unknown", None),
            (550, "unknown", None),
        ] {
            assert_eq!(reply(code, &[text]).unwrap().enhanced(), wanted, "{text}");
        }
    }
}
