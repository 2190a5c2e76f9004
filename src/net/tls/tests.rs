//! Handshakes in memory, each side ours: who gets in, which alert the other hears, what the audit says.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio_rustls::TlsAcceptor;

use super::*;
use crate::net::connection::TlsPort;
use crate::sessions::TlsFacts;
use crate::trust::lab::{Flaw, Issued, Key, Leaf, Organisation};
use crate::trust::testing::{Space, domain, start};
use crate::trust::{CertificateFacts, Trust};

const HOST: &str = "mss.chu-nord.fr";

fn identity(issued: &Issued) -> Identity {
    Identity::from_pem(issued.chain_pem().as_bytes(), issued.key_pem().as_bytes()).unwrap()
}

fn peer() -> SocketAddr {
    SocketAddr::from(([192, 0, 2, 7], 25))
}

/// Collects audits.
fn observer() -> (Observer, Arc<Mutex<Vec<HandshakeAudit>>>) {
    let audits = Arc::new(Mutex::new(Vec::new()));
    let store = Arc::clone(&audits);
    (Arc::new(move |audit: &HandshakeAudit| store.lock().unwrap().push(audit.clone())), audits)
}

struct Bench {
    space: Space,
    server: Issued,
    revoked: Issued,
    trust: Arc<Trust>,
}

impl Bench {
    fn new() -> Self {
        let space = Space::new();
        let server = space.issue(&Space::north());
        let revoked = space.issue(&Space::north());
        let trust = Arc::new(space.trust(&[("chu-nord.mssante.fr", &server)], &[&revoked]));
        Self { space, server, revoked, trust }
    }

    fn port(&self, observer: Observer) -> OperatorsPort {
        let clock = Arc::clone(&self.space.edge.clock);
        let port = OperatorsPort::new(Arc::clone(&self.trust), identity(&self.server), clock, Tickets::Off);
        port.unwrap().observed_by(observer)
    }

    fn relay(&self, issued: &Issued, observer: Observer) -> RelayTls {
        let clock = Arc::clone(&self.space.edge.clock);
        RelayTls::new(Arc::clone(&self.trust), identity(issued), clock).observed_by(observer)
    }
}

/// The server's side: the handshake, then one byte each way.
async fn serve(port: &dyn TlsPort, stream: DuplexStream) -> Result<TlsFacts, String> {
    let handshake = port.handshake(peer());
    let accepted = TlsAcceptor::from(handshake.config()).accept(stream).await;
    let mut stream = accepted.map_err(|error| {
        handshake.failed(&error);
        error.to_string()
    })?;
    let facts = facts(stream.get_ref().1, stream.get_ref().1.server_name());
    stream.write_all(b"!").await.map_err(|error| error.to_string())?;
    Ok(facts)
}

/// The client's side: what it hears after the handshake.
async fn call(relay: &RelayTls, host: &str, stream: DuplexStream) -> Result<TlsFacts, String> {
    let connected = relay.connect(stream, host, peer()).await;
    let (mut stream, facts) = connected.map_err(|audit| audit.reason.to_owned())?;
    let mut byte = [0];
    match stream.read_exact(&mut byte).await {
        Ok(_) => Ok(facts),
        Err(error) => Err(peer_alert(&error).unwrap_or_else(|| error.to_string())),
    }
}

/// [mss#4]
#[tokio::test]
async fn operators_meet() {
    let bench = Bench::new();
    let (observer, audits) = observer();
    let (port, relay) = (bench.port(Arc::clone(&observer)), bench.relay(&bench.server, observer));
    let (here, there) = duplex(64 * 1024);
    let (served, called) = tokio::join!(serve(&port, here), call(&relay, HOST, there));
    let (served, called) = (served.unwrap(), called.unwrap());
    assert_eq!((served.version, called.version), ("TLSv1.3", "TLSv1.3"));
    assert_eq!(served.server_name.as_deref(), Some(HOST));
    assert!(served.cipher.starts_with("TLS13_AES_256_GCM"), "{}", served.cipher);
    assert_eq!(served.certificates, bench.server.chain());
    assert!(bench.trust.operator(&served.certificates, start()).is_ok());
    assert!(bench.trust.operator_for(&called.certificates, &domain("chu-nord.mssante.fr"), start()).is_ok());
    assert!(audits.lock().unwrap().is_empty());
}

/// Each refused peer: the reason in the audit, the alert that its administrator sees. [mss#2] [mss#4]
#[tokio::test]
async fn refused_clients_leave_an_audit_and_hear_why() {
    let bench = Bench::new();
    for (case, issued, reason, alert) in [
        ("expired", bench.space.flawed(Flaw::Expired), "expired", "CertificateExpired"),
        ("not yet", bench.space.flawed(Flaw::NotYetValid), "not-yet-valid", "CertificateExpired"),
        ("other CA", bench.space.flawed(Flaw::OtherAuthority), "other-ca", "UnknownCA"),
        ("usage", bench.space.flawed(Flaw::WrongExtendedUsage), "wrong-usage", "UnsupportedCertificate"),
    ] {
        let (observer, audits) = observer();
        let (silent, _) = self::observer();
        let (port, relay) = (bench.port(observer), bench.relay(&issued, silent));
        let (here, there) = duplex(64 * 1024);
        let (served, called) = tokio::join!(serve(&port, here), call(&relay, HOST, there));
        assert!(served.is_err(), "{case}");
        assert_eq!(called, Err(alert.to_owned()), "{case}");
        let audit = audits.lock().unwrap().pop().unwrap();
        assert_eq!((audit.stage, audit.reason, audit.peer), (Stage::Certificate, reason, peer()), "{case}");
        let shown = CertificateFacts::read(issued.der()).unwrap();
        assert_eq!(audit.certificate.as_ref(), Some(&shown), "{case}");
        assert!(audit.to_string().contains(&shown.serial) && audit.to_string().contains(reason), "{audit}");
    }
}

#[tokio::test]
async fn revoked_clients_too() {
    let bench = Bench::new();
    let (observer, audits) = observer();
    let (port, relay) = (bench.port(Arc::clone(&observer)), bench.relay(&bench.revoked, observer));
    let (here, there) = duplex(64 * 1024);
    let (_, called) = tokio::join!(serve(&port, here), call(&relay, HOST, there));
    assert_eq!(called, Err("CertificateRevoked".to_owned()));
    assert_eq!(audits.lock().unwrap()[0].reason, "revoked");
}

#[tokio::test]
async fn a_client_without_certificate_and_one_without_tls() {
    let bench = Bench::new();
    let (observer, audits) = observer();
    let port = bench.port(observer);
    let (here, there) = duplex(64 * 1024);
    let config = anonymous_config(&bench);
    let anonymous = async {
        let name = rustls::pki_types::ServerName::try_from(HOST).unwrap();
        let mut stream = tokio_rustls::TlsConnector::from(config).connect(name, there).await?;
        stream.read_u8().await
    };
    let (served, called) = tokio::join!(serve(&port, here), anonymous);
    assert!(served.is_err());
    assert_eq!(peer_alert(&called.unwrap_err()).as_deref(), Some("CertificateRequired"));

    let (here, mut there) = duplex(64 * 1024);
    there.write_all(b"EHLO mss.chu-nord.fr\r\n").await.unwrap();
    assert!(serve(&port, here).await.is_err());
    let (here, there) = duplex(64 * 1024);
    drop(there);
    assert!(serve(&port, here).await.is_err());
    let audits = audits.lock().unwrap();
    let reasons: Vec<_> = audits.iter().map(|audit| (audit.stage, audit.reason)).collect();
    let expected = [(Stage::Certificate, "no-certificate"), (Stage::Hello, "not-tls"), (Stage::Network, "peer-left")];
    assert_eq!(reasons, expected);
}

fn anonymous_config(bench: &Bench) -> Arc<rustls::ClientConfig> {
    let mut roots = rustls::RootCertStore::empty();
    for der in bench.space.lab.anchors_der() {
        roots.add(der.into()).unwrap();
    }
    let clock = Arc::new(TlsClock(Arc::clone(&bench.space.edge.clock)));
    let builder = rustls::ClientConfig::builder_with_details(provider(), clock);
    let builder = builder.with_protocol_versions(VERSIONS).unwrap();
    Arc::new(builder.with_root_certificates(roots).with_no_client_auth())
}

/// We never hand a message to a server that is not who it should be. [mss#4] [rfc6125#6]
#[tokio::test]
async fn refused_servers() {
    let bench = Bench::new();
    let other = Leaf::operator("mss.evil.fr", &Organisation::new("EVIL", "318310021300028", "Gers (32)"));
    for (case, issued, host, reason) in [
        ("good", bench.space.issue(&Space::north()), HOST, None),
        ("good, final dot", bench.space.issue(&Space::north()), "mss.chu-nord.fr.", None),
        ("other host", bench.space.issue(&other), HOST, Some("wrong-host")),
        ("expired", bench.space.flawed(Flaw::Expired), HOST, Some("expired")),
        ("other CA", bench.space.flawed(Flaw::OtherAuthority), HOST, Some("other-ca")),
        ("no host name", bench.space.issue(&Space::north()), "not a host", Some("wrong-host")),
    ] {
        let (observer, audits) = observer();
        let people = PeoplePort::new(identity(&issued), Arc::clone(&bench.space.edge.clock), Tickets::Off).unwrap();
        let relay = bench.relay(&bench.server, observer);
        let (here, there) = duplex(64 * 1024);
        let (_, called) = tokio::join!(serve(&people, here), call(&relay, host, there));
        assert_eq!(called.as_ref().err().map(String::as_str), reason, "{case}");
        assert_eq!(audits.lock().unwrap().first().map(|audit| audit.reason), reason, "{case}");
    }
}

#[tokio::test]
async fn resumption_is_as_configured_and_a_renewed_certificate_is_shown() {
    let bench = Bench::new();
    for (tickets, resumed) in [(Tickets::Off, false), (Tickets::On, true)] {
        let clock = Arc::clone(&bench.space.edge.clock);
        let port = PeoplePort::new(identity(&bench.server), clock, tickets).unwrap();
        let config = anonymous_config(&bench);
        let mut last = None;
        for _ in 0..2 {
            let (here, there) = duplex(64 * 1024);
            let call = async {
                let name = rustls::pki_types::ServerName::try_from(HOST).unwrap();
                let connector = tokio_rustls::TlsConnector::from(Arc::clone(&config));
                let mut stream = connector.connect(name, there).await.unwrap();
                stream.read_u8().await.unwrap();
                stream.get_ref().1.handshake_kind()
            };
            let (_, kind) = tokio::join!(serve(&port, here), call);
            last = kind;
        }
        assert_eq!(last == Some(rustls::HandshakeKind::Resumed), resumed, "{tickets:?}");
    }
    let (silent, _) = observer();
    let port = bench.port(Arc::clone(&silent));
    let renewed = bench.space.issue(&Space::north().with_key(Key::Rsa2048));
    port.renew(identity(&renewed));
    let relay = bench.relay(&bench.server, silent);
    let (here, there) = duplex(64 * 1024);
    let (_, called) = tokio::join!(serve(&port, here), call(&relay, HOST, there));
    assert_eq!(called.unwrap().certificates[0], renewed.der());
}

/// A client with this certificate, whose memory of sessions is shared by its connections.
fn with_certificate(bench: &Bench, issued: &Issued) -> Arc<rustls::ClientConfig> {
    let mut roots = rustls::RootCertStore::empty();
    for der in bench.space.lab.anchors_der() {
        roots.add(der.into()).unwrap();
    }
    let clock = Arc::new(TlsClock(Arc::clone(&bench.space.edge.clock)));
    let builder = rustls::ClientConfig::builder_with_details(provider(), clock);
    let builder = builder.with_protocol_versions(VERSIONS).unwrap().with_root_certificates(roots);
    let chain = issued.chain().into_iter().map(Into::into).collect();
    let key = rustls::pki_types::pem::PemObject::from_pem_slice(issued.key_pem().as_bytes()).unwrap();
    Arc::new(builder.with_client_auth_cert(chain, key).unwrap())
}

/// Whoever has a certificate may show it, good or not: it is judged at the login. What one port remembers is nothing to
/// another. [clients#client-certificate-login]
#[tokio::test]
async fn people_may_show_a_certificate_and_a_ticket_of_another_port_is_worth_nothing() {
    let bench = Bench::new();
    let trust = Arc::new(bench.space.trust(&[], &[]));
    let port = || {
        let clock = Arc::clone(&bench.space.edge.clock);
        PeoplePort::new(identity(&bench.server), clock, Tickets::On).unwrap().asking(Arc::clone(&trust))
    };
    let (one, other) = (port(), port());
    for issued in [bench.space.issue(&Space::north()), bench.space.flawed(Flaw::Expired)] {
        let config = with_certificate(&bench, &issued);
        for (port, kind) in [
            (&one, rustls::HandshakeKind::Full),
            (&one, rustls::HandshakeKind::Resumed),
            (&other, rustls::HandshakeKind::Full),
        ] {
            let (here, there) = duplex(64 * 1024);
            let call = async {
                let name = rustls::pki_types::ServerName::try_from(HOST).unwrap();
                let connector = tokio_rustls::TlsConnector::from(Arc::clone(&config));
                let mut stream = connector.connect(name, there).await.unwrap();
                stream.read_u8().await.unwrap();
                stream.get_ref().1.handshake_kind()
            };
            let (served, called) = tokio::join!(serve(port, here), call);
            assert_eq!(served.unwrap().certificates.first().map(Vec::as_slice), Some(issued.der()));
            assert_eq!(called, Some(kind));
        }
    }
    // and whoever has none is served all the same
    let (here, there) = duplex(64 * 1024);
    let config = anonymous_config(&bench);
    let call = async {
        let name = rustls::pki_types::ServerName::try_from(HOST).unwrap();
        let mut stream = tokio_rustls::TlsConnector::from(config).connect(name, there).await.unwrap();
        stream.read_u8().await.unwrap()
    };
    let (served, _) = tokio::join!(serve(&one, here), call);
    assert!(served.unwrap().certificates.is_empty());
}

/// Forward secrecy and authenticated encryption only. [mss#4]
/// A resumed session brings the certificate that it began with, so that a revocation since then counts. [mss#4]
#[tokio::test]
async fn a_resumed_operator_is_judged_anew() {
    let bench = Bench::new();
    let clock = || Arc::clone(&bench.space.edge.clock);
    let port = OperatorsPort::new(Arc::clone(&bench.trust), identity(&bench.server), clock(), Tickets::On).unwrap();
    let builder = rustls::ClientConfig::builder_with_details(provider(), Arc::new(TlsClock(clock())));
    let mut roots = rustls::RootCertStore::empty();
    for der in bench.space.lab.anchors_der() {
        roots.add(der.into()).unwrap();
    }
    let builder = builder.with_protocol_versions(VERSIONS).unwrap().with_root_certificates(roots);
    let resolver = rustls::sign::SingleCertAndKey::from(Arc::clone(&identity(&bench.server).key));
    let config = Arc::new(builder.with_client_cert_resolver(Arc::new(resolver)));
    let mut kinds = Vec::new();
    for _ in 0..2 {
        let (here, there) = duplex(64 * 1024);
        let call = async {
            let name = rustls::pki_types::ServerName::try_from(HOST).unwrap();
            let mut stream = tokio_rustls::TlsConnector::from(Arc::clone(&config)).connect(name, there).await.unwrap();
            stream.read_u8().await.unwrap();
            stream.get_ref().1.handshake_kind()
        };
        let (served, kind) = tokio::join!(serve(&port, here), call);
        let served = served.unwrap();
        assert!(bench.trust.operator(&served.certificates, start()).is_ok());
        let since = bench.space.trust(&[("chu-nord.mssante.fr", &bench.server)], &[&bench.server]);
        assert_eq!(since.operator(&served.certificates, start()).unwrap_err(), crate::trust::Refusal::Revoked);
        kinds.push(kind);
    }
    assert_eq!(kinds[1], Some(rustls::HandshakeKind::Resumed), "{kinds:?}");
}

#[test]
fn what_is_offered() {
    let offered = offered();
    assert_eq!(offered.versions, ["TLSv1.3", "TLSv1.2"]);
    assert_eq!(offered.suites.len(), 9);
    let modern = |suite: &&str| {
        (suite.starts_with("TLS13_") || suite.starts_with("TLS_ECDHE_"))
            && (suite.contains("_GCM_") || suite.contains("CHACHA20_POLY1305"))
    };
    assert!(offered.suites.iter().all(modern), "{:?}", offered.suites);
    assert!(offered.groups.iter().any(|group| group == "X25519"), "{:?}", offered.groups);
}

#[test]
fn a_key_must_fit_its_certificate() {
    let bench = Bench::new();
    let (chain, key) = (bench.server.chain_pem(), bench.server.key_pem());
    let other = bench.revoked.key_pem();
    let reason = |certificate: &str, key: &str| {
        Identity::from_pem(certificate.as_bytes(), key.as_bytes()).map(|_| ()).unwrap_err().reason().to_owned()
    };
    assert!(reason(&chain, &other).starts_with("the key does not fit the certificate"));
    assert!(reason(&key, &key).starts_with("there is no certificate"));
    assert!(reason(&chain, &chain).starts_with("no private key can be read"));
    let missing = Identity::load("/nowhere/a.pem".as_ref(), "/nowhere/a.key".as_ref()).unwrap_err();
    assert!(missing.to_string().starts_with("/nowhere/a.pem: "), "{missing}");
}

#[test]
fn network_failures_have_their_words() {
    let verdict = audit::Verdict::default();
    let timed_out = io::Error::new(io::ErrorKind::TimedOut, "too long");
    let audit = HandshakeAudit::new(peer(), Direction::In, &verdict, &timed_out);
    assert_eq!((audit.stage.word(), audit.reason), ("network", "timed-out"));
}
