//! Segment files: what is found in any bytes is a whole record, in order, and heads are written back as they were.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sceau::store::bodies::segment::{FileHead, RECORD_HEAD, RecordHead, salvage};

fuzz_target!(|bytes: &[u8]| {
    if let Some(head) = FileHead::decode(bytes) {
        assert!(bytes.starts_with(&head.encode()));
    }
    if let Some(head) = RecordHead::decode(bytes) {
        assert_eq!(RecordHead::decode(&head.encode()), Some(head));
    }
    let mut end = 0;
    for record in salvage(bytes) {
        assert!(record.offset >= end);
        end = record.offset + RECORD_HEAD + record.sealed.len();
        assert_eq!(record.sealed, &bytes[record.offset + RECORD_HEAD..end]);
        assert_eq!(record.head.length as usize, record.sealed.len());
    }
});
