//! Where messages go by DNS: the real resolver against a small name server made here.

use hickory_resolver::config::{NameServerConfig, ResolverConfig};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::proto::op::{Message as Packet, MessageType, ResponseCode};
use hickory_resolver::proto::rr::rdata::{A, AAAA, MX};
use hickory_resolver::proto::rr::{Name, RData, Record, RecordType};
use tokio::net::UdpSocket;

use super::*;
use crate::net::relay::Names as _;
use crate::net::relay::names::{NoHost, hosts};

/// The zone: name, then its records.
fn records(name: &str) -> Option<Vec<RData>> {
    let mx = |preference, exchange: &str| RData::MX(MX::new(preference, Name::from_ascii(exchange).unwrap()));
    Some(match name {
        "two.fr." => vec![mx(20, "mx2.two.fr."), mx(10, "mx1.two.fr.")],
        "mx1.two.fr." => vec![RData::A(A::new(192, 0, 2, 1)), RData::AAAA(AAAA::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1))],
        "none.fr." => vec![mx(0, ".")],
        "plain.fr." => vec![RData::A(A::new(192, 0, 2, 7))],
        "loop.fr." => vec![mx(10, "mx.b.fr."), mx(20, "mx2.loop.fr.")],
        "backup.fr." => vec![mx(5, "mx1.backup.fr."), mx(10, "MX.B.FR."), mx(10, "mx3.backup.fr.")],
        _ => return None,
    })
}

fn kind(data: &RData) -> RecordType {
    data.record_type()
}

/// Answers questions about the zone; `broken.fr` is a server failure, everything else does not exist.
async fn name_server() -> u16 {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let port = socket.local_addr().unwrap().port();
    spawn(async move {
        let mut buffer = [0; 1500];
        while let Ok((count, from)) = socket.recv_from(&mut buffer).await {
            let Ok(question) = Packet::from_vec(&buffer[..count]) else { continue };
            let _ = socket.send_to(&reply(&question).to_vec().unwrap(), from).await;
        }
    });
    port
}

fn reply(asked: &Packet) -> Packet {
    let query = asked.queries[0].clone();
    let name = query.name().to_ascii().to_lowercase();
    let mut answer = Packet::new(asked.metadata.id, MessageType::Response, asked.metadata.op_code);
    answer.add_query(query.clone());
    match records(&name) {
        Some(found) => {
            for data in found.into_iter().filter(|data| kind(data) == query.query_type()) {
                answer.add_answer(Record::from_rdata(query.name().clone(), 60, data));
            }
        }
        None if name == "broken.fr." => answer.metadata.response_code = ResponseCode::ServFail,
        None => answer.metadata.response_code = ResponseCode::NXDomain,
    }
    answer
}

async fn names() -> SystemNames {
    let mut server = NameServerConfig::udp([127, 0, 0, 1].into());
    server.connections[0].port = name_server().await;
    let config = ResolverConfig::from_parts(None, vec![], vec![server]);
    let mut builder = hickory_resolver::Resolver::builder_with_config(config, TokioRuntimeProvider::default());
    builder.options_mut().attempts = 1;
    builder.options_mut().timeout = Duration::from_secs(5);
    SystemNames::with(builder.build().unwrap())
}

#[tokio::test]
// [rfc5321#5.1] [rfc7505#4.2]
async fn the_resolver_finds_what_the_zone_says() {
    let names = names().await;
    let us = Domain::parse("mx.b.fr").unwrap();
    let world = World::new(NOW);
    let find = async |domain: &str| {
        let domain = Domain::parse(domain).unwrap();
        let found = hosts(&domain, &Routes::default(), &names, (&us, 25), &*world.edge.chance).await;
        found.map(|hosts| hosts.into_iter().map(|host| host.name).collect::<Vec<_>>())
    };
    assert_eq!(find("two.fr").await.unwrap(), ["mx1.two.fr", "mx2.two.fr"], "by preference");
    assert_eq!(find("plain.fr").await.unwrap(), ["plain.fr"], "no MX: the domain itself");
    assert_eq!(find("none.fr").await, Err(NoHost::NoMail));
    assert_eq!(find("backup.fr").await.unwrap(), ["mx1.backup.fr"], "nobody as far away as we are");
    for defers in ["loop.fr", "broken.fr", "nowhere.fr"] {
        assert!(matches!(find(defers).await, Err(NoHost::NotNow(_))), "{defers}");
    }
    let addresses = names.addresses("mx1.two.fr").await.unwrap();
    assert!(addresses.contains(&[192, 0, 2, 1].into()) && addresses.len() == 2, "{addresses:?}");
    assert!(names.addresses("mx2.two.fr").await.is_err());
}

#[tokio::test]
async fn a_delivery_by_dns_reaches_the_second_exchanger() {
    let world = World::new(NOW);
    let site = site(&world, &operator_a()).await;
    let mut transport = transport(&world, site.port, &operator_b());
    transport.names = Names(HashMap::from([("a.fr", vec![(10, "gone.a.fr"), (20, "mx.a.fr")])]));
    assert!(matches!(transport.deliver(hello(&["claire@a.fr"])).await[..], [Outcome::Relayed { .. }]));
}
