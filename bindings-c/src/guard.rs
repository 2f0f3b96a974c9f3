//! The boundary: a panic stops here, and an error becomes a status and a handle.

use std::cell::Cell;
use std::mem::MaybeUninit;
use std::panic::{AssertUnwindSafe, catch_unwind};

use dropoff::{Error, Result};

use crate::error::{dropoff_error, dropoff_status};

/// Where a function leaves its error; C may pass NULL.
pub(crate) type ErrorPlace<'a> = Option<&'a mut MaybeUninit<*mut dropoff_error>>;

thread_local! {
    /// Exported functions that this thread is in.
    static DEPTH: Cell<u32> = const { Cell::new(0) };
}

/// Marks a thread as the caller's for as long as it lives.
struct Inside(());

impl Inside {
    fn new() -> Self {
        DEPTH.set(DEPTH.get() + 1);
        Self(())
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        DEPTH.set(DEPTH.get() - 1);
    }
}

/// Whether C called us on this thread and waits.
pub(crate) fn is_in_a_call() -> bool {
    // A thread that is ending is in no call.
    DEPTH.try_with(Cell::get).is_ok_and(|depth| depth > 0)
}

/// Runs the body of a function that can fail. A panic in it is a defect of ours and an error like any
/// other: unwinding must not reach C.
pub(crate) fn run(place: ErrorPlace<'_>, body: impl FnOnce() -> Result<()>) -> dropoff_status {
    let _inside = Inside::new();
    let result = catch_unwind(AssertUnwindSafe(body)).unwrap_or_else(|panic| Err(Error::from_panic(&*panic)));
    let Err(error) = result else { return dropoff_status::DROPOFF_OK };
    let status = dropoff_status::of(error.kind());
    if let Some(place) = place {
        place.write(Box::into_raw(Box::new(dropoff_error::new(error))));
    }
    status
}

/// Reads something from a handle; `absent` if the handle is NULL, or if reading panicked.
pub(crate) fn get<H, T>(handle: Option<&H>, absent: T, read: impl FnOnce(&H) -> T) -> T {
    let read = || handle.map(read);
    catch_unwind(AssertUnwindSafe(read)).ok().flatten().unwrap_or(absent)
}

/// Frees a handle; NULL is none.
pub(crate) fn free<H>(handle: Option<Box<H>>) {
    let _inside = Inside::new();
    // What a panic says has been told on the standard error stream, and there is nobody to tell it to here.
    let _ = catch_unwind(AssertUnwindSafe(|| drop(handle)));
}
