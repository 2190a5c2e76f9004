//! The operating log: on standard error, for eyes or for collectors.
//!
//! What may stand in it is decided where it is written: identifiers, addresses of peers, reasons; never a subject, a
//! body, a password.

use std::fmt;
use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Mutex;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt as format;

use crate::config::{Log, LogFormat};

/// A level that is no level.
#[derive(Debug)]
pub struct LevelError(String);

impl fmt::Display for LevelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[log] level : {} ; il faut par exemple « info », « debug » ou « info,sceau::net=debug »", self.0)
    }
}

impl std::error::Error for LevelError {}

/// Starts logging, once for the whole process. A second call changes nothing.
///
/// # Errors
/// When the level can't be read.
pub fn start(settings: &Log) -> Result<(), LevelError> {
    let filter = filter(&settings.level)?;
    let builder = format().with_env_filter(filter).with_writer(io::stderr);
    // Already started is fine: tests start several servers in one process.
    let _ = match settings.format {
        LogFormat::Human => builder.with_ansi(io::IsTerminal::is_terminal(&io::stderr())).try_init(),
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
    };
    Ok(())
}

/// Starts logging into a file instead, for the whole process.
///
/// # Errors
/// When the file can't be made.
pub fn start_in_file(path: &Path, level: &str) -> Result<(), LevelError> {
    let file = File::create(path).map_err(|error| LevelError(format!("{} : {error}", path.display())))?;
    let builder = format().with_env_filter(filter(level)?).with_ansi(false).with_writer(Mutex::new(file));
    // As above.
    let _ = builder.try_init();
    Ok(())
}

/// Reads a level.
///
/// # Errors
/// When it is none.
pub fn filter(level: &str) -> Result<EnvFilter, LevelError> {
    EnvFilter::builder().parse(level).map_err(|error| LevelError(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_those_of_the_documentation() {
        for level in ["info", "debug", "info,sceau::net=debug"] {
            assert!(filter(level).is_ok(), "{level}");
        }
        assert!(filter("info,sceau::net=loud").unwrap_err().to_string().starts_with("[log] level"));
    }
}
