//! The demonstration's two mail programs: one submits over TLS, one reads over IMAPS. Small, but real: sockets, TLS
//! verified against the demonstration's authority, AUTH, literals.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls::client::WantsClientCert;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, ConfigBuilder, RootCertStore};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// A step of the story that hangs is a step that failed.
const PATIENCE: Duration = Duration::from_secs(20);

fn told(error: impl std::fmt::Display) -> io::Error {
    bad(error.to_string())
}

fn bad(text: impl Into<String>) -> io::Error {
    io::Error::other(text.into())
}

/// A conversation over TLS, in lines and literals.
struct Wire(BufReader<TlsStream<TcpStream>>);

impl Wire {
    async fn connect(address: SocketAddr, authority_pem: &str) -> io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Self::secure(stream, trusting(authority_pem)?.with_no_client_auth()).await
    }

    async fn secure(stream: TcpStream, config: ClientConfig) -> io::Result<Self> {
        let name = ServerName::IpAddress(stream.peer_addr()?.ip().into());
        let stream = timeout(PATIENCE, TlsConnector::from(Arc::new(config)).connect(name, stream)).await??;
        Ok(Self(BufReader::new(stream)))
    }

    async fn say(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.write_all(bytes).await?;
        self.0.flush().await
    }

    async fn line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        if timeout(PATIENCE, self.0.read_line(&mut line)).await?? == 0 {
            return Err(bad("the server closed the connection"));
        }
        line.truncate(line.trim_end().len());
        Ok(line)
    }

    async fn exactly(&mut self, length: usize) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; length];
        timeout(PATIENCE, self.0.read_exact(&mut bytes)).await??;
        Ok(bytes)
    }
}

/// A client configuration that trusts only the demonstration's authority.
fn trusting(authority_pem: &str) -> io::Result<ConfigBuilder<ClientConfig, WantsClientCert>> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(authority_pem.as_bytes()) {
        roots.add(certificate.map_err(told)?).map_err(told)?;
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider);
    Ok(builder.with_safe_default_protocol_versions().map_err(told)?.with_root_certificates(roots))
}

/// Knocks at an operators' port with this certificate and key; gives why it was not let in.
///
/// # Errors
/// When it was let in, or the door could not be found.
pub(super) async fn knock(
    server: SocketAddr,
    authority_pem: &str,
    identity: &(PathBuf, PathBuf),
) -> io::Result<String> {
    let chain: Result<Vec<_>, _> = CertificateDer::pem_file_iter(&identity.0).map_err(told)?.collect();
    let key = PrivateKeyDer::from_pem_file(&identity.1).map_err(told)?;
    let config = trusting(authority_pem)?.with_client_auth_cert(chain.map_err(told)?, key).map_err(told)?;
    let mut stream = BufReader::new(TcpStream::connect(server).await?);
    for (command, code) in [("", "220"), ("EHLO mx.exemple.fr\r\n", "250 "), ("STARTTLS\r\n", "220")] {
        stream.write_all(command.as_bytes()).await?;
        let mut line = String::new();
        while !line.starts_with(code) {
            line.clear();
            if timeout(PATIENCE, stream.read_line(&mut line)).await?? == 0 {
                return Err(bad("the server closed the connection before TLS"));
            }
        }
    }
    let mut wire = match Wire::secure(stream.into_inner(), config).await {
        Ok(wire) => wire,
        Err(refusal) => return Ok(refusal.to_string()),
    };
    // In TLS 1.3 the refusal of a client's certificate comes after the client's side of the handshake.
    match command(&mut wire, "EHLO mx.exemple.fr", "250").await {
        Err(refusal) => Ok(refusal.to_string()),
        Ok(_) => Err(bad("the server let it in")),
    }
}

/// Hands a message in on the submissions port (RFC 8314); gives the server's last reply line, with the envelope id.
///
/// # Errors
/// When a step is refused; the refusal is the error's text.
pub(super) async fn submit(
    server: SocketAddr,
    authority_pem: &str,
    login: (String, &str),
    recipient: &str,
    message: &[u8],
) -> io::Result<String> {
    let (user, password) = (login.0.as_str(), login.1);
    let mut wire = Wire::connect(server, authority_pem).await?;
    expect(&mut wire, "220").await?;
    command(&mut wire, "EHLO poste-de-travail.exemple.fr", "250").await?;
    let credentials = STANDARD.encode(format!("\0{user}\0{password}"));
    command(&mut wire, &format!("AUTH PLAIN {credentials}"), "235").await?;
    command(&mut wire, &format!("MAIL FROM:<{user}>"), "250").await?;
    command(&mut wire, &format!("RCPT TO:<{recipient}>"), "250").await?;
    command(&mut wire, "DATA", "354").await?;
    wire.say(&stuffed(message)).await?;
    let accepted = expect(&mut wire, "250").await?;
    command(&mut wire, "QUIT", "221").await?;
    Ok(accepted)
}

async fn command(wire: &mut Wire, text: &str, code: &str) -> io::Result<String> {
    wire.say(format!("{text}\r\n").as_bytes()).await?;
    expect(wire, code).await
}

/// Reads a whole reply; gives its last line.
async fn expect(wire: &mut Wire, code: &str) -> io::Result<String> {
    loop {
        let line = wire.line().await?;
        if !line.starts_with(code) {
            return Err(bad(line));
        }
        if line.as_bytes().get(3) != Some(&b'-') {
            return Ok(line);
        }
    }
}

/// The message as DATA carries it (RFC 5321 §4.5.2).
fn stuffed(message: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(message.len() + 64);
    for line in message.split_inclusive(|byte| *byte == b'\n') {
        if line.first() == Some(&b'.') {
            out.push(b'.');
        }
        out.extend_from_slice(line);
    }
    if !out.ends_with(b"\r\n") {
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(b".\r\n");
    out
}

/// A signed-in IMAP client.
pub(super) struct Reader {
    wire: Wire,
    tags: u32,
}

/// One untagged response: its text, with literals taken out in order.
#[derive(Debug)]
pub(super) struct Response {
    pub(super) text: String,
    pub(super) literals: Vec<Vec<u8>>,
}

impl Reader {
    /// Connects on the imaps port and logs in.
    ///
    /// # Errors
    /// When a step is refused.
    pub(super) async fn open(server: SocketAddr, authority_pem: &str, login: (String, &str)) -> io::Result<Self> {
        let mut reader = Self { wire: Wire::connect(server, authority_pem).await?, tags: 0 };
        let greeting = reader.wire.line().await?;
        if !greeting.starts_with("* OK") {
            return Err(bad(greeting));
        }
        let (user, password) = (login.0.as_str(), login.1);
        reader.command(&format!("LOGIN {} {}", quoted(user), quoted(password))).await?;
        Ok(reader)
    }

    /// Sends a command; gives the untagged responses before its OK.
    ///
    /// # Errors
    /// When the server says NO or BAD, or leaves.
    pub(super) async fn command(&mut self, text: &str) -> io::Result<Vec<Response>> {
        self.tags += 1;
        let tag = format!("d{}", self.tags);
        self.wire.say(format!("{tag} {text}\r\n").as_bytes()).await?;
        let mut responses = Vec::new();
        loop {
            let response = self.response().await?;
            match response.text.strip_prefix(&format!("{tag} ")) {
                None => responses.push(response),
                Some(end) if end.starts_with("OK") => return Ok(responses),
                Some(end) => return Err(bad(end.to_owned())),
            }
        }
    }

    /// Waits in IDLE (RFC 2177) until a message arrives.
    ///
    /// # Errors
    /// When none does in time.
    pub(super) async fn wait_for_arrival(&mut self) -> io::Result<()> {
        self.wire.say(b"idle IDLE\r\n").await?;
        let arrival = async {
            while !self.wire.line().await?.ends_with(" EXISTS") {}
            Ok(())
        };
        let arrived: io::Result<()> = timeout(PATIENCE, arrival).await?;
        arrived?;
        self.wire.say(b"DONE\r\n").await?;
        while !self.wire.line().await?.starts_with("idle OK") {}
        Ok(())
    }

    async fn response(&mut self) -> io::Result<Response> {
        let mut response = Response { text: self.wire.line().await?, literals: Vec::new() };
        while let Some(length) = literal_length(&response.text) {
            response.literals.push(self.wire.exactly(length).await?);
            response.text.push_str(&self.wire.line().await?);
        }
        Ok(response)
    }
}

/// The octets that follow a line which ends in `{n}` (RFC 9051 §4.3).
fn literal_length(line: &str) -> Option<usize> {
    line.strip_suffix('}')?.rsplit_once('{')?.1.parse().ok()
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_stuffed_and_ended() {
        assert_eq!(stuffed(b"a\r\n.\r\n..b"), b"a\r\n..\r\n...b\r\n.\r\n");
    }

    #[test]
    fn literals_are_announced_at_the_end_of_a_line() {
        assert_eq!(literal_length("* 1 FETCH (BODY[] {42}"), Some(42));
        assert_eq!(literal_length("* 1 FETCH (FLAGS ())"), None);
    }
}
