//! What the walker finds: the tree of parts with their byte ranges, and the limits under which it looks.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::decode::header_text;
use super::envelope::Envelope;
use super::parameters::Parameters;
use super::transfer::Encoding;

/// How much of a message the walker looks at. Beyond a limit nothing fails: the rest is opaque, and
/// [`Structure::truncated`] says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Octets of headers that are kept and read, over the whole message, embedded messages and parts included.
    pub header_bytes: usize,
    /// Parts of all kinds, the message itself included.
    pub parts: u32,
    /// How deep parts may lie in parts; the message itself is at depth 0.
    pub depth: u8,
    /// Addresses kept in the envelopes of embedded messages, over the whole message. Beyond it envelopes lack addresses,
    /// which touches nothing else and is not told.
    pub addresses: usize,
}

// [clients#mime] parts, depth and headers without end are bounded at delivery, so at FETCH and SEARCH too
impl Default for Limits {
    fn default() -> Self {
        Self { header_bytes: 1 << 20, parts: 1000, depth: 50, addresses: 10_000 }
    }
}

/// The structure of one message. Every offset is an offset of an octet in the message as it was pushed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Structure {
    /// The parts in preorder; the first is the message itself. An embedded message is the one child of the
    /// `message/rfc822` part that holds it.
    pub parts: Vec<Part>,
    /// The header of the message with its blank line, cut at a line end where the limit was reached.
    #[serde(with = "crate::mail::octets")]
    pub header: Vec<u8>,
    /// Octets of the whole message.
    pub size: u64,
    /// Whether a limit was reached, so that parts are missing, or opaque, or were not read wholly.
    pub truncated: bool,
}

/// One body part, or the message itself (RFC 2045 §2.4).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// The section that fetches this part's body: `BODY[number]`. `2.1` for most; `TEXT` or `2.TEXT` for a multipart
    /// that is the whole body of a message, which has no number of its own (RFC 9051 §6.4.5.1).
    pub number: String,
    /// The part that holds this one, none for the message itself.
    pub parent: Option<u32>,
    /// The index of the first part after this one that does not lie in it.
    pub next: u32,
    /// What the part is, after RFC 2045 §5.2 where the header does not say so validly.
    pub content_type: ContentType,
    /// `Content-Disposition` (RFC 2183).
    pub disposition: Option<Disposition>,
    /// `Content-ID`, with its angle brackets.
    pub id: Option<String>,
    /// `Content-Description`, encoded words as they are.
    pub description: Option<String>,
    /// `Content-Transfer-Encoding`, lower case; `7bit` where there is none.
    pub encoding: String,
    /// The tags of `Content-Language` (RFC 3282).
    pub language: Vec<String>,
    /// `Content-Location` (RFC 2557).
    pub location: Option<String>,
    /// `Content-MD5` (RFC 1864), as claimed.
    pub md5: Option<String>,
    /// The header with its blank line.
    pub header: Range<u64>,
    /// The body, without the line end that belongs to the delimiter after it.
    pub body: Range<u64>,
    /// Line ends in the body.
    pub lines: u64,
    /// Octets of the body after the transfer encoding is undone; for parts that hold others, of the body as it is.
    pub decoded_size: u64,
    /// SHA-256 of those octets; none for parts that hold others.
    pub decoded_sha256: Option<[u8; 32]>,
    /// The envelope of the embedded message, for a part that holds one.
    pub envelope: Option<Envelope>,
}

/// A media type with its parameters (RFC 2045 §5.1). The names are in lower case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContentType {
    /// `text`.
    pub kind: String,
    /// `plain`.
    pub subtype: String,
    /// What follows.
    pub parameters: Parameters,
}

/// How a part wants to be shown (RFC 2183).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Disposition {
    /// `attachment` or `inline`, in lower case.
    pub kind: String,
    /// What follows: `filename` and others.
    pub parameters: Parameters,
}

impl ContentType {
    /// `text/plain; charset=us-ascii`, the type of what has none (RFC 2045 §5.2).
    #[must_use]
    pub fn plain() -> Self {
        let parameters = Parameters::single("charset", "us-ascii");
        Self { kind: "text".to_owned(), subtype: "plain".to_owned(), parameters }
    }

    /// The type without parameters.
    #[must_use]
    pub fn bare(kind: &str, subtype: &str) -> Self {
        Self { kind: kind.to_owned(), subtype: subtype.to_owned(), parameters: Parameters::default() }
    }

    /// Whether it is this type; give lower case.
    #[must_use]
    pub fn is(&self, kind: &str, subtype: &str) -> bool {
        self.kind == kind && self.subtype == subtype
    }

    /// Whether a part of this type may hold a message (RFC 2046 §5.2.1, RFC 6532 §3.7).
    #[must_use]
    pub fn is_message(&self) -> bool {
        self.kind == "message" && matches!(self.subtype.as_str(), "rfc822" | "global")
    }
}

impl Part {
    /// Whether it is divided into parts.
    #[must_use]
    pub fn is_multipart(&self) -> bool {
        self.content_type.kind == "multipart"
    }

    /// The transfer encoding that must be undone to get at the contents; none for multiparts (RFC 2045 §6.4).
    #[must_use]
    pub fn transfer_encoding(&self) -> Encoding {
        if self.is_multipart() { Encoding::Identity } else { Encoding::of(&self.encoding) }
    }

    /// The name under which a client would save it: `filename` of the disposition, else `name` of the type. Encoded
    /// words, which do not belong there and are frequent, are decoded.
    #[must_use]
    pub fn file_name(&self) -> Option<String> {
        let disposed = self.disposition.as_ref().and_then(|disposition| disposition.parameters.get("filename"));
        let name = disposed.or_else(|| self.content_type.parameters.get("name"))?;
        Some(header_text(name.as_bytes()))
    }
}

impl Structure {
    /// The message itself.
    #[must_use]
    pub fn root(&self) -> Option<&Part> {
        self.parts.first()
    }

    /// The part at an index of [`Structure::parts`].
    #[must_use]
    pub fn part(&self, index: u32) -> Option<&Part> {
        self.parts.get(index as usize)
    }

    /// The indices of the parts that lie directly in this one.
    pub fn children(&self, index: u32) -> impl Iterator<Item = u32> + '_ {
        let end = self.part(index).map_or(0, |part| part.next);
        let first = index.saturating_add(1);
        let inside = move |candidate: u32| (candidate < end).then_some(candidate);
        std::iter::successors(inside(first), move |&child| {
            let next = self.part(child)?.next;
            if next > child { inside(next) } else { None }
        })
    }

    /// The parts that hold no others, in the order of the message: what a person reads or saves.
    pub fn leaves(&self) -> impl Iterator<Item = &Part> {
        self.parts.iter().filter(|part| part.decoded_sha256.is_some())
    }

    /// The header of the message, if it was kept wholly.
    #[must_use]
    pub fn whole_header(&self) -> Option<&[u8]> {
        let range = &self.root()?.header;
        let length = usize::try_from(range.end.saturating_sub(range.start)).ok()?;
        (length == self.header.len()).then_some(&self.header[..])
    }

    /// The structure of the same message with trace fields put before it: whole fields, each with its line end
    /// (RFC 5321 §4.4). Offsets become offsets in the longer message.
    #[must_use]
    pub fn prefixed(mut self, fields: &[u8]) -> Self {
        let by = fields.len() as u64;
        for (index, part) in self.parts.iter_mut().enumerate() {
            let start = if index == 0 { 0 } else { part.header.start.saturating_add(by) };
            part.header = start..part.header.end.saturating_add(by);
            part.body = part.body.start.saturating_add(by)..part.body.end.saturating_add(by);
        }
        self.header.splice(0..0, fields.iter().copied());
        self.size = self.size.saturating_add(by);
        self
    }
}
