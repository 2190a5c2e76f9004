//! Searches of which the client is told how their results change (RFC 5267): `RETURN (UPDATE)`.
//!
//! Results are told by UID or by sequence number, as the search was. What leaves the mailbox leaves the results before
//! its EXPUNGE; what matches now, or no longer, is told behind what changed. A search that can't be followed at a bounded
//! cost is answered, and given up with NOUPDATE.

use std::collections::BTreeSet;

use super::dispatch::{Outcome, write_line};
use super::matching::Query;
use super::results::{Found, correlate};
use super::search::{Candidate, facts};
use super::view::View;
use super::{Imap, Output};
use crate::mail::{Fault, Status, Uid};
use crate::proto::imap::command::Numbers;
use crate::proto::imap::response::{self, Completion};
use crate::proto::imap::returns::Returns;
use crate::proto::imap::search::SearchKey;
use crate::proto::imap::sequence::compact;
use crate::store::Record;

/// Searches that one session may have followed at a time.
const CONTEXTS_MAX: usize = 16;
/// Messages of a change whose headers are read for one search; beyond it the search is given up.
const READS_MAX: usize = 64;

/// The searches of a session that are followed.
#[derive(Default)]
pub(super) struct Contexts {
    all: Vec<Context>,
    /// What changed and was not judged yet.
    changed: Vec<Record>,
}

struct Context {
    tag: String,
    numbers: Numbers,
    key: SearchKey,
    results: BTreeSet<Uid>,
}

/// A message's number and UID, and whether it matches.
type Judged = (u32, Uid, bool);
/// Of each search the results with their numbers.
pub(super) type Places = Vec<Vec<(u32, Uid)>>;

impl Contexts {
    /// Where the results stand before the view changes.
    pub(super) fn places(&self, view: &View) -> Places {
        let numbered = |uid: &Uid| Some((view.number(*uid)?, *uid));
        self.all.iter().map(|context| context.results.iter().filter_map(numbered).collect()).collect()
    }

    /// Tells which results have left the view.
    // [rfc5267#4.3.4]
    pub(super) fn tell_gone(&mut self, text: &mut Vec<u8>, places: Places, view: &View) {
        for (context, places) in self.all.iter_mut().zip(places) {
            let gone: Vec<_> = places.into_iter().filter(|(_, uid)| view.number(*uid).is_none()).collect();
            context.results.retain(|uid| view.number(*uid).is_some());
            context.tell(text, &gone, &[]);
        }
    }

    /// Keeps what changed until it is judged.
    pub(super) fn note(&mut self, changed: &[Record]) {
        if !self.all.is_empty() {
            self.changed.extend_from_slice(changed);
        }
    }

    fn has(&self, tag: &str) -> bool {
        self.all.iter().any(|context| context.tag == tag)
    }
}

impl Context {
    /// `* ESEARCH (TAG "a") UID REMOVEFROM (0 4) ADDTO (0 9)`: results of a search have no order, so that 0 stands for
    /// their place.
    // [rfc5267#4.3.3] [rfc5267#4.3.4]
    fn tell(&self, text: &mut Vec<u8>, removed: &[(u32, Uid)], added: &[(u32, Uid)]) {
        if removed.is_empty() && added.is_empty() {
            return;
        }
        correlate(text, &self.tag, None, self.numbers);
        for (word, messages) in [("REMOVEFROM", removed), ("ADDTO", added)] {
            if !messages.is_empty() {
                let shown = |(number, uid): &(u32, Uid)| if self.numbers == Numbers::Uid { uid.get() } else { *number };
                response::text(text, format_args!(" {word} (0 {})", compact(messages.iter().map(shown))));
            }
        }
        text.extend_from_slice(b"\r\n");
    }
}

impl Imap {
    /// Whether a search is to be followed.
    ///
    /// # Errors
    /// When its tag is that of one that is followed already: updates could not be told apart.
    // [rfc5267#4.3]
    pub(super) fn follows(&self, tag: &str, returns: Option<Returns>, key: &SearchKey) -> Result<bool, Fault> {
        let selected = self.selected()?;
        if selected.contexts.has(tag) {
            return Err(Fault::user(Status::Syntax, "the tag of a search that is followed"));
        }
        Ok(returns.is_some_and(|returns| returns.update) && self.can_be_followed(key))
    }

    /// What depends on the hour, or on numbers that move, is answered once; so is what would read whole messages each
    /// time that something changes, outside of the turns that searches take.
    fn can_be_followed(&self, key: &SearchKey) -> bool {
        let moves = |key: &SearchKey| match key {
            SearchKey::Older(_) | SearchKey::Younger(_) | SearchKey::Sequence(_) => true,
            SearchKey::Body(_) | SearchKey::Text(_) => true,
            SearchKey::Uid(set) => set.is_saved_result(),
            _ => false,
        };
        !key.any(&moves) && self.selected().is_ok_and(|selected| selected.contexts.all.len() < CONTEXTS_MAX)
    }

    /// Says that a search that was to be followed is not.
    // [rfc5267#4.3.1]
    pub(super) fn tell_not_followed(tag: &str, out: &mut Output) {
        let fault = Fault::user(Status::NoUpdate, "a search that is not followed").about(tag);
        write_line(out, format_args!("* NO {}", fault.imap_text()));
    }

    /// Follows a search from its first results on.
    pub(super) fn follow(&mut self, tag: &str, key: SearchKey, numbers: Numbers, found: &[Found]) -> Result<(), Fault> {
        let results = found.iter().map(|found| found.uid).collect();
        self.selected_mut()?.contexts.all.push(Context { tag: tag.to_owned(), numbers, key, results });
        Ok(())
    }

    // [rfc5267#4.3.5]
    pub(super) fn cancel_update(&mut self, tags: &[String]) -> Outcome {
        let contexts = &mut self.selected_mut()?.contexts;
        if !tags.iter().all(|tag| contexts.has(tag)) {
            return Err(Fault::user(Status::NoSuchSearch, "CANCELUPDATE of no search"));
        }
        contexts.all.retain(|context| !tags.contains(&context.tag));
        Ok(Completion::plain())
    }

    /// Judges what changed for each search that is followed, and tells what that makes of its results.
    // [rfc5267#4.3.3] [rfc5267#4.3.4]
    pub(super) fn tell_contexts(&mut self, out: &mut Output) -> Result<(), Fault> {
        let Some(selected) = &mut self.selected else { return Ok(()) };
        let mut changed = std::mem::take(&mut selected.contexts.changed);
        if changed.is_empty() {
            return Ok(());
        }
        changed.sort_unstable_by_key(|record| record.uid);
        // a message that changed twice is judged as it is now
        changed.dedup_by_key(|record| record.uid);
        let mut contexts = std::mem::take(&mut selected.contexts.all);
        let (mut text, mut kept) = (Vec::new(), Vec::with_capacity(contexts.len()));
        for mut context in contexts.drain(..) {
            match self.judge_changed(&context.key, &changed)? {
                Some(judged) => {
                    let (mut added, mut removed) = (Vec::new(), Vec::new());
                    for (number, uid, matches) in judged {
                        if matches && context.results.insert(uid) {
                            added.push((number, uid));
                        } else if !matches && context.results.remove(&uid) {
                            removed.push((number, uid));
                        }
                    }
                    context.tell(&mut text, &removed, &added);
                    kept.push(context);
                }
                None => Self::tell_not_followed(&context.tag, out),
            }
        }
        self.selected_mut()?.contexts.all = kept;
        out.extend(&text);
        Ok(())
    }

    /// Which of the changed messages match; none when that would take too long.
    fn judge_changed(&self, key: &SearchKey, changed: &[Record]) -> Result<Option<Vec<Judged>>, Fault> {
        let selected = self.selected()?;
        let query = Query::new(key.clone(), &selected.searched(self.services.edge.now()));
        let (mut judged, mut candidates) = (Vec::new(), Vec::new());
        for record in changed.iter().filter_map(|changed| selected.index.get(changed.uid)) {
            let Some(number) = selected.view.number(record.uid) else { continue };
            match query.judge(&facts(number, &record)) {
                Some(matches) => judged.push((number, record.uid, matches)),
                None => candidates.push(Candidate { number, record }),
            }
        }
        if candidates.len() > READS_MAX {
            return Ok(None);
        }
        let found = self.reader()?.judge_all(&query, &candidates)?;
        judged.extend(candidates.iter().map(|candidate| {
            let uid = candidate.record.uid;
            (candidate.number, uid, found.iter().any(|found| found.uid == uid))
        }));
        judged.sort_unstable();
        Ok(Some(judged))
    }
}
