//! Panics on order, so that the tests can prove that a defect of ours comes out as `InternalError`.
//! Debug builds only: in a release build a point is nothing at all.

#[cfg(debug_assertions)]
mod armed {
    use std::sync::{Mutex, PoisonError};

    use pyo3::prelude::*;

    static NEXT: Mutex<Option<String>> = Mutex::new(None);

    /// Makes the next call that comes by the point named panic there: `request`, `result` or `progress`.
    #[pyfunction]
    pub(crate) fn _panic(point: String) {
        *NEXT.lock().unwrap_or_else(PoisonError::into_inner) = Some(point);
    }

    pub(crate) fn point(name: &str) {
        let here = NEXT.lock().unwrap_or_else(PoisonError::into_inner).take_if(|next| next == name).is_some();
        assert!(!here, "ordered at {name}");
    }
}

#[cfg(not(debug_assertions))]
mod armed {
    pub(crate) fn point(_: &str) {}
}

#[cfg(debug_assertions)]
pub(crate) use armed::_panic;
pub(crate) use armed::point;
