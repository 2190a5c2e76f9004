//! Capabilities of IMAP that are switched off for one account, because a program that reads it can't cope with them.

use crate::mail::{AccountId, Fault, Status};
use crate::store::{Account, Tx};

/// The name of this setting among an account's.
const SETTING: &str = "imap-off";
/// Capabilities of one account's list.
const NAMES_MAX: usize = 50;

/// The list of one account, upper case.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SwitchedOff(Vec<String>);

impl SwitchedOff {
    /// Reads a list with commas, of words that may be switched off; empty for none.
    ///
    /// # Errors
    /// `Syntax` with a detail that names the word that is no capability which can be switched off.
    pub fn parse(text: &str, can_be_off: impl Fn(&str) -> bool) -> Result<Self, Fault> {
        let words = text.split(',').map(str::trim).filter(|word| !word.is_empty());
        let mut names = Vec::new();
        for word in words.map(str::to_ascii_uppercase) {
            if !can_be_off(&word) || names.len() == NAMES_MAX {
                return Err(Fault::user(Status::Syntax, format!("« {word} » n'est pas une extension qui se retire")));
            }
            names.push(word);
        }
        names.sort_unstable();
        names.dedup();
        Ok(Self(names))
    }

    /// What is switched off for an account.
    ///
    /// # Errors
    /// `Storage`.
    pub fn of(account: &Account) -> Result<Self, Fault> {
        let text = account.setting(SETTING)?.unwrap_or_default();
        let text = String::from_utf8(text).map_err(|e| Fault::ours(Status::Storage, "a setting").caused_by(e))?;
        // a name that this version no longer knows is passed over: it is announced by nothing
        Ok(Self(text.split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect()))
    }

    /// Sets it.
    ///
    /// # Errors
    /// `Storage`.
    pub fn set(&self, tx: &mut Tx<'_>, account: AccountId) -> Result<(), Fault> {
        tx.set_setting(account, SETTING, self.0.join(",").as_bytes())
    }

    /// The names.
    #[must_use]
    pub fn into_names(self) -> Vec<String> {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // [clients#imap-what-to-offer]
    #[test]
    fn lists_hold_what_can_be_switched_off() {
        let parse = |text| SwitchedOff::parse(text, |word| ["QRESYNC", "COMPRESS=DEFLATE"].contains(&word));
        assert_eq!(parse("qresync, COMPRESS=DEFLATE,qresync").unwrap().0, ["COMPRESS=DEFLATE", "QRESYNC"]);
        assert_eq!(parse("").unwrap(), SwitchedOff::default());
        for text in ["IMAP4rev1", "foo", "QRESYNC FOO"] {
            assert_eq!(parse(text).unwrap_err().status, Status::Syntax, "{text}");
        }
    }
}
