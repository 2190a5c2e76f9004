//! As whom somebody acts: on the own mailbox, or on one of an organisation that the person holds.

use std::sync::Arc;

use super::{Behalf, Login, Logins, Visitor, failed};
use crate::mail::{AccountId, Address, Fault, Rights, Status};
use crate::store::{AccountEntry, Store};

/// Between the person's name and the mailbox's, in clients that can say only one name.
const ON_BEHALF_OF: char = '*';

/// A user name, taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Name<'a> {
    /// Who signs in.
    pub(super) user: &'a str,
    mailbox: Option<&'a str>,
}

impl<'a> Name<'a> {
    /// Reads `person` or `person*mailbox`, both whole addresses, so that an address with a `*` of its own stays one.
    /// What is asked for beside (SASL's authorisation identity) must not say something else.
    pub(super) fn read(user: &'a str, authzid: Option<&'a str>) -> Result<Self, Fault> {
        let both = user.split_once(ON_BEHALF_OF).filter(|(person, mailbox)| is_address(person) && is_address(mailbox));
        let (user, mailbox) = both.map_or((user, None), |(person, mailbox)| (person, Some(mailbox)));
        match (mailbox, authzid) {
            (Some(one), Some(other)) if !same(one, other) => Err(failed("two different mailboxes were asked for")),
            (mailbox, authzid) => Ok(Self { user, mailbox: mailbox.or(authzid) }),
        }
    }

    /// The mailbox that was asked for: the person's own when none was named.
    pub(super) fn wanted(&self) -> Option<&'a str> {
        self.mailbox.or(Some(self.user))
    }
}

fn is_address(text: &str) -> bool {
    Address::parse(text).is_ok()
}

fn same(a: &str, b: &str) -> bool {
    match (Address::parse(a), Address::parse(b)) {
        (Ok(a), Ok(b)) => a.key() == b.key(),
        _ => a == b,
    }
}

impl Logins {
    /// The login of one of these accounts, which all belong to whoever comes: the one that was asked for, the only
    /// one, or one that holds the mailbox that was asked for.
    pub(super) fn chosen(
        &self,
        accounts: &[Arc<AccountEntry>],
        wanted: Option<&str>,
        visitor: &Visitor,
        sign_in: impl Fn(&AccountEntry) -> Login,
    ) -> Option<Login> {
        let mut active = accounts.iter().filter(|entry| entry.active);
        let Some(wanted) = wanted else {
            let only = active.next()?;
            return active.next().is_none().then(|| sign_in(only));
        };
        let wanted = Address::parse(wanted).ok()?;
        if let Some(own) = active.clone().find(|entry| entry.address.key() == wanted.key()) {
            return Some(sign_in(own));
        }
        let mailbox = self.store.find(&wanted).filter(|entry| entry.active)?;
        let holder = active.find(|entry| mailbox.rights_of(entry.id).contains(visitor.purpose))?;
        let rights = mailbox.rights_of(holder.id);
        let behalf = Behalf { account: mailbox.id, address: mailbox.address.clone(), rights };
        Some(Login { behalf: Some(behalf), ..sign_in(holder) })
    }
}

/// Whether a login may go on.
pub(super) fn stands(store: &Store, login: &Login) -> Result<(), Fault> {
    let gone = |why| Err(Fault::user(Status::LoginRequired, why));
    if !active(store, login.account) {
        return gone("the account is not active any more");
    }
    match &login.behalf {
        Some(behalf) if !active(store, behalf.account) => gone("the shared mailbox is not active any more"),
        Some(behalf) if !rights(store, behalf.account, login.account).contains(behalf.rights) => {
            gone("the right to the shared mailbox was taken back")
        }
        _ => Ok(()),
    }
}

/// The addresses that a login may write in the name of: its own, and those of the mailboxes that it holds with the
/// right to send.
///
/// # Errors
/// `LoginRequired` when the account is not active any more.
// [rfc6409#6.1]
pub fn addresses(store: &Store, login: &Login) -> Result<Vec<Address>, Fault> {
    stands(store, login)?;
    let may_send = |entry: &&Arc<AccountEntry>| entry.active && entry.rights_of(login.account).contains(Rights::SEND);
    let held = store.held_by(login.account);
    let held = held.iter().filter(may_send).map(|entry| entry.address.clone());
    Ok(std::iter::once(login.address.clone()).chain(held).collect())
}

fn active(store: &Store, account: AccountId) -> bool {
    store.entry(account).is_some_and(|entry| entry.active)
}

fn rights(store: &Store, mailbox: AccountId, person: AccountId) -> Rights {
    store.entry(mailbox).map_or(Rights::NONE, |entry| entry.rights_of(person))
}
