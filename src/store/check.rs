//! Whether everything in the store fits together: each row has what it refers to, counts are the sums of what they
//! count, names form a tree, chains of proofs have no gap, and every body can be read. Runs inside one transaction, so
//! that no write comes between two reads.

mod accounts;
mod bodies;
mod proofs;

use std::collections::{HashMap, HashSet};
use std::fmt;

use super::rows::{BodyPlace, BodyRow, Globals, key};
use super::tx::Tx;
use crate::mail::{EnvelopeId, Fault};

/// What a check counted and found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CheckReport {
    /// Accounts looked at.
    pub accounts: u64,
    /// Mailboxes.
    pub mailboxes: u64,
    /// Records of messages, copies included.
    pub messages: u64,
    /// Bodies, each read to its last byte.
    pub bodies: u64,
    /// Leaves.
    pub events: u64,
    /// What does not fit. Empty when all is well.
    pub findings: Vec<Finding>,
}

impl CheckReport {
    /// Whether nothing was found.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.findings.is_empty()
    }
}

/// One thing that does not fit: where, and what. Holds no personal data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The account, mailbox, message, file or envelope.
    pub place: String,
    /// What is wrong with it.
    pub what: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.what)
    }
}

/// A check under way.
struct Check<'a, 'b> {
    tx: &'a Tx<'b>,
    globals: Globals,
    report: CheckReport,
    /// How many views and queued envelopes refer to each body.
    references: HashMap<BodyPlace, u32>,
    bodies: HashMap<BodyPlace, BodyRow>,
    /// Deliveries that are noted as not closed: day, envelope, recipient.
    unclosed: HashSet<(u32, EnvelopeId, u16)>,
}

/// Checks everything.
///
/// # Errors
/// When rows can't be read at all.
pub(super) fn run(tx: &Tx<'_>) -> Result<CheckReport, Fault> {
    let mut check = Check {
        tx,
        globals: tx.globals()?,
        report: CheckReport::default(),
        references: HashMap::new(),
        bodies: HashMap::new(),
        unclosed: HashSet::new(),
    };
    if tx.get(&key::first_day())?.is_none() {
        check.find("store", "nothing says on which day it was begun");
    }
    check.load_bodies()?;
    check.check_accounts()?;
    check.count_held_bodies()?;
    check.check_bodies();
    check.check_proofs()?;
    Ok(check.report)
}

impl Check<'_, '_> {
    fn find(&mut self, place: impl Into<String>, what: impl Into<String>) {
        self.report.findings.push(Finding { place: place.into(), what: what.into() });
    }

    /// Notes a failure as a finding and goes on.
    fn found<T>(&mut self, place: impl Into<String>, result: Result<T, Fault>) -> Option<T> {
        result.map_err(|fault| self.find(place, fault.detail.clone())).ok()
    }

    fn expect_equal<T: PartialEq + fmt::Display + Copy>(&mut self, place: &str, what: &str, stored: T, counted: T) {
        if stored != counted {
            self.find(place, format!("{what}: {stored} are stored, {counted} were counted"));
        }
    }

    fn load_bodies(&mut self) -> Result<(), Fault> {
        for (place, row) in self.tx.scan(&key::body_prefix())? {
            let place = BodyPlace(key::tail::<8>(&place).map_or(0, u64::from_be_bytes));
            if let Some(row) = self.found(format!("body {:x}", place.0), super::rows::decode("a body", &row)) {
                self.bodies.insert(place, row);
            }
        }
        Ok(())
    }
}
