//! What another operator may hand in.

use crate::mail::{Fault, ReversePath, Status};
use crate::trust::VerifiedOperator;

/// What is known of a recipient's account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recipient {
    /// Whether the account takes messages.
    pub active: bool,
    /// Octets in it.
    pub used: u64,
    /// Octets it may hold.
    pub quota: u64,
}

/// Whether this reverse-path may come from this operator. The null reverse-path of reports belongs to no domain and is
/// open to every listed operator.
///
/// # Errors
/// `550 5.7.1` when the white list does not name the operator's certificate for the domain; the detail says why in the
/// word of [`crate::trust::Refusal::reason`].
// [mss#4]
pub fn incoming_sender(path: &ReversePath, operator: &VerifiedOperator) -> Result<(), Fault> {
    let Some(address) = path.address() else { return Ok(()) };
    match operator.refusal_for(address.domain()) {
        None => Ok(()),
        Some(refusal) => Err(Fault::peer(
            Status::DomainNotOperators,
            format!("{}: {} for {}", refusal.reason(), operator.dn(), address.domain()),
        )),
    }
}

/// Whether a message of this declared size may be put into this mailbox.
///
/// # Errors
/// `550 5.1.1` unknown, `550 5.2.1` inactive, `452 4.2.2` no room.
pub fn incoming_recipient(recipient: Option<Recipient>, size: u64) -> Result<(), Fault> {
    let Some(recipient) = recipient else {
        return Err(Fault::peer(Status::RecipientUnknown, "no account has this address"));
    };
    if !recipient.active {
        return Err(Fault::peer(Status::RecipientInactive, "the account is not active"));
    }
    if recipient.used.saturating_add(size) > recipient.quota {
        let detail = format!("{} of {} octets used, {size} more declared", recipient.used, recipient.quota);
        return Err(Fault::peer(Status::MailboxFull, detail));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recipients_exist_are_active_and_have_room() {
        let account = Recipient { active: true, used: 90, quota: 100 };
        for (recipient, size, expected) in [
            (None, 0, Some(Status::RecipientUnknown)),
            (Some(Recipient { active: false, ..account }), 0, Some(Status::RecipientInactive)),
            (Some(account), 11, Some(Status::MailboxFull)),
            (Some(account), u64::MAX, Some(Status::MailboxFull)),
            (Some(account), 10, None),
        ] {
            assert_eq!(incoming_recipient(recipient, size).err().map(|f| f.status), expected);
        }
    }
}
