//! Reading annotations (RFC 5464).

use serde::{Deserialize, Serialize};

use super::account::Account;
use super::core::unseal;
use super::rows::key;
use crate::mail::{Fault, MailboxId, ModSeq};

/// Octets of a value.
pub(super) const VALUE_MAX: usize = 8192;
/// Annotations of one mailbox that one account keeps.
pub(super) const MAILBOX_MAX: usize = 50;
/// Annotations that one account keeps.
pub(super) const ACCOUNT_MAX: usize = 1000;
/// In place of a mailbox for annotations of the server; no mailbox has this number.
pub(super) const NO_MAILBOX: MailboxId = MailboxId(0);

/// One annotation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Annotation {
    /// Its name, in lower case.
    pub entry: String,
    /// Its value.
    pub value: Vec<u8>,
    /// When it was set last, as the account that keeps it counts changes.
    pub changed: ModSeq,
}

impl Account {
    /// The annotations that this account keeps of a mailbox, its own or another's, or of the server; by name.
    ///
    /// # Errors
    /// `Storage`.
    pub fn annotations(&self, mailbox: Option<MailboxId>) -> Result<Vec<Annotation>, Fault> {
        let rows = self.core.rows(&key::annotations(self.entry.id, mailbox.unwrap_or(NO_MAILBOX)))?;
        let open = |(place, sealed): &(Vec<u8>, Vec<u8>)| {
            unseal::<Annotation>("an annotation", &self.entry.rows, place, sealed)
        };
        let mut annotations = rows.iter().map(open).collect::<Result<Vec<_>, _>>()?;
        annotations.sort_unstable_by(|a, b| a.entry.cmp(&b.entry));
        Ok(annotations)
    }
}
