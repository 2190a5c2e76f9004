//! Carries a request to the data: through the control socket when a server runs, else by opening the data here.

use std::time::Duration;

use serde::de::DeserializeOwned;

use super::Failure;
use crate::config::Config;
use crate::server::control::{Reply, ask as ask_server};
use crate::server::lock::{DataLock, LockError};
use crate::server::office::{Office, Request};
use crate::server::settings::control_socket;
use crate::server::{edge, open_data, runtime};

/// How often and how long a server that has the lock but no socket yet is waited for: it is starting.
const TRIES: u32 = 50;
const PAUSE: Duration = Duration::from_millis(100);

/// Carries the request out; gives what it asked for.
pub(super) fn ask<T: DeserializeOwned>(config: &Config, request: Request) -> Result<T, Failure> {
    let reply = match DataLock::take(&config.server.data) {
        Ok(lock) => offline(config, request, lock)?,
        Err(LockError::Held { by, .. }) => online(config, &request, &by)?,
        Err(error @ LockError::Io { .. }) => return Err(Failure::new(format!("données inaccessibles : {error}"))),
    };
    match reply {
        Reply::Done(value) => serde_json::from_value(value).map_err(|error| Failure::new(error.to_string())),
        Reply::Failed(why) => Err(Failure::new(why)),
    }
}

/// The same for what only a running server knows.
pub(super) fn ask_running<T: DeserializeOwned>(config: &Config, request: Request) -> Result<T, Failure> {
    match DataLock::take(&config.server.data) {
        Err(LockError::Held { .. }) => ask(config, request),
        _ => Err(Failure::new("aucun serveur ne tourne avec cette configuration ; le démarrer d'abord (sceau serve)")),
    }
}

fn offline(config: &Config, request: Request, lock: DataLock) -> Result<Reply, Failure> {
    runtime()?.block_on(async {
        let data = open_data(config, lock, &edge::system()).await.map_err(|error| Failure::new(error.to_string()))?;
        let office = Office::new(data);
        let reply = office.answer(request).await;
        office.close().await;
        Ok(reply)
    })
}

fn online(config: &Config, request: &Request, by: &str) -> Result<Reply, Failure> {
    let socket = control_socket(config);
    let mut tries = 0;
    loop {
        match ask_server(&socket, request) {
            Ok(reply) => return Ok(reply),
            Err(error) if tries == TRIES => {
                return Err(Failure::new(format!(
                    "le processus {by} tient les données, mais ne répond pas ({error}) ; \
                     attendre la fin de son démarrage, ou l'arrêter"
                )));
            }
            Err(_) => {
                tries += 1;
                std::thread::sleep(PAUSE);
            }
        }
    }
}
