//! The error itself, and what it tells.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::kind::ErrorKind;
use super::outcome::{Cleanup, Outcome};
use super::resource::{Resource, ResourceKind};
use super::side::Side;
use super::text::one_line;
use crate::sys::os_error;

/// One field the service complained about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Detail {
    /// The field's path, such as `files.0.name`; empty when the service named none.
    pub field: String,
    /// The service's words about it.
    pub message: String,
}

/// An error with its facts. Cheap to clone; holds no secret.
#[derive(Clone)]
pub struct Error(pub(super) Arc<Facts>);

#[derive(Clone)]
pub(super) struct Facts {
    pub(super) kind: ErrorKind,
    pub(super) message: String,
    pub(super) operation: Option<&'static str>,
    pub(super) side: Side,
    pub(super) retryable: bool,
    /// The same call may work, with its stream opened anew.
    pub(super) retryable_anew: bool,
    pub(super) retry_after: Option<Duration>,
    pub(super) http_status: Option<u16>,
    pub(super) service_code: Option<String>,
    pub(super) request_id: Option<String>,
    pub(super) details: Vec<Detail>,
    pub(super) outcome: Outcome,
    pub(super) cause: Option<String>,
    pub(super) cleanup: Cleanup,
    pub(super) resource: Option<Resource>,
    pub(super) path: Option<PathBuf>,
    pub(super) errno: Option<i32>,
    pub(super) journal: Option<PathBuf>,
    pub(super) etag: Option<String>,
    /// The ticket ends before it could be tried again; a flow that can get a new one does.
    pub(super) ticket_ended: bool,
    /// Its body is in the service's own form, so it was probably the service that said it.
    pub(super) in_own_form: bool,
    /// The outcome is that of a request before the one that this error is about.
    pub(super) earlier_request: bool,
}

impl Error {
    /// A new error. The message is one line of plain English that ends with what to do.
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Arc::new(Facts {
            kind,
            message: one_line(&message.into()),
            operation: None,
            side: kind.default_side(),
            retryable: kind.default_retryable(),
            retryable_anew: false,
            retry_after: None,
            http_status: None,
            service_code: None,
            request_id: None,
            details: Vec::new(),
            outcome: Outcome::NotCompleted,
            cause: None,
            cleanup: Cleanup::None,
            resource: None,
            path: None,
            // Of a file that is another by now.
            errno: (kind == ErrorKind::SourceChanged).then_some(os_error::STALE),
            journal: None,
            etag: None,
            ticket_ended: false,
            in_own_form: false,
            earlier_request: false,
        }))
    }

    /// The caller's remedy.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }
    /// One line of plain English that ends with what to do. It holds no secret.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.0.message
    }
    /// The step that failed, such as `put` or `complete_upload`.
    #[must_use]
    pub fn operation(&self) -> Option<&'static str> {
        self.0.operation
    }
    /// Whose side the trouble is on.
    #[must_use]
    pub fn side(&self) -> Side {
        self.0.side
    }
    /// Whether making the same call again now is safe and useful.
    #[must_use]
    pub fn retryable(&self) -> bool {
        self.0.retryable
    }
    /// How long the service asked to be left alone.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }
    /// The HTTP status, when there was a reply.
    #[must_use]
    pub fn http_status(&self) -> Option<u16> {
        self.0.http_status
    }
    /// The service's or storage's own code, such as `FILES_MISSING` or `AccessDenied`.
    #[must_use]
    pub fn service_code(&self) -> Option<&str> {
        self.0.service_code.as_deref()
    }
    /// The id the service or storage logged the request under.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.0.request_id.as_deref()
    }
    /// The fields the service complained about, each with `field` and `message`.
    #[must_use]
    pub fn details(&self) -> &[Detail] {
        &self.0.details
    }
    /// Whether what was asked for happened all the same.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        self.0.outcome
    }
    /// A lower layer's words.
    #[must_use]
    pub fn cause_text(&self) -> Option<&str> {
        self.0.cause.as_deref()
    }
    /// The fate of the parts that a failed call left with the service.
    #[must_use]
    pub fn cleanup(&self) -> Cleanup {
        self.0.cleanup
    }
    /// The resource that the service reserved before the failure: its `kind`, such as `transfer`, and its
    /// `id`.
    #[must_use]
    pub fn resource(&self) -> Option<&Resource> {
        self.0.resource.as_ref()
    }
    /// The id of what was reserved, if it is of this kind.
    #[must_use]
    pub fn resource_id(&self, kind: &ResourceKind) -> Option<&str> {
        self.resource().filter(|resource| resource.kind() == kind).map(Resource::id)
    }
    /// The local file the error is about.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        self.0.path.as_deref()
    }
    /// The operating system's error number for a local file, or for what it had no room for.
    #[must_use]
    pub fn errno(&self) -> Option<i32> {
        self.0.errno
    }

    /// The journal from which the same call goes on where this one stopped.
    #[must_use]
    pub fn journal(&self) -> Option<&Path> {
        self.0.journal.as_deref()
    }

    /// Storage's ETag, without quotes, of what it holds or of what was in the way; `outcome` says which.
    #[must_use]
    pub fn etag(&self) -> Option<&str> {
        self.0.etag.as_deref()
    }

    pub(crate) fn ticket_ended(&self) -> bool {
        self.0.ticket_ended
    }
    /// Whether its body was in the service's own form.
    pub(crate) fn in_own_form(&self) -> bool {
        self.0.in_own_form
    }
    pub(crate) fn of_earlier_request(&self) -> bool {
        self.0.earlier_request
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.0.kind, self.to_json())
    }
}

impl std::error::Error for Error {}
