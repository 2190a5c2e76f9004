//! SCRAM-SHA-256 and SCRAM-SHA-256-PLUS (RFC 5802, RFC 7677): the client proves that it knows the password without
//! saying it, the server proves that it knows the client's keys, and both can bind that to their TLS connection.

use std::fmt;

use aws_lc_rs::{constant_time, digest, hmac};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{Bindings, Credentials, KeysGiven, KeysWanted, Mechanism, SaslStep, Terms, malformed, text};
use crate::mail::{Fault, ScramKeys, Status};

/// Octets of a client's nonce.
const NONCE_MAX: usize = 256;

pub(super) struct Scram {
    form: Form,
    /// The -PLUS form is offered on this connection.
    plus_offered: bool,
    bindings: Bindings,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Plain,
    Plus,
}

enum State {
    First,
    /// The keys were asked for.
    Keys(ClientFirst),
    /// The server's first message was sent.
    Final(Box<Sent>),
    /// The proof was right, and ours was sent.
    Proved {
        authzid: Option<String>,
        user: String,
    },
    Over,
}

/// What the client said first.
#[derive(Debug)]
struct ClientFirst {
    /// `p=…,a=…,`: repeated by the client at the end.
    header: String,
    /// The message without the header: the beginning of what is signed.
    bare: String,
    /// What the channel binding must be.
    binding: Vec<u8>,
    authzid: Option<String>,
    user: String,
    nonce: String,
}

struct Sent {
    first: ClientFirst,
    /// Client's and server's parts.
    nonce: String,
    server_first: String,
    keys: ScramKeys,
}

impl Scram {
    pub(super) fn plain(terms: &Terms) -> Self {
        Self::new(Form::Plain, terms)
    }

    pub(super) fn bound(terms: &Terms) -> Self {
        Self::new(Form::Plus, terms)
    }

    fn new(form: Form, terms: &Terms) -> Self {
        Self { form, plus_offered: terms.binds(), bindings: terms.bindings.clone(), state: State::First }
    }

    fn first(&mut self, response: &[u8]) -> SaslStep {
        match self.read_first(response) {
            Ok(first) => {
                let wanted = KeysWanted { user: first.user.clone() };
                self.state = State::Keys(first);
                SaslStep::Keys(wanted)
            }
            Err(fault) => SaslStep::Failed(fault),
        }
    }

    // [rfc5802#7]
    fn read_first(&self, response: &[u8]) -> Result<ClientFirst, Fault> {
        let wrong = |detail| move || Fault::user(Status::LoginMalformed, detail);
        let message = std::str::from_utf8(response).map_err(|_| wrong("SCRAM: not UTF-8")())?;
        let mut parts = message.splitn(3, ',');
        let (Some(flag), Some(authzid), Some(bare)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(wrong("SCRAM: the first message has no header")());
        };
        let binding = self.binding(flag)?;
        let authzid = match authzid {
            "" => None,
            named => Some(named.strip_prefix("a=").and_then(saslname).ok_or_else(wrong("SCRAM: a=…"))?),
        };
        // [rfc5802#5.1] a mandatory extension that is not known, «m=», stands where the name should
        let mut fields = bare.split(',');
        let user = fields.next().and_then(|field| field.strip_prefix("n=")).and_then(saslname);
        let nonce = fields.next().and_then(|field| field.strip_prefix("r="));
        let printable = |nonce: &&str| (1..=NONCE_MAX).contains(&nonce.len()) && nonce.bytes().all(is_nonce);
        Ok(ClientFirst {
            header: message[..message.len() - bare.len()].to_owned(),
            bare: bare.to_owned(),
            binding,
            authzid,
            user: user.ok_or_else(wrong("SCRAM: n=…"))?,
            nonce: nonce.filter(printable).ok_or_else(wrong("SCRAM: r=…"))?.to_owned(),
        })
    }

    /// The data that the client's final message must carry for what it said of channel bindings.
    // [rfc5802#6]
    fn binding(&self, flag: &str) -> Result<Vec<u8>, Fault> {
        let wrong = |detail| Err(Fault::user(Status::LoginMalformed, detail));
        match (flag, self.form) {
            ("n", Form::Plain) => Ok(Vec::new()),
            // The client can bind and believes that we cannot: somebody has taken -PLUS from our offer.
            ("y", Form::Plain) if self.plus_offered => {
                Err(Fault::user(Status::LoginFailed, "SCRAM: the offer was changed on its way to the client"))
            }
            ("y", Form::Plain) => Ok(Vec::new()),
            ("n" | "y", Form::Plus) => wrong("SCRAM-PLUS without a channel binding"),
            (flag, form) => match (flag.strip_prefix("p="), form) {
                (Some(_), Form::Plain) => wrong("SCRAM: a channel binding without -PLUS"),
                (Some(name), Form::Plus) => match self.bindings.named(name) {
                    Some(data) => Ok(data.to_vec()),
                    None => wrong("SCRAM-PLUS: a channel binding that this connection does not have"),
                },
                (None, _) => wrong("SCRAM: the header does not begin with n, y or p"),
            },
        }
    }

    fn last(&mut self, sent: Sent, response: &[u8]) -> SaslStep {
        let Some(last) = ClientFinal::read(response) else { return malformed("SCRAM: the final message") };
        let Sent { first, nonce, server_first, keys } = sent;
        let signed = format!("{},{server_first},{}", first.bare, last.without_proof);
        let bound = [first.header.as_bytes(), &first.binding].concat();
        let right = [
            equal(&last.binding, &bound),
            equal(last.nonce.as_bytes(), nonce.as_bytes()),
            proves(&keys, signed.as_bytes(), &last.proof),
        ];
        let ClientFirst { authzid, user, .. } = first;
        if right != [true; 3] {
            return SaslStep::Credentials(Credentials::Scram { authzid, user, proved: false });
        }
        let ours = sign(&keys.server_key, signed.as_bytes());
        self.state = State::Proved { authzid, user };
        SaslStep::Challenge(format!("v={}", STANDARD.encode(ours)).into_bytes())
    }
}

impl Mechanism for Scram {
    fn step(&mut self, response: Option<&[u8]>) -> SaslStep {
        let Some(response) = response else { return SaslStep::Challenge(Vec::new()) };
        match std::mem::replace(&mut self.state, State::Over) {
            State::First => self.first(response),
            State::Final(sent) => self.last(*sent, response),
            // SMTP and IMAP have no room for our proof in their «OK»: it was a challenge, answered by nothing.
            // [rfc4422#5]
            State::Proved { authzid, user } if response.is_empty() => {
                SaslStep::Credentials(Credentials::Scram { authzid, user, proved: true })
            }
            State::Proved { .. } | State::Keys(_) | State::Over => malformed("SCRAM: nothing more was to come"),
        }
    }

    // [rfc5802#5] [rfc7677#3]
    fn keys(&mut self, given: &KeysGiven) -> SaslStep {
        let State::Keys(first) = std::mem::replace(&mut self.state, State::Over) else {
            return malformed("SCRAM: keys out of order");
        };
        let nonce = format!("{}{}", first.nonce, given.nonce);
        let ScramKeys { iterations, salt, .. } = &given.keys;
        let server_first = format!("r={nonce},s={},i={iterations}", STANDARD.encode(salt));
        let challenge = server_first.clone().into_bytes();
        self.state = State::Final(Box::new(Sent { first, nonce, server_first, keys: given.keys.clone() }));
        SaslStep::Challenge(challenge)
    }
}

/// `c=…,r=…[,…],p=…`
struct ClientFinal<'a> {
    without_proof: &'a str,
    binding: Vec<u8>,
    nonce: &'a str,
    proof: [u8; 32],
}

impl<'a> ClientFinal<'a> {
    // [rfc5802#7]
    fn read(response: &'a [u8]) -> Option<Self> {
        let message = std::str::from_utf8(response).ok()?;
        let (without_proof, proof) = message.rsplit_once(",p=")?;
        let mut fields = without_proof.split(',');
        let binding = STANDARD.decode(fields.next()?.strip_prefix("c=")?).ok()?;
        let nonce = fields.next()?.strip_prefix("r=")?;
        Some(Self { without_proof, binding, nonce, proof: STANDARD.decode(proof).ok()?.try_into().ok()? })
    }
}

/// A name with its two escapes undone; none when another `=` stands in it.
// [rfc5802#5.1]
pub(super) fn saslname(name: &str) -> Option<String> {
    let mut pieces = name.split('=');
    let mut plain = pieces.next()?.to_owned();
    for piece in pieces {
        let (sign, rest) = match piece.split_at_checked(2)? {
            ("2C", rest) => (',', rest),
            ("3D", rest) => ('=', rest),
            _ => return None,
        };
        plain.push(sign);
        plain.push_str(rest);
    }
    text(plain.as_bytes()).map(str::to_owned)
}

/// Printable ASCII without the comma.
fn is_nonce(byte: u8) -> bool {
    byte.is_ascii_graphic() && byte != b','
}

/// Whether the proof is the client's key, hidden by its signature of the conversation.
// [rfc5802#3]
fn proves(keys: &ScramKeys, signed: &[u8], proof: &[u8; 32]) -> bool {
    let signature = sign(&keys.stored_key, signed);
    let client_key: [u8; 32] = std::array::from_fn(|i| proof[i] ^ signature[i]);
    equal(digest::digest(&digest::SHA256, &client_key).as_ref(), &keys.stored_key)
}

fn sign(key: &[u8; 32], text: &[u8]) -> [u8; 32] {
    let mut signature = [0; 32];
    signature.copy_from_slice(hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), text).as_ref());
    signature
}

fn equal(a: &[u8], b: &[u8]) -> bool {
    constant_time::verify_slices_are_equal(a, b).is_ok()
}

impl fmt::Debug for Scram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scram").field("form", &self.form).finish_non_exhaustive()
    }
}
