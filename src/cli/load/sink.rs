//! A server that swallows: STARTTLS, a client certificate required, then a yes to everything and nothing kept. What a
//! sending server achieves against it is the sending server's own speed.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use serde::Serialize;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

use super::client::{LoadError, certificates, key_of};

/// How long a client may be silent.
const PATIENCE: Duration = Duration::from_secs(300);
/// Octets taken from the socket at a time.
const READ_SIZE: usize = 64 * 1024;
/// Octets of a command line.
const LINE_MAX: usize = 4096;

/// Hears the content of a message.
type Ear = dyn Fn(&[u8]) + Send + Sync;

/// A sink that listens.
pub struct Sink {
    listener: TcpListener,
    tls: TlsAcceptor,
    counts: Arc<Counts>,
}

/// What came.
#[derive(Debug, Clone, Default, Serialize)]
pub struct SinkReport {
    /// Messages that were said yes to.
    pub messages: u64,
    /// Octets of their contents.
    pub octets: u64,
    /// Connections that came into TLS.
    pub connections: u64,
    /// From the first yes to the last, in seconds.
    pub seconds: f64,
    /// Messages in a second of that time.
    pub per_second: f64,
}

#[derive(Default)]
struct Counts {
    /// Who is told each message before its yes, if anybody.
    ear: Option<Box<Ear>>,
    messages: AtomicU64,
    octets: AtomicU64,
    connections: AtomicU64,
    times: Mutex<Option<(Instant, Instant)>>,
    some: Notify,
}

impl Sink {
    /// Listens; `authorities` are those of clients, `certificate` (leaf first) and `key` our own: PEM files.
    ///
    /// # Errors
    /// `Setting`, naming the file; `Connection` when the address can't be listened on.
    pub async fn open(listen: &str, authorities: &Path, certificate: &Path, key: &Path) -> Result<Self, LoadError> {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(certificates(authorities)?);
        let setting = |error: &dyn std::fmt::Display| LoadError::Setting(error.to_string());
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider));
        let verifier = verifier.build().map_err(|error| setting(&error))?;
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| setting(&error))?
            .with_client_cert_verifier(verifier)
            .with_single_cert(certificates(certificate)?, key_of(key)?)
            .map_err(|error| setting(&error))?;
        let listener = TcpListener::bind(listen).await?;
        Ok(Self { listener, tls: TlsAcceptor::from(Arc::new(config)), counts: Arc::default() })
    }

    /// The same, with somebody who hears each message, as it came, before the yes to it.
    #[must_use]
    pub fn heard_by(mut self, ear: impl Fn(&[u8]) + Send + Sync + 'static) -> Self {
        self.counts = Arc::new(Counts { ear: Some(Box::new(ear)), ..Counts::default() });
        self
    }

    /// Where it listens.
    ///
    /// # Errors
    /// `Connection`.
    pub fn address(&self) -> Result<SocketAddr, LoadError> {
        Ok(self.listener.local_addr()?)
    }

    /// Swallows until so many messages have come, or for so long. `first` is called with the first of them.
    pub async fn run(&self, messages: u64, at_most: Duration, first: impl FnOnce()) -> SinkReport {
        let mut clients = JoinSet::new();
        let mut first = Some(first);
        let swallowing = async {
            loop {
                tokio::select! {
                    accepted = self.listener.accept() => if let Ok((stream, _)) = accepted {
                        let (tls, counts) = (self.tls.clone(), Arc::clone(&self.counts));
                        // How a client leaves changes nothing of what was counted.
                        clients.spawn(async move { drop(serve(stream, &tls, &counts).await) });
                    },
                    () = self.counts.some.notified() => {}
                }
                let count = self.counts.messages.load(Ordering::Relaxed);
                if let (true, Some(first)) = (count > 0, first.take_if(|_| count > 0)) {
                    first();
                }
                if count >= messages {
                    return;
                }
            }
        };
        // Not enough in time: what there is, is told.
        let _ = timeout(at_most, swallowing).await;
        self.counts.report()
    }
}

impl Counts {
    #[expect(clippy::disallowed_methods, reason = "a measurement is of real time")]
    fn count(&self, octets: u64) {
        let now = Instant::now();
        let mut times = self.times.lock().unwrap_or_else(PoisonError::into_inner);
        times.get_or_insert((now, now)).1 = now;
        drop(times);
        self.octets.fetch_add(octets, Ordering::Relaxed);
        self.messages.fetch_add(1, Ordering::Relaxed);
        self.some.notify_one();
    }

    fn report(&self) -> SinkReport {
        let times = *self.times.lock().unwrap_or_else(PoisonError::into_inner);
        let seconds = times.map_or(0.0, |(first, last)| last.duration_since(first).as_secs_f64());
        let messages = self.messages.load(Ordering::Relaxed);
        SinkReport {
            messages,
            octets: self.octets.load(Ordering::Relaxed),
            connections: self.connections.load(Ordering::Relaxed),
            seconds,
            per_second: if seconds > 0.0 { messages as f64 / seconds } else { 0.0 },
        }
    }
}

async fn serve(stream: TcpStream, tls: &TlsAcceptor, counts: &Counts) -> Result<(), LoadError> {
    stream.set_nodelay(true)?;
    let mut plain = Swallow::new(stream, counts);
    plain.stream.write_all(b"220 puits ESMTP\r\n").await?;
    plain.until_tls().await?;
    let stream = timeout(PATIENCE, tls.accept(plain.stream)).await.map_err(std::io::Error::from)??;
    counts.connections.fetch_add(1, Ordering::Relaxed);
    Swallow::new(BufReader::new(stream), counts).until_quit().await
}

/// What is being read.
enum Reading {
    Commands,
    /// Content up to the final dot.
    Data,
    /// Octets of a chunk that are still to come, and whether it is the last.
    Chunk(u64, bool),
}

struct Swallow<'a, S> {
    stream: S,
    counts: &'a Counts,
    input: Vec<u8>,
    output: Vec<u8>,
    reading: Reading,
    octets: u64,
    /// The message so far, when somebody wants to hear it.
    content: Vec<u8>,
}

impl<'a, S: AsyncRead + AsyncWrite + Unpin> Swallow<'a, S> {
    fn new(stream: S, counts: &'a Counts) -> Self {
        Self {
            stream,
            counts,
            input: Vec::new(),
            output: Vec::new(),
            reading: Reading::Commands,
            octets: 0,
            content: Vec::new(),
        }
    }

    async fn until_tls(&mut self) -> Result<(), LoadError> {
        loop {
            self.fill().await?;
            while let Some(line) = self.line() {
                match command(&line).as_slice() {
                    b"EHLO" => self.output.extend_from_slice(b"250-puits\r\n250 STARTTLS\r\n"),
                    b"STARTTLS" => {
                        self.stream.write_all(b"220 2.0.0 go\r\n").await?;
                        return Ok(());
                    }
                    _ => self.output.extend_from_slice(b"530 5.7.0 STARTTLS first\r\n"),
                }
            }
            self.flush().await?;
        }
    }

    async fn until_quit(&mut self) -> Result<(), LoadError> {
        loop {
            self.fill().await?;
            while self.step() {}
            self.flush().await?;
        }
    }

    /// Takes one thing out of the input; whether there may be another.
    fn step(&mut self) -> bool {
        match self.reading {
            Reading::Commands => {
                let Some(line) = self.line() else { return false };
                self.answer(&line);
                true
            }
            Reading::Data => self.data(),
            Reading::Chunk(left, last) => {
                let here = usize::try_from(left).unwrap_or(usize::MAX).min(self.input.len());
                self.swallow(here);
                let taken = here as u64;
                if taken < left {
                    self.reading = Reading::Chunk(left - taken, last);
                    return false;
                }
                self.reading = Reading::Commands;
                if last {
                    self.taken();
                } else {
                    self.output.extend_from_slice(b"250 2.0.0 chunk\r\n");
                }
                true
            }
        }
    }

    fn data(&mut self) -> bool {
        if let Some(at) = memchr::memmem::find(&self.input, b"\r\n.\r\n") {
            self.swallow(at + 2);
            self.input.drain(..3);
            self.reading = Reading::Commands;
            self.taken();
            return true;
        }
        self.swallow(self.input.len().saturating_sub(4));
        false
    }

    fn swallow(&mut self, count: usize) {
        self.octets += count as u64;
        let taken = self.input.drain(..count);
        if self.counts.ear.is_some() {
            self.content.extend(taken);
        }
    }

    fn taken(&mut self) {
        if let Some(ear) = &self.counts.ear {
            ear(&std::mem::take(&mut self.content));
        }
        self.output.extend_from_slice(b"250 2.0.0 swallowed\r\n");
        self.counts.count(std::mem::take(&mut self.octets));
    }

    fn answer(&mut self, line: &[u8]) {
        let reply: &[u8] = match command(line).as_slice() {
            b"EHLO" => {
                b"250-puits\r\n250-PIPELINING\r\n250-SIZE 104857600\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250-CHUNKING\r\n\
                  250 ENHANCEDSTATUSCODES\r\n"
            }
            b"DATA" => {
                self.reading = Reading::Data;
                b"354 go on\r\n"
            }
            b"BDAT" => {
                let words = String::from_utf8_lossy(line).to_ascii_uppercase();
                let size = words.split_whitespace().nth(1).and_then(|size| size.parse().ok()).unwrap_or(0);
                self.reading = Reading::Chunk(size, words.trim_end().ends_with("LAST"));
                return;
            }
            b"QUIT" => b"221 2.0.0 bye\r\n",
            _ => b"250 2.0.0 OK\r\n",
        };
        self.output.extend_from_slice(reply);
    }

    async fn fill(&mut self) -> Result<(), LoadError> {
        if matches!(self.reading, Reading::Commands) && self.input.len() > LINE_MAX {
            return Err(LoadError::Setting("a line without end".to_owned()));
        }
        self.input.reserve(READ_SIZE);
        let read = timeout(PATIENCE, self.stream.read_buf(&mut self.input)).await.map_err(std::io::Error::from)??;
        if read == 0 { Err(std::io::Error::from(std::io::ErrorKind::UnexpectedEof).into()) } else { Ok(()) }
    }

    async fn flush(&mut self) -> Result<(), LoadError> {
        self.stream.write_all(&self.output).await?;
        self.output.clear();
        Ok(self.stream.flush().await?)
    }

    fn line(&mut self) -> Option<Vec<u8>> {
        let end = memchr::memchr(b'\n', &self.input)?;
        Some(self.input.drain(..=end).collect())
    }
}

fn command(line: &[u8]) -> Vec<u8> {
    let end = line.iter().position(|byte| !byte.is_ascii_alphabetic()).unwrap_or(line.len());
    line[..end].to_ascii_uppercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a sink says to this input, cut as `cut` says, and what it counts.
    async fn said(input: &[u8], cut: usize) -> (String, u64, u64) {
        let (mut ours, theirs) = tokio::io::duplex(1 << 16);
        let counts = Counts::default();
        let pieces: Vec<Vec<u8>> = input.chunks(cut).map(<[u8]>::to_vec).collect();
        let talk = async move {
            for piece in pieces {
                ours.write_all(&piece).await.unwrap();
                tokio::task::yield_now().await;
            }
            ours.shutdown().await.unwrap();
            let mut said = String::new();
            ours.read_to_string(&mut said).await.unwrap();
            said
        };
        let serve = async {
            let mut swallow = Swallow::new(theirs, &counts);
            let _ = swallow.until_quit().await;
            drop(swallow);
        };
        let (said, ()) = tokio::join!(talk, serve);
        let report = counts.report();
        (said, report.messages, report.octets)
    }

    #[tokio::test]
    async fn it_swallows_data_and_chunks_however_they_are_cut() {
        let input = b"EHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<a@b>\r\nDATA\r\na\r\n..b\r\n.\r\n\
                      MAIL FROM:<>\r\nRCPT TO:<a@b>\r\nBDAT 3\r\nab\rBDAT 2 last\r\n\ncQUIT\r\n";
        let (whole, messages, octets) = said(input, input.len()).await;
        assert_eq!((messages, octets), (2, 3 + 5 + 5));
        assert!(whole.ends_with("354 go on\r\n250 2.0.0 swallowed\r\n250 2.0.0 OK\r\n250 2.0.0 OK\r\n250 2.0.0 chunk\r\n250 2.0.0 swallowed\r\n221 2.0.0 bye\r\n"), "{whole}");
        for cut in [1, 2, 5, 7] {
            assert_eq!(said(input, cut).await, (whole.clone(), messages, octets), "cut by {cut}");
        }
    }
}
