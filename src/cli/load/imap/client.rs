//! A mail client in little: one IMAP connection inside TLS, commands and what the server says to them, as fast as the
//! protocol allows. It understands where a response ends and nothing more.

use std::io;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rustls::client::Resumption;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{
    AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, Empty, Join, ReadHalf, Sink, WriteHalf, empty, join, sink,
};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use zeroize::Zeroizing;

use crate::cli::load::client::{LoadError, Reply, certificates};

/// How long a server may take for one answer.
const PATIENCE: Duration = Duration::from_secs(300);
/// Octets taken from the connection at a time.
const READ_SIZE: usize = 64 * 1024;
/// Octets of answers that are kept at a time; a longer one is no answer to anything asked here.
const ANSWER_MAX: usize = 256 << 20;

/// Where to connect, as whom.
#[derive(Clone)]
pub struct Mailbox {
    connect: String,
    name: ServerName<'static>,
    tls: TlsConnector,
    user: String,
    password: Arc<Zeroizing<String>>,
}

impl Mailbox {
    /// A server with implicit TLS at `connect` (`host:port`), whose certificate must be for `name` and lead to an
    /// authority in the PEM file `authorities`.
    ///
    /// # Errors
    /// `Setting`, naming the file.
    pub fn new(
        connect: &str,
        name: &str,
        authorities: &Path,
        user: &str,
        password: Zeroizing<String>,
    ) -> Result<Self, LoadError> {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(certificates(authorities)?);
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| LoadError::Setting(error.to_string()))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        // Each connection is measured whole, whatever the server would remember of the one before.
        config.resumption = Resumption::disabled();
        let name = ServerName::try_from(name.to_owned()).map_err(|error| LoadError::Setting(error.to_string()))?;
        Ok(Self {
            connect: connect.to_owned(),
            name,
            tls: TlsConnector::from(Arc::new(config)),
            user: user.to_owned(),
            password: Arc::new(password),
        })
    }

    /// Connects, and signs in.
    ///
    /// # Errors
    /// `Connection`, which includes a failed handshake; `Refused`.
    pub async fn open(&self) -> Result<Client, LoadError> {
        let socket = timeout(PATIENCE, TcpStream::connect(&self.connect)).await.map_err(io::Error::from)??;
        socket.set_nodelay(true)?;
        let handshake = self.tls.connect(self.name.clone(), socket);
        let mut client = Wire::new(timeout(PATIENCE, handshake).await.map_err(io::Error::from)??);
        client.response().await?;
        let command =
            Zeroizing::new(format!("LOGIN {} {}", quoted(&self.user).as_str(), quoted(&self.password).as_str()));
        client.run(&command, |_| {}).await?;
        Ok(client)
    }
}

fn quoted(text: &str) -> Zeroizing<String> {
    Zeroizing::new(format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")))
}

/// A connection that is signed in.
pub type Client = Wire<TlsStream<TcpStream>>;

/// The half of a connection that hears, and the half that speaks.
type Halves<S> = (Wire<Join<ReadHalf<S>, Sink>>, Wire<Join<Empty, WriteHalf<S>>>);

/// One side of the conversation.
pub struct Wire<S> {
    stream: S,
    tag: u32,
    input: Vec<u8>,
    /// Of the input so much was handed out.
    taken: usize,
    /// Octets of answers since the beginning.
    pub(super) octets: u64,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Wire<S> {
    pub(super) fn new(stream: S) -> Self {
        Self { stream, tag: 0, input: Vec::new(), taken: 0, octets: 0 }
    }

    /// Carries a command out; `hear` gets each response that comes before its end.
    ///
    /// # Errors
    /// `Refused` when the answer is NO or BAD; `Connection`.
    pub async fn run(&mut self, command: &str, hear: impl FnMut(&[u8])) -> Result<(), LoadError> {
        let tag = self.begin(command).await?;
        self.end(tag, hear).await
    }

    /// Sends a command and does not wait; its tag.
    pub(super) async fn begin(&mut self, command: &str) -> Result<u32, LoadError> {
        self.tag += 1;
        self.send(&[format!("a{} {command}\r\n", self.tag).as_bytes()]).await?;
        Ok(self.tag)
    }

    /// Sends `APPEND` with a literal that does not wait, and does not wait either (RFC 7888); its tag.
    pub(super) async fn begin_append(&mut self, append: &str, content: &[u8]) -> Result<u32, LoadError> {
        self.tag += 1;
        let head = format!("a{} APPEND {append} {{{}+}}\r\n", self.tag, content.len());
        self.send(&[head.as_bytes(), content, b"\r\n"]).await?;
        Ok(self.tag)
    }

    /// Waits for the end of the command with this tag.
    pub(super) async fn end(&mut self, tag: u32, mut hear: impl FnMut(&[u8])) -> Result<(), LoadError> {
        let tag = format!("a{tag} ");
        loop {
            let response = self.response().await?;
            match self.input[response.clone()].strip_prefix(tag.as_bytes()) {
                Some(answer) if answer.starts_with(b"OK") => return Ok(()),
                Some(answer) => return Err(refused(answer)),
                None => hear(&self.input[response]),
            }
        }
    }

    /// Enters IDLE.
    pub(super) async fn idle(&mut self) -> Result<u32, LoadError> {
        let tag = self.begin("IDLE").await?;
        loop {
            let response = self.response().await?;
            match self.input[response].first() {
                Some(b'+') => return Ok(tag),
                Some(b'*') => {}
                _ => return Err(nonsense()),
            }
        }
    }

    /// Gives back what only a busy connection needs.
    pub(super) fn rest(&mut self) {
        if self.taken == self.input.len() {
            (self.input, self.taken) = (Vec::new(), 0);
        }
    }

    /// The tag of the next command.
    pub(super) const fn next_tag(&self) -> u32 {
        self.tag + 1
    }

    /// One half that hears and one that speaks. Nothing may be under way.
    pub(super) fn split(self) -> Halves<S> {
        let (read, write) = tokio::io::split(self.stream);
        let (mut hears, mut speaks) = (Wire::new(join(read, sink())), Wire::new(join(empty(), write)));
        (hears.tag, speaks.tag) = (self.tag, self.tag);
        (hears, speaks)
    }

    /// Waits until the server says something that holds these words.
    pub(super) async fn hear(&mut self, words: &[u8]) -> Result<(), LoadError> {
        loop {
            let response = self.response().await?;
            if memchr::memmem::find(&self.input[response], words).is_some() {
                return Ok(());
            }
        }
    }

    async fn send(&mut self, pieces: &[&[u8]]) -> Result<(), LoadError> {
        let all = async {
            // One record, as clients send a command.
            self.stream.write_all(&pieces.concat()).await?;
            self.stream.flush().await
        };
        Ok(timeout(PATIENCE, all).await.map_err(io::Error::from)??)
    }

    /// The place of the next whole response in the input, literals and all.
    async fn response(&mut self) -> Result<Range<usize>, LoadError> {
        if self.taken == self.input.len() {
            self.input.clear();
            self.taken = 0;
        }
        let (start, mut at) = (self.taken, self.taken);
        loop {
            match memchr::memchr(b'\n', self.input.get(at..).unwrap_or_default()) {
                Some(end) => {
                    let line = &self.input[at..at + end];
                    at += end + 1;
                    match literal(line) {
                        Some(octets) => at += octets,
                        None => {
                            self.taken = at;
                            self.octets += (at - start) as u64;
                            return Ok(start..at);
                        }
                    }
                }
                None => self.fill(start).await?,
            }
        }
    }

    async fn fill(&mut self, start: usize) -> Result<(), LoadError> {
        if self.input.len() - start > ANSWER_MAX {
            return Err(nonsense());
        }
        self.input.reserve(READ_SIZE);
        let read = timeout(PATIENCE, self.stream.read_buf(&mut self.input)).await.map_err(io::Error::from)??;
        if read == 0 { Err(io::Error::from(io::ErrorKind::UnexpectedEof).into()) } else { Ok(()) }
    }
}

/// Octets of the literal that a line announces at its end.
fn literal(line: &[u8]) -> Option<usize> {
    let inner = line.strip_suffix(b"\r").unwrap_or(line).strip_suffix(b"}")?;
    let at = memchr::memrchr(b'{', inner)?;
    std::str::from_utf8(&inner[at + 1..]).ok()?.parse().ok()
}

fn refused(answer: &[u8]) -> LoadError {
    LoadError::Refused(Reply { code: 0, text: String::from_utf8_lossy(answer).trim().to_owned() })
}

fn nonsense() -> LoadError {
    io::Error::new(io::ErrorKind::InvalidData, "this is no IMAP response").into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A server that says this, cut into pieces; and its end, which stays open.
    async fn server(says: &[u8], cut: usize) -> (Wire<tokio::io::DuplexStream>, tokio::io::DuplexStream) {
        let (ours, mut theirs) = tokio::io::duplex(1 << 16);
        for piece in says.chunks(cut) {
            theirs.write_all(piece).await.unwrap();
        }
        (Wire::new(ours), theirs)
    }

    #[tokio::test]
    async fn literals_and_lines_are_one_response_however_they_are_cut() {
        let fetch = b"* 1 FETCH (BODY[] {12}\r\na1 OK\r\n* 2\r\n UID 7)\r\n".as_slice();
        let exists = b"* 2 EXISTS\r\n".as_slice();
        let says = [fetch, exists, b"a1 OK done\r\na2 NO never\r\n"].concat();
        for cut in [1, 3, 7, says.len()] {
            let (mut wire, _open) = server(&says, cut).await;
            let mut heard = Vec::new();
            wire.run("FETCH 1 BODY[]", |response| heard.push(response.to_vec())).await.unwrap();
            assert_eq!(heard, [fetch, exists], "cut by {cut}");
            let refused = wire.run("NOOP", |_| {}).await.unwrap_err();
            assert!(matches!(refused, LoadError::Refused(Reply { ref text, .. }) if text == "NO never"), "{refused}");
            assert_eq!(wire.octets, says.len() as u64);
        }
    }

    #[test]
    fn only_the_end_of_a_line_announces_a_literal() {
        for (line, octets) in [("* 1 (X {3}\r", Some(3)), ("* OK {3} no\r", None), ("* OK {x}\r", None), ("}", None)] {
            assert_eq!(literal(line.as_bytes()), octets, "{line}");
        }
    }

    #[test]
    fn a_name_with_quotes_stays_one_word() {
        assert_eq!(quoted("a\"b\\c").as_str(), "\"a\\\"b\\\\c\"");
    }
}
