//! White lists: what is read, what is left out, what is no list at all.

use std::io::Read as _;
use std::path::PathBuf;

use proptest::prelude::*;

use super::*;
use crate::trust::lab::{ListRow, white_list_xml};
use crate::trust::testing::{domain, start};

fn name(text: &str) -> DistinguishedName {
    DistinguishedName::parse(text).unwrap()
}

fn list(rows: &[(&str, &str)]) -> String {
    let row = |(domain, name): &(&str, &str)| {
        format!("<Domaine>\n<Nom>{domain}</Nom><DNCertificatOperateur>{name}</DNCertificatOperateur></Domaine>\n")
    };
    document(&rows.iter().map(row).collect::<String>())
}

fn document(rows: &str) -> String {
    format!(
        "<?xml version=\"1.0\"?>\n<ListeBlancheMSSante xmlns=\"https://listeblanche.mssante.fr/schema\">\
         <DateDeGeneration>2026-06-01T00:00:00Z</DateDeGeneration>\n<ListeDomaines>\n{rows}</ListeDomaines>\
         </ListeBlancheMSSante>"
    )
}

fn parse(xml: &str) -> Result<WhiteList, ListError> {
    WhiteList::parse(xml.as_bytes(), &Limits::default())
}

/// [mss#2]
#[test]
fn a_domain_may_have_several_operators_and_each_several_names() {
    let list = parse(&list(&[
        ("A.mssante.fr", "CN=x,OU=1"),
        ("a.mssante.fr", "OU=1, CN=X "),
        ("a.mssante.fr", "CN=y,OU=1"),
        ("hôpital.mssante.fr", "CN=z,OU=2"),
    ]))
    .unwrap();
    assert_eq!((list.rows().len(), list.domain_count(), list.names().len()), (4, 2, 3));
    let names: Vec<_> = list.names_of(&domain("a.MSSANTE.fr")).map(ToString::to_string).collect();
    assert_eq!(names, ["CN=x,OU=1", "CN=y,OU=1"]);
    assert!(list.lists(&domain("xn--hpital-ixa.mssante.fr")));
    assert!(!list.lists(&domain("mssante.fr")) && list.names_of(&domain("mssante.fr")).next().is_none());
    assert_eq!(list.domains_of(&name("ou=2,cn=Z")).collect::<Vec<_>>(), [&domain("hôpital.mssante.fr")]);
    assert_eq!(list.domains_of(&name("CN=unknown")).count(), 0);
    assert_eq!(list.siblings(&name("CN=x,OU=1")).collect::<Vec<_>>(), [&name("CN=y,OU=1")]);
    assert_eq!(list.generated(), start());
}

#[test]
fn a_row_that_cannot_be_read_is_left_out_with_its_place() {
    let text = list(&[("a.fr", "CN=x"), ("not a domain", "CN=x"), ("b.fr", "no name"), ("c.fr", "CN=x")])
        + "<!-- nothing after the root -->";
    let list = parse(&text).unwrap();
    assert_eq!(list.rows().iter().map(|row| row.domain.as_str()).collect::<Vec<_>>(), ["a.fr", "c.fr"]);
    let notes: Vec<_> = list.left_out().iter().map(|note| (note.row, note.line, note.what.as_str())).collect();
    let domain = "<Nom> \"not a domain\": the part after the @ is not a domain name";
    let name = "<DNCertificatOperateur>: \"no name\" is not of the form TYPE=value";
    assert_eq!(notes, [(2, 6, domain), (3, 8, name)]);
    let strict = Limits { unreadable_rows: 1, ..Limits::default() };
    let error = WhiteList::parse(text.as_bytes(), &strict).unwrap_err();
    assert!(error.to_string().starts_with("too many unreadable rows, the last is row 3, line 8"), "{error}");
}

/// A comment inside a name must not cut it short: one reader would see `a.fr`, another `a.fr.evil`. [mss#2]
#[test]
fn comments_do_not_cut_text() {
    let text = list(&[("a.fr<!-- -->.mssante.fr", "CN=x<!-- -->.evil,OU=<![CDATA[1]]>")]);
    let list = parse(&text).unwrap();
    assert!(list.lists(&domain("a.fr.mssante.fr")) && !list.lists(&domain("a.fr")));
    assert_eq!(list.names(), [name("CN=x.evil,OU=1")]);
}

/// [mss#2]
#[test]
fn what_is_no_list() {
    let bomb = "<!DOCTYPE x [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;\">]>";
    let row = "<Domaine><Nom>a.fr</Nom><DNCertificatOperateur>CN=x</DNCertificatOperateur></Domaine>";
    let other = document(row).replace("https://listeblanche.mssante.fr/schema", "urn:other");
    for (text, expected) in [
        (String::new(), "the list is not well-formed XML: "),
        ("<a>".to_owned(), "the list is not well-formed XML: "),
        (document(row).replacen("?>", &format!("?>{bomb}"), 1), "the list declares a document type"),
        (document("&b;"), "the list is not well-formed XML: "),
        (other, "line 2: <ListeBlancheMSSante> stands where"),
        (document(row).replace("DateDeGeneration", "Date"), "line 2: <Date> does not belong here"),
        (document(row).replace("2026-06-01T", "yesterday "), "line 2: <DateDeGeneration> is not a date"),
        (document(row).replace("2026-06-01T", "2026<b/>"), "line 2: <DateDeGeneration> is not a date"),
        (document("<Autre/>"), "line 4: only <Domaine> belongs here"),
        (document("").replace("<ListeDomaines>\n</ListeDomaines>", ""), "line 2: there is no <ListeDomaines>"),
        (
            document(row).replace("</ListeDomaines>", "</ListeDomaines><ListeDomaines/>"),
            "line 4: <ListeDomaines> stands twice",
        ),
    ] {
        let error = parse(&text).map(|_| ()).unwrap_err().to_string();
        assert!(error.starts_with(expected), "{error}\n{text}");
    }
    assert_eq!(WhiteList::parse(b"\xff", &Limits::default()).map(|_| ()), Err(ListError::Encoding));
}

#[test]
fn bounds() {
    let limits = Limits { bytes: 4000, rows: 2, depth: 8, field: 40, unreadable_rows: 10 };
    let parse = |text: &str| WhiteList::parse(text.as_bytes(), &limits).map(|_| ());
    let rows = |count| list(&vec![("a.fr", "CN=x"); count]);
    assert_eq!(parse(&rows(2)), Ok(()));
    assert_eq!(parse(&rows(3)), Err(ListError::TooManyRows));
    assert_eq!(parse(&rows(50)), Err(ListError::TooLarge));
    assert_eq!(parse(&document(&"<x>".repeat(100))).map_err(|e| matches!(e, ListError::Xml(_))), Err(true));
    let deep = format!("{}{}", "<x>".repeat(100), "</x>".repeat(100));
    assert_eq!(parse(&document(&deep)), Err(ListError::TooDeep(4)));
    let deeper = format!("{}{}", "<x>".repeat(500_000), "</x>".repeat(500_000));
    let result = WhiteList::parse(document(&deeper).as_bytes(), &Limits::default()).map(|_| ());
    assert_eq!(result, Err(ListError::TooDeep(4)), "the depth of a document is not our stack's");
    let long = list(&[("a.fr", &format!("CN={}", "x".repeat(40)))]);
    let read = WhiteList::parse(long.as_bytes(), &limits).unwrap();
    assert_eq!(read.left_out()[0].what, "<DNCertificatOperateur> is too long");
}

#[test]
fn what_the_laboratory_writes_is_read() {
    let rows = [ListRow::new(&domain("a.fr"), &name("CN=x,O=A & <B>,C=FR"))];
    let list = parse(&white_list_xml(&rows, start())).unwrap();
    assert_eq!(list.names(), [rows[0].name.clone()]);
    let row = &list.rows()[0];
    assert_eq!((row.description.as_str(), row.updated), ("Domaine de messagerie 1", Some(start())));
    assert!(list.left_out().is_empty());
}

proptest! {
    #[test]
    fn no_document_makes_it_panic(xml in "(<[a-z!?/]{0,3}[a-zA-Z \"=&;:]{0,12}>?|[a-z&;]{0,5}){0,12}") {
        let _ = parse(&xml);
        let _ = parse(&document(&xml));
    }
}

/// The real list of March 2025, where the machine has it: 6,554 rows, 5,002 domains, 392 names. [mss#2]
#[test]
fn the_real_list() {
    let Some(folder) = std::env::var_os("SCEAU_TEST_DATA") else {
        eprintln!("the_real_list: SCEAU_TEST_DATA is not set, made lists stand in for it in the other tests");
        return;
    };
    let packed = std::fs::read(PathBuf::from(folder).join("liste-blanche.xml.gz")).unwrap();
    let mut xml = Vec::new();
    flate2::read::GzDecoder::new(packed.as_slice()).read_to_end(&mut xml).unwrap();
    let list = WhiteList::parse(&xml, &Limits::default()).unwrap();
    // One row of the real list has an address where a domain should be.
    let left_out: Vec<_> = list.left_out().iter().map(|note| (note.row, note.line)).collect();
    assert_eq!(left_out, [(6055, 48_457)]);
    assert_eq!((list.rows().len() + 1, list.domain_count() + 1), (6_554, 5_002));
    // 392 ways of writing them; eleven differ from another in spaces, case or quotes only.
    let text = std::str::from_utf8(&xml).unwrap();
    let written = text.split("<DNCertificatOperateur>").skip(1).filter_map(|rest| rest.split('<').next());
    assert_eq!(written.collect::<std::collections::HashSet<_>>().len(), 392);
    assert_eq!(list.names().len(), 381);
    let two_ways = name("CN=smtp-1.sesan.santnet.com,OU=1750048886,O=GIP SESAN,ST=Paris (75),C=FR");
    assert_eq!(list.domains_of(&two_ways).count(), 66);
    let unit = AttributeType::organizational_unit();
    let warnings = list.names().iter().flat_map(|name| name.values(&unit)).filter_map(crate::trust::structure_warning);
    assert_eq!(warnings.collect::<Vec<_>>(), ["the key of FINESS 0B0078671 is wrong"]);
}
