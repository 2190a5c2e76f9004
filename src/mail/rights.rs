//! What a person may do with a mailbox that several share.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A set of rights over an organisation's mailbox. Coarse on purpose: one word each, that an administrator can give.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rights(u8);

impl Rights {
    /// Open the mailbox and fetch its messages.
    pub const READ: Self = Self(1);
    /// Change it: flags, moves, deletions, folders, drafts.
    pub const WRITE: Self = Self(2);
    /// Send in its name: its address in From and as reverse-path.
    pub const SEND: Self = Self(4);
    /// Say who else may do what with its folders (SETACL in IMAP).
    pub const ADMIN: Self = Self(8);
    /// All of them.
    pub const ALL: Self = Self(15);
    /// None of them.
    pub const NONE: Self = Self(0);

    const WORDS: [(Self, &'static str); 4] =
        [(Self::READ, "read"), (Self::WRITE, "write"), (Self::SEND, "send"), (Self::ADMIN, "admin")];

    /// Whether every one of these is among them.
    #[must_use]
    pub const fn contains(self, others: Self) -> bool {
        self.0 & others.0 == others.0
    }

    /// Reads `read,write,send,admin`, in any order. None when a word is not known, there twice, or there is none at all.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut rights = 0;
        for word in text.split(',') {
            let (right, _) = Self::WORDS.iter().find(|(_, known)| *known == word.trim())?;
            if rights & right.0 != 0 {
                return None;
            }
            rights |= right.0;
        }
        Some(Self(rights))
    }
}

impl fmt::Display for Rights {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = Self::WORDS.iter().filter(|(right, _)| self.contains(*right)).map(|(_, word)| *word);
        f.write_str(&words.collect::<Vec<_>>().join(","))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rights_go_there_and_back() {
        assert_eq!(Rights::parse("send, read"), Rights::parse("read,send"));
        assert_eq!(Rights::parse("read,write,send,admin"), Some(Rights::ALL));
        for (text, canonical) in [("send,read", "read,send"), ("write", "write")] {
            assert_eq!(Rights::parse(text).unwrap().to_string(), canonical);
        }
        for wrong in ["", "read,", "owner", "read,read", "READ"] {
            assert_eq!(Rights::parse(wrong), None, "{wrong:?}");
        }
        assert!(Rights::ALL.contains(Rights::SEND) && !Rights::READ.contains(Rights::WRITE));
        assert!(Rights::READ.contains(Rights::NONE));
    }
}
