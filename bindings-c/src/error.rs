//! Errors
//!
//! A function that can fail returns a status, and leaves a dropoff_error with the facts behind it. Act on the
//! status, on dropoff_error_retryable and on dropoff_error_outcome; show dropoff_error_message to people. No
//! error holds a secret: no key, no signed URL, no form field.

use dropoff::{Error, Resource};

pub use crate::generated::error::dropoff_status;
use crate::guard;
use crate::handle::LiveHandle;
use crate::text::{Json, Text};

/// What went wrong, as facts. Made by a function that fails and was given a place for it; free it with
/// dropoff_error_free. It depends on nothing else and may outlive every other handle.
///
/// Threads: it never changes, so any number of threads may read it at once.
pub struct dropoff_error {
    pub(crate) error: Error,
    pub(crate) kind_name: Text,
    pub(crate) message: Text,
    pub(crate) operation: Text,
    pub(crate) service_code: Text,
    pub(crate) request_id: Text,
    pub(crate) details: Vec<Detail>,
    pub(crate) cause: Text,
    pub(crate) resource_kind: Text,
    pub(crate) resource_id: Text,
    pub(crate) path: Text,
    pub(crate) journal: Text,
    pub(crate) etag: Text,
    pub(crate) json: Json,
    _live: LiveHandle,
}

pub(crate) struct Detail {
    pub(crate) field: Text,
    pub(crate) message: Text,
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
