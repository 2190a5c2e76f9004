//! Layer 2, sealing: encrypted bodies, keys, and events as leaves with commitments.
