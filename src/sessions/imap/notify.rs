//! NOTIFY (RFC 5465), and annotations that change (RFC 5464 §4.4.2): looks at all mailboxes when a hint says that there
//! is something to look at, and tells the difference.

use std::collections::{BTreeMap, BTreeSet};

use tokio::sync::watch;

use super::dispatch::{Outcome, write_line};
use super::listing::{self, Names};
use super::places::Place;
use super::view::Expunges;
use super::watching::{Context, Counts, Known, Mailbox, News, Watched, Wishes, news};
use super::{Imap, Output, goodbye};
use crate::mail::{AccountId, AclRights, Fault, Status};
use crate::proto::imap::command::Kind;
use crate::proto::imap::fetch::FetchItem;
use crate::proto::imap::filter::Filter;
use crate::proto::imap::metadata::{self, MetadataCommand};
use crate::proto::imap::name::WireName;
use crate::proto::imap::notify::{Events, Group, NotifyCommand, StateFirst};
use crate::proto::imap::response::{self, Completion};
use crate::store::{Annotation, SpecialUse};

/// Mailboxes of which a session may want to hear.
const WATCHED_MAX: usize = 500;

/// What the client wants to hear of the selected mailbox.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) enum Selection {
    /// Everything, while a command runs: how a session begins.
    #[default]
    AsAlways,
    /// Nothing.
    Nothing,
    /// What NOTIFY names, at any time.
    Notified {
        /// Whether expunges are told at once, or when a command allows it.
        expunges: Expunges,
        /// What is told of new messages.
        attributes: Vec<FetchItem>,
        /// Whether changes of flags are told.
        flags: bool,
    },
}

/// A session that looks at more than the selected mailbox.
pub(super) struct Watch {
    wishes: Wishes,
    /// Whether it is told between commands too.
    always: bool,
    known: Option<Known>,
    hints: Vec<(AccountId, watch::Receiver<u64>)>,
    /// A hint was heard and nobody has looked yet: who waits for one takes it.
    due: bool,
    /// Names that the session's own commands changed since the last look.
    own: BTreeSet<String>,
}

impl Watch {
    fn new(wishes: Wishes, always: bool) -> Self {
        Self { wishes, always, known: None, hints: Vec::new(), due: false, own: BTreeSet::new() }
    }

    /// What is wanted when annotations are enabled and nothing more was said.
    // [rfc5464#4.1]
    pub(super) fn of_metadata() -> Self {
        let events = Events { metadata: true, server_metadata: true, ..Events::default() };
        Self::new(Wishes(vec![(Watched::All, events)]), false)
    }

    /// Resolves with the next hint of any account that is looked at.
    pub(super) async fn hinted(&mut self) {
        let mut waiting: Vec<_> = self.hints.iter_mut().map(|(_, hints)| Box::pin(hints.changed())).collect();
        std::future::poll_fn(|context| {
            let ready = waiting.iter_mut().any(|hints| hints.as_mut().poll(context).is_ready());
            if ready { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
        })
        .await;
        drop(waiting);
        self.due = true;
    }

    fn is_hinted(&self) -> bool {
        self.known.is_none() || self.due || self.hints.iter().any(|(_, hints)| hints.has_changed().unwrap_or(true))
    }
}

impl Imap {
    // [rfc5465#3.1]
    pub(super) fn notify(&mut self, command: NotifyCommand, out: &mut Output) -> Outcome {
        let NotifyCommand::Set { status, groups } = command else {
            (self.selection, self.watch) = (Selection::Nothing, None);
            return Ok(Completion::plain());
        };
        let (selection, wishes) = self.wished(groups);
        let mut watch = Watch::new(wishes, true);
        self.listen(&mut watch)?;
        let known = self.look(&watch.wishes)?;
        if watch.wishes.count(&known) > WATCHED_MAX {
            return Err(Fault::user(Status::NotifyOverflow, "more mailboxes than are watched"));
        }
        // an implicit NOOP, under what was wanted before
        self.tell(Expunges::Tell, out)?;
        self.tell_states(&watch.wishes, &known, status, out);
        watch.known = Some(known);
        (self.selection, self.watch) = (selection, Some(watch));
        Ok(Completion::plain())
    }

    /// Names that can't be read are those of no mailbox, and passed over like them.
    // [rfc5465#6]
    fn wished(&self, groups: Vec<Group>) -> (Selection, Wishes) {
        let (mut selection, mut wishes) = (Selection::Nothing, Vec::new());
        let read = |names: Vec<WireName>| names.iter().filter_map(|name| name.read(self.names)).collect();
        for Group { filter, events } in groups {
            let expunges = if filter == Filter::Selected { Expunges::Tell } else { Expunges::Hold };
            let watched = match filter {
                Filter::Selected | Filter::SelectedDelayed => {
                    if events.messages {
                        let Events { attributes, flags, .. } = events;
                        selection = Selection::Notified { expunges, attributes, flags };
                    }
                    continue;
                }
                Filter::Inboxes => Watched::Inboxes,
                Filter::Personal => Watched::Personal,
                Filter::Subscribed => Watched::Subscribed,
                // NOTIFY has no more than that of subtrees
                Filter::Subtree(names) | Filter::SubtreeOne(names) => Watched::Subtree(read(names)),
                Filter::Mailboxes(names) => Watched::Mailboxes(read(names)),
            };
            wishes.push((watched, events));
        }
        (selection, Wishes(wishes))
    }

    /// The state of each mailbox whose messages are watched; that one is not readable is told in any case.
    // [rfc5465#3.1]
    fn tell_states(&self, wishes: &Wishes, known: &Known, status: StateFirst, out: &mut Output) {
        let selected = self.selected.as_ref().map(|selected| selected.mailbox);
        for (id, mailbox) in &known.mailboxes {
            let wanted = wishes.of(&mailbox.name, known);
            if !wanted.messages || selected == Some(*id) {
                continue;
            }
            let name = mailbox.name.clone();
            if !mailbox.readable {
                let mut attributes = mailbox.attributes.clone();
                attributes.push("\\NoAccess");
                self.tell_one(&News::List { name, attributes, old: None }, out);
            } else if status == StateFirst::Yes {
                self.tell_one(&News::Status { name, counts: mailbox.counts, unseen: wanted.flags }, out);
            }
        }
    }

    /// Tells what changed in mailboxes that are not selected.
    pub(super) fn tell_watched(&mut self, out: &mut Output) -> Result<(), Fault> {
        let Some(mut watch) = self.watch.take_if(|watch| watch.is_hinted()) else { return Ok(()) };
        // first the hints, then the look: a change after it gives a new one
        self.listen(&mut watch)?;
        let after = self.look(&watch.wishes)?;
        if watch.wishes.count(&after) > WATCHED_MAX {
            // [rfc5465#5.8]
            write_line(out, format_args!("* OK [NOTIFICATIONOVERFLOW] more mailboxes than are watched"));
            self.selection = Selection::Nothing;
            return Ok(());
        }
        if let Some(before) = &watch.known {
            let selected = self.selected.as_ref().map(|selected| selected.mailbox);
            let context = Context { selected, condstore: self.enabled.condstore, own: &watch.own };
            for told in news(&watch.wishes, before, &after, &context) {
                self.tell_one(&told, out);
            }
        }
        watch.own.clear();
        watch.known = Some(after);
        self.watch = Some(watch);
        Ok(())
    }

    /// What there is to tell between two commands.
    // [rfc5465#3.1] [rfc5465#6.1.1] [rfc5465#6.1.2]
    pub(super) fn tell_between(&mut self, out: &mut Output) {
        if !self.may_be_notified() {
            return;
        }
        self.hear_hints();
        if let Err(fault) = self.stands() {
            self.broken = true;
            return goodbye(out, fault.status);
        }
        let expunges = match &self.selection {
            Selection::Notified { expunges, .. } => *expunges,
            _ => Expunges::Hold,
        };
        if let Err(fault) = self.note_rights(out).and_then(|()| self.tell(expunges, out)) {
            tracing::error!(target: "sceau::imap", peer = %self.peer, %fault, "a client was not notified");
        }
    }

    /// Whether the client hears of events between commands, and is between two.
    pub(super) fn may_be_notified(&self) -> bool {
        self.watch.as_ref().is_some_and(|watch| watch.always) && self.machine.is_between_commands()
    }

    /// Notes which names a command of this session changes, if it succeeds.
    // [rfc5465#5]
    pub(super) fn changes_itself(&self, kind: &Kind) -> Vec<String> {
        if self.watch.is_none() {
            return Vec::new();
        }
        let names: Vec<&WireName> = match kind {
            Kind::Create { mailbox, .. } | Kind::Delete(mailbox) => vec![mailbox],
            Kind::Subscribe(mailbox) | Kind::Unsubscribe(mailbox) => vec![mailbox],
            Kind::Rename { from, to } => vec![from, to],
            Kind::Metadata(MetadataCommand::Set { mailbox, .. }) if mailbox.is_empty() => return vec![String::new()],
            Kind::Metadata(MetadataCommand::Set { mailbox, .. }) => vec![mailbox],
            _ => Vec::new(),
        };
        names.into_iter().filter_map(|name| self.new_name(name).ok()).collect()
    }

    pub(super) fn note_own(&mut self, names: Vec<String>) {
        if let Some(watch) = &mut self.watch {
            watch.own.extend(names);
        }
    }

    /// Listens to the account of the session and to all that share something with it, which may be others by now.
    fn listen(&self, watch: &mut Watch) -> Result<(), Fault> {
        let homes = self.homes()?;
        watch.hints.retain(|(account, _)| homes.iter().any(|home| home.account.id() == *account));
        for home in homes {
            if !watch.hints.iter().any(|(account, _)| *account == home.account.id()) {
                watch.hints.push((home.account.id(), home.account.subscribe()?));
            }
        }
        watch.due = false;
        watch.hints.iter_mut().for_each(|(_, hints)| drop(hints.borrow_and_update()));
        Ok(())
    }

    /// All that the login may see now.
    fn look(&self, wishes: &Wishes) -> Result<Known, Fault> {
        let (places, subscribed) = (self.listed()?, self.account()?.subscriptions()?);
        let known: Vec<listing::Known> = places.iter().map(super::list::known).collect();
        let names = Names::new(&known, &subscribed);
        let metadata = wishes.any(|events| events.metadata);
        let mut mailboxes = BTreeMap::new();
        for place in &places {
            let entries = if metadata { self.entries(place)? } else { BTreeMap::new() };
            let mailbox = Mailbox {
                name: place.info.name.clone(),
                attributes: names.line(&place.info.name).attributes,
                readable: place.rights.contains(AclRights::READ),
                counts: counts(place),
                entries,
            };
            mailboxes.insert(place.info.id, mailbox);
        }
        let server = wishes.any(|events| events.server_metadata);
        let entries = if server { stamps(self.own_account()?.annotations(None)?) } else { BTreeMap::new() };
        Ok(Known { mailboxes, subscribed, entries })
    }

    fn entries(&self, place: &Place) -> Result<BTreeMap<String, u64>, Fault> {
        let own = self.own_account()?;
        let mut entries = stamps(own.annotations(Some(place.info.id))?);
        if place.account.id() != own.id() {
            entries.extend(stamps(place.account.annotations(Some(place.info.id))?));
        }
        // what a mailbox is for is an annotation too: another one is another stamp
        let used = place.info.special_use.and_then(|used| SpecialUse::ALL.iter().position(|(other, _)| *other == used));
        entries.extend(used.map(|used| (super::metadata::SPECIAL_USE.to_owned(), used as u64)));
        Ok(entries)
    }

    fn tell_one(&self, news: &News, out: &mut Output) {
        let mut text = Vec::new();
        match news {
            News::List { name, attributes, old } => {
                response::text(&mut text, format_args!("* LIST ({}) \"/\" ", attributes.join(" ")));
                response::mailbox(&mut text, name, self.names);
                if let Some(old) = old {
                    text.extend_from_slice(b" (\"OLDNAME\" (");
                    response::mailbox(&mut text, old, self.names);
                    text.extend_from_slice(b"))");
                }
                text.extend_from_slice(b"\r\n");
            }
            News::Status { name, counts, unseen } => {
                let Counts { messages, uid_next, uid_validity, .. } = counts;
                text.extend_from_slice(b"* STATUS ");
                response::mailbox(&mut text, name, self.names);
                let state = format!("MESSAGES {messages} UIDNEXT {uid_next} UIDVALIDITY {uid_validity}");
                response::text(&mut text, format_args!(" ({state}"));
                if *unseen {
                    response::text(&mut text, format_args!(" UNSEEN {}", counts.unseen));
                }
                if self.enabled.condstore {
                    response::text(&mut text, format_args!(" HIGHESTMODSEQ {}", counts.highest));
                }
                text.extend_from_slice(b")\r\n");
            }
            News::Metadata { name, entries } => {
                metadata::write_changed(&mut text, name, entries.iter().map(String::as_str), self.names);
            }
        }
        out.extend(&text);
    }
}

fn counts(place: &Place) -> Counts {
    let info = &place.info;
    Counts {
        messages: info.messages,
        unseen: info.unseen,
        uid_next: info.uid_next,
        uid_validity: info.uid_validity.0.get(),
        highest: info.highest_modseq.0,
    }
}

fn stamps(annotations: Vec<Annotation>) -> BTreeMap<String, u64> {
    annotations.into_iter().map(|annotation| (annotation.entry, annotation.changed.0)).collect()
}
