//! Which mailboxes a command is about, beside a single name: `filter-mailboxes` of RFC 5465 §6, as ESEARCH (RFC 7377)
//! takes them.

use super::args::{Args, Parsed, syntax};
use super::name::WireName;
use crate::mail::{Fault, Status};

/// Names in one list.
pub const NAMES_MAX: usize = 1000;

/// A set of mailboxes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Filter {
    /// `SELECTED`: the mailbox that is selected.
    Selected,
    /// `SELECTED-DELAYED`: the same, where NOTIFY may tell of expunges only when commands allow it.
    SelectedDelayed,
    /// `INBOXES`: where new messages may come.
    Inboxes,
    /// `PERSONAL`: all of the one who signed in.
    Personal,
    /// `SUBSCRIBED`: those that are subscribed.
    Subscribed,
    /// `SUBTREE`: these and all below them.
    Subtree(Vec<WireName>),
    /// `SUBTREE-ONE`: these and those directly below them.
    SubtreeOne(Vec<WireName>),
    /// `MAILBOXES`: these.
    Mailboxes(Vec<WireName>),
}

/// Reads one set.
///
/// # Errors
/// `Syntax`; `LimitReached` for too many names.
// [rfc5465#6] [rfc7377#2.2]
pub(super) fn filter(args: &mut Args<'_>) -> Parsed<Filter> {
    Ok(match args.word()?.as_str() {
        "SELECTED" => Filter::Selected,
        "SELECTED-DELAYED" => Filter::SelectedDelayed,
        "INBOXES" => Filter::Inboxes,
        "PERSONAL" => Filter::Personal,
        "SUBSCRIBED" => Filter::Subscribed,
        "SUBTREE" => Filter::Subtree(names(args)?),
        "SUBTREE-ONE" => Filter::SubtreeOne(names(args)?),
        "MAILBOXES" => Filter::Mailboxes(names(args)?),
        _ => return Err(syntax("a set of mailboxes is not known")),
    })
}

/// One name, or several in parentheses.
fn names(args: &mut Args<'_>) -> Parsed<Vec<WireName>> {
    args.space()?;
    let name = |args: &mut Args<'_>| args.mailbox().map(WireName);
    let names = if args.peek() == Some(b'(') { args.list(name)? } else { vec![name(args)?] };
    if names.len() > NAMES_MAX {
        return Err(Fault::user(Status::LimitReached, "too many mailboxes in one command"));
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    // [rfc5465#6]
    #[test]
    fn sets_of_mailboxes() {
        let name = |text: &str| WireName(text.as_bytes().to_vec());
        for (text, expected) in [
            ("selected", Filter::Selected),
            ("Selected-Delayed", Filter::SelectedDelayed),
            ("inboxes", Filter::Inboxes),
            ("personal", Filter::Personal),
            ("subscribed", Filter::Subscribed),
            ("subtree a", Filter::Subtree(vec![name("a")])),
            ("subtree-one \"a b\"", Filter::SubtreeOne(vec![name("a b")])),
            ("mailboxes (a {1}\r\nb)", Filter::Mailboxes(vec![name("a"), name("b")])),
        ] {
            assert_eq!(filter(&mut Args::new(text.as_bytes())).unwrap(), expected, "{text}");
        }
        for text in ["", "foo", "subtree", "mailboxes", "mailboxes ()"] {
            assert_eq!(filter(&mut Args::new(text.as_bytes())).unwrap_err().status, Status::Syntax, "{text}");
        }
        let many = format!("mailboxes ({})", vec!["a"; NAMES_MAX + 1].join(" "));
        assert_eq!(filter(&mut Args::new(many.as_bytes())).unwrap_err().status, Status::LimitReached);
    }
}
