//! Mutexes that a panic does not close.

use std::sync::{Mutex, MutexGuard};

/// A lock that outlives a panic elsewhere: a failed request must not take the record with it.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
