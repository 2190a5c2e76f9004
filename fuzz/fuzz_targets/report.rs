//! Any message as a delivery or disposition notification of another server: read without harm and within bounds,
//! however the message is walked; the proofs that it encloses too.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sceau::proto::mime::{Limits, walk};
use sceau::proto::report::{Kind, enclosed, message_ids, part};
use sceau::proto::{dsn, mdn};

fuzz_target!(|input: (bool, &[u8])| {
    let (whole, bytes) = input;
    // Half of the inputs are only the part for programs, so that its grammar is reached at once.
    let fields = if whole {
        let structure = walk(bytes, Limits::default());
        let files = enclosed(&structure, bytes, ("application", "vnd.sceau.preuve"), 3);
        assert!(files.len() <= 3 && files.iter().all(|file| file.len() <= bytes.len()));
        let Some(found) = part(&structure, bytes) else { return };
        assert!(found.about.iter().all(|id| !id.contains(['<', '>', '\r', '\n'])));
        match found.kind {
            Kind::Delivery | Kind::Disposition => found.fields,
        }
    } else {
        bytes.to_vec()
    };
    if let Some(reported) = dsn::read(&fields) {
        assert!(!reported.recipients.is_empty() && reported.recipients.len() <= 1000);
        assert!(reported.recipients.iter().all(|r| !r.diagnostic.contains(['\r', '\n']) && r.diagnostic.len() <= 500));
    }
    if let Some(said) = mdn::read(&fields) {
        assert!(said.errors.len() <= 8 && said.errors.iter().all(|error| error.len() <= 500));
    }
    let _ = message_ids(&String::from_utf8_lossy(&fields), 20);
});
