//! The handle: waiting for a job, awaiting it, watching it and cancelling it.

use std::collections::HashMap;
use std::future::Future;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

use super::spawn::spawn_thread;
use crate::error::{Error, ErrorKind, Outcome, Result};
use crate::progress::{Counters, Phase, Progress};

/// A running or finished piece of work. Clones are handles to the same work.
///
/// Dropping every handle does not cancel the work; call [`Job::cancel`]. A `Job` may be used from any
/// thread. It is also a [`Future`], and needs no particular async runtime.
pub struct Job<T> {
    shared: Arc<Shared<T>>,
    /// Tells the handles of one job apart, so that each keeps one waker.
    number: HandleNumber,
}

type HandleNumber = u64;

/// The slices in which a thread waits that has no limit.
const WAIT_SLICE: Duration = Duration::from_secs(3600);

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
    wakers: HashMap<HandleNumber, Waker>,
    last_number: HandleNumber,
    callbacks: Vec<Box<dyn FnOnce() + Send>>,
}

impl<T> Clone for Job<T> {
    fn clone(&self) -> Self {
        let number = if self.inherited().is_some() {
            0
        } else {
            let mut state = self.lock();
            state.last_number += 1;
            state.last_number
        };
        Self { shared: Arc::clone(&self.shared), number }
    }
}

impl<T> Job<T> {
    pub(super) fn new(operation: &'static str, cancel: CancellationToken, counters: Arc<Counters>) -> Self {
        let state = JobState { result: None, wakers: HashMap::new(), last_number: 0, callbacks: Vec::new() };
        let shared = Shared {
            pid: std::process::id(),
            operation,
            state: Mutex::new(state),
            done: Condvar::new(),
            cancel,
            counters,
        };
        Self { shared: Arc::new(shared), number: 0 }
    }

    /// A job that came through a `fork` has no threads behind it in the child. Checked before any
    /// lock is taken, because a lock held by another thread at the fork is never released.
    fn inherited(&self) -> Option<Error> {
        (self.shared.pid != std::process::id()).then(|| {
            Error::new(
                ErrorKind::Cancelled,
                "this job belongs to the parent process; start a new one in this process",
            )
            .with_operation(self.shared.operation)
            .outcome_is(Outcome::Unknown)
        })
    }

    fn lock(&self) -> MutexGuard<'_, JobState<T>> {
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Drop for Job<T> {
    fn drop(&mut self) {
        if self.inherited().is_none() {
            self.lock().wakers.remove(&self.number);
        }
    }
}

impl<T> std::fmt::Debug for Job<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Job({}, {})", self.shared.operation, self.shared.counters.snapshot().phase.as_str())
    }
}

impl<T: Clone + Send + 'static> Job<T> {
    /// Blocks until the work is over. Do not call it on a thread of an async runtime; await the job
    /// there.
    ///
    /// # Errors
    /// The error that the work failed with.
    pub fn wait(&self) -> Result<T> {
        loop {
            if let Some(result) = self.wait_timeout(WAIT_SLICE) {
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
                None => WAIT_SLICE,
            };
            state = self.shared.done.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
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
            self.shared.cancel.cancel();
        }
    }

    /// How far it is.
    pub fn progress(&self) -> Progress {
        self.shared.counters.snapshot()
    }

    /// Its number, by which log records name it as `job`. No two jobs of a process have the same.
    pub fn number(&self) -> u64 {
        self.shared.counters.job()
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

    pub(super) fn finish(&self, result: Result<T>) {
        let mut state = self.lock();
        state.result = Some(result);
        self.shared.counters.enter(Phase::Done);
        let wakers = std::mem::take(&mut state.wakers);
        let callbacks = std::mem::take(&mut state.callbacks);
        drop(state);
        self.shared.done.notify_all();
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
        let number = self.number;
        let mut state = self.lock();
        match &state.result {
            Some(result) => Poll::Ready(result.clone()),
            None => {
                state.wakers.insert(number, cx.waker().clone());
                Poll::Pending
            }
        }
    }
}
