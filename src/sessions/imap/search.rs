//! SEARCH. It runs over decoded text and releases nothing of it, so it makes no event.
//!
//! Records answer what they can in one pass; for what is left, messages are read in batches on threads that may block,
//! each batch waiting its turn among those of other sessions: a search through a large mailbox holds nobody up.

use std::sync::Arc;

use super::digest::{Digest, Digests};
use super::dispatch::{Outcome, write_line};
use super::matching::{Facts, Query, texts};
use super::results::{self, Found, TellsModSeq};
use super::{Imap, Output};
use crate::mail::{Edge, Fault, MailboxId, Status, Time, Uid};
use crate::proto::imap::command::Numbers;
use crate::proto::imap::response::Completion;
use crate::proto::imap::returns::Returns;
use crate::proto::imap::search::SearchKey;
use crate::store::{Account, MailboxIndex, MessageView, Record};

/// Messages that are read between two looks at the clock.
const STEP: usize = 64;
/// Milliseconds of a turn. What takes less is done in one; a turn costs more than a message whose digest is kept.
const TURN: i64 = 10;
/// Seconds without a word after which a client is told how far its command is (RFC 9585 §3 advises 10 to 15).
const SILENCE: i64 = 10;

/// How a command wants to be told what it found.
pub(super) struct Telling<'a> {
    /// `SEARCH` or `SORT`.
    pub(super) word: &'static str,
    pub(super) tag: &'a str,
    pub(super) numbers: Numbers,
    pub(super) returns: Option<Returns>,
    pub(super) modseq: TellsModSeq,
}

/// A message that the record alone doesn't decide.
#[derive(Clone, Copy)]
pub(super) struct Candidate {
    pub(super) number: u32,
    pub(super) record: Record,
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
        let returns = self.returns(returns);
        let how = Telling { word: "SEARCH", tag, numbers, returns, modseq: self.hear_of_modseq(&key) };
        let follows = self.follows(tag, returns, &key)?;
        let found = self.find(tag, key.clone(), out).await;
        match &found {
            Ok(found) if follows => self.follow(tag, key, numbers, found)?,
            Ok(_) if returns.is_some_and(|returns| returns.update) => Self::tell_not_followed(tag, out),
            _ => {}
        }
        self.tell_found(found, &how, out)
    }

    /// Without RETURN the answer is a plain list, which IMAP4rev2 does not have.
    // [rfc9051#6.4.4]
    fn returns(&self, returns: Option<Returns>) -> Option<Returns> {
        let all = Returns { all: true, ..Returns::default() };
        if self.enabled.rev2 { Some(returns.unwrap_or(all)) } else { returns }
    }

    /// Whether a command's keys ask for modification sequences; then the client hears of them from now on.
    // [rfc7162#3.1.5]
    pub(super) fn hear_of_modseq(&mut self, key: &SearchKey) -> TellsModSeq {
        if !key.any(&|key| matches!(key, SearchKey::ModSeq(_))) {
            return TellsModSeq::No;
        }
        self.enabled.condstore = true;
        TellsModSeq::Yes
    }

    /// Tells what was found, as it was asked for, and saves it if so asked.
    pub(super) fn tell_found(
        &mut self,
        found: Result<Vec<Found>, Fault>,
        how: &Telling<'_>,
        out: &mut Output,
    ) -> Outcome {
        let Telling { word, tag, numbers, returns, modseq } = *how;
        if let Some(returns) = returns {
            // a search that fails saves nothing, and `$` is empty (RFC 5182 §2.1)
            self.save(found.as_deref().unwrap_or_default(), returns)?;
        }
        let (found, mut text) = (found?, Vec::new());
        match returns {
            None => results::plain(&mut text, word, &found, numbers, modseq),
            Some(returns) if returns.tells() => {
                results::extended(&mut text, tag, None, &found, numbers, returns, modseq);
            }
            Some(_) => {}
        }
        out.extend(&text);
        self.searched()
    }

    /// The end of a search: with a limit it went only through the newest messages.
    // [rfc9738#3.1]
    pub(super) fn searched(&self) -> Outcome {
        let view = &self.selected()?.view;
        let lowest = self.beyond_limit(view.len()).and_then(|beyond| view.all().nth(beyond));
        Ok(lowest.map_or_else(Completion::plain, |(_, uid)| Completion::with(self.limit_code(uid))))
    }

    /// What `$` means from now on.
    // [rfc5182#2.1]
    pub(super) fn save(&mut self, found: &[Found], returns: Returns) -> Result<(), Fault> {
        if !returns.save {
            return Ok(());
        }
        let mut saved: Vec<_> = results::chosen(found, returns).into_iter().map(|found| found.uid).collect();
        saved.sort_unstable();
        self.selected_mut()?.saved = saved;
        Ok(())
    }

    /// The messages that match, ascending.
    pub(super) async fn find(&self, tag: &str, key: SearchKey, out: &mut Output) -> Result<Vec<Found>, Fault> {
        let selected = self.selected()?;
        let query = Query::new(key, &selected.searched(self.services.edge.now()));
        let beyond = self.beyond_limit(selected.view.len()).unwrap_or_default();
        let sifted = by_record(&selected.index, selected.view.all().skip(beyond), &query);
        self.decide(tag, query, sifted, self.reader()?, out).await
    }

    /// Reads what the records alone don't decide.
    pub(super) async fn decide(
        &self,
        tag: &str,
        query: Query,
        Sifted { mut found, candidates }: Sifted,
        reader: Reader,
        out: &mut Output,
    ) -> Result<Vec<Found>, Fault> {
        if candidates.is_empty() {
            return Ok(found);
        }
        let mut progress = self.progress(tag, candidates.len());
        let (query, candidates, mut at) = (Arc::new(query), Arc::<[Candidate]>::from(candidates), 0);
        while at < candidates.len() {
            let (query, reader, all, edge) =
                (Arc::clone(&query), reader.clone(), Arc::clone(&candidates), self.services.edge.clone());
            let (more, judged) = self.in_turn(move || reader.judge_some(&query, &all[at..], &edge)).await?;
            found.extend(more);
            at += judged;
            progress.made(judged, self.services.edge.now(), out).await;
        }
        found.sort_unstable();
        Ok(found)
    }

    /// The digests of messages, in their order; none for one that is gone.
    pub(super) async fn digests(
        &self,
        tag: &str,
        records: &[Record],
        out: &mut Output,
    ) -> Result<Vec<Option<Arc<Digest>>>, Fault> {
        let (reader, mut progress) = (self.reader()?, self.progress(tag, records.len()));
        let mut digests = reader.digests.find(reader.mailbox, records.iter().map(|record| record.message));
        let missing: Vec<usize> = (0..records.len()).filter(|at| digests[*at].is_none()).collect();
        progress.done = records.len() - missing.len();
        for turn in missing.chunks(STEP) {
            let (reader, turn_records) = (reader.clone(), turn.iter().map(|at| records[*at]).collect::<Vec<_>>());
            let read = self.in_turn(move || reader.digest_all(&turn_records)).await?;
            for (at, digest) in turn.iter().zip(read) {
                digests[*at] = digest;
            }
            progress.made(STEP, self.services.edge.now(), out).await;
        }
        Ok(digests)
    }

    /// Runs what takes long where it may, in its turn.
    async fn in_turn<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, Fault> {
        let closed = |error| Fault::ours(Status::Busy, "turns of searches").caused_by(error);
        let _turn = self.services.turns.acquire().await.map_err(closed)?;
        let failed = |error| Fault::ours(Status::Storage, "a search").caused_by(error);
        tokio::task::spawn_blocking(work).await.map_err(failed)?
    }

    pub(super) fn reader(&self) -> Result<Reader, Fault> {
        let selected = self.selected()?;
        Ok(self.reader_of(selected.account.clone(), selected.mailbox))
    }

    pub(super) fn reader_of(&self, account: Account, mailbox: MailboxId) -> Reader {
        Reader { account, mailbox, digests: Arc::clone(&self.services.digests) }
    }

    fn progress(&self, tag: &str, total: usize) -> Progress {
        Progress { tag: tag.to_owned(), done: 0, total, told: self.services.edge.now() }
    }
}

/// Judges every message by its record: those that match, and those of which more must be known. The numbers and UIDs
/// are ascending.
pub(super) fn by_record(index: &MailboxIndex, numbered: impl Iterator<Item = (u32, Uid)>, query: &Query) -> Sifted {
    let (mut found, mut candidates) = (Vec::new(), Vec::new());
    index.read(|records| {
        let mut at = 0;
        for (number, uid) in numbered {
            // both are ascending, and nearly the same
            while records.get(at).is_some_and(|record| record.uid < uid) {
                at += 1;
            }
            let Some(record) = records.get(at).filter(|record| record.uid == uid) else { continue };
            match query.judge(&facts(number, record)) {
                Some(true) => found.push(found_as(number, record)),
                Some(false) => {}
                None => candidates.push(Candidate { number, record: *record }),
            }
        }
    });
    Sifted { found, candidates }
}

/// What the records alone tell of a mailbox.
pub(super) struct Sifted {
    pub(super) found: Vec<Found>,
    /// Those of which more must be known.
    pub(super) candidates: Vec<Candidate>,
}

/// How far a command is.
struct Progress {
    tag: String,
    done: usize,
    total: usize,
    told: Time,
}

impl Progress {
    /// Tells the client when it heard nothing for long.
    // [rfc9585#3]
    async fn made(&mut self, steps: usize, now: Time, out: &mut Output) {
        self.done += steps;
        if self.done < self.total && now >= self.told.plus_secs(SILENCE) {
            self.told = now;
            let Self { tag, done, total, .. } = self;
            write_line(out, format_args!("* OK [INPROGRESS (\"{tag}\" {done} {total})] still at it"));
            // a client that is gone is noticed when it is answered
            let _ = out.flush().await;
        }
    }
}

/// Reads messages for searches.
#[derive(Clone)]
pub(super) struct Reader {
    account: Account,
    mailbox: MailboxId,
    digests: Arc<Digests>,
}

impl Reader {
    /// Judges the first of the candidates, as many as one turn has time for; how many they were.
    fn judge_some(&self, query: &Query, candidates: &[Candidate], edge: &Edge) -> Result<(Vec<Found>, usize), Fault> {
        let (end, mut found, mut judged) = (edge.now().0 + TURN, Vec::new(), 0);
        for step in candidates.chunks(STEP) {
            found.extend(self.judge_all(query, step)?);
            judged += step.len();
            if edge.now().0 >= end {
                break;
            }
        }
        Ok((found, judged))
    }

    pub(super) fn judge_all(&self, query: &Query, candidates: &[Candidate]) -> Result<Vec<Found>, Fault> {
        let records: Vec<Record> = candidates.iter().map(|candidate| candidate.record).collect();
        let digests = self.digest_all(&records)?;
        let mut found = Vec::new();
        for (candidate, digest) in candidates.iter().zip(digests) {
            match digest.map(|digest| self.judge(query, candidate, &digest)).transpose() {
                Ok(Some(true)) => found.push(found_as(candidate.number, &candidate.record)),
                Ok(_) => {}
                // expunged meanwhile
                Err(fault) if fault.status == Status::MessageGone => {}
                Err(fault) => return Err(fault),
            }
        }
        Ok(found)
    }

    fn judge(&self, query: &Query, candidate: &Candidate, digest: &Digest) -> Result<bool, Fault> {
        let Candidate { number, record } = candidate;
        let by_digest = Facts { digest: Some(digest), ..facts(*number, record) };
        if let Some(answer) = query.judge(&by_digest) {
            return Ok(answer);
        }
        let MessageView { prefix, structure, source, .. } = self.account.view_of(record)?;
        let structure = structure.prefixed(&prefix);
        let by_header = Facts { header: Some(&structure.header), ..by_digest };
        if let Some(answer) = query.judge(&by_header) {
            return Ok(answer);
        }
        let body = self.account.search_text_of(&source)?;
        let texts = texts(&structure, |range| body.read(range))?;
        Ok(query.judge(&Facts { texts: Some(&texts), ..by_header }).unwrap_or(false))
    }

    /// The digests of messages; what was not kept is read and kept.
    fn digest_all(&self, records: &[Record]) -> Result<Vec<Option<Arc<Digest>>>, Fault> {
        let mut digests = self.digests.find(self.mailbox, records.iter().map(|record| record.message));
        let mut read = Vec::new();
        for (record, digest) in records.iter().zip(&mut digests).filter(|(_, digest)| digest.is_none()) {
            match self.account.view_of(record) {
                Ok(MessageView { prefix, mut structure, .. }) => {
                    structure.header.splice(0..0, prefix);
                    let new = Arc::new(Digest::of(&structure.header));
                    read.push((record.message, Arc::clone(&new)));
                    *digest = Some(new);
                }
                Err(fault) if fault.status == Status::MessageGone => {}
                Err(fault) => return Err(fault),
            }
        }
        if !read.is_empty() {
            self.digests.keep(self.mailbox, &read);
        }
        Ok(digests)
    }
}

fn found_as(number: u32, record: &Record) -> Found {
    Found { number, uid: record.uid, modseq: record.modseq }
}

pub(super) fn facts<'a>(number: u32, record: &Record) -> Facts<'a> {
    Facts {
        number,
        uid: record.uid,
        system: record.system,
        keywords: record.keywords,
        received: record.internal_date,
        size: record.size,
        modseq: record.modseq,
        saved: record.saved,
        message: record.message,
        digest: None,
        header: None,
        texts: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // [rfc9585#3]
    #[tokio::test]
    async fn a_client_that_waits_hears_how_far_its_command_is() {
        let mut out = Output::memory();
        let mut progress = Progress { tag: "a1".to_owned(), done: 0, total: 200, told: Time::from_secs(100) };
        for (second, told) in
            [(105, ""), (110, "* OK [INPROGRESS (\"a1\" 128 200)] still at it\r\n"), (119, ""), (999, "")]
        {
            progress.made(STEP, Time::from_secs(second), &mut out).await;
            assert_eq!(String::from_utf8(out.take()).unwrap(), told, "{second}");
        }
    }
}
