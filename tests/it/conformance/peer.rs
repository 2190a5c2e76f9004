//! A peer that calls, plain and unhurried: one connection, one message.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{ClientConfig, ClientConnection, DigitallySignedStruct, SignatureScheme, StreamOwned};
use sceau::trust::lab::Issued;

use super::bench::RECIPIENT;

/// What a peer met.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Met {
    /// Its message was taken.
    Taken,
    /// 530 before TLS.
    TlsWanted,
    /// This alert.
    Alert(&'static str),
    /// 554 5.7.1 inside TLS, then the end.
    Closed,
    /// 550 5.7.1 to its MAIL command.
    SenderRefused,
    /// None of these.
    Else(String),
}

/// The alerts that are told apart.
const ALERTS: [&str; 5] =
    ["CertificateExpired", "CertificateRevoked", "UnknownCA", "UnsupportedCertificate", "CertificateRequired"];

const TLS12_ONLY: &[&rustls::SupportedProtocolVersion] = &[&rustls::version::TLS12];

/// What a peer shows.
pub struct Peer {
    tls: bool,
    identity: Option<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>)>,
    versions: &'static [&'static rustls::SupportedProtocolVersion],
}

impl Peer {
    /// With this certificate and its issuer's.
    pub fn with(issued: &Issued) -> Self {
        let chain = issued.chain().into_iter().map(CertificateDer::from).collect();
        let key = PrivateKeyDer::from_pem_slice(issued.key_pem().as_bytes()).unwrap();
        Self { tls: true, identity: Some((chain, key)), versions: rustls::ALL_VERSIONS }
    }

    pub fn without_certificate() -> Self {
        Self { tls: true, identity: None, versions: rustls::ALL_VERSIONS }
    }

    pub fn without_tls() -> Self {
        Self { tls: false, ..Self::without_certificate() }
    }

    /// Without its issuer's certificate.
    pub fn alone(mut self) -> Self {
        self.identity.as_mut().unwrap().0.truncate(1);
        self
    }

    pub fn tls12(mut self) -> Self {
        self.versions = TLS12_ONLY;
        self
    }

    /// Calls, and tries to hand a message over. Gives its own address, by which the log names it.
    pub fn call(&self, server: SocketAddr, domain: &str) -> (SocketAddr, Met) {
        let stream = TcpStream::connect(server).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let here = stream.local_addr().unwrap();
        let met = self.talk(stream, domain).unwrap_or_else(|error| alert(&error));
        (here, met)
    }

    fn talk(&self, stream: TcpStream, domain: &str) -> io::Result<Met> {
        let mut plain = Dialogue(BufReader::new(stream));
        plain.reply()?;
        plain.say("EHLO mx.test")?;
        if !self.tls {
            let reply = plain.say(&mail_from(domain))?;
            return Ok(if reply.starts_with("530 5.7.0") { Met::TlsWanted } else { Met::Else(reply) });
        }
        plain.say("STARTTLS")?;
        let name = ServerName::try_from("mss.chu-nord.fr").unwrap();
        let connection = ClientConnection::new(Arc::new(self.config()), name).unwrap();
        let mut secure = Dialogue(BufReader::new(StreamOwned::new(connection, plain.0.into_inner())));
        let reply = secure.say("EHLO mx.test")?;
        if reply.starts_with("554 5.7.1") {
            return Ok(Met::Closed);
        }
        let reply = secure.say(&mail_from(domain))?;
        if reply.starts_with("550 5.7.1") {
            return Ok(Met::SenderRefused);
        }
        secure.say(&format!("RCPT TO:<{RECIPIENT}>"))?;
        secure.say("DATA")?;
        let reply = secure.say("From: <x@test.invalid>\r\nSubject: test\r\n\r\ntest\r\n.")?;
        Ok(if reply.starts_with("250 2.0.0") { Met::Taken } else { Met::Else(reply) })
    }

    fn config(&self) -> ClientConfig {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let builder = ClientConfig::builder_with_provider(Arc::clone(&provider));
        let builder = builder.with_protocol_versions(self.versions).unwrap();
        let builder = builder.dangerous().with_custom_certificate_verifier(Arc::new(Anybody(provider)));
        match &self.identity {
            Some((chain, key)) => builder.with_client_auth_cert(chain.clone(), key.clone_key()).unwrap(),
            None => builder.with_no_client_auth(),
        }
    }
}

fn mail_from(domain: &str) -> String {
    if domain.is_empty() { "MAIL FROM:<>".to_owned() } else { format!("MAIL FROM:<x@{domain}>") }
}

fn alert(error: &io::Error) -> Met {
    let text = error.to_string();
    let known = ALERTS.iter().find(|alert| text.contains(**alert));
    known.map_or(Met::Else(text), |alert| Met::Alert(alert))
}

struct Dialogue<T>(BufReader<T>);

impl<T: Read + Write> Dialogue<T> {
    fn say(&mut self, line: &str) -> io::Result<String> {
        self.0.get_mut().write_all(format!("{line}\r\n").as_bytes())?;
        self.0.get_mut().flush()?;
        self.reply()
    }

    /// The last line of a reply.
    fn reply(&mut self) -> io::Result<String> {
        loop {
            let mut line = String::new();
            if self.0.read_line(&mut line)? == 0 {
                return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the server closed"));
            }
            if line.as_bytes().get(3) != Some(&b'-') {
                return Ok(line.trim_end().to_owned());
            }
        }
    }
}

/// The peer does not judge the server: here the server judges.
#[derive(Debug)]
struct Anybody(Arc<CryptoProvider>);

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
