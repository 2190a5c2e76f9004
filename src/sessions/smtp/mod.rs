//! One SMTP conversation, whoever the peer is: couples the protocol machine with a [`Role`].
//!
//! The role says who may do what; the machine has kept the order and the limits before anything comes here. One line
//! in the log for each message taken and for each refusal, without addresses and contents.

use std::future::Future;
use std::net::SocketAddr;
use std::time::Duration;

use crate::flows::{Peer, Transaction};
use crate::mail::{Address, Blame, Domain, Fault, MailParams, RcptParams, ReversePath, Status};
use crate::proto::sasl::{Credentials, KeysGiven, KeysWanted, Terms};
use crate::proto::smtp::server::{Answer, Event, Server};
use crate::proto::smtp::{Profile, Settings};
use crate::proto::{Machine, Step};

use super::{Output, Pace, Session, TlsFacts, Want};

/// How long a peer may let us wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timing {
    /// For the next command: RFC 5321 §4.5.3.2.7 asks for five minutes.
    pub command: Duration,
    /// For the next block of content: RFC 5321 §4.5.3.2.5 asks for three minutes.
    pub block: Duration,
    /// How fast content must come; none when any trickle will do.
    pub pace: Option<Pace>,
}

impl Default for Timing {
    // [rfc5321#4.5.3.2.7] [rfc5321#4.5.3.2.5]
    fn default() -> Self {
        let pace = Pace { octets: 60_000, within: Duration::from_secs(60) };
        Self { command: Duration::from_secs(300), block: Duration::from_secs(180), pace: Some(pace) }
    }
}

/// Who the peers of a port are, and what they may do.
pub trait Role: Send {
    /// A message on its way in.
    type Transaction: Transaction;

    /// Which habits the port bears with.
    fn profile(&self) -> Profile;

    /// TLS is in place, and whatever was known of the peer is to be forgotten.
    ///
    /// # Errors
    /// Why this peer is not wanted: it hears so as the reply to its greeting, then the connection ends.
    fn secured(&mut self, facts: &TlsFacts) -> Result<(), Fault>;

    /// The peer tried without TLS what needs it, for the first time; it was told so.
    fn tried_in_clear(&self) {}

    /// What AUTH offers, once TLS is in place.
    fn terms(&self) -> Terms {
        Terms::default()
    }

    /// Whether the certificate of the handshake is a login of its own.
    fn known_by_certificate(&self) -> bool {
        false
    }

    /// A login needs the keys of an account.
    ///
    /// # Errors
    /// Why not.
    fn keys(&mut self, wanted: KeysWanted) -> impl Future<Output = Result<KeysGiven, Fault>> + Send;

    /// Somebody claims to be somebody.
    ///
    /// # Errors
    /// Why not.
    fn login(&mut self, credentials: Credentials) -> impl Future<Output = Result<(), Fault>> + Send;

    /// A transaction begins.
    ///
    /// # Errors
    /// Why this sender may not, or not now.
    fn begin(&mut self, peer: Peer, path: ReversePath, params: &MailParams) -> Result<Self::Transaction, Fault>;

    /// Something was refused in a transaction, but by its [`Transaction::commit`]; the peer has not heard of it yet.
    fn refused(&mut self, _fault: &Fault) -> impl Future<Output = ()> + Send {
        std::future::ready(())
    }

    /// The peer was refused something; `sender` is the domain of the reverse-path that it named last, if any.
    fn declined(&self, _sender: Option<&Domain>, _status: Status) {}

    /// One more recipient is to be named in the transaction that [`begin`](Role::begin) began.
    ///
    /// # Errors
    /// Why not now.
    fn may_name_another(&self) -> Result<(), Fault> {
        Ok(())
    }

    /// Whether the peer has proved who it is.
    fn authenticated(&self) -> bool;
}

/// A conversation with one peer.
pub struct SmtpSession<R: Role> {
    machine: Server,
    timing: Timing,
    role: R,
    peer: Peer,
    /// Why the peer is not wanted; told as the reply to its greeting.
    refusal: Option<Fault>,
    transaction: Option<R::Transaction>,
    recipients: usize,
    /// The domain of the reverse-path that the peer named last.
    sender: Option<Domain>,
    /// The role knows that the peer tried in clear.
    told_of_clear: bool,
}

impl<R: Role> SmtpSession<R> {
    /// A conversation that has not begun, with the peer at this address. The settings' profile is the role's.
    #[must_use]
    pub fn new(role: R, address: SocketAddr, settings: Settings, timing: Timing) -> Self {
        let settings = Settings { profile: role.profile(), ..settings };
        Self {
            machine: Server::new(settings),
            timing,
            role,
            peer: Peer { address, helo: String::new(), tls: String::new() },
            refusal: None,
            transaction: None,
            recipients: 0,
            sender: None,
            told_of_clear: false,
        }
    }

    /// Carries an event out; none when it needs no answer.
    async fn carry_out(&mut self, event: Event) -> Option<Answer> {
        let done = match event {
            Event::Greeting => Ok(()),
            Event::Hello(hello) => match self.refusal.take() {
                Some(fault) => return Some(Answer::Close(fault)),
                None => {
                    self.peer.helo = hello.name;
                    Ok(())
                }
            },
            Event::Keys(wanted) => return Some(self.keys(wanted).await),
            Event::Login(credentials) => {
                self.role.login(credentials).await.inspect_err(|fault| self.log("login", fault))
            }
            Event::Mail { path, params } => self.mail(path, &params),
            Event::Rcpt { address, params } => self.rcpt(&address, &params),
            Event::Data => self.data().await,
            Event::Content(piece) => self.content(&piece).await,
            Event::ContentEnd { bytes } => return Some(self.commit(bytes).await),
            Event::Abandoned(status) => {
                self.abandoned(status);
                if let Some(status) = status {
                    self.role.refused(&Fault::user(status, "the content")).await;
                }
                return None;
            }
            Event::Ending(status) => {
                tracing::info!(target: "sceau::sessions::smtp", peer = %self.peer.address, reason = ?status, "ended");
                return None;
            }
        };
        Some(match done {
            Ok(()) => Answer::Accept,
            Err(fault) => {
                self.role.refused(&fault).await;
                Answer::Refuse(fault)
            }
        })
    }

    async fn keys(&mut self, wanted: KeysWanted) -> Answer {
        let keys = self.role.keys(wanted).await.inspect_err(|fault| self.log("login", fault));
        keys.map_or_else(Answer::Refuse, Answer::Keys)
    }

    fn mail(&mut self, path: ReversePath, params: &MailParams) -> Result<(), Fault> {
        self.recipients = 0;
        self.sender = path.address().map(|address| address.domain().clone());
        let begun = self.role.begin(self.peer.clone(), path, params).inspect_err(|fault| self.log("sender", fault))?;
        self.transaction = Some(begun);
        Ok(())
    }

    fn rcpt(&mut self, address: &Address, params: &RcptParams) -> Result<(), Fault> {
        let transaction = self.transaction.as_mut().ok_or_else(no_transaction)?;
        let judged = self.role.may_name_another().and_then(|()| transaction.recipient(address, params));
        let judged = judged.inspect_err(|fault| self.log("recipient", fault));
        self.recipients += usize::from(judged.is_ok());
        judged
    }

    async fn data(&mut self) -> Result<(), Fault> {
        let transaction = self.transaction.as_mut().ok_or_else(no_transaction)?;
        let begun = transaction.begin_content().await;
        begun.inspect_err(|fault| self.drop_transaction(fault))
    }

    async fn content(&mut self, piece: &[u8]) -> Result<(), Fault> {
        let transaction = self.transaction.as_mut().ok_or_else(no_transaction)?;
        let written = transaction.write(piece).await;
        written.inspect_err(|fault| self.drop_transaction(fault))
    }

    async fn commit(&mut self, bytes: u64) -> Answer {
        let Some(transaction) = self.transaction.take() else { return Answer::Refuse(no_transaction()) };
        match transaction.commit().await {
            Ok(envelope) => {
                tracing::info!(
                    target: "sceau::sessions::smtp", peer = %self.peer.address, %envelope, bytes,
                    recipients = self.recipients, "message taken"
                );
                metrics::counter!("sceau_messages_in_total", "service" => self.service()).increment(1);
                Answer::Taken(envelope)
            }
            Err(fault) => {
                self.log("commit", &fault);
                Answer::Refuse(fault)
            }
        }
    }

    fn service(&self) -> &'static str {
        match self.role.profile() {
            Profile::Operators => "smtp",
            Profile::Submission => "submission",
        }
    }

    /// Once in a conversation: a peer that goes on must not fill the log.
    fn tell_of_clear(&mut self) {
        if self.machine.tried_in_clear() && !self.told_of_clear {
            self.told_of_clear = true;
            self.role.tried_in_clear();
        }
    }

    fn drop_transaction(&mut self, fault: &Fault) {
        self.log("content", fault);
        self.transaction = None;
    }

    fn abandoned(&mut self, status: Option<Status>) {
        self.transaction = None;
        if let Some(status) = status {
            let peer = self.peer.address;
            tracing::info!(target: "sceau::sessions::smtp", %peer, reason = ?status, "message refused");
            self.role.declined(self.sender.as_ref(), status);
        }
    }

    /// What is our fault is a warning, what is the peer's is news. Details of faults carry no addresses of patients.
    fn log(&self, stage: &'static str, fault: &Fault) {
        let peer = self.peer.address;
        let status = fault.status.enhanced();
        metrics::counter!("sceau_refusals_total", "service" => self.service(), "stage" => stage, "status" => status)
            .increment(1);
        self.role.declined(self.sender.as_ref(), fault.status);
        if fault.blame == Blame::Us {
            tracing::warn!(target: "sceau::sessions::smtp", %peer, stage, reason = ?fault.status, detail = %fault, "failed");
        } else {
            tracing::info!(target: "sceau::sessions::smtp", %peer, stage, reason = ?fault.status, detail = %fault, "refused");
        }
    }

    /// Ends the conversation from our side.
    fn end(&mut self, status: Status, out: &mut Output) {
        self.machine.end(status);
        self.transaction = None;
        while let Step::Send(bytes) = self.machine.next() {
            out.extend(&bytes);
        }
    }
}

fn no_transaction() -> Fault {
    Fault::ours(Status::OutOfSequence, "no transaction, though the machine asked for one")
}

impl<R: Role> Session for SmtpSession<R> {
    fn receive(&mut self, bytes: &[u8]) {
        self.machine.receive(bytes);
    }

    async fn advance(&mut self, out: &mut Output) -> Want {
        loop {
            match self.machine.next() {
                Step::Event(event) => {
                    if let Some(answer) = self.carry_out(event).await {
                        self.machine.answer(answer);
                    }
                }
                Step::Send(bytes) => {
                    self.tell_of_clear();
                    out.extend(&bytes);
                    if out.flush_if_large().await.is_err() {
                        return Want::Close;
                    }
                }
                Step::StartTls => return Want::StartTls,
                Step::NeedInput => return Want::Input,
                Step::Close => return Want::Close,
            }
        }
    }

    fn secured(&mut self, facts: TlsFacts) {
        self.machine.secured();
        self.peer.helo.clear();
        self.peer.tls = format!("{} {}", facts.version, facts.cipher);
        self.refusal = self.role.secured(&facts).err();
        self.machine.offer(self.role.terms());
        if self.role.known_by_certificate() {
            self.machine.know_by_certificate();
        }
    }

    fn patience(&self) -> Duration {
        if self.machine.in_content() { self.timing.block } else { self.timing.command }
    }

    fn pace(&self) -> Option<Pace> {
        self.timing.pace.filter(|_| self.machine.in_content())
    }

    fn too_slow(&mut self, out: &mut Output) {
        self.end(Status::TooSlow, out);
    }

    // [rfc5321#3.8]
    fn timed_out(&mut self, out: &mut Output) {
        self.end(Status::TimedOut, out);
    }

    fn shut_down(&mut self, out: &mut Output) {
        self.end(Status::ShuttingDown, out);
    }

    fn withdrawn(&mut self, out: &mut Output) {
        self.end(Status::TrustWithdrawn, out);
    }

    fn authenticated(&self) -> bool {
        self.role.authenticated()
    }
}

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
