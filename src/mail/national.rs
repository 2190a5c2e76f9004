//! National identifiers of French health: a patient's INS, a professional's RPPS or ADELI, a structure's FINESS or
//! SIRET, each with its format and its check key.
//!
//! **Warn, don't refuse.** What has not the format is no such identifier; what has it is one, even with a wrong key:
//! official samples and published addresses carry wrong ones, and a message must not be lost for that. So a parsed value
//! says by itself whether its key holds ([`CheckKey`]), and whoever shows it to a person warns.
//!
//! Values are personal data (INS) or public (the others); none of them belongs in a log by its `Display` unless the
//! caller knows which it is. [`Ins`] therefore shows nothing in `Debug`.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Whether the check key of an identifier holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CheckKey {
    /// It does.
    Right,
    /// It does not: most likely a typing mistake. Worth a warning, never a refusal.
    Wrong,
    /// No rule is published for this form: ADELI, and the FINESS of Corsica with its letter.
    Unknown,
}

/// A text that has not the format of the identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FormatError {
    /// The identifier's name.
    pub name: &'static str,
    /// What it should look like.
    pub format: &'static str,
}

impl fmt::Display for FormatError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no {}: {}", self.name, self.format)
    }
}

impl std::error::Error for FormatError {}

/// A patient's national health identity: 13 characters and a key of 2 digits. Personal data.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Ins(String);

impl Ins {
    const ERROR: FormatError = FormatError { name: "INS", format: "15 letters and digits" };

    /// Reads an INS as people write it: spaces between the groups are left out, letters become capitals.
    ///
    /// # Errors
    /// When it is not 15 ASCII letters and digits.
    // [mss#6]
    pub fn parse(text: &str) -> Result<Self, FormatError> {
        compact(text, 15, |b| b.is_ascii_alphanumeric()).map(Self).ok_or(Self::ERROR)
    }

    /// The 15 characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the key holds: 97 less the remainder of the 13 characters by 97, where Corsica's `2A` counts as 19 and
    /// `2B` as 18.
    // [mss#6]
    #[must_use]
    pub fn key(&self) -> CheckKey {
        let (number, key) = self.0.split_at(13);
        match (ins_key(number), key.parse::<u64>()) {
            (Some(right), Ok(key)) if right == key => CheckKey::Right,
            _ => CheckKey::Wrong,
        }
    }

    /// The 15 characters in the groups of a health card: `2 79 03 51 215 189 89`.
    #[must_use]
    pub fn grouped(&self) -> String {
        [0..1, 1..3, 3..5, 5..7, 7..10, 10..13, 13..15].map(|range| &self.0[range]).join(" ")
    }
}

/// The key of 13 characters; none when they are not digits, but for Corsica's letter in the department.
fn ins_key(number: &str) -> Option<u64> {
    let digits = match &number[5..7] {
        "2A" => format!("{}19{}", &number[..5], &number[7..]),
        "2B" => format!("{}18{}", &number[..5], &number[7..]),
        _ => number.to_owned(),
    };
    let all_digits = digits.bytes().all(|b| b.is_ascii_digit());
    all_digits.then(|| digits.parse::<u64>().ok()).flatten().map(|number| 97 - number % 97)
}

impl fmt::Debug for Ins {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ins")
    }
}

/// A professional's number in the shared directory (RPPS): 11 digits, the last one a Luhn key.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Rpps(String);

impl Rpps {
    const ERROR: FormatError = FormatError { name: "RPPS", format: "11 digits" };

    /// Reads 11 digits; spaces are left out.
    ///
    /// # Errors
    /// When it is something else.
    // [mss#7]
    pub fn parse(text: &str) -> Result<Self, FormatError> {
        compact(text, 11, |b| b.is_ascii_digit()).map(Self).ok_or(Self::ERROR)
    }

    /// The 11 digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the Luhn key holds. Official samples break it.
    #[must_use]
    pub fn key(&self) -> CheckKey {
        luhn_key(&self.0)
    }
}

/// A professional's former number (ADELI), withdrawn but still met: 9 characters, the department first.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Adeli(String);

impl Adeli {
    const ERROR: FormatError =
        FormatError { name: "ADELI", format: "9 digits, the second one may be A or B (Corsica)" };

    /// Reads 9 digits, or 8 with `2A` or `2B` before 7 of them; spaces are left out.
    ///
    /// # Errors
    /// When it is something else.
    // [mss#7]
    pub fn parse(text: &str) -> Result<Self, FormatError> {
        let text = compact(text, 9, |b| b.is_ascii_alphanumeric()).ok_or(Self::ERROR)?;
        if without_corsica(&text).bytes().all(|b| b.is_ascii_digit()) { Ok(Self(text)) } else { Err(Self::ERROR) }
    }

    /// The 9 characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Never known.
    #[must_use]
    pub fn key(&self) -> CheckKey {
        CheckKey::Unknown
    }
}

/// A health establishment's number (FINESS): 9 characters, the last one a Luhn key.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Finess(String);

impl Finess {
    const ERROR: FormatError = FormatError { name: "FINESS", format: "9 digits, or with a letter (Corsica)" };

    /// Reads 9 letters and digits (the real list has one with a letter that is not Corsica's); spaces are left out.
    ///
    /// # Errors
    /// When it is something else.
    // [mss#2] [mss#7]
    pub fn parse(text: &str) -> Result<Self, FormatError> {
        compact(text, 9, |b| b.is_ascii_alphanumeric()).map(Self).ok_or(Self::ERROR)
    }

    /// The 9 characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the Luhn key holds; not known for Corsica's `2A` and `2B`.
    #[must_use]
    pub fn key(&self) -> CheckKey {
        let digits = without_corsica(&self.0);
        let corsica = digits.len() < self.0.len() && digits.bytes().all(|b| b.is_ascii_digit());
        if corsica { CheckKey::Unknown } else { luhn_key(&self.0) }
    }
}

/// An establishment's number (SIRET): its company's SIREN of 9 digits and 5 of its own, the last one a Luhn key.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Siret(String);

/// La Poste has more establishments than Luhn's keys allow: theirs hold when the sum of the digits is a multiple of 5.
const LA_POSTE: &str = "356000000";

impl Siret {
    const ERROR: FormatError = FormatError { name: "SIRET", format: "14 digits" };

    /// Reads 14 digits; spaces are left out.
    ///
    /// # Errors
    /// When it is something else.
    // [mss#2] [mss#7]
    pub fn parse(text: &str) -> Result<Self, FormatError> {
        compact(text, 14, |b| b.is_ascii_digit()).map(Self).ok_or(Self::ERROR)
    }

    /// The 14 digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The company's 9 digits.
    #[must_use]
    pub fn siren(&self) -> &str {
        &self.0[..9]
    }

    /// Whether the key holds.
    #[must_use]
    pub fn key(&self) -> CheckKey {
        let sum: u32 = self.0.chars().filter_map(|c| c.to_digit(10)).sum();
        if self.siren() == LA_POSTE && sum.is_multiple_of(5) { CheckKey::Right } else { luhn_key(&self.0) }
    }
}

/// A professional in national form (`idNat_PS`): `8` and an RPPS, or `0` and an ADELI.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ProfessionalId {
    /// `8…`
    Rpps(Rpps),
    /// `0…`
    Adeli(Adeli),
}

impl ProfessionalId {
    /// Reads the national form.
    ///
    /// # Errors
    /// When it has neither form.
    // [mss#7]
    pub fn parse(text: &str) -> Result<Self, FormatError> {
        const ERROR: FormatError = FormatError { name: "idNat_PS", format: "8 and an RPPS, or 0 and an ADELI" };
        match text.trim().split_at_checked(1) {
            Some(("8", id)) => Rpps::parse(id).map(Self::Rpps),
            Some(("0", id)) => Adeli::parse(id).map(Self::Adeli),
            _ => Err(ERROR),
        }
        .map_err(|_| ERROR)
    }

    /// Whether its key holds.
    #[must_use]
    pub fn key(&self) -> CheckKey {
        match self {
            Self::Rpps(id) => id.key(),
            Self::Adeli(id) => id.key(),
        }
    }
}

impl fmt::Display for ProfessionalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rpps(id) => write!(f, "8{id}"),
            Self::Adeli(id) => write!(f, "0{id}"),
        }
    }
}

/// A structure in national form (`idNat_Struct`), as in the `OU` of its certificate: `1` and a FINESS, or `3` and a
/// SIRET.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum StructureId {
    /// `1…`
    Finess(Finess),
    /// `3…`
    Siret(Siret),
}

impl StructureId {
    /// Reads the national form.
    ///
    /// # Errors
    /// When it has neither form.
    // [mss#2] [mss#7]
    pub fn parse(text: &str) -> Result<Self, FormatError> {
        const ERROR: FormatError = FormatError { name: "idNat_Struct", format: "1 and a FINESS, or 3 and a SIRET" };
        match text.trim().split_at_checked(1) {
            Some(("1", id)) => Finess::parse(id).map(Self::Finess),
            Some(("3", id)) => Siret::parse(id).map(Self::Siret),
            _ => Err(ERROR),
        }
        .map_err(|_| ERROR)
    }

    /// Whether its key holds.
    #[must_use]
    pub fn key(&self) -> CheckKey {
        match self {
            Self::Finess(id) => id.key(),
            Self::Siret(id) => id.key(),
        }
    }
}

impl fmt::Display for StructureId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Finess(id) => write!(f, "1{id}"),
            Self::Siret(id) => write!(f, "3{id}"),
        }
    }
}

macro_rules! text_forms {
    ($($type:ident),*) => {$(
        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl std::str::FromStr for $type {
            type Err = FormatError;

            fn from_str(text: &str) -> Result<Self, FormatError> {
                Self::parse(text)
            }
        }

        impl TryFrom<String> for $type {
            type Error = FormatError;

            fn try_from(text: String) -> Result<Self, FormatError> {
                Self::parse(&text)
            }
        }

        impl From<$type> for String {
            fn from(id: $type) -> Self {
                id.0
            }
        }
    )*};
}

text_forms!(Ins, Rpps, Adeli, Finess, Siret);

/// The text in capitals without its spaces; none when it has another length or other characters.
fn compact(text: &str, length: usize, allowed: impl Fn(u8) -> bool) -> Option<String> {
    // Longer than an identifier with a space before each character: nothing to look at.
    if text.len() > 4 * length {
        return None;
    }
    let compact: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    (compact.len() == length && compact.bytes().all(allowed)).then(|| compact.to_ascii_uppercase())
}

/// What follows `2A` or `2B`, Corsica's departments; else the whole text.
fn without_corsica(text: &str) -> &str {
    text.strip_prefix("2A").or_else(|| text.strip_prefix("2B")).unwrap_or(text)
}

/// Luhn's sum (ISO/IEC 7812-1, annex B): every second digit from the right is doubled, the sum ends in 0.
fn luhn_key(digits: &str) -> CheckKey {
    let mut sum = 0;
    for (index, c) in digits.chars().rev().enumerate() {
        let Some(digit) = c.to_digit(10) else { return CheckKey::Wrong };
        sum += match (index % 2, digit) {
            (0, digit) => digit,
            (_, digit @ 0..=4) => 2 * digit,
            (_, digit) => 2 * digit - 9,
        };
    }
    if sum % 10 == 0 { CheckKey::Right } else { CheckKey::Wrong }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The sample of the facts, one of Corsica computed by hand: 1 85 05 (2A→19) 004 001 → 1850519004001 mod 97 = 16.
    /// [mss#6]
    #[test]
    fn ins_with_right_and_wrong_keys() {
        for (text, key) in [
            ("279035121518989", CheckKey::Right),
            ("2 79 03 51 215 189 89", CheckKey::Right),
            ("279035121518988", CheckKey::Wrong),
            ("185052A00400181", CheckKey::Right),
            ("185052a00400181", CheckKey::Right),
            ("185052B00400181", CheckKey::Wrong),
            ("2790351215189AB", CheckKey::Wrong),
            ("A79035121518989", CheckKey::Wrong),
        ] {
            assert_eq!(Ins::parse(text).map(|ins| ins.key()), Ok(key), "{text}");
        }
        for text in ["", "27903512151898", "2790351215189899", "27903512151898é", "279035121518-89"] {
            assert_eq!(Ins::parse(text), Err(Ins::ERROR), "{text}");
        }
        let ins = Ins::parse("279035121518989").unwrap();
        assert_eq!((ins.grouped().as_str(), format!("{ins:?}").as_str()), ("2 79 03 51 215 189 89", "Ins"));
    }

    /// Values of the real list and of published documents. [mss#2] [mss#7]
    #[test]
    fn structures_and_professionals() {
        for (text, key) in [
            ("1750048886", CheckKey::Right),
            ("1750048887", CheckKey::Wrong),
            ("12A0000014", CheckKey::Unknown),
            ("10B0078671", CheckKey::Wrong),
            ("318751275100020", CheckKey::Right),
            ("318751275100021", CheckKey::Wrong),
            ("335600000000048", CheckKey::Right),
            ("335600000049837", CheckKey::Right),
            ("335600000049838", CheckKey::Wrong),
        ] {
            let id = StructureId::parse(text).unwrap();
            assert_eq!((id.key(), id.to_string().as_str()), (key, text));
        }
        for text in ["", "é", "1", "2750048886", "175004888", "17500488860", "31875127510002", "3 187512751000a0"] {
            assert!(StructureId::parse(text).is_err(), "{text}");
        }
        for (text, key) in [
            ("810003456780", Some(CheckKey::Wrong)),
            ("810101234561", Some(CheckKey::Wrong)),
            ("899700367511", Some(CheckKey::Right)),
            ("0752A12345", None),
            ("02A1234567", Some(CheckKey::Unknown)),
            ("0751234567", Some(CheckKey::Unknown)),
            ("0C51234567", None),
            ("751234567", None),
        ] {
            let id = ProfessionalId::parse(text).ok();
            assert_eq!(id.as_ref().map(ProfessionalId::key), key, "{text}");
            assert!(id.is_none_or(|id| id.to_string() == text));
        }
        let siret = Siret::parse("187 512 751 00020").unwrap();
        assert_eq!((siret.siren(), siret.to_string().as_str()), ("187512751", "18751275100020"));
    }

    /// The digits with the key that Luhn's rule gives them.
    fn with_luhn_key(digits: &str) -> String {
        let keyed = (0..10).map(|key| format!("{digits}{key}"));
        keyed.into_iter().find(|text| luhn_key(text) == CheckKey::Right).unwrap()
    }

    proptest! {
        /// Exactly one of the 97 keys is right, in Corsica too, and a changed digit is noticed. [mss#6]
        #[test]
        fn one_key_of_an_ins_is_right(
            number in "[1-478][0-9]{4}([0-9]{2}|2A|2B)[0-9]{6}", place in 0_usize..13, digit in 0_u8..10
        ) {
            let keyed: Vec<_> = (0..100)
                .map(|key| Ins::parse(&format!("{number}{key:02}")).unwrap())
                .filter(|ins| ins.key() == CheckKey::Right)
                .collect();
            prop_assert_eq!(keyed.len(), 1);
            let mut changed = keyed[0].as_str().as_bytes().to_vec();
            let differs = changed[place].is_ascii_digit() && changed[place] != b'0' + digit;
            // `2A` is a number of its own only as a whole.
            if differs && !(5..7).contains(&place) {
                changed[place] = b'0' + digit;
                let changed = Ins::parse(std::str::from_utf8(&changed).unwrap()).unwrap();
                prop_assert_eq!(changed.key(), CheckKey::Wrong);
            }
        }

        /// Luhn finds every single wrong digit. [mss#7]
        #[test]
        fn a_wrong_digit_breaks_the_key(rpps in "[0-9]{10}", finess in "[0-9]{8}", place in 0_usize..8, by in 1_u8..10) {
            for (text, parse) in [
                (with_luhn_key(&rpps), (|text| Rpps::parse(text).unwrap().key()) as fn(&str) -> CheckKey),
                (with_luhn_key(&finess), |text| Finess::parse(text).unwrap().key()),
            ] {
                prop_assert_eq!(parse(&text), CheckKey::Right);
                let mut wrong = text.into_bytes();
                wrong[place] = b'0' + (wrong[place] - b'0' + by) % 10;
                prop_assert_eq!(parse(std::str::from_utf8(&wrong).unwrap()), CheckKey::Wrong);
            }
        }

        /// No text makes a parser panic; what it takes comes back as it is read again. [mss#7]
        #[test]
        fn what_is_read_is_written_and_read_again(text in "\\PC{0,40}|[0-9AB ]{8,17}") {
            if let Ok(ins) = Ins::parse(&text) {
                prop_assert_ne!(ins.key(), CheckKey::Unknown);
                prop_assert_eq!(Ins::parse(&ins.grouped()).unwrap(), ins);
            }
            if let Ok(id) = StructureId::parse(&text) {
                prop_assert_eq!(StructureId::parse(&id.to_string()).unwrap(), id);
            }
            if let Ok(id) = ProfessionalId::parse(&text) {
                prop_assert_eq!(ProfessionalId::parse(&id.to_string()).unwrap(), id);
            }
        }
    }
}
