//! Finds the part for programs in a message that says that it is a report.

use std::ops::Range;

use super::message_ids;
use crate::proto::mime::transfer::decode;
use crate::proto::mime::{self, Headers, Structure};

/// Which report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `message/delivery-status` or `message/global-delivery-status`.
    Delivery,
    /// `message/disposition-notification` or its global form.
    Disposition,
}

/// What a report has for programs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Which report.
    pub kind: Kind,
    /// The fields, transfer encoding undone.
    pub fields: Vec<u8>,
    /// The Message-ID of the message that was returned or whose header was, without angle brackets.
    pub about: Option<String>,
}

/// Whether a message with this header may be a report: cheap, for every message that comes.
#[must_use]
pub fn is_report(header: &[u8]) -> bool {
    let Some(kind) = Headers::find(header, "Content-Type") else { return false };
    kind.value().get(..16).is_some_and(|start| start.eq_ignore_ascii_case(b"multipart/report"))
}

/// The part for programs, if the message is a report whose part lies wholly within `head`, its first octets.
// [rfc6522#3] [rfc6533#4]
#[must_use]
pub fn part(structure: &Structure, head: &[u8]) -> Option<Part> {
    let root = structure.root()?;
    if !root.content_type.is("multipart", "report") {
        return None;
    }
    let mut children = structure.children(0);
    let (_, machine) = (children.next()?, children.next()?);
    let returned = children.next();
    let machine = structure.part(machine)?;
    let kind = match (machine.content_type.kind.as_str(), machine.content_type.subtype.as_str()) {
        ("message", "delivery-status" | "global-delivery-status") => Kind::Delivery,
        ("message", "disposition-notification" | "global-disposition-notification") => Kind::Disposition,
        _ => return None,
    };
    let fields = decode(machine.transfer_encoding(), within(head, &machine.body)?);
    Some(Part { kind, fields, about: returned.and_then(|at| about(structure, at, head)) })
}

/// The files of this type that stand beside the text of a report, decoded; at most so many, and only those that lie
/// wholly within `head`.
// [rfc6522#3]
#[must_use]
pub fn enclosed(structure: &Structure, head: &[u8], (kind, subtype): (&str, &str), max: usize) -> Vec<Vec<u8>> {
    let beside = structure.children(0).next().map(|first| structure.children(first).collect::<Vec<_>>());
    let parts = beside.unwrap_or_default().into_iter().filter_map(|at| structure.part(at));
    let files = parts.filter(|part| part.content_type.is(kind, subtype));
    let decoded = |part: &mime::Part| Some(decode(part.transfer_encoding(), within(head, &part.body)?));
    files.filter_map(decoded).take(max).collect()
}

fn about(structure: &Structure, at: u32, head: &[u8]) -> Option<String> {
    let part = structure.part(at)?;
    let field = match &part.envelope {
        Some(envelope) => envelope.message_id.clone()?,
        None => {
            let end = usize::try_from(part.body.end).unwrap_or(usize::MAX).min(head.len());
            let body = within(head, &(part.body.start..end as u64))?;
            let header = decode(part.transfer_encoding(), body);
            let field = Headers::find(&header, "Message-ID")?;
            mime::header_text(&field.value())
        }
    };
    message_ids(&field, 1).pop()
}

fn within<'a>(head: &'a [u8], range: &Range<u64>) -> Option<&'a [u8]> {
    let at = |offset: u64| usize::try_from(offset).ok();
    head.get(at(range.start)?..at(range.end)?)
}
