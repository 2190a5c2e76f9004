//! The driver with a toy session, over streams in memory.

use rustls::pki_types::{PrivateKeyDer, ServerName};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_rustls::TlsConnector;

use super::*;

/// Repeats each line; knows `tls`, `quit`, `login` and `flood`.
struct Parrot {
    heard: Vec<u8>,
    greeted: bool,
    known: bool,
    secured: Option<TlsFacts>,
    news: mpsc::Receiver<&'static str>,
    tell: Option<&'static str>,
    /// Content is coming, at least 100 octets a minute.
    bulk: bool,
}

impl Session for Parrot {
    fn receive(&mut self, bytes: &[u8]) {
        self.heard.extend_from_slice(bytes);
    }

    async fn advance(&mut self, out: &mut Output) -> Want {
        if !std::mem::replace(&mut self.greeted, true) {
            out.extend(b"hello\n");
        }
        if let Some(news) = self.tell.take() {
            out.extend(format!("news {news}\n").as_bytes());
        }
        while let Some(end) = self.heard.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.heard.drain(..=end).collect();
            match line.trim_ascii_end() {
                b"tls" => {
                    tokio::task::yield_now().await;
                    out.extend(b"go ahead\n");
                    return Want::StartTls;
                }
                b"quit" => {
                    out.extend(b"bye\n");
                    return Want::Close;
                }
                b"login" => self.known = true,
                b"bulk" => self.bulk = true,
                b"flood" => {
                    for _ in 0..100 {
                        out.extend(&[b'x'; 10_000]);
                        if out.flush_if_large().await.is_err() {
                            return Want::Close;
                        }
                    }
                }
                _ => {}
            }
            out.extend(&line);
        }
        Want::Input
    }

    fn secured(&mut self, facts: TlsFacts) {
        self.secured = Some(facts);
        self.heard.clear();
    }

    async fn wake(&mut self) {
        match self.news.recv().await {
            Some(news) => self.tell = Some(news),
            None => std::future::pending().await,
        }
    }

    fn patience(&self) -> Duration {
        Duration::from_secs(300)
    }

    fn pace(&self) -> Option<Pace> {
        self.bulk.then_some(Pace { octets: 100, within: Duration::from_secs(60) })
    }

    fn too_slow(&mut self, out: &mut Output) {
        out.extend(b"faster\n");
    }

    fn timed_out(&mut self, out: &mut Output) {
        out.extend(b"too slow\n");
    }

    fn shut_down(&mut self, out: &mut Output) {
        out.extend(b"closing\n");
    }

    fn authenticated(&self) -> bool {
        self.known
    }
}

#[derive(Clone)]
struct TestTls(Arc<ServerConfig>, mpsc::UnboundedSender<String>);

impl TlsPort for TestTls {
    fn handshake(&self, _peer: SocketAddr) -> Box<dyn Handshake> {
        Box::new(self.clone())
    }
}

impl Handshake for TestTls {
    fn config(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.0)
    }

    fn failed(&self, error: &io::Error) {
        self.1.send(error.to_string()).unwrap();
    }
}

struct Bench {
    peer: DuplexStream,
    news: mpsc::Sender<&'static str>,
    notice: watch::Sender<Notice>,
    failures: mpsc::UnboundedReceiver<String>,
    certificate: rustls::pki_types::CertificateDer<'static>,
    driver: JoinHandle<Ended>,
}

fn provider() -> Arc<rustls::crypto::CryptoProvider> {
    Arc::new(rustls::crypto::aws_lc_rs::default_provider())
}

/// A driver at work, with a pipe of `capacity` bytes to it.
#[expect(clippy::disallowed_methods, reason = "this is net")]
fn bench(start: Start, capacity: usize) -> Bench {
    let key = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let certificate = key.cert.der().clone();
    let config = ServerConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.clone()], PrivateKeyDer::try_from(key.signing_key.serialize_der()).unwrap())
        .unwrap();
    let (peer, ours) = duplex(capacity);
    let (news, news_for_session) = mpsc::channel(4);
    let (notice, notice_for_driver) = watch::channel(Notice::None);
    let (failed, failures) = mpsc::unbounded_channel();
    let session = Parrot {
        heard: vec![],
        greeted: false,
        known: false,
        secured: None,
        news: news_for_session,
        tell: None,
        bulk: false,
    };
    let surroundings = Surroundings {
        peer: ([127, 0, 0, 1], 9).into(),
        start,
        tls: Some(Arc::new(TestTls(Arc::new(config), failed))),
        patience: Patience::default(),
        notice: notice_for_driver,
        secured: Box::new(|_| ()),
        authenticated: Box::new(|| ()),
    };
    let driver = tokio::spawn(drive(session, ours, surroundings));
    Bench { peer, news, notice, failures, certificate, driver }
}

async fn expect(stream: &mut (impl AsyncReadExt + Unpin), text: &str) {
    let mut got = vec![0; text.len()];
    stream.read_exact(&mut got).await.unwrap();
    assert_eq!(String::from_utf8_lossy(&got), text);
}

async fn rest(stream: &mut (impl AsyncReadExt + Unpin)) -> String {
    let mut got = Vec::new();
    let _ = stream.read_to_end(&mut got).await;
    String::from_utf8_lossy(&got).into_owned()
}

async fn client_tls(
    stream: DuplexStream,
    root: rustls::pki_types::CertificateDer<'static>,
) -> tokio_rustls::client::TlsStream<DuplexStream> {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(root).unwrap();
    let config = rustls::ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from("localhost").unwrap();
    TlsConnector::from(Arc::new(config)).connect(name, stream).await.unwrap()
}

#[tokio::test]
async fn a_conversation_from_greeting_to_goodbye_however_it_is_cut() {
    let mut bench = bench(Start::Plain, 64);
    expect(&mut bench.peer, "hello\n").await;
    for byte in b"one\ntwo\nquit\nthree\n" {
        bench.peer.write_all(&[*byte]).await.unwrap();
    }
    assert_eq!(rest(&mut bench.peer).await, "one\ntwo\nbye\n");
    assert_eq!(bench.driver.await.unwrap(), Ended::Done);
}

#[tokio::test]
async fn the_peer_may_just_leave() {
    let mut bench = bench(Start::Plain, 64);
    expect(&mut bench.peer, "hello\n").await;
    drop(bench.peer);
    assert_eq!(bench.driver.await.unwrap(), Ended::PeerLeft);
}

#[tokio::test]
async fn starttls_upgrades_in_place() {
    let mut bench = bench(Start::Plain, 4096);
    expect(&mut bench.peer, "hello\n").await;
    bench.peer.write_all(b"tls\n").await.unwrap();
    expect(&mut bench.peer, "go ahead\n").await;
    let mut peer = client_tls(bench.peer, bench.certificate).await;
    peer.write_all(b"secret\nquit\n").await.unwrap();
    assert_eq!(rest(&mut peer).await, "secret\nbye\n");
    assert_eq!(bench.driver.await.unwrap(), Ended::Done);
}

/// [rfc8314#3]
#[tokio::test]
async fn implicit_tls_greets_inside() {
    let bench = bench(Start::Tls, 4096);
    let mut peer = client_tls(bench.peer, bench.certificate).await;
    expect(&mut peer, "hello\n").await;
    peer.write_all(b"quit\n").await.unwrap();
    assert_eq!(rest(&mut peer).await, "bye\n");
}

/// [rfc3207#4.2] Clear text that follows STARTTLS ends the connection before the handshake.
#[tokio::test]
async fn clear_text_after_starttls_ends_the_connection() {
    // The pipe holds one command: the next bytes come in while the session thinks.
    let mut bench = bench(Start::Plain, 6);
    expect(&mut bench.peer, "hello\n").await;
    let write = async {
        let _ = bench.peer.write_all(b"tls\nevil\n").await;
        bench.peer
    };
    let (ended, _peer) = tokio::join!(bench.driver, write);
    assert_eq!(ended.unwrap(), Ended::Injection);
    assert!(bench.failures.try_recv().is_err(), "no handshake was begun");
}

#[tokio::test]
async fn a_failed_handshake_is_reported_and_ends_the_connection() {
    let mut bench = bench(Start::Tls, 4096);
    bench.peer.write_all(b"EHLO not.tls\r\n").await.unwrap();
    assert_eq!(bench.driver.await.unwrap(), Ended::NoTls);
    assert!(!bench.failures.recv().await.unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_silent_handshake_ends() {
    let mut bench = bench(Start::Tls, 4096);
    assert_eq!(bench.driver.await.unwrap(), Ended::NoTls);
    assert_eq!(bench.failures.recv().await.unwrap(), "the handshake took too long");
}

#[tokio::test(start_paused = true)]
async fn silence_after_login_ends_politely_and_news_does_not_count_as_the_peers() {
    let mut bench = bench(Start::Plain, 64);
    bench.peer.write_all(b"login\n").await.unwrap();
    expect(&mut bench.peer, "hello\nlogin\n").await;
    let begun = now();
    tokio::time::sleep(Duration::from_secs(200)).await;
    bench.news.send("flash").await.unwrap();
    expect(&mut bench.peer, "news flash\n").await;
    assert_eq!(rest(&mut bench.peer).await, "too slow\n");
    assert_eq!(begun.elapsed().as_secs(), 300);
    assert_eq!(bench.driver.await.unwrap(), Ended::Silent);
}

#[tokio::test(start_paused = true)]
async fn a_busy_peer_that_never_says_who_it_is_ends_too() {
    let mut bench = bench(Start::Plain, 64);
    let begun = now();
    let chatter = async {
        while bench.peer.write_all(b"x\n").await.is_ok() {
            tokio::time::sleep(Duration::from_secs(10)).await;
            let mut reply = [0; 64];
            if bench.peer.read(&mut reply).await.unwrap_or(0) == 0 {
                break;
            }
        }
    };
    let (ended, ()) = tokio::join!(bench.driver, chatter);
    assert_eq!(ended.unwrap(), Ended::Anonymous);
    assert!(begun.elapsed() < Duration::from_secs(200));
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_takes_nothing_is_cut_and_never_fills_memory() {
    let mut bench = bench(Start::Plain, 1000);
    bench.peer.write_all(b"flood\n").await.unwrap();
    assert_eq!(bench.driver.await.unwrap(), Ended::Gone);
}

#[tokio::test]
async fn a_large_output_arrives_whole() {
    let mut bench = bench(Start::Plain, 1000);
    bench.peer.write_all(b"flood\nquit\n").await.unwrap();
    assert_eq!(rest(&mut bench.peer).await.len(), "hello\n".len() + 1_000_000 + "flood\nbye\n".len());
}

#[tokio::test]
async fn the_end_of_the_server_and_making_room_are_said() {
    for (notice, ended) in [(Notice::ShutDown, Ended::ShutDown), (Notice::MakeRoom, Ended::MadeRoom)] {
        let mut bench = bench(Start::Plain, 64);
        expect(&mut bench.peer, "hello\n").await;
        bench.notice.send(notice).unwrap();
        assert_eq!(rest(&mut bench.peer).await, "closing\n");
        assert_eq!(bench.driver.await.unwrap(), ended);
    }
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_trickles_is_cut_and_one_that_keeps_the_pace_is_not() {
    for (octets, every, slow) in [(9, 6, true), (1, 1, true), (12, 6, false), (100, 59, false)] {
        let mut bench = bench(Start::Plain, 4096);
        expect(&mut bench.peer, "hello\n").await;
        bench.peer.write_all(b"login\nbulk\n").await.unwrap();
        expect(&mut bench.peer, "login\nbulk\n").await;
        let mut spent = 0;
        let mut heard = [0; 7];
        while spent < 600 {
            tokio::select! {
                biased;
                read = bench.peer.read_exact(&mut heard) => {
                    read.unwrap();
                    break;
                }
                () = tokio::time::sleep(Duration::from_secs(every)) => {
                    bench.peer.write_all(&vec![b'x'; octets]).await.unwrap();
                    spent += every;
                }
            }
        }
        assert_eq!(heard == *b"faster\n", slow, "{octets} octets every {every} s, for {spent} s");
        assert!(!slow || spent <= 66, "{spent}");
        drop(bench.peer);
        assert_eq!(bench.driver.await.unwrap(), if slow { Ended::Slow } else { Ended::PeerLeft });
    }
}
