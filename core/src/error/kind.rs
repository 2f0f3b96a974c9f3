//! The one table of error kinds. Every binding derives its numbers, classes and codes from it, and
//! `tests/vectors/errors.json` is compared with it in each language.

use std::fmt;

use super::side::Side;

/// A kind of error, by the caller's remedy. The numbers are the C status codes; 0 means success and
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
    /// The service or storage is failing or overloaded; or this machine has no more threads or descriptors,
    /// and then `side` is the caller's.
    Unavailable = 11,
    /// The connection could not be made, or broke.
    Network = 12,
    /// A time limit of the call or of an option passed. The call is over.
    Timeout = 13,
    /// The peer's certificate or TLS handshake was not acceptable.
    Tls = 14,
    /// A local file or stream could not be read.
    SourceUnreadable = 15,
    /// A local file changed while it was being sent.
    SourceChanged = 16,
    /// Storage or the service holds other bytes than were sent.
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
    /// A defect in dropoff.
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

    /// The stable name of the caller's remedy, such as `rate_limited`.
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

    /// The stable number of the kind, the same in all languages; never 0.
    #[must_use]
    pub const fn code(self) -> u32 {
        self as u32
    }

    pub(super) fn default_side(self) -> Side {
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

    pub(super) fn default_retryable(self) -> bool {
        matches!(self, Self::RateLimited | Self::Expired | Self::Unavailable | Self::Network | Self::Timeout)
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
