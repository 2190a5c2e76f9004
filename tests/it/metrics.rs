//! The table of metrics and the code agree: no metric without a line that says what it is, no line without its metric.

use std::collections::BTreeSet;

use sceau::server::metrics::{Kind, TABLE};

use crate::source::rust_files;

const MACROS: [(&str, Kind); 3] =
    [("counter!(", Kind::Counter), ("gauge!(", Kind::Gauge), ("histogram!(", Kind::Histogram)];

#[test]
fn every_metric_has_its_line_and_every_line_its_metric() {
    let mut counted = BTreeSet::new();
    let mut wrong = Vec::new();
    for file in rust_files(&["src"]) {
        for (name, at) in names(&file.text) {
            let Some((_, kind, _)) = TABLE.iter().find(|(known, _, _)| *known == name) else {
                wrong.push(format!("{}: {name} is not in the table of server/metrics", file.path));
                continue;
            };
            let before = file.text[..at].trim_end();
            let used = MACROS.iter().find(|(start, _)| before.ends_with(start));
            if used.is_some_and(|(_, used)| used != kind) {
                wrong.push(format!("{}: {name} is used as another kind", file.path));
            }
            if !file.path.ends_with("server/metrics.rs") {
                counted.insert(name);
            }
        }
    }
    wrong.extend(
        TABLE
            .iter()
            .filter(|(name, _, _)| !counted.contains(*name))
            .map(|(name, _, _)| format!("{name}: nobody counts it")),
    );
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The names of metrics in a text, with the places of their opening quotes.
fn names(text: &str) -> Vec<(String, usize)> {
    let begins = text.match_indices("\"sceau_").map(|(at, _)| at);
    let word =
        |at: usize| text[at + 1..].split(|c: char| !c.is_ascii_alphanumeric() && c != '_').next().unwrap().to_owned();
    begins.map(|at| (word(at), at)).filter(|(name, _)| name != "sceau_").collect()
}
