//! IMAP (RFC 9051, RFC 3501) as a machine: bytes to commands, answers to bytes.
