//! Content transfer encodings undone as a stream (RFC 2045 §6): base64, quoted-printable, and those that change
//! nothing. Tolerant: what is no valid encoding is passed over (base64) or kept as it stands (quoted-printable).

use memchr::memchr2;

/// Undecided octets of quoted-printable that are held at most: a whole line of RFC 5322 §2.1.1.
const HELD_MAX: usize = 998;

/// What must be undone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// `7bit`, `8bit`, `binary`, and whatever is unknown: the octets are what they are.
    Identity,
    /// RFC 2045 §6.8.
    Base64,
    /// RFC 2045 §6.7.
    QuotedPrintable,
}

impl Encoding {
    /// The encoding of this name, in any case.
    // [rfc2045#6.1]
    #[must_use]
    pub fn of(name: &str) -> Self {
        if name.eq_ignore_ascii_case("base64") {
            Self::Base64
        } else if name.eq_ignore_ascii_case("quoted-printable") {
            Self::QuotedPrintable
        } else {
            Self::Identity
        }
    }
}

/// Undoes one encoding, however the input is cut. Holds less than 1,000 octets.
#[derive(Debug, Clone)]
pub struct Decoder(State);

#[derive(Debug, Clone)]
enum State {
    Identity,
    Base64(Base64),
    QuotedPrintable(QuotedPrintable),
}

impl Decoder {
    /// A decoder for one body.
    #[must_use]
    pub fn new(encoding: Encoding) -> Self {
        Self(match encoding {
            Encoding::Identity => State::Identity,
            Encoding::Base64 => State::Base64(Base64::default()),
            Encoding::QuotedPrintable => State::QuotedPrintable(QuotedPrintable::default()),
        })
    }

    /// Decodes the next octets of the body onto the end of `out`.
    pub fn push(&mut self, input: &[u8], out: &mut Vec<u8>) {
        match &mut self.0 {
            State::Identity => out.extend_from_slice(input),
            State::Base64(decoder) => decoder.push(input, out),
            State::QuotedPrintable(decoder) => decoder.push(input, out),
        }
    }

    /// Ends the body: decodes what was held.
    pub fn finish(mut self, out: &mut Vec<u8>) {
        match &mut self.0 {
            State::Identity => {}
            State::Base64(decoder) => decoder.flush(out),
            State::QuotedPrintable(decoder) => decoder.finish(out),
        }
    }
}

/// Decodes a whole body at once.
#[must_use]
pub fn decode(encoding: Encoding, body: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len());
    let mut decoder = Decoder::new(encoding);
    decoder.push(body, &mut out);
    decoder.finish(&mut out);
    out
}

/// Decodes the `Q` encoding of an encoded word: as quoted-printable, and `_` is a space (RFC 2047 §4.2).
// [rfc2047#4.2]
pub(super) fn decode_word(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        match (byte, after) {
            (b'_', _) => out.push(b' '),
            (b'=', [high, low, tail @ ..]) if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                out.push(nibble(*high) << 4 | nibble(*low));
                rest = tail;
            }
            _ => out.push(byte),
        }
    }
    out
}

const SKIP: u8 = 64;
const PAD: u8 = 65;

/// The six bits of each character of the alphabet, `SKIP` for what is none.
const SIX_BITS: [u8; 256] = {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut table = [SKIP; 256];
    let mut value = 0;
    while value < 64 {
        table[alphabet[value] as usize] = value as u8;
        value += 1;
    }
    table[b'=' as usize] = PAD;
    table
};

#[derive(Debug, Clone, Default)]
struct Base64 {
    bits: u32,
    characters: u8,
}

impl Base64 {
    // [rfc2045#6.8]
    fn push(&mut self, input: &[u8], out: &mut Vec<u8>) {
        let mut rest = input;
        while !rest.is_empty() {
            if self.characters == 0 {
                rest = quanta(rest, out);
            }
            let Some((&byte, after)) = rest.split_first() else { return };
            rest = after;
            self.character(SIX_BITS[byte as usize], out);
        }
    }

    fn character(&mut self, value: u8, out: &mut Vec<u8>) {
        match value {
            SKIP => {}
            // Padding ends a quantum and not the body: some senders encode each line, or each attachment, on its own.
            PAD => self.flush(out),
            value => {
                self.bits = self.bits << 6 | u32::from(value);
                self.characters += 1;
                if self.characters == 4 {
                    out.extend_from_slice(&self.bits.to_be_bytes()[1..]);
                    *self = Self::default();
                }
            }
        }
    }

    fn flush(&mut self, out: &mut Vec<u8>) {
        match self.characters {
            2 => out.push((self.bits >> 4) as u8),
            3 => out.extend_from_slice(&((self.bits >> 2) as u16).to_be_bytes()),
            _ => {}
        }
        *self = Self::default();
    }
}

/// Decodes whole quanta as long as all is of the alphabet; gives the rest.
fn quanta<'a>(input: &'a [u8], out: &mut Vec<u8>) -> &'a [u8] {
    let mut rest = input;
    while let Some((quantum, after)) = rest.split_first_chunk::<4>() {
        let [a, b, c, d] = quantum.map(|byte| SIX_BITS[byte as usize]);
        if (a | b | c | d) >= SKIP {
            return rest;
        }
        let bits = u32::from(a) << 18 | u32::from(b) << 12 | u32::from(c) << 6 | u32::from(d);
        out.extend_from_slice(&bits.to_be_bytes()[1..]);
        rest = after;
    }
    rest
}

/// What is held begins with `=`, or is white space that goes if a line ends after it, each perhaps with a CR.
#[derive(Debug, Clone, Default)]
struct QuotedPrintable {
    held: Vec<u8>,
}

impl QuotedPrintable {
    // [rfc2045#6.7]
    fn push(&mut self, input: &[u8], out: &mut Vec<u8>) {
        let mut rest = input;
        while !rest.is_empty() {
            if self.held.is_empty() {
                rest = self.run(rest, out);
            } else if self.settle(rest[0], out) {
                rest = &rest[1..];
            }
        }
    }

    /// Takes octets up to and with the next `=` or line end, nothing being held.
    fn run<'a>(&mut self, input: &'a [u8], out: &mut Vec<u8>) -> &'a [u8] {
        let Some(at) = memchr2(b'=', b'\n', input) else {
            let kept = without_line_tail(input);
            out.extend_from_slice(&input[..kept]);
            self.held.extend_from_slice(&input[kept..]);
            return &[];
        };
        if input[at] == b'=' {
            out.extend_from_slice(&input[..at]);
            self.held.push(b'=');
        } else {
            let line = &input[..at];
            out.extend_from_slice(&line[..without_line_tail(line)]);
            let end = if line.ends_with(b"\r") { at - 1 } else { at };
            out.extend_from_slice(&input[end..=at]);
        }
        &input[at + 1..]
    }

    /// Decides with one more octet about what is held. Whether the octet was used.
    fn settle(&mut self, byte: u8, out: &mut Vec<u8>) -> bool {
        let escape = self.held[0] == b'=';
        match (byte, self.held.last()) {
            (b'\n', Some(last)) if !last.is_ascii_hexdigit() => {
                if !escape {
                    let end: &[u8] = if *last == b'\r' { b"\r\n" } else { b"\n" };
                    out.extend_from_slice(end);
                }
                self.held.clear();
                true
            }
            (b' ' | b'\t' | b'\r', Some(last)) if *last != b'\r' && !last.is_ascii_hexdigit() => {
                self.held.push(byte);
                if self.held.len() == HELD_MAX && byte != b'\r' {
                    self.flush(out);
                }
                true
            }
            _ if escape && byte.is_ascii_hexdigit() && self.held.len() <= 2 => self.escape(byte, out),
            _ => {
                self.flush(out);
                false
            }
        }
    }

    /// Takes a hexadecimal digit after `=` or `=X`, unless white space stands there.
    fn escape(&mut self, digit: u8, out: &mut Vec<u8>) -> bool {
        match self.held.get(1) {
            None => self.held.push(digit),
            Some(first) if first.is_ascii_hexdigit() => {
                out.push(nibble(*first) << 4 | nibble(digit));
                self.held.clear();
            }
            Some(_) => {
                self.flush(out);
                return false;
            }
        }
        true
    }

    fn flush(&mut self, out: &mut Vec<u8>) {
        out.append(&mut self.held);
    }

    /// The end of the body ends a line: white space before it goes, a soft line break does too.
    fn finish(&mut self, out: &mut Vec<u8>) {
        let escape = self.held.first() == Some(&b'=');
        if escape && self.held.len() > 1 && self.held[1].is_ascii_hexdigit() {
            self.flush(out);
        } else if self.held.ends_with(b"\r") && !escape {
            out.push(b'\r');
        }
        self.held.clear();
    }
}

/// How many octets of a line come before the white space at its end, and before a CR after that. Of a run that is
/// longer than what is ever held only the rest is taken for white space at the end, as when it comes in pieces.
fn without_line_tail(line: &[u8]) -> usize {
    let text = line.strip_suffix(b"\r").unwrap_or(line);
    let kept = text.iter().rposition(|b| !matches!(b, b' ' | b'\t')).map_or(0, |last| last + 1);
    let run = text.len() - kept;
    text.len() - run % HELD_MAX
}

/// The value of a hexadecimal digit, in any case.
pub(super) fn nibble(digit: u8) -> u8 {
    match digit {
        b'a'..=b'f' => digit - b'a' + 10,
        b'A'..=b'F' => digit - b'A' + 10,
        _ => digit.wrapping_sub(b'0') & 15,
    }
}
