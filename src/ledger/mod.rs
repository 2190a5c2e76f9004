//! Layer 3, the append-only log of proofs: tree, checkpoints, proof files, verification.
