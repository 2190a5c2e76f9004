//! Delivery over real sockets and real TLS, to our own operators' port and to servers that misbehave.

mod dns;
mod hostile;

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::sync::watch;

use super::*;
use crate::flows::Content;
use crate::mail::{Address, EnvelopeId, Fault, RcptParams, ReversePath, Status, Wishes};
use crate::net::connection::{Notice, Patience as ServerPatience, Start, Surroundings, drive};
use crate::net::tls::{Identity, OperatorsPort, Tickets};
use crate::sessions::smtp::testing::{Flows, NOW, World, operator_a, operator_b, stranger};
use crate::trust::lab::Leaf;

/// Where the tests' names lead: domains to exchangers, hosts to addresses of this machine.
#[derive(Clone, Default)]
struct Names(HashMap<&'static str, Vec<(u16, &'static str)>>);

impl super::Names for Names {
    async fn exchangers(&self, domain: &Domain) -> Result<Vec<Exchanger>, String> {
        let found = self.0.get(domain.as_str()).ok_or("no such domain")?;
        Ok(found.iter().map(|&(preference, name)| Exchanger { preference, name: name.to_owned() }).collect())
    }

    async fn addresses(&self, host: &str) -> Result<Vec<IpAddr>, String> {
        if host.starts_with("mx.") { Ok(vec![[127, 0, 0, 1].into()]) } else { Err(format!("no address of {host}")) }
    }
}

struct Pieces(Vec<Result<&'static str, Status>>, Option<Vec<Result<&'static str, Status>>>);

impl Content for Pieces {
    fn next_piece(&mut self) -> Result<Option<Vec<u8>>, Fault> {
        if self.0.is_empty() {
            return Ok(None);
        }
        self.0.remove(0).map(|piece| Some(piece.as_bytes().to_vec())).map_err(|status| Fault::ours(status, "segment 7"))
    }

    fn rewind(&mut self) {
        if let Some(all) = self.1.take() {
            self.1 = Some(all.clone());
            self.0 = all;
        }
    }
}

fn message(to: &[&str], pieces: Vec<Result<&'static str, Status>>) -> Outbound {
    let recipients: Vec<Address> = to.iter().map(|text| text.parse().unwrap()).collect();
    Outbound {
        domain: recipients[0].domain().clone(),
        envelope: EnvelopeId([1; 16]),
        reverse_path: ReversePath::Address("jean@b.fr".parse().unwrap()),
        params: vec![RcptParams::default(); to.len()],
        wishes: Wishes::default(),
        recipients,
        size: 20,
        utf8: false,
        eight_bit: false,
        content: Box::new(Pieces(pieces.clone(), Some(pieces))),
    }
}

fn hello(to: &[&str]) -> Outbound {
    message(to, vec![Ok("Received: x\r\n"), Ok("\r\n.bonjour\r\n")])
}

/// Our operators' port with this certificate.
struct Site {
    port: u16,
    flows: Flows,
    connections: Arc<AtomicUsize>,
    /// Ends the connections that are open.
    notice: watch::Sender<Notice>,
}

async fn site(world: &World, leaf: &Leaf) -> Site {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let tls = OperatorsPort::new(
        Arc::clone(&world.trust),
        identity(world, leaf),
        Arc::clone(&world.edge.clock),
        Tickets::Off,
    );
    let (tls, flows, connections) = (Arc::new(tls.unwrap()), Flows::default(), Arc::new(AtomicUsize::new(0)));
    let (notice, _) = watch::channel(Notice::None);
    let (count, sender, desk) = (Arc::clone(&connections), notice.clone(), flows.clone());
    let world = World {
        lab: crate::trust::lab::Lab::new(&world.edge).unwrap(),
        trust: Arc::clone(&world.trust),
        edge: world.edge.clone(),
    };
    spawn(async move {
        loop {
            let (stream, peer) = listener.accept().await.unwrap();
            count.fetch_add(1, Ordering::Relaxed);
            let surroundings = Surroundings {
                peer,
                start: Start::Plain,
                tls: Some(tls.clone()),
                patience: ServerPatience::default(),
                notice: sender.subscribe(),
                secured: Box::new(|_| {}),
                authenticated: Box::new(|| {}),
            };
            spawn(drive(world.session(&desk, peer), stream, surroundings));
        }
    });
    Site { port, flows, connections, notice }
}

#[expect(clippy::disallowed_methods, reason = "this is net")]
fn spawn(task: impl Future<Output: Send> + Send + 'static) {
    tokio::spawn(task);
}

fn identity(world: &World, leaf: &Leaf) -> Identity {
    let issued = world.lab.issue(leaf).unwrap();
    Identity::from_pem(issued.chain_pem().as_bytes(), issued.key_pem().as_bytes()).unwrap()
}

/// The transport of `mx.b.fr`, with its own or another certificate.
fn transport(world: &World, port: u16, leaf: &Leaf) -> SmtpTransport<Names> {
    let tls = RelayTls::new(Arc::clone(&world.trust), identity(world, leaf), Arc::clone(&world.edge.clock));
    let quick = Duration::from_millis(300);
    let settings = Settings {
        host: Domain::parse("mx.b.fr").unwrap(),
        port,
        patience: Patience { command: quick, data: quick, piece: quick, verdict: quick, ..Patience::default() },
        kept_per_host: 4,
    };
    let fixed = RouteTable::from([(Domain::parse("fixed.fr").unwrap(), Host { name: "127.0.0.1".to_owned(), port })]);
    let routes = Arc::new(Routes::new(fixed, RouteTable::new()));
    let names = Names(HashMap::from([
        ("a.fr", vec![(20, "mx.a.fr"), (10, "down.a.fr")]),
        ("c.fr", vec![(10, "mx.a.fr")]),
        ("null.fr", vec![(0, "")]),
    ]));
    SmtpTransport::new(settings, routes, names, Arc::new(tls), Arc::clone(&world.trust), world.edge.clone())
}

fn deferred(outcomes: &[Outcome]) -> String {
    match outcomes {
        [Outcome::Deferred { reason } | Outcome::Unreached { reason }, ..] => reason.clone(),
        other => panic!("not deferred: {other:?}"),
    }
}

#[tokio::test]
// [mss#4] [rfc5321#5.1]
async fn a_message_reaches_the_listed_operator_of_its_domain() {
    let world = World::new(NOW);
    let site = site(&world, &operator_a()).await;
    let transport = transport(&world, site.port, &operator_b());
    let outcomes = transport.deliver(hello(&["claire@a.fr", "unknown@a.fr"])).await;
    let [Outcome::Relayed { peer, reply, .. }, Outcome::Failed { reply: refusal }] = &outcomes[..] else {
        panic!("{outcomes:?}");
    };
    assert!(peer.dn().to_string().contains("CN=mx.a.fr"));
    assert_eq!(reply, "250 2.0.0 2tra2tra2tra2tra2tra2g");
    assert_eq!(refusal, "550 5.1.1 there is no such mailbox here");
    let diary = site.flows.0.lock().unwrap().clone();
    assert!(
        diary[0].starts_with("mx.b.fr TLSv1.3 ") && diary[0].ends_with(" from <jean@b.fr> size Some(20)"),
        "{diary:?}"
    );
    assert_eq!(diary[1], "message Received: x\\r\\n\\r\\n.bonjour\\r\\n");
}

#[tokio::test]
async fn one_connection_serves_several_messages_until_the_peer_closes_it() {
    let world = World::new(NOW);
    let site = site(&world, &operator_a()).await;
    let transport = transport(&world, site.port, &operator_b());
    for _ in 0..3 {
        assert!(matches!(transport.deliver(hello(&["claire@a.fr"])).await[..], [Outcome::Relayed { .. }]));
    }
    assert_eq!(site.connections.load(Ordering::Relaxed), 1);
    site.notice.send_replace(Notice::ShutDown);
    tokio::time::sleep(Duration::from_millis(100)).await;
    site.notice.send_replace(Notice::None);
    assert!(matches!(transport.deliver(hello(&["claire@a.fr"])).await[..], [Outcome::Relayed { .. }]));
    assert_eq!(site.connections.load(Ordering::Relaxed), 2, "the dead connection is not the message's failure");
}

/// Lets what is due now happen, on a clock that stands still.
async fn settle() {
    for _ in 0..50 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_connection_waits_so_long_for_the_next_message_and_no_longer() {
    let world = World::new(NOW);
    let site = site(&world, &operator_a()).await;
    let transport = transport(&world, site.port, &operator_b());
    for times in 1..=2 {
        assert!(matches!(transport.deliver(hello(&["claire@a.fr"])).await[..], [Outcome::Relayed { .. }]));
        assert_eq!((transport.pool.count(), site.connections.load(Ordering::Relaxed)), (1, times));
        tokio::time::pause();
        tokio::time::advance(pool::KEPT - Duration::from_secs(2)).await;
        settle().await;
        assert_eq!(transport.pool.count(), 1, "somebody may still need it");
        tokio::time::advance(Duration::from_secs(5)).await;
        settle().await;
        assert_eq!(transport.pool.count(), 0, "its peer's place is free again");
        tokio::time::resume();
    }
}

#[tokio::test]
async fn so_many_connections_to_one_host_wait_and_no_more() {
    let world = World::new(NOW);
    let site = site(&world, &operator_a()).await;
    let transport = transport(&world, site.port, &operator_b());
    // three anew; those three again, of which one may stay; that one and two anew, of which none may
    for (kept, in_all) in [(4, 3), (1, 3), (0, 5)] {
        transport.keep_per_host(kept);
        let three = tokio::join!(
            transport.deliver(hello(&["claire@a.fr"])),
            transport.deliver(hello(&["claire@a.fr"])),
            transport.deliver(hello(&["claire@a.fr"])),
        );
        assert!([&three.0, &three.1, &three.2].iter().all(|one| matches!(one[..], [Outcome::Relayed { .. }])));
        let now = (transport.pool.count(), site.connections.load(Ordering::Relaxed));
        assert_eq!(now, (kept.min(3), in_all), "{kept} may wait");
    }
}

#[tokio::test]
async fn a_waiting_connection_to_a_revoked_peer_ends() {
    let world = World::new(NOW);
    let site = site(&world, &operator_a()).await;
    let transport = transport(&world, site.port, &operator_b());
    let waiting = transport.waiting();
    assert_eq!(waiting.withdraw(|_| true), 0);
    assert!(matches!(transport.deliver(hello(&["claire@a.fr"])).await[..], [Outcome::Relayed { .. }]));
    assert_eq!(waiting.withdraw(<[Vec<u8>]>::is_empty), 0);
    assert_eq!(waiting.withdraw(|chain| chain.len() == 2), 1);
    assert!(matches!(transport.deliver(hello(&["claire@a.fr"])).await[..], [Outcome::Relayed { .. }]));
    assert_eq!(site.connections.load(Ordering::Relaxed), 2);
}

#[tokio::test]
// [mss#4]
async fn a_listed_operator_of_another_domain_is_told_nothing() {
    let world = World::new(NOW);
    let site = site(&world, &operator_a()).await;
    let transport = transport(&world, site.port, &operator_b());
    let reason = deferred(&transport.deliver(hello(&["claire@c.fr"])).await);
    assert!(reason.ends_with("(domain-not-listed)"), "{reason}");
    assert!(site.flows.0.lock().unwrap().is_empty());
    // a connection that waits from an earlier message is judged for the new domain too
    transport.deliver(hello(&["claire@a.fr"])).await;
    let reason = deferred(&transport.deliver(hello(&["claire@c.fr"])).await);
    assert!(reason.ends_with("(domain-not-listed)"), "{reason}");
    assert_eq!(site.flows.0.lock().unwrap().len(), 2);
}

#[tokio::test]
// [mss#4]
async fn a_server_that_is_not_the_one_called_is_told_nothing() {
    let world = World::new(NOW);
    let site = site(&world, &stranger()).await;
    let reason = deferred(&transport(&world, site.port, &operator_b()).deliver(hello(&["claire@a.fr"])).await);
    assert!(reason.contains("wrong-host"), "{reason}");
    assert!(site.flows.0.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_peer_that_does_not_know_us_is_tried_again_later() {
    let world = World::new(NOW);
    let site = site(&world, &operator_a()).await;
    let reason = deferred(&transport(&world, site.port, &stranger()).deliver(hello(&["claire@a.fr"])).await);
    assert!(reason.ends_with("554 5.7.1 this certificate is not one of a listed operator"), "{reason}");
}

#[tokio::test]
async fn content_that_cannot_be_read_is_never_ended_as_if_complete() {
    let world = World::new(NOW);
    let site = site(&world, &operator_a()).await;
    let torn = message(&["claire@a.fr"], vec![Ok("Subject: half\r\n"), Err(Status::Storage)]);
    deferred(&transport(&world, site.port, &operator_b()).deliver(torn).await);
    let lone = message(&["claire@a.fr"], vec![Ok("first\n.\nMAIL FROM:<forged@b.fr>\n")]);
    let outcomes = transport(&world, site.port, &operator_b()).deliver(lone).await;
    assert!(matches!(&outcomes[..], [Outcome::Failed { reply }] if reply.starts_with("550 5.6.11")), "{outcomes:?}");
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(!site.flows.0.lock().unwrap().iter().any(|line| line.starts_with("message")));
}

/// A server that says these lines, one after each that it hears, and then waits; gives what it heard.
async fn parrot(lines: &'static [&'static str]) -> (u16, Arc<Mutex<Vec<u8>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let heard = Arc::new(Mutex::new(Vec::new()));
    let diary = Arc::clone(&heard);
    spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut buffer = [0; 4096];
        for line in lines {
            stream.write_all(line.as_bytes()).await.unwrap();
            let count = stream.read(&mut buffer).await.unwrap_or(0);
            diary.lock().unwrap().extend(&buffer[..count]);
        }
        let _ = stream.read(&mut buffer).await;
    });
    (port, heard)
}

#[tokio::test]
// [rfc3207#4] [mss#4]
async fn there_is_no_fall_back_to_clear_text() {
    let world = World::new(NOW);
    let (port, heard) = parrot(&["220 mx.a.fr ESMTP\r\n", "250-mx.a.fr\r\n250 SIZE\r\n"]).await;
    let reason = deferred(&transport(&world, port, &operator_b()).deliver(hello(&["claire@a.fr"])).await);
    assert!(reason.starts_with("mx.a.fr [127.0.0.1]: at Hello: "), "{reason}");
    assert_eq!(*heard.lock().unwrap(), b"EHLO mx.b.fr\r\n");
}

#[tokio::test]
// [rfc5321#4.5.3.2]
async fn a_silent_server_is_left() {
    let world = World::new(NOW);
    let (port, _) = parrot(&["220 mx.a.fr ESMTP\r\n"]).await;
    let reason = deferred(&transport(&world, port, &operator_b()).deliver(hello(&["claire@a.fr"])).await);
    assert!(reason.ends_with("4.4.2 the recipient's server was silent for too long"), "{reason}");
}

#[tokio::test]
// [rfc7505#4.2]
async fn domains_without_hosts_and_fixed_routes() {
    let world = World::new(NOW);
    let site = site(&world, &operator_a().and_name("127.0.0.1")).await;
    let transport = transport(&world, site.port, &operator_b());
    assert!(matches!(transport.deliver(hello(&["x@null.fr"])).await[..], [Outcome::Failed { .. }]));
    assert_eq!(deferred(&transport.deliver(hello(&["x@nowhere.fr"])).await), "no such domain");
    let reason = deferred(&transport.deliver(hello(&["x@fixed.fr"])).await);
    assert!(reason.ends_with("(domain-not-listed)"), "the route was taken, and the peer judged: {reason}");
}
