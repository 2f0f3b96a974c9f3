//! Made by dropoff-generate from the core's sources. Do not edit.

use dropoff::ErrorKind;

/// How a call ended: what the caller can do about it. A number never changes its meaning; later versions may
/// add numbers, so treat one you do not know like DROPOFF_INTERNAL.
///
/// Threads: a plain number.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum dropoff_status {
    /// It succeeded.
    DROPOFF_OK = 0,
    /// An argument or option is wrong. Nothing was sent. Correct the call.
    DROPOFF_INVALID_INPUT = 1,
    /// No API key, or the service does not accept it.
    DROPOFF_AUTHENTICATION = 2,
    /// The key is good but may not do this.
    DROPOFF_PERMISSION = 3,
    /// The service does not know the thing named, or hides it from this key.
    DROPOFF_NOT_FOUND = 4,
    /// The request contradicts the state the service holds.
    DROPOFF_CONFLICT = 5,
    /// The service understood and refused the request; dropoff_error_details_field names the fields.
    DROPOFF_REJECTED = 6,
    /// More bytes than the ticket, the plan or the service allows.
    DROPOFF_TOO_LARGE = 7,
    /// Too many requests; dropoff_error_retry_after_ms says when to call again.
    DROPOFF_RATE_LIMITED = 8,
    /// The presigned ticket ran out.
    DROPOFF_EXPIRED = 9,
    /// Object storage refused the bytes; dropoff_error_service_code is storage's own code.
    DROPOFF_STORAGE_REFUSED = 10,
    /// The service or storage is failing or overloaded; or this machine has no more threads or descriptors,
    /// and then dropoff_error_side is the caller's.
    DROPOFF_UNAVAILABLE = 11,
    /// The connection could not be made, or broke.
    DROPOFF_NETWORK = 12,
    /// A time limit of the call or of an option passed. The call is over.
    DROPOFF_TIMEOUT = 13,
    /// The peer's certificate or TLS handshake was not acceptable.
    DROPOFF_TLS = 14,
    /// A local file or stream could not be read.
    DROPOFF_SOURCE_UNREADABLE = 15,
    /// A local file changed while it was being sent.
    DROPOFF_SOURCE_CHANGED = 16,
    /// Storage or the service holds other bytes than were sent.
    DROPOFF_INTEGRITY = 17,
    /// Sealing was asked for and is not possible.
    DROPOFF_ENCRYPTION = 18,
    /// The target's address or headers are not ones bytes may be sent to.
    DROPOFF_UNSAFE_TARGET = 19,
    /// The browser that owns the profile folder is running.
    DROPOFF_BROWSER_RUNNING = 20,
    /// The temporary folder is full.
    DROPOFF_DISK_FULL = 21,
    /// The caller cancelled.
    DROPOFF_CANCELLED = 22,
    /// A reply was lost and asking the service did not settle what happened.
    DROPOFF_UNKNOWN_OUTCOME = 23,
    /// A defect in dropoff.
    DROPOFF_INTERNAL = 24,
}

impl dropoff_status {
    pub(crate) const fn of(kind: ErrorKind) -> Self {
        match kind {
            ErrorKind::InvalidInput => Self::DROPOFF_INVALID_INPUT,
            ErrorKind::Authentication => Self::DROPOFF_AUTHENTICATION,
            ErrorKind::Permission => Self::DROPOFF_PERMISSION,
            ErrorKind::NotFound => Self::DROPOFF_NOT_FOUND,
            ErrorKind::Conflict => Self::DROPOFF_CONFLICT,
            ErrorKind::Rejected => Self::DROPOFF_REJECTED,
            ErrorKind::TooLarge => Self::DROPOFF_TOO_LARGE,
            ErrorKind::RateLimited => Self::DROPOFF_RATE_LIMITED,
            ErrorKind::Expired => Self::DROPOFF_EXPIRED,
            ErrorKind::StorageRefused => Self::DROPOFF_STORAGE_REFUSED,
            ErrorKind::Unavailable => Self::DROPOFF_UNAVAILABLE,
            ErrorKind::Network => Self::DROPOFF_NETWORK,
            ErrorKind::Timeout => Self::DROPOFF_TIMEOUT,
            ErrorKind::Tls => Self::DROPOFF_TLS,
            ErrorKind::SourceUnreadable => Self::DROPOFF_SOURCE_UNREADABLE,
            ErrorKind::SourceChanged => Self::DROPOFF_SOURCE_CHANGED,
            ErrorKind::Integrity => Self::DROPOFF_INTEGRITY,
            ErrorKind::Encryption => Self::DROPOFF_ENCRYPTION,
            ErrorKind::UnsafeTarget => Self::DROPOFF_UNSAFE_TARGET,
            ErrorKind::BrowserRunning => Self::DROPOFF_BROWSER_RUNNING,
            ErrorKind::DiskFull => Self::DROPOFF_DISK_FULL,
            ErrorKind::Cancelled => Self::DROPOFF_CANCELLED,
            ErrorKind::UnknownOutcome => Self::DROPOFF_UNKNOWN_OUTCOME,
            ErrorKind::Internal => Self::DROPOFF_INTERNAL,
            // None is missing above: see below.
            _ => Self::DROPOFF_INTERNAL,
        }
    }
}

/// Every kind of the core has its number here.
const _: () = {
    let mut at = 0;
    while at < ErrorKind::ALL.len() {
        let kind = ErrorKind::ALL[at];
        assert!(dropoff_status::of(kind) as u32 == kind.code());
        at += 1;
    }
};
