//! The doors: which flows stand behind the sessions of each port.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;

use super::data::{Data, StartError};
use super::refusals::Refusals;
use super::{settings, stats, tokens};
use crate::config::Config;
use crate::flows::statistics::{self, Direction};
use crate::flows::{
    Grants, Incoming, Intake, KeyRecords, Login, Logins, Openings, Outgoing, Pause, Peer, Submission, Visitor,
};
use crate::mail::{AccountId, Address, Clock, Domain, Fault, MailParams, ReversePath, Status};
use crate::net::key_records::SystemKeyRecords;
use crate::proto::sasl::{Bindings, Credentials, KeysGiven, KeysWanted, Terms};
use crate::proto::{imap, smtp};
use crate::sessions::imap::{Digests, Services, TURNS};
use crate::sessions::operator::{FromOperators, Operator, OperatorRefused};
use crate::sessions::rates::{AccountUse, PeerUse};
use crate::sessions::sign_in::SignIn;
use crate::sessions::smtp::{SmtpSession, Timing};
use crate::sessions::submission::{FromPeople, Person};
use crate::trust::{Trust, VerifiedOperator};

/// All of them.
pub(super) struct Doors {
    pub(super) operators: Arc<OperatorsDoor>,
    pub(super) people: Arc<SubmissionDoor>,
    pub(super) mailboxes: Arc<Services>,
}

impl Doors {
    /// Builds the flows that take messages and show mailboxes.
    pub(super) fn new(
        config: &Config,
        data: &Data,
        trust: &Arc<Trust>,
        refusals: &Arc<Refusals>,
    ) -> Result<Self, StartError> {
        let kept = Kept {
            logins: sign_in(config, data, trust)?,
            refusals: Arc::clone(refusals),
            digests: Arc::default(),
            turns: Arc::new(Semaphore::new(TURNS)),
            peers: PeerUse::new(settings::peer_rates(config)),
            accounts: AccountUse::new(settings::account_rates(config)),
            refused: None,
        };
        Ok(Self::with(config, data, trust, kept))
    }

    /// The same doors with other limits.
    pub(super) fn renewed(&self, config: &Config, data: &Data, trust: &Arc<Trust>) -> Self {
        let kept = Kept {
            logins: self.people.logins.clone(),
            refusals: Arc::clone(&self.operators.refusals),
            digests: Arc::clone(&self.mailboxes.digests),
            turns: Arc::clone(&self.mailboxes.turns),
            peers: Arc::clone(&self.operators.in_use),
            accounts: Arc::clone(&self.people.in_use),
            refused: Some(Arc::clone(&self.people.submission)),
        };
        kept.peers.set_rates(settings::peer_rates(config));
        kept.accounts.set_rates(settings::account_rates(config));
        Self::with(config, data, trust, kept)
    }

    fn with(config: &Config, data: &Data, trust: &Arc<Trust>, kept: Kept) -> Self {
        let edge = &data.edge;
        let submission = submission(config, data, trust);
        let submission = match &kept.refused {
            Some(before) => submission.remembering(before),
            None => submission,
        };
        Self {
            operators: Arc::new(OperatorsDoor::new(config, data, trust, &kept)),
            people: Arc::new(SubmissionDoor {
                logins: kept.logins.clone(),
                submission: Arc::new(submission),
                settings: settings::submission_smtp(config),
                timing: settings::submission_timing(config),
                in_use: Arc::clone(&kept.accounts),
                clock: Arc::clone(&edge.clock),
                domains: Arc::new(data.domains.clone()),
                statistics: Arc::clone(&data.refusals),
            }),
            mailboxes: Arc::new(mailboxes(config, data, kept)),
        }
    }
}

/// What stays when the limits change: what is remembered, and what bounds all sessions together.
struct Kept {
    logins: SignIn,
    refusals: Arc<Refusals>,
    digests: Arc<Digests>,
    turns: Arc<Semaphore>,
    peers: Arc<PeerUse>,
    accounts: Arc<AccountUse>,
    /// The flow before, which knows how many refusals of today were recorded.
    refused: Option<Arc<Submission>>,
}

fn mailboxes(config: &Config, data: &Data, kept: Kept) -> Services {
    Services {
        store: Arc::clone(&data.store),
        logins: kept.logins,
        openings: Arc::new(Openings::new(Arc::clone(&data.store))),
        grants: Grants::new(Arc::clone(&data.store)),
        about: settings::about(config),
        edge: data.edge.clone(),
        limits: imap::server::Limits::with_append(config.imap.append_max.0)
            .with_messages(config.imap.messages_per_command.unwrap_or(0)),
        digests: kept.digests,
        turns: kept.turns,
    }
}

/// The flow of submissions, with what is done to their contents.
fn submission(config: &Config, data: &Data, trust: &Arc<Trust>) -> Submission {
    let settings = settings::submission(config, &data.ledger_name);
    let submission = Submission::new(Arc::clone(&data.store), Arc::clone(trust), data.edge.clone(), settings);
    submission.signing(Arc::clone(&data.signers)).scanning(settings::scanner(config))
}

/// How people sign in.
fn sign_in(config: &Config, data: &Data, trust: &Arc<Trust>) -> Result<SignIn, StartError> {
    let logins = Logins::new(Arc::clone(&data.store), data.edge.clone(), settings::login(config));
    let logins = logins.map_err(StartError::new)?;
    let logins = logins.pausing(Arc::new(Timer));
    let logins = if config.login.certificates.is_on() { logins.trusting(Arc::clone(trust)) } else { logins };
    Ok(match tokens::checker(config, trust, &data.edge.clock)? {
        Some((tokens, terms)) => SignIn::new(Arc::new(logins.checking(Arc::new(tokens)))).with_tokens(terms),
        None => SignIn::new(Arc::new(logins)),
    })
}

/// The runtime's timer.
struct Timer;

impl Pause for Timer {
    fn pause(&self, span: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(tokio::time::sleep(span))
    }
}

/// The operators' port.
pub(super) struct OperatorsDoor {
    pub(super) trust: Arc<Trust>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) intake: Arc<Intake>,
    pub(super) refusals: Arc<Refusals>,
    pub(super) statistics: Arc<statistics::Refusals>,
    pub(super) settings: smtp::Settings,
    pub(super) timing: Timing,
    pub(super) in_use: Arc<PeerUse>,
}

impl OperatorsDoor {
    fn new(config: &Config, data: &Data, trust: &Arc<Trust>, kept: &Kept) -> Self {
        let (store, edge, host) = (&data.store, &data.edge, config.server.name.to_string());
        let intake = Intake::new(Arc::clone(store), edge.clone(), host, settings::intake(config));
        let records = config.dkim.verify.then(|| Arc::new(SystemKeyRecords::new()) as Arc<dyn KeyRecords>);
        Self {
            trust: Arc::clone(trust),
            clock: Arc::clone(&edge.clock),
            intake: Arc::new(
                intake
                    .verifying(records)
                    .scanning(settings::scanner(config))
                    .hearing(Arc::clone(&data.gossip))
                    .judging(data.proofs.policy()),
            ),
            refusals: Arc::clone(&kept.refusals),
            statistics: Arc::clone(&data.refusals),
            settings: settings::operators_smtp(config),
            timing: settings::operators_timing(config),
            in_use: Arc::clone(&kept.peers),
        }
    }

    /// A conversation with a peer that has just connected.
    pub(super) fn open(&self, peer: SocketAddr) -> SmtpSession<Operator<TakesFromOperators>> {
        let intake = TakesFromOperators {
            intake: Arc::clone(&self.intake),
            trust: Arc::clone(&self.trust),
            refusals: Arc::clone(&self.refusals),
            statistics: Arc::clone(&self.statistics),
        };
        let (trust, clock) = (Arc::clone(&self.trust), Arc::clone(&self.clock));
        let role = Operator::new(trust, clock, intake, peer, Arc::clone(&self.in_use));
        let settings = smtp::Settings { opened: self.clock.now(), ..self.settings.clone() };
        SmtpSession::new(role, peer, settings, self.timing)
    }
}

pub(super) struct TakesFromOperators {
    intake: Arc<Intake>,
    trust: Arc<Trust>,
    refusals: Arc<Refusals>,
    statistics: Arc<statistics::Refusals>,
}

impl TakesFromOperators {
    /// What a refusal is counted under: never a name that anybody could make up.
    fn counted<'a>(&self, sender: Option<&'a Domain>) -> &'a str {
        match sender {
            Some(domain) if self.trust.lists(domain) => domain.as_str(),
            Some(_) => statistics::OTHERS,
            None => statistics::NONE,
        }
    }
}

impl FromOperators for TakesFromOperators {
    type Transaction = Incoming;

    fn begin(
        &self,
        operator: Arc<VerifiedOperator>,
        peer: Peer,
        path: ReversePath,
        params: &MailParams,
    ) -> Result<Incoming, Fault> {
        self.intake.begin(operator, peer, path, params)
    }

    fn refused(&self, refused: &OperatorRefused<'_>) {
        self.refusals.refused(refused, self.counted(refused.sender));
    }

    fn declined(&self, sender: Option<&Domain>, status: Status) {
        self.statistics.note(Direction::In, self.counted(sender), &stats::word(status));
    }
}

/// The submission ports.
pub(super) struct SubmissionDoor {
    pub(super) logins: SignIn,
    pub(super) submission: Arc<Submission>,
    pub(super) settings: smtp::Settings,
    pub(super) timing: Timing,
    pub(super) in_use: Arc<AccountUse>,
    pub(super) clock: Arc<dyn Clock>,
    /// Ours.
    pub(super) domains: Arc<BTreeSet<Domain>>,
    pub(super) statistics: Arc<statistics::Refusals>,
}

impl SubmissionDoor {
    /// A conversation with a client that has just connected.
    pub(super) fn open(&self, peer: SocketAddr) -> SmtpSession<Person<TakesFromPeople>> {
        let flows = TakesFromPeople {
            logins: self.logins.clone(),
            submission: Arc::clone(&self.submission),
            domains: self.domains.clone(),
            statistics: Arc::clone(&self.statistics),
        };
        let role = Person::new(flows, peer, Arc::clone(&self.in_use), Arc::clone(&self.clock));
        let settings = smtp::Settings { opened: self.clock.now(), ..self.settings.clone() };
        SmtpSession::new(role, peer, settings, self.timing)
    }
}

pub(super) struct TakesFromPeople {
    logins: SignIn,
    submission: Arc<Submission>,
    domains: Arc<BTreeSet<Domain>>,
    statistics: Arc<statistics::Refusals>,
}

impl FromPeople for TakesFromPeople {
    type Login = Login;
    type Transaction = Outgoing;

    fn terms(&self, visitor: &Visitor, bindings: Bindings) -> Terms {
        self.logins.terms(visitor, bindings)
    }

    async fn keys(&self, visitor: &Visitor, wanted: &KeysWanted) -> Result<KeysGiven, Fault> {
        self.logins.keys(visitor, wanted).await
    }

    async fn sign_in(&self, visitor: &Visitor, credentials: Credentials) -> Result<Login, Fault> {
        self.logins.sign_in(visitor, credentials).await
    }

    fn certificate_opens(&self, visitor: &Visitor) -> Result<(), Fault> {
        self.logins.logins().certificate_opens(visitor)
    }

    fn by_certificate(&self, visitor: &Visitor, sender: Option<&Address>) -> Result<Login, Fault> {
        self.logins.logins().by_certificate(visitor, sender)
    }

    fn account(&self, login: &Login) -> AccountId {
        login.account
    }

    fn begin(&self, login: &Login, peer: Peer, path: ReversePath, params: &MailParams) -> Result<Outgoing, Fault> {
        self.submission.begin(login, peer, path, params)
    }

    async fn refused(&self, login: &Login, from: Option<&ReversePath>, fault: &Fault) {
        self.submission.refused(login, from, fault).await;
    }

    fn declined(&self, sender: Option<&Domain>, status: Status) {
        let domain = match sender {
            Some(domain) if self.domains.contains(domain) => domain.as_str(),
            Some(_) => statistics::OTHERS,
            None => statistics::NONE,
        };
        self.statistics.note(Direction::Out, domain, &stats::word(status));
    }
}
