//! A Python file object as a stream.
//!
//! The core reads on a thread of its own, which must not enter the interpreter: while that shuts
//! down, CPython ends every other thread that wants in by unwinding its stack, and unwinding through
//! Rust aborts the process. So the core's thread places an order and waits, and a daemon thread of
//! Python's own (`dropoff/_threads.py`) fills it.

use std::cell::RefCell;
use std::io::{self, Read};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};

use pyo3::exceptions::{PyBaseException, PyTypeError};
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBytes, PyMemoryView, PyString, PyTuple};

use crate::errors::{Failure, bad_argument};

/// An exception that Python code raised on another thread, kept for the one that waits.
#[derive(Clone, Default)]
pub(crate) struct Raised(Arc<Mutex<Option<Py<PyBaseException>>>>);

impl Raised {
    /// The first one counts.
    pub(crate) fn keep(&self, error: &Bound<'_, PyBaseException>) {
        let error = error.clone().unbind();
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
    }
    pub(crate) fn get(&self, py: Python<'_>) -> Option<PyErr> {
        let held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.as_ref().map(|e| PyErr::from_value(e.bind(py).clone().into_any()))
    }

    /// For the garbage collector, which must be told by one owner only.
    pub(crate) fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        match self.0.try_lock() {
            Ok(held) => visit.call(&*held),
            // In use, so not garbage.
            Err(_) => Ok(()),
        }
    }
    pub(crate) fn clear(&self) {
        let held = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        // Only now: dropping it may run Python code that comes back here.
        drop(held);
    }
}

/// The file objects of one call. Only these and the thread that reads them hold Python objects: what the
/// core dropped on a thread of its own would be let go at the next call only.
pub(crate) struct Streams {
    orders: Sender<Placed>,
    placed: Receiver<Placed>,
    files: RefCell<Vec<Py<PyAny>>>,
}

/// A read that the core waits for.
struct Placed {
    /// Which of the file objects.
    at: usize,
    size: usize,
    reply: Sender<io::Result<PyBackedBytes>>,
}

impl Streams {
    pub(crate) fn new() -> Self {
        let (orders, placed) = channel();
        Self { orders, placed, files: RefCell::default() }
    }

    /// One more file object. The same one twice would be empty the second time.
    pub(crate) fn reader(&self, file: &Bound<'_, PyAny>) -> Result<Reader, Failure> {
        let mut files = self.files.borrow_mut();
        if files.iter().any(|seen| seen.is(file)) {
            return Err(bad_argument(
                "the same file object is given twice, and a stream can be read only once; give its bytes or open it twice",
            ));
        }
        files.push(file.clone().unbind());
        Ok(Reader { at: files.len() - 1, orders: self.orders.clone() })
    }

    /// Starts the thread that reads them, if there are any; tells where it leaves what they raise.
    pub(crate) fn start(self, py: Python<'_>) -> PyResult<Raised> {
        // The readers alone keep the thread going: it ends when the core has dropped them all.
        drop(self.orders);
        let (raised, files) = (Raised::default(), self.files.into_inner());
        if !files.is_empty() {
            static READ: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
            let read = READ.import(py, "dropoff._threads", "read")?;
            let orders = Orders { placed: Mutex::new(self.placed), files, raised: raised.clone() };
            start_thread(read, (orders,).into_pyobject(py)?)?;
        }
        Ok(raised)
    }
}

/// Starts a daemon thread of Python's own. `_thread.start_new_thread` is C: it runs no Python code on this
/// thread, which may be one that Python is about to end.
pub(crate) fn start_thread<'py>(
    function: &Bound<'py, PyAny>,
    arguments: Bound<'py, PyTuple>,
) -> PyResult<()> {
    static START: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let start = START.import(function.py(), "_thread", "start_new_thread")?;
    start.call1((function, arguments)).map(drop)
}

/// What the core reads from.
pub(crate) struct Reader {
    at: usize,
    orders: Sender<Placed>,
}

impl Read for Reader {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let gone = || io::Error::other("the thread that reads it ended");
        let (reply, filled) = channel();
        self.orders.send(Placed { at: self.at, size: into.len(), reply }).map_err(|_| gone())?;
        let data = filled.recv().map_err(|_| gone())??;
        let Some(room) = into.get_mut(..data.len()) else {
            return Err(io::Error::other(format!("read() gave {} bytes, more than asked for", data.len())));
        };
        room.copy_from_slice(&data);
        Ok(data.len())
    }
}

/// The orders of one call, as they come; ends with the call.
#[pyclass(frozen)]
struct Orders {
    placed: Mutex<Receiver<Placed>>,
    files: Vec<Py<PyAny>>,
    raised: Raised,
}

#[pymethods]
impl Orders {
    fn __iter__(slf: Py<Self>) -> Py<Self> {
        slf
    }
    fn __next__(&self, py: Python<'_>) -> Option<Order> {
        let next = || self.placed.lock().unwrap_or_else(PoisonError::into_inner).recv().ok();
        let Placed { at, size, reply } = py.detach(next)?;
        let file = self.files.get(at)?.clone_ref(py);
        Some(Order { file, size, reply, raised: self.raised.clone() })
    }
}

/// One read to be done.
#[pyclass(frozen)]
struct Order {
    #[pyo3(get)]
    file: Py<PyAny>,
    #[pyo3(get)]
    size: usize,
    reply: Sender<io::Result<PyBackedBytes>>,
    raised: Raised,
}

#[pymethods]
impl Order {
    /// Hands over what `read` gave. After a cancel there is nobody left who wants it.
    fn fill(&self, chunk: &Bound<'_, PyAny>) -> PyResult<()> {
        let bytes = as_bytes(chunk)?;
        let _ = self.reply.send(Ok(bytes.into()));
        Ok(())
    }

    /// Hands over what `read` raised.
    fn fail(&self, error: &Bound<'_, PyBaseException>) {
        self.raised.keep(error);
        let text = PyErr::from_value(error.clone().into_any()).to_string();
        let _ = self.reply.send(Err(io::Error::other(text)));
    }
}

fn as_bytes<'py>(chunk: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyBytes>> {
    let wrong = |what: &str| Err(PyTypeError::new_err(format!("read() gave {what}")));
    if let Ok(bytes) = chunk.cast::<PyBytes>() {
        return Ok(bytes.clone());
    }
    if chunk.is_none() {
        return wrong("None: the file is in non-blocking mode");
    }
    if chunk.is_instance_of::<PyString>() {
        return wrong("text; open the file in binary mode");
    }
    match PyMemoryView::from(chunk) {
        Ok(view) => Ok(view.call_method0("tobytes")?.cast_into()?),
        Err(_) => wrong(&format!("{}, not bytes", chunk.get_type())),
    }
}
