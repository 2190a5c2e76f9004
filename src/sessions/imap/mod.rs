//! What an IMAP client can do.

mod listing;
mod matching;
mod view;
