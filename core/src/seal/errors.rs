//! The errors of sealing.

use crate::error::{Error, ErrorKind, Side};

/// The error for a field that was left out.
pub(crate) fn missing(field: &str, what: &str) -> Error {
    encryption(&format!("{field} is missing; give {what}"))
}

/// Sealing is asked for and cannot be done.
pub(crate) fn encryption(message: &str) -> Error {
    Error::new(ErrorKind::Encryption, message).side_is(Side::Caller)
}

pub(super) fn no_randomness() -> Error {
    Error::internal("the operating system gave no randomness")
}
