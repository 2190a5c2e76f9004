//! People and their software on 587 and 465: known by a login, heard only after it.

use std::future::Future;
use std::sync::Arc;

use crate::flows::{Peer, Transaction};
use crate::mail::{AccountId, Clock, Domain, Fault, MailParams, ReversePath, Status};
use crate::proto::sasl::Credentials;
use crate::proto::smtp::Profile;

use super::TlsFacts;
use super::rates::AccountUse;
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

    /// The account that a login leads to, by which its messages are counted.
    fn account(&self, login: &Self::Login) -> AccountId;

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

    /// A login was refused something, with the reverse-path that it gave last: a proof of it is made.
    fn refused(
        &self,
        _login: &Self::Login,
        _from: Option<&ReversePath>,
        _fault: &Fault,
    ) -> impl Future<Output = ()> + Send {
        std::future::ready(())
    }

    /// Somebody was refused something.
    fn declined(&self, _sender: Option<&Domain>, _status: Status) {}
}

/// The role of a person's client.
pub struct Person<F: FromPeople> {
    flows: F,
    in_use: Arc<AccountUse>,
    clock: Arc<dyn Clock>,
    login: Option<F::Login>,
    /// The reverse-path of the last MAIL, refused or not.
    from: Option<ReversePath>,
}

impl<F: FromPeople> Person<F> {
    /// Somebody who has not signed in.
    #[must_use]
    pub fn new(flows: F, in_use: Arc<AccountUse>, clock: Arc<dyn Clock>) -> Self {
        Self { flows, in_use, clock, login: None, from: None }
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
        self.from = Some(path.clone());
        self.in_use.message(self.flows.account(login), self.clock.now())?;
        self.flows.begin(login, peer, path, params)
    }

    async fn refused(&mut self, fault: &Fault) {
        if let Some(login) = &self.login {
            self.flows.refused(login, self.from.as_ref(), fault).await;
        }
    }

    fn declined(&self, sender: Option<&Domain>, status: Status) {
        self.flows.declined(sender, status);
    }

    fn may_name_another(&self) -> Result<(), Fault> {
        self.login.as_ref().map_or(Ok(()), |login| self.in_use.recipient(self.flows.account(login), self.clock.now()))
    }

    fn authenticated(&self) -> bool {
        self.login.is_some()
    }
}
