//! When to try again: a pure function of how often it was tried.

/// Minutes before the second, third, … attempt; the last one repeats.
const STEPS_MINUTES: [i64; 7] = [1, 3, 10, 30, 60, 120, 240];

/// Seconds to wait after this many failed attempts. `jitter` is any number: it moves the wait by up to a fifth in both
/// directions, so that what failed together does not come back together (RFC 5321 §4.5.4.1 asks for at least 30
/// minutes in the long run).
// [rfc5321#4.5.4.1]
#[must_use]
pub fn backoff_secs(attempts: u32, jitter: u32) -> i64 {
    let step = (attempts.max(1) as usize - 1).min(STEPS_MINUTES.len() - 1);
    let wait = STEPS_MINUTES[step] * 60;
    let fifth = wait / 5;
    wait - fifth + i64::from(jitter) % (2 * fifth + 1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn waits_grow_and_stay_bounded() {
        // [rfc5321#4.5.4.1]
        let middle = |attempts| {
            let spread = backoff_secs(attempts, 0);
            spread * 5 / 4
        };
        assert_eq!([0, 1, 2, 3, 4, 5, 6, 7, 1000].map(middle), [60, 60, 180, 600, 1800, 3600, 7200, 14400, 14400]);
    }

    proptest! {
        #[test]
        fn jitter_moves_a_wait_by_a_fifth_at_most(attempts: u32, jitter: u32) {
            let lowest = backoff_secs(attempts, 0);
            let wait = backoff_secs(attempts, jitter);
            prop_assert!(wait >= lowest && wait <= lowest + lowest / 2);
        }
    }
}
