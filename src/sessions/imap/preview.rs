//! PREVIEW (RFC 8970): the first words of a message. A list shows them beside subject and sender; nobody is taken to
//! have read the message for that, so it makes no event.

use mail_parser::decoders::html::html_to_text;

use crate::mail::Fault;
use crate::proto::imap::response;
use crate::proto::mime::{Part, Structure, decode};
use crate::store::BodyReader;

/// Characters of a preview (RFC 8970 §3.1: at most 256).
const CHARACTERS: usize = 200;
/// Octets of a part that are looked at for them.
const LOOKED_AT: u64 = 16 * 1024;

/// `PREVIEW "The first words"`
// [rfc8970#3.1] [proofs#when-is-it-open]
pub(super) fn write(out: &mut Vec<u8>, structure: &Structure, body: &BodyReader) -> Result<(), Fault> {
    out.extend_from_slice(b"PREVIEW ");
    let words = match shown_first(structure) {
        Some(part) => {
            let end = part.body.end.min(part.body.start.saturating_add(LOOKED_AT));
            first_words(part, &body.read(part.body.start..end)?)
        }
        None => String::new(),
    };
    response::string(out, words.as_bytes());
    Ok(())
}

/// The part that a client shows first: plain text, else HTML; attachments are none.
fn shown_first(structure: &Structure) -> Option<&Part> {
    let texts = || structure.parts.iter().filter(|part| part.file_name().is_none());
    texts().find(|part| part.content_type.is("text", "plain")).or_else(|| texts().find(|part| is_html(part)))
}

fn is_html(part: &Part) -> bool {
    part.content_type.is("text", "html")
}

fn first_words(part: &Part, octets: &[u8]) -> String {
    let text = decode::text(part, octets);
    let text = if is_html(part) { html_to_text(&text) } else { text };
    let mut words = String::new();
    for word in text.split_whitespace().filter(|word| !word.chars().all(|c| "-_=*>".contains(c))) {
        if !words.is_empty() {
            words.push(' ');
        }
        words.push_str(word);
        if words.len() > CHARACTERS * 4 {
            break;
        }
    }
    // what was cut inside a character leaves a mark of that at the end
    words
        .chars()
        .filter(|c| !c.is_control())
        .take(CHARACTERS)
        .collect::<String>()
        .trim_end_matches('\u{fffd}')
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::mime::{Limits, walk};

    // [rfc8970#3.1]
    #[test]
    fn the_first_words_of_what_is_shown() {
        let long = format!("Content-Type: text/plain\r\n\r\n{}", "mot ".repeat(500));
        for (message, words) in [
            ("Subject: x\r\n\r\n> -- \r\nBonjour,\r\n\r\nle  bilan\r\n", "Bonjour, le bilan"),
            ("Content-Type: text/html\r\n\r\n<p>Le <b>bilan</b></p>", "Le bilan"),
            ("Content-Type: application/pdf\r\n\r\n%PDF", ""),
            (
                "Content-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\n<i>h</i>\r\n\
                 --b\r\nContent-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\
                 \r\n=E9t=E9\r\n--b--\r\n",
                "été",
            ),
            (long.as_str(), "mot ".repeat(50).as_str()),
        ] {
            let structure = walk(message.as_bytes(), Limits::default());
            let first = shown_first(&structure).map(|part| {
                let at = |offset: u64| usize::try_from(offset).unwrap();
                first_words(part, &message.as_bytes()[at(part.body.start)..at(part.body.end)])
            });
            assert_eq!(first.unwrap_or_default(), words, "{message}");
        }
    }
}
