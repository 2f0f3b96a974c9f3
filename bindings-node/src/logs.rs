//! Logs: from the core's threads into queues, from where JavaScript takes them. Nothing here calls
//! JavaScript, so nothing can wait for it, keep the program alive or outlive its environment.
//!
//! A callback is fed from a queue of its environment. What `NODE_DEBUG` asks for is printed once, however
//! many environments print, so for that there is one queue, and the first of them to look takes what is
//! there.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use dropoff::Error;
use dropoff::logs::{self, LogLevel, LogRecord};
use napi::{Either, Env};
use napi_derive::napi;

use crate::errors::{Failed, guarded, refused};
use crate::teardown;

/// The most a queue holds. JavaScript looks every 100 ms, so it fills up only where a thread is busy for
/// long.
const QUEUE_LIMIT: usize = 10_000;

/// One line of the log.
#[napi(object, object_from_js = false)]
pub struct LogLine {
    /// `warn`, `info` or `debug`.
    pub level: &'static str,
    /// What happened.
    pub message: String,
}

/// Records that wait for JavaScript.
pub(crate) struct Queue {
    least: LogLevel,
    waiting: Mutex<WaitingRecords>,
}

#[derive(Default)]
struct WaitingRecords {
    records: VecDeque<LogRecord>,
    lost: u64,
}

/// What an environment listens to. Dropped with it.
#[derive(Default)]
pub(crate) struct LogListeners {
    callback: RefCell<Option<Arc<Queue>>>,
    printed: RefCell<Option<Arc<Queue>>>,
}

/// Those that somebody listens to; the lock also keeps the level told to the core in step.
static QUEUES: Mutex<Queues> = Mutex::new(Queues { all: Vec::new(), printed: Weak::new() });

struct Queues {
    all: Vec<Weak<Queue>>,
    printed: Weak<Queue>,
}

impl Queues {
    fn lock() -> MutexGuard<'static, Self> {
        QUEUES.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&mut self, least: LogLevel) -> Arc<Queue> {
        let queue = Arc::new(Queue { least, waiting: Mutex::default() });
        self.all.push(Arc::downgrade(&queue));
        queue
    }

    /// Forgets queues that are gone and tells the core what is still wanted.
    fn settle(&mut self) -> Result<(), Error> {
        self.all.retain(|queue| queue.strong_count() > 0);
        let least = self.all.iter().filter_map(Weak::upgrade).map(|queue| queue.least).max();
        match logs::forward(least, sink) {
            true => Ok(()),
            false => Err(Error::internal("the logs go elsewhere already")),
        }
    }
}

/// On a thread of the core, in the middle of its work.
fn sink(record: LogRecord) {
    let queues: Vec<_> = Queues::lock().all.iter().filter_map(Weak::upgrade).collect();
    for queue in queues {
        if record.level <= queue.least {
            queue.lock().add(record.clone());
        }
    }
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, WaitingRecords> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self) -> Vec<LogLine> {
        let WaitingRecords { records, lost } = std::mem::take(&mut *self.lock());
        let gap = (lost > 0).then(|| LogLine {
            level: LogLevel::Warn.as_str(),
            message: format!("{lost} records were dropped here, since this thread was too busy to take them"),
        });
        let line = |record: LogRecord| LogLine { level: record.level.as_str(), message: record.message };
        gap.into_iter().chain(records.into_iter().map(line)).collect()
    }
}

impl WaitingRecords {
    /// The oldest make room: how it ended says more than how it began.
    fn add(&mut self, record: LogRecord) {
        if self.records.len() == QUEUE_LIMIT {
            self.records.pop_front();
            self.lost += 1;
        }
        self.records.push_back(record);
    }
}

impl Drop for LogListeners {
    fn drop(&mut self) {
        if self.callback.get_mut().is_none() && self.printed.get_mut().is_none() {
            return;
        }
        let mut queues = Queues::lock();
        self.callback.take();
        self.printed.take();
        // It cannot be refused: these listeners were given the logs before.
        let _ = queues.settle();
    }
}

fn level(name: &str) -> Result<LogLevel, Error> {
    [LogLevel::Warn, LogLevel::Info, LogLevel::Debug]
        .into_iter()
        .find(|level| level.as_str() == name)
        .ok_or_else(|| Error::bad_argument("level must be \"warn\", \"info\" or \"debug\""))
}

/// Collects records of at least this level for this environment, in place of those collected so far; or
/// none any more.
#[napi]
pub fn listen_to_logs(env: &Env, listen: bool, least: String) -> Either<(), Failed> {
    guarded(|| {
        let least = Some(level(&least)?).filter(|_| listen);
        let teardown = teardown::of(env).map_err(|e| refused(&e))?;
        let mut queues = Queues::lock();
        teardown.log_listeners.callback.replace(least.map(|least| queues.add(least)));
        queues.settle()
    })
}

/// Collects every record, to be printed by this environment or another that does the same.
#[napi]
pub fn print_logs(env: &Env) -> Either<(), Failed> {
    guarded(|| {
        let teardown = teardown::of(env).map_err(|e| refused(&e))?;
        let mut queues = Queues::lock();
        let shared = queues.printed.upgrade().unwrap_or_else(|| queues.add(LogLevel::Debug));
        queues.printed = Arc::downgrade(&shared);
        teardown.log_listeners.printed.replace(Some(shared));
        queues.settle()
    })
}

/// What was collected for this environment's callback since the last time.
#[napi(catch_unwind)]
pub fn take_logs(env: &Env) -> napi::Result<Vec<LogLine>> {
    let teardown = teardown::of(env)?;
    let queue = teardown.log_listeners.callback.borrow().clone();
    Ok(queue.map(|queue| queue.take()).unwrap_or_default())
}

/// What was collected to be printed, unless another environment took it.
#[napi(catch_unwind)]
pub fn take_printed_logs(env: &Env) -> napi::Result<Vec<LogLine>> {
    let teardown = teardown::of(env)?;
    let queue = teardown.log_listeners.printed.borrow().clone();
    Ok(queue.map(|queue| queue.take()).unwrap_or_default())
}
