//! Layer 6, sockets, TLS and time-outs: drives the sessions.
