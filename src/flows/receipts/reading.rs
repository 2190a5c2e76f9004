//! Whether an opening is answered by a notification (RFC 8098 §2.1): only when the sender asked, the mailbox's owner
//! allows it, and the address to answer is the one that the message came from.

use serde::{Deserialize, Serialize};

use super::debt::{Debt, Reading, What};
use crate::mail::{AccountId, Address, Fault, FlagSet, Keyword, MailboxId, Status, SystemFlags, Uid};
use crate::proto::mime::header::{Keep, select};
use crate::proto::mime::{Entry, Headers, header_text};
use crate::seal::event::{EventKind, Grade};
use crate::store::{Account, AccountKind, FlagOp, FlagsChanged, Tx};

/// What an account wants of notifications that the server would send in its name.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReadingPolicy {
    /// None: the owner's client asks the owner, as RFC 8098 wants it.
    #[default]
    Never,
    /// One at the first opening, when it was asked for.
    Automatic,
}

/// The name of this setting among an account's.
const SETTING: &str = "mdn";
/// Octets of header fields that a notification repeats.
const HEADER_MAX: usize = 8 * 1024;

impl ReadingPolicy {
    /// What the account wants.
    ///
    /// # Errors
    /// `Storage`.
    pub fn of(account: &Account) -> Result<Self, Fault> {
        let row = account.setting(SETTING)?;
        row.map_or(Ok(Self::Never), |row| {
            postcard::from_bytes(&row).map_err(|e| Fault::ours(Status::Storage, "a reading policy").caused_by(e))
        })
    }

    /// Sets it.
    ///
    /// # Errors
    /// `Storage`.
    pub fn set(self, tx: &mut Tx<'_>, account: AccountId) -> Result<(), Fault> {
        let row = postcard::to_stdvec(&self).map_err(|e| Fault::ours(Status::Storage, "a policy").caused_by(e))?;
        tx.set_setting(account, SETTING, &row)
    }
}

/// A notification that an opening would owe.
#[derive(Debug, Clone)]
pub(in crate::flows) struct Wanted {
    to: Address,
    header: Vec<u8>,
}

impl Wanted {
    /// What a message in a mailbox asks for; nothing is read of it where the owner wants no notifications.
    pub(in crate::flows) fn of(account: &Account, mailbox: MailboxId, uid: Uid) -> Result<Option<Self>, Fault> {
        let policy = ReadingPolicy::of(account)?;
        if policy == ReadingPolicy::Never {
            return Ok(None);
        }
        let view = account.view(mailbox, uid)?;
        Ok(Self::by(account.entry().kind, policy, &[view.prefix, view.structure.header].concat()))
    }

    /// What the header of a message asks for, its trace fields first.
    // [rfc8098#2.1]
    pub(in crate::flows) fn by(kind: AccountKind, policy: ReadingPolicy, header: &[u8]) -> Option<Self> {
        // Software has processed a message, it has not read it.
        if policy == ReadingPolicy::Never || kind == AccountKind::Application || answers_nobody(header) {
            return None;
        }
        let to = only_address(header, "Disposition-Notification-To")?;
        // Somebody else's address asks the person first, so a server can't answer it.
        let from = only_address(header, "Return-Path")?;
        if to.key() != from.key() {
            return None;
        }
        let names =
            ["From", "To", "Subject", "Date", "Message-ID", "References", "Original-Recipient"].map(str::to_owned);
        let mut header = select(header, &names, Keep::Named);
        header.truncate(header.len() - 2);
        if header.len() > HEADER_MAX {
            return None;
        }
        Some(Self { to, header })
    }

    /// Writes the debt of an opening that was just recorded, and marks the message as answered: one notification per
    /// recipient, whoever opens it, in whichever copy, by server or client.
    // [rfc8098#2.1] [rfc3503#3.1]
    pub(in crate::flows) fn owe(
        &self,
        tx: &mut Tx<'_>,
        (account, mailbox, uid): (AccountId, MailboxId, Uid),
        grade: Grade,
    ) -> Result<(), Fault> {
        let Some((envelope, rcpt)) = tx.record(account, mailbox, uid)?.envelope else { return Ok(()) };
        let openings = tx.leaves_of(envelope, rcpt)?.iter().filter(|leaf| leaf.kind() == EventKind::Open).count();
        if openings > 1 || !mark(tx, (account, mailbox, uid))? {
            return Ok(());
        }
        let (opened, grade) = (tx.now(), grade.label().to_owned());
        let reading = Reading { account, rcpt, opened, grade, header: self.header.clone() };
        super::debt::put(tx, &Debt { to: self.to.clone(), envelope, what: What::Reading(Box::new(reading)) })
    }
}

/// Sets `$MDNSent`; false when it was set, by a client that has answered already.
// [rfc3503#3.1]
fn mark(tx: &mut Tx<'_>, (account, mailbox, uid): (AccountId, MailboxId, Uid)) -> Result<bool, Fault> {
    let Some(keyword) = Keyword::new("$MDNSent") else { return Ok(false) };
    let sent = FlagSet { system: SystemFlags::default(), keywords: [keyword].into() };
    match tx.change_flags(account, mailbox, uid, FlagOp::Add, &sent, None) {
        Ok(FlagsChanged::Changed { .. }) => Ok(true),
        Ok(FlagsChanged::Same { .. } | FlagsChanged::Modified) => Ok(false),
        // A mailbox that can have no further keyword: nobody could see that it was answered, so it is not.
        Err(fault) if fault.status == Status::LimitReached => Ok(false),
        Err(fault) => Err(fault),
    }
}

/// Reports and what programs sent by themselves are never answered.
// [rfc3834#2] [rfc8098#2]
fn answers_nobody(header: &[u8]) -> bool {
    let automatic = Headers::find(header, "Auto-Submitted")
        .is_some_and(|field| !field.value().trim_ascii().to_ascii_lowercase().starts_with(b"no"));
    automatic || crate::proto::report::is_report(header)
}

/// The one address of a field that is there once.
fn only_address(header: &[u8], name: &str) -> Option<Address> {
    // The top one of Return-Path is ours; a second one below it is the sender's claim.
    let mut fields = Headers::new(header).filter(|field| field.is(name));
    let first = fields.next()?;
    if name != "Return-Path" && fields.next().is_some() {
        return None;
    }
    let mut addresses = crate::proto::mime::addresses(&first.value()).into_iter().filter_map(|entry| match entry {
        Entry::Mailbox { local, domain, .. } => {
            Some(Address::parse(&format!("{}@{domain}", header_text(local.as_bytes()))))
        }
        _ => None,
    });
    let address = addresses.next()?.ok()?;
    addresses.next().is_none().then_some(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notification_is_owed_only_when_asked_allowed_and_safe() {
        // [rfc8098#2.1] [rfc8098#2] [rfc3834#2]
        use AccountKind::{Application, Personal};
        use ReadingPolicy::{Automatic, Never};
        let base = "Return-Path: <jean@b.fr>\r\nFrom: Jean <jean@b.fr>\r\nMessage-ID: <a@b>\r\n";
        let asks = "Disposition-Notification-To: Jean <JEAN@b.fr>\r\n";
        for (kind, policy, more, owed) in [
            (Personal, Automatic, asks, true),
            (Personal, Never, asks, false),
            (Application, Automatic, asks, false),
            (Personal, Automatic, "", false),
            (Personal, Automatic, "Disposition-Notification-To: eve@b.fr\r\n", false),
            (Personal, Automatic, "Disposition-Notification-To: jean@b.fr, eve@b.fr\r\n", false),
            (Personal, Automatic, &format!("{asks}{asks}"), false),
            (Personal, Automatic, &format!("{asks}Auto-Submitted: auto-generated\r\n"), false),
            (Personal, Automatic, &format!("{asks}Auto-Submitted: no\r\n"), true),
            (Personal, Automatic, &format!("{asks}Content-Type: multipart/report; x=y\r\n"), false),
        ] {
            let header = format!("{base}{more}\r\n");
            let wanted = Wanted::by(kind, policy, header.as_bytes());
            assert_eq!(wanted.is_some(), owed, "{kind:?} {policy:?} {more}");
        }
        let null = format!("Return-Path: <>\r\nReturn-Path: <jean@b.fr>\r\n{asks}\r\n");
        assert!(Wanted::by(Personal, Automatic, null.as_bytes()).is_none(), "a report is never answered");
    }
}
