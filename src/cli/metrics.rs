//! `sceau metrics`: what a running server counts, for eyes and for collectors that call programs.

use std::process::ExitCode;

use super::ask::ask_running;
use super::terminal::tell;
use super::{ConfigFile, Outcome};
use crate::server::office::Request;

pub(super) fn run(file: &ConfigFile) -> Outcome {
    let text: String = ask_running(&file.load()?, Request::Metrics)?;
    tell(text.trim_end())?;
    Ok(ExitCode::SUCCESS)
}
