//! SMTP (RFC 5321) as machines: the server's side, the client's side, and the data between them.
//!
//! Start reading at [`server::Server`]: commands come in as bytes and go out as [`server::Event`]s. [`command`] is the
//! grammar, [`data`] and [`chunk`] the framing of message content, [`keywords`] the table from which the reply to
//! EHLO derives. Not here: who may do what (`sessions`, `flows`), sockets, TLS and time (`net`).
//!
//! Two profiles share the machine. [`Profile::Operators`] is strict, since its peers are servers; the submission
//! profile bears with known habits of Outlook and Apple Mail and offers AUTH.

pub mod chunk;
pub mod client;
pub mod command;
pub mod data;
pub mod keywords;
mod params;
mod path;
mod reply;
pub mod server;

use crate::mail::{Domain, Time};

/// Who is on the other side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    /// Other operators' servers on port 25: the grammar to the letter, no AUTH.
    Operators,
    /// People's clients on 587 and 465: AUTH needed, `MAIL FROM: <a@b>` with a space accepted.
    Submission,
}

/// What one port of the server is set to.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The name in the greeting and in the reply to EHLO; also the domain of a bare `<postmaster>`.
    pub host: Domain,
    /// Who is on the other side.
    pub profile: Profile,
    /// What one connection may use.
    pub limits: Limits,
    /// When the conversation began: what a release time is measured by. A machine has no clock.
    pub opened: Time,
}

impl Settings {
    /// The settings of a port; the time is given with each conversation.
    #[must_use]
    pub fn new(host: Domain, profile: Profile, limits: Limits) -> Self {
        Self { host, profile, limits, opened: Time::default() }
    }
}

/// What one connection may use.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Octets of a command line with its CRLF (RFC 5321 §4.5.3.1.4 asks for 512 and more with extensions).
    pub line: usize,
    /// Octets of a line of an AUTH exchange (RFC 4954 §4 asks for 12,288).
    pub auth_line: usize,
    /// Octets of a message's content after dot-unstuffing; the value of SIZE.
    pub message: u64,
    /// Accepted recipients of one transaction (RFC 5321 §4.5.3.1.8 asks for 100).
    pub recipients: usize,
    /// Commands in error before the connection ends.
    pub errors: u32,
    /// Refused senders and recipients before the connection ends: probing for addresses is limited.
    pub refusals: u32,
    /// Failed logins before the connection ends.
    pub logins: u32,
    /// Commands that bring nothing forward (NOOP, RSET, EHLO, VRFY …) since the last accepted recipient.
    pub idle_commands: u32,
    /// MAIL commands of one connection (RFC 9422 §4: MAILMAX).
    pub transactions: u32,
    /// Chunks of less than 1,024 octets in one transaction, and chunks in one connection that come when none can.
    pub tiny_chunks: u32,
    /// Seconds that a submission may ask to be held (RFC 4865); 0 does not offer it.
    pub hold: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            line: 2048,
            auth_line: 12_288,
            message: 60 * 1024 * 1024,
            recipients: 100,
            errors: 10,
            refusals: 100,
            logins: 3,
            idle_commands: 100,
            transactions: 1000,
            tiny_chunks: 1000,
            hold: 0,
        }
    }
}
