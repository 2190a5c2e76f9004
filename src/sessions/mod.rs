//! Layer 5, what each peer can do: operator, submission, imap.
//!
//! A [`Session`] couples one protocol machine with the flows that carry out what the peer asks. It never sees a
//! socket, a certificate check or a task: `net` feeds it the peer's bytes, asks it to [`advance`](Session::advance)
//! and carries its [`Output`] away. So a test drives a whole conversation with two byte strings.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use crate::proto::sasl::Bindings;

pub mod imap;
pub mod operator;
pub mod rates;
pub mod sign_in;
pub mod smtp;
pub mod submission;

/// What a session wants next, after it has done all that it could.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Want {
    /// More bytes from the peer.
    Input,
    /// The output leaves, then the TLS handshake begins. Bytes that came after the command are an injection attempt
    /// and end the connection.
    StartTls,
    /// The output leaves, then everything is compressed (RFC 4978).
    Compress,
    /// The output leaves, then the connection ends.
    Close,
}

/// The least that a peer must bring: a silence is bounded by [`Session::patience`], but one octet in each would hold a
/// connection for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// Octets.
    pub octets: u64,
    /// In each such span of our waiting; what we do ourselves in between does not count.
    pub within: Duration,
}

/// What the TLS handshake established.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TlsFacts {
    /// `TLSv1.2` or `TLSv1.3`.
    pub version: &'static str,
    /// The cipher suite by its IANA name, for the `Received:` field and the log.
    pub cipher: String,
    /// The peer's certificates, DER, leaf first, as the verifier of `net::tls` accepted them. Empty when none was
    /// asked for or given.
    pub certificates: Vec<Vec<u8>>,
    /// The name that the client asked for (SNI), without a trailing dot.
    pub server_name: Option<String>,
    /// What a login can be bound to.
    pub bindings: Box<Bindings>,
}

/// One conversation with one peer, driven by `net::connection`.
///
/// The driver calls [`receive`](Self::receive), then [`advance`](Self::advance), then acts on the [`Want`]; and again.
pub trait Session: Send {
    /// Takes bytes from the peer, cut anywhere. Keeps no more of them than the protocol's limits allow.
    fn receive(&mut self, bytes: &[u8]);

    /// Does all that can be done with what was received, writing to `out`. Calls [`Output::flush_if_large`] whenever
    /// it writes much, so that a slow peer slows the session instead of filling memory. Called once with nothing
    /// received, to greet.
    fn advance(&mut self, out: &mut Output) -> impl Future<Output = Want> + Send;

    /// TLS is in place: whatever was known of the peer before is forgotten (RFC 3207 §4.2). On ports with implicit
    /// TLS this is the first call.
    fn secured(&mut self, facts: TlsFacts);

    /// Resolves when there is something to say unasked, and stays pending otherwise. Dropped and called again at
    /// will, so it must be cancel-safe. [`advance`](Self::advance) follows.
    fn wake(&mut self) -> impl Future<Output = ()> + Send {
        std::future::pending()
    }

    /// How long to wait for input from now on.
    fn patience(&self) -> Duration;

    /// How fast the peer must bring what it is bringing now; none when it may take its time.
    fn pace(&self) -> Option<Pace> {
        None
    }

    /// The peer was slower than [`pace`](Self::pace): say so. The connection ends once this has left.
    fn too_slow(&mut self, out: &mut Output) {
        self.timed_out(out);
    }

    /// The peer was silent for longer than [`patience`](Self::patience): say so (421, `* BYE`). The connection ends
    /// once this has left.
    fn timed_out(&mut self, out: &mut Output);

    /// The server is going down: say so (421, `* BYE`). The connection ends once this has left.
    fn shut_down(&mut self, out: &mut Output) {
        self.timed_out(out);
    }

    /// The peer's certificate is not accepted any longer: say so. The connection ends once this has left.
    fn withdrawn(&mut self, out: &mut Output) {
        self.shut_down(out);
    }

    /// Whether the peer has proved who it is: an operator by its certificate, a person by a login. Until then its
    /// time is short, and it is the first to leave when the server is full.
    fn authenticated(&self) -> bool;
}

/// The peer can't be written to any more: it left, or took nothing for too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gone;

impl fmt::Display for Gone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the peer is gone")
    }
}

impl std::error::Error for Gone {}

/// Where an [`Output`] is flushed to.
pub trait Sink: Send {
    /// Writes all the bytes; resolves when the transport has taken them.
    fn write<'a>(&'a mut self, bytes: &'a [u8]) -> Pin<Box<dyn Future<Output = Result<(), Gone>> + Send + 'a>>;
}

/// Bytes on their way to the peer: a buffer, and the sink that empties it.
pub struct Output {
    buffer: Vec<u8>,
    sink: Option<Box<dyn Sink>>,
    gone: bool,
}

impl Output {
    /// From this many bytes on a buffer counts as large.
    pub const LARGE: usize = 64 * 1024;

    /// Bytes of an empty buffer that an idle connection keeps.
    const KEPT: usize = 4096;

    /// An output that `net` carries away.
    #[must_use]
    pub fn new(sink: Box<dyn Sink>) -> Self {
        Self { buffer: Vec::new(), sink: Some(sink), gone: false }
    }

    /// An output that keeps everything until it is taken: for tests and benchmarks.
    #[must_use]
    pub fn memory() -> Self {
        Self { buffer: Vec::new(), sink: None, gone: false }
    }

    /// Adds bytes. After the peer has gone they are dropped.
    pub fn extend(&mut self, bytes: &[u8]) {
        if !self.gone {
            self.buffer.extend_from_slice(bytes);
        }
    }

    /// Bytes that wait.
    #[must_use]
    pub fn len(&self) -> usize {
        self.buffer.len()
    }

    /// Whether nothing waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.buffer.is_empty()
    }

    /// Takes what waits.
    pub fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.buffer)
    }

    /// Waits until everything has left.
    ///
    /// # Errors
    /// [`Gone`], from then on for ever: the session should stop what it does for this peer.
    pub async fn flush(&mut self) -> Result<(), Gone> {
        if self.gone {
            return Err(Gone);
        }
        let Some(sink) = &mut self.sink else { return Ok(()) };
        if self.buffer.is_empty() {
            return Ok(());
        }
        let result = sink.write(&self.buffer).await;
        self.buffer.clear();
        self.gone = result.is_err();
        result
    }

    /// Gives the memory of a large buffer back: thousands of idle connections would each keep one.
    pub fn release(&mut self) {
        if self.buffer.is_empty() && self.buffer.capacity() > Self::KEPT {
            self.buffer = Vec::new();
        }
    }

    /// [`flush`](Self::flush) when [`LARGE`](Self::LARGE) bytes or more wait.
    ///
    /// # Errors
    /// As [`flush`](Self::flush).
    pub async fn flush_if_large(&mut self) -> Result<(), Gone> {
        if self.buffer.len() >= Self::LARGE { self.flush().await } else { Ok(()) }
    }
}

impl fmt::Debug for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Output").field("len", &self.buffer.len()).field("gone", &self.gone).finish_non_exhaustive()
    }
}
