//! AgentDrop: opened files
//!
//! What dropoff_open_sealed results in.

use std::ffi::c_char;
use std::mem::MaybeUninit;
use std::ptr;

use dropoff::OpenedFile;

use crate::error::{dropoff_error, dropoff_status};
use crate::guard;
use crate::handle::{LiveHandle, needed};
use crate::job::{self, Outcome, dropoff_job};
use crate::text::{Json, Text};

/// A file that was opened. Free it with dropoff_opened_file_free, which leaves the file itself alone.
///
/// Threads: it never changes, so any number of threads may read it at once.
pub struct dropoff_opened_file {
    opened: OpenedFile,
    path: Text,
    json: Json,
    _live: LiveHandle,
}

impl Outcome for OpenedFile {
    type Handle = dropoff_opened_file;
    const NAME: &'static str = "opened_file";
    fn handle(self) -> dropoff_opened_file {
        dropoff_opened_file {
            path: Text::path(Some(&self.path)),
            json: Json::new(),
            opened: self,
            _live: LiveHandle::new(),
        }
    }
}

/// Waits for a job of dropoff_start_open_sealed and gives its result, which is yours to free; or what the job failed
/// with.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_job_opened_file(
    job: Option<&dropoff_job>,
    opened: Option<&mut MaybeUninit<*mut dropoff_opened_file>>,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || job::give_result::<OpenedFile>(job, needed!(opened)))
}

/// Frees what an opened file is. NULL is fine.
///
/// Threads: one at a time.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_opened_file_free(opened: Option<Box<dropoff_opened_file>>) {
    guard::free(opened);
}

/// Where the file is. These are the raw bytes of the path, which need not be UTF-8. Lives as long as the result.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_opened_file_path(opened: Option<&dropoff_opened_file>) -> *const c_char {
    guard::get(opened, ptr::null(), |o| o.path.as_ptr())
}

/// Bytes of it.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_opened_file_bytes(opened: Option<&dropoff_opened_file>) -> u64 {
    guard::get(opened, 0, |o| o.opened.bytes)
}

/// Every field as one JSON object, the same in all languages. Lives as long as the result.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_opened_file_to_json(opened: Option<&dropoff_opened_file>) -> *const c_char {
    guard::get(opened, ptr::null(), |o| o.json.of(&o.opened))
}
