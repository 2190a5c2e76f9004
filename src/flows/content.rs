//! The content of a message on its way in: one pass that limits, digests, reads the structure and seals.

use crate::mail::{Fault, Status};
use crate::proto::mime::header::Headers;
use crate::proto::mime::{self, Structure, Walker};
use crate::seal::event::{Draft, Field, message_value, part_value};
use crate::store::{BodyOrigin, BodyWriter, SealedBody, Store};

/// `Received:` fields beyond which a message is taken to be in a loop (RFC 5321 §6.3 asks for at least 100).
const RECEIVED_MAX: usize = 100;

/// Takes content as it comes.
pub(super) struct ContentWriter {
    walker: Walker,
    body: BodyWriter,
    size: u64,
    max: u64,
    eight_bit: bool,
}

/// Content that is sealed and durable, but in no mailbox yet.
pub(super) struct Content {
    /// Where it lies.
    pub(super) body: SealedBody,
    /// Its parts.
    pub(super) structure: Structure,
    /// Whether it has octets above 127.
    pub(super) eight_bit: bool,
}

impl ContentWriter {
    /// Begins content of at most `max` octets.
    pub(super) fn begin(store: &Store, origin: BodyOrigin, max: u64) -> Self {
        let walker = Walker::new(mime::Limits::default());
        Self { walker, body: store.begin_body(origin), size: 0, max, eight_bit: false }
    }

    /// Takes the next bytes.
    pub(super) async fn write(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        self.size += bytes.len() as u64;
        if self.size > self.max {
            let detail = format!("more than {} octets", self.max);
            return Err(Fault::peer(Status::MessageTooLarge, detail));
        }
        self.eight_bit |= !bytes.is_ascii();
        self.walker.push(bytes);
        self.body.write(bytes).await
    }

    /// Makes the content durable; in no mailbox yet, so a failure after this leaves garbage, never half a message.
    pub(super) async fn finish(self) -> Result<Content, Fault> {
        let structure = self.walker.finish();
        let hops = Headers::new(&structure.header).filter(|field| field.is("Received")).count();
        if hops > RECEIVED_MAX {
            return Err(Fault::peer(Status::MailLoop, format!("{hops} Received fields")));
        }
        if structure.truncated {
            // What the walker did not read would be invisible to clients and missing from the proofs.
            return Err(Fault::peer(Status::MessageMalformed, "parts or header beyond the limits"));
        }
        Ok(Content { body: self.body.finish().await?, structure, eight_bit: self.eight_bit })
    }
}

impl Content {
    /// Commits an event to what the message is: its digest, subject, id, and its parts with their names as far as the
    /// leaf has room.
    pub(super) fn describe(&self, draft: Draft) -> Draft {
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

    fn header_text(&self, name: &str) -> Option<String> {
        let field = Headers::find(&self.structure.header, name)?;
        Some(mime::header_text(&field.value()).trim().to_owned())
    }
}
