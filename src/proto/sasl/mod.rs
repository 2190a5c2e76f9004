//! SASL (RFC 4422) exchanges as machines, shared by IMAP and submission.
