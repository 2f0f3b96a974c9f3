//! The descriptor of a job, which becomes readable when the job is over. It knows no result and no callback,
//! and waits for none.

use std::any::Any;
use std::ffi::c_int;
use std::mem;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::task::{Wake, Waker};

use arc_swap::ArcSwapOption;
use dropoff::{Error, Result, WakePair};

/// Without a lock: a thread of the parent could hold it at the moment of a fork, and nobody would give it
/// back in the child.
#[derive(Default)]
pub(crate) struct JobFd(ArcSwapOption<Made>);

struct Made {
    /// The process that asked. Its runtime writes, and that of a forked child does not.
    process: u32,
    ends: Arc<Ends>,
    /// Dropping it takes the waker back.
    _registration: Box<dyn Any + Send + Sync>,
}

struct Ends {
    pair: WakePair,
    is_written: AtomicBool,
}

impl Wake for Ends {
    fn wake(self: Arc<Self>) {
        if !self.is_written.swap(true, SeqCst) {
            self.pair.wake();
        }
    }
}

impl JobFd {
    /// The same for all that ask in this process. `wake_when_over` is the job's own; it wakes at once if that
    /// is over.
    pub(crate) fn get(
        &self,
        wake_when_over: impl FnOnce(&Waker) -> Box<dyn Any + Send + Sync>,
    ) -> Result<c_int> {
        let process = std::process::id();
        let before = self.0.load_full();
        if let Some(made) = before.as_ref().filter(|made| made.process == process) {
            return Ok(made.ends.pair.descriptor());
        }
        let pair = WakePair::new().map_err(|e| Error::no_descriptor("making the descriptor of a job", &e))?;
        let ends = Arc::new(Ends { pair, is_written: AtomicBool::new(false) });
        let registration = wake_when_over(&Waker::from(Arc::clone(&ends)));
        let made = Arc::new(Made { process, ends, _registration: registration });
        let found = self.0.compare_and_swap(&before, Some(Arc::clone(&made)));
        let is_first = match (&before, &*found) {
            (None, None) => true,
            (Some(before), Some(found)) => Arc::ptr_eq(before, found),
            _ => false,
        };
        let kept = if is_first { &made } else { found.as_ref().unwrap_or(&made) };
        let fd = kept.ends.pair.descriptor();
        // That of the parent: taking its waker back could wait for a lock that nobody holds any more.
        mem::forget(before);
        Ok(fd)
    }
}
