//! A small HTTPS server, for what other programs ask this operator for: proofs, and the witness. Within limits of
//! number, size and time; it decides nothing about what is asked, see [`WebHandler`].

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use hyper::header::{self, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method as HttpMethod, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::task::{JoinSet, spawn_blocking};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

use super::{FIELDS_MAX, HEAD_MAX};
use crate::flows::web::{Cache, Method, WebAnswer, WebHandler, WebRequest};
use crate::net::connection::{Notice, TlsPort, told};
use crate::net::listener::{Listener, pause_after};
use crate::net::places::{Place, Places};

/// For the TLS handshake; for the head of a request, idle time before it included; for its body; for the answer.
const HANDSHAKE: Duration = Duration::from_secs(10);
const HEAD: Duration = Duration::from_secs(30);
const BODY: Duration = Duration::from_secs(20);
const ANSWER: Duration = Duration::from_secs(30);
/// For a connection as a whole, however many requests it brings.
const CONNECTION: Duration = Duration::from_secs(600);

/// What the listeners of one service have in common.
pub struct HttpService {
    /// As in the configuration and the log.
    pub name: &'static str,
    /// Certificates.
    pub tls: Arc<dyn TlsPort>,
    /// Who has a place.
    pub places: Arc<Places>,
    /// Who answers.
    pub handler: Arc<dyn WebHandler>,
}

/// Accepts until the notice to shut down; conversations then end after the request that they are in.
pub async fn serve(listener: Listener, service: Arc<HttpService>, mut shutdown: watch::Receiver<Notice>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            biased;
            _ = told(&mut shutdown) => break,
            Some(_) = connections.join_next() => {}
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => admit(&mut connections, &service, stream, peer),
                Err(error) => pause_after(service.name, &error).await,
            },
        }
    }
    drop(listener);
    service.places.everybody_out();
    while connections.join_next().await.is_some() {}
}

fn admit(connections: &mut JoinSet<()>, service: &Arc<HttpService>, stream: TcpStream, peer: SocketAddr) {
    let peer = SocketAddr::new(peer.ip().to_canonical(), peer.port());
    match service.places.take(peer.ip()) {
        Ok(place) => {
            let service = Arc::clone(service);
            connections.spawn(Box::pin(converse(service, stream, peer, place)));
        }
        Err(full) => {
            tracing::warn!(target: "sceau::net", service = service.name, %peer, reason = full.reason(), "refused");
        }
    }
}

async fn converse(service: Arc<HttpService>, stream: TcpStream, peer: SocketAddr, place: Place) {
    // Small answers must not wait for each other. Failing costs only speed.
    let _ = stream.set_nodelay(true);
    let handshake = service.tls.handshake(peer);
    let accepted = timeout(HANDSHAKE, TlsAcceptor::from(handshake.config()).accept(stream)).await;
    let stream = match accepted {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) => return handshake.failed(&error),
        Err(_) => return handshake.failed(&std::io::ErrorKind::TimedOut.into()),
    };
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(HEAD).max_buf_size(HEAD_MAX).max_headers(FIELDS_MAX);
    let handler = Arc::clone(&service.handler);
    let answering = service_fn(move |request| {
        let handler = Arc::clone(&handler);
        async move { Ok::<_, Infallible>(answer(&handler, request).await) }
    });
    let connection = builder.serve_connection(TokioIo::new(stream), answering);
    tokio::pin!(connection);
    let mut notice = place.notice();
    let ended = timeout(CONNECTION, async {
        tokio::select! {
            biased;
            _ = told(&mut notice) => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
            ended = &mut connection => ended,
        }
    });
    let ended = ended.await;
    tracing::debug!(target: "sceau::net", service = service.name, %peer, ended = ?ended.map(|ended| ended.map_err(|e| e.to_string())), "disconnected");
    drop(place);
}

async fn answer(handler: &Arc<dyn WebHandler>, request: Request<Incoming>) -> Response<Full<Bytes>> {
    let head = request.method() == HttpMethod::HEAD;
    let answered = match read(request, handler.body_max()).await {
        Ok(request) => {
            let handler = Arc::clone(handler);
            // What is asked waits for the disk.
            let answered = timeout(ANSWER, spawn_blocking(move || handler.answer(&request))).await;
            answered.ok().and_then(Result::ok).unwrap_or(WebAnswer::status(503))
        }
        Err(refused) => refused,
    };
    response(answered, head)
}

/// The request, whole, within its bounds.
async fn read(request: Request<Incoming>, body_max: usize) -> Result<WebRequest, WebAnswer> {
    let method = match *request.method() {
        HttpMethod::GET | HttpMethod::HEAD => Method::Get,
        HttpMethod::POST => Method::Post,
        _ => return Err(WebAnswer::status(405)),
    };
    let (head, body) = request.into_parts();
    let authorization = head.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let (path, authorization) = (head.uri.path().to_owned(), authorization.map(str::to_owned));
    let body = match timeout(BODY, Limited::new(body, body_max).collect()).await {
        Ok(Ok(body)) => body.to_bytes().to_vec(),
        Ok(Err(_)) => return Err(WebAnswer::status(413)),
        Err(_) => return Err(WebAnswer::status(408)),
    };
    Ok(WebRequest { method, path, authorization, body })
}

fn response(answer: WebAnswer, head: bool) -> Response<Full<Bytes>> {
    let length = answer.body.len();
    let body = if head { Bytes::new() } else { Bytes::from(answer.body) };
    let mut response = Response::new(Full::new(body));
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let fields = response.headers_mut();
    fields.insert(header::CONTENT_TYPE, HeaderValue::from_static(answer.kind));
    let cache = match answer.cache {
        Cache::Never => "no-store".to_owned(),
        Cache::Seconds(seconds) => format!("public, max-age={seconds}"),
        Cache::ForEver => "public, max-age=31536000, immutable".to_owned(),
        Cache::Private => "private, max-age=31536000, immutable".to_owned(),
    };
    if let Ok(cache) = HeaderValue::from_str(&cache) {
        fields.insert(header::CACHE_CONTROL, cache);
    }
    fields.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if answer.status == 401 {
        fields.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"entries\""));
    }
    if answer.status == 405 {
        fields.insert(header::ALLOW, HeaderValue::from_static("GET, HEAD, POST"));
    }
    if head {
        fields.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    }
    response
}
