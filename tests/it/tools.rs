//! Programs of the system that some tests need: a missing one is told in one line, and is a failure in CI.

use std::path::Path;
use std::process::Command;

/// Whether every program is there. When one is not, says so in one line; in CI, where `SCEAU_REQUIRE_TOOLS` is set,
/// fails instead.
pub fn have(test: &str, programs: &[&str]) -> bool {
    let missing: Vec<_> = programs.iter().copied().filter(|program| !on_path(program)).collect();
    if missing.is_empty() {
        return true;
    }
    assert!(std::env::var_os("SCEAU_REQUIRE_TOOLS").is_none(), "{test} needs {missing:?}");
    eprintln!("skipped: {test} needs {}", missing.join(", "));
    false
}

/// How many times a test that loses power, kills or changes bytes is to try: as often as is usual, unless the variable
/// says another number, for a long run.
pub fn times(variable: &str, usual: u64) -> u64 {
    std::env::var(variable).map_or(usual, |count| count.parse().unwrap_or_else(|_| panic!("{variable}={count}")))
}

/// Losses of power and kills: `SCEAU_TRIALS`, or as many as are usual.
pub fn trials(usual: u64) -> u64 {
    times("SCEAU_TRIALS", usual)
}

fn on_path(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).chain(["/usr/sbin".into()]).any(|folder| Path::new(&folder).join(program).is_file())
}

/// Runs a program to its end with this standard input; gives its exit status as success or not, and its two outputs as
/// one text.
pub fn run(command: &mut Command, input: &str) -> (bool, String) {
    use std::io::Write;
    use std::process::Stdio;
    let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = piped.spawn().unwrap_or_else(|e| panic!("{command:?}: {e}"));
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_owned();
    // A program may answer before it has read everything: writing goes on beside reading.
    let writer = std::thread::spawn(move || {
        let _ = stdin.write_all(input.as_bytes());
    });
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&text).into_owned())
}
