//! Mailbox names and list patterns: from the wire to the form that the store knows, and back.
//!
//! On the wire a name is modified UTF-7 or, once the client has enabled it, UTF-8 (RFC 6855). Inside it is Unicode
//! text with `/` between the levels. A name that can't be read is no mailbox's name: it matches nothing, and the
//! client hears the same as for a mailbox that does not exist.

use unicode_normalization::UnicodeNormalization;

use super::utf7;

/// Between two levels of the hierarchy.
pub const SEPARATOR: char = '/';
/// The mailbox that every account has, in the only spelling used inside.
pub const INBOX: &str = "INBOX";
/// Octets of a name in UTF-8.
pub const NAME_MAX: usize = 255 * 4;
/// Levels of a name.
pub const LEVELS_MAX: usize = 32;

/// How names are written on one connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Names {
    /// Modified UTF-7: how every session begins.
    #[default]
    Utf7,
    /// UTF-8, after `ENABLE UTF8=ACCEPT` (RFC 6855 §3).
    Utf8,
}

/// A name as it came in a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WireName(pub Vec<u8>);

impl WireName {
    /// The name that is meant; none if no mailbox can have it. `INBOX` is found in any case, as the first level too.
    // [rfc3501#5.1] [clients#imap-traps]
    #[must_use]
    pub fn read(&self, names: Names) -> Option<String> {
        let name = composed(&self.spelled(names)?);
        let levels_ok = name.split(SEPARATOR).count() <= LEVELS_MAX && !name.split(SEPARATOR).any(str::is_empty);
        (levels_ok && name.len() <= NAME_MAX && !name.chars().any(forbidden)).then(|| fold_inbox(name))
    }

    /// The name as the client spelled it, before accents are composed.
    #[must_use]
    pub fn spelled(&self, names: Names) -> Option<String> {
        decode(&self.0, names)
    }

    /// The name, with one `/` at its end taken off: `CREATE folder/` announces that names will follow below it
    /// (RFC 9051 §6.3.4), which every mailbox here allows.
    #[must_use]
    pub fn read_new(&self, names: Names) -> Option<String> {
        let name = self.0.strip_suffix(b"/").unwrap_or(&self.0);
        Self(name.to_vec()).read(names)
    }

    /// Whether it is the empty name, with which LIST asks for the separator.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Writes a name for the wire, to be quoted by [`super::response`].
#[must_use]
pub fn write(name: &str, names: Names) -> String {
    match names {
        Names::Utf7 => utf7::encode(name),
        Names::Utf8 => name.to_owned(),
    }
}

/// A pattern of LIST or LSUB: `*` stands for anything, `%` for anything within a level.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern(Vec<char>);

impl Pattern {
    /// Reference and pattern joined, as LIST takes them; none if no name can match.
    #[must_use]
    pub fn read(reference: &WireName, pattern: &[u8], names: Names) -> Option<Self> {
        let joined = [reference.0.as_slice(), pattern].concat();
        let text = composed(&decode(&joined, names)?);
        (text.len() <= NAME_MAX).then(|| Self(text.chars().collect()))
    }

    /// Whether the pattern matches a whole name, `INBOX` in any case. Takes time in the product of both lengths at
    /// worst, whatever the pattern.
    // [rfc3501#6.3.8] [rfc9051#6.3.9] [clients#imap-traps]
    #[must_use]
    pub fn matches(&self, name: &str) -> bool {
        let mut reached = vec![false; self.0.len() + 1];
        reached[0] = true;
        self.skip_wildcards(&mut reached);
        let inbox = if is_in_inbox(name) { INBOX.len() } else { 0 };
        for (place, c) in name.chars().enumerate() {
            let same = |wanted: char| wanted == c || place < inbox && wanted.eq_ignore_ascii_case(&c);
            let mut next = vec![false; reached.len()];
            for (at, wanted) in self.0.iter().enumerate().filter(|(at, _)| reached[*at]) {
                match wanted {
                    '*' => next[at] = true,
                    '%' => next[at] |= c != SEPARATOR,
                    wanted => next[at + 1] |= same(*wanted),
                }
            }
            self.skip_wildcards(&mut next);
            reached = next;
        }
        reached[self.0.len()]
    }

    /// A wildcard also stands for nothing.
    fn skip_wildcards(&self, reached: &mut [bool]) {
        for (at, wanted) in self.0.iter().enumerate() {
            if reached[at] && matches!(wanted, '*' | '%') {
                reached[at + 1] = true;
            }
        }
    }
}

/// Accents composed: names that look alike are one (Net-Unicode, RFC 5198).
// [rfc9051#5.1]
fn composed(name: &str) -> String {
    if name.is_ascii() { name.to_owned() } else { name.nfc().collect() }
}

fn decode(bytes: &[u8], names: Names) -> Option<String> {
    match names {
        Names::Utf7 => utf7::decode(bytes),
        Names::Utf8 => String::from_utf8(bytes.to_vec()).ok(),
    }
}

/// Control characters, and the wildcards, which would make a name that no pattern can single out.
fn forbidden(c: char) -> bool {
    c.is_control() || matches!(c, '*' | '%' | '\u{2028}' | '\u{2029}')
}

/// Whether a name, as it is known inside, is INBOX or below it.
fn is_in_inbox(name: &str) -> bool {
    name.split(SEPARATOR).next() == Some(INBOX)
}

fn fold_inbox(name: String) -> String {
    let first = name.split(SEPARATOR).next().unwrap_or_default();
    if first.eq_ignore_ascii_case(INBOX) && first != INBOX {
        return format!("{INBOX}{}", &name[first.len()..]);
    }
    name
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(wire: &str) -> Option<String> {
        WireName(wire.as_bytes().to_vec()).read(Names::Utf7)
    }

    // [rfc3501#5.1] [clients#imap-traps]
    #[test]
    fn inbox_is_one_mailbox_in_any_case() {
        for (wire, name) in [("inbox", "INBOX"), ("InBoX/a", "INBOX/a"), ("Inboxes", "Inboxes"), ("a/inbox", "a/inbox")]
        {
            assert_eq!(read(wire).as_deref(), Some(name));
        }
    }

    #[test]
    fn what_no_mailbox_can_be_called() {
        let long = "x".repeat(NAME_MAX + 1);
        let deep = vec!["x"; LEVELS_MAX + 1].join("/");
        for wire in ["", "/", "/a", "a/", "a//b", "a*", "a%b", "&AAA-", "&AAo-", "&", "é", "a\0", &long, &deep] {
            assert_eq!(read(wire), None, "{wire:?}");
        }
        assert_eq!(read("../../etc/passwd").as_deref(), Some("../../etc/passwd"), "a name is no path here");
        assert_eq!(WireName(b"a/".to_vec()).read_new(Names::Utf7).as_deref(), Some("a"));
    }

    #[test]
    fn utf8_names_once_enabled() {
        let wire = WireName("Envoyés & b".as_bytes().to_vec());
        assert_eq!(wire.read(Names::Utf8).as_deref(), Some("Envoyés & b"));
        assert_eq!(wire.read(Names::Utf7), None);
        assert_eq!(WireName(vec![0xff]).read(Names::Utf8), None);
    }

    // [rfc3501#6.3.8]
    #[test]
    fn patterns_match_whole_names() {
        for (pattern, name, matches) in [
            ("*", "a/b", true),
            ("*", "", true),
            ("%", "a", true),
            ("%", "a/b", false),
            ("%/%", "a/b", true),
            ("a%", "a", true),
            ("a%c/*", "abc/d/e", true),
            ("a*c", "a/b/c", true),
            ("a*c", "a/b/cd", false),
            ("inbox", "INBOX", true),
            ("InBox/%", "INBOX/x", true),
            ("in%", "INBOX", true),
            ("*ox", "INBOX", true),
            ("*OX/x", "INBOX/X", false),
            ("INB*", "Inboxes", false),
            ("&AOk-*", "été", true),
            ("a", "A", false),
        ] {
            let read = Pattern::read(&WireName(Vec::new()), pattern.as_bytes(), Names::Utf7).unwrap();
            assert_eq!(read.matches(name), matches, "{pattern} {name}");
        }
        assert_eq!(Pattern::read(&WireName(Vec::new()), b"&*", Names::Utf7), None);
        let joined = Pattern::read(&WireName(b"a/".to_vec()), b"%", Names::Utf7).unwrap();
        assert!(joined.matches("a/b") && !joined.matches("b"));
    }

    #[test]
    fn a_hostile_pattern_takes_bounded_time() {
        let pattern = Pattern::read(&WireName(Vec::new()), "*a".repeat(400).as_bytes(), Names::Utf7).unwrap();
        assert!(!pattern.matches(&"a".repeat(399)));
        assert!(pattern.matches(&"a".repeat(NAME_MAX)));
    }

    proptest! {
        #[test]
        fn a_name_matches_itself_and_a_star(name in "[a-z/é&]{1,20}") {
            for pattern in [utf7::encode(&name), "*".to_owned(), format!("{}*", utf7::encode(&name))] {
                let pattern = Pattern::read(&WireName(Vec::new()), pattern.as_bytes(), Names::Utf7).unwrap();
                prop_assert!(pattern.matches(&name));
            }
        }
    }
}
