//! SELECT, EXAMINE, CLOSE, UNSELECT.

use super::dispatch::{Outcome, write_line};
use super::resync::Missed;
use super::selected::Selected;
use super::{Imap, Output, render};
use crate::mail::{AclRights, Fault, Status};
use crate::proto::imap::command::Access;
use crate::proto::imap::name::WireName;
use crate::proto::imap::response::{self, Completion};
use crate::proto::imap::resync::{Resync, SelectParams};
use crate::proto::imap::server::Answer;
use crate::proto::imap::table::State;

impl Imap {
    /// Whatever was selected is no longer, even when this fails.
    // [rfc3501#6.3.1] [rfc3501#6.3.2] [rfc9051#6.3.3] [rfc7162#3.2.11] [clients#imap-traps]
    pub(super) fn select(
        &mut self,
        mailbox: &WireName,
        access: Access,
        params: &SelectParams,
        out: &mut Output,
    ) -> Answer {
        if params.resync.is_some() && !self.enabled.qresync {
            return Answer::done(Err(Fault::user(Status::OutOfSequence, "QRESYNC before it was enabled")));
        }
        self.enabled.condstore |= params.condstore;
        // [rfc9051#6.3.2]
        if self.selected.take().is_some() && (self.enabled.qresync || self.enabled.rev2) {
            write_line(out, format_args!("* OK [CLOSED] the mailbox before is closed"));
        }
        match self.open(mailbox, access, params.resync.as_ref(), out) {
            Ok(selected) => {
                let access = selected.access;
                self.selected = Some(selected);
                let code = if access == Access::ReadWrite { "READ-WRITE" } else { "READ-ONLY" };
                Answer::becoming(Ok(Completion::with(code)), State::Selected)
            }
            Err(fault) => Answer::becoming(Err(fault), State::Authenticated),
        }
    }

    fn open(
        &self,
        mailbox: &WireName,
        access: Access,
        resync: Option<&Resync>,
        out: &mut Output,
    ) -> Result<Selected, Fault> {
        let place = self.mailbox(mailbox)?;
        place.require(AclRights::READ, self.person()?)?;
        // [rfc4314#5.2]
        let access = if place.rights.writes() { access } else { Access::ReadOnly };
        let (mut selected, opened) = Selected::open(&place, access)?;
        let info = &place.info;
        selected.write_flags(out);
        write_line(out, format_args!("* {} EXISTS", opened.messages));
        if !self.enabled.rev2 {
            write_line(out, format_args!("* 0 RECENT"));
        }
        if let Some(number) = opened.first_unseen.filter(|_| !self.enabled.rev2) {
            write_line(out, format_args!("* OK [UNSEEN {number}] first unseen"));
        }
        write_line(out, format_args!("* OK [UIDVALIDITY {}] UIDs valid", info.uid_validity));
        // what came since `info` was read is in the view already, so the next UID is beyond it
        let next = opened.after_last.max(info.uid_next);
        write_line(out, format_args!("* OK [UIDNEXT {next}] predicted next UID"));
        // [rfc8474#4.2]
        write_line(out, format_args!("* OK [MAILBOXID ({})] the same under any name", render::mailbox_id(info.id)));
        // [rfc7162#3.1.2.1]
        write_line(out, format_args!("* OK [HIGHESTMODSEQ {}] last change", selected.view.known().0.max(1)));
        if self.enabled.rev2 {
            self.tell_listed(&info.name, None, out)?;
        }
        if let Some(resync) = resync.filter(|resync| resync.uid_validity == info.uid_validity.0.get()) {
            self.tell_missed(&mut selected, resync, next, out)?;
        }
        Ok(selected)
    }

    /// What a client that comes back with the same UIDs has missed.
    // [rfc7162#3.2.5]
    fn tell_missed(&self, selected: &mut Selected, resync: &Resync, next: u32, out: &mut Output) -> Result<(), Fault> {
        let missed = Missed::since_left(&selected.index, &selected.view, resync, next)?;
        let keywords = selected.tell_keywords(out);
        let mut text = Vec::new();
        if let Some(vanished) = missed.vanished {
            response::line(&mut text, format_args!("* VANISHED (EARLIER) {vanished}"));
        }
        for record in missed.changed {
            if let Some(number) = selected.view.number(record.uid) {
                render::uid_and_flags(&mut text, number, &record, &keywords, self.enabled);
            }
        }
        out.extend(&text);
        Ok(())
    }

    // [rfc3501#6.4.2] [rfc9051#6.4.1]
    pub(super) async fn close(&mut self) -> Answer {
        // [rfc4314#4] whoever may not expunge closes nevertheless
        let writable = self.selected.as_ref().is_some_and(|selected| {
            selected.access == Access::ReadWrite && selected.rights.contains(AclRights::EXPUNGE)
        });
        // without a number of the change: what others did meanwhile is not told any more
        let outcome = if writable { self.expunge(None).await.map(drop) } else { Ok(()) };
        self.leave(outcome.map(|()| Completion::plain()))
    }

    // [rfc3691#2] [rfc9051#6.4.2]
    pub(super) fn unselect(&mut self) -> Answer {
        self.leave(Ok(Completion::plain()))
    }

    fn leave(&mut self, outcome: Outcome) -> Answer {
        self.selected = None;
        Answer::becoming(outcome, State::Authenticated)
    }
}
