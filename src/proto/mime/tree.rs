//! The tree of parts while the walker builds it: which parts are open, which delimiters count, what a header makes of
//! the body after it. Positions come from the walker; here nothing is scanned but one line at a time.

use super::content::Content;
use super::digest::Digester;
use super::envelope::Envelope;
use super::parameters::Parameters;
use super::structure::{ContentType, Limits, Part, Structure};
use super::transfer::Encoding;

/// Octets of a boundary that are accepted. RFC 2046 §5.1.1 allows 70; a line holds 998.
const BOUNDARY_MAX: usize = 998;
/// Octets that a delimiter line may hold beside its boundary: hyphens, padding, line end.
const DELIMITER_EXTRA: usize = 1000;

/// A place in the message.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Position {
    /// Octets before it.
    pub(super) offset: u64,
    /// Line feeds before it.
    pub(super) lines: u64,
}

/// A delimiter line of an open multipart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Delimiter {
    /// Index of the multipart among the open parts.
    level: usize,
    /// Whether it is the closing one.
    pub(super) closes: bool,
}

#[derive(Debug)]
pub(super) struct Tree {
    limits: Limits,
    parts: Vec<Part>,
    open: Vec<Open>,
    /// The header being read, none while a body is.
    header: Option<Vec<u8>>,
    header_left: usize,
    addresses_left: usize,
    message_header: Vec<u8>,
    /// Length of the longest delimiter line that can count now; 0 where none can.
    longest: usize,
    truncated: bool,
}

/// A part that has begun and not ended.
#[derive(Debug)]
struct Open {
    part: u32,
    /// Line feeds before its body.
    lines: u64,
    /// What numbers of parts inside begin with.
    prefix: String,
    body: Body,
}

#[derive(Debug)]
enum Body {
    /// Its header has not ended.
    Unknown,
    Leaf(Digester),
    Multipart(Multipart),
    Message,
}

/// Whether a part is divided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Single,
    Multipart,
}

#[derive(Debug)]
struct Multipart {
    /// None once its closing delimiter was seen: what follows is the epilogue.
    boundary: Option<Vec<u8>>,
    /// What a part without `Content-Type` is.
    default: DefaultType,
    children: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum DefaultType {
    Plain,
    Message,
}

impl Tree {
    pub(super) fn new(limits: Limits) -> Self {
        let mut tree = Self {
            limits,
            parts: Vec::new(),
            open: Vec::new(),
            header: None,
            header_left: limits.header_bytes,
            addresses_left: limits.addresses,
            message_header: Vec::new(),
            longest: 0,
            truncated: false,
        };
        tree.begin_part(Position::default());
        tree
    }

    /// Whether the octets at hand are those of a header.
    pub(super) fn in_header(&self) -> bool {
        self.header.is_some()
    }

    /// Octets of the longest line that can be a delimiter here; 0 where no delimiter counts.
    pub(super) fn longest_delimiter(&self) -> usize {
        self.longest
    }

    /// Takes octets of the innermost open part, whatever they are there.
    pub(super) fn feed(&mut self, bytes: &[u8]) {
        if let Some(header) = &mut self.header {
            let kept = bytes.len().min(self.header_left);
            self.header_left -= kept;
            header.extend_from_slice(&bytes[..kept]);
            self.truncated |= kept < bytes.len();
        } else if let Some(Open { body: Body::Leaf(digester), .. }) = self.open.last_mut() {
            digester.push(bytes);
        }
    }

    /// What delimiter a line is, with or without its line end. The whole line must be one: a boundary may begin with
    /// another one. Of the same boundaries, the innermost counts.
    // [rfc2046#5.1.1]
    pub(super) fn delimiter(&self, line: &[u8]) -> Option<Delimiter> {
        let text = line.strip_suffix(b"\n").unwrap_or(line);
        let text = text.strip_suffix(b"\r").unwrap_or(text);
        let padding = text.iter().rev().take_while(|b| matches!(b, b' ' | b'\t')).count();
        let text = text[..text.len() - padding].strip_prefix(b"--")?;
        self.open.iter().enumerate().rev().find_map(|(level, open)| {
            let Body::Multipart(Multipart { boundary: Some(boundary), .. }) = &open.body else { return None };
            match text.strip_prefix(boundary.as_slice()) {
                Some(b"") => Some(Delimiter { level, closes: false }),
                Some(b"--") => Some(Delimiter { level, closes: true }),
                _ => None,
            }
        })
    }

    /// Crosses a delimiter: all that lies in its multipart ends at `end`, the next part begins at `after`.
    pub(super) fn cross(&mut self, delimiter: Delimiter, end: Position, after: Position) {
        self.end_headers(end);
        while self.open.len() > delimiter.level + 1 {
            self.close(end);
        }
        let full = self.parts.len() >= self.limits.parts as usize;
        if let Some(Open { body: Body::Multipart(multipart), .. }) = self.open.last_mut() {
            self.truncated |= full && !delimiter.closes;
            if delimiter.closes || full {
                multipart.boundary = None;
            } else {
                multipart.children += 1;
                self.begin_part(after);
            }
        }
        self.measure();
    }

    /// Ends the header at its blank line, or where the part or the message ends in it.
    pub(super) fn end_header(&mut self, at: Position) {
        let Some(header) = self.header.take() else { return };
        let header = self.whole_lines(header);
        let Some(open) = self.open.pop() else { return };
        let content = Content::from_header(&header);
        let (content_type, body) = self.judge(&content);
        let (number, prefix) = number(self.open.last(), body.form());
        if let Some(holder) = self.open.last().filter(|parent| parent.body.is_message()) {
            let envelope = Envelope::within(&header, &mut self.addresses_left);
            self.parts[holder.part as usize].envelope = Some(envelope);
        }
        self.parts[open.part as usize].describe(content, content_type, number, at);
        if self.open.is_empty() {
            self.message_header = header;
        }
        let holds_message = body.is_message();
        self.open.push(Open { part: open.part, lines: at.lines, prefix, body });
        if holds_message {
            self.begin_part(at);
        }
        self.measure();
    }

    /// Ends the message.
    pub(super) fn finish(mut self, end: Position) -> Structure {
        self.end_headers(end);
        while !self.open.is_empty() {
            self.close(end);
        }
        let Self { parts, message_header: header, truncated, .. } = self;
        Structure { parts, header, size: end.offset, truncated }
    }

    fn begin_part(&mut self, at: Position) {
        let part = u32::try_from(self.parts.len()).unwrap_or(u32::MAX);
        let parent = self.open.last().map(|open| open.part);
        self.parts.push(Part::begun(parent, at));
        self.open.push(Open { part, lines: at.lines, prefix: String::new(), body: Body::Unknown });
        self.header = Some(Vec::new());
    }

    /// Ends the header being read, and those of embedded messages that thereby begin.
    fn end_headers(&mut self, at: Position) {
        while self.in_header() {
            self.end_header(at);
        }
    }

    /// Ends the innermost part.
    fn close(&mut self, end: Position) {
        let Some(open) = self.open.pop() else { return };
        let next = u32::try_from(self.parts.len()).unwrap_or(u32::MAX);
        let part = &mut self.parts[open.part as usize];
        part.body.end = end.offset;
        part.lines = end.lines.saturating_sub(open.lines);
        part.next = next;
        part.decoded_size = end.offset.saturating_sub(part.body.start);
        if let Body::Leaf(digester) = open.body {
            let (size, sha256) = digester.finish();
            part.decoded_size = size;
            part.decoded_sha256 = Some(sha256);
        }
    }

    /// What a header makes of its body, in the parts that hold it. What cannot be taken apart is `application/octet-stream`, so that a client
    /// offers it as a file.
    // [rfc2046#5.1.5] [rfc2045#5.2]
    fn judge(&mut self, content: &Content) -> (ContentType, Body) {
        let default = match self.open.last().map(|parent| &parent.body) {
            Some(Body::Multipart(multipart)) => multipart.default,
            _ => DefaultType::Plain,
        };
        let declared = match (&content.content_type, content.has_type(), default) {
            (Some(declared), ..) => declared.clone(),
            (None, false, DefaultType::Message) => ContentType::bare("message", "rfc822"),
            (None, ..) => ContentType::plain(),
        };
        let encoding = Encoding::of(content.encoding.as_deref().unwrap_or_default());
        let room = self.open.len() < usize::from(self.limits.depth);
        if declared.kind == "multipart" {
            let boundary = content.boundary.as_ref().filter(|b| !b.is_empty() && b.len() <= BOUNDARY_MAX);
            return match boundary {
                None => (ContentType::plain(), Body::leaf(encoding)),
                Some(_) if !room => self.opaque(declared.parameters, encoding),
                Some(boundary) => {
                    let multipart = Multipart::new(boundary.clone(), &declared.subtype);
                    (declared, Body::Multipart(multipart))
                }
            };
        }
        if declared.is_message() {
            if encoding != Encoding::Identity {
                // RFC 2046 §5.2.1 forbids it; its parts would have no ranges in this message.
                return (octet_stream(declared.parameters), Body::leaf(encoding));
            }
            if !room || self.parts.len() >= self.limits.parts as usize {
                return self.opaque(declared.parameters, encoding);
            }
            return (declared, Body::Message);
        }
        (declared, Body::leaf(encoding))
    }

    /// What lies too deep. Its encoding is undone as a client undoes it for what it takes for a file.
    fn opaque(&mut self, parameters: Parameters, encoding: Encoding) -> (ContentType, Body) {
        self.truncated = true;
        (octet_stream(parameters), Body::leaf(encoding))
    }

    /// A header that was cut at the limit loses the line in which it was cut.
    fn whole_lines(&self, mut header: Vec<u8>) -> Vec<u8> {
        if self.header_left == 0 && self.truncated {
            let end = memchr::memrchr(b'\n', &header).map_or(0, |last| last + 1);
            header.truncate(end);
        }
        header
    }

    fn measure(&mut self) {
        let boundaries = self.open.iter().filter_map(|open| match &open.body {
            Body::Multipart(multipart) => multipart.boundary.as_ref(),
            _ => None,
        });
        self.longest = boundaries.map(|boundary| boundary.len() + DELIMITER_EXTRA).max().unwrap_or(0);
    }
}

impl Body {
    fn leaf(encoding: Encoding) -> Self {
        Self::Leaf(Digester::new(encoding))
    }

    fn form(&self) -> Form {
        if matches!(self, Self::Multipart(_)) { Form::Multipart } else { Form::Single }
    }

    fn is_message(&self) -> bool {
        matches!(self, Self::Message)
    }
}

impl Multipart {
    fn new(boundary: Vec<u8>, subtype: &str) -> Self {
        let default = if subtype == "digest" { DefaultType::Message } else { DefaultType::Plain };
        Self { boundary: Some(boundary), default, children: 0 }
    }
}

impl Part {
    fn begun(parent: Option<u32>, at: Position) -> Self {
        Self {
            number: String::new(),
            parent,
            next: 0,
            content_type: ContentType::plain(),
            disposition: None,
            id: None,
            description: None,
            encoding: String::new(),
            language: Vec::new(),
            location: None,
            md5: None,
            header: at.offset..at.offset,
            body: at.offset..at.offset,
            lines: 0,
            decoded_size: 0,
            decoded_sha256: None,
            envelope: None,
        }
    }

    /// Takes what its header says, which ends here.
    fn describe(&mut self, content: Content, content_type: ContentType, number: String, at: Position) {
        self.number = number;
        self.content_type = content_type;
        self.disposition = content.disposition;
        self.id = content.id;
        self.description = content.description;
        self.encoding = content.encoding.unwrap_or_else(|| "7bit".to_owned());
        self.language = content.language;
        self.location = content.location;
        self.md5 = content.md5;
        self.header.end = at.offset;
        self.body = at.offset..at.offset;
    }
}

fn octet_stream(parameters: Parameters) -> ContentType {
    ContentType { kind: "application".to_owned(), subtype: "octet-stream".to_owned(), parameters }
}

/// The number of a part and what the numbers of parts in it begin with (RFC 9051 §6.4.5.1).
// [rfc9051#6.4.5.1]
fn number(parent: Option<&Open>, form: Form) -> (String, String) {
    let join = |prefix: &str, last: &str| {
        if prefix.is_empty() { last.to_owned() } else { format!("{prefix}.{last}") }
    };
    let prefix = parent.map_or("", |open| open.prefix.as_str());
    match (parent.map(|open| &open.body), form) {
        (Some(Body::Multipart(multipart)), _) => {
            let number = join(prefix, &multipart.children.to_string());
            (number.clone(), number)
        }
        (_, Form::Multipart) => (join(prefix, "TEXT"), prefix.to_owned()),
        (_, Form::Single) => {
            let number = join(prefix, "1");
            (number.clone(), number)
        }
    }
}
