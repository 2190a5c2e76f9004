//! Moments as people in France read them: the time of Paris first, then UTC.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::mail::Time;

/// The rule of the European Union since 1996: no table of the system takes part, so the text is the same everywhere.
const PARIS: &str = "CET-1CEST,M3.5.0,M10.5.0/3";
const DAYS: [&str; 7] = ["lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"];
const MONTHS: [&str; 12] = [
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
];

/// `dimanche 22 novembre 2026 à 11 h 15 min 43 s, heure de Paris (2026-11-22T10:15:43Z)`.
pub(super) fn long(time: Time) -> String {
    let paris = paris(time);
    let month = MONTHS[usize::try_from(paris.month() - 1).unwrap_or(0) % 12];
    let weekday = usize::try_from(paris.weekday().to_monday_zero_offset()).unwrap_or(0) % 7;
    let day = if paris.day() == 1 { "1er".to_owned() } else { paris.day().to_string() };
    format!(
        "{} {day} {month} {} à {} h {:02} min {:02} s, heure de Paris ({time} en temps universel)",
        DAYS[weekday],
        paris.year(),
        paris.hour(),
        paris.minute(),
        paris.second()
    )
}

/// `22/11/2026 11:15:43`, the time of Paris.
pub(super) fn short(time: Time) -> String {
    paris(time).strftime("%d/%m/%Y %H:%M:%S").to_string()
}

fn paris(time: Time) -> jiff::Zoned {
    let zone = TimeZone::posix(PARIS).unwrap_or(TimeZone::UTC);
    Timestamp::from_millisecond(time.0).unwrap_or(Timestamp::UNIX_EPOCH).to_zoned(zone)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn winter_summer_and_the_hour_that_comes_twice() {
        for (utc, text) in [
            ("2026-11-22T10:15:43Z", "dimanche 22 novembre 2026 à 11 h 15 min 43 s"),
            ("2026-07-01T00:00:00Z", "mercredi 1er juillet 2026 à 2 h 00 min 00 s"),
            ("2026-10-25T00:59:59Z", "dimanche 25 octobre 2026 à 2 h 59 min 59 s"),
            ("2026-10-25T01:00:00Z", "dimanche 25 octobre 2026 à 2 h 00 min 00 s"),
            ("2026-03-29T01:00:00Z", "dimanche 29 mars 2026 à 3 h 00 min 00 s"),
            ("2026-12-31T23:30:00Z", "vendredi 1er janvier 2027 à 0 h 30 min 00 s"),
        ] {
            let time = Time::parse_rfc3339(utc).unwrap();
            assert_eq!(long(time), format!("{text}, heure de Paris ({utc} en temps universel)"));
        }
        assert_eq!(short(Time::parse_rfc3339("2026-11-22T10:15:43Z").unwrap()), "22/11/2026 11:15:43");
    }
}
