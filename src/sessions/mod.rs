//! Layer 5, what each peer can do: operator, submission, imap.

pub mod imap;
