//! Waiting for a job the way a Python thread should: without the interpreter lock, and noticing
//! signals.

use std::time::{Duration, Instant};

use pyo3::prelude::*;

use crate::job::Job;
use crate::logs;

/// How late Ctrl-C may be noticed, and how often progress is told.
pub(crate) const POLL_INTERVAL: Duration = Duration::from_millis(100);
/// How long a job that was told to stop is waited for: it may be telling the service to drop parts, which
/// takes 5 s at most.
pub(crate) const CANCEL_WAIT_LIMIT: Duration = Duration::from_secs(6);
/// How long log records that stand still are waited for.
pub(crate) const LOG_DRAIN_LIMIT: Duration = Duration::from_secs(2);

/// Waits until the job is over (true) or `limit` has passed (false). A signal handler that raises,
/// as that of Ctrl-C does, stops the job, and what it raised is the error.
pub(crate) fn until_over(py: Python<'_>, job: &Job, limit: Option<Duration>) -> PyResult<bool> {
    let started = Instant::now();
    let left = || limit.map(|l| l.saturating_sub(started.elapsed()));
    loop {
        let slice = left().map_or(POLL_INTERVAL, |l| l.min(POLL_INTERVAL));
        let over = py.detach(|| job.over_within(slice));
        if let Err(raised) = py.check_signals() {
            stop(py, job);
            return Err(job.explain(py, raised));
        }
        if over {
            logs::settle(py, || py.check_signals()).map_err(|raised| job.explain(py, raised))?;
        }
        if over || left().is_some_and(|l| l.is_zero()) {
            return Ok(over);
        }
    }
}

/// Cancels the job and waits, for a bounded time, until nothing of it runs any more.
pub(crate) fn stop(py: Python<'_>, job: &Job) {
    job.cancel();
    py.detach(|| job.over_within(CANCEL_WAIT_LIMIT));
    // What stopped it is what the caller is about to see, so no signal is looked for, and nothing raised.
    let _ = logs::settle(py, || Ok(()));
}
