//! Search keys (RFC 9051 §6.4.4), from text to a tree. What a key means for a message is `sessions/imap/search`'s
//! matter.

use mail_parser::decoders::charsets::map::charset_decoder;

use super::args::{Args, Parsed, syntax};
use super::date;
use super::resync::mod_seq;
use super::returns::{self, Returns};
use super::sequence::SequenceSet;
use crate::mail::{Fault, Keyword, ModSeq, Status, SystemFlags};

/// Keys of one command, those in `OR`, `NOT` and parentheses counted too.
pub const KEYS_MAX: usize = 1000;

/// What a message must be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SearchKey {
    /// Any message.
    All,
    /// This system flag is set.
    Flag(SystemFlags),
    /// This system flag is not set.
    NoFlag(SystemFlags),
    /// This keyword is set.
    Keyword(Keyword),
    /// This keyword is not set.
    NoKeyword(Keyword),
    /// `\Recent`: no session was told of it before this one.
    Recent,
    /// INTERNALDATE against a day since 1970-01-01, time of day left out.
    Received(Compare, i64),
    /// The `Date:` field against a day, time of day and zone left out.
    Sent(Compare, i64),
    /// Larger than so many octets.
    Larger(u64),
    /// Smaller than so many octets.
    Smaller(u64),
    /// Changed at this modification sequence or later.
    ModSeq(ModSeq),
    /// Has this identity (RFC 8474 §6).
    EmailId(String),
    /// Belongs to the thread with this identity (RFC 8474 §6).
    ThreadId(String),
    /// The day on which it came into this mailbox, against a day (RFC 8514 §4.3).
    Saved(Compare, i64),
    /// Came so many seconds ago or longer.
    Older(u32),
    /// Came within so many seconds.
    Younger(u32),
    /// A header field with this name holds this text; the empty text asks whether there is such a field.
    Header {
        /// The field's name.
        name: String,
        /// What its value must hold.
        value: String,
    },
    /// The text parts hold this.
    Body(String),
    /// The header or the text parts hold this.
    Text(String),
    /// One of these sequence numbers.
    Sequence(SequenceSet),
    /// One of these UIDs.
    Uid(SequenceSet),
    /// Not this.
    Not(Box<SearchKey>),
    /// One of these two.
    Or(Box<SearchKey>, Box<SearchKey>),
    /// All of these.
    And(Vec<SearchKey>),
}

/// How a day is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compare {
    /// Earlier than the day.
    Before,
    /// Within the day.
    On,
    /// Within the day, or later.
    Since,
}

impl Compare {
    /// Whether a day fulfils the comparison with the day that was asked for.
    #[must_use]
    pub fn holds(self, day: i64, asked: i64) -> bool {
        match self {
            Self::Before => day < asked,
            Self::On => day == asked,
            Self::Since => day >= asked,
        }
    }
}

impl SearchKey {
    /// Whether any key in it is of this kind.
    #[must_use]
    pub fn any(&self, kind: &dyn Fn(&Self) -> bool) -> bool {
        kind(self)
            || match self {
                Self::Not(key) => key.any(kind),
                Self::Or(a, b) => a.any(kind) || b.any(kind),
                Self::And(keys) => keys.iter().any(|key| key.any(kind)),
                _ => false,
            }
    }
}

/// Reads keys that stand alone.
///
/// # Errors
/// As SEARCH is refused: no valid form, too many keys, an unknown charset.
pub fn read(text: &str) -> Result<SearchKey, Fault> {
    keys(&mut Args::new(text.as_bytes()))
}

/// Reads what stands behind `SEARCH `: what is to be returned, an optional charset and one key or more.
// [rfc3501#6.4.4] [rfc4731#3.1]
pub(super) fn parse(args: &mut Args<'_>) -> Parsed<(Option<Returns>, SearchKey)> {
    Ok((returns::parse(args)?, keys(args)?))
}

fn keys(args: &mut Args<'_>) -> Parsed<SearchKey> {
    if args.take(b"CHARSET ") { with_charset(args) } else { keys_in(Charset::Utf8, args) }
}

/// A charset and one key or more, as SORT and THREAD take them.
pub(super) fn with_charset(args: &mut Args<'_>) -> Parsed<SearchKey> {
    let charset = Charset::named(&args.astring()?)?;
    args.space()?;
    keys_in(charset, args)
}

fn keys_in(charset: Charset, args: &mut Args<'_>) -> Parsed<SearchKey> {
    let mut parser = Parser { charset, left: KEYS_MAX };
    let mut keys = vec![parser.key(args)?];
    while args.take(b" ") && !args.is_empty() {
        keys.push(parser.key(args)?);
    }
    args.end()?;
    Ok(match <[SearchKey; 1]>::try_from(keys) {
        Ok([key]) => key,
        Err(keys) => SearchKey::And(keys),
    })
}

enum Charset {
    /// Also the meaning of no charset at all: ASCII is part of it, and clients send it unannounced.
    Utf8,
    Other(fn(&[u8]) -> String),
}

impl Charset {
    // [rfc5530#3]
    fn named(name: &[u8]) -> Parsed<Self> {
        let lower = name.to_ascii_lowercase();
        match lower.as_slice() {
            b"utf-8" | b"us-ascii" => Ok(Self::Utf8),
            lower => charset_decoder(lower)
                .map(Self::Other)
                .ok_or_else(|| Fault::user(Status::BadCharset, "the charset of a SEARCH is not known")),
        }
    }

    fn decode(&self, bytes: &[u8]) -> Parsed<String> {
        match self {
            Self::Utf8 => String::from_utf8(bytes.to_vec()).map_err(|_| syntax("a search string is not UTF-8")),
            Self::Other(decode) => Ok(decode(bytes)),
        }
    }
}

struct Parser {
    charset: Charset,
    /// Keys that may still come.
    left: usize,
}

impl Parser {
    fn key(&mut self, args: &mut Args<'_>) -> Parsed<SearchKey> {
        self.left = self.left.checked_sub(1).ok_or_else(too_many)?;
        match args.peek() {
            Some(b'(') => args.list(|args| self.key(args)).map(SearchKey::And),
            Some(b'0'..=b'9' | b'*' | b'$') => SequenceSet::parse(args).map(SearchKey::Sequence),
            _ => {
                let word = args.word()?;
                match flag_key(&word) {
                    Some(key) => Ok(key),
                    None => self.key_with_argument(&word, args),
                }
            }
        }
    }

    fn key_with_argument(&mut self, word: &str, args: &mut Args<'_>) -> Parsed<SearchKey> {
        args.space()?;
        match word {
            "NOT" => args.deeper(|args| self.key(args)).map(|key| SearchKey::Not(Box::new(key))),
            "OR" => args.deeper(|args| {
                let first = self.key(args)?;
                args.space()?;
                Ok(SearchKey::Or(Box::new(first), Box::new(self.key(args)?)))
            }),
            "UID" => SequenceSet::parse(args).map(SearchKey::Uid),
            "KEYWORD" => keyword(args).map(SearchKey::Keyword),
            "UNKEYWORD" => keyword(args).map(SearchKey::NoKeyword),
            "LARGER" => args.number64().map(SearchKey::Larger),
            "SMALLER" => args.number64().map(SearchKey::Smaller),
            "MODSEQ" => changed(args).map(SearchKey::ModSeq),
            "EMAILID" => args.text().map(SearchKey::EmailId),
            "THREADID" => args.text().map(SearchKey::ThreadId),
            "OLDER" => interval(args).map(SearchKey::Older),
            "YOUNGER" => interval(args).map(SearchKey::Younger),
            "HEADER" => {
                let name = args.text()?;
                args.space()?;
                self.header(name, args)
            }
            "FROM" | "TO" | "CC" | "BCC" | "SUBJECT" => self.header(word.to_ascii_lowercase(), args),
            "BODY" => self.string(args).map(SearchKey::Body),
            "TEXT" => self.string(args).map(SearchKey::Text),
            _ => date_key(word, args),
        }
    }

    fn header(&self, name: String, args: &mut Args<'_>) -> Parsed<SearchKey> {
        Ok(SearchKey::Header { name, value: self.string(args)? })
    }

    fn string(&self, args: &mut Args<'_>) -> Parsed<String> {
        self.charset.decode(&args.astring()?)
    }
}

/// `MODSEQ 620162338`, `MODSEQ "/flags/\\draft" all 620162338`: of single flags no times are kept, so that the message's
/// own stands for them (RFC 7162 §3.1.5 allows it).
// [rfc7162#3.1.5]
fn changed(args: &mut Args<'_>) -> Parsed<ModSeq> {
    if args.peek() == Some(b'"') {
        if !args.string()?.to_ascii_lowercase().starts_with(b"/flags/") {
            return Err(syntax("MODSEQ of what is no flag"));
        }
        args.space()?;
        if !matches!(args.word()?.as_str(), "ALL" | "PRIV" | "SHARED") {
            return Err(syntax("MODSEQ takes priv, shared or all"));
        }
        args.space()?;
    }
    mod_seq(args)
}

/// Seconds, at least 1.
// [rfc5032#2]
fn interval(args: &mut Args<'_>) -> Parsed<u32> {
    match args.number()? {
        0 => Err(syntax("an interval has at least one second")),
        seconds => Ok(seconds),
    }
}

fn date_key(word: &str, args: &mut Args<'_>) -> Parsed<SearchKey> {
    let (key, compare): (fn(Compare, i64) -> SearchKey, _) = match word {
        "BEFORE" => (SearchKey::Received, Compare::Before),
        "ON" => (SearchKey::Received, Compare::On),
        "SINCE" => (SearchKey::Received, Compare::Since),
        // [rfc8514#4.3]
        "SAVEDBEFORE" => (SearchKey::Saved, Compare::Before),
        "SAVEDON" => (SearchKey::Saved, Compare::On),
        "SAVEDSINCE" => (SearchKey::Saved, Compare::Since),
        "SENTBEFORE" => (SearchKey::Sent, Compare::Before),
        "SENTON" => (SearchKey::Sent, Compare::On),
        "SENTSINCE" => (SearchKey::Sent, Compare::Since),
        _ => return Err(syntax("a search key is not known")),
    };
    date::day(args).map(|day| key(compare, day))
}

fn flag_key(word: &str) -> Option<SearchKey> {
    let unseen = || SearchKey::NoFlag(SystemFlags::SEEN);
    Some(match word {
        // every mailbox keeps the dates (RFC 8514 §4.3)
        "ALL" | "SAVEDATESUPPORTED" => SearchKey::All,
        "RECENT" => SearchKey::Recent,
        "NEW" => SearchKey::And(vec![SearchKey::Recent, unseen()]),
        "OLD" => SearchKey::Not(Box::new(SearchKey::Recent)),
        "UNANSWERED" => SearchKey::NoFlag(SystemFlags::ANSWERED),
        "UNDELETED" => SearchKey::NoFlag(SystemFlags::DELETED),
        "UNDRAFT" => SearchKey::NoFlag(SystemFlags::DRAFT),
        "UNFLAGGED" => SearchKey::NoFlag(SystemFlags::FLAGGED),
        "UNSEEN" => unseen(),
        "ANSWERED" => SearchKey::Flag(SystemFlags::ANSWERED),
        "DELETED" => SearchKey::Flag(SystemFlags::DELETED),
        "DRAFT" => SearchKey::Flag(SystemFlags::DRAFT),
        "FLAGGED" => SearchKey::Flag(SystemFlags::FLAGGED),
        "SEEN" => SearchKey::Flag(SystemFlags::SEEN),
        _ => return None,
    })
}

fn keyword(args: &mut Args<'_>) -> Parsed<Keyword> {
    Keyword::new(args.atom()?).ok_or_else(|| syntax("not a keyword"))
}

fn too_many() -> Fault {
    Fault::user(Status::LimitReached, "too many search keys")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str) -> Parsed<SearchKey> {
        read(text)
    }

    fn header(name: &str, value: &str) -> SearchKey {
        SearchKey::Header { name: name.to_owned(), value: value.to_owned() }
    }

    // [rfc3501#6.4.4] [rfc7162#3.1.5] [rfc5032#2]
    #[test]
    fn keys_become_a_tree() {
        use SearchKey::{
            All, And, Body, Flag, Keyword, Larger, NoFlag, NoKeyword, Not, Or, Received, Sent, Smaller, Text,
        };
        let word = |text| crate::mail::Keyword::new(text).unwrap();
        let seen = || Flag(SystemFlags::SEEN);
        for (text, expected) in [
            ("ALL", All),
            ("seen unflagged", And(vec![seen(), NoFlag(SystemFlags::FLAGGED)])),
            ("OR SEEN (ALL ALL)", Or(Box::new(seen()), Box::new(And(vec![All, All])))),
            ("NOT SEEN", Not(Box::new(seen()))),
            ("KEYWORD $Label1 ", Keyword(word("$label1"))),
            ("UNKEYWORD Junk", NoKeyword(word("Junk"))),
            ("FROM \"Dr. X\"", header("from", "Dr. X")),
            ("HEADER Message-ID <a@b>", header("Message-ID", "<a@b>")),
            ("HEADER X-A \"\"", header("X-A", "")),
            ("LARGER 10 SMALLER 20", And(vec![Larger(10), Smaller(20)])),
            ("SINCE 2-Jan-1970", Received(Compare::Since, 1)),
            ("MODSEQ 0", SearchKey::ModSeq(ModSeq(0))),
            ("MODSEQ \"/flags/\\\\draft\" all 620", SearchKey::ModSeq(ModSeq(620))),
            ("OLDER 5 YOUNGER 60", And(vec![SearchKey::Older(5), SearchKey::Younger(60)])),
            ("SENTBEFORE \"1-Jan-1970\"", Sent(Compare::Before, 0)),
            ("TEXT {3+}\r\na b", Text("a b".to_owned())),
            ("CHARSET UTF-8 BODY {3}\r\n\u{e9}!", Body("é!".to_owned())),
            ("BODY \"\u{e9}\"", Body("é".to_owned())),
        ] {
            assert_eq!(key(text).unwrap(), expected, "{text}");
        }
        assert_eq!(keys(&mut Args::new(b"CHARSET iso-8859-1 BODY {1}\r\n\xe9")).unwrap(), Body("é".to_owned()));
        assert!(matches!(key("1:3,* UID 4").unwrap(), And(keys) if keys.len() == 2));
    }

    // [rfc5530#3]
    #[test]
    fn refusals_say_what_is_wrong() {
        for (text, status) in [
            ("", Status::Syntax),
            ("FOO", Status::Syntax),
            ("FOO a", Status::Syntax),
            ("FROM", Status::Syntax),
            ("()", Status::Syntax),
            ("SEEN)", Status::Syntax),
            ("OR SEEN", Status::Syntax),
            ("CHARSET klingon ALL", Status::BadCharset),
            ("SINCE yesterday", Status::Syntax),
            ("YOUNGER 0", Status::Syntax),
            ("MODSEQ \"/flags/a\" mine 1", Status::Syntax),
            ("MODSEQ \"/x\" all 1", Status::Syntax),
            (&"NOT ".repeat(100), Status::LimitReached),
            (&"(".repeat(1_000_000), Status::LimitReached),
            (&"OR ALL ".repeat(100), Status::LimitReached),
            (&"ALL ".repeat(KEYS_MAX + 1), Status::LimitReached),
        ] {
            assert_eq!(key(text).unwrap_err().status, status, "{}", &text[..text.len().min(40)]);
        }
        assert!(key(&"ALL ".repeat(KEYS_MAX)).is_ok());
    }
}
