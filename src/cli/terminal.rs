//! What a command tells and what it asks.

use std::io::{self, IsTerminal, Write};

use serde::Serialize;
use zeroize::Zeroizing;

use super::Failure;

/// Writes a line to standard output. A reader that has left (`| head`) is no failure of the command.
pub(super) fn tell(line: &str) -> Result<(), Failure> {
    match writeln!(io::stdout(), "{line}") {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

/// Writes rows in columns as wide as they need; the last column ends where it ends.
pub(super) fn table<const N: usize>(
    heading: [&str; N],
    rows: impl Iterator<Item = [String; N]>,
) -> Result<(), Failure> {
    let rows: Vec<[String; N]> = std::iter::once(heading.map(str::to_owned)).chain(rows).collect();
    let widths: [usize; N] =
        std::array::from_fn(|column| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0));
    for row in &rows {
        let cells = row.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}"));
        tell(cells.collect::<Vec<_>>().join("  ").trim_end())?;
    }
    Ok(())
}

/// What programs read.
pub(super) fn json<T: Serialize>(value: &T) -> Result<String, Failure> {
    serde_json::to_string(value).map_err(|error| Failure::new(error.to_string()))
}

/// Asks for a new password: twice and without echo at a terminal, else the first line of standard input. Never an
/// argument, which everybody on the machine could read.
pub(super) fn new_password() -> Result<Zeroizing<String>, Failure> {
    if !io::stdin().is_terminal() {
        let mut line = Zeroizing::new(String::new());
        io::stdin().read_line(&mut line)?;
        return Ok(Zeroizing::new(line.trim_end_matches(['\r', '\n']).to_owned()));
    }
    let first = Zeroizing::new(rpassword::prompt_password("Nouveau mot de passe : ")?);
    let second = Zeroizing::new(rpassword::prompt_password("Encore une fois : ")?);
    if *first == *second { Ok(first) } else { Err(Failure::new("les deux saisies diffèrent ; rien n'est changé")) }
}
