//! Progress: the snapshot as a Python object, and the state of telling a callback.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::task::Waker;
use std::thread::{self, ThreadId};
use std::time::Duration;

use pyo3::exceptions::PyBaseException;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyDict;

use crate::call_context;
use crate::job::AnyJob;
use crate::loop_waker::{LoopWaker, WakeRequest};
use crate::reader::{Raised, RaisedElsewhere, start_thread};
use crate::wait::POLL_INTERVAL;

/// A snapshot of a call on its way.
#[pyclass(frozen, module = "dropoff")]
pub(crate) struct Progress(pub(crate) dropoff::Progress);

#[pymethods]
impl Progress {
    fn __repr__(&self) -> String {
        let p = &self.0;
        let seconds = |time: Option<Duration>| match time {
            Some(time) => format!("{:.3}", time.as_secs_f64()),
            None => "None".to_owned(),
        };
        format!(
            "Progress(phase='{}', bytes_done={}, bytes_total={}, files_done={}, files_total={}, retries={}, elapsed={:.3}, active_for={:.3}, ticket_left={}, time_needed={})",
            p.phase.as_str(),
            p.bytes_done,
            p.bytes_total,
            p.files_done,
            p.files_total,
            p.retries,
            p.elapsed.as_secs_f64(),
            p.active_for.as_secs_f64(),
            seconds(p.ticket_left),
            seconds(p.time_needed)
        )
    }

    /// The step that the call is at. preparing: looking at the sources. packing: packing a profile folder.
    /// requesting: asking the service for a presigned target. sending: sending bytes to storage. completing:
    /// telling the service, and asking it what happened. done: over, one way or the other. opening: opening a
    /// sealed file. inspecting: looking at a profile folder.
    #[getter]
    fn phase(&self) -> &'static str {
        self.0.phase.as_str()
    }

    /// Source bytes handed to the network in attempts that still count; goes back when one fails. While a
    /// folder is packed: bytes of it that are packed.
    #[getter]
    fn bytes_done(&self) -> u64 {
        self.0.bytes_done
    }

    /// Source bytes to send in all, or to pack while a folder is packed; 0 until known.
    #[getter]
    fn bytes_total(&self) -> u64 {
        self.0.bytes_total
    }

    /// Files storage has accepted.
    #[getter]
    fn files_done(&self) -> u32 {
        self.0.files_done
    }

    /// Files in all; 0 until known.
    #[getter]
    fn files_total(&self) -> u32 {
        self.0.files_total
    }

    /// Requests that were repeated so far.
    #[getter]
    fn retries(&self) -> u32 {
        self.0.retries
    }

    /// Time since the call started. In seconds.
    #[getter]
    fn elapsed(&self) -> f64 {
        self.0.elapsed.as_secs_f64()
    }

    /// How long the bytes have been counted: since packing began, and later since sending began; 0 before. In
    /// seconds.
    #[getter]
    fn active_for(&self) -> f64 {
        self.0.active_for.as_secs_f64()
    }

    /// How long uploads may still start with the presigned ticket in use, while sending. One that has started
    /// may finish. In seconds; None if that is not known.
    #[getter]
    fn ticket_left(&self) -> Option<f64> {
        self.0.ticket_left.map(|t| t.as_secs_f64())
    }

    /// How long sending the rest takes at the rate so far, after 2 s of sending. In seconds; None if that is
    /// not known.
    #[getter]
    fn time_needed(&self) -> Option<f64> {
        self.0.time_needed.map(|t| t.as_secs_f64())
    }

    /// A likely failure if it goes on like this, as a sentence: sending needs more time than the ticket has,
    /// so uploads that have to start over or have not started by then fail. None if there is none.
    #[getter]
    fn warning(&self) -> Option<String> {
        self.0.warning()
    }

    /// Average rate of packing or sending, in bytes per second; 0 before.
    #[getter]
    fn bytes_per_second(&self) -> f64 {
        self.0.bytes_per_second()
    }

    /// Every value, fit for JSON; lengths of time in seconds.
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let values = PyDict::new(py);
        values.set_item("phase", self.phase())?;
        values.set_item("bytes_done", self.bytes_done())?;
        values.set_item("bytes_total", self.bytes_total())?;
        values.set_item("files_done", self.files_done())?;
        values.set_item("files_total", self.files_total())?;
        values.set_item("retries", self.retries())?;
        values.set_item("elapsed", self.elapsed())?;
        values.set_item("active_for", self.active_for())?;
        values.set_item("ticket_left", self.ticket_left())?;
        values.set_item("time_needed", self.time_needed())?;
        values.set_item("warning", self.warning())?;
        values.set_item("bytes_per_second", self.bytes_per_second())?;
        Ok(values)
    }
}

/// The progress of a job, a snapshot every tick and one at the end, for a loop in Python.
#[pyclass(frozen)]
pub(crate) struct Snapshots {
    job: Arc<AnyJob>,
    last_was_given: AtomicBool,
}

impl Snapshots {
    pub(crate) fn new(job: Arc<AnyJob>) -> Self {
        Self { job, last_was_given: AtomicBool::new(false) }
    }
}

#[pymethods]
impl Snapshots {
    fn __iter__(slf: Py<Self>) -> Py<Self> {
        slf
    }
    fn __next__(&self, py: Python<'_>) -> Option<Progress> {
        if self.last_was_given.load(Relaxed) {
            return None;
        }
        crate::defect::point("progress");
        let over = py.detach(|| self.job.wait_timeout(POLL_INTERVAL).is_some());
        let now = self.job.progress();
        // It may have ended after the tick, and then this is the last one.
        self.last_was_given.store(over || now.phase == dropoff::Phase::Done, Relaxed);
        Some(Progress(now))
    }

    // For a greenlet, which does not wait in here.
    fn progress(&self) -> Progress {
        Progress(self.job.progress())
    }
    fn done(&self) -> bool {
        self.job.wait_timeout(Duration::ZERO).is_some()
    }
    fn _notify(&self, loop_waker: &LoopWaker, token: u64) -> WakeRequest {
        WakeRequest::new(self.job.wake_when_over(&loop_waker.waker(token)))
    }
}

/// The callback of a started job, which a daemon thread of Python's own calls
/// (`dropoff/_threads.py`). The core's progress thread is not used for the reason given in `reader`:
/// it must not be inside the interpreter when that shuts down.
#[pyclass(frozen)]
pub(crate) struct ProgressCallback {
    job: Arc<AnyJob>,
    raised: RaisedElsewhere,
    ended: Mutex<bool>,
    wakers: Mutex<Vec<Waker>>,
    changed: Condvar,
    caller: Mutex<Option<Caller>>,
    /// A fork copies no threads: in the child there is none to wait for.
    pid: u32,
}

/// Who calls the callback.
#[derive(Clone, Copy, PartialEq)]
enum Caller {
    Thread(ThreadId),
    /// By its number: the greenlets of a hub share a thread.
    Greenlet(u64),
}

impl Caller {
    /// Whether that is who asks.
    fn is_here(self) -> bool {
        match self {
            Self::Thread(id) => id == thread::current().id(),
            Self::Greenlet(id) => Python::attach(|py| {
                let number = || py.import("_thread")?.call_method0("get_ident")?.extract::<u64>();
                number().is_ok_and(|number| number == id)
            }),
        }
    }
}

#[pymethods]
impl ProgressCallback {
    /// Says who calls: this thread, or of its greenlets that one.
    #[pyo3(signature = (greenlet=None))]
    fn begin(&self, greenlet: Option<u64>) {
        let caller = greenlet.map_or_else(|| Caller::Thread(thread::current().id()), Caller::Greenlet);
        *self.caller.lock().unwrap_or_else(PoisonError::into_inner) = Some(caller);
    }
    /// The callback raised: the job is cancelled, and whoever waits for it gets the exception.
    fn fail(&self, error: &Bound<'_, PyBaseException>) {
        self.raised.keep(error);
        self.job.cancel();
    }
    /// There will be no more calls.
    fn end(&self) {
        *self.ended.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.changed.notify_all();
        self.wake();
    }
}

impl ProgressCallback {
    /// Starts the thread that calls `on_progress`, and leaves in `raised` what that raises.
    pub(crate) fn start(
        py: Python<'_>,
        job: &Arc<AnyJob>,
        on_progress: Py<PyAny>,
        raised: &Raised,
    ) -> PyResult<Py<Self>> {
        let callback = Self {
            job: Arc::clone(job),
            raised: raised.elsewhere(),
            ended: Mutex::new(false),
            wakers: Mutex::default(),
            changed: Condvar::new(),
            caller: Mutex::new(None),
            pid: std::process::id(),
        };
        let callback = Py::new(py, callback)?;
        let snapshots = Snapshots::new(Arc::clone(job));
        let arguments = (snapshots, callback.clone_ref(py), on_progress);
        static TELL: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
        let tell = TELL.import(py, "dropoff._threads", "tell")?;
        start_thread(call_context::copied(py)?, tell, arguments.into_pyobject(py)?)?;
        Ok(callback)
    }

    /// Wakes `waker` when there will be no more calls.
    pub(crate) fn wake_at_end(&self, waker: Waker) {
        self.wakers.lock().unwrap_or_else(PoisonError::into_inner).push(waker);
        // The end may have come between; to be woken twice does no harm.
        if *self.ended.lock().unwrap_or_else(PoisonError::into_inner) {
            self.wake();
        }
    }

    fn wake(&self) {
        let wakers = std::mem::take(&mut *self.wakers.lock().unwrap_or_else(PoisonError::into_inner));
        wakers.into_iter().for_each(Waker::wake);
    }

    /// Waits for the last call to return; true if it has. Inside the callback itself there is nothing
    /// to wait for.
    pub(crate) fn over_within(&self, limit: Duration) -> bool {
        if self.pid != std::process::id() {
            return true;
        }
        let caller = *self.caller.lock().unwrap_or_else(PoisonError::into_inner);
        if caller.is_some_and(Caller::is_here) {
            return true;
        }
        let ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        let wait = self.changed.wait_timeout_while(ended, limit, |ended| !*ended);
        *wait.unwrap_or_else(PoisonError::into_inner).0
    }
}
