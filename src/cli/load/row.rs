//! What was measured of one operation: waits, processor time, memory.

use std::time::Duration;

use serde::Serialize;

/// One operation, measured.
#[derive(Debug, Clone, Serialize)]
pub struct Row {
    /// Its name, as on the command line.
    pub operation: &'static str,
    /// How often it was carried out.
    pub times: u64,
    /// From its first octet to the end of its answer, in milliseconds: half were as quick.
    pub median_ms: f64,
    /// The same for 99 of 100.
    pub slowest_percent_ms: f64,
    /// How many a second one connection did, or all together where there are several.
    pub per_second: f64,
    /// Octets that the server said, each time.
    pub octets: f64,
    /// The server's processor time, in milliseconds each time, with what it still did when the answers were there.
    pub server_cpu_ms: f64,
    /// The server's memory for one more connection, in KiB, where that was measured.
    pub kib_per_connection: Option<f64>,
}

/// The heading of a table of [`Row::line`]s.
pub const HEADING: &str =
    "opération            fois     /s   médiane ms     p99 ms     octets  CPU serveur ms  Kio/connexion";

impl Row {
    /// Of waits, and of the time and processor time that they took together.
    #[must_use]
    pub fn of(operation: &'static str, mut waits: Vec<Duration>, took: Duration, cpu: Duration, octets: u64) -> Self {
        waits.sort_unstable();
        let times = waits.len();
        let each = |whole: f64| if times == 0 { 0.0 } else { whole / times as f64 };
        let share = |share: usize| {
            let place = (times * share / 100).min(times.saturating_sub(1));
            waits.get(place).map_or(0.0, |wait| wait.as_secs_f64() * 1000.0)
        };
        Self {
            operation,
            times: times as u64,
            median_ms: share(50),
            slowest_percent_ms: share(99),
            per_second: if took.is_zero() { 0.0 } else { times as f64 / took.as_secs_f64() },
            octets: each(octets as f64),
            server_cpu_ms: each(cpu.as_secs_f64() * 1000.0),
            kib_per_connection: None,
        }
    }

    /// One line of figures, in the columns of [`HEADING`].
    #[must_use]
    pub fn line(&self) -> String {
        let memory = self.kib_per_connection.map(|kib| format!("{kib:.1}")).unwrap_or_default();
        format!(
            "{:<18} {:>6} {:>7.0} {:>11.2} {:>10.2} {:>10.0} {:>15.3} {:>14}",
            self.operation,
            self.times,
            self.per_second,
            self.median_ms,
            self.slowest_percent_ms,
            self.octets,
            self.server_cpu_ms,
            memory
        )
        .trim_end()
        .to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_of_each_time() {
        let waits = (1..=200).map(Duration::from_millis).collect();
        let row = Row::of("x", waits, Duration::from_secs(2), Duration::from_millis(100), 2000);
        assert_eq!((row.times, row.median_ms, row.slowest_percent_ms), (200, 101.0, 199.0));
        assert_eq!((row.per_second, row.server_cpu_ms, row.octets), (100.0, 0.5, 10.0));
        assert_eq!(Row::of("x", Vec::new(), Duration::ZERO, Duration::ZERO, 0).median_ms, 0.0);
    }
}
