//! The rows of the store: one table of keys, and the form of each value. What the values mean is the business of the
//! modules that read them.
//!
//! All rows lie in one tree. A key is a letter and numbers in big-endian order, so that what is read together lies
//! together. No key holds personal data: addresses and Message-IDs are looked up by keyed tags. «Sealed» rows open
//! only with the account's key, the envelope's, or the server's, and only at their own place.
//!
//! | key | value |
//! |---|---|
//! | `g` | [`Globals`]: the next free numbers |
//! | `d` tag | account: look-up of addresses |
//! | `a` account | sealed [`AccountRow`] |
//! | `j` account | sealed [`AccessRow`](super::access::AccessRow): how it is signed in to |
//! | `H` account person | sealed [`HolderRow`](super::access::HolderRow): who holds it |
//! | `A` account mailbox | sealed list of rights, one [`AclEntry`](super::AclEntry) each |
//! | `M` account mailbox tag | sealed [`Annotation`](super::Annotation), of the mailbox or (0) of the server |
//! | `c` account | [`AccountCounters`] |
//! | `s` account tag | sealed name that is subscribed |
//! | `m` account mailbox | sealed [`MailboxRow`] |
//! | `u` account mailbox | [`MailboxCounters`] |
//! | `r` account mailbox uid | [`Record`](super::Record), fixed size |
//! | `l` account mailbox modseq | [`Change`]: the change log |
//! | `v` account message piece | sealed [`View`], cut into pieces |
//! | `w` account message | number of records that share the view, where it is not 1 |
//! | `f` account message login | which first events of this login are recorded |
//! | `b` segment offset | [`BodyRow`] |
//! | `h` envelope rcpt | [`Chain`]: the end of the recipient's chain, and who has to do with it, by tags |
//! | `e` envelope rcpt number | [`Event`](super::event_row::Event): the leaf and its sealed [openings](super::openings) |
//! | `o` envelope rcpt number piece | openings that are too long for that, cut into pieces |
//! | `p` sequence | [places](super::journal) of the leaves with this number in the line and those behind it |
//! | `i` numbers | where the leaves with these numbers stand in the log |
//! | `zw` | up to which number the leaves are in the log |
//! | `t` tag envelope | look-up of Message-IDs |
//! | `x` segment offset number | that the queue holds this body |
//! | `q…` | sealed rows of the queue |
//! | `y…` | the queue's index: no value, the key says all |
//! | `zc` day sequence | deliveries whose chains are not closed |
//! | `ze` person | [`Erasing`](super::erase::Erasing): an erasure under way |
//! | `zh…` | what a legal hold keeps |
//! | `zs` name | [sums](super::sums): statistics |
//! | `za` account tag | sealed setting of an account |
//! | `zv` `zp` `zd` | generation of the vault, day of the last purge, day on which the store was begun |

use std::num::NonZeroU32;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::Extent;
use super::openings::Parties;
use crate::mail::{AccountId, Address, EnvelopeId, Fault, Keyword, MailboxId, ModSeq, Status, Time, Uid, UidValidity};
use crate::proto::mime::Structure;
use crate::seal::body::BodyId;
use crate::seal::event::LeafHash;
use crate::seal::keys::WrappedKey;

/// The version of all of this; a store of another version is refused.
pub(super) const VERSION: u32 = 3;

/// The next free numbers of the whole server. In every batch's expectations: two writers would notice each other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Globals {
    pub(super) version: u32,
    /// Accounts, mailboxes and messages draw from one sequence; nothing is given twice.
    pub(super) next_id: u64,
    /// The last UIDVALIDITY; at least the time in seconds, so that it grows past a restored backup's.
    pub(super) uid_validity: u32,
    /// The next place among the leaves that wait for the log.
    pub(super) next_pending: u64,
}

/// What the MSSanté directory calls the kind of a mailbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum AccountKind {
    /// A professional's own.
    Personal,
    /// Of an organisation, read by several persons.
    Organisation,
    /// Of software: what is fetched from it was never opened by a person.
    Application,
}

/// One account, as stored.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct AccountRow {
    pub(super) address: Address,
    pub(super) name: String,
    pub(super) password_hash: String,
    pub(super) kind: AccountKind,
    pub(super) active: bool,
    pub(super) quota: u64,
    pub(super) created: Time,
    pub(super) key: WrappedKey,
}

/// What changes with every message of an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct AccountCounters {
    pub(super) inbox: MailboxId,
    pub(super) mailboxes: u32,
    pub(super) modseq: ModSeq,
    pub(super) bytes: u64,
    pub(super) messages: u64,
}

/// What a mailbox is for (RFC 6154).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum SpecialUse {
    /// `\Sent`
    Sent,
    /// `\Drafts`
    Drafts,
    /// `\Trash`
    Trash,
    /// `\Junk`
    Junk,
    /// `\Archive`
    Archive,
}

impl SpecialUse {
    /// All of them, with the name of the mailbox that a new account gets for it.
    pub const ALL: [(Self, &'static str); 5] = [
        (Self::Sent, "Sent"),
        (Self::Drafts, "Drafts"),
        (Self::Trash, "Trash"),
        (Self::Junk, "Junk"),
        (Self::Archive, "Archive"),
    ];

    /// The attribute in IMAP: `\Sent`.
    #[must_use]
    pub const fn attribute(self) -> &'static str {
        match self {
            Self::Sent => "\\Sent",
            Self::Drafts => "\\Drafts",
            Self::Trash => "\\Trash",
            Self::Junk => "\\Junk",
            Self::Archive => "\\Archive",
        }
    }
}

/// What seldom changes of a mailbox.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct MailboxRow {
    /// The whole path, its levels separated by `/`.
    pub(super) name: String,
    pub(super) special_use: Option<SpecialUse>,
    /// Keyword *n* is bit *n* of its messages' records.
    pub(super) keywords: Vec<Keyword>,
}

/// What changes with every message of a mailbox.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct MailboxCounters {
    pub(super) uid_next: u32,
    pub(super) messages: u32,
    pub(super) unseen: u32,
    pub(super) deleted: u32,
    pub(super) bytes: u64,
    pub(super) highest: u64,
    pub(super) uid_validity: u32,
    /// Expunges that the log holds.
    pub(super) tombstones: u32,
    /// Expunges up to this modification sequence may be missing from the log.
    pub(super) log_from: u64,
}

impl MailboxCounters {
    /// UIDVALIDITY.
    pub(super) fn validity(&self) -> Result<UidValidity, Fault> {
        let zero = || Fault::ours(Status::Storage, "a mailbox without UIDVALIDITY");
        NonZeroU32::new(self.uid_validity).map(UidValidity).ok_or_else(zero)
    }
}

/// One entry of the change log. A message's older entry goes when a newer one is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Change {
    pub(super) uid: Uid,
    pub(super) kind: ChangeKind,
}

/// What happened to the message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum ChangeKind {
    /// It came, or its flags changed.
    Put,
    /// It went.
    Expunged,
}

/// What is known of a sealed body wherever it is referred to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct BodyRef {
    pub(super) place: BodyPlace,
    pub(super) id: BodyId,
    /// Clear bytes.
    pub(super) size: u64,
    /// The day since 1970 on which it was written, with whose secret its key is wrapped.
    pub(super) day: u32,
    pub(super) key: WrappedKey,
}

/// What only the account's owner may read of a message.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct View {
    pub(super) envelope: Option<(EnvelopeId, u16)>,
    #[serde(with = "crate::mail::octets")]
    pub(super) prefix: Vec<u8>,
    pub(super) structure: Structure,
    pub(super) body: BodyRef,
}

/// Where a body begins: the segment in the upper half, the offset in the lower. Never given twice, as segments' numbers
/// are not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct BodyPlace(pub(super) u64);

impl BodyPlace {
    /// The place of a body whose first extent this is.
    pub(super) fn of(first: &Extent) -> Self {
        Self(u64::from(first.segment) << 32 | u64::from(first.offset))
    }
}

/// A body and how many views and queued envelopes refer to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct BodyRow {
    pub(super) references: u32,
    pub(super) size: u64,
    /// The day since 1970 on which it was written: what its purge counts from.
    pub(super) day: u32,
    pub(super) extents: Vec<Extent>,
}

/// The end of a chain of proofs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Chain {
    /// Who has to do with it.
    pub(super) parties: Parties,
    pub(super) next: u32,
    pub(super) last: [u8; 32],
}

impl Chain {
    pub(super) const fn last(&self) -> LeafHash {
        LeafHash(self.last)
    }
}

/// The postcard form of a row.
#[expect(
    clippy::expect_used,
    reason = "postcard fails only where serde's data model does, which plain structs keep to"
)]
pub(super) fn encode<T: Serialize>(row: &T) -> Vec<u8> {
    postcard::to_stdvec(row).expect("a plain struct")
}

/// Reads a row. A row that can't be read is damage of ours.
pub(super) fn decode<T: DeserializeOwned>(what: &'static str, bytes: &[u8]) -> Result<T, Fault> {
    let damaged = |error: postcard::Error| Fault::ours(Status::Storage, format!("row of {what}")).caused_by(error);
    match postcard::take_from_bytes(bytes).map_err(damaged)? {
        (row, []) => Ok(row),
        (_, rest) => Err(Fault::ours(Status::Storage, format!("row of {what}: {} bytes too many", rest.len()))),
    }
}

/// The keys of the table above.
pub(super) mod key {
    use super::{AccountId, BodyPlace, EnvelopeId, MailboxId, ModSeq, Uid};

    /// A key: a letter, then parts of fixed length.
    fn join(letter: u8, parts: &[&[u8]]) -> Vec<u8> {
        let mut key = Vec::with_capacity(1 + parts.iter().map(|part| part.len()).sum::<usize>());
        key.push(letter);
        parts.iter().for_each(|part| key.extend_from_slice(part));
        key
    }

    /// The end of the range of keys that begin with this one.
    pub(in crate::store) fn after(prefix: &[u8]) -> Vec<u8> {
        let mut end = prefix.to_vec();
        while let Some(last) = end.pop() {
            if last < u8::MAX {
                end.push(last + 1);
                break;
            }
        }
        end
    }

    pub(in crate::store) fn globals() -> Vec<u8> {
        b"g".to_vec()
    }

    pub(in crate::store) fn directory(tag: &[u8; 16]) -> Vec<u8> {
        join(b'd', &[tag])
    }

    pub(in crate::store) fn accounts() -> Vec<u8> {
        b"a".to_vec()
    }

    pub(in crate::store) fn account(id: AccountId) -> Vec<u8> {
        join(b'a', &[&id.0.to_be_bytes()])
    }

    pub(in crate::store) fn access(id: AccountId) -> Vec<u8> {
        join(b'j', &[&id.0.to_be_bytes()])
    }

    pub(in crate::store) fn holder(id: AccountId, person: AccountId) -> Vec<u8> {
        join(b'H', &[&id.0.to_be_bytes(), &person.0.to_be_bytes()])
    }

    pub(in crate::store) fn holders(id: AccountId) -> Vec<u8> {
        join(b'H', &[&id.0.to_be_bytes()])
    }

    pub(in crate::store) fn acl(id: AccountId, mailbox: MailboxId) -> Vec<u8> {
        join(b'A', &[&id.0.to_be_bytes(), &mailbox.0.to_be_bytes()])
    }

    pub(in crate::store) fn acls(id: AccountId) -> Vec<u8> {
        join(b'A', &[&id.0.to_be_bytes()])
    }

    pub(in crate::store) fn all_annotations(id: AccountId) -> Vec<u8> {
        join(b'M', &[&id.0.to_be_bytes()])
    }

    pub(in crate::store) fn annotations(id: AccountId, mailbox: MailboxId) -> Vec<u8> {
        join(b'M', &[&id.0.to_be_bytes(), &mailbox.0.to_be_bytes()])
    }

    pub(in crate::store) fn annotation(id: AccountId, mailbox: MailboxId, tag: &[u8; 16]) -> Vec<u8> {
        join(b'M', &[&id.0.to_be_bytes(), &mailbox.0.to_be_bytes(), tag])
    }

    pub(in crate::store) fn account_counters(id: AccountId) -> Vec<u8> {
        join(b'c', &[&id.0.to_be_bytes()])
    }

    pub(in crate::store) fn subscriptions(id: AccountId) -> Vec<u8> {
        join(b's', &[&id.0.to_be_bytes()])
    }

    pub(in crate::store) fn subscription(id: AccountId, tag: &[u8; 16]) -> Vec<u8> {
        join(b's', &[&id.0.to_be_bytes(), tag])
    }

    pub(in crate::store) fn settings(account: AccountId) -> Vec<u8> {
        join(b'z', &[b"a", &account.0.to_be_bytes()])
    }

    pub(in crate::store) fn setting(account: AccountId, tag: &[u8; 16]) -> Vec<u8> {
        join(b'z', &[b"a", &account.0.to_be_bytes(), tag])
    }

    pub(in crate::store) fn mailboxes(account: AccountId) -> Vec<u8> {
        join(b'm', &[&account.0.to_be_bytes()])
    }

    pub(in crate::store) fn mailbox(account: AccountId, id: MailboxId) -> Vec<u8> {
        join(b'm', &[&account.0.to_be_bytes(), &id.0.to_be_bytes()])
    }

    pub(in crate::store) fn mailbox_counters(account: AccountId, id: MailboxId) -> Vec<u8> {
        join(b'u', &[&account.0.to_be_bytes(), &id.0.to_be_bytes()])
    }

    pub(in crate::store) fn records(account: AccountId, mailbox: MailboxId) -> Vec<u8> {
        join(b'r', &[&account.0.to_be_bytes(), &mailbox.0.to_be_bytes()])
    }

    pub(in crate::store) fn all_records(account: AccountId) -> Vec<u8> {
        join(b'r', &[&account.0.to_be_bytes()])
    }

    /// The letters of rows whose keys go on with the account.
    pub(in crate::store) const LETTERS_OF_ACCOUNTS: &[u8] = b"acsmurlvwfjyHAM";

    pub(in crate::store) fn of_account(letter: u8, account: AccountId) -> Vec<u8> {
        join(letter, &[&account.0.to_be_bytes()])
    }

    pub(in crate::store) fn record(account: AccountId, mailbox: MailboxId, uid: Uid) -> Vec<u8> {
        join(b'r', &[&account.0.to_be_bytes(), &mailbox.0.to_be_bytes(), &uid.get().to_be_bytes()])
    }

    pub(in crate::store) fn changes(account: AccountId, mailbox: MailboxId) -> Vec<u8> {
        join(b'l', &[&account.0.to_be_bytes(), &mailbox.0.to_be_bytes()])
    }

    pub(in crate::store) fn change(account: AccountId, mailbox: MailboxId, at: ModSeq) -> Vec<u8> {
        join(b'l', &[&account.0.to_be_bytes(), &mailbox.0.to_be_bytes(), &at.0.to_be_bytes()])
    }

    pub(in crate::store) fn view(account: AccountId, message: u64) -> Vec<u8> {
        join(b'v', &[&account.0.to_be_bytes(), &message.to_be_bytes()])
    }

    pub(in crate::store) fn views(account: AccountId) -> Vec<u8> {
        join(b'v', &[&account.0.to_be_bytes()])
    }

    /// The message of a view's piece: the eight bytes before the piece's number.
    pub(in crate::store) fn message_of_view(key: &[u8]) -> Option<u64> {
        let (rest, _) = key.split_last_chunk::<2>()?;
        tail::<8>(rest).map(u64::from_be_bytes)
    }

    pub(in crate::store) fn sharers(account: AccountId, message: u64) -> Vec<u8> {
        join(b'w', &[&account.0.to_be_bytes(), &message.to_be_bytes()])
    }

    pub(in crate::store) fn observed(account: AccountId, message: u64) -> Vec<u8> {
        join(b'f', &[&account.0.to_be_bytes(), &message.to_be_bytes()])
    }

    pub(in crate::store) fn observed_by(account: AccountId, message: u64, login: AccountId) -> Vec<u8> {
        join(b'f', &[&account.0.to_be_bytes(), &message.to_be_bytes(), &login.0.to_be_bytes()])
    }

    pub(in crate::store) fn body_prefix() -> Vec<u8> {
        b"b".to_vec()
    }

    pub(in crate::store) fn body(place: BodyPlace) -> Vec<u8> {
        join(b'b', &[&place.0.to_be_bytes()])
    }

    pub(in crate::store) fn sums(name: &[u8]) -> Vec<u8> {
        join(b'z', &[b"s", name])
    }

    pub(in crate::store) fn chain(envelope: EnvelopeId, rcpt: u16) -> Vec<u8> {
        join(b'h', &[&envelope.0, &rcpt.to_be_bytes()])
    }

    /// The leaves of an envelope.
    pub(in crate::store) fn events(envelope: EnvelopeId) -> Vec<u8> {
        join(b'e', &[&envelope.0])
    }

    /// The leaves of one chain of an envelope.
    pub(in crate::store) fn chain_events(envelope: EnvelopeId, rcpt: u16) -> Vec<u8> {
        join(b'e', &[&envelope.0, &rcpt.to_be_bytes()])
    }

    pub(in crate::store) fn event(letter: u8, envelope: EnvelopeId, rcpt: u16, number: u32) -> Vec<u8> {
        join(letter, &[&envelope.0, &rcpt.to_be_bytes(), &number.to_be_bytes()])
    }

    pub(in crate::store) fn event_prefix() -> Vec<u8> {
        b"e".to_vec()
    }

    /// The envelope in an event's key.
    pub(in crate::store) fn envelope_of(key: &[u8]) -> EnvelopeId {
        EnvelopeId(key.get(1..).and_then(|rest| rest.first_chunk()).copied().unwrap_or_default())
    }

    /// Deliveries whose chains are not closed, by the day on which they were made and the number in the line of the
    /// first of them.
    pub(in crate::store) fn unclosed(day: u32, sequence: u64) -> Vec<u8> {
        join(b'z', &[b"c", &day.to_be_bytes(), &sequence.to_be_bytes()])
    }

    pub(in crate::store) fn all_unclosed() -> Vec<u8> {
        join(b'z', &[b"c"])
    }

    /// Those of all days before this one.
    pub(in crate::store) fn unclosed_before(day: u32) -> (Vec<u8>, Vec<u8>) {
        (all_unclosed(), join(b'z', &[b"c", &day.to_be_bytes()]))
    }

    pub(in crate::store) fn erasing(person: &[u8; 12]) -> Vec<u8> {
        join(b'z', &[b"e", person])
    }

    pub(in crate::store) fn erasings() -> Vec<u8> {
        join(b'z', &[b"e"])
    }

    pub(in crate::store) fn held_envelope(envelope: EnvelopeId) -> Vec<u8> {
        join(b'z', &[b"he", &envelope.0])
    }

    pub(in crate::store) fn held_account(account: AccountId) -> Vec<u8> {
        join(b'z', &[b"ha", &account.0.to_be_bytes()])
    }

    pub(in crate::store) fn holds() -> Vec<u8> {
        join(b'z', &[b"h"])
    }

    pub(in crate::store) fn vault_generation() -> Vec<u8> {
        join(b'z', &[b"v"])
    }

    pub(in crate::store) fn last_purge() -> Vec<u8> {
        join(b'z', &[b"p"])
    }

    pub(in crate::store) fn first_day() -> Vec<u8> {
        join(b'z', &[b"d"])
    }

    pub(in crate::store) fn pending_prefix() -> Vec<u8> {
        b"p".to_vec()
    }

    pub(in crate::store) fn pending(sequence: u64) -> Vec<u8> {
        join(b'p', &[&sequence.to_be_bytes()])
    }

    pub(in crate::store) fn log_places(numbers: u64) -> Vec<u8> {
        join(b'i', &[&numbers.to_be_bytes()])
    }

    pub(in crate::store) fn in_the_log() -> Vec<u8> {
        join(b'z', &[b"w"])
    }

    pub(in crate::store) fn message_ids(tag: &[u8; 16]) -> Vec<u8> {
        join(b't', &[tag])
    }

    pub(in crate::store) fn message_id(tag: &[u8; 16], envelope: EnvelopeId) -> Vec<u8> {
        join(b't', &[tag, &envelope.0])
    }

    /// That the queue holds a body, by the holding's own number.
    pub(in crate::store) fn held(body: BodyPlace, number: u64) -> Vec<u8> {
        join(b'x', &[&body.0.to_be_bytes(), &number.to_be_bytes()])
    }

    pub(in crate::store) fn held_prefix() -> Vec<u8> {
        b"x".to_vec()
    }

    pub(in crate::store) fn queue(rest: &[u8]) -> Vec<u8> {
        join(b'q', &[rest])
    }

    pub(in crate::store) fn queue_mark(rest: &[u8]) -> Vec<u8> {
        join(b'y', &[rest])
    }

    /// The numbers of `N` bytes at the end of a key.
    pub(in crate::store) fn tail<const N: usize>(key: &[u8]) -> Option<[u8; N]> {
        key.last_chunk::<N>().copied()
    }
}
