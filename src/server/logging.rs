//! The operating log: on standard error, for eyes or for collectors.
//!
//! What may stand in it is decided where it is written: identifiers, addresses of peers, reasons; never a subject, a
//! body, a password.

use std::fmt;
use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::{Mutex, OnceLock};

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
    let builder = format().with_writer(io::stderr);
    // Already started is fine: tests start several servers in one process.
    let started = match settings.format {
        LogFormat::Human => {
            let builder = builder.with_ansi(io::IsTerminal::is_terminal(&io::stderr()));
            let builder = builder.with_env_filter(filter).with_filter_reloading();
            let handle = builder.reload_handle();
            builder.try_init().map(|()| changing(move |filter| handle.reload(filter).is_ok()))
        }
        LogFormat::Json => {
            let builder = builder.json().flatten_event(true).with_env_filter(filter).with_filter_reloading();
            let handle = builder.reload_handle();
            builder.try_init().map(|()| changing(move |filter| handle.reload(filter).is_ok()))
        }
    };
    if let Ok(change) = started {
        let _ = CHANGE.set(change);
    }
    Ok(())
}

type Change = Box<dyn Fn(EnvFilter) -> bool + Send + Sync>;

/// Changes the level of the log that this process started: there is one log a process.
static CHANGE: OnceLock<Change> = OnceLock::new();

fn changing(change: impl Fn(EnvFilter) -> bool + Send + Sync + 'static) -> Change {
    Box::new(change)
}

/// Another level from now on.
///
/// # Errors
/// When it can't be read.
pub fn change_level(level: &str) -> Result<(), LevelError> {
    let filter = filter(level)?;
    if let Some(change) = CHANGE.get() {
        change(filter);
    }
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
