//! The selected mailbox: its index, the client's view of it, and what the client is told of changes.

use std::collections::HashSet;
use std::sync::Arc;

use tokio::sync::watch;

use super::contexts::Contexts;
use super::dispatch::write_line;
use super::matching::Searched;
use super::notify::Selection;
use super::places::{Pass, Place, lacking};
use super::view::{Changes, Expunges, News, View};
use super::{Enabled, Imap, Output, render};
use crate::mail::{AccountId, AclRights, Fault, FlagSet, Keyword, MailboxId, ModSeq, Status, SystemFlags, Time, Uid};
use crate::proto::imap::command::{Access, Kind, Numbers};
use crate::proto::imap::response;
use crate::proto::imap::sequence::{SequenceSet, compact};
use crate::store::{Account, MailboxIndex, Reach, Record};

/// Keywords of a mailbox: one bit each of [`Record::keywords`].
const KEYWORDS_MAX: usize = 64;

/// A mailbox that a session has selected.
pub(super) struct Selected {
    /// Whose mailbox it is: the session's account, or one that shares it.
    pub(super) account: Account,
    pub(super) mailbox: MailboxId,
    pub(super) access: Access,
    /// What the login may do with it, as of the last command.
    pub(super) rights: AclRights,
    /// The right to read it was taken back: its messages are gone for this session until it is selected again.
    withdrawn: bool,
    /// Says «look at the log» after every change of the account, where that is not the session's.
    pub(super) hints: watch::Receiver<u64>,
    pub(super) index: Arc<MailboxIndex>,
    pub(super) view: View,
    /// How many of the mailbox's keywords the client was told.
    keywords: usize,
    /// New messages of which the client wants to hear more than their number (RFC 5465 §5.2).
    fresh: Vec<Uid>,
    /// What `$` means: the result of the last search that was saved, ascending (RFC 5182).
    pub(super) saved: Vec<Uid>,
    /// Searches of which changes are told (RFC 5267).
    pub(super) contexts: Contexts,
}

/// Whether changes of flags are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Flags {
    Told,
    Untold,
}

/// What SELECT tells of the messages.
pub(super) struct Opened {
    pub(super) messages: usize,
    pub(super) first_unseen: Option<usize>,
    /// The UID behind the last message's.
    pub(super) after_last: u32,
}

impl Selected {
    pub(super) fn open(place: &Place, access: Access) -> Result<(Self, Opened), Fault> {
        let (account, mailbox, rights) = (place.account.clone(), place.info.id, place.rights);
        let (hints, index) = (account.subscribe()?, account.index(mailbox)?);
        let opening = index.opening();
        let opened = Opened {
            messages: opening.uids.len(),
            first_unseen: opening.first_unseen.map(|at| at + 1),
            after_last: opening.uids.last().map_or(1, |uid| uid.get().saturating_add(1)),
        };
        let view = View::new(opening.uids, opening.highest);
        let (withdrawn, contexts, keywords) = (false, Contexts::default(), opening.keywords);
        let (saved, fresh) = (Vec::new(), Vec::new());
        Ok((
            Self { account, mailbox, access, rights, withdrawn, hints, index, view, keywords, saved, fresh, contexts },
            opened,
        ))
    }

    /// What a search key means depends on.
    pub(super) fn searched(&self, now: Time) -> Searched<'_> {
        Searched {
            keywords: self.index.keywords(),
            last_number: self.view.len(),
            last_uid: self.view.last().map_or(0, Uid::get),
            saved: &self.saved,
            now,
        }
    }

    /// The messages that a set means.
    ///
    /// # Errors
    /// When it goes beyond the last message.
    // [rfc5182#2.1]
    pub(super) fn choose(&self, set: &SequenceSet, numbers: Numbers) -> Result<Vec<(u32, Uid)>, Fault> {
        if set.is_saved_result() {
            return Ok(self.saved.iter().filter_map(|uid| Some((self.view.number(*uid)?, *uid))).collect());
        }
        let beyond = |_| Fault::user(Status::Syntax, "a sequence number beyond the last message");
        self.view.select(set, numbers).map_err(beyond)
    }

    /// Of the messages that a set means those that changed since. What is gone stays, to be found missing.
    ///
    /// # Errors
    /// As [`choose`](Self::choose).
    // [rfc7162#3.1.4]
    pub(super) fn choose_changed(
        &self,
        set: &SequenceSet,
        numbers: Numbers,
        since: ModSeq,
    ) -> Result<Vec<(u32, Uid)>, Fault> {
        if let Some(chosen) = self.choose_recent(set, numbers, since) {
            return Ok(chosen);
        }
        let mut chosen = self.choose(set, numbers)?;
        self.index.read(|records| {
            let mut along = Along::new(records);
            chosen.retain(|(_, uid)| along.find(*uid).is_none_or(|record| record.modseq > since));
        });
        Ok(chosen)
    }

    /// The same from the last changes, without a look at the whole mailbox; none where they don't tell, or the set is
    /// to be looked at with more care.
    fn choose_recent(&self, set: &SequenceSet, numbers: Numbers, since: ModSeq) -> Option<Vec<(u32, Uid)>> {
        if set.is_saved_result() || since > self.view.known() {
            return None;
        }
        let last = match numbers {
            Numbers::Sequence if set.highest_named() > self.view.len() => return None,
            Numbers::Sequence => self.view.len(),
            Numbers::Uid => self.view.last().map_or(0, Uid::get),
        };
        let changes = self.index.recent_changes(since)?;
        let ranges = set.ranges(last);
        let mut uids: Vec<Uid> = changes.changed.iter().map(|record| record.uid).collect();
        uids.extend(changes.vanished);
        uids.extend(self.view.held());
        uids.sort_unstable();
        uids.dedup();
        let numbered = uids.into_iter().filter_map(|uid| Some((self.view.number(uid)?, uid)));
        let named = |number: u32| {
            let at = ranges.partition_point(|range| *range.end() < number);
            ranges.get(at).is_some_and(|range| range.contains(&number))
        };
        let is_named = |(number, uid): &(u32, Uid)| named(if numbers == Numbers::Uid { uid.get() } else { *number });
        Some(numbered.filter(is_named).collect())
    }

    /// Messages as a command names them: `1:3,7`.
    pub(super) fn named(&self, uids: &[Uid], numbers: Numbers) -> String {
        match numbers {
            Numbers::Uid => compact(uids.iter().map(|uid| uid.get())),
            Numbers::Sequence => compact(uids.iter().filter_map(|uid| self.view.number(*uid))),
        }
    }

    /// Refuses what changes a mailbox that was opened with EXAMINE.
    // [rfc3501#6.3.2]
    pub(super) fn for_changes(&self) -> Result<(), Fault> {
        match self.access {
            Access::ReadWrite => Ok(()),
            Access::ReadOnly => Err(Fault::user(Status::ReadOnly, "opened with EXAMINE")),
        }
    }

    /// Refuses what the login may not do with it; what may is asked once more when it is written.
    pub(super) fn require(&self, rights: AclRights, login: AccountId) -> Result<Pass, Fault> {
        if self.withdrawn || !self.rights.contains(rights) {
            return Err(lacking(self.rights));
        }
        Ok(Pass::new(self.account.id(), self.mailbox, login, rights))
    }

    /// Of flags that are to be changed those that the login may change. Only when it may change none of them is it
    /// refused.
    // [rfc4314#4]
    pub(super) fn may_change(&self, flags: &FlagSet) -> Result<FlagSet, Fault> {
        let allowed = flags.clone().allowed(self.rights);
        if self.rights.over_flags().is_empty() || allowed.is_empty() && !flags.is_empty() {
            return Err(lacking(self.rights));
        }
        Ok(allowed)
    }

    /// FLAGS and PERMANENTFLAGS.
    // [rfc3501#7.2.6] [rfc9051#7.3.5] [clients#imap-what-clients-do]
    pub(super) fn write_flags(&self, out: &mut Output) {
        let keywords = self.index.keywords();
        let names = |system: SystemFlags, keywords: &[Keyword]| {
            let system = SystemFlags::NAMES.iter().filter(|(flag, _)| system.contains(*flag)).map(|(_, name)| *name);
            system.chain(keywords.iter().map(Keyword::as_str)).map(str::to_owned).collect::<Vec<_>>()
        };
        let flags = names(SystemFlags(u8::MAX), &keywords).join(" ");
        write_line(out, format_args!("* FLAGS ({flags})"));
        if self.access == Access::ReadOnly {
            return write_line(out, format_args!("* OK [PERMANENTFLAGS ()] read-only"));
        }
        // [rfc4314#5.1.1]
        let writes = self.rights.contains(AclRights::WRITE);
        let mut kept = names(self.rights.flags(), if writes { &keywords } else { &[] });
        let more = writes && keywords.len() < KEYWORDS_MAX;
        kept.extend(more.then(|| "\\*".to_owned()));
        let text = if more { "kept" } else { "no more" };
        write_line(out, format_args!("* OK [PERMANENTFLAGS ({})] {text}", kept.join(" ")));
    }

    /// The mailbox's keywords. Those that are new are told before any message with one of them is.
    // [rfc3501#7.2.6]
    pub(super) fn tell_keywords(&mut self, out: &mut Output) -> Vec<Keyword> {
        let keywords = self.index.keywords();
        if keywords.len() > self.keywords {
            self.keywords = keywords.len();
            self.write_flags(out);
        }
        keywords
    }

    /// Writes what happened since the client was last told.
    fn tell(&mut self, expunges: Expunges, flags: Flags, enabled: Enabled, out: &mut Output) -> Result<(), Fault> {
        let nothing_new = self.index.highest() == self.view.known() && !self.index.is_gone() && !self.withdrawn;
        if nothing_new && (expunges == Expunges::Hold || !self.view.holds_expunges()) {
            return Ok(());
        }
        let (changes, records) = self.changes()?;
        // [rfc7162#3.2.10.2] a number behind that of an expunge which must wait would make who comes back with it miss it
        let must_wait =
            self.view.holds_expunges() || changes.vanished.iter().any(|uid| self.view.number(*uid).is_some());
        if enabled.qresync && expunges == Expunges::Hold && must_wait {
            return Ok(());
        }
        let keywords = self.tell_keywords(out);
        let mut text = Vec::new();
        let followed = self.contexts.places(&self.view);
        let news = self.view.apply(&changes, expunges);
        self.contexts.tell_gone(&mut text, followed, &self.view);
        self.contexts.note(&records);
        if enabled.qresync {
            vanished(&mut text, &news);
        }
        for news in news {
            match news {
                News::Expunged(..) if enabled.qresync => {}
                News::Expunged(number, _) => response::line(&mut text, format_args!("* {number} EXPUNGE")),
                News::Exists(number) => response::line(&mut text, format_args!("* {number} EXISTS")),
                News::Flags(..) if flags == Flags::Untold => {}
                News::Flags(number, uid) => {
                    if let Ok(at) = records.binary_search_by_key(&uid, |record| record.uid) {
                        render::uid_and_flags(&mut text, number, &records[at], &keywords, enabled);
                    }
                }
            }
        }
        out.extend(&text);
        Ok(())
    }

    fn changes(&self) -> Result<(Changes, Vec<Record>), Fault> {
        if self.index.is_gone() || self.withdrawn {
            let vanished = self.view.all().map(|(_, uid)| uid).collect();
            return Ok((Changes { changed: Vec::new(), vanished, all: None, known: self.view.known() }, Vec::new()));
        }
        let log = self.index.changes(self.view.known())?;
        let (vanished, all) = match log.reach {
            Reach::Complete => (log.vanished, Some(log.uids)),
            Reach::Forgotten => {
                let present: HashSet<Uid> = self.index.read(|records| records.iter().map(|r| r.uid).collect());
                (self.view.all().map(|(_, uid)| uid).filter(|uid| !present.contains(uid)).collect(), None)
            }
        };
        let changed = log.changed.iter().map(|record| (record.uid, record.modseq)).collect();
        Ok((Changes { changed, vanished, all, known: log.until }, log.changed))
    }
}

impl Imap {
    /// The selected mailbox. The command table lets nothing that needs one come before SELECT.
    pub(super) fn selected(&self) -> Result<&Selected, Fault> {
        self.selected.as_ref().ok_or_else(none_selected)
    }

    pub(super) fn selected_mut(&mut self) -> Result<&mut Selected, Fault> {
        self.selected.as_mut().ok_or_else(none_selected)
    }

    /// Looks at what the login may do with the selected mailbox now, and tells the client when it is something else.
    /// Without the right to read it nothing is done with its messages any more.
    // [rfc4314#5.1.1]
    pub(super) fn look_at_rights(&mut self, kind: &Kind, out: &mut Output) -> Result<(), Fault> {
        self.note_rights(out)?;
        let uses_messages = matches!(
            kind,
            Kind::Expunge(_)
                | Kind::Search { .. }
                | Kind::Sort { .. }
                | Kind::Thread { .. }
                | Kind::Fetch { .. }
                | Kind::Store { .. }
                | Kind::Copy(_)
                | Kind::Move(_)
                | Kind::UidBatches(_)
        );
        match &self.selected {
            Some(selected) if uses_messages && selected.withdrawn => Err(lacking(selected.rights)),
            _ => Ok(()),
        }
    }

    /// The same for a session that waits.
    pub(super) fn note_rights(&mut self, out: &mut Output) -> Result<(), Fault> {
        let Some(selected) = &self.selected else { return Ok(()) };
        let rights = self.rights_in(&selected.account, selected.mailbox)?;
        let selected = self.selected_mut()?;
        let before = std::mem::replace(&mut selected.rights, rights);
        selected.withdrawn |= !rights.contains(AclRights::READ);
        if rights.flags() != before.flags() && !selected.withdrawn {
            selected.write_flags(out);
        }
        Ok(())
    }

    /// Tells the client what happened in the selected mailbox, if one is selected.
    pub(super) fn tell(&mut self, expunges: Expunges, out: &mut Output) -> Result<(), Fault> {
        let enabled = self.enabled;
        if let Some(selected) = &mut self.selected {
            match &self.selection {
                Selection::AsAlways => selected.tell(expunges, Flags::Told, enabled, out)?,
                Selection::Nothing => {}
                Selection::Notified { expunges: at_once, attributes, flags } => {
                    let expunges = if *at_once == Expunges::Tell { Expunges::Tell } else { expunges };
                    let next = selected.view.last().map_or(1, |last| last.get().saturating_add(1));
                    selected.tell(expunges, if *flags { Flags::Told } else { Flags::Untold }, enabled, out)?;
                    if !attributes.is_empty() {
                        selected.fresh.extend_from_slice(selected.view.within(&(next..=u32::MAX)));
                    }
                }
            }
        }
        self.tell_contexts(out)?;
        self.tell_watched(out)
    }

    /// Whether there is more to tell of new messages.
    pub(super) fn has_fresh(&self) -> bool {
        self.selected.as_ref().is_some_and(|selected| !selected.fresh.is_empty())
    }

    /// Tells of new messages what NOTIFY asked for.
    // [rfc5465#5.2]
    pub(super) async fn tell_fresh(&mut self, out: &mut Output) {
        let Some(selected) = &mut self.selected else { return };
        let fresh = std::mem::take(&mut selected.fresh);
        let Selection::Notified { attributes, .. } = &self.selection else { return };
        let (items, numbered) = (attributes.clone(), |uid: &Uid| Some((selected.view.number(*uid)?, *uid)));
        let chosen: Vec<_> = fresh.iter().filter_map(numbered).collect();
        if let Err(fault) = self.fetch_unasked(items, &chosen, out).await {
            tracing::error!(target: "sceau::imap", %fault, "a client was not told of new messages");
        }
    }
}

/// Finds the records of ascending UIDs: each is nearly always the next one.
pub(super) struct Along<'a> {
    records: &'a [Record],
    at: usize,
}

impl<'a> Along<'a> {
    pub(super) fn new(records: &'a [Record]) -> Self {
        Self { records, at: 0 }
    }

    /// The record of this message, if it is there.
    pub(super) fn find(&mut self, uid: Uid) -> Option<&'a Record> {
        if self.records.get(self.at).is_none_or(|record| record.uid != uid) {
            match self.records.binary_search_by_key(&uid, |record| record.uid) {
                Ok(at) => self.at = at,
                Err(at) => {
                    self.at = at;
                    return None;
                }
            }
        }
        self.at += 1;
        self.records.get(self.at - 1)
    }
}

/// `* VANISHED 4,7:9` in place of as many EXPUNGEs.
// [rfc7162#3.2.10.2]
fn vanished(text: &mut Vec<u8>, news: &[News]) {
    let gone = |news: &News| if let News::Expunged(_, uid) = news { Some(uid.get()) } else { None };
    let uids = compact(news.iter().rev().filter_map(gone));
    if !uids.is_empty() {
        response::line(text, format_args!("* VANISHED {uids}"));
    }
}

fn none_selected() -> Fault {
    Fault::user(Status::OutOfSequence, "no mailbox is selected")
}
