//! What a server offers in its reply to EHLO.

use super::PeerReply;

/// The extensions that a server offers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Offers {
    keywords: Vec<(String, String)>,
}

impl Offers {
    // [rfc5321#4.1.1.1] the first line is the server's name
    pub(super) fn of(reply: &PeerReply) -> Self {
        let keyword = |line: &String| {
            let (name, value) = line.split_once(' ').unwrap_or((line, ""));
            (name.to_ascii_uppercase(), value.trim().to_owned())
        };
        Self { keywords: reply.lines.iter().skip(1).map(keyword).collect() }
    }

    /// Whether this keyword (upper case) is offered.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.value(name).is_some()
    }

    /// The parameters of a keyword that is offered; empty when it has none.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<&str> {
        self.keywords.iter().find(|(keyword, _)| keyword == name).map(|(_, value)| value.as_str())
    }

    /// One of the numbers of LIMITS, by its name such as `RCPTMAX`.
    // [rfc9422#4]
    #[must_use]
    pub fn limit(&self, name: &str) -> Option<usize> {
        let limits = self.value("LIMITS")?.split_ascii_whitespace().filter_map(|limit| limit.split_once('='));
        limits.filter(|(limit, _)| limit.eq_ignore_ascii_case(name)).find_map(|(_, number)| number.parse().ok())
    }

    /// The largest message that the server says it takes; 0 or no number is no limit (RFC 1870 §4).
    #[must_use]
    pub fn size_limit(&self) -> Option<u64> {
        self.value("SIZE")?.parse().ok().filter(|limit| *limit > 0)
    }
}
