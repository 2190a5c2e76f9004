//! A small trust space for unit tests: two operators, their certificates, a list and a clock that can be set.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use super::lab::{Flaw, Issued, Lab, Leaf, ListRow, Organisation, white_list_xml};
use super::{Anchors, Limits, Policy, Revocation, Snapshot, Trust, WhiteList};
use crate::mail::{Chance, Clock, Domain, Edge, Time};

pub(crate) struct TestClock(AtomicI64);

impl TestClock {
    pub(crate) fn advance(&self, seconds: i64) {
        self.0.fetch_add(seconds * 1000, Ordering::SeqCst);
    }

    pub(crate) fn set(&self, time: Time) {
        self.0.store(time.0, Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Time {
        Time(self.0.load(Ordering::SeqCst))
    }
}

struct TestChance;

impl Chance for TestChance {
    fn fill(&self, buffer: &mut [u8]) {
        aws_lc_rs::rand::fill(buffer).unwrap();
    }
}

pub(crate) const DAY: i64 = 86_400;

/// Where the tests' time begins: 2026-06-01.
pub(crate) fn start() -> Time {
    Time::parse_rfc3339("2026-06-01T00:00:00Z").unwrap()
}

pub(crate) fn edge() -> (Edge, Arc<TestClock>) {
    let clock = Arc::new(TestClock(AtomicI64::new(start().0)));
    (Edge { clock: Arc::<TestClock>::clone(&clock), chance: Arc::new(TestChance) }, clock)
}

pub(crate) fn domain(text: &str) -> Domain {
    Domain::parse(text).unwrap()
}

pub(crate) struct Space {
    pub(crate) edge: Edge,
    pub(crate) clock: Arc<TestClock>,
    pub(crate) lab: Lab,
}

impl Space {
    pub(crate) fn new() -> Self {
        let (edge, clock) = edge();
        Self { lab: Lab::new(&edge).unwrap(), edge, clock }
    }

    /// The listed operator: `mss.chu-nord.fr`.
    pub(crate) fn north() -> Leaf {
        let organisation = Organisation::new("CHU DU NORD", "1590000012", "Nord (59)");
        Leaf::operator("mss.chu-nord.fr", &organisation)
    }

    pub(crate) fn issue(&self, leaf: &Leaf) -> Issued {
        self.lab.issue(leaf).unwrap()
    }

    /// The operator's certificate with a flaw.
    pub(crate) fn flawed(&self, flaw: Flaw) -> Issued {
        self.issue(&Self::north().with(flaw))
    }

    /// A list where these operators' names have these domains.
    pub(crate) fn list(&self, rows: &[(&str, &Issued)]) -> WhiteList {
        let rows: Vec<_> =
            rows.iter().map(|(name, issued)| ListRow::new(&domain(name), &issued.name().unwrap())).collect();
        WhiteList::parse(white_list_xml(&rows, self.edge.now()).as_bytes(), &Limits::default()).unwrap()
    }

    pub(crate) fn anchors(&self) -> Anchors {
        Anchors::from_bytes(self.lab.anchors_pem().as_bytes()).unwrap()
    }

    pub(crate) fn revocation(&self, revoked: &[&Issued]) -> Revocation {
        let mut revocation = Revocation::none();
        let pem = self.lab.crls_pem(revoked).unwrap();
        revocation.add(pem.as_bytes(), &self.anchors(), self.edge.now()).unwrap();
        revocation
    }

    /// A judge with this list and these certificates revoked.
    pub(crate) fn trust(&self, rows: &[(&str, &Issued)], revoked: &[&Issued]) -> Trust {
        Trust::new(Snapshot {
            anchors: self.anchors(),
            revocation: self.revocation(revoked),
            list: Arc::new(self.list(rows)),
            policy: Policy::default(),
        })
    }
}
