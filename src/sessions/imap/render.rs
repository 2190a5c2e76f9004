//! What FETCH says of a message besides its octets: flags, dates, envelope, structure.

use super::Enabled;
use crate::mail::{Keyword, MailboxId, SystemFlags};
use crate::proto::imap::fetch::FetchItem;
use crate::proto::imap::name::Names;
use crate::proto::imap::render_bodystructure::{Form, body_structure};
use crate::proto::imap::render_envelope::envelope;
use crate::proto::imap::render_string::Text;
use crate::proto::imap::response;
use crate::proto::mime::{Envelope, Structure};
use crate::store::Record;

/// `FLAGS (\Seen $Junk)`, from the bits of a record.
// [rfc3501#7.4.2]
pub(super) fn flags(out: &mut Vec<u8>, record: &Record, keywords: &[Keyword]) {
    out.extend_from_slice(b"FLAGS (");
    let system = SystemFlags::NAMES.iter().filter(|(flag, _)| record.system.contains(*flag)).map(|(_, name)| *name);
    let bits = keywords.iter().take(64).enumerate().filter(|(bit, _)| record.keywords >> bit & 1 == 1);
    for (at, name) in system.chain(bits.map(|(_, keyword)| keyword.as_str())).enumerate() {
        if at > 0 {
            out.push(b' ');
        }
        out.extend_from_slice(name.as_bytes());
    }
    out.push(b')');
}

/// Whether the table is as new as the record: a session that is faster may have added a keyword since the table was
/// read. Then the record must be told again.
pub(super) fn knows_all(record: &Record, keywords: &[Keyword]) -> bool {
    keywords.len() >= 64 || record.keywords >> keywords.len() == 0
}

/// `* 3 FETCH (UID 7 FLAGS (\Seen))`: flags that changed, with the UID so that no client takes them for another's, and
/// with the change's number for clients that know such.
// [rfc7162#3.1.2] [rfc7162#3.2.4]
pub(super) fn uid_and_flags(out: &mut Vec<u8>, number: u32, record: &Record, keywords: &[Keyword], enabled: Enabled) {
    response::text(out, format_args!("* {number} FETCH (UID {} ", record.uid));
    if enabled.condstore {
        response::text(out, format_args!("MODSEQ ({}) ", record.modseq));
    }
    flags(out, record, keywords);
    out.extend_from_slice(b")\r\n");
}

/// EMAILID: the same for all copies of a message within an account.
// [rfc8474#5.1]
pub(super) fn email_id(record: &Record) -> String {
    format!("M{}", record.message)
}

/// MAILBOXID: never given to another mailbox.
// [rfc8474#4.1]
pub(super) fn mailbox_id(mailbox: MailboxId) -> String {
    format!("F{mailbox}")
}

/// An item that the record answers; none if it is of another sort.
pub(super) fn of_record(out: &mut Vec<u8>, item: &FetchItem, record: &Record, keywords: &[Keyword]) -> Option<()> {
    match item {
        FetchItem::Flags => flags(out, record, keywords),
        FetchItem::Uid => {
            out.extend_from_slice(b"UID ");
            response::number(out, record.uid.get().into());
        }
        FetchItem::InternalDate => {
            response::text(out, format_args!("INTERNALDATE \"{}\"", record.internal_date.internal_date()));
        }
        FetchItem::Size => {
            out.extend_from_slice(b"RFC822.SIZE ");
            response::number(out, record.size);
        }
        FetchItem::ModSeq => {
            out.extend_from_slice(b"MODSEQ (");
            response::number(out, record.modseq.0);
            out.push(b')');
        }
        FetchItem::SaveDate => response::text(out, format_args!("SAVEDATE \"{}\"", record.saved.internal_date())),
        // [rfc8474#5.1]
        FetchItem::EmailId => response::text(out, format_args!("EMAILID ({})", email_id(record))),
        // [rfc8474#5.2] threads have no identity of their own here
        FetchItem::ThreadId => out.extend_from_slice(b"THREADID NIL"),
        FetchItem::Envelope
        | FetchItem::Body
        | FetchItem::BodyStructure
        | FetchItem::Preview
        | FetchItem::BinarySize(_)
        | FetchItem::Content(_) => return None,
    }
    Some(())
}

/// An item that the structure answers; none if it is of another sort.
// [clients#imap-traps]
pub(super) fn of_structure(out: &mut Vec<u8>, item: &FetchItem, structure: &Structure, names: Names) -> Option<()> {
    // whoever reads names in UTF-8 reads everything so; the others get ASCII
    let text = if names == Names::Utf8 { Text::Utf8 } else { Text::Ascii };
    match item {
        FetchItem::Envelope => {
            out.extend_from_slice(b"ENVELOPE ");
            envelope(out, &Envelope::from_header(&structure.header), text);
        }
        FetchItem::Body => {
            out.extend_from_slice(b"BODY ");
            body_structure(out, structure, Form::Body, text);
        }
        FetchItem::BodyStructure => {
            out.extend_from_slice(b"BODYSTRUCTURE ");
            body_structure(out, structure, Form::BodyStructure, text);
        }
        _ => return None,
    }
    Some(())
}
