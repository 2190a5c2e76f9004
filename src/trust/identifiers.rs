//! The identifier of a structure in a certificate's `OU`: what a sysadmin should look at.
//!
//! A wrong key is worth a warning, never a refusal: official samples carry wrong ones.

use crate::mail::{CheckKey, StructureId};

/// What a sysadmin should look at in this `OU`, if anything.
#[must_use]
pub fn structure_warning(organizational_unit: &str) -> Option<String> {
    match StructureId::parse(organizational_unit) {
        Err(_) => Some(format!("OU={organizational_unit} is neither 1 and a FINESS nor 3 and a SIRET")),
        Ok(id) if id.key() == CheckKey::Wrong => Some(match id {
            StructureId::Finess(id) => format!("the key of FINESS {id} is wrong"),
            StructureId::Siret(id) => format!("the key of SIRET {id} is wrong"),
        }),
        Ok(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// [mss#2] [mss#7]
    #[test]
    fn organizational_units_of_the_list() {
        for (unit, warning) in [
            ("318751275100020", None),
            ("318310021300028", None),
            ("1750048886", None),
            ("1750048887", Some("the key of FINESS 750048887 is wrong")),
            ("10B0078671", Some("the key of FINESS 0B0078671 is wrong")),
            ("é", Some("OU=é is neither 1 and a FINESS nor 3 and a SIRET")),
            ("", Some("OU= is neither 1 and a FINESS nor 3 and a SIRET")),
        ] {
            assert_eq!(structure_warning(unit).as_deref(), warning, "{unit}");
        }
    }
}
