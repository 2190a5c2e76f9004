//! Layer 2, may they: facts in, verdict out. Pure functions.
