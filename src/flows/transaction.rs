//! One mail transaction (RFC 5321 §3.3) as the sessions drive it, whoever the sender is.

use std::future::Future;
use std::net::SocketAddr;

use crate::mail::{Address, EnvelopeId, Fault, RcptParams};

/// Who is at the other end of the connection, for the trace field and the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peer {
    /// The peer's socket address.
    pub address: SocketAddr,
    /// What it called itself in EHLO; claimed, never trusted.
    pub helo: String,
    /// TLS version and cipher suite.
    pub tls: String,
}

/// A message on its way in. Dropping it before [`commit`](Transaction::commit) leaves no trace but garbage to collect.
pub trait Transaction: Send {
    /// Adds a recipient, judged at once, with what was asked for it.
    ///
    /// # Errors
    /// The refusal for this recipient; the transaction goes on.
    fn recipient(&mut self, address: &Address, params: &RcptParams) -> Result<(), Fault>;

    /// The content begins: called once, after the last recipient and before the first bytes.
    ///
    /// # Errors
    /// When the store takes no content now; the peer has sent nothing yet.
    fn begin_content(&mut self) -> impl Future<Output = Result<(), Fault>> + Send;

    /// Takes the next bytes of the content, as they are after the protocol's unstuffing.
    ///
    /// # Errors
    /// Too large, too malformed, or storage failed. The rest of the content is then swallowed by the session, and
    /// this fault is the reply.
    fn write(&mut self, bytes: &[u8]) -> impl Future<Output = Result<(), Fault>> + Send;

    /// Makes the message durable and visible to every recipient of this server, or to none.
    ///
    /// # Errors
    /// Nothing was kept.
    fn commit(self) -> impl Future<Output = Result<EnvelopeId, Fault>> + Send;
}
