//! Receipts: what senders are told of their messages, and what others' servers and software tell us of ours.
//!
//! | file | what |
//! |---|---|
//! | `debt` | what is owed to whom, committed with the fact |
//! | `pay` | a debt becomes a report with its proofs, delivered here or queued for another operator |
//! | `claims` | a report that comes in is tied to the message it speaks of, and becomes an event of its chain |
//! | `peer_proof` | other operators' own proofs of messages of ours |
//! | `reading` | whether an opening is answered by a notification |
//! | `state` | from a recipient's events to one word: how far it has come |

mod claims;
pub(super) mod debt;
mod pay;
mod peer_proof;
mod reading;
mod state;

pub(super) use claims::{Claim, Head, Teller, claims};
pub use pay::{Receipts, ReceiptsSettings};
pub(super) use peer_proof::{is_return, kept};
pub use reading::ReadingPolicy;
pub(super) use reading::Wanted;
pub use state::{Fact, Stage, State, Word, fact, state};
