//! What every client has beside the core's client: the arguments it was made with, by which it is pickled,
//! and the calls that run, which closing it stops. It knows no call.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList, PyString, PyTuple, PyType, PyWeakrefMethods, PyWeakrefReference};

use crate::agentdrop::AgentDrop;
use crate::errors::{Failure, bad_argument};
use crate::hcompany::HCompany;
use crate::job::{AnyJob, Job};
use crate::storage::Storage;

/// The arguments of a client, and its calls.
pub(crate) struct ClientState {
    named: Py<PyDict>,
    secret: Option<&'static str>,
    calls: Mutex<Calls>,
}

/// How to make an object again: a function and its arguments.
pub(crate) type Pickled<'py> =
    (Bound<'py, PyAny>, (Bound<'py, PyType>, Bound<'py, PyTuple>, Bound<'py, PyDict>));

/// The fewest calls that are looked through for ones that are over.
const FEWEST: usize = 16;

struct Calls {
    is_closed: bool,
    running: Vec<RunningCall>,
    /// So many are looked through for ones that are over, so that a call costs the same whatever their
    /// number.
    limit: usize,
}

struct RunningCall {
    job: Arc<AnyJob>,
    /// Its object, if the caller still has it; that one knows of its callback too.
    handle: Py<PyWeakrefReference>,
    /// A job of the parent process is none of ours.
    pid: u32,
}

impl RunningCall {
    fn is_over(&self) -> bool {
        self.pid != std::process::id() || self.job.wait_timeout(Duration::ZERO).is_some()
    }
}

impl ClientState {
    /// `options` as they were given, `more` those that only some clients have.
    pub(crate) fn new(
        py: Python<'_>,
        options: Option<&Bound<'_, PyDict>>,
        more: &[(&str, Option<&Bound<'_, PyAny>>)],
        was_given_a_key: bool,
    ) -> PyResult<Self> {
        let named = PyDict::new(py);
        let more = more.iter().filter_map(|(name, value)| Some((*name, (*value)?.clone())));
        for (name, value) in more {
            named.set_item(name, value)?;
        }
        let mut secret = was_given_a_key.then_some(A_KEY);
        for (name, value) in options.into_iter().flatten() {
            if name.eq("proxy")? && value.str()?.to_string_lossy().contains('@') {
                secret = secret.or(Some(A_PASSWORD));
            }
            named.set_item(name, value)?;
        }
        let calls = Mutex::new(Calls { is_closed: false, running: Vec::new(), limit: FEWEST });
        Ok(Self { named: named.unbind(), secret, calls })
    }

    /// What `__reduce__` of the client gives: it is pickled and copied as one that is made anew.
    pub(crate) fn pickled<'py>(&self, client: &Bound<'py, PyAny>) -> PyResult<Pickled<'py>> {
        if let Some(secret) = self.secret {
            return Err(PyTypeError::new_err(secret));
        }
        let py = client.py();
        let make = py.import("copyreg")?.getattr("__newobj_ex__")?;
        Ok((make, (client.get_type(), PyTuple::empty(py), self.named.bind(py).copy()?)))
    }

    fn calls(&self) -> MutexGuard<'_, Calls> {
        // Only with the interpreter lock held, so that no fork comes in the middle.
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn check_open(&self) -> Result<(), Failure> {
        if self.calls().is_closed { Err(closed()) } else { Ok(()) }
    }

    fn add(&self, job: &Bound<'_, Job>) -> PyResult<()> {
        let handle = PyWeakrefReference::new(job)?.unbind();
        let call = RunningCall { job: job.get().any(), handle, pid: std::process::id() };
        let mut calls = self.calls();
        if calls.is_closed {
            job.get().cancel();
            return Err(closed().into());
        }
        if calls.running.len() >= calls.limit {
            calls.running.retain(|call| !call.is_over());
            calls.limit = FEWEST.max(calls.running.len() * 2);
        }
        calls.running.push(call);
        Ok(())
    }

    /// Refuses calls from now on and tells those that run to stop; gives them, to be waited for.
    pub(crate) fn close<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, Job>>> {
        let running = {
            let mut calls = self.calls();
            calls.is_closed = true;
            std::mem::take(&mut calls.running)
        };
        let mut jobs = Vec::new();
        for call in running.into_iter().filter(|call| !call.is_over()) {
            call.job.cancel();
            let job = match call.handle.bind(py).upgrade_as::<Job>()? {
                Some(job) => job,
                None => Bound::new(py, Job::of(call.job))?,
            };
            jobs.push(job);
        }
        Ok(jobs)
    }
}

/// A pickle ends up in files and queues.
const A_KEY: &str = "a client that was given its key cannot be pickled or copied, since the key would be in the pickle; \
    leave the key to the environment, or make a client where it is used";
const A_PASSWORD: &str = "a client whose proxy has a password cannot be pickled or copied, since the password would be in the \
    pickle; leave the proxy to the environment, or make a client where it is used";

fn closed() -> Failure {
    bad_argument("the client is closed; make the call before that, or with another client")
}

/// The options as they may be read more than once: an iterator is read here, and a list is copied.
pub(crate) fn lasting<'py>(options: Option<&Bound<'py, PyDict>>) -> PyResult<Option<Bound<'py, PyDict>>> {
    let Some(options) = options else { return Ok(None) };
    let lasting = PyDict::new(options.py());
    for (name, value) in options {
        let is_one = value.is_instance_of::<PyString>() || value.is_instance_of::<PyBytes>();
        match value.try_iter() {
            Ok(items) if !is_one => {
                let items: PyResult<Vec<_>> = items.collect();
                lasting.set_item(name, PyList::new(options.py(), items?)?)?;
            }
            _ => lasting.set_item(name, value)?,
        }
    }
    Ok(Some(lasting))
}

/// Makes a call of a client, of which `arguments` begin with it; any other call is made as it is.
pub(crate) fn make_call<'py>(
    arguments: &Bound<'py, PyTuple>,
    make: impl FnOnce() -> PyResult<Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    let client = arguments.get_item(0).ok();
    let state = |what: &dyn Fn(&ClientState) -> PyResult<()>| -> PyResult<()> {
        let Some(client) = &client else { return Ok(()) };
        if let Ok(client) = client.cast::<AgentDrop>() {
            return what(&client.get().1);
        }
        if let Ok(client) = client.cast::<HCompany>() {
            return what(&client.get().1);
        }
        client.cast::<Storage>().map_or(Ok(()), |client| what(&client.get().1))
    };
    state(&|state| Ok(state.check_open()?))?;
    let job = make()?;
    if let Ok(job) = job.cast::<Job>() {
        state(&|state| state.add(job))?;
    }
    Ok(job)
}
