//! An entry of the queue's index: when a recipient is to be tried, and all that planning needs to know of it. Its name
//! is the whole entry, sorts by domain and due time, and holds no personal data: domains and senders are keyed tags.

use serde::{Deserialize, Serialize};

use crate::mail::{EnvelopeId, Fault, Status, Time};

/// Octets of a name: domain, due time, envelope, recipient, sender, priority.
const NAME: usize = 8 + 8 + 16 + 2 + 8 + 1;

/// What stands for a domain or a sender in the index.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Tag(pub [u8; 8]);

impl Tag {
    /// The first half of a keyed tag of the store.
    #[must_use]
    pub fn of(whole: [u8; 16]) -> Self {
        Self(std::array::from_fn(|at| whole[at]))
    }
}

/// When something is to be tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Due {
    /// At this time or later.
    At(Time),
    /// Not before an administrator releases it.
    Held,
}

/// An entry of the index. Its order is that of the names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Slot {
    /// The recipient's domain.
    pub domain: Tag,
    /// When to try.
    pub due: Due,
    /// The envelope.
    pub envelope: EnvelopeId,
    /// The recipient's number in the envelope, from 1.
    pub rcpt: u16,
    /// The sender.
    pub sender: Tag,
    /// MT-PRIORITY (RFC 6710).
    pub priority: i8,
}

impl Slot {
    /// What every name is below.
    pub const END: [u8; NAME + 1] = [u8::MAX; NAME + 1];

    /// The entry as it stands in the index.
    #[must_use]
    pub fn name(&self) -> Vec<u8> {
        let due = match self.due {
            // Due times are after 1970, so that their big-endian form sorts as they do.
            Due::At(time) => u64::try_from(time.0).unwrap_or(0),
            Due::Held => u64::MAX,
        };
        let priority = [(i16::from(self.priority) + 128).to_be_bytes()[1]];
        [&self.domain.0[..], &due.to_be_bytes(), &self.envelope.0, &self.rcpt.to_be_bytes(), &self.sender.0, &priority]
            .concat()
    }

    /// Reads a name.
    ///
    /// # Errors
    /// `Storage` when it has another form.
    pub fn read(name: &[u8]) -> Result<Self, Fault> {
        let bad = || Fault::ours(Status::Storage, "an entry of the queue's index has another form");
        let name: &[u8; NAME] = name.try_into().map_err(|_| bad())?;
        let eight = |from: usize| std::array::from_fn::<u8, 8, _>(|at| name[from + at]);
        let due = match u64::from_be_bytes(eight(8)) {
            u64::MAX => Due::Held,
            time => Due::At(Time(i64::try_from(time).unwrap_or(i64::MAX))),
        };
        Ok(Self {
            domain: Tag(eight(0)),
            due,
            envelope: EnvelopeId(std::array::from_fn(|at| name[16 + at])),
            rcpt: u16::from_be_bytes([name[32], name[33]]),
            sender: Tag(eight(34)),
            priority: i8::try_from(i16::from(name[42]) - 128).unwrap_or(0),
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    prop_compose! {
        fn slot()(
            domain in 0_u8..3, due in prop_oneof![(0_i64..1000).prop_map(Some), Just(None)], envelope in 0_u8..3,
            rcpt: u16, sender in 0_u8..3, priority in -9_i8..=9,
        ) -> Slot {
            Slot {
                domain: Tag([domain; 8]),
                due: due.map_or(Due::Held, |due| Due::At(Time(due))),
                envelope: EnvelopeId([envelope; 16]),
                rcpt,
                sender: Tag([sender; 8]),
                priority,
            }
        }
    }

    proptest! {
        #[test]
        fn names_are_read_back_and_sort_as_their_entries(a in slot(), b in slot()) {
            prop_assert_eq!(Slot::read(&a.name()).unwrap(), a);
            prop_assert_eq!(a.name().cmp(&b.name()), a.cmp(&b));
        }
    }

    #[test]
    fn other_names_are_refused() {
        assert!(Slot::read(b"i").is_err());
        assert!(Slot::read(&[0; NAME + 1]).is_err());
    }
}
