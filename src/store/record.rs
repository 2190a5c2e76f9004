//! The compact record of a message: all that `FETCH 1:* (FLAGS)` needs, in a row of fixed size.

use super::rows::BodyPlace;
use crate::mail::{EnvelopeId, Fault, ModSeq, Status, SystemFlags, Time, Uid};

/// Which first events of the mailbox's own login are recorded, as bits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Observed(pub(super) u8);

impl Observed {
    /// Bytes left for the login's client.
    pub const TRANSFERRED: Self = Self(1);
    /// An opening.
    pub const OPENED: Self = Self(2);
    /// Marked as read without an opening.
    pub const SEEN: Self = Self(4);
    /// Deleted.
    pub const DELETED: Self = Self(8);

    /// Whether every event of `other` is recorded.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    pub(super) const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// One message in one mailbox. Its headers, structure and envelope are in its [view](super::MessageView).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Record {
    /// Its number in the mailbox.
    pub uid: Uid,
    /// The system flags.
    pub system: SystemFlags,
    /// The keywords, as bits of the mailbox's table: see [`super::MailboxIndex::flags`].
    pub keywords: u64,
    /// When its flags changed last, or it came.
    pub modseq: ModSeq,
    /// Octets, trace fields included: RFC822.SIZE.
    pub size: u64,
    /// INTERNALDATE.
    pub internal_date: Time,
    /// When it came into this mailbox (RFC 8514).
    pub saved: Time,
    /// The same in all copies of a message within an account, and in no other message of the server: EMAILID.
    // [rfc8474#5.1]
    pub message: u64,
    /// The envelope with which it came and the number of this recipient in it; none for what a client stored.
    pub envelope: Option<(EnvelopeId, u16)>,
    /// Which events of the account's own login are recorded already.
    pub observed: Observed,
    pub(super) body: BodyPlace,
}

impl Record {
    /// Bytes of the row.
    pub(super) const LENGTH: usize = 80;
    const VERSION: u8 = 1;

    /// Whether `\Seen` is not set.
    #[must_use]
    pub const fn unseen(&self) -> bool {
        self.system.0 & SystemFlags::SEEN.0 == 0
    }

    pub(super) const fn deleted(&self) -> bool {
        self.system.0 & SystemFlags::DELETED.0 != 0
    }

    /// The row. The UID is in its key.
    pub(super) fn encode(&self) -> Vec<u8> {
        let (envelope, rcpt) = self.envelope.unwrap_or((EnvelopeId([0; 16]), 0));
        let mut row = Vec::with_capacity(Self::LENGTH);
        row.extend_from_slice(&[Self::VERSION, self.system.0, self.observed.0, 0]);
        row.extend_from_slice(&rcpt.to_be_bytes());
        row.extend_from_slice(&[0, 0]);
        row.extend_from_slice(&self.keywords.to_be_bytes());
        row.extend_from_slice(&self.modseq.0.to_be_bytes());
        row.extend_from_slice(&self.size.to_be_bytes());
        row.extend_from_slice(&self.internal_date.0.to_be_bytes());
        row.extend_from_slice(&self.saved.0.to_be_bytes());
        row.extend_from_slice(&self.message.to_be_bytes());
        row.extend_from_slice(&self.body.0.to_be_bytes());
        row.extend_from_slice(&envelope.0[..]);
        row
    }

    /// Reads the row of the message with this UID.
    ///
    /// # Errors
    /// When the row has another length or version: damage of ours.
    pub(super) fn decode(uid: Uid, row: &[u8]) -> Result<Self, Fault> {
        let damaged = || Fault::ours(Status::Storage, format!("record of UID {uid}: {} bytes", row.len()));
        let (words, rest) = row.as_chunks::<8>();
        let [head, keywords, modseq, size, internal_date, saved, message, body, envelope @ ..] = words else {
            return Err(damaged());
        };
        if head[0] != Self::VERSION || row.len() != Self::LENGTH || !rest.is_empty() {
            return Err(damaged());
        }
        let id = EnvelopeId(envelope.concat().try_into().map_err(|_| damaged())?);
        let rcpt = u16::from_be_bytes([head[4], head[5]]);
        Ok(Self {
            uid,
            system: SystemFlags(head[1]),
            observed: Observed(head[2]),
            keywords: u64::from_be_bytes(*keywords),
            modseq: ModSeq(u64::from_be_bytes(*modseq)),
            size: u64::from_be_bytes(*size),
            internal_date: Time(i64::from_be_bytes(*internal_date)),
            saved: Time(i64::from_be_bytes(*saved)),
            message: u64::from_be_bytes(*message),
            envelope: (id.0 != [0; 16]).then_some((id, rcpt)),
            body: BodyPlace(u64::from_be_bytes(*body)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_survives_its_row() {
        let mut record = Record {
            uid: Uid::new(7).unwrap(),
            system: SystemFlags::SEEN,
            keywords: 1 << 63,
            modseq: ModSeq(u64::MAX),
            size: 75_000,
            internal_date: Time(-1),
            saved: Time(1_700_000_000_000),
            message: 9,
            envelope: Some((EnvelopeId([3; 16]), 65_535)),
            observed: Observed::OPENED,
            body: BodyPlace(5),
        };
        assert_eq!(record.encode().len(), Record::LENGTH);
        assert_eq!(Record::decode(record.uid, &record.encode()).unwrap(), record);
        record.envelope = None;
        assert_eq!(Record::decode(record.uid, &record.encode()).unwrap(), record);
        for wrong in [0, 1, 79, 81, 160] {
            assert!(Record::decode(record.uid, &vec![1; wrong]).is_err(), "{wrong} bytes");
        }
        assert!(Record::decode(record.uid, &[2; 80]).is_err(), "another version");
    }
}
