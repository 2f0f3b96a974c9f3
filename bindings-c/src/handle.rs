//! Handles: opaque boxes that C holds, and the count of those that live.
//!
//! Exported functions take handles as `Option<&T>`, `Option<&mut T>` and `Option<Box<T>>`. Rust guarantees
//! that these are pointers that may be NULL, so no body has to touch a raw pointer.

use std::mem::MaybeUninit;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use dropoff::{Error, Result};

static LIVING: AtomicUsize = AtomicUsize::new(0);

/// Counts what holds it for as long as that lives. A test that ends with a count above zero has leaked.
pub(crate) struct LiveHandle(());

impl LiveHandle {
    pub(crate) fn new() -> Self {
        LIVING.fetch_add(1, SeqCst);
        Self(())
    }
    pub(crate) fn count() -> usize {
        LIVING.load(SeqCst)
    }
}

impl Drop for LiveHandle {
    fn drop(&mut self) {
        LIVING.fetch_sub(1, SeqCst);
    }
}

/// The pointer, unless it is NULL.
pub(crate) fn not_null<P>(pointer: Option<P>, name: &str) -> Result<P> {
    pointer.ok_or_else(|| Error::bad_argument(&format!("{name} is NULL; pass a valid pointer")))
}

/// Refuses NULL with the parameter's own name.
macro_rules! needed {
    ($pointer:ident) => {
        crate::handle::not_null($pointer, stringify!($pointer))
    };
}
pub(crate) use needed;

/// Hands a new handle to C.
pub(crate) fn give<T>(place: &mut MaybeUninit<*mut T>, value: T) {
    place.write(Box::into_raw(Box::new(value)));
}

/// The inside of a handle that one call uses up. The empty shell is still the caller's to free.
#[derive(Debug)]
pub(crate) struct UseOnce<T> {
    inside: Option<T>,
    /// For the message: `source`, `transfer`.
    what: &'static str,
}

impl<T> UseOnce<T> {
    pub(crate) fn new(what: &'static str, inside: T) -> Self {
        Self { inside: Some(inside), what }
    }
    pub(crate) fn take(&mut self) -> Result<T> {
        self.inside.take().ok_or_else(|| self.used())
    }
    pub(crate) fn get(&self) -> Result<&T> {
        self.inside.as_ref().ok_or_else(|| self.used())
    }
    fn used(&self) -> Error {
        Error::bad_argument(&format!("this {} was already used; make a new one for each call", self.what))
    }
}
