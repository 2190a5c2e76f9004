//! Listening on real sockets: limits, clear errors, and an end that everybody hears.

use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::AsyncReadExt;

use super::*;
use crate::net::connection::Notice;
use crate::sessions::{Output, TlsFacts, Want};

/// Says hello, then waits.
struct Quiet {
    greeted: bool,
    known: bool,
}

impl Session for Quiet {
    fn receive(&mut self, _bytes: &[u8]) {}

    async fn advance(&mut self, out: &mut Output) -> Want {
        if !std::mem::replace(&mut self.greeted, true) {
            out.extend(b"hello\n");
        }
        Want::Input
    }

    fn secured(&mut self, _facts: TlsFacts) {}

    fn patience(&self) -> Duration {
        Duration::from_secs(60)
    }

    fn timed_out(&mut self, out: &mut Output) {
        out.extend(b"bye\n");
    }

    fn authenticated(&self) -> bool {
        self.known
    }
}

struct Bench {
    address: SocketAddr,
    notice: watch::Sender<Notice>,
    listener: tokio::task::JoinHandle<()>,
}

async fn bench(limits: Limits) -> Bench {
    bench_of(limits, Known::All).await
}

/// Which peers say who they are, by their order.
#[derive(Clone, Copy, PartialEq)]
enum Known {
    All,
    First,
}

#[expect(clippy::disallowed_methods, reason = "this is net")]
async fn bench_of(limits: Limits, known: Known) -> Bench {
    let listener = Listener::bind("smtp", ([127, 0, 0, 1], 0).into()).await.unwrap();
    let address = listener.address();
    let service = Arc::new(Service {
        name: "smtp",
        start: Start::Plain,
        tls: None,
        patience: Patience::default(),
        busy: b"421 busy\r\n".to_vec(),
    });
    let (notice, shutdown) = watch::channel(Notice::None);
    let opened = Arc::new(AtomicUsize::new(0));
    let open = move |_| {
        let first = opened.fetch_add(1, Ordering::SeqCst) == 0;
        Quiet { greeted: false, known: first || known == Known::All }
    };
    let places = Places::new(limits);
    let listener = tokio::spawn(listener.run(service, places, open, shutdown));
    Bench { address, notice, listener }
}

async fn hear(stream: &mut TcpStream, text: &str) {
    let mut heard = vec![0; text.len()];
    stream.read_exact(&mut heard).await.unwrap();
    assert_eq!(String::from_utf8_lossy(&heard), text);
}

#[tokio::test]
async fn an_address_beyond_its_limit_is_told_so_and_served_again_later() {
    let bench = bench(Limits { total: 10, per_address: 1 }).await;
    let mut first = TcpStream::connect(bench.address).await.unwrap();
    hear(&mut first, "hello\n").await;
    let mut second = TcpStream::connect(bench.address).await.unwrap();
    hear(&mut second, "421 busy\r\n").await;
    drop(first);
    loop {
        let mut third = TcpStream::connect(bench.address).await.unwrap();
        let mut first_byte = [0];
        third.read_exact(&mut first_byte).await.unwrap();
        if first_byte == *b"h" {
            break;
        }
    }
}

#[tokio::test]
async fn a_full_server_lets_the_oldest_stranger_go_and_nobody_else() {
    let bench = bench_of(Limits { total: 3, per_address: 10 }, Known::First).await;
    let mut peers = Vec::new();
    for _ in 0..3 {
        let mut peer = TcpStream::connect(bench.address).await.unwrap();
        hear(&mut peer, "hello\n").await;
        peers.push(peer);
    }
    let mut newcomer = TcpStream::connect(bench.address).await.unwrap();
    hear(&mut newcomer, "hello\n").await;
    // the first is known; the second is the oldest stranger
    hear(&mut peers[1], "bye\n").await;
    assert_eq!(peers[1].read(&mut [0]).await.unwrap(), 0);
    for peer in [0, 2] {
        assert!(peers[peer].try_read(&mut [0]).is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock));
    }
}

#[tokio::test]
async fn at_the_end_everybody_is_told_and_nobody_new_comes_in() {
    let bench = bench(Limits { total: 10, per_address: 10 }).await;
    let mut peer = TcpStream::connect(bench.address).await.unwrap();
    hear(&mut peer, "hello\n").await;
    bench.notice.send(Notice::ShutDown).unwrap();
    hear(&mut peer, "bye\n").await;
    drop(peer);
    bench.listener.await.unwrap();
    assert!(TcpStream::connect(bench.address).await.is_err());
}

#[tokio::test]
async fn a_port_that_is_taken_is_explained() {
    let taken = Listener::bind("smtp", ([127, 0, 0, 1], 0).into()).await.unwrap();
    let error = Listener::bind("smtp", taken.address()).await.unwrap_err();
    let told = error.to_string();
    assert!(told.contains(&format!("cannot listen on {} for smtp", taken.address())), "{told}");
    assert!(told.contains("ss -ltnp"), "{told}");
    let elsewhere = Listener::bind("imap", ([192, 0, 2, 1], 0).into()).await.unwrap_err();
    assert!(elsewhere.to_string().contains("no such address"), "{elsewhere}");
}
