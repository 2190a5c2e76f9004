//! The one driver of all sessions: reads, lets the session advance, writes, starts TLS, waits, ends.
//!
//! What it guards, so that no session has to: a peer that is silent, one that takes nothing, one that never says who
//! it is, bytes before a TLS handshake, and the server's own end.

use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use std::{fmt, io};

use rustls::ServerConfig;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until, timeout};

use super::transport::{Stream, Transport, TransportSink};
use crate::sessions::{Output, Pace, Session, TlsFacts, Want};

/// TLS for one port.
pub trait TlsPort: Send + Sync {
    /// Begins a handshake with this peer; certificates may be renewed between two calls.
    fn handshake(&self, peer: SocketAddr) -> Box<dyn Handshake>;
}

/// TLS for one handshake: its configuration, and an ear for its failure, so that what the verifier found out about the
/// peer's certificate can be told with the failure.
pub trait Handshake: Send + Sync {
    /// The configuration of this handshake.
    fn config(&self) -> Arc<ServerConfig>;

    /// The channel binding `tls-server-end-point` of the certificate that this handshake shows, if it has one.
    fn server_end_point(&self) -> Option<Vec<u8>> {
        None
    }

    /// The handshake failed. Writes the log line.
    fn failed(&self, error: &io::Error);

    /// Waits for what must be known of the peer before its session judges what the handshake established.
    fn settled<'a>(&'a self, _facts: &'a TlsFacts) -> Pin<Box<dyn Future<Output = ()> + Send + 'a>> {
        Box::pin(std::future::ready(()))
    }
}

/// How the conversation starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// In clear text, with STARTTLS where the session asks for it.
    Plain,
    /// With the TLS handshake.
    // [rfc8314#3]
    Tls,
}

/// How long a peer may let us wait. The session's own [`Session::patience`] governs the silence between commands.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// For a TLS handshake, as a whole.
    pub handshake: Duration,
    /// For a write that makes no progress.
    pub write: Duration,
    /// From the start until the session is authenticated, however busy the peer is.
    pub anonymous: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { handshake: Duration::from_secs(30), write: Duration::from_secs(60), anonymous: Duration::from_secs(180) }
    }
}

/// Why a connection must end though neither side of the conversation wants it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notice {
    /// Go on.
    None,
    /// The server goes down.
    ShutDown,
    /// Somebody else needs the place.
    MakeRoom,
    /// The peer's certificate was revoked.
    Withdrawn,
}

/// How a connection ended, for the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    /// The session closed it.
    Done,
    /// The peer closed it, or the network did.
    PeerLeft,
    /// The peer was silent for too long.
    Silent,
    /// The peer brought too little in too long.
    Slow,
    /// The peer did not say who it is in time.
    Anonymous,
    /// The peer took nothing for too long, or was gone when it was written to.
    Gone,
    /// The handshake failed; its [`Handshake::failed`] was told why.
    NoTls,
    /// The peer sent clear text after STARTTLS.
    Injection,
    /// The server goes down.
    ShutDown,
    /// Somebody else needed the place.
    MadeRoom,
    /// The peer's certificate was revoked.
    Withdrawn,
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Done => "done",
            Self::PeerLeft => "peer left",
            Self::Silent => "silent for too long",
            Self::Slow => "too slow",
            Self::Anonymous => "not authenticated in time",
            Self::Gone => "takes nothing",
            Self::NoTls => "TLS handshake failed",
            Self::Injection => "clear text after STARTTLS",
            Self::ShutDown => "server goes down",
            Self::MadeRoom => "made room for another",
            Self::Withdrawn => "its certificate was revoked",
        })
    }
}

/// What a connection needs besides its session and its stream.
pub struct Surroundings {
    /// The other end.
    pub peer: SocketAddr,
    /// How the conversation starts.
    pub start: Start,
    /// TLS, on every port that offers it.
    pub tls: Option<Arc<dyn TlsPort>>,
    /// How long the peer may let us wait.
    pub patience: Patience,
    /// Tells when to end.
    pub notice: watch::Receiver<Notice>,
    /// Called after each handshake, before the session judges what it established.
    pub secured: Box<dyn Fn(&TlsFacts) + Send>,
    /// Called once, when the session is authenticated.
    pub authenticated: Box<dyn FnOnce() + Send>,
}

/// Drives a conversation from its first byte to its last.
pub async fn drive<S: Session, T: Stream>(session: S, stream: T, surroundings: Surroundings) -> Ended {
    let Surroundings { peer, start, tls, patience, notice, secured, authenticated } = surroundings;
    let transport = Transport::plain(stream);
    let sink = TransportSink { transport: transport.clone(), patience: patience.write };
    let mut connection = Connection {
        session,
        out: Output::new(Box::new(sink)),
        transport,
        input: Vec::new(),
        peer,
        tls,
        patience,
        notice,
        secured,
        authenticated: Some(authenticated),
        must_authenticate_by: now() + patience.anonymous,
        quiet_since: None,
        brought: Brought::default(),
    };
    let ended = connection.run(start).await.unwrap_or_else(|ended| ended);
    connection.transport.close().await;
    ended
}

struct Connection<S, T> {
    session: S,
    out: Output,
    transport: Transport<T>,
    input: Vec<u8>,
    peer: SocketAddr,
    tls: Option<Arc<dyn TlsPort>>,
    patience: Patience,
    notice: watch::Receiver<Notice>,
    secured: Box<dyn Fn(&TlsFacts) + Send>,
    authenticated: Option<Box<dyn FnOnce() + Send>>,
    must_authenticate_by: Instant,
    /// Since when the peer has the floor; unset while it is being answered.
    quiet_since: Option<Instant>,
    brought: Brought,
}

/// What the peer has brought in the present span of its pace.
#[derive(Default)]
struct Brought {
    octets: u64,
    waited: Duration,
}

/// What ended a wait.
enum Heard {
    /// `input` holds what came.
    Bytes,
    /// The session has something to say.
    Wake,
    /// The peer closed, or the network failed.
    End,
    /// Nothing came for as long as the session wants to wait.
    Silence,
    /// The span of the peer's pace is over.
    Span,
    /// Too little came in it.
    Slow,
    /// The time to authenticate is over.
    Overdue,
    /// The connection must end.
    Notice(Notice),
}

impl<S: Session, T: Stream> Connection<S, T> {
    /// `Ok` and `Err` both say how it ended; `Err` leaves at once through `?`.
    async fn run(&mut self, start: Start) -> Result<Ended, Ended> {
        if start == Start::Tls {
            self.start_tls().await?;
        }
        loop {
            match self.advance().await? {
                Want::Close => return Ok(Ended::Done),
                // Inside TLS the session is asked whether it speaks first, before anything is read.
                Want::StartTls => self.start_tls().await?,
                Want::Compress => self.transport.compress(),
                Want::Input => match self.listen().await {
                    Heard::Bytes => {
                        self.session.receive(&self.input);
                        self.quiet_since = None;
                    }
                    Heard::Wake | Heard::Span => {}
                    Heard::Slow => return self.end_slow().await,
                    Heard::End => return Ok(Ended::PeerLeft),
                    Heard::Silence => return self.end_silent(Ended::Silent).await,
                    Heard::Overdue => return self.end_silent(Ended::Anonymous).await,
                    Heard::Notice(notice) => return self.end_on_notice(notice).await,
                },
            }
        }
    }

    /// Lets the session do what it can, and carries away what it wrote.
    async fn advance(&mut self) -> Result<Want, Ended> {
        let want = self.session.advance(&mut self.out).await;
        if want == Want::StartTls && self.transport.has_input().await {
            // Whoever is in the middle could have put it there; it must never count as said inside TLS.
            // [rfc3207#4.2] (CVE-2011-0411)
            return Err(Ended::Injection);
        }
        self.flush().await?;
        if self.session.authenticated()
            && let Some(tell) = self.authenticated.take()
        {
            tell();
        }
        Ok(want)
    }

    async fn listen(&mut self) -> Heard {
        // What waits for hours must not hold the memory of its busiest moment.
        self.out.release();
        self.transport.rest();
        self.input = Vec::new();
        let pace = self.session.pace();
        if self.is_too_slow(pace) {
            return Heard::Slow;
        }
        let began = now();
        let heard = self.hear(pace.map(|pace| began + pace.within.saturating_sub(self.brought.waited))).await;
        if pace.is_some() {
            self.brought.waited += now() - began;
            self.brought.octets += self.input.len() as u64;
        }
        heard
    }

    /// Judges the span that is over, and begins the next.
    fn is_too_slow(&mut self, pace: Option<Pace>) -> bool {
        let over = pace.is_none_or(|pace| self.brought.waited >= pace.within);
        let slow = over && pace.is_some_and(|pace| self.brought.octets < pace.octets);
        if over {
            self.brought = Brought::default();
        }
        slow
    }

    /// Waits for what happens first; `span` is the end of the present span of the peer's pace.
    async fn hear(&mut self, span: Option<Instant>) -> Heard {
        // Silence is counted from our last answer: what the session says unasked does not lengthen it.
        let silence = *self.quiet_since.get_or_insert_with(now) + self.session.patience();
        let overdue = self.must_authenticate_by;
        let anonymous = self.authenticated.is_some();
        tokio::select! {
            biased;
            notice = told(&mut self.notice) => Heard::Notice(notice),
            () = sleep_until(overdue), if anonymous => Heard::Overdue,
            () = sleep_until(span.unwrap_or(overdue)), if span.is_some() => Heard::Span,
            read = self.transport.read(&mut self.input) => match read {
                Ok(()) if !self.input.is_empty() => Heard::Bytes,
                _ => Heard::End,
            },
            () = self.session.wake() => Heard::Wake,
            () = sleep_until(silence) => Heard::Silence,
        }
    }

    async fn flush(&mut self) -> Result<(), Ended> {
        self.out.flush().await.map_err(|_| Ended::Gone)
    }

    async fn start_tls(&mut self) -> Result<(), Ended> {
        let Some(tls) = &self.tls else {
            tracing::error!(target: "sceau::net", "a session asked for TLS on a port without it");
            return Err(Ended::NoTls);
        };
        let handshake = tls.handshake(self.peer);
        match timeout(self.patience.handshake, self.transport.accept_tls(handshake.config())).await {
            Ok(Ok(mut facts)) => {
                facts.bindings.server_end_point = handshake.server_end_point();
                log_tls(self.peer, &facts);
                handshake.settled(&facts).await;
                (self.secured)(&facts);
                self.session.secured(facts);
                self.quiet_since = None;
                Ok(())
            }
            Ok(Err(error)) => {
                handshake.failed(&error);
                Err(Ended::NoTls)
            }
            Err(_) => {
                handshake.failed(&io::Error::new(io::ErrorKind::TimedOut, "the handshake took too long"));
                Err(Ended::NoTls)
            }
        }
    }

    async fn end_silent(&mut self, ended: Ended) -> Result<Ended, Ended> {
        self.session.timed_out(&mut self.out);
        self.flush().await?;
        Ok(ended)
    }

    async fn end_slow(&mut self) -> Result<Ended, Ended> {
        self.session.too_slow(&mut self.out);
        self.flush().await?;
        Ok(Ended::Slow)
    }

    async fn end_on_notice(&mut self, notice: Notice) -> Result<Ended, Ended> {
        match notice {
            Notice::Withdrawn => self.session.withdrawn(&mut self.out),
            _ => self.session.shut_down(&mut self.out),
        }
        self.flush().await?;
        Ok(match notice {
            Notice::Withdrawn => Ended::Withdrawn,
            Notice::MakeRoom => Ended::MadeRoom,
            Notice::ShutDown | Notice::None => Ended::ShutDown,
        })
    }
}

fn log_tls(peer: SocketAddr, facts: &TlsFacts) {
    let TlsFacts { version, cipher, certificates, .. } = facts;
    tracing::debug!(target: "sceau::net", %peer, version, cipher, certificates = certificates.len(), "TLS");
}

/// Resolves with a notice to end. When the sender is dropped the server is gone, which is a notice too.
pub(super) async fn told(notice: &mut watch::Receiver<Notice>) -> Notice {
    match notice.wait_for(|notice| *notice != Notice::None).await {
        Ok(notice) => *notice,
        Err(_) => Notice::ShutDown,
    }
}

#[expect(clippy::disallowed_methods, reason = "net is where time comes in; a test pauses tokio's clock")]
fn now() -> Instant {
    Instant::now()
}

#[cfg(test)]
#[path = "connection_tests.rs"]
mod tests;
