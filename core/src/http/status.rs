//! The meaning of an HTTP status to the caller, when nothing more exact is known.

use http::StatusCode;

use crate::error::ErrorKind;

pub(crate) fn kind(status: StatusCode) -> ErrorKind {
    match status.as_u16() {
        401 => ErrorKind::Authentication,
        403 => ErrorKind::Permission,
        404 => ErrorKind::NotFound,
        // A proxy's and a portal's own, and never that of who was asked.
        407 | 511 => ErrorKind::Network,
        408 => ErrorKind::Timeout,
        409 => ErrorKind::Conflict,
        413 => ErrorKind::TooLarge,
        429 => ErrorKind::RateLimited,
        501 | 505 => ErrorKind::Rejected,
        500..=599 => ErrorKind::Unavailable,
        _ => ErrorKind::Rejected,
    }
}

/// Statuses that leave it open whether the request was handled: those of [`ErrorKind::Unavailable`]. An
/// unknown 5xx counts as 500 (RFC 9110, 15); a 501 or 505 is a refusal.
pub(crate) fn may_have_been_handled(status: StatusCode) -> bool {
    kind(status) == ErrorKind::Unavailable
}

/// Statuses that say the request was turned away before it was handled.
pub(crate) fn is_turned_away(status: StatusCode) -> bool {
    matches!(status.as_u16(), 408 | 429)
}
