//! Chains of proofs: no gap, each leaf points at the one before, each waits for the log or stands in it.

use std::collections::{BTreeMap, HashMap};

use super::Check;
use crate::mail::{EnvelopeId, Fault};
use crate::seal::event::{EventKind, Leaf, LeafHash, Plain};
use crate::store::bodies::segment::day_of;
use crate::store::event_row::{Event, Sealed};
use crate::store::events;
use crate::store::rows::{Chain, key};
use crate::store::tx::{OPERATOR, may_begin};

impl Check<'_, '_> {
    // [proofs#chain]
    pub(super) fn check_proofs(&mut self) -> Result<(), Fault> {
        let mut chains: BTreeMap<(EnvelopeId, u16), Vec<(u32, Leaf)>> = BTreeMap::new();
        let waiting = self.waiting()?;
        self.unclosed = self.tx.all_unclosed()?.into_iter().map(|open| (open.day, open.envelope, open.rcpt)).collect();
        let mut found = 0;
        for (place, bytes) in self.tx.scan(&key::event_prefix())? {
            self.report.events += 1;
            let envelope = key::envelope_of(&place);
            let name = format!("envelope {envelope}");
            let Some((rcpt, number)) = self.found(&name, events::position(&place)) else { continue };
            let Some(event) = self.found(&name, Event::decode(&bytes)) else { continue };
            let waits = waiting.get(&place) == Some(&event.sequence);
            found += usize::from(waits);
            let logged = self.tx.log_place(event.sequence)?.is_some();
            if waits == logged {
                self.find(
                    &name,
                    format!("event {number} of recipient {rcpt} is neither on its way to the log nor in it"),
                );
            }
            if let Some(leaf) = self.found(&name, events::parse(&event.leaf)) {
                self.check_openings(&name, (&place, number, &event.sealed), &leaf);
                chains.entry((envelope, rcpt)).or_default().push((number, leaf));
            }
        }
        self.expect_equal("events that wait for the log", "leaves", waiting.len(), found);
        for ((envelope, rcpt), chain) in &chains {
            let seal = chains.get(&(*envelope, 0)).and_then(|chain| chain.first()).map(|(_, leaf)| leaf.hash());
            self.check_chain(*envelope, *rcpt, chain, seal)?;
        }
        Ok(())
    }

    /// The leaves on their way to the log, by their keys, with their numbers in the line.
    fn waiting(&mut self) -> Result<HashMap<Vec<u8>, u64>, Fault> {
        let waiting = self.tx.all_waiting()?;
        if waiting.iter().any(|waiting| waiting.sequence >= self.globals.next_pending) {
            self.find("events that wait for the log", "a place in the line will be given again");
        }
        let from = self.tx.in_the_log()?;
        self.expect_equal("the line", "leaves", self.globals.next_pending - from, waiting.len() as u64);
        Ok(waiting.into_iter().map(|waiting| (waiting.place, waiting.sequence)).collect())
    }

    /// Openings may have been destroyed; those that are there open what the leaf commits to.
    fn check_openings(&mut self, name: &str, (place, number, sealed): (&[u8], u32, &Sealed), leaf: &Leaf) {
        let Some(openings) = self.found(name, events::openings(self.tx, place, sealed)) else { return };
        if !openings.iter().all(|opening| leaf.opens(opening)) {
            self.find(name, format!("event {number}: an opening opens nothing of it"));
        }
    }

    /// A delivery is closed, or it is noted that it is to be.
    fn check_closing(&mut self, name: &str, (envelope, rcpt): (EnvelopeId, u16), chain: &[(u32, Leaf)]) {
        let here = |leaf: &Leaf| leaf.kind() == EventKind::Deliver && leaf.plain(Plain::Basis).is_none();
        let Some((_, delivery)) = chain.iter().find(|(_, leaf)| here(leaf)) else { return };
        let closed = chain.iter().any(|(_, leaf)| leaf.kind() == EventKind::Close);
        let noted = self.unclosed.contains(&(day_of(delivery.time()), envelope, rcpt));
        if closed == noted {
            self.find(name, "its chain would be closed twice, or never");
        }
    }

    fn check_chain(
        &mut self,
        envelope: EnvelopeId,
        rcpt: u16,
        chain: &[(u32, Leaf)],
        seal: Option<LeafHash>,
    ) -> Result<(), Fault> {
        let name = format!("envelope {envelope}, recipient {rcpt}");
        let first = u32::from(rcpt > 0 && seal.is_some());
        let mut prev = seal.filter(|_| rcpt > 0);
        for (expected, (number, leaf)) in (first..).zip(chain) {
            let fits = *number == expected
                && leaf.prev() == prev
                && (envelope == OPERATOR || (leaf.event() == Some(*number) && leaf.envelope() == Some(envelope)));
            if !fits && envelope != OPERATOR {
                self.find(&name, format!("event {number} does not follow the one before it"));
            }
            if *number == 0 && envelope != OPERATOR && !may_begin(leaf.kind()) {
                self.find(&name, format!("it begins with «{}»", leaf.kind().word()));
            }
            prev = Some(leaf.hash());
        }
        self.check_closing(&name, (envelope, rcpt), chain);
        let end: Option<Chain> = self.tx.row("a chain", &key::chain(envelope, rcpt))?;
        let last = chain.last().map(|(number, leaf)| (number.wrapping_add(1), leaf.hash()));
        if end.as_ref().map(|end| (end.next, end.last())) != last {
            self.find(&name, "the end of its chain is not its last event");
        }
        Ok(())
    }
}
