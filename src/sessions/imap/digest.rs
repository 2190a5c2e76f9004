//! What searching, sorting and threading ask of a message's header, read once and kept: the header itself is sealed in
//! the store, and opening ten thousand of them for each command would take a hundred times as long as the command.
//!
//! Kept in memory only, bounded by octets; the mailboxes that nobody asked for longest go first.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::fold::fold;
use crate::mail::MailboxId;
use crate::proto::imap::subject::base_subject;
use crate::proto::mime::Entry;
use crate::proto::mime::decode::header_text;
use crate::proto::mime::header::{Field, Headers};
use crate::proto::mime::{self};

/// Octets that all digests together may take.
const BYTES_MAX: usize = 128 << 20;
/// Identifiers of `References:` that are kept: the first, which is the thread's, and the last ones.
const REFERENCES_MAX: usize = 50;
/// The fields that are kept to be searched, by their names in commands.
const SEARCHED: [&str; 5] = ["from", "to", "cc", "bcc", "subject"];

/// A message's header in short.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Digest {
    /// `Date:` in seconds since 1970, UTC; none where there is none that can be read.
    pub(super) sent: Option<i64>,
    /// The day of `Date:` in the zone it was written in, counted from 1970-01-01.
    pub(super) sent_day: Option<i64>,
    /// The base subject, folded.
    pub(super) subject: Box<str>,
    /// Whether the subject says that it answers or forwards.
    pub(super) answers: bool,
    /// The local part of the first address of each, folded.
    pub(super) from: Box<str>,
    pub(super) to: Box<str>,
    pub(super) cc: Box<str>,
    /// The name of the first address of each as it is shown, folded.
    pub(super) shown_from: Box<str>,
    pub(super) shown_to: Box<str>,
    /// The Message-ID without its brackets.
    pub(super) message_id: Box<str>,
    /// What it answers, the oldest first.
    pub(super) references: Box<[Box<str>]>,
    /// The fields that are searched: a line each of number, `:` and folded text.
    fields: Box<str>,
}

impl Digest {
    /// Reads a header.
    pub(super) fn of(header: &[u8]) -> Self {
        let (mut digest, mut fields) = (Self::default(), String::new());
        let (mut references, mut in_reply_to) = (Vec::new(), Vec::new());
        for field in Headers::new(header) {
            digest.address(&field);
            if let Some(number) = SEARCHED.iter().position(|name| field.is(name)) {
                let text = fold(&header_text(&field.value())).replace('\n', " ");
                fields.push_str(&format!("{number}:{text}\n"));
            }
            if field.is("Subject") && digest.subject.is_empty() {
                let subject = base_subject(&header_text(&field.value()));
                (digest.subject, digest.answers) = (fold(&subject.base).into(), subject.answers);
            } else if field.is("Date") && digest.sent.is_none() {
                (digest.sent, digest.sent_day) = date(&field.value()).unzip();
            } else if field.is("Message-ID") && digest.message_id.is_empty() {
                digest.message_id = identifiers(&field.value()).into_iter().next().unwrap_or_default();
            } else if field.is("References") && references.is_empty() {
                references = identifiers(&field.value());
            } else if field.is("In-Reply-To") && in_reply_to.is_empty() {
                in_reply_to = identifiers(&field.value());
            }
        }
        // [rfc5256#3] of In-Reply-To only the first counts
        in_reply_to.truncate(1);
        digest.references = if references.is_empty() { in_reply_to } else { bounded(references) }.into();
        digest.fields = fields.into();
        digest
    }

    /// Whether a field of this name, lower case, holds a folded text; none when the digest does not say.
    pub(super) fn holds(&self, name: &str, text: &str) -> Option<bool> {
        let number = SEARCHED.iter().position(|known| known.eq_ignore_ascii_case(name))?;
        let head = [b'0' + u8::try_from(number).unwrap_or_default(), b':'];
        let value = |line: &'_ str| line.as_bytes().starts_with(&head);
        Some(self.fields.lines().filter(|line| value(line)).any(|line| line[2..].contains(text)))
    }

    fn address(&mut self, field: &Field<'_>) {
        let (local, shown) = match () {
            () if field.is("From") => (&mut self.from, Some(&mut self.shown_from)),
            () if field.is("To") => (&mut self.to, Some(&mut self.shown_to)),
            () if field.is("Cc") => (&mut self.cc, None),
            () => return,
        };
        if !local.is_empty() {
            return;
        }
        let Some(Entry::Mailbox { name, local: part, domain, .. }) = first_address(&field.value()) else { return };
        *local = fold(&part).into();
        if let Some(shown) = shown {
            // [rfc5957#3] the name, else the address
            let name = name.map(|name| header_text(name.as_bytes())).filter(|name| !name.is_empty());
            *shown = fold(&name.unwrap_or_else(|| format!("{part}@{domain}"))).into();
        }
    }

    /// About how many octets it takes.
    fn weight(&self) -> usize {
        let texts = [&self.subject, &self.from, &self.to, &self.cc, &self.shown_from, &self.shown_to, &self.message_id];
        let references: usize = self.references.iter().map(|id| id.len() + 16).sum();
        size_of::<Self>() + 48 + self.fields.len() + references + texts.iter().map(|text| text.len()).sum::<usize>()
    }
}

/// The first address of a list, or the name of the group that begins it (RFC 5256 §3: a group's name stands for it).
fn first_address(value: &[u8]) -> Option<Entry> {
    mime::first_entry(value).map(|entry| match entry {
        Entry::GroupStart(name) => Entry::Mailbox { name: None, route: None, local: name, domain: String::new() },
        entry => entry,
    })
}

/// `Date:` as seconds since 1970 and as a day in the zone it was written in.
fn date(value: &[u8]) -> Option<(i64, i64)> {
    let mut text = vec![b' '];
    text.extend_from_slice(value);
    text.extend_from_slice(b"\r\n");
    let parsed = mail_parser::parsers::MessageStream::new(&text).parse_date();
    let date = parsed.as_datetime()?;
    let (year, month, day) = (i16::try_from(date.year), i8::try_from(date.month), i8::try_from(date.day));
    let civil = jiff::civil::Date::new(year.ok()?, month.ok()?, day.ok()?).ok()?;
    Some((date.to_timestamp(), i64::from((civil - jiff::civil::date(1970, 1, 1)).get_days())))
}

/// What stands in angle brackets.
fn identifiers(value: &[u8]) -> Vec<Box<str>> {
    let text = String::from_utf8_lossy(value);
    let inside = text.split('<').skip(1).filter_map(|part| part.split_once('>')).map(|(id, _)| id.trim());
    inside.filter(|id| !id.is_empty() && id.len() <= 998).map(Into::into).collect()
}

fn bounded(mut references: Vec<Box<str>>) -> Vec<Box<str>> {
    if references.len() > REFERENCES_MAX {
        references.drain(1..=references.len() - REFERENCES_MAX);
    }
    references
}

/// The digests of a mailbox, by the number of the message.
type Shelf = HashMap<u64, Arc<Digest>>;

/// The digests that are kept, shared by all sessions.
#[derive(Default)]
pub struct Digests {
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    shelves: HashMap<MailboxId, (Arc<Mutex<Shelf>>, Usage)>,
    askings: u64,
    bytes: usize,
}

#[derive(Default, Clone, Copy)]
struct Usage {
    asked: u64,
    bytes: usize,
}

impl std::fmt::Debug for Digests {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Digests")
    }
}

impl Digests {
    /// Those of these messages that are kept.
    pub(super) fn find(&self, mailbox: MailboxId, messages: impl Iterator<Item = u64>) -> Vec<Option<Arc<Digest>>> {
        let shelf = {
            let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
            kept.askings += 1;
            let asked = kept.askings;
            let (shelf, usage) = kept.shelves.entry(mailbox).or_default();
            usage.asked = asked;
            Arc::clone(shelf)
        };
        let shelf = shelf.lock().unwrap_or_else(PoisonError::into_inner);
        messages.map(|message| shelf.get(&message).cloned()).collect()
    }

    /// Keeps what was read. What belongs to messages that are gone leaves with its mailbox.
    pub(super) fn keep(&self, mailbox: MailboxId, read: &[(u64, Arc<Digest>)]) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let added: usize = read.iter().map(|(_, digest)| digest.weight()).sum();
        kept.askings += 1;
        let asked = kept.askings;
        let (shelf, usage) = kept.shelves.entry(mailbox).or_default();
        *usage = Usage { asked, bytes: usage.bytes + added };
        shelf.lock().unwrap_or_else(PoisonError::into_inner).extend(read.iter().cloned());
        kept.bytes += added;
        while kept.bytes > BYTES_MAX {
            let oldest = kept.shelves.iter().min_by_key(|(_, (_, usage))| usage.asked).map(|(mailbox, _)| *mailbox);
            let Some((_, usage)) = oldest.and_then(|mailbox| kept.shelves.remove(&mailbox)) else { return };
            kept.bytes -= usage.bytes;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &[u8] =
        b"Date: Mon, 2 Nov 2026 23:30:00 -0500\r\nFrom: =?utf-8?q?H=C3=A9l=C3=A8ne?= <Helene@a.fr>\r\n\
        To: Equipe: x@a.fr;\r\nCc: <b@b.fr>, c@c.fr\r\nSubject: Re: [CHU] R\xc3\xa9sultats\r\nMessage-ID: <1@a.fr>\r\n\
        References: <a@a> junk <b@b>\r\n <c@c>\r\nIn-Reply-To: <d@d>\r\n\r\n";

    // [rfc5256#3] [rfc5957#3]
    #[test]
    fn a_header_in_short() {
        let digest = Digest::of(HEADER);
        assert_eq!(digest.sent, Some(1_793_680_200));
        assert_eq!(digest.sent_day, Some(20_759));
        assert_eq!((&*digest.subject, digest.answers), ("resultats", true));
        assert_eq!((&*digest.from, &*digest.shown_from), ("helene", "helene"));
        assert_eq!((&*digest.to, &*digest.cc), ("equipe", "b"));
        assert_eq!(&*digest.message_id, "1@a.fr");
        let references: Vec<&str> = digest.references.iter().map(|id| &**id).collect();
        assert_eq!(references, ["a@a", "b@b", "c@c"]);
        assert_eq!(digest.holds("FROM", "helene <"), Some(true));
        assert_eq!(digest.holds("subject", "re: [chu] resu"), Some(true));
        assert_eq!(digest.holds("to", "c.fr"), Some(false));
        assert_eq!(digest.holds("x-other", ""), None);
        assert_eq!(Digest::of(b"In-Reply-To: <d@d> <e@e>\r\n\r\n").references.len(), 1);
    }

    #[test]
    fn long_references_keep_the_first_and_the_last() {
        let many: String = (0..200).map(|n| format!("<{n}@a>")).collect();
        let digest = Digest::of(format!("References: {many}\r\n\r\n").as_bytes());
        assert_eq!(digest.references.len(), REFERENCES_MAX);
        assert_eq!((&*digest.references[0], &*digest.references[REFERENCES_MAX - 1]), ("0@a", "199@a"));
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let digests = Digests::default();
        let heavy = Arc::new(Digest { fields: "x".repeat(BYTES_MAX / 3).into(), ..Digest::default() });
        for mailbox in 1..=4 {
            digests.keep(MailboxId(mailbox), &[(mailbox, Arc::clone(&heavy))]);
            assert!(digests.find(MailboxId(mailbox), [mailbox].into_iter())[0].is_some());
        }
        assert!(digests.find(MailboxId(1), [1].into_iter())[0].is_none(), "the oldest is gone");
        assert!(digests.find(MailboxId(4), [4].into_iter())[0].is_some());
    }
}
