//! `sceau demo`: two operators on this machine, and the life of one message between them, told with its figures.
//!
//! Nothing is simulated: two whole servers listen on loopback, with their own stores and ledgers, a PKI and a signed
//! white list made at run time; the people's mail programs are small but speak over sockets and TLS.

mod client;
mod howto;
mod info;
mod message;
mod story;
mod world;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use tokio::signal::unix::{SignalKind, signal};

use super::terminal::tell;
use super::{Failure, Outcome};
use crate::config::load;
use crate::server::accounts::AccountOrder;
use crate::server::office::{Password, Request};
use crate::server::{Running, Server, control, logging, runtime};
use crate::store::AccountKind;
use world::World;

/// Where both servers write their log.
const LOG: &str = "sceau.log";

#[derive(Args)]
pub(super) struct Arguments {
    #[arg(long, help = "Finit après l'histoire ; code 0 seulement si chaque étape a tenu")]
    once: bool,
    #[arg(long, value_name = "RÉPERTOIRE", help = "Garde les fichiers ici (sinon : répertoire temporaire, effacé)")]
    dir: Option<PathBuf>,
    #[arg(long, value_name = "PORT", help = "Premier port des deux opérateurs (sinon : des ports libres)")]
    ports: Option<u16>,
    #[arg(long, value_name = "FICHIER", help = "Écrit en JSON tout ce qu'il faut pour parler aux deux opérateurs")]
    info: Option<PathBuf>,
}

/// A directory that goes with the demonstration, unless it was asked for.
struct Place {
    path: PathBuf,
    temporary: bool,
}

impl Place {
    fn new(asked: Option<PathBuf>) -> Result<Self, Failure> {
        let temporary = asked.is_none();
        let path = match asked {
            Some(path) => path,
            None => std::env::temp_dir().join(format!("sceau-demo-{}", std::process::id())),
        };
        if path.join("a").exists() {
            return Err(Failure::new(format!("{} sert déjà ; en choisir un autre ou l'effacer", path.display())));
        }
        std::fs::create_dir_all(&path)?;
        Ok(Self { path: path.canonicalize()?, temporary })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if self.temporary {
            // What can't be removed stays in the system's directory for temporary files.
            let _ = std::fs::remove_dir_all(&self.path);
        }
    }
}

pub(super) fn run(arguments: &Arguments) -> Outcome {
    let place = Place::new(arguments.dir.clone())?;
    runtime()?.block_on(demonstrate(arguments, &place.path))
}

async fn demonstrate(arguments: &Arguments, directory: &Path) -> Outcome {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut told = story::Told::begin()?;
    logging::start_in_file(&directory.join(LOG), "info").map_err(|error| Failure::new(error.to_string()))?;
    let world = told.world(directory, arguments.ports)?;
    let running = start(&world, &mut told).await?;
    let held = tokio::select! {
        held = story::tell_all(&mut told, &world, &running) => held,
        _ = interrupt.recv() => Err(Failure::new("interrompu")),
        _ = terminate.recv() => Err(Failure::new("interrompu")),
    };
    if held.is_ok() && !arguments.once {
        if let Some(file) = &arguments.info {
            info::write(&world, file)?;
        }
        howto::tell_how(&world)?;
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        tell("")?;
    } else if let (Ok(()), Some(file)) = (&held, &arguments.info) {
        info::write(&world, file)?;
    }
    let [a, b] = running;
    tokio::join!(a.stop(), b.stop());
    held.map(|()| ExitCode::SUCCESS)
}

/// Starts both operators and makes the people's accounts.
async fn start(world: &World, told: &mut story::Told) -> Result<[Running; 2], Failure> {
    let mut running = Vec::new();
    for operator in &world.operators {
        let config = load(&operator.config_file()).map_err(|problems| Failure::new(problems.to_string()))?;
        world.free_ports(operator);
        let server = Server::start(config).await.map_err(|error| Failure::new(error.to_string()))?;
        for (number, person) in operator.people.iter().enumerate() {
            let request = Request::Account(AccountOrder::Add {
                address: operator.mailbox(number),
                name: person.name.to_owned(),
                kind: AccountKind::Personal,
                password: Some(Password(person.password.to_owned().into())),
            });
            if let control::Reply::Failed(why) = server.office().answer(request).await {
                return Err(Failure::new(why));
            }
        }
        running.push(server);
    }
    for server in &running {
        story::countersigned(server).await?;
    }
    told.started(world)?;
    running.try_into().map_err(|_| Failure::new("il faut deux opérateurs"))
}
