//! Leaves: what is read is written back the same, and every commitment of it can be asked for.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sceau::seal::event::{Leaf, Plain};

fuzz_target!(|bytes: &[u8]| {
    let Ok(leaf) = Leaf::parse(bytes) else { return };
    assert_eq!(leaf.bytes(), bytes);
    assert!(leaf.plain(Plain::Time).is_some());
    for (field, commitment) in leaf.commitments() {
        assert_eq!(leaf.committed(field), Some(commitment));
    }
    assert_eq!(leaf.event().is_some_and(|event| event > 0), leaf.prev().is_some());
});
