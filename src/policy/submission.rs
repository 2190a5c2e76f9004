//! What a person or a program of ours may send.

use crate::mail::{Address, Fault, ReversePath, Status};

use super::{Recipient, incoming_recipient};

/// Where a recipient's address leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Destination {
    /// A domain of this server, and the account if there is one.
    Here(Option<Recipient>),
    /// A domain that the white list names.
    Listed,
    /// Anywhere else.
    Outside,
}

/// Whether the login, which owns these addresses, may use this reverse-path. The null one is for servers' reports and
/// for receipts that a client sends itself (RFC 8098 §2.1), so a login may use it too.
///
/// # Errors
/// `553 5.7.1` when the address belongs to somebody else.
pub fn outgoing_sender(owned: &[Address], path: &ReversePath) -> Result<(), Fault> {
    let Some(address) = path.address() else { return Ok(()) };
    if owned.iter().any(|own| own.key() == address.key()) {
        return Ok(());
    }
    Err(Fault::user(Status::NotYourAddress, "the reverse-path is not an address of the login"))
}

/// Whether a message may go to this recipient: at once, while the person still looks at it.
///
/// # Errors
/// `550 5.7.1` outside the trust space; for our own domains what [`incoming_recipient`] says.
pub fn outgoing_recipient(destination: Destination, size: u64) -> Result<(), Fault> {
    match destination {
        Destination::Here(recipient) => incoming_recipient(recipient, size),
        Destination::Listed => Ok(()),
        Destination::Outside => Err(Fault::user(Status::OutsideTrustSpace, "the white list does not name the domain")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_writes_in_its_own_name_only() {
        let owned = [Address::parse("a.b@chu.mssante.fr").unwrap()];
        let path = |text| ReversePath::Address(Address::parse(text).unwrap());
        assert!(outgoing_sender(&owned, &path("A.B@CHU.mssante.fr")).is_ok());
        assert!(outgoing_sender(&owned, &ReversePath::Null).is_ok());
        assert_eq!(outgoing_sender(&owned, &path("c@chu.mssante.fr")).unwrap_err().status, Status::NotYourAddress);
    }

    #[test]
    fn nothing_leaves_the_trust_space() {
        assert!(outgoing_recipient(Destination::Listed, 0).is_ok());
        for (destination, status) in
            [(Destination::Outside, Status::OutsideTrustSpace), (Destination::Here(None), Status::RecipientUnknown)]
        {
            assert_eq!(outgoing_recipient(destination, 0).unwrap_err().status, status);
        }
    }
}
