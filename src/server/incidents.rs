//! Facts about the operator as the server learns them: what a start finds, a clock that is set, a store that stops
//! writing. What the store can't record when it happens is noted in a file and recorded at the next start.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::task::spawn_blocking;
use tokio::time::{MissedTickBehavior, interval};

use super::data::{Data, StartError};
use super::edge::Stopwatch;
use super::settings;
use super::tide::{Tide, TideMark};
use crate::config::Config;
use crate::disk;
use crate::flows::{ClockWatch, Facts, Incident, Recorder};
use crate::mail::Fault;
use crate::store::Store;

/// How often the clocks are compared, and whether the store still writes is looked at.
const EVERY: Duration = Duration::from_secs(10);
/// Octets of the file of notes: some hundred words.
const NOTES_MAX: u64 = 64 * 1024;

/// Incidents that wait for the next start.
pub(super) struct Notes(PathBuf);

impl Notes {
    pub(super) fn of(data: &Path) -> Self {
        Self(data.join("incidents"))
    }

    /// Notes an incident, durably; one that is noted already is not noted again.
    pub(super) fn note(&self, incident: Incident) -> io::Result<()> {
        if self.read().contains(&incident) {
            return Ok(());
        }
        let mut file = OpenOptions::new().append(true).create(true).mode(0o600).open(&self.0)?;
        writeln!(file, "{}", incident.code())?;
        file.sync_all()?;
        self.0.parent().map_or(Ok(()), disk::sync_directory)
    }

    /// What is noted; a torn line is none.
    pub(super) fn read(&self) -> Vec<Incident> {
        let small = fs::metadata(&self.0).is_ok_and(|file| file.len() <= NOTES_MAX);
        let text = if small { fs::read_to_string(&self.0).unwrap_or_default() } else { String::new() };
        text.lines().filter_map(Incident::parse).collect()
    }

    fn clear(&self) -> io::Result<()> {
        match fs::remove_file(&self.0) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => self.0.parent().map_or(Ok(()), disk::sync_directory),
        }
    }
}

/// Notes what opening the data found, for the next server to record: it may be a command that opens them, and what it
/// mends is mended.
pub(super) fn note_opening(
    config: &Config,
    (store, recorder): (&Store, &Recorder),
) -> Result<(Notes, TideMark), StartError> {
    let (notes, mark) = (Notes::of(&config.server.data), TideMark::of(settings::vault(config).directory()));
    let tide = Tide::now(store, recorder).map_err(StartError::new)?;
    let found = [
        (store.was_mended(), Incident::StoreRecovered),
        (recorder.was_recovered(), Incident::LedgerRecovered),
        (mark.read().is_some_and(|mark| tide.is_behind(&mark)), Incident::Restored),
    ];
    let noted = found.iter().filter(|(found, _)| *found).try_for_each(|(_, incident)| notes.note(*incident));
    let noted = noted.and_then(|()| mark.note(&tide));
    noted.map_err(|error| StartError::new(format!("incidents : {error}")))?;
    Ok((notes, mark))
}

/// Notes how far the data have come. Waits for the disk.
pub(super) fn note_tide(data: &Data) {
    let tide = Tide::now(&data.store, &data.recorder).map(|tide| data.tide.note(&tide));
    match tide {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::error!(target: "sceau::server", %error, "the tide mark can't be made"),
        Err(fault) => tracing::error!(target: "sceau::server", %fault, "the tide mark can't be made"),
    }
}

/// Records what this start found, and finishes erasures that a stop interrupted.
pub(super) async fn tell_start(data: &Data) {
    let told = async {
        data.store.finish_erasures().await?;
        record_start(data).await
    };
    if let Err(fault) = told.await {
        tracing::error!(target: "sceau::server", %fault, "what this start found could not be recorded");
    }
}

async fn record_start(data: &Data) -> Result<(), Fault> {
    let facts = Facts::new(Arc::clone(&data.store));
    for incident in data.notes.read() {
        tracing::warn!(target: "sceau::server", code = incident.code(), "incident");
        facts.incident(incident).await?;
    }
    // Recorded above: a kill before this line makes it stand twice, which is no lie.
    if let Err(error) = data.notes.clear() {
        tracing::warn!(target: "sceau::server", %error, "noted incidents will be recorded again");
    }
    match ClockWatch::at_start(data.edge.now(), data.recorder.newest()) {
        Some(offset) => tell_clock(&facts, offset).await,
        None => Ok(()),
    }
}

/// Compares the clocks and looks whether the store still writes, for ever.
pub(super) async fn watch(data: Arc<Data>) {
    let facts = Facts::new(Arc::clone(&data.store));
    let steady = Stopwatch::start();
    let mut clock = ClockWatch::new(data.edge.now(), steady.elapsed());
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        if let Some(offset) = clock.look(data.edge.now(), steady.elapsed())
            && let Err(fault) = tell_clock(&facts, offset).await
        {
            tracing::error!(target: "sceau::server", %fault, "that the clock was set could not be recorded");
        }
        if data.store.is_read_only()
            && let Err(error) = data.notes.note(Incident::StoreReadOnly)
        {
            tracing::error!(target: "sceau::server", %error, "the incident can't be noted for the next start");
        }
        let noting = Arc::clone(&data);
        if let Err(error) = spawn_blocking(move || note_tide(&noting)).await {
            tracing::error!(target: "sceau::server", %error, "the tide mark can't be made: this is a bug of Sceau");
        }
    }
}

async fn tell_clock(facts: &Facts, offset: i64) -> Result<(), Fault> {
    tracing::warn!(target: "sceau::server", offset_ms = offset, "the clock was set");
    facts.clock(offset).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_noted_is_read_once_each_and_cleared() {
        let dir = tempfile::tempdir().unwrap();
        let notes = Notes::of(dir.path());
        assert!(notes.read().is_empty());
        notes.clear().unwrap();
        for incident in [Incident::StoreReadOnly, Incident::Salvage, Incident::StoreReadOnly] {
            notes.note(incident).unwrap();
        }
        let mut file = OpenOptions::new().append(true).open(dir.path().join("incidents")).unwrap();
        file.write_all(b"torn-or-from-an").unwrap();
        assert_eq!(notes.read(), [Incident::StoreReadOnly, Incident::Salvage]);
        notes.clear().unwrap();
        assert!(notes.read().is_empty());
    }
}
