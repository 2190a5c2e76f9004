//! The proofs that other operators return of messages of ours (XSCEAU): taken from their reports, verified by the keys of
//! our policy, tied to the message, kept so that the sender's dossier needs nobody else.
//!
//! What a peer's proof discloses of persons goes into the opening of our leaf's `peerproof`, which erasure destroys; the
//! row beside it holds the proof with nothing disclosed. Its name has the hash of the peer's leaf.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::flows::content::Content;
use crate::ledger::{Policy, ProofFile, verify};
use crate::mail::{Address, EnvelopeId, Fault, Status};
use crate::proto::report::enclosed;
use crate::seal::event::{EventKind, Field, Opening, VALUE_MAX};
use crate::store::{Store, StoredEvent, Tx};

/// The field that says that a report is for the server itself.
const RETURN_FIELD: &str = "X-Sceau-Return";
/// The letter of these rows among the queue's.
const ROWS: &[u8] = b"p";
/// Proofs of one report that are looked at.
const PROOFS_MAX: usize = 64;
/// Octets of a row, below what the store takes.
const ROW_MAX: usize = 16 * 1024 - 64;

/// Whether a report is for this server, and for nobody's mailbox.
// [proofs#xsceau]
pub(in crate::flows) fn is_return(content: &Content) -> bool {
    content.is_report() && content.header(RETURN_FIELD).is_some_and(|value| value.trim() == "proofs")
}

/// The proofs beside a report that hold by these keys.
pub(super) fn enclosed_in(content: &Content, head: &[u8], peers: Option<&Policy>) -> Vec<ProofFile> {
    let Some(peers) = peers.filter(|peers| !peers.all_logs().is_empty()) else { return Vec::new() };
    let files = enclosed(&content.structure, head, ("application", "vnd.sceau.preuve"), PROOFS_MAX);
    let proofs = files.iter().filter_map(|bytes| ProofFile::parse(bytes).ok());
    proofs.filter(|file| verify(file, peers).is_ok()).collect()
}

/// A peer's proof that is about a message of ours.
#[derive(Debug)]
pub(super) struct PeerProof {
    value: String,
    row: Vec<u8>,
    hash: [u8; 32],
}

impl PeerProof {
    /// The one among these that proves an event of this kind of a recipient: of the envelope that the peer named when it
    /// took the message (`reply`), in this recipient's mailbox.
    pub(super) fn of(proofs: &[ProofFile], kind: EventKind, recipient: &Address, reply: &str) -> Option<Self> {
        let about = |file: &&ProofFile| {
            let leaf = file.leaf();
            let envelope = leaf.envelope().map(|id| id.to_string());
            let mailbox = file.disclosed(Field::Mailbox).and_then(|mailbox| mailbox.split(' ').next());
            leaf.kind() == kind
                && envelope.is_some_and(|id| reply.split_ascii_whitespace().any(|word| word == id))
                && mailbox.is_some_and(|text| Address::parse(text).is_ok_and(|found| found.key() == recipient.key()))
        };
        proofs.iter().find(about).and_then(Self::kept)
    }

    fn kept(file: &ProofFile) -> Option<Self> {
        let bare = file.redact(&[]);
        let fits = |file: &ProofFile| Some(file.to_string().into_bytes()).filter(|row| row.len() <= ROW_MAX);
        let row = fits(&bare).or_else(|| fits(&bare.without_anchor()))?;
        let place = format!("{} {} {}", file.proof().checkpoint.origin, file.proof().index, file.leaf().hash());
        // What does not fit beside the place of the proof is not kept: the mailbox first, then who acted.
        let mut shown = file.disclosures().to_vec();
        shown.sort_by_key(|opening| opening.field != Field::Mailbox);
        let value = loop {
            let value = format!("{place} {}", STANDARD.encode(written(&shown)));
            if value.len() <= VALUE_MAX {
                break value;
            }
            shown.pop()?;
        };
        Some(Self { value, row, hash: file.leaf().hash().0 })
    }

    /// What our leaf commits to: the log, the index, the leaf hash, and what the proof discloses.
    pub(super) fn value(&self) -> &str {
        &self.value
    }

    /// Keeps the proof with the events of the envelope.
    pub(super) fn keep(&self, tx: &mut Tx<'_>, envelope: EnvelopeId) {
        tx.queue_put(&name(envelope, &self.hash), &self.row);
    }
}

/// The proofs of others that the events of an envelope name, each with its event. What was erased is not disclosed.
///
/// # Errors
/// `Storage`.
pub(in crate::flows) fn kept<'a>(
    store: &Store,
    envelope: EnvelopeId,
    events: &'a [StoredEvent],
) -> Result<Vec<(&'a StoredEvent, ProofFile)>, Fault> {
    let mut found = Vec::new();
    for event in events {
        let Some(value) = event.openings.iter().find(|opening| opening.field == Field::PeerProof) else { continue };
        let Some((hash, shown)) = read(&value.value) else { continue };
        let Some((_, row)) = store.queue_scan(&name(envelope, &hash), 1)?.pop() else { continue };
        let damaged = || Fault::ours(Status::Storage, "a peer's proof");
        let bare = ProofFile::parse(&row).map_err(|error| damaged().caused_by(error))?;
        found.push((event, bare.disclosing(&shown).map_err(|error| damaged().caused_by(error))?));
    }
    Ok(found)
}

fn name(envelope: EnvelopeId, hash: &[u8; 32]) -> Vec<u8> {
    [ROWS, &envelope.0, &hash[..16]].concat()
}

/// Openings as the disclosures of a proof file have them.
fn written(openings: &[Opening]) -> String {
    let line = |o: &Opening| format!("{} {} {}\n", o.field, STANDARD.encode(o.salt), o.value);
    openings.iter().map(line).collect()
}

/// The leaf's hash and the openings in the value of a `peerproof`.
fn read(value: &str) -> Option<([u8; 32], Vec<Opening>)> {
    let words: Vec<&str> = value.split(' ').collect();
    let [_, _, hash, shown] = words[..] else { return None };
    let hash = STANDARD.decode(hash).ok()?.try_into().ok()?;
    let shown = String::from_utf8(STANDARD.decode(shown).ok()?).ok()?;
    let opening = |line: &str| {
        let (name, rest) = line.split_once(' ')?;
        let (salt, value) = rest.split_once(' ')?;
        let salt = STANDARD.decode(salt).ok()?.try_into().ok()?;
        Some(Opening { field: Field::parse(name)?, salt, value: value.to_owned() })
    };
    Some((hash, shown.lines().map(opening).collect::<Option<_>>()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const OPEN: &[u8] = include_bytes!("../../../docs/samples/ouverture.preuve");
    const ID: &str = "3q2-7wAAAAAAAAAAAAAAAQ";

    fn of(kind: EventKind, recipient: &str, reply: &str) -> Option<PeerProof> {
        let file = ProofFile::parse(OPEN).unwrap();
        PeerProof::of(&[file], kind, &Address::parse(recipient).unwrap(), reply)
    }

    // [proofs#xsceau]
    #[test]
    fn a_proof_of_another_message_recipient_or_event_is_none() {
        let (bob, reply) = ("bob.petit@chu-sud.mssante.fr", format!("250 2.0.0 {ID}"));
        assert!(of(EventKind::Open, bob, &reply).is_some());
        assert!(of(EventKind::Deliver, bob, &reply).is_none());
        assert!(of(EventKind::Open, "eve@chu-sud.mssante.fr", &reply).is_none());
        assert!(of(EventKind::Open, bob, "250 2.0.0 3q2-7wAAAAAAAAAAAAAAAA").is_none());
        assert!(of(EventKind::Open, bob, &format!("250 2.0.0 {ID}A")).is_none());
    }

    #[test]
    fn what_is_kept_is_put_together_again_and_its_row_names_nobody() {
        let kept = of(EventKind::Open, "bob.petit@chu-sud.mssante.fr", ID).unwrap();
        assert!(!String::from_utf8(kept.row.clone()).unwrap().contains("bob"));
        let (hash, shown) = read(kept.value()).unwrap();
        assert_eq!(hash, kept.hash);
        let again = ProofFile::parse(&kept.row).unwrap().disclosing(&shown).unwrap();
        assert_eq!(again.to_string().into_bytes(), OPEN);
        assert!(read("a b c").is_none() && read("").is_none());
    }
}
