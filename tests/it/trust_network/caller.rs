//! A peer's mail server as a blocking client: STARTTLS with its certificate, then line by line.

use std::io::{self, BufRead, BufReader, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use sceau::trust::lab::Issued;

use super::world::{HOST, World};

/// A connection in TLS.
pub struct Caller(BufReader<StreamOwned<ClientConnection, TcpStream>>);

impl Caller {
    /// Connects, greets, and begins TLS with this certificate. A server that refuses it says so at the first read.
    pub fn connect(world: &World, issued: &Issued) -> io::Result<Self> {
        let mut plain = TcpStream::connect(("127.0.0.1", world.smtp))?;
        plain.set_read_timeout(Some(Duration::from_secs(120)))?;
        let mut lines = BufReader::new(plain.try_clone()?);
        reply(&mut lines)?;
        for command in ["EHLO mx.pair.mssante.fr\r\n", "STARTTLS\r\n"] {
            plain.write_all(command.as_bytes())?;
            reply(&mut lines)?;
        }
        let connection = ClientConnection::new(config(world, issued), HOST.try_into().unwrap()).unwrap();
        Ok(Self(BufReader::new(StreamOwned::new(connection, plain))))
    }

    /// Says a line, and gives the reply.
    pub fn say(&mut self, line: &str) -> io::Result<String> {
        self.0.get_mut().write_all(format!("{line}\r\n").as_bytes())?;
        self.hear()
    }

    /// The next reply, whole.
    pub fn hear(&mut self) -> io::Result<String> {
        reply(&mut self.0)
    }

    /// The reply of a new connection to its EHLO inside TLS, or why there is none.
    pub fn hello(world: &World, issued: &Issued) -> Result<String, String> {
        let said = Self::connect(world, issued).and_then(|mut caller| caller.say("EHLO mx.pair.mssante.fr"));
        said.map_err(|error| error.to_string())
    }
}

fn reply(lines: &mut impl BufRead) -> io::Result<String> {
    let mut whole = String::new();
    loop {
        let before = whole.len();
        if lines.read_line(&mut whole)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if whole.as_bytes()[before..].get(3) != Some(&b'-') {
            return Ok(whole);
        }
    }
}

fn config(world: &World, issued: &Issued) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(world.lab.root_pem().as_bytes()).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let chain = issued.chain().into_iter().map(CertificateDer::from).collect();
    let key = PrivateKeyDer::from_pem_slice(issued.key_pem().as_bytes()).unwrap();
    Arc::new(builder.with_root_certificates(roots).with_client_auth_cert(chain, key).unwrap())
}
