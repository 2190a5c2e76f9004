//! Just enough of a mail client, line by line: submission and IMAP over TLS, SMTP in clear to Postfix's own door.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

/// Longer than the largest message takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(300);

trait Stream: Read + Write {}
impl<T: Read + Write> Stream for T {}

/// A conversation.
pub struct Wire(BufReader<Box<dyn Stream>>);

/// One message as it is handed over.
pub struct Letter<'a> {
    /// The reverse-path, with parameters of MAIL behind it.
    pub from: &'a str,
    /// Recipients, each with parameters of RCPT behind it.
    pub to: Vec<String>,
    /// The content, CRLF.
    pub content: &'a [u8],
}

impl Wire {
    pub fn plain(port: u16) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        Self(BufReader::new(Box::new(stream)))
    }

    pub fn tls(port: u16, name: &str, authorities: &Path) -> Self {
        let mut roots = RootCertStore::empty();
        let found = CertificateDer::pem_file_iter(authorities).unwrap().map(Result::unwrap);
        roots.add_parsable_certificates(found);
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let config = config.with_root_certificates(roots).with_no_client_auth();
        let name = ServerName::try_from(name.to_owned()).unwrap();
        let connection = ClientConnection::new(Arc::new(config), name).unwrap();
        let stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        Self(BufReader::new(Box::new(StreamOwned::new(connection, stream))))
    }

    fn say(&mut self, bytes: &[u8]) {
        self.0.get_mut().write_all(bytes).unwrap();
        self.0.get_mut().flush().unwrap();
    }

    fn line(&mut self) -> String {
        let mut line = Vec::new();
        self.0.read_until(b'\n', &mut line).unwrap();
        assert!(!line.is_empty(), "the server left");
        String::from_utf8_lossy(&line).into_owned()
    }

    /// Reads a reply of SMTP; fails unless it begins so.
    fn expect(&mut self, code: &str) -> String {
        let mut all = String::new();
        loop {
            let line = self.line();
            all += &line;
            if line.as_bytes().get(3) != Some(&b'-') {
                assert!(line.starts_with(code), "{code} was due: {all}");
                return all;
            }
        }
    }

    fn ask(&mut self, command: &str, code: &str) -> String {
        self.say(format!("{command}\r\n").as_bytes());
        self.expect(code)
    }

    /// Greets, and signs in where a name and a password are given.
    pub fn greet(&mut self, login: Option<(&str, &str)>) {
        self.expect("220");
        self.ask("EHLO test.invalid", "250");
        if let Some((user, password)) = login {
            let words = STANDARD.encode(format!("\0{user}\0{password}"));
            self.ask(&format!("AUTH PLAIN {words}"), "235");
        }
    }

    /// Hands a message over; the reply to it.
    pub fn send(&mut self, letter: &Letter<'_>) -> String {
        self.ask(&format!("MAIL FROM:{}", letter.from), "250");
        for to in &letter.to {
            self.ask(&format!("RCPT TO:{to}"), "250");
        }
        self.ask("DATA", "354");
        let mut stuffed = Vec::with_capacity(letter.content.len() + 1024);
        for line in letter.content.split_inclusive(|byte| *byte == b'\n') {
            if line.starts_with(b".") {
                stuffed.push(b'.');
            }
            stuffed.extend_from_slice(line);
        }
        stuffed.extend_from_slice(b".\r\n");
        self.say(&stuffed);
        self.expect("250")
    }

    /// The messages of an INBOX, whole, oldest first.
    pub fn inbox(&mut self, user: &str, password: &str) -> Vec<Vec<u8>> {
        self.line();
        self.tagged(&format!("LOGIN {user} \"{password}\""));
        let selected = self.tagged("SELECT INBOX");
        if selected.0.iter().any(|line| line.starts_with("* 0 EXISTS")) {
            return Vec::new();
        }
        self.tagged("FETCH 1:* (BODY.PEEK[])").1
    }

    /// Sends a command of IMAP; its lines and literals.
    fn tagged(&mut self, command: &str) -> (Vec<String>, Vec<Vec<u8>>) {
        self.say(format!("a {command}\r\n").as_bytes());
        let (mut lines, mut literals) = (Vec::new(), Vec::new());
        loop {
            let line = self.line();
            if let Some(size) = line.trim_end().strip_suffix('}').and_then(|rest| rest.rsplit_once('{')) {
                let mut literal = vec![0; size.1.parse().unwrap()];
                self.0.read_exact(&mut literal).unwrap();
                literals.push(literal);
            }
            if line.starts_with("a ") {
                assert!(line.starts_with("a OK"), "{command}: {line}");
                return (lines, literals);
            }
            lines.push(line);
        }
    }
}
