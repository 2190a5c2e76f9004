//! GETQUOTA and GETQUOTAROOT (RFC 9208): one root for each account, with the octets that it may take: the
//! empty one for the session's own, `Shared/accueil@…` for one that is shared.

use super::dispatch::Outcome;
use super::{Imap, Output};
use crate::mail::{AclRights, Fault, Status};
use crate::proto::imap::name::WireName;
use crate::proto::imap::response::{self, Completion};
use crate::store::Account;

/// Octets of a unit of STORAGE.
const UNIT: u64 = 1024;

impl Imap {
    // [rfc9208#4.1.2]
    pub(super) fn get_quota(&self, root: &str, out: &mut Output) -> Outcome {
        let missing = || Fault::user(Status::NoSuchMailbox, "a quota root that is not there");
        let person = self.person()?;
        let home = self.homes()?.into_iter().find(|home| home.root() == root).ok_or_else(missing)?;
        let entry = self.services.store.entry(home.account.id()).ok_or_else(missing)?;
        let mut places = home.places(person, &entry)?.into_iter();
        places.find(|place| place.rights.contains(AclRights::READ)).ok_or_else(missing)?;
        tell_quota(&home.account, root, out)
    }

    // [rfc9208#4.1.3]
    pub(super) fn get_quota_root(&self, mailbox: &WireName, out: &mut Output) -> Outcome {
        let place = self.mailbox(mailbox)?;
        place.require(AclRights::READ, self.person()?)?;
        let root = place.root();
        let mut text = b"* QUOTAROOT ".to_vec();
        response::mailbox(&mut text, &place.info.name, self.names);
        text.push(b' ');
        response::string(&mut text, root.as_bytes());
        text.extend_from_slice(b"\r\n");
        out.extend(&text);
        tell_quota(&place.account, root, out)
    }
}

// [rfc9208#4.2.1] [rfc9208#5.1]
fn tell_quota(account: &Account, root: &str, out: &mut Output) -> Outcome {
    let usage = account.usage()?;
    let (used, limit) = (usage.bytes.div_ceil(UNIT), usage.quota / UNIT);
    let mut text = b"* QUOTA ".to_vec();
    response::string(&mut text, root.as_bytes());
    response::line(&mut text, format_args!(" (STORAGE {used} {limit})"));
    out.extend(&text);
    Ok(Completion::plain())
}
