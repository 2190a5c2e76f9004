//! Configuration files: taken whole or refused with reasons; what is taken is written back with the same effect.
#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use sceau::config::{effective, parse};

fuzz_target!(|text: &str| {
    let file = Path::new("/etc/sceau/sceau.toml");
    match parse(text, file) {
        Ok(config) => {
            let written = effective(&config);
            let again = parse(&written, file).expect("what is in force is a file");
            assert_eq!(effective(&again), written);
        }
        Err(problems) => assert!(!problems.to_string().is_empty()),
    }
});
