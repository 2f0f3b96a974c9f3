//! Callbacks
//!
//! Everywhere a function pointer is taken, a `user_data` pointer goes with it, is handed to each call as it
//! is, and may be NULL. After them comes a finalizer, or NULL: it is called exactly once with that user_data,
//! when dropoff needs it no more, also if the function that took it fails, with whatever status; but not for
//! a struct that is refused for its size or for fields that the library does not know. So one that frees its
//! user_data makes the request good for one call. A callback runs on a
//! thread of dropoff's, all signals blocked; it must return, and neither throw nor longjmp out. It may call
//! any function of dropoff's that this header does not forbid it.

use std::ffi::c_void;

use crate::handle::LiveHandle;

/// Tells that dropoff needs `user_data` no more. Called exactly once.
///
/// Threads: it is called on any thread: the one that called dropoff, before that call returns, or one of
/// dropoff's that moves no bytes, so it may block, but not wait for another finalizer. It may use dropoff.
pub type dropoff_finalizer = Option<unsafe extern "C" fn(user_data: *mut c_void)>;

/// What belongs to a callback. Dropping it calls the finalizer.
pub(crate) struct UserData {
    pointer: *mut c_void,
    finalizer: dropoff_finalizer,
    /// After `drop`, so that no count of zero is seen before the finalizer has returned.
    _live: LiveHandle,
}

// SAFETY: the header says that callbacks and finalizers are called on other threads, one call at a time, so
// what the pointer leads to is fit for that.
unsafe impl Send for UserData {}

impl UserData {
    pub(crate) fn new(pointer: *mut c_void, finalizer: dropoff_finalizer) -> Self {
        Self { pointer, finalizer, _live: LiveHandle::new() }
    }
    pub(crate) fn pointer(&self) -> *mut c_void {
        self.pointer
    }
}

impl Drop for UserData {
    fn drop(&mut self) {
        if let Some(finalizer) = self.finalizer {
            // SAFETY: the function C gave for this very pointer, called once.
            unsafe { finalizer(self.pointer) };
        }
    }
}
