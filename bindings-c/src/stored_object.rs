//! Stored objects
//!
//! What storage has after an upload.

use std::ffi::c_char;
use std::mem::MaybeUninit;
use std::ptr;

use dropoff::StoredObject;

use crate::error::{dropoff_error, dropoff_status};
use crate::guard;
use crate::handle::{LiveHandle, needed};
use crate::job::{self, Outcome, dropoff_job};
use crate::text::{Json, Text};

/// What storage has after an upload. Free it with dropoff_stored_object_free, unless it is a profile's own.
///
/// Threads: it never changes, so any number of threads may read it at once.
pub struct dropoff_stored_object {
    pub(crate) stored: StoredObject,
    etag: Text,
    sha256: Text,
    md5: Text,
    warnings: Vec<Text>,
    json: Json,
    _live: LiveHandle,
}

impl Outcome for StoredObject {
    type Handle = dropoff_stored_object;
    const NAME: &'static str = "stored_object";
    fn handle(self) -> dropoff_stored_object {
        dropoff_stored_object {
            etag: Text::maybe(self.etag.as_deref()),
            sha256: Text::maybe(self.sha256.as_deref()),
            md5: Text::maybe(self.md5.as_deref()),
            warnings: Text::all(&self.warnings),
            json: Json::new(),
            stored: self,
            _live: LiveHandle::new(),
        }
    }
}

/// Waits for a job of dropoff_storage_start_put, dropoff_storage_start_post_form or dropoff_hcompany_start_upload and
/// gives its result, which is yours to free; or what the job failed with.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_job_stored_object(
    job: Option<&dropoff_job>,
    stored: Option<&mut MaybeUninit<*mut dropoff_stored_object>>,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || job::give_result::<StoredObject>(job, needed!(stored)))
}

/// Frees a stored object. NULL is fine.
///
/// Threads: one at a time.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_stored_object_free(stored: Option<Box<dropoff_stored_object>>) {
    guard::free(stored);
}

/// Bytes of the source that storage took.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_stored_object_bytes(stored: Option<&dropoff_stored_object>) -> u64 {
    guard::get(stored, 0, |s| s.stored.bytes)
}

/// Storage's ETag, without quotes; NULL if it sent none. Lives as long as the object.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_stored_object_etag(stored: Option<&dropoff_stored_object>) -> *const c_char {
    guard::get(stored, ptr::null(), |s| s.etag.as_ptr())
}

/// SHA-256 of what was sent, in hex; NULL if it was not computed. Lives as long as the object.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_stored_object_sha256(stored: Option<&dropoff_stored_object>) -> *const c_char {
    guard::get(stored, ptr::null(), |s| s.sha256.as_ptr())
}

/// MD5 of what was sent, in hex; NULL if it was not computed. Lives as long as the object.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_stored_object_md5(stored: Option<&dropoff_stored_object>) -> *const c_char {
    guard::get(stored, ptr::null(), |s| s.md5.as_ptr())
}

/// Whether storage's ETag equals the MD5 of what was sent.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_stored_object_verified(stored: Option<&dropoff_stored_object>) -> bool {
    guard::get(stored, false, |s| s.stored.verified)
}

/// Requests it took, the successful one included.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_stored_object_attempts(stored: Option<&dropoff_stored_object>) -> u32 {
    guard::get(stored, 0, |s| s.stored.attempts)
}

/// How many things are not certain all the same: an answer may bear no sign of being storage's own.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_stored_object_warnings_count(stored: Option<&dropoff_stored_object>) -> usize {
    guard::get(stored, 0, |s| s.warnings.len())
}

/// One of them, a sentence; `index` counts from 0, and one that is too large gives NULL. Lives as long as the object.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_stored_object_warnings_text(
    stored: Option<&dropoff_stored_object>,
    index: usize,
) -> *const c_char {
    guard::get(stored, ptr::null(), |s| Text::at(&s.warnings, index))
}

/// Every field as one JSON object, the same in all languages. Lives as long as the object.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_stored_object_to_json(stored: Option<&dropoff_stored_object>) -> *const c_char {
    guard::get(stored, ptr::null(), |s| s.json.of(&s.stored))
}
