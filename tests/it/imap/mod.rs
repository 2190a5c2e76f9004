//! IMAP sessions as a whole: over a store in memory, with a clock that tests advance, and read by an implementation
//! that is not ours.

mod model;
mod notify;
mod openings;
mod oracle;
mod rights;
mod shared;
pub mod world;
