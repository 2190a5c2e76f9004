//! What another operator may hand in.

use crate::mail::{Fault, ReversePath, Status};

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

/// Whether this reverse-path may come from an operator for whom `listed` says «the white list names this operator's
/// certificate for that domain». The null reverse-path of reports belongs to no domain and is open to every listed
/// operator.
///
/// # Errors
/// `550 5.7.1` when the domain is not one of the operator's.
// [mss#4]
pub fn incoming_sender(path: &ReversePath, listed: bool, operator: &str) -> Result<(), Fault> {
    match path {
        ReversePath::Null => Ok(()),
        ReversePath::Address(_) if listed => Ok(()),
        ReversePath::Address(address) => {
            Err(Fault::peer(Status::DomainNotOperators, format!("{} is not listed for {operator}", address.domain())))
        }
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
    use crate::mail::Address;

    #[test]
    fn a_domain_comes_only_from_its_operator() {
        // [mss#4]
        let path = ReversePath::Address(Address::parse("a@chu.mssante.fr").unwrap());
        assert!(incoming_sender(&path, true, "CN=x").is_ok());
        assert_eq!(incoming_sender(&path, false, "CN=x").unwrap_err().status, Status::DomainNotOperators);
        assert!(incoming_sender(&ReversePath::Null, false, "CN=x").is_ok());
    }

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
