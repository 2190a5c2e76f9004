//! SEARCH. It runs over decoded text and releases nothing of it, so it makes no event.

use super::dispatch::Outcome;
use super::matching::{Facts, Query, Searched, part_text, text_parts};
use super::results::{self, Found, TellsModSeq};
use super::{Imap, Output};
use crate::mail::{Fault, MailboxId, Status};
use crate::proto::imap::command::Numbers;
use crate::proto::imap::response::Completion;
use crate::proto::imap::returns::Returns;
use crate::proto::imap::search::SearchKey;
use crate::store::{Account, Record};

/// Messages that are judged before others on this thread get their turn.
const TURN: usize = 64;

/// A message that the record alone doesn't decide.
struct Candidate {
    number: u32,
    record: Record,
}

impl Imap {
    // [rfc3501#6.4.4] [rfc4731#3.1] [rfc5182#2.1]
    pub(super) async fn search(
        &mut self,
        tag: &str,
        returns: Option<Returns>,
        key: SearchKey,
        numbers: Numbers,
        out: &mut Output,
    ) -> Outcome {
        let by_modseq = key.any(&|key| matches!(key, SearchKey::ModSeq(_)));
        self.enabled.condstore |= by_modseq;
        let modseq = if by_modseq { TellsModSeq::Yes } else { TellsModSeq::No };
        let saves = returns.is_some_and(|returns| returns.save);
        let found = self.find(key).await;
        if saves {
            // a search that fails saves nothing, and `$` is empty (RFC 5182 §2.1)
            let saved = found.as_deref().map(|found| results::chosen(found, returns.unwrap_or_default()));
            self.selected_mut()?.saved = saved.unwrap_or_default().into_iter().map(|found| found.uid).collect();
        }
        let (found, mut text) = (found?, Vec::new());
        match returns {
            None => results::plain(&mut text, "SEARCH", &found, numbers, modseq),
            Some(returns) if returns.tells() => {
                results::extended(&mut text, tag, &found, numbers, returns, modseq);
            }
            Some(_) => {}
        }
        out.extend(&text);
        Ok(Completion::plain())
    }

    /// The messages that match, ascending.
    async fn find(&self, key: SearchKey) -> Result<Vec<Found>, Fault> {
        let selected = self.selected()?;
        let query = Query::new(
            key,
            &Searched {
                keywords: &selected.index.keywords(),
                last_number: selected.view.len(),
                last_uid: selected.view.all().last().map_or(0, |(_, uid)| uid.get()),
                saved: &selected.saved,
                now: self.services.edge.now(),
            },
        );
        let Sifted { mut found, candidates } = self.by_record(&query)?;
        let searcher = Searcher { account: self.account()?.clone(), mailbox: selected.mailbox };
        for (turn, candidate) in candidates.iter().enumerate() {
            if turn % TURN == TURN - 1 {
                tokio::task::yield_now().await;
            }
            if searcher.matches(&query, candidate)? {
                found.push(found_as(candidate.number, &candidate.record));
            }
        }
        found.sort_unstable();
        Ok(found)
    }

    /// Judges every message by its record: those that match, and those of which more must be known.
    fn by_record(&self, query: &Query) -> Result<Sifted, Fault> {
        let selected = self.selected()?;
        let (mut found, mut candidates) = (Vec::new(), Vec::new());
        selected.index.read(|records| {
            for (number, uid) in selected.view.all() {
                let Ok(at) = records.binary_search_by_key(&uid, |record| record.uid) else { continue };
                let record = records[at];
                match query.judge(&facts(number, &record)) {
                    Some(true) => found.push(found_as(number, &record)),
                    Some(false) => {}
                    None => candidates.push(Candidate { number, record }),
                }
            }
        });
        Ok(Sifted { found, candidates })
    }
}

/// What the records alone tell of a mailbox.
struct Sifted {
    found: Vec<Found>,
    /// Those of which more must be known.
    candidates: Vec<Candidate>,
}

struct Searcher {
    account: Account,
    mailbox: MailboxId,
}

impl Searcher {
    fn matches(&self, query: &Query, candidate: &Candidate) -> Result<bool, Fault> {
        match self.judge(query, candidate) {
            // expunged meanwhile
            Err(fault) if fault.status == Status::MessageGone => Ok(false),
            result => result,
        }
    }

    fn judge(&self, query: &Query, candidate: &Candidate) -> Result<bool, Fault> {
        let Candidate { number, record } = candidate;
        let view = self.account.view(self.mailbox, record.uid)?;
        let structure = view.structure.prefixed(&view.prefix);
        let by_header = Facts { header: Some(&structure.header), ..facts(*number, record) };
        if let Some(answer) = query.judge(&by_header) {
            return Ok(answer);
        }
        let body = self.account.search_text(self.mailbox, record.uid)?;
        let mut texts = Vec::new();
        for part in text_parts(&structure) {
            texts.push(part_text(part, &body.read(part.body.clone())?));
        }
        let by_text = Facts { texts: Some(&texts), ..by_header };
        Ok(query.judge(&by_text).unwrap_or(false))
    }
}

fn found_as(number: u32, record: &Record) -> Found {
    Found { number, uid: record.uid, modseq: record.modseq }
}

fn facts<'a>(number: u32, record: &Record) -> Facts<'a> {
    Facts {
        number,
        uid: record.uid,
        system: record.system,
        keywords: record.keywords,
        received: record.internal_date,
        size: record.size,
        modseq: record.modseq,
        header: None,
        texts: None,
    }
}
