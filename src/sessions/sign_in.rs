//! How sessions of people sign somebody in: one way for IMAP and submission, from the exchange of `proto::sasl` to
//! `flows::Logins`.

use std::sync::Arc;

use crate::flows::{Login, Logins, Visitor};
use crate::mail::Fault;
use crate::proto::sasl::{Bindings, Credentials, KeysGiven, KeysWanted, Terms, TokenTerms};

/// The logins of a server, as sessions use them.
#[derive(Clone)]
pub struct SignIn {
    logins: Arc<Logins>,
    tokens: Option<Arc<TokenTerms>>,
}

impl SignIn {
    /// Over these logins.
    #[must_use]
    pub fn new(logins: Arc<Logins>) -> Self {
        Self { logins, tokens: None }
    }

    /// The same; a client with a wrong token hears this.
    #[must_use]
    pub fn with_tokens(mut self, terms: TokenTerms) -> Self {
        self.tokens = Some(Arc::new(terms));
        self
    }

    /// Whether a login may go on; see [`Logins::stands`].
    ///
    /// # Errors
    /// `LoginRequired`.
    pub fn stands(&self, login: &Login) -> Result<(), Fault> {
        self.logins.stands(login)
    }

    /// What the connection of this visitor offers.
    #[must_use]
    pub fn terms(&self, visitor: &Visitor, bindings: Bindings) -> Terms {
        Terms {
            certificate: !visitor.certificates.is_empty(),
            scram: self.logins.takes_scram(),
            tokens: self.tokens.clone().filter(|_| self.logins.takes_tokens()),
            bindings,
        }
    }

    /// The keys that a SCRAM exchange asks for.
    ///
    /// # Errors
    /// `LoginThrottled`.
    pub async fn keys(&self, visitor: &Visitor, wanted: &KeysWanted) -> Result<KeysGiven, Fault> {
        let keys = self.logins.scram_keys(visitor, &wanted.user).await?;
        Ok(KeysGiven::new(keys, &self.logins.random()))
    }

    /// Signs in.
    ///
    /// # Errors
    /// Why not; the same for all that is wrong with a password.
    pub async fn sign_in(&self, visitor: &Visitor, credentials: Credentials) -> Result<Login, Fault> {
        match credentials {
            Credentials::Password { authzid, user, password } => {
                self.logins.password(visitor, &user, authzid.as_deref(), &password).await
            }
            Credentials::Scram { authzid, user, proved } => {
                self.logins.scram(visitor, &user, authzid.as_deref(), proved)
            }
            Credentials::Certificate { authzid } => self.logins.certificate(visitor, authzid.as_deref()),
            Credentials::Token { user, token } => self.logins.token(visitor, user.as_deref(), &token).await,
        }
    }

    /// The logins themselves.
    #[must_use]
    pub fn logins(&self) -> &Logins {
        &self.logins
    }
}
