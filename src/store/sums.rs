//! Sums that are kept beside the messages: a name and a few numbers that only grow, added to in the transaction of what
//! they count. What a name means is the business of who counts; it must hold no personal data.

use super::Store;
use super::core::engine_fault;
use super::rows::{self, key};
use super::tx::Tx;
use crate::mail::Fault;
use std::ops::ControlFlow;

/// A name and its sums.
pub type NamedSums = (Vec<u8>, Vec<u64>);

impl Tx<'_> {
    /// Adds to the sums of this name, which begin at nothing.
    ///
    /// # Errors
    /// `Storage`.
    pub fn add_to_sums(&mut self, name: &[u8], by: &[u64]) -> Result<(), Fault> {
        let place = key::sums(name);
        let mut sums: Vec<u64> = self.row("sums", &place)?.unwrap_or_default();
        sums.resize(sums.len().max(by.len()), 0);
        sums.iter_mut().zip(by).for_each(|(sum, more)| *sum = sum.saturating_add(*more));
        self.put_row(place, &sums);
        Ok(())
    }

    /// Whether there are sums of this name.
    ///
    /// # Errors
    /// `Storage`.
    pub fn has_sums(&self, name: &[u8]) -> Result<bool, Fault> {
        Ok(self.get(&key::sums(name))?.is_some())
    }

    /// How many names begin so, counted up to a limit.
    ///
    /// # Errors
    /// `Storage`.
    pub fn count_sums(&self, prefix: &[u8], limit: usize) -> Result<usize, Fault> {
        let from = key::sums(prefix);
        Ok(self.scan_range(&from, &key::after(&from), limit)?.len())
    }
}

impl Store {
    /// The committed sums whose names begin so, in order of their names.
    ///
    /// # Errors
    /// `Storage`.
    pub fn sums(&self, prefix: &[u8]) -> Result<Vec<NamedSums>, Fault> {
        let (from, mut found) = (key::sums(prefix), Vec::new());
        let mut collect = |place: &[u8], row: &[u8]| {
            found.push(rows::decode("sums", row).map(|sums| (place[2..].to_vec(), sums)));
            ControlFlow::Continue(())
        };
        self.core.engine.scan(&from, &key::after(&from), &mut collect).map_err(engine_fault)?;
        found.into_iter().collect()
    }
}
