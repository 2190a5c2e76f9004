//! The identifier of a structure in a certificate's `OU`: `1` and a FINESS, or `3` and a SIRET.
//!
//! A wrong key is worth a warning, never a refusal: official samples carry wrong ones.

use std::fmt;

/// The identifier of a structure.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum StructureId {
    /// Of a health establishment: nine characters.
    Finess(String),
    /// Of any establishment: fourteen digits.
    Siret(String),
}

impl StructureId {
    /// Reads the value of an `OU`. None when it has neither form.
    // [mss#2] [mss#7]
    #[must_use]
    pub fn from_organizational_unit(text: &str) -> Option<Self> {
        let text = text.trim();
        let (prefix, id) = text.split_at_checked(1)?;
        let alphanumeric = id.bytes().all(|b| b.is_ascii_alphanumeric());
        match (prefix, id.len()) {
            ("1", 9) if alphanumeric => Some(Self::Finess(id.to_ascii_uppercase())),
            ("3", 14) if id.bytes().all(|b| b.is_ascii_digit()) => Some(Self::Siret(id.to_owned())),
            _ => None,
        }
    }

    /// Whether its key is right. Identifiers with letters (Corsica, tests) have no Luhn key and are never right.
    #[must_use]
    pub fn key_is_right(&self) -> bool {
        let (Self::Finess(id) | Self::Siret(id)) = self;
        luhn(id)
    }

    /// What a sysadmin should look at in this `OU`, if anything.
    #[must_use]
    pub fn warning(organizational_unit: &str) -> Option<String> {
        match Self::from_organizational_unit(organizational_unit) {
            None => Some(format!("OU={organizational_unit} is neither 1 and a FINESS nor 3 and a SIRET")),
            Some(id) if !id.key_is_right() => Some(format!("the key of {id} is wrong")),
            Some(_) => None,
        }
    }
}

impl fmt::Display for StructureId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Finess(id) => write!(f, "FINESS {id}"),
            Self::Siret(id) => write!(f, "SIRET {id}"),
        }
    }
}

/// Luhn's sum (ISO/IEC 7812-1, annex B): every second digit from the right is doubled, the sum ends in 0.
fn luhn(digits: &str) -> bool {
    let mut sum = 0;
    for (index, c) in digits.chars().rev().enumerate() {
        let Some(digit) = c.to_digit(10) else { return false };
        sum += match (index % 2, digit) {
            (0, digit) => digit,
            (_, digit @ 0..=4) => 2 * digit,
            (_, digit) => 2 * digit - 9,
        };
    }
    !digits.is_empty() && sum % 10 == 0
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
            assert_eq!(StructureId::warning(unit).as_deref(), warning, "{unit}");
        }
    }
}
