//! MESSAGELIMIT (RFC 9738): how many messages one command may work on, where the administrator sets a limit. What only
//! reads, or can be asked for again, is done for the newest of them; what must be whole is refused.

use super::Imap;
use crate::mail::{Fault, Status, Uid};

impl Imap {
    /// Leaves of chosen messages, ascending, the newest within the limit; the response code that says so.
    // [rfc9738#3.1]
    pub(super) fn limited<T>(&self, chosen: &mut Vec<T>, uid: impl Fn(&T) -> Uid) -> Option<String> {
        let excess = self.beyond_limit(u32::try_from(chosen.len()).unwrap_or(u32::MAX))?;
        chosen.drain(..excess);
        chosen.first().map(|first| self.limit_code(uid(first)))
    }

    /// How many messages of so many are beyond the limit, if any.
    pub(super) fn beyond_limit(&self, messages: u32) -> Option<usize> {
        let limit = self.services.limits.messages;
        let applies = limit > 0 && !self.machine.is_off("MESSAGELIMIT");
        let excess = messages.checked_sub(limit).filter(|excess| applies && *excess > 0)?;
        usize::try_from(excess).ok()
    }

    /// `MESSAGELIMIT 1000 23221`: the lowest UID that was worked on.
    pub(super) fn limit_code(&self, lowest: Uid) -> String {
        format!("MESSAGELIMIT {} {lowest}", self.services.limits.messages)
    }

    /// Refuses what must be done for all messages or for none.
    // [rfc9738#3.2]
    pub(super) fn within_limit(&self, messages: usize) -> Result<(), Fault> {
        match self.beyond_limit(u32::try_from(messages).unwrap_or(u32::MAX)) {
            None => Ok(()),
            Some(_) => {
                let limit = self.services.limits.messages.into();
                Err(Fault::user(Status::TooManyAtOnce, "more messages than one command may name").with_number(limit))
            }
        }
    }
}
