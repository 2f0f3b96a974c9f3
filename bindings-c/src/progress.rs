//! Progress
//!
//! How far a call is: told to a callback while the call runs, or asked for with dropoff_job_progress.

use std::ffi::{c_char, c_int, c_void};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use dropoff::Progress;

use crate::callback::{UserData, dropoff_finalizer};
use crate::callback_state::{CallbackEnd, CallbackState};
pub use crate::generated::progress::dropoff_progress;

/// Is told how far a call is, about every 100 ms and once more when it is over. Returns 0 to go on; anything
/// else cancels the call, and it is not called again. What the last call returns changes nothing. `progress`
/// is valid until it returns.
///
/// Threads: it is called on a thread of dropoff's own, never twice at once for one call. It may use dropoff,
/// and cancel its own job, but should not wait for it: that only delays the next call of it. A function that
/// waits for the call, blocking forms included, returns after the last call of it and its finalizer have
/// returned.
pub type dropoff_progress_fn =
    Option<unsafe extern "C" fn(progress: *const dropoff_progress, user_data: *mut c_void) -> c_int>;

pub(crate) fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// The text and a NUL, or as much of both as there is room for.
pub(crate) fn inline<const SIZE: usize>(text: &str) -> [c_char; SIZE] {
    let mut chars = [0; SIZE];
    let fits = text.floor_char_boundary(SIZE - 1);
    for (place, byte) in chars.iter_mut().zip(text[..fits].bytes()) {
        *place = byte.cast_signed() as c_char;
    }
    chars
}

/// How often a callback is called.
pub(crate) const PROGRESS_INTERVAL: Duration = Duration::from_millis(100);

type ProgressFn = unsafe extern "C" fn(progress: *const dropoff_progress, user_data: *mut c_void) -> c_int;

/// A callback that waits for its call to start.
pub(crate) struct Callback {
    function: ProgressFn,
    user_data: UserData,
}

impl Callback {
    pub(crate) fn new(function: ProgressFn, user_data: UserData) -> Self {
        Self { function, user_data }
    }

    /// As a request's fields have it. Without a function the finalizer is called at once.
    pub(crate) fn given(
        function: dropoff_progress_fn,
        user_data: *mut c_void,
        finalizer: dropoff_finalizer,
    ) -> Option<Self> {
        let user_data = UserData::new(user_data, finalizer);
        function.map(|function| Self { function, user_data })
    }

    /// What the core's progress thread calls, and where others see it end.
    pub(crate) fn into_running(
        self,
    ) -> (impl FnMut(Progress) -> ControlFlow<()> + Send + 'static, Arc<CallbackState>) {
        let state = Arc::new(CallbackState::new());
        let running = RunningCallback { callback: self, end: CallbackEnd(Arc::clone(&state)) };
        (move |progress| running.tell(progress), state)
    }
}

/// A callback that is being called. Its fields go in this order: first the finalizer, then the end is told.
struct RunningCallback {
    callback: Callback,
    end: CallbackEnd,
}

impl RunningCallback {
    fn tell(&self, progress: Progress) -> ControlFlow<()> {
        self.end.0.begin();
        let progress = dropoff_progress::of(progress);
        let Callback { function, user_data } = &self.callback;
        // SAFETY: the function C gave for this user_data, called from one thread; `progress` outlives the
        // call.
        match unsafe { function(&raw const progress, user_data.pointer()) } {
            0 => ControlFlow::Continue(()),
            _ => ControlFlow::Break(()),
        }
    }
}
