//! Errors
//!
//! A function that can fail returns a status, and leaves a dropoff_error with the facts behind it. Act on the
//! status, on dropoff_error_retryable and on dropoff_error_outcome; show dropoff_error_message to people. No
//! error holds a secret: no key, no signed URL, no form field.

use std::ffi::{c_char, c_int};
use std::ptr;

use dropoff::{Cleanup, Error, Outcome, Resource, Side};

pub use crate::generated::error::dropoff_status;
use crate::guard;
use crate::handle::LiveHandle;
use crate::text::{Json, Text};

/// Whose side the trouble is on.
///
/// Threads: a plain number.
#[repr(C)]
#[derive(Clone, Copy)]
pub enum dropoff_side {
    /// There is no error: the handle was NULL.
    DROPOFF_SIDE_NONE = 0,
    /// This program or its files.
    DROPOFF_SIDE_CALLER = 1,
    /// Between here and there.
    DROPOFF_SIDE_NETWORK = 2,
    /// The service that handed out the ticket.
    DROPOFF_SIDE_SERVICE = 3,
    /// Object storage.
    DROPOFF_SIDE_STORAGE = 4,
}

/// Whether what was asked for happened, as far as the service can tell.
///
/// Threads: a plain number.
#[repr(C)]
#[derive(Clone, Copy)]
pub enum dropoff_outcome {
    /// There is no error: the handle was NULL.
    DROPOFF_OUTCOME_NONE = 0,
    /// It happened: the profile is registered, the transfer is active, storage has what a raw upload or a step sent.
    DROPOFF_OUTCOME_COMPLETED = 1,
    /// It did not happen. Calling again cannot do it twice.
    DROPOFF_OUTCOME_NOT_COMPLETED = 2,
    /// A reply was lost and asking did not settle it.
    DROPOFF_OUTCOME_UNKNOWN = 3,
}

/// What became of the things the service held for a call that failed.
///
/// Threads: a plain number.
#[repr(C)]
#[derive(Clone, Copy)]
pub enum dropoff_cleanup {
    /// Nothing was left to clean up, or the service removes it by itself.
    DROPOFF_CLEANUP_NONE = 0,
    /// The remains were removed.
    DROPOFF_CLEANUP_DONE = 1,
    /// Removing the remains failed too.
    DROPOFF_CLEANUP_FAILED = 2,
}

/// What went wrong, as facts. Made by a function that fails and was given a place for it; free it with
/// dropoff_error_free. It depends on nothing else and may outlive every other handle.
///
/// Threads: it never changes, so any number of threads may read it at once.
pub struct dropoff_error {
    error: Error,
    kind_name: Text,
    message: Text,
    operation: Text,
    service_code: Text,
    request_id: Text,
    details: Vec<Detail>,
    cause: Text,
    resource_kind: Text,
    resource_id: Text,
    path: Text,
    journal: Text,
    etag: Text,
    json: Json,
    _live: LiveHandle,
}

struct Detail {
    field: Text,
    message: Text,
}

impl dropoff_error {
    pub(crate) fn new(error: Error) -> Self {
        let details = error
            .details()
            .iter()
            .map(|d| Detail { field: Text::new(&d.field), message: Text::new(&d.message) });
        Self {
            kind_name: Text::new(error.kind().as_str()),
            message: Text::new(error.message()),
            operation: Text::maybe(error.operation()),
            service_code: Text::maybe(error.service_code()),
            request_id: Text::maybe(error.request_id()),
            details: details.collect(),
            cause: Text::maybe(error.cause_text()),
            resource_kind: Text::maybe(error.resource().map(|resource| resource.kind().name)),
            resource_id: Text::maybe(error.resource().map(Resource::id)),
            path: Text::path(error.path()),
            journal: Text::path(error.journal()),
            etag: Text::maybe(error.etag()),
            json: Json::new(),
            error,
            _live: LiveHandle::new(),
        }
    }
}

/// Frees an error. NULL is fine.
///
/// Threads: one at a time.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_error_free(error: Option<Box<dropoff_error>>) {
    guard::free(error);
}

/// The status that the function returned with this error; DROPOFF_OK for NULL.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_error_kind(error: Option<&dropoff_error>) -> dropoff_status {
    guard::get(error, dropoff_status::DROPOFF_OK, |e| dropoff_status::of(e.error.kind()))
}

/// The kind's name, the same in all languages: "invalid_input", "network". Lives as long as the error.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_error_kind_name(error: Option<&dropoff_error>) -> *const c_char {
    guard::get(error, ptr::null(), |e| e.kind_name.as_ptr())
}

/// What happened and what to do, one line of plain English without secrets. Lives as long as the error.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_error_message(error: Option<&dropoff_error>) -> *const c_char {
    guard::get(error, ptr::null(), |e| e.message.as_ptr())
}

/// The step that failed, such as "put" or "complete_upload"; NULL before any began. Lives as long as the error.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_error_operation(error: Option<&dropoff_error>) -> *const c_char {
    guard::get(error, ptr::null(), |e| e.operation.as_ptr())
}

/// Whose side the trouble is on.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_error_side(error: Option<&dropoff_error>) -> dropoff_side {
    guard::get(error, dropoff_side::DROPOFF_SIDE_NONE, |e| match e.error.side() {
        Side::Caller => dropoff_side::DROPOFF_SIDE_CALLER,
        Side::Network => dropoff_side::DROPOFF_SIDE_NETWORK,
        Side::Service => dropoff_side::DROPOFF_SIDE_SERVICE,
        Side::Storage => dropoff_side::DROPOFF_SIDE_STORAGE,
    })
}

/// Whether making the same call again now is safe and useful.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_error_retryable(error: Option<&dropoff_error>) -> bool {
    guard::get(error, false, |e| e.error.retryable())
}

/// How long the service asked to be left alone. False if it did not say; then `ms` is not written.
///
/// May be NULL: ms.
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_error_retry_after_ms(
    error: Option<&dropoff_error>,
    ms: Option<&mut std::mem::MaybeUninit<u64>>,
) -> bool {
    guard::get(error, false, |e| {
        let Some(delay) = e.error.retry_after() else { return false };
        if let Some(ms) = ms {
            ms.write(u64::try_from(delay.as_millis()).unwrap_or(u64::MAX));
        }
        true
    })
}

/// The HTTP status, when there was a reply; otherwise 0.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_error_http_status(error: Option<&dropoff_error>) -> c_int {
    guard::get(error, 0, |e| e.error.http_status().unwrap_or(0).into())
}

/// The service's or storage's own code, such as "FILES_MISSING" or "AccessDenied"; NULL if it gave none. Lives as
/// long as the error.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_error_service_code(error: Option<&dropoff_error>) -> *const c_char {
    guard::get(error, ptr::null(), |e| e.service_code.as_ptr())
}

/// The id the service or storage logged the request under; NULL if it gave none. Lives as long as the error.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_error_request_id(error: Option<&dropoff_error>) -> *const c_char {
    guard::get(error, ptr::null(), |e| e.request_id.as_ptr())
}

/// How many fields the service complained about.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_error_details_count(error: Option<&dropoff_error>) -> usize {
    guard::get(error, 0, |e| e.details.len())
}

/// The path of one such field, such as "files.0.name", empty if the service named none; NULL if `index` is not
/// below the count. Lives as long as the error.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_error_details_field(error: Option<&dropoff_error>, index: usize) -> *const c_char {
    guard::get(error, ptr::null(), |e| e.details.get(index).map_or(ptr::null(), |d| d.field.as_ptr()))
}

/// The service's words about that field; NULL if `index` is not below the count. Lives as long as the error.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_error_details_message(
    error: Option<&dropoff_error>,
    index: usize,
) -> *const c_char {
    guard::get(error, ptr::null(), |e| e.details.get(index).map_or(ptr::null(), |d| d.message.as_ptr()))
}

/// Whether what was asked for happened all the same.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_error_outcome(error: Option<&dropoff_error>) -> dropoff_outcome {
    guard::get(error, dropoff_outcome::DROPOFF_OUTCOME_NONE, |e| match e.error.outcome() {
        Outcome::Completed => dropoff_outcome::DROPOFF_OUTCOME_COMPLETED,
        Outcome::NotCompleted => dropoff_outcome::DROPOFF_OUTCOME_NOT_COMPLETED,
        Outcome::Unknown => dropoff_outcome::DROPOFF_OUTCOME_UNKNOWN,
    })
}

/// What a lower layer said; NULL if nothing did. Lives as long as the error.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_error_cause(error: Option<&dropoff_error>) -> *const c_char {
    guard::get(error, ptr::null(), |e| e.cause.as_ptr())
}

/// What became of the remains of the call.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_error_cleanup(error: Option<&dropoff_error>) -> dropoff_cleanup {
    guard::get(error, dropoff_cleanup::DROPOFF_CLEANUP_NONE, |e| match e.error.cleanup() {
        Cleanup::None => dropoff_cleanup::DROPOFF_CLEANUP_NONE,
        Cleanup::Done => dropoff_cleanup::DROPOFF_CLEANUP_DONE,
        Cleanup::Failed => dropoff_cleanup::DROPOFF_CLEANUP_FAILED,
    })
}

/// What kind of thing the service reserved for the call before it failed: "transfer" or "profile"; NULL if it reserved
/// nothing. Lives as long as the error.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_error_resource_kind(error: Option<&dropoff_error>) -> *const c_char {
    guard::get(error, ptr::null(), |e| e.resource_kind.as_ptr())
}

/// The service's id for that thing; NULL if it reserved nothing. Lives as long as the error.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_error_resource_id(error: Option<&dropoff_error>) -> *const c_char {
    guard::get(error, ptr::null(), |e| e.resource_id.as_ptr())
}

/// The local file the error is about; NULL if it is about none. These are the raw bytes of the path, which need
/// not be UTF-8. Lives as long as the error.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_error_path(error: Option<&dropoff_error>) -> *const c_char {
    guard::get(error, ptr::null(), |e| e.path.as_ptr())
}

/// The journal from which the same call goes on where this one stopped (dropoff_transfer.journal); NULL if there is
/// nothing to go on from. These are the raw bytes of the path, which need not be UTF-8. Lives as long as the error.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_error_journal(error: Option<&dropoff_error>) -> *const c_char {
    guard::get(error, ptr::null(), |e| e.journal.as_ptr())
}

/// Storage's ETag, without quotes, of what it holds or of what was in the way; NULL if it told none.
/// dropoff_error_outcome says which. Lives as long as the error.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_error_etag(error: Option<&dropoff_error>) -> *const c_char {
    guard::get(error, ptr::null(), |e| e.etag.as_ptr())
}

/// The operating system's error number for a local file, or for what it had no room for, as in errno.h; otherwise 0.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_error_errno(error: Option<&dropoff_error>) -> c_int {
    guard::get(error, 0, |e| e.error.errno().unwrap_or(0))
}

/// Every fact as one JSON object, the same in all languages: absent facts are null, `retry_after` is in seconds.
/// Lives as long as the error.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_error_to_json(error: Option<&dropoff_error>) -> *const c_char {
    guard::get(error, ptr::null(), |e| e.json.of(&e.error.to_json()))
}
