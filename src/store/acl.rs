//! Who may do what with one mailbox of an account: what the administrator gave for the whole account, and what the
//! mailbox's own list (RFC 4314) says instead. Only data: whoever asks decides.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::access::Holder;
use super::directory::AccountEntry;
use crate::mail::{AccountId, AclRights, MailboxId};

/// Entries of one mailbox's list.
pub(super) const ENTRIES_MAX: usize = 500;

/// Whether an entry gives rights or takes them (RFC 4314 §2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Sign {
    /// The person has these rights.
    Gives,
    /// The person does not have these, whatever else says so.
    Takes,
}

/// One entry of a mailbox's list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct AclEntry {
    /// Whom it concerns.
    pub person: AccountId,
    /// Which way.
    pub sign: Sign,
    /// Which rights.
    pub rights: AclRights,
}

/// The lists of an account's mailboxes; a mailbox without one is not in it.
pub(super) type Lists = BTreeMap<MailboxId, Vec<AclEntry>>;

impl AccountEntry {
    /// What this person may do with a mailbox of the account. The account's own login may do everything.
    ///
    /// A person's own entry stands in place of what the administrator gave for the whole account; a negative one is
    /// taken from that.
    // [rfc4314#2]
    #[must_use]
    pub fn rights_in(&self, mailbox: MailboxId, person: AccountId) -> AclRights {
        if person == self.id {
            return AclRights::ALL;
        }
        let own = |sign| self.own_entry(mailbox, person, sign);
        let given = own(Sign::Gives).unwrap_or_else(|| self.rights_everywhere(person));
        given.without(own(Sign::Takes).unwrap_or_default())
    }

    /// What this person may do where no mailbox says something else: also who may create mailboxes at the top.
    #[must_use]
    pub fn rights_everywhere(&self, person: AccountId) -> AclRights {
        if person == self.id { AclRights::ALL } else { AclRights::from(self.rights_of(person)) }
    }

    /// What the list itself says of a person.
    #[must_use]
    pub fn own_entry(&self, mailbox: MailboxId, person: AccountId, sign: Sign) -> Option<AclRights> {
        let entries = self.acl.get(&mailbox)?;
        entries.iter().find(|entry| (entry.person, entry.sign) == (person, sign)).map(|entry| entry.rights)
    }

    /// The whole list of a mailbox, without the owner, without empty entries: persons in the order of their numbers.
    #[must_use]
    pub fn list_of(&self, mailbox: MailboxId) -> Vec<AclEntry> {
        let mut list: Vec<AclEntry> = self.acl.get(&mailbox).cloned().unwrap_or_default();
        for Holder { person, rights, .. } in &self.holders {
            if self.own_entry(mailbox, *person, Sign::Gives).is_none() {
                list.push(AclEntry { person: *person, sign: Sign::Gives, rights: AclRights::from(*rights) });
            }
        }
        list.retain(|entry| !entry.rights.is_empty());
        list.sort_unstable_by_key(|entry| (entry.person, entry.sign));
        list
    }

    /// The persons to whom lists of its mailboxes give anything.
    pub(super) fn listed(&self) -> impl Iterator<Item = AccountId> {
        let gives = |entry: &&AclEntry| entry.sign == Sign::Gives && !entry.rights.is_empty();
        self.acl.values().flatten().filter(gives).map(|entry| entry.person)
    }
}
