//! What a token must say to be taken here: from whom, for whom, until when, with which rights, about whom.

use std::time::Duration;

use serde_json::{Map, Value};

use super::keys::Algorithm;
use super::{Issuer, refused};
use crate::mail::{Fault, ProfessionalId, Time};

/// Characters of a claim that are looked at.
const TEXT_MAX: usize = 512;

/// What a token, or the provider about it, says.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Claims(Map<String, Value>);

impl Claims {
    /// Reads a JSON object.
    #[must_use]
    pub fn read(json: &[u8]) -> Option<Self> {
        serde_json::from_slice(json).ok().map(Self)
    }

    /// A claim that is a text, within reason.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        let text = self.0.get(name)?.as_str()?;
        (text.len() <= TEXT_MAX && !text.chars().any(char::is_control)).then_some(text)
    }

    pub(super) fn is_true(&self, name: &str) -> bool {
        self.0.get(name) == Some(&Value::Bool(true))
    }

    fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// A claim that is one text, or several.
    fn texts(&self, name: &str) -> Vec<&str> {
        match self.0.get(name) {
            Some(Value::String(one)) => vec![one],
            Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        }
    }

    /// A moment, in whole seconds; nothing when there is none, an error when it is something else.
    // [rfc7519#2]
    #[allow(clippy::cast_possible_truncation, reason = "saturates, which is as good: a moment beyond all clocks")]
    fn moment(&self, name: &str) -> Result<Option<Time>, Fault> {
        match self.0.get(name) {
            None => Ok(None),
            Some(Value::Number(number)) => {
                let seconds = number.as_i64().or_else(|| number.as_f64().map(|seconds| seconds as i64));
                Ok(seconds.map(Time::from_secs))
            }
            Some(_) => Err(refused("one of its times is no number")),
        }
    }
}

/// What is asked of tokens.
#[derive(Debug, Clone)]
pub struct Rules {
    /// Algorithms of signatures.
    pub algorithms: Vec<Algorithm>,
    /// `aud` must name one of these, if there are some.
    pub audiences: Vec<String>,
    /// `azp` (or `client_id`) must be one of these, if there are some. There is one list or the other: a token that was
    /// made for somebody else's service opens nothing.
    pub clients: Vec<String>,
    /// Each must be in `scope`.
    pub scopes: Vec<String>,
    /// Claims with the person's national identifier; those that are there must agree.
    pub person_claims: Vec<String>,
    /// How far the provider's clock may be from ours.
    pub leeway: Duration,
}

impl Rules {
    /// The algorithm of this name, if it is allowed.
    pub(super) fn algorithm(&self, name: &str) -> Option<Algorithm> {
        Algorithm::of_name(name).filter(|algorithm| self.algorithms.contains(algorithm))
    }

    /// Whose token it is, if it is good here and now.
    pub(super) fn person(&self, claims: &Claims, issuer: &Issuer, now: Time) -> Result<ProfessionalId, Fault> {
        // [rfc7519#4.1.1] what a provider says about a token may leave its own name out
        if claims.has("iss") && claims.text("iss") != Some(issuer.0.as_str()) {
            return Err(refused("it is another issuer's"));
        }
        self.times(claims, now)?;
        self.meant(claims)?;
        let scopes: Vec<&str> = claims.texts("scope").into_iter().flat_map(|text| text.split(' ')).collect();
        if !self.scopes.iter().all(|scope| scopes.contains(&scope.as_str())) {
            return Err(refused("a scope is missing"));
        }
        self.identifier(claims)
    }

    // [rfc7519#4.1.4] [rfc7519#4.1.5] [rfc7519#4.1.6]
    fn times(&self, claims: &Claims, now: Time) -> Result<(), Fault> {
        let leeway = i64::try_from(self.leeway.as_secs()).unwrap_or(i64::MAX);
        let end = claims.moment("exp")?.ok_or_else(|| refused("it has no end"))?;
        if end.plus_secs(leeway) <= now {
            return Err(refused("it has expired"));
        }
        for begin in ["nbf", "iat"] {
            if claims.moment(begin)?.is_some_and(|begin| begin > now.plus_secs(leeway)) {
                return Err(refused("it is not valid yet"));
            }
        }
        Ok(())
    }

    // [rfc7519#4.1.3] [rfc8725#3.9]
    fn meant(&self, claims: &Claims) -> Result<(), Fault> {
        let any = |allowed: &[String], named: &[&str]| named.iter().any(|name| allowed.iter().any(|one| one == name));
        if !self.audiences.is_empty() && !any(&self.audiences, &claims.texts("aud")) {
            return Err(refused("it is for another service"));
        }
        let client = claims.text("azp").or_else(|| claims.text("client_id"));
        if !self.clients.is_empty() && !any(&self.clients, client.as_slice()) {
            return Err(refused("it was given to another client"));
        }
        if self.audiences.is_empty() && self.clients.is_empty() {
            return Err(refused("nothing says which services' tokens are taken"));
        }
        Ok(())
    }

    // [mss#8]
    fn identifier(&self, claims: &Claims) -> Result<ProfessionalId, Fault> {
        let named = self.person_claims.iter().filter(|name| claims.has(name));
        let mut found: Option<ProfessionalId> = None;
        for name in named {
            let id = claims.text(name).and_then(|text| ProfessionalId::parse(text).ok());
            let id = id.ok_or_else(|| refused("it names its person by no national identifier"))?;
            if found.as_ref().is_some_and(|other| *other != id) {
                return Err(refused("it names two persons"));
            }
            found = Some(id);
        }
        found.ok_or_else(|| refused("it names no person"))
    }
}
