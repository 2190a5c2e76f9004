//! Dates of IMAP: `date` in SEARCH and `date-time` in APPEND (RFC 9051 §9). What INTERNALDATE answers is
//! [`Time::internal_date`].

use jiff::civil::{Date, date};

use super::args::{Args, Parsed, syntax};
use crate::mail::Time;

const MONTHS: [&str; 12] = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];

/// `1-Feb-1994` or `"1-Feb-1994"`, as days since 1970-01-01.
pub(super) fn day(args: &mut Args<'_>) -> Parsed<i64> {
    let text = args.astring()?;
    let text = std::str::from_utf8(&text).map_err(|_| syntax("a date is ASCII"))?;
    let date = civil(text).ok_or_else(|| syntax("a date has the form 1-Feb-1994"))?;
    Ok(days(date))
}

/// `" 7-Feb-1994 21:52:25 -0800"`. A day of one digit comes with a leading space, a zero, or (from some clients)
/// nothing.
// [rfc3501#6.3.11] [clients#imap-traps]
pub(super) fn date_time(args: &mut Args<'_>) -> Parsed<Time> {
    let text = args.string()?;
    let text = std::str::from_utf8(&text).map_err(|_| syntax("a date-time is ASCII"))?;
    moment(text.trim_start_matches(' '))
        .ok_or_else(|| syntax("a date-time has the form \" 7-Feb-1994 21:52:25 -0800\""))
}

fn moment(text: &str) -> Option<Time> {
    let mut words = text.split(' ');
    let (day, clock, zone) = (words.next()?, words.next()?, words.next()?);
    let parts: Vec<i64> = clock.split(':').map(|p| number(p, 2..=2)).collect::<Option<_>>()?;
    let [hour @ 0..=23, minute @ 0..=59, second @ 0..=60] = parts[..] else { return None };
    let (sign, offset) = (zone.get(..1)?, zone.get(1..)?);
    let offset = number(offset, 4..=4)?;
    if words.next().is_some() || offset % 100 > 59 || offset > 2359 {
        return None;
    }
    let east = (offset / 100 * 3600 + offset % 100 * 60) * if sign == "-" { -1 } else { 1 };
    let local = days(civil(day)?) * 86_400 + hour * 3600 + minute * 60 + second;
    matches!(sign, "+" | "-").then(|| Time::from_secs(local - east))
}

fn civil(text: &str) -> Option<Date> {
    let mut parts = text.split('-');
    let (day, month, year) = (parts.next()?, parts.next()?.to_ascii_uppercase(), parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    let month = MONTHS.iter().position(|name| *name == month)? + 1;
    let (day, year) = (number(day, 1..=2)?, number(year, 4..=4)?);
    Date::new(i16::try_from(year).ok()?, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

fn days(day: Date) -> i64 {
    i64::from((day - date(1970, 1, 1)).get_days())
}

fn number(digits: &str, lengths: std::ops::RangeInclusive<usize>) -> Option<i64> {
    let ok = lengths.contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    ok.then(|| digits.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    // [rfc3501#6.3.11] [clients#imap-traps]
    #[test]
    fn date_times_are_moments() {
        for (text, moment) in [
            ("\" 7-Feb-1994 21:52:25 -0800\"", "1994-02-08T05:52:25Z"),
            ("\"07-feb-1994 21:52:25 +0000\"", "1994-02-07T21:52:25Z"),
            ("\"7-Feb-1994 21:52:25 +0130\"", "1994-02-07T20:22:25Z"),
            ("\"29-Feb-2024 23:59:60 +0000\"", "2024-03-01T00:00:00Z"),
        ] {
            assert_eq!(date_time(&mut Args::new(text.as_bytes())).unwrap().rfc3339(), moment, "{text}");
        }
    }

    #[test]
    fn what_is_no_date_is_refused() {
        for text in [
            "\"\"",
            "\"31-Feb-1994 00:00:00 +0000\"",
            "\"1-Feb-94 00:00:00 +0000\"",
            "\"1-Feb-1994 24:00:00 +0000\"",
            "\"1-Feb-1994 00:00:00 +0060\"",
            "\"1-Feb-1994 00:00:00 0000\"",
            "\"1-Feb-1994 00:00:00\"",
            "\"1-Feb-1994 00:00:00 +0000 x\"",
            "\"1-Feb-1994 0:00:00 +0000\"",
            "\"1-Feb-1994 00:00:00 é000\"",
        ] {
            assert!(date_time(&mut Args::new(text.as_bytes())).is_err(), "{text:?}");
        }
        for text in ["1-Foo-1994", "1994-02-01", "0-Feb-1994", "1-Feb", "1-Feb-1994-1", "+1-Feb-1994"] {
            assert!(day(&mut Args::new(text.as_bytes())).is_err(), "{text:?}");
        }
    }

    #[test]
    fn days_count_from_the_epoch() {
        assert_eq!(day(&mut Args::new(b"1-Jan-1970")).unwrap(), 0);
        assert_eq!(
            day(&mut Args::new(b"\"22-Nov-2026\"")).unwrap(),
            Time::parse_rfc3339("2026-11-22T00:00:00Z").unwrap().day()
        );
    }
}
