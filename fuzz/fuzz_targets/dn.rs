//! Distinguished names: no text makes the parser panic, and what is written is read again as the same name.

#![no_main]

use libfuzzer_sys::fuzz_target;
use sceau::mail::StructureId;
use sceau::trust::{CertificateFacts, DistinguishedName};

fuzz_target!(|data: &[u8]| {
    // The bytes as a certificate, whose names come in all string types.
    if let Ok(facts) = CertificateFacts::read(data) {
        let _ = facts.to_string();
    }
    let Ok(text) = std::str::from_utf8(data) else { return };
    let _ = StructureId::parse(text).map(|id| id.key());
    let Ok(name) = DistinguishedName::parse(text) else { return };
    // Escapes make a text longer; only what stays within the bounds can be read again.
    let written = name.to_string();
    if written.len() <= 4096 {
        let again = DistinguishedName::parse(&written).expect("what is written can be read");
        assert_eq!(again, name);
        assert_eq!(again.attributes(), name.attributes());
    }
});
