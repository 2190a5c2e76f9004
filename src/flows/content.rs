//! The content of a message on its way in: one pass that limits, digests, reads the structure and seals.

use std::sync::Arc;

use super::receipts::Head;
use super::scan::{Finding, Scan, Scanner};
use crate::mail::{Fault, PROVES, Status};
use crate::proto::dkim::{BodyHashes, Digester, Purpose};
use crate::proto::mime::header::Headers;
use crate::proto::mime::{self, Structure, Walker};
use crate::seal::event::{Draft, Field, message_value, part_value};
use crate::store::{BodyOrigin, BodyWriter, SealedBody, Store};

/// `Received:` fields beyond which a message is taken to be in a loop (RFC 5321 §6.3 asks for at least 100).
const RECEIVED_MAX: usize = 100;
/// Times that a message may have come through this very server: forwarded out and back is no loop, again and again is.
const OWN_RECEIVED_MAX: usize = 4;

/// What is done with content besides sealing it.
#[derive(Clone, Default)]
pub(super) struct Examination {
    /// What its body is digested for.
    pub(super) digest: Option<Purpose>,
    /// Who looks for malware in it.
    pub(super) scanner: Option<Arc<dyn Scanner>>,
}

/// Takes content as it comes.
pub(super) struct ContentWriter {
    walker: Walker,
    body: BodyWriter,
    size: u64,
    max: u64,
    eight_bit: bool,
    head: Head,
    host: String,
    digester: Option<Digester>,
    scan: Option<Box<dyn Scan>>,
}

/// Content that is sealed and durable, but in no mailbox yet.
pub(super) struct Content {
    /// Where it lies.
    pub(super) body: SealedBody,
    /// Its parts.
    pub(super) structure: Structure,
    /// Whether it has octets above 127.
    pub(super) eight_bit: bool,
    /// Its beginning, when it may be a report.
    pub(super) head: Head,
    /// Digests of its body, as far as they were asked for.
    pub(super) hashes: BodyHashes,
}

/// Why content is not taken, and what it was: what the proof of a refusal commits to.
pub(super) struct Unfit {
    pub(super) fault: Fault,
    /// As [`message_value`] writes it; none when the failure is not the message's.
    pub(super) message: Option<String>,
}

impl From<Fault> for Unfit {
    fn from(fault: Fault) -> Self {
        Self { fault, message: None }
    }
}

impl ContentWriter {
    /// Begins content of at most `max` octets; `host` is this server in `Received:` fields.
    ///
    /// # Errors
    /// `ScannerDown`: nothing is taken that can't be examined.
    pub(super) async fn begin(
        store: &Store,
        origin: BodyOrigin,
        max: u64,
        host: &str,
        examination: &Examination,
    ) -> Result<Self, Fault> {
        let scan = match &examination.scanner {
            Some(scanner) => Some(scanner.begin().await?),
            None => None,
        };
        Ok(Self {
            walker: Walker::new(mime::Limits::default()),
            body: store.begin_body(origin),
            size: 0,
            max,
            eight_bit: false,
            head: Head::default(),
            host: host.to_owned(),
            digester: examination.digest.map(Digester::new),
            scan,
        })
    }

    /// Takes the next bytes.
    pub(super) async fn write(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        self.size += bytes.len() as u64;
        if self.size > self.max {
            let detail = format!("more than {} octets", self.max);
            return Err(Fault::peer(Status::MessageTooLarge, detail));
        }
        self.eight_bit |= !bytes.is_ascii();
        self.head.push(bytes);
        if let Some(digester) = &mut self.digester {
            digester.push(bytes);
        }
        if let Some(scan) = &mut self.scan {
            scan.write(bytes).await?;
        }
        self.walker.push(bytes);
        self.body.write(bytes).await
    }

    /// Makes the content durable; in no mailbox yet, so a failure after this leaves garbage, never half a message.
    pub(super) async fn finish(self) -> Result<Content, Unfit> {
        let structure = self.walker.finish();
        if let Err(fault) = judge(&structure, &self.host, self.scan).await {
            return Err(Unfit { fault, message: Some(message_value(self.size, &self.body.sha256())) });
        }
        let hashes = self.digester.map(Digester::finish).unwrap_or_default();
        let (eight_bit, head) = (self.eight_bit, self.head);
        Ok(Content { body: self.body.finish().await?, structure, eight_bit, head, hashes })
    }
}

impl Content {
    /// Commits an event to what the message is: its digest, subject, id, and its parts with their names as far as the
    /// leaf has room.
    pub(super) fn describe(&self, draft: Draft) -> Draft {
        if !PROVES {
            return draft;
        }
        let mut draft = draft.commit(Field::Message, &message_value(self.body.size(), self.body.sha256()));
        if let Some(subject) = self.header_text("Subject") {
            draft = draft.commit(Field::Subject, &subject);
        }
        if let Some(id) = self.message_id() {
            draft = draft.commit(Field::MessageId, &id);
        }
        let leaves = self.structure.parts.iter().filter_map(|part| part.decoded_sha256.map(|digest| (part, digest)));
        for (number, (part, digest)) in (1_u16..).zip(leaves) {
            if draft.room() < 2 {
                break;
            }
            let kind = format!("{}/{}", part.content_type.kind, part.content_type.subtype);
            draft = draft.commit(Field::Part(number), &part_value(&kind, part.decoded_size, &digest));
            if let Some(name) = part.file_name() {
                draft = draft.commit(Field::Name(number), &name);
            }
        }
        draft
    }

    /// The Message-ID with its angle brackets, as the sender wrote it.
    pub(super) fn message_id(&self) -> Option<String> {
        let field = Headers::find(&self.structure.header, "Message-ID")?;
        Some(String::from_utf8_lossy(field.value().trim_ascii()).into_owned()).filter(|id| !id.is_empty())
    }

    /// Whether it may be a report: its beginning was kept.
    pub(super) fn is_report(&self) -> bool {
        !self.head.bytes().is_empty()
    }

    /// The uppermost field of this name, as it stands, unfolded by whoever reads it.
    pub(super) fn header(&self, name: &str) -> Option<String> {
        let field = Headers::find(&self.structure.header, name)?;
        Some(String::from_utf8_lossy(&field.value()).into_owned())
    }

    fn header_text(&self, name: &str) -> Option<String> {
        let field = Headers::find(&self.structure.header, name)?;
        Some(mime::header_text(&field.value()).trim().to_owned())
    }
}

/// Whether content may be taken at all.
async fn judge(structure: &Structure, host: &str, scan: Option<Box<dyn Scan>>) -> Result<(), Fault> {
    refuse_loops(&structure.header, host)?;
    if structure.truncated {
        // What the walker did not read would be invisible to clients and missing from the proofs.
        return Err(Fault::peer(Status::MessageMalformed, "parts or header beyond the limits"));
    }
    match scan {
        Some(scan) => match scan.finish().await? {
            Finding::Nothing => Ok(()),
            Finding::Malware(name) => Err(Fault::peer(Status::Malware, format!("the scanner found {name}"))),
        },
        None => Ok(()),
    }
}

/// Refuses what has come through too many servers, or through this one too often.
// [rfc5321#6.3]
fn refuse_loops(header: &[u8], host: &str) -> Result<(), Fault> {
    let (mut hops, mut own) = (0, 0);
    for field in Headers::new(header).filter(|field| field.is("Received")) {
        hops += 1;
        let value = String::from_utf8_lossy(&field.value()).to_ascii_lowercase();
        let by = value.split_ascii_whitespace().skip_while(|word| *word != "by").nth(1);
        own += usize::from(by.is_some_and(|by| by == host.to_ascii_lowercase()));
    }
    if hops > RECEIVED_MAX || own > OWN_RECEIVED_MAX {
        return Err(Fault::peer(Status::MailLoop, format!("{hops} Received fields, {own} of them ours")));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loops_are_seen_by_their_length_and_by_our_own_name() {
        // [rfc5321#6.3]
        let foreign = "Received: from x ([192.0.2.1])\r\n by mx.b.fr with ESMTPS; date\r\n";
        let own = "Received: from mx.a.fr by MX.a.fr\r\n with ESMTPS; date\r\n";
        for (fields, refused) in [
            (foreign.repeat(100), false),
            (foreign.repeat(101), true),
            (own.repeat(4), false),
            (own.repeat(5), true),
            ("Received: from mx.a.fr ([::1]) by mx.b.fr\r\n".repeat(50), false),
            ("X-Received: by mx.a.fr\r\n".repeat(50), false),
        ] {
            let refusal = refuse_loops(fields.as_bytes(), "mx.a.fr").err().map(|fault| fault.status);
            assert_eq!(refusal, refused.then_some(Status::MailLoop), "{fields}");
        }
    }
}
