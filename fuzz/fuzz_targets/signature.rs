//! Signed lists: whatever is done to a signed document, what is taken as signed says what was signed.

#![no_main]

use std::sync::{Arc, OnceLock};

use libfuzzer_sys::fuzz_target;
use sceau::mail::{Chance, Clock, Domain, Edge, Time};
use sceau::trust::lab::{Lab, Leaf, ListRow, sign_white_list, white_list_xml};
use sceau::trust::signature::{Verifier, is_signed};
use sceau::trust::{Anchors, DistinguishedName, Limits, Revocation};

struct Fixed;

impl Clock for Fixed {
    fn now(&self) -> Time {
        Time::from_secs(1_780_000_000)
    }
}

impl Chance for Fixed {
    fn fill(&self, buffer: &mut [u8]) {
        buffer.fill(7);
    }
}

struct Bench {
    anchors: Anchors,
    signer: DistinguishedName,
    signed: String,
    content: Vec<u8>,
}

impl Bench {
    fn new() -> Self {
        let edge = Edge { clock: Arc::new(Fixed), chance: Arc::new(Fixed) };
        let lab = Lab::new(&edge).expect("a laboratory");
        let signer = lab.issue(&Leaf::list_signer()).expect("a signer");
        let name = signer.name().expect("its name");
        let row = ListRow::new(&Domain::parse("a.mssante.fr").expect("a domain"), &name);
        let signed = sign_white_list(&white_list_xml(&[row], Fixed.now()), &signer, Fixed.now()).expect("a signature");
        let anchors = Anchors::from_bytes(lab.anchors_pem().as_bytes()).expect("anchors");
        let mut bench = Self { anchors, signer: name, signed, content: Vec::new() };
        bench.content = bench.verify(bench.signed.as_bytes()).expect("a good signature");
        bench
    }

    fn verify(&self, xml: &[u8]) -> Option<Vec<u8>> {
        let (limits, revocation) = (Limits::default(), Revocation::none());
        let verifier = Verifier {
            signer: &self.signer,
            anchors: &self.anchors,
            revocation: &revocation,
            limits: &limits,
            now: Fixed.now(),
        };
        verifier.verify(xml).ok().map(|signed| signed.content)
    }
}

static BENCH: OnceLock<Bench> = OnceLock::new();

/// The input is an edit of the signed document: where (two bytes), how many bytes go (one), and what comes instead. Or,
/// when it starts with `<`, a whole document.
fuzz_target!(|data: &[u8]| {
    let bench = BENCH.get_or_init(Bench::new);
    let xml = match data {
        [b'<', ..] => data.to_vec(),
        [high, low, gone, instead @ ..] => {
            let at = usize::from(u16::from_be_bytes([*high, *low])) % bench.signed.len();
            let end = (at + usize::from(*gone)).min(bench.signed.len());
            [&bench.signed.as_bytes()[..at], instead, &bench.signed.as_bytes()[end..]].concat()
        }
        _ => return,
    };
    let _ = is_signed(&xml, &Limits::default());
    if let Some(content) = bench.verify(&xml) {
        assert_eq!(content, bench.content, "something else is taken as signed");
    }
});
