//! XOAUTH2 (Google's and Microsoft's, also of MSSanté's client software) and OAUTHBEARER (RFC 7628): a token that
//! somebody else issued, in one response. A client whose token is refused hears why in JSON, answers with next to
//! nothing, and only then has failed.

use std::sync::Arc;

use zeroize::Zeroizing;

use super::{Credentials, Mechanism, SaslStep, Terms, TokenTerms, malformed, text};
use crate::mail::{Fault, Status};

/// Separates the fields of both forms.
const SEPARATOR: char = '\x01';

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Xoauth2,
    Bearer,
}

pub(super) struct Token {
    form: Form,
    terms: Arc<TokenTerms>,
    /// The client was told why; whatever it says, this is how it ends.
    refusal: Option<Fault>,
}

impl Token {
    pub(super) fn xoauth2(terms: &Terms) -> Self {
        Self { form: Form::Xoauth2, terms: terms.tokens.clone().unwrap_or_default(), refusal: None }
    }

    pub(super) fn bearer(terms: &Terms) -> Self {
        Self { form: Form::Bearer, terms: terms.tokens.clone().unwrap_or_default(), refusal: None }
    }

    // [rfc7628#3.2.2]
    fn error(&self, fault: &Fault) -> Vec<u8> {
        let TokenTerms { scope, discovery } = &*self.terms;
        let json = match self.form {
            Form::Xoauth2 if fault.status == Status::LoginFailed => {
                serde_json::json!({ "status": "401", "schemes": "bearer", "scope": scope })
            }
            Form::Xoauth2 => serde_json::json!({ "status": "400", "schemes": "bearer", "scope": scope }),
            Form::Bearer => serde_json::json!({
                "status": if fault.status == Status::LoginFailed { "invalid_token" } else { "temporarily_unavailable" },
                "scope": scope,
                "openid-configuration": discovery,
            }),
        };
        json.to_string().into_bytes()
    }
}

impl Mechanism for Token {
    // [rfc7628#3.1]
    fn step(&mut self, response: Option<&[u8]>) -> SaslStep {
        if let Some(refusal) = self.refusal.take() {
            return SaslStep::Failed(refusal);
        }
        let Some(response) = response else { return SaslStep::Challenge(Vec::new()) };
        let Ok(response) = std::str::from_utf8(response) else { return malformed("a token's response is not UTF-8") };
        let read = match self.form {
            Form::Xoauth2 => xoauth2(response),
            Form::Bearer => bearer(response),
        };
        match read {
            Some((user, Some(token))) => SaslStep::Credentials(Credentials::Token { user, token }),
            // [rfc7628#4.3] a client that brings no token asks where to get one
            Some((_, None)) => self.refused(Fault::user(Status::LoginFailed, "no token")),
            None => malformed("a token's response has no valid form"),
        }
    }

    // [rfc7628#3.2.3]
    fn refused(&mut self, fault: Fault) -> SaslStep {
        let error = self.error(&fault);
        self.refusal = Some(fault);
        SaslStep::Challenge(error)
    }
}

type Claim = (Option<String>, Option<Zeroizing<String>>);

/// `user=a@b ^A auth=Bearer token ^A ^A`
fn xoauth2(response: &str) -> Option<Claim> {
    let mut fields = response.strip_suffix("\x01\x01")?.split(SEPARATOR);
    let user = fields.next()?.strip_prefix("user=")?;
    let token = token_of(fields.next()?.strip_prefix("auth=")?)?;
    if fields.next().is_some() {
        return None;
    }
    Some((user_of(user)?, token))
}

/// `n,a=a@b, ^A host=… ^A port=… ^A auth=Bearer token ^A ^A`
fn bearer(response: &str) -> Option<Claim> {
    let mut fields = response.strip_suffix("\x01\x01")?.split(SEPARATOR);
    let header = fields.next()?;
    let authzid = header.strip_prefix("n,").or_else(|| header.strip_prefix("y,"))?.strip_suffix(',')?;
    let user = match authzid {
        "" => None,
        authzid => user_of(&super::scram::saslname(authzid.strip_prefix("a=")?)?)?,
    };
    let mut token = None;
    for field in fields {
        match field.split_once('=')? {
            ("auth", value) if token.is_none() => token = Some(token_of(value)?),
            ("auth", _) => return None,
            _ => {}
        }
    }
    Some((user, token.flatten()))
}

/// A name, or none when it is empty; nothing when it has no valid form.
fn user_of(user: &str) -> Option<Option<String>> {
    match user {
        "" => Some(None),
        user => text(user.as_bytes()).map(|user| Some(user.to_owned())),
    }
}

/// What follows `Bearer`, in any case; nothing when the scheme is another or the characters are not a token's
/// (RFC 6750 §2.1).
fn token_of(value: &str) -> Option<Option<Zeroizing<String>>> {
    if value.is_empty() {
        return Some(None);
    }
    let (scheme, token) = value.split_once(' ')?;
    let token = token.trim_start_matches(' ');
    let is_token = |b: u8| b.is_ascii_alphanumeric() || b"-._~+/=".contains(&b);
    let fits = scheme.eq_ignore_ascii_case("bearer") && !token.is_empty() && token.bytes().all(is_token);
    fits.then(|| Some(Zeroizing::new(token.to_owned())))
}
