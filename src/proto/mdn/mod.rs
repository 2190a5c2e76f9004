//! Message disposition notifications (RFC 8098): what a recipient's software says became of a message, and what this
//! server says in a person's name when that person lets it.
//!
//! Composes bytes from facts and reads facts from bytes; whether one is due, and what one that came is worth, is a
//! flow's decision.

mod compose;
mod read;

pub use compose::{Notice, compose};
pub use read::{Disposition, Mode, read};

/// What became of a message (RFC 8098 §3.2.6.2).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Became {
    /// Somebody saw it, or may have seen it.
    Displayed,
    /// Software took it, nobody saw it.
    Processed,
    /// It was deleted, seen or not.
    Deleted,
    /// It was forwarded.
    Dispatched,
    /// Something else: the recipient's word, lower case.
    Other(String),
}

impl Became {
    fn parse(word: &str) -> Self {
        match word.to_ascii_lowercase().as_str() {
            "displayed" => Self::Displayed,
            "processed" => Self::Processed,
            "deleted" => Self::Deleted,
            "dispatched" => Self::Dispatched,
            other => Self::Other(other.to_owned()),
        }
    }
}

#[cfg(test)]
mod tests;
