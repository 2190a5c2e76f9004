//! A sending operator in little: one SMTP connection with STARTTLS and a client certificate, as fast as the protocol
//! allows. It trusts whom its CA file says and knows nothing of white lists: judging peers is the relay's part.

use std::fmt;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// How long a server may take for one answer.
const PATIENCE: Duration = Duration::from_secs(60);
/// The longest reply line that is read, in bytes.
const REPLY_MAX: u64 = 4096;

/// Why a connection or a delivery failed.
#[derive(Debug)]
pub enum LoadError {
    /// A file or a name that the user gave can't be used.
    Setting(String),
    /// The connection is gone, or the server was silent for too long.
    Connection(io::Error),
    /// The server answered this where something else was needed.
    Refused(Reply),
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Setting(what) => f.write_str(what),
            Self::Connection(error) => write!(f, "connexion perdue : {error}"),
            Self::Refused(reply) => write!(f, "le serveur a répondu {} {}", reply.code, reply.text),
        }
    }
}

impl std::error::Error for LoadError {}

impl From<io::Error> for LoadError {
    fn from(error: io::Error) -> Self {
        Self::Connection(error)
    }
}

/// A server's answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// Three digits.
    pub code: u16,
    /// The text of its last line.
    pub text: String,
}

/// Where to connect, as whom.
#[derive(Clone)]
pub struct Target {
    connect: String,
    name: ServerName<'static>,
    tls: TlsConnector,
}

impl Target {
    /// A server at `connect` (`host:port`) whose certificate must be for `name` and lead to an authority in the PEM
    /// file `authorities`; `certificate` (leaf first) and `key` are PEM files of ours.
    ///
    /// # Errors
    /// `Setting`, naming the file.
    pub fn new(
        connect: &str,
        name: &str,
        authorities: &Path,
        certificate: &Path,
        key: &Path,
    ) -> Result<Self, LoadError> {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(certificates(authorities)?);
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| LoadError::Setting(error.to_string()))?
            .with_root_certificates(roots)
            .with_client_auth_cert(certificates(certificate)?, key_of(key)?)
            .map_err(|error| setting(certificate, &error))?;
        let name = ServerName::try_from(name.to_owned()).map_err(|error| LoadError::Setting(error.to_string()))?;
        Ok(Self { connect: connect.to_owned(), name, tls: TlsConnector::from(Arc::new(config)) })
    }
}

pub(super) fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, LoadError> {
    let found: Result<Vec<_>, _> =
        CertificateDer::pem_file_iter(path).map_err(|error| setting(path, &error))?.collect();
    found.map_err(|error| setting(path, &error))
}

pub(super) fn key_of(path: &Path) -> Result<PrivateKeyDer<'static>, LoadError> {
    PrivateKeyDer::from_pem_file(path).map_err(|error| setting(path, &error))
}

fn setting(path: &Path, error: &dyn fmt::Display) -> LoadError {
    LoadError::Setting(format!("{} : {error}", path.display()))
}

/// One connection, past STARTTLS and ready for messages.
pub struct Connection {
    wire: Wire<TlsStream<TcpStream>>,
}

impl Connection {
    /// Connects, and greets the server on both sides of STARTTLS.
    ///
    /// # Errors
    /// `Connection`, which includes a failed handshake; `Refused`.
    pub async fn open(target: &Target) -> Result<Self, LoadError> {
        let socket = timeout(PATIENCE, TcpStream::connect(&target.connect)).await.map_err(io::Error::from)??;
        socket.set_nodelay(true)?;
        let mut plain = Wire::new(socket);
        plain.expect(220).await?;
        plain.ask("EHLO load.invalid\r\n", 250).await?;
        plain.ask("STARTTLS\r\n", 220).await?;
        let handshake = target.tls.connect(target.name.clone(), plain.stream.into_inner());
        let mut wire = Wire::new(timeout(PATIENCE, handshake).await.map_err(io::Error::from)??);
        wire.ask("EHLO load.invalid\r\n", 250).await?;
        Ok(Self { wire })
    }

    /// Hands over one message, whose `content` is given in pieces: CRLF lines, the last one ended, none that begins
    /// with a dot. The reply is the server's promise.
    ///
    /// # Errors
    /// `Refused` with the first reply that is no yes: the connection is of no use then. `Connection`: it is unknown
    /// whether the message was taken.
    pub async fn deliver(&mut self, from: &str, to: &str, content: &[&[u8]]) -> Result<Reply, LoadError> {
        let size: usize = content.iter().map(|piece| piece.len()).sum();
        let envelope = format!("MAIL FROM:<{from}> SIZE={size}\r\nRCPT TO:<{to}>\r\nDATA\r\n");
        self.wire.send(&[envelope.as_bytes()]).await?;
        for code in [250, 250, 354] {
            self.wire.expect(code).await?;
        }
        self.wire.send(content).await?;
        self.wire.send(&[b".\r\n"]).await?;
        self.wire.expect(250).await
    }

    /// Takes leave.
    ///
    /// # Errors
    /// `Connection`, `Refused`: nothing hangs on it.
    pub async fn quit(mut self) -> Result<(), LoadError> {
        self.wire.ask("QUIT\r\n", 221).await?;
        Ok(())
    }
}

struct Wire<S> {
    stream: BufReader<S>,
    line: String,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Wire<S> {
    fn new(stream: S) -> Self {
        Self { stream: BufReader::new(stream), line: String::new() }
    }

    async fn ask(&mut self, command: &str, code: u16) -> Result<Reply, LoadError> {
        self.send(&[command.as_bytes()]).await?;
        self.expect(code).await
    }

    async fn send(&mut self, pieces: &[&[u8]]) -> Result<(), LoadError> {
        let all = async {
            for piece in pieces {
                self.stream.write_all(piece).await?;
            }
            self.stream.flush().await
        };
        Ok(timeout(PATIENCE, all).await.map_err(io::Error::from)??)
    }

    async fn expect(&mut self, code: u16) -> Result<Reply, LoadError> {
        let reply = timeout(PATIENCE, self.reply()).await.map_err(io::Error::from)??;
        if reply.code == code { Ok(reply) } else { Err(LoadError::Refused(reply)) }
    }

    async fn reply(&mut self) -> Result<Reply, LoadError> {
        loop {
            self.line.clear();
            let read = (&mut self.stream).take(REPLY_MAX).read_line(&mut self.line).await?;
            if read == 0 {
                return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
            }
            let (code, rest) = self.line.split_at_checked(3).ok_or_else(nonsense)?;
            let code = code.parse().map_err(|_| nonsense())?;
            if !rest.starts_with('-') {
                return Ok(Reply { code, text: rest.trim().to_owned() });
            }
        }
    }
}

fn nonsense() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "this is no SMTP reply")
}
