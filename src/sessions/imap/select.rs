//! SELECT, EXAMINE, CLOSE, UNSELECT.

use super::dispatch::{Outcome, write_line};
use super::selected::Selected;
use super::{Imap, Output};
use crate::mail::Fault;
use crate::proto::imap::command::Access;
use crate::proto::imap::name::WireName;
use crate::proto::imap::response::Completion;
use crate::proto::imap::server::Answer;
use crate::proto::imap::table::State;

impl Imap {
    /// Whatever was selected is no longer, even when this fails.
    // [rfc3501#6.3.1] [rfc3501#6.3.2]
    pub(super) fn select(&mut self, mailbox: &WireName, access: Access, out: &mut Output) -> Answer {
        self.selected = None;
        match self.open(mailbox, access, out) {
            Ok(selected) => {
                self.selected = Some(selected);
                let code = if access == Access::ReadWrite { "READ-WRITE" } else { "READ-ONLY" };
                Answer::becoming(Ok(Completion::with(code)), State::Selected)
            }
            Err(fault) => Answer::becoming(Err(fault), State::Authenticated),
        }
    }

    fn open(&self, mailbox: &WireName, access: Access, out: &mut Output) -> Result<Selected, Fault> {
        let info = self.mailbox(mailbox)?;
        let index = self.account()?.index(info.id)?;
        let (selected, opened) = Selected::open(info.id, access, index);
        selected.write_flags(out);
        write_line(out, format_args!("* {} EXISTS", opened.messages));
        write_line(out, format_args!("* 0 RECENT"));
        if let Some(number) = opened.first_unseen {
            write_line(out, format_args!("* OK [UNSEEN {number}] first unseen"));
        }
        write_line(out, format_args!("* OK [UIDVALIDITY {}] UIDs valid", info.uid_validity));
        // what came since `info` was read is in the view already, so the next UID is beyond it
        let next = opened.after_last.max(info.uid_next);
        write_line(out, format_args!("* OK [UIDNEXT {next}] predicted next UID"));
        Ok(selected)
    }

    // [rfc3501#6.4.2]
    pub(super) async fn close(&mut self) -> Answer {
        let writable = self.selected.as_ref().is_some_and(|selected| selected.access == Access::ReadWrite);
        let outcome = if writable { self.expunge(None).await } else { Ok(Completion::plain()) };
        self.leave(outcome)
    }

    // [rfc3691#2]
    pub(super) fn unselect(&mut self) -> Answer {
        self.leave(Ok(Completion::plain()))
    }

    fn leave(&mut self, outcome: Outcome) -> Answer {
        self.selected = None;
        Answer::becoming(outcome, State::Authenticated)
    }
}
