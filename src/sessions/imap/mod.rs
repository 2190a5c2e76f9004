//! What an IMAP client can do (RFC 3501, RFC 9051): one session per connection, one file per group of commands.
//!
//! [`proto::imap`](crate::proto::imap) reads commands and keeps their order; here each is carried out, and what the
//! client is told unasked is written before its tagged answer. To add a command: a row in the machine's table, an arm
//! in `dispatch`, a file.

mod acl;
mod append;
mod batches;
mod catenate;
mod contexts;
mod copy;
mod digest;
mod dispatch;
mod expunge;
mod fetch;
mod flags;
mod fold;
mod idle;
mod limit;
mod list;
mod listing;
mod login;
mod mailboxes;
mod matching;
mod metadata;
mod multisearch;
mod notify;
mod places;
mod preview;
mod quota;
mod render;
mod results;
mod resync;
mod search;
mod select;
mod selected;
mod sort;
mod status;
mod stream;
mod threading;
mod view;
mod watching;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Semaphore, watch};

use self::append::Upload;
pub use self::digest::Digests;
use self::notify::{Selection, Watch};
use self::selected::Selected;
use super::sign_in::SignIn;
use super::{Output, Session, TlsFacts, Want};
use crate::flows::{Grants, Login, Openings, Visitor};
use crate::mail::{Edge, Fault, Rights, Status, Time};
use crate::proto::imap::name::Names;
use crate::proto::imap::response;
use crate::proto::imap::server::{Limits, Server};
use crate::proto::imap::table::State;
use crate::proto::{Machine, Step};
use crate::store::{Account, Store};

/// How long a client may be silent before it has signed in.
const PATIENCE_BEFORE: Duration = Duration::from_secs(60);
/// How long afterwards (RFC 9051 §5.4: at least 30 minutes).
const PATIENCE_AFTER: Duration = Duration::from_secs(30 * 60);
/// An idling client is never dropped for being idle: whether it is still there, the writes of keep-alives tell.
// [clients#imap-what-clients-do]
const PATIENCE_IDLE: Duration = Duration::from_secs(365 * 24 * 3600);

/// Searches that read messages at the same time; the others wait, and each gets its turn.
pub const TURNS: usize = 4;

/// What all sessions share.
pub struct Services {
    /// The mailboxes.
    pub store: Arc<Store>,
    /// Who may sign in.
    pub logins: SignIn,
    /// What records that a message was fetched, opened, marked.
    pub openings: Arc<Openings>,
    /// What records that a right was given or taken.
    pub grants: Grants,
    /// Annotations of the server that all see: names and values.
    pub about: Vec<(String, Vec<u8>)>,
    /// Time and chance.
    pub edge: Edge,
    /// What a connection may cost.
    pub limits: Limits,
    /// What was read of messages for searching and sorting.
    pub digests: Arc<Digests>,
    /// Turns of searches: so many read messages at a time.
    pub turns: Arc<Semaphore>,
}

/// One client's session.
pub struct Imap {
    services: Arc<Services>,
    peer: SocketAddr,
    visitor: Visitor,
    machine: Server,
    names: Names,
    enabled: Enabled,
    person: Option<Person>,
    selected: Option<Selected>,
    /// What the client wants to hear of the selected mailbox.
    selection: Selection,
    /// What it wants to hear of others.
    watch: Option<Watch>,
    upload: Option<Upload>,
    /// While the client idles: when it hears from us next, whatever happens.
    keep_alive: Time,
    /// COMPRESS was answered, and what follows is compressed.
    compression: Compression,
    /// A response was cut in its middle and nothing more can be said.
    broken: bool,
}

/// What the client has switched on, or used, so that it hears of it from then on (RFC 7162 §3.1).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Enabled {
    /// Modification sequences are told with flags.
    condstore: bool,
    /// VANISHED stands for EXPUNGE.
    qresync: bool,
    /// IMAP4rev2 (RFC 9051): what it took out is no longer said, what it put in is.
    rev2: bool,
}

/// Whether the conversation is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Compression {
    Off,
    /// COMPRESS is being answered.
    Due,
    On,
}

/// Who is signed in.
struct Person {
    login: Login,
    account: Account,
    /// Says «look at the log» after every change of the account.
    hints: watch::Receiver<u64>,
}

impl Imap {
    /// A session with a client that has just connected from this address.
    #[must_use]
    pub fn new(services: Arc<Services>, peer: SocketAddr) -> Self {
        let machine = Server::new(services.limits);
        Self {
            services,
            peer,
            visitor: Visitor { address: peer.ip(), certificates: Vec::new(), purpose: Rights::READ },
            machine,
            names: Names::default(),
            enabled: Enabled::default(),
            person: None,
            selected: None,
            selection: Selection::default(),
            watch: None,
            upload: None,
            keep_alive: Time::default(),
            compression: Compression::Off,
            broken: false,
        }
    }

    /// Who is signed in. The command table lets nothing that needs a login come before it.
    fn person(&self) -> Result<&Person, Fault> {
        self.person.as_ref().ok_or_else(|| Fault::user(Status::LoginRequired, "nobody is signed in"))
    }

    /// Whether the one who signed in still is who they were. A mailbox of others may be taken back at any time.
    fn stands(&self) -> Result<(), Fault> {
        self.person.as_ref().map_or(Ok(()), |person| self.services.logins.stands(&person.login))
    }

    fn account(&self) -> Result<&Account, Fault> {
        self.person().map(|person| &person.account)
    }
}

impl Session for Imap {
    fn receive(&mut self, bytes: &[u8]) {
        self.machine.receive(bytes);
    }

    async fn advance(&mut self, out: &mut Output) -> Want {
        if self.machine.is_idling() {
            self.tell_idler(out);
        } else {
            self.tell_between(out);
        }
        loop {
            if self.broken || out.flush_if_large().await.is_err() {
                return Want::Close;
            }
            match self.machine.next() {
                Step::Send(bytes) => out.extend(&bytes),
                Step::Event(event) => self.happened(event, out).await,
                Step::StartTls => return Want::StartTls,
                // [rfc4978#3] the answer to COMPRESS is the last thing that is not compressed
                Step::NeedInput if self.compression == Compression::Due => {
                    self.compression = Compression::On;
                    return Want::Compress;
                }
                Step::NeedInput if self.has_fresh() => self.tell_fresh(out).await,
                Step::NeedInput => return Want::Input,
                Step::Close => return Want::Close,
            }
        }
    }

    fn secured(&mut self, facts: TlsFacts) {
        self.machine.secured();
        self.visitor.certificates = facts.certificates;
        self.machine.offer(self.services.logins.terms(&self.visitor, *facts.bindings));
    }

    async fn wake(&mut self) {
        self.wait_for_news().await;
    }

    fn patience(&self) -> Duration {
        match self.machine.state() {
            State::Plain | State::Secured => PATIENCE_BEFORE,
            _ if self.machine.is_idling() => PATIENCE_IDLE,
            _ => PATIENCE_AFTER,
        }
    }

    fn timed_out(&mut self, out: &mut Output) {
        goodbye(out, Status::TimedOut);
    }

    fn shut_down(&mut self, out: &mut Output) {
        goodbye(out, Status::ShuttingDown);
    }

    fn authenticated(&self) -> bool {
        self.person.is_some()
    }
}

fn goodbye(out: &mut Output, status: Status) {
    let mut text = Vec::new();
    response::bye(&mut text, &Fault::ours(status, "the connection ends"));
    out.extend(&text);
}
