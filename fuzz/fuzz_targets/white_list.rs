//! White lists: no document makes the reader panic, and each row that it takes can be looked up.

#![no_main]

use libfuzzer_sys::fuzz_target;
use sceau::trust::{Limits, WhiteList};

const HEAD: &[u8] = b"<ListeBlancheMSSante xmlns=\"https://listeblanche.mssante.fr/schema\">\
    <DateDeGeneration>2026-06-01T00:00:00Z</DateDeGeneration><ListeDomaines>";
const TAIL: &[u8] = b"</ListeDomaines></ListeBlancheMSSante>";

fuzz_target!(|data: &[u8]| {
    let limits = Limits { bytes: 1 << 20, rows: 1000, depth: 32, field: 4096, unreadable_rows: 100 };
    check(data, &limits);
    check(&[HEAD, data, TAIL].concat(), &limits);
});

fn check(xml: &[u8], limits: &Limits) {
    let Ok(list) = WhiteList::parse(xml, limits) else { return };
    for row in list.rows() {
        assert!(list.lists(&row.domain));
        let name = &list.names()[row.name];
        assert!(list.names_of(&row.domain).any(|listed| listed == name));
    }
}
