//! Whether a callback may still be called, for those that wait until it is not.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::{self, ThreadId};
use std::time::Duration;

/// Between the one thread that calls a callback and those that wait for its last call.
pub(crate) struct CallbackState {
    state: Mutex<CallProgress>,
    changed: Condvar,
    /// A fork copies no threads: in the child there is none to wait for.
    pid: u32,
}

#[derive(Default)]
struct CallProgress {
    thread: Option<ThreadId>,
    ended: bool,
}

impl CallbackState {
    pub(crate) fn new() -> Self {
        Self { state: Mutex::default(), changed: Condvar::new(), pid: std::process::id() }
    }
    /// This thread calls the callback.
    pub(crate) fn begin(&self) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).thread = Some(thread::current().id());
    }
    fn end(&self) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).ended = true;
        self.changed.notify_all();
    }

    /// Waits until there will be no more calls; true if that is so. In the callback itself there is nothing
    /// to wait for.
    pub(crate) fn over_within(&self, limit: Duration) -> bool {
        if self.pid != std::process::id() {
            return true;
        }
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.thread == Some(thread::current().id()) {
            return true;
        }
        let waited = self.changed.wait_timeout_while(state, limit, |state| !state.ended);
        waited.unwrap_or_else(PoisonError::into_inner).0.ended
    }
}

/// Dropping it is the end. It goes after the finalizer.
pub(crate) struct CallbackEnd(pub(crate) Arc<CallbackState>);

impl Drop for CallbackEnd {
    fn drop(&mut self) {
        self.0.end();
    }
}
