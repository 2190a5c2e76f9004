//! SASL (RFC 4422) exchanges as machines, shared by IMAP and submission: responses in, challenges or credentials out.
//!
//! Not here: whether the credentials are right (that is `flows::Logins`), and the framing of each protocol (`334`,
//! `+`). A mechanism is one file and one row of the table below, from which AUTH and `AUTH=` are derived.

mod login;
mod plain;

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use crate::mail::{Fault, Status};

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
}

impl fmt::Debug for Credentials {
    /// Never shows the secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Password { authzid, user, .. } => {
                f.debug_struct("Password").field("authzid", authzid).field("user", user).finish_non_exhaustive()
            }
        }
    }
}

/// What comes next in an exchange.
#[derive(Debug)]
pub enum SaslStep {
    /// Send this to the client (before base64) and wait for its response.
    Challenge(Vec<u8>),
    /// The exchange is over: check these.
    Credentials(Credentials),
    /// The exchange is over and failed.
    Failed(Fault),
}

/// One mechanism's side of the server. `None` is the absence of an initial response (RFC 4422 §3), which differs from
/// an empty one.
trait Mechanism: Send + Sync {
    fn step(&mut self, response: Option<&[u8]>) -> SaslStep;
}

struct Offer {
    name: &'static str,
    start: fn() -> Box<dyn Mechanism>,
}

/// Every mechanism, in the order in which it is offered.
const MECHANISMS: [Offer; 2] = [
    Offer { name: "PLAIN", start: || Box::new(plain::Plain) },
    Offer { name: "LOGIN", start: || Box::new(login::Login::default()) },
];

/// The names of the mechanisms, as `AUTH PLAIN LOGIN` and `AUTH=PLAIN AUTH=LOGIN` list them.
pub fn mechanisms() -> impl Iterator<Item = &'static str> {
    MECHANISMS.iter().map(|offer| offer.name)
}

/// An exchange in progress.
pub struct Exchange {
    mechanism: Option<Box<dyn Mechanism>>,
}

impl fmt::Debug for Exchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exchange").field("running", &self.mechanism.is_some()).finish()
    }
}

impl Exchange {
    /// Starts a mechanism by its name (case-insensitive) with the initial response, decoded, if there was one.
    ///
    /// An unknown mechanism gives a finished exchange and [`SaslStep::Failed`].
    pub fn start(name: &str, initial: Option<&[u8]>) -> (Self, SaslStep) {
        let offer = MECHANISMS.iter().find(|offer| offer.name.eq_ignore_ascii_case(name));
        let mut exchange = Self { mechanism: offer.map(|offer| (offer.start)()) };
        let step = match exchange.mechanism {
            Some(_) => exchange.step(initial),
            None => SaslStep::Failed(Fault::user(Status::MechanismUnknown, "mechanism not offered")),
        };
        (exchange, step)
    }

    /// Takes the client's response to the last challenge, decoded.
    pub fn respond(&mut self, response: &[u8]) -> SaslStep {
        self.step(Some(response))
    }

    fn step(&mut self, response: Option<&[u8]>) -> SaslStep {
        if response.is_some_and(|r| r.len() > RESPONSE_MAX) {
            self.mechanism = None;
        }
        let step = match &mut self.mechanism {
            Some(mechanism) => mechanism.step(response),
            None => malformed("a response without an exchange, or one that is too long"),
        };
        if !matches!(step, SaslStep::Challenge(_)) {
            self.mechanism = None;
        }
        step
    }
}

/// Decodes the base64 of one line; strict about padding and the alphabet (RFC 4648 §4).
///
/// # Errors
/// `LoginMalformed`.
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
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Runs a whole exchange; `None` as first response is «no initial response».
    fn run(name: &str, initial: Option<&[u8]>, responses: &[&[u8]]) -> (Vec<Vec<u8>>, Option<Credentials>) {
        let (mut exchange, mut step) = Exchange::start(name, initial);
        let (mut challenges, mut responses) = (Vec::new(), responses.iter());
        loop {
            match step {
                SaslStep::Credentials(credentials) => return (challenges, Some(credentials)),
                SaslStep::Failed(_) => return (challenges, None),
                SaslStep::Challenge(challenge) => challenges.push(challenge),
            }
            let Some(response) = responses.next() else { return (challenges, None) };
            step = exchange.respond(response);
        }
    }

    fn password(authzid: Option<&str>, user: &str, password: &str) -> Option<Credentials> {
        Some(Credentials::Password {
            authzid: authzid.map(str::to_owned),
            user: user.to_owned(),
            password: Zeroizing::new(password.to_owned()),
        })
    }

    #[test]
    // [rfc4616#2]
    fn plain_in_all_its_forms() {
        let whole = b"\0jean@a.fr\0s3cret".as_slice();
        assert_eq!(run("PLAIN", Some(whole), &[]), (vec![], password(None, "jean@a.fr", "s3cret")));
        assert_eq!(run("plain", None, &[whole]), (vec![vec![]], password(None, "jean@a.fr", "s3cret")));
        assert_eq!(run("PLAIN", Some(b"org\0jean\0\xc3\xa9"), &[]).1, password(Some("org"), "jean", "é"));
    }

    #[test]
    fn plain_refuses_what_has_no_valid_form() {
        let long = [b"\0a\0".as_slice(), &[b'x'; RESPONSE_MAX]].concat();
        for bad in [
            b"".as_slice(),
            b"jean",
            b"\0jean",
            b"\0\0x",
            b"\0jean\0",
            b"\0jean\0a\0b",
            b"\0je\xffan\0x",
            b"\0je\r\nan\0x",
            b"\x01\0jean\0x",
            &long,
        ] {
            assert_eq!(run("PLAIN", Some(bad), &[]).1, None, "{:?}", bad.escape_ascii().to_string());
        }
    }

    #[test]
    fn login_prompts_as_outlook_wants_and_takes_an_initial_response() {
        let prompts = vec![b"Username:".to_vec(), b"Password:".to_vec()];
        assert_eq!(run("LOGIN", None, &[b"jean", b"pw"]), (prompts.clone(), password(None, "jean", "pw")));
        assert_eq!(run("LOGIN", Some(b"jean"), &[b"pw"]), (prompts[1..].to_vec(), password(None, "jean", "pw")));
        // an empty initial response («AUTH LOGIN =») is one: there is no user with an empty name
        assert_eq!(run("LOGIN", Some(b""), &[b"jean", b"pw"]), (vec![], None));
        assert_eq!(run("LOGIN", None, &[b"", b"pw"]).1, None);
        assert_eq!(run("LOGIN", None, &[b"jean", b""]).1, None);
        assert_eq!(run("LOGIN", None, &[b"je\0an", b"x"]).1, None);
    }

    #[test]
    fn an_exchange_that_is_over_stays_over() {
        let (mut exchange, _) = Exchange::start("PLAIN", Some(b"\0a\0b"));
        assert!(matches!(exchange.respond(b"\0a\0b"), SaslStep::Failed(_)));
        let (mut exchange, step) = Exchange::start("CRAM-MD5", None);
        assert!(matches!(step, SaslStep::Failed(fault) if fault.status == Status::MechanismUnknown));
        assert!(matches!(exchange.respond(b""), SaslStep::Failed(_)));
    }

    #[test]
    fn nothing_prints_a_password() {
        let (_, step) = Exchange::start("PLAIN", Some(b"\0jean\0s3cret"));
        assert!(!format!("{step:?}").contains("s3cret"));
    }

    proptest! {
        #[test]
        fn no_exchange_panics_or_runs_for_ever(
            name in prop_oneof![Just("PLAIN"), Just("LOGIN")],
            initial in proptest::option::of(proptest::collection::vec(any::<u8>(), 0..40)),
            responses in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..40), 0..6),
        ) {
            let responses: Vec<&[u8]> = responses.iter().map(Vec::as_slice).collect();
            let (challenges, _) = run(name, initial.as_deref(), &responses);
            prop_assert!(challenges.len() <= 2);
        }

        #[test]
        fn base64_goes_there_and_back(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
            prop_assert_eq!(decode(encode(&bytes).as_bytes()).unwrap().to_vec(), bytes);
        }
    }
}
