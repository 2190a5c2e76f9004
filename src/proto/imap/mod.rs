//! IMAP (RFC 9051, RFC 3501) as a machine: bytes to commands, answers to bytes.
//!
//! [`server`] cuts the input into commands within limits, [`table`] says which commands exist, when, and how they are
//! read; [`response`] writes. What a command does is `sessions/imap`'s matter.

pub mod acl;
mod append;
mod args;
mod assembler;
pub mod command;
mod date;
pub mod fetch;
pub mod filter;
pub mod flags;
pub mod list;
pub mod metadata;
pub mod multisearch;
pub mod name;
pub mod notify;
pub mod response;
pub mod resync;
pub mod returns;
pub mod search;
pub mod sequence;
pub mod server;
pub mod sort;
pub mod subject;
pub mod table;
pub mod url;
pub mod utf7;

pub use args::NESTING_MAX;

pub mod render_bodystructure;
pub mod render_envelope;
pub mod render_string;
