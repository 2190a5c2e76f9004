//! Addresses of the web, as the configuration and certificates name them: `http` or `https`, a host, a path. No user,
//! no password, no fragment.

use std::fmt;
use std::str::FromStr;

use hyper::Uri;
use hyper::http::uri::Scheme as UriScheme;

/// Octets of an address at most.
const LENGTH_MAX: usize = 2048;

/// How it is fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// In clear text.
    Http,
    /// Under TLS.
    Https,
}

/// An address that was read.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Url {
    scheme: Scheme,
    /// Without the brackets of an IPv6 address.
    host: String,
    port: u16,
    /// With its query; begins with a slash.
    path: String,
}

/// A text that is no such address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UrlError;

impl fmt::Display for UrlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not an address of the form https://host/path (or http), without user and fragment")
    }
}

impl std::error::Error for UrlError {}

impl Url {
    /// Whether it is fetched in clear text.
    #[must_use]
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// The host name or IP address, without brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Path and query, as the request line has it.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The value of the field `Host`: without the scheme's own port.
    // [rfc9110#7.2]
    pub(super) fn authority(&self) -> String {
        let host = if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        if self.port == default_port(self.scheme) { host } else { format!("{host}:{}", self.port) }
    }

    /// Where a `Location` of an answer from here leads.
    ///
    /// # Errors
    /// When it is none of the forms that this reads.
    pub(super) fn join(&self, location: &str) -> Result<Self, UrlError> {
        match location.strip_prefix('/') {
            Some(rest) if !rest.starts_with('/') => {
                let path = location.split('#').next().unwrap_or_default();
                format!("{}://{}{path}", self.scheme, self.authority()).parse()
            }
            _ => location.parse(),
        }
    }

    /// Whether both have scheme, host and port in common.
    pub(super) fn same_origin(&self, other: &Self) -> bool {
        (self.scheme, &self.host, self.port) == (other.scheme, &other.host, other.port)
    }
}

fn default_port(scheme: Scheme) -> u16 {
    match scheme {
        Scheme::Http => 80,
        Scheme::Https => 443,
    }
}

impl FromStr for Url {
    type Err = UrlError;

    // [rfc3986#3]
    fn from_str(text: &str) -> Result<Self, UrlError> {
        if text.len() > LENGTH_MAX || text.contains('#') {
            return Err(UrlError);
        }
        let uri: Uri = text.parse().map_err(|_| UrlError)?;
        let scheme = match uri.scheme() {
            Some(scheme) if *scheme == UriScheme::HTTP => Scheme::Http,
            Some(scheme) if *scheme == UriScheme::HTTPS => Scheme::Https,
            _ => return Err(UrlError),
        };
        let authority = uri.authority().filter(|authority| !authority.as_str().contains('@')).ok_or(UrlError)?;
        let host = authority.host().trim_start_matches('[').trim_end_matches(']').to_ascii_lowercase();
        let port_written = authority.as_str().rsplit_once(':').is_some_and(|(_, port)| !port.contains(']'));
        let port = match authority.port_u16() {
            Some(0) => return Err(UrlError),
            Some(port) => port,
            None if port_written => return Err(UrlError),
            None => default_port(scheme),
        };
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
        if host.is_empty() { Err(UrlError) } else { Ok(Self { scheme, host, port, path }) }
    }
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Http => "http",
            Self::Https => "https",
        })
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}{}", self.scheme, self.authority(), self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        text.parse().unwrap()
    }

    /// [rfc3986#3]
    #[test]
    fn addresses_are_read_and_written() {
        for (text, written, authority) in [
            ("https://espacedeconfiance.mssante.fr/liste.xml", "=", "espacedeconfiance.mssante.fr"),
            ("http://IGC.example/CRL/a.crl?x=1", "http://igc.example/CRL/a.crl?x=1", "igc.example"),
            ("http://[::1]:8080/", "=", "[::1]:8080"),
            ("https://[2001:db8::1]", "https://[2001:db8::1]/", "[2001:db8::1]"),
            ("https://a.fr:443/b", "https://a.fr/b", "a.fr"),
            ("http://a.fr:443/b", "=", "a.fr:443"),
            ("https://a.fr?q", "https://a.fr/?q", "a.fr"),
        ] {
            let read = url(text);
            assert_eq!(read.to_string(), if written == "=" { text } else { written });
            assert_eq!(read.authority(), authority);
            assert_eq!(url(&read.to_string()), read);
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        let long = format!("http://a.fr/{}", "a".repeat(LENGTH_MAX));
        for text in [
            "",
            "a.fr/b",
            "/b",
            "ldap://a.fr/b",
            "ftp://a.fr/",
            "https://",
            "https:///b",
            "https://u:p@a.fr/",
            "http://a.fr:0/",
            "http://a.fr:/",
            "http://a.fr:99999/",
            "http://a fr/",
            "http://a.fr/#b",
            "http://a.fr/é\r\n",
            &long,
        ] {
            assert_eq!(text.parse::<Url>(), Err(UrlError), "{text:?}");
        }
    }

    #[test]
    fn locations_lead_on() {
        let from = url("https://a.fr:8443/b/c?d");
        for (location, to) in [
            ("/x?y#z", Some("https://a.fr:8443/x?y")),
            ("https://b.fr/", Some("https://b.fr/")),
            ("//b.fr/", None),
            ("x", None),
        ] {
            assert_eq!(from.join(location).ok().map(|url| url.to_string()).as_deref(), to, "{location}");
        }
        assert!(from.same_origin(&url("https://a.fr:8443/")) && !from.same_origin(&url("https://a.fr/")));
    }
}
