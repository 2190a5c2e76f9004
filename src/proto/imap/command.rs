//! Commands as values: what a client asks, read and within limits.

use super::acl::AclCommand;
use super::fetch::FetchItem;
use super::flags::{Change, Silence};
use super::list::{List, StatusItem};
use super::metadata::MetadataCommand;
use super::multisearch::{Batches, MultiSearch};
use super::name::WireName;
use super::notify::NotifyCommand;
use super::resync::{FetchModifiers, SelectParams};
use super::returns::Returns;
use super::search::SearchKey;
use super::sequence::SequenceSet;
use super::sort::{Algorithm, Sort};
use crate::mail::{FlagSet, ModSeq, Time};
use crate::proto::sasl::Credentials;

/// A command and the tag that its answer will bear.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// The client's tag.
    pub tag: String,
    /// What is asked.
    pub kind: Kind,
}

/// How a command names messages, and how the answer does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Numbers {
    /// By their place in the mailbox.
    Sequence,
    /// By UID.
    Uid,
}

/// Whether a mailbox is opened for changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// SELECT.
    ReadWrite,
    /// EXAMINE.
    ReadOnly,
}

/// What is asked. STARTTLS, LOGOUT and AUTHENTICATE's exchange are the machine's own and not in it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// CAPABILITY
    Capability,
    /// NOOP, and CHECK, which means no more here.
    Noop,
    /// ID: what the client says of itself.
    Id(Vec<(String, Option<String>)>),
    /// LOGIN, or the end of AUTHENTICATE: check these.
    Login(Credentials),
    /// ENABLE: names of extensions, upper case.
    Enable(Vec<String>),
    /// NAMESPACE
    Namespace,
    /// SELECT or EXAMINE.
    Select {
        /// Which mailbox.
        mailbox: WireName,
        /// Which of the two.
        access: Access,
        /// What it takes besides.
        params: SelectParams,
    },
    /// CREATE
    Create {
        /// Its name.
        mailbox: WireName,
        /// `USE`: what it is for, as it was written (RFC 6154 §3).
        uses: Vec<String>,
    },
    /// DELETE
    Delete(WireName),
    /// RENAME
    Rename {
        /// The present name.
        from: WireName,
        /// The new name.
        to: WireName,
    },
    /// SUBSCRIBE
    Subscribe(WireName),
    /// UNSUBSCRIBE
    Unsubscribe(WireName),
    /// LIST
    List(List),
    /// LSUB
    Lsub {
        /// Joined in front of the pattern.
        reference: WireName,
        /// The pattern.
        pattern: Vec<u8>,
    },
    /// STATUS
    Status {
        /// Of which mailbox.
        mailbox: WireName,
        /// At least one.
        items: Vec<StatusItem>,
    },
    /// GETQUOTA: the root.
    GetQuota(String),
    /// GETQUOTAROOT
    GetQuotaRoot(WireName),
    /// SETQUOTA: limits are the administrator's matter.
    SetQuota,
    /// GETACL, SETACL, DELETEACL, LISTRIGHTS, MYRIGHTS
    Acl(AclCommand),
    /// GETMETADATA, SETMETADATA
    Metadata(MetadataCommand),
    /// NOTIFY
    Notify(NotifyCommand),
    /// COMPRESS DEFLATE
    Compress,
    /// UNAUTHENTICATE
    Unauthenticate,
    /// IDLE
    Idle,
    /// CLOSE
    Close,
    /// UNSELECT
    Unselect,
    /// EXPUNGE, or UID EXPUNGE with its set.
    Expunge(Option<SequenceSet>),
    /// SEARCH
    Search {
        /// What is to be told; without it a plain list.
        returns: Option<Returns>,
        /// What a message must be.
        key: SearchKey,
        /// How the answer names messages.
        numbers: Numbers,
    },
    /// ESEARCH
    MultiSearch(MultiSearch),
    /// CANCELUPDATE: the tags of searches whose changes are to be told no longer.
    CancelUpdate(Vec<String>),
    /// UIDBATCHES
    UidBatches(Batches),
    /// SORT
    Sort {
        /// What is asked.
        sort: Sort,
        /// How the answer names messages.
        numbers: Numbers,
    },
    /// THREAD
    Thread {
        /// How threads are made.
        algorithm: Algorithm,
        /// Which messages.
        key: SearchKey,
        /// How the answer names messages.
        numbers: Numbers,
    },
    /// FETCH
    Fetch {
        /// Which messages.
        set: SequenceSet,
        /// How the set names them.
        numbers: Numbers,
        /// At least one.
        items: Vec<FetchItem>,
        /// Which of the messages are meant.
        modifiers: FetchModifiers,
    },
    /// STORE
    Store {
        /// Which messages.
        set: SequenceSet,
        /// How the set names them.
        numbers: Numbers,
        /// `UNCHANGEDSINCE`: messages that changed after this are left as they are.
        unchanged_since: Option<ModSeq>,
        /// What is done with the flags.
        change: Change,
        /// Whether the result is told.
        silence: Silence,
        /// The flags.
        flags: FlagSet,
    },
    /// COPY
    Copy(Transfer),
    /// MOVE
    Move(Transfer),
}

/// What COPY and MOVE take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transfer {
    /// Which messages.
    pub set: SequenceSet,
    /// How the set names them.
    pub numbers: Numbers,
    /// Where to.
    pub mailbox: WireName,
}

/// What a command that takes messages says, in its order. Each needs an answer before the next comes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AppendStep {
    /// Where messages are to go.
    Start(Append),
    /// A message begins.
    Message(Message),
    /// Octets of a message that exist already: an IMAP URL (RFC 4469 §3).
    Url(String),
    /// Octets of a message are announced.
    Text {
        /// How many.
        size: u64,
        /// What they may hold.
        headers: Headers,
    },
}

/// APPEND or REPLACE, without its messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Append {
    /// Where to.
    pub mailbox: WireName,
    /// REPLACE: which message gives way.
    pub replaces: Option<Replaced>,
}

/// The message that gives way to another (RFC 8508).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Replaced {
    /// How it is named.
    pub numbers: Numbers,
    /// Its number; none for the last message of the mailbox.
    pub number: Option<u32>,
}

/// What is said of a message before it comes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Its flags.
    pub flags: FlagSet,
    /// INTERNALDATE, when given.
    pub date: Option<Time>,
    /// Where its octets come from.
    pub source: Source,
}

/// Where a message's octets come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// A literal.
    Octets {
        /// How many, at least 1.
        size: u64,
        /// Whether headers may hold raw UTF-8 (`UTF8 (~{n}`, RFC 6855 §4).
        headers: Headers,
    },
    /// The parts of CATENATE, each a step of its own.
    Parts,
}

/// What an appended message's header may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Headers {
    /// ASCII.
    Ascii,
    /// UTF-8.
    Utf8,
}
