//! NOTIFY (RFC 5465): which events of which mailboxes a client wants to hear of, at any time.

use super::args::{Args, Parsed, syntax};
use super::fetch::{self, FetchItem};
use super::filter::{self, Filter};
use crate::mail::{Fault, Status};

/// Groups of one command.
const GROUPS_MAX: usize = 50;

/// NOTIFY.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotifyCommand {
    /// NOTIFY NONE
    None,
    /// NOTIFY SET
    Set {
        /// Whether the state of the mailboxes is told first.
        status: StateFirst,
        /// At least one.
        groups: Vec<Group>,
    },
}

/// The STATUS indicator of NOTIFY SET.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StateFirst {
    /// It is there.
    Yes,
    /// It is not.
    No,
}

/// Mailboxes, and what is wanted of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Which mailboxes.
    pub filter: Filter,
    /// Which events; none of them for `NONE`.
    pub events: Events,
}

/// A set of events.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Events {
    /// MessageNew and MessageExpunge, which come together.
    pub messages: bool,
    /// What is told of new messages in the selected mailbox.
    pub attributes: Vec<FetchItem>,
    /// FlagChange
    pub flags: bool,
    /// MailboxName
    pub names: bool,
    /// SubscriptionChange
    pub subscriptions: bool,
    /// MailboxMetadataChange
    pub metadata: bool,
    /// ServerMetadataChange
    pub server_metadata: bool,
}

impl Events {
    /// Those of both.
    #[must_use]
    pub fn with(mut self, other: &Self) -> Self {
        self.messages |= other.messages;
        self.flags |= other.flags;
        self.names |= other.names;
        self.subscriptions |= other.subscriptions;
        self.metadata |= other.metadata;
        self.server_metadata |= other.server_metadata;
        self
    }
}

// [rfc5465#3.1] [rfc5465#8]
pub(super) fn parse(args: &mut Args<'_>) -> Parsed<NotifyCommand> {
    args.space()?;
    let command = match args.word()?.as_str() {
        "NONE" => NotifyCommand::None,
        "SET" => {
            let status = if args.take(b" STATUS") { StateFirst::Yes } else { StateFirst::No };
            let mut groups = Vec::new();
            while args.peek() == Some(b' ') && args.rest().len() > 1 {
                args.space()?;
                groups.push(args.nested(group)?);
                few(groups.len())?;
            }
            check(&groups)?;
            NotifyCommand::Set { status, groups }
        }
        _ => return Err(syntax("NOTIFY takes SET or NONE")),
    };
    args.end()?;
    Ok(command)
}

/// One of the two words for the selected mailbox, once.
// [rfc5465#6.1]
fn check(groups: &[Group]) -> Parsed<()> {
    let selected = groups.iter().filter(|group| matches!(group.filter, Filter::Selected | Filter::SelectedDelayed));
    match (groups.len(), selected.count()) {
        (0, _) => Err(syntax("NOTIFY SET needs a group")),
        (_, 0 | 1) => Ok(()),
        _ => Err(syntax("the selected mailbox is named twice")),
    }
}

fn group(args: &mut Args<'_>) -> Parsed<Group> {
    let filter = filter::filter(args)?;
    if matches!(filter, Filter::SubtreeOne(_)) {
        return Err(syntax("a set of mailboxes that NOTIFY does not know"));
    }
    args.space()?;
    let events = if args.take(b"NONE") { Events::default() } else { events(args)? };
    args.expect(")")?;
    let selected = matches!(filter, Filter::Selected | Filter::SelectedDelayed);
    let others = events.names || events.subscriptions || events.metadata || events.server_metadata;
    if selected && others || !selected && !events.attributes.is_empty() {
        return Err(syntax("an event that does not go with these mailboxes"));
    }
    Ok(Group { filter, events })
}

/// MessageNew and MessageExpunge come together, FlagChange only with them.
// [rfc5465#5]
fn events(args: &mut Args<'_>) -> Parsed<Events> {
    let (mut events, mut new, mut expunge) = (Events::default(), false, false);
    args.list(|args| {
        match args.word()?.as_str() {
            "MESSAGENEW" => {
                new = true;
                if args.rest().starts_with(b" (") {
                    args.space()?;
                    events.attributes = fetch::parse(args)?;
                }
            }
            "MESSAGEEXPUNGE" => expunge = true,
            "FLAGCHANGE" => events.flags = true,
            "MAILBOXNAME" => events.names = true,
            "SUBSCRIPTIONCHANGE" => events.subscriptions = true,
            "MAILBOXMETADATACHANGE" => events.metadata = true,
            "SERVERMETADATACHANGE" => events.server_metadata = true,
            // [rfc5465#3.1] NO, with the names of those that there are
            _ => return Err(Fault::user(Status::BadEvent, "an event that is not served")),
        }
        Ok(())
    })?;
    if new != expunge || events.flags && !new {
        return Err(syntax("MessageNew and MessageExpunge go together, FlagChange with them"));
    }
    events.messages = new;
    Ok(events)
}

// [rfc5465#3.1]
fn few(groups: usize) -> Parsed<()> {
    if groups <= GROUPS_MAX { Ok(()) } else { Err(Fault::user(Status::NotifyOverflow, "NOTIFY names too much")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::imap::name::WireName;

    fn read(text: &str) -> Parsed<NotifyCommand> {
        parse(&mut Args::new(text.as_bytes()))
    }

    // [rfc5465#3.1] [rfc5465#5] [rfc5465#6.1] [rfc5465#8]
    #[test]
    fn commands_as_clients_send_them() {
        for (text, ok) in [
            (" NONE", Ok(())),
            (" SET (selected (MessageNew (uid flags) MessageExpunge FlagChange))", Ok(())),
            (" set status (selected MessageNew)", Err(Status::Syntax)),
            (" set status (selected-delayed (messagenew messageexpunge)) (subtree Lists NONE)", Ok(())),
            (" SET (mailboxes (a \"b c\") (MailboxName SubscriptionChange)) (inboxes NONE)", Ok(())),
            (" SET (personal (MailboxMetadataChange ServerMetadataChange))", Ok(())),
            (" SET (subscribed (AnnotationChange))", Err(Status::BadEvent)),
            (" SET (subscribed (Whatever))", Err(Status::BadEvent)),
            (" SET (personal (MessageNew))", Err(Status::Syntax)),
            (" SET (personal (MessageNew MessageExpunge FlagChange))", Ok(())),
            (" SET (personal (MessageNew (UID) MessageExpunge))", Err(Status::Syntax)),
            (" SET (personal (FlagChange))", Err(Status::Syntax)),
            (" SET (selected (MailboxName))", Err(Status::Syntax)),
            (" SET (selected NONE) (selected-delayed NONE)", Err(Status::Syntax)),
            (" SET (nowhere NONE)", Err(Status::Syntax)),
            (" SET (subtree-one a NONE)", Err(Status::Syntax)),
            (" SET", Err(Status::Syntax)),
            (" SET STATUS", Err(Status::Syntax)),
            ("", Err(Status::Syntax)),
        ] {
            assert_eq!(read(text).map(drop).map_err(|fault| fault.status), ok, "{text}");
        }
        let many = format!(" SET{}", " (personal NONE)".repeat(GROUPS_MAX + 1));
        assert_eq!(read(&many).unwrap_err().status, Status::NotifyOverflow);
    }

    #[test]
    fn a_group_says_which_and_what() {
        let NotifyCommand::Set { status, groups } =
            read(" SET STATUS (mailboxes INBOX (MessageNew MessageExpunge))").unwrap()
        else {
            panic!("NOTIFY SET");
        };
        assert_eq!(status, StateFirst::Yes);
        let events = Events { messages: true, ..Events::default() };
        assert_eq!(groups, [Group { filter: Filter::Mailboxes(vec![WireName(b"INBOX".to_vec())]), events }]);
    }
}
