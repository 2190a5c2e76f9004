//! ESEARCH: a search through several mailboxes (RFC 7377); and UIDBATCHES (RFC 10022), which cuts one into ranges.

use super::args::{Args, Parsed, syntax};
use super::filter::{self, Filter};
use super::returns::Returns;
use super::search::{self, SearchKey};
use crate::mail::{Fault, Status};

/// Sets of mailboxes in one ESEARCH.
const FILTERS_MAX: usize = 100;
/// The smallest batch that may be asked for.
const BATCH_MIN: u32 = 500;

/// What ESEARCH asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MultiSearch {
    /// Where.
    pub filters: Vec<Filter>,
    /// What is to be told.
    pub returns: Returns,
    /// What a message must be.
    pub key: SearchKey,
}

/// What UIDBATCHES asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Batches {
    /// Messages of a batch.
    pub size: u32,
    /// The first and the last batch that are wanted, counted from 1; without it all.
    pub range: Option<(u32, u32)>,
}

/// What stands behind `ESEARCH `.
// [rfc7377#2.1] [rfc7377#2.2]
pub(super) fn parse(args: &mut Args<'_>) -> Parsed<MultiSearch> {
    let mut filters = vec![Filter::Selected];
    if args.take(b"IN ") {
        filters = args.list(filter::filter)?;
        args.space()?;
    }
    if filters.len() > FILTERS_MAX {
        return Err(Fault::user(Status::LimitReached, "too many sets of mailboxes"));
    }
    if filters.contains(&Filter::SelectedDelayed) {
        return Err(syntax("SELECTED-DELAYED is for NOTIFY"));
    }
    let (returns, key) = search::parse(args)?;
    let returns = returns.unwrap_or(Returns { all: true, ..Returns::default() });
    let elsewhere = filters != [Filter::Selected];
    let of_selected = |key: &SearchKey| match key {
        SearchKey::Sequence(_) => true,
        SearchKey::Uid(set) => set.is_saved_result(),
        _ => false,
    };
    if elsewhere && (returns.save || key.any(&of_selected)) {
        return Err(syntax("SAVE, sequence numbers and $ belong to the selected mailbox"));
    }
    Ok(MultiSearch { filters, returns, key })
}

/// What stands behind `UIDBATCHES `: `2000`, `2000 1:10`.
// [rfc10022#3.1]
pub(super) fn parse_batches(args: &mut Args<'_>) -> Parsed<Batches> {
    let size = args.number()?;
    let mut range = None;
    if args.take(b" ") && !args.is_empty() {
        let first = args.number()?;
        args.expect(":")?;
        let last = args.number()?;
        range = Some((first.min(last), first.max(last)));
    }
    args.end()?;
    if size < BATCH_MIN || range.is_some_and(|(first, _)| first == 0) {
        return Err(syntax("batches have at least 500 messages, and are counted from 1"));
    }
    Ok(Batches { size, range })
}

#[cfg(test)]
mod tests {
    use super::super::name::WireName;
    use super::*;

    // [rfc7377#2.1] [rfc7377#2.2]
    #[test]
    fn searches_say_where() {
        let read = |text: &str| parse(&mut Args::new(text.as_bytes()));
        let name = |text: &str| WireName(text.as_bytes().to_vec());
        let all = Returns { all: true, ..Returns::default() };
        let here = MultiSearch { filters: vec![Filter::Selected], returns: all, key: SearchKey::All };
        assert_eq!(read("ALL").unwrap(), here);
        let there = MultiSearch {
            filters: vec![Filter::Mailboxes(vec![name("a")]), Filter::Subtree(vec![name("b")])],
            returns: Returns { count: true, ..Returns::default() },
            key: SearchKey::All,
        };
        assert_eq!(read("in (mailboxes a subtree b) RETURN (COUNT) ALL").unwrap(), there);
        for text in [
            "IN () ALL",
            "IN (selected-delayed) ALL",
            "IN (mailboxes) ALL",
            "IN (personal (depth 1)) ALL",
            "IN (personal) RETURN (SAVE) ALL",
            "IN (personal) 1:3",
            "IN (personal) UID $",
            "IN (personal)",
        ] {
            assert_eq!(read(text).unwrap_err().status, Status::Syntax, "{text}");
        }
        assert!(read("IN (selected) RETURN (SAVE) 1:3").is_ok());
    }

    // [rfc10022#3.1]
    #[test]
    fn batches_have_a_size_and_a_range() {
        let read = |text: &str| parse_batches(&mut Args::new(text.as_bytes()));
        assert_eq!(read("500").unwrap(), Batches { size: 500, range: None });
        assert_eq!(read("2000 1:10").unwrap(), Batches { size: 2000, range: Some((1, 10)) });
        for text in ["", "abc", "499", "500 10", "500 0:4", "500 1:2 3"] {
            assert_eq!(read(text).unwrap_err().status, Status::Syntax, "{text}");
        }
    }
}
