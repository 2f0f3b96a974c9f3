//! Raw storage: stored parts
//!
//! What storage has after dropoff_storage_put_parts. Completing the upload needs the number and the ETag of each part.

use std::ffi::c_char;
use std::mem::MaybeUninit;
use std::ptr;

use dropoff::{StoredPart, StoredParts};

use crate::error::{dropoff_error, dropoff_status};
use crate::guard;
use crate::handle::{LiveHandle, needed};
use crate::job::{self, Outcome, dropoff_job};
use crate::text::{Json, Text};

/// The parts of an object that storage has. Free it with dropoff_stored_parts_free. `index` counts parts from 0, in the
/// order of their numbers; one that is not below dropoff_stored_parts_count gives NULL, 0 or false.
///
/// Threads: it never changes, so any number of threads may read it at once.
pub struct dropoff_stored_parts {
    stored: StoredParts,
    parts: Vec<Part>,
    json: Json,
    _live: LiveHandle,
}

struct Part {
    etag: Text,
    md5: Text,
}

impl dropoff_stored_parts {
    fn fact<T: Default>(&self, index: usize, read: impl FnOnce(&StoredPart) -> T) -> T {
        self.stored.parts.get(index).map_or_else(T::default, read)
    }
    fn text(&self, index: usize, read: impl FnOnce(&Part) -> &Text) -> *const c_char {
        self.parts.get(index).map_or(ptr::null(), |part| read(part).as_ptr())
    }
}

impl Outcome for StoredParts {
    type Handle = dropoff_stored_parts;
    const NAME: &'static str = "stored_parts";
    fn handle(self) -> dropoff_stored_parts {
        let part = |p: &StoredPart| Part { etag: Text::new(&p.etag), md5: Text::maybe(p.md5.as_deref()) };
        dropoff_stored_parts {
            parts: self.parts.iter().map(part).collect(),
            json: Json::new(),
            stored: self,
            _live: LiveHandle::new(),
        }
    }
}

/// Waits for a job of dropoff_storage_start_put_parts and gives its result, which is yours to free; or what the job
/// failed with.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_job_stored_parts(
    job: Option<&dropoff_job>,
    stored: Option<&mut MaybeUninit<*mut dropoff_stored_parts>>,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || job::give_result::<StoredParts>(job, needed!(stored)))
}

/// Frees stored parts. NULL is fine.
///
/// Threads: one at a time.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_stored_parts_free(stored: Option<Box<dropoff_stored_parts>>) {
    guard::free(stored);
}

/// Bytes of the source that storage took, over all parts.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_stored_parts_bytes(stored: Option<&dropoff_stored_parts>) -> u64 {
    guard::get(stored, 0, |s| s.stored.bytes)
}

/// Bytes of each part but the last.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_stored_parts_part_size(stored: Option<&dropoff_stored_parts>) -> u64 {
    guard::get(stored, 0, |s| s.stored.part_size)
}

/// Whether every part's ETag equals the MD5 of what was sent.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_stored_parts_verified(stored: Option<&dropoff_stored_parts>) -> bool {
    guard::get(stored, false, |s| s.stored.verified)
}

/// How many parts there are.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_stored_parts_count(stored: Option<&dropoff_stored_parts>) -> usize {
    guard::get(stored, 0, |s| s.parts.len())
}

/// A part's number, from 1.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_stored_parts_part_number(
    stored: Option<&dropoff_stored_parts>,
    index: usize,
) -> u32 {
    guard::get(stored, 0, |s| s.fact(index, |part| part.part_number))
}

/// Bytes of that part.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_stored_parts_part_bytes(
    stored: Option<&dropoff_stored_parts>,
    index: usize,
) -> u64 {
    guard::get(stored, 0, |s| s.fact(index, |part| part.bytes))
}

/// Storage's ETag of that part, without quotes. Lives as long as the stored parts.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_stored_parts_part_etag(
    stored: Option<&dropoff_stored_parts>,
    index: usize,
) -> *const c_char {
    guard::get(stored, ptr::null(), |s| s.text(index, |part| &part.etag))
}

/// MD5 of what was sent of that part, in hex; NULL if it was not computed. Lives as long as the stored parts.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_stored_parts_part_md5(
    stored: Option<&dropoff_stored_parts>,
    index: usize,
) -> *const c_char {
    guard::get(stored, ptr::null(), |s| s.text(index, |part| &part.md5))
}

/// Whether that part's ETag equals it.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_stored_parts_part_verified(
    stored: Option<&dropoff_stored_parts>,
    index: usize,
) -> bool {
    guard::get(stored, false, |s| s.fact(index, |part| part.verified))
}

/// Requests that part took, the successful one included.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_stored_parts_part_attempts(
    stored: Option<&dropoff_stored_parts>,
    index: usize,
) -> u32 {
    guard::get(stored, 0, |s| s.fact(index, |part| part.attempts))
}

/// Every field as one JSON object, the same in all languages. Lives as long as the stored parts.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_stored_parts_to_json(stored: Option<&dropoff_stored_parts>) -> *const c_char {
    guard::get(stored, ptr::null(), |s| s.json.of(&s.stored))
}
