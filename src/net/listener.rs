//! Accepts connections on a port, within limits, and has each driven by its own task.
//!
//! It decides who may come in by number and address only. Who the peer is and what it may do is for TLS and the
//! session.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::connection::{Notice, Patience, Start, Surroundings, TlsPort, drive, told};
use super::places::{Full, Place, Places};
use crate::sessions::Session;

/// Linux's `EAFNOSUPPORT`, for which the standard library has no kind.
const NO_SUCH_FAMILY: i32 = 97;

/// How many connections a port holds at once.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// From everywhere together.
    pub total: usize,
    /// From one IPv4 address or one IPv6 /64 network.
    pub per_address: usize,
}

/// One service: what its listeners have in common.
pub struct Service {
    /// As in the configuration and the log: `smtp`, `submission`, `submissions`, `imap`, `imaps`.
    pub name: &'static str,
    /// How conversations start.
    pub start: Start,
    /// TLS, on every port that offers it.
    pub tls: Option<Arc<dyn TlsPort>>,
    /// How long a peer may let us wait.
    pub patience: Patience,
    /// What a peer hears that found no place, on a port that starts in clear text.
    pub busy: Vec<u8>,
}

/// A port that can't be listened on.
#[derive(Debug)]
pub struct BindError {
    /// The service, as in the configuration.
    pub service: &'static str,
    /// The address that was asked for.
    pub address: SocketAddr,
    /// What the operating system said.
    pub source: io::Error,
}

impl BindError {
    /// What the administrator can do.
    #[must_use]
    pub fn remedy(&self) -> String {
        if self.source.raw_os_error() == Some(NO_SUCH_FAMILY) {
            return "this machine has no IPv6: listen on 0.0.0.0 instead of [::]".to_owned();
        }
        match self.source.kind() {
            io::ErrorKind::AddrInUse => format!(
                "another program listens there: `ss -ltnp 'sport = :{}'` names it; stop it or choose another port",
                self.address.port()
            ),
            io::ErrorKind::PermissionDenied => "ports below 1024 need the right CAP_NET_BIND_SERVICE: start by the \
                 systemd unit, or choose a port above 1024"
                .to_owned(),
            io::ErrorKind::AddrNotAvailable => "this machine has no such address: `ip address` lists them".to_owned(),
            _ => "see the operating system's message".to_owned(),
        }
    }
}

impl std::fmt::Display for BindError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { service, address, source } = self;
        write!(f, "cannot listen on {address} for {service}: {source}; {}", self.remedy())
    }
}

impl std::error::Error for BindError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.source)
    }
}

/// A bound port that accepts nobody yet.
#[derive(Debug)]
pub struct Listener {
    socket: TcpListener,
    address: SocketAddr,
}

impl Listener {
    /// Takes the port. Port 0 lets the operating system choose; [`address`](Self::address) says which.
    ///
    /// # Errors
    /// With the remedy.
    pub async fn bind(service: &'static str, address: SocketAddr) -> Result<Self, BindError> {
        let error = |source| BindError { service, address, source };
        let socket = TcpListener::bind(address).await.map_err(error)?;
        let address = socket.local_addr().map_err(error)?;
        Ok(Self { socket, address })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The next connection.
    ///
    /// # Errors
    /// When it died before it was taken, or the system gives no more: see [`pause_after`].
    pub(super) async fn accept(&self) -> io::Result<(TcpStream, SocketAddr)> {
        self.socket.accept().await
    }

    /// Accepts until the notice to shut down, then waits until every conversation has ended. `places` is shared by
    /// the listeners of one service; `open` makes the session for a peer.
    pub async fn run<S, F>(self, service: Arc<Service>, places: Arc<Places>, open: F, shutdown: watch::Receiver<Notice>)
    where
        S: Session + 'static,
        F: Fn(SocketAddr) -> S + Send + Sync + 'static,
    {
        let mut connections = JoinSet::new();
        let mut notice = shutdown;
        loop {
            tokio::select! {
                biased;
                _ = told(&mut notice) => break,
                Some(ended) = connections.join_next() => report(service.name, ended),
                accepted = self.socket.accept() => match accepted {
                    Ok((stream, peer)) => admit(&mut connections, &service, &places, &open, stream, peer),
                    Err(error) => pause_after(service.name, &error).await,
                },
            }
        }
        drop(self.socket);
        places.everybody_out();
        while let Some(ended) = connections.join_next().await {
            report(service.name, ended);
        }
    }
}

fn admit<S, F>(
    connections: &mut JoinSet<()>,
    service: &Arc<Service>,
    places: &Arc<Places>,
    open: &F,
    stream: TcpStream,
    peer: SocketAddr,
) where
    S: Session + 'static,
    F: Fn(SocketAddr) -> S,
{
    let peer = SocketAddr::new(peer.ip().to_canonical(), peer.port());
    let place = match places.take(peer.ip()) {
        Ok(place) => place,
        Err(full) => {
            tracing::warn!(target: "sceau::net", service = service.name, %peer, reason = full.reason(), "refused");
            return turn_away(connections, service, stream, full);
        }
    };
    // Small replies must not wait for each other (RFC 896 against PIPELINING). Failing costs only speed.
    let _ = stream.set_nodelay(true);
    let session = open(peer);
    let name = service.name;
    metrics::counter!("sceau_connections_total", "service" => name).increment(1);
    let surroundings = surroundings(service, &place, peer);
    connections.spawn(async move {
        let place = place;
        tracing::debug!(target: "sceau::net", service = name, %peer, "connected");
        let ended = Box::pin(drive(session, stream, surroundings)).await;
        tracing::debug!(target: "sceau::net", service = name, %peer, %ended, "disconnected");
        drop(place);
    });
}

fn surroundings(service: &Service, place: &Place, peer: SocketAddr) -> Surroundings {
    Surroundings {
        peer,
        start: service.start,
        tls: service.tls.clone(),
        patience: service.patience,
        notice: place.notice(),
        secured: place.on_secured(),
        authenticated: place.on_authenticated(),
    }
}

/// Says that there is no place, if that can be said in clear text. A flood gets no answer at all.
fn turn_away(connections: &mut JoinSet<()>, service: &Service, mut stream: TcpStream, full: Full) {
    metrics::counter!("sceau_connections_refused_total", "service" => service.name).increment(1);
    if service.start == Start::Tls || full == Full::Everywhere {
        return;
    }
    let busy = service.busy.clone();
    connections.spawn(async move {
        // The peer that does not listen misses nothing but the reason.
        let _ = timeout(Duration::from_secs(1), async {
            stream.write_all(&busy).await?;
            stream.shutdown().await
        })
        .await;
    });
}

/// A connection that died before we took it is nothing; without file descriptors or memory, accepting at once again
/// would only burn the processor.
pub(super) async fn pause_after(service: &'static str, error: &io::Error) {
    use io::ErrorKind::{ConnectionAborted, ConnectionReset, Interrupted};
    if matches!(error.kind(), ConnectionAborted | ConnectionReset | Interrupted) {
        return;
    }
    tracing::error!(target: "sceau::net", service, %error, "cannot accept connections (raise LimitNOFILE if it says «too many open files»)");
    sleep(Duration::from_millis(500)).await;
}

fn report(service: &'static str, ended: Result<(), tokio::task::JoinError>) {
    if let Err(error) = ended
        && error.is_panic()
    {
        tracing::error!(target: "sceau::net", service, %error, "a connection's task died: this is a bug of Sceau");
    }
}

#[cfg(test)]
#[path = "listener_tests.rs"]
mod tests;
