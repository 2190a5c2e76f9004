//! The scanner for malware: clamd's INSTREAM over its unix or TCP socket.
//!
//! Each content gets its own connection, streams as it comes and is never a file here. A scanner that is down, slow or
//! says anything else than «nothing» or «found» defers the message: nothing is taken that was not examined.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpStream, UnixStream};
use tokio::time::timeout;

use crate::flows::{Boxed, Finding, Scan, Scanner};
use crate::mail::{Fault, Status};

/// Octets of an answer.
const ANSWER_MAX: usize = 1024;
/// Octets in one piece of the protocol.
const PIECE_MAX: usize = 1 << 20;

/// Where clamd listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Socket {
    /// A unix socket.
    Unix(PathBuf),
    /// A host and a port.
    Tcp(String, u16),
}

impl fmt::Display for Socket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unix(path) => write!(f, "{}", path.display()),
            Self::Tcp(host, port) => write!(f, "{host}:{port}"),
        }
    }
}

/// Talks to one clamd.
#[derive(Debug, Clone)]
pub struct Clamd {
    socket: Socket,
    patience: Duration,
}

impl Clamd {
    /// `patience` is how long one step may take: the connection, a piece, the answer.
    #[must_use]
    pub fn new(socket: Socket, patience: Duration) -> Self {
        Self { socket, patience }
    }

    async fn open(&self) -> Result<Box<dyn Scan>, Fault> {
        let mut stream = self.within(self.connect()).await?;
        self.within(stream.write_all(b"zINSTREAM\0")).await?;
        Ok(Box::new(InStream { stream, clamd: self.clone() }))
    }

    async fn connect(&self) -> io::Result<Box<dyn Stream>> {
        Ok(match &self.socket {
            Socket::Unix(path) => Box::new(UnixStream::connect(path).await?),
            Socket::Tcp(host, port) => Box::new(TcpStream::connect((host.as_str(), *port)).await?),
        })
    }

    /// What comes of a step, in time.
    async fn within<T>(&self, step: impl Future<Output = io::Result<T>>) -> Result<T, Fault> {
        match timeout(self.patience, step).await {
            Ok(Ok(done)) => Ok(done),
            Ok(Err(error)) => Err(self.down(&error.to_string())),
            Err(_) => Err(self.down("silent for too long")),
        }
    }

    fn down(&self, why: &str) -> Fault {
        tracing::error!(target: "sceau::net::clamav", socket = %self.socket, why, "messages wait: clamd can't be asked");
        Fault::upstream(Status::ScannerDown, format!("clamd at {}: {why}", self.socket))
    }
}

impl Scanner for Clamd {
    fn begin(&self) -> Boxed<'_, Result<Box<dyn Scan>, Fault>> {
        Box::pin(self.open())
    }
}

trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}

/// A content on its way to clamd.
struct InStream {
    stream: Box<dyn Stream>,
    clamd: Clamd,
}

impl InStream {
    async fn send(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        for piece in bytes.chunks(PIECE_MAX) {
            let length = u32::try_from(piece.len()).unwrap_or(u32::MAX).to_be_bytes();
            let stream = &mut self.stream;
            let sent = self.clamd.within(async {
                stream.write_all(&length).await?;
                stream.write_all(piece).await
            });
            if let Err(fault) = sent.await {
                // It may have said why before it left, as it does of what is larger than its StreamMaxLength.
                return Err(self.answer().await.err().unwrap_or(fault));
            }
        }
        Ok(())
    }

    async fn answer(&mut self) -> Result<Finding, Fault> {
        let (stream, clamd) = (&mut self.stream, &self.clamd);
        let mut answer = Vec::new();
        let mut limited = stream.take(ANSWER_MAX as u64);
        clamd.within(limited.read_to_end(&mut answer)).await?;
        finding(&answer).map_err(|why| clamd.down(&why))
    }

    async fn end(mut self) -> Result<Finding, Fault> {
        let stream = &mut self.stream;
        let ended = self.clamd.within(async {
            stream.write_all(&[0; 4]).await?;
            stream.flush().await
        });
        let ended = ended.await;
        // Even when it takes no more, its answer says more than the failure.
        self.answer().await.or_else(|fault| ended.and(Err(fault)))
    }
}

impl Scan for InStream {
    fn write<'a>(&'a mut self, bytes: &'a [u8]) -> Boxed<'a, Result<(), Fault>> {
        Box::pin(self.send(bytes))
    }

    fn finish(self: Box<Self>) -> Boxed<'static, Result<Finding, Fault>> {
        Box::pin(self.end())
    }
}

/// Reads `stream: OK` and `stream: NAME FOUND`.
fn finding(answer: &[u8]) -> Result<Finding, String> {
    let text = String::from_utf8_lossy(answer);
    let text = text.trim_matches(['\0', '\n', '\r', ' ']);
    match text.strip_prefix("stream: ") {
        Some("OK") => Ok(Finding::Nothing),
        Some(rest) if rest.ends_with(" FOUND") => {
            let name = rest.trim_end_matches(" FOUND");
            Ok(Finding::Malware(name.chars().filter(char::is_ascii_graphic).take(100).collect()))
        }
        _ if text.is_empty() => Err("no answer".to_owned()),
        _ => Err(text.chars().filter(|c| !c.is_control()).take(200).collect()),
    }
}

#[cfg(test)]
mod tests {
    use tokio::net::UnixListener;

    use super::*;

    /// What a fake clamd does.
    #[derive(Clone, Copy)]
    enum Does {
        /// Reads all and answers.
        Answer(&'static str),
        /// Answers and leaves after so many octets.
        LeaveAfter(usize, &'static str),
        /// Nothing.
        Nothing,
    }

    /// A content scanned by such a clamd, and what it got.
    async fn scanned(does: Does, content: &[u8]) -> (Result<Finding, Status>, Vec<u8>) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("clamd.ctl");
        let listener = UnixListener::bind(&path).unwrap();
        let clamd = Clamd::new(Socket::Unix(path), Duration::from_millis(500));
        let client = async {
            let mut scan = clamd.begin().await?;
            for piece in content.chunks(1000) {
                scan.write(piece).await?;
            }
            scan.finish().await
        };
        let server = async {
            let (mut stream, _) = listener.accept().await.unwrap();
            serve(&mut stream, does).await
        };
        let (found, got) = tokio::join!(client, server);
        (found.map_err(|fault| fault.status), got)
    }

    async fn serve(stream: &mut UnixStream, does: Does) -> Vec<u8> {
        let mut command = [0; 10];
        stream.read_exact(&mut command).await.unwrap();
        assert_eq!(&command, b"zINSTREAM\0");
        let mut got = Vec::new();
        loop {
            let mut length = [0; 4];
            stream.read_exact(&mut length).await.unwrap();
            let length = u32::from_be_bytes(length) as usize;
            match does {
                Does::Answer(answer) if length == 0 => {
                    stream.write_all(answer.as_bytes()).await.unwrap();
                    return got;
                }
                Does::LeaveAfter(most, answer) if got.len() + length > most || length == 0 => {
                    stream.write_all(answer.as_bytes()).await.unwrap();
                    return got;
                }
                Does::Nothing if length == 0 => std::future::pending().await,
                _ => {}
            }
            let mut piece = vec![0; length];
            stream.read_exact(&mut piece).await.unwrap();
            got.extend(piece);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_content_streams_and_the_answer_is_the_finding() {
        let content = vec![b'x'; 5500];
        for (answer, found) in [
            ("stream: OK\0", Ok(Finding::Nothing)),
            ("stream: Eicar-Test-Signature FOUND\0", Ok(Finding::Malware("Eicar-Test-Signature".to_owned()))),
            ("stream: Can't allocate memory ERROR\0", Err(Status::ScannerDown)),
            ("OK\0", Err(Status::ScannerDown)),
            ("", Err(Status::ScannerDown)),
        ] {
            let (finding, got) = scanned(Does::Answer(answer), &content).await;
            assert_eq!(finding, found, "{answer}");
            assert_eq!(got, content, "{answer}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_scanner_that_leaves_or_says_nothing_defers() {
        let limit = "INSTREAM size limit exceeded. ERROR\0";
        assert_eq!(scanned(Does::LeaveAfter(2000, limit), &vec![0; 200_000]).await.0, Err(Status::ScannerDown));
        let silent = tokio::time::timeout(Duration::from_secs(60), scanned(Does::Nothing, b"x"));
        assert!(silent.await.is_err(), "the fake never ends; the client has given up long before");
        let nobody = Clamd::new(Socket::Unix("/nonexistent/clamd.ctl".into()), Duration::from_secs(1));
        assert_eq!(nobody.begin().await.err().map(|fault| fault.status), Some(Status::ScannerDown));
    }
}
