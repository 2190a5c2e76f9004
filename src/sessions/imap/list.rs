//! LIST and LSUB.

use super::dispatch::Outcome;
use super::listing::{Exists, Known, Line, Names, SelectedBelow};
use super::places::Place;
use super::{Imap, Output};
use crate::mail::{AclRights, Fault};
use crate::proto::imap::acl;
use crate::proto::imap::list::{List, Show, StatusItem};
use crate::proto::imap::name::{Pattern, WireName};
use crate::proto::imap::response::{self, Completion};
use crate::store::SpecialUse;

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
        let places = self.listed()?;
        let known: Vec<Known> = places.iter().map(known).collect();
        let subscribed = self.account()?.subscriptions()?;
        let lines = Names::new(&known, &subscribed).list(&patterns, list.select, list.show.subscribed);
        for line in lines {
            let mut text = Vec::new();
            self.write_listed(&mut text, "LIST", &line);
            if let Some(place) = places.iter().find(|place| line.exists == Exists::Yes && place.info.name == line.name)
            {
                self.write_shown(&mut text, place, &list.show)?;
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
        let known: Vec<Known> = self.listed()?.iter().map(known).collect();
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
        let known: Vec<Known> = self.listed()?.iter().map(known).collect();
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

    /// What LIST tells of a mailbox behind its line.
    // [clients#imap-traps] [rfc5819#2] [rfc8440#4]
    fn write_shown(&self, text: &mut Vec<u8>, place: &Place, show: &Show) -> Result<(), Fault> {
        if show.my_rights {
            acl::write_mine(text, &place.info.name, place.rights, self.names);
        }
        if !show.metadata.is_empty() {
            self.write_metadata(text, place, &show.metadata)?;
        }
        match show.status.as_ref().filter(|_| place.rights.contains(AclRights::READ)) {
            Some(items) => self.write_status(text, place, items),
            None => Ok(()),
        }
    }

    /// The mailboxes that a listing may show.
    // [rfc4314#4]
    pub(super) fn listed(&self) -> Result<Vec<Place>, Fault> {
        let mut places = self.mailboxes()?;
        places.retain(|place| place.rights.contains(AclRights::LOOKUP));
        Ok(places)
    }
}

pub(super) fn known(place: &Place) -> Known {
    Known { name: place.info.name.clone(), special_use: place.info.special_use.map(SpecialUse::attribute) }
}
