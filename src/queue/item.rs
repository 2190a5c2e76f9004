//! What a queue holds.

use serde::{Deserialize, Serialize};

use super::slot::{Due, Slot, Tag};
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

impl Message {
    /// When it is tried first, and from when its delay counts: when it was accepted, or when its sender wants it released
    /// (RFC 4865).
    // [rfc4865#4]
    #[must_use]
    pub fn released(&self) -> Time {
        self.wishes.hold_until.map_or(self.accepted, |until| until.max(self.accepted))
    }
}

/// One recipient that a message has not reached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// To whom.
    pub recipient: Address,
    /// Which reports the sender asked for, and how the recipient was written first (NOTIFY, ORCPT).
    pub params: RcptParams,
    /// When it is to be tried next.
    pub due: Due,
    /// What stands for the recipient's domain in the index.
    pub domain: Tag,
    /// What stands for the sender in the index.
    pub sender: Tag,
    /// MT-PRIORITY of the message.
    pub priority: i8,
    /// Attempts so far.
    pub attempts: u32,
    /// The last reply or reason, for people; empty before the first attempt.
    pub last_reply: String,
    /// Whether the sender was told that it is late.
    pub delay_told: DelayNotice,
}

impl Item {
    /// An item that was never tried. Its place in the index is given by [`enqueue`](super::enqueue).
    #[must_use]
    pub fn first(recipient: Address, params: RcptParams) -> Self {
        Self {
            recipient,
            params,
            due: Due::Held,
            domain: Tag::default(),
            sender: Tag::default(),
            priority: 0,
            attempts: 0,
            last_reply: String::new(),
            delay_told: DelayNotice::Pending,
        }
    }

    /// Its entry in the index.
    #[must_use]
    pub fn slot(&self, envelope: EnvelopeId, rcpt: u16) -> Slot {
        let Self { due, domain, sender, priority, .. } = *self;
        Slot { domain, due, envelope, rcpt, sender, priority }
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
