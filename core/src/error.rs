//! What went wrong, as facts a program can act on.
//!
//! [`ErrorKind`] is the one table of error kinds. Every binding derives its numbers, classes and
//! codes from it, and `tests/vectors/errors.json` is compared with it in each language.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::os_limits::{is_out_of_descriptors, why_no_descriptors};

/// The result of every fallible call in this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What the caller can do about an error. The numbers are the C status codes; 0 means success and
/// no number is ever used again for something else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[repr(u32)]
pub enum ErrorKind {
    /// An argument or option is wrong. Nothing was sent. Correct the call.
    InvalidInput = 1,
    /// No API key, or the service does not accept it.
    Authentication = 2,
    /// The key is good but may not do this.
    Permission = 3,
    /// The service does not know the thing named, or hides it from this key.
    NotFound = 4,
    /// The request contradicts the state the service holds.
    Conflict = 5,
    /// The service understood and refused the request; `details` names the fields.
    Rejected = 6,
    /// More bytes than the ticket, the plan or the service allows.
    TooLarge = 7,
    /// Too many requests; `retry_after` says when to call again.
    RateLimited = 8,
    /// The presigned ticket ran out.
    Expired = 9,
    /// Object storage refused the bytes; `service_code` is storage's own code.
    StorageRefused = 10,
    /// The service or storage is failing or overloaded; or this machine has no more threads or descriptors, and then
    /// `side` is the caller's.
    Unavailable = 11,
    /// The connection could not be made, or broke.
    Network = 12,
    /// A time limit of ours passed.
    Timeout = 13,
    /// The peer's certificate or TLS handshake was not acceptable.
    Tls = 14,
    /// A local file or stream could not be read.
    SourceUnreadable = 15,
    /// A local file changed while it was being sent.
    SourceChanged = 16,
    /// What arrived is not what was sent.
    Integrity = 17,
    /// Sealing was asked for and is not possible.
    Encryption = 18,
    /// The target's address or headers are not ones bytes may be sent to.
    UnsafeTarget = 19,
    /// The browser that owns the profile folder is running.
    BrowserRunning = 20,
    /// The temporary folder is full.
    DiskFull = 21,
    /// The caller cancelled.
    Cancelled = 22,
    /// A reply was lost and asking the service did not settle what happened.
    UnknownOutcome = 23,
    /// A defect in this library.
    Internal = 24,
}

impl ErrorKind {
    /// Every kind, in the order of the numbers.
    pub const ALL: &'static [ErrorKind] = &[
        Self::InvalidInput,
        Self::Authentication,
        Self::Permission,
        Self::NotFound,
        Self::Conflict,
        Self::Rejected,
        Self::TooLarge,
        Self::RateLimited,
        Self::Expired,
        Self::StorageRefused,
        Self::Unavailable,
        Self::Network,
        Self::Timeout,
        Self::Tls,
        Self::SourceUnreadable,
        Self::SourceChanged,
        Self::Integrity,
        Self::Encryption,
        Self::UnsafeTarget,
        Self::BrowserRunning,
        Self::DiskFull,
        Self::Cancelled,
        Self::UnknownOutcome,
        Self::Internal,
    ];

    /// The stable name: `invalid_input`, `authentication`, and so on.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InvalidInput => "invalid_input",
            Self::Authentication => "authentication",
            Self::Permission => "permission",
            Self::NotFound => "not_found",
            Self::Conflict => "conflict",
            Self::Rejected => "rejected",
            Self::TooLarge => "too_large",
            Self::RateLimited => "rate_limited",
            Self::Expired => "expired",
            Self::StorageRefused => "storage_refused",
            Self::Unavailable => "unavailable",
            Self::Network => "network",
            Self::Timeout => "timeout",
            Self::Tls => "tls",
            Self::SourceUnreadable => "source_unreadable",
            Self::SourceChanged => "source_changed",
            Self::Integrity => "integrity",
            Self::Encryption => "encryption",
            Self::UnsafeTarget => "unsafe_target",
            Self::BrowserRunning => "browser_running",
            Self::DiskFull => "disk_full",
            Self::Cancelled => "cancelled",
            Self::UnknownOutcome => "unknown_outcome",
            Self::Internal => "internal",
        }
    }

    /// The stable number; never 0.
    #[must_use]
    pub const fn code(self) -> u32 {
        self as u32
    }

    fn default_side(self) -> Side {
        match self {
            Self::InvalidInput
            | Self::SourceUnreadable
            | Self::SourceChanged
            | Self::BrowserRunning
            | Self::DiskFull
            | Self::Cancelled
            | Self::Encryption
            | Self::Internal => Side::Caller,
            Self::Network | Self::Timeout | Self::Tls | Self::UnknownOutcome => Side::Network,
            Self::StorageRefused | Self::Expired | Self::Integrity | Self::UnsafeTarget => Side::Storage,
            Self::Authentication
            | Self::Permission
            | Self::NotFound
            | Self::Conflict
            | Self::Rejected
            | Self::TooLarge
            | Self::RateLimited
            | Self::Unavailable => Side::Service,
        }
    }

    fn default_retryable(self) -> bool {
        matches!(self, Self::RateLimited | Self::Expired | Self::Unavailable | Self::Network | Self::Timeout)
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Whose side the trouble is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// This program or its files.
    Caller,
    /// Between here and there.
    Network,
    /// The service that handed out the ticket.
    Service,
    /// Object storage.
    Storage,
}

impl Side {
    /// `caller`, `network`, `service` or `storage`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Caller => "caller",
            Self::Network => "network",
            Self::Service => "service",
            Self::Storage => "storage",
        }
    }
}

/// Whether what was asked for happened, as far as the service can tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It happened: the profile is registered, the transfer is active, storage has what a raw upload or a step sent.
    Completed,
    /// It did not happen. Calling again cannot do it twice.
    NotCompleted,
    /// A reply was lost and asking did not settle it.
    Unknown,
}

impl Outcome {
    /// `completed`, `not_completed` or `unknown`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::NotCompleted => "not_completed",
            Self::Unknown => "unknown",
        }
    }
}

/// What became of the things the service held for a call that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cleanup {
    /// Nothing was left to clean up, or the service removes it by itself.
    None,
    /// The remains were removed.
    Done,
    /// Removing the remains failed too.
    Failed,
}

impl Cleanup {
    /// `none`, `done` or `failed`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Done => "done",
            Self::Failed => "failed",
        }
    }
}

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
pub struct Error(Arc<Facts>);

#[derive(Clone)]
struct Facts {
    kind: ErrorKind,
    message: String,
    operation: Option<&'static str>,
    side: Side,
    retryable: bool,
    retry_after: Option<Duration>,
    http_status: Option<u16>,
    service_code: Option<String>,
    request_id: Option<String>,
    details: Vec<Detail>,
    outcome: Outcome,
    cause: Option<String>,
    cleanup: Cleanup,
    transfer_id: Option<String>,
    profile_id: Option<String>,
    path: Option<PathBuf>,
    errno: Option<i32>,
    resume: Option<PathBuf>,
    etag: Option<String>,
    /// The ticket ends before it could be tried again; a flow that can get a new one does.
    ticket_ended: bool,
    /// The outcome is that of a request before the one that this error is about.
    earlier_request: bool,
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
            retry_after: None,
            http_status: None,
            service_code: None,
            request_id: None,
            details: Vec::new(),
            outcome: Outcome::NotCompleted,
            cause: None,
            cleanup: Cleanup::None,
            transfer_id: None,
            profile_id: None,
            path: None,
            // Of a file that is another by now.
            errno: (kind == ErrorKind::SourceChanged).then(|| rustix::io::Errno::STALE.raw_os_error()),
            resume: None,
            etag: None,
            ticket_ended: false,
            earlier_request: false,
        }))
    }

    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::InvalidInput, message)
    }

    /// A defect of ours, reported instead of a panic. Bindings use it for panics they caught.
    #[must_use]
    pub fn internal(what: &str) -> Self {
        Self::new(
            ErrorKind::Internal,
            format!("a defect in dropoff: {what}; please report it with what led here"),
        )
    }

    /// An argument a binding could not convert; `message` names the argument and what it may be.
    #[must_use]
    pub fn bad_argument(message: &str) -> Self {
        Self::invalid(message)
    }

    /// A local I/O failure on `path`, told the way the operating system tells it.
    pub(crate) fn local_io(path: &Path, doing: &str, error: &std::io::Error) -> Self {
        use std::io::ErrorKind as Io;
        let shown = path.display();
        let (kind, message) = match error.kind() {
            Io::NotFound => (
                ErrorKind::SourceUnreadable,
                format!("there is no file or folder at {shown}; check the path"),
            ),
            Io::PermissionDenied => (
                ErrorKind::SourceUnreadable,
                format!("{shown} may not be read by this user; check its permissions"),
            ),
            Io::StorageFull | Io::QuotaExceeded => (
                ErrorKind::DiskFull,
                format!(
                    "no room left in {shown} for a temporary file; free some or set spool_dir to a folder with more"
                ),
            ),
            _ if is_out_of_descriptors(error) => (
                ErrorKind::SourceUnreadable,
                format!("{shown} cannot be opened, {}", why_no_descriptors(error)),
            ),
            _ => (
                ErrorKind::SourceUnreadable,
                format!("{doing} {shown} failed ({error}); check the file and its disk"),
            ),
        };
        Self::new(kind, message)
            .with(|f| {
                f.path = Some(path.to_owned());
                f.errno = error.raw_os_error();
            })
            .cause(error)
    }

    fn with(mut self, change: impl FnOnce(&mut Facts)) -> Self {
        change(Arc::make_mut(&mut self.0));
        self
    }

    /// Names the local file an error is about.
    pub(crate) fn with_path(self, path: &Path) -> Self {
        self.with(|f| f.path = Some(path.to_owned()))
    }

    /// The operating system's number for what is wrong, where no call of ours told it.
    pub(crate) fn errno_of(self, errno: rustix::io::Errno) -> Self {
        self.with(|f| f.errno = Some(errno.raw_os_error()))
    }

    /// What the operating system said.
    pub(crate) fn by_system(self, said: &std::io::Error) -> Self {
        self.with(|f| f.errno = said.raw_os_error()).cause(said)
    }

    /// The same, of a local file.
    pub(crate) fn of_file(self, path: &Path, said: &std::io::Error) -> Self {
        self.with_path(path).by_system(said)
    }

    /// Names the operation unless a deeper layer already did.
    pub(crate) fn with_operation(self, operation: &'static str) -> Self {
        self.with(|f| {
            f.operation.get_or_insert(operation);
        })
    }
    pub(crate) fn errno_is(self, errno: Option<i32>) -> Self {
        self.with(|f| f.errno = errno)
    }
    pub(crate) fn side_is(self, side: Side) -> Self {
        self.with(|f| f.side = side)
    }
    pub(crate) fn retryable_is(self, retryable: bool) -> Self {
        self.with(|f| f.retryable = retryable)
    }
    pub(crate) fn retry_after_is(self, delay: Option<Duration>) -> Self {
        self.with(|f| f.retry_after = delay)
    }
    pub(crate) fn status_is(self, status: u16) -> Self {
        self.with(|f| f.http_status = Some(status))
    }
    pub(crate) fn service_code_is(self, code: Option<String>) -> Self {
        self.with(|f| f.service_code = code.map(|c| shortened(&c, 100)).filter(|c| !c.is_empty()))
    }
    pub(crate) fn request_id_is(self, id: Option<String>) -> Self {
        self.with(|f| f.request_id = id.map(|id| shortened(&id, 200)).filter(|id| !id.is_empty()))
    }
    pub(crate) fn details_are(self, details: Vec<Detail>) -> Self {
        let short =
            |d: Detail| Detail { field: shortened(&d.field, 100), message: shortened(&d.message, 300) };
        self.with(|f| f.details = details.into_iter().take(100).map(short).collect())
    }
    pub(crate) fn outcome_is(self, outcome: Outcome) -> Self {
        self.with(|f| f.outcome = outcome)
    }
    /// For an error about one of several things that are asked for together, when others are not there yet.
    pub(crate) fn unless_all_is_done(self, all: bool) -> Self {
        if all || self.outcome() != Outcome::Completed {
            self
        } else {
            self.outcome_is(Outcome::NotCompleted)
        }
    }
    pub(crate) fn cleanup_is(self, cleanup: Cleanup) -> Self {
        self.with(|f| f.cleanup = cleanup)
    }
    pub(crate) fn resume_is(self, journal: Option<PathBuf>) -> Self {
        self.with(|f| f.resume = journal)
    }
    pub(crate) fn etag_is(self, etag: Option<&str>) -> Self {
        self.with(|f| f.etag = etag.map(|etag| shortened(etag, 200)))
    }
    pub(crate) fn ticket_ended_is(self, ended: bool) -> Self {
        self.with(|f| f.ticket_ended = ended)
    }
    pub(crate) fn ticket_ended(&self) -> bool {
        self.0.ticket_ended
    }
    pub(crate) fn earlier_request_is(self, earlier: bool) -> Self {
        self.with(|f| f.earlier_request = earlier)
    }
    pub(crate) fn of_earlier_request(&self) -> bool {
        self.0.earlier_request
    }
    pub(crate) fn transfer_id_is(self, id: Option<String>) -> Self {
        self.with(|f| f.transfer_id = id)
    }
    pub(crate) fn profile_id_is(self, id: Option<String>) -> Self {
        self.with(|f| f.profile_id = id)
    }
    /// Keeps what a dependency said, with anything that looks like a URL's query cut away.
    pub(crate) fn cause(self, cause: &dyn fmt::Display) -> Self {
        let text = shortened(&crate::secret::scrub(&cause.to_string()), 500);
        self.with(|f| f.cause = Some(text).filter(|text| !text.is_empty()))
    }
    /// What another error says of the exchange: status, ids and when to come back.
    pub(crate) fn exchange_of(self, other: &Self) -> Self {
        self.with(|f| {
            f.http_status = other.0.http_status;
            f.service_code.clone_from(&other.0.service_code);
            f.request_id.clone_from(&other.0.request_id);
            f.retry_after = other.0.retry_after;
        })
    }
    /// The same facts under another kind and sentence, for a layer that knows better what they mean.
    pub(crate) fn retold(self, kind: ErrorKind, message: impl Into<String>) -> Self {
        self.with(|f| {
            f.kind = kind;
            f.message = one_line(&message.into());
            f.retryable = kind.default_retryable();
        })
    }
    /// The same error with every text of a peer's making changed by `hide`.
    pub(crate) fn hiding(self, hide: impl Fn(&str) -> String) -> Self {
        self.with(|f| {
            f.message = hide(&f.message);
            let texts = [&mut f.cause, &mut f.service_code, &mut f.request_id, &mut f.etag];
            for text in texts.into_iter().flatten() {
                *text = hide(text);
            }
            for detail in &mut f.details {
                detail.field = hide(&detail.field);
                detail.message = hide(&detail.message);
            }
        })
    }
    /// The same error of a call whose stream is not where it was, so that the same call would not send the same.
    pub(crate) fn stream_is_lost(self, why: &str) -> Self {
        const ANEW: &str = "so open it anew before calling again";
        // Who is told that it is done, or to ask first, is not to be told to call again.
        let told = self.retryable() || self.outcome() == Outcome::NotCompleted;
        let error = self.retryable_is(false);
        if told && !error.message().ends_with(ANEW) {
            error.with_note(&format!("{why}, {ANEW}"))
        } else {
            error
        }
    }
    /// The same error of a call whose stream ended with it. For bindings, where whatever is given to a call is closed.
    #[must_use]
    pub fn stream_is_closed(self) -> Self {
        self.stream_is_lost("the stream was closed with this call")
    }
    /// The same error, with one more thing to know at the end of its sentence.
    pub(crate) fn with_note(self, what: &str) -> Self {
        self.with(|f| f.message = one_line(&format!("{}; {what}", f.message)))
    }
    /// The same error, its sentence begun with where it happened.
    pub(crate) fn context(self, prefix: &str) -> Self {
        self.with(|f| f.message = one_line(&format!("{prefix}: {}", f.message)))
    }

    /// What the caller can do about it.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }
    /// One line of plain English.
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
    /// The fields the service complained about.
    #[must_use]
    pub fn details(&self) -> &[Detail] {
        &self.0.details
    }
    /// Whether what was asked for happened all the same.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        self.0.outcome
    }
    /// What a lower layer said.
    #[must_use]
    pub fn cause_text(&self) -> Option<&str> {
        self.0.cause.as_deref()
    }
    /// What became of the remains of a failed call.
    #[must_use]
    pub fn cleanup(&self) -> Cleanup {
        self.0.cleanup
    }
    /// The transfer that was reserved before the failure.
    #[must_use]
    pub fn transfer_id(&self) -> Option<&str> {
        self.0.transfer_id.as_deref()
    }
    /// The profile that was reserved before the failure.
    #[must_use]
    pub fn profile_id(&self) -> Option<&str> {
        self.0.profile_id.as_deref()
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
    pub fn resume(&self) -> Option<&Path> {
        self.0.resume.as_deref()
    }

    /// Storage's ETag, without quotes, of what it holds or of what was in the way; `outcome` says which.
    #[must_use]
    pub fn etag(&self) -> Option<&str> {
        self.0.etag.as_deref()
    }

    /// Every fact as JSON, fit for an agent's tool result. Absent facts are `null`.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let f = &*self.0;
        let mut map = Map::new();
        let mut put = |name: &str, value: Value| {
            map.insert(name.to_owned(), value);
        };
        put("kind", json!(f.kind.as_str()));
        put("message", json!(f.message));
        put("operation", json!(f.operation));
        put("side", json!(f.side.as_str()));
        put("retryable", json!(f.retryable));
        put("retry_after", json!(f.retry_after.map(|d| d.as_secs_f64())));
        put("http_status", json!(f.http_status));
        put("service_code", json!(f.service_code));
        put("request_id", json!(f.request_id));
        let details: Vec<Value> =
            f.details.iter().map(|d| json!({"field": d.field, "message": d.message})).collect();
        put("details", Value::Array(details));
        put("outcome", json!(f.outcome.as_str()));
        put("cause", json!(f.cause));
        put("cleanup", json!(f.cleanup.as_str()));
        put("transfer_id", json!(f.transfer_id));
        put("profile_id", json!(f.profile_id));
        put("path", json!(f.path.as_ref().map(|p| p.to_string_lossy())));
        put("errno", json!(f.errno));
        put("resume", json!(f.resume.as_ref().map(|p| p.to_string_lossy())));
        put("etag", json!(f.etag));
        Value::Object(map)
    }
}

/// Text from elsewhere may hold line breaks and control characters; a message is one line.
fn one_line(text: &str) -> String {
    let cleaned: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    cleaned.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// One line of at most `most` characters: texts of a peer have no length of their own.
fn shortened(text: &str, most: usize) -> String {
    let text = one_line(text);
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
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
