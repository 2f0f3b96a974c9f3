//! Results that C reads: a struct, and behind it whatever its pointers lead to. One free takes all of it.

use std::ffi::{CString, c_char};
use std::path::Path;
use std::ptr;

use serde::Serialize;

use crate::guard;
use crate::handle::LiveHandle;
use crate::text;

/// A result of the core as C reads it.
pub(crate) trait Described {
    /// The struct in C.
    type Facts;
    /// What it points to is put into the arena.
    fn facts(&self, arena: &mut Arena) -> Self::Facts;
}

/// Memory that stays where it is until all of it is freed.
#[derive(Default)]
pub(crate) struct Arena(Vec<Allocation>);

/// Something on the heap, and how it is freed.
struct Allocation {
    at: *mut (),
    free: unsafe fn(*mut ()),
}

impl Drop for Allocation {
    fn drop(&mut self) {
        // SAFETY: `at` is what `keep` leaked for this very function, and this is the only place that frees
        // it.
        unsafe { (self.free)(self.at) }
    }
}

impl Arena {
    /// Moves a value to a place of its own.
    fn keep<T>(&mut self, value: T) -> *const T {
        /// # Safety
        /// `at` is a leaked `Box<T>`.
        unsafe fn free<T>(at: *mut ()) {
            // SAFETY: this function's contract.
            drop(unsafe { Box::from_raw(at.cast::<T>()) });
        }
        let at = Box::into_raw(Box::new(value));
        self.0.push(Allocation { at: at.cast(), free: free::<T> });
        at
    }

    /// A list of pointers; NULL for none.
    fn list<T>(&mut self, pointers: Vec<*const T>) -> *const *const T {
        if pointers.is_empty() {
            return ptr::null();
        }
        let kept = self.keep(pointers);
        // SAFETY: just put there, and only read from now on.
        unsafe { (*kept).as_ptr() }
    }

    fn c_string(&mut self, text: CString) -> *const c_char {
        let kept = self.keep(text);
        // SAFETY: just put there, and only read from now on.
        unsafe { (*kept).as_ptr() }
    }

    pub(crate) fn text(&mut self, text: &str) -> *const c_char {
        self.c_string(text::c_string(text.as_bytes()))
    }
    pub(crate) fn text_or_null(&mut self, text: Option<&str>) -> *const c_char {
        text.map_or(ptr::null(), |text| self.text(text))
    }
    pub(crate) fn path(&mut self, path: &Path) -> *const c_char {
        self.c_string(text::c_string(path.as_os_str().as_encoded_bytes()))
    }
    pub(crate) fn texts(&mut self, texts: &[String]) -> *const *const c_char {
        let pointers = texts.iter().map(|text| self.text(text)).collect();
        self.list(pointers)
    }
    pub(crate) fn json(&mut self, value: &impl Serialize) -> *const c_char {
        self.c_string(text::json(value))
    }
    pub(crate) fn json_or_null(&mut self, value: Option<&impl Serialize>) -> *const c_char {
        value.map_or(ptr::null(), |value| self.json(value))
    }
    pub(crate) fn record<T: Described>(&mut self, record: &T) -> *const T::Facts {
        let facts = record.facts(self);
        self.keep(facts)
    }
    pub(crate) fn record_or_null<T: Described>(&mut self, record: Option<&T>) -> *const T::Facts {
        record.map_or(ptr::null(), |record| self.record(record))
    }
    pub(crate) fn records<T: Described>(&mut self, records: &[T]) -> *const *const T::Facts {
        let pointers = records.iter().map(|record| self.record(record)).collect();
        self.list(pointers)
    }
}

/// What C is given. It sees the facts alone, which come first.
#[repr(C)]
struct Given<F> {
    facts: F,
    _arena: Arena,
    _live: LiveHandle,
}

/// Hands a result to C, which frees it with [`free`].
pub(crate) fn give<T: Described>(result: &T) -> *mut T::Facts {
    let mut arena = Arena::default();
    let facts = result.facts(&mut arena);
    Box::into_raw(Box::new(Given { facts, _arena: arena, _live: LiveHandle::new() })).cast()
}

/// # Safety
/// `facts` is NULL, or came from [`give`] and was not freed.
pub(crate) unsafe fn free<F>(facts: *mut F) {
    // SAFETY: the facts are at the beginning of what `give` leaked; a pointer that is not NULL is one of
    // those.
    let given = (!facts.is_null()).then(|| unsafe { Box::from_raw(facts.cast::<Given<F>>()) });
    guard::free(given);
}
