//! Why something was not fetched, for the log and for administrators.

use std::fmt;
use std::io;

use super::Url;

/// What went wrong with one request. The address is named; nothing of the answer's content is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpError {
    /// What was asked for.
    pub url: Url,
    /// What went wrong.
    pub cause: Cause,
}

/// What went wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Cause {
    /// `http://` where only `https://` is allowed.
    ClearText,
    /// No such host, nobody listens, or the network fails.
    Unreachable(String),
    /// The handshake failed: the server's certificate, or no common parameters.
    Tls(String),
    /// Not all within the time.
    TimedOut,
    /// The answer's head or body is larger than this many octets.
    TooLarge(usize),
    /// It answers that it is elsewhere, and redirects are not followed (so far).
    Redirected(String),
    /// A status that is none of those which answer the request.
    Status(u16),
    /// No HTTP, or an answer that ends too early.
    Broken(String),
}

impl Cause {
    /// One word for metrics.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::ClearText => "clear-text",
            Self::Unreachable(_) => "unreachable",
            Self::Tls(_) => "tls",
            Self::TimedOut => "timed-out",
            Self::TooLarge(_) => "too-large",
            Self::Redirected(_) => "redirected",
            Self::Status(_) => "status",
            Self::Broken(_) => "broken",
        }
    }

    /// A handshake's failure is told from a network's by what it wraps.
    pub(super) fn of_handshake(error: &io::Error) -> Self {
        match error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
            Some(tls) => Self::Tls(tls.to_string()),
            None => Self::Tls(format!("the handshake was cut: {error}")),
        }
    }

    pub(super) fn of_exchange(error: &hyper::Error) -> Self {
        if error.is_parse_too_large() {
            return Self::TooLarge(super::HEAD_MAX);
        }
        let mut text = error.to_string();
        let mut source = std::error::Error::source(error);
        while let Some(cause) = source {
            text = format!("{text}: {cause}");
            source = cause.source();
        }
        Self::Broken(text)
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ClearText => f.write_str("only https:// is allowed here"),
            Self::Unreachable(why) => write!(f, "unreachable ({why})"),
            Self::Tls(why) => write!(f, "TLS: {why}"),
            Self::TimedOut => f.write_str("not answered in time"),
            Self::TooLarge(limit) => write!(f, "the answer is larger than {limit} octets"),
            Self::Redirected(to) => {
                write!(f, "it redirects to {to}, which is not followed: configure the final address")
            }
            Self::Status(status) => write!(f, "the server answers {status}"),
            Self::Broken(why) => write!(f, "the answer is broken or cut off ({why})"),
        }
    }
}

impl fmt::Display for HttpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.url, self.cause)
    }
}

impl std::error::Error for HttpError {}
