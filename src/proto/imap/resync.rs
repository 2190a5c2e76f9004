//! CONDSTORE and QRESYNC in commands (RFC 7162): the parameters of SELECT, the modifiers of FETCH and STORE. The window
//! of PARTIAL (RFC 9394) is read here too, for it stands beside them.

use super::args::{Args, Parsed, syntax};
use super::sequence::SequenceSet;
use crate::mail::ModSeq;

/// What SELECT takes behind the mailbox's name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SelectParams {
    /// `CONDSTORE`: the client wants to hear of modification sequences.
    pub condstore: bool,
    /// `QRESYNC`: what the client knows of the mailbox.
    pub resync: Option<Resync>,
}

/// What a client that comes back knows of a mailbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resync {
    /// UIDVALIDITY; with another one nothing else counts.
    pub uid_validity: u32,
    /// Everything up to here is known.
    pub since: ModSeq,
    /// The UIDs that are known; without them all up to UIDNEXT.
    pub known: Option<SequenceSet>,
    /// Sequence numbers and their UIDs, in the same order, to spare telling of old expunges.
    pub matches: Option<(SequenceSet, SequenceSet)>,
}

/// What FETCH takes behind its items.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FetchModifiers {
    /// `CHANGEDSINCE`: only messages that changed after this.
    pub since: Option<ModSeq>,
    /// `VANISHED`: what went is told too.
    pub vanished: bool,
    /// `PARTIAL`: of the messages only these.
    pub partial: Option<Window>,
}

/// `1:100`, or `-1:-100` counted from the end: the results that a client wants of many (RFC 9394 §3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// The first, from 1.
    pub first: u32,
    /// The last, not before the first.
    pub last: u32,
    /// From which end both are counted.
    pub from: End,
}

/// An end of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// The first result.
    Start,
    /// The last result.
    Last,
}

impl Window {
    /// Of so many results those that are meant.
    // [rfc9394#3.1]
    #[must_use]
    pub fn of(self, results: usize) -> std::ops::Range<usize> {
        let at = |place: u32| usize::try_from(place).unwrap_or(usize::MAX).min(results);
        match self.from {
            End::Start => at(self.first - 1)..at(self.last),
            End::Last => results - at(self.last)..results - at(self.first - 1),
        }
    }
}

impl std::fmt::Display for Window {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.from {
            End::Start => write!(f, "{}:{}", self.first, self.last),
            End::Last => write!(f, "-{}:-{}", self.first, self.last),
        }
    }
}

/// A `mod-sequence-valzer`: what clients that know nothing say is 0.
// [clients#imap-what-clients-do]
pub(super) fn mod_seq(args: &mut Args<'_>) -> Parsed<ModSeq> {
    args.number64().map(ModSeq)
}

/// ` (CONDSTORE)`, ` (QRESYNC (67890007 20050715194045000 41:211 (1,3 41,43)))`, or nothing.
// [rfc7162#3.1.8] [rfc7162#3.2.5]
pub(super) fn select_params(args: &mut Args<'_>) -> Parsed<SelectParams> {
    let mut params = SelectParams::default();
    if args.take(b" (") {
        args.deeper(|args| {
            loop {
                match args.word()?.as_str() {
                    "CONDSTORE" => params.condstore = true,
                    "QRESYNC" => {
                        args.space()?;
                        params.resync = Some(args.nested(resync)?);
                    }
                    _ => return Err(syntax("a parameter of SELECT is not known")),
                }
                if args.take(b")") {
                    return Ok(());
                }
                args.space()?;
            }
        })?;
    }
    Ok(params)
}

fn resync(args: &mut Args<'_>) -> Parsed<Resync> {
    let uid_validity = args.number()?;
    args.space()?;
    let since = mod_seq(args)?;
    let mut resync = Resync { uid_validity, since, known: None, matches: None };
    if args.take(b")") {
        return Ok(resync);
    }
    args.space()?;
    if args.peek() != Some(b'(') {
        resync.known = Some(known_set(args)?);
        if args.take(b")") {
            return Ok(resync);
        }
        args.space()?;
    }
    resync.matches = Some(args.nested(|args| {
        let numbers = known_set(args)?;
        args.space()?;
        let uids = known_set(args)?;
        args.expect(")").map(|()| (numbers, uids))
    })?);
    args.expect(")").map(|()| resync)
}

/// What a client knows has no `*` (RFC 7162 §7).
fn known_set(args: &mut Args<'_>) -> Parsed<SequenceSet> {
    let set = SequenceSet::parse(args)?;
    if set.is_definite() { Ok(set) } else { Err(syntax("what is known is named by numbers")) }
}

/// ` (CHANGEDSINCE 12345 VANISHED)`, ` (PARTIAL -1:-30)`, or nothing.
// [rfc7162#3.1.4] [rfc7162#3.2.6] [rfc9394#3.3]
pub(super) fn fetch_modifiers(args: &mut Args<'_>) -> Parsed<FetchModifiers> {
    let mut modifiers = FetchModifiers::default();
    if args.take(b" (") {
        args.deeper(|args| {
            loop {
                match args.word()?.as_str() {
                    "CHANGEDSINCE" => {
                        args.space()?;
                        modifiers.since = Some(mod_seq(args)?);
                    }
                    "VANISHED" => modifiers.vanished = true,
                    "PARTIAL" => {
                        args.space()?;
                        modifiers.partial = Some(window(args)?);
                    }
                    _ => return Err(syntax("a modifier of FETCH is not known")),
                }
                if args.take(b")") {
                    return Ok(());
                }
                args.space()?;
            }
        })?;
    }
    if modifiers.vanished && modifiers.since.is_none() {
        return Err(syntax("VANISHED needs CHANGEDSINCE"));
    }
    Ok(modifiers)
}

/// `(UNCHANGEDSINCE 12345) ` in front of STORE's flags, or nothing.
// [rfc7162#3.1.3]
pub(super) fn unchanged_since(args: &mut Args<'_>) -> Parsed<Option<ModSeq>> {
    if !args.take(b"(UNCHANGEDSINCE ") {
        return Ok(None);
    }
    let since = mod_seq(args)?;
    args.expect(")")?;
    args.space()?;
    Ok(Some(since))
}

/// `1:100` or `-1:-100`.
// [rfc9394#3.1]
pub(super) fn window(args: &mut Args<'_>) -> Parsed<Window> {
    let from = if args.peek() == Some(b'-') { End::Last } else { End::Start };
    let place = |args: &mut Args<'_>| {
        if from == End::Last {
            args.expect("-")?;
        }
        args.number()
    };
    let a = place(args)?;
    args.expect(":")?;
    let b = place(args)?;
    if a == 0 || b == 0 {
        return Err(syntax("results are counted from 1"));
    }
    Ok(Window { first: a.min(b), last: a.max(b), from })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(text: &str) -> SequenceSet {
        SequenceSet::read(text).unwrap()
    }

    // [rfc7162#3.1.8] [rfc7162#3.2.5]
    #[test]
    fn what_select_takes() {
        let resync = |known, matches| Resync { uid_validity: 7, since: ModSeq(90), known, matches };
        let known = |resync| SelectParams { condstore: false, resync: Some(resync) };
        let pair = || Some((set("1,3"), set("4,9")));
        for (text, expected) in [
            ("", SelectParams::default()),
            (" (CONDSTORE)", SelectParams { condstore: true, resync: None }),
            (" (QRESYNC (7 90))", known(resync(None, None))),
            (" (qresync (7 90 1:5))", known(resync(Some(set("1:5")), None))),
            (" (QRESYNC (7 90 1:5 (1,3 4,9)))", known(resync(Some(set("1:5")), pair()))),
            (
                " (QRESYNC (7 90 (1,3 4,9)) CONDSTORE)",
                SelectParams { condstore: true, resync: Some(resync(None, pair())) },
            ),
        ] {
            let mut args = Args::new(text.as_bytes());
            assert_eq!(select_params(&mut args).unwrap(), expected, "{text}");
            args.end().unwrap();
        }
        for text in [" ()", " (FOO)", " (QRESYNC)", " (QRESYNC (7))", " (QRESYNC (7 90 1:*))", " (QRESYNC (7 90 (1)))"]
        {
            assert!(select_params(&mut Args::new(text.as_bytes())).is_err(), "{text}");
        }
    }

    // [rfc7162#3.1.4] [rfc7162#3.2.6] [rfc9394#3.3] [rfc7162#3.1.3] [clients#imap-what-clients-do]
    #[test]
    fn what_fetch_and_store_take() {
        let window = |first, last, from| Some(Window { first, last, from });
        for (text, since, vanished, partial) in [
            ("", None, false, None),
            (" (CHANGEDSINCE 0)", Some(0), false, None),
            (" (CHANGEDSINCE 5 VANISHED)", Some(5), true, None),
            (" (PARTIAL -1:-30)", None, false, window(1, 30, End::Last)),
            (" (CHANGEDSINCE 5 PARTIAL 30:1)", Some(5), false, window(1, 30, End::Start)),
        ] {
            let expected = FetchModifiers { since: since.map(ModSeq), vanished, partial };
            assert_eq!(fetch_modifiers(&mut Args::new(text.as_bytes())).unwrap(), expected, "{text}");
        }
        for text in [
            " (VANISHED)",
            " (PARTIAL 0:1)",
            " (PARTIAL -1:2)",
            " (CHANGEDSINCE)",
            " (CHANGEDSINCE 9223372036854775808)",
        ] {
            assert!(fetch_modifiers(&mut Args::new(text.as_bytes())).is_err(), "{text}");
        }
        assert_eq!(unchanged_since(&mut Args::new(b"(UNCHANGEDSINCE 7) FLAGS")).unwrap(), Some(ModSeq(7)));
        assert_eq!(unchanged_since(&mut Args::new(b"FLAGS")).unwrap(), None);
    }

    // [rfc9394#3.1]
    #[test]
    fn windows_choose_from_both_ends() {
        for (first, last, from, of, range) in [
            (1, 2, End::Start, 5, 0..2),
            (4, 9, End::Start, 5, 3..5),
            (7, 9, End::Start, 5, 5..5),
            (1, 2, End::Last, 5, 3..5),
            (2, 9, End::Last, 5, 0..4),
            (7, 9, End::Last, 5, 0..0),
            (1, 1, End::Last, 0, 0..0),
        ] {
            assert_eq!(Window { first, last, from }.of(of), range, "{first} {last} {from:?} of {of}");
        }
    }
}
