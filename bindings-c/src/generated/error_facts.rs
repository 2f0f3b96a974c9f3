//! Made by dropoff-generate from the core's sources. Do not edit.

use std::ffi::{c_char, c_int};
use std::mem::MaybeUninit;
use std::ptr;

use dropoff::{Cleanup, Outcome, Side};

use crate::error::{dropoff_error, dropoff_status};
use crate::guard;

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

impl dropoff_side {
    const fn of(value: Side) -> Self {
        match value {
            Side::Caller => Self::DROPOFF_SIDE_CALLER,
            Side::Network => Self::DROPOFF_SIDE_NETWORK,
            Side::Service => Self::DROPOFF_SIDE_SERVICE,
            Side::Storage => Self::DROPOFF_SIDE_STORAGE,
        }
    }
}

/// Whether what was asked for happened, as far as the service can tell.
///
/// Threads: a plain number.
#[repr(C)]
#[derive(Clone, Copy)]
pub enum dropoff_outcome {
    /// There is no error: the handle was NULL.
    DROPOFF_OUTCOME_NONE = 0,
    /// It happened: the profile is registered, the transfer is active, storage has what a raw upload or a
    /// step sent.
    DROPOFF_OUTCOME_COMPLETED = 1,
    /// It did not happen. Calling again cannot do it twice.
    DROPOFF_OUTCOME_NOT_COMPLETED = 2,
    /// A reply was lost and asking did not settle it.
    DROPOFF_OUTCOME_UNKNOWN = 3,
}

impl dropoff_outcome {
    const fn of(value: Outcome) -> Self {
        match value {
            Outcome::Completed => Self::DROPOFF_OUTCOME_COMPLETED,
            Outcome::NotCompleted => Self::DROPOFF_OUTCOME_NOT_COMPLETED,
            Outcome::Unknown => Self::DROPOFF_OUTCOME_UNKNOWN,
        }
    }
}

/// The fate of the things the service held for a call that failed.
///
/// Threads: a plain number.
#[repr(C)]
#[derive(Clone, Copy)]
pub enum dropoff_cleanup {
    /// Nothing was left to clean up, a journal keeps it, or the service removes it by itself.
    DROPOFF_CLEANUP_NONE = 0,
    /// The remains were removed.
    DROPOFF_CLEANUP_DONE = 1,
    /// Removing the remains failed too.
    DROPOFF_CLEANUP_FAILED = 2,
}

impl dropoff_cleanup {
    const fn of(value: Cleanup) -> Self {
        match value {
            Cleanup::None => Self::DROPOFF_CLEANUP_NONE,
            Cleanup::Done => Self::DROPOFF_CLEANUP_DONE,
            Cleanup::Failed => Self::DROPOFF_CLEANUP_FAILED,
        }
    }
}

/// The status that the function returned with this error; DROPOFF_OK for NULL.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_error_kind(error: Option<&dropoff_error>) -> dropoff_status {
    guard::get(error, dropoff_status::DROPOFF_OK, |e| dropoff_status::of(e.error.kind()))
}

/// The stable name of the caller's remedy, such as "rate_limited". Lives as long as the error.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_error_kind_name(error: Option<&dropoff_error>) -> *const c_char {
    guard::get(error, ptr::null(), |e| e.kind_name.as_ptr())
}

/// One line of plain English that ends with what to do. It holds no secret. Lives as long as the error.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_error_message(error: Option<&dropoff_error>) -> *const c_char {
    guard::get(error, ptr::null(), |e| e.message.as_ptr())
}

/// The step that failed, such as "put" or "complete_upload". NULL if there is none. Lives as long as the
/// error.
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
    guard::get(error, dropoff_side::DROPOFF_SIDE_NONE, |e| dropoff_side::of(e.error.side()))
}

/// Whether making the same call again now is safe and useful.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_error_retryable(error: Option<&dropoff_error>) -> bool {
    guard::get(error, false, |e| e.error.retryable())
}

/// How long the service asked to be left alone. False if that is not known; then `ms` is not written.
///
/// May be NULL: ms.
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_error_retry_after_ms(
    error: Option<&dropoff_error>,
    ms: Option<&mut MaybeUninit<u64>>,
) -> bool {
    guard::get(error, false, |e| {
        let Some(time) = e.error.retry_after() else { return false };
        if let Some(ms) = ms {
            ms.write(u64::try_from(time.as_millis()).unwrap_or(u64::MAX));
        }
        true
    })
}

/// The HTTP status, when there was a reply. 0 if there is none.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_error_http_status(error: Option<&dropoff_error>) -> c_int {
    guard::get(error, 0, |e| e.error.http_status().unwrap_or(0).into())
}

/// The service's or storage's own code, such as FILES_MISSING or "AccessDenied". NULL if there is none. Lives
/// as long as the error.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_error_service_code(error: Option<&dropoff_error>) -> *const c_char {
    guard::get(error, ptr::null(), |e| e.service_code.as_ptr())
}

/// The id the service or storage logged the request under. NULL if there is none. Lives as long as the error.
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

/// The field's path, such as "files.0.name"; empty when the service named none. NULL if `index` is not below
/// dropoff_error_details_count. Lives as long as the error.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_error_details_field(error: Option<&dropoff_error>, index: usize) -> *const c_char {
    guard::get(error, ptr::null(), |e| e.details.get(index).map_or(ptr::null(), |d| d.field.as_ptr()))
}

/// The service's words about it. NULL if `index` is not below dropoff_error_details_count. Lives as long as
/// the error.
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
    guard::get(error, dropoff_outcome::DROPOFF_OUTCOME_NONE, |e| dropoff_outcome::of(e.error.outcome()))
}

/// A lower layer's words. NULL if there is none. Lives as long as the error.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_error_cause(error: Option<&dropoff_error>) -> *const c_char {
    guard::get(error, ptr::null(), |e| e.cause.as_ptr())
}

/// The fate of the parts that a failed call left with the service.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_error_cleanup(error: Option<&dropoff_error>) -> dropoff_cleanup {
    guard::get(error, dropoff_cleanup::DROPOFF_CLEANUP_NONE, |e| dropoff_cleanup::of(e.error.cleanup()))
}

/// The kind of the resource that the service reserved before the failure, such as "transfer"; NULL if there
/// is none. Lives as long as the error.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_error_resource_kind(error: Option<&dropoff_error>) -> *const c_char {
    guard::get(error, ptr::null(), |e| e.resource_kind.as_ptr())
}

/// The id of the resource that the service reserved before the failure; NULL if there is none. Lives as long
/// as the error.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_error_resource_id(error: Option<&dropoff_error>) -> *const c_char {
    guard::get(error, ptr::null(), |e| e.resource_id.as_ptr())
}

/// The local file the error is about. NULL if there is none. Lives as long as the error.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_error_path(error: Option<&dropoff_error>) -> *const c_char {
    guard::get(error, ptr::null(), |e| e.path.as_ptr())
}

/// The operating system's error number for a local file, or for what it had no room for. 0 if there is none.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_error_errno(error: Option<&dropoff_error>) -> c_int {
    guard::get(error, 0, |e| e.error.errno().unwrap_or(0))
}

/// The journal from which the same call goes on where this one stopped. NULL if there is none. Lives as long
/// as the error.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_error_journal(error: Option<&dropoff_error>) -> *const c_char {
    guard::get(error, ptr::null(), |e| e.journal.as_ptr())
}

/// Storage's ETag, without quotes, of what it holds or of what was in the way; dropoff_error_outcome says
/// which. NULL if there is none. Lives as long as the error.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_error_etag(error: Option<&dropoff_error>) -> *const c_char {
    guard::get(error, ptr::null(), |e| e.etag.as_ptr())
}

/// Every fact as one JSON object, the same in all languages: absent facts are null, `retry_after` is in
/// seconds. Lives as long as the error.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_error_to_json(error: Option<&dropoff_error>) -> *const c_char {
    guard::get(error, ptr::null(), |e| e.json.of(&e.error.to_json()))
}
