//! The processor time and the memory that a server takes, read from `/proc`: of a process, all processes below it, and,
//! for the time, those below that have ended and were waited for.

use std::collections::HashMap;
use std::fs;
use std::time::Duration;

/// What one `/proc/PID/stat` says.
#[derive(Debug, PartialEq, Eq)]
struct Stat {
    pid: u32,
    parent: u32,
    /// User and system time of the process and of its children that were waited for, in clock ticks.
    ticks: u64,
}

/// The processor time so far of these processes and everything below them. A process that is gone counts nothing.
#[must_use]
pub fn spent(roots: &[u32]) -> Duration {
    let processes: HashMap<u32, Stat> = running().into_iter().map(|stat| (stat.pid, stat)).collect();
    let ticks: u64 = processes.values().filter(|stat| is_below(stat, roots, &processes)).map(|stat| stat.ticks).sum();
    Duration::from_millis(ticks.saturating_mul(1000) / ticks_per_second())
}

/// [`spent`], once the server has come to rest: what it does behind its answers counts as well. Waits for at most some
/// seconds.
pub(super) async fn settled(roots: &[u32]) -> Duration {
    /// Less in a look is the server's own breathing.
    const REST: Duration = Duration::from_millis(10);
    const LOOK: Duration = Duration::from_millis(250);
    let mut before = spent(roots);
    for _ in 0..if roots.is_empty() { 0 } else { 20 } {
        tokio::time::sleep(LOOK).await;
        let now = spent(roots);
        if now.saturating_sub(before) <= REST {
            return now;
        }
        before = now;
    }
    before
}

/// The memory of these processes and everything below them, in KiB: what is shared is divided by those who share it,
/// where the kernel tells that (`Pss`; else `VmRSS`).
#[must_use]
pub(super) fn memory(roots: &[u32]) -> u64 {
    let processes: HashMap<u32, Stat> = running().into_iter().map(|stat| (stat.pid, stat)).collect();
    processes.values().filter(|stat| is_below(stat, roots, &processes)).map(|stat| resident(stat.pid)).sum()
}

fn resident(pid: u32) -> u64 {
    let read = |file: &str, name: &str| {
        let text = fs::read_to_string(format!("/proc/{pid}/{file}")).ok()?;
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
        line.trim().strip_suffix(" kB")?.parse().ok()
    };
    read("smaps_rollup", "Pss").or_else(|| read("status", "VmRSS")).unwrap_or(0)
}

fn is_below(stat: &Stat, roots: &[u32], processes: &HashMap<u32, Stat>) -> bool {
    let mut current = Some(stat);
    // Bounded, since processes come and go while they are listed.
    for _ in 0..64 {
        let Some(process) = current else { return false };
        if roots.contains(&process.pid) {
            return true;
        }
        current = processes.get(&process.parent);
    }
    false
}

fn running() -> Vec<Stat> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    pids.filter_map(|pid| parse(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)).collect()
}

/// proc(5): `pid (name) state ppid …`, where the name may hold spaces and parentheses; fields 14 to 17 are times.
fn parse(line: &str) -> Option<Stat> {
    let (head, tail) = line.rsplit_once(')')?;
    let pid = head.split_once(' ')?.0.parse().ok()?;
    let fields: Vec<&str> = tail.split_ascii_whitespace().collect();
    let parent = fields.get(1)?.parse().ok()?;
    let times = fields.get(11..15)?.iter().map(|field| field.parse::<i64>().ok().and_then(|t| u64::try_from(t).ok()));
    Some(Stat { pid, parent, ticks: times.sum::<Option<u64>>()? })
}

/// The unit of the times, from the vector of facts that the kernel gives each process (`AT_CLKTCK`).
fn ticks_per_second() -> u64 {
    const CLOCK_TICKS: u64 = 17;
    const USUAL: u64 = 100;
    let facts = fs::read("/proc/self/auxv").unwrap_or_default();
    let mut words = facts.chunks_exact(8).filter_map(|word| Some(u64::from_ne_bytes(word.try_into().ok()?)));
    while let (Some(kind), Some(value)) = (words.next(), words.next()) {
        if kind == CLOCK_TICKS && value > 0 {
            return value;
        }
    }
    USUAL
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_parentheses_is_no_obstacle() {
        let line = "42 (a) b (c) S 7 1 1 0 -1 4194560 1 2 3 4 10 20 30 40 20 0 1 0 100 1000 10";
        assert_eq!(parse(line), Some(Stat { pid: 42, parent: 7, ticks: 100 }));
        assert_eq!(parse("42 (sh"), None);
    }

    #[test]
    fn this_process_and_what_is_below_it_count() {
        let own = std::process::id();
        let before = spent(&[own]);
        let script = "i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done";
        assert!(std::process::Command::new("sh").args(["-c", script]).status().unwrap().success());
        assert!(spent(&[own]) > before, "a child that was waited for counts");
        assert_eq!(spent(&[u32::MAX]), Duration::ZERO);
    }

    #[test]
    fn memory_that_is_used_counts() {
        let own = [std::process::id()];
        let before = memory(&own);
        let block = std::hint::black_box(vec![1_u8; 64 << 20]);
        assert!(memory(&own) >= before + (32 << 10), "{before} KiB, and {} octets more", block.len());
        assert_eq!(memory(&[u32::MAX]), 0);
    }
}
