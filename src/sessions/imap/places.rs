//! Where a mailbox name leads: into the account of the session, or below `Shared/` into an account of which the login
//! may use something. A mailbox over which the login has no right at all is not there, in every command alike.

use super::dispatch::{Outcome, write_line};
use super::mailboxes::not_a_name;
use super::{Imap, Output, Person};
use crate::mail::{AccountId, AclRights, Address, Fault, MailboxId, Status};
use crate::proto::imap::name::{INBOX, SEPARATOR, WireName};
use crate::proto::imap::response::Completion;
use crate::store::{Account, AccountEntry, AccountKind, MailboxInfo, Tx};

/// The first level of the names of shared mailboxes; the second is the account's address.
pub(super) const SHARED: &str = "Shared";

/// A mailbox that the login may use in some way.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) account: Account,
    /// Its name is the one that the client knows.
    pub(super) info: MailboxInfo,
    /// Octets of the name that are not the account's: those of `Shared/accueil@…/`.
    prefix: usize,
    pub(super) rights: AclRights,
}

/// An account with what stands before its names.
pub(super) struct Home {
    pub(super) account: Account,
    /// Empty, or `Shared/accueil@…/`.
    pub(super) prefix: String,
}

/// What a login must be allowed at the moment at which its change is written: rights may be taken back between the
/// question and the commit.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pass {
    account: AccountId,
    /// A mailbox, or none for what is right above all of them.
    mailbox: Option<MailboxId>,
    person: AccountId,
    rights: AclRights,
}

impl Pass {
    pub(super) fn new(account: AccountId, mailbox: MailboxId, person: AccountId, rights: AclRights) -> Self {
        Self { account, mailbox: Some(mailbox), person, rights }
    }

    /// Asks again, within the transaction.
    pub(super) fn check(&self, tx: &Tx<'_>) -> Result<(), Fault> {
        let rights = match self.mailbox {
            Some(mailbox) => tx.rights_in(self.account, mailbox, self.person)?,
            None => tx.rights_everywhere(self.account, self.person)?,
        };
        if rights.contains(self.rights) { Ok(()) } else { Err(lacking(rights)) }
    }
}

impl Place {
    /// Refuses a login that may not do this with the mailbox.
    pub(super) fn require(&self, rights: AclRights, person: &Person) -> Result<Pass, Fault> {
        if !self.rights.contains(rights) {
            return Err(lacking(self.rights));
        }
        Ok(Pass::new(self.account.id(), self.info.id, person.login.account, rights))
    }
}

impl Place {
    /// Whether it is the session's own account that has it.
    pub(super) fn is_personal(&self) -> bool {
        self.prefix == 0
    }

    /// The quota root.
    pub(super) fn root(&self) -> &str {
        self.info.name[..self.prefix].strip_suffix(SEPARATOR).unwrap_or_default()
    }
}

impl Home {
    /// The quota root.
    pub(super) fn root(&self) -> &str {
        self.prefix.strip_suffix(SEPARATOR).unwrap_or_default()
    }

    /// Gives a mailbox the name under which the client sees it. What it is for is its account's matter: a client that
    /// found two mailboxes for what is sent might put everything into the wrong one.
    fn show(&self, info: &mut MailboxInfo) {
        if !self.prefix.is_empty() {
            info.name.insert_str(0, &self.prefix);
            info.special_use = None;
        }
    }

    /// The mailboxes of this account over which the login has any right.
    pub(super) fn places(&self, person: &Person, entry: &AccountEntry) -> Result<Vec<Place>, Fault> {
        let place = |mut info: MailboxInfo| {
            let rights = entry.rights_in(info.id, person.login.account);
            self.show(&mut info);
            (!rights.hide()).then(|| Place { account: self.account.clone(), info, prefix: self.prefix.len(), rights })
        };
        Ok(self.account.mailboxes()?.into_iter().filter_map(place).collect())
    }
}

impl Person {
    /// Whether the session shows what others share: one that acts on a mailbox of others shows only that.
    pub(super) fn sees_shared(&self) -> bool {
        self.login.behalf.is_none()
    }
}

impl Imap {
    /// Nobody's own mailboxes are shared, so there are none of other users.
    // [rfc2342#5] [rfc9051#6.3.10]
    pub(super) fn namespace(&self, out: &mut Output) -> Outcome {
        let shared = if self.person()?.sees_shared() { format!("((\"{SHARED}/\" \"/\"))") } else { "NIL".to_owned() };
        write_line(out, format_args!("* NAMESPACE ((\"\" \"/\")) NIL {shared}"));
        Ok(Completion::plain())
    }

    /// The mailbox with this name.
    ///
    /// # Errors
    /// The same for a name that can't be read, that nobody has, that somebody else has, and that may not be used.
    // [rfc4314#6]
    pub(super) fn mailbox(&self, name: &WireName) -> Result<Place, Fault> {
        let name = name.read(self.names).ok_or_else(no_such_mailbox)?;
        self.mailbox_named(&name)
    }

    /// The same for a name that was read.
    pub(super) fn mailbox_named(&self, name: &str) -> Result<Place, Fault> {
        let (home, local) = self.home_of(name)?.ok_or_else(no_such_mailbox)?;
        let mut info = home.account.mailbox_by_name(local)?.ok_or_else(no_such_mailbox)?;
        let rights = self.rights_in(&home.account, info.id)?;
        if rights.hide() {
            return Err(no_such_mailbox());
        }
        home.show(&mut info);
        Ok(Place { account: home.account, info, prefix: home.prefix.len(), rights })
    }

    /// All mailboxes that the login may use in some way.
    pub(super) fn mailboxes(&self) -> Result<Vec<Place>, Fault> {
        let (person, mut places) = (self.person()?, Vec::new());
        for home in self.homes()? {
            if let Some(entry) = self.services.store.entry(home.account.id()) {
                places.extend(home.places(person, &entry)?);
            }
        }
        Ok(places)
    }

    /// The account of the session, and those that share something with the login.
    pub(super) fn homes(&self) -> Result<Vec<Home>, Fault> {
        let person = self.person()?;
        let mut homes = vec![Home { account: person.account.clone(), prefix: String::new() }];
        if person.sees_shared() {
            for entry in self.services.store.reached_by(person.login.account).iter().filter(|entry| is_shared(entry)) {
                let (account, level) = (self.services.store.account(entry.id)?, level_of(&entry.address));
                homes.push(Home { account, prefix: format!("{SHARED}/{level}/") });
            }
        }
        Ok(homes)
    }

    /// What the login may do with a mailbox now.
    pub(super) fn rights_in(&self, account: &Account, mailbox: MailboxId) -> Result<AclRights, Fault> {
        let login = self.person()?.login.account;
        if login == account.id() {
            return Ok(AclRights::ALL);
        }
        let entry = self.services.store.entry(account.id()).filter(|entry| entry.active);
        Ok(entry.map_or(AclRights::NONE, |entry| entry.rights_in(mailbox, login)))
    }

    /// The account in which a name lies, and what of the name is the account's own. None where no mailbox can be.
    pub(super) fn home_of<'a>(&self, name: &'a str) -> Result<Option<(Home, &'a str)>, Fault> {
        let person = self.person()?;
        let Some(shared) = name.strip_prefix(SHARED).filter(|_| person.sees_shared()) else {
            return Ok(Some((Home { account: person.account.clone(), prefix: String::new() }, name)));
        };
        let Some(rest) = shared.strip_prefix(SEPARATOR) else {
            let own = (!shared.is_empty()).then(|| Home { account: person.account.clone(), prefix: String::new() });
            return Ok(own.map(|home| (home, name)));
        };
        let found = rest.split_once(SEPARATOR).and_then(|(level, local)| Some((address_of(level)?, level, local)));
        let Some((address, level, local)) = found else { return Ok(None) };
        let entry = self.services.store.find(&address);
        let entry = entry.filter(|entry| is_shared(entry) && level_of(&entry.address) == level);
        let Some(entry) = entry else { return Ok(None) };
        let home = Home { account: self.services.store.account(entry.id)?, prefix: format!("{SHARED}/{level}/") };
        Ok(Some((home, local)))
    }

    /// Where a new name will lie, for whoever may create mailboxes there: in the nearest mailbox above it that exists,
    /// or at the top of the account.
    ///
    /// # Errors
    /// `NoRight`, the same for an account that is not there and for one that is closed to the login.
    // [rfc4314#4]
    pub(super) fn place_for(&self, name: &str) -> Result<(Account, String, Pass), Fault> {
        if self.person()?.sees_shared() && (name == SHARED || is_account_name(name)) {
            return Err(not_a_name());
        }
        let Some((home, local)) = self.home_of(name)? else { return Err(not_here()) };
        let (person, account) = (self.person()?.login.account, home.account);
        let entry = self.services.store.entry(account.id());
        let above = if person == account.id() { None } else { nearest(&account, local)? };
        let rights = entry.map_or(AclRights::NONE, |entry| match &above {
            Some(above) => entry.rights_in(above.id, person),
            None => entry.rights_everywhere(person),
        });
        if !rights.contains(AclRights::CREATE) {
            return Err(not_here());
        }
        let mailbox = above.map(|above| above.id);
        let pass = Pass { account: account.id(), mailbox, person, rights: AclRights::CREATE };
        Ok((account, local.to_owned(), pass))
    }

    /// A name that a new mailbox may have, or that may be subscribed.
    pub(super) fn new_name(&self, name: &WireName) -> Result<String, Fault> {
        let name = name.read_new(self.names).ok_or_else(not_a_name)?;
        let (home, local) = match self.home_of(&name)? {
            Some(found) => found,
            None => return Ok(name),
        };
        let (first, rest) = local.split_at(local.find(SEPARATOR).unwrap_or(local.len()));
        let first = if first.eq_ignore_ascii_case(INBOX) { INBOX } else { first };
        Ok(format!("{}{first}{rest}", home.prefix))
    }
}

/// The nearest mailbox above a name.
fn nearest(account: &Account, name: &str) -> Result<Option<MailboxInfo>, Fault> {
    let mailboxes = account.mailboxes()?;
    let above = mailboxes.into_iter().filter(|info| name.strip_prefix(&info.name).is_some_and(|s| s.starts_with('/')));
    Ok(above.max_by_key(|info| info.name.len()))
}

/// `Shared/accueil@…`, which is no mailbox and has them below it.
fn is_account_name(name: &str) -> bool {
    name.strip_prefix(SHARED)
        .and_then(|rest| rest.strip_prefix(SEPARATOR))
        .is_some_and(|rest| !rest.contains(SEPARATOR))
}

/// Only what belongs to no person is shared.
fn is_shared(entry: &AccountEntry) -> bool {
    entry.active && entry.kind != AccountKind::Personal
}

/// An address as a level of a name: what no level may hold is written as `=2F`.
fn level_of(address: &Address) -> String {
    let escaped = |c: char| match c {
        '/' | '*' | '%' | '=' => format!("={:02X}", c as u32),
        c => c.to_string(),
    };
    address.to_string().chars().map(escaped).collect()
}

fn address_of(level: &str) -> Option<Address> {
    let (mut text, mut rest) = (String::new(), level);
    while let Some((before, after)) = rest.split_once('=') {
        let code = after.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok())?;
        text.push_str(before);
        text.push(char::from(code));
        rest = &after[2..];
    }
    Address::parse(&format!("{text}{rest}")).ok()
}

/// The same whether or not there is such an account.
fn not_here() -> Fault {
    Fault::user(Status::NoRight, "the login may not create mailboxes there")
}

/// What a login hears that lacks a right: where it has none at all, the mailbox is not there.
pub(super) fn lacking(has: AclRights) -> Fault {
    if has.hide() { no_such_mailbox() } else { Fault::user(Status::NoRight, "a right over the mailbox is missing") }
}

pub(super) fn no_such_mailbox() -> Fault {
    Fault::user(Status::NoSuchMailbox, "no mailbox that the login may use has this name")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_one_level_of_a_name() {
        for (address, level) in [
            ("accueil@chu.mssante.fr", "accueil@chu.mssante.fr"),
            ("a/b=c@chu.mssante.fr", "a=2Fb=3Dc@chu.mssante.fr"),
            ("50%*@chu.mssante.fr", "50=25=2A@chu.mssante.fr"),
        ] {
            let address = Address::parse(address).unwrap();
            assert_eq!(level_of(&address), level);
            assert_eq!(address_of(level), Some(address));
        }
        for none in ["", "accueil", "a=2", "a=zz@b.fr", "a=é@b.fr"] {
            assert_eq!(address_of(none), None, "{none}");
        }
    }

    #[test]
    fn an_account_is_no_mailbox() {
        for (name, account) in [("Shared/a@b.fr", true), ("Shared/a@b.fr/INBOX", false), ("Sharedness/a", false)] {
            assert_eq!(is_account_name(name), account, "{name}");
        }
    }
}
