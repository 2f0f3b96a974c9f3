//! The core's events, for the logger `dropoff` of Python's `logging`.
//!
//! The core tells them on its own threads, which must not enter the interpreter (see `reader`), so they
//! wait in a queue for a daemon thread of Python's own (`dropoff/_threads.py`), started when the logger
//! first wants any. A call that ends waits until that thread has handled the records so far; so handlers
//! run on one thread, in order, and none above a frame of ours.
//!
//! Under gevent and eventlet there is no such thread, since a handler's locks are a hub's: whoever waits for
//! a call takes the records (`dropoff/_green.py`).

use std::collections::{HashSet, VecDeque};
use std::sync::atomic::{AtomicU8, Ordering::Relaxed};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::Waker;
use std::thread::{self, ThreadId};
use std::time::{Duration, Instant};

use dropoff::logs::{LogLevel, LogRecord, forward};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyList};

use crate::call_context;
use crate::inputs;
use crate::job::AnyJob;
use crate::loop_waker::LoopWaker;
use crate::reader::{is_green, start_thread};
use crate::wait::{LOG_DRAIN_LIMIT, POLL_INTERVAL};

/// How many records may wait; what comes then is counted and dropped.
const QUEUE_LIMIT: usize = 4096;
/// What the core knows, the most talkative first, with the numbers of `logging`.
const LEVELS: [(LogLevel, i64); 3] = [(LogLevel::Debug, 10), (LogLevel::Info, 20), (LogLevel::Warn, 30)];

/// The queue of one process. A lock that another thread holds at the moment of a fork stays locked for
/// ever in the child, so a child makes a queue of its own and leaves this one alone; finding it takes no
/// lock.
struct Generation {
    pid: u32,
    queue: Arc<Queue>,
    next: OnceLock<Box<Generation>>,
}

/// The first that was made, which leads to the others.
static FIRST: OnceLock<Box<Generation>> = OnceLock::new();
/// The level that the core forwards, as last told; 0 is none.
static FORWARDED: AtomicU8 = AtomicU8::new(0);

fn queue() -> Option<&'static Arc<Queue>> {
    let pid = std::process::id();
    let mut slot = &FIRST;
    while let Some(generation) = slot.get() {
        if generation.pid == pid {
            return Some(&generation.queue);
        }
        slot = &generation.next;
    }
    None
}

/// Only with the interpreter lock held, so that no fork comes in the middle.
fn queue_made(_: Python<'_>) -> &'static Arc<Queue> {
    let pid = std::process::id();
    let mut slot = &FIRST;
    loop {
        let made = || Box::new(Generation { pid, queue: Arc::default(), next: OnceLock::new() });
        let generation = slot.get_or_init(made);
        if generation.pid == pid {
            return &generation.queue;
        }
        slot = &generation.next;
    }
}

#[derive(Default)]
struct Queue {
    state: Mutex<QueueState>,
    /// There is something to handle.
    filled: Condvar,
    /// Something was handled.
    emptied: Condvar,
}

#[derive(Default)]
struct QueueState {
    waiting: VecDeque<Item>,
    /// How many were ever queued, taken, and handled.
    queued: u64,
    taken: u64,
    handled: u64,
    /// The call that the record taken last is about, if its context may not have been looked up yet.
    taken_of: Option<u64>,
    /// Who wants to know when so many are handled.
    wakers: Vec<(u64, Waker)>,
    /// Whether the thread was started, and which it is once it runs.
    started: bool,
    thread: Option<ThreadId>,
    /// No thread: those who wait take the records.
    shared: bool,
}

enum Item {
    Record(LogRecord),
    /// So many were lost here.
    Dropped(u64),
}

impl Queue {
    fn state(&self) -> MutexGuard<'_, QueueState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, record: LogRecord) {
        let mut state = self.state();
        let full = state.waiting.len() >= QUEUE_LIMIT;
        if let (true, Some(Item::Dropped(count))) = (full, state.waiting.back_mut()) {
            *count += 1;
            return;
        }
        state.waiting.push_back(if full { Item::Dropped(1) } else { Item::Record(record) });
        state.queued += 1;
        self.filled.notify_one();
    }

    /// Those taken so far are handled; waits for the next one.
    fn take(&self) -> Option<Item> {
        let mut state = self.state();
        state.thread = Some(thread::current().id());
        state.handled = state.taken;
        state.taken_of = None;
        self.emptied.notify_all();
        let handled = state.handled;
        for (_, waker) in state.wakers.extract_if(.., |(upto, _)| *upto <= handled) {
            waker.wake();
        }
        while !state.shared {
            if let Some(item) = state.waiting.pop_front() {
                state.taken += 1;
                state.taken_of = item.job();
                return Some(item);
            }
            state = self.filled.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        None
    }

    /// The next one, for those who wait for calls themselves; none after `upto`.
    fn take_shared(&self, upto: u64) -> Option<Item> {
        let mut state = self.state();
        let item = if state.taken < upto { state.waiting.pop_front() } else { None };
        state.taken += u64::from(item.is_some());
        item
    }

    /// The calls whose records are still to be handled.
    fn calls(&self) -> HashSet<u64> {
        let state = self.state();
        state.waiting.iter().filter_map(Item::job).chain(state.taken_of).collect()
    }

    /// Whether all so far are handled, or at least taken.
    fn is_idle(&self) -> bool {
        let state = self.state();
        state.queued == if state.shared { state.taken } else { state.handled }
    }

    /// Waits until so many are handled, and tells how many are.
    fn handled(&self, upto: u64, limit: Duration) -> u64 {
        let state = self.state();
        let wait = self.emptied.wait_timeout_while(state, limit, |s| s.handled < upto);
        wait.unwrap_or_else(PoisonError::into_inner).0.handled
    }

    /// How many the caller has to wait for. A handler that calls this package cannot wait for itself.
    fn owed(&self) -> Option<u64> {
        let state = self.state();
        let wait =
            !state.shared && state.handled < state.queued && state.thread != Some(thread::current().id());
        wait.then_some(state.queued)
    }
}

/// What the core calls, on any of its threads.
fn sink(record: LogRecord) {
    if let Some(queue) = queue() {
        queue.push(record);
    }
}

/// Lets the core tell what the logger `dropoff` wants by now. Called wherever a job is made; clients are
/// silent.
pub(crate) fn follow(py: Python<'_>) {
    // Nothing about logging may keep a call from being made.
    let least = wanted(py).unwrap_or_default().filter(|_| thread_runs(py));
    let number = least.map_or(0, |level| level as u8);
    if FORWARDED.swap(number, Relaxed) != number {
        // False would mean that somebody else in this library listens already, and nobody does.
        let _ = forward(least, sink);
    }
}

/// Lets the records of a call that was just made be handled in its caller's context. The interpreter lock is
/// held since then, so none of them was.
pub(crate) fn remember_context(py: Python<'_>, job: &Arc<AnyJob>) -> PyResult<()> {
    if FORWARDED.load(Relaxed) == 0 {
        return Ok(());
    }
    call_context::remember(py, job)
}

/// Whether contexts are to be looked through: now nothing waits for a handler, or there are many of them.
/// Asked before a call is made, whose first records come at once.
pub(crate) fn contexts_may_go(py: Python<'_>) -> bool {
    call_context::are_many(py) || queue().is_some_and(|queue| queue.is_idle())
}

/// The contexts of calls that are over, for Python code to let go of. Looked for where calls are made, since
/// with many calls and slow handlers the thread that handles records never finds their queue empty.
pub(crate) fn ended_contexts(py: Python<'_>) -> Vec<Py<PyAny>> {
    queue().map_or_else(Vec::new, |queue| call_context::take_ended(py, || queue.calls()))
}

/// The least of the core's levels that somebody gets to see. It reads what `Logger.isEnabledFor` and
/// `getEffectiveLevel` read, but calls neither, since they are Python code. A program that
/// has not imported `logging` does not listen.
fn wanted(py: Python<'_>) -> PyResult<Option<LogLevel>> {
    let Some(logging) = inputs::modules(py)?.get_item("logging")? else { return Ok(None) };
    let root = logging.getattr("root")?;
    let manager = root.getattr("manager")?;
    // One that nobody asked for yet has the level of the root; so has the placeholder of a child of it.
    let named = manager.getattr("loggerDict")?.cast_into::<PyDict>()?.get_item("dropoff")?;
    let mut logger = named.filter(|l| l.hasattr("level").unwrap_or(false)).unwrap_or(root);
    if logger.getattr("disabled")?.is_truthy()? || !reaches_a_handler(&logging, &logger)? {
        return Ok(None);
    }
    let mut effective: i64 = logger.getattr("level")?.extract()?;
    while effective == 0 {
        logger = logger.getattr("parent")?;
        if logger.is_none() {
            break;
        }
        effective = logger.getattr("level")?.extract()?;
    }
    // What `logging.disable` set.
    let disabled: i64 = manager.getattr("_disable").and_then(|d| d.extract()).unwrap_or(0);
    let enabled = |number| number >= effective && number > disabled;
    Ok(LEVELS.into_iter().find(|(_, number)| enabled(*number)).map(|(level, _)| level))
}

/// Whether the logger's records reach a handler that does something. A program that imported `logging` by way
/// of asyncio, say, and never set it up, hears nothing of a library.
fn reaches_a_handler(logging: &Bound<'_, PyAny>, logger: &Bound<'_, PyAny>) -> PyResult<bool> {
    // Error reporters put a function of their own in its place.
    if !logger.getattr("callHandlers")?.getattr("__module__")?.eq("logging")? {
        return Ok(true);
    }
    let null = logging.getattr("NullHandler")?;
    let mut logger = logger.clone();
    loop {
        for handler in logger.getattr("handlers")?.cast_into::<PyList>()? {
            if !handler.get_type().is(&null) {
                return Ok(true);
            }
        }
        if !logger.getattr("propagate")?.is_truthy()? {
            return Ok(false);
        }
        logger = logger.getattr("parent")?;
        if logger.is_none() {
            return Ok(false);
        }
    }
}

/// Whether the thread that handles records runs, started now if it did not.
fn thread_runs(py: Python<'_>) -> bool {
    let queue = queue_made(py);
    if is_green(py) {
        queue.state().shared = true;
        // One that was started before has no more to do.
        queue.filled.notify_all();
        return true;
    }
    if std::mem::replace(&mut queue.state().started, true) {
        return true;
    }
    static LOG: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let started = LOG.import(py, "dropoff._threads", "log").and_then(|log| {
        let records = (Records(Arc::clone(queue)),).into_pyobject(py)?;
        start_thread(call_context::empty(py)?, log, records)
    });
    if started.is_err() {
        // A process that is full, or that ends. The next call tries again.
        queue.state().started = false;
    }
    started.is_ok()
}

/// The records as they come; does not end while there is a thread for them.
#[pyclass(frozen)]
struct Records(Arc<Queue>);

#[pymethods]
impl Records {
    fn __iter__(slf: Py<Self>) -> Py<Self> {
        slf
    }
    fn __next__(&self, py: Python<'_>) -> Option<ToldRecord> {
        py.detach(|| self.0.take()).map(|item| item.told(py))
    }

    /// The contexts that are needed no more, once no record waits; for Python code to let go of.
    fn ended(&self, py: Python<'_>) -> Vec<Py<PyAny>> {
        if self.0.state().waiting.is_empty() {
            return call_context::take_ended(py, || self.0.calls());
        }
        Vec::new()
    }
}

/// The level's number in `logging`, the text, the numbers of the job and of the attempt, and the caller's
/// context.
type ToldRecord = (i64, String, Option<u64>, Option<u32>, Option<Py<PyAny>>);

impl Item {
    /// The call that it is about.
    fn job(&self) -> Option<u64> {
        match self {
            Self::Record(record) => record.job,
            Self::Dropped(_) => None,
        }
    }

    fn told(self, py: Python<'_>) -> ToldRecord {
        let LogRecord { level, message, job, attempt } = match self {
            Self::Record(record) => record,
            Self::Dropped(count) => LogRecord {
                level: LogLevel::Warn,
                message: format!("{count} records were dropped here, since handlers are too slow"),
                job: None,
                attempt: None,
            },
        };
        let number = LEVELS.into_iter().find(|(known, _)| *known == level).map_or(30, |(_, number)| number);
        (number, message, job, attempt, call_context::of(py, job))
    }
}

/// Up to which record those who wait have to take them; `None` if nobody wants any, or a thread takes them.
#[pyfunction]
pub(crate) fn _records_queued() -> Option<u64> {
    let queue = queue().filter(|_| FORWARDED.load(Relaxed) != 0)?;
    let state = queue.state();
    state.shared.then_some(state.queued)
}

/// The next record up to there.
#[pyfunction]
pub(crate) fn _records_take(py: Python<'_>, upto: u64) -> Option<ToldRecord> {
    queue()?.take_shared(upto).map(|item| item.told(py))
}

/// Waits until the records so far are handled, and for ones that stand still no longer than
/// `LOG_DRAIN_LIMIT`: their handler may be waiting for this very thread.
pub(crate) fn settle(py: Python<'_>, interrupted: impl Fn() -> PyResult<()>) -> PyResult<()> {
    let Some(queue) = queue() else { return Ok(()) };
    let Some(upto) = queue.owed() else { return Ok(()) };
    let (mut handled, mut moved) = (0, Instant::now());
    while handled < upto && moved.elapsed() < LOG_DRAIN_LIMIT {
        let now = py.detach(|| queue.handled(upto, POLL_INTERVAL));
        if now > handled {
            (handled, moved) = (now, Instant::now());
        }
        interrupted()?;
    }
    Ok(())
}

/// The same, for a thread that tells of the end of calls.
#[pyfunction]
pub(crate) fn _records_settle(py: Python<'_>) {
    let _ = settle(py, || Ok(()));
}

/// Up to which record an event loop has to wait, if it has to.
#[pyfunction]
pub(crate) fn _records_owed() -> Option<u64> {
    queue()?.owed()
}

/// How many records are handled. When it is `upto` or more, the loop is woken with `token`.
#[pyfunction]
pub(crate) fn _records_handled(upto: u64, loop_waker: &LoopWaker, token: u64) -> u64 {
    let Some(queue) = queue() else { return upto };
    let mut state = queue.state();
    if state.handled < upto {
        state.wakers.push((upto, loop_waker.waker(token)));
    }
    state.handled
}
