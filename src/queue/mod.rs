//! Layer 3, what still has to leave: items by due time, retry.
//!
//! One row per message and one per recipient, in the same tree and the same commits as mailboxes, so that an accepted
//! submission and its queue items appear together. The queue decides when something is tried; *what* an outcome means
//! is `flows`' matter, and how it travels is `net`'s.

mod backoff;
mod item;
mod rows;

pub use backoff::backoff_secs;
pub use item::{DelayNotice, Item, ItemId, Message};
pub use rows::{count, due, enqueue, finish, items, message, next_due, reschedule};
