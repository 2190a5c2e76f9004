//! The row of one event: the leaf, its number in the line that leads to the log, and its sealed openings. One row, because
//! what the engine has to write for a message is what proofs cost.

use super::engine::VALUE_MAX;
use super::events::damaged;
use crate::mail::Fault;

/// Bytes before the leaf: the number in the line, where the openings are, the leaf's length.
const HEAD: usize = 8 + 1 + 2;

/// Where the openings of an event are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Sealed {
    /// There never were any, or they were destroyed.
    None,
    /// Here.
    Here(Vec<u8>),
    /// In rows of their own, since they are too long.
    InPieces,
}

/// One event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Event {
    /// Its number in the line that leads to the log; the first of a server has 0.
    pub(super) sequence: u64,
    /// The leaf's bytes.
    pub(super) leaf: Vec<u8>,
    /// Its openings.
    pub(super) sealed: Sealed,
}

impl Event {
    /// Whether openings of this length can stand beside this leaf.
    pub(super) const fn has_room(leaf: usize, sealed: usize) -> bool {
        HEAD + leaf + sealed <= VALUE_MAX
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        let (mark, here): (u8, &[u8]) = match &self.sealed {
            Sealed::None => (0, &[]),
            Sealed::Here(bytes) => (1, bytes),
            Sealed::InPieces => (2, &[]),
        };
        let mut row = Vec::with_capacity(HEAD + self.leaf.len() + here.len());
        row.extend_from_slice(&self.sequence.to_be_bytes());
        row.push(mark);
        // A leaf has at most 8,192 bytes.
        row.extend_from_slice(&u16::try_from(self.leaf.len()).unwrap_or(u16::MAX).to_be_bytes());
        row.extend_from_slice(&self.leaf);
        row.extend_from_slice(here);
        row
    }

    /// Reads a row.
    ///
    /// # Errors
    /// When it is damaged.
    pub(super) fn decode(row: &[u8]) -> Result<Self, Fault> {
        let (sequence, rest) = row.split_first_chunk::<8>().ok_or_else(damaged)?;
        let ([mark, high, low], rest) = rest.split_first_chunk::<3>().ok_or_else(damaged)?;
        let length = usize::from(u16::from_be_bytes([*high, *low]));
        let (leaf, here) = rest.split_at_checked(length).ok_or_else(damaged)?;
        let sealed = match (mark, here) {
            (0, []) => Sealed::None,
            (1, bytes) => Sealed::Here(bytes.to_vec()),
            (2, []) => Sealed::InPieces,
            _ => return Err(damaged()),
        };
        Ok(Self { sequence: u64::from_be_bytes(*sequence), leaf: leaf.to_vec(), sealed })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_survive_their_bytes_and_damaged_ones_are_told() {
        for sealed in [Sealed::None, Sealed::Here(vec![1, 2, 3]), Sealed::InPieces] {
            let event = Event { sequence: 1 << 40, leaf: b"leaf\n".to_vec(), sealed };
            let row = event.encode();
            assert_eq!(Event::decode(&row).unwrap(), event);
            for cut in 0..HEAD + event.leaf.len() {
                assert!(Event::decode(&row[..cut]).is_err(), "{cut}");
            }
        }
        assert!(Event::decode(&[0, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0]).is_err());
    }
}
