//! Octets of a message on their way to the client: which they are, and in chunks, each gone before the next is read.

use std::ops::Range;

use super::Output;
use crate::mail::{Fault, Status};
use crate::proto::imap::fetch::Content;
use crate::proto::imap::response;
use crate::proto::mime::section::{Found, partial};
use crate::proto::mime::transfer::Decoder;
use crate::proto::mime::{Part, Structure};
use crate::store::BodyReader;

/// Octets that are decrypted at once.
const CHUNK: u64 = 256 * 1024;

/// Whether the client still listens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Peer {
    Listens,
    Gone,
}

/// Writes one content item: its name, and a literal or `NIL`. After an error half a literal may have left.
// [rfc3501#7.4.2] [rfc3501#6.4.5]
pub(super) async fn content(
    content: &Content,
    structure: &Structure,
    body: Option<&BodyReader>,
    out: &mut Output,
) -> Result<Peer, Fault> {
    let mut head = Vec::new();
    response::text(&mut head, format_args!("{content} "));
    if let Some(part) = content.section.part(structure).filter(|_| content.is_decoded()) {
        return decoded(head, content, part, body.ok_or_else(no_receipt)?, out).await;
    }
    match content.section.find(structure) {
        None => head.extend_from_slice(b"NIL"),
        Some(Found::Octets(range)) if content.is_body() => {
            let range = part_of(content, range);
            response::literal_head(&mut head, range.end - range.start);
            out.extend(&head);
            return stream(body.ok_or_else(no_receipt)?, range, out).await;
        }
        Some(Found::Octets(range)) => literal_part(&mut head, content, header(structure, &range)),
        Some(Found::Fields(range, fields)) => {
            let kept = match body {
                Some(body) if content.is_body() => fields.of(&body.read(range)?),
                _ => fields.of(header(structure, &range)),
            };
            literal_part(&mut head, content, &kept);
        }
    }
    out.extend(&head);
    Ok(Peer::Listens)
}

async fn stream(body: &BodyReader, range: Range<u64>, out: &mut Output) -> Result<Peer, Fault> {
    let mut at = range.start;
    while at < range.end {
        let bytes = next_chunk(body, at..range.end)?;
        out.extend(&bytes);
        at += bytes.len() as u64;
        if out.flush_if_large().await.is_err() {
            return Ok(Peer::Gone);
        }
    }
    Ok(Peer::Listens)
}

/// The first octets of a range that is not empty, as many as are decrypted at once.
pub(super) fn next_chunk(body: &BodyReader, range: Range<u64>) -> Result<Vec<u8>, Fault> {
    let bytes = body.read(range.start..range.end.min(range.start + CHUNK))?;
    if bytes.is_empty() {
        return Err(Fault::ours(Status::Storage, "a body is shorter than its structure says"));
    }
    Ok(bytes)
}

/// Octets of a part with its transfer encoding undone, as a `literal8`.
// [rfc3516#4.2]
async fn decoded(
    mut head: Vec<u8>,
    content: &Content,
    part: &Part,
    body: &BodyReader,
    out: &mut Output,
) -> Result<Peer, Fault> {
    let wanted = part_of(content, 0..part.decoded_size);
    response::text(&mut head, format_args!("~"));
    response::literal_head(&mut head, wanted.end - wanted.start);
    out.extend(&head);
    let (mut decoder, mut passed) = (Some(Decoder::new(part.transfer_encoding())), 0);
    let mut at = part.body.start;
    while passed < wanted.end {
        let mut octets = Vec::new();
        if at < part.body.end {
            let chunk = body.read(at..part.body.end.min(at + CHUNK))?;
            at += chunk.len().max(1) as u64;
            decoder.as_mut().into_iter().for_each(|decoder| decoder.push(&chunk, &mut octets));
        } else {
            let last = decoder.take().ok_or_else(|| Fault::ours(Status::Storage, "a part is shorter than it was"))?;
            last.finish(&mut octets);
        }
        let place =
            |offset: u64| usize::try_from(offset.saturating_sub(passed)).unwrap_or(usize::MAX).min(octets.len());
        out.extend(&octets[place(wanted.start)..place(wanted.end)]);
        passed += octets.len() as u64;
        if out.flush_if_large().await.is_err() {
            return Ok(Peer::Gone);
        }
    }
    Ok(Peer::Listens)
}

/// What of the message's own header was kept, which is all of it below a mebibyte.
fn header<'a>(structure: &'a Structure, range: &Range<u64>) -> &'a [u8] {
    let end = usize::try_from(range.end - range.start).unwrap_or(usize::MAX).min(structure.header.len());
    &structure.header[..end]
}

/// Of a section's octets those that a partial asks for; beyond the end there are none.
// [clients#imap-traps]
fn part_of(content: &Content, range: Range<u64>) -> Range<u64> {
    match content.partial {
        Some(asked) => partial(&range, asked.start, asked.length),
        None => range,
    }
}

fn literal_part(head: &mut Vec<u8>, content: &Content, octets: &[u8]) {
    let range = part_of(content, 0..octets.len() as u64);
    let at = |offset: u64| usize::try_from(offset).unwrap_or(usize::MAX).min(octets.len());
    response::literal(head, &octets[at(range.start)..at(range.end)]);
}

fn no_receipt() -> Fault {
    Fault::ours(Status::Storage, "a body was asked for without a receipt")
}
