//! Logs
//!
//! What dropoff does, a line at a time: each request and answer, what is tried again and why, how each job
//! ended. One callback of the process is told, on a thread that does nothing else. No line holds a secret: no
//! key, no URL's query, no form field.
//!
//!     static void show(dropoff_log_level level, const char *message, void *user_data) {
//!         fprintf((FILE *)user_data, "%d %s\n", (int)level, message);
//!     }
//!
//!     dropoff_log_set(DROPOFF_LOG_DEBUG, show, stderr, NULL, &error);
//!     ...
//!     dropoff_log_set(DROPOFF_LOG_NONE, NULL, NULL, NULL, NULL); // tells what still waits

use std::ffi::{c_char, c_int, c_void};
use std::mem::{self, MaybeUninit};
use std::ptr;
use std::sync::Arc;
use std::sync::atomic::{AtomicPtr, AtomicU64, Ordering::Relaxed, Ordering::SeqCst};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

use arc_swap::ArcSwapOption;
use dropoff::logs::{self, LogLevel, LogRecord};
use dropoff::{Error, Result};

use crate::callback::{UserData, dropoff_finalizer};
use crate::callback_state::{CallbackEnd, CallbackState};
use crate::error::{dropoff_error, dropoff_status};
use crate::guard;
use crate::handle::needed;
use crate::sys;
use crate::text::Text;

/// How much a log line matters.
///
/// Threads: a plain number.
#[repr(C)]
#[derive(Clone, Copy)]
pub enum dropoff_log_level {
    /// Nothing is told.
    DROPOFF_LOG_NONE = 0,
    /// Something is lost or about to be, such as a ticket that had to be replaced.
    DROPOFF_LOG_WARN = 1,
    /// What one may want to know afterwards, such as a request that was tried again; and the above.
    DROPOFF_LOG_INFO = 2,
    /// Each step and each attempt; and the above.
    DROPOFF_LOG_DEBUG = 3,
}

/// Is told one log line: what happened, then its facts as name=value. `message` has no newline and is valid
/// until the callback returns.
///
/// Threads: it is called on a thread of dropoff's own, one line after the other. It holds no transfer up: up
/// to 1024 lines wait for it, those beyond are dropped, and a line at DROPOFF_LOG_WARN says how many. It may
/// use dropoff, dropoff_log_set included; what dropoff does for it is logged as well.
pub type dropoff_log_fn =
    Option<unsafe extern "C" fn(level: dropoff_log_level, message: *const c_char, user_data: *mut c_void)>;

type LogFn = unsafe extern "C" fn(level: dropoff_log_level, message: *const c_char, user_data: *mut c_void);

/// Lines that wait for a callback that is slow.
const QUEUE_LIMIT: usize = 1024;

/// Who is told now.
static CURRENT_LOGGER: ArcSwapOption<Logger> = ArcSwapOption::const_empty();

/// A callback and the way to its thread. Dropping it ends the thread, once that has told what waits.
struct Logger {
    /// A fork copies no threads: the child's lines need a thread of its own.
    pid: u32,
    level: LogLevel,
    function: LogFn,
    user_data: Arc<SharedUserData>,
    lines: SyncSender<LogRecord>,
    dropped: Arc<AtomicU64>,
    callback_state: Arc<CallbackState>,
}

/// User data that is taken once, without a lock: one that another thread held at a fork stays locked in the
/// child.
struct SharedUserData {
    pointer: AtomicPtr<c_void>,
    owned: AtomicPtr<UserData>,
}

impl SharedUserData {
    fn new(user_data: UserData) -> Self {
        let pointer = AtomicPtr::new(user_data.pointer());
        Self { pointer, owned: AtomicPtr::new(Box::into_raw(Box::new(user_data))) }
    }
    fn pointer(&self) -> *mut c_void {
        self.pointer.load(SeqCst)
    }
    fn take(&self) -> Option<UserData> {
        let owned = self.owned.swap(ptr::null_mut(), SeqCst);
        // SAFETY: it came from into_raw, and only one swap sees it.
        (!owned.is_null()).then(|| *unsafe { Box::from_raw(owned) })
    }
}

impl Drop for SharedUserData {
    fn drop(&mut self) {
        drop(self.take());
    }
}

impl Logger {
    /// Starts a thread that tells `function`.
    fn start(level: LogLevel, function: LogFn, user_data: UserData) -> Result<Self> {
        let (lines, waiting) = sync_channel(QUEUE_LIMIT);
        let callback_state = Arc::new(CallbackState::new());
        let logger = Self {
            pid: std::process::id(),
            level,
            function,
            user_data: Arc::new(SharedUserData::new(user_data)),
            lines,
            dropped: Arc::default(),
            callback_state: Arc::clone(&callback_state),
        };
        let log_thread = LogThread {
            function,
            waiting,
            dropped: Arc::clone(&logger.dropped),
            user_data: Arc::clone(&logger.user_data),
            end: CallbackEnd(callback_state),
        };
        let thread = thread::Builder::new().name("dropoff-log".to_owned());
        sys::starting_threads(|| thread.spawn(move || log_thread.tell_all()))
            .map_err(|e| Error::no_thread(&e))?;
        Ok(logger)
    }

    /// Called in the middle of the core's work, so it waits for nothing.
    fn line(&self, record: LogRecord) {
        if record.level <= self.level && self.lines.try_send(record).is_err() {
            self.dropped.fetch_add(1, Relaxed);
        }
    }

    /// Gives the user data back, after what waits is told.
    fn end(logger: Arc<Self>) {
        if logger.pid != std::process::id() {
            // Its thread is the parent's, and so may be a lock in there.
            drop(logger.user_data.take());
            mem::forget(logger);
            return;
        }
        let callback_state = Arc::clone(&logger.callback_state);
        drop(logger);
        while !callback_state.over_within(Duration::from_millis(100)) {}
    }
}

/// The thread's side. Its fields go in this order: first the finalizer, then the end is told.
struct LogThread {
    function: LogFn,
    waiting: Receiver<LogRecord>,
    dropped: Arc<AtomicU64>,
    user_data: Arc<SharedUserData>,
    end: CallbackEnd,
}

impl LogThread {
    fn tell_all(self) {
        self.end.0.begin();
        for LogRecord { level, message, .. } in &self.waiting {
            self.tell(level, &message);
            // Lines are dropped only while others wait, so after each drop this is come by.
            let lost = self.dropped.swap(0, Relaxed);
            if lost > 0 {
                let lines = if lost == 1 { "1 log line was" } else { &format!("{lost} log lines were") };
                self.tell(LogLevel::Warn, &format!("{lines} dropped; let the log callback return sooner"));
            }
        }
        drop(self.user_data.take());
    }

    fn tell(&self, level: LogLevel, message: &str) {
        let level = match level {
            LogLevel::Warn => dropoff_log_level::DROPOFF_LOG_WARN,
            LogLevel::Info => dropoff_log_level::DROPOFF_LOG_INFO,
            LogLevel::Debug => dropoff_log_level::DROPOFF_LOG_DEBUG,
        };
        let message = Text::new(message);
        // SAFETY: the function C gave for this user_data, called from one thread; `message` outlives the
        // call.
        unsafe { (self.function)(level, message.as_ptr(), self.user_data.pointer()) };
    }
}

/// Who is told in this process. A forked child goes on with the parent's callback, on a thread of its own.
fn current() -> Option<Arc<Logger>> {
    let held = CURRENT_LOGGER.load_full()?;
    if held.pid == std::process::id() {
        return Some(held);
    }
    // None: another thread of the child does this just now, or the parent's had given it back.
    let user_data = held.user_data.take()?;
    let made = Arc::new(Logger::start(held.level, held.function, user_data).ok()?);
    // Dropping the parent's might wait for a lock that one of its threads held.
    mem::forget(Arc::clone(&held));
    CURRENT_LOGGER.compare_and_swap(&held, Some(Arc::clone(&made)));
    Some(made)
}

/// What the core calls.
fn line(record: LogRecord) {
    if let Some(logger) = current() {
        logger.line(record);
    }
}

/// Makes the core's level that of the callback, whoever else changes them at the same time. False if the
/// core's lines go elsewhere.
fn agree() -> bool {
    let wanted = || CURRENT_LOGGER.load().as_ref().map(|logger| logger.level);
    loop {
        let level = wanted();
        let ours = logs::forward(level, line);
        if wanted() == level {
            return ours;
        }
    }
}

fn level_of(number: c_int) -> Result<Option<LogLevel>> {
    const NONE: c_int = dropoff_log_level::DROPOFF_LOG_NONE as c_int;
    const WARN: c_int = dropoff_log_level::DROPOFF_LOG_WARN as c_int;
    const INFO: c_int = dropoff_log_level::DROPOFF_LOG_INFO as c_int;
    const DEBUG: c_int = dropoff_log_level::DROPOFF_LOG_DEBUG as c_int;
    match number {
        NONE => Ok(None),
        WARN => Ok(Some(LogLevel::Warn)),
        INFO => Ok(Some(LogLevel::Info)),
        DEBUG => Ok(Some(LogLevel::Debug)),
        _ => Err(Error::bad_argument(&format!("level is {number}; pass one of dropoff_log_level"))),
    }
}

/// Tells the lines of `level`, which is a dropoff_log_level, and those that matter more, to `callback`: from
/// now on, for the whole process, whichever part of it makes the calls, and instead of the callback before.
/// That one is told what still waits for it, then its finalizer is called, and then this returns; so hold no
/// lock that they take. Called by them, this does not wait for them. With DROPOFF_LOG_NONE nobody is told
/// from now on, and `callback` may be NULL. If this fails, the callback before stays.
///
/// Set DROPOFF_LOG_NONE before the process ends: lines that wait then are lost, and the callback may be
/// called until the very end. After fork() the child's lines go to its own copy of the callback and its
/// user_data.
///
/// May be NULL: user_data, finalizer.
/// Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dropoff_log_set(
    level: c_int,
    callback: dropoff_log_fn,
    user_data: *mut c_void,
    finalizer: dropoff_finalizer,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    let user_data = UserData::new(user_data, finalizer);
    guard::run(error, || {
        let made = match level_of(level)? {
            Some(level) => Some(Arc::new(Logger::start(level, needed!(callback)?, user_data)?)),
            None => None,
        };
        let before = CURRENT_LOGGER.swap(made);
        if !agree() {
            let elsewhere = "logs go to a tracing subscriber of this program already; ask that for them";
            CURRENT_LOGGER.swap(before).into_iter().for_each(Logger::end);
            return Err(Error::bad_argument(elsewhere));
        }
        before.into_iter().for_each(Logger::end);
        Ok(())
    })
}
