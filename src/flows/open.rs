//! An opening: what a client does is turned into `transfer`, `open` and `seen` events by one table, and clear text is
//! released only after their commit.
//!
//! | signal | events |
//! |---|---|
//! | body fetched with PEEK, or in a mailbox opened by EXAMINE | transfer, `imap-peek` |
//! | body of one message fetched, mailbox SELECTed | transfer and open, `imap-body`, implied |
//! | bodies of several messages in one command | transfer, `imap-bulk` |
//! | \Seen set on one message that this login has fetched | open, `imap-seen`, declared |
//! | \Seen set on several, or before any fetch | seen, `imap-mark` |
//! | \Seen set by `BODY[HEADER]` and its like | seen, `imap-mark` |
//! | a copy put into a mailbox of another account | transfer, `delegate` |
//! | any body of an application's mailbox fetched | transfer, `service`; nothing else of it is an event |
//! | the last copy in the account is expunged | delete |
//!
//! A message that is moved, to the bin too, is not deleted: its copy there is. So `delete` says that nobody can bring it
//! back, and comes with EXPUNGE, with the deletion of the mailbox, and with whatever else takes the last copy away.
//!
//! The first event of a kind per envelope, mailbox and login only. Headers, structure and searches are no event and
//! don't come here.

use std::sync::Arc;

use super::Login;
use super::receipts::Wanted;
use crate::mail::{AccountId, EnvelopeId, Fault, FlagSet, MailboxId, ModSeq, SystemFlags, Uid};
use crate::seal::event::{Basis, Draft, EventKind, Field, Via};
use crate::store::{Account, AccountKind, FlagOp, Observed, Store, Subject, TransferReceipt, Tx};

/// How a client asks for a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FetchBasis {
    /// `BODY.PEEK[…]`: says nothing about a reader.
    Peek,
    /// `BODY[…]`, `RFC822`, `RFC822.TEXT` of one message: sets `\Seen`.
    Body,
    /// The same of several messages in one command.
    BodyOfMany,
}

/// How the mailbox was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// By SELECT.
    ReadWrite,
    /// By EXAMINE.
    ReadOnly,
}

/// Releases bodies against the proof of their transfer.
pub struct Openings {
    store: Arc<Store>,
}

impl Openings {
    /// The flow over this store.
    #[must_use]
    pub fn new(store: Arc<Store>) -> Self {
        Self { store }
    }

    /// The receipts to read these bodies, in the order of `uids`. What the table asks is recorded, and `\Seen` set
    /// where the client's words set it, in one commit; without a commit when nothing is new.
    ///
    /// # Errors
    /// `MessageGone` when one of them was expunged, `Storage`. Nothing may be released then.
    // [proofs#when-is-it-open] [rfc9051#6.4.5]
    pub async fn fetch(
        &self,
        account: &Account,
        mailbox: MailboxId,
        uids: &[Uid],
        login: &Login,
        basis: FetchBasis,
        access: Access,
    ) -> Result<Vec<TransferReceipt>, Fault> {
        let reads = basis != FetchBasis::Peek && access == Access::ReadWrite;
        if !reads && let Some(standing) = standing(account, mailbox, uids, login)? {
            return Ok(standing);
        }
        let mut actor = Actor::new(account, mailbox, login)?;
        if let (true, FetchBasis::Body, [uid]) = (reads, basis, uids) {
            actor.answers = Wanted::of(account, mailbox, *uid)?;
        }
        let uids = uids.to_vec();
        let basis = match (reads, basis) {
            (false, _) => Basis::ImapPeek,
            (true, FetchBasis::Body) => Basis::ImapBody,
            (true, _) => Basis::ImapBulk,
        };
        // durable from here: the receipts come back only with the commit of what they stand for
        self.store.write(move |tx| uids.iter().map(|uid| actor.transfer(tx, *uid, basis)).collect()).await
    }

    /// Records that `\Seen` is set on messages, within the transaction in which the caller sets it: the flags and the
    /// event are one commit. Call it before the flags change. `together` is the number of messages that the client's
    /// command names, of which `uids` may be a batch.
    ///
    /// # Errors
    /// `MessageGone`, `Storage`.
    // [proofs#when-is-it-open]
    pub fn seen(
        tx: &mut Tx<'_>,
        account: &Account,
        mailbox: MailboxId,
        uids: &[Uid],
        together: usize,
        login: &Login,
    ) -> Result<(), Fault> {
        let mut actor = Actor::new(account, mailbox, login)?;
        if let (1, [uid]) = (together, uids) {
            actor.answers = Wanted::of(account, mailbox, *uid)?;
        }
        uids.iter().try_for_each(|uid| {
            let read = together == 1 && actor.has_fetched(tx, *uid)?;
            actor.seen(tx, *uid, if read { SaysRead::Yes } else { SaysRead::No })
        })
    }

    /// The same for a `\Seen` that is set by the way, with octets that are no body: nobody said that anything was read.
    ///
    /// # Errors
    /// As [`Openings::seen`].
    // [proofs#when-is-it-open]
    pub fn marked(
        tx: &mut Tx<'_>,
        account: &Account,
        mailbox: MailboxId,
        uids: &[Uid],
        login: &Login,
    ) -> Result<(), Fault> {
        let actor = Actor::new(account, mailbox, login)?;
        uids.iter().try_for_each(|uid| actor.seen(tx, *uid, SaysRead::No))
    }
}

/// Messages of one mailbox of which a login puts copies into another account.
pub struct Handing(Actor);

impl Handing {
    /// By this login, out of this mailbox.
    ///
    /// # Errors
    /// `NoSuchMailbox`, `Storage`.
    pub fn new(account: &Account, mailbox: MailboxId, login: &Login) -> Result<Self, Fault> {
        Actor::new(account, mailbox, login).map(Self)
    }

    /// Records that a copy leaves the account, within the transaction in which it is made: from then on it is the other
    /// account's, and what becomes of it there is no event of this message.
    ///
    /// # Errors
    /// `MessageGone`, `Storage`.
    // [proofs#when-is-it-open]
    pub fn hand(&self, tx: &mut Tx<'_>, uid: Uid) -> Result<TransferReceipt, Fault> {
        self.0.transfer(tx, uid, Basis::Delegate)
    }
}

/// Messages of one mailbox that a login takes away.
pub struct Deletions(Actor);

impl Deletions {
    /// By this login in this mailbox.
    ///
    /// # Errors
    /// `NoSuchMailbox`, `Storage`.
    pub fn new(account: &Account, mailbox: MailboxId, login: &Login) -> Result<Self, Fault> {
        Actor::new(account, mailbox, login).map(Self)
    }

    /// Removes a message, and records it when no copy is left in the account.
    ///
    /// # Errors
    /// As [`Tx::expunge`].
    // [proofs#events]
    pub fn expunge(&self, tx: &mut Tx<'_>, uid: Uid) -> Result<ModSeq, Fault> {
        let Actor { account, mailbox, .. } = &self.0;
        let record = tx.record(*account, *mailbox, uid)?;
        if let (Some((envelope, rcpt)), true) = (record.envelope, tx.is_last_copy(*account, &record)?) {
            let delete = Draft::new(EventKind::Delete, envelope).rcpt(rcpt).via(Via::Imap);
            tx.record_event(self.0.named(delete), Subject::Account(*account))?;
        }
        tx.expunge(*account, *mailbox, uid)
    }

    /// Removes the mailbox with all its messages.
    ///
    /// # Errors
    /// As [`Tx::delete_mailbox`].
    pub fn mailbox(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        let Actor { account, mailbox, .. } = &self.0;
        for uid in tx.uids(*account, *mailbox)? {
            self.expunge(tx, uid)?;
        }
        tx.delete_mailbox(*account, *mailbox)
    }
}

/// Whether `\Seen` declares that a person read the message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum SaysRead {
    Yes,
    No,
}

/// The receipts when every transfer is recorded already.
fn standing(
    account: &Account,
    mailbox: MailboxId,
    uids: &[Uid],
    login: &Login,
) -> Result<Option<Vec<TransferReceipt>>, Fault> {
    uids.iter().map(|uid| account.standing_receipt(mailbox, *uid, login.account)).collect()
}

/// How proofs name a mailbox.
fn name_of(account: &Account, mailbox: MailboxId) -> Result<String, Fault> {
    Ok(format!("{} {}", account.address(), account.mailbox(mailbox)?.name))
}

/// Who acts on which mailbox.
struct Actor {
    account: AccountId,
    mailbox: MailboxId,
    login: Login,
    name: String,
    /// What a program fetches, nobody opened.
    kind: AccountKind,
    /// The notification that the first opening of the one message would owe its sender.
    answers: Option<Wanted>,
}

impl Actor {
    fn new(account: &Account, mailbox: MailboxId, login: &Login) -> Result<Self, Fault> {
        let (login, name) = (login.clone(), name_of(account, mailbox)?);
        Ok(Self { account: account.id(), mailbox, login, name, kind: account.entry().kind, answers: None })
    }

    fn transfer(&self, tx: &mut Tx<'_>, uid: Uid, basis: Basis) -> Result<TransferReceipt, Fault> {
        let at = (self.account, self.mailbox, uid);
        let by_program = self.kind == AccountKind::Application;
        let proved = if by_program { Basis::Service } else { basis };
        let receipt = tx.transfer(at, self.login.account, self.draft(EventKind::Transfer, proved))?;
        if basis == Basis::ImapBody && !by_program {
            self.open(tx, uid, basis)?;
        }
        if matches!(basis, Basis::ImapBody | Basis::ImapBulk) {
            let seen = FlagSet { system: SystemFlags::SEEN, ..FlagSet::default() };
            tx.change_flags(self.account, self.mailbox, uid, FlagOp::Add, &seen, None)?;
        }
        Ok(receipt)
    }

    fn has_fetched(&self, tx: &Tx<'_>, uid: Uid) -> Result<bool, Fault> {
        tx.observed((self.account, self.mailbox, uid), self.login.account, Observed::TRANSFERRED)
    }

    fn seen(&self, tx: &mut Tx<'_>, uid: Uid, says_read: SaysRead) -> Result<(), Fault> {
        let at = (self.account, self.mailbox, uid);
        let seen = tx.record(self.account, self.mailbox, uid)?.system.contains(SystemFlags::SEEN);
        if seen || self.kind == AccountKind::Application {
            return Ok(());
        }
        match says_read {
            SaysRead::Yes => self.open(tx, uid, Basis::ImapSeen),
            SaysRead::No => {
                let seen = self.draft(EventKind::Seen, Basis::ImapMark);
                tx.observe(at, self.login.account, Observed::SEEN, seen).map(drop)
            }
        }
    }

    /// Records an opening, and with the mailbox's first one what its sender is owed.
    // [rfc8098#2.1]
    fn open(&self, tx: &mut Tx<'_>, uid: Uid, basis: Basis) -> Result<(), Fault> {
        let at = (self.account, self.mailbox, uid);
        let first = tx.observe(at, self.login.account, Observed::OPENED, self.draft(EventKind::Open, basis))?;
        match (first, &self.answers, basis.grade()) {
            (Some(_), Some(wanted), Some(grade)) => wanted.owe(tx, at, grade),
            _ => Ok(()),
        }
    }

    fn draft(&self, kind: EventKind, basis: Basis) -> impl FnOnce(EnvelopeId, u16) -> Draft + '_ {
        move |envelope, rcpt| self.named(Draft::new(kind, envelope).rcpt(rcpt).basis(basis).via(Via::Imap))
    }

    /// Whose mailbox, and who acted: in a shared one these are two.
    fn named(&self, draft: Draft) -> Draft {
        self.login.sign(draft.commit(Field::Mailbox, &self.name))
    }
}
