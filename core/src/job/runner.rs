//! How work runs and ends: by itself, by a cancel, or by its time limit.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

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
        FirstEvent::Ended(joined) => joined.unwrap_or_else(|join| Err(task_lost(join))),
        FirstEvent::Cancelled => abort(running, call.cancelled()).await,
        FirstEvent::TimedOut => abort(running, call.timed_out()).await,
    };
    job.finish(call.settle(result).await);
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

    fn stopped(&self, kind: ErrorKind, words: String) -> Error {
        let body_was_sent = self.ctx.progress.was_body_sent();
        self.ctx.record().stopped(Error::new(kind, words), body_was_sent)
    }

    /// The work that is left once the task is gone: sources are set back, and what is left behind is removed.
    async fn settle<T>(&self, result: Result<T>) -> Result<T> {
        let ctx = &self.ctx;
        let streams = ctx.take_streams();
        let result = match result {
            Ok(value) => {
                drop_streams(streams);
                Ok(value)
            }
            Err(error) => {
                // At once: each may wait for somebody, and so does the caller who cancelled.
                let (error, standing, (), ()) = tokio::join!(
                    ctx.clean_up(error),
                    StreamState::of(streams),
                    ctx.uninterrupted_ended(),
                    ctx.journal_written()
                );
                let error = ctx.record().complete(error);
                Err(standing.told(error).with_operation(self.operation))
            }
        };
        // It may hold on to clients and secrets, and handles of the job live on.
        ctx.cleanup_on_failure(None);
        log_end(self.operation, &ctx.progress, result.as_ref().err());
        result
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

/// Stops the task and waits until it is gone; a result that came first is the truth.
async fn abort<T>(running: JoinHandle<Result<T>>, error: Error) -> Result<T> {
    running.abort();
    match running.await {
        Ok(result) => result,
        Err(join) if join.is_cancelled() => Err(error),
        Err(join) => Err(task_lost(join)),
    }
}

fn task_lost(join: JoinError) -> Error {
    if join.is_cancelled() {
        return Error::internal("the runtime stopped while the job ran");
    }
    Error::from_panic(&*join.into_panic())
}
