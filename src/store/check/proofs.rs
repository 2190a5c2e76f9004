//! Chains of proofs: no gap, each leaf points at the one before, each waits for the log or stands in it.

use std::collections::{BTreeMap, HashSet};

use super::Check;
use crate::mail::{EnvelopeId, Fault};
use crate::seal::event::{EventKind, Leaf, LeafHash, Plain};
use crate::store::bodies::segment::day_of;
use crate::store::events;
use crate::store::rows::{Chain, key};
use crate::store::tx::{OPERATOR, may_begin};

impl Check<'_, '_> {
    // [proofs#chain]
    pub(super) fn check_proofs(&mut self) -> Result<(), Fault> {
        let mut chains: BTreeMap<(EnvelopeId, u16), Vec<(u32, Leaf)>> = BTreeMap::new();
        let waiting = self.waiting()?;
        let mut found = 0;
        for (place, bytes) in self.tx.scan(&key::event_prefix())? {
            self.report.events += 1;
            let envelope = key::envelope_of(&place);
            let name = format!("envelope {envelope}");
            let Some((rcpt, number)) = self.found(&name, events::position(&place)) else { continue };
            let waits = waiting.contains(&place);
            found += usize::from(waits);
            let logged = self.tx.get(&key::event(b'i', envelope, rcpt, number))?.is_some();
            if waits == logged {
                self.find(
                    &name,
                    format!("event {number} of recipient {rcpt} is neither on its way to the log nor in it"),
                );
            }
            if let Some(leaf) = self.found(&name, events::parse(&bytes)) {
                self.check_openings(&name, (envelope, rcpt, number), &leaf);
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

    /// The leaves on their way to the log, by their keys.
    fn waiting(&mut self) -> Result<HashSet<Vec<u8>>, Fault> {
        let mut waiting = HashSet::new();
        for (place, event) in self.tx.scan(&key::pending_prefix())? {
            if key::tail::<8>(&place).map(u64::from_be_bytes) >= Some(self.globals.next_pending) {
                self.find("events that wait for the log", "a place in the line will be given again");
            }
            waiting.insert(event);
        }
        Ok(waiting)
    }

    /// Openings may have been destroyed; those that are there open what the leaf commits to.
    fn check_openings(&mut self, name: &str, place: (EnvelopeId, u16, u32), leaf: &Leaf) {
        let Some(openings) = self.found(name, events::openings(self.tx, place)) else { return };
        if !openings.iter().all(|opening| leaf.opens(opening)) {
            self.find(name, format!("event {}: an opening opens nothing of it", place.2));
        }
    }

    /// A delivery is closed, or it is noted that it is to be.
    fn check_closing(
        &mut self,
        name: &str,
        (envelope, rcpt): (EnvelopeId, u16),
        chain: &[(u32, Leaf)],
    ) -> Result<(), Fault> {
        let here = |leaf: &Leaf| leaf.kind() == EventKind::Deliver && leaf.plain(Plain::Basis).is_none();
        let Some((_, delivery)) = chain.iter().find(|(_, leaf)| here(leaf)) else { return Ok(()) };
        let closed = chain.iter().any(|(_, leaf)| leaf.kind() == EventKind::Close);
        let noted = self.tx.get(&key::unclosed(day_of(delivery.time()), envelope, rcpt))?.is_some();
        if closed == noted {
            self.find(name, "its chain would be closed twice, or never");
        }
        Ok(())
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
        self.check_closing(&name, (envelope, rcpt), chain)?;
        let end: Option<Chain> = self.tx.row("a chain", &key::chain(envelope, rcpt))?;
        let last = chain.last().map(|(number, leaf)| (number.wrapping_add(1), leaf.hash()));
        if end.map(|end| (end.next, end.last())) != last {
            self.find(&name, "the end of its chain is not its last event");
        }
        Ok(())
    }
}
