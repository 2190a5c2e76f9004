//! Sequence sets (RFC 9051 §9): which messages a command means, by sequence number or by UID.

use std::fmt;
use std::ops::RangeInclusive;

use super::args::{Args, Parsed, syntax};
use crate::mail::{Fault, Status};

/// Parts of one set. Clients that list every UID of a large folder send some thousands.
pub const PARTS_MAX: usize = 20_000;

/// One end of a range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Number(u32),
    /// `*`: the largest number in use.
    Last,
}

/// A set as it was written, `*` not yet resolved: what it is depends on the mailbox at that moment. `$`, the result of
/// the last search that was saved (RFC 5182), is a set without parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SequenceSet(Vec<(End, End)>);

impl SequenceSet {
    /// Reads a set that stands alone.
    ///
    /// # Errors
    /// When it has no valid form, or too many parts.
    pub fn read(text: &str) -> Result<Self, Fault> {
        let mut args = Args::new(text.as_bytes());
        let set = Self::parse(&mut args)?;
        args.end().map(|()| set)
    }

    // [rfc3501#9] [rfc5182#2.1]
    pub(super) fn parse(args: &mut Args<'_>) -> Parsed<Self> {
        if args.take(b"$") {
            return Ok(Self(Vec::new()));
        }
        let mut parts = vec![part(args)?];
        while args.take(b",") {
            if parts.len() == PARTS_MAX {
                return Err(Fault::user(Status::LimitReached, "too many parts in a sequence set"));
            }
            parts.push(part(args)?);
        }
        Ok(Self(parts))
    }

    /// Whether it is `$`, the saved result.
    #[must_use]
    pub fn is_saved_result(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether it consists of numbers alone, without `*` and `$`.
    #[must_use]
    pub fn is_definite(&self) -> bool {
        let number = |end: &End| matches!(end, End::Number(_));
        !self.0.is_empty() && self.0.iter().all(|(a, b)| number(a) && number(b))
    }

    /// The numbers meant where `last` is the largest in use, as ascending ranges that neither touch nor overlap.
    /// `*` is `last` in either place of a range, so that `N:*` holds the last one even where N is past the end;
    /// in an empty mailbox (`last` 0) there is none.
    // [clients#imap-traps]
    #[must_use]
    pub fn ranges(&self, last: u32) -> Vec<RangeInclusive<u32>> {
        let value = |end| match end {
            End::Number(number) => number,
            End::Last => last,
        };
        let pair = |(a, b): &(End, End)| (value(*a).min(value(*b)), value(*a).max(value(*b)));
        let mut sorted: Vec<(u32, u32)> = self.0.iter().map(pair).filter(|(_, end)| *end > 0).collect();
        sorted.sort_unstable();
        let mut merged: Vec<RangeInclusive<u32>> = Vec::with_capacity(sorted.len());
        for (start, end) in sorted {
            match merged.last_mut() {
                Some(before) if start <= before.end().saturating_add(1) => {
                    *before = *before.start()..=end.max(*before.end());
                }
                _ => merged.push(start.max(1)..=end),
            }
        }
        merged
    }

    /// The largest number of the parts that hold no `*`: a set of sequence numbers must not go beyond the last
    /// message with it.
    #[must_use]
    pub fn highest_named(&self) -> u32 {
        let named = self.0.iter().filter_map(|part| match part {
            (End::Number(a), End::Number(b)) => Some(*a.max(b)),
            _ => None,
        });
        named.max().unwrap_or(0)
    }
}

fn part(args: &mut Args<'_>) -> Parsed<(End, End)> {
    let start = end(args)?;
    let stop = if args.take(b":") { end(args)? } else { start };
    Ok((start, stop))
}

fn end(args: &mut Args<'_>) -> Parsed<End> {
    if args.take(b"*") {
        return Ok(End::Last);
    }
    match args.number()? {
        0 => Err(syntax("sequence numbers begin at 1")),
        number => Ok(End::Number(number)),
    }
}

/// Writes ascending ranges as a set.
#[must_use]
pub fn written(ranges: impl IntoIterator<Item = RangeInclusive<u32>>) -> String {
    let mut text = String::new();
    ranges.into_iter().for_each(|range| push(&mut text, range.into_inner()));
    text
}

/// Writes numbers in the order they come in as a set: `1:3,7`. For COPYUID, VANISHED and ESEARCH.
#[must_use]
pub fn compact(numbers: impl IntoIterator<Item = u32>) -> String {
    let mut text = String::new();
    let mut open: Option<(u32, u32)> = None;
    for number in numbers {
        open = match open {
            Some((start, end)) if end.checked_add(1) == Some(number) => Some((start, number)),
            Some(range) => {
                push(&mut text, range);
                Some((number, number))
            }
            None => Some((number, number)),
        };
    }
    if let Some(range) = open {
        push(&mut text, range);
    }
    text
}

fn push(text: &mut String, (start, end): (u32, u32)) {
    use fmt::Write as _;
    let comma = if text.is_empty() { "" } else { "," };
    // writing to a String can't fail
    let _ = if start == end { write!(text, "{comma}{start}") } else { write!(text, "{comma}{start}:{end}") };
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn set(text: &str) -> Parsed<SequenceSet> {
        SequenceSet::read(text)
    }

    // [rfc3501#9] [clients#imap-traps]
    #[test]
    fn sets_resolve_against_the_last_number() {
        for (text, last, ranges) in [
            ("1", 5, vec![1..=1]),
            ("3:1", 5, vec![1..=3]),
            ("*", 5, vec![5..=5]),
            ("9:*", 5, vec![5..=9]),
            ("*:2", 5, vec![2..=5]),
            ("4,1:2,3", 5, vec![1..=4]),
            ("5,1,1,9", 5, vec![1..=1, 5..=5, 9..=9]),
            ("1:4294967295", 5, vec![1..=u32::MAX]),
            ("*", 0, vec![]),
            ("1:*", 0, vec![1..=1]),
        ] {
            assert_eq!(set(text).unwrap().ranges(last), ranges, "{text} of {last}");
        }
    }

    #[test]
    fn what_is_no_set_is_refused() {
        assert!(set("$").unwrap().is_saved_result() && !set("$").unwrap().is_definite());
        assert!(set("1:3").unwrap().is_definite() && !set("1:*").unwrap().is_definite());
        for text in ["", "$,1", "1,$", "0", "1:0", "a", "1,", ",1", "1:", "1:2:3", "4294967296", "-1", "1;2", "**"] {
            assert!(set(text).is_err(), "{text:?}");
        }
        assert!(set(&vec!["1"; PARTS_MAX].join(",")).is_ok());
        assert!(set(&vec!["1"; PARTS_MAX + 1].join(",")).is_err());
    }

    #[test]
    fn the_highest_named_number_leaves_out_the_star() {
        assert_eq!(set("7:2,9:*").unwrap().highest_named(), 7);
        assert_eq!(set("*").unwrap().highest_named(), 0);
    }

    proptest! {
        #[test]
        fn compact_text_means_the_same_numbers(numbers in proptest::collection::btree_set(1_u32..200, 1..60)) {
            let text = compact(numbers.iter().copied());
            let back: Vec<u32> = set(&text).unwrap().ranges(1).into_iter().flatten().collect();
            prop_assert_eq!(back, numbers.into_iter().collect::<Vec<_>>());
        }
    }
}
