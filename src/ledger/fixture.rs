//! Keys, leaves and a log for the tests of this layer.

use std::path::Path;

use super::note::{KeyUse, SigningKey};
use super::writer::Ledger;
use crate::mail::{EnvelopeId, Time};
use crate::seal::event::{Basis, Draft, EventKind, Field, Leaf, LeafHash, Level, Opening, Via};
use crate::seal::testing::Counting;

pub(super) const ORIGIN: &str = "preuves.a.fr/2026";
/// 2026-11-22T10:15:03Z
pub(super) const NOON: Time = Time::from_secs(1_795_342_503);

pub(super) fn log_key() -> SigningKey {
    SigningKey::from_seed(ORIGIN, KeyUse::Log, &[100; 32]).unwrap()
}

pub(super) fn witness(seed: u8) -> SigningKey {
    SigningKey::from_seed(&format!("temoin{seed}.fr"), KeyUse::Witness, &[seed; 32]).unwrap()
}

pub(super) fn open(directory: &Path) -> Ledger {
    Ledger::open(directory, log_key()).unwrap()
}

/// The number-th envelope's seal.
pub(super) fn seal(number: u64) -> (Leaf, Vec<Opening>) {
    let mut id = [0; 16];
    id[8..].copy_from_slice(&number.to_be_bytes());
    Draft::new(EventKind::Seal, EnvelopeId(id))
        .level(Level::Password)
        .via(Via::Submission)
        .commit(Field::From, "alice@a.fr")
        .commit(Field::To(1), "bob@b.fr")
        .into_leaf(NOON, 0, None, &Counting::default())
        .unwrap()
}

/// Its opening by the first recipient.
pub(super) fn opening(number: u64, event: u32, prev: LeafHash) -> Leaf {
    let envelope = seal(number).0.envelope().unwrap();
    let draft = Draft::new(EventKind::Open, envelope).rcpt(1).basis(Basis::ImapSeen).level(Level::Otp).via(Via::Imap);
    draft.commit(Field::Login, "bob@b.fr").into_leaf(NOON, event, Some(prev), &Counting::default()).unwrap().0
}

pub(super) fn seals(numbers: std::ops::Range<u64>) -> Vec<Leaf> {
    numbers.map(|number| seal(number).0).collect()
}
