//! The peers by which ANS tests an operator's intake, as the real white list names them, and one operator besides.

use super::{Leaf, ListRow, Organisation};
use crate::mail::{AddressError, Domain};
use crate::trust::{Attribute, AttributeType, DistinguishedName};

/// The domains of ANS's seven audit peers: `cert-valide`, `cert-expire`, `cert-revoque`, `cert-non-igc`,
/// `cert-no-match`, `cert-cn-diff-dn`, `sans-tls`.
// [mss#2]
pub const DOMAINS: [&str; 7] = [
    "cert-valide-audit.espacedeconfiance.mssante.fr",
    "cert-expire-audit.espacedeconfiance.mssante.fr",
    "cert-revoque-audit.espacedeconfiance.mssante.fr",
    "cert-non-igc-audit.espacedeconfiance.mssante.fr",
    "cert-no-match-audit.espacedeconfiance.mssante.fr",
    "cert-cn-diff-dn-audit.espacedeconfiance.mssante.fr",
    "sans-tls-audit.espacedeconfiance.mssante.fr",
];

/// A domain of another operator, whose certificate is listed, but for none of the above.
pub const OTHER_DOMAIN: &str = "autre-operateur-audit.espacedeconfiance.mssante.fr";

/// What the certificate of an audit peer is issued for: its domain is its host name, its name the one in the list.
#[must_use]
pub fn leaf(domain: &str) -> Leaf {
    Leaf::operator(
        domain,
        &Organisation::new("CAPGEMINI TECHNOLOGY SERVICES", "347976684200724", "Hauts-de-Seine (92)"),
    )
}

/// What the other operator's certificate is issued for.
#[must_use]
pub fn other_leaf() -> Leaf {
    Leaf::operator("mss.autre-operateur.example", &Organisation::new("AUTRE OPERATEUR", "344368557300034", "Gers (32)"))
}

/// What the certificate of an operator is issued for that the list does not have at all.
#[must_use]
pub fn unlisted_leaf() -> Leaf {
    Leaf::operator("mss.ailleurs.example", &Organisation::new("AILLEURS", "318310021300028", "Gers (32)"))
}

/// The rows of these peers, as in the real list, where each domain has the agency's bus as another operator.
///
/// # Errors
/// Never in practice: when one of the domains above is none.
pub fn rows() -> Result<Vec<ListRow>, AddressError> {
    let bus = name(&Leaf { common_name: "bus.mssante.fr".to_owned(), ..leaf("") });
    let mut rows = vec![ListRow::new(&Domain::parse(OTHER_DOMAIN)?, &name(&other_leaf()))];
    for host in DOMAINS {
        let domain = Domain::parse(host)?;
        rows.push(ListRow::new(&domain, &name(&leaf(host))));
        rows.push(ListRow::new(&domain, &bus));
    }
    Ok(rows)
}

/// The name that a leaf's certificate has, as the list writes it.
#[must_use]
pub fn name(leaf: &Leaf) -> DistinguishedName {
    let Organisation { name, unit, state } = &leaf.organisation;
    let values = [("CN", leaf.common_name.as_str()), ("OU", unit), ("O", name), ("ST", state), ("C", "FR")];
    let attribute = |(kind, value): (&str, &str)| {
        AttributeType::from_text(kind).map(|kind| Attribute { kind, value: value.to_owned() })
    };
    DistinguishedName::new(values.into_iter().filter_map(attribute).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trust::testing::Space;

    #[test]
    fn a_leaf_has_the_name_that_its_row_has() {
        let space = Space::new();
        for leaf in [leaf(DOMAINS[0]), other_leaf(), unlisted_leaf()] {
            let issued = space.issue(&leaf).name().unwrap();
            assert_eq!((issued.to_string(), &issued), (name(&leaf).to_string(), &name(&leaf)));
        }
        assert_eq!(rows().unwrap().len(), 15);
    }
}
