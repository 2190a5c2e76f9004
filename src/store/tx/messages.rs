//! Messages: what comes, goes and is copied. UID, modification sequence, counters, quota and the change log are written
//! in the same transaction as the message, so that no reader ever sees them apart.

use super::{Effect, TransferReceipt, Tx};
use crate::mail::{
    AccountId, AclRights, EnvelopeId, Fault, FlagSet, MailboxId, ModSeq, Status, Time, Uid, UidValidity,
};
use crate::proto::mime::Structure;
use crate::seal::row::seal_row;
use crate::store::bodies::SealedBody;
use crate::store::core::key_fault;
use crate::store::index::{IndexChange, decode_record};
use crate::store::record::{Observed, Record};
use crate::store::rows::{self, Change, ChangeKind, MailboxCounters, View, key};
use crate::store::view;

/// A message that is to appear in a mailbox.
#[derive(Debug)]
pub struct NewMessage<'a> {
    /// Its bytes.
    pub body: &'a SealedBody,
    /// Trace fields that are this recipient's alone, before the sealed bytes; ends with CRLF or is empty.
    pub prefix: &'a [u8],
    /// The structure of the sealed bytes.
    pub structure: &'a Structure,
    /// Its first flags.
    pub flags: FlagSet,
    /// INTERNALDATE.
    pub internal_date: Time,
    /// The envelope with which it came and the recipient's number in it, from 1; none for what a client stores.
    pub envelope: Option<(EnvelopeId, u16)>,
}

/// Where a message appeared: what APPENDUID and COPYUID tell (RFC 4315).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AppendedMessage {
    /// Its number.
    pub uid: Uid,
    /// The validity of the mailbox's numbers.
    pub uid_validity: UidValidity,
    /// Its modification sequence.
    pub modseq: ModSeq,
}

impl Tx<'_> {
    /// Puts a message into a mailbox.
    ///
    /// # Errors
    /// `MailboxFull` when the account's quota has no room, `NoSuchMailbox`, `LimitReached` for keywords.
    // [rfc9051#2.3.1.1]
    pub fn append(
        &mut self,
        account: AccountId,
        mailbox: MailboxId,
        new: NewMessage<'_>,
    ) -> Result<AppendedMessage, Fault> {
        let NewMessage { body, prefix, structure, flags, internal_date, envelope } = new;
        let entry = self.entry(account)?;
        let message = self.next_id()?;
        let day = self.core.keys.master.content(body.day).map_err(key_fault)?;
        let wrapped = entry.key.wrap_body(&body.key, &body.id, &day, self.core.edge.chance.as_ref());
        let size = body.size() + prefix.len() as u64;
        let body = self.refer_to(body, wrapped)?;
        let record = Record {
            uid: Uid(std::num::NonZeroU32::MIN),
            system: flags.system,
            keywords: self.keyword_bits(account, mailbox, &flags.keywords)?,
            modseq: ModSeq(0),
            size,
            internal_date,
            saved: self.now(),
            message,
            envelope,
            observed: Observed::default(),
            body: body.place,
        };
        let view = View { envelope, prefix: prefix.to_vec(), structure: structure.clone(), body };
        self.put_view(account, message, &view)?;
        self.insert(account, mailbox, record)
    }

    /// Copies a message into another mailbox of the same account, or the same once more. The copy keeps flags and
    /// dates and shares everything else.
    ///
    /// # Errors
    /// `MessageGone`, `NoSuchMailbox`, `MailboxFull`, `LimitReached` for keywords.
    // [rfc9051#6.4.7]
    pub fn copy(
        &mut self,
        account: AccountId,
        from: MailboxId,
        uid: Uid,
        to: MailboxId,
    ) -> Result<AppendedMessage, Fault> {
        self.copy_within(account, from, uid, to, AclRights::ALL)
    }

    /// The same; of the flags only those are kept that these rights over the other mailbox may set.
    ///
    /// # Errors
    /// As [`Tx::copy`].
    // [rfc4314#4]
    pub fn copy_within(
        &mut self,
        account: AccountId,
        from: MailboxId,
        uid: Uid,
        to: MailboxId,
        rights: AclRights,
    ) -> Result<AppendedMessage, Fault> {
        let mut record = self.record(account, from, uid)?;
        let flags = self.flags_of(account, from, &record, rights)?;
        record.system = flags.system;
        record.keywords = self.keyword_bits(account, to, &flags.keywords)?;
        record.saved = self.now();
        let sharers = key::sharers(account, record.message);
        let count = self.row::<u32>("sharers", &sharers)?.unwrap_or(1) + 1;
        self.put_row(sharers, &count);
        self.insert(account, to, record)
    }

    /// Copies a message into a mailbox of another account, whose it is from then on: it leaves its chain of proofs, for
    /// which the receipt of its transfer is there.
    ///
    /// # Errors
    /// As [`Tx::copy`]; also when the receipt is for another message.
    // [proofs#when-is-it-open]
    pub fn copy_across(
        &mut self,
        (from_account, from, uid): (AccountId, MailboxId, Uid),
        (account, to): (AccountId, MailboxId),
        receipt: &TransferReceipt,
        rights: AclRights,
    ) -> Result<AppendedMessage, Fault> {
        let mut record = self.record(from_account, from, uid)?;
        if !receipt.covers(from_account, record.message) {
            return Err(Fault::ours(Status::Storage, "the receipt is for another message"));
        }
        let flags = self.flags_of(from_account, from, &record, rights)?;
        let view = self.view_for(from_account, record.message, account)?;
        record.system = flags.system;
        record.keywords = self.keyword_bits(account, to, &flags.keywords)?;
        record.saved = self.now();
        record.message = self.next_id()?;
        record.envelope = None;
        record.observed = Observed::default();
        self.put_view(account, record.message, &view)?;
        self.insert(account, to, record)
    }

    /// A message's view as another account may have it: the body's key wrapped for that account, and one more reference
    /// to the body.
    fn view_for(&mut self, from: AccountId, message: u64, to: AccountId) -> Result<View, Fault> {
        let (owner, taker) = (self.entry(from)?, self.entry(to)?);
        let pieces = self.scan(&key::view(from, message))?;
        let sealed: Vec<u8> = pieces.into_iter().flat_map(|(_, piece)| piece).collect();
        let mut view = view::open(&owner, from, message, &sealed)?;
        let day = self.core.keys.master.content(view.body.day).map_err(key_fault)?;
        let key = owner.key.unwrap_body(&view.body.key, &view.body.id, &day).map_err(key_fault)?;
        view.body.key = taker.key.wrap_body(&key, &view.body.id, &day, self.core.edge.chance.as_ref());
        view.envelope = None;
        self.refer_again(view.body.place)?;
        Ok(view)
    }

    /// A message's flags, as far as these rights may set them.
    fn flags_of(
        &self,
        account: AccountId,
        mailbox: MailboxId,
        record: &Record,
        rights: AclRights,
    ) -> Result<FlagSet, Fault> {
        // the table lies in a sealed row: it is opened only for a message that has keywords
        let names = if record.keywords == 0 { Vec::new() } else { self.mailbox_row(account, mailbox)?.keywords };
        Ok(crate::store::index::flag_set(record, &names).allowed(rights))
    }

    /// Removes a message for good. With its last copy the body loses a reference, and with the last of those its key.
    ///
    /// # Errors
    /// `MessageGone`, `NoSuchMailbox`.
    // [rfc9051#6.4.3]
    pub fn expunge(&mut self, account: AccountId, mailbox: MailboxId, uid: Uid) -> Result<ModSeq, Fault> {
        let record = self.record(account, mailbox, uid)?;
        let modseq = self.next_modseq(account)?;
        self.delete(key::record(account, mailbox, uid));
        self.delete(key::change(account, mailbox, record.modseq));
        self.put_row(key::change(account, mailbox, modseq), &Change { uid, kind: ChangeKind::Expunged });
        self.count_out(account, mailbox, &record, modseq)?;
        self.drop_view(account, &record)?;
        self.effect(Effect::Index(mailbox, IndexChange::Expunged(uid, modseq)));
        Ok(modseq)
    }

    /// Whether no other mailbox of the account has this message.
    ///
    /// # Errors
    /// `Storage`.
    pub fn is_last_copy(&self, account: AccountId, record: &Record) -> Result<bool, Fault> {
        Ok(self.get(&key::sharers(account, record.message))?.is_none())
    }

    /// The record of a message.
    ///
    /// # Errors
    /// `MessageGone`.
    pub fn record(&self, account: AccountId, mailbox: MailboxId, uid: Uid) -> Result<Record, Fault> {
        match self.get(&key::record(account, mailbox, uid))? {
            Some(row) => Record::decode(uid, &row),
            None => Err(Fault::user(Status::MessageGone, format!("UID {uid}"))),
        }
    }

    /// All UIDs of a mailbox, ascending.
    ///
    /// # Errors
    /// `Storage`.
    pub fn uids(&self, account: AccountId, mailbox: MailboxId) -> Result<Vec<Uid>, Fault> {
        let rows = self.scan(&key::records(account, mailbox))?;
        rows.iter().map(|(key, row)| decode_record(key, row).map(|record| record.uid)).collect()
    }

    /// Gives a record its place: UID and modification sequence, then counters, quota, log.
    fn insert(&mut self, account: AccountId, mailbox: MailboxId, mut record: Record) -> Result<AppendedMessage, Fault> {
        self.charge(account, record.size)?;
        let mut counters = self.mailbox_counters(account, mailbox)?;
        let full = || Fault::user(Status::LimitReached, "UIDs of a mailbox");
        record.uid = Uid::new(counters.uid_next).ok_or_else(full)?;
        record.modseq = self.next_modseq(account)?;
        counters.uid_next = counters.uid_next.checked_add(1).ok_or_else(full)?;
        counters.messages += 1;
        counters.unseen += u32::from(record.unseen());
        counters.deleted += u32::from(record.deleted());
        counters.bytes += record.size;
        counters.highest = record.modseq.0;
        self.put_row(key::mailbox_counters(account, mailbox), &counters);
        let uid = record.uid;
        self.put_record(account, mailbox, record);
        let uid_validity = counters.validity()?;
        Ok(AppendedMessage { uid, uid_validity, modseq: record.modseq })
    }

    /// Writes a record and its entry in the change log.
    pub(super) fn put_record(&mut self, account: AccountId, mailbox: MailboxId, record: Record) {
        self.put(key::record(account, mailbox, record.uid), record.encode());
        let change = Change { uid: record.uid, kind: ChangeKind::Put };
        self.put_row(key::change(account, mailbox, record.modseq), &change);
        self.effect(Effect::Index(mailbox, IndexChange::Put(record)));
    }

    /// Adds to what the account's messages take, if there is room.
    fn charge(&mut self, account: AccountId, size: u64) -> Result<(), Fault> {
        let quota = self.entry(account)?.quota;
        let mut counters = self.account_counters(account)?;
        counters.bytes += size;
        counters.messages += 1;
        if counters.bytes > quota {
            return Err(Fault::user(Status::MailboxFull, format!("account {account}: quota of {quota} octets")));
        }
        self.put_row(key::account_counters(account), &counters);
        Ok(())
    }

    /// Takes a record from all counters, and lets the older half of the log's expunges go when there are too many.
    fn count_out(
        &mut self,
        account: AccountId,
        mailbox: MailboxId,
        record: &Record,
        modseq: ModSeq,
    ) -> Result<(), Fault> {
        let mut sums = self.account_counters(account)?;
        sums.bytes -= record.size;
        sums.messages -= 1;
        self.put_row(key::account_counters(account), &sums);
        let mut counters = self.mailbox_counters(account, mailbox)?;
        counters.messages -= 1;
        counters.unseen -= u32::from(record.unseen());
        counters.deleted -= u32::from(record.deleted());
        counters.bytes -= record.size;
        counters.highest = modseq.0;
        counters.tombstones += 1;
        if counters.tombstones > self.core.settings.expunges_remembered {
            self.forget_expunges(account, mailbox, &mut counters)?;
        }
        self.put_row(key::mailbox_counters(account, mailbox), &counters);
        Ok(())
    }

    fn forget_expunges(
        &mut self,
        account: AccountId,
        mailbox: MailboxId,
        counters: &mut MailboxCounters,
    ) -> Result<(), Fault> {
        let mut surplus = counters.tombstones / 2;
        for (place, row) in self.scan(&key::changes(account, mailbox))? {
            if surplus == 0 {
                break;
            }
            if rows::decode::<Change>("a change", &row)?.kind == ChangeKind::Expunged {
                counters.log_from = key::tail::<8>(&place).map_or(counters.log_from, u64::from_be_bytes);
                counters.tombstones -= 1;
                surplus -= 1;
                self.delete(place);
            }
        }
        Ok(())
    }

    /// Tells the account's sessions that there is something to look at which no message tells of.
    pub(super) fn hint(&mut self, account: AccountId) -> Result<(), Fault> {
        let now = self.account_counters(account)?.modseq;
        self.effect(Effect::Hint(account, now));
        Ok(())
    }

    /// The next modification sequence of the account, which its sessions will be told of.
    // [rfc7162#3.1]
    pub(super) fn next_modseq(&mut self, account: AccountId) -> Result<ModSeq, Fault> {
        let mut counters = self.account_counters(account)?;
        counters.modseq = ModSeq(counters.modseq.0 + 1);
        self.put_row(key::account_counters(account), &counters);
        self.effect(Effect::Hint(account, counters.modseq));
        Ok(counters.modseq)
    }

    pub(super) fn put_view(&mut self, account: AccountId, message: u64, view: &View) -> Result<(), Fault> {
        let entry = self.entry(account)?;
        let place = key::view(account, message);
        let sealed = seal_row(&entry.rows, &place, &rows::encode(view), self.core.edge.chance.as_ref());
        for (key, piece) in view::cut(&place, &sealed) {
            self.put(key, piece);
        }
        Ok(())
    }

    fn drop_view(&mut self, account: AccountId, record: &Record) -> Result<(), Fault> {
        let sharers = key::sharers(account, record.message);
        match self.row::<u32>("sharers", &sharers)? {
            Some(count) if count > 2 => self.put_row(sharers, &(count - 1)),
            Some(_) => self.delete(sharers),
            None => {
                for (key, _) in self.scan(&key::view(account, record.message))? {
                    self.delete(key);
                }
                for (key, _) in self.scan(&key::observed(account, record.message))? {
                    self.delete(key);
                }
                self.release(record.body)?;
            }
        }
        Ok(())
    }
}
