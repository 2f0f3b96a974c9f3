//! `Job`: a call that runs while Python goes on, whatever it will result in.

use std::sync::Arc;
use std::time::{Duration, Instant};

use dropoff::{ErasedJob, Error, Outcome, runtime};
use pyo3::exceptions::{PyBaseException, PyTimeoutError, PyTypeError};
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyTuple, PyType};

use crate::client_state::make_call;
use crate::errors::{Failure, exception, guarded};
use crate::inputs;
use crate::logs;
use crate::loop_waker::{LoopWaker, WakeRequest};
use crate::progress::{Progress, ProgressCallback, Snapshots};
use crate::reader::{Raised, Streams};
use crate::results::ToPython;
use crate::stream_inputs::in_loop;
use crate::wait;

/// What a call resulted in, not yet as Python has it.
type AnyResult = Box<dyn ToPython + Send>;
/// A core job without its result type, since a Python class has no type parameters.
pub(crate) type AnyJob = dyn ErasedJob<AnyResult>;

/// A call that was started and may still be running. May be used from any thread.
///
/// wait() for it, or `await` it in asyncio; `with` and `async with` wait at their end, and cancel it when
/// their block raises. Dropping it does not cancel the call.
#[pyclass(frozen, weakref, module = "dropoff")]
pub(crate) struct Job {
    job: Arc<AnyJob>,
    /// What a file object raised while it was read.
    unreadable: Raised,
    /// The callback that a thread of its own calls.
    callback: Option<Py<ProgressCallback>>,
    /// What that raised.
    callback_raised: Raised,
}

impl Job {
    /// Makes the request and starts it.
    pub(crate) fn start<T: ToPython + Clone + Send + 'static>(
        py: Python<'_>,
        on_progress: Option<Py<PyAny>>,
        request: impl FnOnce(&Streams) -> Result<dropoff::Job<T>, Failure>,
    ) -> PyResult<Self> {
        guarded(|| {
            if let Some(callback) = &on_progress {
                inputs::check_callback(callback.bind(py))?;
            }
            let streams = Streams::new();
            logs::follow(py);
            crate::defect::point("request");
            if runtime::is_due() {
                py.detach(runtime::prepare)?;
            }
            let job = request(&streams)?.erased(|result| Box::new(result) as AnyResult);
            let threads = || -> PyResult<_> {
                logs::remember_context(py, &job)?;
                let raised = Raised::default();
                let tell = |callback| ProgressCallback::start(py, &job, callback, &raised);
                Ok((streams.start(py, &job)?, on_progress.map(tell).transpose()?, raised))
            };
            match threads() {
                Ok((unreadable, callback, callback_raised)) => {
                    Ok(Self { job, unreadable, callback, callback_raised })
                }
                Err(refused) => Ok(Self::of(job).unless_undone(py, refused)?),
            }
        })
    }

    /// A process that cannot start a thread cannot read or tell, so it must not send either. What the job did
    /// before it could be stopped counts for more than that: its own end tells.
    fn unless_undone(self, py: Python<'_>, refused: PyErr) -> PyResult<Self> {
        wait::stop(py, &self);
        match self.job.try_result() {
            Some(Err(error)) if error.outcome() == Outcome::NotCompleted => Err(refused),
            _ => Ok(self),
        }
    }

    /// Another object of a job whose own is gone.
    pub(crate) fn of(job: Arc<AnyJob>) -> Self {
        let (unreadable, callback_raised) = Default::default();
        Self { job, unreadable, callback: None, callback_raised }
    }

    pub(crate) fn any(&self) -> Arc<AnyJob> {
        Arc::clone(&self.job)
    }

    pub(crate) fn over_within(&self, limit: Duration) -> bool {
        let started = Instant::now();
        self.job.wait_timeout(limit).is_some()
            && self
                .callback
                .as_ref()
                .is_none_or(|t| t.get().over_within(limit.saturating_sub(started.elapsed())))
    }

    /// Adds what became of the job to an exception that ended it from outside.
    pub(crate) fn explain(&self, py: Python<'_>, raised: PyErr) -> PyErr {
        match self.job.wait_timeout(Duration::ZERO) {
            Some(Err(error)) if raised.context(py).is_none() => {
                raised.set_context(py, Some(exception(py, &error)));
            }
            Some(Err(_)) => {}
            // A note that cannot be added is not worth hiding the exception for.
            Some(Ok(_)) => drop(raised.add_note(py, "the call had completed before it could be stopped")),
            None => drop(raised.add_note(py, "the call was told to stop and has not stopped yet")),
        }
        raised
    }

    /// The result of a job that is over.
    fn outcome(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        if let Some(raised) = self.callback_raised.get(py) {
            return Err(self.explain(py, raised));
        }
        let result = self.job.try_result();
        crate::defect::point("result");
        match result {
            Some(Ok(value)) => value.to_python(py),
            Some(Err(error)) => {
                let error = exception(py, &error);
                if let Some(raised) = self.unreadable.get(py) {
                    error.set_cause(py, Some(raised));
                }
                Err(error)
            }
            None => Err(exception(py, &Error::internal("a job ended without a result"))),
        }
    }
}

#[pymethods]
impl Job {
    /// Waits for the result, and raises what the call failed with. Ctrl-C cancels the call.
    ///
    /// timeout: seconds or a timedelta, 0 to 10 000 000; then TimeoutError, the job running on. Default: no
    /// limit.
    // `wait()` and `with`, where it is not gevent or eventlet that waits: see `dropoff/_waiting.py`.
    #[pyo3(signature = (timeout=None))]
    fn _wait(&self, py: Python<'_>, timeout: Option<&Bound<'_, PyAny>>) -> PyResult<Py<PyAny>> {
        guarded(|| {
            let limit = inputs::timeout(timeout)?;
            if wait::until_over(py, self, limit)? {
                return Ok(self.outcome(py)?);
            }
            Ok(self._late(limit.unwrap_or_default().as_secs_f64()).map(|()| py.None())?)
        })
    }

    /// What `_wait` makes of a timeout, in seconds.
    fn _limit(&self, timeout: Option<&Bound<'_, PyAny>>) -> PyResult<Option<f64>> {
        Ok(inputs::timeout(timeout)?.map(|limit| limit.as_secs_f64()))
    }

    /// Raises what `wait` does after so many seconds.
    fn _late(&self, seconds: f64) -> PyResult<()> {
        let late = format!("the job is still running after {seconds} s; wait again, or cancel it");
        Err(PyTimeoutError::new_err(late))
    }

    /// Asks the call to stop; wait() says how it ended. Returns at once.
    pub(crate) fn cancel(&self) {
        self.job.cancel();
    }

    /// Its number, which log records have as job.
    #[getter]
    fn number(&self) -> u64 {
        self.job.number()
    }

    /// How far it is, as a Progress.
    fn progress(&self) -> Progress {
        Progress(self.job.progress())
    }

    /// Whether it is over, one way or the other, the last call of on_progress included.
    fn done(&self) -> bool {
        self.over_within(Duration::ZERO)
    }

    /// Cancels it and waits until nothing of it runs any more.
    fn _join(&self, py: Python<'_>) {
        wait::stop(py, self);
    }

    /// Snapshots until it is over, for the loop of a call that waits.
    fn _snapshots(&self) -> Snapshots {
        Snapshots::new(Arc::clone(&self.job))
    }

    /// Wakes the loop with `token` when it is over, and when the last call of its callback has returned; it
    /// may do so more often than that. Dropping what this gives takes it back.
    fn _notify(&self, loop_waker: &LoopWaker, token: u64) -> WakeRequest {
        let waker = loop_waker.waker(token);
        if let Some(callback) = &self.callback {
            callback.get().wake_at_end(waker.clone());
        }
        WakeRequest::new(self.job.wake_when_over(&waker))
    }

    /// The result, or the error, once it is over.
    fn _result(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        guarded(|| Ok(self.outcome(py)?))
    }

    /// Adds to `error`, which ended it from outside, what became of it.
    fn _explain(&self, py: Python<'_>, error: &Bound<'_, PyBaseException>) {
        self.explain(py, PyErr::from_value(error.clone().into_any()));
    }

    /// Stops it because `error` was raised in that loop, and adds to `error` what became of it.
    fn _stop(&self, py: Python<'_>, error: &Bound<'_, PyBaseException>) {
        wait::stop(py, self);
        self._explain(py, error);
    }

    /// `Job[Profile]`, for annotations.
    #[classmethod]
    #[pyo3(signature = (item, /))]
    fn __class_getitem__<'py>(
        cls: &Bound<'py, PyType>,
        item: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        cls.py().import("types")?.call_method1("GenericAlias", (cls, item))
    }

    fn __repr__(&self) -> String {
        self.job.shown()
    }

    // What a callback or a file object raised holds the frames it came through, and one of those often holds
    // the job.
    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        self.unreadable.traverse(&visit)?;
        self.callback_raised.traverse(&visit)
    }
    fn __clear__(&self) {
        self.unreadable.clear();
        self.callback_raised.clear();
    }
}

/// Calls a `start_…` method and appends its job to `jobs`, with no moment between in which a signal
/// could be handled and the job be lost. `called` is what the caller called instead, for messages; `running`
/// the asyncio loop that will wait for it. What it gives are contexts of calls that are over, for Python code
/// to let go of.
#[pyfunction]
#[pyo3(signature = (jobs, start, args, kwargs, called, running=None))]
pub(crate) fn _start_into<'py>(
    jobs: &Bound<'_, PyList>,
    start: &Bound<'py, PyAny>,
    args: &Bound<'py, PyTuple>,
    kwargs: &Bound<'_, PyDict>,
    called: &Bound<'_, PyAny>,
    running: Option<Py<PyAny>>,
) -> PyResult<Vec<Py<PyAny>>> {
    let may_go = logs::contexts_may_go(jobs.py());
    match make_call(args, || in_loop(running, || start.call(args, Some(kwargs)))) {
        Ok(job) => jobs.append(job)?,
        Err(error) => return Err(in_its_name(error, start, called)),
    }
    Ok(if may_go { logs::ended_contexts(jobs.py()) } else { Vec::new() })
}

/// What Python says of wrong arguments names the method that got them; the caller called another one.
fn in_its_name(error: PyErr, start: &Bound<'_, PyAny>, called: &Bound<'_, PyAny>) -> PyErr {
    let py = start.py();
    let name_of =
        |of: &Bound<'_, PyAny>| of.getattr("__qualname__").and_then(|name| name.extract::<String>());
    let (Ok(theirs), Ok(ours)) = (name_of(start), name_of(called)) else { return error };
    if !error.get_type(py).is(py.get_type::<PyTypeError>()) {
        return error;
    }
    let text = error.value(py).to_string();
    match text.strip_prefix(&format!("{theirs}()")) {
        Some(rest) => PyTypeError::new_err(format!("{ours}(){rest}")),
        None => error,
    }
}
