//! A small HTTP client, for the few things that are fetched from addresses in the configuration: white list, revocation
//! lists, OCSP, keys of identity providers, witnesses, time stamps. It is *not* a browser: HTTP/1.1, one request a
//! connection, no cookies, no proxy, no compression.
//!
//! What it guarantees: TLS 1.2 or 1.3 with the [anchors that were given](Client::new), never the system's; a bound on the
//! whole time, on the head and on the body; no redirect unless [asked for](Settings::redirects), and none to clear text;
//! an answer that was cut off is an error, never a shorter answer.
//!
//! # How other layers use it
//!
//! Lower layers never name this module. They declare what they need as a small trait in their own words, as
//! `flows::Transport` does; the implementation, over a [`Client`], stands in `server`:
//!
//! ```
//! use sceau::net::http::{Client, Conditions, Fetched, HttpError, Request, Url};
//!
//! async fn keys(client: &Client, url: &Url, known: &Conditions) -> Result<Option<Vec<u8>>, HttpError> {
//!     // 200 and 304 are answers, everything else is an error
//!     match client.fetch(Request::get(url).unless(known)).await? {
//!         Fetched::Fresh { body, .. } => Ok(Some(body)),
//!         Fetched::Unchanged => Ok(None),
//!     }
//! }
//!
//! async fn stamp(client: &Client, url: &Url, query: Vec<u8>) -> Result<Vec<u8>, HttpError> {
//!     let request = Request::post(url, "application/timestamp-query", query);
//!     // any status is an answer here
//!     let response = client.send(request).await?;
//!     Ok(response.body)
//! }
//! ```

mod error;
mod exchange;
pub mod page;
pub mod server;
mod url;
mod verifier;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use hyper::header::{self, HeaderMap, HeaderName, HeaderValue};
use hyper::{Method, StatusCode};
use rustls::ClientConfig;
use serde::{Deserialize, Serialize};

pub use error::{Cause, HttpError};
pub use url::{Scheme, Url, UrlError};

use crate::mail::Clock;
use crate::net::tls::{TlsClock, VERSIONS, provider};
use crate::trust::{Anchors, TrustError};
use verifier::GivenAnchors;

/// Octets that the head of an answer may have, and its fields.
const HEAD_MAX: usize = 32 * 1024;
const FIELDS_MAX: usize = 100;
/// Values longer than this are not remembered for conditional requests.
const CONDITION_MAX: usize = 512;

/// Whether `http://` may be asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ClearText {
    /// Only `https://`.
    #[default]
    Refused,
    /// Both: for what is signed itself, as revocation lists and OCSP answers.
    Allowed,
}

/// Bounds of every request of one client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// For the whole of one request: names, connection, handshake, answer, redirects.
    pub within: Duration,
    /// Octets of an answer's body.
    pub body_max: usize,
    /// How many redirects of a GET are followed. None by default: the configuration should name the final address.
    pub redirects: u8,
    /// Whether `http://` may be asked for.
    pub clear_text: ClearText,
}

impl Default for Settings {
    /// 30 seconds, 1 MiB, no redirects, `https://` only.
    fn default() -> Self {
        Self { within: Duration::from_secs(30), body_max: 1 << 20, redirects: 0, clear_text: ClearText::Refused }
    }
}

/// What an earlier answer said about itself, to ask for another one only if there is one.
// [rfc9110#8.8]
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conditions {
    /// `ETag`.
    pub etag: Option<String>,
    /// `Last-Modified`.
    pub last_modified: Option<String>,
}

impl Conditions {
    fn of(fields: &HeaderMap) -> Self {
        let field = |name: HeaderName| {
            let value = fields.get(name)?.to_str().ok()?;
            (value.len() <= CONDITION_MAX).then(|| value.to_owned())
        };
        Self { etag: field(header::ETAG), last_modified: field(header::LAST_MODIFIED) }
    }
}

/// One request.
#[derive(Debug, Clone)]
pub struct Request {
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) fields: HeaderMap,
    pub(crate) body: Bytes,
}

impl Request {
    /// Asks for what is there.
    #[must_use]
    pub fn get(url: &Url) -> Self {
        Self { method: Method::GET, url: url.clone(), fields: HeaderMap::new(), body: Bytes::new() }
    }

    /// Hands something over; `kind` is its media type.
    #[must_use]
    pub fn post(url: &Url, kind: &'static str, body: impl Into<Bytes>) -> Self {
        let mut request = Self { method: Method::POST, body: body.into(), ..Self::get(url) };
        request.fields.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
        request
    }

    /// The same with another field. A value that cannot stand in one is left out.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.fields.insert(HeaderName::from_static(name), value);
        }
        self
    }

    /// The same with a field whose value is secret (`authorization`, a key): it is marked, so that no debug output
    /// shows it.
    #[must_use]
    pub fn with_secret(mut self, name: &'static str, value: &str) -> Self {
        if let Ok(mut value) = HeaderValue::from_str(value) {
            value.set_sensitive(true);
            self.fields.insert(HeaderName::from_static(name), value);
        }
        self
    }

    /// The same, answered by `304` when what is there is still what these conditions came with.
    // [rfc9110#13.1]
    #[must_use]
    pub fn unless(self, known: &Conditions) -> Self {
        let request = match &known.etag {
            Some(etag) => self.with("if-none-match", etag),
            None => self,
        };
        match &known.last_modified {
            Some(date) => request.with("if-modified-since", date),
            None => request,
        }
    }
}

/// An answer, whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// Its status; never a redirect that was to be followed.
    pub status: u16,
    /// Its body.
    pub body: Vec<u8>,
    /// Its media type, without parameters, in small letters; empty when it says none.
    pub kind: String,
    /// For the next request.
    pub conditions: Conditions,
}

/// What [`Client::fetch`] gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fetched {
    /// `200`: what is there now.
    Fresh {
        /// All of it.
        body: Vec<u8>,
        /// For the next request.
        conditions: Conditions,
    },
    /// `304`: what the conditions came with.
    Unchanged,
}

/// Fetches within its [`Settings`]. Cheap to clone; made anew when the anchors change.
#[derive(Clone)]
pub struct Client {
    settings: Settings,
    tls: Arc<ClientConfig>,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl Client {
    /// A client that believes HTTPS servers whose chain leads to one of these anchors, at the time of this clock.
    ///
    /// # Errors
    /// When the anchors cannot be used.
    pub fn new(anchors: Anchors, settings: Settings, clock: Arc<dyn Clock>) -> Result<Self, TrustError> {
        Self::with_crls(anchors, Vec::new(), settings, clock)
    }

    /// The same; servers whose certificate is in one of these revocation lists (DER) are not believed.
    ///
    /// # Errors
    /// When anchors or lists cannot be used.
    pub fn with_crls(
        anchors: Anchors,
        crls: Vec<Vec<u8>>,
        settings: Settings,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, TrustError> {
        let verifier = Arc::new(GivenAnchors::new(anchors, crls)?);
        let builder = ClientConfig::builder_with_details(provider(), Arc::new(TlsClock(clock)));
        let builder = builder.with_protocol_versions(VERSIONS).map_err(|error| {
            TrustError::new(error.to_string(), "this is a bug of Sceau: its suites do not fit its versions")
        })?;
        let mut tls = builder.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth();
        tls.alpn_protocols = vec![b"http/1.1".to_vec()];
        tls.resumption = rustls::client::Resumption::disabled();
        Ok(Self { settings, tls: Arc::new(tls) })
    }

    /// The same client with other bounds.
    #[must_use]
    pub fn within(&self, settings: Settings) -> Self {
        Self { settings, tls: Arc::clone(&self.tls) }
    }

    /// Asks, and takes any status for an answer (redirects as [`Settings::redirects`] says).
    ///
    /// # Errors
    /// When there is no whole answer within the bounds.
    pub async fn send(&self, request: Request) -> Result<Response, HttpError> {
        let url = request.url.clone();
        let sent = tokio::time::timeout(self.settings.within, Box::pin(self.follow(request))).await;
        sent.unwrap_or(Err(HttpError { url, cause: Cause::TimedOut }))
    }

    /// Asks for what is there: `200`, or `304` to [conditions](Request::unless).
    ///
    /// # Errors
    /// As [`send`](Self::send), and for every other status.
    pub async fn fetch(&self, request: Request) -> Result<Fetched, HttpError> {
        let url = request.url.clone();
        let conditional = request.fields.contains_key(header::IF_NONE_MATCH)
            || request.fields.contains_key(header::IF_MODIFIED_SINCE);
        let response = self.send(request).await?;
        match StatusCode::from_u16(response.status) {
            Ok(StatusCode::OK) => Ok(Fetched::Fresh { body: response.body, conditions: response.conditions }),
            Ok(StatusCode::NOT_MODIFIED) if conditional => Ok(Fetched::Unchanged),
            _ => Err(HttpError { url, cause: Cause::Status(response.status) }),
        }
    }

    async fn follow(&self, mut request: Request) -> Result<Response, HttpError> {
        let mut left = self.settings.redirects;
        loop {
            let url = request.url.clone();
            let failed = |cause| HttpError { url: url.clone(), cause };
            if url.scheme() == Scheme::Http && self.settings.clear_text == ClearText::Refused {
                return Err(failed(Cause::ClearText));
            }
            let (response, location) = exchange::exchange(self, &request).await.map_err(failed)?;
            let Some(location) = location else { return Ok(response) };
            let next = url.join(&location).ok().filter(|next| {
                // [rfc9110#15.4] what was asked for under TLS is not taken from clear text
                left > 0
                    && request.method == Method::GET
                    && (url.scheme() == Scheme::Http || next.scheme() == Scheme::Https)
            });
            let Some(next) = next else { return Err(failed(Cause::Redirected(location))) };
            left -= 1;
            if !next.same_origin(&url) {
                // Secrets and conditions are for the one they were meant for.
                request.fields.clear();
            }
            request.url = next;
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
