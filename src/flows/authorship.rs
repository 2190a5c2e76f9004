//! Who may stand in `From:`, `Sender:` and their `Resent-` forms of what people submit: only addresses of the login, for
//! what people read must be as true as the reverse-path.
//!
//! Fields that may be there once are there once (RFC 5322 §3.6): a second one would be shown by some clients instead of
//! the first.

use crate::mail::{Address, Fault, Status};
use crate::proto::mime::{self, Entry, Headers};

/// Fields that name who wrote or sent it.
const AUTHORS: [&str; 4] = ["From", "Sender", "Resent-From", "Resent-Sender"];
/// Fields of which clients show one.
const ONCE: [&str; 5] = ["From", "Sender", "Subject", "Date", "Message-ID"];

/// Judges a header by the addresses that the login may use, and gives the first author.
///
/// # Errors
/// `553 5.7.1` for somebody else's address, `554 5.6.0` for a field that is missing or there too often.
// [rfc6409#6.1] [rfc5322#3.6] [rfc5322#3.6.2] [rfc5322#3.6.6]
pub(super) fn authored_by(owned: &[Address], header: &[u8]) -> Result<Address, Fault> {
    for name in ONCE {
        if Headers::new(header).filter(|field| field.is(name)).count() > 1 {
            return Err(malformed(format!("{name} is there more than once")));
        }
    }
    let (mut authors, mut senders) = (Vec::new(), 0);
    for field in Headers::new(header) {
        let Some(name) = AUTHORS.into_iter().find(|name| field.is(name)) else { continue };
        let found = mailboxes(&field.value())?;
        if !found.iter().all(|address| owned.iter().any(|own| own.key() == address.key())) {
            return Err(Fault::user(Status::NotYourAddress, format!("{name} is not an address of the login")));
        }
        match name {
            "Sender" | "Resent-Sender" if found.len() != 1 => {
                return Err(malformed(format!("{name} names {} mailboxes", found.len())));
            }
            "Sender" => senders += 1,
            "From" => authors = found,
            _ => {}
        }
    }
    if authors.len() > 1 && senders == 0 {
        return Err(malformed("several authors and no Sender".to_owned()));
    }
    authors.into_iter().next().ok_or_else(|| malformed("no address in From".to_owned()))
}

/// The mailboxes of a field, groups opened (RFC 6854 allows them in From).
fn mailboxes(value: &[u8]) -> Result<Vec<Address>, Fault> {
    let mailbox = |entry| match entry {
        Entry::Mailbox { local, domain, .. } => Some((local, domain)),
        Entry::GroupStart(_) | Entry::GroupEnd => None,
    };
    let parse = |(local, domain): (String, String)| {
        Address::parse(&format!("{local}@{domain}"))
            .or_else(|_| Address::parse(&format!("\"{local}\"@{domain}")))
            .map_err(|error| Fault::user(Status::NotYourAddress, format!("an author's address: {error}")))
    };
    mime::addresses(value).into_iter().filter_map(mailbox).map(parse).collect()
}

fn malformed(detail: String) -> Fault {
    Fault::user(Status::MessageMalformed, detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_signs_with_its_own_addresses_only() {
        // [rfc6409#6.1] [rfc5322#3.6] [rfc5322#3.6.2] [rfc5322#3.6.6]
        let owned = ["Jean@a.mssante.fr", "secretariat@a.mssante.fr", "élise@a.mssante.fr", "\"a b\"@a.mssante.fr"];
        let owned = owned.map(|text| Address::parse(text).unwrap());
        let (not_yours, malformed) = (Some(Status::NotYourAddress), Some(Status::MessageMalformed));
        for (header, status) in [
            ("From: Jean <jean@A.mssante.fr>\r\n", None),
            ("From: eve@a.mssante.fr\r\n", not_yours),
            ("From: jean@a.mssante.fr, eve@a.mssante.fr\r\nSender: jean@a.mssante.fr\r\n", not_yours),
            ("From: jean@a.mssante.fr, secretariat@a.mssante.fr\r\n", malformed),
            ("From: jean@a.mssante.fr, secretariat@a.mssante.fr\r\nSender: jean@a.mssante.fr\r\n", None),
            ("From: secretariat@a.mssante.fr\r\nSender: jean@a.mssante.fr\r\n", None),
            ("From: jean@a.mssante.fr\r\nSender: eve@a.mssante.fr\r\n", not_yours),
            ("From: jean@a.mssante.fr\r\nSender: jean@a.mssante.fr, secretariat@a.mssante.fr\r\n", malformed),
            ("From: jean@a.mssante.fr\r\nSender:\r\n", malformed),
            ("From: jean@a.mssante.fr\r\nFrom: eve@a.mssante.fr\r\n", malformed),
            ("From: jean@a.mssante.fr\r\nfrom : jean@a.mssante.fr\r\n", malformed),
            ("From: jean@a.mssante.fr\r\nSubject: a\r\nSubject: b\r\n", malformed),
            ("To: jean@a.mssante.fr\r\n", malformed),
            ("From: group:;\r\n", malformed),
            ("From: Service: jean@a.mssante.fr;\r\n", None),
            ("From: Service: eve@b.fr;\r\n", not_yours),
            ("From: \"eve@b.fr\" <jean@a.mssante.fr>\r\n", None),
            ("From: jean@a.mssante.fr <eve@b.fr>\r\n", not_yours),
            ("From: Élise <élise@a.mssante.fr>\r\n", None),
            ("From: \"a b\"@a.mssante.fr\r\n", None),
            ("From: =?utf-8?q?jean=40a.mssante.fr?=\r\n", not_yours),
            ("From: jean\r\n", not_yours),
            ("From: jean@a.mssante.fr\r\nResent-From: eve@b.fr\r\n", not_yours),
            ("From: jean@a.mssante.fr\r\nResent-From: jean@a.mssante.fr\r\nResent-Sender: eve@b.fr\r\n", not_yours),
            ("From: jean@a.mssante.fr\r\nResent-From: jean@a.mssante.fr\r\nResent-To: x@b.fr\r\n", None),
        ] {
            let header = format!("{header}\r\n");
            assert_eq!(authored_by(&owned, header.as_bytes()).err().map(|f| f.status), status, "{header}");
        }
    }
}
