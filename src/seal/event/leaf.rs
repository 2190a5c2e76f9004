//! Leaves: the strict reader of an event's text, and its hash.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use super::commitment::{Field, Opening, canonical_number, parse_base64, sha256};
use super::kind::{EventKind, Fields, Plain};
use super::words::Basis;
use crate::mail::{EnvelopeId, Time};

/// Bytes that a leaf may have.
pub const LEAF_MAX: usize = 8192;

pub(super) const HEAD: &str = "sceau-event/v1 ";

/// `SHA256(0x00 || leaf)` (RFC 6962 §2.1): what `{ printf '\0'; cat leaf; } | sha256sum` gives.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct LeafHash(pub [u8; 32]);

impl LeafHash {
    /// The hash of a leaf's bytes.
    // [rfc6962#2.1] [proofs#leaf]
    #[must_use]
    pub fn of(leaf: &[u8]) -> Self {
        let mut bytes = Vec::with_capacity(leaf.len() + 1);
        bytes.push(0);
        bytes.extend_from_slice(leaf);
        Self(sha256(&bytes))
    }
}

/// Base64, as in `prev`.
impl fmt::Display for LeafHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&STANDARD.encode(self.0))
    }
}

impl fmt::Debug for LeafHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for LeafHash {
    type Err = LeafError;

    fn from_str(text: &str) -> Result<Self, LeafError> {
        parse_base64(text).map(Self).ok_or(LeafError::Value(1))
    }
}

/// Why bytes are no leaf; the number is the line, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LeafError {
    /// More than [`LEAF_MAX`] bytes.
    TooLong,
    /// Something other than printable ASCII and LF, or no LF at the end.
    Characters,
    /// The first line isn't `sceau-event/v1` and a known kind.
    Head,
    /// A line is no `name value`, or its name isn't one of the kind's, or it is not in its place, or there twice.
    Field(u32),
    /// A value doesn't have its field's form, or contradicts another field.
    Value(u32),
    /// A field that the kind must have is missing.
    Missing(Plain),
}

impl fmt::Display for LeafError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong => write!(f, "a leaf has at most {LEAF_MAX} bytes"),
            Self::Characters => f.write_str("a leaf is lines of printable ASCII, each ended by LF"),
            Self::Head => f.write_str("a leaf begins with «sceau-event/v1» and a known kind of event"),
            Self::Field(line) => write!(f, "line {line} of the leaf: this field cannot stand here"),
            Self::Value(line) => write!(f, "line {line} of the leaf: the value does not have its form"),
            Self::Missing(plain) => write!(f, "the leaf has no «{}»", plain.name()),
        }
    }
}

impl std::error::Error for LeafError {}

/// One event, as it stands in the log for ever.
#[derive(Clone, PartialEq, Eq)]
pub struct Leaf {
    kind: EventKind,
    text: String,
}

impl Leaf {
    /// Reads a leaf. Every leaf has one form only: what is accepted here is what [`super::Draft`] can write.
    ///
    /// # Errors
    /// Says what is wrong and in which line.
    // [proofs#leaf]
    pub fn parse(bytes: &[u8]) -> Result<Self, LeafError> {
        if bytes.len() > LEAF_MAX {
            return Err(LeafError::TooLong);
        }
        if bytes.last() != Some(&b'\n') || !bytes.iter().all(|b| matches!(b, b' '..=b'~' | b'\n')) {
            return Err(LeafError::Characters);
        }
        let text = String::from_utf8(bytes.to_vec()).map_err(|_| LeafError::Characters)?;
        let mut lines = text.strip_suffix('\n').unwrap_or(&text).split('\n');
        let kind = lines.next().and_then(|line| line.strip_prefix(HEAD)).and_then(EventKind::parse);
        let kind = kind.ok_or(LeafError::Head)?;
        let mut reader = Reader::new(kind);
        for (number, line) in (2..).zip(lines) {
            reader.line(number, line)?;
        }
        reader.finish()?;
        Ok(Self { kind, text })
    }

    /// A leaf that the builder wrote.
    pub(super) const fn built(kind: EventKind, text: String) -> Self {
        Self { kind, text }
    }

    /// What happened.
    #[must_use]
    pub const fn kind(&self) -> EventKind {
        self.kind
    }

    /// The exact bytes that are hashed and logged.
    #[must_use]
    pub const fn bytes(&self) -> &[u8] {
        self.text.as_bytes()
    }

    /// The text; printable ASCII and LF.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The leaf's hash.
    #[must_use]
    pub fn hash(&self) -> LeafHash {
        LeafHash::of(self.bytes())
    }

    /// The value of a plain field.
    #[must_use]
    pub fn plain(&self, plain: Plain) -> Option<&str> {
        self.lines().find(|(name, _)| *name == plain.name()).map(|(_, value)| value)
    }

    /// The commitment of a field.
    #[must_use]
    pub fn committed(&self, field: Field) -> Option<[u8; 32]> {
        let name = field.to_string();
        self.lines().find(|(known, _)| *known == name).and_then(|(_, value)| parse_base64(value))
    }

    /// All committed fields, in order.
    pub fn commitments(&self) -> impl Iterator<Item = (Field, [u8; 32])> + '_ {
        self.lines().filter_map(|(name, value)| Some((Field::parse(name)?, parse_base64(value)?)))
    }

    /// Whether this opening opens a commitment of this leaf.
    #[must_use]
    pub fn opens(&self, opening: &Opening) -> bool {
        self.committed(opening.field) == Some(opening.commitment())
    }

    /// When the operator says that it happened.
    #[must_use]
    pub fn time(&self) -> Time {
        self.plain(Plain::Time).and_then(|value| Time::parse_rfc3339(value).ok()).unwrap_or_default()
    }

    /// The envelope; none in facts about the operator.
    #[must_use]
    pub fn envelope(&self) -> Option<EnvelopeId> {
        self.plain(Plain::Envelope)?.parse().ok()
    }

    /// The recipient's number.
    #[must_use]
    pub fn rcpt(&self) -> Option<u16> {
        self.plain(Plain::Rcpt)?.parse().ok()
    }

    /// The number in the chain.
    #[must_use]
    pub fn event(&self) -> Option<u32> {
        self.plain(Plain::Event)?.parse().ok()
    }

    /// The hash of the chain's leaf before.
    #[must_use]
    pub fn prev(&self) -> Option<LeafHash> {
        self.plain(Plain::Prev)?.parse().ok()
    }

    fn lines(&self) -> impl Iterator<Item = (&str, &str)> {
        self.text.lines().skip(1).filter_map(|line| line.split_once(' '))
    }
}

impl fmt::Display for Leaf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Leaf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Leaf({} {})", self.kind.word(), self.hash())
    }
}

/// Reads the lines after the first, in order.
struct Reader {
    kind: EventKind,
    fields: Fields,
    /// The last plain field seen.
    plain: Option<Plain>,
    seen: u32,
    /// Rank and number of the last committed field seen.
    committed: Option<(usize, u16)>,
    event: u64,
    basis: Option<Basis>,
}

impl Reader {
    const fn new(kind: EventKind) -> Self {
        Self { kind, fields: kind.fields(), plain: None, seen: 0, committed: None, event: 0, basis: None }
    }

    fn line(&mut self, number: u32, line: &str) -> Result<(), LeafError> {
        let (name, value) = line.split_once(' ').ok_or(LeafError::Field(number))?;
        if let Some(plain) = Plain::parse(name) {
            self.plain(number, plain, value)
        } else if let Some(field) = Field::parse(name) {
            self.committed(number, field, value)
        } else {
            Err(LeafError::Field(number))
        }
    }

    fn plain(&mut self, number: u32, plain: Plain, value: &str) -> Result<(), LeafError> {
        let in_order = self.plain < Some(plain) && self.committed.is_none();
        let in_place = plain != Plain::Prev || self.event > 0;
        if !in_order || !in_place || !self.fields.has(plain) {
            return Err(LeafError::Field(number));
        }
        let consistent = match plain {
            Plain::Basis => {
                self.basis = Basis::parse(value);
                self.basis.is_some_and(|basis| basis.supports(self.kind))
            }
            Plain::Grade => self.basis.and_then(Basis::grade).is_some_and(|grade| grade.word() == value),
            Plain::Event => {
                self.event = canonical_number(value).unwrap_or(0);
                self.event == 0 || self.fields.has(Plain::Prev)
            }
            _ => true,
        };
        if !consistent || !plain.accepts(value) {
            return Err(LeafError::Value(number));
        }
        self.plain = Some(plain);
        self.seen |= 1 << plain as u32;
        Ok(())
    }

    fn committed(&mut self, number: u32, field: Field, value: &str) -> Result<(), LeafError> {
        let rank = self.fields.rank(field).ok_or(LeafError::Field(number))?;
        let place = Some((rank, field.number().unwrap_or(0)));
        if place <= self.committed {
            return Err(LeafError::Field(number));
        }
        self.committed = place;
        parse_base64(value).map(drop).ok_or(LeafError::Value(number))
    }

    fn finish(&self) -> Result<(), LeafError> {
        let missing = |plain: &&Plain| self.seen & (1 << **plain as u32) == 0;
        if let Some(plain) = self.fields.required.iter().find(missing) {
            return Err(LeafError::Missing(*plain));
        }
        if self.event > 0 && missing(&&Plain::Prev) {
            return Err(LeafError::Missing(Plain::Prev));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::super::testing::Counting;
    use super::super::{Draft, DraftError, Grade, Level, Via};
    use super::*;

    const ENVELOPE: EnvelopeId = EnvelopeId([0xde; 16]);
    const TIME: Time = Time::from_secs(1_795_342_503);

    fn open() -> Draft {
        Draft::new(EventKind::Open, ENVELOPE)
            .rcpt(1)
            .basis(Basis::ImapSeen)
            .level(Level::Password)
            .via(Via::Imap)
            .commit(Field::Mailbox, "jean@a.fr")
            .commit(Field::Login, "jean@a.fr")
            .commit(Field::Auth, "")
    }

    // [proofs#leaf]
    #[test]
    fn a_leaf_is_the_text_of_the_specification() {
        let prev = LeafHash([7; 32]);
        let (leaf, openings) = open().into_leaf(TIME, 3, Some(prev), &Counting::default()).unwrap();
        let digests: Vec<String> = openings.iter().map(|o| STANDARD.encode(o.commitment())).collect();
        let expected = format!(
            "sceau-event/v1 open\ntime {TIME}\nenvelope {ENVELOPE}\nevent 3\nprev {prev}\nrcpt 1\nbasis imap-seen\n\
             grade declared\nlevel password\nvia imap\nmailbox {}\nlogin {}\nauth {}\n",
            digests[0], digests[1], digests[2]
        );
        assert_eq!(leaf.text(), expected);
        assert_eq!(Leaf::parse(leaf.bytes()), Ok(leaf.clone()));
        assert!(openings.iter().all(|opening| leaf.opens(opening)));
        assert_eq!((leaf.time(), leaf.event(), leaf.prev(), leaf.rcpt()), (TIME, Some(3), Some(prev), Some(1)));
        assert_eq!(leaf.envelope(), Some(ENVELOPE));
        assert_eq!(leaf.plain(Plain::Grade), Some(Grade::Declared.word()));
    }

    // [rfc6962#2.1]
    #[test]
    fn the_hash_of_the_empty_leaf_is_the_known_one() {
        let hex: String = LeafHash::of(b"").0.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
    }

    #[test]
    fn drafts_that_are_no_event_are_refused() {
        let leaf = |draft: Draft, event, prev| draft.into_leaf(TIME, event, prev, &Counting::default()).map(|(l, _)| l);
        let prev = Some(LeafHash([0; 32]));
        let seal = || Draft::new(EventKind::Seal, ENVELOPE).level(Level::Otp).via(Via::Submission);
        for (draft, event, prev, error) in [
            (open(), 3, None, DraftError::Missing(Plain::Prev)),
            (Draft::new(EventKind::Open, ENVELOPE), 1, prev, DraftError::Missing(Plain::Rcpt)),
            (seal().rcpt(1), 0, None, DraftError::Plain(Plain::Rcpt)),
            (seal(), 1, prev, DraftError::Plain(Plain::Prev)),
            (seal().via(Via::Imap), 0, None, DraftError::Plain(Plain::Via)),
            (seal().commit(Field::Mailbox, ""), 0, None, DraftError::Committed(Field::Mailbox)),
            (seal().commit(Field::To(0), ""), 0, None, DraftError::Committed(Field::To(0))),
            (seal().commit(Field::To(1), "").commit(Field::To(1), ""), 0, None, DraftError::Committed(Field::To(1))),
            (open().rcpt(0), 1, prev, DraftError::Plain(Plain::Rcpt)),
            (open().plain(Plain::Code, "x y"), 1, prev, DraftError::Plain(Plain::Code)),
        ] {
            assert_eq!(leaf(draft.clone(), event, prev), Err(error), "{draft:?}");
        }
        let peek =
            Draft::new(EventKind::Open, ENVELOPE).rcpt(1).basis(Basis::ImapPeek).level(Level::Otp).via(Via::Imap);
        assert_eq!(leaf(peek, 0, None), Err(DraftError::Missing(Plain::Grade)), "a prefetch is no opening");
    }

    #[test]
    fn a_leaf_with_all_its_room_taken_still_fits() {
        let mut draft = Draft::new(EventKind::Seal, ENVELOPE).level(Level::OrgCert).via(Via::Submission);
        let room = u16::try_from(draft.room()).unwrap();
        assert!(room >= 130, "{room}");
        for n in 0..room {
            draft = draft.commit(Field::Part(u16::MAX - n), "x");
        }
        assert_eq!(draft.room(), 0);
        let (leaf, _) = draft.clone().into_leaf(TIME, 0, None, &Counting::default()).unwrap();
        assert!(leaf.bytes().len() <= LEAF_MAX);
        for n in 1..40 {
            draft = draft.commit(Field::To(n), "x");
        }
        assert_eq!(draft.into_leaf(TIME, 0, None, &Counting::default()).err(), Some(DraftError::TooLong));
    }

    #[test]
    fn other_forms_of_a_leaf_are_refused() {
        let (leaf, _) = open().into_leaf(TIME, 3, Some(LeafHash([7; 32])), &Counting::default()).unwrap();
        let text = leaf.text();
        let refused = |text: &str| Leaf::parse(text.as_bytes()).unwrap_err();
        for (from, to, error) in [
            ("\n", "\r\n", LeafError::Characters),
            ("sceau-event/v1", "sceau-event/v2", LeafError::Head),
            (" open\n", " opened\n", LeafError::Head),
            ("rcpt 1\n", "rcpt 01\n", LeafError::Value(6)),
            ("rcpt 1\n", "rcpt  1\n", LeafError::Value(6)),
            ("rcpt 1\n", "rcpt 1\nrcpt 1\n", LeafError::Field(7)),
            ("rcpt 1\n", "", LeafError::Missing(Plain::Rcpt)),
            ("event 3\n", "event 0\n", LeafError::Field(5)),
            ("grade declared", "grade displayed", LeafError::Value(8)),
            ("basis imap-seen", "basis imap-mark", LeafError::Value(7)),
            ("via imap\n", "via imap\n\n", LeafError::Field(11)),
            ("via imap\n", "via imap\nnote x\n", LeafError::Field(11)),
            ("\nmailbox ", "\nsubject ", LeafError::Field(11)),
            ("\nlogin ", "\nmailbox ", LeafError::Field(12)),
        ] {
            assert_eq!(refused(&text.replacen(from, to, if from == "\n" { 99 } else { 1 })), error, "{from:?} {to:?}");
        }
        assert_eq!(refused(text.trim_end()), LeafError::Characters);
        assert_eq!(refused(""), LeafError::Characters);
        assert_eq!(refused("\n"), LeafError::Head);
        assert_eq!(refused(&"x\n".repeat(LEAF_MAX)), LeafError::TooLong);
    }

    #[test]
    fn facts_of_the_operator_have_no_envelope() {
        let draft = Draft::of_operator(EventKind::Incident).plain(Plain::Code, "clock-step");
        let (leaf, _) = draft.into_leaf(TIME, 9, None, &Counting::default()).unwrap();
        assert_eq!(leaf.text(), format!("sceau-event/v1 incident\ntime {TIME}\ncode clock-step\n"));
        assert_eq!(Leaf::parse(leaf.bytes()), Ok(leaf));
    }

    proptest! {
        #[test]
        fn what_a_draft_writes_the_parser_reads(
            kind in prop::sample::select(vec![EventKind::Seal, EventKind::Transfer, EventKind::RelayIn, EventKind::Deliver]),
            values in prop::collection::vec(".{0,40}", 0..12), event in 0u32..5, seconds in 0i64..4_000_000_000
        ) {
            let mut draft = Draft::new(kind, ENVELOPE);
            for field in kind.fields().required {
                draft = match field {
                    Plain::Rcpt => draft.rcpt(1),
                    Plain::Level => draft.level(Level::Psc),
                    Plain::Via => draft.via(Via::Imap),
                    Plain::Basis => draft.basis(Basis::ImapPeek),
                    _ => draft,
                };
            }
            let committed = kind.fields().committed;
            for (n, value) in values.iter().enumerate() {
                let number = u16::try_from(n / committed.len() + 1).unwrap();
                let field = match committed[n % committed.len()] {
                    Field::To(_) => Field::To(number),
                    Field::Part(_) => Field::Part(number),
                    Field::Name(_) => Field::Name(number),
                    field if number == 1 => field,
                    _ => continue,
                };
                draft = draft.commit(field, value);
            }
            let event = if kind == EventKind::Seal { 0 } else { event };
            let (leaf, openings) = draft
                .into_leaf(Time::from_secs(seconds), event, Some(LeafHash([9; 32])), &Counting::default()).unwrap();
            prop_assert_eq!(&Leaf::parse(leaf.bytes()).unwrap(), &leaf);
            prop_assert_eq!(leaf.commitments().count(), openings.len());
            for opening in &openings {
                prop_assert!(leaf.opens(opening));
            }
        }

        #[test]
        fn a_leaf_has_one_form(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
            let (leaf, _) = open().into_leaf(TIME, 3, Some(LeafHash([7; 32])), &Counting::default()).unwrap();
            let mut changed = leaf.bytes().to_vec();
            let at = at.index(changed.len());
            changed[at] = byte;
            if let Ok(read) = Leaf::parse(&changed) {
                prop_assert_eq!(read.bytes(), &changed[..]);
            }
        }
    }
}
