//! GETACL, SETACL, DELETEACL, LISTRIGHTS, MYRIGHTS (RFC 4314).

use super::dispatch::Outcome;
use super::places::Place;
use super::{Imap, Output};
use crate::flows::{self, RightsChange};
use crate::mail::{AccountId, AclRights, Address, Fault, Status};
use crate::proto::imap::acl::{self, AclCommand, Identifier, Modification, Sign};
use crate::proto::imap::name::WireName;
use crate::proto::imap::response::Completion;
use crate::store;

impl Imap {
    pub(super) async fn acl(&mut self, command: AclCommand, out: &mut Output) -> Outcome {
        match command {
            AclCommand::Get(mailbox) => self.get_acl(&mailbox, out),
            AclCommand::Mine(mailbox) => self.my_rights(&mailbox, out),
            AclCommand::List { mailbox, identifier } => self.list_rights(&mailbox, &identifier, out),
            AclCommand::Set { mailbox, identifier, modification } => {
                self.set_rights(&mailbox, &identifier, modification).await
            }
            AclCommand::Delete { mailbox, identifier } => {
                self.set_rights(&mailbox, &identifier, Modification::Replace(AclRights::NONE)).await
            }
        }
    }

    // [rfc4314#3.5]
    fn my_rights(&self, mailbox: &WireName, out: &mut Output) -> Outcome {
        let place = self.mailbox(mailbox)?;
        let mut text = Vec::new();
        acl::write_mine(&mut text, &place.info.name, place.rights, self.names);
        out.extend(&text);
        Ok(Completion::plain())
    }

    /// The owner first, then whoever has an entry or holds the account.
    // [rfc4314#3.3]
    fn get_acl(&self, mailbox: &WireName, out: &mut Output) -> Outcome {
        let place = self.administered(mailbox)?;
        let store = &self.services.store;
        let entry = store.entry(place.account.id()).ok_or_else(super::places::no_such_mailbox)?;
        let mut entries = vec![(entry.address.to_string(), AclRights::ALL)];
        for listed in entry.list_of(place.info.id) {
            let dash = if listed.sign == store::Sign::Takes { "-" } else { "" };
            let person = store.entry(listed.person);
            entries.extend(person.map(|person| (format!("{dash}{}", person.address), listed.rights)));
        }
        let mut text = Vec::new();
        acl::write_list(&mut text, &place.info.name, &entries, self.names);
        out.extend(&text);
        Ok(Completion::plain())
    }

    /// Any right may be given or not, each by itself; the owner has all of them. It tells nothing of who exists.
    // [rfc4314#3.4]
    fn list_rights(&self, mailbox: &WireName, identifier: &Identifier, out: &mut Output) -> Outcome {
        let place = self.administered(mailbox)?;
        let named = Address::parse(&identifier.name).is_ok_and(|name| name.key() == place.account.address().key());
        let always = if named { AclRights::ALL } else { AclRights::NONE };
        let mut text = Vec::new();
        acl::write_rights(&mut text, &place.info.name, identifier, always, self.names);
        out.extend(&text);
        Ok(Completion::plain())
    }

    // [rfc4314#3.1] [rfc4314#3.2]
    async fn set_rights(&mut self, mailbox: &WireName, identifier: &Identifier, modification: Modification) -> Outcome {
        let place = self.administered(mailbox)?;
        let change = RightsChange {
            account: place.account.id(),
            mailbox: place.info.id,
            name: place.account.mailbox(place.info.id)?.name,
            person: self.identified(identifier)?,
            sign: match identifier.sign {
                Sign::Gives => store::Sign::Gives,
                Sign::Takes => store::Sign::Takes,
            },
            modification: match modification {
                Modification::Replace(rights) => flows::Modification::Replace(rights),
                Modification::Add(rights) => flows::Modification::Add(rights),
                Modification::Remove(rights) => flows::Modification::Remove(rights),
            },
        };
        let login = self.person()?.login.clone();
        self.services.grants.set_rights(login, change).await?;
        Ok(Completion::plain())
    }

    /// A mailbox whose list the login may see and change.
    // [rfc4314#6]
    fn administered(&self, mailbox: &WireName) -> Result<Place, Fault> {
        let place = self.mailbox(mailbox)?;
        place.require(AclRights::ADMINISTER, self.person()?)?;
        Ok(place)
    }

    /// Whom an identifier names: a person with an account here. `anyone` names nobody: a mailbox of health messages is
    /// not for all whom this server knows, and a proof of a right names a person.
    fn identified(&self, identifier: &Identifier) -> Result<AccountId, Fault> {
        let nobody = || Fault::user(Status::NoSuchIdentifier, "an identifier of nobody");
        let address = Address::parse(&identifier.name).map_err(|_| nobody())?;
        self.services.store.find(&address).map(|entry| entry.id).ok_or_else(nobody)
    }
}
