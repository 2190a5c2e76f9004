//! What SEARCH tells of the messages that it found: a list, or the results that were asked for (RFC 4731).

use crate::mail::{ModSeq, Uid, UidValidity};
use crate::proto::imap::command::Numbers;
use crate::proto::imap::name::Names;
use crate::proto::imap::response;
use crate::proto::imap::returns::Returns;
use crate::proto::imap::sequence::compact;

/// A message that was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Found {
    pub(super) number: u32,
    pub(super) uid: Uid,
    pub(super) modseq: ModSeq,
}

impl Found {
    fn shown(&self, numbers: Numbers) -> u32 {
        if numbers == Numbers::Uid { self.uid.get() } else { self.number }
    }
}

/// Whether modification sequences were searched for, so that the highest is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TellsModSeq {
    Yes,
    No,
}

/// `* SEARCH 2 84 (MODSEQ 917162500)`
// [rfc3501#6.4.4] [rfc7162#3.1.5]
pub(super) fn plain(text: &mut Vec<u8>, word: &str, found: &[Found], numbers: Numbers, modseq: TellsModSeq) {
    response::text(text, format_args!("* {word}"));
    for message in found {
        text.push(b' ');
        response::number(text, message.shown(numbers).into());
    }
    if let (TellsModSeq::Yes, Some(highest)) = (modseq, highest(found)) {
        response::text(text, format_args!(" (MODSEQ {highest})"));
    }
    text.extend_from_slice(b"\r\n");
}

/// The mailbox that results are of, where it is not the selected one.
pub(super) struct Place<'a> {
    pub(super) name: &'a str,
    pub(super) names: Names,
    pub(super) uid_validity: UidValidity,
}

/// `* ESEARCH (TAG "a1") UID MIN 2 COUNT 9`. `found` is in the order of the answer; which is first and which last is
/// asked by MIN and MAX.
// [rfc4731#3.1] [rfc4731#3.2] [rfc9394#3.1] [rfc9051#7.3.4]
pub(super) fn extended(
    text: &mut Vec<u8>,
    tag: &str,
    place: Option<&Place<'_>>,
    found: &[Found],
    numbers: Numbers,
    returns: Returns,
    modseq: TellsModSeq,
) {
    let set = |found: &[Found]| compact(found.iter().map(|message| message.shown(numbers)));
    correlate(text, tag, place, numbers);
    if let (Some(first), true) = (found.first(), returns.min) {
        response::text(text, format_args!(" MIN {}", first.shown(numbers)));
    }
    if let (Some(last), true) = (found.last(), returns.max) {
        response::text(text, format_args!(" MAX {}", last.shown(numbers)));
    }
    if returns.count {
        response::text(text, format_args!(" COUNT {}", found.len()));
    }
    if returns.all && !found.is_empty() {
        response::text(text, format_args!(" ALL {}", set(found)));
    }
    if let Some(window) = returns.partial {
        let chosen = &found[window.of(found.len())];
        let results = if chosen.is_empty() { "NIL".to_owned() } else { set(chosen) };
        response::text(text, format_args!(" PARTIAL ({window} {results})"));
    }
    if let (TellsModSeq::Yes, Some(highest)) = (modseq, highest(&chosen(found, returns))) {
        response::text(text, format_args!(" MODSEQ {highest}"));
    }
    text.extend_from_slice(b"\r\n");
}

/// `* ESEARCH (TAG "a1" MAILBOX INBOX UIDVALIDITY 7) UID`: which command's results follow, and of which mailbox.
// [rfc7377#2.1]
pub(super) fn correlate(text: &mut Vec<u8>, tag: &str, place: Option<&Place<'_>>, numbers: Numbers) {
    text.extend_from_slice(b"* ESEARCH (TAG ");
    response::string(text, tag.as_bytes());
    if let Some(Place { name, names, uid_validity }) = place {
        text.extend_from_slice(b" MAILBOX ");
        response::mailbox(text, name, *names);
        response::text(text, format_args!(" UIDVALIDITY {uid_validity}"));
    }
    text.push(b')');
    if numbers == Numbers::Uid {
        text.extend_from_slice(b" UID");
    }
}

/// The messages that the results speak of: with MIN and MAX alone only these. They are also what is saved.
// [rfc4731#3.2] [rfc5182#2.4]
pub(super) fn chosen(found: &[Found], returns: Returns) -> Vec<Found> {
    if returns.all || returns.count || !(returns.min || returns.max || returns.partial.is_some()) {
        return found.to_vec();
    }
    let mut chosen = Vec::new();
    chosen.extend(found.first().filter(|_| returns.min));
    chosen.extend(found.last().filter(|_| returns.max));
    chosen.extend(returns.partial.map_or(&[][..], |window| &found[window.of(found.len())]));
    chosen.sort_unstable();
    chosen.dedup();
    chosen
}

fn highest(found: &[Found]) -> Option<ModSeq> {
    found.iter().map(|message| message.modseq).max()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::imap::resync::{End, Window};

    fn found() -> Vec<Found> {
        [(1, 4, 30), (2, 5, 10), (4, 9, 20)]
            .map(|(number, uid, modseq)| Found { number, uid: Uid::new(uid).unwrap(), modseq: ModSeq(modseq) })
            .to_vec()
    }

    fn told(returns: Returns, numbers: Numbers, modseq: TellsModSeq) -> String {
        let mut text = Vec::new();
        extended(&mut text, "a", None, &found(), numbers, returns, modseq);
        String::from_utf8(text).unwrap().trim_end().to_owned()
    }

    // [rfc4731#3.1] [rfc4731#3.2] [rfc9394#3.1]
    #[test]
    fn only_what_was_asked_for_is_told() {
        use Numbers::{Sequence, Uid};
        use TellsModSeq::{No, Yes};
        let none = Returns::default();
        let partial = |first, last, from| Returns { partial: Some(Window { first, last, from }), ..none };
        for (returns, numbers, modseq, expected) in [
            (Returns { all: true, ..none }, Sequence, No, " ALL 1:2,4"),
            (Returns { all: true, ..none }, Uid, Yes, " UID ALL 4:5,9 MODSEQ 30"),
            (Returns { min: true, ..none }, Uid, Yes, " UID MIN 4 MODSEQ 30"),
            (Returns { max: true, ..none }, Uid, Yes, " UID MAX 9 MODSEQ 20"),
            (Returns { min: true, max: true, ..none }, Sequence, Yes, " MIN 1 MAX 4 MODSEQ 30"),
            (Returns { max: true, count: true, ..none }, Sequence, Yes, " MAX 4 COUNT 3 MODSEQ 30"),
            (partial(2, 9, End::Start), Sequence, No, " PARTIAL (2:9 2,4)"),
            (partial(1, 1, End::Last), Uid, Yes, " UID PARTIAL (-1:-1 9) MODSEQ 20"),
            (partial(7, 9, End::Start), Uid, No, " UID PARTIAL (7:9 NIL)"),
        ] {
            assert_eq!(told(returns, numbers, modseq), format!("* ESEARCH (TAG \"a\"){expected}"), "{returns:?}");
        }
        let mut nothing = Vec::new();
        let returns = Returns { min: true, all: true, count: true, ..none };
        extended(&mut nothing, "a", None, &[], Sequence, returns, Yes);
        assert_eq!(nothing, b"* ESEARCH (TAG \"a\") COUNT 0\r\n");
    }

    // [rfc5182#2.4]
    #[test]
    fn what_is_saved_follows_from_what_is_returned() {
        let save = Returns { save: true, ..Returns::default() };
        let uids = |returns| chosen(&found(), returns).iter().map(|found| found.uid.get()).collect::<Vec<_>>();
        assert_eq!(uids(save), [4, 5, 9]);
        assert_eq!(uids(Returns { min: true, ..save }), [4]);
        assert_eq!(uids(Returns { min: true, max: true, ..save }), [4, 9]);
        assert_eq!(uids(Returns { min: true, count: true, ..save }), [4, 5, 9]);
    }
}
