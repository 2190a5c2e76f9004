//! People and their software on 587 and 465: known by a login or by the certificate of the handshake, heard only after
//! it.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;

use crate::flows::{Peer, Transaction, Visitor};
use crate::mail::{AccountId, Address, Clock, Domain, Fault, MailParams, ReversePath, Rights, Status};
use crate::proto::sasl::{Bindings, Credentials, KeysGiven, KeysWanted, Terms};
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

    /// What AUTH offers on the connection of this visitor.
    fn terms(&self, visitor: &Visitor, bindings: Bindings) -> Terms;

    /// The keys that a SCRAM exchange asks for.
    ///
    /// # Errors
    /// `LoginThrottled`.
    fn keys(&self, visitor: &Visitor, wanted: &KeysWanted) -> impl Future<Output = Result<KeysGiven, Fault>> + Send;

    /// Signs in.
    ///
    /// # Errors
    /// Why not; the same for all that is wrong with a password.
    fn sign_in(
        &self,
        visitor: &Visitor,
        credentials: Credentials,
    ) -> impl Future<Output = Result<Self::Login, Fault>> + Send;

    /// Whether the certificate of the handshake opens a mailbox, so that no AUTH is needed.
    ///
    /// # Errors
    /// Why it opens none.
    fn certificate_opens(&self, visitor: &Visitor) -> Result<(), Fault>;

    /// Signs in by the certificate of the handshake: to its only account, or to the one whose address is the sender's.
    ///
    /// # Errors
    /// Why not.
    fn by_certificate(&self, visitor: &Visitor, sender: Option<&Address>) -> Result<Self::Login, Fault>;

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
    visitor: Visitor,
    bindings: Bindings,
    known: Known<F::Login>,
    /// By which account the present transaction is counted.
    counted: Option<AccountId>,
    /// The reverse-path of the last MAIL, refused or not.
    from: Option<ReversePath>,
}

/// What is known of who it is.
enum Known<L> {
    Nothing,
    /// The certificate of the handshake opens a mailbox; which one, the sender's address says.
    Certificate,
    Login(L),
}

impl<F: FromPeople> Person<F> {
    /// Somebody at this address who has not signed in.
    #[must_use]
    pub fn new(flows: F, address: SocketAddr, in_use: Arc<AccountUse>, clock: Arc<dyn Clock>) -> Self {
        let visitor = Visitor { address: address.ip(), certificates: Vec::new(), purpose: Rights::SEND };
        let (bindings, known) = (Bindings::default(), Known::Nothing);
        Self { flows, in_use, clock, visitor, bindings, known, counted: None, from: None }
    }

    fn log(&self, fault: &Fault) {
        tracing::warn!(
            target: "sceau::sessions::submission", peer = %self.visitor.address, detail = %fault, "certificate is no login"
        );
    }
}

impl<F: FromPeople> Role for Person<F> {
    type Transaction = F::Transaction;

    fn profile(&self) -> Profile {
        Profile::Submission
    }

    // [clients#client-certificate-login]
    fn secured(&mut self, facts: &TlsFacts) -> Result<(), Fault> {
        // [rfc3207#4.2]
        self.known = Known::Nothing;
        self.visitor.certificates.clone_from(&facts.certificates);
        self.bindings.clone_from(&facts.bindings);
        if !facts.certificates.is_empty() {
            match self.flows.certificate_opens(&self.visitor) {
                Ok(()) => self.known = Known::Certificate,
                // No reason to hang up: whoever has a password too may still use it.
                Err(fault) => self.log(&fault),
            }
        }
        Ok(())
    }

    fn terms(&self) -> Terms {
        self.flows.terms(&self.visitor, self.bindings.clone())
    }

    fn known_by_certificate(&self) -> bool {
        matches!(self.known, Known::Certificate)
    }

    async fn keys(&mut self, wanted: KeysWanted) -> Result<KeysGiven, Fault> {
        self.flows.keys(&self.visitor, &wanted).await
    }

    async fn login(&mut self, credentials: Credentials) -> Result<(), Fault> {
        self.known = Known::Login(self.flows.sign_in(&self.visitor, credentials).await?);
        Ok(())
    }

    // [rfc6409#4.3]
    fn begin(&mut self, peer: Peer, path: ReversePath, params: &MailParams) -> Result<F::Transaction, Fault> {
        self.from = Some(path.clone());
        let by_certificate;
        let login = match &self.known {
            Known::Nothing => return Err(Fault::user(Status::LoginRequired, "a transaction without a login")),
            // Asked anew for each message: one connection may send for several mailboxes of its certificate.
            Known::Certificate => {
                by_certificate = self.flows.by_certificate(&self.visitor, path.address())?;
                &by_certificate
            }
            Known::Login(login) => login,
        };
        let account = self.flows.account(login);
        self.counted = Some(account);
        self.in_use.message(account, self.clock.now())?;
        self.flows.begin(login, peer, path, params)
    }

    async fn refused(&mut self, fault: &Fault) {
        let sender = self.from.as_ref();
        match &self.known {
            Known::Nothing => {}
            Known::Login(login) => self.flows.refused(login, sender, fault).await,
            Known::Certificate => {
                let address = sender.and_then(ReversePath::address);
                if let Ok(login) = self.flows.by_certificate(&self.visitor, address) {
                    self.flows.refused(&login, sender, fault).await;
                }
            }
        }
    }

    fn declined(&self, sender: Option<&Domain>, status: Status) {
        self.flows.declined(sender, status);
    }

    fn may_name_another(&self) -> Result<(), Fault> {
        self.counted.map_or(Ok(()), |account| self.in_use.recipient(account, self.clock.now()))
    }

    fn authenticated(&self) -> bool {
        !matches!(self.known, Known::Nothing)
    }
}
