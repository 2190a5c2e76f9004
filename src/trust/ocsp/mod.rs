//! OCSP: asking a certificate's issuer whether it is revoked, beside the revocation lists. Here are the question, the
//! judgement of the answer, and the memory of answers; who carries them over the network is not this module's business.
//!
//! An answer counts only when the issuer signed it, or a responder whom the issuer itself gave a certificate for that.

mod der;
mod question;
mod response;

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

pub use question::{NONCE, Question};
pub use response::{OcspError, parse_fuzzed};

use super::chain::after;
use super::{Trust, certificate};
use crate::mail::Time;
use response::{Answer, Status};

/// Answers that are remembered.
const REMEMBERED_MAX: usize = 10_000;
/// How long a responder that gave no answer is left alone.
const SILENCE: Duration = Duration::from_secs(60);
/// How long an answer counts that says no next update.
const WITHOUT_NEXT: Duration = Duration::from_secs(300);

/// What is known of a certificate by OCSP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known {
    /// Its issuer says that it is not revoked.
    Good,
    /// Its issuer says that it is revoked.
    Revoked,
    /// Asked, without an answer that helps: revocation lists decide.
    Nothing,
}

/// A certificate by its issuer's name and its serial number, as one digest.
type Key = [u8; 32];

/// The answers so far.
#[derive(Debug, Default)]
pub(super) struct Answers(Mutex<HashMap<Key, (Known, Time)>>);

impl Answers {
    fn remembered(&self) -> MutexGuard<'_, HashMap<Key, (Known, Time)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is known of this certificate now.
    pub(super) fn of(&self, leaf: &[u8], now: Time) -> Option<Known> {
        let key = key(leaf)?;
        self.remembered().get(&key).filter(|(_, until)| now <= *until).map(|(known, _)| *known)
    }

    fn remember(&self, key: Key, known: Known, until: Time, now: Time) {
        let mut remembered = self.remembered();
        if remembered.len() >= REMEMBERED_MAX {
            remembered.retain(|_, (_, until)| now <= *until);
        }
        if remembered.len() >= REMEMBERED_MAX {
            // More certificates in an hour than there are operators: whoever does that is asked about again.
            remembered.clear();
        }
        remembered.insert(key, (known, until));
    }
}

fn key(leaf: &[u8]) -> Option<Key> {
    let parsed = certificate::parse(leaf).ok()?;
    Some(certificate::sha256(&[parsed.issuer().as_raw(), parsed.raw_serial()].concat()))
}

impl Trust {
    /// What to ask about a peer whose chain was accepted in the handshake: none where OCSP is off, nobody can be asked,
    /// or an answer is remembered.
    // [rfc6960#4.1]
    #[must_use]
    pub fn ocsp_question(&self, chain: &[Vec<u8>], nonce: [u8; NONCE], now: Time) -> Option<Question> {
        let snapshot = self.snapshot();
        let (leaf, others) = chain.split_first()?;
        if !snapshot.policy.ocsp || self.answers.of(leaf, now).is_some() {
            return None;
        }
        let (issuer, _) = snapshot.issuer(leaf, others)?;
        Question::new(leaf, issuer, nonce)
    }

    /// Judges an answer, and remembers it until its next update, `keep` at most.
    ///
    /// # Errors
    /// Why it is no answer. Then [`Trust::ocsp_silent`] is to be called, when nobody else is left to ask.
    // [rfc6960#3.2]
    pub fn ocsp_answer(
        &self,
        question: &Question,
        response: &[u8],
        keep: Duration,
        now: Time,
    ) -> Result<Known, OcspError> {
        let snapshot = self.snapshot();
        let Answer { status, next_update } = response::judge(response, question, &snapshot.revocation, now)?;
        let until = next_update.unwrap_or_else(|| after(now, WITHOUT_NEXT)).min(after(now, keep));
        let known = match status {
            Status::Good => Known::Good,
            Status::Revoked => Known::Revoked,
            Status::Unknown => Known::Nothing,
        };
        self.answers.remember(question.key, known, until, now);
        Ok(known)
    }

    /// Nobody gave an answer: nobody is asked again for a minute.
    pub fn ocsp_silent(&self, question: &Question, now: Time) {
        self.answers.remember(question.key, Known::Nothing, after(now, SILENCE), now);
    }
}
