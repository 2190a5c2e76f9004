//! The client against servers that answer well, wrongly, in part, too much, too late, and elsewhere.

use std::sync::Arc;
use std::time::Duration;

use super::*;
use crate::trust::lab::{Flaw, Issued, Leaf, Organisation};
use crate::trust::testing::{DAY, Space, start};

#[path = "../../../tests/it/web.rs"]
pub(crate) mod web;
use web::{Asked, Reply, Web};

struct Bench {
    space: Space,
    server: Issued,
}

impl Bench {
    fn new() -> Self {
        let space = Space::new();
        let server = space.issue(&leaf("localhost"));
        Self { space, server }
    }

    fn https(&self, answer: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> Web {
        Web::https(&self.server.chain_pem(), &self.server.key_pem(), answer)
    }

    fn client(&self, settings: Settings) -> Client {
        Client::new(self.space.anchors(), settings, Arc::clone(&self.space.edge.clock)).unwrap()
    }
}

fn leaf(host: &str) -> Leaf {
    Leaf::operator(host, &Organisation::agency()).and_name("localhost")
}

fn clear() -> Settings {
    Settings { clear_text: ClearText::Allowed, ..Settings::default() }
}

fn url(web: &Web, path: &str) -> Url {
    web.url(path).parse().unwrap()
}

async fn cause(client: &Client, url: &Url) -> Cause {
    client.fetch(Request::get(url)).await.unwrap_err().cause
}

/// [rfc9110#8.8] [rfc9110#13.1] [rfc9110#7.2]
#[tokio::test(flavor = "multi_thread")]
async fn what_is_known_is_not_sent_again() {
    let bench = Bench::new();
    let web = bench.https(|asked| Reply::tagged(asked, b"a list"));
    let client = bench.client(Settings::default());
    let url = url(&web, "/list.xml?x");
    let Fetched::Fresh { body, conditions } = client.fetch(Request::get(&url)).await.unwrap() else { panic!() };
    assert_eq!(body, b"a list");
    assert!(conditions.etag.is_some());
    let again = client.fetch(Request::get(&url).unless(&conditions)).await;
    assert_eq!(again, Ok(Fetched::Unchanged));
    let other = Conditions { etag: Some("\"other\"".to_owned()), last_modified: Some("yesterday".to_owned()) };
    assert!(matches!(client.fetch(Request::get(&url).unless(&other)).await, Ok(Fetched::Fresh { .. })));
    let asked = web.asked();
    assert!(asked[0].head.starts_with("GET /list.xml?x HTTP/1.1\r\n"), "{}", asked[0].head);
    assert!(asked[0].head.contains(&format!("host: localhost:{}\r\n", url.port())), "{}", asked[0].head);
    assert!(asked[2].head.contains("if-modified-since: yesterday\r\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn something_is_handed_over() {
    let web = Web::http(|asked| Reply::new("400 No", "Content-Type: Text/Plain; charset=x\r\n", &asked.body));
    let client = Bench::new().client(clear());
    let url = url(&web, "/tsa");
    let request = Request::post(&url, "application/x", b"query".to_vec()).with_secret("authorization", "Bearer x");
    assert!(!format!("{request:?}").contains("Bearer"));
    let response = client.send(request.with("accept", "a/b").with("x-bad", "a\nb")).await.unwrap();
    assert_eq!((response.status, response.body.as_slice(), response.kind.as_str()), (400, &b"query"[..], "text/plain"));
    let head = &web.asked()[0].head;
    for line in ["POST /tsa ", "content-type: application/x\r\n", "authorization: Bearer x\r\n", "accept: a/b\r\n"] {
        assert!(head.contains(line), "{head}");
    }
    assert!(!head.contains("x-bad"));
}

/// [rfc9110#4.3.4]
#[tokio::test(flavor = "multi_thread")]
async fn only_the_given_anchors_are_believed() {
    let bench = Bench::new();
    let ok = |asked: &Asked| Reply::tagged(asked, b"x");
    let client = bench.client(Settings::default());
    for (what, leaf, said) in [
        ("the certificate alone", leaf("a.fr"), None),
        ("another authority", leaf("a.fr").with(Flaw::OtherAuthority), Some("issuer")),
        ("expired", leaf("a.fr").with(Flaw::Expired), Some("certificate expired")),
        ("another host", Leaf::operator("a.fr", &Organisation::agency()), Some("not valid for name")),
    ] {
        let issued = bench.space.issue(&leaf);
        let alone = issued.chain_pem().split_inclusive("-----END CERTIFICATE-----\n").next().unwrap().to_owned();
        let web = Web::https(&alone, &issued.key_pem(), ok);
        match (client.fetch(Request::get(&url(&web, "/"))).await, said) {
            (Ok(_), None) => {}
            (Err(HttpError { cause: Cause::Tls(why), .. }), Some(said)) => {
                assert!(why.to_lowercase().contains(said), "{what}: {why}");
            }
            (other, _) => panic!("{what}: {other:?}"),
        }
        assert!(said.is_none() || web.asked().is_empty(), "{what} was asked");
    }
    let web = bench.https(ok);
    bench.space.clock.set(start().plus_secs(365 * 40 * DAY));
    assert!(matches!(cause(&client, &url(&web, "/")).await, Cause::Tls(_)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_server_is_not_believed() {
    let bench = Bench::new();
    let web = bench.https(|asked| Reply::tagged(asked, b"x"));
    let pem = bench.space.lab.crls_pem(&[&bench.server]).unwrap();
    let crls: Vec<_> =
        x509_parser::pem::Pem::iter_from_buffer(pem.as_bytes()).map(|crl| crl.unwrap().contents).collect();
    let clock = Arc::clone(&bench.space.edge.clock);
    let client = Client::with_crls(bench.space.anchors(), crls, Settings::default(), clock).unwrap();
    let Cause::Tls(why) = cause(&client, &url(&web, "/")).await else { panic!() };
    assert!(why.to_lowercase().contains("revoked"), "{why}");
}

#[tokio::test(flavor = "multi_thread")]
async fn clear_text_is_refused_unless_allowed() {
    let web = Web::http(|asked| Reply::tagged(asked, b"x"));
    let url = url(&web, "/");
    let bench = Bench::new();
    assert_eq!(cause(&bench.client(Settings::default()), &url).await, Cause::ClearText);
    assert!(bench.client(clear()).fetch(Request::get(&url)).await.is_ok());
    assert_eq!(web.asked().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn bounds_hold() {
    let client = Bench::new().client(Settings { body_max: 10, within: Duration::from_secs(20), ..clear() });
    let long_head = format!("HTTP/1.1 200 OK\r\nX: {}\r\n\r\n", "x".repeat(2 * HEAD_MAX));
    let many = format!("HTTP/1.1 200 OK\r\n{}\r\n", "X: y\r\n".repeat(FIELDS_MAX + 1));
    for (what, bytes, expected) in [
        ("announced", "HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n".to_owned(), "larger than 10 octets"),
        ("not announced", "HTTP/1.1 200 OK\r\n\r\n12345678901".to_owned(), "larger than 10 octets"),
        (
            "chunked",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nb\r\n12345678901\r\n".to_owned(),
            "larger than",
        ),
        ("a long head", long_head, "larger than 32768 octets"),
        ("many fields", many, "larger than 32768 octets"),
        ("cut off", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n1234".to_owned(), "broken or cut off"),
        ("a chunk cut off", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n123".to_owned(), "cut off"),
        ("no last chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n1\r\n".to_owned(), "cut off"),
        ("no HTTP", "220 smtp.example ESMTP\r\n".to_owned(), "cut off"),
        ("nothing", String::new(), "cut off"),
        ("compressed", "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n12".to_owned(), "not asked for"),
        ("an error", "HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n".to_owned(), "answers 503"),
        ("304 unasked", "HTTP/1.1 304 Not Modified\r\n\r\n".to_owned(), "answers 304"),
    ] {
        let web = Web::http(move |_| Reply::raw(bytes.as_bytes()));
        let said = client.fetch(Request::get(&url(&web, "/"))).await.unwrap_err().to_string();
        assert!(said.contains(expected), "{what}: {said}");
    }
    let whole = Web::http(|_| Reply::raw(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n1234567890"));
    assert!(client.fetch(Request::get(&url(&whole, "/"))).await.is_ok());
    let nobody: Url = "http://127.0.0.1:1/".parse().unwrap();
    assert!(matches!(cause(&client, &nobody).await, Cause::Unreachable(_)));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_never_answers_is_left() {
    let bench = Bench::new();
    let client = bench.client(Settings { within: Duration::from_millis(100), ..clear() });
    let begun = Reply { hold: true, ..Reply::raw(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n123") };
    let bytes = begun.bytes;
    let halfway = Web::http(move |_| Reply { bytes: bytes.clone(), hold: true });
    for web in [Web::http(|_| Reply::silence()), halfway] {
        assert_eq!(cause(&client, &url(&web, "/")).await, Cause::TimedOut);
    }
}

/// [rfc9110#15.4]
#[tokio::test(flavor = "multi_thread")]
async fn redirects_are_followed_only_where_asked_and_never_into_clear_text() {
    let bench = Bench::new();
    let web = bench.https(|asked| match asked.path() {
        "/a" => Reply::new("302 Found", "Location: /b\r\n", b""),
        "/b" => Reply::new("301 Moved", "Location: /c\r\n", b""),
        "/clear" => Reply::new("307 There", "Location: http://localhost/\r\n", b""),
        "/round" => Reply::new("302 Found", "Location: /round\r\n", b""),
        _ => Reply::new("200 OK", "", b"found"),
    });
    let plain = bench.client(clear());
    assert_eq!(cause(&plain, &url(&web, "/a")).await, Cause::Redirected("/b".to_owned()));
    let following = bench.client(Settings { redirects: 2, ..clear() });
    let request = Request::get(&url(&web, "/a")).with("accept", "x/y");
    assert!(matches!(following.fetch(request).await, Ok(Fetched::Fresh { body, .. }) if body == b"found"));
    assert!(web.asked().last().unwrap().head.contains("accept: x/y"));
    for (path, to) in [("/clear", "http://localhost/"), ("/round", "/round")] {
        assert_eq!(cause(&following, &url(&web, path)).await, Cause::Redirected(to.to_owned()));
    }
    let post = Request::post(&url(&web, "/a"), "x/y", b"".to_vec());
    assert!(matches!(following.send(post).await.unwrap_err().cause, Cause::Redirected(_)));

    let target = url(&web, "/c").to_string();
    let elsewhere = bench.https(move |_| Reply::new("302 Found", &format!("Location: {target}\r\n"), b""));
    let request = Request::get(&url(&elsewhere, "/")).with_secret("authorization", "Bearer x");
    assert!(following.fetch(request).await.is_ok());
    assert!(!web.asked().last().unwrap().head.contains("Bearer"));
}
