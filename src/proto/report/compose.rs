//! Puts a report together as a message of CRLF lines that needs neither smuggling nor conversion on its way.

use mail_builder::MessageBuilder;
use mail_builder::headers::content_type::ContentType;
use mail_builder::headers::date::Date;
use mail_builder::headers::message_id::MessageId;
use mail_builder::headers::raw::Raw;
use mail_builder::mime::{BodyPart, MimePart};

use crate::mail::{Address, Time};

/// A file that stands beside the text for people, where ordinary clients show it as an attachment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    /// Its name, ASCII.
    pub name: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// The part for programs.
#[derive(Debug, Clone)]
pub struct Machine {
    /// `message/delivery-status` or another type.
    pub media_type: &'static str,
    /// `delivery-status` or `disposition-notification`.
    pub report_type: &'static str,
    /// The fields, CRLF lines; UTF-8 only for the types that allow it.
    pub fields: String,
}

/// What is returned of the message.
#[derive(Debug, Clone, Copy)]
pub enum Returned<'a> {
    /// Its header only.
    Header(&'a [u8]),
    /// All of it.
    Message(&'a [u8]),
    /// Nothing.
    Nothing,
}

/// A report before it is a message.
#[derive(Debug, Clone)]
pub struct Draft<'a> {
    /// The author's name and address.
    pub from: (&'a str, String),
    /// To whom.
    pub to: &'a Address,
    /// The subject.
    pub subject: String,
    /// When it is made.
    pub date: Time,
    /// Its own id, without angle brackets.
    pub message_id: &'a str,
    /// The ids of the conversation, oldest first, without angle brackets; the last is the message reported on.
    pub thread: &'a [String],
    /// The text for people.
    pub text: String,
    /// The part for programs.
    pub machine: Machine,
    /// What is returned.
    pub returned: Returned<'a>,
    /// Files beside the text.
    pub attachments: &'a [Attachment],
}

/// The message. Its boundaries come from its id, so the same draft always gives the same bytes.
// [rfc6522#3] [rfc3834#5]
#[must_use]
pub fn compose(draft: Draft<'_>) -> Vec<u8> {
    let Draft { from, to, subject, date, message_id, thread, text, machine, returned, attachments } = draft;
    let seed: String = message_id.chars().filter(char::is_ascii_alphanumeric).take(40).collect();
    let mut parts = vec![first(text, attachments, &seed), machine_part(&machine)];
    parts.extend(returned_part(returned));
    let kind = ContentType::new("multipart/report")
        .attribute("report-type", machine.report_type)
        .attribute("boundary", format!("=_rapport_{seed}"));
    let mut message = MessageBuilder::new()
        .from((from.0.to_owned(), from.1))
        .to(to.to_string())
        .subject(subject)
        .date(Date::new(date.secs()))
        .message_id(message_id);
    if let Some(about) = thread.last() {
        let references = thread.iter().map(String::as_str).collect::<Vec<_>>();
        message = message.in_reply_to(about.as_str()).references(MessageId::from(references));
    }
    // [rfc3834#5] so that no vacation notice answers it
    let message = message.header("Auto-Submitted", Raw::new("auto-replied")).body(MimePart::new(kind, parts));
    let mut bytes = Vec::new();
    message.serialize(&mut bytes);
    bytes
}

/// The part for people: a text, or a text with files beside it (RFC 6522 §3 allows any type there).
fn first<'a>(text: String, attachments: &[Attachment], seed: &str) -> MimePart<'a> {
    let text = MimePart::new("text/plain", text);
    if attachments.is_empty() {
        return text;
    }
    let file = |attachment: &Attachment| {
        let kind = ContentType::new("application/vnd.sceau.preuve").attribute("name", attachment.name.clone());
        MimePart::new(kind, BodyPart::Binary(attachment.bytes.clone().into())).attachment(attachment.name.clone())
    };
    let kind = ContentType::new("multipart/mixed").attribute("boundary", format!("=_pieces_{seed}"));
    let parts: Vec<_> = std::iter::once(text).chain(attachments.iter().map(file)).collect();
    MimePart::new(kind, parts)
}

fn machine_part<'a>(machine: &Machine) -> MimePart<'a> {
    let bytes = machine.fields.clone().into_bytes();
    let encoding = if bytes.is_ascii() { "7bit" } else { "8bit" };
    MimePart::new(machine.media_type, bytes).transfer_encoding(encoding)
}

// [rfc6522#4] [rfc6533#6]
fn returned_part<'a>(returned: Returned<'_>) -> Option<MimePart<'a>> {
    let (kind, bytes) = match returned {
        Returned::Nothing => return None,
        Returned::Header(header) => {
            let bytes = clean_lines(header);
            (if bytes.is_ascii() { "text/rfc822-headers" } else { "message/global-headers" }, bytes)
        }
        // A message may not be encoded as a whole (RFC 2046 §5.2.1).
        Returned::Message(message) => {
            let utf8 =
                message.windows(4).position(|four| four == b"\r\n\r\n").is_some_and(|end| !message[..end].is_ascii());
            (if utf8 { "message/global" } else { "message/rfc822" }, message.to_vec())
        }
    };
    let encoding = if bytes.is_ascii() { "7bit" } else { "8bit" };
    Some(MimePart::new(kind, bytes).transfer_encoding(encoding))
}

/// A header block with clean line ends and no control characters; what is not UTF-8 becomes `?`.
fn clean_lines(header: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(header);
    let mut clean = String::with_capacity(text.len());
    for line in text.split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line)) {
        if line.is_empty() {
            continue;
        }
        let bad = |c: char| c == '\u{fffd}' || (c.is_control() && c != '\t');
        clean.extend(line.chars().map(|c| if bad(c) { '?' } else { c }));
        clean.push_str("\r\n");
    }
    clean.into_bytes()
}
