//! The white list at its real size: read, indexed, compared with another, and asked. With `SCEAU_TEST_DATA` the real
//! list of March 2025 (6,554 rows), else one made of as many rows. `cargo bench --bench white_list`.

#![allow(clippy::unwrap_used, reason = "a benchmark may fail by panicking")]

use std::io::Read as _;
use std::path::PathBuf;
use std::sync::LazyLock;

use divan::{Bencher, black_box};
use sceau::mail::{Domain, Time};
use sceau::trust::lab::{ListRow, white_list_xml};
use sceau::trust::{Diff, DistinguishedName, Limits, WhiteList};

fn main() {
    divan::main();
}

static XML: LazyLock<Vec<u8>> = LazyLock::new(|| real().unwrap_or_else(made));

fn real() -> Option<Vec<u8>> {
    let folder = std::env::var_os("SCEAU_TEST_DATA")?;
    let packed = std::fs::read(PathBuf::from(folder).join("liste-blanche.xml.gz")).ok()?;
    let mut xml = Vec::new();
    flate2::read::GzDecoder::new(packed.as_slice()).read_to_end(&mut xml).ok()?;
    Some(xml)
}

/// As many rows and names as the real one has.
fn made() -> Vec<u8> {
    let name = |n: usize| format!("CN=smtp-{n}.exemple.fr,OU=3{n:014},O=CENTRE HOSPITALIER {n},ST=Paris (75),C=FR");
    let rows: Vec<_> = (0..6554)
        .map(|n| {
            let domain = Domain::parse(&format!("etablissement-{n}.mssante.fr")).unwrap();
            ListRow::new(&domain, &DistinguishedName::parse(&name(n % 392)).unwrap())
        })
        .collect();
    white_list_xml(&rows, Time::default()).into_bytes()
}

fn parse(xml: &[u8]) -> WhiteList {
    WhiteList::parse(xml, &Limits::default()).unwrap()
}

/// From XML to a list that can be asked.
#[divan::bench]
fn load() -> WhiteList {
    parse(&XML)
}

/// From XML to what has changed: what a new list costs before it is in force.
#[divan::bench]
fn load_and_diff(bencher: Bencher<'_, '_>) {
    let old = parse(&changed());
    bencher.bench(|| Diff::between(&old, &parse(&XML)));
}

#[divan::bench]
fn diff(bencher: Bencher<'_, '_>) {
    let (old, new) = (parse(&changed()), parse(&XML));
    assert!(!Diff::between(&old, &new).is_empty());
    bencher.bench(|| Diff::between(&old, &new));
}

/// The same list with a thousand rows of other domains, as ANS changes in a busy day.
fn changed() -> Vec<u8> {
    String::from_utf8(XML.clone()).unwrap().replacen("<Nom>", "<Nom>x", 1000).into_bytes()
}

#[divan::bench]
fn look_up(bencher: Bencher<'_, '_>) {
    let list = parse(&XML);
    let known = list.rows()[list.rows().len() / 2].domain.clone();
    let unknown = Domain::parse("nulle-part.mssante.fr").unwrap();
    bencher.bench(|| (list.names_of(black_box(&known)).count(), list.lists(black_box(&unknown))));
}
