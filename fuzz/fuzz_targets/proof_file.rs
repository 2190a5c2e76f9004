//! Proof files: what is read is written back the same but for CRLF, redacts to something that reads, and is judged
//! without a panic by a policy that knows the samples' keys.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use sceau::ledger::verify::{find_message, find_piece};
use sceau::ledger::{Policy, ProofFile, verify};

static POLICY: LazyLock<Policy> =
    LazyLock::new(|| Policy::parse(include_str!("../../docs/samples/politique")).expect("the sample"));

fuzz_target!(|bytes: &[u8]| {
    let Ok(file) = ProofFile::parse(bytes) else { return };
    let text = String::from_utf8_lossy(bytes).replace("\r\n", "\n");
    assert_eq!(file.to_string(), text);
    let bare = file.redact(&[]).to_string();
    assert_eq!(ProofFile::parse(bare.as_bytes()).map(|file| file.to_string()), Ok(bare));
    let _ = verify(&file, &POLICY);
    let _ = (find_piece(&file, bytes), find_message(&file, bytes));
});
