//! Drafts: an event before it has its place in a chain, and how it becomes a leaf with openings.

use std::fmt;

use super::commitment::{Field, Opening, normalise, push_base64};
use super::kind::{EventKind, Plain};
use super::leaf::{HEAD, LEAF_MAX, Leaf, LeafHash};
use super::words::{Basis, Level, Via};
use crate::mail::{Chance, EnvelopeId, Status, Time};

/// Bytes of a line with a commitment, at most: `part.65535`, a space, 44 characters, LF.
const COMMITTED_LINE: usize = 56;
/// Bytes that the plain fields of an event about an envelope take, at most.
const PLAIN_BYTES: usize = 400;

/// Why a draft can't become a leaf: a mistake of the program, not of its input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DraftError {
    /// The leaf would have more than [`LEAF_MAX`] bytes; see [`Draft::room`].
    TooLong,
    /// A plain field that the kind must have is missing.
    Missing(Plain),
    /// The kind doesn't have this plain field, or the value doesn't have its form.
    Plain(Plain),
    /// The kind doesn't have this committed field, its number is 0, or it is there twice.
    Committed(Field),
}

impl fmt::Display for DraftError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong => write!(f, "the leaf would have more than {LEAF_MAX} bytes"),
            Self::Missing(plain) => write!(f, "the event has no «{}»", plain.name()),
            Self::Plain(plain) => write!(f, "«{}» has a wrong value, or this event does not have it", plain.name()),
            Self::Committed(field) => write!(f, "«{field}» is there twice, or this event does not have it"),
        }
    }
}

impl std::error::Error for DraftError {}

/// An event that is about to be recorded.
#[derive(Clone)]
pub struct Draft {
    kind: EventKind,
    envelope: Option<EnvelopeId>,
    rcpt: Option<u16>,
    plain: Vec<(Plain, String)>,
    committed: Vec<(Field, String)>,
}

impl Draft {
    /// An event of an envelope.
    #[must_use]
    pub const fn new(kind: EventKind, envelope: EnvelopeId) -> Self {
        Self { kind, envelope: Some(envelope), rcpt: None, plain: Vec::new(), committed: Vec::new() }
    }

    /// A fact about the operator, a right or an erasure: it belongs to no envelope and to no chain.
    #[must_use]
    pub const fn of_operator(kind: EventKind) -> Self {
        Self { kind, envelope: None, rcpt: None, plain: Vec::new(), committed: Vec::new() }
    }

    /// The recipient, by its number in the envelope, from 1.
    #[must_use]
    pub const fn rcpt(mut self, number: u16) -> Self {
        self.rcpt = Some(number);
        self
    }

    /// By which signal it became known. For an opening the grade follows from it.
    #[must_use]
    pub fn basis(self, basis: Basis) -> Self {
        let grade = basis.grade().filter(|_| self.kind == EventKind::Open);
        let draft = self.plain(Plain::Basis, basis.word());
        match grade {
            Some(grade) => draft.plain(Plain::Grade, grade.word()),
            None => draft,
        }
    }

    /// How the login had signed in.
    #[must_use]
    pub fn level(self, level: Level) -> Self {
        self.plain(Plain::Level, level.word())
    }

    /// By which way.
    #[must_use]
    pub fn via(self, via: Via) -> Self {
        self.plain(Plain::Via, via.word())
    }

    /// With which status something was refused or failed.
    #[must_use]
    pub fn status(self, status: Status) -> Self {
        self.plain(Plain::Status, status.enhanced())
    }

    /// Any other plain field; its form is tested when the leaf is made.
    #[must_use]
    pub fn plain(mut self, plain: Plain, value: impl Into<String>) -> Self {
        self.plain.push((plain, value.into()));
        self
    }

    /// Commits to a value. Control characters become spaces; beyond [`super::VALUE_MAX`] bytes it is cut.
    #[must_use]
    pub fn commit(mut self, field: Field, value: &str) -> Self {
        self.committed.push((field, normalise(value)));
        self
    }

    /// How many more fields can be committed to before the leaf may become too long: about 130 in all. An envelope
    /// with more recipients must be split; parts beyond it are left out, `message` covers them.
    #[must_use]
    pub fn room(&self) -> usize {
        ((LEAF_MAX - PLAIN_BYTES) / COMMITTED_LINE).saturating_sub(self.committed.len())
    }

    /// What happened.
    #[must_use]
    pub const fn kind(&self) -> EventKind {
        self.kind
    }

    /// The envelope.
    #[must_use]
    pub const fn envelope(&self) -> Option<EnvelopeId> {
        self.envelope
    }

    /// The recipient's number.
    #[must_use]
    pub const fn recipient(&self) -> Option<u16> {
        self.rcpt
    }

    /// Writes the leaf, with its place in the chain: its number, and the hash of the leaf before (needed unless the
    /// number is 0, ignored else). For facts about the operator both are ignored.
    ///
    /// # Errors
    /// When the draft isn't an event of its kind: see [`DraftError`].
    // [proofs#leaf] [proofs#chain]
    pub fn into_leaf(
        mut self,
        time: Time,
        event: u32,
        prev: Option<LeafHash>,
        chance: &dyn Chance,
    ) -> Result<(Leaf, Vec<Opening>), DraftError> {
        self.place(time, event, prev);
        let mut text = Vec::with_capacity(512 + COMMITTED_LINE * self.committed.len());
        text.extend_from_slice(HEAD.as_bytes());
        text.extend_from_slice(self.kind.word().as_bytes());
        text.push(b'\n');
        self.write_plain(event, &mut text)?;
        let openings = write_committed(self.kind, self.committed, chance, &mut text)?;
        if text.len() > LEAF_MAX {
            return Err(DraftError::TooLong);
        }
        // Every piece was ASCII: names, values that their field accepts, base64.
        let text = String::from_utf8(text).map_err(|_| DraftError::TooLong)?;
        Ok((Leaf::built(self.kind, text), openings))
    }

    /// Adds the fields that the recorder gives.
    fn place(&mut self, time: Time, event: u32, prev: Option<LeafHash>) {
        self.plain.push((Plain::Time, time.rfc3339()));
        if let Some(rcpt) = self.rcpt {
            self.plain.push((Plain::Rcpt, rcpt.to_string()));
        }
        if let Some(envelope) = self.envelope {
            self.plain.push((Plain::Envelope, envelope.to_string()));
            self.plain.push((Plain::Event, event.to_string()));
            if let Some(prev) = prev.filter(|_| event > 0) {
                self.plain.push((Plain::Prev, prev.to_string()));
            }
        }
        self.plain.sort_unstable_by_key(|(plain, _)| *plain);
    }

    fn write_plain(&self, event: u32, text: &mut Vec<u8>) -> Result<(), DraftError> {
        let fields = self.kind.fields();
        let has = |plain: Plain| self.plain.iter().any(|(known, _)| *known == plain);
        if let Some(missing) = fields.required.iter().find(|plain| !has(**plain)) {
            return Err(DraftError::Missing(*missing));
        }
        if event > 0 && self.envelope.is_some() && !has(Plain::Prev) {
            return Err(DraftError::Missing(Plain::Prev));
        }
        let mut last = None;
        let mut basis = None;
        for (plain, value) in &self.plain {
            if *plain == Plain::Basis {
                basis = Basis::parse(value);
            }
            let consistent = match plain {
                Plain::Basis => basis.is_some_and(|basis| basis.supports(self.kind)),
                Plain::Grade => basis.and_then(Basis::grade).is_some_and(|grade| grade.word() == value),
                _ => true,
            };
            if last == Some(*plain) || !consistent || !fields.has(*plain) || !plain.accepts(value) {
                return Err(DraftError::Plain(*plain));
            }
            last = Some(*plain);
            text.extend_from_slice(plain.name().as_bytes());
            text.push(b' ');
            text.extend_from_slice(value.as_bytes());
            text.push(b'\n');
        }
        Ok(())
    }
}

impl fmt::Debug for Draft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Draft({}, {} committed)", self.kind.word(), self.committed.len())
    }
}

/// A commitment that has its place among the kind's fields.
type Ranked = (usize, Field, String);

fn write_committed(
    kind: EventKind,
    committed: Vec<(Field, String)>,
    chance: &dyn Chance,
    text: &mut Vec<u8>,
) -> Result<Vec<Opening>, DraftError> {
    let ranked = in_order(kind, committed)?;
    // One request for all salts: asking is what costs.
    let mut salts = vec![0; 32 * ranked.len()];
    chance.fill(&mut salts);
    let (salts, _) = salts.as_chunks::<32>();
    let mut openings = Vec::with_capacity(ranked.len());
    for ((_, field, value), salt) in ranked.into_iter().zip(salts) {
        let opening = Opening { field, salt: *salt, value };
        field.push_to(text);
        text.push(b' ');
        push_base64(&opening.commitment(), text);
        text.push(b'\n');
        openings.push(opening);
    }
    Ok(openings)
}

fn in_order(kind: EventKind, committed: Vec<(Field, String)>) -> Result<Vec<Ranked>, DraftError> {
    let fields = kind.fields();
    let mut ranked: Vec<Ranked> = Vec::with_capacity(committed.len());
    for (field, value) in committed {
        let rank = fields.rank(field).filter(|_| field.number() != Some(0));
        ranked.push((rank.ok_or(DraftError::Committed(field))?, field, value));
    }
    ranked.sort_by_key(|(rank, field, _)| (*rank, field.number()));
    match ranked.windows(2).find(|pair| pair[0].1 == pair[1].1) {
        Some(pair) => Err(DraftError::Committed(pair[0].1)),
        None => Ok(ranked),
    }
}
