//! Layer 6, sockets, TLS and time-outs: drives the sessions.
//!
//! [`listener`] accepts within limits, [`connection`] drives one conversation, [`tls`] has `trust` judge certificates
//! in its handshake; [`http`] fetches from those few addresses that the configuration names; [`clamav`] and
//! [`key_records`] ask what the flows want to know of a content, [`tokens`] whether a token of a login is good. What is said in it is the session's business, who may
//! say it is decided in `trust`, `policy` and the flows.

pub mod clamav;
mod compress;
pub mod connection;
pub mod http;
pub mod key_records;
pub mod listener;
pub mod places;
pub mod relay;
pub mod tls;
pub mod tokens;
mod transport;
