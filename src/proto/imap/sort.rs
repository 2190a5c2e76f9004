//! SORT and THREAD in commands (RFC 5256, RFC 5957, RFC 5267): by what is sorted, how threads are made.

use super::args::{Args, Parsed, syntax};
use super::returns::{self, Returns};
use super::search::{self, SearchKey};
use crate::mail::{Fault, Status};

/// Criteria of one SORT.
pub const CRITERIA_MAX: usize = 16;

/// One criterion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Criterion {
    /// What is compared.
    pub by: By,
    /// Which comes first.
    pub order: Order,
}

/// What SORT compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// INTERNALDATE
    Arrival,
    /// The first Cc's local part.
    Cc,
    /// The `Date:` field in UTC; INTERNALDATE where there is none.
    Date,
    /// The first From's local part.
    From,
    /// Octets.
    Size,
    /// The base subject.
    Subject,
    /// The first To's local part.
    To,
    /// The first From's name as it is shown (RFC 5957).
    DisplayFrom,
    /// The first To's name as it is shown (RFC 5957).
    DisplayTo,
}

/// Which comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// The smallest.
    Ascending,
    /// `REVERSE`: the largest.
    Descending,
}

/// How THREAD makes threads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// By base subject, in the order of dates.
    OrderedSubject,
    /// By Message-ID, References and In-Reply-To, then by base subject.
    References,
}

/// What stands behind `SORT `.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sort {
    /// What is to be told; without it a plain list.
    pub returns: Option<Returns>,
    /// At least one; the first counts most.
    pub criteria: Vec<Criterion>,
    /// Which messages.
    pub key: SearchKey,
}

// [rfc5256#3] [rfc5267#3.1]
pub(super) fn parse(args: &mut Args<'_>) -> Parsed<Sort> {
    let returns = returns::parse(args)?;
    let criteria = args.list(criterion)?;
    if criteria.len() > CRITERIA_MAX {
        return Err(Fault::user(Status::LimitReached, "too many criteria"));
    }
    args.space()?;
    let key = search::with_charset(args)?;
    Ok(Sort { returns, criteria, key })
}

/// What stands behind `THREAD `.
// [rfc5256#3]
pub(super) fn parse_thread(args: &mut Args<'_>) -> Parsed<(Algorithm, SearchKey)> {
    let algorithm = match args.word()?.as_str() {
        "ORDEREDSUBJECT" => Algorithm::OrderedSubject,
        "REFERENCES" => Algorithm::References,
        _ => return Err(syntax("an algorithm of THREAD is not known")),
    };
    args.space()?;
    Ok((algorithm, search::with_charset(args)?))
}

fn criterion(args: &mut Args<'_>) -> Parsed<Criterion> {
    let mut word = args.word()?;
    let order = if word == "REVERSE" {
        args.space()?;
        word = args.word()?;
        Order::Descending
    } else {
        Order::Ascending
    };
    let by = match word.as_str() {
        "ARRIVAL" => By::Arrival,
        "CC" => By::Cc,
        "DATE" => By::Date,
        "FROM" => By::From,
        "SIZE" => By::Size,
        "SUBJECT" => By::Subject,
        "TO" => By::To,
        // [rfc5957#3]
        "DISPLAYFROM" => By::DisplayFrom,
        "DISPLAYTO" => By::DisplayTo,
        _ => return Err(syntax("a criterion of SORT is not known")),
    };
    Ok(Criterion { by, order })
}

#[cfg(test)]
mod tests {
    use super::*;

    // [rfc5256#3] [rfc5957#3] [rfc5267#3.1]
    #[test]
    fn what_sort_and_thread_take() {
        let sort = |text: &str| parse(&mut Args::new(text.as_bytes()));
        let read = sort("(SUBJECT REVERSE date DISPLAYFROM) UTF-8 ALL").unwrap();
        assert_eq!(read.returns, None);
        assert_eq!(
            read.criteria,
            [
                Criterion { by: By::Subject, order: Order::Ascending },
                Criterion { by: By::Date, order: Order::Descending },
                Criterion { by: By::DisplayFrom, order: Order::Ascending },
            ]
        );
        assert!(sort("RETURN (PARTIAL 1:20) (ARRIVAL) UTF-8 UNSEEN").unwrap().returns.is_some());
        let many = format!("({}) UTF-8 ALL", ["SIZE"; CRITERIA_MAX + 1].join(" "));
        for text in ["", "()", "(SUBJECT)", "(SUBJECT) UTF-8", "(REVERSE) UTF-8 ALL", "(COLOUR) UTF-8 ALL", &many] {
            assert!(sort(text).is_err(), "{text}");
        }
        assert_eq!(sort("(DATE) KLINGON ALL").unwrap_err().status, Status::BadCharset);
        let thread = |text: &str| parse_thread(&mut Args::new(text.as_bytes()));
        assert_eq!(thread("references utf-8 1:3").unwrap().0, Algorithm::References);
        assert!(thread("REFS utf-8 1:3").is_err() && thread("ORDEREDSUBJECT 1").is_err());
    }
}
