//! GETMETADATA, SETMETADATA and LIST's METADATA (RFC 5464, RFC 9590). What is shared lies with the account that has the
//! mailbox, what is private with the person.

use super::dispatch::Outcome;
use super::mailboxes::special_use;
use super::places::{Pass, Place, lacking};
use super::{Imap, Output};
use crate::mail::{AccountId, AclRights, Fault, MailboxId, Status};
use crate::proto::imap::metadata::{self, Depth, EntryName, MetadataCommand, Scope};
use crate::proto::imap::name::WireName;
use crate::proto::imap::response::Completion;
use crate::store::{Account, SpecialUse, Tx};

/// What a mailbox is for, as an annotation (RFC 6154 §4).
pub(super) const SPECIAL_USE: &str = "/private/specialuse";

/// Names with values, as they are told.
type Values = Vec<(String, Option<Vec<u8>>)>;

/// What a command annotates.
struct Subject {
    /// None for the server.
    place: Option<Place>,
    /// The person's own account.
    own: Account,
}

/// One entry that is set.
struct Setting {
    keeper: AccountId,
    mailbox: Option<MailboxId>,
    entry: String,
    value: Option<Vec<u8>>,
}

impl Imap {
    pub(super) async fn metadata(&mut self, command: MetadataCommand, out: &mut Output) -> Outcome {
        match command {
            MetadataCommand::Get { mailbox, entries, max_size, depth } => {
                self.get_metadata(&mailbox, &entries, (max_size, depth), out)
            }
            MetadataCommand::Set { mailbox, values } => self.set_metadata(&mailbox, values).await,
        }
    }

    // [rfc5464#4.2] [rfc5464#4.2.1]
    fn get_metadata(
        &self,
        mailbox: &WireName,
        entries: &[EntryName],
        (max_size, depth): (Option<u32>, Depth),
        out: &mut Output,
    ) -> Outcome {
        let subject = self.subject(mailbox)?;
        let mut values = self.values(&subject, entries, depth)?;
        let size = |value: &Option<Vec<u8>>| value.as_ref().map_or(0, Vec::len);
        let most = max_size.map_or(usize::MAX, |size| usize::try_from(size).unwrap_or(usize::MAX));
        let longest = values.iter().map(|(_, value)| size(value)).filter(|size| *size > most).max();
        values.retain(|(_, value)| size(value) <= most);
        if !values.is_empty() {
            let mut text = Vec::new();
            let name = subject.place.as_ref().map_or("", |place| &place.info.name);
            metadata::write_values(&mut text, name, &values, self.names);
            out.extend(&text);
        }
        Ok(match longest {
            Some(size) => Completion::with(format!("METADATA LONGENTRIES {size}")),
            None => Completion::plain(),
        })
    }

    /// What LIST tells of a mailbox; nothing where the login may not read annotations.
    // [rfc9590#3]
    pub(super) fn write_metadata(&self, text: &mut Vec<u8>, place: &Place, entries: &[EntryName]) -> Result<(), Fault> {
        if may_annotate(place).is_err() {
            return Ok(());
        }
        let subject = Subject { place: Some(place.clone()), own: self.own_account()? };
        let values = self.values(&subject, entries, Depth::Zero)?;
        metadata::write_values(text, &place.info.name, &values, self.names);
        Ok(())
    }

    /// The entries that are asked for: named ones without a value are `NIL`.
    fn values(&self, subject: &Subject, entries: &[EntryName], depth: Depth) -> Result<Values, Fault> {
        let known = self.all_values(subject)?;
        let mut values = Values::new();
        for asked in entries {
            let before = values.len();
            let found = known.iter().filter(|(entry, _)| asked.covers(entry, depth));
            for (entry, value) in found {
                if !values.iter().any(|(told, _)| told == entry) {
                    values.push((entry.clone(), Some(value.clone())));
                }
            }
            let told = values.iter().any(|(told, _)| told == asked.as_str());
            if depth == Depth::Zero && !told || values.len() == before && before == 0 {
                values.push((asked.as_str().to_owned(), None));
            }
        }
        Ok(values)
    }

    /// All entries with values, by name.
    // [rfc5464#3.2.1.1] [rfc6154#4]
    fn all_values(&self, subject: &Subject) -> Result<Vec<(String, Vec<u8>)>, Fault> {
        let mailbox = subject.place.as_ref().map(|place| place.info.id);
        let mut keepers = vec![&subject.own];
        keepers.extend(subject.place.as_ref().map(|place| &place.account).filter(|kept| kept.id() != subject.own.id()));
        let mut values = Vec::new();
        for keeper in keepers {
            values.extend(keeper.annotations(mailbox)?.into_iter().map(|kept| (kept.entry, kept.value)));
        }
        match &subject.place {
            Some(place) => values.extend(
                place.info.special_use.map(|used| (SPECIAL_USE.to_owned(), used.attribute().as_bytes().to_vec())),
            ),
            None => values.extend(self.services.about.iter().cloned()),
        }
        values.sort_unstable();
        Ok(values)
    }

    // [rfc5464#4.3]
    async fn set_metadata(&mut self, mailbox: &WireName, values: Vec<(EntryName, Option<Vec<u8>>)>) -> Outcome {
        let subject = self.subject(mailbox)?;
        let (pass, mut settings, mut used) = (self.pass_for(&subject, &values)?, Vec::new(), None);
        for (entry, value) in values {
            if entry.as_str() == SPECIAL_USE && subject.place.is_some() {
                used = Some(use_named(value.as_deref())?);
                continue;
            }
            let shared = subject.place.as_ref().filter(|_| entry.scope() == Scope::Shared);
            let keeper = shared.map_or(subject.own.id(), |place| place.account.id());
            let mailbox = subject.place.as_ref().map(|place| place.info.id);
            settings.push(Setting { keeper, mailbox, entry: entry.as_str().to_owned(), value });
        }
        let place = subject.place.map(|place| (place.account.id(), place.info.id));
        let job = move |tx: &mut Tx<'_>| {
            pass.map_or(Ok(()), |pass| pass.check(tx))?;
            if let (Some(used), Some((account, mailbox))) = (used, place) {
                tx.set_special_use(account, mailbox, used)?;
            }
            settings.into_iter().try_for_each(|set| tx.annotate(set.keeper, set.mailbox, &set.entry, set.value))
        };
        // durable from here: all entries or none
        self.services.store.write(job).await?;
        Ok(Completion::plain())
    }

    /// Refuses what the login may not set. What all see is changed by those who may change what all see.
    // [rfc5464#3.3]
    fn pass_for(&self, subject: &Subject, values: &[(EntryName, Option<Vec<u8>>)]) -> Result<Option<Pass>, Fault> {
        let shared = values.iter().any(|(entry, _)| entry.scope() == Scope::Shared);
        let Some(place) = &subject.place else {
            let denied = Fault::user(Status::NotPermitted, "shared annotations of the server are the configuration's");
            return if shared { Err(denied) } else { Ok(None) };
        };
        let uses = values.iter().any(|(entry, _)| entry.as_str() == SPECIAL_USE);
        if uses && !place.is_personal() {
            return Err(Fault::user(Status::UseUnsupported, "what a shared mailbox is for"));
        }
        let needed = if uses { AclRights::WRITE.with(AclRights::DELETE) } else { AclRights::WRITE };
        if !shared && !uses {
            return Ok(None);
        }
        place.require(needed, self.person()?).map(Some)
    }

    // [rfc5464#3.3]
    fn subject(&self, mailbox: &WireName) -> Result<Subject, Fault> {
        let place = if mailbox.is_empty() { None } else { Some(self.mailbox(mailbox)?) };
        place.as_ref().map_or(Ok(()), may_annotate)?;
        Ok(Subject { place, own: self.own_account()? })
    }

    pub(super) fn own_account(&self) -> Result<Account, Fault> {
        let person = self.person()?;
        if person.sees_shared() {
            Ok(person.account.clone())
        } else {
            self.services.store.account(person.login.account)
        }
    }
}

/// Whether the login may see annotations of a mailbox, and set private ones.
// [rfc5464#3.3]
fn may_annotate(place: &Place) -> Result<(), Fault> {
    let any = [AclRights::READ, AclRights::SEEN, AclRights::WRITE, AclRights::INSERT, AclRights::POST];
    let enough = place.rights.contains(AclRights::LOOKUP) && any.iter().any(|right| place.rights.contains(*right));
    if enough { Ok(()) } else { Err(lacking(place.rights)) }
}

fn use_named(value: Option<&[u8]>) -> Result<Option<SpecialUse>, Fault> {
    let words = String::from_utf8_lossy(value.unwrap_or_default()).into_owned();
    special_use(&words.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
}
