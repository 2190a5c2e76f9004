//! Any header and any section: read without harm; the fields lie one after the other.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sceau::proto::mime::header::{Headers, Keep, select};
use sceau::proto::mime::{Envelope, Limits, Section, header_text, walk};

fuzz_target!(|input: (&str, &[u8])| {
    let (section, header) = input;
    let mut end = 0;
    for field in Headers::new(header) {
        assert_eq!(field.range.start, end);
        end = field.range.end;
        let _ = header_text(field.raw);
    }
    let names = ["Subject".to_owned(), "to".to_owned()];
    let chosen = select(header, &names, Keep::Named).len() + select(header, &names, Keep::Others).len();
    assert!(chosen >= end && chosen <= end + 6);
    let _ = Envelope::from_header(header);
    if let Some(section) = Section::parse(section) {
        assert_eq!(Section::parse(&section.to_string()).as_ref(), Some(&section));
        let _ = section.find(&walk(header, Limits::default()));
    }
});
