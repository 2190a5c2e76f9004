//! What a client is told of mailboxes that are not selected (RFC 5465, RFC 5464 §4.4.2): the difference between two
//! looks, as a pure function. No event is kept between them, so that none can be lost and memory is bounded by the
//! number of mailboxes.

use std::collections::{BTreeMap, BTreeSet};

use super::places::SHARED;
use crate::mail::MailboxId;
use crate::proto::imap::name::{INBOX, SEPARATOR};
use crate::proto::imap::notify::Events;

/// Which mailboxes a group of events is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Watched {
    /// All that LIST shows.
    All,
    /// Those of the session's own account.
    Personal,
    /// Where messages are delivered.
    Inboxes,
    /// Those whose names are subscribed.
    Subscribed,
    /// These and what lies below.
    Subtree(Vec<String>),
    /// These.
    Mailboxes(Vec<String>),
}

/// What a client wants to hear.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Wishes(pub(super) Vec<(Watched, Events)>);

/// What is known of one mailbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mailbox {
    pub(super) name: String,
    pub(super) attributes: Vec<&'static str>,
    /// Whether the login may read it: only then anything is told of its messages.
    pub(super) readable: bool,
    pub(super) counts: Counts,
    /// When each annotation changed last.
    pub(super) entries: BTreeMap<String, u64>,
}

/// What STATUS tells.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) messages: u32,
    pub(super) unseen: u32,
    pub(super) uid_next: u32,
    pub(super) uid_validity: u32,
    pub(super) highest: u64,
}

/// All that a look shows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Known {
    pub(super) mailboxes: BTreeMap<MailboxId, Mailbox>,
    pub(super) subscribed: BTreeSet<String>,
    /// Annotations of the server.
    pub(super) entries: BTreeMap<String, u64>,
}

/// One response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum News {
    /// `* LIST (attributes) "/" name`, with `OLDNAME` where there is one.
    List { name: String, attributes: Vec<&'static str>, old: Option<String> },
    /// `* STATUS`
    Status { name: String, counts: Counts, unseen: bool },
    /// `* METADATA name entries`; the server's have an empty name.
    Metadata { name: String, entries: Vec<String> },
}

/// What does not follow from the two looks.
pub(super) struct Context<'a> {
    /// Of its messages the client hears otherwise.
    pub(super) selected: Option<MailboxId>,
    /// Whether modification sequences are told, so that every change of flags can be.
    pub(super) condstore: bool,
    /// Names that this session itself changed, of which it need not hear.
    pub(super) own: &'a BTreeSet<String>,
}

impl Wishes {
    /// What is wanted of a mailbox. Several groups that mean it add up.
    // [rfc5465#6]
    pub(super) fn of(&self, name: &str, known: &Known) -> Events {
        let meant = |watched: &Watched| match watched {
            Watched::All => true,
            Watched::Personal => !is_below(name, SHARED),
            Watched::Inboxes => name == INBOX,
            Watched::Subscribed => known.subscribed.contains(name),
            Watched::Subtree(tops) => tops.iter().any(|top| name == top || is_below(name, top)),
            Watched::Mailboxes(names) => names.iter().any(|known| known == name),
        };
        let groups = self.0.iter().filter(|(watched, _)| meant(watched));
        groups.fold(Events::default(), |all, (_, events)| all.with(events))
    }

    /// Whether any group asks for this.
    pub(super) fn any(&self, asks: impl Fn(&Events) -> bool) -> bool {
        self.0.iter().any(|(_, events)| asks(events))
    }

    /// How many mailboxes anything is wanted of.
    pub(super) fn count(&self, known: &Known) -> usize {
        let nothing = Events::default();
        known.mailboxes.values().filter(|mailbox| self.of(&mailbox.name, known) != nothing).count()
    }
}

/// What the client is to be told.
// [rfc5465#5]
pub(super) fn news(wishes: &Wishes, before: &Known, after: &Known, context: &Context<'_>) -> Vec<News> {
    let mut news = names(wishes, before, after, context.own);
    subscriptions(wishes, before, after, context.own, &mut news);
    for (id, mailbox) in &after.mailboxes {
        let was = before.mailboxes.get(id);
        let wanted = wishes.of(&mailbox.name, after);
        if wanted.messages && context.selected != Some(*id) {
            news.extend(messages(mailbox, was, wanted.flags, context.condstore));
        }
        let entries = was.map_or_else(Vec::new, |was| changed(&was.entries, &mailbox.entries));
        if wanted.metadata && !entries.is_empty() && !context.own.contains(&mailbox.name) {
            news.push(News::Metadata { name: mailbox.name.clone(), entries });
        }
    }
    let entries = changed(&before.entries, &after.entries);
    if !entries.is_empty() && wishes.any(|events| events.server_metadata) && !context.own.contains("") {
        news.push(News::Metadata { name: String::new(), entries });
    }
    news
}

/// Mailboxes that came, went, or have another name, and those above them.
// [rfc5465#5.4]
fn names(wishes: &Wishes, before: &Known, after: &Known, own: &BTreeSet<String>) -> Vec<News> {
    let (mut told, mut parents) = (Vec::new(), BTreeSet::new());
    for (id, mailbox) in &after.mailboxes {
        let old = before.mailboxes.get(id).map(|was| &was.name).filter(|old| **old != mailbox.name);
        let came = !before.mailboxes.contains_key(id);
        if !came && old.is_none_or(|old| follows(old, &mailbox.name, before, after)) {
            continue;
        }
        if came {
            parents.extend(above(&mailbox.name).filter(|_| !own.contains(&mailbox.name)));
        }
        let wanted = wishes.of(&mailbox.name, after).names || old.is_some_and(|old| wishes.of(old, before).names);
        if wanted && !own.contains(&mailbox.name) {
            let attributes = mailbox.attributes.clone();
            told.push(News::List { name: mailbox.name.clone(), attributes, old: old.cloned() });
        }
    }
    let present: BTreeSet<&str> = after.mailboxes.values().map(|mailbox| mailbox.name.as_str()).collect();
    for (_, gone) in before.mailboxes.iter().filter(|(id, _)| !after.mailboxes.contains_key(id)) {
        if own.contains(&gone.name) {
            continue;
        }
        parents.extend(above(&gone.name));
        if wishes.of(&gone.name, before).names && !present.contains(gone.name.as_str()) {
            told.push(News::List { name: gone.name.clone(), attributes: vec!["\\NonExistent"], old: None });
        }
    }
    let is_told = |parent: &str| told.iter().any(|news| matches!(news, News::List { name, .. } if name == parent));
    parents.retain(|parent| !is_told(parent));
    told.extend(parents.into_iter().filter_map(|parent| parent_line(wishes, parent, after)));
    told
}

fn parent_line(wishes: &Wishes, parent: &str, after: &Known) -> Option<News> {
    let found = after.mailboxes.values().find(|mailbox| mailbox.name == parent);
    let level = || match after.mailboxes.values().any(|mailbox| is_below(&mailbox.name, parent)) {
        true => vec!["\\Noselect", "\\NonExistent", "\\HasChildren"],
        false => vec!["\\NonExistent"],
    };
    let attributes = found.map_or_else(level, |mailbox| mailbox.attributes.clone());
    let wanted = wishes.of(parent, after).names;
    wanted.then(|| News::List { name: parent.to_owned(), attributes, old: None })
}

/// Whether a mailbox has another name only because one above it has.
// [rfc5465#5.4]
fn follows(old: &str, new: &str, before: &Known, after: &Known) -> bool {
    before.mailboxes.iter().any(|(id, was)| {
        let now = after.mailboxes.get(id).filter(|now| now.name != was.name);
        now.is_some_and(|now| {
            old.strip_prefix(&was.name)
                .is_some_and(|rest| rest.starts_with(SEPARATOR) && new.strip_prefix(&now.name) == Some(rest))
        })
    })
}

// [rfc5465#5.5]
fn subscriptions(wishes: &Wishes, before: &Known, after: &Known, own: &BTreeSet<String>, news: &mut Vec<News>) {
    for name in before.subscribed.symmetric_difference(&after.subscribed).filter(|name| !own.contains(*name)) {
        if !wishes.of(name, after).with(&wishes.of(name, before)).subscriptions {
            continue;
        }
        let found = after.mailboxes.values().find(|mailbox| mailbox.name == *name);
        let mut attributes = found.map_or_else(|| vec!["\\NonExistent"], |mailbox| mailbox.attributes.clone());
        attributes.extend(after.subscribed.contains(name).then_some("\\Subscribed"));
        news.push(News::List { name: name.clone(), attributes, old: None });
    }
}

/// What happened to the messages of a mailbox.
// [rfc5465#5.1] [rfc5465#5.2] [rfc5465#5.3] [rfc5465#5.9]
fn messages(mailbox: &Mailbox, was: Option<&Mailbox>, flags: bool, condstore: bool) -> Option<News> {
    let was_readable = was.is_none_or(|was| was.readable);
    if !mailbox.readable || !was_readable {
        let mut attributes = mailbox.attributes.clone();
        attributes.extend((!mailbox.readable).then_some("\\NoAccess"));
        let changed = mailbox.readable != was_readable;
        return changed.then(|| News::List { name: mailbox.name.clone(), attributes, old: None });
    }
    let (old, new) = (was.map_or(Counts::default(), |was| was.counts), mailbox.counts);
    let came_or_went =
        if was.is_some() { (old.messages, old.uid_next) != (new.messages, new.uid_next) } else { new.messages > 0 };
    let flagged = flags && old.highest != new.highest && (condstore || old.unseen != new.unseen) && was.is_some();
    let status = News::Status { name: mailbox.name.clone(), counts: new, unseen: flags };
    (came_or_went || flagged).then_some(status)
}

/// Entries that were set, or are gone.
// [rfc5465#5.6] [rfc5465#5.7] [rfc5464#4.4.2]
fn changed(before: &BTreeMap<String, u64>, after: &BTreeMap<String, u64>) -> Vec<String> {
    let set = after.iter().filter(|(entry, at)| before.get(*entry) != Some(at)).map(|(entry, _)| entry.clone());
    set.chain(before.keys().filter(|entry| !after.contains_key(*entry)).cloned()).collect()
}

fn is_below(name: &str, top: &str) -> bool {
    name.strip_prefix(top).is_some_and(|rest| rest.starts_with(SEPARATOR))
}

fn above(name: &str) -> Option<&str> {
    name.rsplit_once(SEPARATOR).map(|(above, _)| above)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mailbox(name: &str) -> Mailbox {
        let counts = Counts { messages: 3, unseen: 1, uid_next: 4, uid_validity: 9, highest: 20 };
        Mailbox { name: name.to_owned(), attributes: Vec::new(), readable: true, counts, entries: BTreeMap::new() }
    }

    fn known(names: &[(u64, &str)]) -> Known {
        let mailboxes = names.iter().map(|(id, name)| (MailboxId(*id), mailbox(name))).collect();
        Known { mailboxes, ..Known::default() }
    }

    fn wishes(watched: Watched, events: Events) -> Wishes {
        Wishes(vec![(watched, events)])
    }

    fn told(wishes: &Wishes, before: &Known, after: &Known, condstore: bool) -> Vec<String> {
        let context = Context { selected: Some(MailboxId(1)), condstore, own: &BTreeSet::new() };
        let show = |news: News| match news {
            News::List { name, attributes, old: None } => format!("LIST {name} {}", attributes.join(" ")),
            News::List { name, old: Some(old), .. } => format!("LIST {name} from {old}"),
            News::Status { name, counts, .. } => format!("STATUS {name} {}", counts.messages),
            News::Metadata { name, entries } => format!("METADATA {name} {}", entries.join(" ")),
        };
        news(wishes, before, after, &context).into_iter().map(show).collect()
    }

    // [rfc5465#5.4]
    #[test]
    fn names_that_come_go_and_change() {
        let all = wishes(Watched::All, Events { names: true, ..Events::default() });
        let before = known(&[(1, "INBOX"), (2, "a"), (3, "a/b"), (4, "c")]);
        for (after, expected) in [
            (known(&[(1, "INBOX"), (2, "a"), (3, "a/b"), (4, "c")]), vec![]),
            (known(&[(1, "INBOX"), (2, "a"), (3, "a/b"), (4, "c"), (5, "c/d")]), vec!["LIST c/d ", "LIST c "]),
            (known(&[(1, "INBOX"), (2, "a"), (4, "c")]), vec!["LIST a/b \\NonExistent", "LIST a "]),
            (known(&[(1, "INBOX"), (2, "x"), (3, "x/b"), (4, "c")]), vec!["LIST x from a"]),
            (known(&[(1, "INBOX"), (2, "a"), (3, "a/x"), (4, "c")]), vec!["LIST a/x from a/b"]),
            (known(&[(1, "INBOX"), (2, "x"), (3, "x/y"), (4, "c")]), vec!["LIST x from a", "LIST x/y from a/b"]),
            (known(&[(1, "INBOX"), (2, "a"), (3, "a/b"), (9, "c")]), vec!["LIST c "]),
        ] {
            assert_eq!(told(&all, &before, &after, false), expected, "{after:?}");
        }
        let below = wishes(Watched::Subtree(vec!["a".to_owned()]), Events { names: true, ..Events::default() });
        let after = known(&[(1, "INBOX"), (2, "a"), (3, "z"), (4, "c"), (5, "c/d")]);
        assert_eq!(told(&below, &before, &after, false), ["LIST z from a/b"]);
    }

    // [rfc5465#5.1] [rfc5465#5.2] [rfc5465#5.3] [rfc5465#5.9]
    #[test]
    fn messages_of_mailboxes_that_are_not_selected() {
        let messages = Events { messages: true, ..Events::default() };
        let flags = Events { flags: true, ..messages.clone() };
        let change = |id: u64, change: &dyn Fn(&mut Mailbox)| {
            let mut known = known(&[(1, "INBOX"), (2, "a")]);
            known.mailboxes.get_mut(&MailboxId(id)).map(change);
            known
        };
        let before = change(2, &|_| {});
        let more = change(2, &|a| a.counts.messages = 4);
        let selected = change(1, &|inbox| inbox.counts.messages = 4);
        let flagged = change(2, &|a| a.counts.highest = 21);
        let seen = change(2, &|a| (a.counts.highest, a.counts.unseen) = (21, 0));
        let closed = change(2, &|a| a.readable = false);
        for (events, after, condstore, expected) in [
            (&messages, &more, false, vec!["STATUS a 4"]),
            (&messages, &selected, false, vec![]),
            (&messages, &flagged, true, vec![]),
            (&flags, &flagged, true, vec!["STATUS a 3"]),
            (&flags, &flagged, false, vec![]),
            (&flags, &seen, false, vec!["STATUS a 3"]),
            (&messages, &closed, false, vec!["LIST a \\NoAccess"]),
        ] {
            let wishes = wishes(Watched::Personal, events.clone());
            assert_eq!(told(&wishes, &before, after, condstore), expected, "{events:?} {after:?}");
        }
        let wishes = wishes(Watched::All, messages);
        assert_eq!(told(&wishes, &closed, &before, false), ["LIST a "], "given back");
        assert_eq!(told(&wishes, &known(&[]), &known(&[(7, "new")]), false), ["STATUS new 3"]);
    }

    // [rfc5465#5.5] [rfc5465#5.6] [rfc5465#5.7] [rfc5465#6]
    #[test]
    fn subscriptions_and_annotations() {
        let events = Events { subscriptions: true, metadata: true, server_metadata: true, ..Events::default() };
        let all = wishes(Watched::All, events.clone());
        let mut before = known(&[(2, "a")]);
        before.subscribed.extend(["a".to_owned(), "gone".to_owned()]);
        before.entries.insert("/private/x".to_owned(), 1);
        before.mailboxes.get_mut(&MailboxId(2)).unwrap().entries.insert("/shared/old".to_owned(), 3);
        let mut after = known(&[(2, "a")]);
        after.subscribed.insert("b".to_owned());
        after.mailboxes.get_mut(&MailboxId(2)).unwrap().entries.insert("/shared/new".to_owned(), 5);
        let expected = [
            "LIST a ",
            "LIST b \\NonExistent \\Subscribed",
            "LIST gone \\NonExistent",
            "METADATA a /shared/new /shared/old",
            "METADATA  /private/x",
        ];
        assert_eq!(told(&all, &before, &after, false), expected);
        let some = wishes(Watched::Subscribed, Events { server_metadata: false, ..events });
        assert_eq!(told(&some, &before, &after, false).len(), 3, "of what was or is subscribed");
        let context = Context { selected: None, condstore: false, own: &["a", "", "b"].map(str::to_owned).into() };
        let others = news(&all, &before, &after, &context);
        assert_eq!(others.len(), 1, "one's own changes are known: {others:?}");
        let inboxes = wishes(Watched::Inboxes, Events { messages: true, ..Events::default() });
        assert_eq!(inboxes.count(&known(&[(1, "INBOX"), (2, "a"), (3, "Shared/x/INBOX")])), 1);
    }
}
