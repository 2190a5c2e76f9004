//! ESEARCH: one search through several mailboxes, an answer for each in which something was found (RFC 7377).

use std::collections::BTreeSet;

use super::dispatch::Outcome;
use super::matching::{Query, Searched};
use super::places::{Place, no_such_mailbox};
use super::results::{self, Found};
use super::search::by_record;
use super::{Imap, Output};
use crate::mail::{AclRights, Fault, Status};
use crate::proto::imap::command::Numbers;
use crate::proto::imap::filter::Filter;
use crate::proto::imap::multisearch::MultiSearch;
use crate::proto::imap::name::{INBOX, SEPARATOR, WireName};
use crate::proto::imap::response::Completion;
use crate::proto::imap::search::SearchKey;

impl Imap {
    // [rfc7377#2.1]
    pub(super) async fn multi_search(&mut self, tag: &str, search: MultiSearch, out: &mut Output) -> Outcome {
        let MultiSearch { filters, returns, key } = search;
        // [rfc5267#4.3.1] results of several mailboxes are told once
        if returns.update {
            Self::tell_not_followed(tag, out);
        }
        if filters == [Filter::Selected] {
            // SAVE and sequence numbers have their meaning then
            let selected = self.selected()?;
            selected.require(AclRights::READ, self.person()?.login.account)?;
            let mailbox = selected.mailbox;
            let modseq = self.hear_of_modseq(&key);
            let found = self.find(tag, key, out).await?;
            self.save(&found, returns)?;
            let place = self.mailboxes()?.into_iter().find(|place| place.info.id == mailbox);
            let place = place.ok_or_else(no_such_mailbox)?;
            return self.tell_of(&place, tag, &found, returns, modseq, out);
        }
        let modseq = self.hear_of_modseq(&key);
        for place in self.meant_by(&filters)? {
            match self.find_in(&place, tag, key.clone(), out).await {
                Ok(found) => self.tell_of(&place, tag, &found, returns, modseq, out)?,
                // somebody deleted it meanwhile
                Err(fault) if fault.status == Status::NoSuchMailbox => continue,
                Err(fault) => return Err(fault),
            };
            if out.flush_if_large().await.is_err() {
                break;
            }
        }
        Ok(Completion::plain())
    }

    /// `* ESEARCH (TAG "a" MAILBOX INBOX UIDVALIDITY 7) UID ALL 1:3`; nothing for a mailbox in which nothing was found.
    // [rfc7377#2.1]
    fn tell_of(
        &self,
        place: &Place,
        tag: &str,
        found: &[Found],
        returns: crate::proto::imap::returns::Returns,
        modseq: results::TellsModSeq,
        out: &mut Output,
    ) -> Outcome {
        if !found.is_empty() && returns.tells() {
            let mut text = Vec::new();
            let info = &place.info;
            let place = results::Place { name: &info.name, names: self.names, uid_validity: info.uid_validity };
            results::extended(&mut text, tag, Some(&place), found, Numbers::Uid, returns, modseq);
            out.extend(&text);
        }
        Ok(Completion::plain())
    }

    async fn find_in(&self, place: &Place, tag: &str, key: SearchKey, out: &mut Output) -> Result<Vec<Found>, Fault> {
        let (account, mailbox) = (place.account.clone(), place.info.id);
        let index = account.index(mailbox)?;
        let (records, _) = index.snapshot();
        let last_uid = records.last().map_or(0, |record| record.uid.get());
        let last_number = u32::try_from(records.len()).unwrap_or(u32::MAX);
        let (keywords, now) = (index.keywords(), self.services.edge.now());
        let query = Query::new(key, &Searched { keywords, last_number, last_uid, saved: &[], now });
        let numbered = (1..).zip(records.iter().map(|record| record.uid));
        let sifted = by_record(&index, numbered, &query);
        self.decide(tag, query, sifted, self.reader_of(account, mailbox), out).await
    }

    /// The mailboxes that sets mean, each once; a name that nobody has means none.
    // [rfc7377#2.2] [rfc5465#6]
    fn meant_by(&self, filters: &[Filter]) -> Result<Vec<Place>, Fault> {
        let (mut places, subscribed) = (self.mailboxes()?, self.account()?.subscriptions()?);
        places.retain(|place| place.rights.contains(AclRights::READ));
        let names =
            |wire: &[WireName]| -> BTreeSet<String> { wire.iter().filter_map(|name| name.read(self.names)).collect() };
        let mut chosen = vec![false; places.len()];
        for filter in filters {
            let selected = if *filter == Filter::Selected { Some(self.selected()?.mailbox) } else { None };
            let listed = match filter {
                Filter::Subtree(wire) | Filter::SubtreeOne(wire) | Filter::Mailboxes(wire) => names(wire),
                _ => BTreeSet::new(),
            };
            for (place, chosen) in places.iter().zip(&mut chosen) {
                let info = &place.info;
                *chosen |= match filter {
                    Filter::Selected | Filter::SelectedDelayed => selected == Some(info.id),
                    Filter::Inboxes => info.name == INBOX,
                    Filter::Personal => place.is_personal(),
                    Filter::Subscribed => subscribed.contains(&info.name),
                    Filter::Subtree(_) => listed.contains(&info.name) || is_below(&info.name, &listed),
                    Filter::SubtreeOne(_) => {
                        listed.contains(&info.name) || parent(&info.name).is_some_and(|name| listed.contains(name))
                    }
                    Filter::Mailboxes(_) => listed.contains(&info.name),
                };
            }
        }
        Ok(places.into_iter().zip(chosen).filter(|(_, chosen)| *chosen).map(|(place, _)| place).collect())
    }
}

fn parent(name: &str) -> Option<&str> {
    name.rfind(SEPARATOR).map(|at| &name[..at])
}

fn is_below(name: &str, tops: &BTreeSet<String>) -> bool {
    std::iter::successors(parent(name), |name| parent(name)).any(|above| tops.contains(above))
}
