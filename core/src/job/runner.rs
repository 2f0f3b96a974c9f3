//! How work runs and ends: by itself, by a cancel, or by its time limit.

use std::any::Any;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use tokio::task::{JoinError, JoinHandle};
use tokio_util::sync::CancellationToken;

use super::context::JobContext;
use super::handle::Job;
use crate::error::{Error, ErrorKind, Result};
use crate::logs;
use crate::progress::Counters;
use crate::runtime;
use crate::source::{StreamState, drop_streams};

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
    let job = Job::new(operation, cancel.clone(), Arc::clone(&ctx.progress));
    let number = ctx.progress.job();
    tracing::debug!(target: logs::TARGET, job = number, operation, "started");
    // A call's future has some KiB, and each hand that it goes through inside would copy them.
    let running = runtime.spawn(Box::pin(work(ctx.clone())));
    runtime.spawn(supervise(Call { operation, timeout, ctx }, cancel, running, job.clone()));
    Ok(job)
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

struct Call {
    operation: &'static str,
    timeout: Option<Duration>,
    ctx: JobContext,
}

/// The event that happens first.
enum FirstEvent<T> {
    Ended(std::result::Result<Result<T>, JoinError>),
    Cancelled,
    TimedOut,
}

/// Waits for the end of a call's task, or brings it about, and tells the job how it ended.
async fn supervise<T>(call: Call, cancel: CancellationToken, mut running: JoinHandle<Result<T>>, job: Job<T>)
where
    T: Clone + Send + 'static,
{
    let deadline = async {
        match call.ctx.deadline {
            Some(deadline) => tokio::time::sleep_until(deadline).await,
            None => std::future::pending().await,
        }
    };
    let first = tokio::select! {
        joined = &mut running => FirstEvent::Ended(joined),
        () = cancel.cancelled() => FirstEvent::Cancelled,
        () = deadline => FirstEvent::TimedOut,
    };
    let result = match first {
        FirstEvent::Ended(joined) => joined.unwrap_or_else(|join| Err(call.lost(join))),
        FirstEvent::Cancelled => call.abort(running, Call::cancelled).await,
        FirstEvent::TimedOut => call.abort(running, Call::timed_out).await,
    };
    // A program's own subscriber may panic at any log record, and nobody is to wait for ever for that.
    let result = match result {
        Ok(value) => {
            let _ = catch_unwind(AssertUnwindSafe(|| call.done()));
            Ok(value)
        }
        Err(error) => {
            let told = AssertUnwindSafe(call.failed(error.clone())).catch_unwind().await;
            Err(told.unwrap_or_else(|_| call.as_far_as_known(error)))
        }
    };
    job.finish(result);
}

impl Call {
    fn cancelled(&self) -> Error {
        let words = match self.ctx.record().ask_first() {
            None => "cancelled by the caller".to_owned(),
            Some(ask) => format!("cancelled by the caller, and {ask}"),
        };
        self.stopped(ErrorKind::Cancelled, words)
    }

    fn timed_out(&self) -> Error {
        let limit = crate::progress::exactly(self.timeout.unwrap_or_default());
        let passed = format!("the call's timeout of {limit} passed");
        let words = match self.ctx.record().ask_first() {
            None => format!("{passed} before it was done; allow more time or check the connection"),
            Some(ask) => format!("{passed}, and {ask}"),
        };
        self.stopped(ErrorKind::Timeout, words)
    }

    /// The error of a task that ended with no result.
    fn lost(&self, join: JoinError) -> Error {
        if join.is_cancelled() {
            return self.left(Error::internal("the runtime stopped while the job ran"));
        }
        self.broken(&*join.into_panic())
    }

    /// The error of a panic, wherever it struck.
    fn broken(&self, panic: &(dyn Any + Send)) -> Error {
        self.left(Error::from_panic(panic))
    }

    /// A defect leaves behind what a cancel at the same moment would, and calling again may meet it again.
    fn left(&self, defect: Error) -> Error {
        let body_was_sent = self.ctx.progress.was_body_sent();
        self.ctx.record().stopped(defect, body_was_sent).retryable_is(false).with_operation(self.operation)
    }

    /// Stops the task and waits until it is gone; a result that came first is the truth. What it leaves is
    /// known only then: it may have sent its last byte meanwhile.
    async fn abort<T>(&self, running: JoinHandle<Result<T>>, error: fn(&Self) -> Error) -> Result<T> {
        running.abort();
        match running.await {
            Ok(result) => result,
            Err(join) if join.is_cancelled() => Err(error(self)),
            Err(join) => Err(self.lost(join)),
        }
    }

    fn stopped(&self, kind: ErrorKind, words: String) -> Error {
        let body_was_sent = self.ctx.progress.was_body_sent();
        self.ctx.record().stopped(Error::new(kind, words), body_was_sent)
    }

    fn done(&self) {
        drop_streams(self.ctx.take_streams());
        self.end(None);
    }

    /// The work that is left once a task is gone that failed: sources are set back, and what is left behind
    /// is removed.
    async fn failed(&self, error: Error) -> Error {
        let ctx = &self.ctx;
        let error = self.as_far_as_known(error);
        let standing = StreamState::of(ctx.take_streams());
        // At once: each may wait for somebody, and so does the caller who cancelled.
        let (error, standing, (), ()) =
            tokio::join!(ctx.clean_up(error), standing, ctx.uninterrupted_ended(), ctx.journal_written());
        let error = standing.told(error);
        self.end(Some(&error));
        error
    }

    fn as_far_as_known(&self, error: Error) -> Error {
        let record = self.ctx.record();
        record.complete(record.with_earlier_call(error)).with_operation(self.operation)
    }

    fn end(&self, error: Option<&Error>) {
        // It may hold on to clients and secrets, and handles of the job live on.
        self.ctx.cleanup_on_failure(None);
        log_end(self.operation, &self.ctx.progress, error);
    }
}

fn log_end(operation: &str, progress: &Counters, error: Option<&Error>) {
    let job = progress.job();
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
