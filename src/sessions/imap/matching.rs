//! Whether a message is what SEARCH asks for. A pure function of what is known of the message so far: flags and dates
//! first, then its headers, then its texts; each is looked at only where the answer depends on it.

use std::ops::{Range, RangeInclusive};

use super::digest::Digest;
use super::fold::{fold, fold_owned};
use crate::mail::{Fault, Keyword, ModSeq, SystemFlags, Time, Uid};
use crate::proto::imap::search::{Compare, SearchKey};
use crate::proto::mime::header::Field;
use crate::proto::mime::{Headers, Part, Structure, decode, header_text};

/// What is known of a message.
#[derive(Clone, Copy)]
pub(super) struct Facts<'a> {
    pub(super) number: u32,
    pub(super) uid: Uid,
    pub(super) system: SystemFlags,
    /// Bits of the mailbox's keywords.
    pub(super) keywords: u64,
    pub(super) received: Time,
    pub(super) size: u64,
    pub(super) modseq: ModSeq,
    pub(super) saved: Time,
    /// What EMAILID is made of.
    pub(super) message: u64,
    /// The header in short, once it was read.
    pub(super) digest: Option<&'a Digest>,
    /// The header with its blank line, once it was read.
    pub(super) header: Option<&'a [u8]>,
    /// The texts of the parts, folded, once they were read.
    pub(super) texts: Option<&'a [String]>,
}

/// What a search key means depends on: the mailbox as the client knows it, and the time.
pub(super) struct Searched<'a> {
    pub(super) keywords: Vec<Keyword>,
    /// What `*` means among sequence numbers.
    pub(super) last_number: u32,
    /// What `*` means among UIDs.
    pub(super) last_uid: u32,
    /// What `$` means.
    pub(super) saved: &'a [Uid],
    pub(super) now: Time,
}

/// A search key made ready: sets resolved, texts folded.
pub(super) enum Query {
    /// A key that needs no more than the record, as it is.
    Plain(SearchKey),
    /// The keyword with this bit; 0 for one that the mailbox does not know.
    Keyword(u64),
    /// One of these sequence numbers: ascending ranges.
    Numbers(Vec<RangeInclusive<u32>>),
    /// One of these UIDs: ascending ranges.
    Uids(Vec<RangeInclusive<u32>>),
    /// It came after this moment.
    CameAfter(Time),
    Sent(Compare, i64),
    Header {
        name: String,
        value: String,
    },
    Body(String),
    Text(String),
    Not(Box<Query>),
    Or(Box<[Query; 2]>),
    And(Vec<Query>),
}

impl Query {
    /// Makes a key ready for a mailbox.
    pub(super) fn new(key: SearchKey, mailbox: &Searched<'_>) -> Self {
        let ready = |key| Self::new(key, mailbox);
        let bit =
            |name: &Keyword| mailbox.keywords.iter().take(64).position(|known| known == name).map_or(0, |bit| 1 << bit);
        match key {
            SearchKey::Keyword(keyword) => Self::Keyword(bit(&keyword)),
            SearchKey::NoKeyword(keyword) => Self::Not(Box::new(Self::Keyword(bit(&keyword)))),
            // [rfc5182#2.1]
            SearchKey::Sequence(set) | SearchKey::Uid(set) if set.is_saved_result() => {
                Self::Uids(mailbox.saved.iter().map(|uid| uid.get()..=uid.get()).collect())
            }
            SearchKey::Sequence(set) => Self::Numbers(set.ranges(mailbox.last_number)),
            SearchKey::Uid(set) => Self::Uids(set.ranges(mailbox.last_uid)),
            // [rfc5032#2]
            SearchKey::Older(seconds) => {
                Self::Not(Box::new(Self::CameAfter(mailbox.now.plus_secs(-i64::from(seconds)))))
            }
            SearchKey::Younger(seconds) => Self::CameAfter(mailbox.now.plus_secs(-i64::from(seconds))),
            SearchKey::Sent(compare, day) => Self::Sent(compare, day),
            SearchKey::Header { name, value } => Self::Header { name, value: fold(&value) },
            SearchKey::Body(text) => Self::Body(fold(&text)),
            SearchKey::Text(text) => Self::Text(fold(&text)),
            SearchKey::Not(key) => Self::Not(Box::new(ready(*key))),
            SearchKey::Or(a, b) => Self::Or(Box::new([ready(*a), ready(*b)])),
            SearchKey::And(keys) => Self::And(keys.into_iter().map(ready).collect()),
            key => Self::Plain(key),
        }
    }

    /// Judges a message; none when more must be known.
    // [rfc3501#6.4.4]
    pub(super) fn judge(&self, facts: &Facts<'_>) -> Option<bool> {
        Some(match self {
            Self::Plain(key) => plain(key, facts),
            Self::Keyword(bit) => facts.keywords & bit != 0,
            Self::Numbers(ranges) => within(ranges, facts.number),
            Self::Uids(ranges) => within(ranges, facts.uid.get()),
            Self::CameAfter(time) => facts.received > *time,
            Self::Sent(compare, day) => facts.digest?.sent_day.is_some_and(|sent| compare.holds(sent, *day)),
            Self::Header { name, value } => match facts.digest?.holds(name, value) {
                Some(holds) => holds,
                None => has_field(facts.header?, name, value),
            },
            Self::Body(text) => in_texts(facts.texts?, text),
            Self::Text(text) => in_header(facts.header?, text) || in_texts(facts.texts?, text),
            Self::Not(query) => !query.judge(facts)?,
            Self::Or(queries) => return any(queries.iter().map(|query| query.judge(facts))),
            Self::And(queries) => return any(queries.iter().map(|q| q.judge(facts).map(|is| !is))).map(|is| !is),
        })
    }
}

fn plain(key: &SearchKey, facts: &Facts<'_>) -> bool {
    match key {
        SearchKey::All => true,
        SearchKey::Flag(flag) => facts.system.contains(*flag),
        SearchKey::NoFlag(flag) => !facts.system.contains(*flag),
        SearchKey::Received(compare, day) => compare.holds(facts.received.day(), *day),
        SearchKey::Larger(size) => facts.size > *size,
        SearchKey::Smaller(size) => facts.size < *size,
        // [rfc8514#4.3] [rfc8474#6]
        SearchKey::Saved(compare, day) => compare.holds(facts.saved.day(), *day),
        SearchKey::EmailId(id) => *id == format!("M{}", facts.message),
        // [rfc7162#3.1.5]
        SearchKey::ModSeq(modseq) => facts.modseq >= *modseq,
        // no message is ever shown as \Recent or has a THREADID; all other keys are made ready as queries of their own
        _ => false,
    }
}

fn within(ranges: &[RangeInclusive<u32>], number: u32) -> bool {
    let at = ranges.partition_point(|range| *range.end() < number);
    ranges.get(at).is_some_and(|range| range.contains(&number))
}

/// Whether one of the answers is yes; unknown where that hangs on an unknown one.
fn any(answers: impl IntoIterator<Item = Option<bool>>) -> Option<bool> {
    let mut sure = true;
    for answer in answers {
        match answer {
            Some(true) => return Some(true),
            Some(false) => {}
            None => sure = false,
        }
    }
    sure.then_some(false)
}

/// What BODY and TEXT look through: the texts of the parts, and the names of all that is attached, folded.
pub(super) fn texts(
    structure: &Structure,
    read: impl Fn(Range<u64>) -> Result<Vec<u8>, Fault>,
) -> Result<Vec<String>, Fault> {
    let mut texts: Vec<String> = structure.parts.iter().filter_map(Part::file_name).map(|name| fold(&name)).collect();
    for part in structure.parts.iter().filter(|part| part.content_type.kind == "text") {
        texts.push(fold_owned(decode::text(part, &read(part.body.clone())?)));
    }
    Ok(texts)
}

/// Whether a field of this name holds the text, which is folded; the empty text asks only whether there is one.
fn has_field(header: &[u8], name: &str, text: &str) -> bool {
    let holds = |field: Field<'_>| contains(&fold(&header_text(&field.value())), text);
    Headers::new(header).filter(|field| field.is(name)).any(holds)
}

fn in_header(header: &[u8], text: &str) -> bool {
    let mut line = String::new();
    Headers::new(header).any(|field| {
        line.clear();
        line.push_str(&String::from_utf8_lossy(field.name));
        line.push_str(": ");
        line.push_str(&header_text(&field.value()));
        contains(&fold(&line), text)
    })
}

/// The same as `str::contains`, by vector instructions: large texts are looked through at memory's speed.
fn contains(text: &str, wanted: &str) -> bool {
    memchr::memmem::find(text.as_bytes(), wanted.as_bytes()).is_some()
}

fn in_texts(texts: &[String], text: &str) -> bool {
    texts.iter().any(|part| contains(part, text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::imap::search;
    use crate::proto::mime::{Limits, walk};

    const MESSAGE: &[u8] =
        "Date: Mon, 2 Nov 2026 23:30:00 -0500\r\nSubject: =?utf-8?q?R=C3=A9sultats?= de\r\n l'examen\r\n\
        From: \"Dr. Dupont\" <d@a.fr>\r\nContent-Type: text/plain; charset=iso-8859-1\r\n\
        Content-Transfer-Encoding: quoted-printable\r\n\r\nLe Pati=E8nt va bien\r\n"
            .as_bytes();

    /// The answer with all facts, and what had to be known: 0 the record, 1 the digest, 2 the header, 3 the texts.
    fn ask(key: &str) -> (bool, usize) {
        let keywords = [Keyword::new("a").unwrap(), Keyword::new("$Label1").unwrap()];
        let structure = walk(MESSAGE, Limits::default());
        let at = |offset: u64| usize::try_from(offset).unwrap();
        let texts = texts(&structure, |range| Ok(MESSAGE[at(range.start)..at(range.end)].to_vec())).unwrap();
        let digest = Digest::of(&structure.header);
        let searched = Searched {
            keywords: keywords.to_vec(),
            last_number: 4,
            last_uid: 9,
            saved: &[Uid::new(7).unwrap()],
            now: Time::parse_rfc3339("2026-11-03T05:30:05Z").unwrap(),
        };
        let query = Query::new(search::read(key).unwrap(), &searched);
        let received = Time::parse_rfc3339("2026-11-03T04:30:05Z").unwrap();
        for known in 0..=3 {
            let facts = Facts {
                number: 3,
                uid: Uid::new(7).unwrap(),
                system: SystemFlags::SEEN,
                keywords: 2,
                received,
                size: 1000,
                modseq: ModSeq(50),
                saved: received,
                message: 12,
                digest: (known > 0).then_some(&digest),
                header: (known > 1).then_some(&structure.header),
                texts: (known > 2).then_some(&texts),
            };
            if let Some(answer) = query.judge(&facts) {
                return (answer, known);
            }
        }
        panic!("no answer to {key}");
    }

    // [rfc3501#6.4.4]
    #[test]
    fn keys_are_judged_with_as_little_as_possible() {
        for (key, answer) in [
            ("ALL", (true, 0)),
            ("SEEN KEYWORD $label1", (true, 0)),
            ("KEYWORD a", (false, 0)),
            ("KEYWORD unknown", (false, 0)),
            ("UNKEYWORD unknown", (true, 0)),
            ("UNSEEN TEXT x", (false, 0)),
            ("OR SEEN TEXT x", (true, 0)),
            ("OLD", (true, 0)),
            ("NEW", (false, 0)),
            ("1:2,4", (false, 0)),
            ("3:*", (true, 0)),
            ("UID 7", (true, 0)),
            ("UID 8:*", (false, 0)),
            ("LARGER 999 SMALLER 1001", (true, 0)),
            ("LARGER 1000", (false, 0)),
            ("ON 3-Nov-2026", (true, 0)),
            ("BEFORE 3-Nov-2026", (false, 0)),
            ("SENTON 2-Nov-2026", (true, 1)),
            ("SENTSINCE 3-Nov-2026", (false, 1)),
            ("SUBJECT \"RÉSULTATS\"", (true, 1)),
            ("SUBJECT resultats", (true, 1)),
            ("SUBJECT \"de l'exa\"", (true, 1)),
            ("FROM dupont", (true, 1)),
            ("HEADER X-None \"\"", (false, 2)),
            ("HEADER SUBJECT \"\"", (true, 1)),
            ("BODY \"patiènt\"", (true, 3)),
            ("BODY PATIENT", (true, 3)),
            ("BODY dupont", (false, 3)),
            ("TEXT dupont", (true, 2)),
            ("TEXT bien", (true, 3)),
            ("NOT TEXT bien", (false, 3)),
            ("NOT (SEEN TEXT rien)", (true, 3)),
        ] {
            assert_eq!(ask(key), answer, "{key}");
        }
    }

    // [rfc5182#2.1] [rfc5032#2] [rfc7162#3.1.5] [rfc8514#4.3] [rfc8474#6]
    #[test]
    fn keys_of_extensions_are_judged_by_the_record() {
        for (key, answer) in [
            ("SAVEDON 3-Nov-2026 SAVEDATESUPPORTED", true),
            ("SAVEDBEFORE 3-Nov-2026", false),
            ("EMAILID M12", true),
            ("EMAILID M1", false),
            ("THREADID T1", false),
            ("MODSEQ 50", true),
            ("MODSEQ 51", false),
            ("$", true),
            ("NOT UID $", false),
            ("YOUNGER 3601", true),
            ("YOUNGER 3600", false),
            ("OLDER 3600", true),
            ("OLDER 3601", false),
        ] {
            assert_eq!(ask(key), (answer, 0), "{key}");
        }
    }
}
