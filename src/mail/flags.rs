//! Message flags: the system flags of RFC 9051 §2.3.2 and keywords.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::AclRights;

/// The system flags, as bits of one byte. `\Recent` is a session's matter and not stored.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct SystemFlags(pub u8);

impl SystemFlags {
    /// `\Seen`
    pub const SEEN: Self = Self(1);
    /// `\Answered`
    pub const ANSWERED: Self = Self(2);
    /// `\Flagged`
    pub const FLAGGED: Self = Self(4);
    /// `\Deleted`
    pub const DELETED: Self = Self(8);
    /// `\Draft`
    pub const DRAFT: Self = Self(16);
    /// Each flag with its IMAP name, in the order in which they are shown.
    pub const NAMES: [(Self, &'static str); 5] = [
        (Self::ANSWERED, "\\Answered"),
        (Self::FLAGGED, "\\Flagged"),
        (Self::DELETED, "\\Deleted"),
        (Self::SEEN, "\\Seen"),
        (Self::DRAFT, "\\Draft"),
    ];

    /// Whether every flag of `other` is set.
    #[must_use]
    pub fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// These and those of `other`.
    #[must_use]
    pub fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// These without those of `other`.
    #[must_use]
    pub fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// The flag with this IMAP name, in any case.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(_, n)| n.eq_ignore_ascii_case(name)).map(|(flag, _)| *flag)
    }
}

/// A keyword: an IMAP atom without a backslash (RFC 9051 §2.3.2), at most 64 octets. Keeps its case, compares folded.
#[derive(Clone, Serialize, Deserialize)]
pub struct Keyword(String);

impl Keyword {
    /// Octets of a keyword.
    pub const MAX: usize = 64;

    /// The keyword, if the text is an atom of at most 64 octets.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let atom = |b: u8| b.is_ascii_graphic() && !b"(){%*\"\\]".contains(&b);
        let ok = !text.is_empty() && text.len() <= Self::MAX && text.bytes().all(atom);
        ok.then(|| Self(text.to_owned()))
    }

    /// Its text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn folded(&self) -> impl Iterator<Item = u8> + '_ {
        self.0.bytes().map(|b| b.to_ascii_lowercase())
    }
}

impl PartialEq for Keyword {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

impl Eq for Keyword {}

impl PartialOrd for Keyword {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Keyword {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.folded().cmp(other.folded())
    }
}

impl fmt::Debug for Keyword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A set of flags of one message.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlagSet {
    /// The system flags.
    pub system: SystemFlags,
    /// The keywords.
    pub keywords: BTreeSet<Keyword>,
}

impl FlagSet {
    /// Whether no flag is in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.system.0 == 0 && self.keywords.is_empty()
    }

    /// Those of them that these rights may change.
    // [rfc4314#4]
    #[must_use]
    pub fn allowed(mut self, rights: AclRights) -> Self {
        self.system = SystemFlags(self.system.0 & rights.flags().0);
        if !rights.contains(AclRights::WRITE) {
            self.keywords.clear();
        }
        self
    }
}

impl fmt::Display for FlagSet {
    /// The flags separated by spaces, as between the parentheses of an IMAP flag list.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let system = SystemFlags::NAMES.iter().filter(|(flag, _)| self.system.contains(*flag)).map(|(_, name)| *name);
        for (i, name) in system.chain(self.keywords.iter().map(Keyword::as_str)).enumerate() {
            if i > 0 {
                f.write_str(" ")?;
            }
            f.write_str(name)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keywords_are_atoms_and_compare_folded() {
        assert_eq!(Keyword::new("$Label1"), Keyword::new("$LABEL1"));
        for text in ["", "\\Seen", "a b", "a(", "é", &"x".repeat(65)] {
            assert!(Keyword::new(text).is_none(), "{text}");
        }
    }

    #[test]
    fn a_set_is_written_as_in_a_flag_list() {
        let set = FlagSet {
            system: SystemFlags::SEEN.with(SystemFlags::FLAGGED),
            keywords: Keyword::new("$Forwarded").into_iter().collect(),
        };
        assert_eq!(set.to_string(), "\\Flagged \\Seen $Forwarded");
    }
}
