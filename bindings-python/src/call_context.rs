//! The context of whoever made a call (`contextvars`): what runs for it on other threads runs in copies of
//! that, and so are its log records handled. It knows what a job's number is, and no more of it.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

use crate::job::AnyJob;

struct CallContext {
    job: Arc<AnyJob>,
    context: Py<PyAny>,
}

/// The fewest contexts that are looked through for ones that nobody needs.
const FEWEST: usize = 16;

struct Contexts {
    by_number: HashMap<u64, CallContext>,
    /// So many are looked through, so that a call costs the same whatever their number.
    limit: usize,
}

static CONTEXTS: Mutex<Option<Contexts>> = Mutex::new(None);

/// Only with the interpreter lock held, so that no fork comes in the middle.
fn contexts<'a>(_: Python<'a>) -> MutexGuard<'a, Option<Contexts>> {
    CONTEXTS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A copy of the context that the caller is in.
pub(crate) fn copied(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    // The compiled half of `contextvars`, which runs no Python code.
    static COPY: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    COPY.import(py, "_contextvars", "copy_context")?.call0()
}

/// One that holds nothing, for a thread that serves all calls: it would keep that of the first.
pub(crate) fn empty(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    static CONTEXT: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    CONTEXT.import(py, "_contextvars", "Context")?.call0()
}

/// Keeps a copy of the caller's context for the records of its call.
pub(crate) fn remember(py: Python<'_>, job: &Arc<AnyJob>) -> PyResult<()> {
    let kept = CallContext { job: Arc::clone(job), context: copied(py)?.unbind() };
    let new = || Contexts { by_number: HashMap::new(), limit: FEWEST };
    let before = contexts(py).get_or_insert_with(new).by_number.insert(job.number(), kept);
    // Only now: dropping it may run Python code.
    drop(before);
    Ok(())
}

/// The context of the call of that number.
pub(crate) fn of(py: Python<'_>, number: Option<u64>) -> Option<Py<PyAny>> {
    contexts(py).as_ref()?.by_number.get(&number?).map(|kept| kept.context.clone_ref(py))
}

/// Whether there are so many that they are to be looked through.
pub(crate) fn are_many(py: Python<'_>) -> bool {
    contexts(py).as_ref().is_some_and(|all| all.by_number.len() >= all.limit)
}

/// Takes out those whose call is over and is not among `queued`, the calls with records to be handled. They
/// are for Python code to let go of: that may run a `__del__`, which must not be above a frame of ours.
pub(crate) fn take_ended(py: Python<'_>, queued: impl FnOnce() -> HashSet<u64>) -> Vec<Py<PyAny>> {
    let mut contexts = contexts(py);
    let Some(all) = &mut *contexts else { return Vec::new() };
    let is_over = |kept: &CallContext| kept.job.wait_timeout(Duration::ZERO).is_some();
    let over: Vec<_> = all.by_number.extract_if(|_, kept| is_over(kept)).collect();
    // Only now: a call that is over tells nothing more.
    let queued = if over.is_empty() { HashSet::new() } else { queued() };
    let (needed, ended): (Vec<_>, Vec<_>) = over.into_iter().partition(|(number, _)| queued.contains(number));
    all.by_number.extend(needed);
    all.limit = FEWEST.max(all.by_number.len() * 2);
    ended.into_iter().map(|(_, kept)| kept.context).collect()
}
