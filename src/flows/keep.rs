//! What an administrator does with the queue: try now, hold, release, drop. Every change is durable, logged, and keeps
//! out of the way of a delivery that is under way; nothing is dropped without a proof, nor without a report to the
//! sender unless that was asked.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::bounce::Bounce;
use super::deliver::{Judged, record};
use crate::mail::{Edge, EnvelopeId, Fault};
use crate::queue::{self, Claim, Desk, Due, Item, Message};
use crate::store::Store;

/// Messages that are changed in one commit.
const AT_ONCE: usize = 200;

/// What a dropped recipient's sender reads.
const DROPPED: &str = "5.7.1 taken out of the queue by the administrator of the sending server";

/// Recipients by envelope.
pub type Picked = BTreeMap<EnvelopeId, Vec<u16>>;

/// What was done.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Changed {
    /// Recipients that were changed.
    pub recipients: usize,
    /// Messages that were left alone, because a delivery is under way or somebody else changes them.
    pub busy: Vec<EnvelopeId>,
}

/// What is done with recipients that stay in the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// Tried now, unless held.
    Retry,
    /// Not tried until released.
    Hold,
    /// Tried now, if held.
    Release,
}

/// Whether the sender of what is dropped is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DropNotice {
    /// By a report, as of any failure.
    Report,
    /// Not: the administrator has done so, or the message must not be mentioned.
    None,
}

/// Changes the queue by hand.
pub struct QueueKeeper {
    store: Arc<Store>,
    desk: Arc<Desk>,
    edge: Edge,
}

impl QueueKeeper {
    /// Over this queue.
    #[must_use]
    pub fn new(store: Arc<Store>, desk: Arc<Desk>, edge: Edge) -> Self {
        Self { store, desk, edge }
    }

    /// Changes when recipients are tried.
    ///
    /// # Errors
    /// When a change can't be recorded: those before it are.
    pub async fn keep(&self, picked: &Picked, keep: Keep) -> Result<Changed, Fault> {
        let mut changed = Changed::default();
        let picked: Vec<_> = picked.iter().collect();
        for some in picked.chunks(AT_ONCE) {
            let (claims, ours) = self.claim(some, &mut changed);
            let work: Vec<_> = ours.iter().map(|(envelope, rcpts)| (**envelope, (*rcpts).clone())).collect();
            let now = self.edge.now();
            // durable from here
            let kept: Vec<(EnvelopeId, Item)> = self
                .store
                .write(move |tx| {
                    let mut kept = Vec::new();
                    for (envelope, rcpts) in work {
                        for rcpt in rcpts {
                            let mut applies = false;
                            let change = |item: &mut Item| applies = apply(item, keep, Due::At(now));
                            let item = queue::change(tx, envelope, rcpt, change)?;
                            kept.extend(item.filter(|_| applies).map(|item| (envelope, item)));
                        }
                    }
                    Ok(kept)
                })
                .await?;
            drop(claims);
            changed.recipients += kept.len();
            for (envelope, item) in &kept {
                self.desk.give_another_chance(item.domain);
                tracing::info!(target: "sceau::queue", %envelope, domain = %item.recipient.domain(), ?keep, "changed by hand");
            }
        }
        Ok(changed)
    }

    /// Takes recipients out of the queue. Each is proved to have failed.
    ///
    /// # Errors
    /// When a change can't be recorded: those before it are.
    pub async fn drop(&self, picked: &Picked, notice: DropNotice) -> Result<Changed, Fault> {
        let mut changed = Changed::default();
        for (envelope, rcpts) in picked {
            let Some(claim) = self.desk.claim(*envelope) else {
                changed.busy.push(*envelope);
                continue;
            };
            let Some(message) = queue::message(&self.store, *envelope)? else { continue };
            changed.recipients += self.drop_some(message, rcpts, notice).await?;
            drop(claim);
        }
        Ok(changed)
    }

    async fn drop_some(&self, message: Message, rcpts: &[u16], notice: DropNotice) -> Result<usize, Fault> {
        let envelope = message.envelope;
        let items = queue::items_of(&self.store, envelope)?;
        let results: Vec<_> = items
            .into_iter()
            .filter(|(rcpt, _)| rcpts.contains(rcpt))
            .map(|(rcpt, item)| Judged::failed(&self.store, &message, rcpt, item, DROPPED))
            .collect();
        let bounce = match notice {
            DropNotice::Report => Bounce::due(&message, &results, 0),
            DropNotice::None => None,
        };
        let count = results.len();
        // durable from here: the failure, its proof and what the sender is owed are one commit
        self.store
            .write(move |tx| {
                bounce.map_or(Ok(()), |bounce| bounce.owe(tx))?;
                record(tx, &message, &results)
            })
            .await?;
        tracing::warn!(target: "sceau::queue", %envelope, recipients = count, ?notice, "dropped by hand");
        Ok(count)
    }

    fn claim<'a, 'b>(
        &'a self,
        picked: &[(&'b EnvelopeId, &'b Vec<u16>)],
        changed: &mut Changed,
    ) -> (Vec<Claim<'a>>, Vec<(&'b EnvelopeId, &'b Vec<u16>)>) {
        let (mut claims, mut ours) = (Vec::new(), Vec::new());
        for (envelope, rcpts) in picked {
            match self.desk.claim(**envelope) {
                Some(claim) => {
                    claims.push(claim);
                    ours.push((*envelope, *rcpts));
                }
                None => changed.busy.push(**envelope),
            }
        }
        (claims, ours)
    }
}

/// Changes one item; says whether that was what it needed.
fn apply(item: &mut Item, keep: Keep, now: Due) -> bool {
    let due = match keep {
        Keep::Retry if item.due != Due::Held => now,
        Keep::Release if item.due == Due::Held => now,
        Keep::Hold if item.due != Due::Held => Due::Held,
        Keep::Retry | Keep::Release | Keep::Hold => return false,
    };
    item.due = due;
    true
}
