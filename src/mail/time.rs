//! A point in time and the text forms that protocols ask for. All in UTC: the server has no time zone.

use std::fmt;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

/// Milliseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Time(pub i64);

/// A text that is not a time in RFC 3339 form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeError;

impl fmt::Display for TimeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a time of the form 2026-11-22T10:15:03Z")
    }
}

impl std::error::Error for TimeError {}

impl Time {
    /// The time this many seconds after the epoch.
    #[must_use]
    pub const fn from_secs(seconds: i64) -> Self {
        Self(seconds.saturating_mul(1000))
    }

    /// Whole seconds since the epoch, rounded down.
    #[must_use]
    pub const fn secs(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// This time and so many seconds.
    #[must_use]
    pub const fn plus_secs(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds.saturating_mul(1000)))
    }

    /// `2026-11-22T10:15:03Z`, as in leaves and logs (RFC 3339, whole seconds).
    #[must_use]
    pub fn rfc3339(self) -> String {
        self.format("%Y-%m-%dT%H:%M:%SZ")
    }

    /// `Sun, 22 Nov 2026 10:15:03 +0000`, as in `Date:` and `Received:` (RFC 5322 §3.3).
    #[must_use]
    pub fn rfc5322(self) -> String {
        self.format("%a, %d %b %Y %H:%M:%S +0000")
    }

    /// `22-Nov-2026 10:15:03 +0000`, as in INTERNALDATE (RFC 9051, `date-time`); the day is padded with a space.
    #[must_use]
    pub fn internal_date(self) -> String {
        self.format("%e-%b-%Y %H:%M:%S +0000")
    }

    /// Days since the epoch: what IMAP's `SINCE`, `ON` and `BEFORE` compare.
    #[must_use]
    pub const fn day(self) -> i64 {
        self.0.div_euclid(86_400_000)
    }

    /// The calendar year, for the ledger's yearly shards.
    #[must_use]
    pub fn year(self) -> i16 {
        self.zoned().year()
    }

    /// Reads the form of [`Time::rfc3339`]; fractions and other offsets are accepted and converted.
    ///
    /// # Errors
    /// When the text has another form.
    pub fn parse_rfc3339(text: &str) -> Result<Self, TimeError> {
        text.parse::<Timestamp>().map(|t| Self(t.as_millisecond())).map_err(|_| TimeError)
    }

    fn zoned(self) -> jiff::Zoned {
        Timestamp::from_millisecond(self.0).unwrap_or(Timestamp::UNIX_EPOCH).to_zoned(TimeZone::UTC)
    }

    fn format(self, form: &str) -> String {
        self.zoned().strftime(form).to_string()
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.rfc3339())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_forms_are_those_of_the_standards() {
        let time = Time::parse_rfc3339("2026-11-02T08:05:03Z").unwrap();
        assert_eq!(time.rfc3339(), "2026-11-02T08:05:03Z");
        assert_eq!(time.rfc5322(), "Mon, 02 Nov 2026 08:05:03 +0000");
        assert_eq!(time.internal_date(), " 2-Nov-2026 08:05:03 +0000");
        assert_eq!(time.year(), 2026);
    }

    #[test]
    fn times_before_the_epoch_round_down() {
        assert_eq!(Time(-1).secs(), -1);
        assert_eq!(Time(-1).day(), -1);
    }
}
