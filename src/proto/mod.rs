//! Layer 1, the conversations: machines that turn bytes into events and answers into bytes, without sockets.
//!
//! Four laws, each a test: however the input is cut, the same events and bytes come out; memory is bounded before and
//! after login; STARTTLS happens only with no input left over, left-over input ends the connection; no input panics.

pub mod dkim;
pub mod dsn;
pub mod imap;
mod machine;
pub mod mdn;
pub mod mime;
pub mod report;
pub mod sasl;
pub mod smtp;

pub use machine::{Machine, Step};
