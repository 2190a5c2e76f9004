//! A peer that calls, plain and unhurried: one connection, one message.

use std::fmt;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{ClientConfig, ClientConnection, DigitallySignedStruct, SignatureScheme, StreamOwned};
use serde::{Serialize, Serializer};

use super::legacy_key::LegacyKey;
use crate::mail::Address;
use crate::trust::lab::{Issued, LabError};

/// How long a server may take to answer.
const PATIENCE: Duration = Duration::from_secs(20);
/// Octets of one line of a reply.
const LINE_MAX: u64 = 4096;

/// What a peer met.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Met {
    /// Its message was taken, or its sender where no message was to be left.
    Taken,
    /// 530 before TLS.
    TlsWanted,
    /// This alert.
    Alert(&'static str),
    /// 554 5.7.1 inside TLS, then the end.
    Closed,
    /// 451 4.7.1 inside TLS.
    Deferred,
    /// 550 5.7.1 to its MAIL command.
    SenderRefused,
    /// None of these.
    Else(String),
}

impl fmt::Display for Met {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Taken => f.write_str("accepté"),
            Self::TlsWanted => f.write_str("530 5.7.0"),
            Self::Alert(alert) => write!(f, "alerte {alert}"),
            Self::Closed => f.write_str("554 5.7.1"),
            Self::Deferred => f.write_str("451 4.7.1"),
            Self::SenderRefused => f.write_str("550 5.7.1 à MAIL"),
            Self::Else(other) => f.write_str(other),
        }
    }
}

impl Serialize for Met {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// The alerts that are told apart.
const ALERTS: [&str; 9] = [
    "CertificateExpired",
    "CertificateRevoked",
    "CertificateRequired",
    "CertificateUnknown",
    "UnsupportedCertificate",
    "BadCertificate",
    "UnknownCA",
    "AccessDenied",
    "DecryptError",
];

const TLS12_ONLY: &[&rustls::SupportedProtocolVersion] = &[&rustls::version::TLS12];

/// Whom to call, and what for.
pub(super) struct Errand<'a> {
    pub(super) server: SocketAddr,
    /// The server's name in the handshake.
    pub(super) host: &'a str,
    /// The domain of the reverse-path; empty for the null one.
    pub(super) domain: &'a str,
    /// Who gets a message; nobody when the answer to MAIL is enough.
    pub(super) recipient: Option<&'a Address>,
}

/// What a peer shows.
pub(super) struct Peer {
    tls: bool,
    identity: Option<CertifiedKey>,
    versions: &'static [&'static rustls::SupportedProtocolVersion],
}

impl Peer {
    /// With this certificate and its issuer's.
    pub(super) fn with(issued: &Issued) -> Result<Self, LabError> {
        let chain = issued.chain().into_iter().map(CertificateDer::from).collect();
        let (key, versions): (Arc<dyn rustls::sign::SigningKey>, _) = match issued.legacy_key() {
            Some(key) => (Arc::new(LegacyKey(Arc::new(key.clone()))), TLS12_ONLY),
            None => {
                let key = PrivateKeyDer::from_pem_slice(issued.key_pem().as_bytes());
                let key = key.map_err(|error| LabError::new(&error))?;
                let key = aws_lc_rs::sign::any_supported_type(&key).map_err(|error| LabError::new(&error))?;
                (key, rustls::ALL_VERSIONS)
            }
        };
        Ok(Self { tls: true, identity: Some(CertifiedKey::new(chain, key)), versions })
    }

    pub(super) fn without_certificate() -> Self {
        Self { tls: true, identity: None, versions: rustls::ALL_VERSIONS }
    }

    pub(super) fn without_tls() -> Self {
        Self { tls: false, ..Self::without_certificate() }
    }

    /// Without its issuer's certificate.
    pub(super) fn alone(mut self) -> Self {
        if let Some(identity) = &mut self.identity {
            identity.cert.truncate(1);
        }
        self
    }

    pub(super) fn tls12(mut self) -> Self {
        self.versions = TLS12_ONLY;
        self
    }

    /// Calls, and tries to hand a message over. Gives its own address, by which the server knows it.
    pub(super) fn call(self, errand: &Errand<'_>) -> io::Result<(SocketAddr, Met)> {
        let stream = TcpStream::connect_timeout(&errand.server, PATIENCE)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        let here = stream.local_addr()?;
        let met = self.talk(stream, errand).unwrap_or_else(|error| alert(&error));
        Ok((here, met))
    }

    fn talk(self, stream: TcpStream, errand: &Errand<'_>) -> io::Result<Met> {
        let mut plain = Dialogue(BufReader::new(stream));
        plain.reply()?;
        plain.say("EHLO mx.conformite.example")?;
        if !self.tls {
            let reply = plain.say(&mail_from(errand.domain))?;
            return Ok(if reply.starts_with("530 5.7.0") { Met::TlsWanted } else { Met::Else(reply) });
        }
        let reply = plain.say("STARTTLS")?;
        if !reply.starts_with("220") {
            return Ok(Met::Else(reply));
        }
        let name = ServerName::try_from(errand.host.to_owned()).map_err(io::Error::other)?;
        let connection = ClientConnection::new(Arc::new(self.config()?), name).map_err(io::Error::other)?;
        let mut secure = Dialogue(BufReader::new(StreamOwned::new(connection, plain.0.into_inner())));
        secure.hand_over(errand)
    }

    fn config(self) -> io::Result<ClientConfig> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let builder = ClientConfig::builder_with_provider(Arc::clone(&provider));
        let builder = builder.with_protocol_versions(self.versions).map_err(io::Error::other)?;
        let builder = builder.dangerous().with_custom_certificate_verifier(Arc::new(Anybody(provider)));
        Ok(match self.identity {
            Some(identity) => builder.with_client_cert_resolver(Arc::new(SingleCertAndKey::from(identity))),
            None => builder.with_no_client_auth(),
        })
    }
}

fn mail_from(domain: &str) -> String {
    if domain.is_empty() { "MAIL FROM:<>".to_owned() } else { format!("MAIL FROM:<conformite@{domain}>") }
}

fn alert(error: &io::Error) -> Met {
    let text = error.to_string();
    let known = ALERTS.iter().find(|alert| text.ends_with(**alert));
    known.map_or(Met::Else(text), |alert| Met::Alert(alert))
}

struct Dialogue<T>(BufReader<T>);

impl<T: Read + Write> Dialogue<T> {
    fn hand_over(&mut self, errand: &Errand<'_>) -> io::Result<Met> {
        let reply = self.say("EHLO mx.conformite.example")?;
        match reply.get(..9) {
            Some("554 5.7.1") => return Ok(Met::Closed),
            Some("451 4.7.1") => return Ok(Met::Deferred),
            _ => {}
        }
        let reply = self.say(&mail_from(errand.domain))?;
        if reply.starts_with("550 5.7.1") {
            return Ok(Met::SenderRefused);
        }
        let reply = match errand.recipient {
            None => reply,
            Some(recipient) => {
                self.say(&format!("RCPT TO:<{recipient}>"))?;
                self.say("DATA")?;
                let headers = "From: <conformite@mssante.example>\r\nSubject: sceau trust conformance";
                self.say(&format!("{headers}\r\n\r\nMessage d'essai.\r\n."))?
            }
        };
        // What follows the answer is politeness: a failure of it says nothing about the peer.
        let _ = self.say("QUIT");
        Ok(if reply.starts_with("250 2.") { Met::Taken } else { Met::Else(reply) })
    }

    fn say(&mut self, line: &str) -> io::Result<String> {
        self.0.get_mut().write_all(format!("{line}\r\n").as_bytes())?;
        self.0.get_mut().flush()?;
        self.reply()
    }

    /// The last line of a reply.
    fn reply(&mut self) -> io::Result<String> {
        loop {
            let mut line = String::new();
            if Read::by_ref(&mut self.0).take(LINE_MAX).read_line(&mut line)? == 0 {
                return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "le serveur a fermé la connexion"));
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
