//! Layer 7, composition: builds the parts, starts the tasks, stops them.
//!
//! [`Server::start`] is where every flow gets its dependencies; nothing is global. An administrator's requests meet in
//! the [`office`], whether they come through the [`control`] socket or from a command that opens the data itself.

use std::io;

mod data;
mod doors;
mod identities;
mod incidents;
mod live;
mod ocsp;
mod operators;
mod ports;
mod proofs;
mod reload;
mod revoked;
mod running;
mod tasks;
mod tide;
mod tokens;

pub mod accounts;
pub mod control;
pub mod counter;
pub mod destroy;
pub mod edge;
pub mod evidence;
pub mod examine;
pub mod fetching;
pub mod lock;
pub mod logging;
pub mod metrics;
pub mod notify;
pub mod office;
pub mod refusals;
pub mod settings;
pub mod signing;
pub mod stats;
pub mod web;

pub use data::{Data, StartError, proofs_policy, witness_key};
pub use ports::Addresses;
pub use running::{Running, Server, open_data};

/// The runtime of a server or a command.
///
/// # Errors
/// When the operating system gives no threads.
pub fn runtime() -> io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()
}
