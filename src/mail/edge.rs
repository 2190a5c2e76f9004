//! What comes in from the edge: time and chance. Implemented for the real machine in `server`, by hand in tests.

use std::sync::Arc;

use super::Time;

/// Tells the time. Its steps backwards are the operating system's; callers that need an order use sequence numbers.
pub trait Clock: Send + Sync {
    /// The present time, UTC, in milliseconds.
    fn now(&self) -> Time;
}

/// Gives bytes that nobody can guess.
pub trait Chance: Send + Sync {
    /// Fills the whole buffer with cryptographically strong random bytes.
    fn fill(&self, buffer: &mut [u8]);
}

/// Time and chance together, as most constructors take them.
#[derive(Clone)]
pub struct Edge {
    /// Where the time comes from.
    pub clock: Arc<dyn Clock>,
    /// Where randomness comes from.
    pub chance: Arc<dyn Chance>,
}

impl Edge {
    /// The present time.
    #[must_use]
    pub fn now(&self) -> Time {
        self.clock.now()
    }

    /// `N` fresh random bytes.
    #[must_use]
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.chance.fill(&mut bytes);
        bytes
    }
}

impl std::fmt::Debug for Edge {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Edge")
    }
}
