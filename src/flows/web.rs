//! What flows say to and hear from the web, in their own words; `net` and `server` bring the sockets.

use std::future::Future;

use crate::mail::Fault;

/// What is asked for. HEAD is GET whose body is left away by `net`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// To read.
    Get,
    /// To hand over.
    Post,
}

/// A request that came in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebRequest {
    /// Its method; others are refused before.
    pub method: Method,
    /// Its path, without query, as it stands in the request line.
    pub path: String,
    /// The value of `Authorization`.
    pub authorization: Option<String>,
    /// Its body, at most [`WebHandler::body_max`] octets.
    pub body: Vec<u8>,
}

/// How long others may keep an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cache {
    /// Not at all.
    Never,
    /// For so many seconds.
    Seconds(u32),
    /// It never changes.
    ForEver,
    /// It never changes, and is for the one who asked.
    Private,
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebAnswer {
    /// HTTP status.
    pub status: u16,
    /// Media type.
    pub kind: &'static str,
    /// How long it may be kept.
    pub cache: Cache,
    /// The body.
    pub body: Vec<u8>,
}

impl WebAnswer {
    /// Without a body.
    #[must_use]
    pub const fn status(status: u16) -> Self {
        Self { status, kind: "text/plain; charset=utf-8", cache: Cache::Never, body: Vec::new() }
    }

    /// A text.
    #[must_use]
    pub fn text(text: String, cache: Cache) -> Self {
        Self { cache, body: text.into_bytes(), ..Self::status(200) }
    }

    /// Bytes that are no text.
    #[must_use]
    pub const fn bytes(body: Vec<u8>, cache: Cache) -> Self {
        Self { status: 200, kind: "application/octet-stream", cache, body }
    }
}

/// Answers requests. Runs where it may wait for the disk.
pub trait WebHandler: Send + Sync {
    /// Octets that the body of a request may have.
    fn body_max(&self) -> usize;

    /// The answer.
    fn answer(&self, request: &WebRequest) -> WebAnswer;
}

/// A request to somebody else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ask {
    /// Where: `https://…`.
    pub url: String,
    /// What is handed over and its media type; nothing to read.
    pub post: Option<(&'static str, Vec<u8>)>,
    /// A secret that opens the door.
    pub token: Option<String>,
}

impl Ask {
    /// To read.
    #[must_use]
    pub const fn get(url: String) -> Self {
        Self { url, post: None, token: None }
    }

    /// To hand over.
    #[must_use]
    pub const fn post(url: String, kind: &'static str, body: Vec<u8>) -> Self {
        Self { url, post: Some((kind, body)), token: None }
    }
}

/// What somebody else said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// HTTP status.
    pub status: u16,
    /// Media type, in small letters, without parameters.
    pub kind: String,
    /// The body, whole.
    pub body: Vec<u8>,
}

/// Asks others over HTTPS, within bounds of time and size.
pub trait Web: Send + Sync {
    /// Asks; any status is an answer.
    ///
    /// # Errors
    /// When there is no whole answer.
    fn ask(&self, ask: Ask) -> impl Future<Output = Result<Said, Fault>> + Send;
}
