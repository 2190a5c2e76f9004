//! The structure of a message (RFC 2045, RFC 5322): ranges of parts, headers and what is derived from them.
