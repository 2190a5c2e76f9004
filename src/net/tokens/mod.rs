//! Tokens of identity providers (Pro Santé Connect and others), checked: the signature by the provider's published keys,
//! or the provider itself asked (RFC 7662).
//!
//! | file | what |
//! |---|---|
//! | `jwt` | what a token is made of, and whether a key signed it |
//! | `keys` | the keys of a provider, as it publishes them |
//! | `claims` | what a token must say to be taken here |
//! | `provider` | one provider: discovery, its keys in memory, introspection |
//!
//! What cannot be told now is never «wrong»: a provider that is down makes a temporary failure. A token says who the
//! person is; which mailboxes that opens is written in the accounts, nowhere else.

mod claims;
pub mod jwt;
pub mod keys;
mod provider;

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use tokio::sync::Semaphore;
use zeroize::Zeroizing;

pub use claims::{Claims, Rules};
pub use keys::Algorithm;

use self::provider::Provider;
use crate::flows::{Level, TokenChecker, TokenFacts};
use crate::mail::{Clock, Fault, Status, hex};
use crate::net::http::{Client, Scheme, Url};
use crate::trust::TrustError;

/// Questions to the provider at once; what comes beyond is told to come again.
const QUESTIONS_MAX: usize = 64;

/// The name of an identity provider: an `https` address, compared as the text that it is (OpenID Connect Discovery
/// §4.3, RFC 9207 §2.4).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Issuer(String);

impl Issuer {
    /// Reads it. None when it is no `https` address without query and fragment.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let url: Url = text.parse().ok()?;
        (url.scheme() == Scheme::Https && !text.contains('?')).then(|| Self(text.to_owned()))
    }

    /// The address of its document at this path.
    fn at(&self, path: &str) -> Option<Url> {
        format!("{}/{}", self.0.trim_end_matches('/'), path.trim_start_matches('/')).parse().ok()
    }
}

impl fmt::Display for Issuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// When a provider is asked about a token (RFC 7662).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Inquiry {
    /// Never: a token that is no JWT opens nothing.
    Off,
    /// About tokens that only the provider can read.
    Opaque,
    /// About those, and about its JWTs too, once their signature is good: what was revoked early opens nothing.
    Always,
}

/// One provider that is believed.
#[derive(Debug, Clone)]
pub struct ProviderSettings {
    /// Its name, as tokens have it in `iss`.
    pub issuer: Issuer,
    /// The path of its description below its name.
    pub discovery: String,
    /// How a person who shows its token has proved who it is, as proofs will say.
    pub level: Level,
}

/// Who this server is for the provider that it asks.
pub struct Introspection {
    /// The provider that is asked, and no other: a token is shown to nobody but its issuer.
    pub issuer: Issuer,
    /// When.
    pub when: Inquiry,
    /// Our name there.
    pub client: String,
    /// Our secret there.
    pub secret: Zeroizing<String>,
}

impl fmt::Debug for Introspection {
    /// Never shows the secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Introspection").field("issuer", &self.issuer).field("when", &self.when).finish_non_exhaustive()
    }
}

/// How long keys are kept, and how often they may be asked for.
#[derive(Debug, Clone, Copy)]
pub struct Freshness {
    /// Keys older than this are fetched again.
    pub every: Duration,
    /// After a fetch, good or bad, so long none is tried again: whoever invents key names costs nothing more.
    pub again_after: Duration,
    /// Past `every`, keys still serve for so long when the provider is down.
    pub grace: Duration,
}

/// What is believed, and from whom.
#[derive(Debug)]
pub struct Settings {
    /// The providers, each with a name of its own.
    pub providers: Vec<ProviderSettings>,
    /// What a token must say.
    pub rules: Rules,
    /// About keys.
    pub freshness: Freshness,
    /// About asking the provider.
    pub introspection: Option<Introspection>,
}

/// Makes the client that providers are asked by: with the anchors and revocation lists of the moment.
pub type MakeClient = Arc<dyn Fn() -> Result<Client, TrustError> + Send + Sync>;

/// Checks tokens.
pub struct Tokens {
    providers: Vec<Provider>,
    rules: Rules,
    introspection: Option<Introspection>,
    questions: Semaphore,
    clock: Arc<dyn Clock>,
}

impl Tokens {
    /// By these settings.
    #[must_use]
    pub fn new(settings: Settings, client: &MakeClient, clock: &Arc<dyn Clock>) -> Self {
        let Settings { providers, rules, freshness, introspection } = settings;
        let provider = |of| Provider::new(of, freshness, Arc::clone(client), Arc::clone(clock));
        Self {
            providers: providers.into_iter().map(provider).collect(),
            rules,
            introspection,
            questions: Semaphore::new(QUESTIONS_MAX),
            clock: Arc::clone(clock),
        }
    }

    async fn facts(&self, token: &str) -> Result<TokenFacts, Fault> {
        let (provider, claims) = match jwt::Jwt::read(token) {
            Some(jwt) => self.signed(token, &jwt).await?,
            None => self.opaque(token).await?,
        };
        let person = self.rules.person(&claims, provider.issuer(), self.clock.now())?;
        let subject = claims.text("sub").unwrap_or_default();
        let sha256 = hex(digest(&SHA256, token.as_bytes()).as_ref());
        Ok(TokenFacts {
            person: person.to_string(),
            level: provider.level(),
            evidence: format!("token iss:{} sub:{subject} sha256:{sha256}", provider.issuer()),
        })
    }

    /// A token that its provider signed, to be read by anybody.
    // [rfc8725#3.1] [rfc8725#3.8]
    async fn signed(&self, token: &str, jwt: &jwt::Jwt<'_>) -> Result<(&Provider, Claims), Fault> {
        let provider =
            self.providers.iter().find(|provider| jwt.claims().text("iss") == Some(provider.issuer().0.as_str()));
        let provider = provider.ok_or_else(|| refused("its issuer is not believed here"))?;
        let algorithm = self.rules.algorithm(jwt.algorithm()).ok_or_else(|| refused("its algorithm is not allowed"))?;
        let key = provider.key(jwt.key_id(), algorithm).await?;
        if !jwt.is_signed_by(&key) {
            return Err(refused("its signature is wrong"));
        }
        // Before anybody is asked about it: what is over needs no question.
        self.rules.person(jwt.claims(), provider.issuer(), self.clock.now())?;
        if let Some(asks) = self.asks(provider).filter(|asks| asks.when == Inquiry::Always) {
            self.ask(provider, asks, token).await?;
        }
        Ok((provider, jwt.claims().clone()))
    }

    /// A token that only its provider can read.
    async fn opaque(&self, token: &str) -> Result<(&Provider, Claims), Fault> {
        let asked = self.providers.iter().find_map(|provider| Some((provider, self.asks(provider)?)));
        let (provider, asks) = asked.ok_or_else(|| refused("it is no JWT, and no provider is asked"))?;
        Ok((provider, self.ask(provider, asks, token).await?))
    }

    fn asks(&self, provider: &Provider) -> Option<&Introspection> {
        self.introspection.as_ref().filter(|asks| asks.issuer == *provider.issuer() && asks.when != Inquiry::Off)
    }

    async fn ask(&self, provider: &Provider, asks: &Introspection, token: &str) -> Result<Claims, Fault> {
        let Ok(_place) = self.questions.try_acquire() else {
            return Err(unavailable("too many questions to the provider at once"));
        };
        provider.introspect(asks, token).await
    }
}

impl TokenChecker for Tokens {
    fn check<'a>(&'a self, token: &'a str) -> Pin<Box<dyn Future<Output = Result<TokenFacts, Fault>> + Send + 'a>> {
        Box::pin(async {
            let facts = self.facts(token).await;
            let outcome = match &facts {
                Ok(_) => "good",
                Err(fault) if fault.status == Status::TokensUnavailable => "unavailable",
                Err(_) => "refused",
            };
            metrics::counter!("sceau_tokens_total", "outcome" => outcome).increment(1);
            facts
        })
    }
}

/// The token is bad; why is for the log, and names nothing of what stands in it.
fn refused(why: &str) -> Fault {
    Fault::user(Status::LoginFailed, format!("a token was refused: {why}"))
}

/// Whether the token is good can't be told now.
fn unavailable(why: impl fmt::Display) -> Fault {
    Fault::upstream(Status::TokensUnavailable, format!("a token can't be checked: {why}"))
}

#[cfg(test)]
mod tests;
