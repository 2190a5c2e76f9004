//! What is wrong with a configuration file, told so that it can be mended: where, why, and what to do.

use std::fmt;
use std::path::PathBuf;

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The line, from 1; none when something is missing.
    pub line: Option<usize>,
    /// `[section] key`.
    pub place: String,
    /// What is wrong, in French.
    pub reason: String,
    /// What to do, in French.
    pub remedy: String,
}

/// Everything that is wrong with one file: the administrator mends it in one go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problems {
    /// The file.
    pub file: PathBuf,
    /// In the order of the file; never empty.
    pub list: Vec<Problem>,
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let file = self.file.display();
        for (number, problem) in self.list.iter().enumerate() {
            let separator = if number == 0 { "" } else { "\n" };
            match problem.line {
                Some(line) => write!(f, "{separator}{file}:{line}: ")?,
                None => write!(f, "{separator}{file}: ")?,
            }
            write!(f, "{} : {}\n    remède : {}", problem.place, problem.reason, problem.remedy)?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}
