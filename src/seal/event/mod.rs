//! Events: what happened to a message, each as a leaf of the log. Text that an expert can read and hash by hand.
//!
//! ```text
//! sceau-event/v1 open
//! time 2026-11-22T10:15:03Z
//! envelope 3q2-7wAAAAAAAAAAAAAAAA
//! event 3
//! prev <base64 of the hash of the chain's leaf before>
//! rcpt 1
//! basis imap-seen
//! grade declared
//! level password
//! via imap
//! mailbox <base64 commitment>
//! login <base64 commitment>
//! auth <base64 commitment>
//! ```
//!
//! A leaf holds no personal data: who and what are commitments, whose [openings](Opening) lie elsewhere
//! and can be destroyed. Which fields a kind of event has is one table, [`EventKind::fields`]. This module decides
//! nothing about *when* an event happens (`flows`) and knows no log (`ledger`).

mod commitment;
mod draft;
mod kind;
mod leaf;
mod words;

pub use commitment::{Field, Opening, VALUE_MAX, commitment, message_value, part_value};
pub use draft::{Draft, DraftError};
pub use kind::{EventKind, Fields, Plain};
pub use leaf::{LEAF_MAX, Leaf, LeafError, LeafHash};
pub use words::{Basis, Grade, Level, Via};
