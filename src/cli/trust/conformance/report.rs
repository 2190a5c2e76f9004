//! What came out: a table for people, JSON for programs.

use std::fmt;

use serde::Serialize;

use super::peer::Met;

/// One case with its outcome.
#[derive(Debug, Serialize)]
pub(super) struct Row {
    pub(super) name: &'static str,
    pub(super) expected: Met,
    pub(super) expected_reason: Option<&'static str>,
    pub(super) met: Met,
    /// The reason that the server noted.
    pub(super) noted: Option<String>,
    pub(super) right: bool,
}

/// All of them.
#[derive(Debug, Serialize)]
pub(super) struct Outcomes {
    pub(super) target: String,
    /// Whether reasons were compared.
    pub(super) noted: bool,
    pub(super) rows: Vec<Row>,
}

impl Outcomes {
    pub(super) fn mismatches(&self) -> usize {
        self.rows.iter().filter(|row| !row.right).count()
    }
}

impl fmt::Display for Outcomes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let titles = ["cas", "attendu", "obtenu", "motif attendu", "motif noté"].map(str::to_owned);
        let cells: Vec<[String; 5]> = self.rows.iter().map(|row| cells(row, self.noted)).collect();
        let width = |column: usize| {
            let lengths = cells.iter().chain([&titles]).map(|cells| cells[column].chars().count());
            lengths.max().unwrap_or_default()
        };
        let widths = [0, 1, 2, 3, 4].map(width);
        let mut line = |mark: &str, cells: &[String; 5]| {
            let text: Vec<_> = cells.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
            writeln!(f, "{mark} {}", text.join("  ").trim_end())
        };
        line(" ", &titles)?;
        for (row, cells) in self.rows.iter().zip(&cells) {
            line(if row.right { "✓" } else { "✗" }, cells)?;
        }
        let (right, all) = (self.rows.len() - self.mismatches(), self.rows.len());
        write!(f, "\n{} : {right} cas sur {all} se passent comme attendu", self.target)?;
        writeln!(f, "{}", if self.noted { "." } else { " (les motifs notés par le serveur ne sont pas connus ici)." })
    }
}

fn cells(row: &Row, noted: bool) -> [String; 5] {
    let reason = |reason: Option<&str>| reason.unwrap_or("—").to_owned();
    let seen = if noted { reason(row.noted.as_deref()) } else { "?".to_owned() };
    [row.name.to_owned(), row.expected.to_string(), row.met.to_string(), reason(row.expected_reason), seen]
}
