//! What a client that comes back has missed (RFC 7162): which of the messages it knows went, and which changed.

use std::ops::RangeInclusive;

use super::view::View;
use crate::mail::{Fault, ModSeq, Uid};
use crate::proto::imap::resync::Resync;
use crate::proto::imap::sequence::{SequenceSet, compact, written};
use crate::store::{MailboxIndex, Reach, Record};

/// What the client is to be told.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Missed {
    /// UIDs that went, as a set; none when nothing did.
    pub(super) vanished: Option<String>,
    /// Messages that changed, ascending by UID.
    pub(super) changed: Vec<Record>,
}

impl Missed {
    /// Since a client was last here, for SELECT. `next` is UIDNEXT.
    // [rfc7162#3.2.5]
    pub(super) fn since_left(index: &MailboxIndex, view: &View, resync: &Resync, next: u32) -> Result<Self, Fault> {
        let last = next.saturating_sub(1);
        let known = match &resync.known {
            Some(set) => within(&set.ranges(0), 1, last),
            None => within(&[1..=u32::MAX], 1, last),
        };
        let sure = resync.matches.as_ref().map_or(0, |pair| matched(view, pair));
        Self::among(index, view, resync.since, &known, sure)
    }

    /// Of these messages, for `UID FETCH … VANISHED`: what went is named whether or not the client ever knew it.
    // [rfc7162#3.2.6]
    pub(super) fn of(
        index: &MailboxIndex,
        view: &View,
        since: ModSeq,
        set: &SequenceSet,
        next: u32,
    ) -> Result<Self, Fault> {
        let last = next.saturating_sub(1);
        Self::among(index, view, since, &within(&set.ranges(last), 1, last), 0)
    }

    /// `known` are the UIDs that the client may know; up to `sure` it knows them right.
    fn among(
        index: &MailboxIndex,
        view: &View,
        since: ModSeq,
        known: &[RangeInclusive<u32>],
        sure: u32,
    ) -> Result<Self, Fault> {
        let log = index.changes(since)?;
        let is_known = |uid: Uid| {
            let at = known.partition_point(|range| *range.end() < uid.get());
            known.get(at).is_some_and(|range| range.contains(&uid.get()))
        };
        let vanished = match log.reach {
            Reach::Complete => {
                let mut gone: Vec<u32> =
                    log.vanished.iter().filter(|uid| is_known(**uid)).map(|uid| uid.get()).collect();
                gone.sort_unstable();
                compact(gone)
            }
            Reach::Forgotten => written(gaps(view, &within(known, sure.saturating_add(1), u32::MAX))),
        };
        let changed =
            log.changed.into_iter().filter(|record| is_known(record.uid) && view.number(record.uid).is_some());
        Ok(Self { vanished: (!vanished.is_empty()).then_some(vanished), changed: changed.collect() })
    }
}

/// Of ascending ranges what lies between two numbers.
fn within(ranges: &[RangeInclusive<u32>], first: u32, last: u32) -> Vec<RangeInclusive<u32>> {
    let cut = |range: &RangeInclusive<u32>| first.max(*range.start())..=last.min(*range.end());
    ranges.iter().map(cut).filter(|range| !range.is_empty()).collect()
}

/// The UID up to which the client has the same messages as the mailbox: the last of its pairs that is still true.
/// Messages only go, so that everything in front of it stands where it stood.
// [rfc7162#3.2.5.2]
fn matched(view: &View, (numbers, uids): &(SequenceSet, SequenceSet)) -> u32 {
    let pairs = numbers.ranges(0).into_iter().flatten().zip(uids.ranges(0).into_iter().flatten());
    let holds = |(number, uid): &(u32, u32)| Uid::new(*uid).and_then(|uid| view.number(uid)) == Some(*number);
    pairs.take_while(|(number, _)| *number <= view.len()).filter(holds).map(|(_, uid)| uid).max().unwrap_or(0)
}

/// The UIDs of ascending ranges that no message has.
fn gaps(view: &View, ranges: &[RangeInclusive<u32>]) -> Vec<RangeInclusive<u32>> {
    let mut gaps = Vec::new();
    for range in ranges {
        // none behind the largest UID that there can be
        let mut from = Some(*range.start());
        for uid in view.within(range) {
            gaps.extend(from.filter(|from| *from < uid.get()).map(|from| from..=uid.get() - 1));
            from = uid.get().checked_add(1);
        }
        gaps.extend(from.filter(|from| from <= range.end()).map(|from| from..=*range.end()));
    }
    gaps
}

#[cfg(test)]
mod tests {
    use super::*;

    fn view(uids: &[u32]) -> View {
        View::new(std::sync::Arc::new(uids.iter().map(|uid| Uid::new(*uid).unwrap()).collect()), ModSeq(1))
    }

    // [rfc7162#3.2.5]
    #[test]
    fn gaps_are_what_no_message_has() {
        for (uids, ranges, expected) in [
            (vec![2, 3, 7], vec![1..=9], "1,4:6,8:9"),
            (vec![2, 3, 7], vec![2..=3, 7..=7], ""),
            (vec![2, 3, 7], vec![3..=5, 8..=8], "4:5,8"),
            (vec![], vec![1..=4], "1:4"),
            (vec![u32::MAX], vec![u32::MAX - 1..=u32::MAX], "4294967294"),
        ] {
            assert_eq!(written(gaps(&view(&uids), &ranges)), expected, "{uids:?} {ranges:?}");
        }
    }

    // [rfc7162#3.2.5.2]
    #[test]
    fn the_last_true_pair_bounds_what_must_be_told() {
        let set = |text| SequenceSet::read(text).unwrap();
        for (numbers, uids, sure) in [
            ("1,2,3", "2,3,7", 7),
            ("1,2,3", "2,4,7", 7),
            ("1,3", "2,9", 2),
            ("1:3", "5:7", 7),
            ("2", "9", 0),
            ("1:4294967295", "1:4294967295", 0),
        ] {
            assert_eq!(matched(&view(&[2, 3, 7]), &(set(numbers), set(uids))), sure, "{numbers} {uids}");
        }
    }
}
