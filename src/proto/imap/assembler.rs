//! Puts commands together from bytes: lines, and literals between them. It knows sizes and no grammar; what a literal
//! is for, and whether it may come, [`super::server`] decides.

use bytes::{Buf, Bytes, BytesMut};

/// What of a line that is too long is kept at its start, for the tag, and at its end, for a literal's announcement.
const KEPT: usize = 256;
/// Octets of an empty input buffer that are kept for the next bytes.
const SPARE: usize = 4096;

/// A literal's announcement at the end of a line (RFC 9051 §4.3, RFC 7888).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Announced {
    /// Octets that will come.
    pub(super) size: u64,
    /// Who moves next.
    pub(super) pace: Pace,
}

/// Whether the client waits before it sends a literal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pace {
    /// `{n}`: it waits for `+`.
    Waits,
    /// `{n+}`, `{n-}`: it does not.
    Sends,
}

/// What the input gave.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// Nothing before more bytes come.
    More,
    /// A line ended and no literal follows: [`Assembler::take_text`] has the command.
    Line,
    /// A line ended in an announcement: one of `collect`, `stream`, `discard` or `take_text` must be called.
    Announced(Announced),
    /// Bytes of a streamed literal.
    Content(Bytes),
    /// A streamed literal is complete; the rest of its line follows.
    ContentEnd,
    /// The end of a command that was too long or discarded; `take_text` has its beginning.
    Discarded,
    /// More was discarded than allowed.
    Flood,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Text,
    Collect(u64),
    Stream(u64),
    Discard(u64),
    DiscardText,
}

/// Input on its way to being a command.
#[derive(Debug)]
pub(super) struct Assembler {
    input: BytesMut,
    /// Bytes of the input in which no line end was found.
    scanned: usize,
    /// The command so far: lines without their end, announcements with it, literals in place.
    text: Vec<u8>,
    mode: Mode,
    /// The end of a line that is being discarded.
    tail: Vec<u8>,
    discarded: u64,
}

impl Assembler {
    pub(super) fn new() -> Self {
        Self { input: BytesMut::new(), scanned: 0, text: Vec::new(), mode: Mode::Text, tail: Vec::new(), discarded: 0 }
    }

    pub(super) fn receive(&mut self, bytes: &[u8]) {
        self.input.extend_from_slice(bytes);
    }

    /// Whether no byte waits to be looked at.
    pub(super) fn is_drained(&self) -> bool {
        self.input.is_empty()
    }

    /// The command so far.
    pub(super) fn text(&self) -> &[u8] {
        &self.text
    }

    /// The command, and a fresh start for the next one.
    pub(super) fn take_text(&mut self) -> Vec<u8> {
        self.mode = Mode::Text;
        self.discarded = 0;
        self.tail.clear();
        std::mem::take(&mut self.text)
    }

    /// The announced literal becomes part of the command.
    pub(super) fn collect(&mut self, size: u64) {
        self.mode = Mode::Collect(size);
    }

    /// The announced literal comes as [`Piece::Content`]; what follows it is a text of its own.
    pub(super) fn stream(&mut self, size: u64) {
        self.text.clear();
        self.mode = Mode::Stream(size);
    }

    /// The announced literal and the rest of the command are thrown away.
    pub(super) fn discard(&mut self, size: u64) {
        self.text.truncate(KEPT);
        self.mode = Mode::Discard(size);
    }

    /// The next piece, where a line may hold `line` octets and `flood` octets may be discarded in one command.
    pub(super) fn next(&mut self, line: usize, flood: u64) -> Piece {
        loop {
            let piece = match self.mode {
                Mode::Text => self.text_piece(line),
                Mode::Collect(left) => self.collect_piece(left),
                Mode::Stream(left) => self.stream_piece(left),
                Mode::Discard(left) => self.discard_piece(left),
                Mode::DiscardText => self.discard_text_piece(),
            };
            if self.discarded > flood {
                return Piece::Flood;
            }
            if let Some(piece) = piece {
                self.shrink();
                return piece;
            }
        }
    }

    /// Gives a large buffer back once it is empty: most connections idle most of the time.
    fn shrink(&mut self) {
        if self.input.is_empty() && self.input.capacity() > SPARE {
            self.input = BytesMut::new();
        }
    }

    fn text_piece(&mut self, limit: usize) -> Option<Piece> {
        let Some(end) = self.line_end() else {
            // one octet more, because the last may be the CR of a line that ends in the next packet
            if self.input.len() <= limit + 1 {
                return Some(Piece::More);
            }
            self.begin_discard();
            return None;
        };
        let line = self.take_line(end);
        if line.len() > limit {
            self.keep_head(&line);
            self.keep_tail(&line);
            self.discarded += line.len() as u64;
            return self.end_discarded_line();
        }
        self.text.extend_from_slice(&line);
        match announcement(&line) {
            Some(announced) => {
                self.text.extend_from_slice(b"\r\n");
                Some(Piece::Announced(announced))
            }
            None => Some(Piece::Line),
        }
    }

    fn collect_piece(&mut self, left: u64) -> Option<Piece> {
        let taken = self.take_up_to(left);
        self.text.extend_from_slice(&taken);
        self.left(left - taken.len() as u64, Mode::Collect, Mode::Text)
    }

    fn stream_piece(&mut self, left: u64) -> Option<Piece> {
        if left == 0 {
            self.mode = Mode::Text;
            return Some(Piece::ContentEnd);
        }
        let taken = self.take_up_to(left);
        self.mode = Mode::Stream(left - taken.len() as u64);
        Some(if taken.is_empty() { Piece::More } else { Piece::Content(taken) })
    }

    fn discard_piece(&mut self, left: u64) -> Option<Piece> {
        let taken = self.take_up_to(left).len() as u64;
        self.discarded += taken;
        self.left(left - taken, Mode::Discard, Mode::DiscardText)
    }

    fn discard_text_piece(&mut self) -> Option<Piece> {
        let Some(end) = self.line_end() else {
            let all = self.input.split();
            self.scanned = 0;
            self.discarded += all.len() as u64;
            self.keep_tail(&all);
            return Some(Piece::More);
        };
        let line = self.take_line(end);
        self.discarded += line.len() as u64;
        self.keep_tail(&line);
        self.end_discarded_line()
    }

    fn begin_discard(&mut self) {
        let all = self.input.split();
        self.scanned = 0;
        self.discarded += all.len() as u64;
        self.keep_head(&all);
        self.keep_tail(&all);
        self.mode = Mode::DiscardText;
    }

    /// A discarded line has ended: a literal that the client sends without waiting still belongs to it.
    fn end_discarded_line(&mut self) -> Option<Piece> {
        let tail = std::mem::take(&mut self.tail);
        match announcement(tail.strip_suffix(b"\r").unwrap_or(&tail)) {
            Some(Announced { size, pace: Pace::Sends }) => {
                self.mode = Mode::Discard(size);
                None
            }
            _ => Some(Piece::Discarded),
        }
    }

    fn keep_head(&mut self, line: &[u8]) {
        let room = KEPT.saturating_sub(self.text.len());
        self.text.extend_from_slice(&line[..line.len().min(room)]);
        self.text.truncate(KEPT);
    }

    fn keep_tail(&mut self, bytes: &[u8]) {
        self.tail.extend_from_slice(&bytes[bytes.len().saturating_sub(KEPT)..]);
        let excess = self.tail.len().saturating_sub(KEPT);
        self.tail.drain(..excess);
    }

    /// Goes on with what is left of a literal, or with what follows it.
    fn left(&mut self, left: u64, same: fn(u64) -> Mode, after: Mode) -> Option<Piece> {
        if left == 0 {
            self.mode = after;
            return None;
        }
        self.mode = same(left);
        Some(Piece::More)
    }

    fn line_end(&mut self) -> Option<usize> {
        let found = memchr::memchr(b'\n', &self.input[self.scanned..]).map(|at| self.scanned + at);
        self.scanned = if found.is_some() { 0 } else { self.input.len() };
        found
    }

    /// The line that ends at this LF, without LF and without the CR before it.
    fn take_line(&mut self, end: usize) -> BytesMut {
        let mut line = self.input.split_to(end);
        self.input.advance(1);
        if line.last() == Some(&b'\r') {
            line.truncate(end - 1);
        }
        line
    }

    fn take_up_to(&mut self, size: u64) -> Bytes {
        let size = usize::try_from(size).unwrap_or(usize::MAX).min(self.input.len());
        self.input.split_to(size).freeze()
    }
}

/// The announcement at the end of a line, if there is one.
// [rfc7888#3] [rfc3501#4.3]
fn announcement(line: &[u8]) -> Option<Announced> {
    let inner = line.strip_suffix(b"}")?;
    let start = inner.iter().rposition(|b| *b == b'{')?;
    let inner = &inner[start + 1..];
    let (digits, pace) = match inner.split_last()? {
        (b'+' | b'-', digits) => (digits, Pace::Sends),
        _ => (inner, Pace::Waits),
    };
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    // a number beyond 64 bits is refused as the largest size is
    let size = std::str::from_utf8(digits).ok()?.parse().unwrap_or(u64::MAX);
    Some(Announced { size, pace })
}

#[cfg(test)]
mod tests {
    use super::*;

    // [rfc7888#3] [rfc3501#4.3]
    #[test]
    fn announcements_stand_at_the_end_of_a_line() {
        use Pace::{Sends, Waits};
        for (line, expected) in [
            ("a {5}", Some((5, Waits))),
            ("a {5+}", Some((5, Sends))),
            ("a {5-}", Some((5, Sends))),
            ("~{0}", Some((0, Waits))),
            ("{99999999999999999999}", Some((u64::MAX, Waits))),
            ("a {}", None),
            ("a {+}", None),
            ("a {5x}", None),
            ("a {5} ", None),
            ("a 5}", None),
            ("}", None),
        ] {
            let found = announcement(line.as_bytes()).map(|a| (a.size, a.pace));
            assert_eq!(found, expected, "{line}");
        }
    }

    /// The pieces, where literals are collected, and the texts.
    fn assemble(input: &[u8], limit: usize, flood: u64) -> Vec<(Piece, Vec<u8>)> {
        let mut assembler = Assembler::new();
        assembler.receive(input);
        let mut found = Vec::new();
        loop {
            match assembler.next(limit, flood) {
                Piece::More => return found,
                Piece::Flood => {
                    found.push((Piece::Flood, Vec::new()));
                    return found;
                }
                Piece::Announced(announced) => assembler.collect(announced.size),
                piece => found.push((piece, assembler.take_text())),
            }
        }
    }

    #[test]
    fn lines_and_literals_make_one_text() {
        let found = assemble(b"a {2}\r\nx\n b {1+}\ny\r\n\nc\r\n", 100, 0);
        let line = |text: &[u8]| (Piece::Line, text.to_vec());
        assert_eq!(found, [line(b"a {2}\r\nx\n b {1+}\r\ny"), line(b""), line(b"c")]);
    }

    #[test]
    fn what_is_too_long_is_thrown_away_with_its_literals() {
        let found = assemble(b"a 345678 {3+}\r\nx\nyzzz\r\nb\r\n", 10, 100);
        assert_eq!(found, [(Piece::Discarded, b"a 345678 {3+}".to_vec()), (Piece::Line, b"b".to_vec())]);
        let found = assemble(b"a 345678 {3}\r\nb\r\n", 10, 100);
        assert_eq!(found, [(Piece::Discarded, b"a 345678 {3}".to_vec()), (Piece::Line, b"b".to_vec())]);
        assert_eq!(assemble(&[b'x'; 101], 10, 100), [(Piece::Flood, Vec::new())]);
    }
}
