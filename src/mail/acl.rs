//! The rights of an access control list (RFC 4314 §2.1): what somebody may do with one mailbox.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Rights, SystemFlags};

/// A set of the standard rights, as bits in the order of [`AclRights::LETTERS`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AclRights(u16);

impl AclRights {
    /// `l`: LIST shows the mailbox.
    pub const LOOKUP: Self = Self(1);
    /// `r`: SELECT, STATUS.
    pub const READ: Self = Self(1 << 1);
    /// `s`: change `\Seen`.
    pub const SEEN: Self = Self(1 << 2);
    /// `w`: change flags other than `\Seen` and `\Deleted`.
    pub const WRITE: Self = Self(1 << 3);
    /// `i`: APPEND, COPY into it.
    pub const INSERT: Self = Self(1 << 4);
    /// `p`: send to it, or here: in its name. IMAP does not ask for it.
    pub const POST: Self = Self(1 << 5);
    /// `k`: create mailboxes below it.
    pub const CREATE: Self = Self(1 << 6);
    /// `x`: delete or rename it.
    pub const DELETE: Self = Self(1 << 7);
    /// `t`: change `\Deleted`.
    pub const DELETE_MESSAGES: Self = Self(1 << 8);
    /// `e`: EXPUNGE.
    pub const EXPUNGE: Self = Self(1 << 9);
    /// `a`: see and change the list itself.
    pub const ADMINISTER: Self = Self(1 << 10);
    /// All of them: what the owner has.
    pub const ALL: Self = Self((1 << 11) - 1);
    /// None of them.
    pub const NONE: Self = Self(0);
    /// The letters of the rights, in the order of the bits.
    pub const LETTERS: &'static str = "lrswipkxtea";

    /// The virtual rights of RFC 2086, each with its members.
    // [rfc4314#2.1.1]
    const VIRTUAL: [(char, Self); 2] =
        [('c', Self::CREATE.with(Self::DELETE)), ('d', Self::DELETE_MESSAGES.with(Self::EXPUNGE))];

    /// Whether every one of these is among them.
    #[must_use]
    pub const fn contains(self, others: Self) -> bool {
        self.0 & others.0 == others.0
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether somebody with these rights may not even know that the mailbox exists.
    // [rfc4314#4] [rfc4314#6]
    #[must_use]
    pub fn hide(self) -> bool {
        let told = [Self::LOOKUP, Self::READ, Self::INSERT, Self::CREATE, Self::DELETE, Self::ADMINISTER];
        !told.iter().any(|right| self.contains(*right))
    }

    /// These and those.
    #[must_use]
    pub const fn with(self, others: Self) -> Self {
        Self(self.0 | others.0)
    }

    /// These without those.
    #[must_use]
    pub const fn without(self, others: Self) -> Self {
        Self(self.0 & !others.0)
    }

    /// Those of them that are about flags.
    #[must_use]
    pub const fn over_flags(self) -> Self {
        Self(self.0 & (Self::SEEN.0 | Self::WRITE.0 | Self::DELETE_MESSAGES.0))
    }

    /// Reads letters in any order; `c` and `d` stand for their members. None when one is not known: upper case never
    /// is.
    // [rfc4314#2.1] [rfc4314#2.1.1]
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        text.chars().try_fold(Self::NONE, |rights, letter| Some(rights.with(Self::of(letter)?)))
    }

    fn of(letter: char) -> Option<Self> {
        let standard = Self::LETTERS.find(letter).map(|bit| Self(1 << bit));
        standard.or_else(|| Self::VIRTUAL.iter().find(|(known, _)| *known == letter).map(|(_, members)| *members))
    }

    /// The system flags that may be changed by them.
    // [rfc4314#4]
    #[must_use]
    pub fn flags(self) -> SystemFlags {
        let others = SystemFlags::ANSWERED.with(SystemFlags::FLAGGED).with(SystemFlags::DRAFT);
        [(Self::SEEN, SystemFlags::SEEN), (Self::DELETE_MESSAGES, SystemFlags::DELETED), (Self::WRITE, others)]
            .into_iter()
            .filter(|(right, _)| self.contains(*right))
            .fold(SystemFlags::default(), |flags, (_, more)| flags.with(more))
    }

    /// Whether anything of a mailbox may be changed by them, as the answer to SELECT tells.
    // [rfc4314#5.2]
    #[must_use]
    pub fn writes(self) -> bool {
        [Self::INSERT, Self::EXPUNGE, Self::SEEN, Self::WRITE, Self::DELETE_MESSAGES]
            .iter()
            .any(|right| self.contains(*right))
    }
}

impl From<Rights> for AclRights {
    /// What the administrator's words mean for each mailbox of the account.
    fn from(rights: Rights) -> Self {
        let write = "swikxte";
        [(Rights::READ, "lr"), (Rights::WRITE, write), (Rights::SEND, "p"), (Rights::ADMIN, "a")]
            .into_iter()
            .filter(|(word, _)| rights.contains(*word))
            .fold(Self::NONE, |all, (_, letters)| all.with(Self::parse(letters).unwrap_or_default()))
    }
}

impl fmt::Display for AclRights {
    /// The letters, and behind them each virtual right of which a member is there: clients of RFC 2086 read these.
    // [rfc4314#2.1.1]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let letters = (0..).zip(Self::LETTERS.chars());
        for (_, letter) in letters.filter(|(bit, _)| self.0 >> bit & 1 == 1) {
            write!(f, "{letter}")?;
        }
        for (letter, _) in Self::VIRTUAL.iter().filter(|(_, members)| self.0 & members.0 != 0) {
            write!(f, "{letter}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // [rfc4314#2.1] [rfc4314#2.1.1]
    #[test]
    fn letters_go_there_and_back() {
        for (given, told) in [
            ("", ""),
            ("lr", "lr"),
            ("rl", "lr"),
            ("lrswida", "lrswitead"),
            ("k", "kc"),
            ("c", "kxc"),
            ("d", "ted"),
            ("dte", "ted"),
            ("lrswipkxtea", "lrswipkxteacd"),
            ("lrswipkxteacd", "lrswipkxteacd"),
        ] {
            assert_eq!(AclRights::parse(given).unwrap().to_string(), told, "{given}");
        }
        for wrong in ["L", "lrq", "l r", "0", "é"] {
            assert_eq!(AclRights::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn words_of_the_administrator_are_letters() {
        for (words, letters) in
            [("read", "lr"), ("read,write,send", "lrswipkxte"), ("read,admin", "lra"), ("send", "p")]
        {
            let rights = AclRights::from(Rights::parse(words).unwrap());
            assert_eq!(rights, AclRights::parse(letters).unwrap(), "{words}");
        }
        assert_eq!(AclRights::from(Rights::NONE), AclRights::NONE);
        assert_eq!(AclRights::from(Rights::ALL), AclRights::ALL);
    }

    // [rfc4314#4] [rfc4314#6]
    #[test]
    fn some_rights_tell_that_a_mailbox_exists() {
        for letter in AclRights::LETTERS.chars() {
            assert_eq!(AclRights::of(letter).unwrap().hide(), "swpte".contains(letter), "{letter}");
        }
        assert!(AclRights::NONE.hide() && !AclRights::ALL.hide());
    }

    // [rfc4314#4] [rfc4314#5.2]
    #[test]
    fn each_flag_has_its_right() {
        for (letters, flags, writes) in
            [("lr", 0, false), ("lrs", 1, true), ("lrt", 8, true), ("lrw", 22, true), ("i", 0, true), ("swt", 31, true)]
        {
            let rights = AclRights::parse(letters).unwrap();
            assert_eq!((rights.flags(), rights.writes()), (SystemFlags(flags), writes), "{letters}");
        }
        assert!(!AclRights::parse("lrkxap").unwrap().writes());
    }
}
