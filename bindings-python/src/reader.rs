//! A Python file object as a stream.
//!
//! The core reads on a thread of its own, which must not enter the interpreter: while that shuts
//! down, CPython ends every other thread that wants in by unwinding its stack, and unwinding through
//! Rust aborts the process. So the core's thread places an order and waits, and a daemon thread of
//! Python's own (`dropoff/_threads.py`) fills it.

use std::cell::RefCell;
use std::io::{self, Read, Seek, SeekFrom};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::task::Waker;
use std::time::Duration;

use dropoff::Error;
use pyo3::exceptions::{PyBaseException, PyRuntimeError, PyTypeError};
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBytes, PyList, PyMemoryView, PyModule, PyString, PyTuple};

use crate::call_context;
use crate::errors::{Failure, bad_argument, exception};
use crate::inputs;
use crate::job::AnyJob;
use crate::loop_waker::{LoopWaker, WakeRequest};

/// An exception that Python code raised on another thread, kept for the one that waits.
#[derive(Default)]
pub(crate) struct Raised(Arc<Mutex<Option<Py<PyBaseException>>>>);

/// The same for the thread that raises it. It keeps nothing: letting go of an exception may run code of the
/// caller's, by way of the frames that it came through, and on that thread no frame of ours may be below.
pub(crate) struct RaisedElsewhere(Weak<Mutex<Option<Py<PyBaseException>>>>);

impl RaisedElsewhere {
    /// The first one counts. If nobody waits any more, there is nobody to keep it for.
    pub(crate) fn keep(&self, error: &Bound<'_, PyBaseException>) {
        if let Some(kept) = self.0.upgrade() {
            let error = error.clone().unbind();
            kept.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
        }
    }
}

impl Raised {
    pub(crate) fn elsewhere(&self) -> RaisedElsewhere {
        RaisedElsewhere(Arc::downgrade(&self.0))
    }
    pub(crate) fn get(&self, py: Python<'_>) -> Option<PyErr> {
        let held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.as_ref().map(|e| PyErr::from_value(e.bind(py).clone().into_any()))
    }

    /// For the garbage collector.
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
    orders: Sender<PlacedOrder>,
    placed: Receiver<PlacedOrder>,
    waker: SharedWaker,
    files: RefCell<Vec<StreamFile>>,
}

/// A stream as it was given, and the file object that reads it.
struct StreamFile {
    given: Py<PyAny>,
    file: Py<PyAny>,
}

/// Who wants to know that an order was placed, or that none will come any more. A thread waits for the orders
/// themselves, a greenlet is woken.
type SharedWaker = Arc<Mutex<Option<Waker>>>;

/// What the core waits for.
struct PlacedOrder {
    /// Which of the file objects.
    at: usize,
    kind: OrderKind,
    reply: Sender<io::Result<Reply>>,
}

#[derive(Clone, Copy)]
enum OrderKind {
    Read(usize),
    /// Where it stands.
    Position,
    /// That it stands there again.
    SeekTo(u64),
}

enum Reply {
    Read(PyBackedBytes),
    /// `None` if it cannot seek.
    At(Option<u64>),
}

impl Streams {
    pub(crate) fn new() -> Self {
        let (orders, placed) = channel();
        Self { orders, placed, waker: SharedWaker::default(), files: RefCell::default() }
    }

    /// One more stream, read by `file`. The same one twice would be empty the second time.
    pub(crate) fn reader(&self, given: &Bound<'_, PyAny>, file: Bound<'_, PyAny>) -> Result<Reader, Failure> {
        let mut files = self.files.borrow_mut();
        if files.iter().any(|seen| seen.given.is(given)) {
            return Err(bad_argument(
                "the same file object is given twice, and a stream can be read only once; give its bytes or open it twice",
            ));
        }
        files.push(StreamFile { given: given.clone().unbind(), file: file.unbind() });
        let orders = Some(self.orders.clone());
        Ok(Reader { at: files.len() - 1, orders, waker: Arc::clone(&self.waker) })
    }

    /// Starts the thread that reads them for `job`, if there are any; tells where it leaves what they raise.
    pub(crate) fn start(self, py: Python<'_>, job: &Arc<AnyJob>) -> PyResult<Raised> {
        // The readers alone keep the thread going: it ends when the core has dropped them all.
        drop(self.orders);
        let streams = self.files.into_inner();
        let raised = Raised::default();
        if streams.is_empty() {
            return Ok(raised);
        }
        let call = Py::new(py, CallEnd(Arc::clone(job)))?;
        let files = PyList::empty(py);
        for StreamFile { given, file } in streams {
            let file = file.into_bound(py);
            if !file.is(&given) {
                file.setattr("_call", &call)?;
            }
            files.append(file)?;
        }
        let orders = Orders {
            placed: Mutex::new(self.placed),
            waker: self.waker,
            files: files.unbind(),
            job: Arc::clone(job),
            raised: raised.elsewhere(),
            over: AtomicBool::new(false),
        };
        static READ: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
        let read = READ.import(py, "dropoff._threads", "read")?;
        start_thread(call_context::copied(py)?, read, (orders,).into_pyobject(py)?)?;
        Ok(raised)
    }
}

/// Starts a daemon thread of Python's own. `_thread.start_new_thread` is C: it runs no Python code on this
/// thread, which may be one that Python is about to end. Where it has been replaced by Python code, that is
/// gevent's or eventlet's, and `dropoff/_green.py` knows what to start. It runs in `context`.
pub(crate) fn start_thread<'py>(
    context: Bound<'py, PyAny>,
    function: &Bound<'py, PyAny>,
    arguments: Bound<'py, PyTuple>,
) -> PyResult<()> {
    static THREAD: PyOnceLock<Py<PyModule>> = PyOnceLock::new();
    let py = function.py();
    let module = THREAD.get_or_try_init(py, || py.import("_thread").map(Bound::unbind))?.bind(py);
    // Each time, since it may be replaced at any time.
    let start = module.getattr("start_new_thread")?;
    if !is_green(py) {
        let mut all = vec![function.clone()];
        all.extend(arguments);
        let run = (context.getattr("run")?, PyTuple::new(py, all)?);
        return start.call1(run).map(drop).map_err(|e| without_room(py, e));
    }
    static GREEN: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let started = GREEN.import(py, "dropoff._green", "start")?.call1((function, arguments));
    let started = started.map_err(|e| without_room(py, e))?;
    if started.is_truthy()? {
        return Ok(());
    }
    Err(bad_argument(
        "no thread can be started here, since gevent or eventlet replaced threads and kept no original; make this call where its hub runs",
    )
    .into())
}

/// Whether gevent or eventlet has replaced threads, locks or sockets of this process.
pub(crate) fn is_green(py: Python<'_>) -> bool {
    let green = || -> PyResult<bool> {
        let modules = inputs::modules(py)?;
        if !modules.contains("gevent.monkey")? && !modules.contains("eventlet.patcher")? {
            return Ok(false);
        }
        py.import("dropoff._green")?.call_method0("is_patched")?.is_truthy()
    };
    green().unwrap_or(false)
}

/// Python has one class, and these words, for a thread that the operating system refused; it keeps the number
/// to itself.
fn without_room(py: Python<'_>, raised: PyErr) -> PyErr {
    let refused = raised.is_instance_of::<PyRuntimeError>(py)
        && raised.value(py).to_string().contains("can't start new thread");
    if !refused {
        return raised;
    }
    exception(py, &Error::no_more_threads())
}

/// What the core reads from.
pub(crate) struct Reader {
    at: usize,
    /// `None` once it is dropped.
    orders: Option<Sender<PlacedOrder>>,
    waker: SharedWaker,
}

impl Reader {
    fn order(&self, kind: OrderKind) -> io::Result<Reply> {
        let gone = || io::Error::other("the thread that reads it ended");
        let (reply, filled) = channel();
        let orders = self.orders.as_ref().ok_or_else(gone)?;
        orders.send(PlacedOrder { at: self.at, kind, reply }).map_err(|_| gone())?;
        self.notify();
        filled.recv().map_err(|_| gone())?
    }

    fn notify(&self) {
        if let Some(waker) = &*self.waker.lock().unwrap_or_else(PoisonError::into_inner) {
            waker.wake_by_ref();
        }
    }
}

impl Read for Reader {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let Reply::Read(data) = self.order(OrderKind::Read(into.len()))? else {
            return Err(io::Error::other("a read was answered with a place"));
        };
        let Some(room) = into.get_mut(..data.len()) else {
            return Err(io::Error::other(format!("read() gave {} bytes, more than asked for", data.len())));
        };
        room.copy_from_slice(&data);
        Ok(data.len())
    }
}

impl Seek for Reader {
    /// Where it stands, and back to there: what the core needs.
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let kind = match to {
            SeekFrom::Current(0) => OrderKind::Position,
            SeekFrom::Start(at) => OrderKind::SeekTo(at),
            _ => return Err(io::ErrorKind::Unsupported.into()),
        };
        match self.order(kind)? {
            Reply::At(Some(at)) => Ok(at),
            _ => Err(io::ErrorKind::Unsupported.into()),
        }
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.orders = None;
        self.notify();
    }
}

/// The end of the call that reads a source, for those of `dropoff/_sources.py`.
#[pyclass(frozen)]
struct CallEnd(Arc<AnyJob>);

#[pymethods]
impl CallEnd {
    fn done(&self) -> bool {
        self.0.wait_timeout(Duration::ZERO).is_some()
    }
    fn _notify(&self, loop_waker: &LoopWaker, token: u64) -> WakeRequest {
        WakeRequest::new(self.0.wake_when_over(&loop_waker.waker(token)))
    }
}

/// The orders of one call, as they come; ends with the call.
#[pyclass(frozen)]
struct Orders {
    placed: Mutex<Receiver<PlacedOrder>>,
    waker: SharedWaker,
    /// Emptied by whoever reads them: what lets go of the last one may run code of the caller's.
    #[pyo3(get)]
    files: Py<PyList>,
    job: Arc<AnyJob>,
    raised: RaisedElsewhere,
    over: AtomicBool,
}

impl Orders {
    fn order(&self, py: Python<'_>, placed: PlacedOrder) -> Option<Order> {
        let PlacedOrder { at, kind, reply } = placed;
        let file = self.files.bind(py).get_item(at).ok()?.unbind();
        let (size, back_to) = match kind {
            OrderKind::Read(size) => (Some(size), None),
            OrderKind::Position => (None, None),
            OrderKind::SeekTo(at) => (None, Some(at)),
        };
        let raised = RaisedElsewhere(Weak::clone(&self.raised.0));
        Some(Order { file, size, back_to, reply, job: Arc::clone(&self.job), raised })
    }
}

#[pymethods]
impl Orders {
    fn __iter__(slf: Py<Self>) -> Py<Self> {
        slf
    }
    fn __next__(&self, py: Python<'_>) -> Option<Order> {
        let next = || self.placed.lock().unwrap_or_else(PoisonError::into_inner).recv().ok();
        self.order(py, py.detach(next)?)
    }

    /// The next one, if it is here; for a greenlet, as the two below.
    fn poll(&self, py: Python<'_>) -> Option<Order> {
        let next = self.placed.lock().unwrap_or_else(PoisonError::into_inner).try_recv();
        self.over.store(matches!(next, Err(TryRecvError::Disconnected)), Relaxed);
        self.order(py, next.ok()?)
    }
    /// Whether none will come any more.
    fn done(&self) -> bool {
        self.over.load(Relaxed)
    }
    /// Wakes the loop for every order and at the end.
    fn _notify(&self, loop_waker: &LoopWaker, token: u64) {
        let waker = loop_waker.waker(token);
        waker.wake_by_ref();
        *self.waker.lock().unwrap_or_else(PoisonError::into_inner) = Some(waker);
    }
}

/// One of them.
#[pyclass(frozen)]
struct Order {
    #[pyo3(get)]
    file: Py<PyAny>,
    /// How much to read, if that is what is wanted.
    #[pyo3(get)]
    size: Option<usize>,
    /// Where to set it back to. With neither of the two it is to say where it stands.
    #[pyo3(get)]
    back_to: Option<u64>,
    reply: Sender<io::Result<Reply>>,
    job: Arc<AnyJob>,
    raised: RaisedElsewhere,
}

#[pymethods]
impl Order {
    /// Hands over what `read` gave. After a cancel there is nobody left who wants it.
    fn fill(&self, chunk: &Bound<'_, PyAny>) -> PyResult<()> {
        let bytes = as_bytes(chunk)?;
        let _ = self.reply.send(Ok(Reply::Read(bytes.into())));
        Ok(())
    }

    /// Hands over where it stands; nowhere in particular if it cannot seek.
    fn stands(&self, at: Option<u64>) {
        let _ = self.reply.send(Ok(Reply::At(at)));
    }

    /// Hands over what `read` raised. After the end of the call that is no cause of anything.
    fn fail(&self, error: &Bound<'_, PyBaseException>) {
        if self.job.wait_timeout(Duration::ZERO).is_none() {
            self.raised.keep(error);
        }
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
