//! Text and paths, in both directions.

use std::ffi::{CStr, CString, c_char};
use std::path::{Path, PathBuf};
use std::ptr;
use std::sync::OnceLock;

use dropoff::{Error, Result};
use serde::Serialize;

use crate::sys;

/// The bytes before the NUL.
///
/// # Safety
/// `pointer` is NULL or points to bytes that end with NUL and stay as they are for `'a`.
unsafe fn bytes<'a>(pointer: *const c_char, name: &str) -> Result<&'a [u8]> {
    if pointer.is_null() {
        return Err(Error::bad_argument(&format!("{name} is NULL; pass a text that ends with NUL")));
    }
    // SAFETY: not NULL; the rest is this function's own contract.
    Ok(unsafe { CStr::from_ptr(pointer) }.to_bytes())
}

/// A text. The message does not hold it: it may be a key.
///
/// # Safety
/// As [`bytes`].
pub(crate) unsafe fn utf8<'a>(pointer: *const c_char, name: &str) -> Result<&'a str> {
    // SAFETY: the same contract.
    let bytes = unsafe { bytes(pointer, name) }?;
    std::str::from_utf8(bytes)
        .map_err(|_| Error::bad_argument(&format!("{name} is not valid UTF-8; convert it first")))
}

/// A path.
///
/// # Safety
/// As [`bytes`].
pub(crate) unsafe fn raw_path(pointer: *const c_char, name: &str) -> Result<PathBuf> {
    // SAFETY: the same contract.
    let bytes = unsafe { bytes(pointer, name) }?;
    sys::path_from_bytes(bytes, name)
}

/// A text parameter of an exported function, under its own name.
macro_rules! text {
    ($pointer:ident) => {
        // SAFETY: the header says that each text a function takes ends with NUL and is left alone meanwhile.
        unsafe { crate::text::utf8($pointer, stringify!($pointer)) }
    };
}
pub(crate) use text;

/// The same for a path.
macro_rules! os_path {
    ($pointer:ident) => {
        // SAFETY: the header says that each path a function takes ends with NUL and is left alone meanwhile.
        unsafe { crate::text::raw_path($pointer, stringify!($pointer)) }
    };
}
pub(crate) use os_path;

/// Bytes that end with NUL. A service may put one into a text, where C would see its end.
pub(crate) fn c_string(bytes: &[u8]) -> CString {
    let shown = || String::from_utf8_lossy(bytes).replace('\0', "\u{fffd}");
    CString::new(bytes).or_else(|_| CString::new(shown())).unwrap_or_default()
}

/// JSON escapes NUL, so writing it can only succeed.
pub(crate) fn json(value: &impl Serialize) -> CString {
    let text = serde_json::to_string(value).unwrap_or_else(|_| "null".to_owned());
    CString::new(text).unwrap_or_default()
}

/// A text that C may borrow for as long as the handle around it lives. Made when the handle is made, so
/// that reading it takes no lock.
pub(crate) struct Text(Option<CString>);

impl Text {
    pub(crate) fn new(text: &str) -> Self {
        Self::raw(text.as_bytes())
    }
    pub(crate) fn maybe(text: Option<&str>) -> Self {
        text.map_or(Self(None), Self::new)
    }
    pub(crate) fn path(path: Option<&Path>) -> Self {
        path.map_or(Self(None), |path| Self::raw(&sys::path_to_bytes(path)))
    }
    fn raw(bytes: &[u8]) -> Self {
        Self(Some(c_string(bytes)))
    }
    /// NULL if there is none.
    pub(crate) fn as_ptr(&self) -> *const c_char {
        self.0.as_ref().map_or(ptr::null(), |text| text.as_ptr())
    }
}

/// The JSON of a handle, written when it is first asked for.
pub(crate) struct Json(OnceLock<CString>);

impl Json {
    pub(crate) const fn new() -> Self {
        Self(OnceLock::new())
    }
    pub(crate) fn of(&self, value: &impl Serialize) -> *const c_char {
        self.0.get_or_init(|| json(value)).as_ptr()
    }
}
