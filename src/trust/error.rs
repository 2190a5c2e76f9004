//! Why trust data could not be taken: the file, the reason, and what to do about it.

use std::fmt;
use std::path::{Path, PathBuf};

/// A failure to read or accept anchors, revocation lists or a white list. What was in use before stays in use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustError {
    file: Option<PathBuf>,
    reason: String,
    remedy: &'static str,
}

impl TrustError {
    /// A failure with its reason and its remedy, both for a sysadmin.
    #[must_use]
    pub fn new(reason: impl Into<String>, remedy: &'static str) -> Self {
        Self { file: None, reason: reason.into(), remedy }
    }

    /// The same, said of this file. A file that is already named stays.
    #[must_use]
    pub fn in_file(mut self, file: &Path) -> Self {
        self.file.get_or_insert_with(|| file.to_owned());
        self
    }

    /// The file it was about.
    #[must_use]
    pub fn file(&self) -> Option<&Path> {
        self.file.as_deref()
    }

    /// What is wrong.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.reason
    }

    /// What to do.
    #[must_use]
    pub fn remedy(&self) -> &'static str {
        self.remedy
    }
}

impl fmt::Display for TrustError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(file) = &self.file {
            write!(f, "{}: ", file.display())?;
        }
        write!(f, "{}; {}", self.reason, self.remedy)
    }
}

impl std::error::Error for TrustError {}
