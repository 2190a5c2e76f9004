//! What an IMAP client can do.

mod view;
