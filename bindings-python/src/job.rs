//! `Job`: a call that runs while Python goes on, whatever it will result in.

use std::sync::Arc;
use std::time::{Duration, Instant};

use dropoff::Error;
use pyo3::exceptions::{PyBaseException, PyTimeoutError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyTuple, PyType};

use crate::errors::{Failure, bad_argument, exception, guarded};
use crate::inputs;
use crate::progress::{Progress, Snapshots, Telling};
use crate::reader::{Raised, Streams};
use crate::results::ToPython;
use crate::wait;

/// A core job without its result type, since a Python class has no type parameters.
pub(crate) trait Work: Send + Sync {
    fn over_within(&self, limit: Duration) -> bool;
    fn result(&self, py: Python<'_>) -> Option<Result<PyResult<Py<PyAny>>, Error>>;
    fn cancel(&self);
    fn progress(&self) -> dropoff::Progress;
    fn shown(&self) -> String;
}

impl<T: ToPython + Clone + Send + 'static> Work for dropoff::Job<T> {
    fn over_within(&self, limit: Duration) -> bool {
        self.wait_timeout(limit).is_some()
    }
    fn result(&self, py: Python<'_>) -> Option<Result<PyResult<Py<PyAny>>, Error>> {
        self.try_result().map(|result| result.map(|value| value.to_python(py)))
    }
    fn cancel(&self) {
        self.cancel();
    }
    fn progress(&self) -> dropoff::Progress {
        self.progress()
    }
    fn shown(&self) -> String {
        format!("{self:?}")
    }
}

/// A call that was started and may still be running.
#[pyclass(frozen, weakref, module = "dropoff")]
pub(crate) struct Job {
    work: Arc<dyn Work>,
    /// What a file object raised while it was read.
    unreadable: Raised,
    /// The callback that a thread of its own calls.
    telling: Option<Py<Telling>>,
}

impl Job {
    /// Makes the request and starts it.
    pub(crate) fn start<T: ToPython + Clone + Send + 'static>(
        py: Python<'_>,
        on_progress: Option<Py<PyAny>>,
        request: impl FnOnce(&Streams) -> Result<dropoff::Job<T>, Failure>,
    ) -> PyResult<Self> {
        guarded(|| {
            if on_progress.as_ref().is_some_and(|callback| !callback.bind(py).is_callable()) {
                return Err(bad_argument("on_progress must be callable with one argument, a Progress"));
            }
            let streams = Streams::new();
            let work: Arc<dyn Work> = Arc::new(request(&streams)?);
            let threads = || -> PyResult<_> {
                let tell = |callback| Telling::start(py, &work, callback);
                Ok((streams.start(py)?, on_progress.map(tell).transpose()?))
            };
            // A process that cannot start a thread cannot read or tell, so it must not send either.
            let (unreadable, telling) = threads().inspect_err(|_| work.cancel())?;
            Ok(Self { work, unreadable, telling })
        })
    }

    pub(crate) fn over_within(&self, limit: Duration) -> bool {
        let started = Instant::now();
        self.work.over_within(limit)
            && self
                .telling
                .as_ref()
                .is_none_or(|t| t.get().over_within(limit.saturating_sub(started.elapsed())))
    }

    /// Adds what became of the job to an exception that ended it from outside.
    pub(crate) fn explain(&self, py: Python<'_>, raised: PyErr) -> PyErr {
        match self.work.result(py) {
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
        if let Some(raised) = self.telling.as_ref().and_then(|t| t.get().raised(py)) {
            return Err(self.explain(py, raised));
        }
        match self.work.result(py) {
            Some(Ok(value)) => value,
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
    /// Waits for the result. TimeoutError after `timeout` seconds, the job running on. Ctrl-C cancels.
    #[pyo3(signature = (timeout=None))]
    fn wait(&self, py: Python<'_>, timeout: Option<&Bound<'_, PyAny>>) -> PyResult<Py<PyAny>> {
        guarded(|| {
            let limit = inputs::timeout(timeout)?;
            if wait::until_over(py, self, limit)? {
                return Ok(self.outcome(py)?);
            }
            let seconds = limit.unwrap_or_default().as_secs_f64();
            Err(PyTimeoutError::new_err(format!(
                "the job is still running after {seconds} s; wait again, or cancel it"
            ))
            .into())
        })
    }

    /// Asks the job to stop; wait() says how it ended. Returns at once.
    pub(crate) fn cancel(&self) {
        self.work.cancel();
    }

    /// How far it is.
    fn progress(&self) -> Progress {
        Progress(self.work.progress())
    }

    /// Whether it is over, one way or the other.
    fn done(&self) -> bool {
        self.work.over_within(Duration::ZERO)
    }

    fn __enter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    /// Waits if the block ended well; cancels and waits if it raised.
    fn __exit__(
        &self,
        py: Python<'_>,
        exc_type: Option<&Bound<'_, PyAny>>,
        exc_value: Option<&Bound<'_, PyAny>>,
        traceback: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<()> {
        let _ = (exc_value, traceback);
        match exc_type {
            Some(_) => guarded(|| {
                wait::stop(py, self);
                Ok(())
            }),
            None => self.wait(py, None).map(drop),
        }
    }

    /// Snapshots until it is over, for the loop of a call that waits.
    fn _snapshots(&self) -> Snapshots {
        Snapshots::new(Arc::clone(&self.work))
    }

    /// Stops it because `error` was raised in that loop, and adds to `error` what became of it.
    fn _stop(&self, py: Python<'_>, error: &Bound<'_, PyBaseException>) {
        wait::stop(py, self);
        self.explain(py, PyErr::from_value(error.clone().into_any()));
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
        self.work.shown()
    }
}

/// Calls a `start_…` method and appends its job to `jobs`, with no moment between in which a signal
/// could be handled and the job be lost.
#[pyfunction]
pub(crate) fn _start_into(
    jobs: &Bound<'_, PyList>,
    start: &Bound<'_, PyAny>,
    args: &Bound<'_, PyTuple>,
    kwargs: &Bound<'_, PyDict>,
) -> PyResult<()> {
    jobs.append(start.call(args, Some(kwargs))?)
}
