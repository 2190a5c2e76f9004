//! Layer 3, mailboxes: engine, accounts, change log, quota, bodies.

pub mod engine;
