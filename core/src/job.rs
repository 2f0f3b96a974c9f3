//! The one way anything long runs: a [`Job`] that can be waited for, awaited, watched and
//! cancelled. Blocking calls are `start_…(…)?.wait()`.

use std::collections::HashMap;
use std::future::Future;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

use crate::error::{Cleanup, Error, ErrorKind, Outcome, Result};
use crate::logs;
use crate::progress::{Counters, Phase, Progress};
use crate::runtime;
use crate::source::{Source, Stream, StreamState, drop_streams};
use crate::threads::panic_text;

/// A running or finished piece of work. Clones are handles to the same work.
///
/// Dropping every handle does not cancel the work; call [`Job::cancel`]. A `Job` may be used from any
/// thread. It is also a [`Future`], and needs no particular async runtime.
pub struct Job<T>(Arc<Shared<T>>, Slot);

/// Tells the handles of one job apart, so that each keeps one waker.
type Slot = u64;

const LONG: Duration = Duration::from_secs(3600);

struct Shared<T> {
    pid: u32,
    operation: &'static str,
    state: Mutex<JobState<T>>,
    done: Condvar,
    cancel: CancellationToken,
    counters: Arc<Counters>,
}

struct JobState<T> {
    result: Option<Result<T>>,
    wakers: HashMap<Slot, Waker>,
    next_slot: Slot,
    callbacks: Vec<Box<dyn FnOnce() + Send>>,
}

impl<T> Clone for Job<T> {
    fn clone(&self) -> Self {
        let slot = if self.inherited().is_some() {
            0
        } else {
            let mut state = self.lock();
            state.next_slot += 1;
            state.next_slot
        };
        Self(Arc::clone(&self.0), slot)
    }
}

impl<T> Job<T> {
    /// A job that came through a `fork` has no threads behind it in the child. Checked before any
    /// lock is taken, because a lock held by another thread at the fork is never released.
    fn inherited(&self) -> Option<Error> {
        (self.0.pid != std::process::id()).then(|| {
            Error::new(
                ErrorKind::Cancelled,
                "this job belongs to the parent process; start a new one in this process",
            )
            .with_operation(self.0.operation)
            .outcome_is(Outcome::Unknown)
        })
    }

    fn lock(&self) -> MutexGuard<'_, JobState<T>> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Drop for Job<T> {
    fn drop(&mut self) {
        if self.inherited().is_none() {
            self.lock().wakers.remove(&self.1);
        }
    }
}

impl<T> std::fmt::Debug for Job<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Job({}, {})", self.0.operation, self.0.counters.snapshot().phase.as_str())
    }
}

impl<T: Clone + Send + 'static> Job<T> {
    /// Blocks until the work is over. Do not call it on a thread of an async runtime; await the job
    /// there.
    ///
    /// # Errors
    /// What the work failed with.
    pub fn wait(&self) -> Result<T> {
        loop {
            if let Some(result) = self.wait_timeout(LONG) {
                return result;
            }
        }
    }

    /// Blocks until the work is over or `limit` has passed; `None` means it is still running.
    pub fn wait_timeout(&self, limit: Duration) -> Option<Result<T>> {
        if let Some(error) = self.inherited() {
            return Some(Err(error));
        }
        // A limit beyond the clock is no limit.
        let deadline = Instant::now().checked_add(limit);
        let mut state = self.lock();
        loop {
            if let Some(result) = &state.result {
                return Some(result.clone());
            }
            let left = match deadline {
                Some(deadline) => deadline.checked_duration_since(Instant::now())?,
                None => LONG,
            };
            state = self.0.done.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// The result, if the work is over.
    pub fn try_result(&self) -> Option<Result<T>> {
        if let Some(error) = self.inherited() {
            return Some(Err(error));
        }
        self.lock().result.clone()
    }

    /// Asks the work to stop. It ends with [`ErrorKind::Cancelled`] unless it was over already;
    /// wait for it to know which. Never blocks.
    pub fn cancel(&self) {
        if self.inherited().is_none() {
            self.0.cancel.cancel();
        }
    }

    /// How far it is.
    pub fn progress(&self) -> Progress {
        self.0.counters.snapshot()
    }

    /// Calls `f` once when the work is over, at once if it is already. `f` runs on a thread of its
    /// own, never on one that moves bytes.
    pub fn on_done(&self, f: impl FnOnce(Result<T>) + Send + 'static) {
        let job = self.clone();
        let call = move || {
            if let Some(result) = job.try_result() {
                f(result);
            }
        };
        if self.inherited().is_some() {
            return spawn_thread("dropoff-done", call);
        }
        let mut state = self.lock();
        if state.result.is_some() {
            drop(state);
            spawn_thread("dropoff-done", call);
        } else {
            state.callbacks.push(Box::new(call));
        }
    }

    /// Calls `f` with a snapshot every `interval` while the work runs, and once more when it is over,
    /// on a thread of its own. [`ControlFlow::Break`] cancels the work. An interval below 10 ms counts as
    /// 10 ms.
    pub fn watch(&self, interval: Duration, mut f: impl FnMut(Progress) -> ControlFlow<()> + Send + 'static) {
        let (job, interval) = (self.clone(), interval.max(Duration::from_millis(10)));
        spawn_thread("dropoff-progress", move || {
            loop {
                let over = job.wait_timeout(interval).is_some();
                let flow = f(job.progress());
                if over {
                    return;
                }
                if flow.is_break() {
                    job.cancel();
                    return;
                }
            }
        });
    }

    fn finish(&self, result: Result<T>) {
        let mut state = self.lock();
        state.result = Some(result);
        self.0.counters.enter(Phase::Done);
        let wakers = std::mem::take(&mut state.wakers);
        let callbacks = std::mem::take(&mut state.callbacks);
        drop(state);
        self.0.done.notify_all();
        wakers.into_values().for_each(Waker::wake);
        if !callbacks.is_empty() {
            spawn_thread("dropoff-done", move || {
                for callback in callbacks {
                    // One that panics has told so on stderr; the others are still owed their call.
                    let _ = catch_unwind(AssertUnwindSafe(callback));
                }
            });
        }
    }
}

impl<T: Clone + Send + 'static> Future for Job<T> {
    type Output = Result<T>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if let Some(error) = self.inherited() {
            return Poll::Ready(Err(error));
        }
        let slot = self.1;
        let mut state = self.lock();
        match &state.result {
            Some(result) => Poll::Ready(result.clone()),
            None => {
                state.wakers.insert(slot, cx.waker().clone());
                Poll::Pending
            }
        }
    }
}

/// Foreign code never runs on a thread that moves bytes, but where no other can be started: a call that
/// never comes would leave somebody waiting for ever.
fn spawn_thread(name: &str, f: impl FnOnce() + Send + 'static) {
    let waiting = Arc::new(Mutex::new(Some(f)));
    let theirs = Arc::clone(&waiting);
    let started = std::thread::Builder::new().name(name.to_owned()).spawn(move || call_once(&theirs));
    if started.is_err() {
        call_once(&waiting);
    }
}

fn call_once(waiting: &Mutex<Option<impl FnOnce()>>) {
    let f = waiting.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some(f) = f {
        f();
    }
}

/// What a running job knows about itself: its counters, and the facts an error should carry if it
/// ends from outside.
#[derive(Clone)]
pub(crate) struct JobContext {
    pub(crate) progress: Arc<Counters>,
    /// When the call's own time limit passes.
    pub(crate) deadline: Option<tokio::time::Instant>,
    record: Arc<Mutex<CallRecord>>,
    cleanup: Arc<Mutex<Option<CleanupTask>>>,
    streams: Arc<Mutex<Vec<Stream>>>,
}

/// Removes what a call that did not complete leaves behind, and tells whether that worked.
type CleanupTask = Pin<Box<dyn Future<Output = Cleanup> + Send>>;

/// How long removing may take, all tries together. A caller who cancelled waits for it.
const CLEANUP_TIME: Duration = Duration::from_secs(5);

/// A call that ends with bytes in storage, and nobody is told.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum RawUpload {
    /// One object, which is there as soon as storage says so.
    Object,
    /// Several, or parts of one.
    Several,
}

#[derive(Default, Clone)]
struct CallRecord {
    transfer_id: Option<String>,
    profile_id: Option<String>,
    outcome: Option<Outcome>,
    raw: Option<RawUpload>,
    etag: Option<String>,
    journal: Option<PathBuf>,
}

impl JobContext {
    pub(crate) fn new(timeout: Option<Duration>) -> Self {
        let deadline = timeout.and_then(|limit| tokio::time::Instant::now().checked_add(limit));
        Self {
            progress: Arc::new(Counters::new()),
            deadline,
            record: Arc::default(),
            cleanup: Arc::default(),
            streams: Arc::default(),
        }
    }

    fn change(&self, f: impl FnOnce(&mut CallRecord)) {
        f(&mut self.record.lock().unwrap_or_else(PoisonError::into_inner));
    }
    pub(crate) fn reserved_transfer(&self, id: &str) {
        self.change(|l| l.transfer_id = Some(id.to_owned()));
    }
    pub(crate) fn reserved_profile(&self, id: &str) {
        self.change(|l| l.profile_id = Some(id.to_owned()));
    }
    /// From here on, being stopped from outside leaves this outcome behind.
    pub(crate) fn outcome_if_stopped(&self, outcome: Outcome) {
        self.change(|l| l.outcome = Some(outcome));
    }

    /// For a raw upload: once a last byte is sent, being stopped leaves it open whether storage has them.
    pub(crate) fn set_raw_upload(&self, raw: RawUpload) {
        self.change(|l| l.raw = Some(raw));
    }

    /// Storage said that it has an object. Being stopped does not change that.
    pub(crate) fn record_stored(&self, etag: Option<&str>) {
        self.change(|l| {
            if l.raw == Some(RawUpload::Object) {
                l.outcome = Some(Outcome::Completed);
                l.etag = etag.map(str::to_owned);
            }
        });
    }

    /// What to do if the call ends without having completed, by failure, cancel or deadline, once nothing of
    /// it runs any more. `None`: nothing is left behind, or something is kept on purpose.
    pub(crate) fn cleanup_on_failure(&self, remove: Option<CleanupTask>) {
        *self.cleanup.lock().unwrap_or_else(PoisonError::into_inner) = remove;
    }

    /// The same job for its remover, which would otherwise be held by what it holds.
    pub(crate) fn without_cleanup(&self) -> Self {
        Self { cleanup: Arc::default(), ..self.clone() }
    }

    /// A source that the call begins to read. If the call fails, it is set back to where it stood.
    pub(crate) fn reset_on_failure(&self, source: &Source) {
        let stream = source.as_stream().cloned();
        self.streams.lock().unwrap_or_else(PoisonError::into_inner).extend(stream);
    }

    fn streams(&self) -> Vec<Stream> {
        std::mem::take(&mut self.streams.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The journal from which the same call goes on; `None` once it is gone.
    pub(crate) fn set_journal(&self, journal: Option<PathBuf>) {
        self.change(|l| l.journal = journal);
    }

    /// Removes what is left behind by a call that failed.
    async fn clean_up(&self, error: Error) -> Error {
        let remover = self.cleanup.lock().unwrap_or_else(PoisonError::into_inner).take();
        match remover {
            Some(remover) if error.outcome() == Outcome::NotCompleted => {
                let cleanup = tokio::time::timeout(CLEANUP_TIME, remover).await.unwrap_or(Cleanup::Failed);
                error.cleanup_is(cleanup)
            }
            _ => error,
        }
    }

    /// Adds the reserved ids to an error.
    fn complete(&self, error: Error) -> Error {
        let record = self.record.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let transfer = error.transfer_id().map(str::to_owned).or(record.transfer_id);
        let profile = error.profile_id().map(str::to_owned).or(record.profile_id);
        let journal = error.resume().map(Path::to_owned).or(record.journal);
        error.transfer_id_is(transfer).profile_id_is(profile).resume_is(journal)
    }

    fn stopped(&self, error: Error) -> Error {
        let record = self.record.lock().unwrap_or_else(PoisonError::into_inner).clone();
        // A raw upload replaces the object as a whole, so it may be repeated whatever became of it.
        let raw = record.raw;
        let by_now = if raw.is_some() && self.progress.was_body_sent() {
            Outcome::Unknown
        } else {
            Outcome::NotCompleted
        };
        let outcome = record.outcome.unwrap_or(by_now);
        let error = error.etag_is(record.etag.as_deref());
        let error = match outcome {
            Outcome::Completed => error.retryable_is(false),
            Outcome::NotCompleted => error.retryable_is(true),
            Outcome::Unknown => error.retryable_is(raw.is_some()),
        }
        .outcome_is(outcome);
        match (raw, outcome) {
            (Some(RawUpload::Object), Outcome::Unknown) => {
                error.with_note("everything was sent, so look whether it is there before you send it again")
            }
            (Some(RawUpload::Object), Outcome::Completed) => error.with_note("storage has what was sent"),
            _ => error,
        }
    }

    /// What is to be done first if the call is stopped from outside now. The sentence may be all that is read, and to
    /// call again might do it twice.
    fn first(&self) -> Option<String> {
        let record = self.record.lock().unwrap_or_else(PoisonError::into_inner);
        if record.outcome != Some(Outcome::Unknown) {
            return None;
        }
        let (what, ask) = match (&record.transfer_id, &record.profile_id) {
            (Some(id), _) => (format!("transfer {id} was confirmed"), format!("get_transfer({id:?})")),
            (None, Some(id)) => (format!("profile {id} is registered"), format!("get_profile({id:?})")),
            (None, None) => return None,
        };
        let or =
            if record.journal.is_some() { ", or call again with the same journal, which asks" } else { "" };
        Some(format!("whether {what} is not known; ask {ask} before anything is sent again{or}"))
    }
}

/// Starts `work` on the runtime. `timeout` bounds all of it, retries included.
pub(crate) fn start<T, F, W>(operation: &'static str, timeout: Option<Duration>, work: W) -> Result<Job<T>>
where
    T: Clone + Send + 'static,
    F: Future<Output = Result<T>> + Send + 'static,
    W: FnOnce(JobContext) -> F,
{
    check_timeout(timeout)?;
    let runtime = runtime::handle()?;
    let ctx = JobContext::new(timeout);
    let cancel = CancellationToken::new();
    let shared = Arc::new(Shared {
        pid: std::process::id(),
        operation,
        state: Mutex::new(JobState {
            result: None,
            wakers: HashMap::new(),
            next_slot: 0,
            callbacks: Vec::new(),
        }),
        done: Condvar::new(),
        cancel: cancel.clone(),
        counters: Arc::clone(&ctx.progress),
    });
    let job = Job(shared, 0);

    let number = ctx.progress.job();
    tracing::debug!(target: logs::TARGET, job = number, operation, "started");
    let mut running = runtime.spawn(work(ctx.clone()));
    let handle = job.clone();
    runtime.spawn(async move {
        let deadline = async {
            match ctx.deadline {
                Some(deadline) => tokio::time::sleep_until(deadline).await,
                None => std::future::pending().await,
            }
        };
        let stop = tokio::select! {
            joined = &mut running => JobEnd::Ended(joined),
            () = cancel.cancelled() => JobEnd::Cancelled,
            () = deadline => JobEnd::TimedOut,
        };
        let result = match stop {
            JobEnd::Ended(joined) => ended(joined),
            JobEnd::Cancelled => {
                let words = match ctx.first() {
                    None => "cancelled by the caller".to_owned(),
                    Some(first) => format!("cancelled by the caller, and {first}"),
                };
                let cancelled = Error::new(ErrorKind::Cancelled, words);
                abort(running, ctx.stopped(cancelled)).await
            }
            JobEnd::TimedOut => {
                let passed = format!(
                    "the call's timeout of {:.1} s passed",
                    timeout.unwrap_or_default().as_secs_f64()
                );
                let words = match ctx.first() {
                    None => format!("{passed} before it was done; allow more time or check the connection"),
                    Some(first) => format!("{passed}, and {first}"),
                };
                let late = Error::new(ErrorKind::Timeout, words);
                abort(running, ctx.stopped(late)).await
            }
        };
        let streams = ctx.streams();
        let result = match result {
            Ok(done) => {
                drop_streams(streams);
                Ok(done)
            }
            Err(error) => {
                // At once: both may wait for somebody, and so does the caller who cancelled.
                let (error, standing) = tokio::join!(ctx.clean_up(error), StreamState::of(streams));
                Err(standing.told(ctx.complete(error)).with_operation(operation))
            }
        };
        // It may hold on to clients and secrets, and handles of the job live on.
        ctx.cleanup_on_failure(None);
        told(number, operation, &ctx.progress, result.as_ref().err());
        handle.finish(result);
    });
    Ok(job)
}

fn told(job: u64, operation: &str, progress: &Counters, error: Option<&Error>) {
    let ms = progress.snapshot().elapsed.as_millis() as u64;
    match error {
        None => tracing::debug!(target: logs::TARGET, job, operation, ms, "done"),
        Some(error) => tracing::info!(
            target: logs::TARGET,
            job,
            operation,
            ms,
            kind = error.kind().as_str(),
            outcome = error.outcome().as_str(),
            reason = error.message(),
            "failed"
        ),
    }
}

enum JobEnd<T> {
    Ended(std::result::Result<Result<T>, tokio::task::JoinError>),
    Cancelled,
    TimedOut,
}

/// Stops the task and waits until it is gone; a result that came first is the truth.
async fn abort<T>(running: tokio::task::JoinHandle<Result<T>>, error: Error) -> Result<T> {
    running.abort();
    match running.await {
        Ok(result) => result,
        Err(join) if join.is_cancelled() => Err(error),
        Err(join) => ended(Err(join)),
    }
}

fn ended<T>(joined: std::result::Result<Result<T>, tokio::task::JoinError>) -> Result<T> {
    joined.unwrap_or_else(|join| Err(panicked(join)))
}

fn panicked(join: tokio::task::JoinError) -> Error {
    if join.is_cancelled() {
        return Error::internal("the runtime stopped while the job ran");
    }
    Error::internal(&panic_text(&*join.into_panic()))
}

/// A per-call limit: the deadline of everything the call does, retries included.
fn check_timeout(timeout: Option<Duration>) -> Result<()> {
    match timeout {
        Some(d) if d.is_zero() => {
            Err(Error::invalid("timeout must be more than zero; leave it out for no limit"))
        }
        _ => Ok(()),
    }
}
