//! One stream that starts plain and may become TLS, shared by the driver that reads it and the sink that writes it.
//!
//! Reader and writer are the same task, so the lock is never contended, and it is held for one poll at a time, never
//! across an await.

use std::future::poll_fn;
use std::io;
use std::mem::{self, MaybeUninit};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::compress::Codec;
use super::tls;
use crate::sessions::{Gone, Sink, TlsFacts};

/// Bytes taken from the kernel at a time: one full TLS record.
const READ_SIZE: usize = 16 * 1024;
/// How long a closed connection may go on sending before it is cut: lets our last reply arrive before a reset.
const LINGER: Duration = Duration::from_secs(1);

/// What a connection may run over.
pub trait Stream: AsyncRead + AsyncWrite + Unpin + Send + 'static {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send + 'static> Stream for T {}

enum State<T> {
    Plain(T),
    Tls(Box<TlsStream<T>>),
    /// During the handshake, and after one that failed.
    Nothing,
}

/// The shared stream.
pub(super) struct Transport<T>(Arc<Mutex<State<T>>>, Arc<Mutex<Option<Codec>>>);

impl<T> Clone for Transport<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0), Arc::clone(&self.1))
    }
}

impl<T: Stream> Transport<T> {
    /// Starts plain.
    pub(super) fn plain(stream: T) -> Self {
        Self(Arc::new(Mutex::new(State::Plain(stream))), Arc::default())
    }

    fn state(&self) -> MutexGuard<'_, State<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn codec(&self) -> MutexGuard<'_, Option<Codec>> {
        self.1.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From now on everything is compressed, both ways.
    // [rfc4978#3]
    pub(super) fn compress(&self) {
        self.codec().get_or_insert_with(Codec::new);
    }

    /// Gives back what only a busy connection needs.
    pub(super) fn rest(&self) {
        self.codec().iter_mut().for_each(Codec::rest);
    }

    /// Waits for bytes and replaces the contents of `into` by them; none at the end of the stream. Cancel-safe.
    pub(super) async fn read(&self, into: &mut Vec<u8>) -> io::Result<()> {
        loop {
            if let Some(codec) = &mut *self.codec()
                && codec.has_more()
            {
                codec.inflate(into)?;
                if !into.is_empty() {
                    return Ok(());
                }
            }
            poll_fn(|context| self.poll_read(context, into)).await?;
            match &mut *self.codec() {
                Some(codec) if !into.is_empty() => codec.take(into),
                _ => return Ok(()),
            }
        }
    }

    /// Whether bytes have come that nobody asked for. Does not wait.
    pub(super) async fn has_input(&self) -> bool {
        let mut input = Vec::new();
        poll_fn(|context| {
            let polled = self.poll_read(context, &mut input);
            Poll::Ready(matches!(polled, Poll::Ready(Ok(())) if !input.is_empty()))
        })
        .await
    }

    fn poll_read(&self, context: &mut Context<'_>, into: &mut Vec<u8>) -> Poll<io::Result<()>> {
        let mut space = [const { MaybeUninit::uninit() }; READ_SIZE];
        let mut space = ReadBuf::uninit(&mut space);
        let polled = match &mut *self.state() {
            State::Plain(stream) => Pin::new(stream).poll_read(context, &mut space),
            State::Tls(stream) => Pin::new(stream).poll_read(context, &mut space),
            State::Nothing => Poll::Ready(Ok(())),
        };
        into.clear();
        into.extend_from_slice(space.filled());
        polled
    }

    /// Performs the server's side of the TLS handshake.
    ///
    /// # Errors
    /// The reason, after which there is only [`close`](Self::close). The alert has been sent.
    pub(super) async fn accept_tls(&self, config: Arc<ServerConfig>) -> io::Result<TlsFacts> {
        let State::Plain(stream) = mem::replace(&mut *self.state(), State::Nothing) else {
            return Err(io::Error::other("TLS is in place already"));
        };
        let stream = match TlsAcceptor::from(config).accept(stream).into_fallible().await {
            Ok(stream) => stream,
            Err((error, stream)) => {
                // Kept for a proper goodbye: closing with input unread would reset, and the alert be lost.
                *self.state() = State::Plain(stream);
                return Err(error);
            }
        };
        let connection = stream.get_ref().1;
        let mut facts = tls::facts(connection, connection.server_name());
        facts.bindings.exporter = tls::exporter(connection);
        *self.state() = State::Tls(Box::new(stream));
        Ok(facts)
    }

    /// Ends the conversation: close_notify, end of stream, and a moment for what the peer still sends.
    pub(super) async fn close(&self) {
        let mut state = mem::replace(&mut *self.state(), State::Nothing);
        let farewell = async {
            match &mut state {
                State::Plain(stream) => say_goodbye(stream).await,
                State::Tls(stream) => say_goodbye(stream).await,
                State::Nothing => Ok(()),
            }
        };
        // The peer that does not wait for our goodbye has left already.
        let _ = timeout(LINGER, farewell).await;
    }
}

async fn say_goodbye(stream: &mut (impl AsyncRead + AsyncWrite + Unpin)) -> io::Result<()> {
    stream.shutdown().await?;
    let mut rest = [0; 4096];
    while stream.read(&mut rest).await? > 0 {}
    Ok(())
}

/// Writes to a [`Transport`]; a peer that takes nothing for too long is gone.
pub(super) struct TransportSink<T> {
    pub(super) transport: Transport<T>,
    /// How long one write may make no progress.
    pub(super) patience: Duration,
}

impl<T: Stream> TransportSink<T> {
    async fn write_all(&self, bytes: &[u8]) -> io::Result<()> {
        let deflated = self.transport.codec().as_mut().map(|codec| codec.deflate(bytes)).transpose()?;
        let mut bytes = deflated.as_deref().unwrap_or(bytes);
        while !bytes.is_empty() {
            let some = poll_fn(|context| match &mut *self.transport.state() {
                State::Plain(stream) => Pin::new(stream).poll_write(context, bytes),
                State::Tls(stream) => Pin::new(stream).poll_write(context, bytes),
                State::Nothing => Poll::Ready(Err(io::ErrorKind::NotConnected.into())),
            });
            let written = timeout(self.patience, some).await??;
            if written == 0 {
                return Err(io::ErrorKind::WriteZero.into());
            }
            bytes = &bytes[written..];
        }
        let flushed = poll_fn(|context| match &mut *self.transport.state() {
            State::Plain(stream) => Pin::new(stream).poll_flush(context),
            State::Tls(stream) => Pin::new(stream).poll_flush(context),
            State::Nothing => Poll::Ready(Err(io::ErrorKind::NotConnected.into())),
        });
        timeout(self.patience, flushed).await?
    }
}

impl<T: Stream> Sink for TransportSink<T> {
    fn write<'a>(&'a mut self, bytes: &'a [u8]) -> Pin<Box<dyn Future<Output = Result<(), Gone>> + Send + 'a>> {
        Box::pin(async move { self.write_all(bytes).await.map_err(|_| Gone) })
    }
}
