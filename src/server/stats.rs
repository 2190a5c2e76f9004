//! The statistics of a month, as `sceau stats` asks for them.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::time::interval;

use super::data::Data;
use crate::flows::statistics::{self, Refusals};
use crate::mail::{Fault, Status};

/// How often refusals go into the statistics together.
const WRITE_EVERY: Duration = Duration::from_secs(30);

/// Writes what was refused into the statistics, again and again.
pub(super) async fn write_refusals(refusals: Arc<Refusals>) {
    let mut clock = interval(WRITE_EVERY);
    loop {
        clock.tick().await;
        if let Err(fault) = refusals.flush().await {
            tracing::error!(target: "sceau::server", %fault, "refusals wait for their statistics");
        }
    }
}

/// A status as a word of statistics: `RecipientUnknown` is `recipient-unknown`.
pub(super) fn word(status: Status) -> String {
    let mut word = String::new();
    for c in format!("{status:?}").chars() {
        if c.is_ascii_uppercase() && !word.is_empty() {
            word.push('-');
        }
        word.push(c.to_ascii_lowercase());
    }
    word
}

/// One month.
#[derive(Debug, Serialize, Deserialize)]
pub struct MonthFacts {
    /// `2026-11`, in UTC.
    pub month: String,
    /// Messages that were taken, by domain and software.
    pub messages: Vec<CountsFacts>,
    /// What was refused, by domain and reason.
    pub refused: Vec<RefusedFacts>,
}

/// The messages of one sender domain and software.
#[derive(Debug, Serialize, Deserialize)]
pub struct CountsFacts {
    /// `in`, of other operators, or `out`, of our own people.
    pub direction: String,
    /// The sender's domain; `-` for reports, which have no sender.
    pub domain: String,
    /// The software, by `X-MSS-NIL`; `-` without, `autres` for what is not told apart.
    pub product: String,
    /// Messages.
    pub messages: u64,
    /// Of them, with a clinical document (`X-MSS-CODECDA`).
    pub cda: u64,
    /// Of them, with a qualified INS (`X-MSS-INS: O`).
    pub ins_qualified: u64,
    /// Of them, with one that is not (`X-MSS-INS: N`).
    pub ins_unqualified: u64,
    /// Of them, to a patient.
    pub to_patients: u64,
    /// Of them, from a patient.
    pub from_patients: u64,
}

/// What of one sender domain was refused for one reason.
#[derive(Debug, Serialize, Deserialize)]
pub struct RefusedFacts {
    /// `in` or `out`.
    pub direction: String,
    /// The sender's domain; `autres` for those of no operator, `-` where none was named yet.
    pub domain: String,
    /// Why, in a word.
    pub reason: String,
    /// How often.
    pub times: u64,
}

/// Reads a month; what was refused until now is in it.
pub(super) async fn month(data: &Data, month: String) -> Result<MonthFacts, Fault> {
    data.refusals.flush().await?;
    let found = statistics::statistics(&data.store, &month)?;
    let counts = found.counts.into_iter().map(|counts| CountsFacts {
        direction: counts.direction.word().to_owned(),
        domain: counts.domain,
        product: counts.product,
        messages: counts.messages,
        cda: counts.documents,
        ins_qualified: counts.ins_qualified,
        ins_unqualified: counts.ins_unqualified,
        to_patients: counts.to_patients,
        from_patients: counts.from_patients,
    });
    let refused = found.refused.into_iter().map(|refused| RefusedFacts {
        direction: refused.direction.word().to_owned(),
        domain: refused.domain,
        reason: refused.reason,
        times: refused.times,
    });
    Ok(MonthFacts { month, messages: counts.collect(), refused: refused.collect() })
}
