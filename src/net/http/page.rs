//! Serves one page over plain HTTP, for a collector on the same machine.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::header::{self, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};

/// Conversations at once: there are one or two collectors.
const CONNECTIONS: usize = 8;
/// How long one conversation may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// What the page says, made anew for each request.
pub type Text = Arc<dyn Fn() -> String + Send + Sync>;

/// Answers `GET` of this path with the text, everything else with `404` or `405`, until dropped.
#[expect(clippy::disallowed_methods, reason = "net/ is where tasks are started")]
pub async fn serve(listener: TcpListener, path: &'static str, kind: &'static str, text: Text) {
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
        let Ok((stream, _)) = listener.accept().await else {
            // Without file descriptors, accepting at once again would only burn the processor.
            sleep(Duration::from_millis(500)).await;
            continue;
        };
        let text = Arc::clone(&text);
        tokio::spawn(async move {
            let _ = timeout(PATIENCE, converse(stream, path, kind, text)).await;
            drop(place);
        });
    }
}

async fn converse(stream: TcpStream, path: &'static str, kind: &'static str, text: Text) {
    let service = service_fn(move |request: Request<Incoming>| {
        let text = Arc::clone(&text);
        async move {
            let wanted = (request.uri().path() == path, request.method() == Method::GET);
            Ok::<_, Infallible>(match wanted {
                (false, _) => answer(StatusCode::NOT_FOUND, kind, String::new()),
                (true, false) => answer(StatusCode::METHOD_NOT_ALLOWED, kind, String::new()),
                // Looking at the queue and the ledger waits for the disk.
                (true, true) => match tokio::task::spawn_blocking(move || text()).await {
                    Ok(text) => answer(StatusCode::OK, kind, text),
                    Err(_) => answer(StatusCode::INTERNAL_SERVER_ERROR, kind, String::new()),
                },
            })
        }
    });
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).max_buf_size(super::HEAD_MAX).keep_alive(false);
    // A collector that left in the middle asks again by itself.
    let _ = builder.serve_connection(TokioIo::new(stream), service).await;
}

fn answer(status: StatusCode, kind: &'static str, text: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(text)));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::http::{ClearText, Client, Request, Settings};
    use crate::trust::testing::Space;

    #[tokio::test(flavor = "multi_thread")]
    #[expect(clippy::disallowed_methods, reason = "this is net")]
    async fn one_page_and_nothing_else() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let server = tokio::spawn(serve(listener, "/metrics", "text/plain", Arc::new(|| "a 1\n".to_owned())));
        let space = Space::new();
        let settings = Settings { clear_text: ClearText::Allowed, ..Settings::default() };
        let client = Client::new(space.anchors(), settings, space.edge.clock).unwrap();
        let url = |path: &str| format!("{base}{path}").parse().unwrap();
        let page = client.send(Request::get(&url("/metrics?x"))).await.unwrap();
        assert_eq!((page.status, page.body.as_slice(), page.kind.as_str()), (200, &b"a 1\n"[..], "text/plain"));
        assert_eq!(client.send(Request::get(&url("/"))).await.unwrap().status, 404);
        let post = Request::post(&url("/metrics"), "text/plain", "");
        assert_eq!(client.send(post).await.unwrap().status, 405);
        server.abort();
    }
}
