//! What a client believes of the selected mailbox: which messages, in which order, up to which change. A pure data
//! structure: it reads no mailbox and writes no response.
//!
//! Sequence numbers are a promise that holds until the client is told of an expunge. So what others expunge stays in
//! the view, as a message that can't be read any more, until a moment at which the client may be told
//! (RFC 9051 §7.5.1).

use std::collections::{BTreeSet, HashMap};
use std::ops::RangeInclusive;
use std::sync::Arc;

use crate::mail::{ModSeq, Uid};
use crate::proto::imap::command::Numbers;
use crate::proto::imap::sequence::SequenceSet;

/// The selected mailbox as the client knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct View {
    /// The messages that have sequence numbers, ascending: the mailbox's own list wherever the client knows just that.
    uids: Arc<Vec<Uid>>,
    /// The change log was read up to here.
    known: ModSeq,
    /// Of `uids`, those that are gone and whose expunge the client was not told.
    held: BTreeSet<Uid>,
    /// Changes of this session itself that the client was told, or asked not to be told.
    own: HashMap<Uid, ModSeq>,
}

/// What happened since the view last looked, from the change log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Changes {
    /// Messages that came or changed, with the change's number, ascending by UID.
    pub(super) changed: Vec<(Uid, ModSeq)>,
    /// Messages that went.
    pub(super) vanished: Vec<Uid>,
    /// All messages after these changes, ascending, where that is known.
    pub(super) all: Option<Arc<Vec<Uid>>>,
    /// The log was read up to here.
    pub(super) known: ModSeq,
}

/// Whether the client may be told of expunges now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Expunges {
    /// It may.
    Tell,
    /// A command that names messages by sequence number runs (RFC 9051 §7.5.1).
    Hold,
}

/// What the client is to be told, in this order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum News {
    /// `* n EXPUNGE`, or `* VANISHED`. Several come in descending order, so that each number is the one that was known
    /// before.
    Expunged(u32, Uid),
    /// `* n EXISTS`
    Exists(u32),
    /// The flags of a message changed.
    Flags(u32, Uid),
}

/// A set of sequence numbers goes beyond the last message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct BeyondLast;

impl View {
    /// A mailbox that has just been selected: its messages, ascending, and the state of its log.
    pub(super) fn new(uids: Arc<Vec<Uid>>, known: ModSeq) -> Self {
        Self { uids, known, held: BTreeSet::new(), own: HashMap::new() }
    }

    /// Number of messages that the client knows.
    pub(super) fn len(&self) -> u32 {
        count(self.uids.len())
    }

    /// The largest UID that the client knows.
    pub(super) fn last(&self) -> Option<Uid> {
        self.uids.last().copied()
    }

    /// Up to which change the log was read.
    pub(super) fn known(&self) -> ModSeq {
        self.known
    }

    /// Whether the client knows messages that are gone.
    pub(super) fn holds_expunges(&self) -> bool {
        !self.held.is_empty()
    }

    /// The messages that are gone and whose expunge the client was not told, ascending.
    pub(super) fn held(&self) -> impl Iterator<Item = Uid> + '_ {
        self.held.iter().copied()
    }

    /// The sequence number of a message.
    pub(super) fn number(&self, uid: Uid) -> Option<u32> {
        self.uids.binary_search(&uid).ok().map(|at| count(at + 1))
    }

    /// Every message, ascending, with its number.
    pub(super) fn all(&self) -> impl Iterator<Item = (u32, Uid)> + '_ {
        (1..).zip(self.uids.iter().copied())
    }

    /// The messages that a set means, ascending, gone ones included.
    ///
    /// # Errors
    /// When it names a sequence number that does not exist (RFC 9051 §9, `seq-number`). UIDs that don't exist are
    /// passed over (§6.4.9).
    // [rfc3501#6.4.8]
    pub(super) fn select(&self, set: &SequenceSet, numbers: Numbers) -> Result<Vec<(u32, Uid)>, BeyondLast> {
        let last = match numbers {
            Numbers::Sequence if set.highest_named() > self.len() => return Err(BeyondLast),
            Numbers::Sequence => self.len(),
            Numbers::Uid => self.uids.last().map_or(0, |uid| uid.get()),
        };
        let mut chosen = Vec::new();
        for range in set.ranges(last) {
            let at = match numbers {
                Numbers::Sequence => {
                    index(*range.start() - 1).min(self.uids.len())..index(*range.end()).min(self.uids.len())
                }
                Numbers::Uid => self.places(&range),
            };
            let first = count(at.start + 1);
            chosen.extend((first..).zip(self.uids[at].iter().copied()));
        }
        Ok(chosen)
    }

    /// Notes a change that this session made and of which the client needs to hear no more.
    pub(super) fn made(&mut self, uid: Uid, change: ModSeq) {
        self.own.insert(uid, change);
    }

    /// Takes what happened, and says what the client is to be told of it now.
    // [rfc3501#7.4.1] [clients#imap-traps]
    pub(super) fn apply(&mut self, changes: &Changes, expunges: Expunges) -> Vec<News> {
        self.held.extend(changes.vanished.iter().filter(|uid| self.uids.binary_search(uid).is_ok()));
        let gone = match expunges {
            Expunges::Tell => std::mem::take(&mut self.held),
            Expunges::Hold => BTreeSet::new(),
        };
        let mut news: Vec<News> =
            gone.iter().rev().filter_map(|uid| Some(News::Expunged(self.number(*uid)?, *uid))).collect();
        let (last, before) = (self.last(), self.uids.len() - news.len());
        let is_new = |uid: Uid| last.is_none_or(|last| uid > last);
        let came = changes.changed.iter().map(|(uid, _)| *uid).filter(|uid| is_new(*uid));
        self.replace(&gone, came, changes.all.as_ref());
        if self.uids.len() > before {
            news.push(News::Exists(self.len()));
        }
        for (uid, change) in changes.changed.iter().filter(|(uid, _)| !is_new(*uid)) {
            if self.own.get(uid) != Some(change) && !self.held.contains(uid) {
                news.extend(self.number(*uid).map(|number| News::Flags(number, *uid)));
            }
        }
        self.known = changes.known;
        self.own.retain(|_, change| *change > changes.known);
        news
    }

    /// Takes the gone messages out and the new ones in. A client that knows all of the mailbox shares its list.
    fn replace(&mut self, gone: &BTreeSet<Uid>, came: impl Iterator<Item = Uid>, all: Option<&Arc<Vec<Uid>>>) {
        match all.filter(|_| self.held.is_empty()) {
            Some(all) => self.uids = Arc::clone(all),
            None => {
                let mut came = came.peekable();
                if !gone.is_empty() || came.peek().is_some() {
                    let uids = Arc::make_mut(&mut self.uids);
                    uids.retain(|uid| !gone.contains(uid));
                    uids.extend(came);
                }
            }
        }
    }

    /// The messages whose UIDs lie in a range.
    pub(super) fn within(&self, range: &RangeInclusive<u32>) -> &[Uid] {
        &self.uids[self.places(range)]
    }

    /// Where the UIDs of a range lie.
    fn places(&self, range: &RangeInclusive<u32>) -> std::ops::Range<usize> {
        let start = self.uids.partition_point(|uid| uid.get() < *range.start());
        let end = self.uids.partition_point(|uid| uid.get() <= *range.end());
        start..end
    }
}

/// A mailbox never holds more messages than there are UIDs.
fn count(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

fn index(number: u32) -> usize {
    number as usize
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn uid(number: u32) -> Uid {
        Uid::new(number).unwrap()
    }

    fn view(uids: &[u32]) -> View {
        View::new(Arc::new(uids.iter().copied().map(uid).collect()), ModSeq(10))
    }

    fn changes(changed: &[(u32, u64)], vanished: &[u32], known: u64) -> Changes {
        Changes {
            changed: changed.iter().map(|(number, change)| (uid(*number), ModSeq(*change))).collect(),
            vanished: vanished.iter().copied().map(uid).collect(),
            all: None,
            known: ModSeq(known),
        }
    }

    fn set(text: &str) -> SequenceSet {
        SequenceSet::read(text).unwrap()
    }

    fn flags(number: u32, of: u32) -> News {
        News::Flags(number, uid(of))
    }

    // [rfc3501#6.4.8] [clients#imap-traps]
    #[test]
    fn sets_choose_messages() {
        let view = view(&[2, 3, 5, 9]);
        for (text, numbers, chosen) in [
            ("1:2", Numbers::Sequence, Ok(vec![(1, 2), (2, 3)])),
            ("*", Numbers::Sequence, Ok(vec![(4, 9)])),
            ("7:*", Numbers::Sequence, Ok(vec![(4, 9)])),
            ("5", Numbers::Sequence, Err(BeyondLast)),
            ("1,9", Numbers::Sequence, Err(BeyondLast)),
            ("1:*", Numbers::Uid, Ok(vec![(1, 2), (2, 3), (3, 5), (4, 9)])),
            ("3:5,20", Numbers::Uid, Ok(vec![(2, 3), (3, 5)])),
            ("20:*", Numbers::Uid, Ok(vec![(4, 9)])),
            ("20:30", Numbers::Uid, Ok(vec![])),
            ("4:8,1:3", Numbers::Uid, Ok(vec![(1, 2), (2, 3), (3, 5)])),
        ] {
            let chosen = chosen.map(|pairs| pairs.into_iter().map(|(n, u)| (n, uid(u))).collect());
            assert_eq!(view.select(&set(text), numbers), chosen, "{text} {numbers:?}");
        }
        let empty = self::view(&[]);
        for numbers in [Numbers::Sequence, Numbers::Uid] {
            assert_eq!(empty.select(&set("1:*"), numbers), Ok(vec![]), "{numbers:?}");
        }
        assert_eq!(empty.select(&set("1"), Numbers::Sequence), Err(BeyondLast));
    }

    // [rfc3501#7.4.1] [clients#imap-traps]
    #[test]
    fn what_others_do_is_told_when_it_may_be() {
        use Expunges::{Hold, Tell};
        use News::Exists;
        let gone = |number, of| News::Expunged(number, uid(of));
        for (before, happened, expunges, news) in [
            (vec![1, 2, 3], changes(&[], &[], 11), Tell, vec![]),
            (vec![1, 2, 3], changes(&[(4, 11), (5, 12)], &[], 12), Hold, vec![Exists(5)]),
            (vec![1, 2, 3], changes(&[(2, 11)], &[], 11), Hold, vec![flags(2, 2)]),
            (vec![1, 2, 3], changes(&[], &[1, 2], 11), Tell, vec![gone(2, 2), gone(1, 1)]),
            (vec![1, 2, 3], changes(&[], &[1, 2], 11), Hold, vec![]),
            (vec![1, 2, 3], changes(&[(3, 11), (4, 12)], &[1], 12), Tell, vec![gone(1, 1), Exists(3), flags(2, 3)]),
            (vec![1, 2, 3], changes(&[(4, 11)], &[2], 12), Hold, vec![Exists(4)]),
            (vec![1, 2, 3], changes(&[], &[7], 12), Tell, vec![]),
            (vec![], changes(&[(1, 11)], &[], 11), Tell, vec![Exists(1)]),
        ] {
            let mut view = view(&before);
            assert_eq!(view.apply(&happened, expunges), news, "{before:?} {happened:?} {expunges:?}");
            assert_eq!(view.known(), happened.known);
        }
    }

    #[test]
    fn held_expunges_keep_their_numbers_until_they_are_told() {
        let mut view = view(&[1, 2, 3]);
        assert_eq!(view.apply(&changes(&[], &[2], 11), Expunges::Hold), []);
        assert!(view.holds_expunges());
        assert_eq!(view.select(&set("2:3"), Numbers::Sequence).unwrap(), [(2, uid(2)), (3, uid(3))]);
        assert_eq!(view.apply(&changes(&[(3, 12)], &[], 12), Expunges::Tell), [News::Expunged(2, uid(2)), flags(2, 3)]);
        assert!(!view.holds_expunges());
    }

    #[test]
    fn a_change_of_ones_own_is_not_told_again_and_anothers_is() {
        let mut view = view(&[1, 2]);
        view.made(uid(1), ModSeq(11));
        view.made(uid(2), ModSeq(12));
        assert_eq!(view.apply(&changes(&[(1, 11), (2, 13)], &[], 13), Expunges::Hold), [flags(2, 2)]);
        assert_eq!(view.apply(&changes(&[(1, 14)], &[], 14), Expunges::Hold), [flags(1, 1)]);
    }

    proptest! {
        /// A client that does what it is told has the mailbox's messages in the end, and numbered the same all along.
        #[test]
        fn a_client_that_believes_the_news_knows_the_mailbox(
            steps in proptest::collection::vec((0_u8..4, any::<prop::sample::Index>(), any::<bool>()), 0..60),
            shares in any::<bool>(),
        ) {
            let (mut view, mut client) = (View::new(Arc::default(), ModSeq(0)), Vec::new());
            let mut mailbox = Mailbox { uids: Vec::new(), next_uid: 1, modseq: 0, log: changes(&[], &[], 0), shares };
            for (step, pick, hold) in steps {
                if step < 3 {
                    mailbox.happen(step, pick);
                    continue;
                }
                let expunges = if hold { Expunges::Hold } else { Expunges::Tell };
                for news in view.apply(&mailbox.take_log(), expunges) {
                    believe(&mut client, &news, &view)?;
                }
                prop_assert_eq!(&client, &*view.uids);
                // a list of its own only while there is something that the client must not know
                prop_assert!(!shares || view.holds_expunges() || *view.uids == mailbox.uids);
            }
            for news in view.apply(&mailbox.take_log(), Expunges::Tell) {
                believe(&mut client, &news, &view)?;
            }
            prop_assert_eq!(client, mailbox.uids);
        }
    }

    /// A mailbox to which things happen, and what its log says of them.
    struct Mailbox {
        uids: Vec<Uid>,
        next_uid: u32,
        modseq: u64,
        log: Changes,
        shares: bool,
    }

    impl Mailbox {
        fn happen(&mut self, step: u8, pick: prop::sample::Index) {
            self.modseq += 1;
            let modseq = ModSeq(self.modseq);
            match (step, self.uids.is_empty()) {
                (0, _) | (_, true) => {
                    self.uids.push(uid(self.next_uid));
                    self.log.changed.push((uid(self.next_uid), modseq));
                    self.next_uid += 1;
                }
                (1, _) => {
                    let gone = self.uids.remove(pick.index(self.uids.len()));
                    self.log.changed.retain(|(other, _)| *other != gone);
                    self.log.vanished.push(gone);
                }
                _ => {
                    let changed = self.uids[pick.index(self.uids.len())];
                    self.log.changed.retain(|(other, _)| *other != changed);
                    self.log.changed.push((changed, modseq));
                    self.log.changed.sort_unstable();
                }
            }
        }

        /// The log since it was taken last.
        fn take_log(&mut self) -> Changes {
            let all = self.shares.then(|| Arc::new(self.uids.clone()));
            let log = std::mem::replace(&mut self.log, changes(&[], &[], 0));
            Changes { all, known: ModSeq(self.modseq), ..log }
        }
    }

    /// A client's own list. Of new messages it fetches the UIDs at once.
    fn believe(client: &mut Vec<Uid>, news: &News, view: &View) -> Result<(), TestCaseError> {
        match news {
            News::Expunged(number, uid) => prop_assert_eq!(client.remove(index(*number) - 1), *uid),
            News::Exists(number) => {
                prop_assert!(index(*number) > client.len());
                client.extend_from_slice(&view.uids[client.len()..]);
            }
            News::Flags(number, uid) => prop_assert_eq!(client[index(*number) - 1], *uid),
        }
        Ok(())
    }
}
