//! People and their software on 587 and 465: known by a login, heard only after it.

use std::future::Future;

use crate::flows::{Peer, Transaction};
use crate::mail::{Fault, MailParams, ReversePath, Status};
use crate::proto::sasl::Credentials;
use crate::proto::smtp::Profile;

use super::TlsFacts;
use super::smtp::Role;

/// What knows logins and takes their messages: `flows::Logins` and `flows::Submission`, or a fake in tests.
pub trait FromPeople: Send + Sync {
    /// Somebody who signed in.
    type Login: Send + Sync;
    /// A message on its way in.
    type Transaction: Transaction;

    /// Signs in by a name and a password.
    ///
    /// # Errors
    /// Why not; the same for an unknown name and a wrong password.
    fn password(&self, user: &str, password: &str) -> impl Future<Output = Result<Self::Login, Fault>> + Send;

    /// Begins a transaction of this login.
    ///
    /// # Errors
    /// Why not.
    fn begin(
        &self,
        login: &Self::Login,
        peer: Peer,
        path: ReversePath,
        params: &MailParams,
    ) -> Result<Self::Transaction, Fault>;
}

/// The role of a person's client.
pub struct Person<F: FromPeople> {
    flows: F,
    login: Option<F::Login>,
}

impl<F: FromPeople> Person<F> {
    /// Somebody who has not signed in.
    #[must_use]
    pub fn new(flows: F) -> Self {
        Self { flows, login: None }
    }
}

impl<F: FromPeople> Role for Person<F> {
    type Transaction = F::Transaction;

    fn profile(&self) -> Profile {
        Profile::Submission
    }

    fn secured(&mut self, _: &TlsFacts) -> Result<(), Fault> {
        // [rfc3207#4.2]
        self.login = None;
        Ok(())
    }

    async fn login(&mut self, credentials: Credentials) -> Result<(), Fault> {
        let Credentials::Password { authzid, user, password } = credentials;
        // [rfc4616#2] nobody acts as somebody else by asking for it
        if authzid.is_some_and(|authzid| authzid != user) {
            return Err(Fault::user(Status::LoginFailed, "another authorisation identity was asked for"));
        }
        self.login = Some(self.flows.password(&user, &password).await?);
        Ok(())
    }

    // [rfc6409#4.3]
    fn begin(&mut self, peer: Peer, path: ReversePath, params: &MailParams) -> Result<F::Transaction, Fault> {
        let Some(login) = &self.login else {
            return Err(Fault::user(Status::LoginRequired, "a transaction without a login"));
        };
        self.flows.begin(login, peer, path, params)
    }

    fn authenticated(&self) -> bool {
        self.login.is_some()
    }
}
