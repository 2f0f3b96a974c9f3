//! The context of whoever made a call (`contextvars`): what runs for it on other threads runs in copies of
//! that, and so are its log records handled. It knows what a job's number is, and no more of it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

use crate::job::AnyJob;

struct CallContext {
    job: Arc<AnyJob>,
    context: Py<PyAny>,
}

static BY_NUMBER: Mutex<Option<HashMap<u64, CallContext>>> = Mutex::new(None);

/// Only with the interpreter lock held, so that no fork comes in the middle.
fn by_number<'a>(_: Python<'a>) -> MutexGuard<'a, Option<HashMap<u64, CallContext>>> {
    BY_NUMBER.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A copy of the context that the caller is in.
pub(crate) fn copied(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    // The compiled half of `contextvars`, which runs no Python code.
    static COPY: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    COPY.import(py, "_contextvars", "copy_context")?.call0()
}

/// Keeps a copy of the caller's context for the records of its call.
pub(crate) fn remember(py: Python<'_>, job: &Arc<AnyJob>) -> PyResult<()> {
    let kept = CallContext { job: Arc::clone(job), context: copied(py)?.unbind() };
    let before = by_number(py).get_or_insert_default().insert(job.number(), kept);
    // Only now: dropping it may run Python code.
    drop(before);
    Ok(())
}

/// The context of the call of that number.
pub(crate) fn of(py: Python<'_>, number: Option<u64>) -> Option<Py<PyAny>> {
    by_number(py).as_ref()?.get(&number?).map(|kept| kept.context.clone_ref(py))
}

/// Forgets those whose call is over. To be called once all records so far are handled.
pub(crate) fn forget_ended(py: Python<'_>) {
    let is_over = |kept: &CallContext| kept.job.wait_timeout(Duration::ZERO).is_some();
    let ended: Vec<_> = match &mut *by_number(py) {
        Some(all) => all.extract_if(|_, kept| is_over(kept)).collect(),
        None => Vec::new(),
    };
    drop(ended);
}
