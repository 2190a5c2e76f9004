//! Mailbox names: what is decoded has exactly one spelling, and a pattern matches in bounded time.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sceau::proto::imap::name::{Names, Pattern, WireName};
use sceau::proto::imap::utf7;

fuzz_target!(|input: (&[u8], &[u8])| {
    let (name, pattern) = input;
    if let Some(decoded) = utf7::decode(name) {
        assert_eq!(utf7::encode(&decoded).as_bytes(), name);
    }
    for names in [Names::Utf7, Names::Utf8] {
        let name = WireName(name.to_vec());
        if let (Some(read), Some(pattern)) = (name.read(names), Pattern::read(&WireName(Vec::new()), pattern, names)) {
            let _ = pattern.matches(&read);
        }
    }
});
