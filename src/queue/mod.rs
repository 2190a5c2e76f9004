//! Layer 3, what still has to leave: items by due time, retry.
