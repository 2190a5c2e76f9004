//! Any message, cut in two ways: one structure, and it agrees with the octets it is about.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sceau::proto::mime::transfer::decode;
use sceau::proto::mime::{Limits, Walker, decode as text, walk};

fuzz_target!(|input: (u8, bool, &[u8])| {
    let (step, tight, message) = input;
    let tight_limits = Limits { header_bytes: 200, parts: 5, depth: 2, addresses: 2 };
    let limits = if tight { tight_limits } else { Limits::default() };
    let whole = walk(message, limits);
    let mut walker = Walker::new(limits);
    message.chunks(usize::from(step).max(1)).for_each(|piece| walker.push(piece));
    assert_eq!(walker.finish(), whole);
    assert!(whole.parts.len() <= limits.parts as usize);
    for part in &whole.parts {
        let body = &message[part.body.start as usize..part.body.end as usize];
        assert_eq!(part.lines, body.iter().filter(|b| **b == b'\n').count() as u64);
        assert_eq!(part.header.end, part.body.start);
        if part.decoded_sha256.is_some() {
            assert_eq!(part.decoded_size, decode(part.transfer_encoding(), body).len() as u64);
            let _ = text::text(part, body);
        }
    }
});
