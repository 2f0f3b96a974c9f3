//! The library itself

use std::ffi::{CStr, c_char};

use crate::handle::LiveHandle;

const VERSION: &CStr = match CStr::from_bytes_with_nul(concat!(env!("CARGO_PKG_VERSION"), "\0").as_bytes()) {
    Ok(version) => version,
    Err(_) => panic!("the version holds a NUL"),
};

/// The version of the library that runs, such as "0.1.0"; DROPOFF_VERSION is that of the header. Lives for
/// ever.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_version() -> *const c_char {
    VERSION.as_ptr()
}

/// For tests: how many handles of any type were not freed, and how many user_data pointers dropoff still
/// holds. A job that runs on, or bytes on their last way out, may keep it above 0 for a little after
/// everything was freed.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_live_handles() -> usize {
    LiveHandle::count()
}
