//! The one integration binary: the laws of the code base, and the server as its users meet it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail by panicking")]
#![allow(
    unreachable_pub,
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "these modules serve each other; a test may say what it skips, and is itself an edge"
)]

mod attest;
mod canary;
mod clamd;
mod cli;
mod conformance;
mod cross;
mod demo;
mod hostile;
mod idp;
mod imap;
mod incidents;
mod kill;
mod kill_relay;
mod kill_server;
mod lab;
mod layers;
mod load;
mod metrics;
mod openssl_pki;
mod operator;
mod outgoing;
mod postfix;
mod powerloss;
mod programs;
mod proof_page;
mod proofs;
mod queue_commands;
mod shape;
mod smtp;
mod source;
mod spec;
mod store_life;
mod tools;
mod transcripts;
mod trust_network;
mod web;
mod witness;
mod xml_signature;
