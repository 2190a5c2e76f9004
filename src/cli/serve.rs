//! `sceau serve`: the server, in the foreground, until a signal.

use std::process::ExitCode;

use tokio::signal::unix::{SignalKind, signal};

use super::{ConfigFile, Failure, Outcome};
use crate::config::Config;
use crate::mail::{PROVES, WITHOUT_PROOFS};
use crate::server::{Server, logging, notify, runtime};

pub(super) fn run(file: &ConfigFile) -> Outcome {
    refuse_without_proofs()?;
    let config = file.load()?;
    logging::start(&config.log).map_err(|error| Failure::new(error.to_string()))?;
    runtime()?.block_on(serve(config, file))
}

/// A build that proves nothing takes no mail but a benchmark's.
fn refuse_without_proofs() -> Result<(), Failure> {
    if PROVES || std::env::var_os(WITHOUT_PROOFS).is_some() {
        return Ok(());
    }
    Err(Failure::new(
        "ce programme ne prouve rien : il a été compilé pour mesurer ce que coûtent les preuves. Installez l'autre.",
    ))
}

async fn serve(config: Config, file: &ConfigFile) -> Outcome {
    // Listened to first: a signal during a long start must not be lost.
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut hang_up = signal(SignalKind::hangup())?;
    let running = Server::start(config).await.map_err(|error| Failure::new(error.to_string()))?;
    running.watch(file.config.clone());
    notify::ready(&running.addresses().to_string());
    loop {
        tokio::select! {
            _ = terminate.recv() => break,
            _ = interrupt.recv() => break,
            _ = hang_up.recv() => running.reread(),
        }
    }
    notify::stopping();
    running.stop().await;
    Ok(ExitCode::SUCCESS)
}
