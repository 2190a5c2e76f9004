//! What strangers hand to the proofs' port and in messages: requests to the witness, paths, gossip, time-stamp tokens.
//! What is read is written back the same; nothing panics.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sceau::ledger::heard;
use sceau::ledger::tiles::Resource;
use sceau::ledger::witness::Request;
use sceau::trust::{Anchors, timestamp};

fuzz_target!(|bytes: &[u8]| {
    if let Some(request) = Request::parse(bytes) {
        let body = Request::body(request.old, &request.proof, &request.signed.note);
        assert_eq!(body.as_bytes(), bytes);
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        if let Some(resource) = Resource::parse(text) {
            assert_eq!(resource.path(), text);
        }
        if let Some(signed) = heard::parse(text) {
            assert_eq!(heard::parse(&heard::value(&signed)), Some(signed));
        }
    }
    let _ = timestamp::token(bytes);
    assert!(timestamp::verify(bytes, &[0; 32], &Anchors::default()).is_err());
});
