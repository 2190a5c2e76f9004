//! Small and clear: no file over 600 lines, no function over 40 but those listed here with a reason, none over 80 but
//! tables, which are read line by line.

use crate::source::{SourceFile, rust_files};

const FILE_MAX: usize = 600;
const FUNCTION_GOAL: usize = 40;
const FUNCTION_MAX: usize = 80;

/// Functions over 40 lines, each with its reason: `(file, function, reason)`.
const LONG_FUNCTIONS: &[(&str, &str, &str)] = &[("src/sessions/imap/dispatch.rs", "carry_out", "one arm per command")];

/// Functions that are tables: one `match` with a line per value, and nothing else.
const TABLES: &[(&str, &str)] = &[("src/mail/status.rs", "row")];

#[test]
fn no_file_is_too_long_to_read() {
    let long: Vec<_> = rust_files(&["src", "tests", "benches", "fuzz/fuzz_targets"])
        .iter()
        .map(|file| (file.path.clone(), file.text.lines().count()))
        .filter(|(_, lines)| *lines > FILE_MAX)
        .collect();
    assert!(long.is_empty(), "files over {FILE_MAX} lines: {long:?}");
}

#[test]
fn no_function_is_too_long_without_a_reason() {
    let mut long = Vec::new();
    for file in rust_files(&["src"]) {
        for function in functions(&file) {
            let excused = LONG_FUNCTIONS.iter().any(|(path, name, _)| *path == file.path && *name == function.name);
            let limit = if excused { FUNCTION_MAX } else { FUNCTION_GOAL };
            let table = TABLES.contains(&(file.path.as_str(), function.name.as_str()));
            if function.lines > limit && !table {
                long.push(format!("{}:{} {} has {} lines", file.path, function.line, function.name, function.lines));
            }
        }
    }
    assert!(long.is_empty(), "functions too long:\n{}", long.join("\n"));
}

#[test]
fn every_exception_is_still_needed() {
    let files = rust_files(&["src"]);
    for (path, name, reason) in LONG_FUNCTIONS {
        assert!(!reason.is_empty());
        let file = files.iter().find(|f| f.path == *path);
        let needed = file.is_some_and(|f| functions(f).iter().any(|g| g.name == *name && g.lines > FUNCTION_GOAL));
        assert!(needed, "{path} {name} is short now: take it off the list");
    }
}

#[test]
fn every_module_says_what_it_is_for() {
    let silent: Vec<_> = rust_files(&["src", "tests/it", "benches"])
        .into_iter()
        .filter(|file| !file.text.starts_with("//!"))
        .map(|file| file.path)
        .collect();
    assert!(silent.is_empty(), "no first paragraph: {silent:?}");
}

struct Function {
    name: String,
    line: usize,
    lines: usize,
}

/// The functions of a formatted file, by indentation: rustfmt closes a function in the column of its `fn`.
fn functions(file: &SourceFile) -> Vec<Function> {
    let lines: Vec<&str> = file.text.lines().collect();
    let mut found = Vec::new();
    for (start, line) in lines.iter().enumerate() {
        let Some(name) = function_name(line) else { continue };
        let indent = line.len() - line.trim_start().len();
        let closing = format!("{}}}", " ".repeat(indent));
        let ends_at_once = line.ends_with('}') || line.ends_with(';');
        let end = if ends_at_once { Some(start) } else { (start..lines.len()).find(|&i| lines[i] == closing) };
        let is_declaration = lines[start..].iter().find(|l| l.ends_with(';') || l.ends_with('{'));
        if let (Some(end), false) = (end, is_declaration.is_some_and(|l| l.ends_with(';'))) {
            found.push(Function { name, line: start + 1, lines: end - start + 1 });
        }
    }
    found
}

fn function_name(line: &str) -> Option<String> {
    let mut words = line.trim_start();
    for prefix in ["pub(crate) ", "pub(super) ", "pub ", "const ", "async ", "unsafe "] {
        words = words.strip_prefix(prefix).unwrap_or(words);
    }
    let rest = words.strip_prefix("fn ")?;
    let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_')?;
    Some(rest[..end].to_owned())
}

#[test]
fn functions_are_measured_from_their_name_to_their_closing_brace() {
    let text = "impl A {\n    pub async fn b(\n        x: u8,\n    ) {\n        x;\n    }\n    fn c();\n}\nfn d() {}\n";
    let found = functions(&SourceFile { path: String::new(), text: text.to_owned() });
    let measured: Vec<_> = found.iter().map(|f| (f.name.as_str(), f.lines)).collect();
    assert_eq!(measured, [("b", 5), ("d", 1)]);
}
