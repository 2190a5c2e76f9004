//! Judges a proof file, offline, by a policy: signatures, inclusion, witnesses, time, and files that people kept.
//!
//! What decides about time: the operator *claims* a time in the leaf; only others' clocks *attest* it. A cosigned
//! checkpoint with the event in it says «not later than», one without it («not-before») says «not earlier than». A
//! claim later than the first by more than two seconds makes the proof invalid: the log was signed before the event is
//! said to have happened. A claim earlier than the second, or one of both bounds missing (no witness at all in the
//! policy, or no `not-before`), leaves the proof valid and the hour unattested.

use std::fmt;

use super::log::SignedCheckpoint;
use super::note::{Note, NoteError, Signed, VerifierKey};
use super::policy::{Policy, Sightings};
use super::proof::Proof;
use super::proof_file::{ProofFile, ProofFileError};
use super::tree::sha256;
use crate::mail::Time;
use crate::seal::event::{Field, message_value};

/// Seconds by which the operator's clock may be ahead of the witnesses'.
const TOLERANCE: i64 = 2;

/// A proof that holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// Whether witnesses have seen the checkpoint.
    pub assurance: Assurance,
    /// Others' clocks: the event was logged after this time…
    pub after: Option<Time>,
    /// … and before this time.
    pub before: Option<Time>,
    /// When a time-stamp authority had stamped it.
    pub stamped: Option<Time>,
    /// Whether the claimed hour is attested.
    pub hour: Hour,
}

/// Judges time-stamp tokens (RFC 3161) by the authorities that it trusts.
pub trait Stamps {
    /// What a token over bytes with this SHA-256 is worth.
    fn judge(&self, token: &[u8], digest: &[u8; 32]) -> Stamped;
}

/// What a token is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stamped {
    /// The bytes existed at this time.
    At(Time),
    /// Nothing: its authority is not known here.
    Unknown,
    /// It stamps other bytes, or its signature is wrong: the file was changed.
    Wrong,
}

/// How much others have to say about the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Assurance {
    /// P0: the log's own signature alone.
    Logged,
    /// P1: the policy's witnesses have seen the checkpoint.
    Witnessed,
    /// P2: a time-stamp authority has stamped a checkpoint that has the event.
    Stamped,
}

impl Assurance {
    /// `P0`, `P1` or `P2`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Logged => "P0",
            Self::Witnessed => "P1",
            Self::Stamped => "P2",
        }
    }
}

/// What is known of the claimed hour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hour {
    /// It lies between two clocks of others.
    Attested,
    /// No clock of others bounds it on both sides.
    Unbounded,
    /// It lies before the checkpoint that did not have it yet.
    Earlier,
}

/// Why a proof does not hold. Texts are French: people read them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Invalid {
    /// The file is no proof file, or a disclosure doesn't fit.
    File(ProofFileError),
    /// The policy trusts no log of this origin, or that log did not sign.
    UnknownLog(String),
    /// A key that the policy knows has signed something else.
    BadSignature(String),
    /// The leaf isn't in the tree of the checkpoint.
    NotIncluded,
    /// Fewer witnesses than the policy asks for.
    Quorum,
    /// The `not-before` checkpoint is of another log, or covers the event.
    NotBefore,
    /// The `anchor` is of another log or leaf, or its token is wrong.
    Anchor,
    /// The claimed time is later than the checkpoint that has the event.
    TooLate {
        /// What the leaf claims.
        claimed: Time,
        /// When the witnesses had already seen it.
        before: Time,
    },
    /// No disclosed fingerprint is that of this file.
    Piece,
    /// The message is not the one of the disclosed fingerprint.
    Message,
    /// The proof doesn't disclose the fingerprint that is needed to compare.
    Undisclosed(&'static str),
}

impl Invalid {
    /// A word for programs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::File(_) => "malformed",
            Self::UnknownLog(_) => "unknown-log",
            Self::BadSignature(_) => "bad-signature",
            Self::NotIncluded => "not-included",
            Self::Quorum => "quorum",
            Self::NotBefore => "not-before",
            Self::Anchor => "anchor",
            Self::TooLate { .. } => "too-late",
            Self::Piece => "piece",
            Self::Message => "message",
            Self::Undisclosed(_) => "undisclosed",
        }
    }
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(error) => error.fmt(f),
            Self::UnknownLog(origin) => {
                write!(f, "aucune clé de confiance n'a signé pour le journal « {origin} »")
            }
            Self::BadSignature(name) => write!(f, "la signature de « {name} » est fausse : le fichier a été modifié"),
            Self::NotIncluded => f.write_str("l'événement ne figure pas dans le journal signé"),
            Self::Quorum => f.write_str("moins de témoins que la politique n'en demande ont vu cet état du journal"),
            Self::NotBefore => {
                f.write_str("la section not-before vient d'un autre journal ou contient déjà l'événement")
            }
            Self::Anchor => {
                f.write_str("la section anchor n'horodate pas un état de ce journal qui contient l'événement")
            }
            Self::TooLate { claimed, before } => write!(
                f,
                "l'heure affirmée ({claimed}) est postérieure à celle où des tiers avaient déjà vu l'événement ({before})"
            ),
            Self::Piece => f.write_str("ce fichier n'est aucune des pièces dont la preuve révèle l'empreinte"),
            Self::Message => f.write_str("ce message n'est pas celui dont la preuve révèle l'empreinte"),
            Self::Undisclosed(what) => write!(f, "la preuve ne révèle pas {what} : la comparaison est impossible"),
        }
    }
}

impl std::error::Error for Invalid {}

impl From<NoteError> for Invalid {
    fn from(error: NoteError) -> Self {
        match error {
            NoteError::BadSignature(name) => Self::BadSignature(name),
            other => Self::BadSignature(other.to_string()),
        }
    }
}

/// Judges a proof. A time stamp in it must fit, and counts for nothing: see [`verify_stamped`].
///
/// # Errors
/// Why it does not hold.
// [proofs#verify]
pub fn verify(file: &ProofFile, policy: &Policy) -> Result<Verdict, Invalid> {
    verify_stamped(file, policy, None)
}

/// Judges a proof, and a time stamp in it by the authorities that are trusted.
///
/// # Errors
/// Why it does not hold.
// [proofs#verify] [proofs#anchor]
pub fn verify_stamped(file: &ProofFile, policy: &Policy, stamps: Option<&dyn Stamps>) -> Result<Verdict, Invalid> {
    let proof = file.proof();
    let seen = log_signed(&proof.note, &proof.checkpoint.origin, policy)?;
    if !proof.includes(&file.leaf().hash().0) {
        return Err(Invalid::NotIncluded);
    }
    if !policy.met(&seen) {
        return Err(Invalid::Quorum);
    }
    let stamped = stamped(file, policy, stamps)?;
    let before = policy.existed_by(&seen).into_iter().chain(stamped).min();
    let after = match file.not_before() {
        Some(checkpoint) => not_before(checkpoint, file, policy)?,
        None => None,
    };
    let claimed = file.leaf().time();
    if let Some(before) = before.filter(|before| claimed > before.plus_secs(TOLERANCE)) {
        return Err(Invalid::TooLate { claimed, before });
    }
    let hour = match (after, before) {
        (Some(after), Some(_)) if claimed < after => Hour::Earlier,
        (Some(_), Some(_)) => Hour::Attested,
        _ => Hour::Unbounded,
    };
    let assurance = match stamped {
        Some(_) => Assurance::Stamped,
        None if policy.asks_witnesses() => Assurance::Witnessed,
        None => Assurance::Logged,
    };
    Ok(Verdict { assurance, after, before, stamped, hour })
}

/// When an authority had stamped a checkpoint that has the event.
fn stamped(file: &ProofFile, policy: &Policy, stamps: Option<&dyn Stamps>) -> Result<Option<Time>, Invalid> {
    let Some(anchor) = file.anchor() else { return Ok(None) };
    let proof = &anchor.proof;
    let place = |proof: &Proof| (proof.index, proof.checkpoint.origin.clone());
    if place(proof) != place(file.proof()) || !proof.includes(&file.leaf().hash().0) {
        return Err(Invalid::Anchor);
    }
    log_signed(&proof.note, &proof.checkpoint.origin, policy)?;
    match stamps.map(|stamps| stamps.judge(&anchor.token, &sha256(proof.note.text().as_bytes()))) {
        Some(Stamped::At(time)) => Ok(Some(time)),
        Some(Stamped::Wrong) => Err(Invalid::Anchor),
        Some(Stamped::Unknown) | None => Ok(None),
    }
}

/// Which disclosed part this file is, byte for byte.
///
/// # Errors
/// `Piece` when it is none, `Undisclosed` when the proof discloses no part.
// [proofs#piece]
pub fn find_piece(file: &ProofFile, content: &[u8]) -> Result<u16, Invalid> {
    let digest = fingerprint(content);
    let mut disclosed = false;
    for opening in file.disclosures() {
        let Field::Part(number) = opening.field else { continue };
        disclosed = true;
        // The type is what the sender declared; size and digest are the bytes.
        if opening.value.split_once(' ').is_some_and(|(_, found)| found == digest) {
            return Ok(number);
        }
    }
    Err(if disclosed { Invalid::Piece } else { Invalid::Undisclosed("l'empreinte des pièces") })
}

/// A message file that matched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MessageMatch {
    /// Bytes of trace fields at the top, added on the way and not sealed.
    pub unsealed: usize,
    /// Whether lines had lost their CR and were given it back.
    pub line_ends: bool,
}

/// Whether the sealed message is the end of this `.eml`, behind whole lines that were put above it on its way.
///
/// # Errors
/// `Message`, or `Undisclosed`.
// [proofs#eml]
pub fn find_message(file: &ProofFile, eml: &[u8]) -> Result<MessageMatch, Invalid> {
    let value = file.disclosed(Field::Message).ok_or(Invalid::Undisclosed("l'empreinte du message"))?;
    if let Some(unsealed) = sealed_suffix(value, eml) {
        return Ok(MessageMatch { unsealed, line_ends: false });
    }
    match sealed_suffix(value, &with_crlf(eml)) {
        Some(unsealed) => Ok(MessageMatch { unsealed, line_ends: true }),
        None => Err(Invalid::Message),
    }
}

fn sealed_suffix(value: &str, eml: &[u8]) -> Option<usize> {
    let size: usize = value.split(' ').nth(1)?.parse().ok()?;
    let unsealed = eml.len().checked_sub(size)?;
    let (above, sealed) = eml.split_at(unsealed);
    let whole_lines = above.is_empty() || above.ends_with(b"\n");
    (whole_lines && value == message_value(size as u64, &sha256(sealed))).then_some(unsealed)
}

fn with_crlf(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len() + text.len() / 32);
    let mut last = 0;
    for byte in text {
        if *byte == b'\n' && last != b'\r' {
            out.push(b'\r');
        }
        out.push(*byte);
        last = *byte;
    }
    out
}

/// `<size> sha256:<hex>`: the value of a part behind its type.
fn fingerprint(content: &[u8]) -> String {
    let value = message_value(content.len() as u64, &sha256(content));
    value.split_once(' ').map(|(_, rest)| rest.to_owned()).unwrap_or_default()
}

/// Checks that a trusted log signed, and which witnesses did.
fn log_signed(note: &Note, origin: &str, policy: &Policy) -> Result<Sightings, Invalid> {
    let signed = |key: &VerifierKey| key.signed(note).map(|signed| signed == Some(Signed::Log));
    let mut good = false;
    for key in policy.logs(origin) {
        good |= signed(key)?;
    }
    if !good {
        return Err(Invalid::UnknownLog(origin.to_owned()));
    }
    Ok(policy.sightings(note)?)
}

/// When, by others' clocks, the log did not have the event yet.
fn not_before(earlier: &SignedCheckpoint, file: &ProofFile, policy: &Policy) -> Result<Option<Time>, Invalid> {
    let (checkpoint, proof) = (&earlier.checkpoint, file.proof());
    if checkpoint.origin != proof.checkpoint.origin || checkpoint.size > proof.index {
        return Err(Invalid::NotBefore);
    }
    let seen = log_signed(&earlier.note, &checkpoint.origin, policy)?;
    Ok(policy.largest_until(&seen))
}

#[cfg(test)]
mod tests;
