//! Checkpoints, notes, keys, proofs and policies: each has one form.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sceau::ledger::note::Note;
use sceau::ledger::{Checkpoint, Policy, Proof, VerifierKey};

fuzz_target!(|text: &str| {
    if let Ok(checkpoint) = Checkpoint::parse(text) {
        assert_eq!(checkpoint.to_string(), text);
    }
    if let Ok(note) = Note::parse(text) {
        assert_eq!(note.to_string(), text);
    }
    if let Ok(key) = VerifierKey::parse(text) {
        assert_eq!(key.to_string(), text);
    }
    if let Ok(proof) = Proof::parse(text) {
        assert_eq!(proof.to_string(), text);
    }
    // No note is a policy, so each is tried by itself.
    let _ = Policy::parse(text);
});
