//! Scripts of IMAP that Debian's Dovecot answers as we do, but for what each script excuses with a reason.

use std::path::Path;
use std::process::Command;

use crate::tools::{have, run};

#[test]
fn dovecot_agrees_with_the_scripts_or_they_say_why_not() {
    if !have("dovecot_agrees_with_the_scripts_or_they_say_why_not", &["python3", "doveadm"]) {
        return;
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    // below /tmp itself: Dovecot runs as another user, whom a folder of ours alone would keep out
    let place = tempfile::Builder::new().prefix("sceau-dovecot-").tempdir().unwrap();
    let mut python = Command::new("python3");
    python.arg(root.join("tests/programs/dovecot.py")).arg(root.join("tests/transcripts/imap"));
    let (agrees, told) = run(python.arg(place.path().join("dovecot")), "");
    assert!(agrees, "{told}");
}
