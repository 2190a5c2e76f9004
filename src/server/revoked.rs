//! Ends what goes on with a certificate that has been revoked: sessions of operators that called us, and connections to
//! operators that wait for their next message.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use crate::mail::Clock;
use crate::net::places::Places;
use crate::net::relay::Waiting;
use crate::trust::Trust;

/// Looks at open sessions whenever trust data was replaced.
pub(super) struct Cutter {
    on: AtomicBool,
    trust: Arc<Trust>,
    clock: Arc<dyn Clock>,
    operators: Arc<Places>,
    waiting: OnceLock<Waiting>,
}

impl Cutter {
    pub(super) fn new(on: bool, trust: Arc<Trust>, clock: Arc<dyn Clock>, operators: Arc<Places>) -> Self {
        Self { on: AtomicBool::new(on), trust, clock, operators, waiting: OnceLock::new() }
    }

    /// Whether sessions are cut.
    pub(super) fn set(&self, on: bool) {
        self.on.store(on, Ordering::Relaxed);
    }

    /// Also looks at these.
    pub(super) fn also(&self, waiting: Waiting) {
        // There is one transport, which is told of once.
        let _ = self.waiting.set(waiting);
    }

    /// Cuts what is to be cut. To be called in the runtime.
    pub(super) fn cut(&self) {
        if !self.on.load(Ordering::Relaxed) {
            return;
        }
        let now = self.clock.now();
        let revoked = |chain: &[Vec<u8>]| self.trust.is_revoked(chain, now);
        let incoming = self.operators.withdraw(revoked);
        let outgoing = self.waiting.get().map_or(0, |waiting| waiting.withdraw(revoked));
        if incoming + outgoing > 0 {
            tracing::warn!(target: "sceau::trust", incoming, outgoing, "sessions of revoked certificates are cut");
            metrics::counter!("sceau_sessions_cut_total").increment((incoming + outgoing) as u64);
        }
    }
}
