//! Receipts between two operators, as Python's smtplib, imaplib and email parser see them.

use std::path::Path;
use std::process::Command;

use super::demo::Demo;
use crate::tools::{have, run};

#[test]
fn receipts_travel_between_operators_and_python_reads_them() {
    // [rfc3461#4.1] [rfc3464#2] [rfc8098#3] [rfc6522#3]
    if !have("receipts_travel_between_operators_and_python_reads_them", &["python3"]) {
        return;
    }
    let demo = Demo::start();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/programs/receipts.py");
    let mut python = Command::new("python3");
    python.arg(script).arg(demo.path("info.json")).arg(env!("CARGO_BIN_EXE_sceau"));
    let (ok, told) = run(&mut python, "");
    assert!(ok, "{told}");
}
