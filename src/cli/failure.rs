//! How a command says that it failed.

use std::fmt;
use std::process::ExitCode;

/// The text for the administrator, in French, with what to do.
#[derive(Debug)]
pub struct Failure(String);

impl Failure {
    /// A failure with this text.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Prints it; gives the exit code 1.
    #[expect(clippy::print_stderr, reason = "this is where the command line speaks")]
    pub(super) fn report(&self) -> ExitCode {
        eprintln!("sceau : {self}");
        ExitCode::FAILURE
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Failure {}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self(error.to_string())
    }
}
