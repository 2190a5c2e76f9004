//! Layer 7, the configuration file and the settings of each part.
//!
//! Every setting is declared once, in `sections`: from it come the field, the parser, the limits, and the example
//! file with its comments. A file is either taken whole or refused with everything that is wrong with it. Whether the
//! files that it names are there and good is not decided here: `sceau check` and the start of the server do that.

use std::fs;
use std::path::Path;

use toml::de::DeTable;

mod example;
mod problem;
mod sections;
mod table;
mod values;

pub use example::{differing, effective, example};
pub use problem::{Problem, Problems};
pub use sections::{Clients, Config, Imap, Log, Metrics, Operators, Proofs, Relay, Server, Store, Submission, Trust};
pub use table::{Key, Presence, Table};
pub use values::{DkimKey, HostPort, LogFormat, Ocsp, Setting, Size, Switch, duration};

/// Reads a configuration file.
///
/// # Errors
/// All that is wrong, each with line, reason and remedy.
pub fn load(file: &Path) -> Result<Config, Problems> {
    let text = fs::read_to_string(file).map_err(|error| Problems {
        file: file.to_owned(),
        list: vec![Problem {
            line: None,
            place: "fichier".to_owned(),
            reason: format!("illisible ({error})"),
            remedy: "donner le bon chemin par --config ; un exemple commenté : config/sceau.example.toml".to_owned(),
        }],
    })?;
    parse(&text, file)
}

/// Reads the text of a configuration file; `file` is named in errors, and relative paths start from its directory.
///
/// # Errors
/// As [`load`].
pub fn parse(text: &str, file: &Path) -> Result<Config, Problems> {
    let problems = |list| Problems { file: file.to_owned(), list };
    let root = DeTable::parse(text).map_err(|error| problems(vec![syntax(text, &error)]))?;
    let base = file.parent().unwrap_or(Path::new(""));
    let mut reader = table::Reader::new(text, base, root.get_ref());
    let config = Config::read(&mut reader);
    let mut list = reader.problems;
    list.sort_by_key(|problem| problem.line.unwrap_or(usize::MAX));
    match config {
        Some(config) if list.is_empty() => Ok(config),
        _ => Err(problems(list)),
    }
}

fn syntax(text: &str, error: &toml::de::Error) -> Problem {
    Problem {
        line: error.span().map(|span| table::line_of(text, span.start)),
        place: "syntaxe".to_owned(),
        reason: error.message().to_owned(),
        remedy: "le fichier est en TOML : [section], puis clé = valeur, textes entre guillemets".to_owned(),
    }
}

#[cfg(test)]
mod tests;
