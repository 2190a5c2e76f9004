//! SEARCH. It runs over decoded text and releases nothing of it, so it makes no event.

use super::dispatch::Outcome;
use super::matching::{Facts, Query, part_text, text_parts};
use super::{Imap, Output};
use crate::mail::{Fault, MailboxId, Status, Uid};
use crate::proto::imap::command::Numbers;
use crate::proto::imap::response::{self, Completion};
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
    // [rfc3501#6.4.4]
    pub(super) async fn search(&mut self, key: SearchKey, numbers: Numbers, out: &mut Output) -> Outcome {
        let selected = self.selected()?;
        let last_uid = selected.view.all().last().map_or(0, |(_, uid)| uid.get());
        let query = Query::new(key, &selected.index.keywords(), (selected.view.len(), last_uid));
        let Sifted { mut found, candidates } = self.by_record(&query)?;
        let searcher = Searcher { account: self.account()?.clone(), mailbox: selected.mailbox };
        for (turn, candidate) in candidates.iter().enumerate() {
            if turn % TURN == TURN - 1 {
                tokio::task::yield_now().await;
            }
            if searcher.matches(&query, candidate)? {
                found.push((candidate.number, candidate.record.uid));
            }
        }
        found.sort_unstable();
        let mut text = b"* SEARCH".to_vec();
        for (number, uid) in found {
            let shown = if numbers == Numbers::Uid { uid.get() } else { number };
            response::text(&mut text, format_args!(" {shown}"));
        }
        text.extend_from_slice(b"\r\n");
        out.extend(&text);
        Ok(Completion::plain())
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
                    Some(true) => found.push((number, uid)),
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
    found: Vec<(u32, Uid)>,
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

fn facts<'a>(number: u32, record: &Record) -> Facts<'a> {
    Facts {
        number,
        uid: record.uid,
        system: record.system,
        keywords: record.keywords,
        received: record.internal_date,
        size: record.size,
        header: None,
        texts: None,
    }
}
