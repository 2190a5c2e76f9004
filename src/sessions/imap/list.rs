//! LIST and LSUB.

use super::dispatch::Outcome;
use super::listing::{Exists, Known, Line, Names, SelectedBelow};
use super::{Imap, Output};
use crate::mail::Fault;
use crate::proto::imap::list::{List, StatusItem};
use crate::proto::imap::name::{Pattern, WireName};
use crate::proto::imap::response::{self, Completion};
use crate::store::{MailboxInfo, SpecialUse};

impl Imap {
    // [rfc3501#6.3.8] [rfc5258#3] [rfc5819#2]
    pub(super) async fn list(&mut self, list: &List, out: &mut Output) -> Outcome {
        if list.patterns.iter().all(Vec::is_empty) {
            out.extend(b"* LIST (\\Noselect) \"/\" \"\"\r\n");
            return Ok(Completion::plain());
        }
        let read = |pattern: &Vec<u8>| Pattern::read(&list.reference, pattern, self.names);
        let patterns: Vec<Pattern> = list.patterns.iter().filter_map(read).collect();
        let told = list.show.status.as_deref().unwrap_or_default();
        self.enabled.condstore |= told.contains(&StatusItem::HighestModSeq);
        let mailboxes = self.account()?.mailboxes()?;
        let known: Vec<Known> = mailboxes.iter().map(known).collect();
        let subscribed = self.account()?.subscriptions()?;
        let lines = Names::new(&known, &subscribed).list(&patterns, list.select, list.show.subscribed);
        for line in lines {
            let mut text = Vec::new();
            self.write_listed(&mut text, "LIST", &line);
            // [clients#imap-traps] STATUS comes after its LIST line
            let info = mailboxes.iter().find(|info| line.exists == Exists::Yes && info.name == line.name);
            if let (Some(info), Some(items)) = (info, &list.show.status) {
                self.write_status(&mut text, info, items)?;
            }
            out.extend(&text);
            if out.flush_if_large().await.is_err() {
                break;
            }
        }
        Ok(Completion::plain())
    }

    // [rfc3501#6.3.9]
    pub(super) async fn lsub(&mut self, reference: &WireName, pattern: &[u8], out: &mut Output) -> Outcome {
        let Some(pattern) = Pattern::read(reference, pattern, self.names) else { return Ok(Completion::plain()) };
        let known: Vec<Known> = self.account()?.mailboxes()?.iter().map(known).collect();
        let subscribed = self.account()?.subscriptions()?;
        for line in Names::new(&known, &subscribed).lsub(&pattern) {
            let mut text = Vec::new();
            self.write_listed(&mut text, "LSUB", &line);
            out.extend(&text);
            if out.flush_if_large().await.is_err() {
                break;
            }
        }
        Ok(Completion::plain())
    }

    /// The LIST line of a mailbox that the client has named.
    // [rfc9051#6.3.2] [rfc9051#6.3.9.7]
    pub(super) fn tell_listed(&self, name: &str, before: Option<&str>, out: &mut Output) -> Result<(), Fault> {
        let known: Vec<Known> = self.account()?.mailboxes()?.iter().map(known).collect();
        let subscribed = self.account()?.subscriptions()?;
        let mut text = Vec::new();
        self.write_listed(&mut text, "LIST", &Names::new(&known, &subscribed).line(name));
        if let Some(before) = before {
            text.truncate(text.len() - 2);
            text.extend_from_slice(b" (\"OLDNAME\" (");
            response::mailbox(&mut text, before, self.names);
            text.extend_from_slice(b"))\r\n");
        }
        out.extend(&text);
        Ok(())
    }

    fn write_listed(&self, text: &mut Vec<u8>, word: &str, line: &Line) {
        response::text(text, format_args!("* {word} ({}) \"/\" ", line.attributes.join(" ")));
        response::mailbox(text, &line.name, self.names);
        if line.selected_below == SelectedBelow::Told {
            text.extend_from_slice(b" (\"CHILDINFO\" (\"SUBSCRIBED\"))");
        }
        text.extend_from_slice(b"\r\n");
    }

    /// The mailbox with this name.
    ///
    /// # Errors
    /// The same for a name that can't be read, that nobody has, and that somebody else has.
    pub(super) fn mailbox(&self, name: &WireName) -> Result<MailboxInfo, Fault> {
        let name = name.read(self.names);
        let found = match name {
            Some(name) => self.account()?.mailbox_by_name(&name)?,
            None => None,
        };
        found.ok_or_else(|| Fault::user(crate::mail::Status::NoSuchMailbox, "no mailbox of this account has this name"))
    }
}

fn known(info: &MailboxInfo) -> Known {
    Known { name: info.name.clone(), special_use: info.special_use.map(SpecialUse::attribute) }
}
