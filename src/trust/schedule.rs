//! When to fetch again: pure functions of dates, failures and chance.

use std::time::Duration;

use crate::mail::Time;

/// The shortest wait, so that a source that is always behind is not asked without pause.
const SHORTEST: Duration = Duration::from_secs(60);
/// One part in so many of a wait is left to chance, so that all servers do not ask in the same second.
const JITTER_SHARE: u32 = 10;

/// How long to wait before fetching again what is fetched every so often. After failures sooner, twice as long each
/// time; never longer than `every`. `next_update`, where what was fetched says one, is not waited for: half of the time
/// until then at most. `chance` is a random number.
#[must_use]
pub fn wait(every: Duration, next_update: Option<Time>, failures: u32, now: Time, chance: u32) -> Duration {
    let doubled = SHORTEST.saturating_mul(1 << failures.saturating_sub(1).min(16));
    let calm = if failures == 0 { every } else { doubled.min(every) };
    let left = next_update.map(|due| {
        let millis = u64::try_from(due.0.saturating_sub(now.0)).unwrap_or(0);
        (Duration::from_millis(millis) / 2).max(SHORTEST)
    });
    let wait = left.map_or(calm, |left| left.min(calm));
    wait - wait / JITTER_SHARE * (chance % 1000) / 1000
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trust::testing::start;

    const HOUR: u64 = 3600;

    fn seconds(every: u64, due_in: Option<i64>, failures: u32, chance: u32) -> u64 {
        let due = due_in.map(|seconds| start().plus_secs(seconds));
        wait(Duration::from_secs(every), due, failures, start(), chance).as_secs()
    }

    #[test]
    fn waits_are_regular_shorter_after_failures_and_before_the_next_update() {
        for (every, due, failures, expected) in [
            (HOUR, None, 0, HOUR),
            (HOUR, Some(7 * 86_400), 0, HOUR),
            (HOUR, Some(1800), 0, 900),
            (HOUR, Some(1800), 7, 900),
            (HOUR, Some(30), 0, 60),
            (HOUR, Some(-5), 0, 60),
            (HOUR, None, 1, 60),
            (HOUR, None, 2, 120),
            (HOUR, None, 3, 240),
            (HOUR, None, 40, HOUR),
            (10, None, 5, 10),
            (10, Some(-5), 0, 10),
        ] {
            assert_eq!(seconds(every, due, failures, 0), expected, "{every} {due:?} {failures}");
        }
        assert_eq!((seconds(HOUR, None, 0, 999), seconds(HOUR, None, 0, 500)), (3240, 3420));
    }
}
