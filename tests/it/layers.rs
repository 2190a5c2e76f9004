//! The layers are law: who may import whom, and a failure names the line that broke it.

use crate::source::rust_files;

/// Layer → what it may use of the crate. A longer path allows only what is below it.
const LAW: &[(&str, &[&str])] = &[
    ("mail", &[]),
    ("disk", &[]),
    ("proto", &["mail"]),
    ("trust", &["mail", "disk"]),
    ("seal", &["mail", "disk"]),
    ("policy", &["mail", "trust"]),
    ("store", &["mail", "disk", "seal", "proto::mime"]),
    ("ledger", &["mail", "disk", "seal"]),
    ("attest", &["mail", "seal", "ledger"]),
    ("queue", &["mail", "seal", "store"]),
    (
        "flows",
        &[
            "mail",
            "proto::mime",
            "proto::dkim",
            "proto::dsn",
            "proto::mdn",
            "proto::report",
            "trust",
            "policy",
            "seal",
            "store",
            "ledger",
            "queue",
        ],
    ),
    ("sessions", &["mail", "proto", "policy", "trust", "store", "seal::event", "flows"]),
    ("net", &["mail", "proto", "trust", "sessions", "flows"]),
];

/// Crates that belong to the edges: `(crate, the layers that may name it)`.
const CRATES: &[(&str, &[&str])] = &[
    ("tokio::net", &["net", "server", "cli"]),
    ("tokio::spawn", &["net", "server", "cli"]),
    ("tokio_rustls", &["net", "server", "cli"]),
    ("hickory_resolver", &["net"]),
    ("sled::", &["store"]),
    ("clap::", &["cli"]),
    ("krilla::", &["attest"]),
];

#[test]
fn every_layer_imports_only_what_the_law_allows() {
    let mut broken = Vec::new();
    for file in rust_files(&["src"]) {
        let Some((layer, _)) = file.path["src/".len()..].split_once('/') else { continue };
        let Some((_, allowed)) = LAW.iter().find(|(name, _)| *name == layer) else { continue };
        for (number, line) in file.text.lines().enumerate() {
            for target in crate_paths(line) {
                if !may_use(layer, allowed, &target) {
                    broken.push(format!("{}:{}: {layer} uses {target}", file.path, number + 1));
                }
            }
        }
    }
    assert!(broken.is_empty(), "layers broken:\n{}", broken.join("\n"));
}

#[test]
fn sockets_tasks_and_engines_stay_at_their_edge() {
    let mut broken = Vec::new();
    for file in rust_files(&["src"]) {
        let layer = file.path["src/".len()..].split('/').next().unwrap_or_default();
        for (number, line) in file.text.lines().enumerate().filter(|(_, l)| !l.trim_start().starts_with("//")) {
            for (name, layers) in CRATES {
                if names(line, name) && !layers.contains(&layer) {
                    broken.push(format!("{}:{}: {layer} names {name}", file.path, number + 1));
                }
            }
        }
    }
    assert!(broken.is_empty(), "edges crossed:\n{}", broken.join("\n"));
}

/// The paths after `crate::` in one line of code; `crate::proto::{mime, smtp}` gives two.
fn crate_paths(line: &str) -> Vec<String> {
    let code = line.split("//").next().unwrap_or_default();
    let mut paths = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        let is_macro_variable = at > 0 && code.as_bytes()[at - 1] == b'$';
        let path = &code[at + "crate::".len()..];
        let end = path.find(|c: char| !c.is_alphanumeric() && c != '_' && c != ':').unwrap_or(path.len());
        let (head, rest) = path.split_at(end);
        if is_macro_variable || head.is_empty() {
            continue;
        }
        match rest.strip_prefix('{') {
            Some(group) => {
                let group = group.split('}').next().unwrap_or_default();
                paths.extend(group.split(',').map(|item| format!("{head}{}", item.trim())));
            }
            None => paths.push(head.to_owned()),
        }
    }
    paths
}

fn may_use(layer: &str, allowed: &[&str], target: &str) -> bool {
    let below = |path: &str| target == path || target.strip_prefix(path).is_some_and(|rest| rest.starts_with("::"));
    below(layer) || allowed.iter().any(|path| below(path))
}

/// Whether the line names the crate's path at a word's start.
fn names(line: &str, name: &str) -> bool {
    line.match_indices(name).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        before.is_none_or(|c| !c.is_alphanumeric() && c != '_' && c != ':')
    })
}

#[test]
fn the_reader_of_imports_sees_groups_and_ignores_comments() {
    assert_eq!(crate_paths("use crate::proto::{mime, smtp::Server};"), ["proto::mime", "proto::smtp::Server"]);
    assert_eq!(crate_paths("// crate::net"), Vec::<String>::new());
    assert!(may_use("store", &["proto::mime"], "proto::mime::Structure"));
    assert!(!may_use("store", &["proto::mime"], "proto::smtp"));
    assert!(names("    sled::open(p)", "sled::") && !names("assembled::x", "sled::"));
}
