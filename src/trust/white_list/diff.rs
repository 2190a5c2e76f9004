//! What changed from one list to another: which name may speak for which domain, or no longer.

use std::collections::HashSet;

use super::WhiteList;
use crate::mail::Domain;
use crate::trust::DistinguishedName;

/// One right: this name for this domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Right {
    /// The domain.
    pub domain: Domain,
    /// The name, as the list that has it writes it.
    pub name: DistinguishedName,
}

/// The difference between two lists. Descriptions, contacts and the way a name is written make none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Diff {
    /// What only the newer one has, in the order of its rows.
    pub added: Vec<Right>,
    /// What only the older one has, in the order of its rows.
    pub removed: Vec<Right>,
}

impl Diff {
    /// From the older to the newer.
    #[must_use]
    pub fn between(old: &WhiteList, new: &WhiteList) -> Self {
        // Each distinct name is looked up once; the rows, of which there are many more, compare numbers.
        let in_old: Vec<Option<usize>> = new.names.iter().map(|name| old.index_of(name)).collect();
        let in_new: Vec<Option<usize>> = old.names.iter().map(|name| new.index_of(name)).collect();
        Self { added: only(new, old, &in_old), removed: only(old, new, &in_new) }
    }

    /// Everything that a list says, each right once.
    #[must_use]
    pub fn from_nothing(list: &WhiteList) -> Self {
        Self::between(&WhiteList::none(), list)
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.added.is_empty() && self.removed.is_empty()
    }
}

/// The rights of a list that the other one has not; `names` are the indices of its names there.
fn only(list: &WhiteList, other: &WhiteList, names: &[Option<usize>]) -> Vec<Right> {
    let mut told = HashSet::new();
    let mut rights = Vec::new();
    for row in &list.rows {
        let known = names[row.name].is_some_and(|name| other.allows(name, &row.domain));
        if !known && told.insert((&row.domain, row.name)) {
            rights.push(Right { domain: row.domain.clone(), name: list.names[row.name].clone() });
        }
    }
    rights
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trust::Limits;
    use crate::trust::lab::{ListRow, white_list_xml};
    use crate::trust::testing::{domain, start};

    fn list(rows: &[(&str, &str)]) -> WhiteList {
        let row = |(at, name): &(&str, &str)| ListRow::new(&domain(at), &DistinguishedName::parse(name).unwrap());
        let rows: Vec<_> = rows.iter().map(row).collect();
        WhiteList::parse(white_list_xml(&rows, start()).as_bytes(), &Limits::default()).unwrap()
    }

    fn texts(rights: &[Right]) -> Vec<String> {
        rights.iter().map(|right| format!("{} {}", right.domain, right.name)).collect()
    }

    #[test]
    fn rights_come_and_go_and_another_way_of_writing_is_none() {
        let old =
            list(&[("a.fr", "CN=x,O=Un"), ("b.fr", "CN=y"), ("b.fr", "CN=z"), ("c.fr", "CN=y"), ("c.fr", "CN=y")]);
        let new = list(&[
            ("b.fr", "CN=z"),
            ("a.fr", "cn=X, o=UN "),
            ("b.fr", "CN=x,O=Un"),
            ("d.fr", "CN=w"),
            ("d.fr", "CN=w"),
        ]);
        let diff = Diff::between(&old, &new);
        assert_eq!(texts(&diff.added), ["b.fr CN=X,O=UN", "d.fr CN=w"]);
        assert_eq!(texts(&diff.removed), ["b.fr CN=y", "c.fr CN=y"]);
        let back = Diff::between(&new, &old);
        assert_eq!((texts(&back.added), back.removed.len()), (texts(&diff.removed), 2));
        assert!(Diff::between(&old, &old.clone()).is_empty() && !diff.is_empty());
    }
}
