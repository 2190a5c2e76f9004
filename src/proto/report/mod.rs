//! What delivery status notifications (RFC 3464) and disposition notifications (RFC 8098) have in common: they are
//! `multipart/report` messages (RFC 6522) of three parts, a text for people, fields for programs, and what is returned
//! of the message. Put together and taken apart here; what the fields say is [`super::dsn`]'s and [`super::mdn`]'s.

mod compose;
mod fields;
mod part;

pub use compose::{Attachment, Draft, Machine, Returned, compose};
pub use fields::{Fields, TypedAddress, groups};
pub use part::{Kind, Part, enclosed, is_report, part};

/// Octets of the message that are looked at to find and read a report's fields. The part for programs is the second
/// one; nothing that matters lies behind a first part of this size.
pub const HEAD_MAX: usize = 256 * 1024;

/// A text as one bounded line without control characters: what a peer said must not become a field of ours.
#[must_use]
pub fn line(text: &str, max: usize) -> String {
    let mut line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let mut end = line.len().min(max);
    while !line.is_char_boundary(end) {
        end -= 1;
    }
    line.truncate(end);
    line.trim().to_owned()
}

/// The ids in a `Message-ID`, `In-Reply-To` or `References` value, without their angle brackets: printable ASCII with
/// an `@`, at most `max` of them. Anything else is left out.
// [rfc5322#3.6.4]
#[must_use]
pub fn message_ids(value: &str, max: usize) -> Vec<String> {
    let id_ok = |id: &&str| {
        id.len() <= 250 && id.contains('@') && id.bytes().all(|b| b.is_ascii_graphic() && b != b'<' && b != b'>')
    };
    let inside = value.split('<').skip(1).filter_map(|rest| rest.split_once('>').map(|(id, _)| id.trim()));
    inside.filter(id_ok).take(max).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_one_line_whatever_was_said() {
        assert_eq!(line("550 no\r\nBcc: x\0é", 100), "550 no  Bcc: x é");
        assert_eq!(line("ééé", 3), "é");
    }

    #[test]
    fn ids_come_out_clean_or_not_at_all() {
        // [rfc5322#3.6.4]
        assert_eq!(message_ids("<a@b> junk <c@d>", 9), ["a@b", "c@d"]);
        for bad in ["", "<>", "<a>", "a@b", "<a@b", "<a b@c>", "<a@b\u{e9}>", "<<a@b>"] {
            let found = message_ids(bad, 9);
            assert!(found.is_empty() || bad == "<<a@b>", "{bad} gave {found:?}");
        }
        assert_eq!(message_ids(&"<a@b>".repeat(50), 10).len(), 10);
    }
}
