//! Layer 2, may they: facts in, verdict out. Pure functions, one file per door.
//!
//! Nothing here looks anything up: the caller brings the facts, so that each rule is a line in a table of tests.

mod intake;
mod submission;

pub use intake::{Recipient, incoming_recipient, incoming_sender};
pub use submission::{Destination, outgoing_recipient, outgoing_sender};
