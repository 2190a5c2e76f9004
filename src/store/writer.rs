//! The thread that writes. Jobs that wait are run one after the other, each against what those before it wrote, and
//! then committed together: one barrier for all. A job that fails leaves no trace; the others go on.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use tokio::sync::{mpsc, oneshot};
use tracing::error;

use super::core::{Core, engine_fault};
use super::engine::{Batch, EngineError};
use super::rows::key;
use super::tx::{Effect, Overlay, Tx};
use crate::mail::{AccountId, Fault, ModSeq, Status};

/// Jobs that one commit makes durable at most; as many may wait besides.
const GROUP: usize = 1024;

/// The way to the writing thread.
pub(super) struct Writer {
    jobs: Mutex<Option<mpsc::Sender<Box<dyn Job>>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Writer {
    pub(super) fn start(core: Arc<Core>) -> std::io::Result<Self> {
        let (sender, receiver) = mpsc::channel(GROUP);
        let thread = std::thread::Builder::new().name("rows".to_owned()).spawn(move || run(&core, receiver))?;
        Ok(Self { jobs: Mutex::new(Some(sender)), thread: Mutex::new(Some(thread)) })
    }

    /// Runs a job in the next group. The answer comes after the barrier.
    pub(super) async fn write<R, F>(&self, work: F) -> Result<R, Fault>
    where
        R: Send + 'static,
        F: FnOnce(&mut Tx<'_>) -> Result<R, Fault> + Send + 'static,
    {
        let (job, answered) = job(work);
        let jobs = self.sender()?;
        jobs.send(job).await.map_err(|_| closing())?;
        drop(jobs);
        answered.await.map_err(|_| closing())?
    }

    /// The same for callers outside of the runtime.
    pub(super) fn write_blocking<R, F>(&self, work: F) -> Result<R, Fault>
    where
        R: Send + 'static,
        F: FnOnce(&mut Tx<'_>) -> Result<R, Fault> + Send + 'static,
    {
        let (job, answered) = job(work);
        self.sender()?.blocking_send(job).map_err(|_| closing())?;
        answered.blocking_recv().map_err(|_| closing())?
    }

    fn sender(&self) -> Result<mpsc::Sender<Box<dyn Job>>, Fault> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner).clone().ok_or_else(closing)
    }

    /// Lets the jobs that wait finish and ends the thread.
    pub(super) fn close(&self) {
        drop(self.jobs.lock().unwrap_or_else(PoisonError::into_inner).take());
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(Err(_)) = thread.map(JoinHandle::join) {
            error!("the writing thread has panicked");
        }
    }
}

fn closing() -> Fault {
    Fault::ours(Status::ShuttingDown, "the store is closing")
}

/// One piece of work with its caller's ear.
trait Job: Send {
    /// Does the work; whether it succeeded.
    fn run(&mut self, tx: &mut Tx<'_>) -> Verdict;
    /// Tells the caller, after the commit.
    fn answer(self: Box<Self>, committed: Result<(), Fault>);
}

/// What becomes of what a job wrote.
#[derive(PartialEq, Eq)]
enum Verdict {
    Keep,
    Undo,
}

struct Work<R, F> {
    work: Option<F>,
    result: Result<R, Fault>,
    answer: oneshot::Sender<Result<R, Fault>>,
}

fn job<R, F>(work: F) -> (Box<dyn Job>, oneshot::Receiver<Result<R, Fault>>)
where
    R: Send + 'static,
    F: FnOnce(&mut Tx<'_>) -> Result<R, Fault> + Send + 'static,
{
    let (answer, answered) = oneshot::channel();
    let result = Err(Fault::ours(Status::Storage, "the job panicked"));
    (Box::new(Work { work: Some(work), result, answer }), answered)
}

impl<R, F> Job for Work<R, F>
where
    R: Send + 'static,
    F: FnOnce(&mut Tx<'_>) -> Result<R, Fault> + Send + 'static,
{
    fn run(&mut self, tx: &mut Tx<'_>) -> Verdict {
        // A panic must not take the thread with it, on which all others wait.
        let Some(work) = self.work.take() else { return Verdict::Undo };
        match catch_unwind(AssertUnwindSafe(|| work(tx))) {
            Ok(result) => self.result = result,
            Err(_) => error!("a write panicked; it was undone"),
        }
        if self.result.is_ok() { Verdict::Keep } else { Verdict::Undo }
    }

    fn answer(self: Box<Self>, committed: Result<(), Fault>) {
        // Nobody listens any more when the caller was dropped; what was committed stays.
        drop(self.answer.send(committed.and(self.result)));
    }
}

fn run(core: &Core, mut waiting: mpsc::Receiver<Box<dyn Job>>) {
    let mut jobs = Vec::with_capacity(GROUP);
    while waiting.blocking_recv_many(&mut jobs, GROUP) > 0 {
        run_group(core, &mut jobs);
    }
}

fn run_group(core: &Core, jobs: &mut Vec<Box<dyn Job>>) {
    let mut group = Overlay::default();
    metrics::histogram!("sceau_store_group_writes").record(u32::try_from(jobs.len()).unwrap_or(u32::MAX));
    if !core.has_failed() {
        for job in jobs.iter_mut() {
            let mut tx = Tx::new(core, &group);
            if job.run(&mut tx) == Verdict::Keep {
                let own = tx.into_overlay();
                group.absorb(own);
            }
        }
    }
    let committed = commit(core, &mut group);
    // durable from here
    if committed.is_ok() {
        publish(core, group);
    }
    for job in jobs.drain(..) {
        job.answer(committed.as_ref().copied().map_err(|_| failed()));
    }
}

fn commit(core: &Core, group: &mut Overlay) -> Result<(), ()> {
    if core.has_failed() {
        return Err(());
    }
    if group.rows.is_empty() {
        return Ok(());
    }
    group.write_down();
    // Every group draws numbers or counts on them: a second writer would be noticed here.
    let globals = core.engine.get(&key::globals());
    let expected = globals.map(|value| vec![(key::globals(), value)]);
    let put = std::mem::take(&mut group.rows).into_iter().collect();
    let result = expected.and_then(|expect| core.engine.commit(Batch { expect, put }));
    result.map_err(|error: EngineError| {
        let fault = engine_fault(error);
        error!(%fault, "a commit failed: nothing more is written until the server starts anew");
        core.failed.store(true, Ordering::Release);
    })
}

fn failed() -> Fault {
    Fault::ours(Status::Storage, "a commit failed; the store is read-only until the server starts anew")
}

/// Makes a commit known: memory first, then the hints. Nothing here can fail what is durable.
fn publish(core: &Core, group: Overlay) {
    let mut indices: HashMap<_, Vec<_>> = HashMap::new();
    let mut hints: HashMap<AccountId, ModSeq> = HashMap::new();
    let mut news = Vec::new();
    for entry in group.entries.into_values() {
        core.directory.put(&entry);
    }
    for effect in group.effects {
        match effect {
            Effect::Index(mailbox, change) => indices.entry(mailbox).or_default().push(change),
            Effect::Hint(account, modseq) => drop(hints.insert(account, modseq)),
            Effect::AccountGone(account) => core.directory.remove(account),
            Effect::News(mark) => news.push(mark),
            Effect::ForgetKey(extents) => {
                for extent in &extents {
                    if let Err(error) = core.bodies.forget_key(extent) {
                        error!(%error, "the key of an erased body stays in its segment until that is purged");
                    }
                }
            }
        }
    }
    core.indices.apply(indices);
    core.news.tell(news);
    for (account, modseq) in hints {
        core.hints.publish(account, modseq);
    }
}
