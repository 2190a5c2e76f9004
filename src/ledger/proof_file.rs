//! The proof file, `.preuve`: an event, what of it is disclosed, and the proof that it is in the log. This module reads
//! and writes it; whether it holds is [`verify`](mod@super::verify)'s to say.
//!
//! ```text
//! sceau-preuve/v1
//! === event          the leaf's bytes
//! === disclosures    lines «name base64(salt) value»: any subset; the rest stays hidden
//! === proof          c2sp.org/tlog-proof@v1, verbatim
//! === not-before     optional: a cosigned checkpoint with size <= index
//! === anchor         optional: a time-stamp token (RFC 3161), one line of base64, and the proof of the checkpoint
//!                    that it stamps
//! === keys           optional, informative: verifier keys; trust comes from outside
//! === end
//! ```
//!
//! A proof has one form: what is read here is written back the same, but for CRLF, which mail programs make.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::checkpoint::Checkpoint;
use super::log::SignedCheckpoint;
use super::note::VerifierKey;
use super::proof::{Proof, ProofError};
use crate::seal::event::{Field, Leaf, LeafError, Opening};

/// Bytes that a proof file may have; an ordinary one has 3,000.
pub const PROOF_FILE_MAX: usize = 1 << 20;
/// Keys that a file may name.
const KEYS_MAX: usize = 64;
const HEAD: &str = "sceau-preuve/v1\n";
const SECTIONS: [&str; 7] = ["event", "disclosures", "proof", "not-before", "anchor", "keys", "end"];

/// Why bytes are no proof file. Texts are French: people read them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProofFileError {
    /// More than [`PROOF_FILE_MAX`] bytes.
    TooLong,
    /// Not UTF-8, or control characters other than line ends.
    Characters,
    /// It doesn't begin with `sceau-preuve/v1`.
    Head,
    /// A section is missing, unknown, there twice or in another place.
    Section,
    /// The event is no leaf.
    Event(LeafError),
    /// A line of the disclosures is malformed, out of order, or doesn't open the leaf's commitment; from 1.
    Disclosure(usize),
    /// The proof section is no proof.
    Proof(ProofError),
    /// The not-before section is no checkpoint.
    NotBefore,
    /// The anchor is not one line of base64 and a proof.
    Anchor,
    /// The keys section holds something else than different keys.
    Keys,
}

impl fmt::Display for ProofFileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong => write!(f, "le fichier dépasse {PROOF_FILE_MAX} octets"),
            Self::Characters => f.write_str("le fichier contient des caractères interdits"),
            Self::Head => f.write_str("ce n'est pas un fichier de preuve (sceau-preuve/v1)"),
            Self::Section => f.write_str("les sections du fichier ne sont pas celles d'une preuve"),
            Self::Event(error) => write!(f, "section event : feuille non conforme ({error})"),
            Self::Disclosure(line) => {
                write!(f, "section disclosures, ligne {line} : ne correspond pas à l'engagement scellé")
            }
            Self::Proof(_) => f.write_str("section proof : preuve d'inclusion non conforme"),
            Self::NotBefore => f.write_str("section not-before : point de contrôle non conforme"),
            Self::Anchor => f.write_str("section anchor : jeton non conforme"),
            Self::Keys => f.write_str("section keys : clés non conformes"),
        }
    }
}

impl std::error::Error for ProofFileError {}

/// A proof of one event. Its disclosures open the leaf's commitments, or it doesn't exist; all else is unverified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProofFile {
    leaf: Leaf,
    disclosures: Vec<Opening>,
    proof: Proof,
    not_before: Option<SignedCheckpoint>,
    anchor: Option<Anchor>,
    keys: Vec<VerifierKey>,
}

/// A time stamp of a third party over a checkpoint that has the event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Anchor {
    /// The token (RFC 3161), unverified: it stamps the text of the proof's checkpoint.
    pub token: Vec<u8>,
    /// That the event is in the tree of the stamped checkpoint.
    pub proof: Proof,
}

impl ProofFile {
    /// Puts a proof together; the openings in any order.
    ///
    /// # Errors
    /// `Disclosure` when one doesn't open a commitment of the leaf or is there twice.
    pub fn new(leaf: Leaf, openings: &[Opening], proof: Proof) -> Result<Self, ProofFileError> {
        let mut disclosures = Vec::with_capacity(openings.len());
        for (field, commitment) in leaf.commitments() {
            if let Some(opening) = openings.iter().find(|o| o.field == field && o.commitment() == commitment) {
                disclosures.push(opening.clone());
            }
        }
        if disclosures.len() < openings.len() {
            return Err(ProofFileError::Disclosure(disclosures.len() + 1));
        }
        Ok(Self { leaf, disclosures, proof, not_before: None, anchor: None, keys: Vec::new() })
    }

    /// Adds a checkpoint from before the event: cosigned by witnesses at or before the event's time, with a size that
    /// does not cover the event. The latest such one makes the bracket the narrowest.
    #[must_use]
    pub fn with_not_before(mut self, checkpoint: SignedCheckpoint) -> Self {
        self.not_before = Some(checkpoint);
        self
    }

    /// Adds a time stamp.
    #[must_use]
    pub fn with_anchor(mut self, anchor: Anchor) -> Self {
        self.anchor = Some(anchor);
        self
    }

    /// Adds keys for information.
    #[must_use]
    pub fn with_keys(mut self, keys: Vec<VerifierKey>) -> Self {
        self.keys = keys;
        self
    }

    /// Reads a proof file, strictly and in linear time.
    ///
    /// # Errors
    /// Says which section is wrong.
    // [proofs#proof-file]
    pub fn parse(bytes: &[u8]) -> Result<Self, ProofFileError> {
        if bytes.len() > PROOF_FILE_MAX {
            return Err(ProofFileError::TooLong);
        }
        // Most of what is no proof is known by its beginning.
        if !bytes.starts_with(HEAD.trim_end().as_bytes()) {
            return Err(ProofFileError::Head);
        }
        let text = std::str::from_utf8(bytes).map_err(|_| ProofFileError::Characters)?.replace("\r\n", "\n");
        if text.chars().any(|c| c.is_control() && c != '\n') {
            return Err(ProofFileError::Characters);
        }
        let [event, disclosures, proof, not_before, anchor, keys, end] = sections(&text)?;
        let required = |section: Option<&'_ str>| section.map(str::to_owned).ok_or(ProofFileError::Section);
        if end != Some("") {
            return Err(ProofFileError::Section);
        }
        let leaf = Leaf::parse(required(event)?.as_bytes()).map_err(ProofFileError::Event)?;
        let disclosures = parse_disclosures(&leaf, &required(disclosures)?)?;
        let proof = Proof::parse(&required(proof)?).map_err(ProofFileError::Proof)?;
        let not_before = not_before.map(parse_not_before).transpose()?;
        let anchor = anchor.map(parse_anchor).transpose()?;
        let keys = keys.map(parse_keys).transpose()?.unwrap_or_default();
        Ok(Self { leaf, disclosures, proof, not_before, anchor, keys })
    }

    /// The same proof with only these fields disclosed.
    #[must_use]
    pub fn redact(&self, keep: &[Field]) -> Self {
        let mut redacted = self.clone();
        redacted.disclosures.retain(|opening| keep.contains(&opening.field));
        redacted
    }

    /// The same proof with these openings disclosed, and no others.
    ///
    /// # Errors
    /// As [`ProofFile::new`].
    pub fn disclosing(&self, openings: &[Opening]) -> Result<Self, ProofFileError> {
        let Self { disclosures, .. } = Self::new(self.leaf.clone(), openings, self.proof.clone())?;
        Ok(Self { disclosures, ..self.clone() })
    }

    /// The same proof without its time stamp.
    #[must_use]
    pub fn without_anchor(&self) -> Self {
        Self { anchor: None, ..self.clone() }
    }

    /// The event.
    #[must_use]
    pub const fn leaf(&self) -> &Leaf {
        &self.leaf
    }

    /// What is disclosed, in the leaf's order.
    #[must_use]
    pub fn disclosures(&self) -> &[Opening] {
        &self.disclosures
    }

    /// A disclosed value.
    #[must_use]
    pub fn disclosed(&self, field: Field) -> Option<&str> {
        self.disclosures.iter().find(|opening| opening.field == field).map(|opening| opening.value.as_str())
    }

    /// The place in the log.
    #[must_use]
    pub const fn proof(&self) -> &Proof {
        &self.proof
    }

    /// A state of the log before the event.
    #[must_use]
    pub const fn not_before(&self) -> Option<&SignedCheckpoint> {
        self.not_before.as_ref()
    }

    /// A time stamp of a third party, unverified.
    #[must_use]
    pub const fn anchor(&self) -> Option<&Anchor> {
        self.anchor.as_ref()
    }

    /// Keys that the file names; not to be trusted.
    #[must_use]
    pub fn keys(&self) -> &[VerifierKey] {
        &self.keys
    }
}

/// The file.
impl fmt::Display for ProofFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{HEAD}=== event\n{}=== disclosures\n", self.leaf)?;
        for opening in &self.disclosures {
            writeln!(f, "{} {} {}", opening.field, STANDARD.encode(opening.salt), opening.value)?;
        }
        write!(f, "=== proof\n{}", self.proof)?;
        if let Some(not_before) = &self.not_before {
            write!(f, "=== not-before\n{}", not_before.note)?;
        }
        if let Some(anchor) = &self.anchor {
            write!(f, "=== anchor\n{}\n{}", STANDARD.encode(&anchor.token), anchor.proof)?;
        }
        if !self.keys.is_empty() {
            f.write_str("=== keys\n")?;
            self.keys.iter().try_for_each(|key| writeln!(f, "{key}"))?;
        }
        f.write_str("=== end\n")
    }
}

/// The bodies of the sections that are there, in their one order.
fn sections(text: &str) -> Result<[Option<&str>; 7], ProofFileError> {
    let mut found = [None; 7];
    let mut next = 0;
    let mut rest = text.strip_prefix(HEAD).ok_or(ProofFileError::Head)?;
    while !rest.is_empty() {
        let (name, after) =
            rest.strip_prefix("=== ").and_then(|r| r.split_once('\n')).ok_or(ProofFileError::Section)?;
        let place = SECTIONS[next..].iter().position(|known| *known == name).ok_or(ProofFileError::Section)? + next;
        let end = if after.starts_with("=== ") { 0 } else { after.find("\n=== ").map_or(after.len(), |at| at + 1) };
        found[place] = Some(&after[..end]);
        rest = &after[end..];
        next = place + 1;
    }
    Ok(found)
}

/// The disclosures stand in the leaf's order, so one walk over both finds each commitment.
fn parse_disclosures(leaf: &Leaf, section: &str) -> Result<Vec<Opening>, ProofFileError> {
    let mut commitments = leaf.commitments();
    let mut disclosures = Vec::new();
    for (number, line) in (1..).zip(section.lines()) {
        let wrong = ProofFileError::Disclosure(number);
        let opening = parse_opening(line).ok_or(wrong)?;
        let commitment = commitments.find(|(field, _)| *field == opening.field).ok_or(wrong)?.1;
        if opening.commitment() != commitment {
            return Err(wrong);
        }
        disclosures.push(opening);
    }
    Ok(disclosures)
}

fn parse_opening(line: &str) -> Option<Opening> {
    let (name, rest) = line.split_once(' ')?;
    let (salt, value) = rest.split_once(' ')?;
    let salt = super::checkpoint::decode_hash(salt)?;
    Some(Opening { field: Field::parse(name)?, salt, value: value.to_owned() })
}

fn parse_not_before(section: &str) -> Result<SignedCheckpoint, ProofFileError> {
    let (checkpoint, note) = Checkpoint::parse_note(section).map_err(|_| ProofFileError::NotBefore)?;
    Ok(SignedCheckpoint { checkpoint, note })
}

fn parse_anchor(section: &str) -> Result<Anchor, ProofFileError> {
    let (token, proof) = section.split_once('\n').ok_or(ProofFileError::Anchor)?;
    let token = STANDARD.decode(token).ok().filter(|token| !token.is_empty()).ok_or(ProofFileError::Anchor)?;
    Ok(Anchor { token, proof: Proof::parse(proof).map_err(|_| ProofFileError::Anchor)? })
}

fn parse_keys(section: &str) -> Result<Vec<VerifierKey>, ProofFileError> {
    let mut keys: Vec<VerifierKey> = Vec::new();
    for line in section.lines() {
        let key = VerifierKey::parse(line).map_err(|_| ProofFileError::Keys)?;
        if keys.len() == KEYS_MAX || keys.contains(&key) {
            return Err(ProofFileError::Keys);
        }
        keys.push(key);
    }
    if keys.is_empty() { Err(ProofFileError::Keys) } else { Ok(keys) }
}
