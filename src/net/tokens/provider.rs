//! One identity provider: its description (OpenID Connect Discovery), its keys in memory, and what it says about a token
//! (RFC 7662).
//!
//! Keys are fetched when they are needed and old, or when a token names one that is not there: that is how a provider
//! changes its key. Nobody can make it fetch more often than [`Freshness::again_after`](super::Freshness) allows, and
//! those who come meanwhile wait for the one fetch.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use tokio::sync::Semaphore;
use zeroize::Zeroizing;

use super::claims::Claims;
use super::keys::{Algorithm, Key, Keys};
use super::{Freshness, Introspection, Issuer, MakeClient, ProviderSettings, refused, unavailable};
use crate::flows::Level;
use crate::mail::{Clock, Fault, Time};
use crate::net::http::{Fetched, Request, Scheme, Url};

/// What a provider says of itself; more of it is not read.
#[derive(Deserialize)]
struct Description {
    issuer: String,
    jwks_uri: String,
    introspection_endpoint: Option<String>,
}

/// What was fetched last.
#[derive(Debug, Clone)]
struct Known {
    keys: Arc<Keys>,
    introspection: Option<Url>,
    at: Time,
}

#[derive(Debug, Default)]
struct Memory {
    known: Option<Known>,
    /// When a fetch was last begun.
    tried: Option<Time>,
}

/// One provider.
pub(super) struct Provider {
    settings: ProviderSettings,
    freshness: Freshness,
    client: MakeClient,
    clock: Arc<dyn Clock>,
    memory: Mutex<Memory>,
    /// One fetches, the others wait.
    turn: Semaphore,
}

impl Provider {
    pub(super) fn new(
        settings: ProviderSettings,
        freshness: Freshness,
        client: MakeClient,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self { settings, freshness, client, clock, memory: Mutex::default(), turn: Semaphore::new(1) }
    }

    pub(super) fn issuer(&self) -> &Issuer {
        &self.settings.issuer
    }

    pub(super) fn level(&self) -> Level {
        self.settings.level
    }

    /// The key of this name for this algorithm.
    pub(super) async fn key(&self, name: Option<&str>, algorithm: Algorithm) -> Result<Key, Fault> {
        let known = self.known(|known| known.keys.knows(name)).await?;
        known.keys.find(name, algorithm).ok_or_else(|| refused("its provider has no such key"))
    }

    /// What the provider says about a token.
    // [rfc7662#2.1] [rfc7662#2.2]
    pub(super) async fn introspect(&self, asks: &Introspection, token: &str) -> Result<Claims, Fault> {
        let known = self.known(|_| true).await?;
        let url = known.introspection.ok_or_else(|| unavailable("the provider says nowhere to ask about tokens"))?;
        let body = Zeroizing::new(format!("token={}&token_type_hint=access_token", *form(token)));
        let pair = Zeroizing::new(format!("{}:{}", *form(&asks.client), *form(&asks.secret)));
        let request = Request::post(&url, "application/x-www-form-urlencoded", body.as_bytes().to_vec());
        let request = request.with("accept", "application/json");
        let request = request.with_secret("authorization", &format!("Basic {}", STANDARD.encode(pair.as_bytes())));
        let client = (self.client)().map_err(unavailable)?;
        let response = client.send(request).await.map_err(unavailable)?;
        if response.status != 200 {
            return Err(unavailable(format!("{url} answers {} to a question about a token", response.status)));
        }
        let claims =
            Claims::read(&response.body).ok_or_else(|| unavailable("the provider's answer is no JSON object"))?;
        if claims.is_true("active") { Ok(claims) } else { Err(refused("its provider says that it is not active")) }
    }

    /// What is known of the provider, fetched when it has to be.
    async fn known(&self, suffices: impl Fn(&Known) -> bool) -> Result<Known, Fault> {
        if let Some(answer) = self.at_once(&suffices) {
            return answer;
        }
        let _turn = self.turn.acquire().await.map_err(unavailable)?;
        // Whoever had the turn before may have brought what is needed, or failed.
        if let Some(answer) = self.at_once(&suffices) {
            return answer;
        }
        let now = self.clock.now();
        self.memory().tried = Some(now);
        let fetched = self.fetch(now).await;
        let outcome = if fetched.is_ok() { "taken" } else { "failed" };
        metrics::counter!("sceau_token_keys_fetched_total", "outcome" => outcome).increment(1);
        match fetched {
            Ok(known) => {
                self.memory().known = Some(known.clone());
                Ok(known)
            }
            Err(why) => {
                tracing::error!(target: "sceau::net::tokens", issuer = %self.issuer(), why, "no keys of this provider");
                let old = self.memory().known.clone().filter(|known| suffices(known) && self.serves(known, now));
                old.ok_or_else(|| unavailable(why))
            }
        }
    }

    /// What can be said without a fetch; nothing when one is due.
    fn at_once(&self, suffices: impl Fn(&Known) -> bool) -> Option<Result<Known, Fault>> {
        let now = self.clock.now();
        let memory = self.memory();
        let may_try = memory.tried.is_none_or(|tried| passed(tried, self.freshness.again_after, now));
        match &memory.known {
            Some(known) if suffices(known) && !passed(known.at, self.freshness.every, now) => Some(Ok(known.clone())),
            _ if may_try => None,
            Some(known) if suffices(known) && self.serves(known, now) => Some(Ok(known.clone())),
            _ => Some(Err(unavailable("its provider was asked a moment ago, in vain"))),
        }
    }

    /// Whether old keys still serve while there are no others.
    fn serves(&self, known: &Known, now: Time) -> bool {
        !passed(known.at, self.freshness.every.saturating_add(self.freshness.grace), now)
    }

    async fn fetch(&self, now: Time) -> Result<Known, String> {
        let client = (self.client)().map_err(|error| error.to_string())?;
        let get = async |url: &Url| match client.fetch(Request::get(url)).await {
            Ok(Fetched::Fresh { body, .. }) => Ok(body),
            Ok(Fetched::Unchanged) => Err(format!("{url}: an answer to another question")),
            Err(error) => Err(error.to_string()),
        };
        let at = self.settings.issuer.at(&self.settings.discovery).ok_or("the description has no valid address")?;
        let body = get(&at).await?;
        let told: Description = serde_json::from_slice(&body).map_err(|error| format!("{at}: {error}"))?;
        // [rfc8725#3.8] [rfc8414#3.3] whoever describes another provider than the one that was meant is not believed
        if told.issuer != self.settings.issuer.0 {
            return Err(format!("{at} describes another issuer"));
        }
        let keys_at = address(&told.jwks_uri).ok_or_else(|| format!("{at}: jwks_uri is no https address"))?;
        let introspection = told.introspection_endpoint.as_deref().and_then(address);
        let keys = Keys::read(&get(&keys_at).await?).ok_or_else(|| format!("{keys_at}: no key that could be used"))?;
        Ok(Known { keys: Arc::new(keys), introspection, at: now })
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether so much time is over. A clock that was set back has let it pass.
fn passed(since: Time, span: Duration, now: Time) -> bool {
    let span = i64::try_from(span.as_millis()).unwrap_or(i64::MAX);
    now < since || now.0.saturating_sub(since.0) >= span
}

fn address(text: &str) -> Option<Url> {
    text.parse().ok().filter(|url: &Url| url.scheme() == Scheme::Https)
}

/// A value of a form, percent-encoded (RFC 6749 §2.3.1 asks it of names and secrets too).
fn form(text: &str) -> Zeroizing<String> {
    let mut form = Zeroizing::new(String::with_capacity(text.len() * 3));
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => form.push(char::from(byte)),
            other => {
                form.push('%');
                for digit in [other >> 4, other & 15] {
                    form.push(char::from_digit(u32::from(digit), 16).unwrap_or('0').to_ascii_uppercase());
                }
            }
        }
    }
    form
}
