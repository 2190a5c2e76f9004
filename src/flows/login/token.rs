//! Tokens of an identity provider (Pro Santé Connect): what a checker finds out about one.

use std::pin::Pin;

use crate::mail::Fault;
/// How somebody proved who it is: whoever checks tokens says it.
pub use crate::seal::event::Level;

/// What a good token says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenFacts {
    /// The national identifier of the person: `8` and an RPPS, or `0` and an ADELI. Which accounts that opens is said
    /// by them, never by the token.
    pub person: String,
    /// How the person had proved who it is, as proofs will say.
    pub level: Level,
    /// What proofs commit to: issuer and identity of the token, and its digest. Never the token.
    pub evidence: String,
}

/// Checks tokens. Implemented over the provider's keys in `net`.
pub trait TokenChecker: Send + Sync {
    /// Whether a token is good, here and now.
    ///
    /// # Errors
    /// `LoginFailed` when it is not, `TokensUnavailable` when that cannot be told.
    fn check<'a>(&'a self, token: &'a str) -> Pin<Box<dyn Future<Output = Result<TokenFacts, Fault>> + Send + 'a>>;
}
