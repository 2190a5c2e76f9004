//! Octets in rows: `#[serde(with = "crate::mail::octets")]` on a `Vec<u8>` that may be long. Without it each octet is
//! read and written by a call of its own; the form on disk is the same.

use std::fmt;

use serde::de::{Error, SeqAccess, Visitor};
use serde::{Deserializer, Serializer};

/// Writes all at once.
///
/// # Errors
/// Those of the format.
pub fn serialize<S: Serializer>(octets: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_bytes(octets)
}

/// Reads all at once.
///
/// # Errors
/// Those of the format.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
    deserializer.deserialize_byte_buf(Octets)
}

struct Octets;

impl<'de> Visitor<'de> for Octets {
    type Value = Vec<u8>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("octets")
    }

    fn visit_bytes<E: Error>(self, octets: &[u8]) -> Result<Vec<u8>, E> {
        Ok(octets.to_vec())
    }

    fn visit_byte_buf<E: Error>(self, octets: Vec<u8>) -> Result<Vec<u8>, E> {
        Ok(octets)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Vec<u8>, A::Error> {
        let mut octets = Vec::new();
        while let Some(octet) = sequence.next_element()? {
            octets.push(octet);
        }
        Ok(octets)
    }
}

#[cfg(test)]
mod tests {
    use serde::{Deserialize, Serialize};

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct One(Vec<u8>);

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Whole(#[serde(with = "super")] Vec<u8>);

    #[test]
    fn the_form_is_that_of_a_sequence() {
        for octets in [vec![], vec![7], (0..=255).cycle().take(1000).collect::<Vec<u8>>()] {
            let (one, whole) = (One(octets.clone()), Whole(octets));
            let row = postcard::to_stdvec(&one).unwrap();
            assert_eq!(row, postcard::to_stdvec(&whole).unwrap());
            assert_eq!(postcard::from_bytes::<Whole>(&row).unwrap(), whole);
            let json = serde_json::to_string(&one).unwrap();
            assert_eq!(json, serde_json::to_string(&whole).unwrap());
            assert_eq!(serde_json::from_str::<Whole>(&json).unwrap(), whole);
            assert!(postcard::from_bytes::<Whole>(&row[..row.len() - 1]).is_err());
        }
    }
}
