//! What a server keeps of a password for SCRAM (RFC 5802 §3): enough to verify a proof, not enough to make one.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The keys of one password. Who has them can guess passwords offline and play the server, but cannot sign in.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScramKeys {
    /// Rounds of PBKDF2; RFC 7677 §4 asks for at least 4,096.
    pub iterations: u32,
    /// Fresh for each password.
    pub salt: [u8; 16],
    /// The hash of the key that a client proves to have.
    pub stored_key: [u8; 32],
    /// By which the server proves that it knows the password's keys.
    pub server_key: [u8; 32],
}

impl fmt::Debug for ScramKeys {
    /// Never shows the keys.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScramKeys").field("iterations", &self.iterations).finish_non_exhaustive()
    }
}
