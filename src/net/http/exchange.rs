//! One request and its answer on a connection of its own.

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper::header::{self, HeaderValue};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::{Cause, Client, Conditions, FIELDS_MAX, HEAD_MAX, Request, Response, Scheme};

const AGENT: &str = concat!("sceau/", env!("CARGO_PKG_VERSION"));

/// The answer, and where it says to go instead.
type Answer = (Response, Option<String>);

/// Connects, asks, and takes the whole answer.
pub(super) async fn exchange(client: &Client, request: &Request) -> Result<Answer, Cause> {
    let url = &request.url;
    let stream = TcpStream::connect((url.host(), url.port())).await;
    let stream = stream.map_err(|error| Cause::Unreachable(error.to_string()))?;
    // The request is one small write; failing costs only speed.
    let _ = stream.set_nodelay(true);
    match url.scheme() {
        Scheme::Http => converse(stream, client, request).await,
        Scheme::Https => {
            let name = ServerName::try_from(url.host().to_owned())
                .map_err(|_| Cause::Unreachable(format!("{:?} is no host name", url.host())))?;
            let connector = TlsConnector::from(std::sync::Arc::clone(&client.tls));
            let stream = connector.connect(name, stream).await.map_err(|error| Cause::of_handshake(&error))?;
            converse(stream, client, request).await
        }
    }
}

async fn converse<T>(stream: T, client: &Client, request: &Request) -> Result<Answer, Cause>
where
    T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let broken = |error: hyper::Error| Cause::of_exchange(&error);
    let builder = &mut http1::Builder::new();
    let builder = builder.max_buf_size(HEAD_MAX).max_headers(FIELDS_MAX);
    let (mut sender, connection) = builder.handshake(TokioIo::new(stream)).await.map_err(broken)?;
    let request = message(request)?;
    let asked = async {
        let response = sender.send_request(request).await.map_err(broken)?;
        take(response, client.settings.body_max).await
    };
    tokio::pin!(connection, asked);
    // The connection moves the bytes. It may end before the answer has been taken out of it, and the answer may be
    // whole before the connection has ended.
    tokio::select! {
        biased;
        answer = &mut asked => answer,
        _ = &mut connection => asked.await,
    }
}

fn message(request: &Request) -> Result<hyper::Request<Full<Bytes>>, Cause> {
    let mut message = hyper::Request::new(Full::new(request.body.clone()));
    *message.method_mut() = request.method.clone();
    *message.uri_mut() = request.url.path().parse().map_err(|_| Cause::Broken("the path".to_owned()))?;
    let fields = message.headers_mut();
    fields.extend(request.fields.clone());
    let host = HeaderValue::from_str(&request.url.authority()).map_err(|_| Cause::Broken("the host".to_owned()))?;
    fields.insert(header::HOST, host);
    fields.insert(header::USER_AGENT, HeaderValue::from_static(AGENT));
    fields.insert(header::CONNECTION, HeaderValue::from_static("close"));
    fields.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    Ok(message)
}

async fn take(response: hyper::Response<Incoming>, body_max: usize) -> Result<Answer, Cause> {
    let (head, mut incoming) = response.into_parts();
    let text = |name| head.headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    let status = head.status;
    let followed = matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308);
    let location = text(header::LOCATION).filter(|_| followed).map(str::to_owned);
    if let Some(encoding) = text(header::CONTENT_ENCODING).filter(|encoding| *encoding != "identity") {
        return Err(Cause::Broken(format!("encoded as {encoding:?}, which was not asked for")));
    }
    let announced = text(header::CONTENT_LENGTH).and_then(|length| length.parse::<u64>().ok());
    if announced.is_some_and(|length| length > body_max as u64) {
        return Err(Cause::TooLarge(body_max));
    }
    let mut body = Vec::new();
    while let Some(frame) = incoming.frame().await {
        let frame = frame.map_err(|error| Cause::of_exchange(&error))?;
        let piece = frame.into_data().unwrap_or_default();
        if body.len() + piece.len() > body_max {
            return Err(Cause::TooLarge(body_max));
        }
        body.extend_from_slice(&piece);
    }
    let kind = text(header::CONTENT_TYPE).and_then(|kind| kind.split(';').next()).unwrap_or_default();
    let kind = kind.trim().to_ascii_lowercase();
    let conditions = Conditions::of(&head.headers);
    Ok((Response { status: status.as_u16(), body, kind, conditions }, location))
}
