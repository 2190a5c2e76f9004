//! Layer 4, the life of a message: receive, submit, deliver, open, record.
