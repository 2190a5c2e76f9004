//! Walks through a message as it comes in, cut anywhere, and finds its parts (RFC 2046 §5.1).
//!
//! One pass, bounded memory: what is held is one candidate for a delimiter line and the header being read. Bodies are
//! searched for line feeds before hyphens, all else goes by in runs. It never fails: a message that breaks the rules
//! has a structure too, and beyond a limit the rest is opaque.

use std::sync::LazyLock;

use memchr::{memchr, memchr_iter, memmem};

use super::structure::{Limits, Structure};
use super::tree::{Position, Tree};

static DELIMITER_START: LazyLock<memmem::Finder<'static>> = LazyLock::new(|| memmem::Finder::new(b"\n--"));

/// Finds the structure of one message.
#[derive(Debug)]
pub struct Walker {
    tree: Tree,
    /// Up to where octets were given to the tree.
    at: Position,
    /// The line end before `line`, which belongs to the delimiter if the line is one.
    held: LineEnd,
    /// The beginning of a line that may be a delimiter or blank.
    line: Vec<u8>,
    place: Place,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    LineStart,
    Middle,
}

/// A line end that is held back. In the middle of a line only a CR can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum LineEnd {
    None,
    Cr,
    Lf,
    CrLf,
}

/// What the beginning of a line is.
enum Verdict {
    Undecided,
    Blank,
    Content,
    /// A whole line that begins as a delimiter does.
    Candidate,
}

impl Walker {
    /// A walker for one message.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self {
            tree: Tree::new(limits),
            at: Position::default(),
            held: LineEnd::None,
            line: Vec::new(),
            place: Place::LineStart,
        }
    }

    /// Takes the next octets of the message.
    pub fn push(&mut self, bytes: &[u8]) {
        let mut rest = bytes;
        while !rest.is_empty() {
            rest = match self.place {
                Place::LineStart => self.line_start(rest),
                Place::Middle => self.middle(rest),
            };
        }
    }

    /// Ends the message; parts that are open end with it.
    #[must_use]
    pub fn finish(mut self) -> Structure {
        match self.tree.delimiter(&self.line) {
            Some(_) => self.end_candidate(),
            None => self.release(),
        }
        self.feed_held();
        self.tree.finish(self.at)
    }

    fn line_start<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        let mut rest = bytes;
        while let Some((&byte, after)) = rest.split_first() {
            if self.line.len() >= 2 {
                rest = self.collect(rest);
            } else {
                self.line.push(byte);
                rest = after;
            }
            match self.verdict() {
                Verdict::Undecided => continue,
                Verdict::Content => self.release(),
                Verdict::Candidate => self.end_candidate(),
                Verdict::Blank => self.blank_line(),
            }
            break;
        }
        rest
    }

    /// Takes what may belong to a delimiter line, up to its end.
    fn collect<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        let room = (self.tree.longest_delimiter() + 1).saturating_sub(self.line.len()).clamp(1, bytes.len());
        let end = memchr(b'\n', &bytes[..room]).map_or(room, |at| at + 1);
        self.line.extend_from_slice(&bytes[..end]);
        &bytes[end..]
    }

    fn verdict(&self) -> Verdict {
        let longest = self.tree.longest_delimiter();
        match self.line.as_slice() {
            b"\n" | b"\r\n" if self.tree.in_header() => Verdict::Blank,
            b"\r" if self.tree.in_header() => Verdict::Undecided,
            b"-" if longest > 0 => Verdict::Undecided,
            [b'-', b'-', .., b'\n'] if longest > 0 => Verdict::Candidate,
            [b'-', b'-', ..] if self.line.len() <= longest => Verdict::Undecided,
            _ => Verdict::Content,
        }
    }

    /// The rest of a line, and in bodies the lines after it that cannot be delimiters.
    fn middle<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        if self.tree.in_header() {
            let Some(end) = memchr(b'\n', bytes) else {
                self.feed(bytes);
                return &[];
            };
            self.feed(&bytes[..=end]);
            self.place = Place::LineStart;
            return &bytes[end + 1..];
        }
        if self.held == LineEnd::Cr {
            if let [b'\n', rest @ ..] = bytes {
                self.held = LineEnd::CrLf;
                self.place = Place::LineStart;
                return rest;
            }
            self.feed_held();
        }
        if self.tree.longest_delimiter() == 0 {
            self.feed(bytes);
            return &[];
        }
        match DELIMITER_START.find(bytes) {
            Some(at) => self.end_line(bytes, at),
            None => self.tail(bytes),
        }
    }

    /// The end of a run in which no delimiter begins, unless it begins with the last octets.
    fn tail<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        match bytes {
            [.., b'\n'] => self.end_line(bytes, bytes.len() - 1),
            [.., b'\n', b'-'] => self.end_line(bytes, bytes.len() - 2),
            [text @ .., b'\r'] => {
                self.feed(text);
                self.held = LineEnd::Cr;
                &[]
            }
            _ => {
                self.feed(bytes);
                &[]
            }
        }
    }

    /// Feeds up to the line end of which the line feed is at `at`, and holds that back.
    fn end_line<'a>(&mut self, bytes: &'a [u8], at: usize) -> &'a [u8] {
        let (text, held) = match bytes[..at].strip_suffix(b"\r") {
            Some(text) => (text, LineEnd::CrLf),
            None => (&bytes[..at], LineEnd::Lf),
        };
        self.feed(text);
        self.held = held;
        self.place = Place::LineStart;
        &bytes[at + 1..]
    }

    /// The beginning of the line is content: a line feed can only be its last octet.
    fn release(&mut self) {
        self.feed_held();
        self.place = Place::Middle;
        let line = std::mem::take(&mut self.line);
        if !line.is_empty() {
            self.middle(&line);
        }
        self.line = line;
        self.line.clear();
    }

    fn blank_line(&mut self) {
        let line = std::mem::take(&mut self.line);
        self.feed(&line);
        self.tree.end_header(self.at);
    }

    fn end_candidate(&mut self) {
        let Some(delimiter) = self.tree.delimiter(&self.line) else {
            self.release();
            return;
        };
        let end = self.at;
        self.pass(self.held.octets());
        let line = std::mem::take(&mut self.line);
        // The line end after a closing delimiter belongs to what follows, be it a delimiter of an outer multipart.
        self.held = if delimiter.closes { LineEnd::of(&line) } else { LineEnd::None };
        self.pass(&line[..line.len() - self.held.octets().len()]);
        self.tree.cross(delimiter, end, self.at);
        self.place = Place::LineStart;
    }

    fn feed_held(&mut self) {
        let held = std::mem::replace(&mut self.held, LineEnd::None);
        self.feed(held.octets());
    }

    fn feed(&mut self, bytes: &[u8]) {
        if !bytes.is_empty() {
            self.tree.feed(bytes);
            self.pass(bytes);
        }
    }

    fn pass(&mut self, bytes: &[u8]) {
        self.at.offset += bytes.len() as u64;
        self.at.lines += memchr_iter(b'\n', bytes).count() as u64;
    }
}

impl LineEnd {
    /// The one with which a line ends.
    fn of(line: &[u8]) -> Self {
        match line {
            [.., b'\r', b'\n'] => Self::CrLf,
            [.., b'\n'] => Self::Lf,
            _ => Self::None,
        }
    }

    fn octets(self) -> &'static [u8] {
        match self {
            Self::None => b"",
            Self::Cr => b"\r",
            Self::Lf => b"\n",
            Self::CrLf => b"\r\n",
        }
    }
}

/// The structure of a message that is at hand as a whole.
#[must_use]
pub fn walk(message: &[u8], limits: Limits) -> Structure {
    let mut walker = Walker::new(limits);
    walker.push(message);
    walker.finish()
}
