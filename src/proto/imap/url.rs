//! IMAP URLs of messages and their parts (RFC 5092 §7), as CATENATE names what exists already: relative to this server,
//! `/Drafts;UIDVALIDITY=385759045/;UID=20/;SECTION=1.2/;PARTIAL=0.1024`.

use super::fetch::Partial;
use super::name::WireName;
use crate::proto::mime::section::Section;

/// Octets of a URL.
pub const URL_MAX: usize = 4096;

/// A message, or a part of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageUrl {
    /// The mailbox's name, in UTF-8.
    pub mailbox: WireName,
    /// What its UIDVALIDITY must be.
    pub uid_validity: Option<u32>,
    /// The message.
    pub uid: u32,
    /// What of it.
    pub section: Section,
    /// Which octets of that.
    pub partial: Option<Partial>,
}

impl MessageUrl {
    /// Reads a URL; none where it has another form, names another server, or asks for an authorisation (URLAUTH).
    // [rfc4469#3] [rfc5092#7]
    #[must_use]
    pub fn parse(url: &str) -> Option<Self> {
        let path = url.strip_prefix('/').filter(|path| !path.starts_with('/') && url.len() <= URL_MAX)?;
        let place = find(path, "/;UID=")?;
        let (mailbox, rest) = (&path[..place], &path[place + "/;UID=".len()..]);
        let (mailbox, uid_validity) = match find(mailbox, ";UIDVALIDITY=") {
            Some(at) => (&mailbox[..at], Some(number(&mailbox[at + ";UIDVALIDITY=".len()..])?)),
            None => (mailbox, None),
        };
        let mut parts = rest.split("/;");
        // `/;UID=20/` with nothing behind it is written by some clients, and in examples of the RFC
        let uid = number(parts.next()?.trim_end_matches('/'))?;
        let (mut section, mut partial) = (Section::default(), None);
        for part in parts {
            let (name, value) = part.split_once('=')?;
            match name.to_ascii_uppercase().as_str() {
                "SECTION" => section = Section::parse(std::str::from_utf8(&decoded(value)?).ok()?)?,
                "PARTIAL" => partial = Some(range(value)?),
                _ => return None,
            }
        }
        Some(Self { mailbox: WireName(decoded(mailbox)?), uid_validity, uid, section, partial })
    }
}

/// Where a keyword stands for the last time, in any case.
fn find(text: &str, word: &str) -> Option<usize> {
    text.to_ascii_uppercase().rfind(word)
}

fn number(text: &str) -> Option<u32> {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|number| digits && *number > 0)
}

/// `0.1024`, or `1024` for all from there.
fn range(text: &str) -> Option<Partial> {
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    let (start, length) = text.split_once('.').unwrap_or((text, "4294967295"));
    let (start, length) = (start.parse().ok()?, length.parse().ok()?);
    (digits(text.split('.').next()?) && length > 0).then_some(Partial { start, length })
}

/// Undoes `%2F`.
fn decoded(text: &str) -> Option<Vec<u8>> {
    let mut octets = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        octets.push(match byte {
            b'%' => {
                let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
                u8::try_from(digit(bytes.next())? * 16 + digit(bytes.next())?).ok()?
            }
            b'!'..=b'~' => byte,
            _ => return None,
        });
    }
    Some(octets)
}

#[cfg(test)]
mod tests {
    use super::*;

    // [rfc4469#3] [rfc5092#7]
    #[test]
    fn urls_of_messages_and_their_parts() {
        let read = |url: &str| {
            let MessageUrl { mailbox, uid_validity, uid, section, partial } = MessageUrl::parse(url)?;
            let partial = partial.map(|partial| (partial.start, partial.length));
            Some((String::from_utf8(mailbox.0).unwrap(), uid_validity, uid, section.to_string(), partial))
        };
        let some = |mailbox: &str, validity, uid, section: &str, partial| {
            Some((mailbox.to_owned(), validity, uid, section.to_owned(), partial))
        };
        for (url, expected) in [
            ("/Drafts;UIDVALIDITY=385759045/;UID=20", some("Drafts", Some(385_759_045), 20, "", None)),
            ("/Drafts;UIDVALIDITY=385759045/;UID=20/", some("Drafts", Some(385_759_045), 20, "", None)),
            ("/a/b/;uid=3/;section=HEADER", some("a/b", None, 3, "HEADER", None)),
            ("/INBOX/;UID=3/;SECTION=1.MIME/;PARTIAL=0.10", some("INBOX", None, 3, "1.MIME", Some((0, 10)))),
            ("/caf%C3%A9/;UID=3/;PARTIAL=7", some("café", None, 3, "", Some((7, u64::from(u32::MAX))))),
            ("/a/;UID=3/;SECTION=HEADER.FIELDS%20(To)", some("a", None, 3, "HEADER.FIELDS (TO)", None)),
        ] {
            let found = read(url).map(|(mailbox, validity, uid, section, partial)| {
                (mailbox, validity, uid, section.to_ascii_uppercase(), partial)
            });
            assert_eq!(found, expected, "{url}");
        }
    }

    #[test]
    fn what_is_no_url_of_this_server_is_none() {
        for url in [
            "",
            "/",
            "/INBOX",
            "imap://host/INBOX/;UID=1",
            "//host/INBOX/;UID=1",
            "/INBOX/;UID=0",
            "/INBOX/;UID=x",
            "/INBOX/;UID=1/;SECTION=1.FOO",
            "/INBOX/;UID=1/;PARTIAL=0.0",
            "/INBOX/;UID=1/;PARTIAL=-1",
            "/INBOX/;UID=1;URLAUTH=anonymous:INTERNAL:0",
            "/INBOX;UIDVALIDITY=/;UID=1",
            "/IN%4/;UID=1",
            "/IN%zz/;UID=1",
            "/IN BOX/;UID=1",
            "/é/;UID=1",
        ] {
            assert_eq!(MessageUrl::parse(url), None, "{url}");
        }
        assert_eq!(MessageUrl::parse(&format!("/{}/;UID=1", "a".repeat(URL_MAX))), None);
    }
}
