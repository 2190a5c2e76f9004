//! Layer 3, what still has to leave: items, their index by due time, and the plan of what is tried next.
//!
//! One row per message and one per recipient, in the same tree and the same commits as mailboxes, so that an accepted
//! submission and its queue items appear together. The queue decides *when* something is tried, fair between operators
//! and between senders; what an outcome means is `flows`' matter, and how it travels is `net`'s.
//!
//! | file | what |
//! |---|---|
//! | `item`, `rows` | what is durable |
//! | `slot` | the durable index: domain, due time, recipient, sender, priority |
//! | [`schedule`] | the plan in memory, a pure data structure of bounded size |
//! | `desk` | keeps the plan true to the index, gives out jobs, and keeps administrators and deliveries apart |
//! | `backoff` | when to try again |

mod backoff;
mod desk;
mod item;
mod rows;
pub mod schedule;
mod slot;

pub use backoff::backoff_secs;
pub use desk::{Claim, Desk};
pub use item::{DelayNotice, Item, Message};
pub use rows::{
    change, count, enqueue, finish, for_each_item, item, items_of, items_of_job, message, routes, set_route,
};
pub use slot::{Due, Slot, Tag};
