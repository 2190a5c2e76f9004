//! Layer 4, the life of a message: receive, submit, deliver, open, record.
//!
//! Each flow is a struct whose fields are what it depends on, built once in `server`. A flow decides by `policy`,
//! writes through `store` in one commit together with the proof of what it did, and says yes last. What it needs from
//! the network is a trait that it declares here and that `net` implements.

mod blind_copies;
mod trace;
mod transaction;
mod transport;

pub use transaction::{Peer, Transaction};
pub use transport::{Content, Outbound, Outcome, Transport};
