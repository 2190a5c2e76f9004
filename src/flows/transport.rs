//! What the delivery flow needs from the network: hand one message to one other operator.

use std::future::Future;
use std::sync::Arc;

use crate::mail::{Address, Domain, EnvelopeId, Fault, RcptParams, ReversePath, Wishes};
use crate::trust::VerifiedOperator;

/// The bytes of a message, read piece by piece: trace fields first, then the sealed body.
pub trait Content: Send {
    /// The next piece, of 64 KiB and, at the beginning, the trace fields at most; none at the end.
    ///
    /// # Errors
    /// When the store can't give it: the transfer is broken off, never ended as if complete.
    fn next_piece(&mut self) -> Result<Option<Vec<u8>>, Fault>;

    /// Begins anew: the connection was gone before the peer answered anything.
    fn rewind(&mut self);
}

/// One message for recipients in one domain.
pub struct Outbound {
    /// The recipients' domain: the peer's certificate must be listed for it.
    pub domain: Domain,
    /// Our id of the envelope, for the log and ENVID.
    pub envelope: EnvelopeId,
    /// Where reports go.
    pub reverse_path: ReversePath,
    /// At least one.
    pub recipients: Vec<Address>,
    /// What was asked for each of them, in their order.
    pub params: Vec<RcptParams>,
    /// What was asked for the message.
    pub wishes: Wishes,
    /// Octets of the content, for SIZE.
    pub size: u64,
    /// Whether the content or an address needs SMTPUTF8.
    pub utf8: bool,
    /// Whether the content has octets above 127.
    pub eight_bit: bool,
    /// The content.
    pub content: Box<dyn Content>,
}

/// What became of one recipient.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// The peer took responsibility.
    Relayed {
        /// The operator that the certificate proved.
        peer: Arc<VerifiedOperator>,
        /// Its reply to the end of the content.
        reply: String,
        /// Whether it offers DSN, and so sends the sender the notices that were asked for (RFC 3461 §5.2.1).
        reports: bool,
    },
    /// Not now: to be tried again.
    Deferred {
        /// The peer's reply, or why there was none. For the log, the queue's display and the delay notice.
        reason: String,
    },
    /// Not now, and no server of the domain answered for the message: what else is queued for it need not be tried.
    Unreached {
        /// Why.
        reason: String,
    },
    /// Never: the peer refused for good.
    Failed {
        /// The peer's reply.
        reply: String,
    },
}

/// Hands messages to other operators over SMTP with mutual TLS.
pub trait Transport: Send + Sync {
    /// Tries once; gives one outcome per recipient, in their order. Never falls back to clear text or to a host
    /// whose certificate is not listed for the domain.
    fn deliver(&self, message: Outbound) -> impl Future<Output = Vec<Outcome>> + Send;
}
