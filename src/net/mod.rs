//! Layer 6, sockets, TLS and time-outs: drives the sessions.
//!
//! [`listener`] accepts within limits, [`connection`] drives one conversation. What is said in it is the session's
//! business, who may say it is decided in `trust`, `policy` and the flows.

pub mod connection;
pub mod listener;
pub mod places;
mod transport;
