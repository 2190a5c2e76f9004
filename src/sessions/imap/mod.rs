//! What an IMAP client can do.
