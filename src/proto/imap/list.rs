//! LIST with its options (RFC 9051 §6.3.9, RFC 5258, RFC 5819, RFC 6154), LSUB, and STATUS's items.

use super::args::{Args, Parsed, syntax};
use super::metadata::EntryName;
use super::name::WireName;
use crate::mail::{Fault, Status};

/// Patterns of one LIST.
pub const PATTERNS_MAX: usize = 100;

/// A LIST command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct List {
    /// Which mailboxes are meant, beside the patterns.
    pub select: Select,
    /// The reference, joined in front of each pattern.
    pub reference: WireName,
    /// At least one; the single empty pattern asks for the separator.
    pub patterns: Vec<Vec<u8>>,
    /// What is told of each.
    pub show: Show,
}

/// LIST's selection options.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Select {
    /// Only subscribed names, existing or not.
    pub subscribed: bool,
    /// Only mailboxes with a special use.
    pub special_use: bool,
    /// Also parents of names that are selected by another option.
    pub recursive: bool,
}

/// LIST's return options.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Show {
    /// `\Subscribed`. Implied by selecting subscribed names.
    pub subscribed: bool,
    /// A MYRIGHTS response after each mailbox (RFC 8440).
    pub my_rights: bool,
    /// A METADATA response with these entries after each mailbox (RFC 9590); none when it is empty.
    pub metadata: Vec<EntryName>,
    /// A STATUS response after each mailbox that can be selected.
    pub status: Option<Vec<StatusItem>>,
}

/// An item of STATUS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatusItem {
    /// Number of messages.
    Messages,
    /// Number of messages that no session was told of before.
    Recent,
    /// The next message's UID.
    UidNext,
    /// The validity of UIDs.
    UidValidity,
    /// Number of messages without `\Seen`.
    Unseen,
    /// Number of messages with `\Deleted` (RFC 9051 §6.3.11).
    Deleted,
    /// Octets of all messages (RFC 8438).
    Size,
    /// The modification sequence of the last change (RFC 7162 §3.1.7).
    HighestModSeq,
    /// The mailbox's identity, which a new name leaves as it is (RFC 8474 §4.3).
    MailboxId,
    /// Octets of the messages with `\Deleted` (RFC 9208 §4.1.4).
    DeletedStorage,
    /// Octets of a message that APPEND takes (RFC 7889 §4).
    AppendLimit,
}

impl StatusItem {
    const ALL: [(Self, &'static str); 11] = [
        (Self::Messages, "MESSAGES"),
        (Self::Recent, "RECENT"),
        (Self::UidNext, "UIDNEXT"),
        (Self::UidValidity, "UIDVALIDITY"),
        (Self::Unseen, "UNSEEN"),
        (Self::Deleted, "DELETED"),
        (Self::Size, "SIZE"),
        (Self::HighestModSeq, "HIGHESTMODSEQ"),
        (Self::MailboxId, "MAILBOXID"),
        (Self::DeletedStorage, "DELETED-STORAGE"),
        (Self::AppendLimit, "APPENDLIMIT"),
    ];

    /// Its name in commands and answers.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(item, _)| *item == self).map_or("", |(_, name)| name)
    }
}

/// What stands behind `LIST `.
// [rfc5258#3] [rfc5258#6]
pub(super) fn parse(args: &mut Args<'_>) -> Parsed<List> {
    let mut select = Select::default();
    if args.peek() == Some(b'(') {
        args.list_or_empty(|args| select_option(args, &mut select))?;
        args.space()?;
    }
    if select.recursive && !select.subscribed && !select.special_use {
        return Err(syntax("RECURSIVEMATCH needs another option"));
    }
    let reference = WireName(args.mailbox()?);
    args.space()?;
    let patterns = if args.peek() == Some(b'(') { args.list(Args::pattern)? } else { vec![args.pattern()?] };
    if patterns.len() > PATTERNS_MAX {
        return Err(Fault::user(Status::LimitReached, "too many patterns"));
    }
    let mut show = Show { subscribed: select.subscribed, ..Show::default() };
    if args.take(b" RETURN ") {
        args.list_or_empty(|args| return_option(args, &mut show))?;
    }
    args.end()?;
    Ok(List { select, reference, patterns, show })
}

fn select_option(args: &mut Args<'_>, select: &mut Select) -> Parsed<()> {
    match args.word()?.as_str() {
        "SUBSCRIBED" => select.subscribed = true,
        "SPECIAL-USE" => select.special_use = true,
        "RECURSIVEMATCH" => select.recursive = true,
        // no mailbox is on another server
        "REMOTE" => {}
        _ => return Err(syntax("a selection option is not known")),
    }
    Ok(())
}

fn return_option(args: &mut Args<'_>, show: &mut Show) -> Parsed<()> {
    match args.word()?.as_str() {
        "SUBSCRIBED" => show.subscribed = true,
        // both are always told
        "CHILDREN" | "SPECIAL-USE" => {}
        // [rfc8440#4]
        "MYRIGHTS" => show.my_rights = true,
        // [rfc9590#3]
        "METADATA" => {
            args.space()?;
            let entry = |args: &mut Args<'_>| EntryName::parse(&args.text()?).ok_or_else(|| syntax("not an entry"));
            show.metadata = args.list(entry)?;
        }
        "STATUS" => {
            args.space()?;
            show.status = Some(status_items(args)?);
        }
        _ => return Err(syntax("a return option is not known")),
    }
    Ok(())
}

/// `(MESSAGES UNSEEN)`, each kept once.
// [rfc3501#6.3.10] [rfc9051#6.3.11]
pub(super) fn status_items(args: &mut Args<'_>) -> Parsed<Vec<StatusItem>> {
    let named = args.list(|args| {
        let word = args.word()?;
        let item = StatusItem::ALL.iter().find(|(_, name)| *name == word);
        item.map(|(item, _)| *item).ok_or_else(|| syntax("an item of STATUS is not known"))
    })?;
    let mut once = Vec::new();
    for item in named {
        if !once.contains(&item) {
            once.push(item);
        }
    }
    Ok(once)
}

#[cfg(test)]
mod tests {
    use super::*;

    // [rfc5258#3] [rfc5258#6]
    #[test]
    fn lists_as_clients_send_them() {
        let basic = List {
            select: Select::default(),
            reference: WireName(Vec::new()),
            patterns: vec![b"*".to_vec()],
            show: Show::default(),
        };
        let subscribed = Select { subscribed: true, ..Select::default() };
        let shown = Show { subscribed: true, ..Show::default() };
        let unseen = Some(vec![StatusItem::Unseen]);
        for (text, expected) in [
            ("\"\" *", basic.clone()),
            ("\"\" \"*\"", basic.clone()),
            ("() \"\" (\"*\")", basic.clone()),
            ("(SUBSCRIBED) \"\" \"*\" RETURN (SPECIAL-USE)", List { select: subscribed, show: shown, ..basic.clone() }),
            (
                "\"\" \"*\" RETURN (SPECIAL-USE STATUS (UNSEEN))",
                List { show: Show { status: unseen, ..Show::default() }, ..basic.clone() },
            ),
            ("\"\" (a %)", List { patterns: vec![b"a".to_vec(), b"%".to_vec()], ..basic.clone() }),
            ("\"\" \"\"", List { patterns: vec![Vec::new()], ..basic }),
        ] {
            assert_eq!(parse(&mut Args::new(text.as_bytes())).unwrap(), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_list_is_refused() {
        for text in
            ["", "\"\"", "(FOO) \"\" *", "\"\" * RETURN (FOO)", "\"\" * RETURN", "(RECURSIVEMATCH) \"\" *", "\"\" ()"]
        {
            assert!(parse(&mut Args::new(text.as_bytes())).is_err(), "{text}");
        }
    }

    // [rfc3501#6.3.10]
    #[test]
    fn status_items_are_kept_once() {
        let items = status_items(&mut Args::new(b"(MESSAGES unseen MESSAGES)")).unwrap();
        assert_eq!(items.iter().map(|item| item.name()).collect::<Vec<_>>(), ["MESSAGES", "UNSEEN"]);
        assert!(status_items(&mut Args::new(b"()")).is_err());
        assert!(status_items(&mut Args::new(b"(LENGTH)")).is_err());
    }
}
