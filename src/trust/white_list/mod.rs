//! The white list: which operator's certificate may speak for which domain.
//!
//! A list is a finished, immutable value; what fetches, compares and replaces lists is elsewhere.

mod diff;
mod parse;

use std::collections::HashMap;

pub use diff::{Diff, Right};
pub use parse::ListError;
pub(super) use parse::tree;

use super::DistinguishedName;
use super::name::AttributeType;
use crate::mail::{Domain, Time};

/// Bounds for reading a list. The real one has 3.6 MB and 6,554 rows (March 2025), 8,655 rows (June 2026).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the XML.
    pub bytes: usize,
    /// Rows.
    pub rows: usize,
    /// Elements inside each other.
    pub depth: usize,
    /// Bytes of one field.
    pub field: usize,
    /// Rows that may be left out because their domain or name cannot be read.
    pub unreadable_rows: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { bytes: 64 << 20, rows: 100_000, depth: 32, field: 4096, unreadable_rows: 100 }
    }
}

/// One row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// `Nom`, normalised.
    pub domain: Domain,
    /// Which name: an index into [`WhiteList::names`].
    pub name: usize,
    /// `Description`.
    pub description: String,
    /// `ResponsableContact`.
    pub responsible: String,
    /// `SupportContact`.
    pub support: String,
    /// `DateMAJ`, when it can be read.
    pub updated: Option<Time>,
    /// The line of the row in the list.
    pub line: u32,
}

/// A row that was left out, or that a sysadmin should know of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowNote {
    /// The row's number from 1.
    pub row: usize,
    /// Its line.
    pub line: u32,
    /// What is wrong.
    pub what: String,
}

/// A list that was read.
#[derive(Debug, Clone)]
pub struct WhiteList {
    generated: Time,
    rows: Vec<Row>,
    /// Each name once, in the order of its first row.
    names: Vec<DistinguishedName>,
    by_domain: HashMap<Domain, Vec<usize>>,
    by_name: HashMap<DistinguishedName, usize>,
    /// Names that differ in their common name only.
    by_rest: HashMap<Vec<(AttributeType, String)>, Vec<usize>>,
    left_out: Vec<RowNote>,
}

impl WhiteList {
    /// Reads a list in ANS's format. A signature in it is neither verified nor required here.
    ///
    /// A row whose domain or name cannot be read is left out and noted, so that one slip of the publisher's pen does
    /// not cut everybody off: a domain that is left out is refused, never let in.
    ///
    /// # Errors
    /// When it is no such list, is beyond the limits, or declares a document type.
    // [mss#2]
    pub fn parse(xml: &[u8], limits: &Limits) -> Result<Self, ListError> {
        parse::parse(xml, limits)
    }

    /// A list of nobody, to compare a first one with.
    pub(super) fn none() -> Self {
        Self::empty(Time::default())
    }

    fn empty(generated: Time) -> Self {
        Self {
            generated,
            rows: Vec::new(),
            names: Vec::new(),
            by_domain: HashMap::new(),
            by_name: HashMap::new(),
            by_rest: HashMap::new(),
            left_out: Vec::new(),
        }
    }

    /// The index of this name, which is remembered.
    fn intern(&mut self, name: DistinguishedName) -> usize {
        if let Some(index) = self.by_name.get(&name) {
            return *index;
        }
        let index = self.names.len();
        self.by_rest.entry(name.without_common_name()).or_default().push(index);
        self.by_name.insert(name.clone(), index);
        self.names.push(name);
        index
    }

    fn add(&mut self, row: Row) {
        let names = self.by_domain.entry(row.domain.clone()).or_default();
        if !names.contains(&row.name) {
            names.push(row.name);
        }
        self.rows.push(row);
    }

    /// `DateDeGeneration`.
    #[must_use]
    pub fn generated(&self) -> Time {
        self.generated
    }

    /// The rows in their order.
    #[must_use]
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// The distinct names, as the list first wrote them.
    #[must_use]
    pub fn names(&self) -> &[DistinguishedName] {
        &self.names
    }

    /// How many distinct domains there are.
    #[must_use]
    pub fn domain_count(&self) -> usize {
        self.by_domain.len()
    }

    /// How many distinct pairs of a domain and a name there are.
    #[must_use]
    pub fn right_count(&self) -> usize {
        self.by_domain.values().map(Vec::len).sum()
    }

    /// The rows that were left out.
    #[must_use]
    pub fn left_out(&self) -> &[RowNote] {
        &self.left_out
    }

    /// Whether this domain is inside the trust space.
    #[must_use]
    pub fn lists(&self, domain: &Domain) -> bool {
        self.by_domain.contains_key(domain)
    }

    /// The names that may speak for this domain.
    pub fn names_of<'a>(&'a self, domain: &Domain) -> impl Iterator<Item = &'a DistinguishedName> + use<'a> {
        self.by_domain.get(domain).into_iter().flatten().map(|index| &self.names[*index])
    }

    /// The domains that this name may speak for, in the order of the rows.
    pub fn domains_of(&self, name: &DistinguishedName) -> impl Iterator<Item = &Domain> {
        let index = self.index_of(name);
        self.rows.iter().filter(move |row| Some(row.name) == index).map(|row| &row.domain)
    }

    /// The index of a listed name.
    pub(super) fn index_of(&self, name: &DistinguishedName) -> Option<usize> {
        self.by_name.get(name).copied()
    }

    /// Whether the name with this index may speak for the domain.
    pub(super) fn allows(&self, index: usize, domain: &Domain) -> bool {
        self.by_domain.get(domain).is_some_and(|names| names.contains(&index))
    }

    /// The listed names that differ from this one in their common name only.
    pub fn siblings(&self, name: &DistinguishedName) -> impl Iterator<Item = &DistinguishedName> {
        let siblings = self.by_rest.get(&name.without_common_name());
        siblings.into_iter().flatten().map(|index| &self.names[*index]).filter(move |listed| *listed != name)
    }
}

#[cfg(test)]
mod tests;
