//! What a queue holds.

use serde::{Deserialize, Serialize};

use crate::mail::{Address, EnvelopeId, RcptParams, ReversePath, Time, Wishes};
use crate::store::BodyHandle;

/// A message with recipients that it has not reached. One row, shared by its items.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Message {
    /// The envelope.
    pub envelope: EnvelopeId,
    /// Where reports go.
    pub reverse_path: ReversePath,
    /// Trace fields that stand above the body.
    pub prefix: Vec<u8>,
    /// The sealed body, kept alive by this row.
    pub body: BodyHandle,
    /// Octets of prefix and body.
    pub size: u64,
    /// Whether a header has octets above 127, so that SMTPUTF8 is needed (RFC 6531).
    pub utf8: bool,
    /// Whether the content has octets above 127 (RFC 6152).
    pub eight_bit: bool,
    /// What the sender asked for it: reports (RET, ENVID), REQUIRETLS, the earliest and the latest time of delivery,
    /// priority.
    pub wishes: Wishes,
    /// When it was accepted.
    pub accepted: Time,
    /// Items that are not finished.
    pub open_items: u32,
}

/// Where an item stands in the order of due times. Changes when the item is rescheduled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ItemId {
    /// When it is to be tried.
    pub due: Time,
    /// The envelope, and in it the recipient.
    pub envelope: EnvelopeId,
    /// The recipient's number in the envelope, from 1.
    pub rcpt: u16,
}

/// One recipient that a message has not reached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// To whom.
    pub recipient: Address,
    /// Which reports the sender asked for, and how the recipient was written first (NOTIFY, ORCPT).
    pub params: RcptParams,
    /// Attempts so far.
    pub attempts: u32,
    /// The last reply or reason, for people; empty before the first attempt.
    pub last_reply: String,
    /// Whether the sender was told that it is late.
    pub delay_told: DelayNotice,
}

impl Item {
    /// An item that was never tried.
    #[must_use]
    pub fn first(recipient: Address, params: RcptParams) -> Self {
        Self { recipient, params, attempts: 0, last_reply: String::new(), delay_told: DelayNotice::Pending }
    }
}

/// Whether the sender has had the notice of a delay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum DelayNotice {
    /// Not yet.
    Pending,
    /// It was sent.
    Sent,
}
