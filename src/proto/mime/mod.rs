//! The structure of a message (RFC 2045, RFC 5322): where its parts lie, what its headers say, and the text in them.
//!
//! [`Walker`] takes a message as it streams by and gives a [`Structure`]: byte ranges, types, envelopes of embedded
//! messages, digests of what people will save as files. [`Section`] finds what IMAP asks for in it; [`decode`] gives
//! text to search in. Not for composing messages.

mod address_list;
mod charset;
mod content;
pub mod decode;
mod digest;
pub mod envelope;
pub mod header;
pub mod parameters;
pub mod section;
pub mod structure;
pub mod transfer;
mod tree;
pub mod walker;

pub use address_list::{Entry, addresses, first_entry};
pub use decode::header_text;
pub use envelope::Envelope;
pub use header::Headers;
pub use parameters::{Parameter, Parameters};
pub use section::Section;
pub use structure::{ContentType, Disposition, Limits, Part, Structure};
pub use walker::{Walker, walk};

#[cfg(test)]
mod tests;
