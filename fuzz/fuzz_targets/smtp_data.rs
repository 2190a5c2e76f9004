//! Content of DATA: cuts change nothing, and what is decoded can be encoded again to something that ends where it
//! should.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sceau::proto::smtp::data::{DataDecoder, DataEncoder};

fuzz_target!(|input: (u8, &[u8])| {
    let (step, bytes) = (usize::from(input.0).max(1), input.1);
    let (mut whole, mut decoder) = (Vec::new(), DataDecoder::default());
    let end = decoder.decode(bytes, &mut whole);

    let (mut pieces, mut other, mut consumed) = (Vec::new(), DataDecoder::default(), 0);
    for piece in bytes.chunks(step) {
        consumed += other.decode(piece, &mut pieces).consumed;
    }
    assert_eq!((&whole, end.consumed, decoder.fault()), (&pieces, consumed, other.fault()));

    if end.finished && decoder.fault().is_none() {
        let (mut wire, mut encoder, mut back) = (Vec::new(), DataEncoder::default(), Vec::new());
        encoder.encode(&whole, &mut wire).expect("decoded content has no lone line ends");
        encoder.finish(&mut wire).expect("decoded content ends with CRLF");
        let again = DataDecoder::default().decode(&wire, &mut back);
        assert!(again.finished && again.consumed == wire.len() && back == whole);
    }
});
