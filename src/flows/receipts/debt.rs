//! What this server still has to tell senders: rows that are committed with the fact, and paid afterwards.
//!
//! A report carries the proof of what it says, and a proof exists only once its leaf stands in the log. So the fact's
//! commit writes a debt, and [`super::Receipts`] pays it a moment later; a crash in between loses nothing. A debt can
//! only be owed to an address: the null reverse-path of reports has none, so no report ever answers a report.

use serde::{Deserialize, Serialize};

use crate::mail::{
    AccountId, Address, EnvelopeId, Fault, OriginalRecipient, RcptParams, ReversePath, Status, Time, Wishes,
};
use crate::proto::dsn::Action;
use crate::store::{BodyHandle, Store, Tx};

/// The letter of debts among the queue's rows; `m`, `i` and `r` are the queue's own.
const DEBTS: &[u8] = b"n";
/// That of what is owed to other servers: however much that is, it does not stand before what people wait for.
const RETURNS: &[u8] = b"o";
/// Recipients in one row, so that it stays within the 16 KiB of a row.
const RECIPIENTS_MAX: usize = 16;
/// Octets of a diagnostic that are kept.
const DIAGNOSTIC_MAX: usize = 500;

/// One report that is owed.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::flows) struct Debt {
    /// To whom.
    pub(in crate::flows) to: Address,
    /// The envelope reported on.
    pub(in crate::flows) envelope: EnvelopeId,
    /// What the report says.
    pub(in crate::flows) what: What,
}

/// What a report says.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::flows) enum What {
    /// How far the message has come.
    Delivery(Box<Delivery>),
    /// That somebody opened it.
    Reading(Box<Reading>),
}

/// How far a message has come.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::flows) struct Delivery {
    /// When it was accepted.
    pub(in crate::flows) accepted: Time,
    /// RET and ENVID.
    pub(in crate::flows) wishes: Wishes,
    /// The trace fields above the sealed bytes.
    pub(in crate::flows) prefix: Vec<u8>,
    /// The sealed bytes, held until the report is made.
    pub(in crate::flows) body: BodyHandle,
    /// What happened to whom; at least one.
    pub(in crate::flows) recipients: Vec<Told>,
    /// Whom it is for.
    pub(in crate::flows) reader: Reader,
}

/// Whom a report is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::flows) enum Reader {
    /// The person who sent the message.
    Sender,
    /// Their server, which asked for our proofs (XSCEAU) and shows the report to nobody.
    Server,
}

/// What happened to a recipient.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::flows) struct Told {
    /// The recipient's number in the envelope.
    pub(in crate::flows) rcpt: u16,
    /// The recipient.
    pub(in crate::flows) recipient: Address,
    /// ORCPT.
    pub(in crate::flows) original: Option<OriginalRecipient>,
    /// What happened.
    pub(in crate::flows) action: Action,
    /// The other side's reply, or our words.
    pub(in crate::flows) diagnostic: String,
    /// Until when it is tried.
    pub(in crate::flows) retry_until: Option<Time>,
}

/// That a person opened a message.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::flows) struct Reading {
    /// Whose mailbox it is.
    pub(in crate::flows) account: AccountId,
    /// The recipient's number in the envelope.
    pub(in crate::flows) rcpt: u16,
    /// When it was opened.
    pub(in crate::flows) opened: Time,
    /// The French words of the opening's grade.
    pub(in crate::flows) grade: String,
    /// The fields of the message's header that a notification needs.
    pub(in crate::flows) header: Vec<u8>,
}

/// A message about which its sender may be owed a report.
#[derive(Debug, Clone, Copy)]
pub(in crate::flows) struct About<'a> {
    /// The envelope.
    pub(in crate::flows) envelope: EnvelopeId,
    /// Where reports go.
    pub(in crate::flows) reverse_path: &'a ReversePath,
    /// When it was accepted.
    pub(in crate::flows) accepted: Time,
    /// RET and ENVID.
    pub(in crate::flows) wishes: &'a Wishes,
    /// The trace fields above the sealed bytes.
    pub(in crate::flows) prefix: &'a [u8],
    /// Whom the report is for.
    pub(in crate::flows) reader: Reader,
}

/// Whether a sender who asked so is told of this (RFC 3461 §4.1).
// [rfc3461#4.1]
pub(in crate::flows) fn is_owed(asked: &RcptParams, action: Action) -> bool {
    let on = asked.occasions();
    match action {
        Action::Failed => on.failure,
        Action::Delayed => on.delay,
        Action::Delivered | Action::Relayed | Action::Expanded => on.success,
    }
}

/// Writes what is owed of these recipients, if anything. `hold` holds the message's body once for each row.
///
/// # Errors
/// `Storage`.
// [rfc5321#6.1] [rfc3461#6.2]
pub(in crate::flows) fn owe(
    tx: &mut Tx<'_>,
    about: About<'_>,
    told: &[Told],
    mut hold: impl FnMut(&mut Tx<'_>) -> Result<BodyHandle, Fault>,
) -> Result<(), Fault> {
    let Some(to) = about.reverse_path.address() else { return Ok(()) };
    for recipients in told.chunks(RECIPIENTS_MAX) {
        let delivery = Delivery {
            accepted: about.accepted,
            wishes: about.wishes.clone(),
            prefix: about.prefix.to_vec(),
            body: hold(tx)?,
            recipients: recipients.iter().cloned().map(bounded).collect(),
            reader: about.reader,
        };
        put(tx, &Debt { to: to.clone(), envelope: about.envelope, what: What::Delivery(Box::new(delivery)) })?;
    }
    Ok(())
}

fn bounded(mut told: Told) -> Told {
    let mut end = told.diagnostic.len().min(DIAGNOSTIC_MAX);
    while !told.diagnostic.is_char_boundary(end) {
        end -= 1;
    }
    told.diagnostic.truncate(end);
    told
}

/// Writes one debt.
pub(in crate::flows) fn put(tx: &mut Tx<'_>, debt: &Debt) -> Result<(), Fault> {
    let row = postcard::to_stdvec(debt).map_err(|e| broken("written").caused_by(e))?;
    let unique: [u8; 8] = tx.edge().bytes();
    let letter = match &debt.what {
        What::Delivery(delivery) if delivery.reader == Reader::Server => RETURNS,
        What::Delivery(_) | What::Reading(_) => DEBTS,
    };
    let key = [letter, &tx.now().0.to_be_bytes(), &unique].concat();
    tx.queue_put(&key, &row);
    Ok(())
}

/// The oldest debts of each kind, at most so many, each with its key and since when it is owed.
pub(super) fn oldest(store: &Store, limit: usize) -> Result<Vec<(Vec<u8>, Time, Debt)>, Fault> {
    let mut rows = store.queue_scan(DEBTS, limit)?;
    rows.extend(store.queue_scan(RETURNS, limit)?);
    let read = |(key, row): (Vec<u8>, Vec<u8>)| {
        let since =
            key.get(DEBTS.len()..).and_then(|rest| rest.first_chunk::<8>()).map(|b| Time(i64::from_be_bytes(*b)));
        let since = since.ok_or_else(|| broken("read"))?;
        postcard::from_bytes(&row).map(|debt| (key, since, debt)).map_err(|e| broken("read").caused_by(e))
    };
    rows.into_iter().map(read).collect()
}

/// Strikes a debt out; twice is once, and gives whether it was there.
pub(super) fn strike(tx: &mut Tx<'_>, key: &[u8], debt: &Debt) -> Result<bool, Fault> {
    if tx.queue_get(key)?.is_none() {
        return Ok(false);
    }
    tx.queue_delete(key);
    if let What::Delivery(delivery) = &debt.what {
        tx.release_body(&delivery.body)?;
    }
    Ok(true)
}

fn broken(what: &str) -> Fault {
    Fault::ours(Status::Storage, format!("a receipt's row can't be {what}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::{Notify, NotifyOn};

    #[test]
    fn a_sender_is_told_what_it_asked_for() {
        // [rfc3461#4.1]
        use Action::{Delayed, Delivered, Failed, Relayed};
        let on = |success, failure, delay| Some(Notify::On(NotifyOn { success, failure, delay }));
        for (notify, told) in [
            (None, &[Failed, Delayed][..]),
            (Some(Notify::Never), &[]),
            (on(true, false, false), &[Delivered, Relayed]),
            (on(false, true, false), &[Failed]),
            (on(false, false, true), &[Delayed]),
            (on(true, true, true), &[Failed, Delayed, Delivered, Relayed]),
        ] {
            let asked = RcptParams { notify, original: None };
            for action in [Failed, Delayed, Delivered, Relayed] {
                assert_eq!(is_owed(&asked, action), told.contains(&action), "{notify:?} {action:?}");
            }
        }
    }
}
