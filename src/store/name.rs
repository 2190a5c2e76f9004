//! Names of mailboxes: a path of levels separated by `/`.

use crate::mail::{Fault, Status};

/// Octets of a name.
const NAME_MAX: usize = 1000;
/// Levels of a name.
const LEVELS_MAX: usize = 32;

/// The hierarchy separator.
pub const SEPARATOR: char = '/';

/// The form under which a name is stored: INBOX in capitals as the first level however it was written, no separator at
/// the end. Storage is by identity, so that a name may hold anything that IMAP can carry, but no control characters
/// and no wildcards, which no LIST could match.
///
/// # Errors
/// `BadMailboxName`.
// [rfc9051#5.1]
pub(super) fn normalise(name: &str) -> Result<String, Fault> {
    let name = name.strip_suffix(SEPARATOR).unwrap_or(name);
    let bad = |why: &str| Fault::user(Status::BadMailboxName, format!("mailbox name: {why}"));
    if name.len() > NAME_MAX || name.split(SEPARATOR).count() > LEVELS_MAX {
        return Err(bad("too long"));
    }
    if name.split(SEPARATOR).any(str::is_empty) {
        return Err(bad("an empty level"));
    }
    if name.chars().any(|c| c.is_control() || matches!(c, '*' | '%' | '\u{fffd}' | '\u{2028}' | '\u{2029}')) {
        return Err(bad("a control character or a wildcard"));
    }
    let (first, rest) = name.split_at(name.find(SEPARATOR).unwrap_or(name.len()));
    Ok(if first.eq_ignore_ascii_case("INBOX") { format!("INBOX{rest}") } else { name.to_owned() })
}

/// The name of the mailbox above.
pub(super) fn parent(name: &str) -> Option<&str> {
    name.rsplit_once(SEPARATOR).map(|(parent, _)| parent)
}

/// What of `name` follows below `ancestor`, with the separator; none when it lies elsewhere.
pub(super) fn below<'a>(name: &'a str, ancestor: &str) -> Option<&'a str> {
    name.strip_prefix(ancestor).filter(|rest| rest.starts_with(SEPARATOR))
}

#[cfg(test)]
mod tests {
    use super::*;

    // [rfc9051#5.1]
    #[test]
    fn names_have_one_form() {
        for (given, kept) in [
            ("inbox", "INBOX"),
            ("InBox/Été", "INBOX/Été"),
            ("inboxes", "inboxes"),
            ("a/b/", "a/b"),
            ("../../etc", "../../etc"),
            ("~peter", "~peter"),
        ] {
            assert_eq!(normalise(given).unwrap(), kept);
        }
        for bad in ["", "/", "/a", "a//b", "a*", "a%b", "a\0", "a\r\n", &"x".repeat(1001), &"a/".repeat(40)] {
            assert!(normalise(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn the_tree_is_in_the_names() {
        assert_eq!(parent("a/b/c"), Some("a/b"));
        assert_eq!(parent("a"), None);
        assert_eq!(below("a/b", "a"), Some("/b"));
        assert_eq!(below("ab", "a"), None);
    }
}
