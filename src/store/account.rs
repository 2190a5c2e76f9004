//! Reading an account: its mailboxes, their records, and messages.

use std::collections::BTreeSet;
use std::sync::Arc;

use tokio::sync::watch;

use super::bodies::BodyReader;
use super::core::{Core, engine_fault, key_fault, unseal};
use super::directory::AccountEntry;
use super::index::{MailboxIndex, no_mailbox};
use super::name;
use super::record::{Observed, Record};
use super::rows::{AccountCounters, BodyRow, MailboxCounters, MailboxRow, SpecialUse, View, key};
use super::tx::{TransferReceipt, open_mailbox, subscription};
use super::view::{self, BodySource, MessageView};
use crate::mail::{AccountId, Address, Fault, MailboxId, ModSeq, Status, Uid, UidValidity};

/// One account, to read from. Cheap to clone.
#[derive(Clone)]
pub struct Account {
    pub(super) core: Arc<Core>,
    pub(super) entry: Arc<AccountEntry>,
}

/// One mailbox as LIST and STATUS show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailboxInfo {
    /// Its identity.
    pub id: MailboxId,
    /// The whole path, its levels separated by [`super::SEPARATOR`].
    pub name: String,
    /// What it is for.
    pub special_use: Option<SpecialUse>,
    /// Whether its name is subscribed.
    pub subscribed: bool,
    /// UIDVALIDITY.
    pub uid_validity: UidValidity,
    /// UIDNEXT.
    pub uid_next: u32,
    /// Messages.
    pub messages: u32,
    /// Messages without `\Seen`.
    pub unseen: u32,
    /// Messages with `\Deleted`.
    pub deleted: u32,
    /// HIGHESTMODSEQ.
    pub highest_modseq: ModSeq,
    /// Octets of all messages (RFC 8438).
    pub size: u64,
}

/// What an account's messages take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Usage {
    /// Octets.
    pub bytes: u64,
    /// Messages in all mailboxes.
    pub messages: u64,
    /// Octets that they may take.
    pub quota: u64,
}

impl Account {
    pub(super) fn new(core: Arc<Core>, entry: Arc<AccountEntry>) -> Self {
        Self { core, entry }
    }

    /// Its identity.
    #[must_use]
    pub fn id(&self) -> AccountId {
        self.entry.id
    }

    /// Its address.
    #[must_use]
    pub fn address(&self) -> &Address {
        &self.entry.address
    }

    /// What the directory says of it, as it was when this was made.
    #[must_use]
    pub fn entry(&self) -> &AccountEntry {
        &self.entry
    }

    /// What its messages take.
    ///
    /// # Errors
    /// `Storage`.
    pub fn usage(&self) -> Result<Usage, Fault> {
        let counters = self.counters()?;
        Ok(Usage { bytes: counters.bytes, messages: counters.messages, quota: self.entry.quota })
    }

    /// All mailboxes, sorted by name, INBOX first.
    ///
    /// # Errors
    /// `Storage`.
    pub fn mailboxes(&self) -> Result<Vec<MailboxInfo>, Fault> {
        let subscribed = self.subscriptions()?;
        let mut mailboxes = Vec::new();
        for (place, sealed) in self.core.rows(&key::mailboxes(self.entry.id))? {
            let (id, row) = open_mailbox(&self.entry, &place, &sealed)?;
            // A mailbox that is deleted between the two reads is simply not listed.
            if let Some(counters) = self.mailbox_counters(id)? {
                let subscribed = subscribed.contains(&row.name);
                mailboxes.push(info(id, row, &counters, subscribed)?);
            }
        }
        mailboxes.sort_by(|a, b| (a.name != "INBOX", &a.name).cmp(&(b.name != "INBOX", &b.name)));
        Ok(mailboxes)
    }

    /// The mailbox of this name, INBOX in any case.
    ///
    /// # Errors
    /// `Storage`.
    pub fn mailbox_by_name(&self, name: &str) -> Result<Option<MailboxInfo>, Fault> {
        let Ok(name) = name::normalise(name) else { return Ok(None) };
        let place = (self.entry.id, name);
        if let Some(id) = self.core.names.get(&place) {
            match self.mailbox(id) {
                Ok(info) if info.name == place.1 => return Ok(Some(info)),
                // renamed or deleted meanwhile
                Ok(_) => {}
                Err(fault) if fault.status == Status::NoSuchMailbox => {}
                Err(fault) => return Err(fault),
            }
        }
        let found = self.mailboxes()?.into_iter().find(|mailbox| mailbox.name == place.1);
        if let Some(info) = &found {
            self.core.names.keep(place, info.id);
        }
        Ok(found)
    }

    /// A mailbox as it is now.
    ///
    /// # Errors
    /// `NoSuchMailbox`, `Storage`.
    pub fn mailbox(&self, id: MailboxId) -> Result<MailboxInfo, Fault> {
        let place = key::mailbox(self.entry.id, id);
        let sealed = self.core.engine.get(&place).map_err(engine_fault)?.ok_or_else(no_mailbox)?;
        let (_, row) = open_mailbox(&self.entry, &place, &sealed)?;
        let counters = self.mailbox_counters(id)?.ok_or_else(no_mailbox)?;
        let subscription = subscription(&self.core, self.entry.id, &row.name);
        let subscribed = self.core.engine.get(&subscription).map_err(engine_fault)?.is_some();
        info(id, row, &counters, subscribed)
    }

    /// The names that are subscribed, also those that no mailbox has.
    ///
    /// # Errors
    /// `Storage`.
    pub fn subscriptions(&self) -> Result<BTreeSet<String>, Fault> {
        let rows = self.core.rows(&key::subscriptions(self.entry.id))?;
        rows.iter().map(|(place, sealed)| unseal("a subscription", &self.entry.rows, place, sealed)).collect()
    }

    /// A setting of the account, as [`Tx::set_setting`](super::Tx::set_setting) wrote it.
    ///
    /// # Errors
    /// `Storage`.
    pub fn setting(&self, name: &str) -> Result<Option<Vec<u8>>, Fault> {
        let place = key::setting(self.entry.id, &self.core.keys.tag("setting", name));
        let sealed = self.core.engine.get(&place).map_err(engine_fault)?;
        sealed.map(|sealed| unseal("a setting", &self.entry.rows, &place, &sealed)).transpose()
    }

    /// The records of a mailbox. The first time they are read from disk, about 0.1 s for a hundred thousand.
    ///
    /// # Errors
    /// `NoSuchMailbox`, `Storage`.
    pub fn index(&self, mailbox: MailboxId) -> Result<Arc<MailboxIndex>, Fault> {
        self.core.indices.get(&self.core, self.entry.id, mailbox)
    }

    /// Hints that the account's change log has grown. Subscribe first, then read: so nothing is missed.
    ///
    /// # Errors
    /// `Storage`.
    pub fn subscribe(&self) -> Result<watch::Receiver<u64>, Fault> {
        Ok(self.core.hints.subscribe(self.entry.id, self.counters()?.modseq))
    }

    /// What of a message can be read without an event.
    ///
    /// # Errors
    /// `MessageGone`, `Storage`.
    pub fn view(&self, mailbox: MailboxId, uid: Uid) -> Result<MessageView, Fault> {
        self.view_of(&self.record(mailbox, uid)?)
    }

    /// The same of a message whose record is at hand.
    ///
    /// # Errors
    /// As [`view`](Self::view).
    pub fn view_of(&self, record: &Record) -> Result<MessageView, Fault> {
        let View { envelope, prefix, structure, body } = view::load(&self.core, &self.entry, record.message)?;
        let (envelope, rcpt) = envelope.unzip();
        let source = BodySource { message: record.message, prefix: prefix.clone(), body };
        Ok(MessageView { prefix, structure, envelope, rcpt: rcpt.unwrap_or_default(), source })
    }

    /// The right to read a body when the transfer to this login is recorded already, or the message has no chain. No
    /// commit is needed then: a re-read costs nothing.
    ///
    /// # Errors
    /// `MessageGone`, `Storage`.
    pub fn standing_receipt(
        &self,
        mailbox: MailboxId,
        uid: Uid,
        login: AccountId,
    ) -> Result<Option<TransferReceipt>, Fault> {
        let record = self.record(mailbox, uid)?;
        let place = key::observed_by(self.entry.id, record.message, login);
        let observed = Observed(self.core.row("observed events", &place)?.unwrap_or_default());
        let standing = record.envelope.is_none() || observed.contains(Observed::TRANSFERRED);
        Ok(standing.then(|| TransferReceipt::new(self.entry.id, record.message)))
    }

    /// A message's bytes, for whoever has the receipt of its transfer.
    ///
    /// # Errors
    /// `MessageGone`, `Storage`; also when the receipt is for another message.
    pub fn body(&self, mailbox: MailboxId, uid: Uid, receipt: &TransferReceipt) -> Result<BodyReader, Fault> {
        self.open(&self.view(mailbox, uid)?.source, receipt)
    }

    /// The same of a message whose view is at hand.
    ///
    /// # Errors
    /// As [`body`](Self::body).
    // [proofs#first-event-only]
    pub fn open(&self, source: &BodySource, receipt: &TransferReceipt) -> Result<BodyReader, Fault> {
        if !receipt.covers(self.entry.id, source.message) {
            return Err(Fault::ours(Status::Storage, "the receipt is for another message"));
        }
        self.reader(source)
    }

    /// A message's bytes for SEARCH, which releases nothing of them.
    ///
    /// # Errors
    /// `MessageGone`, `Storage`.
    pub fn search_text(&self, mailbox: MailboxId, uid: Uid) -> Result<BodyReader, Fault> {
        self.search_text_of(&self.view(mailbox, uid)?.source)
    }

    /// The same of a message whose view is at hand.
    ///
    /// # Errors
    /// As [`search_text`](Self::search_text).
    pub fn search_text_of(&self, source: &BodySource) -> Result<BodyReader, Fault> {
        self.reader(source)
    }

    fn reader(&self, source: &BodySource) -> Result<BodyReader, Fault> {
        let BodySource { prefix, body, .. } = source;
        let day = self.core.keys.master.content(body.day).map_err(key_fault)?;
        let key = self.entry.key.unwrap_body(&body.key, &body.id, &day).map_err(key_fault)?;
        let gone = || Fault::user(Status::MessageGone, "a body");
        let row: BodyRow = self.core.row("a body", &key::body(body.place))?.ok_or_else(gone)?;
        Ok(BodyReader::new(self.core.bodies.clone(), prefix.clone(), (body.id, &key, body.size), row.extents))
    }

    fn record(&self, mailbox: MailboxId, uid: Uid) -> Result<Record, Fault> {
        let row = self.core.engine.get(&key::record(self.entry.id, mailbox, uid)).map_err(engine_fault)?;
        let gone = || Fault::user(Status::MessageGone, format!("UID {uid}"));
        Record::decode(uid, &row.ok_or_else(gone)?)
    }

    fn counters(&self) -> Result<AccountCounters, Fault> {
        let missing = || Fault::ours(Status::Storage, format!("account {} has no counters", self.entry.id));
        self.core.row("account counters", &key::account_counters(self.entry.id))?.ok_or_else(missing)
    }

    fn mailbox_counters(&self, id: MailboxId) -> Result<Option<MailboxCounters>, Fault> {
        self.core.row("mailbox counters", &key::mailbox_counters(self.entry.id, id))
    }
}

fn info(id: MailboxId, row: MailboxRow, counters: &MailboxCounters, subscribed: bool) -> Result<MailboxInfo, Fault> {
    Ok(MailboxInfo {
        id,
        subscribed,
        name: row.name,
        special_use: row.special_use,
        uid_validity: counters.validity()?,
        uid_next: counters.uid_next,
        messages: counters.messages,
        unseen: counters.unseen,
        deleted: counters.deleted,
        highest_modseq: ModSeq(counters.highest),
        size: counters.bytes,
    })
}

impl std::fmt::Debug for Account {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Account").field("id", &self.entry.id).finish_non_exhaustive()
    }
}
