//! Which names LIST and LSUB answer with, and with which attributes: a pure function of the account's mailboxes and
//! subscriptions.

use std::collections::BTreeSet;

use crate::proto::imap::list::Select;
use crate::proto::imap::name::{INBOX, Pattern, SEPARATOR};

/// What a listing needs to know of one mailbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Known {
    /// Its name.
    pub(super) name: String,
    /// `\Sent` and its like.
    pub(super) special_use: Option<&'static str>,
}

/// A line of the answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    /// The name.
    pub(super) name: String,
    /// Its attributes, as they are written.
    pub(super) attributes: Vec<&'static str>,
    /// Whether there is such a mailbox, so that STATUS can be told of it.
    pub(super) exists: Exists,
    /// Whether names below it are subscribed, told for RECURSIVEMATCH (RFC 5258 §3.5).
    pub(super) selected_below: SelectedBelow,
}

/// Whether a listed name is a mailbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Exists {
    Yes,
    No,
}

/// Whether `CHILDINFO ("SUBSCRIBED")` is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SelectedBelow {
    Told,
    NotTold,
}

/// The account's names.
#[derive(Debug)]
pub(super) struct Names<'a> {
    mailboxes: &'a [Known],
    subscribed: &'a BTreeSet<String>,
    /// Names with others below them, subscribed ones included.
    parents: BTreeSet<&'a str>,
    /// Names that no mailbox has and below which there are some: of `Shared/accueil@…/INBOX` the first two levels.
    levels: BTreeSet<&'a str>,
}

impl<'a> Names<'a> {
    pub(super) fn new(mailboxes: &'a [Known], subscribed: &'a BTreeSet<String>) -> Self {
        let parents: BTreeSet<&str> = mailboxes.iter().flat_map(|known| ancestors(&known.name)).collect();
        let mut levels = parents.clone();
        for known in mailboxes {
            levels.remove(known.name.as_str());
        }
        Self { mailboxes, subscribed, parents, levels }
    }

    /// The answer to LIST.
    // [rfc3501#6.3.8] [rfc5258#3]
    pub(super) fn list(&self, patterns: &[Pattern], select: Select, show_subscribed: bool) -> Vec<Line> {
        let matching = |name: &str| patterns.iter().any(|pattern| pattern.matches(name));
        let mut names: BTreeSet<&str> = self.mailboxes.iter().map(|known| known.name.as_str()).collect();
        if !select.subscribed && !select.special_use {
            names.extend(&self.levels);
        }
        if select.subscribed {
            names.extend(self.subscribed.iter().map(String::as_str));
        }
        let below = if select.recursive { self.parents_of_selected(select) } else { BTreeSet::new() };
        names.extend(&below);
        names.retain(|name| matching(name) && (self.is_selected(name, select) || below.contains(name)));
        inbox_first(names)
            .map(|name| {
                let mut line = self.line(name);
                if show_subscribed && self.subscribed.contains(name) {
                    line.attributes.push("\\Subscribed");
                }
                if below.contains(name) && select.subscribed {
                    line.selected_below = SelectedBelow::Told;
                }
                line
            })
            .collect()
    }

    /// The answer to LSUB: subscribed names, and for `%` the names above them that are not subscribed themselves.
    // [rfc3501#6.3.9]
    pub(super) fn lsub(&self, pattern: &Pattern) -> Vec<Line> {
        let all = self.subscribed.iter().map(String::as_str);
        let above = all.clone().filter(|name| !pattern.matches(name)).flat_map(ancestors);
        let names = all.chain(above).filter(|name| pattern.matches(name)).collect();
        inbox_first(names)
            .map(|name| {
                let mut line = self.line(name);
                if !self.subscribed.contains(name) || line.exists == Exists::No {
                    line.attributes = vec!["\\Noselect"];
                }
                line
            })
            .collect()
    }

    fn is_selected(&self, name: &str, select: Select) -> bool {
        let special = || self.find(name).is_some_and(|known| known.special_use.is_some());
        (!select.subscribed || self.subscribed.contains(name)) && (!select.special_use || special())
    }

    fn parents_of_selected(&self, select: Select) -> BTreeSet<&str> {
        let mailboxes = self.mailboxes.iter().map(|known| known.name.as_str());
        let all = mailboxes.chain(self.subscribed.iter().map(String::as_str));
        all.filter(|name| self.is_selected(name, select)).flat_map(ancestors).collect()
    }

    /// A name with the attributes that it always has.
    // [rfc3348#3] [rfc6154#2]
    pub(super) fn line(&self, name: &str) -> Line {
        let known = self.find(name);
        let mut attributes = Vec::new();
        if self.levels.contains(name) {
            // implied by the other, for clients that don't know that
            attributes.push("\\Noselect");
        }
        if known.is_none() {
            attributes.push("\\NonExistent");
        }
        attributes.push(if self.parents.contains(name) { "\\HasChildren" } else { "\\HasNoChildren" });
        attributes.extend(known.and_then(|known| known.special_use));
        let exists = if known.is_some() { Exists::Yes } else { Exists::No };
        Line { name: name.to_owned(), attributes, exists, selected_below: SelectedBelow::NotTold }
    }

    fn find(&self, name: &str) -> Option<&Known> {
        self.mailboxes.iter().find(|known| known.name == name)
    }
}

/// The names above a name: of `a/b/c` those are `a` and `a/b`.
pub(super) fn ancestors(name: &str) -> impl Iterator<Item = &str> {
    name.match_indices(SEPARATOR).map(|(at, _)| &name[..at])
}

fn inbox_first(names: BTreeSet<&str>) -> impl Iterator<Item = &str> {
    let inbox = names.contains(INBOX).then_some(INBOX);
    inbox.into_iter().chain(names.into_iter().filter(|name| *name != INBOX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::imap::name::{Names as Wire, WireName};

    const NONE: Select = Select { subscribed: false, special_use: false, recursive: false };
    const SUBSCRIBED: Select = Select { subscribed: true, ..NONE };

    fn with<R>(run: impl FnOnce(&Names<'_>) -> R) -> R {
        let known = |name: &str, special_use| Known { name: name.to_owned(), special_use };
        let mailboxes = [
            known("Archive", None),
            known("INBOX", None),
            known("Sent", Some("\\Sent")),
            known("a", None),
            known("a/b", None),
            known("a/b/c", None),
        ];
        let subscribed = ["INBOX", "a/b/c", "gone/x"].iter().map(|name| (*name).to_owned()).collect();
        run(&Names::new(&mailboxes, &subscribed))
    }

    fn pattern(text: &str) -> Pattern {
        Pattern::read(&WireName(Vec::new()), text.as_bytes(), Wire::Utf7).unwrap()
    }

    fn shown(lines: &[Line]) -> Vec<String> {
        let childinfo = |line: &Line| if line.selected_below == SelectedBelow::Told { " +" } else { "" };
        lines.iter().map(|line| format!("{} {}{}", line.name, line.attributes.join(" "), childinfo(line))).collect()
    }

    // [rfc3501#6.3.8] [rfc3348#3] [rfc6154#2]
    #[test]
    fn list_names_what_matches() {
        for (text, expected) in [
            (
                "%",
                vec![
                    "INBOX \\HasNoChildren",
                    "Archive \\HasNoChildren",
                    "Sent \\HasNoChildren \\Sent",
                    "a \\HasChildren",
                ],
            ),
            ("a/*", vec!["a/b \\HasChildren", "a/b/c \\HasNoChildren"]),
            ("a/%", vec!["a/b \\HasChildren"]),
            ("inbox", vec!["INBOX \\HasNoChildren"]),
            ("nothing", vec![]),
        ] {
            assert_eq!(with(|names| shown(&names.list(&[pattern(text)], NONE, false))), expected, "{text}");
        }
    }

    // [rfc3501#6.3.8] [rfc4314#4]
    #[test]
    fn levels_without_a_mailbox_are_listed_and_cannot_be_selected() {
        let known = |name: &str| Known { name: name.to_owned(), special_use: None };
        let mailboxes = [known("INBOX"), known("Shared/x/INBOX")];
        let none = BTreeSet::new();
        let names = Names::new(&mailboxes, &none);
        let level = "Shared \\Noselect \\NonExistent \\HasChildren";
        assert_eq!(shown(&names.list(&[pattern("%")], NONE, false)), ["INBOX \\HasNoChildren", level]);
        assert_eq!(shown(&names.list(&[pattern("S*/INBOX")], NONE, false)), ["Shared/x/INBOX \\HasNoChildren"]);
        assert_eq!(shown(&names.list(&[pattern("%")], SUBSCRIBED, true)), Vec::<String>::new());
    }

    // [rfc5258#3]
    #[test]
    fn selection_options_narrow_it() {
        let recursive = Select { recursive: true, ..SUBSCRIBED };
        let special = Select { special_use: true, ..NONE };
        for (text, select, expected) in [
            (
                "*",
                SUBSCRIBED,
                vec![
                    "INBOX \\HasNoChildren \\Subscribed",
                    "a/b/c \\HasNoChildren \\Subscribed",
                    "gone/x \\NonExistent \\HasNoChildren \\Subscribed",
                ],
            ),
            ("*", special, vec!["Sent \\HasNoChildren \\Sent"]),
            (
                "%",
                recursive,
                vec!["INBOX \\HasNoChildren \\Subscribed", "a \\HasChildren +", "gone \\NonExistent \\HasNoChildren +"],
            ),
        ] {
            let lines = with(|names| shown(&names.list(&[pattern(text)], select, select.subscribed)));
            assert_eq!(lines, expected, "{text} {select:?}");
        }
    }

    // [rfc3501#6.3.9] [clients#imap-what-clients-do]
    #[test]
    fn lsub_names_subscriptions_and_what_is_above_them() {
        for (text, expected) in [
            ("*", vec!["INBOX \\HasNoChildren", "a/b/c \\HasNoChildren", "gone/x \\Noselect"]),
            ("%", vec!["INBOX \\HasNoChildren", "a \\Noselect", "gone \\Noselect"]),
            ("a/%", vec!["a/b \\Noselect"]),
        ] {
            assert_eq!(with(|names| shown(&names.lsub(&pattern(text)))), expected, "{text}");
        }
    }
}
