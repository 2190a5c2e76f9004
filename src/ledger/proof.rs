//! Inclusion proofs as text (C2SP tlog-proof): index, hashes, and the checkpoint whose root they lead to.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::checkpoint::{Checkpoint, CheckpointError, decimal, decode_hash};
use super::note::Note;
use super::tree::{Hash, verify_inclusion};

const HEAD: &str = "c2sp.org/tlog-proof@v1\n";

/// That a leaf stands at an index of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// The leaf's index, from 0.
    pub index: u64,
    /// The audit path, from the leaf's sibling upwards.
    pub path: Vec<Hash>,
    /// The signed checkpoint, verbatim, with the cosignatures of witnesses.
    pub note: Note,
    /// What the note says.
    pub checkpoint: Checkpoint,
}

/// A text that is no proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProofError;

impl fmt::Display for ProofError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a proof of the form c2sp.org/tlog-proof@v1")
    }
}

impl std::error::Error for ProofError {}

impl From<CheckpointError> for ProofError {
    fn from(_: CheckpointError) -> Self {
        Self
    }
}

impl Proof {
    /// Reads a proof, strictly; `extra` lines are not used and not accepted.
    ///
    /// # Errors
    /// When it has another form.
    // [c2sp#tlog-proof]
    pub fn parse(text: &str) -> Result<Self, ProofError> {
        let rest = text.strip_prefix(HEAD).ok_or(ProofError)?.strip_prefix("index ").ok_or(ProofError)?;
        let (index, mut rest) = rest.split_once('\n').ok_or(ProofError)?;
        let index = decimal(index).ok_or(ProofError)?;
        let mut path = Vec::new();
        loop {
            let (line, after) = rest.split_once('\n').ok_or(ProofError)?;
            rest = after;
            if line.is_empty() {
                break;
            }
            if path.len() == 64 {
                return Err(ProofError);
            }
            path.push(decode_hash(line).ok_or(ProofError)?);
        }
        let (checkpoint, note) = Checkpoint::parse_note(rest)?;
        Ok(Self { index, path, note, checkpoint })
    }

    /// Whether the path leads from this leaf hash to the checkpoint's root. Says nothing about signatures.
    #[must_use]
    pub fn includes(&self, leaf: &Hash) -> bool {
        verify_inclusion(leaf, self.index, self.checkpoint.size, &self.path, &self.checkpoint.root)
    }
}

impl fmt::Display for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{HEAD}index {}", self.index)?;
        for hash in &self.path {
            writeln!(f, "{}", STANDARD.encode(hash))?;
        }
        write!(f, "\n{}", self.note)
    }
}
