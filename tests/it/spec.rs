//! Requirements are cited both ways: a tag in the code and in its test has a row in `tests/spec.tsv`, and a row that
//! says «yes» has code and a test.
//!
//! A tag is a document and a section in square brackets, in a comment: rfc9051#6.4.5, or mss#2 for the trust space's
//! second chapter of facts. It counts as a test's when it stands in `tests/` or below `#[cfg(test)]`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use crate::source::{SourceFile, rust_files};

/// Documents besides RFCs: the facts of the trust space, the design of proofs, what clients need, and standards of others.
const DOCUMENTS: [&str; 8] = ["mss", "proofs", "clients", "c2sp", "c14n", "exc-c14n", "xades", "xmldsig"];
const STATUSES: [&str; 4] = ["yes", "partial", "no", "n.a."];

struct Row {
    status: String,
    line: usize,
}

fn rows() -> BTreeMap<String, Row> {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/spec.tsv")).unwrap();
    let mut rows = BTreeMap::new();
    for (index, line) in text.lines().enumerate().skip(1) {
        let columns: Vec<&str> = line.split('\t').collect();
        let [document, section, status, title] = columns[..] else { panic!("tests/spec.tsv:{}: 4 columns", index + 1) };
        assert!(STATUSES.contains(&status), "tests/spec.tsv:{}: status {status:?}", index + 1);
        assert!(!title.is_empty(), "tests/spec.tsv:{}: no title", index + 1);
        let row = Row { status: status.to_owned(), line: index + 1 };
        let twice = rows.insert(format!("{document}#{section}"), row);
        assert!(twice.is_none(), "tests/spec.tsv:{}: {document}#{section} stands twice", index + 1);
    }
    rows
}

/// Tags of the code and tags of the tests, each with the first place where it stands.
fn tags() -> (BTreeMap<String, String>, BTreeMap<String, String>) {
    let (mut code, mut tests) = (BTreeMap::new(), BTreeMap::new());
    for file in rust_files(&["src", "tests", "fuzz/fuzz_targets"]) {
        collect(&file, &mut code, &mut tests);
    }
    for (name, text) in transcripts() {
        let file = SourceFile { path: name, text };
        collect(&file, &mut code, &mut tests);
    }
    (code, tests)
}

fn collect(file: &SourceFile, code: &mut BTreeMap<String, String>, tests: &mut BTreeMap<String, String>) {
    let of_tests = file.path.ends_with("/tests.rs") || file.path.contains("/tests/");
    let mut in_tests = !file.path.starts_with("src/") || of_tests;
    for (index, line) in file.text.lines().enumerate() {
        in_tests |= line.trim() == "#[cfg(test)]";
        for tag in tags_of(line) {
            let place = format!("{}:{}", file.path, index + 1);
            if in_tests { &mut *tests } else { &mut *code }.entry(tag).or_insert(place);
        }
    }
}

/// The tags in a comment: behind `//` in code, behind `#` in a transcript.
fn tags_of(line: &str) -> Vec<String> {
    let Some(start) = line.find("//").or_else(|| line.starts_with('#').then_some(0)) else { return Vec::new() };
    let mut found = Vec::new();
    for piece in line[start..].split('[').skip(1) {
        let Some((tag, _)) = piece.split_once(']') else { continue };
        let Some((document, section)) = tag.split_once('#') else { continue };
        let known = document.starts_with("rfc") || DOCUMENTS.contains(&document);
        if known && !section.is_empty() && !tag.contains(' ') {
            found.push(tag.to_owned());
        }
    }
    found
}

fn transcripts() -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/transcripts")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.push((path.display().to_string(), fs::read_to_string(path).unwrap()));
            }
        }
    }
    found
}

#[test]
fn every_tag_has_its_row() {
    let rows = rows();
    let (code, tests) = tags();
    let orphans: BTreeSet<_> = code
        .iter()
        .chain(&tests)
        .filter(|(tag, _)| !rows.contains_key(*tag))
        .map(|(tag, at)| format!("{at}: [{tag}]"))
        .collect();
    assert!(
        orphans.is_empty(),
        "tags without a row in tests/spec.tsv:\n{}",
        orphans.into_iter().collect::<Vec<_>>().join("\n")
    );
}

#[test]
fn every_yes_has_code_and_a_test() {
    let (code, tests) = tags();
    let mut hollow = Vec::new();
    for (tag, row) in rows().iter().filter(|(_, row)| row.status == "yes") {
        match (code.contains_key(tag), tests.contains_key(tag)) {
            (true, true) => {}
            (false, _) => hollow.push(format!("tests/spec.tsv:{}: {tag} says yes and no code cites it", row.line)),
            (true, false) => hollow.push(format!("tests/spec.tsv:{}: {tag} says yes and no test cites it", row.line)),
        }
    }
    assert!(hollow.is_empty(), "{}", hollow.join("\n"));
}
