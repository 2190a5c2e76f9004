//! SASL (RFC 4422) exchanges as machines, shared by IMAP and submission: responses in, challenges or credentials out.
//!
//! Not here: whether the credentials are right (that is `flows::Logins`), and the framing of each protocol (`334`,
//! `+`). A mechanism is one file and one row of the table below, from which AUTH and `AUTH=` are derived by what the
//! connection allows ([`Terms`]). No machine does I/O: where one needs something of an account it asks by
//! [`SaslStep::Keys`] and goes on when [`Exchange::keys`] brings it.

mod external;
mod login;
mod plain;
mod scram;
mod terms;
mod token;

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

pub use terms::{Bindings, Terms, TokenTerms};

use crate::mail::{Fault, ScramKeys, Status};

/// Octets of one decoded response. The longest useful one is a token of XOAUTH2.
pub const RESPONSE_MAX: usize = 8192;

/// What a peer claims to be, ready to be checked.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Credentials {
    /// A name and a password (PLAIN, LOGIN).
    Password {
        /// As whom to act, when another than `user` is asked for.
        authzid: Option<String>,
        /// Who signs in.
        user: String,
        /// Wiped from memory when dropped.
        password: Zeroizing<String>,
    },
    /// A name, and a proof of its password that was checked against [`ScramKeys`] (SCRAM).
    Scram {
        /// As whom to act, when another than `user` is asked for.
        authzid: Option<String>,
        /// Who signs in.
        user: String,
        /// Whether the proof and the channel binding are right. When not, the login has failed and is to be counted.
        proved: bool,
    },
    /// The certificate that the peer showed in the handshake (EXTERNAL).
    Certificate {
        /// As whom to act; without it, as whom the certificate is.
        authzid: Option<String>,
    },
    /// A token that somebody else issued (XOAUTH2, OAUTHBEARER).
    Token {
        /// As whom to act; without it, as whom the token is.
        user: Option<String>,
        /// Wiped from memory when dropped.
        token: Zeroizing<String>,
    },
}

impl fmt::Debug for Credentials {
    /// Never shows a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Password { authzid, user, .. } => {
                f.debug_struct("Password").field("authzid", authzid).field("user", user).finish_non_exhaustive()
            }
            Self::Scram { authzid, user, proved } => {
                f.debug_struct("Scram").field("authzid", authzid).field("user", user).field("proved", proved).finish()
            }
            Self::Certificate { authzid } => f.debug_struct("Certificate").field("authzid", authzid).finish(),
            Self::Token { user, .. } => f.debug_struct("Token").field("user", user).finish_non_exhaustive(),
        }
    }
}

/// A question of a SCRAM exchange: whose keys it needs. There are always some: an account that is not there has keys
/// that look like others and that no password fits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeysWanted {
    /// The name that the client gave.
    pub user: String,
}

/// The answer to [`KeysWanted`].
#[derive(Debug, Clone)]
pub struct KeysGiven {
    /// The keys of the account.
    pub keys: ScramKeys,
    /// The server's part of the nonce: printable, unpredictable, without a comma.
    pub nonce: String,
}

impl KeysGiven {
    /// Keys with a nonce of these random bytes.
    #[must_use]
    pub fn new(keys: ScramKeys, random: &[u8; 18]) -> Self {
        Self { keys, nonce: STANDARD.encode(random) }
    }
}

/// What comes next in an exchange.
#[derive(Debug)]
pub enum SaslStep {
    /// Send this to the client (before base64) and wait for its response.
    Challenge(Vec<u8>),
    /// Ask for these, and go on with [`Exchange::keys`].
    Keys(KeysWanted),
    /// Check these. When they are refused, [`Exchange::refused`] says how the exchange ends.
    Credentials(Credentials),
    /// The exchange is over and failed.
    Failed(Fault),
}

/// One mechanism's side of the server. `None` is the absence of an initial response (RFC 4422 §3), which differs from
/// an empty one.
trait Mechanism: Send + Sync {
    fn step(&mut self, response: Option<&[u8]>) -> SaslStep;

    /// The answer to [`SaslStep::Keys`].
    fn keys(&mut self, _given: &KeysGiven) -> SaslStep {
        malformed("keys that were not asked for")
    }

    /// The credentials were refused.
    fn refused(&mut self, fault: Fault) -> SaslStep {
        SaslStep::Failed(fault)
    }
}

struct Offer {
    name: &'static str,
    offered: fn(&Terms) -> bool,
    start: fn(&Terms) -> Box<dyn Mechanism>,
}

/// Every mechanism, in the order in which it is offered: the strongest first.
const MECHANISMS: [Offer; 7] = [
    Offer { name: "EXTERNAL", offered: |terms| terms.certificate, start: |_| Box::new(external::External) },
    Offer { name: "SCRAM-SHA-256-PLUS", offered: Terms::binds, start: |terms| Box::new(scram::Scram::bound(terms)) },
    Offer { name: "SCRAM-SHA-256", offered: |terms| terms.scram, start: |terms| Box::new(scram::Scram::plain(terms)) },
    Offer {
        name: "OAUTHBEARER",
        offered: |terms| terms.tokens.is_some(),
        start: |terms| Box::new(token::Token::bearer(terms)),
    },
    Offer {
        name: "XOAUTH2",
        offered: |terms| terms.tokens.is_some(),
        start: |terms| Box::new(token::Token::xoauth2(terms)),
    },
    Offer { name: "PLAIN", offered: |_| true, start: |_| Box::new(plain::Plain) },
    Offer { name: "LOGIN", offered: |_| true, start: |_| Box::new(login::Login::default()) },
];

/// The names of the mechanisms that these terms offer, as `AUTH PLAIN LOGIN` and `AUTH=PLAIN AUTH=LOGIN` list them.
pub fn mechanisms(terms: &Terms) -> impl Iterator<Item = &'static str> {
    MECHANISMS.iter().filter(|offer| (offer.offered)(terms)).map(|offer| offer.name)
}

/// What an exchange waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Waits {
    Response,
    Keys,
    Verdict,
    Nothing,
}

/// An exchange in progress.
pub struct Exchange {
    mechanism: Option<Box<dyn Mechanism>>,
    waits: Waits,
}

impl fmt::Debug for Exchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exchange").field("waits", &self.waits).finish_non_exhaustive()
    }
}

impl Exchange {
    /// Starts a mechanism by its name (case-insensitive) with the initial response, decoded, if there was one.
    ///
    /// A mechanism that these terms do not offer gives a finished exchange and [`SaslStep::Failed`].
    pub fn start(terms: &Terms, name: &str, initial: Option<&[u8]>) -> (Self, SaslStep) {
        let named = |offer: &&Offer| offer.name.eq_ignore_ascii_case(name) && (offer.offered)(terms);
        let Some(offer) = MECHANISMS.iter().find(named) else {
            let fault = Fault::user(Status::MechanismUnknown, "mechanism not offered");
            return (Self { mechanism: None, waits: Waits::Nothing }, SaslStep::Failed(fault));
        };
        let mut exchange = Self { mechanism: Some((offer.start)(terms)), waits: Waits::Response };
        let step = exchange.step(Waits::Response, |mechanism| match initial {
            Some(response) if response.len() > RESPONSE_MAX => malformed("an initial response that is too long"),
            initial => mechanism.step(initial),
        });
        (exchange, step)
    }

    /// Takes the client's response to the last challenge, decoded.
    pub fn respond(&mut self, response: &[u8]) -> SaslStep {
        self.step(Waits::Response, |mechanism| match response.len() > RESPONSE_MAX {
            true => malformed("a response that is too long"),
            false => mechanism.step(Some(response)),
        })
    }

    /// Takes the answer to [`SaslStep::Keys`].
    pub fn keys(&mut self, given: &KeysGiven) -> SaslStep {
        self.step(Waits::Keys, |mechanism| mechanism.keys(given))
    }

    /// The credentials were refused: some mechanisms tell the client why before they fail.
    pub fn refused(&mut self, fault: Fault) -> SaslStep {
        self.step(Waits::Verdict, |mechanism| mechanism.refused(fault))
    }

    fn step(&mut self, wants: Waits, go_on: impl FnOnce(&mut dyn Mechanism) -> SaslStep) -> SaslStep {
        let step = match &mut self.mechanism {
            Some(mechanism) if self.waits == wants => go_on(mechanism.as_mut()),
            _ => malformed("a step that the exchange does not wait for"),
        };
        self.waits = match &step {
            SaslStep::Challenge(_) => Waits::Response,
            SaslStep::Keys(_) => Waits::Keys,
            SaslStep::Credentials(_) => Waits::Verdict,
            SaslStep::Failed(_) => Waits::Nothing,
        };
        if self.waits == Waits::Nothing {
            self.mechanism = None;
        }
        step
    }
}

/// Decodes the base64 of one line; strict about padding and the alphabet (RFC 4648 §4).
///
/// # Errors
/// `LoginMalformed`.
// [clients#sasl]
pub fn decode(line: &[u8]) -> Result<Zeroizing<Vec<u8>>, Fault> {
    STANDARD
        .decode(line)
        .map(Zeroizing::new)
        .map_err(|_| Fault::user(Status::LoginMalformed, "a response that is not base64"))
}

/// The base64 of a challenge.
#[must_use]
pub fn encode(challenge: &[u8]) -> String {
    STANDARD.encode(challenge)
}

fn malformed(detail: &'static str) -> SaslStep {
    SaslStep::Failed(Fault::user(Status::LoginMalformed, detail))
}

/// A name or a secret as a text: UTF-8, not empty, no control characters (RFC 4616 §2, RFC 8265 §3.1).
fn text(bytes: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(bytes).ok()?;
    (!text.is_empty() && !text.chars().any(char::is_control)).then_some(text)
}

#[cfg(test)]
mod tests;
