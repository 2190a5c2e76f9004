//! What goes by time: content after 90 days, openings after ten years, in batches that hold nobody up.
//!
//! Content is counted from the day on which its body was written here; copies and moves don't lengthen it. A message is
//! expunged wherever it is, its clients hear of it as of any other expunge; the chain of each delivery of that age is
//! closed, whether the message was still there or not; then the segments go, and the vault forgets the days, which is
//! what reaches old pages and backups. What the queue holds and what a legal hold keeps stays.
//!
//! A clock that jumped must not destroy: when more than [`GAP_DAYS`] seem to have gone by since the last purge, this
//! one does nothing but say so, and the next does its work. So a server that was off for a month purges a day late.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use crate::mail::{Edge, Fault, Status};
use crate::seal::vault::{Forget, Tree};
use crate::store::{Holds, Old, Removed, Store};

/// Bodies that one purge takes at most; the rest goes with the next.
const BODIES: usize = 1_000_000;
/// Messages expunged, and chains closed, in one commit.
const AT_ONCE: usize = 100;
/// Pieces of openings looked at in one commit.
const OPENINGS_AT_ONCE: usize = 1000;
/// Days between two purges beyond which the clock is doubted.
const GAP_DAYS: i64 = 7;
/// Days between two purges of openings, each of which reads all of them.
const OPENINGS_EVERY: i64 = 7;

/// How long things are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PurgeSettings {
    /// Whole days that content is kept.
    pub content_days: u32,
    /// Whole days that openings of proofs are kept.
    pub identity_days: u32,
}

/// What a purge did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Purged {
    /// The clock was doubted; nothing was done.
    pub waits: bool,
    /// Messages that were expunged, copies counted.
    pub messages: u64,
    /// Messages that a hold keeps.
    pub kept: u64,
    /// Chains that were closed.
    pub closed: u64,
    /// Events whose openings had had their time.
    pub openings: u64,
    /// Segment files removed.
    pub segments: u64,
    /// Octets that they took.
    pub bytes: u64,
}

/// Purges.
pub struct Purge {
    store: Arc<Store>,
    edge: Edge,
    settings: PurgeSettings,
    /// The day of the last look; -1 before the first.
    last: AtomicI64,
}

impl Purge {
    /// The flow over this store.
    #[must_use]
    pub fn new(store: Arc<Store>, edge: Edge, settings: PurgeSettings) -> Self {
        Self { store, edge, settings, last: AtomicI64::new(-1) }
    }

    /// Purges once: to be called every day. Reads many rows: outside of the asynchronous runtime's own threads the
    /// reading is moved.
    ///
    /// # Errors
    /// `Storage`; what was done is done, and the next purge goes on.
    // [proofs#purge]
    pub async fn run(&self) -> Result<Purged, Fault> {
        let today = self.edge.now().day();
        if self.doubts_the_clock(today).await? {
            return Ok(Purged { waits: true, ..Purged::default() });
        }
        let mut done = Purged::default();
        let holds = Arc::new(self.read(Store::held).await?);
        let before = day(today - i64::from(self.settings.content_days));
        self.messages(before, &holds, &mut done).await?;
        self.chains(before, &holds, &mut done).await?;
        self.openings(day(today - i64::from(self.settings.identity_days)), &holds, &mut done).await?;
        self.forget_content(before).await?;
        let Removed { segments, bytes } = self.store.remove_unused_bodies().await?;
        (done.segments, done.bytes) = (segments, bytes);
        Ok(done)
    }

    async fn doubts_the_clock(&self, today: i64) -> Result<bool, Fault> {
        let last = match self.last.swap(today, Ordering::Relaxed) {
            -1 => self.read(Store::last_purge).await?.unwrap_or(today),
            last => last,
        };
        self.store
            .write(move |tx| {
                tx.put_last_purge(today);
                Ok(())
            })
            .await?;
        let gap = today - last;
        if gap > GAP_DAYS {
            tracing::warn!(target: "sceau::flows", days = gap, "so many days since the last purge: if the clock is wrong, set it right; the next purge does its work");
        }
        Ok(gap > GAP_DAYS)
    }

    async fn messages(&self, before: u32, holds: &Arc<Holds>, done: &mut Purged) -> Result<(), Fault> {
        let bodies = Arc::new(self.read(move |store| store.old_bodies(before, BODIES)).await?);
        if bodies.is_empty() {
            return Ok(());
        }
        for entry in self.store.entries() {
            let (id, bodies) = (entry.id, Arc::clone(&bodies));
            let old = self.read(move |store| store.messages_with(id, &bodies)).await?;
            for batch in old.chunks(AT_ONCE) {
                let (batch, holds) = (batch.to_vec(), Arc::clone(holds));
                let (gone, kept) = self.store.write(move |tx| expunge(tx, &batch, &holds)).await?;
                done.messages += gone;
                done.kept += kept;
            }
        }
        Ok(())
    }

    async fn chains(&self, before: u32, holds: &Arc<Holds>, done: &mut Purged) -> Result<(), Fault> {
        let mut after = None;
        loop {
            let batch = self.read(move |store| store.unclosed(before, after, AT_ONCE)).await?;
            let Some(last) = batch.last().copied() else { return Ok(()) };
            after = Some(last);
            let holds = Arc::clone(holds);
            let closed = self.store.write(move |tx| {
                let mut closed = 0;
                for delivery in batch {
                    closed += u64::from(tx.close_chain(delivery, &holds)?.is_some());
                }
                Ok(closed)
            });
            done.closed += closed.await?;
        }
    }

    async fn openings(&self, before: u32, holds: &Arc<Holds>, done: &mut Purged) -> Result<(), Fault> {
        let reaches = u128::from(before).saturating_sub(u128::from(OPENINGS_EVERY.unsigned_abs()) - 1);
        let first = self.read(Store::first_day).await?;
        let due = self.store.knows(&Forget::Below(Tree::Identity, reaches));
        if first.is_none_or(|first| before <= first) || !due {
            return Ok(());
        }
        let mut from = Some(Vec::new());
        while let Some(place) = from.take() {
            let holds = Arc::clone(holds);
            let step = self.store.write(move |tx| tx.expire_openings(before, &holds, &place, OPENINGS_AT_ONCE));
            let (expired, next) = step.await?;
            done.openings += expired;
            from = next;
        }
        // durable from here: nobody opens them any more, whatever pages and backups still hold
        self.store.forget(vec![Forget::Below(Tree::Identity, u128::from(before))]).await
    }

    /// The secrets of the days whose bodies are all gone.
    async fn forget_content(&self, before: u32) -> Result<(), Fault> {
        let queued = self.read(Store::oldest_queued_day).await?;
        let bound = queued.map_or(before, |queued| queued.min(before));
        let first = self.read(Store::first_day).await?;
        if first.is_none_or(|first| bound <= first) {
            return Ok(());
        }
        self.store.forget(vec![Forget::Below(Tree::Content, u128::from(bound))]).await
    }

    /// Reading takes its time: it must not hold up the runtime.
    async fn read<R: Send + 'static>(
        &self,
        look: impl FnOnce(&Store) -> Result<R, Fault> + Send + 'static,
    ) -> Result<R, Fault> {
        let store = Arc::clone(&self.store);
        let looked = tokio::task::spawn_blocking(move || look(&store)).await;
        looked.map_err(|error| Fault::ours(Status::Storage, "a look at what is old").caused_by(error))?
    }
}

/// Expunges what no hold keeps; how many went, and how many stay.
fn expunge(tx: &mut crate::store::Tx<'_>, old: &[Old], holds: &Holds) -> Result<(u64, u64), Fault> {
    let (mut gone, mut kept) = (0, 0);
    for Old { at: (account, mailbox, uid), envelope } in old {
        // Its owner may have been faster.
        let record = match tx.record(*account, *mailbox, *uid) {
            Err(fault) if fault.status == Status::MessageGone => continue,
            found => found?,
        };
        if holds.keep(*account, *envelope) {
            tx.keep_beyond_its_day(*account, record.message)?;
            kept += 1;
        } else {
            tx.expunge(*account, *mailbox, *uid)?;
            gone += 1;
        }
    }
    Ok((gone, kept))
}

fn day(day: i64) -> u32 {
    u32::try_from(day.max(0)).unwrap_or(0)
}
