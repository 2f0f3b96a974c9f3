//! Progress
//!
//! How far a call is: told to a callback while the call runs, or asked for with dropoff_job_progress.

use std::ffi::{c_char, c_int, c_void};
use std::mem::size_of;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use dropoff::{Phase, Progress};

use crate::callback::{UserData, dropoff_finalizer};
use crate::callback_state::{CallbackEnd, CallbackState};

/// What a call is doing. Later versions may add phases.
///
/// Threads: a plain number.
#[repr(C)]
#[derive(Clone, Copy)]
pub enum dropoff_phase {
    /// Looking at the sources.
    DROPOFF_PHASE_PREPARING = 0,
    /// Packing a profile folder.
    DROPOFF_PHASE_PACKING = 1,
    /// Asking the service for a presigned target.
    DROPOFF_PHASE_REQUESTING = 2,
    /// Sending bytes to storage.
    DROPOFF_PHASE_SENDING = 3,
    /// Telling the service, and asking it what happened.
    DROPOFF_PHASE_COMPLETING = 4,
    /// Over, one way or the other.
    DROPOFF_PHASE_DONE = 5,
    /// Opening a sealed file.
    DROPOFF_PHASE_OPENING = 6,
    /// Looking at a profile folder.
    DROPOFF_PHASE_INSPECTING = 7,
}

/// A snapshot of a call on its way. Later versions may add fields at the end: a field is there if `size` covers it.
///
/// Threads: plain data. The one that a callback is given is valid until the callback returns.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct dropoff_progress {
    /// Bytes of this struct that were written.
    pub size: usize,
    /// Source bytes handed to the network in attempts that still count; goes back when one fails. While a folder is
    /// packed: bytes of it that are packed.
    pub bytes_done: u64,
    /// Source bytes to send in all, or to pack while a folder is packed; 0 until known.
    pub bytes_total: u64,
    /// Milliseconds since the call started.
    pub elapsed_ms: u64,
    /// What the call is doing.
    pub phase: dropoff_phase,
    /// Files storage has accepted.
    pub files_done: u32,
    /// Files in all.
    pub files_total: u32,
    /// Requests that were repeated so far.
    pub retries: u32,
    /// While sending: how long uploads may still start with the presigned ticket in use; one that has started may
    /// finish. UINT64_MAX if that is not known.
    pub ticket_left_ms: u64,
    /// While sending: how long it still takes at the rate so far. UINT64_MAX if that is not known, as in the first 2 s.
    pub time_needed_ms: u64,
    /// What is likely to go wrong if it goes on like this, as a sentence that ends with NUL: the ticket is too short
    /// for the upload. Empty if nothing is. It is a part of the struct, so a copy of that keeps it.
    pub warning: [c_char; 192],
    /// Milliseconds that bytes_done was counted for: since packing began, and later since sending began; 0 before.
    /// bytes_done divided by it is the rate.
    pub active_for_ms: u64,
}

/// Is told how far a call is, about every 100 ms and once more when it is over. Returns 0 to go on; anything else
/// cancels the call, and it is not called again. What the last call returns changes nothing. `progress` is valid until
/// it returns.
///
/// Threads: it is called on a thread of dropoff's own, never twice at once for one call. It may use dropoff, and cancel
/// its own job, but should not wait for it: that only delays the next call of it. A function that waits for the
/// call, blocking forms included, returns after the last call of it and its finalizer have returned.
pub type dropoff_progress_fn =
    Option<unsafe extern "C" fn(progress: *const dropoff_progress, user_data: *mut c_void) -> c_int>;

impl dropoff_progress {
    pub(crate) fn of(progress: Progress) -> Self {
        let phase = match progress.phase {
            Phase::Preparing => dropoff_phase::DROPOFF_PHASE_PREPARING,
            Phase::Packing => dropoff_phase::DROPOFF_PHASE_PACKING,
            Phase::Requesting => dropoff_phase::DROPOFF_PHASE_REQUESTING,
            Phase::Sending => dropoff_phase::DROPOFF_PHASE_SENDING,
            Phase::Completing => dropoff_phase::DROPOFF_PHASE_COMPLETING,
            Phase::Opening => dropoff_phase::DROPOFF_PHASE_OPENING,
            Phase::Inspecting => dropoff_phase::DROPOFF_PHASE_INSPECTING,
            _ => dropoff_phase::DROPOFF_PHASE_DONE,
        };
        Self {
            size: size_of::<Self>(),
            bytes_done: progress.bytes_done,
            bytes_total: progress.bytes_total,
            elapsed_ms: millis(progress.elapsed),
            phase,
            files_done: progress.files_done,
            files_total: progress.files_total,
            retries: progress.retries,
            ticket_left_ms: progress.ticket_left.map_or(u64::MAX, millis),
            time_needed_ms: progress.time_needed.map_or(u64::MAX, millis),
            warning: inline(&progress.warning().unwrap_or_default()),
            active_for_ms: millis(progress.active_for),
        }
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// The text and a NUL, or as much of both as there is room for.
fn inline<const SIZE: usize>(text: &str) -> [c_char; SIZE] {
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
        // SAFETY: the function C gave for this user_data, called from one thread; `progress` outlives the call.
        match unsafe { function(&raw const progress, user_data.pointer()) } {
            0 => ControlFlow::Continue(()),
            _ => ControlFlow::Break(()),
        }
    }
}
