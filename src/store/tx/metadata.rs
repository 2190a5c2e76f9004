//! Annotations of mailboxes and of the server (RFC 5464): small values by name.

use super::Tx;
use crate::mail::{AccountId, Fault, MailboxId, Status};
use crate::store::core::{seal, unseal};
use crate::store::metadata::{ACCOUNT_MAX, Annotation, MAILBOX_MAX, NO_MAILBOX, VALUE_MAX};
use crate::store::rows::{SpecialUse, key};

impl Tx<'_> {
    /// Sets an annotation, or takes it away. It lies with `keeper`: the account that has the mailbox for what is shared,
    /// the person's own for what is private. Without a mailbox it is about the server.
    ///
    /// # Errors
    /// `AnnotationTooLarge` beyond 8 KiB, `TooManyAnnotations` beyond 50 of one mailbox or 1,000 of the account;
    /// `RecipientUnknown`.
    // [rfc5464#4.3]
    pub fn annotate(
        &mut self,
        keeper: AccountId,
        mailbox: Option<MailboxId>,
        entry: &str,
        value: Option<Vec<u8>>,
    ) -> Result<(), Fault> {
        let mailbox = mailbox.unwrap_or(NO_MAILBOX);
        let place = key::annotation(keeper, mailbox, &self.core.keys.tag(&format!("annotation {keeper}"), entry));
        let known = self.get(&place)?.is_some();
        let Some(value) = value else {
            if known {
                self.delete(place);
                self.next_modseq(keeper)?;
            }
            return Ok(());
        };
        if value.len() > VALUE_MAX {
            return Err(Fault::user(Status::AnnotationTooLarge, "a value"));
        }
        let full = |prefix: &[u8], most| -> Result<bool, Fault> { Ok(self.scan(prefix)?.len() >= most) };
        if !known
            && (full(&key::annotations(keeper, mailbox), MAILBOX_MAX)?
                || full(&key::all_annotations(keeper), ACCOUNT_MAX)?)
        {
            return Err(Fault::user(Status::TooManyAnnotations, "annotations"));
        }
        let changed = self.next_modseq(keeper)?;
        let row = Annotation { entry: entry.to_owned(), value, changed };
        let sealed = seal(&self.entry(keeper)?.rows, &place, &row, &self.core.edge);
        self.put(place, sealed);
        Ok(())
    }

    /// Says what a mailbox is for.
    ///
    /// # Errors
    /// `NoSuchMailbox`.
    // [rfc6154#4]
    pub fn set_special_use(
        &mut self,
        account: AccountId,
        mailbox: MailboxId,
        special_use: Option<SpecialUse>,
    ) -> Result<(), Fault> {
        let mut row = self.mailbox_row(account, mailbox)?;
        row.special_use = special_use;
        self.put_mailbox_row(account, mailbox, &row)?;
        self.hint(account)
    }

    /// A deleted mailbox's annotations go, those too that persons who could use it keep for themselves.
    // [rfc5464#4.1]
    pub(super) fn drop_annotations(&mut self, account: AccountId, mailbox: MailboxId) -> Result<(), Fault> {
        let entry = self.entry(account)?;
        let mut keepers: Vec<AccountId> = entry.holders.iter().map(|holder| holder.person).collect();
        keepers.extend(entry.listed());
        keepers.push(account);
        for keeper in keepers {
            for (place, _) in self.scan(&key::annotations(keeper, mailbox))? {
                self.delete(place);
            }
        }
        Ok(())
    }

    /// INBOX keeps its annotations when its messages go to a new mailbox, which gets the same.
    // [rfc5464#4.1]
    pub(super) fn copy_annotations(&mut self, account: AccountId, from: MailboxId, to: MailboxId) -> Result<(), Fault> {
        for (place, sealed) in self.scan(&key::annotations(account, from))? {
            let row: Annotation = unseal("an annotation", &self.entry(account)?.rows, &place, &sealed)?;
            self.annotate(account, Some(to), &row.entry, Some(row.value))?;
        }
        Ok(())
    }
}
