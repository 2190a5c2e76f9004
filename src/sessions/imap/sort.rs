//! SORT and THREAD: over the digests of the messages that a search finds.

use std::cmp::Ordering;
use std::sync::Arc;

use super::digest::Digest;
use super::dispatch::Outcome;
use super::results::Found;
use super::search::Telling;
use super::selected::Along;
use super::threading::{self, Member};
use super::{Imap, Output};
use crate::mail::Fault;
use crate::proto::imap::command::Numbers;
use crate::proto::imap::response;
use crate::proto::imap::search::SearchKey;
use crate::proto::imap::sort::{Algorithm, By, Criterion, Order, Sort};
use crate::store::Record;

/// A message with all that it may be sorted by.
struct Sortable {
    found: Found,
    arrived: i64,
    size: u64,
    digest: Arc<Digest>,
}

impl Sortable {
    fn sent(&self) -> i64 {
        self.digest.sent.unwrap_or(self.arrived)
    }

    // [rfc5256#3] [rfc5957#3]
    fn compare(&self, other: &Self, by: By) -> Ordering {
        match by {
            By::Arrival => self.arrived.cmp(&other.arrived),
            By::Cc => self.digest.cc.cmp(&other.digest.cc),
            By::Date => self.sent().cmp(&other.sent()),
            By::From => self.digest.from.cmp(&other.digest.from),
            By::Size => self.size.cmp(&other.size),
            By::Subject => self.digest.subject.cmp(&other.digest.subject),
            By::To => self.digest.to.cmp(&other.digest.to),
            By::DisplayFrom => self.digest.shown_from.cmp(&other.digest.shown_from),
            By::DisplayTo => self.digest.shown_to.cmp(&other.digest.shown_to),
        }
    }
}

impl Imap {
    // [rfc5256#3] [rfc5267#3.1]
    pub(super) async fn sort(&mut self, tag: &str, sort: Sort, numbers: Numbers, out: &mut Output) -> Outcome {
        let Sort { returns, criteria, key } = sort;
        let how = Telling { word: "SORT", tag, numbers, returns, modseq: self.hear_of_modseq(&key) };
        let found = self.sortable(tag, key, out).await.map(|mut messages| {
            messages.sort_by(|a, b| compare(a, b, &criteria));
            messages.iter().map(|message| message.found).collect()
        });
        // an order would have to be found anew for each change: SORT is answered once
        if returns.is_some_and(|returns| returns.update) {
            Self::tell_not_followed(tag, out);
        }
        self.tell_found(found, &how, out)
    }

    // [rfc5256#3] [rfc5256#4]
    pub(super) async fn thread(
        &mut self,
        tag: &str,
        algorithm: Algorithm,
        key: SearchKey,
        numbers: Numbers,
        out: &mut Output,
    ) -> Outcome {
        let messages = self.sortable(tag, key, out).await?;
        let shown = |found: &Found| if numbers == Numbers::Uid { found.uid.get() } else { found.number };
        let members: Vec<Member> = messages
            .into_iter()
            .map(|message| Member { shown: shown(&message.found), sent: message.sent(), digest: message.digest })
            .collect();
        let threads = match algorithm {
            Algorithm::OrderedSubject => threading::by_subject(&members),
            Algorithm::References => threading::by_references(&members),
        };
        let mut text = Vec::new();
        let space = if threads.is_empty() { "" } else { " " };
        response::line(&mut text, format_args!("* THREAD{space}{threads}"));
        out.extend(&text);
        self.searched()
    }

    /// The messages that a search finds, with their digests, ascending.
    async fn sortable(&mut self, tag: &str, key: SearchKey, out: &mut Output) -> Result<Vec<Sortable>, Fault> {
        let found = self.find(tag, key, out).await?;
        let records: Vec<(Found, Record)> = self.selected()?.index.read(|records| {
            let mut along = Along::new(records);
            found.into_iter().filter_map(|found| Some((found, *along.find(found.uid)?))).collect()
        });
        let wanted: Vec<Record> = records.iter().map(|(_, record)| *record).collect();
        let digests = self.digests(tag, &wanted, out).await?;
        let sortable = |((found, record), digest): ((Found, Record), Option<Arc<Digest>>)| {
            let arrived = record.internal_date.secs();
            digest.map(|digest| Sortable { found, arrived, size: record.size, digest })
        };
        Ok(records.into_iter().zip(digests).filter_map(sortable).collect())
    }
}

/// By the criteria one after the other; what is equal in all stays in the mailbox's order.
fn compare(a: &Sortable, b: &Sortable, criteria: &[Criterion]) -> Ordering {
    let by = |criterion: &Criterion| match criterion.order {
        Order::Ascending => a.compare(b, criterion.by),
        Order::Descending => b.compare(a, criterion.by),
    };
    criteria.iter().map(by).find(|order| order.is_ne()).unwrap_or_else(|| a.found.number.cmp(&b.found.number))
}
