//! Sceau: an MSSanté mail operator in one binary.

pub mod cli;
pub mod config;
pub mod flows;
pub mod ledger;
pub mod mail;
pub mod net;
pub mod policy;
pub mod proto;
pub mod queue;
pub mod seal;
pub mod server;
pub mod sessions;
pub mod store;
pub mod trust;
