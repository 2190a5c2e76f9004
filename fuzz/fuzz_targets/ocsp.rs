//! OCSP answers: whatever comes is read or refused, never a panic.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sceau::trust::ocsp::parse_fuzzed;

fuzz_target!(|bytes: &[u8]| parse_fuzzed(bytes));
